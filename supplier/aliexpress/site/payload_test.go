package site

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func read(t testing.TB, address, contentType, body string) *payload {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return readPayload(u, contentType, []byte(body))
}

func TestOperationsAreWholeWords(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]operation{
		"CANCEL_ORDER": opCancel, "cancelOrder": opCancel, "cancelorder": opCancel, "Cancel": opCancel, "отменить заказ": opCancel, "取消订单": opCancel, "annuler": opCancel,
		"EXTEND_PROCESSING": opDenied, "CONFIRM_GOODS": opDenied, "confirmreceived": opDenied, "确认收货": opDenied, "payOrder": opDenied, "Buy again": opDenied, "REPURCHASE_LINE": opDenied,
		"OPEN_DISPUTE": opDispute, "SEND_MSG": opMessage, "submit": opAny, "confirm": opAny,
		"": opNone, "canceled": opNone, "cancellation policy": opNone, "please cancel my order": opNone, "canCancel": opNone, "payload": opNone, "received": opNone,
		"buyerDonotwantOrder": opNone, "all": opNone, "DESC": opNone, "order_list_pay": opNone, "8190": opNone,
	} {
		if got := operationOf(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]operation{
		"mtop.a.order.cancelxyz": opCancel, "mtop.a.ordercancel": opCancel, "/api/order/cancel.do": opCancel, "/order/cancel/v2": opCancel, "/order/deletebyid.json": opDenied,
		"mtop.a.order.checkcancel": opNone, "mtop.a.cancel.reasons": opNone, "mtop.a.querycancelreason": opNone, "mtop.a.paymentmethods": opNone, "mtop.a.initiatereverserender": opNone,
		"mtop.a.submitreverse": opAny, "mtop.a.operation": opNone, "/": opNone,
	} {
		if got := operationOfName(lastPart(s)); got != want {
			t.Errorf("name %q (%q): %q, want %q", s, lastPart(s), got, want)
		}
	}
}

func TestKeysThatNameAnOrder(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]keyKind{
		"orderId": keyOrder, "tradeOrderId": keyOrder, "ORDER_NO": keyOrder, "parentOrderId": keyOrder, "orders": keyOrder, "bizorderid": keyOrder, "pedidoId": keyOrder, "订单": keyOrder,
		"tradeOrderLineId": keyLine, "subOrderId": keyLine, "order_item_id": keyLine,
		"reverseOrderId": keyElse, "orderStatus": keyElse, "productId": keyElse, "orderPayTime": keyElse, "sortOrderType": keyElse, "x": keyElse, "": keyElse,
	} {
		if got := keyAbout(key); got != want {
			t.Errorf("%q: %d, want %d", key, got, want)
		}
	}
}

func TestPayloadsBeyondTheBoundsAreNotRead(t *testing.T) {
	t.Parallel()
	const address = "https://www.aliexpress.com/api/x"
	nested := func(n int) string {
		return strings.Repeat(`{"a":[`, n) + `"` + thisOrder + `"` + strings.Repeat(`]}`, n)
	}
	texts := `"` + thisOrder + `"`
	for range 12 {
		texts = fmt.Sprintf("%q", texts)
	}
	for name, x := range map[string]struct {
		typ, body string
		partial   bool
	}{
		"small":              {"application/json", nested(5), false},
		"too deep":           {"application/json", nested(maxNesting), true},
		"too long":           {"application/json", `"` + strings.Repeat("x", maxPayload) + `"`, true},
		"too many":           {"application/json", "[" + strings.Repeat("1,", maxFields) + "1]", true},
		"cut":                {"application/json", `{"a":`, true},
		"two documents":      {"application/json", `{"a":1}{"b":2}`, false},
		"texts in texts":     {"application/json", texts, false},
		"bad escape":         {"", "a=%zz", true},
		"a file of any size": {multiType, multi(part("f", "a.jpg", "image/jpeg", "\xff"+strings.Repeat("x", 2*maxPayload))), false},
		"no boundary":        {"multipart/form-data", "x", true},
		"cut multipart":      {multiType, "--xx\r\nContent-Dis", true},
	} {
		if y := read(t, address, x.typ, x.body); y.partial != x.partial {
			t.Errorf("%s: partial is %v", name, y.partial)
		}
	}
	p := testProfile(t)
	k := ticketFor(thisOrder, KindCancel)
	for name, body := range map[string]string{"too deep": nested(maxNesting), "cut": `{"orderId":"` + thisOrder + `"`} {
		c := call("POST", "https://www.aliexpress.com/api/order/cancel", ResourceFetch, body, committedForm(KindCancel), content("application/json"))
		if v := p.JudgeCall(in(ModeDecided, &k), c); v.Do != Fail {
			t.Errorf("%s: %s", name, v.Do)
		}
		if v := p.JudgeCall(in(ModeReading, nil), call("POST", "https://www.aliexpress.com/api/x", ResourceFetch, body, fresh(orderPage))); v.Do != Fail {
			t.Errorf("%s on load: %s", name, v.Do)
		}
	}
}

