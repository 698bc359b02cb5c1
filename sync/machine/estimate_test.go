package machine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countermand/state"
	"countermand/sync/calendar"
)

// known is China's calendar once 2027 was published, with New Year's break and
// the weekend worked for it.
func known(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, err := calendar.China().With(calendar.Year{Year: 2027,
		Off:  []time.Time{day2027(1, 1), day2027(1, 2), day2027(1, 3), day2027(1, 4), day2027(1, 5)},
		Work: []time.Time{day2027(1, 9)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day2027(month time.Month, d int) time.Time {
	return time.Date(2027, month, d, 0, 0, 0, 0, time.UTC)
}

// lateCase was refused on the 30th of December: five working days on is the 7th
// of January where only the 1st is off, in truth the 9th.
func lateCase(t testing.TB) (c state.Case, told []state.Alert) {
	t.Helper()
	p, at := policyOf(Auto), day(12, 30, 10)
	c = state.Case{ID: "01CASE", Supplier: "aliexpress", Shop: "mystore", ShopOrder: "#1042", Account: "main", SupplierOrder: number, Status: state.Requested, RequestedAt: base, PendingSeen: true}
	out, err := p.Step(c, stamped(reads(state.PhaseProcessing), at), at)
	if err != nil || out.Case.Status != state.Refused {
		t.Fatalf("%s, %v", out.Case.Status, err)
	}
	return out.Case, out.Alerts
}

var (
	estimatedEnd = time.Date(2027, 1, 7, 16, 0, 0, 0, time.UTC)
	knownEnd     = time.Date(2027, 1, 9, 16, 0, 0, 0, time.UTC)
)

func TestEstimatesAreTold(t *testing.T) {
	t.Parallel()
	c, alerts := lateCase(t)
	if !slices.Equal(c.Estimated, []state.Clock{state.ClockProofDue}) || !c.Clocks[state.ClockProofDue].Equal(estimatedEnd) {
		t.Fatalf("estimated %v, due %s", c.Estimated, c.Clocks[state.ClockProofDue])
	}
	a := alerts[len(alerts)-1]
	if a.Key != "calendar/2027" || a.Kind != AlertCalendar || a.Page || !strings.Contains(a.Title, "#1042") || !strings.Contains(a.Title, number) || !strings.Contains(a.Text, "calendar.files") {
		t.Errorf("told %+v", a)
	}
	out, err := policyOf(Auto).Step(c, plain(state.EventTick), day(12, 30, 11))
	if err != nil || len(out.Alerts) > 0 || !slices.Equal(out.Case.Estimated, c.Estimated) {
		t.Errorf("told again: %+v, estimated %v, %v", out.Alerts, out.Case.Estimated, err)
	}
}

func TestEstimatesAreCountedAgain(t *testing.T) {
	t.Parallel()
	c, _ := lateCase(t)
	p := policyOf(Auto)
	p.Supplier = known(t)
	// Past the estimate and before the truth: nothing may come of the estimate.
	now := estimatedEnd.Add(time.Hour)
	out, err := p.Step(c, plain(state.EventTick), now)
	got := out.Case
	if err != nil || len(got.Estimated) > 0 || !got.Clocks[state.ClockProofDue].Equal(knownEnd) || len(out.Alerts) > 0 && out.Alerts[0].Kind == AlertProofEnding {
		t.Fatalf("estimated %v, due %s, %v; alerts %+v", got.Estimated, got.Clocks[state.ClockProofDue], err, out.Alerts)
	}
	if said := strings.Join(details(out), "\n"); !strings.Contains(said, "2027-01-07 16:00 UTC") || !strings.Contains(said, "2027-01-09 16:00 UTC") || strings.Contains(said, "proof due") {
		t.Errorf("the journal says %q", said)
	}
	again, err := p.Step(got, plain(state.EventTick), now.Add(time.Minute))
	if err != nil || strings.Contains(strings.Join(details(again), "\n"), "estimate") {
		t.Errorf("said again: %q, %v", details(again), err)
	}
	if _, err := p.Step(c, plain(state.EventWon), now); err == nil {
		t.Error("an event that does not fit was taken")
	}
	ended := c
	ended.Status = state.Shipped
	if out, err := p.Step(ended, plain(state.EventTick), now); err != nil || len(out.Entries) > 0 || !slices.Equal(out.Case.Estimated, ended.Estimated) {
		t.Errorf("an ended case was counted again: %q, %v", details(out), err)
	}
}

// Each clock that can be an estimate comes to what it would have been, had the
// year been known from the first.
func TestCountingAgainIsCounting(t *testing.T) {
	t.Parallel()
	full := known(t)
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(day(12, 20, 0).Unix(), day2027(1, 20).Unix()).Draw(t, "from"), 0).UTC()
		p := policyOf(Auto)
		p.Bank = calendar.China() // a bank whose next year is not known either
		c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Refused, SupplierOrder: number, PaidAt: from, AnsweredAt: from, ClosedAt: from, Clocks: map[state.Clock]time.Time{}}
		for k, n := range p.dayCounts(c) {
			_, end, estimated := n.in.AddWorkingDays(n.last, n.days)
			if c.Clocks[k] = end; estimated {
				c.Estimated = append(c.Estimated, k)
			}
		}
		p.Supplier, p.Bank = full, full
		out, err := p.Step(c, plain(state.EventTick), from)
		if err != nil || len(out.Case.Estimated) > 0 {
			t.Fatalf("estimated %v, %v", out.Case.Estimated, err)
		}
		for k, n := range p.dayCounts(c) {
			if want, _, _ := full.AddWorkingDays(n.last, n.days); !out.Case.Clocks[k].Equal(want) {
				t.Fatalf("%s is %s, want %s", k, out.Case.Clocks[k], want)
			}
		}
	})
}

