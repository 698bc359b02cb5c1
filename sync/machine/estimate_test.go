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
		Off:  []time.Time{day2027(1, 1), day2027(1, 2), day2027(1, 3), day2027(1, 4)},
		Work: []time.Time{day2027(1, 9)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day2027(month time.Month, d int) time.Time {
	return time.Date(2027, month, d, 0, 0, 0, 0, time.UTC)
}

// lateCase was refused on the 30th of December: five working days on, by the
// week alone, is the 6th of January, in truth the 8th.
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
	estimatedEnd = time.Date(2027, 1, 6, 16, 0, 0, 0, time.UTC)
	knownEnd     = time.Date(2027, 1, 8, 16, 0, 0, 0, time.UTC)
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
	if said := strings.Join(details(out), "\n"); !strings.Contains(said, "2027-01-06 16:00 UTC") || !strings.Contains(said, "2027-01-08 16:00 UTC") || strings.Contains(said, "proof due") {
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
			end, estimated := n.in.AddWorkingDays(n.from, n.days)
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
			if want, _ := full.AddWorkingDays(n.from, n.days); !out.Case.Clocks[k].Equal(want) {
				t.Fatalf("%s is %s, want %s", k, out.Case.Clocks[k], want)
			}
		}
	})
}
