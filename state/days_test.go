package state

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		begin time.Time
		date  string
		long  time.Duration
	}{
		"an ordinary day": {time.Date(2026, 11, 3, 0, 0, 0, 0, zone), "2026-11-03", 24 * time.Hour},
		"a long one":      {time.Date(2026, 11, 1, 0, 0, 0, 0, zone), "2026-11-01", 25 * time.Hour},
		"a short one":     {time.Date(2026, 3, 8, 0, 0, 0, 0, zone), "2026-03-08", 23 * time.Hour},
	} {
		days := Days(nil).With(FieldClosedAt, DayOf(tt.begin))
		at := tt.begin.UTC()
		if d := days[FieldClosedAt]; d.Date != tt.date || d.End.Sub(at) != tt.long || !days.End(FieldClosedAt, at).Equal(d.End) || !days.Last(FieldClosedAt, at).Equal(d.End.Add(-1)) {
			t.Errorf("%s: %+v", name, d)
		}
		if !days.End(FieldPaidAt, at).Equal(at) || !days.Last(FieldPaidAt, at).Equal(at) || !days.Last(FieldClosedAt, time.Time{}).IsZero() {
			t.Errorf("%s: a moment, or no date, became a day", name)
		}
		if c := (Case{ClosedAt: at, PaidAt: at.Add(1), Days: days}); c.DayAt(at).Date != tt.date || !c.DayAt(at.Add(1)).IsZero() {
			t.Errorf("%s: the days of a case", name)
		}
		if moment := days.With(FieldClosedAt, Day{}); len(moment) > 0 || len(days) != 1 {
			t.Errorf("%s: %v made a moment is %v", name, days, moment)
		}
	}
}

// A scan on the day of the request accuses nobody.
func TestScanOnTheDayOfTheRequest(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	for hours, want := range map[int]bool{-1: false, 0: false, 12: false, 23: false, 24: true, 40: true} {
		c := Case{RequestedAt: begin, Days: Days{FieldRequestedAt: DayOf(begin)}, Tracking: []Tracking{{FirstScanAt: begin.Add(time.Duration(hours) * time.Hour)}}}
		if c.SentAfterRequest() != want {
			t.Errorf("scanned %d hours from the day's beginning: accuses %t", hours, !want)
		}
	}
}
