package sync_test

import (
	"context"
	"testing"
	"time"

	"countermand/state"
)

// A person uses the profile: nothing is worked meanwhile, and afterwards the
// session is looked at before anything else.
func TestLentAccountRestsAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	e := w.boot()
	must(t, e.Lend(context.Background(), lane, "kim", time.Hour))
	must(t, e.Lend(context.Background(), lane, "kim", time.Hour)) // prolonged
	if got := w.account(); got.State != state.AccountPaused || got.Why != "used by kim" {
		t.Errorf("account is %s (%s)", got.State, got.Why)
	}
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is queued", func() bool { return len(w.cases()) == 1 })
	e.Heartbeat()
	if n := w.site.count(&w.site.cancels) + w.site.count(&w.site.probes); n != 0 {
		t.Errorf("a lent account was worked %d times", n)
	}
	must(t, e.TakeBack(context.Background(), lane))
	w.until("it is asked", func() bool { return w.site.count(&w.site.cancels) == 1 })
	if n := w.site.count(&w.site.probes); n != 1 {
		t.Errorf("probed %d times, want once before the work", n)
	}
	if got := w.account(); got.State != state.AccountReady || got.Lent {
		t.Errorf("account is %s, lent %t", got.State, got.Lent)
	}
}

// A daemon that starts does not know of a loan any more: it looks whether the
// profile is free.
func TestLoanEndsWithARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.boot()
	must(t, e.Lend(context.Background(), lane, "kim", time.Hour))
	w.stop(e)
	w.boot()
	w.until("it is ready", func() bool { return w.account().State == state.AccountReady })
}

func TestLendingAnUnknownAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.boot()
	if err := e.Lend(context.Background(), "nobody", "kim", time.Hour); err == nil {
		t.Error("lent")
	}
	if err := e.TakeBack(context.Background(), "nobody"); err == nil {
		t.Error("taken back")
	}
}
