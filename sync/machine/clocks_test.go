package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// heldForWindow was not asked before its ship window ended.
var heldForWindow = then(reach[state.Queued], []step{
	{ev: reads(state.PhaseProcessing), to: state.Queued},
	{after: windowEnd.Sub(base), ev: plain(state.EventTick), to: state.Held, raised: AlertHeld},
})

// The payment is of Monday 2 November in Shanghai; the seventh working day
// after it is Wednesday 11 November.
var windowEnd = day(11, 11, 16)

func countdown(t time.Time) mod { return func(r *state.Reading) { r.WindowEnd = t } }

// countedDown is an attempt that saw the page count down before it asked.
func countedDown(ev state.Event, end time.Time) state.Event {
	ev.Asked.WindowEnd = end
	return ev
}

func closesAt(t time.Time) mod { return func(r *state.Reading) { r.DisputeCloses = t } }

func finishedOn(t time.Time) mod { return func(r *state.Reading) { r.FinishedAt = t } }

func unpaid(r *state.Reading) { r.PaidAt = time.Time{} }

func noClock(k state.Clock) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if got, ok := c.Clocks[k]; ok {
			t.Errorf("clock %s is %s, want none", k, got)
		}
	}
}

func ordered(t time.Time) mod { return func(r *state.Reading) { r.OrderedAt = t } }

