package site

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// What the rows below speak of.
const (
	thisOrder  = "8190000000000001"
	thisLine   = "8190000000010001"
	nextOrder  = "8190000000020001"
	aProduct   = "1005006000000001"
	aSKU       = "12000030000000001"
	aHandle    = "c2f7e0a19b4d4f6e8a31"
	gatewayURL = "https://acs.aliexpress.com/h5/"
	orderPage  = "https://www.aliexpress.com/p/order/detail.html?orderId=" + thisOrder
	formPage   = "https://m.aliexpress.com/p/refund-cancel/index.html?orderId=" + thisOrder + "&ticket=" + aHandle
	operations = "mtop.aliexpress.trade.buyer.order.operation"
	text       = "Hello, we cancelled order " + thisOrder + " and ask you to agree."
)

// The driver came at 0 s, pressed the opening control at 10 s, and what
// commits at 20 s.
const (
	opened    = 10 * time.Second
	committed = 20 * time.Second
	now       = 21 * time.Second
)

func ticketFor(order string, kind Kind) Ticket {
	t := Ticket{
		Order: order, Kind: kind, Until: TicketLasts, Lines: []string{thisLine}, Harmless: []string{aProduct, aSKU}, Texts: []string{text},
	}
	if order != thisOrder {
		t.Lines = nil
	}
	t, _ = t.Pressed(Press{Kind: PressOpening, At: opened})
	t = t.Led(Document{Address: orderPage}, formPage)
	t, _ = t.Pressed(Press{Kind: PressCommits, About: kind, At: committed})
	return t
}

func in(mode Mode, t *Ticket) State {
	return State{Mode: mode, Hosts: siteHosts, Ticket: t, Known: func(n string) bool { return n == thisOrder || n == nextOrder }, Open: map[string]string{thisOrder: thisOrder, thisLine: thisOrder}}
}

// fresh is a page that the driver opened and did not touch.
func fresh(address string) Document {
	return Document{Address: address, By: ByDriver, Flow: true, Order: thisOrder}
}

// pressed is a page with presses on it.
func pressed(address string, presses ...Press) Document {
	d := fresh(address)
	d.Presses = presses
	return d
}

func openedPage() Document { return pressed(orderPage, Press{Kind: PressOpening, At: opened}) }

func committedForm(about Kind) Document {
	d := pressed(formPage, Press{Kind: PressCommits, About: about, At: committed})
	d.By = ByPress
	return d
}

// call makes a request; options change it.
func call(method, address string, resource Resource, body string, d Document, options ...func(*Call)) Call {
	c := Call{Method: method, URL: address, Resource: resource, Body: []byte(body), Frame: "F1", Doc: d, At: now, Origin: originOf(d.Address), Referer: d.Address}
	if body != "" {
		c.ContentType = "application/x-www-form-urlencoded"
	}
	for _, o := range options {
		o(&c)
	}
	return c
}

func mtop(name, data string, d Document, options ...func(*Call)) Call {
	return call("POST", gatewayURL+strings.ToLower(name)+"/1.0/?jsv=2.5.1&appKey=12574478&t=1795000000000&sign=0cc175b9c0f1b6a831c399e269772661&api="+name+"&v=1.0", ResourceFetch, "data="+url.QueryEscape(data), d, options...)
}

func at(x time.Duration) func(*Call) { return func(c *Call) { c.At = x } }
func as(r Resource) func(*Call)      { return func(c *Call) { c.Resource = r } }
func content(t string) func(*Call)   { return func(c *Call) { c.ContentType = t } }
func method(m string) func(*Call)    { return func(c *Call) { c.Method = m } }
func cancelData(more string) string {
	return `{"tradeOrderId":"` + thisOrder + `","operation":"CANCEL_ORDER"` + more + `}`
}

// row is one request and what becomes of it, by the mode it is made in.
type row struct {
	name  string
	call  Call
	class Class
	// do by mode; ModeDecided is a cancel of this order. A mode that is not
	// named fails it.
	do   map[Mode]Action
	role Role
}

