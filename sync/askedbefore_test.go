package sync_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

// TestRefusedOrderIsNotAsked: an order whose page tells of a refusal gets no
// click, whoever asked before.
func TestRefusedOrderIsNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.site.add(numberA)
	o.RefusedText = "declined by the seller"
	w.boot()
	w.cancelled(1042, numberA)
	w.pass(time.Hour)
	w.status(state.Refused)
	if n := w.site.clicks(numberA); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestRefusalThatAPersonHasSeen: a case in doubt is held with what the page
// says of a refusal; who approves it has it asked, but not in spite of another
// refusal.
func TestRefusalThatAPersonHasSeen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		later  string
		status state.Status
		clicks int
	}{
		"the same":   {"declined by the seller", state.Requested, 1},
		"a new word": {"declined once more", state.Refused, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.site.add(numberA)
			w.site.at = func(_ context.Context, m moment) error {
				if m == afterMark {
					w.site.set(func() { o.RefusedText = "declined by the seller" })
					return errDied
				}
				return nil
			}
			w.boot()
			w.cancelled(1042, numberA)
			w.settleDoubt()
			w.status(state.Held)
			w.site.set(func() { w.site.at, o.RefusedText = nil, tt.later })
			_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann"})
			must(t, err)
			w.settleDoubt()
			w.status(tt.status)
			if n := w.site.clicks(numberA); n != tt.clicks {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// declined is an order that offers its button again: a refusal without a trace.
func (w *world) declined(number string) {
	w.site.set(func() {
		o := w.site.orders[number]
		o.Phase, o.StatusText, o.CancelOffered, o.caption = state.PhaseProcessing, "Processing", true, "Processing"
	})
}

func (w *world) ignore(id string) {
	w.t.Helper()
	_, err := w.e.Decide(context.Background(), id, state.Event{Kind: state.EventIgnore, By: state.ByCLI, Who: "ann"})
	must(w.t, err)
	w.quiet()
}

// askedAndIgnored: a customer's request was put to the supplier, and a person
// left it alone.
func askedAndIgnored(t *testing.T) (w *world, f *shopfront, id string) {
	w, f = firstWorld(t)
	w.site.add(numberA)
	id = f.asks(1042, false, numberA)
	w.knock(id)
	w.until("asked", func() bool { return w.site.clicks(numberA) == 1 && w.one().Status == state.Requested })
	w.ignore(w.one().ID)
	return w, f, id
}

// cancelledToo: the shop's order is cancelled after all.
func cancelledToo(w *world, f *shopfront, id string) state.Case {
	w.t.Helper()
	w.clock.add(time.Hour)
	f.change(id, func(o *shop.Order) { o.CancelledAt, o.Reason = f.clock.Now(), "customer" })
	w.knock(id)
	w.quiet()
	return w.notIgnored()
}

// notIgnored is the one case about a supplier order that goes on.
func (w *world) notIgnored() state.Case {
	w.t.Helper()
	left := slices.DeleteFunc(w.cases(), func(c state.Case) bool { return c.Status == state.Ignored || c.SupplierOrder == "" })
	if len(left) != 1 {
		w.t.Fatalf("%d cases are not ignored", len(left))
	}
	return left[0]
}

// TestAskedBeforeByACaseLeftAlone: another case about the order asks again only
// if a person wants it.
func TestAskedBeforeByACaseLeftAlone(t *testing.T) {
	t.Parallel()
	w, f, id := askedAndIgnored(t)
	w.declined(numberA)
	c := cancelledToo(w, f, id)
	if n := w.site.clicks(numberA); n != 1 || c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "was asked about AliExpress order") {
		t.Fatalf("%d requests; %s: %s", n, c.Status, machine.HeldWhy(c))
	}
	_, err := w.e.Decide(context.Background(), c.ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann", Decision: &state.Decision{Seen: c.Findings}})
	must(t, err)
	w.quiet()
	if n := w.site.clicks(numberA); n != 2 {
		t.Errorf("%d requests after a person wanted another", n)
	}
}

// TestShippedAfterACaseLeftAlone: the request of the case that was left alone
// is the one that scans are held against.
func TestShippedAfterACaseLeftAlone(t *testing.T) {
	t.Parallel()
	w, f, id := askedAndIgnored(t)
	w.site.set(func() {
		o := w.site.orders[numberA]
		o.Phase, o.StatusText, o.caption = state.PhaseShipped, "Shipped", "Shipped"
		o.Tracking = []state.Tracking{{Number: "LP1", FirstScanAt: w.clock.Now().Add(30 * time.Minute), FirstScanCode: "AE_PICK_UP_SUCCESS"}}
	})
	cancelledToo(w, f, id)
	w.until("judged", func() bool { return w.notIgnored().Status != state.Held })
	if c := w.notIgnored(); c.Status != state.Disputable || c.Proof != state.ProofScanAfter {
		t.Errorf("%s, proof %s: %+v", c.Status, c.Proof, w.journal(c.ID))
	}
}

// TestAskedBeforeForAnotherOrder: a number that was taken back after the
// request is still in the way of another shop order that names it.
func TestAskedBeforeForAnotherOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	at, reached := till(afterClick)
	w.site.set(func() { w.site.at = at })
	e := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	<-reached
	_, err := e.MapSet(context.Background(), "mystore", "#1042", "ann", []string{numberB})
	must(t, err)
	w.site.set(func() { w.site.at = nil })
	w.stop(e)
	w.boot()
	w.until("A requested", func() bool { w.clock.add(time.Minute); return w.caseOf(numberA).Status == state.Requested })
	w.ignore(w.caseOf(numberA).ID)
	w.declined(numberA)
	w.clock.add(time.Hour)
	w.knock(w.edge.cancelled(1043, w.clock.Now(), numberA))
	w.quiet()
	if n := w.site.clicks(numberA); n != 1 {
		t.Errorf("%d requests", n)
	}
}
