package aliexpresstest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A second request for a pending order is an error to the caller and a second
// line in the log.
func TestSecondCancelIsLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{Refuse: &Refusal{After: hour}}))
	r.cancel(idA)
	if got := r.cancel(idA).ret(); !strings.HasPrefix(got, "FAIL_BIZ_REPEATED_REQUEST") {
		t.Errorf("the second request answers %s", got)
	}
	w := r.Writes()
	if len(w) != 2 || w[0].Refused != "" || w[1].Refused == "" {
		t.Fatalf("log: %+v", w)
	}
	want := Write{At: day0, Kind: WriteCancel, OrderID: idA, Reason: "buyerDonotwantOrder", Trusted: true}
	if got := w[0]; !got.At.Equal(want.At) || got.Kind != want.Kind || got.OrderID != want.OrderID || got.Reason != want.Reason || !got.Trusted {
		t.Errorf("logged %+v, want %+v", got, want)
	}
	// After a refusal one may ask again.
	r.clock.add(hour)
	if got := r.cancel(idA).ret(); got != success || r.title(idA) != "Cancellation requested" {
		t.Errorf("asking again after the refusal: %s", got)
	}
}

func TestWrongWritesAreLoggedAndDoHarm(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}), paid(idB, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(-hour)}}))
	before := r.detail(idA).tag("detail_order_status_block").str("countDownEndTime")
	r.operate(idA, "EXTEND_PROCESSING")
	if r.detail(idA).tag("detail_order_status_block").str("countDownEndTime") <= before {
		t.Error("extending leaves the window as it was")
	}
	r.operate(idB, "CONFIRM_GOODS")
	if got := r.title(idB); got != "Completed" {
		t.Errorf("confirming leaves the order %q", got)
	}
	for data, want := range map[string]string{
		cancelData(idB):                "FAIL_BIZ_ORDER_STATUS",
		cancelData("8190000000009999"): "FAIL_BIZ_ORDER_NOT_EXIST",
		`{"tradeOrderId":"` + idA + `","operation":"CANCEL_ORDER"}`: "FAIL_BIZ_REASON",
		`{"tradeOrderId":"` + idA + `","operation":"WHATEVER"}`:     "FAIL_BIZ_ORDER_STATUS",
	} {
		if got := r.call("POST", apiOperation, data).ret(); !strings.HasPrefix(got, want) {
			t.Errorf("%s answers %s", data, got)
		}
	}
	kinds := map[string]int{}
	for _, w := range r.Writes() {
		kinds[w.Kind]++
		if w.Kind == WriteExtend && w.Trusted {
			t.Error("a call made past the page counts as trusted")
		}
	}
	if kinds[WriteExtend] != 1 || kinds[WriteConfirmGoods] != 1 || kinds[WriteCancel] != 3 || kinds["WHATEVER"] != 1 {
		t.Errorf("log: %v", kinds)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	data := `{"tradeOrderId":"` + idA + `","scene":"cancel"}`
	m := tree(r.call("GET", apiReasons, data).get("data", "module").(map[string]any))
	list := m["reasonList"].([]any)
	if first := tree(list[0].(map[string]any)); m.str("tradeOrderId") != idA || first.str("reasonCode") != "buyerDonotwantOrder" ||
		first.str("reasonText") != "I no longer want this order" {
		t.Errorf("the form offers %v", m)
	}
	r.cancel(idA)
	if got := r.call("GET", apiReasons, data).ret(); !strings.HasPrefix(got, "FAIL_BIZ") {
		t.Errorf("the form of a pending order: %s", got)
	}
}

func TestUntrustedClicksAreReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	form := url.Values{"kind": {"CANCEL_ORDER"}, "order": {idA}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.www+"/_rehearsal/untrusted", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, _, _, err := r.do(req); err != nil || status != http.StatusNoContent {
		t.Fatal(status, err)
	}
	if got := r.Untrusted(); len(got) != 1 || got[0].Kind != "CANCEL_ORDER" || got[0].OrderID != idA {
		t.Errorf("log: %+v", got)
	}
}

