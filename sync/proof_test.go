package sync

import (
	"testing"
	"time"

	"countermand/state"
)

// The refusal is read on Tuesday 3 November, 19:00 in Shanghai: the fifth
// working day after it is Tuesday 10 November.
var proofDue = day(11, 10, 16)

// at leads from the refusal (an hour after base) to a time.
func at(t time.Time) time.Duration { return t.Sub(base.Add(time.Hour)) }

func proofIs(want state.Proof) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Proof != want {
			t.Errorf("proof is %s, want %s; tracking %+v", c.Proof, want, c.Tracking)
		}
	}
}

func early(id string) state.Tracking { return parcel(id, base.Add(-time.Hour)) }
func late(id string) state.Tracking  { return parcel(id, base.Add(time.Hour)) }
func none(id string) state.Tracking  { return parcel(id, time.Time{}) }

var toDisputable = func(after time.Duration, ev state.Event, want string) step {
	return step{after: after, ev: ev, to: state.Disputable, raised: AlertDisputable, check: has(want)}
}

var proofStories = []scenario{
	{name: "the clock", steps: then(reach[state.Refused], []step{
		{after: time.Minute, ev: reads(state.PhaseProcessing, tracked()), to: state.Refused, check: clockAt(state.ClockProofDue, proofDue)},
	})},
	{name: "no number when it is due", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - time.Second, ev: reads(state.PhaseProcessing, tracked()), to: state.Refused, check: proofIs(state.ProofNone)},
		toDisputable(time.Second, reads(state.PhaseProcessing, tracked()), "no tracking number by 2026-11-10 16:00 UTC"),
	})},
	{name: "a tracking page that was not read proves nothing", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) + day1, ev: reads(state.PhaseProcessing), to: state.Refused},
	})},
	{name: "a number without a scan has its grace", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, raised: AlertShippedAfter, check: proofIs(state.ProofNumberOnly)},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused},
		{after: 71*time.Hour - time.Second, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, check: func(t expect, c state.Case, _ Outcome) {
			if want := proofDue.Add(71 * time.Hour); c.DueAt.After(want) {
				t.Errorf("due %s, want it at the end of the grace at the latest", c.DueAt)
			}
		}},
		toDisputable(time.Second, reads(state.PhaseShipped, tracked(none("LP1"))), "a number but no scan by 2026-11-13 15:00 UTC: LP1 never scanned"),
	})},
	{name: "an early number waits for the due time only", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, raised: AlertShippedAfter},
		toDisputable(at(proofDue)-time.Hour, reads(state.PhaseShipped, tracked(none("LP1"))), "a number but no scan by 2026-11-10 16:00 UTC"),
	})},
	{name: "scanned before", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"))), to: state.Shipped, raised: AlertShipped, check: proofIs(state.ProofScanBefore)},
	})},
	{name: "scanned the moment we asked is before", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "scanned after", steps: then(reach[state.Refused], []step{toDisputable(day1, reads(state.PhaseShipped, tracked(late("LP1"))), "it left after we asked")})},
	{name: "one parcel before, one without a scan", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"), none("LP2"))), to: state.Refused, raised: AlertShippedAfter, check: proofIs(state.ProofNumberOnly)},
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"), early("LP2"))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "one parcel before, one after", steps: then(reach[state.Refused], []step{
		toDisputable(day1, reads(state.PhaseShipped, tracked(early("LP1"), late("LP2"))), "LP1 first scanned 2026-11-03 09:00 UTC (AE_PICK_UP_SUCCESS); LP2 first scanned"),
	})},
	{name: "one parcel without a scan, one after", steps: then(reach[state.Refused], []step{toDisputable(day1, reads(state.PhaseShipped, tracked(none("LP1"), late("LP2"))), "LP1 never scanned")})},
	{name: "a number once seen stays", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"), none(""))), to: state.Refused, raised: AlertShippedAfter, check: has("tracking number LP1 appeared (Cainiao)")},
		{after: day1, ev: reads(state.PhaseProcessing, tracked()), to: state.Refused, check: proofIs(state.ProofNumberOnly)},
		{after: day1, ev: reads(state.PhaseShipped, tracked(state.Tracking{Number: "LP1", DeliveredAt: base.Add(2 * day1)})), to: state.Refused, check: func(t expect, c state.Case, _ Outcome) {
			if len(c.Tracking) != 1 || c.Tracking[0].Carrier != "Cainiao" || !c.Tracking[0].SeenAt.Equal(base.Add(time.Hour+day1)) || c.Tracking[0].DeliveredAt.IsZero() {
				t.Errorf("tracking %+v", c.Tracking)
			}
		}},
	})},
	{name: "a carrier that is known later", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(state.Tracking{Number: "LP1"})), to: state.Refused, raised: AlertShippedAfter, check: has("LP1 appeared (carrier unknown)")},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused, check: func(t expect, c state.Case, _ Outcome) {
			if c.Tracking[0].Carrier != "Cainiao" {
				t.Errorf("tracking %+v", c.Tracking)
			}
		}},
	})},
	{name: "marked shipped only once it stands in the queue", steps: then(reach[state.Refused], []step{
		toDisputable(at(proofDue), reads(state.PhaseProcessing, tracked()), "no tracking number"),
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Disputable, raised: AlertShippedAfter, check: has("after we asked")},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Disputable},
	})},
	{name: "marked shipped after a refusal of what was never placed", steps: then(marked, []step{
		{ev: ends(state.AskPickedUp, look(state.PhaseProcessing)), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Refused},
	})},
	{name: "due while a paused case is not read", steps: then(reach[state.Refused], []step{
		{ev: decision(state.EventPause, nil), to: state.Refused},
		{after: at(proofDue), ev: plain(state.EventTick), to: state.Refused, check: has("proof due")},
		{ev: decision(state.EventResume, nil), to: state.Refused},
		{due: true, ev: plain(state.EventTick), to: state.Refused, plans: "read:tracking"},
		toDisputable(time.Minute, reads(state.PhaseProcessing, tracked()), "no tracking number"),
	})},
}

func TestProof(t *testing.T) { t.Parallel(); playAll(t, proofStories) }

// Only what is known of the moment of the request counts, the strongest first.
func TestRequestMoment(t *testing.T) {
	t.Parallel()
	h := func(n int) time.Time { return base.Add(time.Duration(n) * time.Hour) }
	for name, tt := range map[string]struct {
		c    state.Case
		want time.Time
	}{
		"nothing asked":      {state.Case{}, h(9)},
		"first attempt":      {state.Case{Attempt: state.Attempt{FirstAt: h(1)}}, h(1)},
		"requested":          {state.Case{RequestedAt: h(2), Attempt: state.Attempt{FirstAt: h(1)}}, h(2)},
		"mark before it":     {state.Case{RequestedAt: h(3), Attempt: state.Attempt{FirstAt: h(1), DispatchedAt: h(2)}}, h(2)},
		"mark after it":      {state.Case{RequestedAt: h(3), Attempt: state.Attempt{FirstAt: h(1), DispatchedAt: h(4)}}, h(3)},
		"mark, never placed": {state.Case{Attempt: state.Attempt{FirstAt: h(1), DispatchedAt: h(4)}}, h(4)},
	} {
		if got := requestMoment(tt.c, h(9)); !got.Equal(tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
