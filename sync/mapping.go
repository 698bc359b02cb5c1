package sync

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countermand/state"
	"countermand/sync/machine"
	"countermand/sync/orders"
)

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
		m := state.Mapping{SupplierOrder: n, By: orders.ByOperator}
		if len(s.Others) == 0 {
			m.Account = s.Account
		}
		maps = append(maps, m)
	}
	var out []state.Case
	err := e.update(ctx, func(t *txn) error {
		out = nil
		if err := t.PutMappings(shopName, orders.PlainName(order), maps); err != nil {
			return err
		}
		for _, n := range numbers {
			if err := t.doubtOthers(n, shopName, order, false); err != nil {
				return err
			}
		}
		have, err := t.openByName(shopName, order)
		if err != nil || len(have) == 0 {
			return err
		}
		c := have[0]
		if c.Cause != state.CauseCancelled { // which lines went, only the shop knows
			for i := range have { // but what was taken back is not asked until it is looked at
				if have[i], err = t.takeNumberBack(have[i], maps); err != nil {
					return err
				}
			}
			out = have
			return t.knockAgain(c)
		}
		cn := &state.Cancellation{Shop: c.Shop, ShopOrder: c.ShopOrder, ShopOrderID: c.ShopOrderID, Reason: c.Reason, OrderedAt: c.ShopOrderedAt, CancelledAt: c.CancelledAt, Lines: c.Lines, Cause: c.Cause, Facts: c.Facts}
		if err := t.openCases(have, cn, orders.Cancels{Maps: maps, Orders: orders.All(maps)}, s, state.ByCLI); err != nil {
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

// openByName finds the open cases of a shop order by the name a merchant
// knows, the unmapped one first.
func (t *txn) openByName(shopName, order string) ([]state.Case, error) {
	for c, err := range state.OpenCases(t) {
		if err != nil {
			return nil, err
		}
		if c.Shop == shopName && orders.PlainName(c.ShopOrder) == orders.PlainName(order) {
			return t.CasesByShopOrder(c.Shop, c.ShopOrderID)
		}
	}
	return nil, nil
}

// MapImport records what a file says of shop orders, by their names, with the
// lines that each supplier order covers where the file tells. What a person
// said stands, and numbers of an earlier file stay beside the new ones: refused
// says why an order was left as it was, or will wait for a person. Open cases
// of the orders are looked at again.
func (e *Engine) MapImport(ctx context.Context, shopName string, named map[string][]state.Mapping, who string) (refused map[string]string, err error) {
	if _, ok := e.o.Shops[shopName]; !ok {
		return nil, fmt.Errorf("import numbers: no shop %q is configured", shopName)
	}
	refused = map[string]string{}
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(named)), importBatch) {
		no := map[string]string{}
		err := e.update(ctx, func(t *txn) error {
			clear(no)
			for _, name := range batch {
				why, err := t.importOne(shopName, name, named[name])
				if err != nil {
					return fmt.Errorf("import numbers of %s: %w", name, err)
				}
				if why != "" {
					no[name] = why
				}
			}
			return nil
		})
		if err != nil {
			return refused, err
		}
		maps.Copy(refused, no)
	}
	if err := e.knockUnmapped(ctx, shopName, named); err != nil {
		return refused, err
	}
	e.o.Log.Info().Str("shop", shopName).Int("orders", len(named)).Int("refused", len(refused)).Str("who", who).Msg("numbers imported")
	return refused, nil
}

// importBatch keeps a transaction short.
const importBatch = 200

func (t *txn) importOne(shopName, name string, list []state.Mapping) (why string, err error) {
	have, err := t.Mappings(shopName, orders.PlainName(name))
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(have, func(m state.Mapping) bool { return m.By == orders.ByOperator }) {
		return "map set has said otherwise, which stands", nil
	}
	list, unclear := orders.Merge(list, have)
	if err := t.PutMappings(shopName, orders.PlainName(name), list); err != nil {
		return "", err
	}
	for _, m := range list {
		if err := t.doubtOthers(m.SupplierOrder, shopName, name, false); err != nil {
			return "", err
		}
	}
	return machine.HeldWhy(state.Case{Findings: state.Findings{}.With(unclear)}), t.doubtImported(shopName, name, list, unclear)
}

// doubtImported puts the numbers of open cases in doubt where a file says otherwise, and
// has their orders looked at.
func (t *txn) doubtImported(shopName, name string, list []state.Mapping, unclear state.Finding) error {
	cases, err := t.FindCases(orders.PlainName(name), casesOfName)
	if err != nil && !missing(err) {
		return err
	}
	for _, c := range cases {
		if orderName(c.Shop, c.ShopOrder) != orderName(shopName, name) || c.SupplierOrder == "" || c.Status.Ended() || c.MappedBy == orders.ByOperator {
			continue
		}
		if c.Status == state.Held || machine.BeingAsked(c.Status) { // the order may name further ones
			if err := t.knockAgain(c); err != nil {
				return err
			}
		}
		doubt := state.Mapping{SupplierOrder: c.SupplierOrder, Conflict: unclear}
		if !slices.ContainsFunc(list, func(m state.Mapping) bool { return m.SupplierOrder == c.SupplierOrder }) {
			doubt.Conflict = state.Found(state.ImportDiffers, c.SupplierOrder, "other", list[len(list)-1].SupplierOrder)
		}
		if doubt.Conflict.IsZero() {
			continue
		}
		if _, err := t.step(c, state.Event{Kind: state.EventMapped, By: state.ByCLI, Mapping: &doubt}); err != nil {
			return err
		}
	}
	return nil
}

// casesOfName bounds the cases of one name: orders of several shops may bear it.
const casesOfName = 100

// knockUnmapped looks at the shop orders of a file that wait for a number.
func (e *Engine) knockUnmapped(ctx context.Context, shopName string, named map[string][]state.Mapping) error {
	names := map[string]bool{}
	for name := range named {
		names[orders.PlainName(name)] = true
	}
	err := e.update(ctx, func(t *txn) error {
		for c, err := range state.AllOf(t.CasesByStatus, state.Unmapped) {
			if err != nil {
				return err
			}
			if c.Shop == shopName && names[orders.PlainName(c.ShopOrder)] {
				if err := t.knockAgain(c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		nudge(e.wakeInbox)
	}
	return err
}
