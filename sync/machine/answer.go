package machine

import (
	"slices"
	"time"

	"countermand/state"
)

// keepAnswer keeps what the site said to the call that asks. A mark from which
// nothing left is taken back; an answer without a mark gets one, since something
// has left all the same.
func (x *change) keepAnswer(r *state.AttemptResult) {
	a := &x.c.Attempt
	if r.NothingLeft && r.Said == state.SaidNothing {
		x.takeMarkBack()
		return
	}
	if a.DispatchedAt.IsZero() && r.Said != state.SaidNothing {
		x.mark()
	}
	if !a.DispatchedAt.IsZero() {
		a.Said, a.SaidWords, a.Broken = answer(r), r.SaidWords, 0
	}
}

// answer is what an attempt with a mark was told. A dialog of the courier's is a
// no by itself, and contradicts any other answer; without an answer nothing is
// known, unless a page spoke of the request: what it said is not understood then.
func answer(r *state.AttemptResult) state.Said {
	if spoke := []state.AskOutcome{state.AskPending, state.AskClosed, state.AskShipped, state.AskRefused}; slices.Contains(spoke, r.Outcome) {
		if r.Said == state.SaidNothing || r.Said == state.SaidNone || r.Said == state.SaidGateway {
			return state.SaidUnclear
		}
	}
	switch r.Said {
	case state.SaidNothing:
		if r.Outcome == state.AskPickedUp {
			return state.SaidNo
		}
		return state.SaidNone
	case state.SaidYes, state.SaidAsked, state.SaidGateway, state.SaidNone:
		if r.Outcome == state.AskPickedUp {
			return state.SaidUnclear
		}
		return r.Said
	case state.SaidNo:
		return r.Said
	}
	return state.SaidUnclear
}

// goByAnswer decides by what the site said, where no page of the attempt shows
// the request or the closed order.
func (x *change) goByAnswer(r *state.AttemptResult) {
	switch x.c.Attempt.Said {
	case state.SaidYes:
		x.standsByWord()
	case state.SaidNo:
		x.answeredNo(r)
	default:
		x.doubt(answerWords(x.c.Attempt) + " (the attempt ended with “" + string(r.Outcome) + "”: " + orElse(r.Detail, "nothing more is known") + ")")
	}
}

// answerWords says what the site said, or did not.
func answerWords(a state.Attempt) string {
	told := ""
	if a.SaidWords != "" {
		told = ": “" + a.SaidWords + "”"
	}
	switch a.Said {
	case state.SaidYes:
		return "the site said yes" + told
	case state.SaidNo:
		return "the site said no" + told
	case state.SaidAsked:
		return "the site says that a request stands already" + told
	case state.SaidUnclear:
		return "the site's answer is not understood" + told
	case state.SaidGateway:
		return "the site's gateway answered, which is nobody's refusal" + told
	}
	return "the call that asks has left, and no answer was seen" + told
}

// standsByWord takes the site's yes for what it says: the request stands since
// the mark, although no page shows it yet. A page may show the old state for
// minutes.
func (x *change) standsByWord() {
	c, a := &x.c, &x.c.Attempt
	c.RequestedAt, c.PendingSeen, c.AnsweredAt = a.DispatchedAt, false, time.Time{}
	c.Days = c.Days.With(state.FieldRequestedAt, state.Day{})
	a.StartedAt = time.Time{}
	x.to(state.Requested, "%s; no page shows it yet%s", answerWords(*a), comparedDates(namedDate{"asked", c.RequestedAt}))
	c.NextCheckAt = a.DispatchedAt.Add(x.settle())
	x.planMessage(state.EffectMessageRequest, "so that a missed request does not ship anyway")
}

// answeredNo is the seller's or the courier's no.
func (x *change) answeredNo(r *state.AttemptResult) {
	read := r.Reading
	if read != nil && read.Unclear != "" {
		read = nil
	}
	x.c.Attempt.StartedAt, x.c.AnsweredAt = time.Time{}, x.now
	x.c.Days = x.c.Days.With(state.FieldAnsweredAt, state.Day{})
	x.to(state.Refused, "the site refuses: %s%s", orElse(orElse(r.SaidWords, r.Detail), "the courier has picked the order up"),
		comparedDates(namedDate{"first tried", x.c.Attempt.FirstAt}, namedDate{"refused", x.now}))
	x.concludeFromProof(read)
}

// noTraceYet handles a page without the request that the site said yes to.
// Twice so, the supplier has refused it: a yes is never read as never asked. What
// a person approved before the request is an old sentence of the page's, and no
// trace of this one.
func (x *change) noTraceYet(r *state.Reading) {
	a := x.c.Attempt
	first := a.DoubtAt
	if (r.Phase == state.PhaseProcessing || r.Phase == state.PhaseRiskHold) && r.Complete && x.secondReading(r) {
		x.refused(r, "the site said yes to the call of %s, and twice, %s and %s, the page shows no trace of the request (“%s”): refused", Stamp(a.DispatchedAt), Stamp(first), Stamp(r.At), r.StatusText)
	}
}

// byWordOnly tells whether a requested case rests on the site's yes alone.
func byWordOnly(c state.Case) bool { return c.Status == state.Requested && !c.PendingSeen }

// oldRefusal tells whether a page's sentence about a refusal was there, and
// approved by a person, before the request.
func (x *change) oldRefusal(text string) bool {
	for _, f := range x.c.Accepted {
		if f.Facts["refused"] == text {
			return true
		}
	}
	return false
}
