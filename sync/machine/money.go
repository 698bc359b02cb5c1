package machine

import (
	"fmt"
	"slices"
	"time"

	"countermand/state"
)

// closed moves the case once the order is closed at the supplier: the refund is
// now awaited.
func (x *change) closed(r *state.Reading, why string) {
	at, day, told := x.closingDate(r)
	x.c.ClosedAt, x.c.Days = at, x.c.Days.With(state.FieldClosedAt, day)
	if x.c.AnsweredAt.IsZero() && !x.c.RequestedAt.IsZero() {
		x.c.AnsweredAt, x.c.Days = at, x.c.Days.With(state.FieldAnsweredAt, day)
	}
	x.c.Attempt.StartedAt = time.Time{}
	x.to(state.Cancelled, "%s%s", why, x.comparedDates(
		namedDate{"asked", x.c.RequestedAt}, namedDate{map[bool]string{true: "closed", false: "closed by"}[told], at}))
	if x.c.PhaseBefore == state.PhaseRiskHold {
		x.say("its payment was still being verified: the risk check may have closed it, and money that was only reserved comes back by itself")
		x.alert(AlertClosedForRisk)
	}
	x.settleMoney(r)
}

// readingCancelled awaits the money. An order that shows as sent after it was seen
// closed is told: nobody else would look at it until the refund is overdue.
func readingCancelled(x *change, r *state.Reading, _ state.Case) {
	if r.Complete && shippedPhase(r.Phase) {
		if !raised(x.c, AlertUnknownState) {
			x.say("the page says “%s”, though it showed the order closed before: nothing concluded", r.StatusText)
		}
		x.alert(AlertUnknownState)
	}
	x.settleMoney(r)
}

// settleMoney says what is to come back for a closed order, and whether it has.
func (x *change) settleMoney(r *state.Reading) {
	if !x.nothingPaid(r) {
		x.compareRefund()
	}
}

// keepPhase keeps how the order stood before it closed.
func (x *change) keepPhase(r *state.Reading) {
	before := r.Phase
	if r.Phase == state.PhaseClosed {
		before = r.PhaseBefore
	}
	if r.Complete && before != "" && before != state.PhaseUnknown && before != state.PhaseClosed {
		x.c.PhaseBefore = before
	}
	if r.Complete && before == state.PhaseUnpaid {
		x.c.UnpaidAt = r.At
	}
}

// nothingPaid ends a case whose order closed before anything was paid: what was
// to come back is nothing, and no refund clock runs. It takes a page that showed
// it unpaid less than a day before it was seen closed, or with a total of zero;
// where no page was seen before, or one long ago, a person is asked.
func (x *change) nothingPaid(r *state.Reading) bool {
	c, question := &x.c, state.Found(state.RefundUnpaid, "")
	c.RefundUnclear = slices.DeleteFunc(c.RefundUnclear, question.Equal) // asked anew where it still stands
	if r == nil || !r.Complete || c.Refund != nil || len(c.RefundUnclear) > 0 {
		return false
	}
	unpaid := c.PhaseBefore == state.PhaseUnpaid && c.PaidAt.IsZero()
	switch {
	case unpaid && r.At.Sub(c.UnpaidAt) < 24*time.Hour, c.PhaseBefore != "" && c.Amount.Known() && c.Amount.Units == 0:
		x.stopClocks(state.ClockRefundWarn, state.ClockRefundDue)
		c.Refund = &state.Refund{Amount: state.Money{Currency: c.Amount.Currency}, To: state.RefundUnknown, At: c.ClosedAt, ConfirmedBy: "site"}
		x.to(state.Refunded, "nothing was paid (before it closed the page showed it as %s, the total was %s), so nothing is to come back%s", c.PhaseBefore, c.Amount, comparedDates(namedDate{"closed", c.ClosedAt}))
		x.alert(AlertNothingPaid)
		return true
	case (unpaid || c.PhaseBefore == "" && c.PaidAt.IsZero()) && !c.Accepted.Contains(question):
		c.RefundUnclear = state.Findings{question}
	}
	return false
}

// ZeroIsAll tells whether a person may say that nothing is to come back.
func ZeroIsAll(c state.Case) bool {
	return c.Amount.Known() && c.Amount.Units == 0 || c.RefundUnclear.Contains(state.Found(state.RefundUnpaid, ""))
}

// keepRefund stores what the refund pages show, and what they leave open that
// nobody has answered yet.
func (x *change) keepRefund(r *state.Reading) {
	if r.Refund != nil {
		x.siteRefund(*r.Refund)
	}
	if !r.RefundRead {
		return
	}
	var open state.Findings
	for _, f := range r.RefundUnclear {
		if !x.c.Accepted.Contains(f) {
			open = open.With(f)
		}
	}
	x.newRefund = x.newRefund || len(open) > 0 && !open.Equal(x.c.RefundUnclear)
	x.c.RefundUnclear = open
}

// siteRefund stores the refund that the site shows. What a person said before
// outranks it, unless the site shows the whole amount and the person a part: then
// more came later.
func (x *change) siteRefund(seen state.Refund) {
	c := &x.c
	if c.Refund != nil && !seen.Amount.Known() {
		return
	}
	said, news := c.Refund, seen.Amount != c.RefundSeen
	c.RefundSeen = seen.Amount
	if said == nil || said.ConfirmedBy != "operator" {
		c.Refund, x.newRefund = &seen, news
		return
	}
	both := fmt.Sprintf("the site shows a refund of %s to %s, the operator's word was %s to %s on %s", seen.Amount, seen.To, said.Amount, said.To, Stamp(said.At))
	switch {
	case whole(seen.Amount, c.Amount) && !whole(said.Amount, c.Amount):
		c.Refund = &seen
		x.say("%s: the site's whole amount counts", both)
	case news && seen.Amount != said.Amount:
		x.say("%s: the operator's word stands", both)
	}
}

