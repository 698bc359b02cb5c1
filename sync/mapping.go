package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// settle makes the cases of an order agree with what the shop and the operator
// say about it. Doing it again changes nothing.
func (t *txn) settle(o shop.Order, s Shop, knocks []state.Knock) error {
	have, err := t.CasesByShopOrder(o.Shop, o.ID)
	if err != nil {
		return err
	}
	if len(have) == 0 { // its cases may have been deleted because they are old: it is not asked anew
		if forgotten, err := t.Forgotten(o.Shop, o.ID); err != nil || forgotten {
			return err
		}
	}
	if err := t.claim(o); err != nil {
		return fmt.Errorf("note which numbers it names: %w", err)
	}
	maps, err := t.numbers(o)
	if err != nil {
		return err
	}
	if err := t.unnamed(have, maps); err != nil {
		return err
	}
	if !o.CancelledAt.IsZero() {
		return t.settleCancelled(o, s, have, maps)
	}
	asked, err := t.settleRequest(o, s, have, maps, knocks)
	if err != nil || asked {
		return err
	}
	if have, err = t.CasesByShopOrder(o.Shop, o.ID); err != nil { // a request that ended moved them
		return err
	}
	return t.settleGone(o, s, have, maps)
}

// settleCancelled is an order cancelled in the shop.
func (t *txn) settleCancelled(o shop.Order, s Shop, have []state.Case, maps []state.Mapping) error {
	if len(have) == 0 && o.CancelledAt.Before(s.Since) {
		return nil
	}
	w := wanted{maps: maps, orders: wholes(maps), rest: uncovered(o, maps, nil)}
	if err := t.cover(have, cancellationOf(o, state.CauseCancelled), w, s, state.ByShop); err != nil {
		return err
	}
	return t.shopCancelled(o)
}

func cancellationOf(o shop.Order, cause state.Cause) *state.Cancellation {
	cn := &state.Cancellation{
		Shop: o.Shop, ShopOrder: o.Name, ShopOrderID: o.ID, Reason: o.Reason, OrderedAt: o.CreatedAt, CancelledAt: o.CancelledAt, Lines: o.Lines, Cause: cause,
		Facts: state.Facts{Total: o.Total, Tags: o.Tags, Vendors: o.Vendors, Country: o.Country, Fulfillment: o.Fulfillment, Financial: o.Financial},
	}
	for _, l := range o.Lines {
		cn.Facts.Products = append(cn.Facts.Products, l.Title)
	}
	return cn
}

// numbers are the supplier orders of a shop order: what the operator said,
// else what the order itself names, else what was imported. An import that
// names another number than the order puts both in doubt.
func (t *txn) numbers(o shop.Order) ([]state.Mapping, error) {
	said, err := t.Mappings(o.Shop, plainName(o.Name))
	if err != nil {
		return nil, err
	}
	if len(said) == 0 {
		return o.Supplier, nil
	}
	for i := range said {
		said[i].Lines = ownLines(o, said[i].Lines)
	}
	if len(o.Supplier) == 0 || slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == byOperator }) {
		return said, nil
	}
	out := slices.Clone(o.Supplier)
	for _, m := range said {
		if slices.ContainsFunc(out, func(have state.Mapping) bool { return have.SupplierOrder == m.SupplierOrder }) {
			continue
		}
		for i := range out {
			out[i].Conflict = state.Found(state.ImportDiffers, out[i].SupplierOrder, "other", m.SupplierOrder)
		}
	}
	return out, nil
}

// ownLines are the shop's lines that a file names by SKU, all that have it,
// with the quantity that the file gives where it is clear whose it is. A line
// that the shop does not have stays as it is.
func ownLines(o shop.Order, named []state.Line) []state.Line {
	var out []state.Line
	for _, n := range named {
		var own []state.Line
		for _, l := range o.Lines {
			if n.ID == "" && n.SKU != "" && l.SKU == n.SKU {
				own = append(own, l)
			}
		}
		switch {
		case len(own) == 0:
			own = []state.Line{n}
		case len(own) == 1 && n.Quantity > 0:
			own[0].Quantity = n.Quantity
		}
		out = append(out, own...)
	}
	return out
}

