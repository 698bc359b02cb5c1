package machine

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// told is a refusal that asks for the tracking.
func told(ev state.Event, raised string) step {
	return step{after: time.Hour, ev: ev, to: state.Refused, raised: raised, plans: "read:tracking"}
}

func caption(text string) mod { return func(r *state.Reading) { r.ListText = text } }

func splitOff(numbers ...string) mod { return func(r *state.Reading) { r.Siblings = numbers } }

func closedOn(t time.Time) mod { return func(r *state.Reading) { r.ClosedAt = t } }

// windowOfFiveDays is a pending request of an order whose page counted down
// before it was asked.
var windowOfFiveDays = then(reach[state.Queued], []step{
	{ev: reads(state.PhaseProcessing, countdown(base.Add(5*day1))), to: state.Queued},
	{ev: plain(state.EventBegin), to: state.Requesting},
	{ev: plain(state.EventDispatching), to: state.Requesting},
	{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested},
	{after: time.Minute, ev: reads(state.PhasePending), to: state.Requested},
})

// readingStories begin with a request that stands since base.
var readingStories = []scenario{
	{name: "accepted", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, func(r *state.Reading) { r.ClosedAt = base.Add(30 * time.Minute) }), to: state.Cancelled, check: func(t expect, c state.Case, _ Outcome) {
			if !c.ClosedAt.Equal(base.Add(30*time.Minute)) || !c.AnsweredAt.Equal(c.ClosedAt) {
				t.Errorf("closed %s, answered %s", c.ClosedAt, c.AnsweredAt)
			}
		}},
	})},
	{name: "a closing that the page dates before the request", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, func(r *state.Reading) { r.ClosedAt = base.Add(-time.Hour) }), to: state.Cancelled, check: func(t expect, c state.Case, _ Outcome) {
			if !c.ClosedAt.Equal(base) {
				t.Errorf("closed %s, want the request's time", c.ClosedAt)
			}
		}},
	})},
	{name: "a closing on the day of the request that is read late", steps: then(reach[state.Requested], []step{
		{after: 6 * day1, ev: reads(state.PhaseClosed, closedOn(day(11, 3, 8))), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			if clockAt(state.ClockRefundWarn, refundWarn)(t, c, out); !c.ClosedAt.Equal(base) || !c.AnsweredAt.Equal(base) {
				t.Errorf("closed %s, answered %s, want no time before the request", c.ClosedAt, c.AnsweredAt)
			}
		}},
	})},
	{name: "accepted in time, read after the window's end", steps: then(windowOfFiveDays, []step{
		{after: 8 * day1, ev: reads(state.PhaseClosed, closedOn(base.Add(day1))), to: state.Cancelled,
			check: saysOnly("the supplier accepted: the order is closed (asked 2026-11-03 10:00 UTC, closed 2026-11-04 10:00 UTC)")},
	})},
	{name: "closed on the window's last day", steps: then(windowOfFiveDays, []step{
		{after: 8 * day1, ev: reads(state.PhaseClosed, closedOn(day(11, 8, 0))), to: state.Cancelled,
			check: has("closed on the day on which the ship window ended, 2026-11-08 10:00 UTC")},
	})},
	{name: "closed at the window's end", steps: then(windowOfFiveDays, []step{
		{after: 8 * day1, ev: reads(state.PhaseClosed, closedOn(day(11, 8, 10))), to: state.Cancelled, check: has("the ship window ended 2026-11-08 10:00 UTC without an answer")},
	})},
	{name: "closed by a reading just before the window's end", steps: then(windowOfFiveDays, []step{
		{after: 5*day1 - 2*time.Minute, ev: reads(state.PhaseClosed), to: state.Cancelled, check: has("the supplier accepted")},
	})},
	{name: "still pending", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhasePending, caption("Cancellation requested")), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if c.ListText != "Cancellation requested" || c.Amount != usd(20) || c.Store != "Lucky Store" {
				t.Errorf("kept %+v", c)
			}
		}},
	})},
	{name: "refused in words", steps: then(reach[state.Requested], []step{
		told(reads(state.PhaseProcessing, refusedText, func(r *state.Reading) { r.AnsweredAt = base.Add(10 * time.Minute) }), AlertRefused),
		{after: time.Hour, ev: plain(state.EventTick), to: state.Refused, check: func(t expect, c state.Case, _ Outcome) {
			if !c.AnsweredAt.Equal(base.Add(10 * time.Minute)) {
				t.Errorf("answered %s, want the page's own time", c.AnsweredAt)
			}
		}},
	})},
	{name: "refused by silence", steps: then(reach[state.Requested], []step{told(reads(state.PhaseProcessing), AlertRefused)})},
	{name: "refused by silence while verified", steps: then(reach[state.Requested], []step{told(reads(state.PhaseRiskHold), AlertRefused)})},
	{name: "shipped", steps: then(reach[state.Requested], []step{
		told(reads(state.PhaseShipped), AlertRefused+" "+AlertShippedAfter),
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-day1)))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "delivered", steps: then(reach[state.Requested], []step{told(reads(state.PhaseDelivered), AlertRefused+" "+AlertShippedAfter)})},
	{name: "finished", steps: then(reach[state.Requested], []step{told(reads(state.PhaseFinished), AlertRefused+" "+AlertShippedAfter)})},
	{name: "shipped and scanned before we asked", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-day1)))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "shipped and scanned after we asked", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(time.Minute)))), to: state.Disputable, raised: AlertDisputable + " " + AlertShippedAfter},
	})},
	{name: "an incomplete page is no refusal", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseUnknown, incomplete), to: state.Requested},
	})},
	{name: "an unknown state is told once and resolved", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseUnknown), to: state.Requested, raised: AlertUnknownState, check: has("does not know: nothing concluded")},
		{after: time.Hour, ev: reads(state.PhaseUnknown), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested, check: func(t expect, c state.Case, out Outcome) {
			if len(out.Resolved) != 1 || len(c.Raised) != 0 {
				t.Errorf("resolved %q, open %v", out.Resolved, c.Raised)
			}
		}},
		{after: time.Hour, ev: reads(state.PhaseUnknown), to: state.Requested, raised: AlertUnknownState},
	})},
	{name: "what the list says stays news where its page tells nothing", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseUnknown, caption("Canceled")), to: state.Requested, raised: AlertUnknownState, check: func(t expect, c state.Case, _ Outcome) {
			if c.ListText != "" {
				t.Errorf("kept %q", c.ListText)
			}
		}},
	})},
	{name: "unpaid again is no answer", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseUnpaid), to: state.Requested},
	})},
	{name: "the list proves nothing", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, fromList), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseShipped, fromList, otherNumber), to: state.Requested},
	})},
	{name: "an order that may have been split off is told of once", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhasePending, fromList, splitOff("8190000000000777")), to: state.Requested, raised: AlertSplit,
			check: saysOnly("AliExpress order 8190000000000777 has the payment and the store of " + number + ", and no shop order names it: it may have been split off, and is not cancelled with it")},
		{after: time.Hour, ev: reads(state.PhasePending, fromList, splitOff("8190000000000777")), to: state.Requested, check: saysOnly()},
		{after: time.Hour, ev: reads(state.PhaseClosed, splitOff("8190000000000777", "8190000000000778")), to: state.Cancelled, raised: AlertSplit},
	})},
	{name: "a page of another order is set aside", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, otherNumber), to: state.Requested, raised: AlertFault, check: has("set aside")},
		{after: time.Hour, ev: reads(state.PhaseClosed, otherNumber), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if c.DueAt.IsZero() {
				t.Errorf("is never read again")
			}
		}},
	})},
	{name: "a refusal that is taken back", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.RequestedAt.Equal(base) || !c.AnsweredAt.IsZero() || !c.Clocks[state.ClockProofDue].IsZero() {
				t.Errorf("requested %s, answered %s, clocks %v; want the first request and no answer", c.RequestedAt, c.AnsweredAt, c.Clocks)
			}
		}},
		told(reads(state.PhaseProcessing), AlertRefused),
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: has("closed after all")},
	})},
	{name: "held in doubt of the number, then found closed", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, fromList), to: state.Held},
		{ev: decision(state.EventRetry, nil), to: state.Held, plans: "read:tracking"},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled},
	})},
	{name: "held and found asked", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested},
	})},
	{name: "held and read as before", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Held, check: func(t expect, c state.Case, _ Outcome) {
			if c.DueAt.IsZero() {
				t.Errorf("due %s; want a next reading", c.DueAt)
			}
		}},
	})},
	{name: "held and marked shipped meanwhile", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: func(t expect, c state.Case, _ Outcome) {
			if !c.Clocks[state.ClockShipWindowEnd].IsZero() || c.Clocks[state.ClockProofDue].IsZero() {
				t.Errorf("clocks %v; want the proof clock and no ship window", c.Clocks)
			}
		}},
	})},
	{name: "a held case that reads as another order", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, otherNumber), to: state.Held, raised: AlertHeld, check: has("the page shows order")},
		{after: time.Hour, ev: reads(state.PhaseClosed, otherNumber), to: state.Held},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Held},
	})},
	{name: "a queued case that reads as another order", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseClosed, otherNumber), to: state.Held, raised: AlertHeld, check: drops(state.EffectRequest)},
	})},
}

