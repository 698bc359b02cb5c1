package sync_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// asked has n cases whose requests stand and whose captions are known.
func (w *world) asked(n int) (numbers []string) {
	w.t.Helper()
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("819000000000%04d", i))
		w.site.set(func() { w.site.add(numbers[i]) })
	}
	w.boot()
	for i, number := range numbers {
		w.cancelled(1000+i, number)
	}
	w.pass(10 * time.Minute) // the first look at the list leads to each order's page
	return numbers
}

func (w *world) reads(number string) int {
	w.site.mu.Lock()
	defer w.site.mu.Unlock()
	return w.site.orders[number].reads
}

func (w *world) caseOf(number string) state.Case {
	w.t.Helper()
	for _, c := range w.cases() {
		if c.SupplierOrder == number {
			return c
		}
	}
	w.t.Fatalf("no case of order %s", number)
	return state.Case{}
}

// One look at the list serves every case; only what changed, or is not there,
// is read by itself.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	numbers := w.asked(5)
	read := map[string]int{}
	for _, n := range numbers {
		read[n] = w.reads(n)
	}
	sweeps := w.site.count(&w.site.sweeps)
	w.pass(10 * time.Minute)
	if n := w.site.count(&w.site.sweeps) - sweeps; n != 1 {
		t.Errorf("%d sweeps for five cases, want one", n)
	}
	for _, n := range numbers {
		if got := w.reads(n) - read[n]; got != 0 {
			t.Errorf("order %s did not change and was read %d times", n, got)
		}
	}
	w.site.set(func() {
		w.site.orders[numbers[0]].close()
		w.site.orders[numbers[1]].unlisted = true
	})
	w.pass(10 * time.Minute)
	for i, n := range numbers {
		want := 0
		if i < 2 {
			want = 1
		}
		if got := w.reads(n) - read[n]; got != want {
			t.Errorf("order %d was read %d times, want %d", i, got, want)
		}
	}
	if a, b := w.caseOf(numbers[0]), w.caseOf(numbers[1]); a.Status != state.Cancelled || b.Status != state.Requested {
		t.Errorf("changed: %s, absent: %s", a.Status, b.Status)
	}
}

// An order of the same payment and store may be a part of one that was split: it
// is told of where nobody names it, once, and nothing is done about it.
func TestSplitOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	numbers := w.asked(2)
	const part = "8190000000007777"
	w.site.set(func() {
		w.site.add(part)
		w.site.orders[numbers[0]].Siblings = []string{numbers[1], part}
	})
	for range 3 {
		w.pass(10 * time.Minute)
	}
	told := w.alerts(machine.AlertSplit)
	if len(told) != 1 || told[0].CaseID != w.caseOf(numbers[0]).ID || w.site.clicks(part) != 0 || len(w.cases()) != 2 {
		t.Errorf("told %+v, %d cases", told, len(w.cases()))
	}
	if a := w.caseOf(numbers[0]).Accepted; len(a) != 1 || a[0].Facts["other"] != part {
		t.Errorf("found %v, want only what nobody names", a)
	}
}

// listless is a client for which the order list has become a riddle.
type listless struct{ *client }

func (listless) Sweep(context.Context, []string) (map[string]state.Reading, error) {
	return nil, &supplier.Error{Kind: supplier.UnknownPage, Op: "sweep order list"}
}

// Where only the list cannot be understood, the orders' own pages are read all
// the same: those that are due, and after some tries those of the list too.
func TestListBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options()
	a := o.Accounts[lane]
	a.Client = listless{&client{site: w.site, t: t}}
	o.Accounts[lane] = a
	w.start(o)
	w.site.add(numberA)
	w.site.add(numberB)
	w.cancelled(1042, numberA)
	w.knock(w.edge.cancelled(1043, w.clock.Now(), numberB))
	w.until("both are asked", func() bool { return w.site.clicks(numberA) == 1 && w.site.clicks(numberB) == 1 })
	w.site.set(func() { refuses("", w.site.orders[numberA]) })
	for range 12 {
		w.pass(10 * time.Minute)
	}
	if got := w.caseOf(numberA).Status; got != state.Refused {
		t.Errorf("two hours after the refusal it is %s", got)
	}
	read := w.reads(numberA)
	for range 4 {
		w.pass(6 * time.Hour)
	}
	if w.reads(numberA) < read+3 {
		t.Errorf("its tracking was read %d times in a day", w.reads(numberA)-read)
	}
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) == 0 {
		t.Error("nobody was told")
	}
}

