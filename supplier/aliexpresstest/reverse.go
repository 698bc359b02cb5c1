package aliexpresstest

import "time"

// reasons is the list that the cancel form offers: the codes are the old,
// long-lived ones, the captions are assumptions. Buyer's reasons come first.
var reasons = []obj{
	{"reasonCode": "buyerDonotwantOrder", "reasonText": "I no longer want this order"},
	{"reasonCode": "buyerWantChangeProduct", "reasonText": "I want to change the items or quantities"},
	{"reasonCode": "buyerChangeMailAddress", "reasonText": "I need to change the delivery address"},
	{"reasonCode": "buyerChangeLogistic", "reasonText": "I want another delivery method"},
	{"reasonCode": "freightCommitDayNotMatch", "reasonText": "The seller can't ship within the promised time"},
	{"reasonCode": "productNotEnough", "reasonText": "The item is out of stock"},
	{"reasonCode": "sellerRiseOrderAmount", "reasonText": "The seller asked for a higher price"},
	{"reasonCode": "otherReasons", "reasonText": "Other reasons"},
}

func offered(code string) bool {
	for _, r := range reasons {
		if r["reasonCode"] == code {
			return true
		}
	}
	return false
}

// cancelReasons answers the cancel form.
func (s *Site) cancelReasons(p params) result {
	e := s.find(p.text("tradeOrderId"))
	if e == nil {
		return fail("FAIL_BIZ_ORDER_NOT_EXIST::The order does not exist")
	}
	if ph := e.at(s.now()).phase; ph != processing && ph != unpaid {
		return fail("FAIL_BIZ_ORDER_STATUS::The order can't be canceled at this time")
	}
	return result{data: obj{"module": obj{"tradeOrderId": number(e.ID), "reasonList": reasons}}}
}

// refundDetail answers what came back for one order line, or for the whole
// order where the request names only the order.
func (s *Site) refundDetail(p params) result {
	line, id := p.text("tradeOrderLineId"), p.text("tradeOrderId")
	e, i := s.findLine(line)
	if e == nil && line == "" {
		e, i = s.find(id), -1
	}
	if e == nil || (id != "" && id != e.ID) {
		return fail("FAIL_BIZ_ORDER_NOT_EXIST::The order does not exist")
	}
	v := e.at(s.now())
	module := obj{"tradeOrderId": number(e.ID), "reverseDetailStatusText": "No refund yet", "reverseFinishInfo": nil}
	if i >= 0 {
		module["tradeOrderLineId"] = number(e.Lines[i].ID)
	}
	if r := v.refund(s.now()); r != nil {
		amount := obj{"amount": decimal(r.amount), "currency": e.Currency}
		if i >= 0 {
			amount["amount"] = decimal(e.share(r.amount, i))
		}
		module["reverseDetailStatusText"] = r.caption()
		module["reverseFinishInfo"] = obj{"refundInfo": obj{
			"refundNewestStatus":   r.status,
			"refundNewestTime":     r.at.UnixMilli(),
			"refundDetails":        obj{"cashMoney": amount},
			"refundChannelDetails": []obj{{"channel": r.channel, "amount": amount}},
		}}
	}
	return result{data: obj{"module": module}}
}

// repayment is the refund as it stands at one moment.
type repayment struct {
	status  string
	at      time.Time
	amount  int64 // cents
	channel string
}

func (r *repayment) caption() string {
	if r.status == "SUCCESS" {
		return "Refund complete"
	}
	return "Your refund is being processed"
}

// refund is nil where nothing is to be seen: the order is open, was never
// paid, or its fate knows no refund.
func (v view) refund(now time.Time) *repayment {
	f := v.Fate.Refund
	if v.phase != closed || !v.paidBy(v.endedAt) || f == nil {
		return nil
	}
	channels := map[string]string{"": "CARD", ToCard: "CARD", ToBalance: "BALANCE", ToBonus: "BONUS"}
	r := &repayment{status: "PROCESSING", at: v.endedAt, amount: cents(firstNonEmpty(f.Amount, v.Total)), channel: channels[f.To]}
	if due := v.endedAt.Add(f.After); !now.Before(due) {
		r.status, r.at = "SUCCESS", due
	}
	return r
}
