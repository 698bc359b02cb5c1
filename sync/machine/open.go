package machine

import (
	"fmt"
	"time"

	"countermand/state"
)

// open starts a case from what the shop says.
func open(x *change) error {
	cn := x.ev.Cancellation
	if cn == nil {
		return x.refuse("no cancellation came with it")
	}
	c := &x.c
	c.Shop, c.ShopOrder, c.ShopOrderID = cn.Shop, cn.ShopOrder, cn.ShopOrderID
	c.Reason, c.ShopOrderedAt, c.CancelledAt = cn.Reason, cn.OrderedAt, cn.CancelledAt
	c.Lines, c.Proof, c.OpenedAt = cn.Lines, state.ProofNone, x.now
	c.Cause, c.Partial, c.Facts, c.ShopItems = cn.Cause, cn.Partial, cn.Facts, state.ItemCount(cn.Lines)
	if c.Cause == "" {
		c.Cause = state.CauseCancelled
	}
	if x.ev.Mapping == nil {
		x.to(state.Unmapped, "%s; the order names no %s number", x.causeWords(), x.supplier())
		return nil
	}
	return x.assignOrder()
}

// causeWords says what happened in the shop.
func (x *change) causeWords() string {
	c := x.c
	switch c.Cause {
	case state.CauseLines:
		return fmt.Sprintf("lines of %s were taken off in the shop%s", c.ShopOrder, comparedDates(namedDate{"ordered", c.ShopOrderedAt}))
	case state.CauseRequested:
		return fmt.Sprintf("the customer asks for %s to be cancelled%s; the shop is left alone until the supplier has answered", c.ShopOrder, comparedDates(namedDate{"ordered", c.ShopOrderedAt}))
	}
	return fmt.Sprintf("%s was cancelled in the shop %s", c.ShopOrder, Stamp(c.CancelledAt))
}

// assignOrder gives a case its supplier order and decides how it goes on.
func (x *change) assignOrder() error {
	m := x.ev.Mapping
	x.c.SupplierOrder, x.c.Account, x.c.Candidates, x.c.MappedBy = m.SupplierOrder, m.Account, m.Candidates, m.By
	x.c.Lines = m.Lines
	x.c.Attempt.ClickedAt, x.c.Attempt.AskedBy = m.NoticeAt, m.NoticeCase
	if !m.Conflict.IsZero() {
		x.hold(true, m.Conflict)
		return nil
	}
	if cn := x.ev.Cancellation; cn != nil && !cn.HoldWhy.IsZero() {
		x.hold(false, cn.HoldWhy)
		return nil
	}
	x.applyRules(fmt.Sprintf("%s; %s order %s (found by %s)", x.causeWords(), x.supplier(), m.SupplierOrder, m.By))
	return nil
}

// applyRules decides by the rules, else by the mode, how a case goes on whose number
// is not in doubt.
func (x *change) applyRules(from string) {
	c := &x.c
	if !c.Partial.IsZero() {
		x.hold(false, c.Partial)
		return
	}
	if before := x.askedBefore(); !before.IsZero() {
		x.hold(false, before)
		return
	}
	if x.p.Rules != nil && x.p.Rules.NeedsSupplier() && c.DetailAt.IsZero() {
		x.to(state.Queued, "%s: read first, because the rules ask about it", from)
		x.c.NextCheckAt = x.now.Add(checkFailed)
		x.read(state.DepthDetail, "facts for the rules")
		return
	}
	c.Then, c.Rule = "", "mode "+string(x.p.Mode)
	if x.p.Rules != nil {
		then, rule, err := x.p.Rules.Judge(*c, x.now)
		if err != nil { // what is doubtful goes to a person
			then = state.ThenConfirm
			rule = orElse(rule, "the rules") + ": " + err.Error()
		}
		if then != "" {
			c.Then, c.Rule = then, rule
		}
	}
	if c.Then == state.ThenIgnore && x.p.ClockDoubtful { // by the right time it may say otherwise
		c.Then = state.ThenConfirm
	}
	switch {
	case c.Then == state.ThenIgnore:
		x.to(state.Ignored, "%s: left alone by %s", from, c.Rule)
	case x.mustConfirm():
		x.hold(false, state.Found(state.AsksFirst, "", "rule", c.Rule))
	default:
		x.to(state.Queued, "%s: will be asked (%s)", from, c.Rule)
		x.plan(state.EffectRequest, "", x.now, "ask the supplier to cancel")
	}
}

