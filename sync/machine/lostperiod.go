package machine

import (
	"time"

	"countermand/state"
)

// LostPeriod is the lost period: the time between a restored backup and the first
// start on it, of which the records are gone. After several restores it is the
// time from the first to the last.
type LostPeriod struct{ From, To time.Time }

// lostPeriodGrace is how long after the restore a case without a cancel date counts
// as from the lost period: by then the polls have caught up.
const lostPeriodGrace = 24 * time.Hour

// askedSince is the earliest moment at which a case may have been requested in the
// lost period, zero if it cannot have been.
func (l LostPeriod) askedSince(c state.Case) time.Time {
	if l.To.IsZero() || !c.RequestedAt.IsZero() {
		return time.Time{}
	}
	wanted := c.CancelledAt
	if wanted.IsZero() && c.OpenedAt.Before(l.To.Add(lostPeriodGrace)) {
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

// assumeAsked treats a case from the lost period as already requested: no scan
// of that period counts as from before the request. A person's approval allows
// another request and does not change this.
func (x *change) assumeAsked() {
	a := &x.c.Attempt
	if x.start != state.Held && !BeingAsked(x.start) || !a.ClickedAt.IsZero() {
		return
	}
	if from := x.p.LostPeriod.askedSince(x.c); !from.IsZero() {
		a.ClickedAt, a.InLostPeriod = from, true
	}
}

// holdIfMaybeAsked holds a case that may have been requested, or decided on, in
// the lost period.
func (x *change) holdIfMaybeAsked() bool {
	from := x.p.LostPeriod.askedSince(x.c)
	if from.IsZero() {
		return false
	}
	x.hold(false, state.Found(state.RecordsLost, "", "from", moment(from), "to", moment(x.p.LostPeriod.To)))
	return true
}

// maybeAskedSince is since when the supplier may know of the request, the lost period
// included; zero if it cannot.
func (x *change) maybeAskedSince() time.Time {
	if at := x.c.Attempt.NoticeAt(); !at.IsZero() {
		return at
	}
	return x.p.LostPeriod.askedSince(x.c)
}
