package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// Closed on Tuesday 3 November in New York; Veterans Day (11) and
// Thanksgiving (26) are no bank days.
var (
	refundWarn = day(11, 26, 5)
	refundDue  = day(12, 4, 5)
)

func arrived(amount state.Money, to state.RefundTo) state.Event {
	return decision(state.EventRefund, &state.Decision{Amount: amount, To: to})
}

func flagged(want string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Flag != want {
			t.Errorf("flag %q, want %q", c.Flag, want)
		}
	}
}

var short = step{after: day1, ev: reads(state.PhaseClosed, paidBack(15, "USD", state.RefundBonus)), to: state.Cancelled, raised: AlertRefundShort,
	check: flagged("a refund of 15.00 USD came, less than the total of 20.00 USD")}

var moneyStories = []scenario{
	{name: "whole", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed), to: state.Cancelled, check: flagged("waiting for the refund")},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundBalance)), to: state.Refunded, check: func(t expect, c state.Case, out Outcome) {
			if c.Refund == nil || c.Refund.To != state.RefundBalance || c.Refund.ConfirmedBy != "site" || c.EndedAt.IsZero() {
				t.Errorf("refund %+v, ended %s", c.Refund, c.EndedAt)
			}
			idle(t, c, out)
		}},
	})},
	{name: "more than whole", steps: then(reach[state.Cancelled], []step{{ev: reads(state.PhaseClosed, paidBack(21, "USD", state.RefundCard)), to: state.Refunded}})},
	{name: "closed and refunded in one reading", steps: then(reach[state.Requested], []step{
		{ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded},
	})},
	{name: "short is told once and left to a person", steps: then(reach[state.Cancelled], []step{
		short,
		{after: day1, ev: reads(state.PhaseClosed, paidBack(15, "USD", state.RefundBonus)), to: state.Cancelled},
		{after: day1, ev: arrived(usd(20), state.RefundCard), to: state.Refunded, check: has("20.00 USD arrived on the card")},
	})},
	{name: "short and then whole", steps: then(reach[state.Cancelled], []step{
		short,
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded, check: func(t expect, _ state.Case, out Outcome) {
			if len(out.Resolved) != 1 {
				t.Errorf("resolved %q", out.Resolved)
			}
		}},
	})},
	{name: "short and written off", steps: then(reach[state.Cancelled], []step{short, {ev: decision(state.EventWriteOff, nil), to: state.WrittenOff}})},
	{name: "another currency is left to a person", steps: then(reach[state.Cancelled], []step{
		{ev: reads(state.PhaseClosed, paidBack(20, "EUR", state.RefundCard)), to: state.Cancelled, raised: AlertRefundUnclear, check: flagged("a refund of 20.00 EUR came; compare it with the order and confirm it with cases refund")},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "EUR", state.RefundCard)), to: state.Cancelled, check: saysOnly()},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(18, "EUR", state.RefundBalance)), to: state.Cancelled, check: has("refund of 18.00 EUR to balance, the total was 20.00 USD: that cannot be compared")},
		{ev: arrived(state.Money{Units: 200_000, Currency: "EUR"}, state.RefundCard), refused: "the order was paid in USD"},
		{ev: arrived(usd(12), state.RefundCard), to: state.Cancelled, raised: AlertRefundShort, check: func(t expect, c state.Case, out Outcome) {
			if has("; the site shows a refund of 18.00 EUR")(t, c, out); len(c.Raised) != 1 {
				t.Errorf("open %v, want only what the person said to count", c.Raised)
			}
		}},
	})},
	{name: "another currency, then the order's own", steps: then(reach[state.Cancelled], []step{
		{ev: reads(state.PhaseClosed, paidBack(20, "EUR", state.RefundCard)), to: state.Cancelled, raised: AlertRefundUnclear},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(15, "USD", state.RefundBonus)), to: state.Cancelled, raised: AlertRefundShort, check: func(t expect, c state.Case, out Outcome) {
			if len(out.Resolved) != 1 || len(c.Raised) != 1 {
				t.Errorf("resolved %q, open %v", out.Resolved, c.Raised)
			}
		}},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(18, "USD", state.RefundBonus)), to: state.Cancelled, check: has("refund of 18.00 USD to bonus")},
	})},
	{name: "more than the order's total by a person's word is a slip of the pen", steps: then(reach[state.Cancelled], []step{
		{ev: arrived(usd(2000), state.RefundCard), refused: "2000.00 USD is more than the order's total of 20.00 USD"},
		{ev: arrived(usd(20), state.RefundCard), to: state.Refunded},
	})},
	{name: "a part by a person's word, then the whole on the site", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: arrived(usd(5), state.RefundCard), to: state.Cancelled, raised: AlertRefundShort},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundBalance)), to: state.Refunded, check: func(t expect, c state.Case, out Outcome) {
			has("the site shows a refund of 20.00 USD to balance, the operator's word was 5.00 USD to card on 2026-11-04 11:00 UTC: the site's whole amount counts")(t, c, out)
			if c.Refund.Amount != usd(20) || c.Refund.ConfirmedBy != "site" || len(c.Raised) != 0 {
				t.Errorf("refund %+v, open %v", c.Refund, c.Raised)
			}
		}},
	})},
	{name: "the whole on the site of a dispute, then a part by a person's word", steps: then(reach[state.Disputed], []step{
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Disputed, raised: AlertDisputeRefund},
		{after: day1, ev: arrived(usd(5), state.RefundCard), refused: "the site shows the whole refund of 20.00 USD to card"},
	})},
	{name: "an amount that is not known is no refund", steps: then(reach[state.Cancelled], []step{
		{ev: reads(state.PhaseClosed, func(r *state.Reading) { r.Refund = &state.Refund{To: state.RefundUnknown} }), to: state.Cancelled},
	})},
	{name: "late and overdue, each once", steps: then(reach[state.Cancelled], []step{
		{after: time.Minute, ev: reads(state.PhaseClosed), to: state.Cancelled, check: clockAt(state.ClockRefundWarn, refundWarn)},
		{after: at(refundWarn) - time.Minute, ev: plain(state.EventTick), to: state.Cancelled, raised: AlertRefundLate, plans: "read:detail"},
		{after: time.Minute, ev: plain(state.EventTick), to: state.Cancelled},
		{after: refundDue.Sub(refundWarn) - time.Minute, ev: plain(state.EventTick), to: state.Cancelled, raised: AlertRefundOverdue, plans: "read:detail"},
		{after: time.Minute, ev: plain(state.EventTick), to: state.Cancelled},
		{after: time.Minute, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded, check: func(t expect, c state.Case, out Outcome) {
			if len(out.Resolved) != 2 || len(c.Raised) != 0 {
				t.Errorf("resolved %q, open %v", out.Resolved, c.Raised)
			}
		}},
	})},
	{name: "a person's word", steps: then(reach[state.Cancelled], []step{
		{ev: plain(state.EventRefund), refused: "say how much"},
		{ev: arrived(usd(0), state.RefundCard), refused: "say how much"},
		{ev: arrived(usd(12), state.RefundCard), to: state.Cancelled, raised: AlertRefundShort},
		{ev: reads(state.PhaseClosed, paidBack(3, "USD", state.RefundBonus)), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			has("the site shows a refund of 3.00 USD to bonus, the operator's word was 12.00 USD to card on 2026-11-03 11:00 UTC: the operator's word stands")(t, c, out)
			if c.Refund.Amount != usd(12) || c.Refund.ConfirmedBy != "operator" {
				t.Errorf("refund %+v, want what the person said", c.Refund)
			}
		}},
		{ev: reads(state.PhaseClosed, paidBack(3, "USD", state.RefundBonus)), to: state.Cancelled, check: saysOnly()},
		{ev: decision(state.EventRefund, &state.Decision{Amount: usd(20), To: state.RefundCard, At: base}), to: state.Refunded, check: func(t expect, c state.Case, _ Outcome) {
			if !c.Refund.At.Equal(base) {
				t.Errorf("refund %+v", c.Refund)
			}
		}},
	})},
	{name: "a cancelled order that reads as another", steps: then(reach[state.Cancelled], []step{
		{ev: reads(state.PhaseClosed, otherNumber, paidBack(20, "USD", state.RefundCard)), to: state.Cancelled, raised: AlertFault},
		{ev: reads(state.PhaseClosed, fromList, paidBack(20, "USD", state.RefundCard)), to: state.Cancelled},
	})},
	{name: "a dispute about the money", steps: then(reach[state.Cancelled], []step{
		{ev: decision(state.EventOpened, nil), to: state.Disputed},
		{ev: arrived(usd(20), state.RefundCard), to: state.Refunded},
	})},
	{name: "left alone", steps: then(reach[state.Cancelled], []step{{ev: decision(state.EventIgnore, nil), to: state.Ignored}})},
	{name: "paid back while requested", steps: then(reach[state.Requested], []step{{ev: arrived(usd(20), state.RefundCard), to: state.Refunded}})},
	{name: "paid back while refused", steps: then(reach[state.Refused], []step{{ev: arrived(usd(20), state.RefundCard), to: state.Refunded}})},
	{name: "paid back while disputable", steps: then(reach[state.Disputable], []step{{ev: arrived(usd(20), state.RefundCard), to: state.Refunded}})},
}

