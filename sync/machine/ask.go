package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// begin stores the intent: from here on a crash is noticed.
func begin(x *change) error {
	if x.c.Paused {
		return x.refuse("the case is paused")
	}
	if x.holdIfMaybeAsked() {
		return nil
	}
	if x.mustConfirm() {
		x.hold(false, state.Found(state.AsksFirst, "", "rule", x.rule()))
		return nil
	}
	a := &x.c.Attempt
	a.Tries++
	a.StartedAt, a.DispatchedAt, a.DoubtReads, a.DoubtAt = x.now, time.Time{}, 0, time.Time{}
	x.c.Stop = state.Finding{}
	if a.FirstAt.IsZero() && x.p.Mode != Observe {
		a.FirstAt = x.now
	}
	x.to(state.Requesting, "attempt %d to ask the supplier begins%s", a.Tries,
		comparedDates(namedDate{"in the queue since", x.c.AskableAt}, namedDate{"ship window until", x.c.Clocks[state.ClockShipWindowEnd]}))
	return nil
}

// rule is what decides now: a rule, else the mode as it is.
func (x *change) rule() string {
	if x.c.Then == "" {
		return "mode " + string(x.p.Mode)
	}
	return x.c.Rule
}

// dispatching stores the mark: the last click is about to be made.
func dispatching(x *change) error {
	if x.p.Mode == Observe {
		return x.refuse("mode observe: nothing is clicked")
	}
	if x.c.Paused {
		return x.refuse("the case was paused meanwhile")
	}
	if !x.c.Stop.IsZero() {
		return x.refuse("%s", x.words(x.c.Stop))
	}
	a := &x.c.Attempt
	if a.StartedAt.IsZero() {
		return x.refuse("no attempt runs")
	}
	if a.DispatchedAt.IsZero() {
		x.mark()
		x.say("about to make the click that reaches the supplier")
	}
	return nil
}

// attemptEnded handles the end of an attempt.
func attemptEnded(x *change) error {
	r := x.ev.Asked
	if r == nil {
		return x.refuse("no outcome came with it")
	}
	var wrong state.Findings
	if r.Reading != nil {
		if wrong = guard(x.c, *r.Reading); wrong == nil && r.Reading.Unclear == "" {
			x.keepFacts(r.Reading)
		}
	}
	if !x.c.Attempt.DispatchedAt.IsZero() && !afterDispatch(r.Outcome) {
		x.doubt(fmt.Sprintf("the attempt ended with “%s” after its last click: %s", r.Outcome, r.Detail))
		return nil
	}
	if wrong != nil {
		x.hold(true, wrong...)
		return nil
	}
	if !restsOnReading(r) {
		x.doubt("the attempt ended with “" + string(r.Outcome) + "”, which no reading shows")
		return nil
	}
	switch r.Outcome {
	case state.AskPending:
		x.requested(r.Reading, "the supplier has the request"+reasonWords(r))
	case state.AskClosed:
		x.closed(r.Reading, "the order is closed"+reasonWords(r))
	case state.AskPickedUp:
		x.c.AnsweredAt = x.now
		x.to(state.Refused, "the site refuses: %s%s", orElse(r.Detail, "the courier has picked the order up"),
			comparedDates(namedDate{"first tried", x.c.Attempt.FirstAt}, namedDate{"refused", x.now}))
		x.concludeFromProof(r.Reading)
	case state.AskShipped:
		x.refusedAsShipped(r.Reading)
	case state.AskRefused:
		x.refusedEarlier(r.Reading)
	case state.AskObserved:
		x.hold(false, state.Found(state.FindingObserved, "", "detail", orElse(r.Detail, "would ask the supplier to cancel")))
	case state.AskWrongOrder:
		if wrong = r.Findings; wrong == nil {
			wrong = state.Findings{state.Found(state.WrongOrder, "", "detail", orElse(r.Detail, "nothing more is known"))}
		}
		x.hold(true, wrong...)
	case state.AskUnknown:
		said := "" // whoever approves has seen it: see [countermand/supplier.CancelRequest]
		if r.Reading != nil {
			said = r.Reading.RefusedText
		}
		x.hold(false, state.Found(state.UnknownPage, "", "detail", r.Detail, "refused", said))
	case state.AskNotOffered:
		x.backToQueue(notOfferedWait, "no cancel button yet (%s)", orElse(r.Detail, "a fresh payment is verified for up to a day"))
	case state.AskFailed:
		x.failed(r)
	default:
		x.doubt("the request may have been placed: " + orElse(r.Detail, "no clear answer"))
	}
	return nil
}

