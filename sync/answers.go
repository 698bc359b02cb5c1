package sync

import (
	"errors"
	"fmt"

	"countermand/state"
	"countermand/sync/machine"
	"countermand/sync/orders"
)

// joinAnswers works out what the answers of all suppliers of a shop order mean for the
// customer's request.
func (t *txn) joinAnswers(shopName, orderID string) error {
	r, err := t.Request(shopName, orderID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	cases, err := t.CasesByShopOrder(shopName, orderID)
	if errors.Is(err, state.ErrCorrupt) {
		if r.Status.Ended() || r.ByHand {
			return nil
		}
		r.ByHand = true
		return t.moveRequest(r, state.RequestOpen, "the record of one of its cases is damaged, so it is not known what all suppliers answered: see to it in the shop yourself", cases)
	}
	if err != nil {
		return err
	}
	first := t.e.o.Shops[shopName].First
	next, why := orders.JointAnswer(r, cases, first.Decline)
	atShop := next == state.RequestCancelling || next == state.RequestDeclining && len(r.EditIDs) > 0
	switch {
	case next == r.Status && !(atShop && !first.Enabled):
		return nil
	case next == state.RequestOpen && r.Status.Ended():
		r.ByHand = true // the customer heard otherwise, or wants it: nothing more by itself
	case atShop && !first.Enabled:
		r.ByHand = true
		next, why = state.RequestOpen, "supplier_first was switched off while the customer's request was under way; the suppliers' answers are in: see to the shop's order yourself"
	case atShop && t.e.o.Policy.Mode == machine.Observe:
		next, why = state.RequestOpen, "mode observe, so nothing was done in the shop: "+why
	}
	if next == r.Status {
		return nil
	}
	return t.moveRequest(r, next, why, cases)
}

// moveRequest stores what became of a request, plans what follows at the shop
// and tells it in each case's journal.
func (t *txn) moveRequest(r state.Request, next state.RequestStatus, why string, cases []state.Case) error {
	if next == state.RequestDeclining && len(r.EditIDs) == 0 {
		next = state.RequestDeclined // nobody to tell but the operator, who was
	}
	r.Status, r.Why = next, why
	if r.EndedAt = (state.Request{}).EndedAt; next.Ended() {
		r.EndedAt = t.now
	}
	if r.Alert != "" {
		if err := t.resolve(r.Alert, why); err != nil {
			return err
		}
		r.Alert = ""
	}
	if next == state.RequestOpen {
		a := state.Alert{
			Key:  fmt.Sprintf("request/%s/%s/%s", r.Shop, r.ShopOrderID, stampKey(t.now)),
			Kind: machine.AlertRequest, Page: true, Title: fmt.Sprintf("%s %s: the customer's request waits for you", r.Shop, r.ShopOrder), Text: why,
		}
		if err := t.raise(a); err != nil {
			return err
		}
		r.Alert = a.Key
	}
	var err error
	if r.Rev, err = t.PutRequest(r); err != nil {
		return fmt.Errorf("store the request about %s: %w", r.ShopOrder, err)
	}
	if err := t.followRequest(r); err != nil {
		return err
	}
	for _, c := range cases {
		if c, err = t.Case(c.ID); err != nil {
			return err
		}
		if _, err := t.step(c, state.Event{Kind: state.EventShop, By: state.ByEngine, Note: why}); err != nil {
			return err
		}
	}
	return nil
}

// followRequest plans what a request's new state wants done at the shop, and
// drops what it does not want any more.
func (t *txn) followRequest(r state.Request) error {
	wanted := map[state.RequestStatus]state.EffectKind{state.RequestCancelling: state.EffectShopCancel, state.RequestDeclining: state.EffectDeclineRequest}[r.Status]
	for _, kind := range []state.EffectKind{state.EffectShopCancel, state.EffectDeclineRequest} {
		if kind == wanted {
			continue
		}
		f, err := t.Effect(state.ShopEffectID(r.Shop, r.ShopOrderID, kind))
		if err == nil && f.State == state.EffectPlanned {
			err = t.DeleteEffect(f.ID)
		}
		if err != nil && !missing(err) {
			return fmt.Errorf("drop what was to be done in the shop: %w", err)
		}
	}
	if wanted == "" {
		return nil
	}
	return t.planAtShop(r, wanted, t.now)
}

// decideRequest is a person's decision about a request that was left to them:
// approve cancels the shop's order whatever the suppliers said, retry sends a
// cancel again that the shop refused. done is false where the decision is the
// case's own.
func (t *txn) decideRequest(c state.Case, ev state.Event) (done bool, err error) {
	if c.Cause != state.CauseRequested || ev.Kind != state.EventApprove && ev.Kind != state.EventRetry {
		return false, nil
	}
	if c.Status.Answer() == state.AnswerNone {
		return false, nil
	}
	r, err := t.Request(c.Shop, c.ShopOrderID)
	if missing(err) || err == nil && (r.Status != state.RequestOpen || ev.Kind == state.EventRetry && !r.ShopRefused) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	refuse := func(why string) error {
		return &machine.RefusedError{CaseID: c.ID, Status: c.Status, Event: ev.Kind, Why: why}
	}
	switch {
	case t.e.o.Policy.Mode == machine.Observe:
		return true, refuse("mode is observe, so nothing is cancelled; set mode to confirm or auto first")
	case !t.e.o.Shops[c.Shop].First.Enabled:
		return true, refuse("supplier_first is switched off; cancel the order in Shopify")
	case r.Partial:
		return true, refuse("only some lines are wanted back and Shopify cancels whole orders only: take them off in Shopify")
	}
	r.ByHand, r.ShopRefused, r.CancelAnyway = false, false, true
	cases, err := t.CasesByShopOrder(c.Shop, c.ShopOrderID)
	if err != nil {
		return true, err
	}
	who := ev.Who
	if who == "" {
		who = "the operator"
	}
	why := who + " decided: the shop's order is cancelled now"
	if ev.Note != "" {
		why += " (note: " + ev.Note + ")"
	}
	return true, t.moveRequest(r, state.RequestCancelling, why, cases)
}
