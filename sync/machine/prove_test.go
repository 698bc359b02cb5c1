package machine

import (
	"fmt"
	"slices"
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

func readIn(want time.Duration) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if got := c.NextCheckAt.Sub(c.ReadAt); got != want {
			t.Errorf("is read again in %s, want %s", got, want)
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
	{name: "half a page is read again soon, then less often", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) + 2*day1, ev: reads(state.PhaseProcessing, incomplete), to: state.Refused, check: readIn(20 * time.Minute)},
		{after: time.Hour, ev: reads(state.PhaseProcessing, incomplete), to: state.Refused, check: readIn(40 * time.Minute)},
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Refused, check: readIn(checkProof)},
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

// holding is a parcel that holds so many of the order's items.
func holding(n int, t state.Tracking) state.Tracking {
	t.Items = n
	return t
}

func threeItems(r *state.Reading) {
	r.Lines = []state.Line{{ID: "l1", Quantity: 2}, {ID: "l2", Quantity: 1}}
}

func uncountedThree(r *state.Reading) {
	r.Lines = []state.Line{{ID: "l1"}, {ID: "l2"}, {ID: "l3"}}
}

// parcelStories are orders of three items, of which parcels that were scanned
// before the request hold a part.
var parcelStories = []scenario{
	{name: "partly sent, then refused", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseProcessing, threeItems, tracked(holding(1, early("LP1")))), to: state.Refused, check: func(t expect, c state.Case, out Outcome) {
			proofIs(state.ProofNumberOnly)(t, c, out)
			flagged("only 1 of 3 items are in parcels")(t, c, out)
		}},
		toDisputable(at(proofDue)-day1, reads(state.PhaseProcessing, threeItems, tracked(holding(1, early("LP1")))),
			"not all of it is proved to have left by 2026-11-10 16:00 UTC (the page says “processing”): LP1 first scanned 2026-11-03 09:00 UTC (AE_PICK_UP_SUCCESS); the parcels hold 1 of the order's 3 items"),
	})},
	{name: "fewer items than the order though the page says shipped", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")))), to: state.Refused, raised: AlertShippedAfter, check: proofIs(state.ProofNumberOnly)},
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")), holding(1, early("LP2")))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "the rest sent after the request", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseProcessing, threeItems, tracked(holding(2, early("LP1")))), to: state.Refused},
		toDisputable(day1, reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")), holding(1, late("LP2")))), "it left after we asked"),
	})},
	{name: "the rest in a parcel without a scan", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")), holding(1, none("LP2")))), to: state.Refused, raised: AlertShippedAfter, check: flagged("a tracking number, but no scan yet")},
	})},
	{name: "two numbers of the same goods count once", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")))), to: state.Refused, raised: AlertShippedAfter},
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP2")))), to: state.Refused, check: proofIs(state.ProofNumberOnly)},
	})},
	{name: "a page that does not tell what its parcels hold", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(holding(2, early("LP1")), early("LP2"))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "lines whose quantity is not shown are one item each at least", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, uncountedThree, tracked(holding(1, early("LP1")))), to: state.Refused, raised: AlertShippedAfter + " " + AlertOrderChanged, check: proofIs(state.ProofNumberOnly)},
	})},
	{name: "a number that was hidden, and half a page that shows it", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseProcessing, threeItems, tracked(holding(2, early("")))), to: state.Refused},
		{after: day1, ev: reads(state.PhaseShipped, threeItems, incomplete, tracked(holding(2, early("LP1")))), to: state.Refused},
	})},
	{name: "the rest listed in a parcel without a number", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(early("LP1"), holding(1, none("")))), to: state.Refused},
		{after: day1, ev: reads(state.PhaseShipped, threeItems, tracked(early("LP1"))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "the tracking of another day does not say that all of it left", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseProcessing, tracked(early("LP1"))), to: state.Refused},
		{after: day1, ev: reads(state.PhaseShipped), to: state.Refused, check: flagged("scanned before we asked; its parcels are read once more")},
		toDisputable(time.Hour, reads(state.PhaseShipped, tracked(early("LP1"), late("LP2"))), "it left after we asked"),
	})},
	{name: "scanned before the request, and the page does not say shipped", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseProcessing, tracked(early("LP1"))), to: state.Refused, check: flagged("scanned before we asked, but not marked shipped")},
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "scanned before the request, and the page never says shipped", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseUnknown, tracked(early("LP1"))), to: state.Refused},
		toDisputable(at(proofDue)-day1, reads(state.PhaseProcessing, tracked(early("LP1"))), "(the page says “processing”)"),
	})},
}