// A call that is held before its effect has none when its caller dies; one
// held after it has had it.
func TestBlockedCancelOfADyingCaller(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hold   func(*Site, string) func()
		writes int
	}{"before": {(*Site).Block, 0}, "after": {(*Site).BlockReply, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, paid(idA, Fate{}))
			arrived := make(chan string, 8)
			r.OnRequest(func(kind, id string) { arrived <- kind + " " + id })
			release := c.hold(r.Site, CallOperation)
			ctx, die := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, _, _, err := r.do(r.request(ctx, http.MethodPost, apiOperation, cancelData(idA), "&type=originaljson"))
				ended <- err
			}()
			if got := <-arrived; got != "operation "+idA {
				t.Errorf("arrived: %s", got)
			}
			eventually(t, "the call is held", func() bool { return r.Held(CallOperation) == 1 })
			die()
			if err := <-ended; err == nil {
				t.Error("the caller got an answer")
			}
			eventually(t, "the server lets go", func() bool { return r.Held(CallOperation) == 0 })
			release()
			release() // harmless
			if got := len(r.Writes()); got != c.writes {
				t.Errorf("%d writes, want %d", got, c.writes)
			}
			if got := r.Calls()[CallOperation]; got != 1 {
				t.Errorf("%d calls counted", got)
			}
		})
	}
}

func TestReleaseLetsTheCallThrough(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	release := r.Block(CallDetail)
	titles := make(chan string, 1)
	go func() {
		_, body, _, err := r.do(r.request(t.Context(), http.MethodGet, apiDetail, `{"tradeOrderId":"`+idA+`"}`, "&type=originaljson"))
		if err != nil {
			body = err.Error()
		}
		titles <- body
	}()
	eventually(t, "the call is held", func() bool { return r.Held(CallDetail) == 1 })
	if got := r.cancel(idA).ret(); got != success {
		t.Errorf("other kinds are held too: %s", got)
	}
	release()
	if body := <-titles; !strings.Contains(body, "Cancellation requested") {
		t.Errorf("the held call shows the state of its arrival: %.80s", body)
	}
}

func TestDroppedReplyHasTakenEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.DropReply(CallOperation, 1)
	status, _, _, err := r.do(r.request(t.Context(), http.MethodPost, apiOperation, cancelData(idA), "&type=originaljson"))
	if err == nil {
		t.Fatalf("an answer came: %d", status)
	}
	if status != http.StatusOK {
		t.Errorf("status %d: a browser might ask again", status)
	}
	if got := r.title(idA); got != "Cancellation requested" || len(r.Writes()) != 1 {
		t.Errorf("the effect: %q, %v", got, r.Writes())
	}
	if got := r.operate(idA, "EXTEND_PROCESSING").ret(); got != success {
		t.Errorf("the next reply: %s", got)
	}
}

func TestHangAndDelayEndWithTheirCaller(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	try := func(u string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _, _, err = r.do(req)
		return err
	}
	r.SetHang("order/detail", true)
	if try(r.www+"/p/order/detail.html?orderId="+idA) == nil {
		t.Error("it does not hang")
	}
	r.SetHang("order/detail", false)
	if status, _, _ := r.fetch(r.www + "/p/order/detail.html?orderId=" + idA); status != http.StatusOK {
		t.Errorf("after the hang: %d", status)
	}
	r.SetDelay(time.Hour)
	if try(r.www+"/p/order/index.html") == nil {
		t.Error("there is no delay")
	}
}

// Close ends calls that are held, and a closed site answers nothing.
func TestCloseLetsHeldCallsGo(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.Block(CallDetail)
	ended := make(chan error, 1)
	go func() {
		_, _, _, err := r.do(r.request(t.Context(), http.MethodGet, apiDetail, `{"tradeOrderId":"`+idA+`"}`, ""))
		ended <- err
	}()
	eventually(t, "the call is held", func() bool { return r.Held(CallDetail) == 1 })
	r.Close()
	if err := <-ended; err == nil {
		t.Error("the held call was answered")
	}
	r.Close() // harmless
}