// unnamed puts the numbers in doubt that the shop order named once and does
// not name any more: an importer may have mended them. What the operator says
// is followed otherwise, see replace.
func (t *txn) unnamed(have []state.Case, maps []state.Mapping) error {
	if slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.By == byOperator }) {
		return nil
	}
	for i, c := range have {
		named := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.SupplierOrder == c.SupplierOrder })
		if c.SupplierOrder == "" || c.Status.Ended() || c.MappedBy == byOperator || named {
			continue
		}
		doubt := state.Mapping{SupplierOrder: c.SupplierOrder, Conflict: state.Found(state.NumberGone, c.SupplierOrder)}
		next, err := t.step(c, state.Event{Kind: state.EventMapped, By: state.ByShop, Mapping: &doubt})
		if err != nil {
			return err
		}
		have[i] = next
	}
	return nil
}

// cover opens a case for each supplier order that has none, the unmapped case
// first; with no supplier order known and no case, it opens an unmapped one.
// Cases that are there hear what is new about the shop's order.
func (t *txn) cover(have []state.Case, cn *state.Cancellation, wish wanted, s Shop, by state.By) error {
	maps, wants := wish.maps, wish.orders
	if len(maps) == 0 && !slices.ContainsFunc(have, func(c state.Case) bool { return !letGo(c, cn) }) {
		_, err := t.step(state.Case{ID: t.e.o.NewID(t.now)}, state.Event{Kind: state.EventCancelled, By: by, Cancellation: cn})
		return err
	}
	byNumber, before := map[string]state.Case{}, map[string]state.Case{}
	var unmapped []state.Case
	for _, c := range have {
		next, err := t.replace(c, maps)
		if err != nil {
			return err
		}
		if next, err = t.hear(next, cn, wants, by); err != nil {
			return err
		}
		if !letGo(next, cn) {
			byNumber[c.SupplierOrder] = next
		} else if next.Notice().Possible() { // named again, it is another case
			before[c.SupplierOrder] = next
		}
		if next.Status == state.Unmapped {
			unmapped = append(unmapped, next)
		}
	}
	for _, w := range wants {
		m := w.Mapping
		s.account(&m)
		if len(maps) == 1 && len(m.Lines) == 0 {
			m.Lines = cn.Lines
		}
		if err := t.conflict(&m, cn); err != nil {
			return err
		}
		if b, ok := before[m.SupplierOrder]; ok {
			m.HeardAt, m.HeardBy = b.Notice().At, b.ID
		}
		of := *cn
		of.Partial = w.partial
		ev := state.Event{Kind: state.EventMapped, By: by, Mapping: &m, Cancellation: &of}
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
	return t.coverRest(have, unmapped, cn, wish, by)
}

// coverRest keeps a case for lines of which no supplier order is known beside
// those that have one, and ends it once they have.
func (t *txn) coverRest(have, unmapped []state.Case, cn *state.Cancellation, w wanted, by state.By) error {
	if len(w.rest) == 0 {
		for _, c := range unmapped {
			if len(w.maps) == 0 || len(w.orders) == 0 {
				return nil
			}
			if _, err := t.step(c, state.Event{Kind: state.EventReplaced, By: by}); err != nil {
				return err
			}
		}
		return nil
	}
	if slices.ContainsFunc(have, func(c state.Case) bool { return c.SupplierOrder == "" && !letGo(c, cn) }) {
		return nil
	}
	of := *cn
	of.Lines = w.rest
	_, err := t.step(state.Case{ID: t.e.o.NewID(t.now)}, state.Event{Kind: state.EventCancelled, By: by, Cancellation: &of})
	return err
}

// account says where a supplier order is looked for.
func (s Shop) account(m *state.Mapping) {
	switch {
	case m.Account == "":
		m.Account, m.Candidates = s.Account, s.Others
	case m.Account != s.Account && !slices.Contains(s.Others, m.Account):
		m.Conflict = state.Found(state.AccountUnknown, m.SupplierOrder, "account", m.Account)
		m.Account, m.Candidates = s.Account, s.Others
	}
}

// hear tells a case what is new about its shop order.
func (t *txn) hear(c state.Case, cn *state.Cancellation, wants []want, by state.By) (state.Case, error) {
	i := slices.IndexFunc(wants, func(w want) bool { return w.SupplierOrder == c.SupplierOrder })
	if c.Status.Ended() || c.SupplierOrder != "" && i < 0 {
		return c, nil
	}
	of := *cn
	if i >= 0 {
		of.Partial = wants[i].partial
	}
	if of.Cause.Rank() <= c.Cause.Rank() && of.Partial.Equal(c.Partial) && (!c.CancelledAt.IsZero() || of.CancelledAt.IsZero()) {
		return c, nil
	}
	return t.step(c, state.Event{Kind: state.EventCancelled, By: by, Cancellation: &of})
}

// letGo tells whether an ended case stands in the way of another one about the
// same supplier order: not where its number was taken back, where the order
// was wanted again, or where it was left alone and the shop now says more.
func letGo(c state.Case, cn *state.Cancellation) bool {
	return c.Status == state.Ignored && (c.Stop.Code == state.Replaced || c.Stop.Code == state.Withdrawn || c.Cause.Rank() < cn.Cause.Rank() || c.EndedAt.Before(cn.AskedAt))
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
			m.Conflict = state.Found(state.NumberGiven, m.SupplierOrder, "to", o.Shop+" "+o.Name)
		}
	}
	if m.By != byOperator {
		if who, err := t.claimant(m.SupplierOrder, cn.Shop, cn.ShopOrderID); err != nil {
			return err
		} else if who != "" {
			m.Conflict = namedBy(m.SupplierOrder, who)
		}
	}
	others, err := t.CasesBySupplierOrder(m.SupplierOrder)
	if err != nil {
		return err
	}
	for _, c := range others {
		if c.Shop == cn.Shop && c.ShopOrderID == cn.ShopOrderID || !c.Notice().Possible() && c.Status == state.Ignored && (c.Stop.Code == state.Replaced || c.Stop.Code == state.Withdrawn) {
			continue
		}
		m.Conflict = namedBy(m.SupplierOrder, c.Shop+" "+c.ShopOrder)
		back := state.Mapping{SupplierOrder: m.SupplierOrder, Conflict: namedBy(m.SupplierOrder, cn.Shop+" "+cn.ShopOrder)}
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
		m := state.Mapping{SupplierOrder: n, By: byOperator}
		if len(s.Others) == 0 {
			m.Account = s.Account
		}
		maps = append(maps, m)
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
		if c.Cause != state.CauseCancelled { // which lines went, only the shop knows
			out = have
			return t.lookAgain(c)
		}
		cn := &state.Cancellation{Shop: c.Shop, ShopOrder: c.ShopOrder, ShopOrderID: c.ShopOrderID, Reason: c.Reason, OrderedAt: c.ShopOrderedAt, CancelledAt: c.CancelledAt, Lines: c.Lines, Cause: c.Cause, Facts: c.Facts}
		if err := t.cover(have, cn, wanted{maps: maps, orders: wholes(maps)}, s, state.ByCLI); err != nil {
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

// lookAgain knocks about a case's shop order.
func (t *txn) lookAgain(c state.Case) error {
	_, err := t.AddKnock(state.Knock{Shop: c.Shop, OrderID: c.ShopOrderID, Source: "engine", ReceivedAt: t.now, NotBefore: t.now})
	if err != nil {
		return fmt.Errorf("look at %s again: %w", c.ShopOrder, err)
	}
	return nil
}

// byOperator marks a number that a person gave.
const byOperator = "operator"

// plainName is an order's name without the sign that Shopify puts before it:
// people leave it out.
func plainName(name string) string { return strings.TrimPrefix(strings.TrimSpace(name), "#") }

// openByName finds the open cases of a shop order by the name a merchant
// knows, the unmapped one first.
func (t *txn) openByName(shopName, order string) ([]state.Case, error) {
	for c, err := range state.OpenCases(t) {
		if err != nil {
			return nil, err
		}
		if c.Shop == shopName && plainName(c.ShopOrder) == plainName(order) {
			return t.CasesByShopOrder(c.Shop, c.ShopOrderID)
		}
	}
	return nil, nil
}
