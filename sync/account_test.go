package sync_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

func trouble(kind supplier.Kind) error {
	return &supplier.Error{Kind: kind, Op: "read order", Detail: "as seen", Evidence: []string{"page.html"}}
}

// A session that is gone stops the account, is told once, is probed after each
// cool-down, and work goes on by itself when it is good again.
func TestSessionLost(t *testing.T) {
	t.Parallel()
	for kind, tt := range map[supplier.Kind]struct {
		alert string
		state state.AccountState
	}{
		supplier.LoggedOut:  {machine.AlertAccountLoggedOut, state.AccountLoggedOut},
		supplier.Challenged: {machine.AlertAccountChallenged, state.AccountChallenged},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.boot()
			w.cancelled(1042, numberA)
			before := w.one()
			w.site.set(func() { w.site.down = trouble(kind) })
			w.clock.add(time.Hour)
			w.until("the account rests", func() bool { return w.account().State == tt.state })
			if n := w.site.count(&w.site.probes); n != 0 {
				t.Errorf("%d probes before the cool-down was over", n)
			}
			for n := 1; n <= 3; n++ {
				w.clock.add(coolDown)
				w.until("it is probed", func() bool { return w.site.count(&w.site.probes) == n && w.account().Until.After(w.clock.Now()) })
			}
			if c := w.one(); c.Status != before.Status || len(w.journal(c.ID)) != len(w.journal(before.ID)) {
				t.Errorf("the case is %s, it was %s", c.Status, before.Status)
			}
			told := w.alerts(tt.alert)
			if len(told) != 1 || !told[0].Page || told[0].Account != lane || !strings.Contains(told[0].Title, lane) {
				t.Errorf("alerts %+v, want one page that names the account", told)
			}
			w.site.set(func() { w.site.down = nil; w.site.orders[numberA].close() })
			w.pass(coolDown)
			w.until("the case goes on", func() bool { return w.one().Status == state.Cancelled })
			if a := w.account(); a.State != state.AccountReady || !a.Until.IsZero() || a.Why != "" {
				t.Errorf("account %+v", a)
			}
			if a := w.alerts(tt.alert)[0]; a.ResolvedAt.IsZero() {
				t.Error("the alert was not resolved")
			}
		})
	}
}

// A captcha in place of a login is another thing for a person to do.
func TestChallengeReplacesALoggedOutAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.LoggedOut)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is logged out", func() bool { return w.account().State == state.AccountLoggedOut })
	w.status(state.Queued)
	w.site.set(func() { w.site.down = trouble(supplier.Challenged) })
	w.clock.add(coolDown)
	w.until("it is challenged", func() bool { return w.account().State == state.AccountChallenged })
	out, challenged := w.alerts(machine.AlertAccountLoggedOut), w.alerts(machine.AlertAccountChallenged)
	if len(out) != 1 || out[0].ResolvedAt.IsZero() || len(challenged) != 1 || !challenged[0].ResolvedAt.IsZero() {
		t.Errorf("logged out %+v, challenged %+v", out, challenged)
	}
	w.site.set(func() { w.site.down = nil })
	w.pass(coolDown)
	w.requestedOnce(numberA)
}

// A session lost under an attempt leaves the case to be asked.
func TestSessionLostUnderAnAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.refuse = trouble(supplier.Challenged)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is challenged", func() bool { return w.account().State == state.AccountChallenged })
	w.status(state.Queued)
	w.site.set(func() { w.site.refuse = nil })
	w.pass(coolDown)
	w.requestedOnce(numberA)
	if n := w.site.count(&w.site.cancels); n != 2 {
		t.Errorf("%d attempts, want no third", n)
	}
}

// A site that wants us slower is left alone for a while; nobody is called.
func TestThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.Throttled)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("the account rests", func() bool { return w.account().Until.After(w.clock.Now()) })
	if a := w.account(); a.State != state.AccountReady {
		t.Errorf("account %+v", a)
	}
	w.site.set(func() { w.site.down = nil })
	w.clock.add(coolDown - time.Second)
	w.e.Heartbeat()
	w.knock("gid://shopify/Order/1042")
	w.until("the knock is worked", func() bool { return w.noKnocks() })
	w.status(state.Queued)
	w.pass(time.Second)
	w.requestedOnce(numberA)
	w.until("the reason is taken back", func() bool { return w.account().Why == "" })
	w.view(func(tx state.ReadTx) error {
		all, _, err := tx.Alerts(state.Page{})
		if len(all) > 0 {
			t.Errorf("alerts %+v", all)
		}
		return err
	})
}

