package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countermand/state"
)

// AlertCalendar tells that deadlines reach a year whose days off are not
// known. It is raised once for a year.
const AlertCalendar = "calendar_year_missing"

// reckoning is how a clock is counted: working days from a moment of the case.
type reckoning struct {
	from time.Time
	days int
	in   Days
}

// reckonings are the clocks that count working days; the others are never
// estimates.
func (p Policy) reckonings(c state.Case) map[state.Clock]reckoning {
	return map[state.Clock]reckoning{
		state.ClockShipWindowEnd: {c.PaidAt, p.ShipWindowDays, p.Supplier},
		state.ClockProofDue:      {c.AnsweredAt, p.ProofDays, p.Supplier},
		state.ClockRefundWarn:    {c.ClosedAt, p.RefundWarnDays, p.Bank},
		state.ClockRefundDue:     {c.ClosedAt, p.RefundDueDays, p.Bank},
	}
}

// recount counts estimated clocks again at each tick, before they are acted
// upon: the year's days off may have become known.
func (x *change) recount() {
	if x.ev.Kind != state.EventTick || x.c.Status.Ended() {
		return
	}
	all := x.p.reckonings(x.c)
	for _, k := range slices.Clone(x.c.Estimated) {
		n := all[k]
		was := x.c.Clocks[k]
		if n.in == nil || n.from.IsZero() || was.IsZero() {
			continue
		}
		end, estimated := n.in.AddWorkingDays(n.from, n.days)
		if estimated && end.Equal(was) {
			continue
		}
		x.setClock(k, end, estimated)
		x.say("%s was an estimate, %s; counted again with the days off now known it is %s", clockWord(k), stamp(was), stamp(end))
	}
}

// estimate marks in the journal a deadline that may be counted wrong.
func (x *change) estimate(k state.Clock) string {
	if !slices.Contains(x.c.Estimated, k) {
		return ""
	}
	return fmt.Sprintf(" (an estimate: the days off of %d are not known)", estimatedYear(x.c, k))
}

// tellEstimates tells a person which year's days off are missing.
func (x *change) tellEstimates(before state.Case) {
	for _, k := range x.c.Estimated {
		year := estimatedYear(x.c, k)
		told := slices.ContainsFunc(x.out.Alerts, func(a state.Alert) bool { return a.Key == calendarKey(year) })
		if told || slices.Contains(before.Estimated, k) && estimatedYear(before, k) == year {
			continue
		}
		x.out.Alerts = append(x.out.Alerts, state.Alert{
			Key: calendarKey(year), Kind: AlertCalendar, CaseID: x.c.ID, Account: x.c.Account,
			Title: fmt.Sprintf("%s: %s (%s) is an estimate, the days off of %d are not known", orders(x.c), clockWord(k), stamp(x.c.Clocks[k]), year),
			Text:  fmt.Sprintf("China publishes them each November. Name a file with those of %d in calendar.files and start countermand again: such deadlines are then counted anew.", year),
		})
	}
}

// estimatedYear is the year without data that a clock's count came to: years
// become known one after the other, so it is that of the clock's own last day.
func estimatedYear(c state.Case, k state.Clock) int { return c.Clocks[k].UTC().Year() }

func calendarKey(year int) string { return fmt.Sprintf("calendar/%d", year) }

// recount puts a tick through every open case that has estimated clocks, so
// that no deadline is found to have passed unseen, and ends the alerts about
// years that are known by now.
func (e *Engine) recount(ctx context.Context) error {
	return e.update(ctx, func(t *txn) error {
		years := map[int]bool{} // true: still not known
		for _, s := range state.Statuses {
			if s.Ended() {
				continue
			}
			if err := t.recount(s, years); err != nil {
				return fmt.Errorf("count estimated deadlines again: %w", err)
			}
		}
		for year, missing := range years {
			if missing {
				continue
			}
			if err := t.resolve(calendarKey(year), fmt.Sprintf("The days off of %d are known, and the deadlines were counted again.", year)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *txn) recount(s state.Status, years map[int]bool) error {
	for after := ""; ; {
		cases, next, err := t.CasesByStatus(s, state.Page{After: after})
		if err != nil {
			return err
		}
		for _, c := range cases {
			if len(c.Estimated) == 0 {
				continue
			}
			got, err := t.step(c, state.Event{Kind: state.EventTick, By: state.ByEngine})
			if err != nil {
				return err
			}
			for _, k := range c.Estimated {
				year := estimatedYear(c, k)
				years[year] = years[year] || slices.Contains(got.Estimated, k)
			}
		}
		if after = next; after == "" {
			return nil
		}
	}
}
