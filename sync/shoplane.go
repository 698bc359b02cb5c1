package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
	"countermand/sync/orders"
)

// shopLane does what is to be done at one shop, one thing at a time. All of
// it may be done again: what was carried out is read first.
type shopLane struct {
	e    *Engine
	name string
	shop Shop
	wake chan struct{}
}

const (
	// shopCancelWait is the wait before a cancel of which the end is not known is
	// sent once more: the shop carries it out on its own time.
	shopCancelWait = 2 * time.Minute
	shopAlarm      = 4 // tries before a person hears of it
	// writeBackTries: how the cases stand is shown at the next change, too.
	writeBackTries = 6
	// writeBackWait lets several changes become one.
	writeBackWait = 5 * time.Second
)

// drain works until nothing is due.
func (l *shopLane) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) ([]state.Effect, error) {
			return tx.DueEffects(state.ShopLane(l.name), l.e.o.Now(), laneBatch)
		})
		if err != nil {
			return fmt.Errorf("find work of shop %s: %w", l.name, err)
		}
		if len(due) == 0 {
			return nil
		}
		slices.SortStableFunc(due, func(a, b state.Effect) int { // what shows only, last
			return boolRank(a.Kind == state.EffectWriteBack) - boolRank(b.Kind == state.EffectWriteBack)
		})
		for _, f := range due {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			err := l.do(ctx, f)
			if err != nil && !errors.Is(err, state.ErrDisk) { // the others go on
				err = l.putOff(ctx, f, err, "something stored about the order stands in the way")
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// recover replans what an earlier process had begun. After a cancel that was sent
// it waits until the shop can have carried it out.
func (l *shopLane) recover(ctx context.Context) error {
	return l.e.update(ctx, func(t *txn) error {
		for f, err := range state.AllOf(t.LaneEffects, state.ShopLane(l.name)) {
			if err != nil {
				return fmt.Errorf("find interrupted work of shop %s: %w", l.name, err)
			}
			if f.State == state.EffectPlanned {
				continue
			}
			if err := t.replan(f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *shopLane) do(ctx context.Context, f state.Effect) (err error) {
	idle := l.shop.Writer == nil || l.e.o.Policy.Mode == machine.Observe
	switch {
	case f.State != state.EffectPlanned: // its end could not be stored
		return l.e.update(ctx, func(t *txn) error { return t.replan(f) })
	case f.Kind == state.EffectWriteBack && idle:
		return l.end(ctx, f, nil)
	case f.Kind == state.EffectWriteBack:
		err = l.writeBack(ctx, f)
	case idle || !l.shop.First.Enabled && f.Kind != state.EffectResolveRequest:
		err = l.leaveToPerson(ctx, f)
	case f.Kind == state.EffectShopCancel:
		err = l.cancel(ctx, f)
	default:
		err = l.answer(ctx, f)
	}
	if errors.Is(err, state.ErrCorrupt) { // the others go on
		return l.end(ctx, f, func(t *txn) error { return t.joinAnswers(f.Shop, f.OrderID) })
	}
	return err
}

// replan replans an effect whose outcome is not known. After a cancel that was
// sent it waits until the shop can have carried it out.
func (t *txn) replan(f state.Effect) error {
	f.State, f.NotBefore = state.EffectPlanned, t.now
	if f.Kind == state.EffectShopCancel {
		f.NotBefore = t.now.Add(shopCancelWait)
	}
	_, err := t.PutEffect(f)
	return err
}

// leaveToPerson leaves to a person an effect that the present configuration forbids.
func (l *shopLane) leaveToPerson(ctx context.Context, f state.Effect) error {
	return l.end(ctx, f, func(t *txn) error {
		r, cases, err := t.request(f)
		if missing(err) || err == nil && r.Status != state.RequestCancelling && r.Status != state.RequestDeclining {
			return nil
		}
		if err != nil {
			return err
		}
		why := "mode observe, so nothing was done in the shop: "
		if !l.shop.First.Enabled {
			why = "supplier_first is switched off, so nothing was done in the shop: "
		}
		r.ByHand = true
		return t.moveRequest(r, state.RequestOpen, why+r.Why, cases)
	})
}

// end deletes an effect and stores what came of it. The caller's context may
// have ended: what happened is stored all the same.
func (l *shopLane) end(ctx context.Context, f state.Effect, fn func(*txn) error) error {
	return l.e.update(context.WithoutCancel(ctx), func(t *txn) error {
		if err := t.DeleteEffect(f.ID); err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		if err := t.resolve(effectAlert(f), "It was done in the meantime."); err != nil {
			return err
		}
		if fn == nil {
			return nil
		}
		return fn(t)
	})
}

// effectAlert is the key of the alert that something could not be done.
func effectAlert(f state.Effect) string { return f.ID + "/" + stampKey(f.PlannedAt) }

// request reads the request behind an effect with its cases.
func (t *txn) request(f state.Effect) (r state.Request, cases []state.Case, err error) {
	if r, err = t.Request(f.Shop, f.OrderID); err != nil {
		return r, nil, err
	}
	cases, err = t.CasesByShopOrder(f.Shop, f.OrderID)
	return r, cases, err
}

// cancel cancels the shop's order after all suppliers have accepted. The order
// is read right before, so that a request withdrawn meanwhile is not carried
// out.
func (l *shopLane) cancel(ctx context.Context, f state.Effect) error {
	o, err := l.shop.Edge.Order(ctx, f.OrderID)
	if err != nil {
		return l.putOff(ctx, f, err, "the order cannot be read")
	}
	var r state.Request
	send := false
	err = l.e.update(ctx, func(t *txn) error {
		send = false
		if err := t.reconcile(o, l.shop, nil); err != nil {
			return err
		}
		if err := t.joinAnswers(f.Shop, f.OrderID); err != nil {
			return err
		}
		var cases []state.Case
		if r, cases, err = t.request(f); err != nil {
			return err
		}
		now, err := t.Effect(f.ID)
		if missing(err) || err == nil && r.Status != state.RequestCancelling {
			return t.DeleteEffect(f.ID)
		}
		if err != nil {
			return err
		}
		if ended, why := orders.RequestEnded(r, o, l.shop.First.Tag); ended == state.RequestWithdrawn && !r.CancelAnyway {
			r.ByHand = true
			if err := t.DeleteEffect(f.ID); err != nil {
				return err
			}
			return t.moveRequest(r, state.RequestOpen, why+" after the cancel was sent to the shop, where the order still stands: look at it there", cases)
		}
		if r.Sent.IsZero() {
			r.Sent = t.now
			if r.Rev, err = t.PutRequest(r); err != nil {
				return err
			}
		}
		now.State, now.StartedAt, now.Tries = state.EffectDispatched, t.now, now.Tries+1
		f = now
		f.Rev, err = t.PutEffect(now)
		send = true
		return err
	})
	if err != nil || !send {
		return err
	}
	l.e.crash("shop cancel stored")
	res, err := l.shop.Writer.Cancel(ctx, l.cancelOrder(r))
	l.e.crash("shop cancel sent")
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx) // found at the next start
	case err != nil && !shop.MaySent(err):
		return l.notSent(ctx, f, err)
	case err != nil:
		return l.putOff(ctx, f, err, "the shop's order could not be cancelled")
	case res.Outcome == shop.CancelDone:
		return l.cancelDone(ctx, f, res)
	case res.Outcome == shop.CancelRefused:
		return l.end(ctx, f, func(t *txn) error {
			r, cases, err := t.request(f)
			if err != nil {
				return err
			}
			r.ByHand, r.ShopRefused, r.Sent = true, true, time.Time{}
			return t.moveRequest(r, state.RequestOpen, fmt.Sprintf("all suppliers accepted, but the shop refuses to cancel the order: %s; cancel it in Shopify, or try again with cases retry", shop.Problems(res.Problems)), cases)
		})
	}
	return l.putOff(ctx, f, errors.Join(res.Err, errors.New("it is not known whether the shop carried the cancel out")), "the shop's order could not be cancelled")
}

// notSent puts a cancel off that did not leave.
func (l *shopLane) notSent(ctx context.Context, f state.Effect, cause error) error {
	err := l.e.update(context.WithoutCancel(ctx), func(t *txn) error {
		r, err := t.Request(f.Shop, f.OrderID)
		if err != nil {
			return err
		}
		r.Sent = time.Time{}
		_, err = t.PutRequest(r)
		return err
	})
	return errors.Join(err, l.putOff(ctx, f, cause, "the shop's order could not be cancelled"))
}

func (l *shopLane) cancelOrder(r state.Request) shop.CancelOrder {
	first := l.shop.First
	return shop.CancelOrder{
		ID: r.ShopOrderID, Reason: cmp.Or(r.Reason, "customer"), Refund: first.Refund, Restock: first.Restock, NotifyCustomer: first.NotifyCustomer,
		StaffNote: "Cancelled by countermand after every supplier accepted the cancel.",
	}
}

// cancelDone stores that the order was seen to be cancelled. A look at it
// brings the cases up to date.
func (l *shopLane) cancelDone(ctx context.Context, f state.Effect, res shop.Cancelled) error {
	return l.end(ctx, f, func(t *txn) error {
		r, cases, err := t.request(f)
		if err != nil {
			return err
		}
		if !r.Status.Ended() {
			why := fmt.Sprintf("the shop's order was cancelled %s (payment: %s)", machine.Stamp(res.At), cmp.Or(res.Financial, "not told"))
			if err := t.moveRequest(r, state.RequestDone, why, cases); err != nil {
				return err
			}
		}
		if len(r.EditIDs) > 0 {
			if err := t.planAtShop(r, state.EffectResolveRequest, t.now); err != nil {
				return err
			}
		}
		return t.knockAgain(state.Case{Shop: r.Shop, ShopOrder: r.ShopOrder, ShopOrderID: r.ShopOrderID})
	})
}

// answer resolves or declines the customer's request.
func (l *shopLane) answer(ctx context.Context, f state.Effect) error {
	r, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) (state.Request, error) { return tx.Request(f.Shop, f.OrderID) })
	if missing(err) || err == nil && (len(r.EditIDs) == 0 || f.Kind == state.EffectDeclineRequest && r.Status != state.RequestDeclining) {
		return l.end(ctx, f, nil)
	}
	if err != nil {
		return fmt.Errorf("open the request about %s: %w", f.OrderID, err)
	}
	for _, id := range r.EditIDs {
		if f.Kind == state.EffectResolveRequest {
			err = l.shop.Writer.ResolveEdit(ctx, id)
		} else {
			err = l.shop.Writer.DeclineEdit(ctx, id, l.shop.First.DeclineNote)
		}
		if shop.KindOf(err) == shop.NotFound {
			err = nil // taken back by the customer: there is nothing to answer
		}
		if err != nil {
			break
		}
	}
	l.e.crash("customer answered")
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return l.putOff(ctx, f, err, "the customer's request could not be answered")
	}
	return l.end(ctx, f, func(t *txn) error {
		r, cases, err := t.request(f)
		if err != nil {
			return err
		}
		if f.Kind == state.EffectDeclineRequest {
			if r.Status != state.RequestDeclining {
				return nil
			}
			return t.moveRequest(r, state.RequestDeclined, "the customer's request was declined", cases)
		}
		for _, c := range cases {
			if _, err := t.step(c, state.Event{Kind: state.EventShop, By: state.ByEngine, Note: "the customer's request was marked as done"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// putOff tries again later, and calls a person where that does not help.
func (l *shopLane) putOff(ctx context.Context, f state.Effect, cause error, what string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.e.o.Log.Warn().Err(cause).Str("shop", l.name).Str("order", f.OrderID).Str("effect", string(f.Kind)).Msg("shop not written to, tried again")
	return l.e.update(ctx, func(t *txn) error {
		now, err := t.Effect(f.ID)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if now.State == state.EffectPlanned {
			now.Tries++
		}
		now.State = state.EffectPlanned
		now.NotBefore = t.now.Add(max(machine.Backoff(now.Tries), retryAfter(cause), shopCancelWait))
		if now.Kind == state.EffectWriteBack && now.Tries >= writeBackTries {
			return t.DeleteEffect(now.ID)
		}
		if now.Kind != state.EffectWriteBack && now.Tries == shopAlarm {
			err := t.raise(state.Alert{
				Key: effectAlert(now), Kind: machine.AlertShop, Page: true,
				Title: fmt.Sprintf("%s: %s", l.name, what), Text: fmt.Sprintf("Order %s: %s. It is tried again by itself; look at the order in Shopify.", f.OrderID, cause),
			})
			if err != nil {
				return err
			}
		}
		_, err = t.PutEffect(now)
		return err
	})
}

// planAtShop plans work about a shop order, or hastens what waits.
func (t *txn) planAtShop(r state.Request, kind state.EffectKind, at time.Time) error {
	id := state.ShopEffectID(r.Shop, r.ShopOrderID, kind)
	f, err := t.Effect(id)
	switch {
	case missing(err):
		f = state.Effect{ID: id, Kind: kind, State: state.EffectPlanned, Lane: state.ShopLane(r.Shop), Shop: r.Shop, OrderID: r.ShopOrderID, PlannedAt: t.now, NotBefore: at}
	case err != nil:
		return err
	case f.State != state.EffectPlanned:
		return nil
	case at.Before(f.NotBefore):
		f.NotBefore = at
	} // saved in any case: whoever works an older revision knows that there is news
	t.effectsPlanned = true
	_, err = t.PutEffect(f)
	return err
}
