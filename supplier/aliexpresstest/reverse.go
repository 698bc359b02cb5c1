package aliexpresstest

import "time"

// reasons is the list that the cancel form offers: the codes are the old,
// long-lived ones, the captions are assumptions. Buyer's reasons come first.
var reasons = []string{
	"buyerDonotwantOrder", "buyerWantChangeProduct", "buyerChangeMailAddress", "buyerChangeLogistic",
	"freightCommitDayNotMatch", "productNotEnough", "sellerRiseOrderAmount", "otherReasons",
}

// reverseForm answers the cancel form or, where a line is named, the dispute
// form: the real site has one call for both.
func (s *Site) reverseForm(a ask) result {
	if a.text("scene") == sceneDispute {
		return s.disputeForm(a)
	}
	e := s.find(a.text("tradeOrderId"))
	if e == nil {
		return fail(noOrder)
	}
	if ph := e.shownAt(s.now()).phase; ph != processing && ph != unpaid {
		return fail("FAIL_BIZ_ORDER_STATUS::The order can't be canceled at this time")
	}
	e = s.instead(e, e.Trap.FormShowsOther)
	list := []obj{}
	for _, code := range reasons {
		list = append(list, obj{"reasonCode": code, "reasonText": a.lang.say("reason_" + code)})
	}
	// cancelLayout tells the page whether Submit asks at once.
	return result{data: obj{"module": obj{"tradeOrderId": number(e.ID), "reasonList": list, "cancelLayout": string(e.Layout)}}}
}

// refundDetail answers what came back for one order line, or for the whole
// order where the request names only the order.
func (s *Site) refundDetail(a ask) result {
	line, id := a.text("tradeOrderLineId"), a.text("tradeOrderId")
	e, i := s.findLine(line)
	if e == nil && line == "" {
		e, i = s.find(id), -1
	}
	if e == nil || (id != "" && id != e.ID) {
		return fail(noOrder)
	}
	v := a.view(e, s.now())
	module := obj{"tradeOrderId": number(e.ID), "reverseDetailStatusText": a.lang.say("refund_none"), "reverseFinishInfo": nil}
	if i >= 0 {
		module["tradeOrderLineId"] = number(e.Lines[i].ID)
		if d := e.disputeOf(i); d != nil {
			v.disputeFields(module, d)
			return result{data: obj{"module": module}}
		}
	}
	if r := v.refund(); r != nil {
		amount := obj{"amount": decimal(r.amount), "currency": e.Currency}
		if i >= 0 {
			amount["amount"] = decimal(e.share(r.amount, i))
		}
		module["reverseDetailStatusText"] = a.lang.say(r.key())
		module["reverseFinishInfo"] = r.fields(amount)
	}
	return result{data: obj{"module": module}}
}

// disputeFields fills the answer about a line that is disputed.
func (v view) disputeFields(module obj, d *dispute) {
	line, how := v.Lines[d.line].ID, v.verdict(d)
	amount := func(c int64) obj { return obj{"amount": decimal(c), "currency": v.Currency} }
	module["reverseOrderId"], module["reverseOrderLineId"] = reverseID(line), reverseLineID(line)
	module["reverseStatus"], module["reverseDetailStatusText"] = how.code, v.lang.say(how.key)
	module["applyReason"] = obj{"reasonCode": d.reason, "reasonName": v.lang.say(d.reason)}
	module["applyAmount"], module["applyTime"] = amount(cents(d.amount)), d.at.UnixMilli()
	module["reachSolution"] = nil
	if how.code == disputeOpen {
		return
	}
	module["reachSolution"] = obj{"solutionType": "REFUND", "refundAmount": amount(how.won), "reachTime": how.at.UnixMilli()}
	if how.code == disputeWon {
		r := repayment{status: "SUCCESS", at: how.at, channel: channels[v.Fate.Dispute.To]}
		module["reverseFinishInfo"] = r.fields(amount(how.won))
	}
}

// repayment is the refund as it stands at one moment.
type repayment struct {
	status  string
	at      time.Time
	amount  int64 // cents
	channel string
}

// key is that of the caption.
func (r *repayment) key() string {
	if r.status == "SUCCESS" {
		return "refund_done"
	}
	return "refund_running"
}

// fields are what the page is told; amount may be a line's share.
func (r *repayment) fields(amount obj) obj {
	return obj{"refundInfo": obj{
		"refundNewestStatus":   r.status,
		"refundNewestTime":     r.at.UnixMilli(),
		"refundDetails":        obj{"cashMoney": amount},
		"refundChannelDetails": []obj{{"channel": r.channel, "amount": amount}},
	}}
}

var channels = map[string]string{"": "CARD", ToCard: "CARD", ToBalance: "BALANCE", ToBonus: "BONUS"}

// refund is nil where nothing is to be seen: the order is open, was never
// paid, or its fate knows no refund.
func (v view) refund() *repayment {
	f := v.Fate.Refund
	if v.phase != closed || !v.paidBy(v.endedAt) || f == nil {
		return nil
	}
	r := &repayment{status: "PROCESSING", at: v.endedAt, amount: cents(firstNonEmpty(f.Amount, v.Total)), channel: channels[f.To]}
	if due := v.endedAt.Add(f.After); !v.now.Before(due) {
		r.status, r.at = "SUCCESS", due
	}
	return r
}

// eligible answers whether an order may be cancelled, and changes nothing.
func (s *Site) eligible(a ask) result {
	e := s.find(a.text("tradeOrderId"))
	if e == nil {
		return fail(noOrder)
	}
	return result{data: obj{"module": obj{"tradeOrderId": number(e.ID), "eligible": true}}}
}