// shippedRefused was shipped on 5 November and refused.
var shippedRefused = then(reach[state.Requested], []step{
	{after: 3 * day1, ev: reads(state.PhaseShipped, shippedOn(day(11, 5, 10))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter, plans: "read:tracking"},
})

var clockStories = []scenario{
	{name: "not asked in time", steps: then(reach[state.Queued], []step{
		{due: true, ev: plain(state.EventTick), to: state.Queued, raised: AlertUnasked, check: has("not asked within 24h0m0s")},
		{after: day1, ev: plain(state.EventTick), to: state.Queued},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventTick), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested, check: func(t expect, _ state.Case, out Outcome) {
			if len(out.Resolved) != 1 {
				t.Errorf("resolved %q, want that it was not asked", out.Resolved)
			}
		}},
	})},
	{name: "a silent supplier", steps: then(reach[state.Requested], []step{
		{after: 72*time.Hour - time.Second, ev: plain(state.EventTick), to: state.Requested, plans: "read:detail"},
		{after: time.Second, ev: plain(state.EventTick), to: state.Requested, raised: AlertAnswerOverdue, plans: "read:detail"},
		{after: time.Second, ev: plain(state.EventTick), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			if len(out.Resolved) != 1 || len(c.Raised) != 0 {
				t.Errorf("resolved %q, open %v", out.Resolved, c.Raised)
			}
		}},
	})},
	{name: "the page's countdown wins", steps: then(reach[state.Held], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Held, check: clockAt(state.ClockShipWindowEnd, windowEnd)},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(day(11, 20, 8))), to: state.Held, check: clockAt(state.ClockShipWindowEnd, day(11, 20, 8))},
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Held, check: clockAt(state.ClockShipWindowEnd, day(11, 20, 8))},
	})},
	{name: "the time for the answer is no ship window", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhasePending, countdown(day(11, 5, 8))), to: state.Requested, check: clockAt(state.ClockShipWindowEnd, windowEnd)},
	})},
	{name: "the countdown before the request stays", steps: then(reach[state.Requesting], []step{
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: countedDown(ends(state.AskPending, look(state.PhasePending, countdown(day(11, 5, 8)))), day(11, 20, 8)), to: state.Requested, check: clockAt(state.ClockShipWindowEnd, day(11, 20, 8))},
	})},
	{name: "the time of the check is no ship window", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseRiskHold, countdown(day(11, 4, 8))), to: state.Queued, check: clockAt(state.ClockShipWindowEnd, windowEnd)},
	})},
	{name: "the ship window ends while it is asked", policy: func(p *Policy) { p.Answer = 30 * day1 }, steps: then(reach[state.Requested], []step{
		{after: windowEnd.Sub(base) - day1, ev: plain(state.EventTick), to: state.Requested, raised: AlertWindowEnding, plans: "read:detail"},
		{after: time.Minute, ev: reads(state.PhasePending), to: state.Requested},
		{after: day1, ev: plain(state.EventTick), to: state.Requested, plans: "read:detail", check: has("the ship window ended")},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled},
	})},
	{name: "a window that the seller extended warns again", steps: then(reach[state.Held], []step{
		{ev: reads(state.PhaseProcessing), to: state.Held},
		{after: windowEnd.Sub(base) - day1, ev: plain(state.EventTick), to: state.Held, raised: AlertWindowEnding, plans: "read:detail"},
		{after: time.Minute, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(time.Second))), to: state.Held, check: func(t expect, c state.Case, _ Outcome) {
			if c.DueAt.Before(windowEnd.Add(-day1 + 2*time.Minute)) {
				t.Errorf("due %s, although the countdown moved by a second only", c.DueAt)
			}
		}},
		{after: time.Minute, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(5*day1))), to: state.Held},
		{after: 5 * day1, ev: plain(state.EventTick), to: state.Held, raised: AlertWindowEnding, plans: "read:detail", check: has("the ship window ends 2026-11-16")},
	})},
	{name: "the ship window ends before it could be asked", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseProcessing), to: state.Queued},
		{after: windowEnd.Sub(base) - time.Minute, ev: plain(state.EventTick), to: state.Queued, raised: AlertUnasked + " " + AlertWindowEnding},
		{after: time.Minute, ev: plain(state.EventTick), to: state.Held, raised: AlertHeld, plans: "", check: drops(state.EffectRequest)},
	})},
	{name: "a case held for its window goes on when the seller extends it", steps: then(heldForWindow, []step{
		{after: time.Minute, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(10*time.Minute))), to: state.Held}, // it wavers
		{after: time.Hour, ev: reads(state.PhaseRiskHold, countdown(windowEnd.Add(5*day1))), to: state.Held},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(5*day1))), to: state.Queued, plans: "request", check: has("later than when it was held")},
		{ev: plain(state.EventBegin), to: state.Requesting},
	})},
	{name: "a case held for its window after an attempt goes on too", steps: then(reach[state.Requesting], []step{
		{after: windowEnd.Sub(base) + time.Hour, ev: ends(state.AskNotOffered, look(state.PhaseProcessing)), to: state.Held, raised: AlertHeld},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(5*day1))), to: state.Queued, plans: "request"},
	})},
	{name: "a case held for its window and paused goes on when resumed", steps: then(heldForWindow, []step{
		{ev: decision(state.EventPause, nil), to: state.Held},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(5*day1))), to: state.Queued},
		{ev: decision(state.EventResume, nil), to: state.Queued, plans: "request"},
	})},
	{name: "a case held for more than its window waits for a person", steps: then(heldForWindow, []step{
		{ev: mappedEv("#7"), to: state.Held, raised: AlertHeld},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(windowEnd.Add(5*day1))), to: state.Held},
	})},
	{name: "the ship window ends while it is held", steps: then(reach[state.Held], []step{
		{ev: reads(state.PhaseProcessing), to: state.Held},
		{after: windowEnd.Sub(base) - day1, ev: plain(state.EventTick), to: state.Held, raised: AlertWindowEnding, plans: "read:detail"},
		{after: day1, ev: plain(state.EventTick), to: state.Held, raised: AlertWindowOver, plans: "read:detail"},
	})},
	{name: "a daemon that slept over the window does not warn of it", steps: then(reach[state.Held], []step{
		{ev: reads(state.PhaseProcessing), to: state.Held},
		{after: windowEnd.Sub(base) + time.Hour, ev: plain(state.EventTick), to: state.Held, raised: AlertWindowOver, plans: "read:detail"},
		{after: time.Second, ev: plain(state.EventTick), to: state.Held},
	})},
	{name: "the ship window ends while the request is in doubt", steps: then(doubted, []step{
		{ev: reads(state.PhaseProcessing), to: state.Requesting},
		{after: windowEnd.Sub(base), ev: plain(state.EventTick), to: state.Requesting, raised: AlertUnasked, plans: "read:detail", check: has("reading the order")},
	})},
	{name: "the proof is due", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - day1, ev: plain(state.EventTick), to: state.Refused, raised: AlertProofEnding, plans: "read:tracking"},
		{after: day1, ev: plain(state.EventTick), to: state.Refused, plans: "read:tracking", check: has("proof due 2026-11-10 16:00 UTC reached")},
		{after: time.Second, ev: plain(state.EventTick), to: state.Refused},
	})},
	{name: "the dispute window", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputable, raised: AlertDisputable, check: clockAt(state.ClockDisputeOpens, day(11, 15, 10))},
		{after: time.Hour, ev: reads(state.PhaseShipped, closesAt(day(12, 20, 8))), to: state.Disputable, check: clockAt(state.ClockDisputeCloses, day(12, 20, 8))},
		{after: time.Hour, ev: reads(state.PhaseShipped), to: state.Disputable, check: clockAt(state.ClockDisputeCloses, day(12, 20, 8))},
		{after: day(11, 15, 10).Sub(day(11, 6, 13)), ev: plain(state.EventTick), to: state.Disputable, raised: AlertDisputeOpen, plans: "read:tracking"},
		{after: day(12, 19, 8).Sub(day(11, 15, 10)), ev: plain(state.EventTick), to: state.Disputable, raised: AlertDisputeClosing, plans: "read:tracking"},
		{after: day1, ev: plain(state.EventTick), to: state.Disputable, raised: AlertDisputeClosed, plans: "read:tracking"},
		{after: time.Second, ev: plain(state.EventTick), to: state.Disputable},
	})},
	{name: "the dispute window closes after delivery", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseDelivered, tracked(state.Tracking{Number: "LP1", DeliveredAt: day(11, 6, 8)})), to: state.Refused, check: clockAt(state.ClockDisputeCloses, day(11, 21, 8))},
	})},
	{name: "the dispute window closes ninety days after the order", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, ordered(day(11, 2, 10))), to: state.Refused, check: clockAt(state.ClockDisputeCloses, day(11, 2, 10).Add(90*day1))},
	})},
	{name: "the dispute window closes after a confirmation", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseFinished), to: state.Refused, check: func(t expect, c state.Case, out Outcome) {
			clockAt(state.ClockDisputeCloses, day(11, 21, 11))(t, c, out)
			has("delivered or confirmed by 2026-11-06 11:00 UTC at the latest")(t, c, out)
		}},
		{after: day1, ev: reads(state.PhaseFinished), to: state.Refused, check: clockAt(state.ClockDisputeCloses, day(11, 21, 11))},
		{after: day1, ev: reads(state.PhaseFinished, finishedOn(day(11, 5, 8))), to: state.Refused, check: func(t expect, c state.Case, out Outcome) {
			clockAt(state.ClockDisputeCloses, day(11, 20, 8))(t, c, out)
			has("delivered or confirmed 2026-11-05 08:00 UTC")(t, c, out)
		}},
	})},
	{name: "the dispute window closes after a delivery without a time", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputable, raised: AlertDisputable},
		{after: day1, ev: reads(state.PhaseDelivered), to: state.Disputable, check: clockAt(state.ClockDisputeCloses, day(11, 22, 11))},
	})},
	{name: "a confirmation that is read with the refusal", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseFinished, shippedOn(day(11, 3, 8))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter, plans: "read:tracking", check: clockAt(state.ClockDisputeCloses, day(11, 18, 11))},
	})},
	{name: "the site's own shipped time wins", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter, check: clockAt(state.ClockDisputeOpens, day(11, 13, 11))},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(day(11, 2, 8))), to: state.Refused, check: clockAt(state.ClockDisputeOpens, day(11, 12, 8))},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, check: clockAt(state.ClockDisputeOpens, day(11, 12, 8))},
	})},
	{name: "the site's own shipped time wins over an earlier guess too", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(day(11, 4, 8))), to: state.Refused, check: clockAt(state.ClockDisputeOpens, day(11, 14, 8))},
	})},
	{name: "a dispute that opens later than was guessed", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputable, raised: AlertDisputable + " " + AlertShippedAfter, check: clockAt(state.ClockDisputeOpens, day(11, 13, 11))},
		{after: 10 * day1, ev: plain(state.EventTick), to: state.Disputable, raised: AlertDisputeOpen, plans: "read:tracking"},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1")), shippedOn(day(11, 4, 8))), to: state.Disputable, check: func(t expect, c state.Case, out Outcome) {
			clockAt(state.ClockDisputeOpens, day(11, 14, 8))(t, c, out)
			if c.Raised[AlertDisputeOpen] != "" || len(out.Resolved) != 1 {
				t.Errorf("open %v, resolved %q", c.Raised, out.Resolved)
			}
		}},
		{after: day1, ev: plain(state.EventTick), to: state.Disputable, raised: AlertDisputeOpen, plans: "read:tracking"},
	})},
	{name: "a delivery of another parcel closes no dispute", steps: then(shippedRefused, []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, ordered(day(11, 2, 10)), tracked(state.Tracking{Number: "LP1", FirstScanAt: day(9, 1, 8), DeliveredAt: day(9, 20, 8)})), to: state.Refused, raised: AlertOldScan,
			check: clockAt(state.ClockDisputeCloses, day(11, 2, 10).Add(90*day1))},
	})},
	{name: "the time to pay is no ship window", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, countdown(base.Add(20*time.Minute)), unpaid), to: state.Queued, check: noClock(state.ClockShipWindowEnd)},
		{after: 21 * time.Minute, ev: plain(state.EventTick), to: state.Queued},
		{after: time.Hour, ev: reads(state.PhaseProcessing, countdown(day(11, 9, 8))), to: state.Queued, check: clockAt(state.ClockShipWindowEnd, day(11, 9, 8))},
		{after: time.Hour, ev: reads(state.PhaseUnknown, countdown(day(11, 4, 8))), to: state.Queued, check: clockAt(state.ClockShipWindowEnd, day(11, 9, 8))},
		{after: time.Hour, ev: reads(state.PhaseRiskHold, countdown(day(11, 10, 8))), to: state.Queued, check: clockAt(state.ClockShipWindowEnd, day(11, 9, 8))},
	})},
	{name: "deadlines warn while it is paused", steps: then(reach[state.Requested], []step{
		{ev: decision(state.EventPause, nil), to: state.Requested},
		{due: true, ev: plain(state.EventTick), to: state.Requested, raised: AlertAnswerOverdue},
	})},
}

