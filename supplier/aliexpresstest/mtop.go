package aliexpresstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// obj is a JSON object on its way out.
type obj = map[string]any

const (
	apiList      = "mtop.aliexpress.trade.buyer.order.list"
	apiDetail    = "mtop.aliexpress.trade.buyer.order.detail"
	apiOperation = "mtop.aliexpress.trade.buyer.order.operation"
	apiCancel    = "mtop.aliexpress.trade.buyer.order.cancel"      // of LayoutOtherCall
	apiEligible  = "mtop.aliexpress.trade.buyer.order.eligibility" // of Order.Checks
	apiTracking  = "mtop.ae.ld.querydetail"
	apiReasons   = "mtop.aliexpress.buyer.reverse.batch.initiateReverseRender"
	apiSubmit    = "mtop.aliexpress.buyer.reverse.batch.submitReverse" // an assumption
	apiReturns   = "mtop.aliexpress.buyer.reverse.queryReverseOrderPageListForBuyer"
	apiMessages  = "mtop.aliexpress.im.message.list" // an assumption, as is:
	apiSend      = "mtop.aliexpress.im.message.send"
	apiRefund    = "mtop.aliexpress.buyer.reverse.reverseOrderLineRenderForBuyer"

	success = "SUCCESS::调用成功"
)

// result is what a call answers before it is wrapped.
type result struct {
	data any
	ret  []string // default success
}

func fail(ret ...string) result { return result{data: obj{}, ret: ret} }

// anyMethod: whatever asks for an operation gets it, so that a write that came
// by another way than the pages' own is seen in what it did.
const anyMethod = "GET POST PUT"

// api is one call of the site. Some are read with GET only, some with POST
// only, the list with either.
type api struct {
	name    string
	kind    string
	methods string
	do      func(*Site, ask) result
}

var apis = []api{
	{apiList, CallList, "GET POST", (*Site).orderList},
	{apiDetail, CallDetail, "GET", (*Site).orderDetail},
	{apiOperation, CallOperation, anyMethod, (*Site).operate},
	{apiCancel, CallOperation, anyMethod, (*Site).operate},
	{apiEligible, CallEligible, "POST", (*Site).eligible},
	{apiTracking, CallTracking, "GET", (*Site).trackingDetail},
	{apiReasons, CallReasons, "GET", (*Site).reverseForm},
	{apiSubmit, CallSubmit, "POST", (*Site).submitDispute},
	{apiReturns, CallReturns, "POST", (*Site).returnsList},
	{apiMessages, CallMessages, "GET", (*Site).messageList},
	{apiSend, CallSend, "POST", (*Site).sendMessage},
	{apiRefund, CallRefund, "POST", (*Site).refundDetail},
}

// sceneDispute asks the form's call for the dispute form.
const sceneDispute = "dispute"

// kindOf is what a call counts as: the forms share one.
func (a api) kindOf(p params) string {
	if a.name == apiReasons && p.text("scene") == sceneDispute {
		return CallDisputeForm
	}
	return a.kind
}

// ask is one call: its data, the language of its answer and how it came.
type ask struct {
	params
	lang  *language
	shape string // see Write.Shape
}

// params is the request's data object.
type params map[string]any

// trusted is what a page says of the event behind a write.
func (p params) trusted() bool {
	yes, _ := p["isTrusted"].(bool)
	return yes
}

