package sync

import (
	"fmt"
	"strings"
	"time"

	"countermand/state"
)

// enter sets up what a status needs from its first moment on.
func (x *change) enter(s state.Status) {
	switch s {
	case state.Unmapped:
		x.c.NextCheckAt = x.now.Add(lookAgain)
		if x.p.Shops[x.c.Shop].MapWait <= 0 {
			x.alert(AlertUnmapped)
		}
	case state.Held:
		x.drop(state.EffectRequest)
		x.alert(AlertHeld)
		if x.c.SupplierOrder != "" && !x.c.Unsure && x.c.DetailAt.IsZero() {
			x.read(state.DepthDetail, "facts for your decision")
		}
	case state.Queued:
		if x.c.AskableAt.IsZero() {
			x.c.AskableAt = x.now
			x.setClock(state.ClockUnasked, x.now.Add(x.p.Unasked), false)
		}
	case state.Requested:
		x.stopClocks(state.ClockUnasked, state.ClockProofDue, state.ClockDisputeOpens, state.ClockDisputeCloses)
		x.setClock(state.ClockAnswerDue, x.c.RequestedAt.Add(x.p.Answer), false)
	case state.Refused:
		x.enterRefused()
	case state.Cancelled:
		x.enterCancelled()
	case state.Disputable:
		x.stopClocks(state.ClockProofDue)
		x.setDisputeWindow(x.ev.Reading)
		x.alert(AlertDisputable)
	case state.Disputed:
		x.stopClocks(state.ClockProofDue, state.ClockSnooze)
	case state.Shipped:
		if !x.ev.Kind.Decision() { // a person knows what they decided
			x.alert(AlertShipped)
		}
	}
}

func (x *change) enterRefused() {
	x.stopClocks(state.ClockUnasked, state.ClockAnswerDue)
	if !x.c.ShippedAt.IsZero() { // else the window's end may close the order yet
		x.stopClocks(state.ClockShipWindowEnd)
	}
	if x.p.Supplier != nil {
		due, estimated := x.p.Supplier.AddWorkingDays(x.c.AnsweredAt, x.p.ProofDays)
		x.setClock(state.ClockProofDue, due, estimated)
	}
	x.setDisputeWindow(x.ev.Reading)
	x.alert(AlertRefused)
	if r := x.ev.Reading; r == nil || !r.TrackingRead {
		x.read(state.DepthTracking, "refused: looking for the tracking number")
	}
}

func (x *change) enterCancelled() {
	x.drop(state.EffectRequest)
	x.stopClocks(state.ClockUnasked, state.ClockAnswerDue, state.ClockShipWindowEnd, state.ClockProofDue, state.ClockDisputeOpens, state.ClockDisputeCloses, state.ClockSnooze)
	if x.p.Bank == nil {
		return
	}
	warn, e1 := x.p.Bank.AddWorkingDays(x.c.ClosedAt, x.p.RefundWarnDays)
	due, e2 := x.p.Bank.AddWorkingDays(x.c.ClosedAt, x.p.RefundDueDays)
	x.setClock(state.ClockRefundWarn, warn, e1)
	x.setClock(state.ClockRefundDue, due, e2)
}

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
	c.Rule = "mode " + string(x.p.Mode)
	if x.ev.Mapping == nil {
		x.to(state.Unmapped, "%s was cancelled in the shop %s; the order names no AliExpress number", c.ShopOrder, stamp(c.CancelledAt))
		return nil
	}
	return x.place(cn.Partial)
}

// place gives a case its supplier order and decides how it goes on.
func (x *change) place(partial string) error {
	m := x.ev.Mapping
	x.c.SupplierOrder, x.c.Account, x.c.MappedBy = m.SupplierOrder, m.Account, m.By
	x.c.Lines = m.Lines
	from := fmt.Sprintf("%s was cancelled in the shop %s; AliExpress order %s (found by %s)", x.c.ShopOrder, stamp(x.c.CancelledAt), m.SupplierOrder, m.By)
	switch {
	case m.Conflict != "":
		x.hold(true, "%s", m.Conflict)
	case partial != "":
		x.hold(false, "%s; an AliExpress order cannot be cancelled in part by itself", partial)
	case x.p.Mode == Confirm:
		x.hold(false, "mode confirm: asks you before the supplier is asked")
	default:
		x.to(state.Queued, "%s: will be asked", from)
		x.plan(state.EffectRequest, "", x.now, "ask the supplier to cancel")
	}
	return nil
}

// hold puts the case before a person. unsure means that the number itself is
// in doubt, so that readings decide nothing.
func (x *change) hold(unsure bool, format string, args ...any) {
	x.c.HeldWhy = fmt.Sprintf(format, args...)
	x.c.Unsure = x.c.Unsure || unsure
	x.to(state.Held, "held: %s", x.c.HeldWhy)
}

// mapped is the number of an unmapped order becoming known.
func mapped(x *change) error {
	if x.ev.Mapping == nil || x.ev.Mapping.SupplierOrder == "" {
		return x.refuse("no supplier order came with it")
	}
	partial := ""
	if x.ev.Cancellation != nil {
		partial = x.ev.Cancellation.Partial
	}
	return x.place(partial)
}

// mappedAgain is a number that is known already; only a conflict that nobody
// has approved is news.
func mappedAgain(x *change) error {
	m := x.ev.Mapping
	if m == nil || m.Conflict == "" || x.c.Unsure || strings.Contains(x.c.Accepted, m.Conflict) {
		return nil
	}
	if x.c.Status == state.Held {
		x.c.Unsure = true
		x.c.HeldWhy += "; " + m.Conflict
		x.say("%s", m.Conflict)
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

const replacedWhy = "the operator named other AliExpress orders for this shop order"

// replaced takes a number back that was not acted on yet.
func replaced(x *change) error {
	if !x.c.Attempt.DispatchedAt.IsZero() { // held in doubt: the supplier may have it
		return replacedLate(x)
	}
	x.c.Stop = replacedWhy
	x.to(state.Ignored, "%s", replacedWhy)
	return nil
}

// takenBack tells whether a case ended because the operator named other
// orders. Such a case holds its number no longer.
func takenBack(c state.Case) bool { return c.Status == state.Ignored && c.Stop == replacedWhy }

// replacedAsking stops an attempt before its last click.
func replacedAsking(x *change) error { return x.stop(AlertReplaced, replacedWhy) }

// replacedLate cannot be helped any more; a person is told.
func replacedLate(x *change) error {
	x.tellOnce(AlertReplaced, replacedWhy, "but the supplier was asked already")
	return nil
}

// stop lets no further click be made, nor another attempt without a person,
// should the doubt about this one end with “never asked”.
func (x *change) stop(kind, why string) error {
	if x.c.Stop != "" {
		return nil
	}
	x.c.Stop = why
	if x.c.Attempt.DispatchedAt.IsZero() {
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
