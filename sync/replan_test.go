package sync_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/rules"
)

// doubtfulWorld has a requested case, and a clock that a test brings into doubt.
func doubtfulWorld(t *testing.T) (*world, *atomic.Bool) {
	t.Helper()
	w, doubt := newWorld(t), &atomic.Bool{}
	o := w.options()
	o.Waits = func() []state.Wait {
		if doubt.Load() {
			return []state.Wait{{Code: state.WaitClock}}
		}
		return nil
	}
	w.start(o)
	w.site.add(numberA)
	w.cancelled(1, numberA)
	w.status(state.Requested)
	return w, doubt
}

// TestDoubtfulClockJudgesNothing: no deadline and no reading; once it is right,
// both go on.
func TestDoubtfulClockJudgesNothing(t *testing.T) {
	t.Parallel()
	w, doubt := doubtfulWorld(t)
	w.site.set(func() { w.site.orders[numberA].close() })
	steps := len(w.journal(w.one().ID))
	doubt.Store(true)
	w.clock.add(365 * day) // every deadline has passed, were it true
	beat := w.e.LastBeat()
	w.until("the engine has looked", func() bool { return w.e.LastBeat().After(beat) })
	if c := w.one(); c.Status != state.Requested || len(w.journal(c.ID)) != steps {
		t.Errorf("%s, journal %+v", c.Status, w.journal(c.ID))
	}
	w.clock.add(-364 * day)
	doubt.Store(false)
	w.quiet()
	w.status(state.Cancelled)
}

// TestReadingsInDoubtAreStored: one that was planned, or under way, when the doubt
// began decides nothing, unless the page says itself when it was.
func TestReadingsInDoubtAreStored(t *testing.T) {
	t.Parallel()
	for name, dated := range map[string]bool{"our date": false, "the site's date": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, doubt := doubtfulWorld(t)
			w.quiet()
			right := w.clock.Now()
			w.site.set(func() {
				w.site.orders[numberA].close()
				if dated {
					w.site.orders[numberA].ClosedAt = right.Add(time.Minute)
				}
			})
			doubt.Store(true)
			w.clock.add(365 * day)
			id := w.one().ID
			_, err := w.e.Decide(context.Background(), id, state.Event{Kind: state.EventRetry, By: state.ByCLI, Who: "ann"})
			must(t, err)
			steps := len(w.journal(id))
			w.until("the page was read", func() bool { return len(w.journal(id)) > steps })
			c := w.one()
			if want := map[bool]state.Status{true: state.Cancelled, false: state.Requested}[dated]; c.Status != want || dated && !c.ClosedAt.Equal(right.Add(time.Minute)) {
				t.Errorf("%s, closed %s, journal %+v", c.Status, c.ClosedAt, w.journal(id))
			}
			w.clock.add(-364 * day)
			doubt.Store(false)
			must(t, w.e.Replan(context.Background()))
			w.quiet()
			w.status(state.Cancelled)
		})
	}
}

// TestReplanBringsBackAllThatWaits: cases and their readings, knocks, rests of accounts and reminders as
// well; a reminder of today stays.
func TestReplanBringsBackAllThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.boot()
	w.site.add(numberA)
	w.cancelled(1, numberA)
	w.pass(time.Hour)
	now := w.clock.Now()
	far := now.AddDate(1, 0, 0)
	c := w.one()
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		if _, err := tx.AddKnock(state.Knock{Shop: "elsewhere", OrderID: "1", NotBefore: far}); err != nil {
			return err
		}
		c.DueAt = far
		_, err := tx.PutCase(c)
		must(t, err)
		read := state.EffectID(c.ID, state.EffectRead)
		_, err = tx.PutEffect(state.Effect{ID: read, CaseID: c.ID, Kind: state.EffectRead, State: state.EffectPlanned, Lane: lane, Depth: state.DepthDetail, NotBefore: far})
		must(t, err)
		if _, err := tx.PutAccount(state.Account{Name: "other", Until: far}); err != nil {
			return err
		}
		for id, at := range map[string]time.Time{"far": far, "near": now.Add(time.Hour)} {
			if _, err := tx.RaiseAlert(state.Alert{ID: id, Key: id, RaisedAt: now, NextAt: at}); err != nil {
				return err
			}
		}
		return nil
	}))
	w.site.set(func() { w.site.orders[numberA].close() })
	must(t, e.Replan(context.Background()))
	w.view(func(tx state.ReadTx) error {
		a, err := tx.Account("other")
		must(t, err)
		alert, err := tx.Alert("far")
		must(t, err)
		near, err := tx.Alert("near")
		must(t, err)
		knocks, err := tx.Knocks(now, 10)
		must(t, err)
		if a.Until.After(now) || alert.NextAt.After(now) || !near.NextAt.Equal(now.Add(time.Hour)) {
			t.Errorf("account %s, alerts %s and %s", a.Until, alert.NextAt, near.NextAt)
		}
		for _, k := range knocks {
			if k.NotBefore.After(now) {
				t.Errorf("knock %s", k.NotBefore)
			}
		}
		return nil
	})
	w.until("the order is read", func() bool { return w.one().Status == state.Cancelled })
	if c := w.one(); c.DueAt.After(now.Add(60 * day)) {
		t.Errorf("the case is due at %s", c.DueAt)
	}
}

// TestReplanLeavesNoReadingInTheFuture: the next reading of a case and the rest
// of an account whose pages were not understood are brought back as well.
func TestReplanLeavesNoReadingInTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.boot()
	w.site.add(numberA)
	w.cancelled(1, numberA)
	w.status(state.Requested)
	far := w.clock.Now().AddDate(1, 0, 0)
	c := w.one()
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		c.NextCheckAt, c.DueAt = far, far // as a clock that is a year ahead plans it
		_, err := tx.PutCase(c)
		must(t, err)
		_, err = tx.PutAccount(state.Account{Name: "other", OddMany: true, AskFrom: far})
		return err
	}))
	w.site.set(w.site.orders[numberA].close)
	must(t, e.Replan(context.Background()))
	for range 3 {
		w.pass(time.Hour)
	}
	if got := w.one(); got.Status != state.Cancelled {
		t.Errorf("%s, read next %s, due %s", got.Status, got.NextCheckAt, got.DueAt)
	}
	w.view(func(tx state.ReadTx) error {
		a, err := tx.Account("other")
		if a.AskFrom.After(w.clock.Now()) {
			t.Errorf("nothing is asked there until %s", a.AskFrom)
		}
		return err
	})
}

// TestDoubtfulClockEndsNoCaseByARule: how old an order is is not known then, so a
// rule that leaves old ones alone is a person's to follow.
func TestDoubtfulClockEndsNoCaseByARule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	set, err := rules.Parse([]rules.Rule{{When: `order.age > duration("720h")`, Then: "ignore"}})
	must(t, err)
	o.Policy.Rules = set
	o.Waits = func() []state.Wait { return []state.Wait{{Code: state.WaitClock}} }
	w.start(o)
	w.site.add(numberA)
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.clock.add(365 * day)
	w.knock(id)
	w.until("the case is opened", func() bool { return len(w.cases()) == 1 })
	w.status(state.Held)
}
