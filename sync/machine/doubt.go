package machine

import (
	"time"

	"countermand/state"
)

// interrupted handles an attempt whose end was never stored, after a crash. Without
// a mark nothing left, whatever the process was doing.
func interrupted(x *change) error {
	a := &x.c.Attempt
	if a.DispatchedAt.IsZero() {
		wait := time.Duration(0)
		if a.Broken++; a.Broken > 1 { // else an attempt that ends the process would be all that it does
			wait = Backoff(a.Broken - 1)
		}
		x.backToQueue(wait, "the attempt was interrupted before anything left: done again")
		return nil
	}
	a.Said, a.SaidWords = state.SaidNone, ""
	x.doubt("the attempt was interrupted after the call that asks may have left")
	return nil
}

// mark notes that the supplier may have the request from now on.
func (x *change) mark() {
	a := &x.c.Attempt
	a.DispatchedAt = x.now
	a.Life, a.MarkUp = x.ev.Life, x.ev.Up
	if a.ClickedAt.IsZero() {
		a.ClickedAt = x.now
	}
}

// takeMarkBack forgets a mark from which nothing left. What an earlier one may
// have told the supplier stays.
func (x *change) takeMarkBack() {
	a := &x.c.Attempt
	if a.ClickedAt.Equal(a.DispatchedAt) {
		a.ClickedAt = time.Time{}
	}
	a.DispatchedAt, a.Said, a.SaidWords = time.Time{}, state.SaidNothing, ""
}

// callIsPast puts the mark and its answer among the earlier ones: another attempt
// may begin, and whoever decides about it still hears of this one.
func (x *change) callIsPast() {
	a := &x.c.Attempt
	if !a.DispatchedAt.IsZero() {
		a.Before = append(a.Before, state.Call{At: a.DispatchedAt, Said: a.Said, Words: a.SaidWords})
	}
	a.DispatchedAt, a.Said, a.SaidWords = time.Time{}, state.SaidNothing, ""
	a.DoubtReads, a.DoubtAt, a.DoubtOther = 0, time.Time{}, false
}

// earlierCalls are the findings about calls that left, but for those that found
// names already: whoever decides must know of each.
func (x *change) earlierCalls(found state.Findings) (out state.Findings) {
	for _, call := range x.c.Attempt.Calls() {
		at, named := moment(call.At), false
		for _, f := range found {
			named = named || f.Facts["clicked"] == at
		}
		if !named {
			out = append(out, state.Found(state.CallLeft, "", "clicked", at, "said", string(call.Said), "words", call.Words))
		}
	}
	return out
}

// settle is the time between the two readings that decide, and between the mark
// and the first: a page may show an old state for minutes. Less than a minute
// would be no wait at all.
func (x *change) settle() time.Duration { return max(x.p.Settle, time.Minute) }

// doubt keeps the case in its status until readings show whether the request was
// placed.
func (x *change) doubt(why string) {
	a := &x.c.Attempt
	a.StartedAt, a.DoubtReads, a.DoubtAt, a.DoubtOther = time.Time{}, 0, time.Time{}, false
	x.say("%s: the order is read before anything else", why)
	x.alert(AlertDoubt)
	x.read(state.DepthDetail, "verify the request")
	x.c.NextCheckAt = x.now.Add(x.settle())
}

// awaitsReading tells whether only readings decide: a call left, and no attempt runs.
func awaitsReading(a state.Attempt) bool { return !a.DispatchedAt.IsZero() && a.StartedAt.IsZero() }

// tickRequesting reads again while the request is in doubt; while an attempt
// runs there is nothing to do.
func tickRequesting(x *change) error {
	if !awaitsReading(x.c.Attempt) {
		x.c.NextCheckAt = time.Time{}
	}
	return tick(x)
}

// readingRequesting decides by a reading what became of a call that left.
func readingRequesting(x *change) error {
	r := x.ev.Reading
	switch {
	case !awaitsReading(x.c.Attempt):
		return nil
	case r.Source == state.SourceList:
		x.listBetween(r)
		return nil
	case !x.passesGuard(r):
		return nil
	case r.At.Before(x.c.Attempt.DispatchedAt):
		x.c.NextCheckAt = x.now.Add(x.settle())
		return nil // from before the call, so it says nothing about it
	}
	x.keepFacts(r)
	switch {
	case r.Phase == state.PhasePending:
		x.requested(r, "read again: the supplier has the request")
	case r.Phase == state.PhaseClosed:
		x.closed(r, "read again: the order is closed")
	case !r.Complete:
		wait := x.settle()
		if n := x.c.ReadFailures; n >= unreadableAfter { // a person knows
			wait = max(wait, retryIn(n))
		}
		x.c.NextCheckAt = x.now.Add(wait)
	case x.secondReading(r):
		x.decideDoubt(r)
	}
	return nil
}

