package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// lane works one account, one thing at a time.
type lane struct {
	e       *Engine
	name    string
	account Account
	client  supplier.Client
	wake    chan struct{}
	fence   uint64
	// turn is held by whoever works the account.
	turn chan struct{}
	// lent is until when, in real time, a person has the account.
	lent time.Time
	// lastWork is when the browser was last needed, zero while it is closed.
	lastWork time.Time
	// failures counts passes in a row that failed because of the browser or the
	// site.
	failures int
	// asked counts requests and messages in a row: readings have their turn.
	asked int
	// clean: nothing was found interrupted or damaged, and what began since has ended.
	clean bool
	// unstored are the ends of attempts that could not be stored yet, by effect.
	unstored map[string]attemptEnd
}

const (
	laneBatch    = 100
	failureAlarm = 3
)

var errFenced = errors.New("another daemon has taken the account over")

// drain works until nothing is due.
func (l *lane) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		if more, err := l.pass(ctx); err != nil || !more {
			return err
		}
	}
	return nil
}

// pass does one thing. more tells that another one may be due.
func (l *lane) pass(ctx context.Context) (more bool, err error) {
	if err := l.acquire(ctx); err != nil {
		return false, err
	}
	defer l.release()
	ready, err := l.ready(ctx)
	if err != nil {
		return false, err
	}
	if !ready || !l.room(1) {
		return false, l.idle(ctx)
	}
	if err := l.recover(ctx); err != nil {
		return false, err
	}
	work, pages, err := l.next(ctx)
	if err != nil {
		return false, err
	}
	if len(work) == 0 {
		return false, l.idle(ctx)
	}
	worked, err := l.work(ctx, work, pages)
	switch {
	case err != nil:
		return false, l.failed(ctx, err) // the next heartbeat goes on
	case !worked:
		return false, l.idle(ctx)
	}
	return true, l.succeeded(ctx)
}

// work does the first of what was picked, or readings. worked is false where
// the hour's budget has no room for it: nothing smaller is done instead, or
// small things would leave large ones waiting for ever.
func (l *lane) work(ctx context.Context, work []job, pages int) (worked bool, err error) {
	first, cost, do := work[0].Effect, requestCost, l.request
	switch {
	case first.Kind == state.EffectRead:
		return l.readings(ctx, work, pages)
	case machine.IsMessage(first.Kind):
		cost, do = messageCost, l.message
	}
	if machine.IsMessage(first.Kind) && !l.room(messageCost+requestCost) || !l.startWork(cost) {
		return false, nil // a message leaves room for a request
	}
	l.asked++
	clean := l.clean // else something was set aside, and is still to be ended
	l.clean = false
	err = do(ctx, first)
	l.clean = clean && err == nil
	return true, l.postponeEffect(ctx, first, err)
}

// acquire waits for the lane's turn: one thing at a time, whoever wants it.
func (l *lane) acquire(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for account %s: %w", l.name, context.Cause(ctx))
	}
}

func (l *lane) release() { <-l.turn }

// idle closes a browser that has had nothing to do for a while. It keeps its
// session and starts again when needed.
func (l *lane) idle(ctx context.Context) error {
	if l.account.IdleStop <= 0 || l.lastWork.IsZero() || l.e.o.Now().Sub(l.lastWork) < l.account.IdleStop {
		return nil
	}
	l.lastWork = time.Time{}
	if err := l.client.Close(ctx); err != nil {
		return fmt.Errorf("close the idle browser of account %s: %w", l.name, err)
	}
	return nil
}

