package aliexpresstest

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{})
	o.MessagePage = MessageDetail
	o.Messages = []Message{{At: day0.Add(-hour), FromSeller: true, Text: "Hello friend"}, {At: day0.Add(day), FromSeller: true, Text: "not yet"}}
	r := newRig(t, o, paid(idB, Fate{}))
	if got := r.detail(idA).tag("detail_product_block").str("sellerVO", "connectUrl"); got != r.messages+"/msgDetail.htm?orderId="+idA {
		t.Errorf("the seller of %s is at %s", idA, got)
	}
	for _, u := range []string{r.messages + "/msgDetail.htm?orderId=" + idA, r.www + "/p/message/index.html?orderId=" + idB} {
		if status, body, _ := r.fetch(u); status != 200 || !strings.Contains(body, "/static/message.js") {
			t.Errorf("%s: %d", u, status)
		}
	}
	if got := r.call("GET", apiList, `{"searchInput":"`+idB+`"}`).tag("pc_om_list_order").str("sellerConnectUrl"); got != r.www+"/p/message/index.html?orderId="+idB {
		t.Errorf("the seller of %s is at %s", idB, got)
	}
	list := func() (texts []string) {
		m := r.call("GET", apiMessages, `{"tradeOrderId":"`+idA+`"}`)
		if m.str("data", "module", "storeName") != "Lotus Gadgets" || m.str("data", "module", "tradeOrderId") != idA {
			t.Errorf("messages: %v", m)
		}
		for _, x := range m.get("data", "module", "messageList").([]any) {
			texts = append(texts, tree(x.(map[string]any)).str("from")+": "+tree(x.(map[string]any)).str("content"))
		}
		return texts
	}
	if got := list(); !slices.Equal(got, []string{"seller: Hello friend"}) {
		t.Errorf("before: %q", got)
	}
	const text = "Please cancel.\nThank you"
	answer := r.call("POST", apiSend, `{"tradeOrderId":"`+idA+`","content":"Please cancel.\nThank you","isTrusted":true}`)
	if answer.ret() != success || answer.get("data", "module", "success") != true {
		t.Errorf("send: %v", answer)
	}
	if got := list(); !slices.Equal(got, []string{"seller: Hello friend", "buyer: " + text}) {
		t.Errorf("after: %q", got)
	}
	r.call("POST", apiSend, `{"tradeOrderId":"`+idA+`","content":"  "}`)
	r.call("POST", apiSend, `{"tradeOrderId":"8190000000009999","content":"x"}`)
	w := r.Writes()
	if len(w) != 3 || w[0].Kind != WriteMessage || w[0].Text != text || !w[0].Trusted || w[0].Refused != "" || w[1].Refused == "" || w[2].Refused == "" {
		t.Errorf("writes: %+v", w)
	}
	if n := len(r.Messages(idA)); n != 3 || r.Messages("8190000000009999") != nil {
		t.Errorf("%d messages", n)
	}
}

const lineA = "8190000000000101"

func (r *rig) dispute(data string) tree {
	r.t.Helper()
	return r.call("POST", apiSubmit, `{"tradeOrderId":"`+idA+`","tradeOrderLineId":"`+lineA+`",`+data+`}`)
}