// wraps are the ways in which a page may pack a number.
var wraps = []func(key, val string) (contentType, body string){
	func(k, v string) (string, string) { return "application/json", fmt.Sprintf(`{%q:%q}`, k, v) },
	func(k, v string) (string, string) { return "application/json", fmt.Sprintf(`{"a":[{%q:%s}]}`, k, v) },
	func(k, v string) (string, string) {
		return "application/json", fmt.Sprintf(`{"data":%q}`, fmt.Sprintf(`{%q:%q}`, k, v))
	},
	func(k, v string) (string, string) {
		return "application/x-www-form-urlencoded", url.Values{k: {v}}.Encode()
	},
	func(k, v string) (string, string) {
		return "application/x-www-form-urlencoded", "data=" + url.QueryEscape(fmt.Sprintf(`{%q:%s}`, k, v))
	},
	func(k, v string) (string, string) {
		return "application/x-www-form-urlencoded", "u=" + url.QueryEscape("https://x.example/?"+url.Values{k: {v}}.Encode())
	},
	func(k, v string) (string, string) { return multiType, multi(part(k, "", "", v)) },
	func(k, v string) (string, string) {
		return multiType, multi(part("j", "blob", "application/json", fmt.Sprintf(`{%q:%q}`, k, v)))
	},
	func(k, v string) (string, string) { return "text/plain", fmt.Sprintf(`["x",{%q:%q}]`, k, v) },
	func(k, v string) (string, string) { return "text/plain", fmt.Sprintf(`{"l":"1,%s,2"}`, v) },
	func(k, v string) (string, string) {
		return "application/json", strings.ReplaceAll(fmt.Sprintf(`{%q:%q}`, k, v), "8", `\u0038`)
	},
}

func drawKey(t *rapid.T) string {
	return rapid.SampledFrom([]string{"x", "orderId", "tradeOrderId", "id", "p1", "本", "data", "o"}).Draw(t, "key")
}

func drawBody(t *rapid.T, number string) (contentType, body string) {
	return rapid.SampledFrom(wraps).Draw(t, "wrap")(drawKey(t), number)
}

func TestNumbersAreFoundHoweverTheyArePacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`8[0-9]{15}`).Draw(t, "number")
		typ, body := drawBody(t, number)
		who := identity{order: number, known: func(string) bool { return false }}
		n := read2(t, typ, body).names(who)
		if !n.own || n.other != "" || n.strange != "" {
			t.Fatalf("%s: %+v", body, n)
		}
		other := identity{order: "8190000000000001x", known: func(s string) bool { return s == number }}
		if n := read2(t, typ, body).names(other, body); n.own || n.other != number {
			t.Fatalf("%s, seen from another order: %+v", body, n)
		}
	})
}

func read2(t *rapid.T, contentType, body string) *payload {
	u, err := url.Parse("https://www.aliexpress.com/api/x")
	if err != nil {
		t.Fatal(err)
	}
	return readPayload(u, contentType, []byte(body))
}