// afterDispatch are the outcomes that may follow the last click. Any other one
// claims that nothing was clicked, which the mark contradicts.
func afterDispatch(o state.AskOutcome) bool {
	return o == state.AskPending || o == state.AskClosed || o == state.AskPickedUp || o == state.AskUnclear
}

// restsOnReading tells whether the outcome of an attempt is backed by a reading.
func restsOnReading(r *state.AttemptResult) bool {
	switch r.Outcome {
	case state.AskPending:
		return r.Reading != nil && r.Reading.Unclear == "" && r.Reading.Phase == state.PhasePending
	case state.AskClosed:
		return r.Reading != nil && r.Reading.Unclear == "" && r.Reading.Phase == state.PhaseClosed
	case state.AskShipped:
		return r.Reading != nil && r.Reading.Unclear == "" && shippedPhase(r.Reading.Phase)
	case state.AskRefused:
		return r.Reading != nil && r.Reading.Unclear == "" && r.Reading.RefusedText != "" &&
			(r.Reading.Phase == state.PhaseProcessing || r.Reading.Phase == state.PhaseRiskHold)
	}
	return true
}

func reasonWords(r *state.AttemptResult) string {
	if r.Reason == "" {
		return ""
	}
	return ", reason “" + r.Reason + "”"
}

func orElse(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}

// failed handles an attempt that failed before the mark.
func (x *change) failed(r *state.AttemptResult) {
	if r.Kind == string(supplier.NotFound) {
		if n := 1 + len(x.c.Candidates); x.c.Attempt.Tries >= notFoundTries*n {
			x.hold(true, state.Found(state.OrderNotShown, x.c.SupplierOrder, "accounts", strings.Join(append([]string{x.c.Account}, x.c.Candidates...), ", ")))
			return
		}
		if was := x.c.Account; x.nextAccount() {
			x.backToQueue(0, "the account %s does not show the order: the account %s is asked", was, x.c.Account)
			return
		}
	}
	x.backToQueue(Backoff(x.c.Attempt.Tries), "the attempt broke off before its last click: %s", r.Detail)
}

// nextAccount turns to the next account that may hold the order. A shop may
// buy with several, and only a page tells which one it was.
func (x *change) nextAccount() bool {
	c := &x.c
	if len(c.Candidates) == 0 {
		return false
	}
	next := c.Candidates[0]
	c.Candidates = append(slices.Clone(c.Candidates[1:]), c.Account)
	c.Account = next
	return true
}

// Backoff doubles from a minute to an hour.
func Backoff(tries int) time.Duration {
	return min(time.Minute<<min(max(tries-1, 0), 6), time.Hour)
}

func (x *change) backToQueue(wait time.Duration, format string, args ...any) {
	begun := x.c.Attempt.StartedAt
	x.c.Attempt.StartedAt, x.c.Attempt.DispatchedAt = time.Time{}, time.Time{}
	if !x.c.Stop.IsZero() {
		x.hold(true, x.c.Stop)
		return
	}
	if end := x.c.Clocks[state.ClockShipWindowEnd]; !end.IsZero() && !end.After(x.now) {
		x.hold(false, x.windowPassed(end, fmt.Sprintf(format, args...)))
		return
	}
	x.to(state.Queued, "%s%s", fmt.Sprintf(format, args...), comparedDates(namedDate{"begun", begun}, namedDate{"again from", x.now.Add(wait)}))
	x.plan(state.EffectRequest, "", x.now.Add(wait), "ask the supplier to cancel")
}

// requested moves the case once a reading shows the request.
func (x *change) requested(r *state.Reading, why string) {
	switch {
	case !r.RequestedAt.IsZero():
		x.c.RequestedAt = r.RequestedAt.UTC()
	case x.c.RequestedAt.IsZero():
		x.c.RequestedAt = r.At.UTC()
	}
	x.c.PendingSeen, x.c.AnsweredAt = true, time.Time{}
	x.c.Attempt.StartedAt = time.Time{}
	x.to(state.Requested, "%s%s", why, comparedDates(namedDate{"asked", x.c.RequestedAt}, namedDate{"read", r.At}))
	x.planMessage(state.EffectMessageRequest, "so that a missed request does not ship anyway")
}