// leaves is a whole reading of the refund pages with questions, beside what is
// clear.
func leaves(units int64, questions ...state.Finding) mod {
	return func(r *state.Reading) {
		if units > 0 {
			paidBack(units, "USD", state.RefundCard)(r)
		}
		r.RefundRead, r.RefundUnclear = true, questions
	}
}

var (
	parked     = state.Found(state.RefundWord, "l2", "word", "PARKED", "amount", "8.00 USD")
	noAmount   = state.Found(state.RefundAmount, "l2")
	anotherWay = "a refund that is not understood: look at it, then confirm it with cases refund"
)

// questionStories are refund pages whose words, shapes or amounts are not known.
var questionStories = []scenario{
	{name: "a question is asked once, and one decision answers it", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, raised: AlertRefundUnclear, check: func(t expect, c state.Case, out Outcome) {
			flagged(anotherWay)(t, c, out)
			has("what the refund page of line l2 says of the money (“PARKED”) is not known; it shows 8.00 USD")(t, c, out)
			if title := out.Alerts[0].Title; !strings.Contains(title, "“PARKED”") || !c.RefundUnclear.Contains(parked) {
				t.Errorf("alert %q, questions %v", title, c.RefundUnclear)
			}
		}},
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, check: saysOnly()},
		{ev: arrived(usd(20), state.RefundCard), to: state.Refunded},
	})},
	{name: "the other lines are read on", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(12, parked)), to: state.Cancelled, raised: AlertRefundUnclear, check: has("beside it 12.00 USD came back to card, the total was 20.00 USD")},
		{after: day1, ev: reads(state.PhaseClosed, leaves(20)), to: state.Refunded},
	})},
	{name: "a question beside the whole amount asks nothing", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(20, parked)), to: state.Refunded},
	})},
	{name: "a question that the page answers itself", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, raised: AlertRefundUnclear},
		{after: day1, ev: reads(state.PhaseClosed, leaves(0)), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			if flagged("waiting for the refund")(t, c, out); len(c.Raised) > 0 || len(out.Resolved) != 1 {
				t.Errorf("still asked: %v", c.Raised)
			}
		}},
		{after: day1, ev: reads(state.PhaseClosed, leaves(15)), to: state.Cancelled, raised: AlertRefundShort},
		{after: day1, ev: reads(state.PhaseClosed, leaves(15, noAmount)), to: state.Cancelled, raised: AlertRefundUnclear, check: func(t expect, c state.Case, _ Outcome) {
			if c.Raised[AlertRefundShort] != "" {
				t.Errorf("short and unclear at once: %v", c.Raised)
			}
		}},
	})},
	{name: "a part by a person's word answers the question, another is asked again", steps: then(reach[state.Cancelled], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, raised: AlertRefundUnclear},
		{ev: arrived(usd(8), state.RefundCard), to: state.Cancelled, raised: AlertRefundShort},
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, check: flagged("a refund of 8.00 USD came, less than the total of 20.00 USD")},
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, parked, noAmount)), to: state.Cancelled, raised: AlertRefundUnclear},
	})},
	{name: "a question while a dispute is open", steps: then(reach[state.Disputed], []step{
		{after: day1, ev: reads(state.PhaseClosed, leaves(0, noAmount)), to: state.Disputed, raised: AlertRefundUnclear, check: has("says that the money came back, and no amount")},
		{ev: arrived(usd(20), state.RefundCard), to: state.Refunded},
	})},
	{name: "clocks run beside a question", steps: then(reach[state.Cancelled], []step{
		{after: time.Minute, ev: reads(state.PhaseClosed, leaves(0, parked)), to: state.Cancelled, raised: AlertRefundUnclear, check: clockAt(state.ClockRefundWarn, refundWarn)},
		{after: at(refundWarn), ev: plain(state.EventTick), to: state.Cancelled, raised: AlertRefundLate, plans: "read:detail"},
	})},
	{name: "money that cannot be compared has its code", steps: then(reach[state.Cancelled], []step{
		{ev: reads(state.PhaseClosed, paidBack(20, "EUR", state.RefundCard)), to: state.Cancelled, raised: AlertRefundUnclear, check: func(t expect, c state.Case, _ Outcome) {
			if !c.RefundUnclear.Equal(state.Findings{state.Found(state.RefundUncompared, "", "amount", "20.00 EUR", "total", "20.00 USD")}) {
				t.Errorf("questions %v", c.RefundUnclear)
			}
		}},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(15, "USD", state.RefundCard)), to: state.Cancelled, raised: AlertRefundShort, check: func(t expect, c state.Case, _ Outcome) {
			if len(c.RefundUnclear) > 0 {
				t.Errorf("questions %v", c.RefundUnclear)
			}
		}},
	})},
}