func TestDisputeIsWon(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(hour)}, Dispute: &Judgement{After: day, Amount: "10.00", To: ToBalance}}))
	const form = `{"tradeOrderId":"` + idA + `","tradeOrderLineId":"` + lineA + `","scene":"dispute"}`
	const good = `"received":false,"reasonCode":"dispute_tracked","amount":"12.34","description":"It went back","fileNames":["a.png","b.png"],"isTrusted":true`
	if got := r.call("GET", apiReasons, form).ret(); !strings.HasPrefix(got, "FAIL_BIZ_ORDER_STATUS") {
		t.Errorf("the form of an unshipped order: %s", got)
	}
	r.clock.add(hour)
	m := tree(r.call("GET", apiReasons, form).get("data", "module").(map[string]any))
	first := tree(m["reasonList"].([]any)[0].(map[string]any))
	if m.str("tradeOrderLineId") != lineA || m.str("maxRefund", "amount") != "12.34" || first.str("reasonText") != "Tracked as returned/canceled/lost" {
		t.Errorf("the form: %v", m)
	}
	if r.Calls()[CallDisputeForm] != 2 || r.Calls()[CallReasons] != 0 {
		t.Errorf("counted as %v", r.Calls())
	}
	for _, bad := range []string{
		strings.Replace(good, "12.34", "12.35", 1), strings.Replace(good, "12.34", "0.00", 1), strings.Replace(good, "It went back", "", 1),
		strings.Replace(good, `"received":false`, `"received":true`, 1),
	} {
		if got := r.dispute(bad).ret(); !strings.HasPrefix(got, "FAIL_BIZ") {
			t.Errorf("%s is answered %s", bad, got)
		}
	}
	if got := r.dispute(good); got.ret() != success {
		t.Fatalf("submit: %v", got)
	}
	if got := r.dispute(good).ret(); got != badState {
		t.Errorf("a second one: %s", got)
	}
	w := r.Writes()[4]
	if w.Kind != WriteDispute || w.LineID != lineA || w.Amount != "12.34" || w.Text != "It went back" || w.Reason != "dispute_tracked" ||
		!slices.Equal(w.Files, []string{"a.png", "b.png"}) || !w.Trusted || w.Refused != "" {
		t.Errorf("logged %+v", w)
	}
	detail := func() tree {
		return tree(r.call("POST", apiRefund, `{"tradeOrderLineId":"`+lineA+`"}`).get("data", "module").(map[string]any))
	}
	if d := detail(); d.str("reverseDetailStatusText") != "Waiting for AliExpress's feedback" || d.str("applyReason", "reasonName") == "" || d["reverseFinishInfo"] != nil {
		t.Errorf("open: %v", d)
	}
	r.clock.add(day)
	d := detail()
	if d.str("reverseDetailStatusText") != "Refund complete" || d.str("reverseFinishInfo", "refundInfo", "refundDetails", "cashMoney", "amount") != "10.00" {
		t.Errorf("won: %v", d)
	}
	if c := tree(d.get("reverseFinishInfo", "refundInfo", "refundChannelDetails").([]any)[0].(map[string]any)); c.str("channel") != "BALANCE" {
		t.Errorf("to %v", c)
	}
}

func TestLostDisputeMayBeOpenedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(-hour)}, Dispute: &Judgement{After: hour, Amount: "0"}}))
	const claim = `"received":true,"reasonCode":"dispute_damaged","amount":"5.00","description":"broken"`
	r.dispute(claim)
	r.clock.add(hour)
	m := tree(r.call("POST", apiRefund, `{"tradeOrderLineId":"`+lineA+`"}`).get("data", "module").(map[string]any))
	if m.str("reverseDetailStatusText") != "Request completed" || m["reverseFinishInfo"] != nil || m.str("reachSolution", "refundAmount", "amount") != "0.00" {
		t.Errorf("lost: %v", m)
	}
	if got := r.dispute(claim).ret(); got != success {
		t.Errorf("again: %s", got)
	}
}

func TestReturnsList(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(-hour)}}), paid(idB, Fate{InstantClose: true, Refund: &Refund{After: hour}}))
	r.dispute(`"received":false,"reasonCode":"dispute_not_arrived","amount":"3.00","description":"late"`)
	r.clock.add(1)
	r.cancel(idB)
	list := func(data string) (orders []string, total string) {
		t.Helper()
		m := r.call("POST", apiReturns, data)
		for _, x := range m.get("data", "module", "reverseOrderLines").([]any) {
			x := tree(x.(map[string]any))
			if _, text := x["tradeOrderLineId"].(string); !text {
				t.Error("IDs are not text")
			}
			u, err := url.Parse(x.str("detailUrl"))
			if err != nil || u.Query().Get("tradeOrderLineId") != x.str("tradeOrderLineId") {
				t.Errorf("details at %s", x.str("detailUrl"))
			}
			orders = append(orders, x.str("tradeOrderId")+" "+x.str("refundAmount", "amount")+" "+x.str("reverseStatusText"))
		}
		return orders, m.str("data", "module", "totalCount")
	}
	disputed, refunded := idA+" 3.00 Waiting for AliExpress's feedback", idB+" 12.34 Your refund is being processed"
	if got, total := list(`{"reverseStatus":1,"size":10,"pageNo":1}`); !slices.Equal(got, []string{refunded, disputed}) || total != "2" {
		t.Errorf("all: %q of %s", got, total)
	}
	if got, total := list(`{"reverseStatus":1,"size":1,"pageNo":2}`); !slices.Equal(got, []string{disputed}) || total != "2" {
		t.Errorf("the second page: %q of %s", got, total)
	}
	r.clock.add(hour)
	if got, _ := list(`{"reverseStatus":4,"size":10}`); len(got) != 1 || got[0] != idB+" 12.34 Refund complete" {
		t.Errorf("over: %q", got)
	}
	if got, _ := list(`{"reverseStatus":2,"size":10,"tradeOrderId":"` + idB + `"}`); len(got) != 0 {
		t.Errorf("open ones of %s: %q", idB, got)
	}
	for _, bad := range []string{"0", "5"} {
		if got := r.call("POST", apiReturns, `{"reverseStatus":`+bad+`}`).ret(); !strings.HasPrefix(got, "UNKNOWN_FAIL_CODE") {
			t.Errorf("status %s: %s", bad, got)
		}
	}
}
