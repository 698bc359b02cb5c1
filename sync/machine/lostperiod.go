package machine

import (
	"time"

	"countermand/state"
)

// Lost is a time of which the records are gone, because a backup took the
// database's place: from the backup's last change until the first start on it.
// Of several restores it is the time from the first to the last.
type Lost struct{ From, To time.Time }

// lostGrace: what a shop tells without a date is taken for old so long after
// the start, since the polls catch up by then.
const lostGrace = 24 * time.Hour

// since is when a case may first have been asked without our knowing, zero if
// it cannot have been.
func (l Lost) since(c state.Case) time.Time {
	if l.To.IsZero() || !c.RequestedAt.IsZero() {
		return time.Time{}
	}
	wanted := c.CancelledAt
	if wanted.IsZero() && c.OpenedAt.Before(l.To.Add(lostGrace)) {
		wanted = c.ShopOrderedAt
	}
	if wanted.IsZero() || !c.OpenedAt.IsZero() && c.OpenedAt.Before(wanted) {
		wanted = c.OpenedAt
	}
	if !wanted.Before(l.To) || !c.ApprovedAt.Before(l.To) {
		return time.Time{}
	}
	if l.From.After(wanted) {
		return l.From
	}
	return wanted
}

// supposeAsked takes a case that was perhaps asked in a time of which the
// records are gone for one that was: no scan of that time is from before. A
// decision ends the question of asking again, not this one.
func (x *change) supposeAsked() {
	a := &x.c.Attempt
	if x.start != state.Held && !Asking(x.start) || !a.ClickedAt.IsZero() {
		return
	}
	if from := x.p.Lost.since(x.c); !from.IsZero() {
		a.ClickedAt, a.Lost = from, true
	}
}

// mayHaveBeenAsked holds a case that was perhaps asked, or decided upon, in a
// time of which the records are gone.
func (x *change) mayHaveBeenAsked() bool {
	from := x.p.Lost.since(x.c)
	if from.IsZero() {
		return false
	}
	x.hold(false, state.Found(state.RecordsLost, "", "from", moment(from), "to", moment(x.p.Lost.To)))
	return true
}

// heard is since when the supplier may know of the request; zero if it cannot.
func (x *change) heard() time.Time {
	if at := x.c.Attempt.Heard(); !at.IsZero() {
		return at
	}
	return x.p.Lost.since(x.c)
}
