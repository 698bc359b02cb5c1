package machine

import (
	"time"

	"countermand/state"
)

// Lost is the lost period: the time between a restored backup and the first
// start on it, of which the records are gone. After several restores it is the
// time from the first to the last.
type Lost struct{ From, To time.Time }

// lostGrace is how long after the restore a case without a cancel date counts
// as from the lost period: by then the polls have caught up.
const lostGrace = 24 * time.Hour

// since is the earliest moment at which a case may have been requested in the
// lost period, zero if it cannot have been.
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

// supposeAsked treats a case from the lost period as already requested: no scan
// of that period counts as from before the request. A person's approval allows
// another request and does not change this.
func (x *change) supposeAsked() {
	a := &x.c.Attempt
	if x.start != state.Held && !Asking(x.start) || !a.ClickedAt.IsZero() {
		return
	}
	if from := x.p.Lost.since(x.c); !from.IsZero() {
		a.ClickedAt, a.Lost = from, true
	}
}

// mayHaveBeenAsked holds a case that may have been requested, or decided on, in
// the lost period.
func (x *change) mayHaveBeenAsked() bool {
	from := x.p.Lost.since(x.c)
	if from.IsZero() {
		return false
	}
	x.hold(false, state.Found(state.RecordsLost, "", "from", moment(from), "to", moment(x.p.Lost.To)))
	return true
}

// heard is since when the supplier may know of the request, the lost period
// included; zero if it cannot.
func (x *change) heard() time.Time {
	if at := x.c.Attempt.Heard(); !at.IsZero() {
		return at
	}
	return x.p.Lost.since(x.c)
}
