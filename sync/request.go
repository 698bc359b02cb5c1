package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// wish is what a customer asks for, as the shop tells it now.
type wish struct {
	source state.RequestSource
	edit   shop.RequestedEdit
	reason string
}

// wish finds a request: one made in the shop itself, the tag, or Flow's.
// What was asked for before the shop's history begins is none.
func (s Shop) wish(o shop.Order, knocks []state.Knock) (w wish, ok bool) {
	for _, e := range o.Edits {
		if e.Status == shop.EditRequested && !e.RequestedAt.Before(s.Since) {
			w, ok = wish{state.RequestByEdit, e, "customer"}, true
		}
	}
	if ok {
		return w, true
	}
	if tagged(o, s.First.Tag) {
		return wish{source: state.RequestByTag, reason: "customer"}, true
	}
	for _, k := range knocks {
		if reason, flow := shop.FlowReason(k.Topic); flow {
			return wish{source: state.RequestByFlow, reason: or(reason, "customer")}, true
		}
	}
	return wish{}, false
}

func tagged(o shop.Order, tag string) bool {
	return tag != "" && slices.ContainsFunc(o.Tags, func(t string) bool { return strings.EqualFold(strings.TrimSpace(t), tag) })
}

// told tells whether a request that ended was about this very wish.
func (w wish) told(r state.Request) bool {
	switch w.source {
	case state.RequestByEdit:
		return r.EditID == w.edit.ID
	case state.RequestByTag:
		return r.Source == state.RequestByTag && r.Status != state.RequestWithdrawn
	}
	return false
}

// settleRequest puts a customer's request to the suppliers, or follows one
// that was. asked is false where there is none.
func (t *txn) settleRequest(o shop.Order, s Shop, have []state.Case, knocks []state.Knock) (asked bool, err error) {
	if !s.First.Enabled {
		return false, nil
	}
	r, err := t.Request(o.Shop, o.ID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return false, err
	}
	if r.Status == "" || r.Status.Ended() {
		w, ok := s.wish(o, knocks)
		if !ok || w.told(r) {
			return false, nil
		}
		r = state.Request{
			Shop: o.Shop, ShopOrder: o.Name, ShopOrderID: o.ID, Rev: r.Rev, Source: w.source, EditID: w.edit.ID, Reason: w.reason,
			Status: state.RequestAsking, Why: "the suppliers are asked", OpenedAt: t.now,
		}
		r.Partial = partly(o, removals(o, r))
		if r.Rev, err = t.PutRequest(r); err != nil {
			return false, fmt.Errorf("store the request about %s: %w", o.Name, err)
		}
	} else if ended, why := endedInShop(r, o, s); ended != "" {
		return true, t.endRequest(r, ended, why, have)
	}
	maps, err := t.numbers(o)
	if err != nil {
		return false, err
	}
	if err := t.unnamed(have, maps); err != nil {
		return true, err
	}
	cn := cancellationOf(o, state.CauseRequested)
	cn.Reason = r.Reason
	wants := wholes(maps)
	if r.Partial {
		gone := removals(o, r)
		went, all := count(o.Lines, gone)
		cn.Partial = fmt.Sprintf("the customer asks for only %d of the %d items to be taken off", went, all)
		wants = touched(o, maps, gone)
		if len(maps) > 0 && len(wants) == 0 {
			return true, nil
		}
	}
	t.touch(o.Shop, o.ID)
	return true, t.cover(have, cn, wants, s, state.ByShop)
}

// removals are the lines that the request of the shop's own names, with what
// is gone already; nil where it names none: then the whole order is meant.
func removals(o shop.Order, r state.Request) map[string]int {
	i := slices.IndexFunc(o.Edits, func(e shop.RequestedEdit) bool { return r.EditID != "" && e.ID == r.EditID })
	if i < 0 {
		return nil
	}
	out := map[string]int{}
	for _, l := range o.Lines {
		out[l.ID] = l.Quantity - o.Left[l.ID]
	}
	for _, rm := range o.Edits[i].Removals {
		out[rm.LineID] += rm.Quantity - rm.Resolved
	}
	return out
}