// recover ends attempts without a stored end: those of an earlier process, those
// whose outcome could not be stored, and those whose record was damaged. The lane
// does one thing at a time, so none of them is under way.
func (l *lane) recover(ctx context.Context) error {
	if l.clean {
		return nil
	}
	var begun []state.Effect
	err := l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		begun = nil
		for f, err := range state.AllOf(tx.LaneEffects, l.name) {
			if err != nil {
				return err
			}
			if f.State != state.EffectPlanned {
				begun = append(begun, f)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("find interrupted work of account %s: %w", l.name, err)
	}
	left := false
	for _, f := range begun {
		if f.NotBefore.After(l.e.o.Now()) { // set aside
			left = true
			continue
		}
		if err := l.interrupted(ctx, f); err != nil {
			left = true
			if err := l.postponeEffect(ctx, f, err); err != nil {
				return err
			}
		}
	}
	rest, err := l.replanMissing(ctx)
	l.clean = err == nil && !left && !rest
	return err
}

// interrupted ends one attempt. A message that may have been sent stays as it
// is: see message.
func (l *lane) interrupted(ctx context.Context, f state.Effect) error {
	switch {
	case maybeSent(f):
		return nil
	case machine.IsMessage(f.Kind):
		return l.replan(ctx, f)
	}
	if known, err := l.endUnstored(ctx, f); known {
		return err
	}
	return l.end(ctx, f, state.Event{Kind: state.EventInterrupted, By: state.ByEngine})
}

// replan makes a message that was interrupted due again.
func (l *lane) replan(ctx context.Context, f state.Effect) error {
	return l.update(ctx, func(t *txn) error {
		return t.onEffect(f.ID, func(now *state.Effect) error {
			now.State, now.NotBefore = state.EffectPlanned, t.now
			return nil
		})
	})
}

// end deletes an effect and puts what came of it through the table, in one
// transaction that outlives a shutdown.
func (l *lane) end(ctx context.Context, f state.Effect, ev state.Event) error {
	return l.update(context.WithoutCancel(ctx), func(t *txn) error {
		_, err := l.endIn(t, f, func(state.Case) state.Event { return ev })
		return err
	})
}

// endIn does so in a transaction under way. event is what came of the effect, for
// the case as it is stored.
func (l *lane) endIn(t *txn, f state.Effect, event func(state.Case) state.Event) (state.Case, error) {
	if err := t.endEffect(f); err != nil {
		return state.Case{}, err
	}
	c, err := t.Case(f.CaseID)
	if missing(err) {
		l.e.o.Log.Error().Err(err).Str("case", f.CaseID).Msg("an attempt ended for a case that cannot be read")
		return state.Case{}, nil
	}
	if err != nil {
		return c, err
	}
	return t.step(c, event(c))
}

// update is a transaction under the lane's fence.
func (l *lane) update(ctx context.Context, fn func(*txn) error) error {
	return l.updateAccount(ctx, func(t *txn, _ state.Account) error { return fn(t) })
}

// updateAccount is the same, with the account as it is stored.
func (l *lane) updateAccount(ctx context.Context, fn func(*txn, state.Account) error) error {
	return l.e.update(ctx, func(t *txn) error {
		a, err := t.Account(l.name)
		if err != nil {
			return err
		}
		if a.Fence != l.fence {
			return errFenced
		}
		return fn(t, a)
	})
}

// request places one cancel request: intent, mark, call, answer, reading, outcome.
func (l *lane) request(ctx context.Context, f state.Effect) error {
	if wait, err := l.recheckShopOrder(ctx, f); wait || err != nil {
		return err
	}
	if err := l.beforeAsk(ctx); err != nil {
		return err
	}
	c, begun, err := l.begin(ctx, f)
	if err != nil || !begun {
		return err
	}
	began := time.Now()
	var wrong *machine.WrongOrderError
	var window time.Time
	asked, err := l.client.Cancel(ctx, supplier.CancelRequest{
		Number: c.SupplierOrder, CaseID: c.ID, Observe: l.e.o.Policy.Mode == machine.Observe, ApprovedRefusals: refusalsSeen(c),
		Guard: func(r state.Reading) error {
			err := machine.RightOrder(c, r)
			if end := machine.ShipWindowEnd(r); err == nil && !end.IsZero() {
				window = end
			}
			errors.As(err, &wrong)
			return err
		},
		Dispatch: func(ctx context.Context) error {
			defer l.e.crash("dispatch stored")
			return l.dispatch(ctx, f, age(began, time.Now()))
		},
		Reached: func(p supplier.Stage) { l.e.crash(string(p)) },
	})
	l.e.crash("attempt ended")
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx) // found at the next start; a shutdown is no failure
		}
		asked = failedAttempt(err)
	}
	if asked.Outcome == state.AskWrongOrder && wrong != nil {
		asked.Findings = wrong.Findings
	}
	asked.WindowEnd = window
	by := state.ByEngine
	if asked.Reading != nil {
		by = state.BySupplier
	}
	if end := l.endAttempt(ctx, f, by, asked); end != nil {
		return end
	}
	l.e.crash("outcome stored")
	switch kind := supplier.Kind(asked.Kind); {
	case supplier.KindOf(err) == supplier.UnknownPage:
		return nil // told by the case and by the account: see understood
	case err == nil && kind.Account():
		return &supplier.Error{Kind: kind, Op: "cancel order " + c.SupplierOrder, Detail: asked.Detail}
	}
	return err
}