// drawCall makes any request of any page.
func drawCall(t *rapid.T, number string, words []string) Call {
	typ, body := drawBody(t, number)
	op := rapid.SampledFrom(words).Draw(t, "operation")
	host := rapid.SampledFrom([]string{"acs.aliexpress.com", "www.aliexpress.com", "m.aliexpress.com", "de.aliexpress.com", "login.aliexpress.com", "other.example"}).Draw(t, "host")
	where := rapid.SampledFrom([]string{"/h5/mtop.aliexpress.trade.buyer.order.operation/1.0/", "/h5/mtop.a.b/1.0/", "/api/x", "/order/cancel", "/x.gif", "/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/", "/_____tmd_____/x"}).Draw(t, "path")
	address := "https://" + host + where + "?" + url.Values{rapid.SampledFrom([]string{"operation", "a", "type"}).Draw(t, "opkey"): {op}}.Encode()
	about := rapid.SampledFrom([]Kind{KindCancel, KindMessage, KindDispute, ""}).Draw(t, "about")
	d := rapid.SampledFrom([]Document{
		fresh(orderPage), openedPage(), committedForm(about), {Address: orderPage}, pressed(orderPage, Press{Kind: PressReads, At: opened}), pressed(formPage, Press{Kind: PressNext, At: committed}),
	}).Draw(t, "document")
	c := call(rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE"}).Draw(t, "method"), address,
		rapid.SampledFrom([]Resource{ResourceDocument, ResourceXHR, ResourceFetch, ResourceScript, ResourcePing, "Image", "Other", "EventSource"}).Draw(t, "resource"), body, d, content(typ))
	if c.Method == "GET" {
		c.URL, c.Body = c.URL+"&data="+url.QueryEscape(body), nil
	}
	c.Frame = rapid.SampledFrom([]string{"F1", ""}).Draw(t, "frame")
	c.Ours = rapid.Bool().Draw(t, "ours")
	return c
}

func drawState(t *rapid.T, modes ...Mode) State {
	k := ticketFor(thisOrder, rapid.SampledFrom([]Kind{KindCancel, KindMessage, KindDispute}).Draw(t, "kind"))
	k.Submit, k = rapid.Bool().Draw(t, "submit"), k.Chose(2)
	return in(rapid.SampledFrom(modes).Draw(t, "mode"), &k)
}

// TestReadingLetsOnlyReadsOut: while nothing was decided, no request leaves
// that carries a word of an operation and goes to the shop, by whatever way.
func TestReadingLetsOnlyReadsOut(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawCall(t, rapid.SampledFrom([]string{thisOrder, nextOrder, thisLine}).Draw(t, "number"), []string{"CANCEL_ORDER", "submit", "OPEN_DISPUTE", "none", "PAY"})
		v := p.JudgeCall(drawState(t, ModeReading, ModeRehearsal), c)
		listed := v.Class == ClassKnownRead || v.Class == ClassStatic || v.Class == ClassSession || v.Class == ClassForeign
		quiet := v.Class == ClassUnproven || v.Class == ClassDocument
		switch {
		case v.Do == Hold || v.Do == Show:
			t.Fatalf("%s %s: %s while %s", c.Method, c.URL, v.Do, "reading")
		case v.Do == Pass && !listed && !(quiet && strings.Contains(c.URL, "=none")):
			t.Fatalf("%s %s %s: passes as %s", c.Method, c.URL, c.Body, v.Class)
		}
	})
}

func TestDeniedOperationsNeverLeave(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	denied := append([]string{"confirmReceive", "confirm_received", "delete", "Buy again", "extend", "payorder", "确认收货", "Eliminar"}, builtInDeny.Types...)
	denied = slices.DeleteFunc(denied, func(s string) bool { return s == "OPEN_DISPUTE" })
	rapid.Check(t, func(t *rapid.T) {
		c := drawCall(t, rapid.SampledFrom([]string{thisOrder, nextOrder}).Draw(t, "number"), denied)
		v := p.JudgeCall(drawState(t, everyMode...), c)
		if v.Do != Fail && v.Do != Swallow {
			t.Fatalf("%s %s %s: %s as %s", c.Method, c.URL, c.Body, v.Do, v.Class)
		}
	})
}

