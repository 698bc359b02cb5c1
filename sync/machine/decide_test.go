package machine

import (
	"testing"
	"time"

	"countermand/state"
)

func snoozeUntil(t time.Time) state.Event {
	return decision(state.EventSnooze, &state.Decision{Until: t})
}

var disputeStories = []scenario{
	{name: "opened, won", steps: then(reach[state.Disputable], []step{
		{ev: decision(state.EventOpened, &state.Decision{DisputeID: "D7"}), to: state.Disputed, check: func(t expect, c state.Case, out Outcome) {
			if c.DisputeID != "D7" || len(out.Resolved) != 1 {
				t.Errorf("dispute %q, resolved %q", c.DisputeID, out.Resolved)
			}
			has("ann opened a dispute D7")(t, c, out)
		}},
		{after: day1, ev: decision(state.EventWon, nil), to: state.Won, check: idle},
	})},
	{name: "opened at once after the refusal", steps: then(reach[state.Refused], []step{{ev: decision(state.EventOpened, nil), to: state.Disputed}})},
	{name: "proof accepted", steps: then(reach[state.Disputable], []step{{ev: decision(state.EventProof, nil), to: state.Shipped}})},
	{name: "proof accepted before the queue", steps: then(reach[state.Refused], []step{{ev: decision(state.EventProof, nil), to: state.Shipped}})},
	{name: "written off in the queue", steps: then(reach[state.Disputable], []step{{ev: decision(state.EventWriteOff, nil), to: state.WrittenOff}})},
	{name: "written off when refused", steps: then(reach[state.Refused], []step{{ev: decision(state.EventWriteOff, nil), to: state.WrittenOff}})},
	{name: "left alone in the queue", steps: then(reach[state.Disputable], []step{{ev: decision(state.EventIgnore, nil), to: state.Ignored}})},
	{name: "closed after all", steps: then(reach[state.Disputable], []step{
		{after: day1, ev: reads(state.PhaseClosed), to: state.Cancelled, check: func(t expect, c state.Case, _ Outcome) {
			if !c.Clocks[state.ClockDisputeOpens].IsZero() || c.Clocks[state.ClockRefundDue].IsZero() {
				t.Errorf("clocks %v", c.Clocks)
			}
		}},
	})},
	{name: "a scan changes the proof, not the status", steps: then(reach[state.Refused], []step{
		toDisputable(at(proofDue), reads(state.PhaseProcessing, tracked()), "no tracking number"),
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"))), to: state.Disputable, check: has("from “no proof of shipment” to “scanned before we asked”")},
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1")), fromList), to: state.Disputable},
		{after: day1, ev: reads(state.PhaseShipped, otherNumber), to: state.Disputable, raised: AlertFault},
		{ev: decision(state.EventOpened, nil), to: state.Disputed},
		{after: day1, ev: reads(state.PhaseShipped, tracked(late("LP2"))), to: state.Disputed, check: has("to “scanned after we asked”")},
	})},
	{name: "a refund seen in a dispute is a person's to judge", steps: then(reach[state.Disputed], []step{
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Disputed, raised: AlertDisputeRefund, check: has("decide won or lost")},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Disputed, check: flagged("a refund of 20.00 USD was seen: decide won or lost")},
		{after: day1, ev: reads(state.PhaseClosed, fromList), to: state.Disputed},
		{after: day1, ev: reads(state.PhaseClosed, otherNumber), to: state.Disputed, raised: AlertFault},
	})},
	{name: "a dispute without an end is reminded of", steps: then(reach[state.Disputable], []step{
		{ev: decision(state.EventOpened, &state.Decision{At: base}), to: state.Disputed, check: clockAt(state.ClockDisputeDue, base.Add(12*day1))},
		{after: 11 * day1, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputed},
		{due: true, ev: plain(state.EventTick), to: state.Disputed, plans: "read:tracking"},
		{ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputed},
		{due: true, ev: plain(state.EventTick), to: state.Disputed, raised: AlertDisputeOverdue, plans: "read:tracking", check: has("no end of the dispute opened 2026-11-03 10:00 UTC is recorded by 2026-11-15 10:00 UTC")},
		{after: day1, ev: plain(state.EventTick), to: state.Disputed, plans: "read:tracking"},
		{ev: snoozeUntil(base.Add(20 * day1)), to: state.Disputed, check: func(t expect, _ state.Case, out Outcome) {
			if len(out.Resolved) != 1 {
				t.Errorf("resolved %q, want the reminder", out.Resolved)
			}
		}},
		{ev: decision(state.EventWon, nil), to: state.Won, check: idle},
	})},
	{name: "snoozed", steps: then(reach[state.Disputable], []step{
		{ev: snoozeUntil(base), refused: "in the future"},
		{ev: plain(state.EventSnooze), refused: "in the future"},
		{ev: snoozeUntil(day(11, 3, 20)), to: state.Disputable, check: func(t expect, _ state.Case, out Outcome) {
			if len(out.Resolved) != 1 {
				t.Errorf("resolved %q, want the alert of the queue", out.Resolved)
			}
		}},
		{due: true, ev: plain(state.EventTick), to: state.Disputable, raised: AlertSnoozed},
		{after: time.Second, ev: plain(state.EventTick), to: state.Disputable},
		{ev: snoozeUntil(day(11, 3, 21)), to: state.Disputable},
		{due: true, ev: plain(state.EventTick), to: state.Disputable, raised: AlertSnoozed},
	})},
	{name: "snoozed while disputed", steps: then(reach[state.Disputed], []step{
		{ev: snoozeUntil(day(11, 3, 20)), to: state.Disputed},
		{due: true, ev: plain(state.EventTick), to: state.Disputed, raised: AlertSnoozed},
		{ev: decision(state.EventLost, nil), to: state.Lost},
	})},
}