// The list may hide a refusal, so once a day each order's own page is read.
func TestDetailIsReadEveryDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.asked(1)[0]
	w.site.set(func() {
		o := w.site.orders[number]
		o.Phase, o.RefusedText = state.PhaseProcessing, "declined" // and the caption stays
	})
	for range 10 {
		w.pass(3 * time.Hour)
	}
	w.status(state.Refused)
}

// A page that cannot be read says nothing of the order, and is read again.
func TestReadsThatFail(t *testing.T) {
	t.Parallel()
	for _, kind := range []supplier.Kind{supplier.NotFound, supplier.Unreadable, supplier.UnknownPage, supplier.WrongOrder, supplier.Unsafe} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			number := w.asked(1)[0]
			w.site.set(func() { w.site.orders[number].close(); w.site.blind = trouble(kind) })
			w.pass(10 * time.Minute)
			w.status(state.Requested)
			last := w.journal(w.one().ID)
			if e := last[len(last)-1]; e.Event != state.EventReadFailed || len(e.Evidence) != 1 {
				t.Errorf("the journal ends with %+v", e)
			}
			w.site.set(func() { w.site.blind = nil })
			w.pass(20 * time.Minute)
			w.status(state.Cancelled)
		})
	}
}

// What spoils reads for every order is no news of this one.
func TestReadsThatAreSpoilt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.asked(1)[0]
	w.site.set(func() { w.site.orders[number].close(); w.site.blind = trouble(supplier.Unreachable) })
	entries := len(w.journal(w.one().ID))
	w.pass(10 * time.Minute)
	w.site.set(func() { w.site.blind, w.site.down = nil, trouble(supplier.Browser) })
	w.pass(10 * time.Minute)
	w.status(state.Requested)
	if n := len(w.journal(w.one().ID)); n != entries {
		t.Errorf("the journal grew from %d to %d", entries, n)
	}
	w.site.set(func() { w.site.down = nil })
	w.pass(time.Hour)
	w.status(state.Cancelled)
}

// What is asked for while a read is under way is not answered by that read.
func TestAReadAskedForMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	var tracked []bool
	w.site.reading = func(tracking bool) {
		if tracked = append(tracked, tracking); len(tracked) == 1 {
			_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventRetry, By: state.ByCLI})
			if err != nil {
				t.Error(err)
			}
		}
	}
	w.boot()
	w.cancelled(1042, numberA)
	w.pass(10 * time.Minute)
	w.requestedOnce(numberA)
	if len(tracked) != 2 || tracked[0] || !tracked[1] {
		t.Errorf("read with tracking: %v; want a second read, with it", tracked)
	}
}

// A stray effect is a fault that a person sees; it clicks nothing.
func TestUnexpectedEffectIsAlertedAndNotCarriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.asked(1)[0]
	id := w.one().ID
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutEffect(state.Effect{ID: state.EffectID(id, state.EffectRequest), CaseID: id, Kind: state.EffectRequest, State: state.EffectPlanned, Lane: lane, NotBefore: w.clock.Now()})
		return err
	}))
	w.quiet()
	w.requestedOnce(number)
	if told := w.alerts(machine.AlertFault); len(told) != 1 || !told[0].Page || told[0].CaseID != id {
		t.Errorf("alerts %+v, want one fault", told)
	}
	last := w.journal(id)
	if e := last[len(last)-1]; e.Event != state.EventBegin || e.From != state.Requested || e.To != state.Requested {
		t.Errorf("the journal ends with %+v", e)
	}
}

// An effect whose case is gone must not hold up the others.
func TestAnEffectWithoutACase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		for kind, as := range map[state.EffectKind]state.EffectState{state.EffectRead: state.EffectPlanned, state.EffectRequest: state.EffectDispatched} {
			f := state.Effect{ID: state.EffectID("01GONE", kind), CaseID: "01GONE", Kind: kind, State: as, Lane: lane, NotBefore: start.Add(-day)}
			if _, err := tx.PutEffect(f); err != nil {
				return err
			}
		}
		return nil
	}))
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("the other case is asked", func() bool { c := w.cases(); return len(c) == 1 && c[0].Status == state.Requested })
	w.requestedOnce(numberA)
}