// interrupted handles an attempt whose end was never stored, after a crash.
func interrupted(x *change) error {
	if x.c.Attempt.DispatchedAt.IsZero() {
		x.backToQueue(0, "the attempt was interrupted before its last click: done again")
		return nil
	}
	x.doubt("the attempt was interrupted after its last click may have been made")
	return nil
}

// mark notes that the supplier may have the request from now on.
func (x *change) mark() {
	a := &x.c.Attempt
	a.DispatchedAt = x.now
	if a.ClickedAt.IsZero() {
		a.ClickedAt = x.now
	}
}

// doubt keeps the case in its status until readings show whether the request was
// placed.
func (x *change) doubt(why string) {
	a := &x.c.Attempt
	a.StartedAt, a.DoubtReads, a.DoubtAt = time.Time{}, 0, time.Time{}
	if a.DispatchedAt.IsZero() {
		x.mark()
	}
	x.say("%s: the order is read before anything else", why)
	x.alert(AlertDoubt)
	x.read(state.DepthDetail, "verify the request")
	x.c.NextCheckAt = x.now.Add(x.p.Settle)
}

// tickRequesting reads again while the request is in doubt; while an attempt
// runs there is nothing to do.
func tickRequesting(x *change) error {
	if x.c.Attempt.DispatchedAt.IsZero() || !x.c.Attempt.StartedAt.IsZero() {
		x.c.NextCheckAt = time.Time{}
	}
	return tick(x)
}

// readingRequesting decides by a reading whether a doubtful request was placed.
func readingRequesting(x *change) error {
	r := x.ev.Reading
	if x.c.Attempt.DispatchedAt.IsZero() || !x.c.Attempt.StartedAt.IsZero() || r.Source == state.SourceList || !x.passesGuard(r) {
		return nil
	}
	if r.At.Before(x.c.Attempt.DispatchedAt) {
		x.c.NextCheckAt = x.now.Add(x.p.Settle)
		return nil // from before the click, so it says nothing about it
	}
	x.keepFacts(r)
	switch {
	case r.Phase == state.PhasePending:
		x.requested(r, "read again: the supplier has the request")
	case r.Phase == state.PhaseClosed:
		x.closed(r, "read again: the order is closed")
	case !r.Complete:
		wait := x.p.Settle
		if n := x.c.ReadFailures; n >= unreadableAfter { // a person knows
			wait = max(wait, retryIn(n))
		}
		x.c.NextCheckAt = x.now.Add(wait)
	case neverAsked(r):
		x.countNeverAsked(r)
	default:
		x.hold(false, state.Found(state.RequestInDoubt, "", "clicked", moment(x.c.Attempt.DispatchedAt), "phase", string(r.Phase), "status", r.StatusText, "refused", r.RefusedText))
	}
	return nil
}

// neverAsked is positive evidence: the button is there and nothing tells of a
// request or a refusal.
func neverAsked(r *state.Reading) bool {
	return r.Phase == state.PhaseProcessing && r.CancelOffered && r.RefusedText == ""
}

func (x *change) countNeverAsked(r *state.Reading) {
	a := &x.c.Attempt
	switch {
	case a.DoubtReads == 0:
		a.DoubtReads, a.DoubtAt = 1, r.At
		x.c.NextCheckAt = x.now.Add(x.p.Settle)
		x.say("reads as never asked; read once more after %s", x.p.Settle)
	case r.At.Sub(a.DoubtAt) < x.p.Settle:
		x.c.NextCheckAt = a.DoubtAt.Add(x.p.Settle)
	case a.Reasked:
		x.hold(false, state.Found(state.DoubtedTwice, "", "clicked", moment(a.DispatchedAt), "read", moment(r.At)))
	default:
		if a.Reasked = true; a.ClickedAt.Equal(a.DispatchedAt) { // of an earlier request that left no trace a button says nothing
			a.ClickedAt = time.Time{}
		}
		x.resolve(AlertDoubt)
		x.backToQueue(0, "twice, %s and %s, the order reads as never asked: asked once more", Stamp(a.DoubtAt), Stamp(r.At))
	}
}
