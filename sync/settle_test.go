package sync_test

import (
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
)

// TestAClockThatIsSetAsksNobodyTwice: a clock that jumps while a call is in doubt
// makes no two readings of a page that still shows the old state.
func TestAClockThatIsSetAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	o := w.options()
	var up atomic.Int64
	o.Up = func() time.Duration { return time.Duration(up.Load()) }
	c := &answering{client: &client{site: w.site, t: t}, said: state.SaidNone}
	a := o.Accounts[lane]
	a.Client = c
	o.Accounts[lane] = a
	w.start(o)
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.quiet()
	for range 6 { // an hour by the wall, two minutes in truth
		up.Add(int64(20 * time.Second))
		w.pass(10 * time.Minute)
	}
	if got := w.one(); got.Status != state.Requesting || c.asks != 1 {
		t.Errorf("%s after %d calls, attempt %+v", got.Status, c.asks, got.Attempt)
	}
}