// springCase was refused on 29 January 2027, before a Spring Festival of which
// only the days by law are known: five working days on is 3 February if a
// weekend is worked for it, and 16 February if ten days are off.
func springCase(t testing.TB) *driven {
	t.Helper()
	at := day2027(1, 29).Add(10 * time.Hour)
	c := state.Case{ID: "01CASE", Supplier: "aliexpress", Shop: "mystore", ShopOrder: "#1042", Account: "main", SupplierOrder: number, Status: state.Requested, RequestedAt: at.Add(-time.Hour), PendingSeen: true}
	d := &driven{t: t.(*testing.T), p: policyOf(Auto), c: c, now: at}
	d.do(0, reads(state.PhaseProcessing, refusedText, tracked()))
	return d
}

// TestWarningsGoByTheEarliestAndConclusionsByTheLatest of an estimate.
func TestWarningsGoByTheEarliestAndConclusionsByTheLatest(t *testing.T) {
	t.Parallel()
	earliest, latest := day2027(2, 3).Add(16*time.Hour), day2027(2, 16).Add(16*time.Hour)
	d := springCase(t)
	if c := d.c; !c.Clocks[state.ClockProofDue].Equal(latest) || !c.EarliestEnd(state.ClockProofDue).Equal(earliest) || !slices.Equal(c.Estimated, []state.Clock{state.ClockProofDue}) {
		t.Fatalf("due %s to %s, estimated %v", Stamp(c.EarliestEnd(state.ClockProofDue)), Stamp(c.Clocks[state.ClockProofDue]), c.Estimated)
	}
	d.all, d.got = nil, nil
	empty := func() state.Event { return reads(state.PhaseProcessing, refusedText, tracked()) }
	d.ticks(earliest.Add(-nearWarning-time.Minute), empty)
	if slices.Contains(d.got, AlertProofEnding) {
		t.Errorf("warned before the last day: %q", d.all)
	}
	d.ticks(earliest.Add(-nearWarning), empty)
	if said := strings.Join(d.all, "\n"); !slices.Contains(d.got, AlertProofEnding) || !strings.Contains(said, Stamp(earliest)) || !strings.Contains(said, Stamp(latest)) {
		t.Errorf("not warned of the earliest end: %v, %q", d.got, d.all)
	}
	d.ticks(latest.Add(-time.Minute), empty)
	if d.c.Status != state.Refused || d.c.Raised[AlertProofEnding] == "" {
		t.Errorf("%s before the latest end: %q", d.c.Status, d.all)
	}
	d.ticks(latest.Add(time.Minute), empty)
	if d.c.Status != state.Disputable {
		t.Errorf("%s after the latest end: %q", d.c.Status, d.all)
	}
}

// TestAWindowIsNotGivenUpBeforeItsLatestEnd: and the case goes on when the year's
// days show that it ends later than was held against it.
func TestAWindowIsNotGivenUpBeforeItsLatestEnd(t *testing.T) {
	t.Parallel()
	paid := day2027(1, 25).Add(10 * time.Hour)
	d := drivenTo(t, state.Queued)
	d.now = paid
	d.do(0, reads(state.PhaseProcessing, func(r *state.Reading) { r.OrderedAt, r.PaidAt = base, paid }))
	earliest, latest := d.c.EarliestEnd(state.ClockShipWindowEnd), d.c.Clocks[state.ClockShipWindowEnd]
	if !earliest.Before(latest.Add(-day1)) {
		t.Fatalf("from %s to %s", Stamp(earliest), Stamp(latest))
	}
	d.ticks(latest.Add(-time.Minute), nil)
	if d.c.Status != state.Queued || !slices.Contains(d.got, AlertWindowEnding) {
		t.Errorf("%s before the latest end, told %v", d.c.Status, d.got)
	}
	d.ticks(latest, nil)
	if d.c.Status != state.Held {
		t.Fatalf("%s at the latest end", d.c.Status)
	}
	var off []time.Time
	for at := day2027(2, 1); at.Before(day2027(2, 20)); at = at.AddDate(0, 0, 1) {
		off = append(off, at)
	}
	longer, err := calendar.China().With(calendar.Year{Year: 2027, Off: off})
	if err != nil {
		t.Fatal(err)
	}
	d.p.Supplier = longer
	d.do(time.Hour, plain(state.EventTick))
	if d.c.Status != state.Queued {
		t.Errorf("%s although the window ends %s: %q", d.c.Status, Stamp(d.c.Clocks[state.ClockShipWindowEnd]), d.all)
	}
}
