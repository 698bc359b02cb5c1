package sync

import (
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

var unread = state.Event{Kind: state.EventReadFailed, By: state.BySupplier, Failure: &state.Failure{Kind: string(supplier.Unreadable), Detail: "an odd page"}}

// silent is a step that the journal and the operator hear nothing of.
func silent(after time.Duration, ev state.Event, to state.Status) step {
	return step{after: after, ev: ev, to: to, check: func(t expect, _ state.Case, out Outcome) {
		t.Helper()
		if len(out.Entries) > 0 {
			t.Errorf("journal says %q, want nothing", details(out))
		}
	}}
}

func readAgain(t expect, c state.Case, out Outcome) {
	t.Helper()
	if c.ReadFailures != 0 || len(out.Resolved) != 1 || c.Raised[AlertUnreadable] != "" {
		t.Errorf("%d failures, resolved %q, open %v; want it settled", c.ReadFailures, out.Resolved, c.Raised)
	}
}

// nextIn checks the wait until the next reading of a step at base plus after.
func nextIn(after, want time.Duration) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if got := c.NextCheckAt.Sub(base.Add(after)); got != want {
			t.Errorf("read again in %s, want %s", got, want)
		}
	}
}

// unreadThrice is an order that a person is called for.
var unreadThrice = then(reach[state.Requested], []step{
	{after: time.Hour, ev: unread, to: state.Requested, check: has("could not be read (unreadable): an odd page")},
	silent(time.Hour, unread, state.Requested),
	{after: time.Hour, ev: unread, to: state.Requested, raised: AlertUnreadable, check: has("could not be read (unreadable): an odd page")},
})

var unreadStories = []scenario{
	{name: "an order that cannot be read calls a person at the third time", steps: then(unreadThrice, []step{
		silent(time.Hour, unread, state.Requested),
		silent(time.Hour, unread, state.Requested),
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested, check: readAgain},
		{after: time.Hour, ev: unread, to: state.Requested, check: has("could not be read")},
	})},
	{name: "an order that cannot be read is told of again in its next status", steps: then(unreadThrice, []step{
		told(reads(state.PhaseProcessing, incomplete, refusedText), AlertRefused),
		{after: time.Hour, ev: unread, to: state.Refused, raised: AlertUnreadable},
	})},
	{name: "an order that cannot be read is read less and less often", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: unread, to: state.Requested, check: nextIn(time.Hour, 20*time.Minute)},
		{after: time.Hour, ev: unread, to: state.Requested, check: nextIn(2*time.Hour, 40*time.Minute)},
		{after: time.Hour, ev: unread, to: state.Requested, raised: AlertUnreadable, check: nextIn(3*time.Hour, 80*time.Minute)},
		{after: time.Hour, ev: unread, to: state.Requested},
		{after: time.Hour, ev: unread, to: state.Requested},
		{after: time.Hour, ev: unread, to: state.Requested, check: nextIn(6*time.Hour, 640*time.Minute)},
		{after: time.Hour, ev: unread, to: state.Requested, check: nextIn(7*time.Hour, 640*time.Minute)},
	})},
	{name: "an order that could not be read is not left to the list", steps: then(reach[state.Requested], []step{
		{due: true, ev: plain(state.EventTick), to: state.Requested, plans: "read:list"},
		{ev: unread, to: state.Requested},
		{due: true, ev: plain(state.EventTick), to: state.Requested, plans: "read:detail"},
		{ev: reads(state.PhasePending), to: state.Requested},
		{due: true, ev: plain(state.EventTick), to: state.Requested, plans: "read:list"},
	})},
	{name: "a deadline that passes unread calls a person at once", steps: then(reach[state.Requested], []step{
		{after: 71 * time.Hour, ev: unread, to: state.Requested},
		{after: time.Hour, ev: plain(state.EventTick), to: state.Requested, raised: AlertAnswerOverdue + " " + AlertUnreadable, plans: "read:detail"},
		silent(time.Minute, unread, state.Requested),
	})},
	{name: "a page that never shows everything is as good as none", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested},
		{after: time.Hour, ev: unread, to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested, raised: AlertUnreadable},
		{after: time.Hour, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhasePending, fromList), to: state.Requested, check: func(t expect, c state.Case, out Outcome) {
			if c.ReadFailures == 0 || len(out.Resolved) > 0 {
				t.Errorf("%d failures, resolved %q; the list shows too little to end it", c.ReadFailures, out.Resolved)
			}
		}},
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested, check: readAgain},
	})},
	{name: "a failure that is no failure", steps: then(reach[state.Requested], []step{
		{ev: plain(state.EventReadFailed), refused: "no failure came with it"},
	})},
}

func TestUnread(t *testing.T) { t.Parallel(); playAll(t, unreadStories) }

// A reading whose data and page differ, or whose data never came, decides
// nothing, whatever it shows, and counts as one that failed.
func TestDoubtfulReadingsDecideNothing(t *testing.T) {
	t.Parallel()
	for _, phase := range []state.Phase{state.PhaseClosed, state.PhaseShipped, state.PhasePending, state.PhaseProcessing} {
		for _, status := range []state.Status{state.Queued, state.Held, state.Requested, state.Refused, state.Cancelled, state.Disputable} {
			c := state.Case{ID: "01CASE", Status: status, SupplierOrder: number, RequestedAt: base, PendingSeen: true, NextCheckAt: base}
			ev := reads(phase)
			ev.Reading.Doubt = "the page's data never came"
			out, err := policyOf(Auto).Step(c, ev, base.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if out.Case.Status != status || out.Case.ReadFailures != 1 || !out.Case.ShippedAt.IsZero() {
				t.Errorf("%s read as %s in doubt: now %s, %d failures", status, phase, out.Case.Status, out.Case.ReadFailures)
			}
		}
	}
}
