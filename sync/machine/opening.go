package machine

import (
	"fmt"
	"strings"
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
	c.Cause, c.Partial, c.Facts = cn.Cause, cn.Partial, cn.Facts
	if c.Cause == "" {
		c.Cause = state.CauseCancelled
	}
	if x.ev.Mapping == nil {
		x.to(state.Unmapped, "%s; the order names no AliExpress number", x.because())
		return nil
	}
	return x.place()
}

// because says what happened in the shop.
func (x *change) because() string {
	c := x.c
	switch c.Cause {
	case state.CauseLines:
		return fmt.Sprintf("lines of %s were taken off in the shop%s", c.ShopOrder, compared(dated{"ordered", c.ShopOrderedAt}))
	case state.CauseRequested:
		return fmt.Sprintf("the customer asks for %s to be cancelled%s; the shop is left alone until the supplier has answered", c.ShopOrder, compared(dated{"ordered", c.ShopOrderedAt}))
	}
	return fmt.Sprintf("%s was cancelled in the shop %s", c.ShopOrder, Stamp(c.CancelledAt))
}

// place gives a case its supplier order and decides how it goes on.
func (x *change) place() error {
	m := x.ev.Mapping
	x.c.SupplierOrder, x.c.Account, x.c.Candidates, x.c.MappedBy = m.SupplierOrder, m.Account, m.Candidates, m.By
	x.c.Lines = m.Lines
	x.c.Attempt.ClickedAt, x.c.Attempt.AskedBy = m.HeardAt, m.HeardBy
	if m.Conflict != "" {
		x.hold(true, "%s", m.Conflict)
		return nil
	}
	if cn := x.ev.Cancellation; cn != nil && cn.Doubt != "" {
		x.hold(false, "%s", cn.Doubt)
		return nil
	}
	x.judge(fmt.Sprintf("%s; AliExpress order %s (found by %s)", x.because(), m.SupplierOrder, m.By))
	return nil
}

