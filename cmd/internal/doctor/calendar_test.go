package doctor

import (
	"strings"
	"testing"
	"time"

	"countermand/sync/calendar"
)

// TestTheFirstEstimateIsNamed: from which day on deadlines are estimates.
func TestTheFirstEstimateIsNamed(t *testing.T) {
	t.Parallel()
	bank, err := calendar.Bank("us", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]struct {
		verdict Verdict
		says    string
	}{
		"2026-06-01": {OK, "from 2027-01-01 on"},
		"2026-11-29": {OK, "from 2027-01-01 on"},
		"2026-12-15": {Warn, "from 2027-01-01 on"},
		"2027-01-01": {Warn, "already"},
	} {
		at, err := time.Parse(time.DateOnly, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := daysKnown(calendar.China(), bank, at); got.Verdict != want.verdict || !strings.Contains(got.Detail, want.says) {
			t.Errorf("%s: %+v", now, got)
		}
	}
	if got := daysKnown(bank, bank, time.Now()); got.Verdict != OK {
		t.Errorf("%+v", got)
	}
}
