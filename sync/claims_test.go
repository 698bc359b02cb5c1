package sync_test

import (
	"testing"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

// TestTheOrderThatNamedANumberFirstIsHeldToo: an order that stands and names
// the same number may be the one whose goods would be cancelled.
func TestTheOrderThatNamedANumberFirstIsHeldToo(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	first, second := f.tagAsk(1042, numberA), f.tagAsk(1043, numberA)
	for _, id := range []string{first, second} {
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.quiet()
	}
	f.change(first, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(first)
	w.quiet()
	if c := w.caseOf(numberA); c.Status != state.Held || !c.Unsure {
		t.Errorf("%s: %s", c.Status, machine.Words(c))
	}
	w.clicked2(0)
}
