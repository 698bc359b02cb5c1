package dossier

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// TestRequestOfUnknownDateIsNoComparison: a parcel is compared with no request of which the day is
// not known.
func TestRequestOfUnknownDateIsNoComparison(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	parcel := state.Tracking{Number: "LP1", SeenAt: at, FirstScanAt: at, FirstScanCode: "AE_GOT"}
	c := state.Case{Tracking: []state.Tracking{parcel}, OrderedAt: at.AddDate(0, 0, -1), Proof: state.ProofScanAfter}
	c.Attempt = state.Attempt{FirstAt: at, ClickedAt: at.AddDate(0, 0, -2), NotOurs: true}
	const want = "when the refused request was made is not known"
	for what, got := range map[string]string{"table": against(c, parcel), "comparison": comparisons(c)[0], "proof": proofOf(c)} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q", what, got)
		}
	}
	lost := c
	lost.Attempt.NotOurs, lost.Attempt.InLostPeriod = false, true
	if got := against(lost, parcel); !strings.Contains(got, "whether it was asked before is not known") {
		t.Errorf("in a lost time: %q", got)
	}
	c.RequestedAt = at.Add(-time.Hour)
	if got := against(c, parcel); !strings.Contains(got, "after") {
		t.Errorf("a request of a known time: %q", got)
	}
}

// A part that left in time is no accusation: only the rest is claimed.
func TestPartSentIsNoFalseNumber(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	c := state.Case{
		Proof: state.ProofNumberOnly, RequestedAt: at, SupplierLines: []state.Line{{Quantity: 3}},
		Tracking: []state.Tracking{{Number: "LP1", FirstScanAt: at.Add(-time.Hour), FirstScanCode: "AE_GOT", Items: 1}},
	}
	if got := proofOf(c); !strings.Contains(got, "a part was scanned before the request") {
		t.Errorf("proof: %q", got)
	}
	if got := shippingGround(c); !strings.Contains(got, "only 1 of the 3 items are in parcels that were sent") {
		t.Errorf("ground: %q", got)
	}
}

// TestPartOfTheParcelsIsNotTheParcel: what left in time is not among what the
// text claims of the rest.
func TestPartOfTheParcelsIsNotTheParcel(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	inTime := state.Tracking{Number: "LP1", FirstScanAt: at.Add(-time.Hour), FirstScanCode: "AE_GOT"}
	for want, tt := range map[string]struct {
		proof state.Proof
		other state.Tracking
	}{
		"A part of the order was sent only after my request: LP1":    {state.ProofScanAfter, state.Tracking{Number: "LP2", FirstScanAt: at.Add(time.Hour), FirstScanCode: "AE_GOT"}},
		"It is not proved that all of the order was sent: LP1 first": {state.ProofNumberOnly, state.Tracking{Number: "LP2"}},
	} {
		c := state.Case{Proof: tt.proof, RequestedAt: at, Tracking: []state.Tracking{inTime, tt.other}}
		if got := shippingGround(c); !strings.HasPrefix(got, want) {
			t.Errorf("ground: %q, want %q", got, want)
		}
	}
	c := state.Case{Attempt: state.Attempt{NotOurs: true, ClickedAt: at, Before: []state.Call{{At: at, Said: state.SaidAsked}}}}
	if got := requestWords(c); !strings.Contains(got, "stands already") || strings.Contains(got, "refused") {
		t.Errorf("request: %q", got)
	}
}