func TestAnotherOrdersCallNeverLeavesByTicket(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`819[0-9]{12,14}`).Filter(func(n string) bool { return n != thisOrder && n != thisLine }).Draw(t, "number")
		s := drawState(t, ModeDecided, ModeRehearsal)
		s.Known = func(n string) bool { return n == number }
		c := drawCall(t, number, []string{"CANCEL_ORDER", "submit", "none", "x"})
		if rapid.Bool().Draw(t, "this order too") {
			c.URL += "&o=" + thisOrder
		}
		if v := p.JudgeCall(s, c); v.Do == Hold || v.Do == Show {
			t.Fatalf("%s %s %s: %s as %s", c.Method, c.URL, c.Body, v.Do, v.Role)
		}
	})
}

// FuzzPayload feeds the reader of payloads, and the judge behind it, with
// anything: it ends, keeps its bounds, and what is not this order's does not
// leave.
func FuzzPayload(f *testing.F) {
	for _, w := range wraps {
		typ, body := w("orderId", thisOrder)
		f.Add("a=1", typ, []byte(body))
	}
	for _, s := range []string{`{"a":`, "a=%7B%22b%22%3A1", "--xx\r\n\r\nx\r\n--xx--", strings.Repeat(`[`, 100), `{"a":"{\"b\":\"{\"}"}`, "a=b=c&;%25%33", "\x00\xff"} {
		f.Add(url.QueryEscape(s), "", []byte(s))
	}
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, query, contentType string, body []byte) {
		u := &url.URL{Scheme: "https", Host: "www.aliexpress.com", Path: "/api/order/cancel", RawQuery: query}
		begun := time.Now()
		y := readPayload(u, contentType, body)
		if len(y.fields) > maxFields+10 {
			t.Errorf("%d fields", len(y.fields))
		}
		k := ticketFor(thisOrder, KindCancel)
		c := call("POST", u.String(), ResourceFetch, "", committedForm(KindCancel), content(contentType))
		c.Body = body
		v := p.JudgeCall(in(ModeDecided, &k), c)
		if v.Do == Hold && (v.Role != RoleAsking || y.partial || bytes.Contains(body, []byte(nextOrder)) || strings.Contains(query, nextOrder)) {
			t.Errorf("%s as %s: %s", v.Do, v.Role, v.Why)
		}
		if v := p.JudgeCall(in(ModeReading, nil), c); v.Do == Hold || v.Do == Pass {
			t.Errorf("while reading: %s as %s", v.Do, v.Class)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// FuzzReply feeds the reader of replies: a body that is no text of the shop's
// is never a yes by an unlisted call.
func FuzzReply(f *testing.F) {
	f.Add(200, []byte(`{"ret":["SUCCESS::x"],"data":{"success":true}}`))
	f.Add(403, []byte(`f({"ret":[]})`))
	p := testProfile(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		r := Reply{Status: status, Length: -1, Body: body}
		if got := p.JudgeReply(Verdict{Role: RoleAsking}, r); got.Outcome.final() {
			t.Errorf("%s by an unlisted call", got.Outcome)
		}
		if got := p.JudgeReply(Verdict{Role: RoleAsking, Known: true}, r); status >= 400 && got.Outcome == OutcomeYes {
			t.Errorf("yes with status %d", status)
		}
	})
}

func TestNumbersThatAreKeys(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"x":{"` + thisOrder + `":true}}`, thisOrder + "=1"} {
		n := read(t, "https://www.aliexpress.com/x", "", body).names(identity{order: thisOrder, known: func(string) bool { return false }})
		if !n.own {
			t.Errorf("%s: %+v", body, n)
		}
	}
}

// What is packed so that nobody can read it names nothing.
func TestSealedNumbersNameNothing(t *testing.T) {
	t.Parallel()
	body := base64.StdEncoding.EncodeToString([]byte(`{"orderId":"` + thisOrder + `"}`))
	n := read(t, "https://www.aliexpress.com/x", "text/plain", body).names(identity{order: thisOrder, known: func(string) bool { return false }})
	if n.own || n.handle {
		t.Errorf("%+v", n)
	}
}
