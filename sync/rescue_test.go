package sync_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
	"countermand/state/statetest"
	"countermand/supplier"
)

// An attempt whose record is damaged is ended as any that was interrupted, and
// nothing is clicked twice.
func TestDamagedAttempt(t *testing.T) {
	t.Parallel()
	for name, st := range map[string]state.EffectState{"before the click": state.EffectStarted, "after it": state.EffectDispatched} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			first := w.boot()
			w.cancelled(1042, numberA)
			w.stop(first)
			w.cutShort(st)
			w.hurt(first)
			w.boot()
			w.until("the attempt is ended", func() bool { w.clock.add(time.Minute); return w.one().Status == state.Requested })
			w.requestedOnce(numberA)
			w.quarantined("effects")
		})
	}
}

// cutShort puts the case back to where a kill leaves it.
func (w *world) cutShort(st state.EffectState) {
	w.t.Helper()
	c := w.one()
	c.Status, c.RequestedAt, c.PendingSeen, c.NextCheckAt = state.Requesting, time.Time{}, false, time.Time{}
	c.Attempt.StartedAt, c.Attempt.DispatchedAt, c.Attempt.ClickedAt = w.clock.Now(), time.Time{}, time.Time{}
	if st == state.EffectDispatched {
		c.Attempt.DispatchedAt, c.Attempt.ClickedAt = w.clock.Now(), w.clock.Now()
	}
	must(w.t, w.store.Update(context.Background(), func(tx state.Tx) error {
		if _, err := tx.PutCase(c); err != nil {
			return err
		}
		id := state.EffectID(c.ID, state.EffectRequest)
		_, err := tx.PutEffect(state.Effect{ID: id, CaseID: c.ID, Kind: state.EffectRequest, State: st, Lane: lane, Why: marker, NotBefore: w.clock.Now(), StartedAt: w.clock.Now()})
		return err
	}))
}

// A planned request that cannot be read any more is planned anew, unless the
// case is paused.
func TestDamagedPlannedRequest(t *testing.T) {
	t.Parallel()
	for _, paused := range []bool{false, true} {
		t.Run(fmt.Sprint("paused ", paused), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			first := w.boot()
			w.waits(numberA)
			id := w.one().ID
			must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
				f, err := tx.Effect(state.EffectID(id, state.EffectRequest))
				if err != nil {
					return err
				}
				f.Why = marker
				_, err = tx.PutEffect(f)
				return err
			}))
			if paused {
				c := w.one()
				c.Paused = true // as if before it was planned
				must(t, w.store.Update(context.Background(), func(tx state.Tx) error { _, err := tx.PutCase(c); return err }))
			}
			w.hurt(first)
			w.site.set(func() { w.site.down = nil })
			e := w.boot()
			if paused {
				w.pass(time.Hour)
				w.status(state.Queued)
				_, err := e.Decide(context.Background(), id, state.Event{Kind: state.EventResume, By: state.ByCLI, Who: "ann"})
				must(t, err)
			}
			w.until("it is asked", func() bool { w.clock.add(time.Minute); return w.one().Status == state.Requested })
			w.requestedOnce(numberA)
			w.quarantined("effects")
		})
	}
}

// waits opens a case that cannot be asked yet.
func (w *world) waits(number string) {
	w.t.Helper()
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	w.knock(w.edge.cancelled(1042, w.clock.Now(), number))
	w.until("it waits", func() bool { return len(w.cases()) == 1 && w.account().State == state.AccountLoggedOut })
}

// wornStore cannot read one effect until it is stored anew.
type wornStore struct {
	*statetest.Store
	bad atomic.Pointer[string]
}

type (
	wornRead struct {
		state.ReadTx
		bad *atomic.Pointer[string]
	}
	wornTx struct {
		state.Tx
		bad *atomic.Pointer[string]
	}
)

func (s *wornStore) View(ctx context.Context, fn func(state.ReadTx) error) error {
	return s.Store.View(ctx, func(tx state.ReadTx) error { return fn(wornRead{tx, &s.bad}) })
}

func (s *wornStore) Update(ctx context.Context, fn func(state.Tx) error) error {
	return s.Store.Update(ctx, func(tx state.Tx) error { return fn(wornTx{tx, &s.bad}) })
}

func worn(bad *atomic.Pointer[string], id string) error {
	if p := bad.Load(); p != nil && *p == id {
		return fmt.Errorf("read effect %s: %w", id, state.ErrCorrupt)
	}
	return nil
}

func (t wornRead) Effect(id string) (state.Effect, error) {
	if err := worn(t.bad, id); err != nil {
		return state.Effect{}, err
	}
	return t.ReadTx.Effect(id)
}

func (t wornTx) Effect(id string) (state.Effect, error) {
	if err := worn(t.bad, id); err != nil {
		return state.Effect{}, err
	}
	return t.Tx.Effect(id)
}

func (t wornTx) PutEffect(f state.Effect) (uint64, error) {
	if worn(t.bad, f.ID) == nil {
		return t.Tx.PutEffect(f)
	}
	if err := t.DeleteEffect(f.ID); err != nil {
		return 0, err
	}
	rev, err := t.Tx.PutEffect(f)
	if err == nil {
		t.bad.Store(nil)
	}
	return rev, err
}

// A request whose record goes bad while the daemon runs is planned anew.
func TestRequestDamagedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	site := w.site.add(numberA)
	site.CancelOffered = false
	store := &wornStore{Store: w.store}
	o := w.options()
	o.Store = store
	w.start(o)
	w.cancelled(1042, numberA)
	w.status(state.Queued)
	bad := state.EffectID(w.one().ID, state.EffectRequest)
	store.bad.Store(&bad)
	w.site.set(func() { site.CancelOffered = true })
	w.until("it is asked", func() bool { w.clock.add(time.Minute); return w.one().Status == state.Requested })
	w.requestedOnce(numberA)
}
