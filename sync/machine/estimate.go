package machine

import (
	"fmt"
	"slices"
	"time"

	"countermand/state"
)

// AlertCalendar tells that deadlines reach a year whose days off are not
// known. It is raised once for a year.
const AlertCalendar = "calendar_year_missing"

// dayCount is how a clock is counted: so many working days from a time of the
// case, in a calendar. Where the site told only a day, the time is between first
// and last.
type dayCount struct {
	first, last time.Time
	days        int
	in          WorkingDays
}

// dayCounts are the clocks that count working days; the others are never
// estimates.
func (p Policy) dayCounts(c state.Case) map[state.Clock]dayCount {
	return map[state.Clock]dayCount{
		state.ClockShipWindowEnd: {c.PaidAt, c.Days.Last(state.FieldPaidAt, c.PaidAt), p.ShipWindowDays, p.Supplier},
		state.ClockProofDue:      {c.AnsweredAt, c.Days.Last(state.FieldAnsweredAt, c.AnsweredAt), p.ProofDays, p.Supplier},
		state.ClockRefundWarn:    {c.ClosedAt, c.ClosedAt, p.RefundWarnDays, p.Bank},
		state.ClockRefundDue:     {c.ClosedAt, c.Days.Last(state.FieldClosedAt, c.ClosedAt), p.RefundDueDays, p.Bank},
	}
}

// recount counts estimated clocks again at each tick, before they are acted
// upon: the year's days off may have become known.
func (x *change) recount() {
	if x.ev.Kind != state.EventTick || x.c.Status.Ended() {
		return
	}
	all := x.p.dayCounts(x.c)
	for _, k := range slices.Clone(x.c.Estimated) {
		n := all[k]
		was := x.c.Clocks[k]
		if n.in == nil || n.first.IsZero() || was.IsZero() {
			continue
		}
		before := x.c.EarliestEnd(k)
		x.countClock(k, n)
		now := x.c.Clocks[k]
		switch {
		case !slices.Contains(x.c.Estimated, k):
			x.say("%s was an estimate, %s; counted again with the days off now known it is %s", clockWord(k), Stamp(was), Stamp(now))
		case !now.Equal(was) || !x.c.EarliestEnd(k).Equal(before):
			x.say("%s was an estimate, %s; counted again it is between %s and %s", clockWord(k), Stamp(was), Stamp(x.c.EarliestEnd(k)), Stamp(now))
		}
	}
}

// estimate marks in the journal a deadline that may be counted wrong.
func (x *change) estimate(k state.Clock) string {
	if !slices.Contains(x.c.Estimated, k) {
		return ""
	}
	return fmt.Sprintf(" (an estimate: the days off of %d are not known)", EstimatedYear(x.c, k))
}

// alertEstimates tells a person which year's days off are missing.
func (x *change) alertEstimates(before state.Case) {
	for _, k := range x.c.Estimated {
		year := EstimatedYear(x.c, k)
		told := slices.ContainsFunc(x.out.Alerts, func(a state.Alert) bool { return a.Key == CalendarKey(year) })
		if told || slices.Contains(before.Estimated, k) && EstimatedYear(before, k) == year {
			continue
		}
		x.out.Alerts = append(x.out.Alerts, state.Alert{
			Key: CalendarKey(year), Kind: AlertCalendar, CaseID: x.c.ID, Account: x.c.Account,
			Title: fmt.Sprintf("%s: %s (%s to %s) is an estimate, the days off of %d are not known", CaseTitle(x.c), clockWord(k), Stamp(x.c.EarliestEnd(k)), Stamp(x.c.Clocks[k]), year),
			Text: fmt.Sprintf("Warnings go by the earlier time, conclusions wait for the later. China publishes the days each November: put those of %d into a file that calendar.files names, and such deadlines are counted anew at once; "+
				"a file that is named there for the first time needs a restart.", year),
		})
	}
}

// EstimatedYear is the year without data that a clock's count came to: years
// become known one after the other, so it is that of the clock's own last day.
func EstimatedYear(c state.Case, k state.Clock) int { return c.Clocks[k].UTC().Year() }

// CalendarKey is the key of the alert about a year whose days off are missing.
func CalendarKey(year int) string { return fmt.Sprintf("calendar/%d", year) }
