package sync_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

var errDied = errors.New("the process died")

// A crash is an engine that stops without an outcome, and another that starts
// on what it left.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at      moment
		doubted bool // a person hears of it and readings decide
	}{
		"before the page was looked at": {at: arriving},
		"before the mark":               {at: beforeMark},
		"after the mark":                {at: afterMark, doubted: true},
		"after the click":               {at: afterClick, doubted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			at, reached := till(tt.at)
			w.site.at = at
			first := w.boot()
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			<-reached
			w.stop(first)
			w.status(state.Requesting)
			want := map[bool]state.EffectState{false: state.EffectStarted, true: state.EffectDispatched}[tt.doubted]
			w.view(func(tx state.ReadTx) error {
				f, err := tx.Effect(state.EffectID(w.one().ID, state.EffectRequest))
				if f.State != want || f.Fence != 1 {
					t.Errorf("on disk is %+v, want it %s", f, want)
				}
				return err
			})
			w.boot()
			w.settleDoubt()
			w.requestedOnce(numberA)
			if got := len(w.alerts(machine.AlertDoubt)) > 0; got != tt.doubted {
				t.Errorf("told of a doubt: %t, want %t", got, tt.doubted)
			}
		})
	}
}

// settleDoubt gives readings the time that they need.
func (w *world) settleDoubt() {
	w.t.Helper()
	for range 8 {
		w.quiet()
		w.clock.add(4 * time.Minute)
	}
	w.quiet()
}

func TestCrashBeforeTheAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	o := w.options()
	var queued atomic.Bool
	o.OnChange = func(casesync.Change) { // the knock was worked: nothing more reaches the disk
		if queued.CompareAndSwap(false, true) {
			w.store.FailAll(errDied)
		}
	}
	first, err := casesync.New(o)
	must(t, err)
	must(t, first.Start(context.Background()))
	_, err = first.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: w.edge.cancelled(1042, w.clock.Now(), numberA)})
	must(t, err)
	w.e = first
	w.until("it is queued", queued.Load)
	w.stop(first)
	w.store.FailAll(nil)
	w.status(state.Queued)
	w.boot()
	w.quiet()
	w.requestedOnce(numberA)
}

// The outcome is known and cannot be stored.
func TestCrashBeforeTheOutcomeIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	clicked := make(chan struct{})
	w.site.at = func(_ context.Context, m moment) error {
		if m == afterClick {
			w.store.FailAll(errDied)
			close(clicked)
		}
		return nil
	}
	first := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	<-clicked
	w.stop(first)
	w.store.FailAll(nil)
	w.status(state.Requesting)
	w.boot()
	w.settleDoubt()
	w.requestedOnce(numberA)
}

// Two requests that both vanish are one too many: a person decides.
func TestARequestThatNeverTakesIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.at = func(_ context.Context, m moment) error {
		if m == afterMark {
			return errDied // a client that breaks its word and tells no outcome
		}
		return nil
	}
	w.boot()
	w.cancelled(1042, numberA)
	w.settleDoubt()
	w.settleDoubt()
	w.status(state.Held)
	if c := w.one(); !c.Attempt.Reasked || c.Attempt.Tries != 2 || w.site.clicks(numberA) != 0 || w.site.count(&w.site.cancels) != 2 {
		t.Errorf("attempt %+v after %d calls", c.Attempt, w.site.count(&w.site.cancels))
	}
}

// Whichever write of a whole cancel fails, and however it fails, there is one
// request and the case goes on.
func TestEveryWriteMayFail(t *testing.T) {
	t.Parallel()
	clean := wholeCancel(t, func(*world, int) {})
	if clean < 6 {
		t.Fatalf("a whole cancel takes %d writes", clean)
	}
	kinds := map[string]func(*world, int){
		"refused":    func(w *world, n int) { w.store.FailUpdate(n, errDied) },
		"not stored": func(w *world, n int) { w.store.FailCommit(n, errDied) },
		"reply lost": func(w *world, n int) { w.store.LoseReply(n, errDied) },
	}
	for kind, fail := range kinds {
		for n := 1; n <= clean+2; n++ {
			t.Run(fmt.Sprintf("%s/%d", kind, n), func(t *testing.T) {
				t.Parallel()
				wholeCancel(t, func(w *world, _ int) { fail(w, n) })
			})
		}
	}
}

