package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// settle makes the cases of a cancelled order agree with what the shop and
// the operator say about its supplier orders. Doing it again changes nothing.
func (t *txn) settle(o shop.Order, s Shop) error {
	have, err := t.CasesByShopOrder(o.Shop, o.ID)
	if err != nil {
		return err
	}
	if len(have) == 0 && o.CancelledAt.Before(s.Since) {
		return nil
	}
	maps, err := t.Mappings(o.Shop, plainName(o.Name))
	if err != nil {
		return err
	}
	if len(maps) == 0 {
		maps = o.Supplier
	}
	cn := &state.Cancellation{Shop: o.Shop, ShopOrder: o.Name, ShopOrderID: o.ID, Reason: o.Reason, OrderedAt: o.CreatedAt, CancelledAt: o.CancelledAt, Lines: o.Lines}
	return t.cover(have, cn, maps, s.Account, state.ByShop)
}

// cover opens a case for each supplier order that has none, the unmapped case
// first; with no supplier order known and no case, it opens an unmapped one.
func (t *txn) cover(have []state.Case, cn *state.Cancellation, maps []state.Mapping, account string, by state.By) error {
	if len(maps) == 0 && len(have) == 0 {
		_, err := t.step(state.Case{ID: t.e.o.NewID(t.now)}, state.Event{Kind: state.EventCancelled, By: by, Cancellation: cn})
		return err
	}
	byNumber := map[string]state.Case{}
	var unmapped []state.Case
	for _, c := range have {
		next, err := t.replace(c, maps)
		if err != nil {
			return err
		}
		if !takenBack(next) { // named again, it is another case
			byNumber[c.SupplierOrder] = next
		}
		if c.Status == state.Unmapped {
			unmapped = append(unmapped, c)
		}
	}
	for _, m := range maps {
		if m.Account == "" {
			m.Account = account
		}
		if _, ok := t.e.o.Accounts[m.Account]; !ok {
			m.Conflict = fmt.Sprintf("the shop order names account %q for AliExpress order %s, which is not configured", m.Account, m.SupplierOrder)
			m.Account = account
		}
		if len(maps) == 1 && len(m.Lines) == 0 {
			m.Lines = cn.Lines
		}
		if err := t.conflict(&m, cn); err != nil {
			return err
		}
		ev := state.Event{Kind: state.EventMapped, By: by, Mapping: &m, Cancellation: cn}
		c, known := byNumber[m.SupplierOrder]
		switch {
		case known:
		case len(unmapped) > 0:
			c, unmapped = unmapped[0], unmapped[1:]
		default:
			c = state.Case{ID: t.e.o.NewID(t.now)}
			ev.Kind = state.EventCancelled
		}
		next, err := t.step(c, ev)
		if err != nil {
			return err
		}
		byNumber[m.SupplierOrder] = next
	}
	return nil
}

// replace takes a case's number back where the operator names others.
func (t *txn) replace(c state.Case, maps []state.Mapping) (state.Case, error) {
	said := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.By == byOperator })
	named := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.SupplierOrder == c.SupplierOrder })
	if !said || named || c.SupplierOrder == "" || c.Status.Ended() {
		return c, nil
	}
	return t.step(c, state.Event{Kind: state.EventReplaced, By: state.ByCLI})
}

// conflict finds other shop orders that hold the same number, by a case or by
// the operator's word: then none is asked without a person.
func (t *txn) conflict(m *state.Mapping, cn *state.Cancellation) error {
	said, err := t.MappedTo(m.SupplierOrder)
	if err != nil {
		return err
	}
	for _, o := range said {
		if o.Shop != cn.Shop || o.Name != plainName(cn.ShopOrder) {
			m.Conflict = fmt.Sprintf("AliExpress order %s was given to %s %s by the operator", m.SupplierOrder, o.Shop, o.Name)
		}
	}
	others, err := t.CasesBySupplierOrder(m.SupplierOrder)
	if err != nil {
		return err
	}
	for _, c := range others {
		if c.Shop == cn.Shop && c.ShopOrderID == cn.ShopOrderID || takenBack(c) {
			continue
		}
		m.Conflict = fmt.Sprintf("AliExpress order %s is also named by %s %s", m.SupplierOrder, c.Shop, c.ShopOrder)
		back := state.Mapping{SupplierOrder: m.SupplierOrder, Conflict: fmt.Sprintf("AliExpress order %s is also named by %s %s", m.SupplierOrder, cn.Shop, cn.ShopOrder)}
		if _, err := t.step(c, state.Event{Kind: state.EventMapped, By: state.ByShop, Mapping: &back}); err != nil {
			return err
		}
	}
	return nil
}

// MapSet records which supplier orders belong to a shop order, by its name,
// and moves the open cases of that order. The mapping also counts for a cancel
// that is yet to come.
func (e *Engine) MapSet(ctx context.Context, shopName, order, who string, numbers []string) ([]state.Case, error) {
	s, ok := e.o.Shops[shopName]
	if !ok {
		return nil, fmt.Errorf("map %s: no shop %q is configured", order, shopName)
	}
	var maps []state.Mapping
	for _, n := range numbers {
		maps = append(maps, state.Mapping{SupplierOrder: n, Account: s.Account, By: byOperator})
	}
	var out []state.Case
	err := e.update(ctx, func(t *txn) error {
		out = nil
		if err := t.PutMappings(shopName, plainName(order), maps); err != nil {
			return err
		}
		have, err := t.openByName(shopName, order)
		if err != nil || len(have) == 0 {
			return err
		}
		c := have[0]
		cn := &state.Cancellation{Shop: c.Shop, ShopOrder: c.ShopOrder, ShopOrderID: c.ShopOrderID, Reason: c.Reason, OrderedAt: c.ShopOrderedAt, CancelledAt: c.CancelledAt, Lines: c.Lines}
		if err := t.cover(have, cn, maps, s.Account, state.ByCLI); err != nil {
			return err
		}
		out, err = t.CasesByShopOrder(c.Shop, c.ShopOrderID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("map %s %s: %w", shopName, order, err)
	}
	e.o.Log.Info().Str("shop", shopName).Str("order", order).Strs("numbers", numbers).Str("who", who).Msg("mapped")
	return out, nil
}

// byOperator marks a number that a person gave.
const byOperator = "operator"

// plainName is an order's name without the sign that Shopify puts before it:
// people leave it out.
func plainName(name string) string { return strings.TrimPrefix(strings.TrimSpace(name), "#") }

// openByName finds the open cases of a shop order by the name a merchant
// knows, the unmapped one first.
func (t *txn) openByName(shopName, order string) ([]state.Case, error) {
	for _, s := range state.Statuses {
		if s.Ended() {
			continue
		}
		for after := ""; ; {
			cases, next, err := t.CasesByStatus(s, state.Page{After: after, Limit: 200})
			if err != nil {
				return nil, err
			}
			for _, c := range cases {
				if c.Shop == shopName && plainName(c.ShopOrder) == plainName(order) {
					return t.CasesByShopOrder(c.Shop, c.ShopOrderID)
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return nil, nil
}
