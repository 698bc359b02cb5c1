package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
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

// The cancel button of a paid order cancels at once; the mark is refused, as
// where the case was paused meanwhile.
func TestNoMarkNoClickOnTheCancelButton(t *testing.T) {
	t.Parallel()
	var writes, marks atomic.Int32
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" onclick="event.isTrusted && fetch('/h5/mtop.aliexpress.trade.buyer.order.operation/1.0/',{method:'POST'})"><span>Cancel order</span></button>`, "")
		},
	}, func(*http.Request) {
		if marks.Load() == 0 {
			writes.Add(1)
		}
	})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	n := 0
	req := request(numberOne, &n)
	req.Dispatch = func(context.Context) error { marks.Add(1); return errors.New("the case was paused meanwhile") }
	got, err := c.Cancel(t.Context(), req)
	if writes.Load() != 0 {
		t.Errorf("the request reached the site %d times before Dispatch was asked (it refuses): outcome %s %q, %v", writes.Load(), got.Outcome, got.Detail, err)
	}
}

// The same, where the write has a name that the profile does not know.
func TestInstantCancelByAnotherCallIsMarked(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" onclick="event.isTrusted && fetch('/write',{method:'POST'})"><span>Cancel order</span></button>`, "")
		},
	}, func(*http.Request) { writes.Add(1) })
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if writes.Load() > 0 && marks == 0 {
		t.Errorf("the click reached the site, no mark was set, and the outcome claims %q %q, %v", got.Outcome, got.Detail, err)
	}
}

// The page opens another order in a tab of its own, by itself, before
// anything was clicked; it shows no number that the profile finds.
func TestTabOpenedByItselfIsNotFollowed(t *testing.T) {
	t.Parallel()
	var other, right atomic.Int32
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(r *http.Request) string {
			id := r.URL.Query().Get("orderId")
			script := ""
			if id == numberOne {
				script = `window.open('/p/order/detail.html?orderId=` + numberTwo + `')`
			}
			return orderPage(`<button class="comet-btn" onclick="event.isTrusted && fetch('/write?orderId=`+id+`',{method:'POST'})"><span>Cancel order</span></button>`, script)
		},
	}, func(r *http.Request) {
		if r.URL.Query().Get("orderId") == numberTwo {
			other.Add(1)
		} else {
			right.Add(1)
		}
	})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if other.Load() != 0 {
		t.Errorf("cancel of %s clicked Cancel order of %s (%d, right %d): %s %q, %v", numberOne, numberTwo, other.Load(), right.Load(), got.Outcome, got.Detail, err)
	}
}

// The order's page turns into another order's, without a load, between the
// reading and the click; its address says so.
func TestPageTurnsIntoAnother(t *testing.T) {
	t.Parallel()
	var other atomic.Int32
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" onclick="event.isTrusted && fetch('/write?orderId='+new URLSearchParams(location.search).get('orderId'),{method:'POST'})"><span>Cancel order</span></button>`,
				`setTimeout(() => history.replaceState(null, '', '?orderId=`+numberTwo+`'), 300)`)
		},
	}, func(r *http.Request) {
		if r.URL.Query().Get("orderId") == numberTwo {
			other.Add(1)
		}
	})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	c.o.Pace = func(ctx context.Context) error {
		select {
		case <-time.After(400 * time.Millisecond): // a person's pause
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if other.Load() != 0 {
		t.Errorf("clicked Cancel order on %s's page: %s %q, %v", numberTwo, got.Outcome, got.Detail, err)
	}
}

// The form turns to another order while the mark is being stored.
func TestFormTurnsAfterTheMark(t *testing.T) {
	t.Parallel()
	var other, turn, turned atomic.Int32
	form := `<span data-pl="refund_cancel_order_id">` + numberOne + `</span><div class="comet-v2-select" onclick="list.hidden=false">Select here</div>
<div id=list hidden><div class="comet-v2-menu-item" onclick="document.querySelector('.comet-v2-select').textContent=this.textContent; list.hidden=true; go.disabled=false">I no longer want this order</div></div>
<button id=go disabled data-pl="buyersubmit_btn_submit" onclick="fetch('/write?orderId='+document.querySelector('[data-pl=refund_cancel_order_id]').textContent,{method:'POST'})">Submit</button>
<script>fetch('/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender/1.0/');
setInterval(async () => { if (await (await fetch('/turn')).text() === '1') { document.querySelector('[data-pl=refund_cancel_order_id]').textContent = '` + numberTwo + `'; fetch('/turned') } }, 50)</script>`
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" onclick="location.href='/p/refund-cancel/index.html'"><span>Cancel order</span></button>`, "")
		},
		"/p/refund-cancel": func(*http.Request) string { return form },
		"/turned":          func(*http.Request) string { turned.Store(1); return "" },
		"/turn":            func(*http.Request) string { return fmt.Sprint(turn.Load()) },
		"/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender": func(*http.Request) string {
			return `{"ret":["SUCCESS::ok"],"data":{"module":{"tradeOrderId":"` + numberOne + `","reasonList":[{"reasonCode":"2","reasonText":"I no longer want this order"}]}}}`
		},
	}, func(r *http.Request) {
		if r.URL.Query().Get("orderId") == numberTwo {
			other.Add(1)
		}
	})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	n := 0
	req := request(numberOne, &n)
	req.Dispatch = func(ctx context.Context) error {
		turn.Store(1)
		for turned.Load() == 0 && ctx.Err() == nil {
			<-time.After(20 * time.Millisecond)
		}
		return ctx.Err()
	}
	got, err := c.Cancel(t.Context(), req)
	if other.Load() != 0 {
		t.Errorf("Submit was clicked on the form that shows %s: %s %q, %v", numberTwo, got.Outcome, got.Detail, err)
	}
}

