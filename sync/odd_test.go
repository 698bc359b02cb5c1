package sync_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

const numberC = "8190000000000003"

// strange makes the pages of orders, and of no others, not understood.
func (w *world) strange(numbers ...string) {
	w.site.set(func() {
		w.site.strange = map[string]string{}
		for _, n := range numbers {
			w.site.strange[n] = "no button that asks is found"
		}
	})
}

// triedToAsk are the orders that it was tried to ask for, in their order.
func (w *world) triedToAsk() (numbers []string) {
	w.site.set(func() {
		for _, s := range w.site.steps {
			if n, ok := strings.CutPrefix(s, "ask "); ok {
				numbers = append(numbers, n)
			}
		}
	})
	return numbers
}

// TestOneOddOrderStopsNoOther: it stays in the queue and is told once; another
// order is asked, which ends the alert; tried again and still not understood, it
// is a person's.
func TestOneOddOrderStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.strange(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.quiet()
	c := w.caseOf(numberA)
	told := w.alerts(machine.AlertSiteChanged)
	if c.Status != state.Queued || !strings.Contains(c.Flag, "not understood") || len(told) != 1 || !told[0].Page || told[0].Account != c.Account {
		t.Fatalf("%s, flag %q, alerts %+v", c.Status, c.Flag, told)
	}
	for _, want := range []string{numberA, "#1042", "no button that asks is found", "by hand"} {
		if !strings.Contains(told[0].Text, want) {
			t.Errorf("the alert does not say %q: %s", want, told[0].Text)
		}
	}
	w.clock.add(time.Minute)
	w.cancelled(1043, numberB)
	w.quiet()
	if c := w.caseOf(numberB); c.Status != state.Requested {
		t.Errorf("the other order is %s", c.Status)
	}
	w.until("the alert is resolved", func() bool { return !w.alerts(machine.AlertSiteChanged)[0].ResolvedAt.IsZero() })
	w.pass(coolDown)
	if c := w.caseOf(numberA); c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "no button that asks is found") || len(w.alerts(machine.AlertSiteChanged)) != 1 {
		t.Errorf("%s (%s), alerts %+v", c.Status, machine.HeldWhy(c), w.alerts(machine.AlertSiteChanged))
	}
	if n := len(w.alerts(machine.AlertAccountUnreachable)); n != 0 {
		t.Errorf("%d alerts say that the account cannot be worked", n)
	}
}

// TestAnOddOrderAlone is tried again after each cool-down, and asked once its
// page is understood.
func TestAnOddOrderAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.strange(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.quiet()
	w.pass(coolDown)
	w.pass(coolDown)
	if n, c := len(w.triedToAsk()), w.one(); n != 3 || c.Status != state.Queued || c.Attempt.Odd != 3 || len(w.alerts(machine.AlertSiteChanged)) != 1 {
		t.Fatalf("tried %d times, %s, attempt %+v", n, c.Status, c.Attempt)
	}
	w.strange()
	w.pass(coolDown)
	w.requestedOnce(numberA)
	w.until("the alert is resolved", func() bool { return !w.alerts(machine.AlertSiteChanged)[0].ResolvedAt.IsZero() })
}

// TestTwoOddOrdersMakeTheOthersWait: then one is tried after each cool-down, one
// that was not tried before first, and of the others the one whose window ends
// first. One that works lets them all go on.
func TestTwoOddOrdersMakeTheOthersWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, n := range []string{numberA, numberB, numberC} {
		w.site.add(n)
	}
	w.site.set(func() { w.site.orders[numberB].WindowEnd = w.clock.Now().Add(2 * day) })
	w.strange(numberA, numberB, numberC)
	w.boot()
	w.cancelled(1042, numberA)
	w.quiet()
	w.cancelled(1043, numberB)
	w.quiet()
	w.clock.add(time.Minute)
	w.cancelled(1044, numberC)
	w.quiet()
	if got := w.triedToAsk(); !slices.Equal(got, []string{numberA, numberB}) {
		t.Fatalf("tried %v; want the third to wait", got)
	}
	w.pass(coolDown)
	if got := w.triedToAsk(); !slices.Equal(got, []string{numberA, numberB, numberC}) {
		t.Fatalf("tried %v after a cool-down, want the third as well", got)
	}
	_, err := w.e.Decide(context.Background(), w.caseOf(numberC).ID, state.Event{Kind: state.EventIgnore, By: state.ByCLI, Who: "ann"})
	must(t, err)
	w.strange(numberB)
	w.pass(coolDown)
	if got := w.triedToAsk(); got[len(got)-1] != numberB || len(got) != 4 {
		t.Fatalf("tried %v, want the one next whose window ends first", got)
	}
	w.pass(coolDown)
	if c := w.caseOf(numberA); c.Status != state.Requested {
		t.Errorf("the order whose page is understood again is %s; tried %v", c.Status, w.triedToAsk())
	}
	if c := w.caseOf(numberB); c.Status != state.Held {
		t.Errorf("the order whose page still is not is %s; tried %v", c.Status, w.triedToAsk())
	}
	if told := w.alerts(machine.AlertSiteChanged); len(told) != 1 || told[0].ResolvedAt.IsZero() {
		t.Errorf("alerts %+v", told)
	}
}
