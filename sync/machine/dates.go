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
func comparedDates(all ...namedDate) string {
	var words []string
	for _, d := range all {
		if !d.at.IsZero() {
			words = append(words, d.what+" "+Stamp(d.at))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// closingDate is when the order was closed: the page's own date where it tells
// one, else the reading's time, by which it was. The page's date has no hour,
// so on the day of the request it would lie before it.
func (x *change) closingDate(r *state.Reading) (at time.Time, told bool) {
	switch {
	case r == nil:
		return x.now, false
	case r.ClosedAt.IsZero():
		return r.At.UTC(), false
	case r.ClosedAt.Before(x.c.RequestedAt):
		return x.c.RequestedAt, true
	}
	return r.ClosedAt.UTC(), true
}

// closedWhy tells an acceptance from a closing by the site: a supplier that
// stayed silent until the window's end has not accepted anything. What counts
// is when it was closed, however late that is read.
func (x *change) closedWhy(r *state.Reading) string {
	at, told := x.closingDate(r)
	end := x.c.Clocks[state.ClockShipWindowEnd]
	switch {
	case x.c.PhaseBefore == state.PhaseRiskHold || x.c.PhaseBefore == state.PhaseUnpaid: // no seller was to answer
		return "the order is closed, before its payment was through"
	case end.IsZero() || at.Before(end) && !told, at.Add(pageDay).Before(end):
		return "the supplier accepted: the order is closed"
	case at.Before(end):
		return "the order was closed on the day on which the ship window ended, " + Stamp(end) + ": by the supplier or by " + x.supplier()
	}
	return "the ship window ended " + Stamp(end) + " without an answer and " + x.supplier() + " closed the order"
}

// pageDay is what a page's date leaves open: it has no hour.
const pageDay = 24 * time.Hour