var everyMode = []Mode{ModeReading, ModeRehearsal, ModeDecided, ModeLogin, ModePerson, ModeTeach}

func always(a Action) map[Mode]Action {
	out := map[Mode]Action{}
	for _, m := range everyMode {
		out[m] = a
	}
	return out
}

func only(decided Action) map[Mode]Action {
	return map[Mode]Action{ModeDecided: decided, ModePerson: Pass, ModeTeach: Pass}
}

// asked: in teach the call that asks is shown.
func askedFor(decided Action) map[Mode]Action {
	return map[Mode]Action{ModeDecided: decided, ModePerson: Pass, ModeTeach: Show}
}

func TestVerdictByClass(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	rows := []row{
		// Whose request.
		{name: "another site's device check", call: call("POST", "https://fourier.example.com/ts", ResourceFetch, "x=1", openedPage()), class: ClassForeign, do: always(Pass)},
		{name: "another site's counter that names the order", call: call("POST", "https://stats.example.com/c", ResourceFetch, "orderId="+thisOrder, openedPage()), class: ClassForeign, do: always(Pass)},
		{name: "another site's gateway", call: mtop("mtop.shop.order.cancel", `{"tradeOrderId":"`+thisOrder+`"}`, fresh(orderPage), func(c *Call) { c.URL = strings.Replace(c.URL, "acs.aliexpress.com", "acs.example.com", 1) }), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		{name: "another site's call that cancels the order", call: call("POST", "https://api.example.com/x", ResourceFetch, "op=cancel&order_id="+thisOrder, fresh(orderPage)), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		{name: "a regional host of the shop", call: call("POST", "https://www.aliexpress.us/api/order/cancel", ResourceFetch, `{"orderId":"`+thisOrder+`"}`, fresh(orderPage), content("application/json")), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		// Static.
		{name: "a script file", call: call("GET", "https://www.aliexpress.com/g/detail.js?v=3", ResourceScript, "", openedPage()), class: ClassStatic, do: always(Pass)},
		{name: "a click pixel with the order's number", call: call("GET", "https://www.aliexpress.com/log/1.gif?gmkey=CLK&orderId="+thisOrder, "Image", "", committedForm(KindCancel)), class: ClassStatic, do: always(Pass)},
		{name: "a file's ending with a callback", call: call("GET", "https://www.aliexpress.com/x.js?callback=f&order_id="+thisOrder+"&op=cancel", ResourceScript, "", fresh(orderPage)), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Pass}},
		{name: "the gateway is never static", call: call("GET", gatewayURL+operations+"/1.0/a.gif?data="+url.QueryEscape(cancelData("")), "Image", "", fresh(orderPage)), class: ClassKnownWrite, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		{name: "an image that deletes an order", call: call("GET", "https://www.aliexpress.com/x.gif?operation=DELETE&orderId="+thisOrder, "Image", "", fresh(orderPage)), class: ClassDenied},
		// Session.
		{name: "sign-in that leads back to the form", call: call("GET", "https://login.aliexpress.com/?return_url="+url.QueryEscape(formPage), ResourceDocument, "", Document{Address: formPage, By: ByPress, Flow: true}), class: ClassSession, do: always(Pass)},
		{name: "sign-in that cancels", call: call("GET", "https://login.aliexpress.com/?action=cancel&orderId="+thisOrder, ResourceDocument, "", Document{Address: formPage, Flow: true}), class: ClassOther, do: only(Hold), role: RolePreparation},
		{name: "silent login refresh", call: call("POST", "https://login.aliexpress.com/newlogin/silentHasLogin.do?appName=ae", ResourceFetch, "x=1", openedPage()), class: ClassSession, do: always(Pass)},
		{name: "a captcha's own call", call: call("GET", gatewayURL+operations+"/1.0/_____tmd_____/slide?slidedata=x", ResourceScript, "", openedPage()), class: ClassSession, do: always(Pass)},
		{name: "token refresh", call: mtop("mtop.common.getTimestamp", `{}`, openedPage()), class: ClassSession, do: always(Pass)},
		// Telemetry.
		{name: "beacon with the order's number", call: call("POST", "https://www.aliexpress.com/log", ResourcePing, "op=cancel&orderId="+thisOrder, committedForm(KindCancel)), class: ClassTelemetry, do: always(Swallow)},
		{name: "beacon that writes", call: mtop(operations, cancelData(""), committedForm(KindCancel), as(ResourcePing)), class: ClassTelemetry, do: always(Swallow)},
		{name: "report of a policy", call: call("POST", "https://www.aliexpress.com/csp", ResourceCSPReport, `{}`, openedPage()), class: ClassTelemetry, do: always(Swallow)},
		// Preflight.
		{name: "preflight", call: call("OPTIONS", gatewayURL+operations+"/1.0/", ResourcePreflight, "", openedPage(), func(c *Call) { c.CORSMethod = "POST" }), class: ClassPreflight,
			do: map[Mode]Action{ModeReading: Pass, ModeRehearsal: AnswerPreflight, ModeDecided: Pass, ModeLogin: Pass, ModePerson: Pass, ModeTeach: Pass}},
		{name: "OPTIONS that asks for nothing", call: call("OPTIONS", "https://www.aliexpress.com/api/x", ResourceFetch, "", openedPage()), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		// Denied.
		{name: "confirm the receipt", call: mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"CONFIRM_GOODS"}`, committedForm(KindCancel)), class: ClassDenied},
		{name: "extend, as a known word in another shape", call: mtop(operations, `{"tradeOrderId":"`+thisOrder+`","a":{"b":["EXTEND_PROCESSING"]}}`, committedForm(KindCancel)), class: ClassDenied},
		{name: "pay, by the call's name", call: mtop("mtop.aliexpress.trade.payorder", `{"tradeOrderId":"`+thisOrder+`"}`, committedForm(KindCancel)), class: ClassDenied},
		{name: "delete, by a key that is true", call: call("POST", "https://www.aliexpress.com/api/order", ResourceXHR, `{"orderId":"`+thisOrder+`","deleteOrder":true}`, committedForm(KindCancel), content("application/json")), class: ClassDenied},
		{name: "buy again", call: mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"REPURCHASE"}`, committedForm(KindCancel)), class: ClassDenied},
		{name: "a listed read that receives", call: mtop("mtop.aliexpress.trade.buyer.order.detail", `{"tradeOrderId":"`+thisOrder+`","action":"confirmReceive"}`, fresh(orderPage)), class: ClassDenied},
		{name: "confirm the receipt in Portuguese", call: call("POST", "https://www.aliexpress.com/api/x", ResourceFetch, "acao="+url.QueryEscape("Confirmar recebimento")+"&id="+thisOrder, committedForm(KindCancel)), class: ClassDenied},
		// Known reads.
		{name: "the order's own call", call: mtop("mtop.aliexpress.trade.buyer.order.detail", `{"tradeOrderId":"`+thisOrder+`"}`, openedPage()), class: ClassKnownRead, do: always(Pass)},
		{name: "next order's detail prefetched", call: mtop("mtop.aliexpress.trade.buyer.order.detail", `{"tradeOrderId":"`+nextOrder+`"}`, fresh("https://www.aliexpress.com/p/order/index.html")), class: ClassKnownRead, do: always(Pass)},
		{name: "a listed read with its own word", call: mtop("mtop.aliexpress.buyer.reverse.batch.initiateReverseRender", `{"tradeOrderId":"`+thisOrder+`","kind":"cancel"}`, openedPage()), class: ClassKnownRead, do: always(Pass)},
		{name: "a listed read with a word of an operation", call: mtop("mtop.aliexpress.trade.buyer.order.detail", `{"tradeOrderId":"`+thisOrder+`","what":"cancel"}`, fresh(orderPage)), class: ClassOther, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		{name: "two names, one of them a write", call: mtop("mtop.aliexpress.trade.buyer.order.detail", `{}`, fresh(orderPage), func(c *Call) { c.URL += "&api=" + operations }), class: ClassKnownWrite, do: map[Mode]Action{ModePerson: Pass, ModeTeach: Show}},
		// Unproven reads.
		{name: "configuration POST before drawing", call: call("POST", "https://www.aliexpress.com/api/config", ResourceFetch, `{"scene":"detail"}`, fresh(orderPage), content("application/json")), class: ClassUnproven, do: always(Pass)},
		{name: "message read receipts on load", call: mtop("mtop.aliexpress.message.markread", `{"orderId":"`+thisOrder+`"}`, fresh(orderPage)), class: ClassUnproven, do: always(Pass)},
		{name: "a call of more, after a press that reads", call: mtop("mtop.aliexpress.feed.more", `{"page":2}`, pressed(orderPage, Press{Kind: PressReads, At: opened})), class: ClassUnproven, do: always(Pass)},
		{name: "the same for the next order", call: mtop("mtop.aliexpress.message.markread", `{"orderId":"`+nextOrder+`"}`, fresh(orderPage)), class: ClassOther, do: only(Fail)},
		{name: "a write on load that says so", call: mtop("mtop.aliexpress.order.stop", `{"orderId":"`+thisOrder+`","action":"cancel"}`, fresh(orderPage)), class: ClassOther, do: askedFor(Fail)},
		{name: "a write on load with a reason", call: mtop("mtop.aliexpress.order.stop", `{"orderId":"`+thisOrder+`","motivo":"x"}`, fresh(orderPage)), class: ClassOther, do: askedFor(Fail)},
		{name: "an upload on load", call: call("POST", "https://www.aliexpress.com/up", ResourceFetch, "\x89PNG", fresh(orderPage), content("image/png")), class: ClassOther, do: askedFor(Fail)},
		{name: "a page that a press led to proves nothing", call: mtop("mtop.aliexpress.some.call", `{}`, but(fresh(formPage), func(d *Document) { d.By = ByPress })), class: ClassOther, do: only(Fail)},
		{name: "PUT on load", call: call("PUT", "https://www.aliexpress.com/api/x", ResourceFetch, `{}`, fresh(orderPage)), class: ClassOther, do: askedFor(Fail)},
		{name: "a worker's call", call: mtop("mtop.aliexpress.some.call", `{}`, fresh(orderPage), func(c *Call) { c.Frame = "" }), class: ClassOther, do: only(Fail)},
		{name: "a stream", call: call("POST", "https://www.aliexpress.com/api/x", ResourceFetch, "", fresh(orderPage), func(c *Call) { c.Hidden = true }), class: ClassOther, do: nil},
		{name: "a service worker's script", call: call("GET", "https://www.aliexpress.com/sw.js", "Other", "", fresh(orderPage), func(c *Call) { c.ServiceWorker = true }), class: ClassOther},
		{name: "an image that is no file", call: call("GET", "https://www.aliexpress.com/order/close?orderId="+thisOrder, "Image", "", fresh(orderPage)), class: ClassOther, do: only(Fail)},
		// Documents.
		{name: "our own navigation", call: call("GET", "https://msg.aliexpress.com/msgDetail.htm?orderId="+thisOrder, ResourceDocument, "", Document{}, func(c *Call) { c.Ours = true }), class: ClassDocument, do: always(Pass)},
		{name: "the page that our press led to", call: call("GET", "https://m.aliexpress.com/p/other/form.html?id="+aHandle, ResourceDocument, "", pressed(orderPage, Press{Kind: PressOpening, At: now - time.Second})), class: ClassDocument, do: always(Pass)},
		{name: "a page with an operation in its address", call: call("GET", "https://m.aliexpress.com/p/other/form.html?do=cancel&id="+aHandle, ResourceDocument, "", pressed(orderPage, Press{Kind: PressOpening, At: now - time.Second})), class: ClassDocument, do: only(Hold), role: RolePreparation},
		{name: "a form posted into a new tab", call: call("POST", "https://www.aliexpress.com/x.htm", ResourceDocument, "orderId="+thisOrder, fresh(orderPage)), class: ClassOther, do: only(Hold), role: RolePreparation},
	}
	ticket := ticketFor(thisOrder, KindCancel)
	for _, r := range rows {
		for _, mode := range everyMode {
			want := r.do[mode]
			if want == "" {
				want = Fail
			}
			v := p.JudgeCall(in(mode, &ticket), r.call)
			if v.Do != want || v.Class != r.class {
				t.Errorf("%s while %s: %s as %s (%s), want %s as %s", r.name, mode, v.Do, v.Class, v.Why, want, r.class)
			}
			if v.Do == Hold && v.Role != r.role {
				t.Errorf("%s: role %s", r.name, v.Role)
			}
		}
	}
}

func but(d Document, f func(*Document)) Document {
	f(&d)
	return d
}

// multi makes the body of a form with files.
func multi(parts ...string) string { return strings.Join(parts, "") + "--xx--\r\n" }

func part(name, file, typ, body string) string {
	s := "--xx\r\nContent-Disposition: form-data; name=\"" + name + "\""
	if file != "" {
		s += "; filename=\"" + file + "\""
	}
	if typ != "" {
		s += "\r\nContent-Type: " + typ
	}
	return s + "\r\n\r\n" + body + "\r\n"
}

const multiType = "multipart/form-data; boundary=xx"

func TestVerdictOnADecidedCancel(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	form, jsonType := committedForm(KindCancel), content("application/json")
	unlisted := func(body string, options ...func(*Call)) Call {
		return call("POST", "https://www.aliexpress.com/api/order/cancel", ResourceFetch, body, form, options...)
	}
	for _, r := range []struct {
		name string
		call Call
		do   Action
		role Role
	}{
		// The ways to write the one number.
		{"the known write", mtop(operations, cancelData(`,"reasonCode":"otherReasons"`), form), Hold, RoleAsking},
		{"the known write after the opening press", mtop(operations, cancelData(""), openedPage(), at(opened+time.Second)), Hold, RoleAsking},
		{"number as a number", mtop(operations, `{"tradeOrderId":`+thisOrder+`,"operation":"CANCEL_ORDER"}`, form), Hold, RoleAsking},
		{"number under any key", mtop(operations, `{"x":["`+thisOrder+`"],"operation":"CANCEL_ORDER"}`, form), Hold, RoleAsking},
		{"number in JSON in a text in JSON", mtop(operations, `{"operation":"CANCEL_ORDER","p":"{\"q\":\"{\\\"r\\\":`+thisOrder+`}\"}"}`, form), Hold, RoleAsking},
		{"a line's number", mtop(operations, `{"tradeOrderLineId":"`+thisLine+`","operation":"CANCEL_ORDER"}`, form), Hold, RoleAsking},
		{"line, product and SKU beside it", mtop(operations, cancelData(`,"orderLineId":"`+thisLine+`","productId":`+aProduct+`,"skuId":"`+aSKU+`"`), form), Hold, RoleAsking},
		{"by a call of another name", mtop("mtop.shop.buyer.order.cancelOrder", `{"id":"`+thisOrder+`"}`, form), Hold, RoleAsking},
		{"as JSON to the page's own host", unlisted(`{"orderId":"`+thisOrder+`"}`, jsonType), Hold, RoleAsking},
		{"as a form", unlisted("orderId=" + thisOrder), Hold, RoleAsking},
		{"as a form that navigates", unlisted("orderId="+thisOrder, as(ResourceDocument)), Hold, RoleAsking},
		{"as multipart", unlisted(multi(part("orderId", "", "", thisOrder)), content(multiType)), Hold, RoleAsking},
		{"in a JSON part with a file's name", unlisted(multi(part("b", "blob", "application/json", `{"orderId":`+thisOrder+`}`)), content(multiType)), Hold, RoleAsking},
		{"in the query", call("POST", "https://www.aliexpress.com/api/order/cancel?orderId="+thisOrder, ResourceXHR, "", form), Hold, RoleAsking},
		{"in the path", call("POST", "https://www.aliexpress.com/orders/"+thisOrder+"/cancel", ResourceXHR, "", form), Hold, RoleAsking},
		{"DELETE is an asking call like another", call("DELETE", "https://www.aliexpress.com/orders/"+thisOrder, ResourceFetch, "", form), Hold, RoleAsking},
		{"a write by JSONP with the known name", mtop(operations, "", form, as(ResourceScript), method("GET"), func(c *Call) { c.URL += "&callback=f&data=" + url.QueryEscape(cancelData("")); c.Body = nil }), Hold, RoleAsking},
		// The ways to write another one.
		{"another order's number", mtop(operations, `{"tradeOrderId":"`+nextOrder+`","operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"another order beside this one", mtop(operations, cancelData(`,"x":"`+nextOrder+`"`), form), Fail, ""},
		{"another order under the same key", mtop(operations, `{"tradeOrderId":"`+thisOrder+`","tradeOrderId":"`+nextOrder+`","operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"another order inside a longer word", mtop(operations, cancelData(`,"x":"n`+nextOrder+`_1"`), form), Fail, ""},
		{"another order as a key", mtop(operations, cancelData(`,"x":{"`+nextOrder+`":1}`), form), Fail, ""},
		{"an unknown number under a key that names an order", mtop(operations, cancelData(`,"parentOrderId":"8190000000099999"`), form), Fail, ""},
		{"a line of nobody's", mtop(operations, cancelData(`,"orderLineId":"8190000000099999"`), form), Fail, ""},
		{"the number rounded", mtop(operations, `{"tradeOrderId":8190000000000000,"operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"the number with an exponent", mtop(operations, `{"tradeOrderId":8.190000000000001e15,"operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"the number with a fraction", mtop(operations, `{"tradeOrderId":`+thisOrder+`.0,"operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"a long number that nobody knows", mtop(operations, cancelData(`,"x":"7000000000000001"`), form), Fail, ""},
		{"another order in another part", unlisted(multi(part("orderId", "", "", thisOrder), part("x", "blob", "application/json", `{"id":`+nextOrder+`}`)), content(multiType)), Fail, ""},
		// No number.
		{"an encrypted body by the known name", mtop(operations, "", form, func(c *Call) { c.Body = []byte("\x8f\x02\xff kx") }), Fail, ""},
		{"only a handle", mtop(operations, `{"ticket":"`+aHandle+`","operation":"CANCEL_ORDER"}`, form), Fail, ""},
		{"a broken payload", mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"CANCEL_ORDER"`, form), Fail, ""},
		// Not by a press of ours on this page.
		{"nothing pressed on the page", mtop(operations, cancelData(""), fresh(orderPage)), Fail, ""},
		{"too long after the press", mtop(operations, cancelData(""), form, at(committed+PressReach+time.Second)), Fail, ""},
		{"unlisted after the opening press", mtop("mtop.shop.cancelOrder", `{"id":"`+thisOrder+`"}`, openedPage(), at(opened+time.Second)), Fail, ""},
		{"unlisted, committed under other words", mtop("mtop.shop.cancelOrder", `{"id":"`+thisOrder+`"}`, committedForm("")), Fail, ""},
		{"an unknown code after the opening press", mtop(operations, `{"tradeOrderId":"`+thisOrder+`","type":"7"}`, openedPage(), at(opened+time.Second)), Fail, ""},
		{"an unknown code after a committing press", mtop(operations, `{"tradeOrderId":"`+thisOrder+`","type":"7"}`, form), Hold, RoleAsking},
		{"the page is being left", mtop(operations, cancelData(""), but(form, func(d *Document) { d.Leaving = true })), Fail, ""},
		{"another page's Referer", mtop(operations, cancelData(""), form, func(c *Call) { c.Referer = "https://m.aliexpress.com/p/home.html" }), Fail, ""},
		{"another page's Origin", mtop(operations, cancelData(""), form, func(c *Call) { c.Origin = "https://www.aliexpress.com" }), Fail, ""},
		{"Referer cut to its origin", mtop(operations, cancelData(""), form, func(c *Call) { c.Referer = "https://m.aliexpress.com/" }), Hold, RoleAsking},
		{"a tab that is not the flow's", mtop(operations, cancelData(""), but(form, func(d *Document) { d.Flow = false })), Fail, ""},
		{"a worker", mtop(operations, cancelData(""), form, func(c *Call) { c.Frame = "" }), Fail, ""},
		{"after the ticket's time", mtop(operations, cancelData(""), pressed(formPage, Press{Kind: PressCommits, About: KindCancel, At: committed + TicketLasts}), at(committed+TicketLasts+time.Second)), Fail, ""},
		// Something else.
		{"opening a dispute", mtop(operations, `{"tradeOrderId":"`+thisOrder+`","operation":"OPEN_DISPUTE"}`, form), Fail, ""},
		{"a JSONP of another name that cancels", call("GET", "https://www.aliexpress.com/api/order/cancel?callback=f&orderId="+thisOrder, ResourceScript, "", form), Fail, ""},
		// Preparations.
		{"a check before the asking call", mtop("mtop.shop.order.checkcancel", `{"orderId":"`+thisOrder+`"}`, openedPage()), Hold, RolePreparation},
		{"adjust at a choice, by handle", mtop("mtop.shop.order.adjust", `{"page":"`+aHandle+`","field":"3"}`, form), Hold, RolePreparation},
		{"adjust with the chosen reason", mtop("mtop.shop.order.adjust", `{"orderId":"`+thisOrder+`","reasonCode":"otherReasons"}`, pressed(formPage, Press{At: committed})), Fail, ""},
		{"a refresh after it", mtop("mtop.shop.order.status.render", `{"orderId":"`+thisOrder+`"}`, openedPage()), Hold, RolePreparation},
		{"a call that names nothing", mtop("mtop.shop.hint", `{"x":1}`, openedPage()), Fail, ""},
		{"the next order's call", mtop("mtop.shop.hint", `{"orderId":"`+nextOrder+`"}`, openedPage()), Fail, ""},
	} {
		ticket := ticketFor(thisOrder, KindCancel)
		v := p.JudgeCall(in(ModeDecided, &ticket), r.call)
		if v.Do != r.do || v.Role != r.role {
			t.Errorf("%s: %s %s (%s, %s), want %s %s", r.name, v.Do, v.Role, v.Class, v.Why, r.do, r.role)
		}
		if named := v.Other != ""; named != strings.Contains(v.Why, "it names order") || v.Tell != named {
			t.Errorf("%s: other order %q, told %v: %s", r.name, v.Other, v.Tell, v.Why)
		}
		// With the ticket of the next order nothing of this one may leave.
		other := ticketFor(nextOrder, KindCancel)
		if v := p.JudgeCall(in(ModeDecided, &other), r.call); v.Do == Hold && !strings.Contains(r.call.URL+string(r.call.Body), nextOrder) && v.Role == RoleAsking {
			t.Errorf("%s: leaves with the next order's ticket", r.name)
		}
		// A rehearsal comes to the same call, and drops it.
		if v := p.JudgeCall(in(ModeRehearsal, &ticket), r.call); v.Do != Fail || v.Ends != (r.do == Hold) {
			t.Errorf("%s: in a rehearsal %s, ends %v", r.name, v.Do, v.Ends)
		}
	}
}
