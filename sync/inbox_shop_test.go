package sync_test

import (
	"context"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

// A shop that took the app off tells nothing more: a person hears of it, once.
func TestAppUninstalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.boot()
	for range 2 {
		_, err := e.Knock(context.Background(), state.Knock{Shop: "mystore", Source: "webhook", Topic: shop.TopicUninstalled, Key: "one delivery"})
		must(t, err)
	}
	w.until("it is told", func() bool { return len(w.alerts(machine.AlertShop)) == 1 })
	w.until("the knock is gone", w.noKnocks)
	if a := w.alerts(machine.AlertShop)[0]; !a.Page {
		t.Errorf("not a page: %+v", a)
	}
}

// A cancel from before the look-back is history, even when the order changes
// once more.
func TestOldCancelsAreHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	o := w.options()
	s := o.Shops["mystore"]
	s.Since = w.clock.Now()
	o.Shops["mystore"] = s
	w.start(o)
	w.knock(w.edge.cancelled(1, w.clock.Now().Add(-time.Second), numberA))
	w.knock(w.edge.cancelled(2, w.clock.Now(), numberB))
	w.until("both were looked at", w.noKnocks)
	w.quiet()
	w.requestedOnce(numberB)
	if all := w.cases(); len(all) != 1 {
		t.Errorf("%d cases, want one", len(all))
	}
}