// partly tells whether a request leaves something of the order.
func partly(o shop.Order, gone map[string]int) bool {
	if gone == nil {
		return false
	}
	went, all := count(o.Lines, gone)
	return went < all
}

// endedInShop tells how a request ended that the shop does not show any more,
// "" while it stands.
func endedInShop(r state.Request, o shop.Order, s Shop) (ended state.RequestStatus, why string) {
	switch r.Source {
	case state.RequestByEdit:
		if !o.EditsRead {
			return "", ""
		}
		i := slices.IndexFunc(o.Edits, func(e shop.RequestedEdit) bool { return e.ID == r.EditID })
		switch {
		case i < 0:
			return state.RequestWithdrawn, "the customer withdrew the request"
		case o.Edits[i].Status == shop.EditDeclined && r.Status == state.RequestDeclining:
			return state.RequestDeclined, "the customer's request was declined"
		case o.Edits[i].Status == shop.EditDeclined:
			return state.RequestWithdrawn, "the request was declined in the shop by a person"
		case o.Edits[i].Status == shop.EditResolved:
			return state.RequestDone, "the request was marked as done in the shop by a person"
		}
	case state.RequestByTag:
		if !tagged(o, s.First.Tag) {
			return state.RequestWithdrawn, "the tag was taken off"
		}
	}
	return "", ""
}

