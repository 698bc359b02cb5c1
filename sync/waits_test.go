package sync_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	casesync "countermand/sync"
)

// waiting is a world in which new requests may be made to wait.
func waiting(t *testing.T) (w *world, waits *atomic.Bool, o casesync.Options) {
	t.Helper()
	w, waits = newWorld(t), &atomic.Bool{}
	o = w.options()
	o.Waits = func() []state.Wait {
		if !waits.Load() {
			return nil
		}
		return []state.Wait{{Code: state.WaitPlace, Text: "wait"}}
	}
	return w, waits, o
}

// TestNewRequestsWaitAndReadingsGoOn: nothing is asked and nothing is held for
// it; what was asked before is followed, and what waited is asked afterwards.
func TestNewRequestsWaitAndReadingsGoOn(t *testing.T) {
	t.Parallel()
	w, waits, o := waiting(t)
	w.start(o)
	w.site.add(numberA)
	w.site.add(numberB)
	w.cancelled(1, numberA)
	w.status(state.Requested)
	waits.Store(true)
	w.knock(w.edge.cancelled(2, w.clock.Now(), numberB))
	w.until("the second case is there", func() bool { return len(w.cases()) == 2 })
	w.site.set(func() { w.site.orders[numberA].close() })
	w.clock.add(day)
	w.until("the first order was read", func() bool { return w.cases()[0].Status == state.Cancelled })
	if c := w.cases()[1]; c.Status != state.Queued || len(c.Findings) > 0 || w.site.clicks(numberB) != 0 {
		t.Errorf("while requests wait the case is %s, %d clicks, findings %v", c.Status, w.site.clicks(numberB), c.Findings)
	}
	if got := w.e.Waits(); len(got) != 1 || got[0].Code != state.WaitPlace {
		t.Errorf("the engine waits for %v", got)
	}
	waits.Store(false)
	w.until("it is asked", func() bool { return w.cases()[1].Status == state.Requested })
	if n := w.site.clicks(numberB); n != 1 {
		t.Errorf("%d clicks", n)
	}
}

// TestRequestUnderWayStopsBeforeItsMark: whatever comes up while the page is
// opened stops the click.
func TestRequestUnderWayStopsBeforeItsMark(t *testing.T) {
	t.Parallel()
	w, waits, o := waiting(t)
	w.start(o)
	w.site.add(numberA)
	w.site.set(func() {
		w.site.at = func(_ context.Context, m moment) error {
			if m == beforeMark {
				waits.Store(true)
			}
			return nil
		}
	})
	w.knock(w.edge.cancelled(1, w.clock.Now(), numberA))
	w.until("the attempt ended", func() bool {
		all := w.cases()
		return waits.Load() && len(all) == 1 && all[0].Status == state.Queued
	})
	if c := w.one(); w.site.clicks(numberA) != 0 || !c.Attempt.ClickedAt.IsZero() {
		t.Errorf("%d clicks, mark %s", w.site.clicks(numberA), c.Attempt.ClickedAt)
	}
	w.site.set(func() { w.site.at = nil })
	waits.Store(false)
	w.pass(day)
	w.requestedOnce(numberA)
}

// TestEachRequestIsNotedBeforeItBegins, and one that cannot be noted does not
// begin.
func TestEachRequestIsNotedBeforeItBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	var fails, late atomic.Bool
	o.BeforeAsk = func(ctx context.Context) error {
		all, err := state.Get(ctx, w.store, func(tx state.ReadTx) ([]state.Case, error) {
			cases, _, err := tx.Cases(state.Page{})
			return cases, err
		})
		if err != nil || len(all) != 1 || all[0].Status == state.Requesting {
			late.Store(true)
		}
		if fails.Load() {
			return errors.New("the disk is full")
		}
		return nil
	}
	fails.Store(true)
	w.start(o)
	w.site.add(numberA)
	w.knock(w.edge.cancelled(1, w.clock.Now(), numberA))
	w.until("work on it is put off", func() bool {
		all := w.cases()
		if len(all) == 0 {
			return false
		}
		f, err := state.Get(context.Background(), w.store, func(tx state.ReadTx) (state.Effect, error) {
			return tx.Effect(state.EffectID(all[0].ID, state.EffectRequest))
		})
		return err == nil && f.Tries > 1
	})
	if c := w.one(); c.Status != state.Queued || w.site.clicks(numberA) != 0 {
		t.Errorf("%s, %d clicks", c.Status, w.site.clicks(numberA))
	}
	fails.Store(false)
	w.pass(day)
	w.requestedOnce(numberA)
	if late.Load() {
		t.Error("noted after the beginning")
	}
}

// hearing is a shop whose answers are heard, with the time that they carry.
type hearing struct {
	*edge
	heard func()
}

func (h hearing) Order(ctx context.Context, id string) (shop.Order, error) {
	h.heard()
	return h.edge.Order(ctx, id)
}

// TestAClockThatIsAheadAsksNobody: the shop order is read before a request is
// planned, and the shop's answer says what time it is.
func TestAClockThatIsAheadAsksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	var ahead, doubt atomic.Bool
	o.Waits = func() []state.Wait {
		if doubt.Load() {
			return []state.Wait{{Code: state.WaitClock}}
		}
		return nil
	}
	s := o.Shops["mystore"]
	s.Edge = hearing{w.edge, func() { doubt.Store(ahead.Load()) }}
	o.Shops["mystore"] = s
	w.start(o)
	w.site.add(numberA)
	right := w.clock.Now()
	ahead.Store(true)
	w.clock.add(day)
	w.knock(w.edge.cancelled(1042, right, numberA))
	w.until("the case is opened", func() bool { return len(w.cases()) == 1 })
	w.beats()
	if c := w.one(); c.Status != state.Queued || !c.Attempt.FirstAt.IsZero() || w.site.clicks(numberA) != 0 {
		t.Fatalf("%s, first tried %s, %d clicks", c.Status, c.Attempt.FirstAt, w.site.clicks(numberA))
	}
	w.clock.add(-day + time.Minute)
	ahead.Store(false)
	doubt.Store(false)
	must(t, w.e.Replan(context.Background()))
	w.quiet()
	w.requestedOnce(numberA)
	if c := w.one(); c.RequestedAt.After(w.clock.Now()) || c.Attempt.FirstAt.After(w.clock.Now()) {
		t.Errorf("asked %s, first tried %s, and it is %s", c.RequestedAt, c.Attempt.FirstAt, w.clock.Now())
	}
}