// setAside says which numbers are set aside as replaced.
func setAside(want ...string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		var got []string
		for _, k := range c.Tracking {
			if k.Gone {
				got = append(got, k.Number)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("set aside are %q, want %q; tracking %+v", got, want, c.Tracking)
		}
	}
}

func shows(parcels ...state.Tracking) state.Event {
	return reads(state.PhaseShipped, tracked(parcels...))
}

// twoParcels is a case of which one number was never scanned and the other
// before we asked.
var twoParcels = then(reach[state.Refused], []step{
	{after: day1, ev: shows(none("LP1"), early("LP2")), to: state.Refused, raised: AlertShippedAfter, check: proofIs(state.ProofNumberOnly)},
})

var replacedNumberStories = []scenario{
	{name: "a number that was replaced no longer counts", steps: then(twoParcels, []step{
		{after: day1, ev: shows(early("LP2")), to: state.Refused, check: has("shows other numbers and not LP1")},
		{after: day1 - time.Second, ev: shows(early("LP2")), to: state.Refused, check: setAside()},
		{after: time.Second, ev: shows(early("LP2")), to: state.Shipped, raised: AlertShipped, check: has("LP1 never scanned, replaced since 2026-11-05 11:00 UTC")},
	})},
	{name: "a page that shows less for a while proves nothing", steps: then(twoParcels, []step{
		{after: day1, ev: shows(early("LP2")), to: state.Refused},
		{after: 23 * time.Hour, ev: shows(early("LP2"), none("LP1")), to: state.Refused},
		{after: 2 * time.Hour, ev: shows(early("LP2")), to: state.Refused, check: has("and not LP1")},
		{after: time.Hour, ev: shows(), to: state.Refused, check: setAside()},
	})},
	{name: "a page that was not whole takes no number back", steps: then(twoParcels, []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP2")), incomplete), to: state.Refused},
		{after: day1, ev: shows(early("LP2"), none("")), to: state.Refused},
		{after: day1, ev: reads(state.PhaseShipped, func(r *state.Reading) { r.Tracking = []state.Tracking{early("LP2")} }), to: state.Refused, check: func(t expect, c state.Case, _ Outcome) {
			if !c.Tracking[0].MissingSince.IsZero() {
				t.Errorf("tracking %+v", c.Tracking)
			}
		}},
	})},
	{name: "a number that comes back counts again", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: shows(none("LP1")), to: state.Refused, raised: AlertShippedAfter},
		{after: time.Hour, ev: shows(none("LP2")), to: state.Refused},
		{after: day1, ev: shows(none("LP2")), to: state.Refused, check: setAside("LP1")},
		{after: day1, ev: shows(none("LP1"), early("LP2")), to: state.Refused, check: has("the tracking page shows LP1 again")},
		{after: time.Hour, ev: shows(none("LP1"), early("LP2")), to: state.Refused, check: setAside()},
	})},
	{name: "a parcel that was sent after we asked stays so whatever replaces it", steps: then(reach[state.Refused], []step{
		toDisputable(day1, shows(late("LP1")), "it left after we asked"),
		{after: day1, ev: shows(early("LP2")), to: state.Disputable},
		{after: day1, ev: shows(early("LP2")), to: state.Disputable, check: proofIs(state.ProofScanAfter)},
		{after: day1, ev: shows(early("LP2")), to: state.Disputable, check: setAside("LP1")},
	})},
	{name: "a replaced number's grace is not had twice", steps: then(reach[state.Refused], []step{
		{after: at(proofDue) - day1, ev: shows(none("LP1")), to: state.Refused, raised: AlertShippedAfter},
		{after: day1, ev: shows(none("LP2")), to: state.Refused},
		{after: day1, ev: shows(none("LP2")), to: state.Refused, check: setAside("LP1")},
		toDisputable(day1, shows(none("LP2")), "a number but no scan by 2026-11-12 16:00 UTC: LP1 never scanned, replaced since 2026-11-10 16:00 UTC; LP2 never scanned"),
	})},
}