// list gives the texts of a list.
func (p params) list(key string) []string {
	items, _ := p[key].([]any)
	var out []string
	for _, x := range items {
		if text, ok := x.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

func (p params) text(key string) string {
	switch v := p[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (p params) number(key string) int {
	n, err := strconv.Atoi(p.text(key))
	if err != nil {
		return 0
	}
	return n
}

func readParams(text string) (params, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	p := params{}
	return p, dec.Decode(&p)
}

// routeAPI serves /h5/NAME/1.0/.
func (s *Site) routeAPI(r *http.Request) (call, handler) {
	if r.URL.Path == tickPath {
		return call{kind: CallTick}, pixel
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/h5/")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "/"), "/1.0")
	if !ok {
		return call{}, notFound
	}
	p, perr := readParams(r.Form.Get("data"))
	out := transport{typ: r.Form.Get("type"), callback: r.Form.Get("callback")}
	for _, a := range apis {
		if strings.ToLower(a.name) != name {
			continue
		}
		c := call{kind: a.kindOf(p), orderID: p.text("tradeOrderId")}
		if c.orderID == "" {
			c.orderID = s.orderOfLine(p.text("tradeOrderLineId"))
		}
		if r.Method == http.MethodOptions {
			return call{}, func() reply { return reply{status: http.StatusNoContent} }
		}
		return c, func() reply {
			res, fresh := s.answer(r, a, c.kind, p, perr)
			if upgrades(r) {
				return switchProtocols(r)
			}
			whole := out.wrap(a.name, res)
			if fresh != nil {
				whole.cookies = []*http.Cookie{fresh}
			}
			return whole
		}
	}
	return call{}, func() reply { return out.wrap(name, fail("FAIL_SYS_API_NOT_FOUNDED::请求API不存在")) }
}

// answer takes a call past the gateway to the shop; fresh is a cookie that
// goes with the answer.
func (s *Site) answer(r *http.Request, a api, kind string, p params, perr error) (res result, fresh *http.Cookie) {
	switch {
	case !strings.Contains(a.methods, r.Method):
		return fail("FAIL_SYS_ILLEGAL_ACCESS::非法请求"), nil
	case s.challenge:
		return s.challenged(), nil
	case !s.signedIn(r):
		return fail("FAIL_SYS_SESSION_EXPIRED::Session过期"), nil
	case perr != nil:
		return fail("FAIL_SYS_PARAM_FORMAT_ERROR::参数格式错误"), nil
	}
	if early, fresh := s.signed(r, kind); fresh != nil {
		return early, fresh
	}
	if early, ok := s.gateway(kind); ok {
		return early, nil
	}
	return a.do(s, ask{p, s.speak(r, p), shapeOf(r)}), nil
}

func (s *Site) orderOfLine(line string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, _ := s.findLine(line); e != nil {
		return e.ID
	}
	return ""
}

func (s *Site) challenged() result {
	return result{
		data: obj{"url": s.www + punishPath + "?x5secdata=" + newToken() + "&action=captcha"},
		ret:  []string{"FAIL_SYS_USER_VALIDATE", "RGV587_ERROR::SM::哎哟喂,被挤爆啦,请稍后重试"},
	}
}

// transport is how the caller wants its answer. Scripts (JSONP) get every
// number and boolean as a string, JSON gets them as they are.
type transport struct {
	typ      string
	callback string
}

func (t transport) wrap(name string, res result) reply {
	if res.ret == nil {
		res.ret = []string{success}
	}
	whole := obj{"api": name, "data": res.data, "ret": res.ret, "traceId": strings.ToLower(newToken()), "v": "1.0"}
	script := strings.HasSuffix(t.typ, "jsonp") && t.callback != ""
	if script {
		whole["data"] = asStrings(res.data)
	}
	body, err := json.Marshal(whole)
	if err != nil {
		return reply{status: http.StatusInternalServerError, typ: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	if script {
		return reply{typ: "application/javascript; charset=utf-8", body: fmt.Appendf(nil, " %s(%s)", t.callback, body)}
	}
	return reply{typ: "application/json; charset=utf-8", body: body}
}

// asStrings turns every scalar of a JSON tree into a string.
func asStrings(v any) any {
	switch v := v.(type) {
	case obj:
		out := make(obj, len(v))
		for k, x := range v {
			out[k] = asStrings(x)
		}
		return out
	case []obj:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = asStrings(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = asStrings(x)
		}
		return out
	case []string, string, nil:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// number is an ID as the JSON number it is in most answers.
func number(id string) json.Number { return json.Number(id) }
