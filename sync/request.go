package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
	"countermand/sync/orders"
)

// reconcileRequest puts a customer's request to the suppliers, or follows one
// that was. asked is false where there is none.
func (t *txn) reconcileRequest(o shop.Order, s Shop, have []state.Case, maps []state.Mapping, knocks []state.Knock) (asked bool, err error) {
	r, err := t.Request(o.Shop, o.ID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return false, err
	}
	active := r.Status != "" && !r.Status.Ended()
	if !s.First.Enabled {
		if active {
			t.queueOrder(o.Shop, o.ID)
		}
		return active, nil
	}
	if active {
		if !r.ByHand && !r.CancelAnyway {
			if ended, why := orders.RequestEnded(r, o, s.First.Tag); ended != "" {
				return false, t.endRequest(o, r, ended, why, have)
			}
		}
	} else {
		w, ok := orders.FindRequest(o, knocks, r, s.First.Tag, s.Since)
		if !ok {
			return false, t.noteTag(o, s, r)
		}
		r = state.Request{
			Shop: o.Shop, ShopOrder: o.Name, ShopOrderID: o.ID, Rev: r.Rev, Source: w.Source, EditIDs: w.Edits, Reason: w.Reason,
			Status: state.RequestAsking, Why: "the suppliers are asked", OpenedAt: t.now,
		}
	}
	if r, err = t.extendRequest(o, s, r, !active); err != nil {
		return false, err
	}
	t.queueOrder(o.Shop, o.ID)
	return true, t.putToSuppliers(o, s, r, have, maps)
}

// noteTag remembers of a request that ended that its tag is gone.
func (t *txn) noteTag(o shop.Order, s Shop, r state.Request) error {
	if r.Source != state.RequestByTag || r.TagGone || orders.Tagged(o, s.First.Tag) {
		return nil
	}
	r.TagGone = true
	_, err := t.PutRequest(r)
	return err
}

// extendRequest adds what the customer asked for since, and works out whether the request
// is still about the whole order.
func (t *txn) extendRequest(o shop.Order, s Shop, r state.Request, fresh bool) (state.Request, error) {
	before := r
	r.EditIDs = slices.Clone(r.EditIDs)
	stands := r.Source != state.RequestByEdit
	for _, e := range o.Edits {
		if stands || e.Status != shop.EditRequested || e.RequestedAt.Before(s.Since) {
			continue
		}
		if !slices.Contains(r.EditIDs, e.ID) {
			r.EditIDs = append(r.EditIDs, e.ID)
		}
	}
	stands = stands || slices.ContainsFunc(o.Edits, func(e shop.RequestedEdit) bool {
		return e.Status == shop.EditRequested && slices.Contains(r.EditIDs, e.ID)
	})
	if stands { // else it was answered: what it was about is known
		r.Partial = orders.LeavesPart(o, r)
	}
	if !fresh && r.Partial == before.Partial && len(r.EditIDs) == len(before.EditIDs) {
		return r, nil
	}
	var err error
	if r.Rev, err = t.PutRequest(r); err != nil {
		return r, fmt.Errorf("store the request about %s: %w", o.Name, err)
	}
	return r, nil
}

// putToSuppliers opens or moves the cases that a request wants.
func (t *txn) putToSuppliers(o shop.Order, s Shop, r state.Request, have []state.Case, maps []state.Mapping) error {
	gone := orders.GoneIfGranted(o, r)
	cn := orders.Cancellation(o, state.CauseRequested)
	cn.Reason, cn.AskedAt = r.Reason, r.OpenedAt
	if r.Source == state.RequestByTag && o.CreatedAt.Before(s.Since) {
		cn.HoldWhy = state.Found(state.TagBeforeStart, "")
	}
	if r.Partial && len(maps) == 0 {
		went, all := orders.Count(o.Lines, gone)
		cn.Partial = orders.Partial(state.PartAsked, went, all)
	}
	w := orders.InPart(o, maps, gone)
	if len(maps) > 0 && len(w.Orders)+len(w.Rest) == 0 {
		return nil
	}
	return t.openCases(have, cn, w, s, state.ByShop)
}

// endRequest handles a request that ended in the shop. Suppliers that were not
// asked yet are not asked, unless the lines are gone by now; a person is alerted
// where a supplier has cancelled lines that still stand.
func (t *txn) endRequest(o shop.Order, r state.Request, ended state.RequestStatus, why string, have []state.Case) error {
	if ended == state.RequestWithdrawn && r.Status == state.RequestCancelling && !r.Sent.IsZero() {
		return nil // it may be under way; the shop's lane looks again
	}
	settled := false // what was accepted is gone in the shop as well
	for i, c := range have {
		if c.Cause != state.CauseRequested || ended == state.RequestDeclined || c.Status.Answer() == state.AnswerRefused {
			continue
		}
		went, all := orders.GoneItems(o, c)
		if c.Status.Answer() == state.AnswerAccepted && went >= all {
			settled = true
		}
		if went > 0 {
			continue
		}
		next, err := t.step(c, state.Event{Kind: state.EventWithdrawn, By: state.ByShop})
		if err != nil {
			return err
		}
		have[i] = next
		if next.Status.Answer() == state.AnswerAccepted {
			r.ByHand = true
			ended, why = state.RequestOpen, why+", but supplier order "+next.SupplierOrder+" was cancelled already: order the goods again, or cancel the shop's order"
		}
	}
	if settled && ended == state.RequestWithdrawn {
		ended, why = state.RequestDone, "taken care of in the shop by a person"
	}
	return t.moveRequest(r, ended, why, have)
}

// shopCancelled ends the request about an order that the shop has cancelled.
func (t *txn) shopCancelled(o shop.Order) error {
	r, err := t.Request(o.Shop, o.ID)
	if missing(err) || err == nil && r.Status.Ended() {
		return nil
	}
	if err != nil {
		return err
	}
	have, err := t.CasesByShopOrder(o.Shop, o.ID)
	if err != nil {
		return err
	}
	if err := t.moveRequest(r, state.RequestDone, "the shop's order was cancelled "+machine.Stamp(o.CancelledAt), have); err != nil {
		return err
	}
	if slices.ContainsFunc(o.Edits, func(e shop.RequestedEdit) bool {
		return e.Status == shop.EditRequested && slices.Contains(r.EditIDs, e.ID)
	}) {
		return t.planAtShop(r, state.EffectResolveRequest, t.now)
	}
	return nil
}

// Follows tells whether a customer's request or a case about an order has not
// ended. Where that is not known it says yes.
func (e *Engine) Follows(ctx context.Context, shopName, orderID string) bool {
	follows := true
	err := e.o.Store.View(ctx, func(tx state.ReadTx) error {
		r, err := tx.Request(shopName, orderID)
		if err != nil && !errors.Is(err, state.ErrNotFound) || err == nil && !r.Status.Ended() {
			return err
		}
		cases, err := tx.CasesByShopOrder(shopName, orderID)
		follows = err != nil || slices.ContainsFunc(cases, func(c state.Case) bool { return !c.Status.Ended() })
		return err
	})
	return follows || err != nil
}
