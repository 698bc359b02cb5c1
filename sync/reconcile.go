package sync

import (
	"fmt"
	"slices"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/orders"
)

// reconcile makes the cases of an order agree with what the shop and the operator
// say about it. Doing it again changes nothing.
func (t *txn) reconcile(o shop.Order, s Shop, knocks []state.Knock) error {
	have, err := t.CasesByShopOrder(o.Shop, o.ID)
	if err != nil {
		return err
	}
	if err := t.storeClaim(o); err != nil {
		return fmt.Errorf("note which numbers it names: %w", err)
	}
	if len(have) == 0 { // its cases may have been deleted because they are old: it is not asked anew
		if forgotten, err := t.Forgotten(o.Shop, o.ID); err != nil || forgotten {
			return err
		}
	}
	said, err := t.Mappings(o.Shop, orders.PlainName(o.Name))
	if err != nil {
		return err
	}
	maps := orders.Numbers(o, said)
	if err := t.doubtUnnamed(have, maps); err != nil {
		return err
	}
	if !o.CancelledAt.IsZero() {
		return t.reconcileCancelled(o, s, have, maps)
	}
	asked, err := t.reconcileRequest(o, s, have, maps, knocks)
	if err != nil || asked {
		return err
	}
	if have, err = t.CasesByShopOrder(o.Shop, o.ID); err != nil { // a request that ended moved them
		return err
	}
	return t.reconcileRemoved(o, s, have, maps)
}

// reconcileCancelled is an order cancelled in the shop.
func (t *txn) reconcileCancelled(o shop.Order, s Shop, have []state.Case, maps []state.Mapping) error {
	if len(have) == 0 && o.CancelledAt.Before(s.Since) {
		return nil
	}
	if err := t.openCases(have, orders.Cancellation(o, state.CauseCancelled), orders.Whole(o, maps), s, state.ByShop); err != nil {
		return err
	}
	return t.shopCancelled(o)
}

// doubtUnnamed puts a number in doubt that the shop order no longer names: an importer
// may have corrected it. For what the operator says see takeNumberBack.
func (t *txn) doubtUnnamed(have []state.Case, maps []state.Mapping) error {
	if slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.By == orders.ByOperator }) {
		return nil
	}
	for i, c := range have {
		named := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.SupplierOrder == c.SupplierOrder })
		if c.SupplierOrder == "" || c.Status.Ended() || c.MappedBy == orders.ByOperator || named {
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

// openCases opens a case for each supplier order that has none, reusing an unmapped
// case first; where no supplier order is known and no case is there, it opens an
// unmapped one. Existing cases get what is new about the shop order.
func (t *txn) openCases(have []state.Case, cn *state.Cancellation, wish orders.Cancels, s Shop, by state.By) error {
	maps, wants := wish.Maps, wish.Orders
	if len(maps) == 0 && !slices.ContainsFunc(have, func(c state.Case) bool { return !orders.Superseded(c, cn) }) {
		_, err := t.step(t.newCase(s), state.Event{Kind: state.EventCancelled, By: by, Cancellation: cn})
		return err
	}
	byNumber, before := map[string]state.Case{}, map[string]state.Case{}
	var unmapped []state.Case
	for _, c := range have {
		next, err := t.takeNumberBack(c, maps)
		if err != nil {
			return err
		}
		if next, err = t.refreshCase(next, cn, wants, by); err != nil {
			return err
		}
		if !orders.Superseded(next, cn) {
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
			m.NoticeAt, m.NoticeCase = b.Notice().At, b.ID
		}
		of := *cn
		of.Partial = w.Partial
		ev := state.Event{Kind: state.EventMapped, By: by, Mapping: &m, Cancellation: &of}
		c, known := byNumber[m.SupplierOrder]
		switch {
		case known:
		case len(unmapped) > 0:
			c, unmapped = unmapped[0], unmapped[1:]
		default:
			c = t.newCase(s)
			ev.Kind = state.EventCancelled
		}
		next, err := t.step(c, ev)
		if err != nil {
			return err
		}
		byNumber[m.SupplierOrder] = next
	}
	return t.openCaseForRest(have, unmapped, cn, wish, s, by)
}

// openCaseForRest keeps a case for lines of which no supplier order is known beside
// those that have one, and ends it once they have.
func (t *txn) openCaseForRest(have, unmapped []state.Case, cn *state.Cancellation, w orders.Cancels, s Shop, by state.By) error {
	if len(w.Rest) == 0 {
		for _, c := range unmapped {
			if len(w.Maps) == 0 || len(w.Orders) == 0 {
				return nil
			}
			if _, err := t.step(c, state.Event{Kind: state.EventReplaced, By: by}); err != nil {
				return err
			}
		}
		return nil
	}
	if slices.ContainsFunc(have, func(c state.Case) bool { return c.SupplierOrder == "" && !orders.Superseded(c, cn) }) {
		return nil
	}
	of := *cn
	of.Lines = w.Rest
	_, err := t.step(t.newCase(s), state.Event{Kind: state.EventCancelled, By: by, Cancellation: &of})
	return err
}

// newCase is one that takes its first event next.
func (t *txn) newCase(s Shop) state.Case {
	return state.Case{ID: t.e.o.NewID(t.now), Supplier: t.supplier(s)}
}

// supplier is where a shop buys.
func (t *txn) supplier(s Shop) string { return t.e.o.Accounts[s.Account].Supplier }

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

// refreshCase passes to a case what is new about its shop order.
func (t *txn) refreshCase(c state.Case, cn *state.Cancellation, wants []orders.ToCancel, by state.By) (state.Case, error) {
	i := slices.IndexFunc(wants, func(w orders.ToCancel) bool { return w.SupplierOrder == c.SupplierOrder })
	if c.Status.Ended() || c.SupplierOrder != "" && i < 0 {
		return c, nil
	}
	of := *cn
	if i >= 0 {
		of.Partial = wants[i].Partial
	}
	if of.Cause.Rank() <= c.Cause.Rank() && of.Partial.Equal(c.Partial) && (!c.CancelledAt.IsZero() || of.CancelledAt.IsZero()) {
		return c, nil
	}
	return t.step(c, state.Event{Kind: state.EventCancelled, By: by, Cancellation: &of})
}

// takeNumberBack takes the number from a case where the operator named other supplier
// orders.
func (t *txn) takeNumberBack(c state.Case, maps []state.Mapping) (state.Case, error) {
	said := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.By == orders.ByOperator })
	named := slices.ContainsFunc(maps, func(m state.Mapping) bool { return m.SupplierOrder == c.SupplierOrder })
	if !said || named || c.SupplierOrder == "" || c.Status.Ended() {
		return c, nil
	}
	return t.step(c, state.Event{Kind: state.EventReplaced, By: state.ByCLI})
}