// The button's middle is an icon with an action and a name of its own.
func TestButtonInsideTheButton(t *testing.T) {
	t.Parallel()
	var wrong atomic.Int32
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn" style="position:relative"><span>Cancel order</span><i role="button" aria-label="Confirm received" style="position:absolute;inset:0" onclick="event.stopPropagation(); fetch('/write?type=CONFIRM_GOODS',{method:'POST'})"></i></button>`, "")
		},
	}, func(r *http.Request) { wrong.Add(1) })
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if wrong.Load() != 0 {
		t.Errorf("the icon named Confirm received inside the button was clicked: %s %q, %v", got.Outcome, got.Detail, err)
	}
}

// A tab that the page opens and closes again stops nothing.
func TestTabThatClosesItselfStopsNothing(t *testing.T) {
	t.Parallel()
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return orderPage(`<button class="comet-btn"><span>Cancel order</span></button>`, "const w = window.open('/p/advert'); setTimeout(() => w.close(), 100)")
		},
		"/p/advert": func(*http.Request) string { return "advert" },
	}, func(*http.Request) {})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	c.o.Pace = func(ctx context.Context) error { <-time.After(300 * time.Millisecond); return ctx.Err() }
	marks := 0
	got, err := c.Cancel(t.Context(), request(numberOne, &marks))
	if err != nil || got.Outcome != state.AskUnknown || !strings.Contains(got.Detail, "nothing opened") || marks != 0 {
		t.Errorf("cancel: %s %q, %v", got.Outcome, got.Detail, err)
	}
}

// The form of one order opens its tab too late; the next order's attempt
// must not take it for its own.
func TestLateTabOfAnotherOrder(t *testing.T) {
	t.Parallel()
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(r *http.Request) string {
			id := r.URL.Query().Get("orderId")
			open := ""
			if id == numberOne {
				open = `setTimeout(() => window.open('/p/refund-cancel/index.html?tradeOrderId=` + id + `'), 2700)`
			}
			return strings.Replace(orderPage(`<button class="comet-btn" onclick="`+open+`"><span>Cancel order</span></button>`, ""), "?data={}", "?id="+id, 1)
		},
		"/p/refund-cancel": func(*http.Request) string { return otherForm },
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(r *http.Request) string {
			return strings.ReplaceAll(string(fixture(t, "ok_detail_processing.json")), numberOne, r.URL.Query().Get("id"))
		},
		"/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender": func(*http.Request) string {
			return `{"ret":["SUCCESS::ok"],"data":{"module":{"tradeOrderId":"` + numberOne + `","reasonList":[{"reasonCode":"2","reasonText":"I no longer want this order"}]}}}`
		},
	}, func(*http.Request) {})
	c := otherClient(t, base)
	c.o.StepTimeout = 2500 * time.Millisecond
	marks := 0
	if got, err := c.Cancel(t.Context(), request(numberOne, &marks)); err != nil || got.Outcome != state.AskUnknown {
		t.Fatalf("first: %+v, %v", got, err)
	}
	c.o.Pace = func(ctx context.Context) error { <-time.After(1200 * time.Millisecond); return ctx.Err() }
	got, err := c.Cancel(t.Context(), request(numberTwo, &marks))
	if got.Outcome == state.AskWrongOrder || err != nil {
		t.Errorf("the attempt on %s ended in the tab of %s: %s %q, %v", numberTwo, numberOne, got.Outcome, got.Detail, err)
	}
}