func TestReadings(t *testing.T) { t.Parallel(); playAll(t, readingStories) }

// The journal names the evidence of what it tells, once.
func TestEvidenceGoesWithTheFirstEntry(t *testing.T) {
	t.Parallel()
	c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Requested, SupplierOrder: number, RequestedAt: base, PendingSeen: true}
	ev := reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(time.Hour))), readAt(base.Add(2*time.Hour)))
	ev.Evidence = []string{"page.html", "shot.png"}
	out, err := policyOf(Auto).Step(c, ev, base.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range out.Entries {
		want := 0
		if i == 0 {
			want = 2
		}
		if len(e.Evidence) != want {
			t.Errorf("entry %d (%s) names %q, want %d files", i, e.Detail, e.Evidence, want)
		}
	}
}

// TestNothingFollowsFromAReadingInDoubt, in whatever status, but a closing that
// the page dates.
func TestNothingFollowsFromAReadingInDoubt(t *testing.T) {
	t.Parallel()
	doubtful := func(p *Policy) { p.ClockDoubtful = true }
	for _, s := range []state.Status{state.Held, state.Queued, state.Requesting, state.Requested, state.Cancelled, state.Refused, state.Disputable, state.Disputed} {
		for _, page := range []state.Event{
			reads(state.PhaseProcessing, refusedText), reads(state.PhaseShipped, tracked(late("LP1"))), reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Hour)))),
			reads(state.PhaseClosed), reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), reads(state.PhaseProcessing, tracked()),
		} {
			d := drivenTo(t, s)
			doubtful(&d.p)
			before := d.c.Clone()
			d.do(500*day1, page)
			if d.c.Status != s || len(d.all) != 1 || !strings.Contains(d.all[0], "clock is in doubt") || !reflect.DeepEqual(d.c.Clocks, before.Clocks) || !d.c.ReadAt.Equal(before.ReadAt) || len(d.c.Tracking) != len(before.Tracking) {
				t.Errorf("%s: %s, journal %q", s, d.c.Status, d.all)
			}
		}
	}
	d := drivenTo(t, state.Requested)
	doubtful(&d.p)
	if d.do(500*day1, reads(state.PhaseClosed, closedOn(base.Add(day1)))); d.c.Status != state.Cancelled || !d.c.ClosedAt.Equal(base.Add(day1)) {
		t.Errorf("%s, closed %s", d.c.Status, d.c.ClosedAt)
	}
}