func TestClocks(t *testing.T) { t.Parallel(); playAll(t, clockStories) }

// A case is the same whatever zone the process runs in and whatever zone its
// times came in: nothing is counted in local days.
func TestZonesDoNotMatter(t *testing.T) {
	t.Parallel()
	p := policyOf(Auto)
	run := func(zone *time.Location, refusedAt time.Time) state.Case {
		c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Requested, SupplierOrder: number, RequestedAt: base.In(zone), PendingSeen: true}
		ev := reads(state.PhaseProcessing, readAt(refusedAt.In(zone)), func(r *state.Reading) { r.PaidAt = refusedAt.Add(-day1).In(zone) })
		out, err := p.Step(c, ev, refusedAt.In(zone))
		if err != nil {
			t.Fatal(err)
		}
		return out.Case
	}
	for _, refusedAt := range []time.Time{
		day(3, 8, 9), day(10, 25, 5), day(11, 1, 6), // around the changes of the clocks in 2026
		time.Date(2026, 2, 12, 2, 0, 0, 0, time.UTC), // 11 February in Los Angeles
	} {
		want := run(time.UTC, refusedAt)
		for _, name := range []string{"America/Los_Angeles", "Europe/Berlin", "Asia/Shanghai", "Pacific/Kiritimati"} {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			got := run(zone, refusedAt)
			for k, at := range want.Clocks {
				if !got.Clocks[k].Equal(at) || got.Clocks[k].Location() != time.UTC {
					t.Errorf("%s in %s: %s, want %s", k, name, got.Clocks[k], at)
				}
			}
			if len(want.Clocks) < 3 || !got.DueAt.Equal(want.DueAt) {
				t.Errorf("%s: due %s with %v, want %s with %v", name, got.DueAt, got.Clocks, want.DueAt, want.Clocks)
			}
		}
	}
	if got, want := run(time.UTC, time.Date(2026, 2, 12, 2, 0, 0, 0, time.UTC)).Clocks[state.ClockProofDue], time.Date(2026, 2, 26, 16, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("five working days from 2026-02-12 end %s, want %s", got, want)
	}
}

