package orders

import (
	"fmt"

	"countermand/state"
)

// JointAnswer is what follows from the answers of all suppliers of a shop order.
// The shop is cancelled only when all have accepted; what is mixed is left to a
// person.
func JointAnswer(r state.Request, cases []state.Case, decline bool) (state.RequestStatus, string) {
	a := answersOf(r, cases)
	switch r.Status {
	case state.RequestDone:
		return r.Status, r.Why
	case state.RequestWithdrawn:
		if a.yes > 0 {
			return state.RequestOpen, "the customer wants the order after all, but the supplier has cancelled: order the goods again, or cancel the shop's order"
		}
		return r.Status, r.Why
	case state.RequestDeclined:
		if a.yes > 0 && a.yes == a.all() {
			return state.RequestOpen, "the supplier cancelled after all, but the customer was told that it would not: cancel the order in the shop, or with cases approve"
		}
		return r.Status, r.Why
	case state.RequestOpen:
		if r.ByHand {
			return r.Status, r.Why
		}
	case state.RequestCancelling:
		if !r.Sent.IsZero() || r.CancelAnyway {
			return r.Status, r.Why
		}
	}
	switch {
	case a.open > 0:
		return state.RequestAsking, "the suppliers are asked"
	case a.all() == 0:
		return state.RequestOpen, "no supplier order belongs to what the customer asks for: see to the shop's order yourself"
	case a.yes == a.all() && r.Partial:
		return state.RequestOpen, "the supplier accepted for the lines that the customer asked for; Shopify cancels whole orders only: take the lines off there, then mark the request as done"
	case a.yes == a.all():
		return state.RequestCancelling, "all suppliers accepted: the shop's order is cancelled now"
	case a.yes > 0:
		return state.RequestOpen, fmt.Sprintf("of %d suppliers %d accepted and %d did not: the shop's order is left alone; take the lines off in Shopify, or cancel it all the same with cases approve", a.all(), a.yes, a.no+a.left)
	case decline || a.shipped+a.left == a.all():
		return state.RequestDeclining, "the supplier did not accept: the shop's order is left alone and the customer's request declined"
	}
	return state.RequestOpen, "the supplier refused: the shop's order is left alone and the customer's request left open until it is seen to have shipped; decline it with cases ignore"
}

// answers counts how the suppliers of a request stand.
type answers struct{ yes, no, shipped, left, open int }

func (a answers) all() int { return a.yes + a.no + a.left }

func answersOf(r state.Request, cases []state.Case) (a answers) {
	asked := &state.Cancellation{Cause: state.CauseRequested, AskedAt: r.OpenedAt}
	nothing := 0
	for _, c := range cases {
		switch {
		case c.Cause != state.CauseRequested || Superseded(c, asked):
		case c.Status.Answer() == state.AnswerAccepted:
			a.yes++
		case c.Status.Answer() == state.AnswerRefused:
			a.no++
			if c.Status == state.Shipped {
				a.shipped++
			}
		case c.Status == state.Ignored && c.SupplierOrder == "":
			nothing++ // a person said that nothing was bought for these lines
		case c.Status == state.Ignored:
			a.left++
		default:
			a.open++
		}
	}
	if a.all()+a.open == 0 {
		a.left = nothing
	}
	return a
}
