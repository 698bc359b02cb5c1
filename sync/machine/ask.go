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
	if rule, asks := x.asksFirst(); asks {
		x.hold(false, state.Found(state.AsksFirst, "", "rule", rule))
		return nil
	}
	a := &x.c.Attempt
	x.callIsPast()
	a.Tries++
	a.StartedAt = x.now
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

// asksFirst judges the rules and the mode once more: the stricter of then and
// now counts, unless a person approved. A rule that would leave the order alone
// now is put to a person too, who was told that it will be asked.
func (x *change) asksFirst() (rule string, asks bool) {
	switch {
	case x.c.Approved:
		return "", false
	case x.mustConfirm():
		return x.rule(), true
	}
	var then state.Then
	if x.p.Rules != nil {
		var err error
		if then, rule, err = x.p.Rules.Judge(x.c, x.now); err != nil {
			return orElse(rule, "the rules") + ": " + err.Error(), true
		}
	}
	if then == "" && x.p.Mode == Confirm { // the rule that let it pass is gone
		return "mode " + string(x.p.Mode), true
	}
	return rule, then == state.ThenConfirm || then == state.ThenIgnore
}

// attemptAtMost is how old an attempt may be, in real time, for a call of it to
// leave: what was read and judged at its beginning is too old then.
const attemptAtMost = 10 * time.Minute

// dispatching stores the mark: the call that asks is about to leave.
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
	if x.ev.Age > attemptAtMost {
		return x.refuse("the attempt is older than %s: what it read is too old to go by", attemptAtMost)
	}
	if rule, asks := x.asksFirst(); asks {
		return x.refuse("%s: asks a person first now", rule)
	}
	if a.DispatchedAt.IsZero() {
		x.mark()
		x.say("the call that asks is about to leave")
	}
	return nil
}

// attemptEnded handles the end of an attempt: a page that shows the request or
// the closed order ends the matter, else what the site said to the call does.
// Where no call left, the attempt is simply done again.
func attemptEnded(x *change) error {
	r := x.ev.Asked
	if r == nil {
		return x.refuse("no outcome came with it")
	}
	if !r.WindowEnd.IsZero() && x.c.ShippedAt.IsZero() {
		x.setClock(state.ClockShipWindowEnd, r.WindowEnd)
	}
	var wrong state.Findings
	if r.Reading != nil {
		if wrong = guard(x.c, *r.Reading); wrong == nil && r.Reading.Unclear == "" {
			x.keepFacts(r.Reading)
		}
	}
	x.keepAnswer(r)
	left := !x.c.Attempt.DispatchedAt.IsZero()
	if left && wrong != nil && r.Reading.Number == x.c.SupplierOrder { // the call has left: it is the order's page
		x.differs(wrong)
		wrong = nil
		if r.Reading.Unclear == "" {
			x.keepFacts(r.Reading)
		}
	}
	if left && wrong == nil && r.Outcome == state.AskWrongOrder {
		wrong = r.Findings
	}
	if r.Outcome != state.AskUnknown && r.Outcome != state.AskFailed {
		x.c.Attempt.Odd, x.c.Attempt.OddAt = 0, time.Time{}
	}
	switch {
	case wrong != nil:
		x.hold(!left || anotherNumber(wrong), wrong...)
	case settledBy(r) == state.PhasePending:
		x.requested(r.Reading, "the supplier has the request"+reasonWords(r))
	case settledBy(r) == state.PhaseClosed:
		x.closed(r.Reading, "the order is closed"+reasonWords(r))
	case left:
		x.goByAnswer(r)
	default:
		x.nothingAsked(r)
	}
	return nil
}

// settledBy is the phase by which a reading ends the matter whatever else came,
// empty where it does not: the attempt's own outcome, which its reading shows,
// or a complete reading beside any outcome.
func settledBy(r *state.AttemptResult) state.Phase {
	if r.Reading == nil || r.Reading.Unclear != "" {
		return ""
	}
	switch p := r.Reading.Phase; {
	case p == state.PhasePending && (r.Reading.Complete || r.Outcome == state.AskPending):
		return p
	case p == state.PhaseClosed && (r.Reading.Complete || r.Outcome == state.AskClosed):
		return p
	}
	return ""
}