// recheckShopOrder reads the shop order once more before a supplier is asked because
// of a request or of removed lines, which the shop can undo unnoticed. wait is
// set where the shop cannot be read now.
func (l *lane) recheckShopOrder(ctx context.Context, f state.Effect) (wait bool, err error) {
	c, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) (state.Case, error) { return tx.Case(f.CaseID) })
	if err != nil {
		return false, err
	}
	s, known := l.e.o.Shops[c.Shop]
	if c.Cause.Rank() >= state.CauseCancelled.Rank() {
		return false, nil
	}
	if !known {
		return false, l.holdUnseen(ctx, f, state.Found(state.ShopGone, c.Shop))
	}
	o, err := s.Edge.Order(ctx, c.ShopOrderID)
	if ctx.Err() != nil {
		return true, context.Cause(ctx)
	}
	if err != nil {
		l.e.o.Log.Warn().Err(err).Str("case", c.ID).Msg("the shop cannot tell whether the order is still to be cancelled: it is not asked yet")
		return true, l.putOff(ctx, nil, f.ID)
	}
	err = l.update(ctx, func(t *txn) error {
		return t.reconcile(o, s, nil)
	})
	if errors.Is(err, state.ErrCorrupt) {
		return false, l.holdUnseen(ctx, f, state.Found(state.RecordDamaged, ""))
	}
	return false, err
}

// refusalsSeen are the sentences about a refusal that a person has approved.
func refusalsSeen(c state.Case) (texts []string) {
	for _, f := range c.Accepted {
		if said := f.Facts["refused"]; said != "" {
			texts = append(texts, said)
		}
	}
	return texts
}

// age is how long ago something was, in real time. The wall clock counts a sleep
// of the machine and may be set; the other one does neither: the longer counts.
func age(then, now time.Time) time.Duration {
	return max(now.Sub(then), now.Round(0).Sub(then.Round(0)))
}

// failedAttempt is what an error before the mark means for the case.
func failedAttempt(err error) state.AttemptResult {
	a := state.AttemptResult{Outcome: state.AskFailed, Kind: string(supplier.KindOf(err)), Detail: err.Error()}
	switch supplier.KindOf(err) {
	case supplier.WrongOrder:
		a.Outcome = state.AskWrongOrder
	case supplier.UnknownPage, supplier.Unsafe:
		a.Outcome = state.AskUnknown
	}
	return a
}

// begin stores the intent. begun is false when the case turned out not to be
// askable any more.
func (l *lane) begin(ctx context.Context, f state.Effect) (c state.Case, begun bool, err error) {
	err = l.update(ctx, func(t *txn) error {
		now, err := t.Effect(f.ID)
		if errors.Is(err, state.ErrNotFound) || l.e.waits() {
			begun = false
			return nil
		}
		if err != nil {
			return err
		}
		if c, err = t.Case(f.CaseID); err != nil {
			return err
		}
		if c, err = t.step(c, state.Event{Kind: state.EventBegin, By: state.ByEngine}); err != nil {
			return err
		}
		if begun = c.Status == state.Requesting; !begun {
			if err := t.DeleteEffect(f.ID); err != nil && !errors.Is(err, state.ErrNotFound) {
				return err
			}
			return nil
		}
		now.State, now.StartedAt, now.Fence, now.Tries = state.EffectStarted, t.now, l.fence, now.Tries+1
		_, err = t.PutEffect(now)
		return err
	})
	if err != nil {
		return c, false, fmt.Errorf("begin to ask for case %s: %w", f.CaseID, err)
	}
	delete(l.unstored, f.ID)
	l.e.crash("begin stored")
	return c, begun, nil
}

// lived dates an event in this life of the daemon.
func (l *lane) lived(ev state.Event) state.Event {
	if l.e.o.Up != nil {
		ev.Life, ev.Up = l.e.life, l.e.o.Up()
	}
	return ev
}

// dispatch stores the mark of an attempt of some age. Only after it is on disk may
// the call leave.
func (l *lane) dispatch(ctx context.Context, f state.Effect, old time.Duration) error {
	mark := l.lived(state.Event{Kind: state.EventDispatching, By: state.ByEngine, Age: old})
	return l.update(ctx, func(t *txn) error {
		if l.e.waits() {
			return errWaits
		}
		now, err := t.Effect(f.ID)
		if err != nil {
			return err
		}
		if now.Fence != l.fence || now.State == state.EffectPlanned {
			return errFenced
		}
		c, err := t.Case(f.CaseID)
		if err != nil {
			return err
		}
		// No fault here: a mark that the table refuses must stop the call.
		if _, err := t.apply(c, mark); err != nil {
			return err
		}
		now.State = state.EffectDispatched
		_, err = t.PutEffect(now)
		return err
	})
}