// A deadline in a year without published holidays is marked, and no longer so
// once the page tells it.
func TestEstimatedClocks(t *testing.T) {
	t.Parallel()
	p := policyOf(Auto)
	paid := func(r *state.Reading) { r.PaidAt = day(12, 30, 10) }
	c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Requested, SupplierOrder: number, RequestedAt: base}
	for _, tt := range []struct {
		mods []mod
		want int
	}{{[]mod{paid}, 1}, {[]mod{paid, countdown(day(12, 31, 10))}, 0}} {
		out, err := p.Step(c, stamped(reads(state.PhaseProcessing, tt.mods...), day(12, 30, 12)), day(12, 30, 12))
		if err != nil || len(out.Case.Estimated) != tt.want {
			t.Fatalf("estimated %v, %v; want %d", out.Case.Estimated, err, tt.want)
		}
		c = out.Case
	}
}

// What rests on a deadline that may be counted wrong says so.
func TestVerdictsOnAnEstimateSaySo(t *testing.T) {
	t.Parallel()
	const want = "(an estimate: the days off of 2027 are not known)"
	for name, page := range map[string]mod{"no number": tracked(), "no scan": tracked(none("LP1")), "unread": lacking(oddScan)} {
		d := drivenTo(t, state.Requested)
		d.now = time.Date(2026, 12, 29, 2, 0, 0, 0, time.UTC)
		d.do(0, reads(state.PhaseProcessing, refusedText, page))
		due := d.c.Clocks[state.ClockProofDue]
		d.all = nil
		d.do(due.Sub(d.now), reads(state.PhaseProcessing, page))
		if got := strings.Join(d.all, " "); !strings.Contains(got, want) || (d.c.Status == state.Disputable) == (name == "unread") {
			t.Errorf("%s: %s; due %s counts New Year as worked: %q", name, d.c.Status, due, got)
		}
	}
	d := drivenTo(t, state.Queued)
	d.do(0, reads(state.PhaseProcessing, func(r *state.Reading) { r.PaidAt = time.Date(2026, 12, 29, 2, 0, 0, 0, time.UTC) }))
	d.do(d.c.Clocks[state.ClockShipWindowEnd].Sub(d.now), plain(state.EventTick))
	if d.c.Status != state.Held || !strings.Contains(HeldWhy(d.c), want) {
		t.Errorf("%s: %s", d.c.Status, HeldWhy(d.c))
	}
}
