package machine

import (
	"fmt"
	"slices"
	"strings"
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

// lacking is a reading whose tracking or refunds could not be read.
func lacking(why string) mod { return func(r *state.Reading) { r.Unread = why } }

const oddScan = `read tracking: the event "AE_NEW" is not in the profile (scans)`

func flagIs(want string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Flag != want {
			t.Errorf("the flag is %q, want %q", c.Flag, want)
		}
	}
}

var partStories = []scenario{
	{name: "a tracking that cannot be read calls a person at the third time", steps: then(reach[state.Refused], []step{
		{after: 6 * time.Hour, ev: reads(state.PhaseProcessing, lacking(oddScan)), to: state.Refused, check: has(`nothing follows from what it does not show: read tracking: the event "AE_NEW"`)},
		silent(6*time.Hour, reads(state.PhaseProcessing, lacking(oddScan)), state.Refused),
		silent(time.Hour, reads(state.PhaseProcessing), state.Refused), // the order's own page alone settles nothing
		{after: 5 * time.Hour, ev: reads(state.PhaseProcessing, lacking("read tracking: no answer")), to: state.Refused, raised: AlertUnreadable, check: has("read tracking: no answer")},
		{after: 6 * time.Hour, ev: reads(state.PhaseProcessing, lacking(oddScan)), to: state.Refused, check: flagIs("the tracking cannot be read: look at it yourself")},
		silent(6*time.Hour, reads(state.PhaseProcessing, lacking("read tracking: no answer")), state.Refused),
		{after: 6 * time.Hour, ev: reads(state.PhaseProcessing, tracked()), to: state.Refused, check: readAgain},
		{after: 6 * time.Hour, ev: reads(state.PhaseProcessing, lacking(oddScan)), to: state.Refused, check: has(oddScan)},
	})},
	{name: "a tracking that cannot be read when the proof is due calls a person at once", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, raised: AlertShippedAfter},
		{after: time.Hour, ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused, raised: AlertUnreadable, check: has("the proof was due 2026-11-10 16:00 UTC and the tracking cannot be read: no verdict follows")},
		{after: time.Hour, ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused, check: flagIs("the tracking cannot be read: look at it yourself")},
		{after: 71 * time.Hour, ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused, raised: AlertUnreadable, check: stillRaised(AlertUnreadable)},
		{after: day1, ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Disputable, raised: AlertDisputable, check: has("a number but no scan")},
	})},
	{name: "a tracking that is readable for a moment calls again", steps: then(reach[state.Refused], []step{
		{after: at(proofDue), ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused, raised: AlertUnreadable + " " + AlertShippedAfter},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused},
		{after: time.Hour, ev: reads(state.PhaseShipped, lacking(oddScan)), to: state.Refused, raised: AlertUnreadable, check: stillRaised(AlertUnreadable)},
	})},
	{name: "a deadline that passes while a part is unread", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - time.Hour, ev: reads(state.PhaseProcessing, lacking(oddScan)), to: state.Refused},
		{after: time.Hour, ev: plain(state.EventTick), to: state.Refused, raised: AlertUnreadable, plans: "read:tracking"},
	})},
	{name: "refunds that cannot be read", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, lacking("read refund: odd")), to: state.Cancelled, check: has("read refund: odd")},
		silent(day1, reads(state.PhaseClosed, lacking("read refund: odd")), state.Cancelled),
		{after: day1, ev: reads(state.PhaseClosed, lacking("read refund: odd")), to: state.Cancelled, raised: AlertUnreadable, check: flagIs("the refund cannot be read: look at it yourself")},
		{after: day1, ev: reads(state.PhaseClosed), to: state.Cancelled, check: readAgain},
	})},
	{name: "the tracking of a closed order is no matter", steps: then(reach[state.Cancelled], []step{
		silent(day1, reads(state.PhaseClosed, lacking("read tracking: odd"), refundsRead), state.Cancelled),
		silent(day1, reads(state.PhaseClosed, lacking("read tracking: odd"), refundsRead), state.Cancelled),
		silent(day1, reads(state.PhaseClosed, lacking("read tracking: odd"), refundsRead), state.Cancelled),
	})},
}

func refundsRead(r *state.Reading) { r.RefundRead = true }

func TestUnread(t *testing.T) { t.Parallel(); playAll(t, slices.Concat(unreadStories, partStories)) }

// A tracking that is never readable gives no verdict, however long it stays so:
// a person is called when the proof is due, and again when the last grace ends.
func TestTrackingNeverReadable(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	odd := func() state.Event { return reads(state.PhaseShipped, lacking(oddScan)) }
	d.ticks(proofDue, odd)
	if d.c.Raised[AlertUnreadable] == "" || d.got[len(d.got)-1] != AlertUnreadable {
		t.Errorf("when the proof is due the alerts are %q, open %v", d.got, d.c.Raised)
	}
	d.got, d.all = nil, nil
	d.ticks(proofDue.Add(30*day1), odd)
	if d.c.Status != state.Refused || d.c.Proof != state.ProofNone || d.c.PartFailures < 30 {
		t.Errorf("%s with proof %s after %d such readings", d.c.Status, d.c.Proof, d.c.PartFailures)
	}
	if got := strings.Join(d.got, " "); got != AlertUnreadable {
		t.Errorf("in the 30 days after proof_due: alerts %q; the journal %q", got, d.all)
	}
}

// A page that fails in ever new words does not fill the journal.
func TestUnreadReasonsAreBounded(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	for i := range 50 {
		d.do(time.Minute, reads(state.PhaseProcessing, lacking(fmt.Sprint("read tracking: ", i))))
	}
	if n := strings.Count(strings.Join(d.all, "\n"), "read tracking: "); n != 2 {
		t.Errorf("told of %d times: %q", n, d.all)
	}
}

// A reading whose data and page differ, or whose data never came, decides
// nothing, whatever it shows, and counts as one that failed.
func TestDoubtfulReadingsDecideNothing(t *testing.T) {
	t.Parallel()
	for _, phase := range []state.Phase{state.PhaseClosed, state.PhaseShipped, state.PhasePending, state.PhaseProcessing} {
		for _, status := range []state.Status{state.Queued, state.Held, state.Requested, state.Refused, state.Cancelled, state.Disputable} {
			c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: status, SupplierOrder: number, RequestedAt: base, PendingSeen: true, NextCheckAt: base}
			ev := reads(phase)
			ev.Reading.Unclear = "the page's data never came"
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
