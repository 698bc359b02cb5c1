package calendar

import "time"

// feast is a holiday of a year whose arrangement is not published: the days off
// by law, the longest break that custom allows around them, and how many
// weekend days may at most be worked for it.
type feast struct {
	first, last date // by law
	from, to    date // by custom
	makeUp      int
}

// makeUpWithin is how many days before or after a holiday the weekends lie that
// are worked for it: 11 days in September 2026, 9 in February.
const makeUpWithin = 12

// lunarDays are the first day of the lunar year, the Dragon Boat festival (5th
// of the 5th month), Mid-Autumn (15th of the 8th) and Qingming (the sun at 15
// degrees), by the new moons and the sun in UTC+8. Those of 2025 and 2026 are
// there for the test that compares them with what was published.
var lunarDays = map[int][4]string{
	2025: {"01-29", "05-31", "10-06", "04-04"},
	2026: {"02-17", "06-19", "09-25", "04-05"},
	2027: {"02-06", "06-09", "09-15", "04-05"},
	2028: {"01-26", "05-28", "10-03", "04-04"},
	2029: {"02-13", "06-16", "09-22", "04-04"},
	2030: {"02-03", "06-05", "09-12", "04-05"},
	2031: {"01-23", "06-24", "10-01", "04-05"},
	2032: {"02-11", "06-12", "09-19", "04-04"},
	2033: {"01-31", "06-01", "09-08", "04-04"},
	2034: {"02-19", "06-20", "09-27", "04-05"},
	2035: {"02-08", "06-10", "09-16", "04-05"},
	2036: {"01-28", "05-30", "10-04", "04-04"},
	2037: {"02-15", "06-18", "09-24", "04-04"},
	2038: {"02-04", "06-07", "09-13", "04-05"},
	2039: {"01-24", "05-27", "10-02", "04-05"},
	2040: {"02-12", "06-14", "09-20", "04-04"},
}

// chinaFeasts are the holidays of a year by law (State Council, 2025: New Year's
// Day, Spring Festival from the eve to the third day, Qingming, Labour Day 1-2
// May, Dragon Boat, Mid-Autumn, 1-3 October) and the breaks that custom makes of
// them, after the arrangements of 2025 and 2026 (policy facts, "Working days"):
// Spring Festival from the day before the eve to the eighth day, Labour Day to
// 5 May, National Day to 8 October.
func chinaFeasts(year int) []feast {
	on := func(m time.Month, d int) date { return date{year, m, d} }
	out := []feast{
		oneDay(on(time.January, 1)),
		{on(time.May, 1), on(time.May, 2), on(time.May, 1), on(time.May, 5), 2},
		{on(time.October, 1), on(time.October, 3), on(time.October, 1), on(time.October, 8), 2},
	}
	lunar, ok := lunarDays[year]
	if !ok {
		return out
	}
	at := func(i int) date { return dateOf(mustDay(on(1, 1).String()[:5] + lunar[i])) }
	spring := at(0)
	out = append(out, feast{spring.plus(-1), spring.plus(2), spring.plus(-2), spring.plus(7), 2})
	for i := 1; i < len(lunar); i++ {
		out = append(out, oneDay(at(i)))
	}
	return out
}

// oneDay is a holiday of one day: custom adds the Monday after one that falls on
// a weekend, and the day between it and a weekend, for which one is worked. In
// the middle of the week it stands alone, though one was worked for it in years
// past.
func oneDay(d date) feast {
	f := feast{first: d, last: d, from: d, to: d}
	switch d.noon().Weekday() {
	case time.Tuesday:
		f.from, f.makeUp = d.plus(-1), 1
	case time.Wednesday:
		f.makeUp = 1
	case time.Thursday:
		f.to, f.makeUp = d.plus(1), 1
	case time.Saturday:
		f.to = d.plus(2)
	case time.Sunday:
		f.to = d.plus(1)
	}
	return f
}

func (d date) plus(days int) date { return dateOf(d.noon().AddDate(0, 0, days)) }

// within tells whether a date lies from one to another.
func (d date) within(from, to date) bool { return !d.before(from) && !to.before(d) }

// mayWork says of the dates of a year without data, put to it one after the
// other, whether they are worked if as few are off as can be: the days by law
// are off, and weekends near them are worked.
func (c *Calendar) mayWork() func(date) bool {
	used := map[date]int{}
	return func(d date) bool {
		near := date{}
		for _, f := range c.feastsAbout(d) {
			if d.within(f.first, f.last) {
				return false
			}
			if used[f.first] < f.makeUp && d.within(f.first.plus(-makeUpWithin), f.last.plus(makeUpWithin)) {
				near = f.first
			}
		}
		if d.weekend() && near != (date{}) {
			used[near]++
			return true
		}
		return !d.weekend()
	}
}

// surelyWorks is the same if as many are off as can be: the longest breaks, and
// no weekend is worked.
func (c *Calendar) surelyWorks() func(date) bool {
	return func(d date) bool {
		for _, f := range c.feastsAbout(d) {
			if d.within(f.from, f.to) {
				return false
			}
		}
		return !d.weekend()
	}
}

// feastsAbout are the holidays of a date's year and, for its last days, of the
// next.
func (c *Calendar) feastsAbout(d date) []feast {
	if c.feasts == nil {
		return nil
	}
	out := c.feasts(d.year)
	if d.month == time.December {
		out = append(out, c.feasts(d.year+1)...)
	}
	return out
}