func freeOfCharge(r *state.Reading) { r.Total = usd(0) }

func before(p state.Phase) mod { return func(r *state.Reading) { r.PhaseBefore = p } }

// endsPaidNothing is an order that closed before anything was paid.
var endsPaidNothing = func(ev state.Event) step {
	return step{after: time.Hour, ev: ev, to: state.Refunded, raised: AlertNothingPaid, check: func(t expect, c state.Case, out Outcome) {
		has("so nothing is to come back")(t, c, out)
		noClock(state.ClockRefundWarn)(t, c, out)
		noClock(state.ClockRefundDue)(t, c, out)
		if c.Refund == nil || c.Refund.Amount != usd(0) {
			t.Errorf("refund %+v, want one of nothing", c.Refund)
		}
	}}
}

var unpaidStories = []scenario{
	{name: "closed unpaid after it was seen unpaid", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Queued},
		endsPaidNothing(reads(state.PhaseClosed, unpaid)),
	})},
	{name: "seen unpaid days before it was seen closed: a person says", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Queued},
		{after: 3 * day1, ev: reads(state.PhaseClosed, unpaid), to: state.Cancelled, raised: AlertRefundUnclear, check: has("no page showed that it was ever paid")},
		{ev: arrived(usd(0), state.RefundCard), to: state.Refunded},
	})},
	{name: "closed unpaid by our own request", steps: then(marked, []step{endsPaidNothing(ends(state.AskClosed, look(state.PhaseClosed, unpaid, before(state.PhaseUnpaid))))})},
	{name: "closed unpaid while held", steps: then(reach[state.Held], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Held},
		endsPaidNothing(reads(state.PhaseClosed, unpaid)),
	})},
	{name: "closed with a total of zero", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseProcessing, freeOfCharge), to: state.Queued},
		endsPaidNothing(reads(state.PhaseClosed, freeOfCharge)),
	})},
	{name: "closed on a page that does not show everything", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Queued},
		{ev: reads(state.PhaseClosed, unpaid, incomplete), to: state.Cancelled, check: clockAt(state.ClockRefundWarn, refundWarn)},
		endsPaidNothing(reads(state.PhaseClosed, unpaid)),
	})},
	{name: "paid after it was seen unpaid", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Queued},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: clockAt(state.ClockRefundWarn, refundWarn)},
	})},
	{name: "in preparation after it was seen unpaid", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseUnpaid, unpaid), to: state.Queued},
		{after: time.Hour, ev: reads(state.PhaseProcessing, unpaid), to: state.Queued},
		{after: time.Hour, ev: reads(state.PhaseClosed, unpaid), to: state.Cancelled, check: clockAt(state.ClockRefundWarn, refundWarn)},
	})},
	{name: "a total of zero that only the closed page shows", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, freeOfCharge), to: state.Cancelled, raised: AlertOrderChanged, check: clockAt(state.ClockRefundWarn, refundWarn)},
	})},
	{name: "closed before any page was seen, without a payment: a person says", steps: then(reach[state.Queued], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, unpaid), to: state.Cancelled, raised: AlertRefundUnclear, check: has("no page showed that it was ever paid")},
		{after: day1, ev: reads(state.PhaseClosed, unpaid), to: state.Cancelled, check: saysOnly()},
		{ev: arrived(usd(0), state.RefundCard), to: state.Refunded},
	})},
	{name: "closed before any page was seen, and then money came", steps: then(reach[state.Queued], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, unpaid), to: state.Cancelled, raised: AlertRefundUnclear},
		{after: day1, ev: reads(state.PhaseClosed, unpaid, leaves(20)), to: state.Refunded},
	})},
	{name: "closed before any page was seen, with its payment", steps: then(reach[state.Queued], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: clockAt(state.ClockRefundWarn, refundWarn)},
		{ev: arrived(usd(0), state.RefundCard), refused: "say how much"},
	})},
	{name: "closed while its payment was verified", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseRiskHold), to: state.Queued},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, raised: AlertClosedForRisk, check: func(t expect, c state.Case, out Outcome) {
			has("the risk check may have closed it")(t, c, out)
			clockAt(state.ClockRefundWarn, refundWarn)(t, c, out)
		}},
		{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded},
	})},
	{name: "closed while it was verified is no acceptance", steps: then(marked, []step{
		{ev: tells(state.SaidYes, look(state.PhaseRiskHold)), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, raised: AlertClosedForRisk, check: has("the order is closed, before its payment was through")},
	})},
	{name: "closed by our own request while its payment was verified", steps: then(marked, []step{
		{ev: ends(state.AskClosed, look(state.PhaseClosed, before(state.PhaseRiskHold))), to: state.Cancelled, raised: AlertClosedForRisk},
	})},
}

