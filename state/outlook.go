package state

import (
	"cmp"
	"slices"
	"time"
)

// PublicClocks are the clocks that are shown to people and scripts, in the
// order of a case's life. ClockUnasked is the engine's own.
var PublicClocks = []Clock{ClockAnswerDue, ClockShipWindowEnd, ClockProofDue, ClockRefundWarn, ClockRefundDue, ClockDisputeOpens, ClockDisputeCloses, ClockDisputeDue}

// NextDeadline is the next clock point that matters in the case's status:
// the earliest after now, else the latest that has passed, else false.
func (c Case) NextDeadline(now time.Time) (Clock, time.Time, bool) {
	var next, past Clock
	for _, k := range facts[c.Status].awaits {
		at := c.Clocks[k]
		switch {
		case at.IsZero(), k == ClockShipWindowEnd && !c.ShippedAt.IsZero():
		case at.After(now):
			if next == "" || at.Before(c.Clocks[next]) {
				next = k
			}
		case past == "" || at.After(c.Clocks[past]):
			past = k
		}
	}
	k := cmp.Or(next, past)
	return k, c.Clocks[k], k != ""
}

// EarliestEnd is when a clock may end already: what warns goes by it.
func (c Case) EarliestEnd(k Clock) time.Time {
	if at := c.Earliest[k]; !at.IsZero() {
		return at
	}
	return c.Clocks[k]
}

// UrgencyOfPassed is how far away a passed deadline counts as that still waits
// for its reading: behind what can be missed today, before the rest.
const UrgencyOfPassed = 24 * time.Hour

// Urgency is when looking at the order will be too late for a deadline: the
// next one that can yet be missed. A passed one counts while its point waits
// for a reading: none was made since, or the proof is not judged yet. False
// where neither is so.
func (c Case) Urgency(now time.Time) (at time.Time, ok bool) {
	for _, k := range facts[c.Status].awaits {
		t := c.EarliestEnd(k)
		if !t.After(now) {
			t = c.Clocks[k]
		}
		switch {
		case t.IsZero(), k == ClockDisputeOpens, k == ClockShipWindowEnd && !c.ShippedAt.IsZero():
			continue
		case !t.After(now) && k != ClockProofDue && c.DetailAt.After(t):
			continue
		case !t.After(now):
			t = now.Add(UrgencyOfPassed)
		}
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// AtRisk is the money that is still out: the supplier order's total less what
// came back. It is unknown once the case ended, and while the total is.
func (c Case) AtRisk() Money {
	if c.Status.Ended() || !c.Amount.Known() {
		return Money{}
	}
	out := c.Amount
	if c.Refund != nil && c.Refund.Amount.Currency == out.Currency {
		out.Units -= c.Refund.Amount.Units
	}
	if out.Units <= 0 {
		return Money{}
	}
	return out
}

// Totals sums amounts, one for each currency, ordered by currency. Unknown
// amounts count as nothing.
func Totals(amounts ...Money) []Money {
	var sums []Money
	for _, m := range amounts {
		if !m.Known() {
			continue
		}
		i := slices.IndexFunc(sums, func(s Money) bool { return s.Currency == m.Currency })
		if i < 0 {
			sums = append(sums, m)
			continue
		}
		sums[i].Units += m.Units
	}
	slices.SortFunc(sums, func(a, b Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return sums
}