// TestScanAgainstDoubt: a date is held against what may have been a request,
// or an attempt, by that name.
func TestScanAgainstDoubt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	parcel := state.Tracking{Number: "LP1", FirstScanAt: at.Add(2 * time.Hour), FirstScanCode: "AE_GOT"}
	for name, tt := range map[string]struct {
		asked   time.Time
		attempt state.Attempt
		want    string
		proof   string
	}{
		"before the request stood": {at.Add(4 * time.Hour), state.Attempt{FirstAt: at, ClickedAt: at}, "2 h 0 min AFTER an attempt that may have been a request (2026-11-03 10:00 UTC)", "scanned after an attempt that may"},
		"after a click in doubt":   {time.Time{}, state.Attempt{FirstAt: at, ClickedAt: at}, "2 h 0 min AFTER an attempt that may have been a request (2026-11-03 10:00 UTC)", "scanned after an attempt that may"},
		"after an attempt":         {time.Time{}, state.Attempt{FirstAt: at}, "2 h 0 min AFTER the first attempt to ask (2026-11-03 10:00 UTC)", "scanned after the first attempt to ask"},
		"after the request":        {at.Add(time.Hour), state.Attempt{FirstAt: at, ClickedAt: at}, "1 h 0 min AFTER the request (2026-11-03 11:00 UTC)", "scanned after the request"},
	} {
		c := state.Case{Proof: state.ProofScanAfter, RequestedAt: tt.asked, Attempt: tt.attempt, Tracking: []state.Tracking{parcel}}
		if got := comparisons(c)[0]; !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
		if got := proofOf(c); !strings.Contains(got, tt.proof) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestDoubtfulEventAccusesNobody: where an earlier event leaves open when a
// parcel left, no part of the file says that it left after the request.
func TestDoubtfulEventAccusesNobody(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	warehouse := state.TrackingEvent{At: at.Add(-time.Hour), Code: "AE_GWMS_OUT"}
	for name, tt := range map[string]struct {
		proof  state.Proof
		parcel state.Tracking
		ground string
	}{
		"a warehouse before a late scan": {state.ProofScanAfter, state.Tracking{Number: "LP1", FirstScanAt: at.Add(time.Hour), FirstScanCode: "AE_GOT", Warehouse: warehouse}, "The tracking shows: LP1 first scanned"},
		"an unknown event before it":     {state.ProofScanAfter, state.Tracking{Number: "LP1", FirstScanAt: at.Add(time.Hour), FirstScanCode: "AE_GOT", Strange: warehouse}, "The tracking shows: LP1 first scanned"},
		"a warehouse and no scan":        {state.ProofNumberOnly, state.Tracking{Number: "LP1", SeenAt: at, Warehouse: warehouse}, "The tracking shows: LP1 without a scan, but seen by a warehouse"},
		"neither":                        {state.ProofScanAfter, state.Tracking{Number: "LP1", FirstScanAt: at.Add(time.Hour), FirstScanCode: "AE_GOT"}, "The parcel was sent only after my request"},
	} {
		c := state.Case{Status: state.Disputable, SupplierOrder: "8190000000000001", Proof: tt.proof, RequestedAt: at, Tracking: []state.Tracking{tt.parcel}}
		if got := disputeText(c); !strings.Contains(got, tt.ground) {
			t.Errorf("%s: %q", name, got)
		}
		open := strings.Contains(against(c, tt.parcel)+strings.Join(comparisons(c), " ")+proofOf(c), "leaves open")
		if open != (tt.proof == state.ProofScanAfter && name != "neither") {
			t.Errorf("%s: %q, %q, %q", name, against(c, tt.parcel), comparisons(c), proofOf(c))
		}
	}
}

// TestDaysAreWrittenAsDays: no hour is made up for a date that has none, and a
// day east of Greenwich is not the day before.
func TestDaysAreWrittenAsDays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	asked := time.Date(2026, 11, 3, 10, 0, 0, 0, zone)
	for name, tt := range map[string]struct {
		day  int
		want string
	}{
		"the day before": {2, "marked shipped on 2026-11-02, an earlier day than that of the request"},
		"that day":       {3, "marked shipped on the day of the request, 2026-11-03"},
		"the day after":  {4, "marked shipped on 2026-11-04, a later day than that of the request"},
	} {
		begin := time.Date(2026, 11, tt.day, 0, 0, 0, 0, zone)
		c := state.Case{RequestedAt: asked.UTC(), ShippedAt: begin.UTC(), OrderedAt: begin.UTC(), Days: state.Days{state.FieldShippedAt: state.DayOf(begin)}}
		c.Days = c.Days.With(state.FieldOrderedAt, state.DayOf(begin))
		if got := strings.Join(comparisons(c), " "); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
		if got, want := ordered(c), begin.Format(", placed on 2 January 2006"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	begin := time.Date(2026, 11, 3, 0, 0, 0, 0, zone)
	c := state.Case{Proof: state.ProofScanAfter, RequestedAt: begin.UTC(), Days: state.Days{state.FieldRequestedAt: state.DayOf(begin)}}
	for hours, want := range map[int]string{-1: "on a day BEFORE the request (2026-11-03)", 5: "on the day of the request (2026-11-03)", 25: "on a day AFTER the request (2026-11-03)"} {
		c.Tracking = []state.Tracking{{Number: "LP1", FirstScanAt: begin.Add(time.Duration(hours) * time.Hour), FirstScanCode: "AE_GOT"}}
		if got := comparisons(c)[0]; !strings.Contains(got, want) {
			t.Errorf("scanned %d hours from the day's beginning: %q", hours, got)
		}
		if accuses := proofOf(c) == proofWords[state.ProofScanAfter]; accuses != (hours > 24) {
			t.Errorf("scanned %d hours from the day's beginning: proof %q", hours, proofOf(c))
		}
	}
}
