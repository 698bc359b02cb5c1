package machine

import (
	"strings"
	"time"

	"countermand/state"
)

// namedDate is one date that a change of status rests on, with its name.
type namedDate struct {
	what string
	at   time.Time
}

// comparedDates lists, for the journal, the dates that were compared; unknown ones are
// left out.
func comparedDates(all ...namedDate) string { return datesOf(state.Case{}, all) }

// comparedDates does so where dates of the site are among them.
func (x *change) comparedDates(all ...namedDate) string { return datesOf(x.c, all) }

func datesOf(c state.Case, all []namedDate) string {
	var words []string
	for _, d := range all {
		if !d.at.IsZero() {
			words = append(words, d.what+" "+StampOf(c, d.at))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// StampOf writes a date of a case for people: only its day, where the site told
// no hour.
func StampOf(c state.Case, at time.Time) string {
	if day := c.DayAt(at); !day.IsZero() {
		return day.Date
	}
	return Stamp(at)
}

// closingDate is when the order was closed: the page's own date where it tells
// one, else the reading's time, by which it was. None lies before the request; a
// day on which it was made says nothing more.
func (x *change) closingDate(r *state.Reading) (at time.Time, day state.Day, told bool) {
	switch {
	case r == nil:
		return x.now, day, false
	case r.ClosedAt.IsZero():
		return r.At.UTC(), day, false
	case r.Days.Last(state.FieldClosedAt, r.ClosedAt).Before(x.c.RequestedAt):
		return x.c.RequestedAt, x.c.Days[state.FieldRequestedAt], true
	}
	return r.ClosedAt.UTC(), r.Days[state.FieldClosedAt], true
}

// closedWhy tells an acceptance from a closing by the site: a supplier that
// stayed silent until the window's end has not accepted anything. What counts
// is when it was closed, however late that is read.
func (x *change) closedWhy(r *state.Reading) string {
	at, _, told := x.closingDate(r)
	over := at
	if told {
		over = pageDate(r.Days, state.FieldClosedAt, at)
	}
	end := x.c.Clocks[state.ClockShipWindowEnd]
	switch {
	case x.c.PhaseBefore == state.PhaseRiskHold || x.c.PhaseBefore == state.PhaseUnpaid: // no seller was to answer
		return "the order is closed, before its payment was through"
	case end.IsZero() || at.Before(end) && !told, over.Before(end):
		return "the supplier accepted: the order is closed"
	case at.Before(end):
		return "the order was closed on the day on which the ship window ended, " + Stamp(end) + ": by the supplier or by " + x.supplier()
	}
	return "the ship window ended " + Stamp(end) + " without an answer and " + x.supplier() + " closed the order"
}

// pageDate is when a page's date is surely over. One that is not known for a
// day is taken for one: older records do not tell.
func pageDate(days state.Days, f state.Field, at time.Time) time.Time {
	if end := days.End(f, at); !end.Equal(at) {
		return end
	}
	return at.Add(24 * time.Hour)
}
