package sync

import (
	"testing"
	"time"
)

// The simulation reckons deadlines by itself: days off are written down here
// once more, from the same notices as the calendars', and counted in another
// way.

// yearZone is China's: no summer time.
var yearZone = time.FixedZone("UTC+8", 8*60*60)

// yearBankZone is where the bank's days begin.
var yearBankZone = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// yearPageZone is the account's, in which its pages tell days.
var yearPageZone = func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	return zone
}()

// yearChina says what is not as the week has it: false is off, true is worked.
// Of 2027 nothing is published, so only weekends count.
var yearChina = yearTable(map[bool][]string{
	false: {
		"2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23", "2026-04-06",
		"2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07",
	},
	true: {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"},
})

// yearBank has the days on which the Reserve Banks are closed in the week: one
// that falls on a Sunday is kept on the Monday, one on a Saturday is not.
var yearBank = yearTable(map[bool][]string{false: {
	"2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25",
	"2027-01-01", "2027-01-18", "2027-02-15", "2027-05-31", "2027-07-05", "2027-09-06", "2027-10-11", "2027-11-11", "2027-11-25",
}})

func yearTable(days map[bool][]string) map[string]bool {
	out := map[string]bool{}
	for worked, list := range days {
		for _, d := range list {
			out[d] = worked
		}
	}
	return out
}

// yearWorking is the midnight after the nth working day; the start day does
// not count.
func yearWorking(from time.Time, n int, table map[string]bool, zone *time.Location) time.Time {
	y, m, d := from.In(zone).Date()
	for n > 0 {
		d++
		day := time.Date(y, m, d, 12, 0, 0, 0, zone)
		worked, listed := table[day.Format(time.DateOnly)]
		if !listed {
			worked = day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		}
		if worked {
			n--
		}
	}
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC()
}

func yearChinaDays(from time.Time, n int) time.Time {
	return yearWorking(from, n, yearChina, yearZone)
}

func yearBankDays(from time.Time, n int) time.Time {
	return yearWorking(from, n, yearBank, yearBankZone)
}

// TestYearDays: the playbook's own examples, and what a bank's year looks like.
func TestYearDays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from  string // in UTC
		n     int
		count func(time.Time, int) time.Time
		want  string
	}{
		{"2026-02-12T09:00:00Z", 7, yearChinaDays, "2026-02-28T16:00:00Z"},
		{"2026-04-29T09:00:00Z", 7, yearChinaDays, "2026-05-12T16:00:00Z"},
		{"2026-09-29T09:00:00Z", 7, yearChinaDays, "2026-10-14T16:00:00Z"},
		{"2026-09-18T09:00:00Z", 7, yearChinaDays, "2026-09-29T16:00:00Z"},
		{"2026-11-20T09:00:00Z", 7, yearChinaDays, "2026-12-01T16:00:00Z"},
		{"2026-02-12T02:00:00Z", 5, yearChinaDays, "2026-02-26T16:00:00Z"}, // the 11th in Los Angeles
		{"2026-12-30T09:00:00Z", 3, yearChinaDays, "2027-01-04T16:00:00Z"},
		{"2026-03-06T20:00:00Z", 1, yearBankDays, "2026-03-10T04:00:00Z"}, // over the change of the clocks
		{"2026-12-24T20:00:00Z", 5, yearBankDays, "2027-01-05T05:00:00Z"},
		{"2026-07-02T20:00:00Z", 1, yearBankDays, "2026-07-04T04:00:00Z"}, // the 4th is a Saturday: the 3rd is worked
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.count(from, tt.n).Format(time.RFC3339); got != tt.want {
			t.Errorf("%d days after %s end %s, want %s", tt.n, tt.from, got, tt.want)
		}
	}
}
