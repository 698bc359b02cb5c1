package sync

import (
	"time"

	"countermand/state"
)

// closed is the order closed at the supplier: what remains is the money.
func (x *change) closed(r *state.Reading, why string) {
	at := x.now
	if r != nil {
		at = r.At
		// The page shows a date; on the day of the request it would lie
		// before it.
		if !r.ClosedAt.IsZero() && !r.ClosedAt.Before(x.c.RequestedAt) {
			at = r.ClosedAt
		}
	}
	x.c.ClosedAt = at.UTC()
	if x.c.AnsweredAt.IsZero() && !x.c.RequestedAt.IsZero() {
		x.c.AnsweredAt = x.c.ClosedAt
	}
	x.c.Attempt.StartedAt = time.Time{}
	x.to(state.Cancelled, "%s", why)
	x.weighRefund()
}

func readingCancelled(x *change) error {
	r := x.ev.Reading
	if x.listOnly(r) || !x.trust(r) {
		return nil
	}
	x.absorb(r)
	x.again()
	x.weighRefund()
	return nil
}

// weighRefund compares what came back with the order's total.
func (x *change) weighRefund() {
	f := x.c.Refund
	if f == nil || !f.Amount.Known() {
		return
	}
	cmp, err := f.Amount.Cmp(x.c.Amount)
	switch {
	case err != nil: // total unknown, or another currency: the flag asks a person
		return
	case cmp < 0:
		if _, open := x.c.Raised[AlertRefundShort]; !open {
			x.say("refund of %s to %s, the total was %s", f.Amount, f.To, x.c.Amount)
		}
		x.alert(AlertRefundShort)
	default:
		x.to(state.Refunded, "refund of %s to %s, the total was %s", f.Amount, f.To, x.c.Amount)
	}
}

// refundByOperator is a person's word that the money arrived.
func refundByOperator(x *change) error {
	d := x.ev.Decision
	if d == nil || !d.Amount.Known() || d.Amount.Units <= 0 {
		return x.refuse("say how much arrived: --amount 12.34")
	}
	amount := d.Amount
	if x.c.Amount.Known() && amount.Currency != x.c.Amount.Currency {
		return x.refuse("the order was paid in %s, the amount is in %s", x.c.Amount.Currency, amount.Currency)
	}
	at := d.At
	if at.IsZero() {
		at = x.now
	}
	x.c.Refund = &state.Refund{Amount: amount, To: d.To, At: at.UTC(), ConfirmedBy: "operator"}
	if x.c.Amount.Known() && amount.Units < x.c.Amount.Units {
		x.say("%s arrived on the %s, the total was %s", amount, d.To, x.c.Amount)
		x.alert(AlertRefundShort)
		return nil
	}
	x.to(state.Refunded, "%s arrived on the %s", amount, d.To)
	return nil
}