// neverAsked is positive evidence: the button is there and nothing tells of a
// request or a refusal.
func neverAsked(r *state.Reading) bool {
	return r.Phase == state.PhaseProcessing && r.CancelOffered && r.RefusedText == ""
}

// secondReading counts a complete reading of the order's own page, and tells
// whether it is the second of the two that decide. Before that nothing follows
// from it.
func (x *change) secondReading(r *state.Reading) bool {
	a, settle := &x.c.Attempt, x.settle()
	x.countAnew()
	if from := a.DispatchedAt.Add(settle); r.At.Before(from) {
		x.c.NextCheckAt = from
		return false
	}
	if left := x.unsettled(a.MarkUp); left > 0 {
		x.c.NextCheckAt = x.now.Add(left)
		return false
	}
	a.DoubtOther = a.DoubtOther || !neverAsked(r)
	switch {
	case a.DoubtReads == 0:
		a.DoubtReads, a.DoubtAt, a.DoubtUp = 1, r.At, x.ev.Up
		x.c.NextCheckAt = x.now.Add(settle)
		x.say("reads as %s; read once more after %s", seenAs(r), settle)
	case r.At.Sub(a.DoubtAt) < settle:
		x.c.NextCheckAt = a.DoubtAt.Add(settle)
	case x.unsettled(a.DoubtUp) > 0:
		x.c.NextCheckAt = x.now.Add(x.unsettled(a.DoubtUp))
	default:
		return true
	}
	return false
}

// countAnew begins to count in a new life of the daemon: how long it was down
// only the wall clock tells, which may have been set meanwhile.
func (x *change) countAnew() {
	a := &x.c.Attempt
	if x.ev.Life == a.Life || x.ev.Life == 0 {
		return
	}
	a.Life, a.MarkUp, a.DoubtUp = x.ev.Life, 0, 0
	a.DoubtReads, a.DoubtAt = 0, time.Time{}
}

// unsettled is what is missing of a settle time since some moment of this life.
func (x *change) unsettled(since time.Duration) time.Duration {
	if x.ev.Life == 0 {
		return 0
	}
	return x.settle() - (x.ev.Up - since)
}

// seenAs words what a page without a request looks like.
func seenAs(r *state.Reading) string {
	if neverAsked(r) {
		return "never asked"
	}
	return "“" + orElse(r.StatusText, string(r.Phase)) + "”, without a request"
}

// listBetween holds an entry of the list against the first reading: it never
// takes a page's place, but one that contradicts it leaves the matter to a
// person.
func (x *change) listBetween(r *state.Reading) {
	a := &x.c.Attempt
	quiet := r.Phase == state.PhaseProcessing || r.Phase == state.PhaseRiskHold || r.Phase == state.PhaseUnknown
	if a.DoubtReads == 0 || a.DoubtOther || quiet || r.Number != x.c.SupplierOrder {
		return
	}
	a.DoubtOther = true
	x.say("the list shows “%s”, which contradicts the order's own page of %s", orElse(r.StatusText, string(r.Phase)), Stamp(a.DoubtAt))
}

// decideDoubt is the second reading, and neither shows the request nor the closed
// order. Asked once more, and only once, is what reads as never asked both
// times and where no answer of the shop came. Everything else is a person's.
func (x *change) decideDoubt(r *state.Reading) {
	a := &x.c.Attempt
	facts := []string{"clicked", moment(a.DispatchedAt), "words", a.SaidWords, "phase", string(r.Phase), "status", r.StatusText, "refused", r.RefusedText}
	switch {
	case a.Said == state.SaidAsked:
		x.hold(false, state.Found(state.SaysAsked, "", facts...))
	case a.Said != state.SaidNone && a.Said != state.SaidGateway:
		x.hold(false, state.Found(state.AnswerUnclear, "", facts...))
	case a.DoubtOther:
		x.hold(false, state.Found(state.RequestInDoubt, "", append(facts, "said", string(a.Said))...))
	case a.Reasked:
		x.hold(false, state.Found(state.DoubtedTwice, "", "clicked", moment(a.DispatchedAt), "read", moment(r.At)))
	default:
		first := a.DoubtAt
		if a.Reasked = true; a.ClickedAt.Equal(a.DispatchedAt) { // of an earlier request that left no trace a button says nothing
			a.ClickedAt = time.Time{}
		}
		x.resolve(AlertDoubt)
		x.backToQueue(0, "twice, %s and %s, the order reads as never asked: asked once more", Stamp(first), Stamp(r.At))
	}
}
