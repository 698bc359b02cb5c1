package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// aged is a scan of another parcel that once had the number.
func aged(id string) state.Tracking { return parcel(id, base.Add(-60*day1)) }

func scannedAt(i int, num string, want time.Time) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if len(c.Tracking) <= i || c.Tracking[i].Number != num || !c.Tracking[i].FirstScanAt.Equal(want) {
			t.Errorf("tracking %+v, want %s with its first scan %s", c.Tracking, num, want)
		}
	}
}

// scanStories begin with a refusal an hour after base; the order was placed a
// day before base.
var scanStories = []scenario{
	{name: "a scan from before the order proves nothing", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(aged("LP1"))), to: state.Refused, raised: AlertShippedAfter + " " + AlertOldScan, check: func(t expect, c state.Case, out Outcome) {
			proofIs(state.ProofNumberOnly)(t, c, out)
			has("older than the order itself: it proves nothing")(t, c, out)
		}},
		{after: day1, ev: reads(state.PhaseShipped, tracked(aged("LP1"))), to: state.Refused},
		toDisputable(at(proofDue)-2*day1, reads(state.PhaseShipped, tracked(aged("LP1"))), "a number but no scan by 2026-11-10 16:00 UTC: LP1 first scanned 2026-09-04 10:00 UTC (AE_PICK_UP_SUCCESS), before the order was placed"),
	})},
	{name: "a scan from before the order is told also where the case moves on", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(aged("LP1"), late("LP2"))), to: state.Disputable, raised: AlertDisputable + " " + AlertOldScan},
	})},
	{name: "a scan from before the order is told also where it is met first", steps: then(reach[state.Requested], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(aged("LP1"))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter + " " + AlertOldScan},
	})},
	{name: "a scan from before the order beside a good one leaves it open", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(early("LP1"), aged("LP2"))), to: state.Refused, raised: AlertShippedAfter + " " + AlertOldScan, check: proofIs(state.ProofNumberOnly)},
	})},
	{name: "the order's date has a day of grace", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-48*time.Hour-time.Second)))), to: state.Refused, raised: AlertShippedAfter + " " + AlertOldScan},
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP2", base.Add(-48*time.Hour)))), to: state.Refused, check: scannedAt(1, "LP2", base.Add(-48*time.Hour))},
	})},
	{name: "a scan 40 hours before the shop's order is another parcel's", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseShipped, func(r *state.Reading) { r.OrderedAt = base.Add(-70 * time.Hour) }, tracked(parcel("LP1", base.Add(-88*time.Hour)))), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter + " " + AlertOldScan, check: proofIs(state.ProofNumberOnly)},
	})},
	{name: "a day before the order is no old scan", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-48*time.Hour)))), to: state.Shipped, raised: AlertShipped, check: proofIs(state.ProofScanBefore)},
	})},
	{name: "the earliest scan wins", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(3*time.Hour)))), to: state.Disputable, raised: AlertDisputable},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(time.Hour)))), to: state.Disputable, check: scannedAt(0, "LP1", base.Add(time.Hour))},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(4*time.Hour)))), to: state.Disputable, check: scannedAt(0, "LP1", base.Add(time.Hour))},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(none("LP1"))), to: state.Disputable, check: scannedAt(0, "LP1", base.Add(time.Hour))},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(early("LP1"))), to: state.Disputable, check: has("to “scanned before we asked”")},
	})},
	{name: "a scan whose number the site hides counts before we asked", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(early(""))), to: state.Shipped, raised: AlertShipped, check: scannedAt(0, "parcel 1", base.Add(-time.Hour))},
	})},
	{name: "a scan whose number the site hides counts after we asked", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"), late(""))), to: state.Disputable, raised: AlertDisputable, check: scannedAt(1, "parcel 2", base.Add(time.Hour))},
		{after: day1, ev: reads(state.PhaseShipped, tracked(none("LP1"), late(""))), to: state.Disputable, check: func(t expect, c state.Case, _ Outcome) {
			if len(c.Tracking) != 2 {
				t.Errorf("tracking %+v, want no parcel twice", c.Tracking)
			}
		}},
	})},
}

func TestScans(t *testing.T) { t.Parallel(); playAll(t, scanStories) }

// The supplier's date counts with its day of grace, and no order is placed
// before the shop's, unless its date is surely an older one.
func TestScansOlderThanTheOrder(t *testing.T) {
	t.Parallel()
	ago := func(days int) time.Time { return base.Add(-time.Duration(days) * day1) }
	for name, tt := range map[string]struct {
		ordered, shop, scan time.Time
		want                bool
	}{
		"before the supplier's date": {ago(2), ago(9), ago(4), true},
		"after the supplier's date":  {ago(9), ago(2), ago(4), false},
		"before the shop's date":     {time.Time{}, ago(2), ago(4), true},
		"after the shop's date":      {time.Time{}, ago(9), ago(4), false},
		"40 hours before the shop's": {ago(2).Add(-22 * time.Hour), ago(2), ago(2).Add(-40 * time.Hour), true},
		"an hour before the shop's":  {ago(2).Add(-22 * time.Hour), ago(2), ago(2).Add(-time.Hour), true},
		"as the shop's was ordered":  {ago(2).Add(-22 * time.Hour), ago(2), ago(2), false},
		"two days of the page later": {ago(4), ago(2), ago(2).Add(-time.Second), true},
		"surely before the shop's":   {ago(4).Add(-time.Second), ago(2), ago(3), false},
		"no date but the shop's":     {time.Time{}, ago(2), ago(2).Add(-time.Second), true},
		"no date known":              {time.Time{}, time.Time{}, ago(400), false},
		"no scan":                    {ago(2), ago(2), time.Time{}, false},
	} {
		c := state.Case{OrderedAt: tt.ordered, ShopOrderedAt: tt.shop}
		if got := c.OlderThanOrder(state.Tracking{FirstScanAt: tt.scan}); got != tt.want {
			t.Errorf("%s: too old %t, want %t", name, got, tt.want)
		}
	}
}