// conflict finds other shop orders that hold the same number, by a case or by
// the operator's word: then none is asked without a person.
func (t *txn) conflict(m *state.Mapping, cn *state.Cancellation) error {
	doubt, err := t.doubt(m.SupplierOrder, cn.Shop, cn.ShopOrder)
	if err != nil {
		return err
	}
	if !doubt.IsZero() {
		m.Conflict = doubt
	}
	return t.doubtOthers(m.SupplierOrder, cn.Shop, cn.ShopOrder, true)
}

// knockAgain stores a knock, so that the case's shop order is read again.
func (t *txn) knockAgain(c state.Case) error {
	_, err := t.AddKnock(state.Knock{Shop: c.Shop, OrderID: c.ShopOrderID, Source: "engine", ReceivedAt: t.now, NotBefore: t.now})
	if err != nil {
		return fmt.Errorf("look at %s again: %w", c.ShopOrder, err)
	}
	return nil
}

// reconcileRemoved opens or moves the cases of an order that stands and of which lines
// were taken off.
func (t *txn) reconcileRemoved(o shop.Order, s Shop, have []state.Case, maps []state.Mapping) error {
	if err := t.withdrawRestored(o, have); err != nil {
		return err
	}
	went, all := orders.Count(o.Lines, o.Gone)
	old := o.CreatedAt.Before(s.Since)
	before := !o.GoneAt.IsZero() && o.GoneAt.Before(s.Since)
	if went == 0 || len(have) == 0 && before && !o.GoneUndated {
		return nil
	}
	cn := orders.Cancellation(o, state.CauseLines)
	if old && (o.GoneAt.IsZero() || before) {
		cn.HoldWhy = state.Found(state.LinesBeforeStart, "")
	}
	if len(maps) == 0 && went < all {
		cn.Partial = orders.Partial(state.PartOfShop, went, all)
	}
	w := orders.InPart(o, maps, o.Gone)
	if len(maps) > 0 && len(w.Orders)+len(w.Rest) == 0 {
		return nil
	}
	return t.openCases(have, cn, w, s, state.ByShop)
}

// withdrawRestored ends the cases of lines that came back before the supplier was
// asked.
func (t *txn) withdrawRestored(o shop.Order, have []state.Case) error {
	for i, c := range have {
		if c.Cause != state.CauseLines || c.Status.Ended() {
			continue
		}
		if went, _ := orders.GoneItems(o, c); went > 0 {
			continue
		}
		next, err := t.step(c, state.Event{Kind: state.EventWithdrawn, By: state.ByShop})
		if err != nil {
			return err
		}
		have[i] = next
	}
	return nil
}
