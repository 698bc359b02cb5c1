package calendar

import (
	"fmt"
	"time"
)

// shanghai has been UTC+8 without summer time since 1991.
var shanghai = mustLoad("Asia/Shanghai")

// chinaYears are the State Council's published days, as ranges of dates.
// Make-up days are the weekends worked in exchange for the long breaks. The
// next year appears each November: add it here, and until an update reaches
// the operator, calendar.files does.
var chinaYears = []Year{
	{
		Year: 2025,
		Off: days("2025-01-01", "2025-01-28..2025-02-04", "2025-04-04..2025-04-06", "2025-05-01..2025-05-05",
			"2025-05-31..2025-06-02", "2025-10-01..2025-10-08"),
		Work: days("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
	},
	{
		Year: 2026,
		Off: days("2026-01-01..2026-01-03", "2026-02-15..2026-02-23", "2026-04-04..2026-04-06", "2026-05-01..2026-05-05",
			"2026-06-19..2026-06-21", "2026-09-25..2026-09-27", "2026-10-01..2026-10-07"),
		Work: days("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
	},
}

// China is the suppliers' calendar, counted in Asia/Shanghai, with the years
// that were published when this version was made.
func China() *Calendar {
	c, err := (&Calendar{name: "cn", zone: shanghai, feasts: chinaFeasts}).With(chinaYears...)
	if err != nil {
		panic(fmt.Sprintf("built-in calendar: %v", err)) // a slip in the table above; every test meets it
	}
	return c
}

// days spells out ranges such as 2026-02-15..2026-02-23, both ends included.
func days(ranges ...string) []time.Time {
	var out []time.Time
	for _, r := range ranges {
		first, last := mustDay(r[:10]), mustDay(r[len(r)-10:])
		for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
			out = append(out, d)
		}
	}
	return out
}

func mustDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func mustLoad(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the database is linked in, so only a misspelt name gets here
	}
	return zone
}
