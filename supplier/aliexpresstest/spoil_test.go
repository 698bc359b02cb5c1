package aliexpresstest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGarbledAnswersHaveTakenEffect(t *testing.T) {
	t.Parallel()
	for how, readable := range map[Garbling]bool{GarbleTruncated: false, GarbleHTML: false, GarblePunish: false, GarbleTypes: true, GarbleStatus: false,
		GarbleLimit: false, GarbleEmpty: false, GarbleObject: true, GarbleData: true} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, paid(idA, Fate{}))
			r.Garble(CallOperation, 1, how)
			status, body, _, err := r.do(r.request(t.Context(), http.MethodPost, apiOperation, cancelData(idA), "&type=originaljson"))
			if err != nil {
				t.Fatal(err)
			}
			if (status == http.StatusInternalServerError) != (how == GarbleStatus) || (status == http.StatusTooManyRequests) != (how == GarbleLimit) {
				t.Errorf("status %d", status)
			}
			if json.Valid([]byte(body)) != readable {
				t.Errorf("readable %v: %.80s", !readable, body)
			}
			if strings.Contains(body, punishPath) != (how == GarblePunish) {
				t.Errorf("punish page: %.200s", body)
			}
			if got := r.title(idA); got != "Cancellation requested" || len(r.Writes()) != 1 {
				t.Errorf("effect: %q, %v", got, r.Writes())
			}
			if got := r.operate(idA, "EXTEND_PROCESSING").ret(); got != success {
				t.Errorf("the next answer: %s", got)
			}
		})
	}
}

func TestGarbledTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.Garble(CallDetail, 1, GarbleTypes)
	d := r.detail(idA)
	if got := d.tag("detail_simple_order_info_component")["tradeOrderId"]; got != idA {
		t.Errorf("a number comes as %T %v", got, got)
	}
	line := d.tag("detail_product_block")["productVOList"].([]any)[0].(map[string]any)
	if line["quantity"] != "2" || line["orderLineId"] != json.Number("8190000000000101") || line["itemTitle"] != "Phone stand" {
		t.Errorf("line: %v", line)
	}
	r.Garble(CallList, 1, GarbleTypes)
	script := r.raw("GET", apiList, `{}`, "&type=originaljsonp&callback=cb")
	if !strings.HasPrefix(script, " cb({") || !strings.HasSuffix(script, "})") || !strings.Contains(script, `"orderId":`+idA) {
		t.Errorf("script: %.200s", script)
	}
	r.Garble(PageDetail, 1, GarbleTruncated)
	if _, body, _ := r.fetch(r.www + "/p/order/detail.html?orderId=" + idA); strings.Contains(body, "</html>") {
		t.Error("a page is whole")
	}
}

func TestHangLoads(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	page := r.www + "/p/order/detail.html?orderId=" + idA
	r.HangLoads(PageDetail, 2)
	r.HangLoads(CallOperation, 1)
	hangs := func(kind string, req *http.Request) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, _, _, err := r.do(req.WithContext(ctx))
			ended <- err
		}()
		eventually(t, "the request hangs", func() bool { return r.Held(kind) == 1 })
		stop()
		if <-ended == nil {
			t.Error("it does not hang")
		}
		eventually(t, "the server lets go", func() bool { return r.Held(kind) == 0 })
	}
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
		if err != nil {
			t.Fatal(err)
		}
		hangs(PageDetail, req)
	}
	if status, _, _ := r.fetch(page); status != http.StatusOK {
		t.Errorf("the third load: %d", status)
	}
	hangs(CallOperation, r.request(t.Context(), http.MethodPost, apiOperation, cancelData(idA), "&type=originaljson"))
	if got := len(r.Writes()); got != 0 {
		t.Errorf("a call that hangs has %d writes", got)
	}
}

func TestDelayOfOneKind(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.SetKindDelay(CallDetail, time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, _, err := r.do(r.request(ctx, http.MethodGet, apiDetail, `{"tradeOrderId":"`+idA+`"}`, "&type=originaljson")); err == nil {
		t.Error("there is no delay")
	}
	if got := r.call("GET", apiList, `{}`).ret(); got != success {
		t.Errorf("another kind: %s", got)
	}
	r.SetKindDelay(CallDetail, 0)
	if got := r.title(idA); got != "Processing" {
		t.Errorf("without: %q", got)
	}
}

func TestCallsWithoutATokenHaveNoEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.SetTokens(true)
	for i, want := range []string{"FAIL_SYS_TOKEN_EMPTY", "SUCCESS"} {
		if got := r.cancel(idA).ret(); !strings.HasPrefix(got, want) {
			t.Errorf("call %d: %s, want %s", i, got, want)
		}
	}
	if n := len(r.Writes()); n != 1 {
		t.Errorf("%d writes: a call without a token has an effect", n)
	}
	r.ExpireToken()
	for i, want := range []string{"FAIL_SYS_TOKEN_EXOIRED", "SUCCESS"} {
		if got := r.detail(idA).ret(); !strings.HasPrefix(got, want) {
			t.Errorf("expired, call %d: %s, want %s", i, got, want)
		}
	}
	r.SetTokens(false)
	r.client = newClient(t)
	r.fetch(r.www + "/p/order/index.html")
	if got := r.detail(idA).ret(); got != success {
		t.Errorf("switched off: %s", got)
	}
}
