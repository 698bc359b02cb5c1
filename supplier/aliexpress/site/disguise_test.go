package site

import (
	"net/url"
	"testing"
)

// Calls that look like what passes, and are something else.
func TestDisguisedCallsDoNotPass(t *testing.T) {
	t.Parallel()
	const shop = "https://www.aliexpress.com"
	own := url.QueryEscape(`{"tradeOrderId":"` + thisOrder + `","operation":"CANCEL_ORDER"}`)
	p := testProfile(t)
	for name, c := range map[string]Call{
		"a read's name as a parameter of a path that cancels": call("POST", shop+"/trade/order/cancelSubmit?api=mtop.aliexpress.trade.buyer.order.list", ResourceFetch, "id=7", fresh(orderPage)),
		"a read's name as a parameter of a path that extends": call("POST", shop+"/trade/order/extendReceive?api=mtop.aliexpress.trade.buyer.order.list", ResourceFetch, "id=7", fresh(orderPage)),
		"a read's name in the body of a path that cancels":    call("POST", shop+"/trade/order/cancelSubmit", ResourceFetch, "id=7&api=mtop.aliexpress.trade.buyer.order.list", fresh(orderPage)),
		"a captcha's path below a call that writes":           call("GET", gatewayURL+operations+"/1.0/_____tmd_____/verify/?data="+own, ResourceScript, "", openedPage()),
		"a captcha's path with a write's payload":             call("POST", gatewayURL+operations+"/1.0/_____tmd_____/verify/", ResourceFetch, "data="+own, openedPage()),
		"a packed body":             call("POST", shop+"/api/track", ResourceFetch, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xaa\x56\xff\xfe", fresh(orderPage), content("application/json")),
		"a body in UTF-16":          call("POST", shop+"/api/order", ResourceFetch, "\xff\xfe{\x00\"\x00o\x00p\x00\"\x00", fresh(orderPage), content("application/json; charset=utf-16")),
		"a file behind a semicolon": call("GET", shop+"/trade/order/cancel.do;v=1.js?orderId="+thisOrder, ResourceScript, "", fresh(orderPage)),
		"a path behind a semicolon": call("POST", shop+"/x;v=1/order/extend", ResourceFetch, "id=7", fresh(orderPage)),
	} {
		for _, m := range []Mode{ModeReading, ModeLogin} {
			if v := p.JudgeCall(in(m, nil), c); v.Do == Pass {
				t.Errorf("%s, %s: it passes as %s (%s)", name, m, v.Class, v.Name)
			}
		}
		k := ticketFor(thisOrder, KindCancel)
		if v := p.JudgeCall(in(ModeDecided, &k), c); v.Do == Pass {
			t.Errorf("%s, decided: it passes as %s without a mark", name, v.Class)
		}
	}
	// What they are mistaken for still passes.
	for name, c := range map[string]Call{
		"a captcha":                       call("GET", gatewayURL+operations+"/1.0/_____tmd_____/verify/?x5secdata=abc&data="+url.QueryEscape(`{"tradeOrderId":"`+thisOrder+`"}`), ResourceScript, "", openedPage()),
		"a read by its name":              mtop("mtop.aliexpress.trade.buyer.order.list", `{"pageIndex":1}`, openedPage()),
		"a read whose name is in no path": call("POST", gatewayURL+"?api=mtop.aliexpress.trade.buyer.order.list", ResourceFetch, "data=%7B%7D", openedPage()),
		"a file":                          call("GET", shop+"/js/cancel.js?v=1", ResourceScript, "", openedPage()),
	} {
		if v := p.JudgeCall(in(ModeReading, nil), c); v.Do != Pass {
			t.Errorf("%s: %s (%s)", name, v.Do, v.Why)
		}
	}
}