// nothingAsked handles the end of an attempt from which no call has left.
func (x *change) nothingAsked(r *state.AttemptResult) {
	if !restsOnReading(r) {
		x.brokeOff("the attempt ended with “" + string(r.Outcome) + "”, which no reading shows, and nothing has left")
		return
	}
	switch r.Outcome {
	case state.AskPickedUp:
		x.answeredNo(r)
	case state.AskShipped:
		x.refusedAsShipped(r.Reading)
	case state.AskRefused:
		x.refusedEarlier(r.Reading)
	case state.AskObserved:
		x.hold(false, state.Found(state.FindingObserved, "", "detail", orElse(r.Detail, "would ask the supplier to cancel")))
	case state.AskWrongOrder:
		wrong := r.Findings
		if wrong == nil {
			wrong = state.Findings{state.Found(state.WrongOrder, "", "detail", orElse(r.Detail, "nothing more is known"))}
		}
		x.hold(true, wrong...)
	case state.AskUnknown:
		x.notUnderstood(r)
	case state.AskNotOffered:
		x.c.Attempt.Broken = 0
		x.backToQueue(notOfferedWait, "no cancel button yet (%s)", orElse(r.Detail, "a fresh payment is verified for up to a day"))
	case state.AskFailed:
		x.failed(r)
	default:
		x.brokeOff("the attempt broke off before anything left: " + orElse(r.Detail, "no outcome"))
	}
}

// restsOnReading tells whether the outcome of an attempt is backed by a reading.
func restsOnReading(r *state.AttemptResult) bool {
	switch r.Outcome {
	case state.AskPending, state.AskClosed:
		return settledBy(r) != ""
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

// failed handles an attempt that failed before anything left. An order that no
// account shows is a person's matter; of interruptions none is, however many.
func (x *change) failed(r *state.AttemptResult) {
	a := &x.c.Attempt
	if r.Kind != string(supplier.NotFound) {
		x.brokeOff("the attempt broke off before anything left: " + r.Detail)
		return
	}
	if a.NotShown++; a.NotShown >= notFoundTries*(1+len(x.c.Candidates)) {
		x.hold(true, state.Found(state.OrderNotShown, x.c.SupplierOrder, "accounts", strings.Join(append([]string{x.c.Account}, x.c.Candidates...), ", ")))
		return
	}
	if was := x.c.Account; x.nextAccount() {
		x.backToQueue(0, "the account %s does not show the order: the account %s is asked", was, x.c.Account)
		return
	}
	x.brokeOff("the attempt broke off before anything left: " + r.Detail)
}

// brokeOff has an attempt done again, later after each one in a row.
func (x *change) brokeOff(why string) {
	x.c.Attempt.Broken++
	x.backToQueue(Backoff(x.c.Attempt.Broken), "%s", why)
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
	x.c.Attempt.StartedAt = time.Time{}
	x.callIsPast()
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

// foundSince is the earliest that a request can be of which a reading shows and
// the site tells no time: the last complete page without it, else the order's
// date; zero where the request is our own. What the site says stood already
// before our call is not.
func (x *change) foundSince(r *state.Reading) time.Time {
	a := x.c.Attempt
	calls := a.Calls()
	if (len(calls) > 0 || a.AskedBy != "") && !a.NoticeAt().IsZero() && !stoodAlready(a) {
		return time.Time{}
	}
	since := x.lastWithout(r)
	if len(calls) > 0 && calls[0].At.Before(since) { // read as without effect, and may have had one
		since = calls[0].At
	}
	return since.UTC()
}

// stoodAlready tells whether the site said to a call that a request stands already:
// that one is older than the call, and no page after it shows a time without it.
func stoodAlready(a state.Attempt) bool {
	return slices.ContainsFunc(a.Calls(), func(c state.Call) bool { return c.Said == state.SaidAsked })
}

// lastWithout is the last complete page without a request before a reading that
// tells of one, else the order's date: it cannot be older.
func (x *change) lastWithout(r *state.Reading) time.Time {
	if at := x.c.QuietAt; !at.IsZero() && !at.After(r.At) {
		return at
	}
	placed := x.c.OrderedAt
	if placed.IsZero() {
		placed = x.c.ShopOrderedAt
	}
	return placed.Add(-state.OrderDateGrace)
}

// requested moves the case once a reading shows the request.
func (x *change) requested(r *state.Reading, why string) {
	switch {
	case !r.RequestedAt.IsZero():
		x.c.RequestedAt, x.c.Days = r.RequestedAt.UTC(), x.c.Days.With(state.FieldRequestedAt, r.Days[state.FieldRequestedAt])
	case !x.c.RequestedAt.IsZero():
	case x.c.Attempt.Said == state.SaidYes:
		x.c.RequestedAt = x.c.Attempt.DispatchedAt
	default:
		x.c.RequestedAt, x.c.RequestedSince = r.At.UTC(), x.foundSince(r)
		if since := x.c.RequestedSince; !since.IsZero() {
			x.say("the request was found standing and is not known to be countermand's: it was made between %s and %s", Stamp(since), Stamp(x.c.RequestedAt))
			x.c.Proof = proof(x.c, noticeAt(x.c, r.At))
		}
	}
	x.c.PendingSeen, x.c.AnsweredAt = true, time.Time{}
	x.c.Attempt.StartedAt = time.Time{}
	x.to(state.Requested, "%s%s", why, x.comparedDates(namedDate{"asked", x.c.RequestedAt}, namedDate{"read", r.At}))
	x.planMessage(state.EffectMessageRequest, "so that a missed request does not ship anyway")
}