// judge lets the rules, else the mode, decide how a case goes on whose number
// is not in doubt.
func (x *change) judge(from string) {
	c := &x.c
	if c.Partial != "" {
		x.hold(false, "%s; an AliExpress order cannot be cancelled in part by itself", c.Partial)
		return
	}
	if before := x.askedBefore(); before != "" {
		x.hold(false, "%s", before)
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
			rule = or(rule, "the rules") + ": " + err.Error()
		}
		if then != "" {
			c.Then, c.Rule = then, rule
		}
	}
	switch {
	case c.Then == state.ThenIgnore:
		x.to(state.Ignored, "%s: left alone by %s", from, c.Rule)
	case x.mustConfirm():
		x.hold(false, "%s: asks you before the supplier is asked", c.Rule)
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

// Unjudged: the case waits for a reading that the rules need.
func Unjudged(c state.Case) bool { return c.Rule == "" }

// cancelledToo is the shop saying more about an order that has a case: the
// rest of it went as well, or the order itself was cancelled.
func cancelledToo(x *change) error {
	cn, c := x.ev.Cancellation, &x.c
	if cn == nil {
		return x.refuse("no cancellation came with it")
	}
	if cn.Cause.Rank() < c.Cause.Rank() {
		return nil
	}
	c.Facts = cn.Facts
	news := cn.Cause.Rank() > c.Cause.Rank()
	whole := c.Partial != "" && cn.Partial == ""
	if c.CancelledAt.IsZero() && !cn.CancelledAt.IsZero() {
		c.CancelledAt, c.Reason = cn.CancelledAt, cn.Reason
	}
	if news {
		if c.Cause = cn.Cause; c.Cause == "" {
			c.Cause = state.CauseCancelled
		}
		x.say("%s", x.because())
	}
	if cn.Partial != "" && c.Partial != "" && !news {
		c.Partial = cn.Partial
	}
	if !whole {
		return nil
	}
	c.Partial = ""
	if !news {
		x.say("all its lines went by now")
	}
	if c.Status == state.Held && !c.Unsure && !c.Approved {
		if cn.Lines != nil && x.ev.Mapping != nil {
			c.Lines = x.ev.Mapping.Lines
		}
		x.judge(x.because())
	}
	return nil
}

// askedBefore words that a case which was left alone had asked, until a person
// has approved that.
func (x *change) askedBefore() string {
	a := x.c.Attempt
	if a.AskedBy == "" || x.c.Approved {
		return ""
	}
	return fmt.Sprintf("the supplier was asked about AliExpress order %s before (%s), and case %s about it was left alone: it is asked again only if you want it", x.c.SupplierOrder, Stamp(a.ClickedAt), a.AskedBy)
}

// hold puts the case before a person. unsure means that the number itself is
// in doubt, so that readings decide nothing. Whatever the reason, whoever
// approves must know of an earlier request.
func (x *change) hold(unsure bool, format string, args ...any) {
	x.c.HeldWhy = fmt.Sprintf(format, args...)
	if before := x.askedBefore(); !strings.Contains(x.c.HeldWhy, before) {
		x.c.HeldWhy += "; " + before
	}
	x.c.Unsure = x.c.Unsure || unsure
	x.to(state.Held, "held: %s", x.c.HeldWhy)
}

// mapped is the number of an unmapped order becoming known.
func mapped(x *change) error {
	if x.ev.Mapping == nil || x.ev.Mapping.SupplierOrder == "" {
		return x.refuse("no supplier order came with it")
	}
	if cn := x.ev.Cancellation; cn != nil {
		x.c.Partial, x.c.Facts = cn.Partial, cn.Facts
	}
	return x.place()
}

// mappedAgain is a number that is known already; only a conflict that nobody
// has approved is news.
func mappedAgain(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict == "" || x.c.Unsure || strings.Contains(x.c.Accepted, m.Conflict) {
		return nil
	}
	if x.c.Status == state.Held {
		x.hold(true, "%s; %s", x.c.HeldWhy, m.Conflict)
		return nil
	}
	x.hold(true, "%s", m.Conflict)
	return nil
}

// mappedAsking is a conflict that comes up while the supplier is being asked:
// the last click is not made if it has not been.
func mappedAsking(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict == "" || strings.Contains(x.c.Accepted, m.Conflict) {
		return nil
	}
	return x.stop(AlertConflict, m.Conflict)
}

// mappedLate is a conflict that comes up after the supplier was asked.
func mappedLate(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict == "" || strings.Contains(x.c.Accepted, m.Conflict) {
		return nil
	}
	x.tellOnce(AlertConflict, m.Conflict, "and the supplier was asked already")
	return nil
}

// tellOnce tells a person what comes too late; the shop may say it again and
// again.
func (x *change) tellOnce(kind, what, late string) {
	if strings.Contains(x.c.Accepted, what) {
		return
	}
	x.c.Accepted = strings.TrimPrefix(x.c.Accepted+"; "+what, "; ")
	x.say("%s, %s", what, late)
	x.alert(kind)
}

const ReplacedWhy = "the operator named other AliExpress orders for this shop order"

// replaced takes a number back that was not acted on yet.
func replaced(x *change) error {
	if !x.heard().IsZero() { // the supplier may have it
		return x.late(ReplacedWhy, replacedLate)
	}
	x.c.Stop = ReplacedWhy
	x.to(state.Ignored, "%s", ReplacedWhy)
	return nil
}

// late is for what comes when an earlier click may have reached the supplier:
// no other one is made without a person.
func (x *change) late(why string, tell func(*change) error) error {
	if x.c.Status == state.Queued {
		x.hold(true, "%s, but the supplier may have been asked %s", why, Stamp(x.heard()))
	}
	return tell(x)
}

// TakenBack tells whether a case ended because the operator named other
// orders. Such a case holds its number no longer.
func TakenBack(c state.Case) bool { return c.Status == state.Ignored && c.Stop == ReplacedWhy }

// replacedAsking stops an attempt before its last click.
func replacedAsking(x *change) error { return x.stop(AlertReplaced, ReplacedWhy) }

// replacedLate cannot be helped any more; a person is told.
func replacedLate(x *change) error {
	x.tellOnce(AlertReplaced, ReplacedWhy, "but the supplier was asked already")
	return nil
}

// covered: its lines were found to belong to supplier orders that are known.
func covered(x *change) error {
	x.to(state.Ignored, "its lines belong to AliExpress orders that are known by now")
	return nil
}

// stop lets no further click be made, nor another attempt without a person,
// should the doubt about this one end with “never asked”.
func (x *change) stop(kind, why string) error {
	if x.c.Stop != "" {
		return nil
	}
	x.c.Stop = why
	if x.c.Attempt.Heard().IsZero() {
		x.say("%s: the attempt under way is stopped", why)
		return nil
	}
	x.say("%s, but the supplier may have been asked already", why)
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
	x.out.Look = true
	switch {
	case age >= sp.MapRetryFor:
		x.say("still no AliExpress number after %s: not looking again by itself", sp.MapRetryFor)
		x.c.NextCheckAt = time.Time{}
	case age < time.Hour:
		x.c.NextCheckAt = x.now.Add(lookAgain)
	default:
		x.c.NextCheckAt = x.now.Add(lookLater)
	}
	return nil
}