// wholeCancel takes a case from the knock to the refund and counts the writes.
func wholeCancel(t *testing.T, spoil func(*world, int)) int {
	t.Helper()
	w := newWorld(t)
	o := w.site.add(numberA)
	w.boot()
	before := w.store.Updates()
	spoil(w, before)
	k := state.Knock{Shop: "mystore", OrderID: w.edge.cancelled(1042, w.clock.Now(), numberA), Source: "webhook", Key: "delivery"}
	if _, err := w.e.Knock(context.Background(), k); err != nil { // the shop sends it again
		_, err = w.e.Knock(context.Background(), k)
		must(t, err)
	}
	w.settleDoubt()
	w.requestedOnce(numberA)
	w.site.set(func() {
		o.close()
		o.Refund = &state.Refund{Amount: usd(20), To: state.RefundCard, ConfirmedBy: "site"}
	})
	w.pass(time.Hour)
	w.status(state.Refunded)
	if n := w.site.clicks(numberA); n != 1 {
		t.Errorf("%d requests", n)
	}
	return w.store.Updates() - before
}

// A write that runs twice, as a backend may have to, does everything once.
func TestWritesThatRunTwice(t *testing.T) {
	t.Parallel()
	wholeCancel(t, func(w *world, _ int) { w.store.RunTwice(true) })
}

// The engine that lost the account must not write, nor click.
func TestFence(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]moment{"before the mark": beforeMark, "after the click": afterClick} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			reached, goOn := make(chan struct{}), make(chan struct{})
			var once atomic.Bool
			w.site.at = func(_ context.Context, m moment) error {
				if m == at && once.CompareAndSwap(false, true) {
					close(reached)
					<-goOn
				}
				return nil
			}
			first := w.boot()
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			<-reached
			w.boot()
			w.settleDoubt()
			w.requestedOnce(numberA)
			before := w.one()
			close(goOn)
			w.stop(first)
			w.requestedOnce(numberA)
			if after := w.one(); after.Rev != before.Rev {
				t.Errorf("the outcome of the first engine was believed: %+v", w.journal(after.ID))
			}
			if a := w.account(); a.Fence != 2 {
				t.Errorf("account %+v", a)
			}
		})
	}
}

// An attempt whose click was made is brought to its end although we stop.
func TestStopDuringAnAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	clicked, goOn := make(chan struct{}), make(chan struct{})
	w.site.at = func(_ context.Context, m moment) error {
		if m == afterClick {
			close(clicked)
			<-goOn
		}
		return nil
	}
	first := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	<-clicked
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := first.Stop(over); !errors.Is(err, context.Canceled) {
		t.Errorf("stops with %v while an attempt is on its way", err)
	}
	close(goOn)
	w.stop(first)
	w.requestedOnce(numberA)
}

// Before its click an attempt is given up, and done again at the next start.
func TestStopBeforeTheClick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	reached := make(chan struct{})
	var once atomic.Bool
	w.site.at = func(ctx context.Context, m moment) error {
		if m == beforeMark && once.CompareAndSwap(false, true) {
			close(reached)
			<-ctx.Done() // and then tries to click all the same
		}
		return nil
	}
	first := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	<-reached
	w.stop(first)
	if n := w.site.clicks(numberA); n != 0 {
		t.Fatalf("%d clicks after the stop", n)
	}
	w.boot()
	w.settleDoubt()
	w.requestedOnce(numberA)
}
