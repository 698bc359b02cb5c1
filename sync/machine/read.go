package machine

import (
	"fmt"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// passesGuard checks a reading by the right-order guard. Nothing is concluded from one
// that does not pass; a case that was to be asked is then held.
func (x *change) passesGuard(r *state.Reading) bool {
	if r == nil {
		return false
	}
	if r.Unclear != "" {
		x.countUnread("in doubt", r.Unclear)
		return false
	}
	wrong := guard(x.c, *r)
	if wrong == nil {
		return true
	}
	if sameOrder(x.c, *r) && !x.mayAskAgain(r) {
		x.differs(wrong)
		return true
	}
	switch x.c.Status {
	case state.Queued, state.Requesting:
		x.hold(!sameOrder(x.c, *r), wrong...)
	case state.Held:
		if !x.c.NumberUnsure { // whoever was told another reason is told this one too
			x.hold(true, wrong...)
		}
	default:
		x.say("a reading was set aside: %s", x.words(wrong...))
		x.alert(AlertFault)
		x.planNextCheck()
	}
	return false
}

// mayAskAgain tells whether a request in doubt may be made once more for want of
// a trace on this page: then everything must fit, not the number alone.
func (x *change) mayAskAgain(r *state.Reading) bool {
	return x.c.Status == state.Requesting && r.Phase != state.PhasePending && r.Phase != state.PhaseClosed
}

// differs notes what the page shows otherwise than before. A person is told once
// of each, wherever the step ends.
func (x *change) differs(found state.Findings) {
	for _, f := range found {
		if !x.c.Accepted.Contains(f) {
			x.say("the number says whose page it is; but %s", findingText(x.c, f))
			x.changed = x.changed.With(f)
		}
	}
}

// tellChanged tells of them. What a person knows of is no approval of another
// request.
func (x *change) tellChanged() {
	if len(x.changed) == 0 {
		return
	}
	if !BeingAsked(x.c.Status) {
		x.c.Accepted = x.c.Accepted.With(x.changed...)
	}
	x.alert(AlertOrderChanged)
}

// keepWhatItIs keeps what the guard compares. Of an order that was asked it stays
// as it was then. Where no other request can follow, the larger of two totals
// counts: no part is taken for the whole.
func (x *change) keepWhatItIs(r *state.Reading) {
	c, asked := &x.c, mayBeAsked(x.c) || callLeft(x.c)
	if more, err := r.Total.Cmp(c.Amount); r.Total.Known() && (!asked || !c.Amount.Known() || err == nil && more > 0 && !BeingAsked(c.Status) && c.Status != state.Held) {
		c.Amount = r.Total
	}
	if r.Store != "" && (!asked || c.Store == "") {
		c.Store = r.Store
	}
}

// planNextCheck plans the next regular reading, and an earlier one after a page that did
// not show everything.
func (x *change) planNextCheck() {
	x.c.NextCheckAt = nextCheck(x.c, x.now)
	if n := max(x.c.ReadFailures, x.c.PartFailures); n > 0 && !x.c.NextCheckAt.IsZero() {
		x.c.NextCheckAt = earlier(x.c.NextCheckAt, x.now.Add(retryIn(n)))
	}
}

// retryIn is how long after the nth failure in a row an order is read again.
func retryIn(n int) time.Duration { return min(checkFailed<<min(n-1, 5), checkSlow) }

// keepFacts stores the facts of a reading that passed the guard.
func (x *change) keepFacts(r *state.Reading) {
	c := &x.c
	c.ReadAt = r.At
	x.tellSiblings(r)
	if r.ListText != "" && r.Complete && r.Phase != state.PhaseUnknown { // else what the list says is still news
		c.ListText = r.ListText
	}
	if r.StatusText != "" {
		c.SiteState = r.StatusText
	}
	if r.Source == state.SourceList {
		return
	}
	c.ReadFailures++
	if r.Complete {
		c.DetailAt = r.At
		if c.Attempt.DispatchedAt.IsZero() && showsNoRequest(r) && !stoodAlready(c.Attempt) { // after a call it may be the old page yet
			c.QuietAt = r.At
		}
		c.Candidates, c.Attempt.NotShown = nil, 0 // this account shows it
		c.ReadFailures = 0
	}
	x.countUnreadParts(r)
	switch {
	case max(c.ReadFailures, c.PartFailures) >= unreadableAfter:
		x.alert(AlertUnreadable) // a page that never shows everything is as good as none
	case r.Complete && c.PartFailures == 0:
		x.resolve(AlertUnreadable)
	}
	x.keepWhatItIs(r)
	if len(r.Lines) > 0 {
		c.SupplierLines = r.Lines
	}
	if r.Zone != "" {
		c.Zone = r.Zone
	}
	keepEarliest(&c.OrderedAt, r.OrderedAt)
	keepEarliest(&c.PaidAt, r.PaidAt)
	x.keepDay(state.FieldOrderedAt, c.OrderedAt, r, r.OrderedAt)
	x.keepDay(state.FieldPaidAt, c.PaidAt, r, r.PaidAt)
	x.keepPhase(r)
	x.keepShippedAt(r)
	x.track(r)
	x.received(r)
	x.setShipWindow(r)
	if c.Status == state.Refused || c.Status == state.Disputable {
		x.setDisputeWindow(r)
	}
	x.keepRefund(r)
}

// showsNoRequest tells whether a complete page was there on which a request or
// its refusal would have stood.
func showsNoRequest(r *state.Reading) bool {
	return r.RefusedText == "" && (r.Phase == state.PhaseProcessing || r.Phase == state.PhaseRiskHold || r.Phase == state.PhaseUnpaid)
}

// keepDay notes whether a date of the case, where it is the reading's, is a day:
// also of a case from before days were kept.
func (x *change) keepDay(f state.Field, at time.Time, r *state.Reading, told time.Time) {
	if !told.IsZero() && at.Equal(told) {
		x.c.Days = x.c.Days.With(f, r.Days[f])
	}
}

// tellSiblings tells once of each order that may have been split off this one.
// Whose goods it holds is never guessed.
func (x *change) tellSiblings(r *state.Reading) {
	for _, n := range r.Siblings {
		if f := state.Found(state.SplitOrder, x.c.SupplierOrder, "other", n); !x.c.Accepted.Contains(f) {
			x.c.Accepted, x.split = x.c.Accepted.With(f), true
			x.say("%s", x.words(f))
		}
	}
}

// keepShippedAt keeps when the order was marked shipped. The site's own time
// wins over that of our first reading, whenever it is told.
func (x *change) keepShippedAt(r *state.Reading) {
	c := &x.c
	x.keepDay(state.FieldShippedAt, c.ShippedAt, r, r.ShippedAt)
	switch {
	case r.ShippedAt.IsZero() && c.ShippedAt.IsZero() && shippedPhase(r.Phase):
		c.ShippedAt, c.ShippedGuess = r.At.UTC(), true
	case r.ShippedAt.IsZero(), !c.ShippedAt.IsZero() && !c.ShippedGuess:
	default:
		seen := c.ShippedAt
		c.ShippedAt, c.ShippedGuess = r.ShippedAt.UTC(), false
		x.keepDay(state.FieldShippedAt, c.ShippedAt, r, r.ShippedAt)
		if seen.IsZero() {
			return
		}
		x.say("the site tells when it was marked shipped: %s; it was first seen so %s", StampOf(*c, c.ShippedAt), Stamp(seen))
		if x.markedBefore() {
			x.resolve(AlertShippedAfter)
		}
	}
}

// markedBefore tells whether the shipped mark is of a day before the request.
// On the day itself nobody knows.
func (x *change) markedBefore() bool {
	over := pageDate(x.c.Days, state.FieldShippedAt, x.c.ShippedAt)
	return !x.c.ShippedGuess && !x.c.ShippedAt.IsZero() && !over.After(noticeAt(x.c, x.now))
}

// received stores when the goods were delivered or confirmed: the page's date,
// else the time of the first reading that says so.
func (x *change) received(r *state.Reading) {
	at, day := r.FinishedAt.UTC(), r.Days[state.FieldFinishedAt]
	when := orElse(day.Date, Stamp(at))
	if at.IsZero() && (r.Phase == state.PhaseDelivered || r.Phase == state.PhaseFinished) {
		at, day = r.At.UTC(), state.Day{}
		when = "by " + Stamp(at) + " at the latest"
	}
	if have := x.c.ReceivedAt; at.IsZero() || !have.IsZero() && !at.Before(have) {
		return
	}
	x.c.ReceivedAt, x.c.Days = at, x.c.Days.With(state.FieldFinishedAt, day)
	x.say("the page says “%s”: delivered or confirmed %s", r.StatusText, when)
}

// keepEarliest keeps the earliest knowledge of a time.
func keepEarliest(have *time.Time, got time.Time) {
	if have.IsZero() && !got.IsZero() {
		*have = got.UTC()
	}
}

func shippedPhase(p state.Phase) bool {
	return p == state.PhaseShipped || p == state.PhaseDelivered || p == state.PhaseFinished
}

// listOnly is a list entry that did not change: it proves nothing.
func (x *change) listOnly(r *state.Reading) bool {
	if r.Source != state.SourceList {
		return false
	}
	if guard(x.c, state.Reading{Number: r.Number}) == nil {
		x.keepFacts(r)
	}
	x.planNextCheck()
	return true
}

// onReading wraps what a reading means in a status. Nothing is concluded from a
// list entry, or from a page that does not pass the guard. before is the case
// without what the reading tells.
func onReading(conclude func(x *change, r *state.Reading, before state.Case)) handler {
	return func(x *change) error {
		r := x.ev.Reading
		if x.listOnly(r) || x.start == state.Held && x.c.NumberUnsure || !x.passesGuard(r) {
			return nil
		}
		before := x.c
		x.keepFacts(r)
		if x.start != state.Queued { // its request reads it
			x.planNextCheck()
		}
		conclude(x, r, before)
		return nil
	}
}

// answeredAlready moves a case that was not asked yet where the page shows that
// it is closed, asked or shipped.
func (x *change) answeredAlready(r *state.Reading) bool {
	switch {
	case r.Phase == state.PhaseClosed:
		x.closed(r, "the order is closed already")
	case r.Phase == state.PhasePending:
		x.drop(state.EffectRequest)
		x.requested(r, "a cancel request stands already")
	case shippedPhase(r.Phase):
		x.refusedAsShipped(r)
	default:
		return false
	}
	return true
}

func readingQueued(x *change, r *state.Reading, _ state.Case) {
	if !x.answeredAlready(r) && AwaitsRules(x.c) && !x.c.DetailAt.IsZero() {
		x.applyRules(fmt.Sprintf("the %s order of %s was read", x.supplier(), StampOf(x.c, x.c.OrderedAt)))
	}
}

func readingHeld(x *change, r *state.Reading, _ state.Case) {
	if !x.answeredAlready(r) {
		x.windowMovedOn()
	}
}

func readingRequested(x *change, r *state.Reading, _ state.Case) {
	switch {
	case r.Phase == state.PhaseClosed:
		x.closed(r, x.closedWhy(r))
	case r.Phase == state.PhasePending:
		x.c.PendingSeen = true
		x.resolve(AlertUnknownState)
	case shippedPhase(r.Phase):
		x.refusedAsShipped(r)
	case r.RefusedText != "" && !(byWordOnly(x.c) && x.oldRefusal(r.RefusedText)):
		x.refused(r, "the page says: “%s”", r.RefusedText)
	case r.Complete && x.c.PendingSeen && (r.Phase == state.PhaseProcessing || r.Phase == state.PhaseRiskHold):
		x.refused(r, "the request is gone from the page and the order goes on (“%s”): refused", r.StatusText)
	case r.Complete && r.Phase == state.PhaseUnknown:
		x.say("the page says “%s”, which countermand does not know: nothing concluded", r.StatusText)
		x.alert(AlertUnknownState)
	case byWordOnly(x.c):
		x.noTraceYet(r)
	}
}

func readingRefused(x *change, r *state.Reading, before state.Case) {
	switch r.Phase {
	case state.PhaseClosed:
		x.closed(r, "the order is closed after all")
	case state.PhasePending:
		x.requested(r, "a cancel request stands again")
	default:
		x.shippedMeanwhile(!before.ShippedAt.IsZero())
		x.concludeFromProof(r)
	}
}

func readingDisputable(x *change, r *state.Reading, before state.Case) {
	if r.Phase == state.PhaseClosed {
		x.closed(r, "the order is closed after all")
		return
	}
	x.shippedMeanwhile(!before.ShippedAt.IsZero())
	x.newProof(before.Proof)
}

func readingDisputed(x *change, _ *state.Reading, before state.Case) {
	x.newProof(before.Proof)
	x.askRefund()
	if x.c.Refund != nil && (before.Refund == nil || *before.Refund != *x.c.Refund) {
		x.say("the site shows a refund of %s to %s: decide won or lost", x.c.Refund.Amount, x.c.Refund.To)
		x.alert(AlertDisputeRefund)
	}
}

// newProof notes a changed proof in the journal; the status stays.
func (x *change) newProof(before state.Proof) {
	if x.c.Proof != before {
		x.say("the proof changed from “%s” to “%s”: %s%s", proofWord(x.c, before), proofWord(x.c, x.c.Proof), scanWords(x.c), comparedDates(namedDate{"dispute opened", x.c.DisputedAt}))
	}
}

// datedBySite tells whether what a page shows says itself when that was: a
// closing, and the money that came back with it.
func datedBySite(r state.Reading) bool {
	return r.Phase == state.PhaseClosed && !r.ClosedAt.IsZero() && (r.Refund == nil || !r.Refund.At.IsZero())
}

// readInDoubt stores a reading that was made while the clock is in doubt: what
// is compared with the time of a reading would be compared with a wrong one.
func readInDoubt(x *change) error {
	if r := x.ev.Reading; r.Source != state.SourceList {
		x.say("read while the clock is in doubt: the page says “%s”, and nothing follows from it", r.StatusText)
	}
	return nil
}

// unreadableAfter is how many failed readings in a row a person hears of.
const unreadableAfter = 3

// readFailed concludes nothing; the order is read again. The journal tells of
// the first failure and of the one that a person is called for.
func readFailed(x *change) error {
	f := x.ev.Failure
	if f == nil {
		return x.refuse("no failure came with it")
	}
	was := x.c.Account
	if f.Kind == string(supplier.NotFound) && x.nextAccount() {
		x.say("the account %s does not show the order: the account %s is read", was, x.c.Account)
		if x.c.ReadFailures++; x.c.ReadFailures < notFoundTries*(1+len(x.c.Candidates)) {
			x.read(state.DepthDetail, "look for the order in another account")
			return nil
		}
	}
	x.countUnread(f.Kind, f.Detail)
	return nil
}

// countUnread counts a reading that gave nothing to go by.
func (x *change) countUnread(kind, detail string) {
	x.c.ReadFailures++
	if !x.c.NextCheckAt.IsZero() {
		x.c.NextCheckAt = x.now.Add(retryIn(x.c.ReadFailures))
	}
	if x.c.ReadFailures == 1 || x.c.ReadFailures == unreadableAfter {
		x.say("could not be read (%s): %s", kind, detail)
	}
	if x.c.ReadFailures >= unreadableAfter {
		x.alert(AlertUnreadable)
	}
}