func TestClosedUnpaidOrForRisk(t *testing.T) { t.Parallel(); playAll(t, unpaidStories) }

func TestRefundQuestions(t *testing.T) { t.Parallel(); playAll(t, questionStories) }

func TestMoney(t *testing.T) { t.Parallel(); playAll(t, moneyStories) }

func TestRefundOfAnUnknownTotal(t *testing.T) {
	t.Parallel()
	c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Cancelled, SupplierOrder: number}
	seen, err := policyOf(Auto).Step(c, stamped(reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard), func(r *state.Reading) { r.Total = state.Money{} }), base), base)
	if err != nil || seen.Case.Status != state.Cancelled {
		t.Errorf("the site's refund makes it %s, %v; want a person to compare", seen.Case.Status, err)
	}
	said, err := policyOf(Auto).Step(c, arrived(usd(20), state.RefundCard), base)
	if err != nil || said.Case.Status != state.Refunded {
		t.Errorf("a person's word makes it %s, %v", said.Case.Status, err)
	}
}

// TestSentAfterItWasClosed tells once of an order that shows as sent after all.
func TestSentAfterItWasClosed(t *testing.T) {
	c := drivenTo(t, state.Cancelled)
	c.do(day1, reads(state.PhaseShipped, incomplete))
	if len(c.got) > 0 {
		t.Errorf("half a page raises %q", c.got)
	}
	c.do(day1, reads(state.PhaseShipped, tracked(late("LP1"))))
	c.do(day1, reads(state.PhaseShipped, tracked(late("LP1"))))
	if c.c.Status != state.Cancelled || len(c.got) != 1 || c.got[0] != AlertUnknownState {
		t.Errorf("is %s, raised %q, want it told once", c.c.Status, c.got)
	}
}