func personStories() (all []scenario) {
	for _, s := range []state.Status{state.Unmapped, state.Held, state.Queued, state.Requesting, state.Requested, state.Cancelled, state.Refused, state.Disputable, state.Disputed} {
		resumed := step{ev: decision(state.EventResume, nil), to: s, check: has("ann resumed it")}
		if s == state.Queued {
			resumed.plans = "request"
		}
		all = append(all, scenario{name: "pause and resume " + string(s), steps: then(reach[s], []step{
			{ev: decision(state.EventResume, nil), refused: "not paused"},
			{ev: decision(state.EventPause, nil), to: s, check: drops(state.EffectRead)},
			{ev: decision(state.EventPause, nil), refused: "paused already"},
			resumed,
		})})
		if s == state.Requested || s == state.Cancelled || s == state.Refused || s == state.Disputable || s == state.Disputed {
			all = append(all, scenario{name: "read now " + string(s), steps: then(reach[s], []step{
				{ev: decision(state.EventRetry, nil), to: s, plans: "read:tracking", check: has("ann wants it read now")},
				{ev: decision(state.EventPause, nil), to: s},
				{ev: decision(state.EventRetry, nil), refused: "resume it first"},
			})})
		}
		withdrawn := step{ev: plain(state.EventWithdrawn), to: state.Ignored, check: has("before the supplier was asked")}
		if s != state.Unmapped && s != state.Held && s != state.Queued {
			withdrawn = step{ev: plain(state.EventWithdrawn), to: s, raised: AlertWithdrawn}
		}
		if s == state.Requesting {
			withdrawn = step{ev: plain(state.EventWithdrawn), to: s, check: has("the attempt under way is stopped")}
		}
		all = append(all, scenario{name: "withdrawn " + string(s), steps: then(reach[s], []step{withdrawn})})
	}
	for s, row := range table {
		if row[state.EventIgnore] != nil {
			all = append(all, scenario{name: "ignore " + string(s), steps: then(reach[s], []step{
				{ev: state.Event{Kind: state.EventIgnore, By: state.ByConsole, Note: "enough"}, to: state.Ignored, check: has("the operator decided to leave it (note: enough)")},
			})})
		}
		if s.Ended() {
			all = append(all, scenario{name: "withdrawn " + string(s), steps: then(reach[s], []step{{ev: plain(state.EventWithdrawn), to: s}})})
		}
	}
	return append(all,
		scenario{name: "ask a queued one now", steps: then(reach[state.Queued], []step{
			{ev: decision(state.EventRetry, nil), to: state.Queued, plans: "request"},
			{ev: decision(state.EventPause, nil), to: state.Queued, check: drops(state.EffectRequest)},
			{ev: decision(state.EventRetry, nil), refused: "resume it first"},
		})},
		scenario{name: "write off a held one", steps: then(reach[state.Held], []step{{ev: decision(state.EventWriteOff, nil), to: state.WrittenOff}})},
		scenario{name: "approve a paused one", steps: then(reach[state.Held], []step{
			{ev: decision(state.EventPause, nil), to: state.Held},
			{ev: decision(state.EventApprove, nil), to: state.Queued},
			{ev: decision(state.EventResume, nil), to: state.Queued, plans: "request"},
		})},
	)
}

func TestDisputes(t *testing.T) { t.Parallel(); playAll(t, disputeStories) }

func TestDecisionsOfAPerson(t *testing.T) { t.Parallel(); playAll(t, personStories()) }