func TestProof(t *testing.T) {
	t.Parallel()
	playAll(t, slices.Concat(proofStories, parcelStories, replacedNumberStories, markStories))
}

// One new number after the other does not put the verdict off.
func TestNewNumbersPutNothingOff(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	var given []state.Tracking
	for i := range 15 {
		given = append(given, none(fmt.Sprint("LP", i)))
		d.do(2*day1, shows(given...))
		if d.c.Status != state.Refused {
			break
		}
	}
	if d.c.Status != state.Disputable || d.now.After(proofDue.Add(2*day1)) {
		t.Errorf("%s after proof_due %d numbers without a scan leave it %s", d.now.Sub(proofDue), len(given), d.c.Status)
	}
}

// The shipped mark of a day is held against the request: the day itself has no
// hour, so there nobody knows.
var markStories = []scenario{
	{name: "a mark from before the request", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(base.Add(-3*day1))), to: state.Refused, raised: AlertRefused, check: has("on a day before it was asked (asked 2026-11-03 10:00 UTC, marked shipped 2026-10-31 10:00 UTC")},
	})},
	{name: "a mark from before the request, seen later", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(base.Add(-3*day1))), to: state.Refused, check: has("marked shipped 2026-10-31 10:00 UTC, before we asked 2026-11-03 10:00 UTC")},
	})},
	{name: "a mark of the very day of the request", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(day(11, 3, 8))), to: state.Refused, raised: AlertShippedAfter, check: has("marked shipped 2026-11-03 08:00 UTC, on the day on which we asked (2026-11-03 10:00 UTC)")},
	})},
	{name: "a mark without a time", steps: then(reach[state.Refused], []step{
		{after: time.Hour, ev: shows(none("LP1")), to: state.Refused, raised: AlertShippedAfter, check: has("first seen so 2026-11-03 12:00 UTC, after we asked 2026-11-03 10:00 UTC")},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(base.Add(-3*day1))), to: state.Refused, check: func(t expect, c state.Case, out Outcome) {
			has("the site tells when it was marked shipped: 2026-10-31 10:00 UTC; it was first seen so 2026-11-03 12:00 UTC")(t, c, out)
			if c.Raised[AlertShippedAfter] != "" || len(out.Resolved) != 1 {
				t.Errorf("the alert is still open: %v, resolved %q", c.Raised, out.Resolved)
			}
		}},
	})},
	{name: "a mark without a time, of a day after", steps: then(reach[state.Refused], []step{
		{after: day1, ev: shows(none("LP1")), to: state.Refused, raised: AlertShippedAfter},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1")), shippedOn(day(11, 4, 8))), to: state.Refused, check: func(t expect, c state.Case, out Outcome) {
			if c.Raised[AlertShippedAfter] == "" || len(out.Resolved) != 0 {
				t.Errorf("open %v, resolved %q", c.Raised, out.Resolved)
			}
		}},
	})},
}

// Only what is known of the moment of the request counts, the strongest first.
func TestNoticeIsTheEarliestKnownMoment(t *testing.T) {
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
		if got := noticeAt(tt.c, h(9)); !got.Equal(tt.want) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