// mustConfirm: a person is asked first. A rule outranks the mode, but what
// the mode says counts as it is now.
func (x *change) mustConfirm() bool {
	if x.c.Approved {
		return false
	}
	return x.c.Then == state.ThenConfirm || x.c.Then == "" && x.p.Mode == Confirm
}

// AwaitsRules: the case waits for a reading that the rules need.
func AwaitsRules(c state.Case) bool { return c.Rule == "" }

// cancelledFurther handles further news of a shop order that has a case: more lines
// were taken off, or the order itself was cancelled.
func cancelledFurther(x *change) error {
	cn, c := x.ev.Cancellation, &x.c
	if cn == nil {
		return x.refuse("no cancellation came with it")
	}
	if cn.Cause.Rank() < c.Cause.Rank() {
		return nil
	}
	c.Facts = cn.Facts
	news := cn.Cause.Rank() > c.Cause.Rank()
	whole := !c.Partial.IsZero() && cn.Partial.IsZero()
	if c.CancelledAt.IsZero() && !cn.CancelledAt.IsZero() {
		c.CancelledAt, c.Reason = cn.CancelledAt, cn.Reason
	}
	if news {
		if c.Cause = cn.Cause; c.Cause == "" {
			c.Cause = state.CauseCancelled
		}
		x.say("%s", x.causeWords())
	}
	if !cn.Partial.IsZero() && !c.Partial.IsZero() && !news {
		c.Partial = cn.Partial
	}
	if !whole {
		return nil
	}
	c.Partial = state.Finding{}
	if !news {
		x.say("all its lines went by now")
	}
	if c.Status == state.Held && !c.NumberUnsure && !c.Approved {
		if cn.Lines != nil && x.ev.Mapping != nil {
			c.Lines = x.ev.Mapping.Lines
		}
		x.applyRules(x.causeWords())
	}
	return nil
}

// askedBefore is the finding that an earlier, ignored case already asked the
// supplier; none once a person has approved.
func (x *change) askedBefore() state.Finding {
	if x.c.Approved {
		return state.Finding{}
	}
	return x.earlierCase()
}

// earlierCase is the finding about an earlier case that asked, none where there
// is none.
func (x *change) earlierCase() state.Finding {
	a := x.c.Attempt
	if a.AskedBy == "" {
		return state.Finding{}
	}
	return state.Found(state.AskedBefore, x.c.SupplierOrder, "case", a.AskedBy, "at", moment(a.ClickedAt))
}

// hold puts the case before a person. unsure means that the number itself is
// in doubt, so that readings decide nothing. Whatever the reason, whoever
// approves must know of an earlier request and of each call that left.
func (x *change) hold(unsure bool, found ...state.Finding) {
	x.c.Findings = state.Findings(found).With(x.earlierCase()).With(x.earlierCalls(found)...)
	x.c.NumberUnsure = x.c.NumberUnsure || unsure
	x.to(state.Held, "held: %s", x.words(x.c.Findings...))
}

// mapped is the number of an unmapped order becoming known.
func mapped(x *change) error {
	if x.ev.Mapping == nil || x.ev.Mapping.SupplierOrder == "" {
		return x.refuse("no supplier order came with it")
	}
	if cn := x.ev.Cancellation; cn != nil {
		x.c.Partial, x.c.Facts = cn.Partial, cn.Facts
		x.c.ShopItems = max(x.c.ShopItems, state.ItemCount(cn.Lines))
	}
	return x.assignOrder()
}

// mappedAgain handles a number that is known already: only a conflict that
// nobody has approved holds the case.
func mappedAgain(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict.IsZero() || x.c.NumberUnsure || x.c.Accepted.Contains(m.Conflict) {
		return nil
	}
	x.hold(true, x.c.Findings.With(m.Conflict)...)
	return nil
}

