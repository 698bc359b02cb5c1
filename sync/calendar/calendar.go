// Package calendar counts working days: the supplier's, on China's calendar
// with its make-up weekends, and the bank's, on a country's bank holidays.
//
// It is pure: no clock, no files. A Calendar is never changed once made and
// may be shared. China's days are published one year ahead, each autumn;
// where a year is not known yet, a count has an earliest and a latest end: the
// earliest if only the days off by law are off and weekends near them are
// worked, the latest if each break is as long as custom allows. Such a result
// is marked as an estimate, to be worked out again when With adds the year.
//
// The zone database is linked in, because a deadline must not depend on what
// the machine has installed.
package calendar

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"
	_ "time/tzdata" // Asia/Shanghai on machines without zone files
)

// Calendar knows the working days of one place and the zone they are counted
// in. Make one with China or Bank.
type Calendar struct {
	name  string
	zone  *time.Location
	years map[int]table
	// holiday knows every year that the table does not; nil knows none.
	holiday func(day time.Time) bool
	// feasts are the holidays of a year that is not known; nil: there are none.
	feasts func(year int) []feast
}

// Year is what is known of one year: the days off, and the Saturdays and
// Sundays that are worked. Of each time only the date counts, as it is
// written in its own location.
type Year struct {
	Year int
	Off  []time.Time
	Work []time.Time
}

// table says of the listed dates whether they are worked. All others follow
// the week.
type table map[date]bool

// date is a day on the wall, without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// noon stands for the date in UTC, for counting and for the weekday.
func (d date) noon() time.Time { return time.Date(d.year, d.month, d.day, 12, 0, 0, 0, time.UTC) }

func (d date) next() date { return dateOf(d.noon().AddDate(0, 0, 1)) }

func (d date) before(e date) bool { return d.noon().Before(e.noon()) }

func (d date) String() string { return d.noon().Format(time.DateOnly) }

func (d date) weekend() bool {
	w := d.noon().Weekday()
	return w == time.Saturday || w == time.Sunday
}

// Name is the code the calendar was made for: "cn", "us".
func (c *Calendar) Name() string { return c.name }

// Zone is where the days are counted.
func (c *Calendar) Zone() *time.Location { return c.zone }

// With returns a calendar that also knows the given years; a year that was
// known before is replaced whole. It refuses dates outside their year, a date
// that is both off and worked, and a year without any day off, which no
// country has.
func (c *Calendar) With(years ...Year) (*Calendar, error) {
	out := *c
	out.years = maps.Clone(c.years)
	if out.years == nil {
		out.years = map[int]table{}
	}
	for _, y := range years {
		t, err := tableOf(y)
		if err != nil {
			return nil, fmt.Errorf("calendar %s, year %d: %w", c.name, y.Year, err)
		}
		out.years[y.Year] = t
	}
	return &out, nil
}

func tableOf(y Year) (table, error) {
	if len(y.Off) == 0 {
		return nil, fmt.Errorf("no day off is listed; give the whole year's public holidays")
	}
	t := table{}
	for _, day := range slices.Concat(y.Off, y.Work) {
		if day.Year() != y.Year {
			return nil, fmt.Errorf("%s is not in that year", dateOf(day))
		}
	}
	for _, day := range y.Off {
		t[dateOf(day)] = false
	}
	for _, day := range y.Work {
		if _, twice := t[dateOf(day)]; twice {
			return nil, fmt.Errorf("%s is listed as off and as worked", dateOf(day))
		}
	}
	for _, day := range y.Work {
		t[dateOf(day)] = true
	}
	return t, nil
}

// WorkingDay tells whether the date that t falls on, in the calendar's zone,
// is worked. known is false when the year is without data and only the week
// decided.
func (c *Calendar) WorkingDay(t time.Time) (working, known bool) {
	return c.working(dateOf(t.In(c.zone)))
}

func (c *Calendar) working(d date) (working, known bool) {
	if t, ok := c.years[d.year]; ok {
		if worked, listed := t[d]; listed {
			return worked, true
		}
		return !d.weekend(), true
	}
	if c.holiday != nil {
		return !d.weekend() && !c.holiday(d.noon()), true
	}
	return !d.weekend(), false
}

// AddWorkingDays returns the end of the nth working day after the day that
// from falls on in the calendar's zone: the first instant of the day that
// follows it, in UTC. The start day never counts, whatever the hour; days off
// and weekends are passed over, make-up days count. With n below 1 it is the
// end of the start day itself.
//
// estimated is true when a day on the way, the start day left out, lies in a
// year without data: then it ends between earliest and latest, which are else
// the same.
func (c *Calendar) AddWorkingDays(from time.Time, n int) (earliest, latest time.Time, estimated bool) {
	if earliest, estimated = c.count(from, n, c.mayWork()); !estimated {
		return earliest, earliest, false
	}
	latest, _ = c.count(from, n, c.surelyWorks())
	return earliest, latest, true
}

// count counts by the days that are known, and by guess where none are.
func (c *Calendar) count(from time.Time, n int, guess func(date) bool) (end time.Time, guessed bool) {
	d := dateOf(from.In(c.zone))
	for n > 0 {
		d = d.next()
		working, known := c.working(d)
		if !known {
			working, guessed = guess(d), true
		}
		if working {
			n--
		}
	}
	return startOf(d.next(), c.zone), guessed
}

// KnownUntil is the last date of the years with data that follow on the one of
// t, in the calendar's zone; zero where t's own year has none. A calendar that
// knows every year has no last date: ok is false.
func (c *Calendar) KnownUntil(t time.Time) (last time.Time, ok bool) {
	if c.holiday != nil {
		return time.Time{}, false
	}
	year := t.In(c.zone).Year()
	if _, known := c.years[year]; !known {
		return time.Time{}, true
	}
	for c.years[year+1] != nil {
		year++
	}
	return date{year, time.December, 31}.noon(), true
}

// startOf is the first instant of a day. It searches, because a zone may skip
// midnight (Santiago, Cairo) or have it twice (Havana).
func startOf(d date, zone *time.Location) time.Time {
	from := d.noon().Add(-36 * time.Hour) // before the day in every zone
	const span = 36*60 + 14*60            // minutes, to after its start in every zone
	n := sort.Search(span, func(i int) bool {
		return !dateOf(from.Add(time.Duration(i) * time.Minute).In(zone)).before(d)
	})
	return from.Add(time.Duration(n) * time.Minute)
}