// endRequest follows a request that ended in the shop. Suppliers that were not
// asked yet are not; about the others a person hears.
func (t *txn) endRequest(r state.Request, ended state.RequestStatus, why string, have []state.Case) error {
	if ended == state.RequestWithdrawn && r.Status == state.RequestCancelling && !r.Sent.IsZero() {
		return nil // it cannot be called back any more
	}
	if ended == state.RequestWithdrawn {
		for i, c := range have {
			if c.Cause != state.CauseRequested {
				continue
			}
			next, err := t.step(c, state.Event{Kind: state.EventWithdrawn, By: state.ByShop})
			if err != nil {
				return err
			}
			have[i] = next
			if accepted(next) {
				r.ByHand = true
				ended, why = state.RequestOpen, why+", but AliExpress order "+next.SupplierOrder+" was cancelled already: order the goods again, or cancel the shop's order"
			}
		}
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
	if err := t.moveRequest(r, state.RequestDone, "the shop's order was cancelled "+stamp(o.CancelledAt), have); err != nil {
		return err
	}
	for _, e := range o.Edits {
		if e.ID == r.EditID && e.Status == shop.EditRequested {
			return t.planAtShop(r, state.EffectResolve, t.now)
		}
	}
	return nil
}

// join draws the sum of a shop order's answers, once all are there.
func (t *txn) join(shopName, orderID string) error {
	r, err := t.Request(shopName, orderID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	cases, err := t.CasesByShopOrder(shopName, orderID)
	if err != nil {
		return err
	}
	next, why := joint(r, cases, t.e.o.Shops[shopName].First.Decline)
	if next == r.Status {
		return nil
	}
	return t.moveRequest(r, next, why, cases)
}

// moveRequest stores what became of a request, plans what follows at the shop
// and tells it in each case's journal.
func (t *txn) moveRequest(r state.Request, next state.RequestStatus, why string, cases []state.Case) error {
	if next == state.RequestDeclining && r.EditID == "" {
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
			Kind: AlertRequest, Page: true, Title: fmt.Sprintf("%s %s: the customer's request waits for you", r.Shop, r.ShopOrder), Text: why,
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
	wanted := map[state.RequestStatus]state.EffectKind{state.RequestCancelling: state.EffectShopCancel, state.RequestDeclining: state.EffectDecline}[r.Status]
	for _, kind := range []state.EffectKind{state.EffectShopCancel, state.EffectDecline} {
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

// accepted, refusedCase: how a supplier answered. Neither: it has not yet.
func accepted(c state.Case) bool {
	return c.Status == state.Cancelled || c.Status == state.Refunded
}

func refusedCase(c state.Case) bool {
	switch c.Status {
	case state.Refused, state.Shipped, state.Disputable, state.Disputed, state.Won, state.Lost, state.WrittenOff:
		return true
	}
	return false
}

// joint is what follows from the answers of all suppliers of a shop order. It
// is pure. The shop is cancelled only when all have accepted; what is mixed is
// left to a person.
func joint(r state.Request, cases []state.Case, decline bool) (state.RequestStatus, string) {
	var yes, no, shipped, left, open int
	for _, c := range cases {
		switch {
		case c.Cause != state.CauseRequested || letGo(c, state.CauseRequested):
		case accepted(c):
			yes++
		case refusedCase(c):
			no++
			if c.Status == state.Shipped {
				shipped++
			}
		case c.Status == state.Ignored:
			left++
		default:
			open++
		}
	}
	all := yes + no + left
	switch {
	case open > 0 || all == 0:
		return r.Status, r.Why
	case r.Status == state.RequestCancelling, r.Status == state.RequestDone, r.Status == state.RequestWithdrawn, r.Status == state.RequestOpen && r.ByHand:
		return r.Status, r.Why
	case r.Status == state.RequestDeclined:
		if yes == all {
			return state.RequestOpen, "the supplier cancelled after all, but the customer was told that it would not: cancel the order in the shop, or with cases approve"
		}
		return r.Status, r.Why
	case yes == all && r.Partial:
		return state.RequestOpen, "the supplier accepted for the lines that the customer asked for; Shopify cancels whole orders only: take the lines off there, then mark the request as done"
	case yes == all:
		return state.RequestCancelling, "all suppliers accepted: the shop's order is cancelled now"
	case yes > 0:
		return state.RequestOpen, fmt.Sprintf("of %d suppliers %d accepted and %d did not: the shop's order is left alone; take the lines off in Shopify, or cancel it all the same with cases approve", all, yes, no+left)
	case r.Status == state.RequestDeclining:
		return r.Status, r.Why
	case decline || shipped+left == all:
		return state.RequestDeclining, "the supplier did not accept: the shop's order is left alone and the customer's request declined"
	}
	return state.RequestOpen, "the supplier refused: the shop's order is left alone and the customer's request left open until it is seen to have shipped; decline it with cases ignore"
}

// decideRequest is a person's decision about a request that was left to them:
// approve cancels the shop's order whatever the suppliers said, retry sends a
// cancel again that the shop refused. done is false where the decision is the
// case's own.
func (t *txn) decideRequest(c state.Case, ev state.Event) (done bool, err error) {
	if c.Cause != state.CauseRequested || ev.Kind != state.EventApprove && ev.Kind != state.EventRetry {
		return false, nil
	}
	if !accepted(c) && !refusedCase(c) && c.Status != state.Ignored {
		return false, nil
	}
	r, err := t.Request(c.Shop, c.ShopOrderID)
	if missing(err) || err == nil && (r.Status != state.RequestOpen || ev.Kind == state.EventRetry && r.Sent.IsZero()) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	refuse := func(why string) error {
		return &RefusedError{CaseID: c.ID, Status: c.Status, Event: ev.Kind, Why: why}
	}
	switch {
	case t.e.o.Policy.Mode == Observe:
		return true, refuse("mode is observe, so nothing is cancelled; set mode to confirm or auto first")
	case r.Partial:
		return true, refuse("only some lines are wanted back and Shopify cancels whole orders only: take them off in Shopify")
	}
	r.ByHand = false
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

// Follows tells whether an order matters although it stands: a customer's
// request about it, or a case, has not ended. Where that cannot be told, it
// does.
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
