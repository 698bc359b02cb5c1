package sync_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"countermand/state"
)

// A case that is paused while a batch of readings runs stays as it is, be it
// the one that is read or one that comes later.
func TestPausedAmongReadings(t *testing.T) {
	t.Parallel()
	const last = "8190000000000003"
	w := newWorld(t)
	e := w.boot()
	for i, number := range []string{numberA, numberB, last} {
		w.site.add(number)
		w.cancelled(1042+i, number)
	}
	w.pass(time.Hour)
	decide := func(k state.EventKind) {
		for _, number := range []string{numberA, numberB} {
			_, err := e.Decide(context.Background(), w.caseOf(number).ID, state.Event{Kind: k, By: state.ByCLI, Who: "ann"})
			must(t, err)
		}
	}
	var once sync.Once
	w.site.set(func() {
		for _, o := range w.site.orders {
			o.close()
		}
		w.site.steps = nil
		w.site.reading = func(bool) { once.Do(func() { decide(state.EventPause) }) }
	})
	w.clock.add(3 * time.Hour)
	w.until("the last is read", func() bool { return w.caseOf(last).Status == state.Cancelled })
	for _, number := range []string{numberA, numberB} {
		if c := w.caseOf(number); c.Status != state.Requested || !c.Paused {
			t.Errorf("%s is %s, paused %t", number, c.Status, c.Paused)
		}
	}
	if got := w.steps(); !slices.Equal(got, []string{"read " + numberA, "read " + last}) {
		t.Errorf("did %q", got)
	}
	decide(state.EventResume)
	w.until("both go on", func() bool {
		w.clock.add(time.Second)
		return w.caseOf(numberA).Status == state.Cancelled && w.caseOf(numberB).Status == state.Cancelled
	})
}
