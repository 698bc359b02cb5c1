package aliexpress

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The orders of bare sites.
const (
	numberOne = "8200000000000001"
	numberTwo = "8299999999999999"
)

// orderPage is an order's page: its buttons' markup and its script.
func orderPage(buttons, script string) string {
	return `<div class="order-status"><div class="order-block-title">Processing</div><div class="order-block-btns">` + buttons + `</div></div>
<script>fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?data={}')</script><script>` + script + `</script>`
}

// bareSite serves pages by their path's beginning; each write is told.
func bareSite(t *testing.T, pages map[string]func(*http.Request) string, written func(r *http.Request)) string {
	t.Helper()
	detail := fixture(t, "ok_detail_processing.json")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for path, page := range pages {
			if strings.HasPrefix(r.URL.Path, path) {
				if strings.HasPrefix(path, "/p") {
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
				}
				fmt.Fprint(w, page(r))
				return
			}
		}
		switch {
		case strings.HasPrefix(r.URL.Path, "/write"), strings.Contains(r.URL.Path, "order.operation"), strings.Contains(r.URL.Path, "submitreverse"):
			written(r)
			fmt.Fprint(w, `{"ret":["SUCCESS::ok"],"data":{}}`)
		case strings.Contains(r.URL.Path, "order.detail"):
			w.Write(detail)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// The cancel button leads to the form of a dispute, as where the order was
// shipped meanwhile. It has the same drop-down and the same Submit
// (facts 2.4), and the same call fills it (facts 3.1).
func TestDisputeFormIsNoCancelForm(t *testing.T) {
	t.Parallel()
	var disputes atomic.Int32
	const form = `<h1>Returns/refunds</h1><div>Order <span data-pl="reverse_order_id">` + numberOne + `</span> <span data-pl="reverse_line_id">8200000000010001</span></div>
<div class="comet-v2-select comet-v2-select-show-arrow" onclick="list.hidden=false">Select here</div>
<div id=list hidden><div class="comet-v2-menu-item">Item not received</div><div class="comet-v2-menu-item" onclick="document.querySelector('.comet-v2-select').textContent=this.textContent; list.hidden=true; go.disabled=false">Other reasons</div></div>
<textarea data-pl="reverse_textarea"></textarea>
<button id=go disabled data-pl="buyersubmit_btn_submit" onclick="fetch('/h5/mtop.aliexpress.buyer.reverse.batch.submitreverse/1.0/',{method:'POST'}).then(() => document.body.innerHTML='<p class=comet-v2-result-title>Your request has been submitted</p>')">Submit</button>
<script>fetch('/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender/1.0/')</script>`
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" onclick="location.href='/p/reverse-pages/start.html?tradeOrderId=`+numberOne+`&tradeOrderLineId=8200000000010001'"><span>Cancel order</span></button>`, "")
		},
		"/p/reverse-pages": func(*http.Request) string { return form },
		"/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender": func(*http.Request) string {
			return `{"ret":["SUCCESS::ok"],"data":{"module":{"tradeOrderId":"` + numberOne + `","tradeOrderLineId":"8200000000010001","maxRefund":{"amount":"12.34","currency":"USD"},"reasonList":[{"reasonCode":"notReceived","reasonText":"Item not received"},{"reasonCode":"other","reasonText":"Other reasons"}]}}}`
		},
	}, func(*http.Request) { disputes.Add(1) })
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if disputes.Load() != 0 {
		t.Errorf("Cancel submitted a dispute that nobody decided: %d writes, outcome %s %q, %v", disputes.Load(), got.Outcome, got.Detail, err)
	}
}
