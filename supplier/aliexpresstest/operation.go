package aliexpresstest

import (
	"slices"
	"time"
)

// operations are the writes of the order pages: what the page calls them and
// what the log does.
var operations = map[string]string{
	"CANCEL_ORDER":      WriteCancel,
	"EXTEND_PROCESSING": WriteExtend,
	"CONFIRM_GOODS":     WriteConfirmGoods,
	"PAY":               WritePay,
	"DELETE":            WriteDelete,
	"REPURCHASE":        WriteRepurchase,
	"OPEN_DISPUTE":      WriteOpenDispute,
}

// Errors of the shop.
const (
	noOrder  = "FAIL_BIZ_ORDER_NOT_EXIST::The order does not exist"
	badState = "FAIL_BIZ_ORDER_STATUS::The order's status does not allow this"
)

// Results of an operation.
const (
	opRequested = "REQUESTED" // the seller is asked
	opClosed    = "CLOSED"    // closed at once
	opPickedUp  = "PICKED_UP" // the courier has it; not cancelled
	opDone      = "DONE"
)

// operate takes a write. Everything that arrives is logged, also what is then
// answered with an error.
func (s *Site) operate(a ask) result {
	now := s.now()
	w := Write{At: now, OrderID: a.text("tradeOrderId"), Reason: a.text("reasonCode"), Trusted: a.trusted()}
	var ok bool
	if w.Kind, ok = operations[a.text("operation")]; !ok {
		w.Kind = a.text("operation")
	}
	var outcome string
	e := s.find(w.OrderID)
	if e == nil {
		w.Refused = noOrder
	} else {
		outcome, w.Refused = e.apply(w, now)
	}
	s.note(a, w, outcome)
	if w.Refused != "" {
		return fail(w.Refused)
	}
	return result{data: obj{"module": obj{"tradeOrderId": number(e.ID), "success": outcome != opPickedUp, "result": outcome}}}
}

// apply carries a write out, or says why not. What was shown before a cancel
// is shown for a while.
func (e *entry) apply(w Write, now time.Time) (outcome, refused string) {
	was := *e
	was.requests, was.before = slices.Clone(e.requests), nil
	outcome, refused = e.carryOut(w, now)
	if refused == "" && w.Kind == WriteCancel && e.Stale > 0 {
		e.before, e.staleUntil = &was, now.Add(e.Stale)
	}
	return outcome, refused
}

func (e *entry) carryOut(w Write, now time.Time) (outcome, refused string) {
	v := e.at(now)
	switch {
	case w.Kind == WriteCancel:
		return e.cancel(v, w.Reason, now)
	case w.Kind == WriteExtend && (v.phase == processing || v.phase == pending):
		e.WindowEnd = e.WindowEnd.Add(extension)
	case w.Kind == WriteConfirmGoods && v.phase == shipped:
		e.confirmedAt = now
	case w.Kind == WritePay && v.phase == unpaid:
		e.paidHereAt = now
		e.WindowEnd = now.Add(9 * 24 * time.Hour)
	case w.Kind == WriteDelete && (v.phase == completed || v.phase == closed):
		e.deleted = true
	case w.Kind == WriteOpenDispute && (v.phase == shipped || v.phase == completed):
	case w.Kind == WriteRepurchase:
	default:
		return "", badState
	}
	return opDone, ""
}

func (e *entry) cancel(v view, reason string, now time.Time) (outcome, refused string) {
	switch {
	case v.phase == pending:
		return "", "FAIL_BIZ_REPEATED_REQUEST::A cancellation request is already being processed"
	case v.phase != processing && v.phase != unpaid:
		return "", "FAIL_BIZ_ORDER_STATUS::The order can't be canceled at this time"
	case !e.Layout.instant() && !slices.Contains(reasons, reason):
		return "", "FAIL_BIZ_REASON::Please select a reason"
	case e.Fate.PickedUp:
		e.pickedUpAt = now
		return opPickedUp, ""
	case v.phase == unpaid || e.Fate.InstantClose || e.Layout.instant():
		e.ClosedAt = now
		return opClosed, ""
	}
	e.requests = append(e.requests, now)
	return opRequested, ""
}