// whole tells whether an amount is known to be no less than the total.
func whole(amount, total state.Money) bool {
	cmp, err := amount.Cmp(total)
	return amount.Known() && err == nil && cmp >= 0
}

// compareRefund compares the refund with the order's total.
func (x *change) compareRefund() {
	f := x.c.Refund
	x.c.RefundUnclear = slices.DeleteFunc(x.c.RefundUnclear, func(q state.Finding) bool { return q.Code == state.RefundUncompared }) // compared anew
	if f == nil || !f.Amount.Known() || !whole(f.Amount, x.c.Amount) && len(x.c.RefundUnclear) > 0 {
		x.askRefund()
		return
	}
	when := x.comparedDates(namedDate{"closed", x.c.ClosedAt}, namedDate{"paid back", f.At}, namedDate{"seen", x.now}, namedDate{"due", x.c.Clocks[state.ClockRefundDue]})
	cmp, err := f.Amount.Cmp(x.c.Amount)
	switch {
	case err != nil: // total unknown, or another currency: a person compares
		x.c.RefundUnclear = state.Findings{state.Found(state.RefundUncompared, "", "amount", f.Amount.String(), "total", x.c.Amount.String())}
		x.incompleteRefund(AlertRefundUnclear, "refund of %s to %s, the total was %s: that cannot be compared%s", f.Amount, f.To, x.c.Amount, when)
	case cmp < 0:
		x.resolve(AlertRefundUnclear)
		x.incompleteRefund(AlertRefundShort, "refund of %s to %s, the total was %s%s", f.Amount, f.To, x.c.Amount, when)
	default:
		x.c.RefundUnclear = nil // whatever it was about, the whole is there
		x.to(state.Refunded, "refund of %s to %s, the total was %s%s", f.Amount, f.To, x.c.Amount, when)
	}
}

// askRefund asks a person about money that is shown and cannot be counted, beside
// the part that can be. No money and no question is no news.
func (x *change) askRefund() {
	if len(x.c.RefundUnclear) == 0 {
		x.resolve(AlertRefundUnclear)
		return
	}
	part := ""
	if f := x.c.Refund; f != nil && f.Amount.Known() {
		part = fmt.Sprintf("; beside it %s came back to %s, the total was %s", f.Amount, f.To, x.c.Amount)
	}
	x.resolve(AlertRefundShort)
	x.incompleteRefund(AlertRefundUnclear, "%s%s", x.words(x.c.RefundUnclear...), part)
}

// incompleteRefund alerts about a refund that does not end the case, and notes each amount
// once in the journal.
func (x *change) incompleteRefund(kind, format string, args ...any) {
	if _, open := x.c.Raised[kind]; !open || x.newRefund {
		x.say(format, args...)
	}
	x.alert(kind)
}

// refundByOperator is a person's word that the money arrived.
func refundByOperator(x *change) error {
	d := x.ev.Decision
	none := d != nil && d.Amount.Known() && d.Amount.Units == 0 && ZeroIsAll(x.c)
	if d == nil || !d.Amount.Known() || d.Amount.Units <= 0 && !none {
		return x.refuse("say how much arrived: --amount 12.34")
	}
	amount := d.Amount
	if x.c.Amount.Known() && amount.Currency != x.c.Amount.Currency {
		return x.refuse("the order was paid in %s, the amount is in %s", x.c.Amount.Currency, amount.Currency)
	}
	if x.c.Amount.Known() && amount.Units > x.c.Amount.Units {
		return x.refuse("%s is more than the order's total of %s: say what came back for this order alone", amount, x.c.Amount)
	}
	short := !none && x.c.Amount.Known() && amount.Units < x.c.Amount.Units
	if f := x.c.Refund; f != nil && short && f.ConfirmedBy != "operator" && whole(f.Amount, x.c.Amount) {
		return x.refuse("the site shows the whole refund of %s to %s; a part of it says nothing new", f.Amount, f.To)
	}
	at := d.At
	if at.IsZero() {
		at = x.now
	}
	words := fmt.Sprintf("%s arrived on the %s %s, the total was %s%s", amount, d.To, Stamp(at), x.c.Amount,
		x.comparedDates(namedDate{"closed", x.c.ClosedAt}, namedDate{"due", x.c.Clocks[state.ClockRefundDue]}))
	if seen := x.c.RefundSeen; seen.Known() && seen != amount {
		words += fmt.Sprintf("; the site shows a refund of %s", seen)
	}
	x.c.Refund = &state.Refund{Amount: amount, To: d.To, At: at.UTC(), ConfirmedBy: "operator"}
	x.c.Accepted, x.c.RefundUnclear = x.c.Accepted.With(x.c.RefundUnclear...), nil
	if short {
		x.say("%s", words)
		x.resolve(AlertRefundUnclear)
		x.alert(AlertRefundShort)
		return nil
	}
	x.to(state.Refunded, "%s", words)
	return nil
}