func (w *world) noKnocks() (none bool) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(w.clock.Now().Add(1000*day), 1)
		none = len(knocks) == 0
		return err
	})
	return none
}

func TestPausedAccountRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutAccount(state.Account{Name: lane, State: state.AccountPaused})
		return err
	}))
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is queued", func() bool { return len(w.cases()) == 1 })
	w.clock.add(day)
	w.until("the clocks still run", func() bool { return len(w.alerts(machine.AlertUnasked)) == 1 })
	if n := w.site.count(&w.site.cancels) + w.site.count(&w.site.probes); n != 0 {
		t.Errorf("a paused account was worked %d times", n)
	}
}

// A browser that keeps failing is told once, and when it works again.
func TestAccountThatCannotBeWorked(t *testing.T) {
	t.Parallel()
	for _, kind := range []supplier.Kind{supplier.Browser, supplier.Unreachable} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.site.down = trouble(kind)
			w.boot()
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			for range 3 {
				w.quiet()
				w.clock.add(time.Hour)
			}
			w.until("it is told", func() bool { return len(w.alerts(machine.AlertAccountUnreachable)) == 1 })
			w.pass(2 * time.Hour)
			w.status(state.Queued)
			w.site.set(func() { w.site.down = nil })
			w.pass(2 * time.Hour)
			w.requestedOnce(numberA)
			w.until("the alert is resolved", func() bool {
				told := w.alerts(machine.AlertAccountUnreachable)
				return len(told) == 1 && !told[0].ResolvedAt.IsZero() && w.account().Why == ""
			})
		})
	}
}

// An alert about an account outlives a restart, and is resolved all the same.
func TestAccountThatWorksAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.Browser)
	first := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	for range 4 {
		w.quiet()
		w.clock.add(time.Hour)
	}
	w.until("it is told", func() bool { return len(w.alerts(machine.AlertAccountUnreachable)) == 1 })
	w.stop(first)
	w.site.set(func() { w.site.down = nil })
	w.clock.add(time.Hour)
	w.boot()
	w.quiet()
	w.requestedOnce(numberA)
	w.until("the alert is resolved", func() bool { return !w.alerts(machine.AlertAccountUnreachable)[0].ResolvedAt.IsZero() })
}

// What went wrong before the mark decides who goes on.
func TestAttemptsThatBreakOff(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		want   state.Status
		unsure bool
	}{
		"another order":     {trouble(supplier.WrongOrder), state.Held, true},
		"an unknown page":   {trouble(supplier.UnknownPage), state.Queued, false},
		"an unsafe button":  {trouble(supplier.Unsafe), state.Held, false},
		"an odd answer":     {trouble(supplier.Unreadable), state.Queued, false},
		"not shown":         {trouble(supplier.NotFound), state.Queued, false},
		"no error of ours":  {errors.New("odd"), state.Queued, false},
		"a browser missing": {trouble(supplier.Browser), state.Queued, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.site.refuse = tt.err
			w.boot()
			w.cancelled(1042, numberA)
			w.status(tt.want)
			if c := w.one(); c.NumberUnsure != tt.unsure || w.site.clicks(numberA) != 0 {
				t.Errorf("unsure %t (%s), %d clicks", c.NumberUnsure, machine.HeldWhy(c), w.site.clicks(numberA))
			}
		})
	}
}

func TestAWrongOrderIsNeverClicked(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*order){
		"older than the shop's": func(o *order) { o.OrderedAt = start.Add(-10 * day) },
		"items are missing":     func(o *order) { o.Lines = []state.Line{{Quantity: 1}} },
		"another number":        func(o *order) { o.Number = numberB },
		"items uncounted":       func(o *order) { o.Lines = []state.Line{{ID: "l9", Title: "Lamp"}} },
		"items not shown":       func(o *order) { o.Lines = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			spoil(w.site.add(numberA))
			w.boot()
			w.cancelled(1042, numberA)
			w.status(state.Held)
			if c := w.one(); !c.NumberUnsure || w.site.clicks(numberA) != 0 || !c.Attempt.DispatchedAt.IsZero() {
				t.Errorf("unsure %t, %d clicks, attempt %+v", c.NumberUnsure, w.site.clicks(numberA), c.Attempt)
			}
		})
	}
}
