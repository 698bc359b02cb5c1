package sync_test

import (
	"testing"

	"countermand/state"
)

// TestTheWindowIsThatBeforeTheRequest: the page counts the ship window down until
// it shows a request, and then no more.
func TestTheWindowIsThatBeforeTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	end := w.clock.Now().Add(3 * day)
	w.site.set(func() { w.site.orders[numberA].WindowEnd = end })
	w.boot()
	w.cancelled(1042, numberA)
	w.quiet()
	if c := w.one(); c.Status != state.Requested || !c.Clocks[state.ClockShipWindowEnd].Equal(end) {
		t.Errorf("%s, the window ends %s, want %s", c.Status, c.Clocks[state.ClockShipWindowEnd], end)
	}
}