// strangeAt adds an event that is not understood.
func strangeAt(t state.Tracking, at time.Time) state.Tracking {
	t.Strange = state.TrackingEvent{At: at, Code: "AE_NEW_CODE"}
	return t
}

func warehouseAt(t state.Tracking, at time.Time) state.Tracking {
	t.Warehouse = state.TrackingEvent{At: at, Code: "AE_GWMS_ACCEPT"}
	return t
}

// Only a scan all of whose earlier events are understood says that a parcel
// left after we asked (at base). Nothing but a scan says that it left before.
func TestEventsThatForbidTheAccusation(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		parcels []state.Tracking
		accuses bool
		to      state.Status
		proof   state.Proof
		want    string
	}{
		"nothing but a late scan":               {[]state.Tracking{late("LP1")}, true, state.Disputable, state.ProofScanAfter, "it left after we asked"},
		"not understood, before we asked":       {[]state.Tracking{strangeAt(late("LP1"), base.Add(-time.Hour))}, false, state.Disputable, state.ProofScanAfter, "by an earlier event (AE_NEW_CODE, 2026-11-03 09:00 UTC) it may have left before: a person must judge"},
		"not understood, as we asked":           {[]state.Tracking{strangeAt(late("LP1"), base)}, false, state.Disputable, state.ProofScanAfter, "a person must judge"},
		"not understood, without a time":        {[]state.Tracking{strangeAt(late("LP1"), time.Time{})}, false, state.Disputable, state.ProofScanAfter, "a person must judge"},
		"not understood, after we asked":        {[]state.Tracking{strangeAt(late("LP1"), base.Add(time.Minute))}, true, state.Disputable, state.ProofScanAfter, "it left after we asked"},
		"a warehouse before we asked":           {[]state.Tracking{warehouseAt(late("LP1"), base.Add(-48*time.Hour))}, false, state.Disputable, state.ProofScanAfter, "LP1 first scanned 2026-11-03 11:00 UTC (AE_PICK_UP_SUCCESS), at a warehouse (AE_GWMS_ACCEPT, 2026-11-01 10:00 UTC)"},
		"a warehouse after we asked":            {[]state.Tracking{warehouseAt(late("LP1"), base.Add(time.Minute))}, true, state.Disputable, state.ProofScanAfter, "it left after we asked"},
		"another parcel in doubt":               {[]state.Tracking{late("LP1"), strangeAt(late("LP2"), base.Add(-time.Hour))}, true, state.Disputable, state.ProofScanAfter, "it left after we asked"},
		"a warehouse alone proves nothing":      {[]state.Tracking{warehouseAt(none("LP1"), base.Add(-time.Hour))}, false, state.Refused, state.ProofNumberOnly, "LP1 appeared"},
		"not understood beside a scan before":   {[]state.Tracking{strangeAt(early("LP1"), base.Add(-2*time.Hour))}, false, state.Shipped, state.ProofScanBefore, "it left before we asked"},
		"a warehouse and a scan, both too late": {[]state.Tracking{warehouseAt(late("LP1"), base.Add(-time.Hour)), none("LP2")}, false, state.Disputable, state.ProofScanAfter, "a person must judge"},
	} {
		d := drivenTo(t, state.Refused)
		d.do(day1, reads(state.PhaseShipped, tracked(tt.parcels...)))
		if d.c.Status != tt.to || d.c.Proof != tt.proof || d.c.SentAfterRequest() != tt.accuses || !strings.Contains(strings.Join(d.all, "\n"), tt.want) {
			t.Errorf("%s: %s, %s, accuses %t, flag %q, journal %q; want %s, %s, %t, %q", name, d.c.Status, d.c.Proof, d.c.SentAfterRequest(), d.c.Flag, d.all, tt.to, tt.proof, tt.accuses, tt.want)
		}
		words := d.c.Flag + strings.Join(d.all, "\n")
		if accused := strings.Contains(words, "left after we asked") || strings.Contains(words, "scanned after we asked"); accused != tt.accuses && d.c.Status == state.Disputable {
			t.Errorf("%s: the words accuse: %t; flag %q, journal %q", name, accused, d.c.Flag, d.all)
		}
	}
}

// The site may leave old events out later: what was seen once stays seen, the
// earliest of each kind.
func TestEarliestEventsStay(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	d.do(time.Hour, reads(state.PhaseShipped, tracked(warehouseAt(strangeAt(none("LP1"), base), base.Add(-time.Hour)))))
	d.do(time.Hour, reads(state.PhaseShipped, tracked(warehouseAt(strangeAt(none("LP1"), base.Add(-day1)), base))))
	d.do(time.Hour, reads(state.PhaseShipped, tracked(none("LP1"))))
	if k := d.c.Tracking[0]; !k.Strange.At.Equal(base.Add(-day1)) || !k.Warehouse.At.Equal(base.Add(-time.Hour)) {
		t.Errorf("kept %+v", k)
	}
}
