package machine

import (
	"time"

	"countermand/state"
)

// countUnreadParts counts readings without the part that matters: the tracking of an open
// order, the refunds of a closed one. Nothing is concluded from a missing part,
// so a person is alerted: at the third such reading in a row, at proof_due at
// once, and once more when the last grace is over.
func (x *change) countUnreadParts(r *state.Reading) {
	c := &x.c
	lacks := r.Unread != "" && !r.TrackingRead
	told := r.TrackingRead || r.Unread == "" && statuses[c.Status].depth != state.DepthTracking
	if r.Phase == state.PhaseClosed {
		lacks = r.Unread != "" && !r.RefundRead
		told = !lacks
	}
	if told {
		c.PartFailures = 0
	}
	if !lacks {
		return
	}
	c.PartFailures++
	if c.PartFailures == 1 || c.PartFailures == unreadableAfter {
		x.say("a part could not be read, and nothing follows from what it does not show: %s", r.Unread)
	}
	x.proofUnread(r)
}

// unreadPoint remembers which deadline of the proof passed without a tracking
// that could be read.
const unreadPoint = string(state.ClockProofDue) + "-unread"

// partUnreadable tells whether a person was called because a part cannot be read.
func partUnreadable(c state.Case) bool {
	return c.PartFailures >= unreadableAfter || c.PartFailures > 0 && !c.Fired[unreadPoint].IsZero()
}

// proofUnread alerts a person when the proof is due and the tracking cannot be
// read: neither "no number" nor "no scan" may be concluded then.
func (x *change) proofUnread(r *state.Reading) {
	due := x.c.Clocks[state.ClockProofDue]
	if x.c.Status != state.Refused || due.IsZero() || r.At.Before(due) {
		return
	}
	at := due
	if last := due.Add(x.p.NumberGrace); !r.At.Before(last) {
		at = last
	}
	if fired := x.c.Fired[unreadPoint]; fired.Equal(at) {
		x.alert(AlertUnreadable) // it may have been readable between
		return
	}
	if x.c.Fired == nil {
		x.c.Fired = map[string]time.Time{}
	}
	x.c.Fired[unreadPoint] = at
	x.say("the proof was due %s%s and the tracking cannot be read: no verdict follows; look at the tracking yourself", Stamp(due), x.estimate(state.ClockProofDue))
	x.resolve(AlertUnreadable)
	x.alert(AlertUnreadable)
}
