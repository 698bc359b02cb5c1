package sync_test

import (
	"context"
	"testing"
	"time"

	"countermand/state"
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