// mappedAsking handles a conflict found during an attempt: the call does not
// leave if it has not.
func mappedAsking(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict.IsZero() || x.c.Accepted.Contains(m.Conflict) {
		return nil
	}
	return x.stopAttempt(AlertConflict, m.Conflict)
}

// mappedLate handles a conflict found after the supplier was asked.
func mappedLate(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict.IsZero() || x.c.Accepted.Contains(m.Conflict) {
		return nil
	}
	x.alertOnce(AlertConflict, m.Conflict, "and the supplier was asked already")
	return nil
}

// alertOnce raises an alert, once, about news that came too late to act on; the
// shop may repeat it.
func (x *change) alertOnce(kind string, what state.Finding, late string) {
	if x.c.Accepted.Contains(what) {
		return
	}
	x.c.Accepted = x.c.Accepted.With(what)
	x.say("%s, %s", x.words(what), late)
	x.alert(kind)
}

// What happened in the shop, as a case remembers it.
var (
	wasReplaced  = state.Found(state.FindingReplaced, "")
	wasWithdrawn = state.Found(state.FindingWithdrawn, "")
)

// replaced ends a case whose number the operator replaced before the supplier
// was asked.
func replaced(x *change) error {
	if !x.maybeAskedSince().IsZero() { // the supplier may have it
		return x.afterMaybeAsked(wasReplaced, replacedLate)
	}
	x.c.Stop = wasReplaced
	x.to(state.Ignored, "%s", x.words(wasReplaced))
	return nil
}

// afterMaybeAsked handles news that came after a call which may have reached the supplier:
// no further call leaves without a person.
func (x *change) afterMaybeAsked(why state.Finding, tell func(*change) error) error {
	if x.c.Status == state.Queued {
		x.hold(true, why, state.Found(state.MaybeAsked, x.c.SupplierOrder, "at", moment(x.maybeAskedSince())))
	}
	return tell(x)
}

// replacedAsking stops an attempt before its call.
func replacedAsking(x *change) error { return x.stopAttempt(AlertReplaced, wasReplaced) }

// replacedLate alerts a person: the supplier was asked before the number was
// replaced.
func replacedLate(x *change) error {
	x.alertOnce(AlertReplaced, wasReplaced, "but the supplier was asked already")
	return nil
}

// linesMapped ends an unmapped case whose lines belong to known supplier orders.
func linesMapped(x *change) error {
	x.to(state.Ignored, "its lines belong to %s orders that are known by now", x.supplier())
	return nil
}

// stopAttempt ends the attempt under way before its call leaves. No other attempt is made
// without a person, even if readings show that this one was never placed.
func (x *change) stopAttempt(kind string, why state.Finding) error {
	if !x.c.Stop.IsZero() {
		return nil
	}
	x.c.Stop = why
	if x.c.Attempt.NoticeAt().IsZero() {
		x.say("%s: the attempt under way is stopped", x.words(why))
		return nil
	}
	x.say("%s, but the supplier may have been asked already", x.words(why))
	x.alert(kind)
	return nil
}

// tickUnmapped looks at the shop order again, since importers write the number
// hours later, until the configured time is over.
func tickUnmapped(x *change) error {
	if x.c.NextCheckAt.IsZero() || x.c.NextCheckAt.After(x.now) {
		return nil
	}
	sp := x.p.Shops[x.c.Shop]
	age := x.now.Sub(x.c.OpenedAt)
	if age >= min(sp.MapWait, sp.MapRetryFor) { // whoever stops looking has told
		x.alert(AlertUnmapped)
	}
	if x.c.Paused {
		return nil
	}
	x.out.ReadShop = true
	switch {
	case age >= sp.MapRetryFor:
		x.say("still no %s number after %s: not looking again by itself", x.supplier(), sp.MapRetryFor)
		x.c.NextCheckAt = time.Time{}
	case age < time.Hour:
		x.c.NextCheckAt = x.now.Add(mapRetry)
	default:
		x.c.NextCheckAt = x.now.Add(mapRetryLater)
	}
	return nil
}
