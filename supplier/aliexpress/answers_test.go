package aliexpress

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// A closed order of two lines, both refunded; the second line's answer comes
// without content.
func TestPartOfARefundIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	number := r.order(t, func(o *aliexpresstest.Order) {
		o.RequestedAt = r.now.Add(-10 * time.Hour)
		o.Fate.Accept = time.Hour
		o.Fate.Refund = &aliexpresstest.Refund{After: time.Hour}
	})
	whole, err := r.client.Read(t.Context(), number, false)
	if err != nil || whole.Refund == nil {
		t.Fatalf("whole: %+v, %v", whole.Refund, err)
	}
	calls := 0
	r.site.OnRequest(func(kind, _ string) {
		if kind == aliexpresstest.CallRefund {
			if calls++; calls == 2 {
				r.site.SetEmpty(aliexpresstest.CallRefund, true)
			}
		}
	})
	part, err := r.client.Read(t.Context(), number, false)
	if err == nil && part.Refund != nil && part.Refund.Amount != whole.Refund.Amount {
		t.Errorf("the refund is %s; with one empty answer it reads as %s, which weighRefund calls short", whole.Refund.Amount, part.Refund.Amount)
	}
}

// A report of the page's own about its calls names them in its address.
func TestReportsOfCallsAreNoAnswers(t *testing.T) {
	t.Parallel()
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return `<div class="order-status"><div class="order-block-title">Processing</div></div>
<script>fetch('/report?t=api&api=mtop.aliexpress.trade.buyer.order.detail&success=1').then(r => r.text()).then(() => fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?data={}'))</script>`
		},
		"/report": func(*http.Request) string { return "ok" },
	}, func(*http.Request) {})
	c := otherClient(t, base)
	if r, err := c.Read(t.Context(), numberOne, false); err != nil || r.Phase != state.PhaseProcessing {
		t.Errorf("read: %+v, %v", r.Phase, err)
	}
}

// A first call that asks for nothing gets a skeleton (facts 3.1); the page's
// second one has the order.
func TestSkeletonBeforeTheOrder(t *testing.T) {
	t.Parallel()
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return `<div class="order-status"><div class="order-block-title">Processing</div></div>
<script>fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?first=1').then(r => r.text()).then(() => fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?data={"tradeOrderId":"` + numberOne + `"}'))</script>`
		},
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(r *http.Request) string {
			if r.URL.Query().Get("first") != "" {
				return `{"ret":["SUCCESS::ok"],"data":{}}`
			}
			return string(fixture(t, "ok_detail_processing.json"))
		},
	}, func(*http.Request) {})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	if r, err := c.Read(t.Context(), numberOne, false); err != nil || r.Phase != state.PhaseProcessing {
		t.Errorf("read: %q, %v", r.Phase, err)
	}
}

// The site closed the order; what it says about the refund is not known.
func TestUnknownRefundHidesNothing(t *testing.T) {
	t.Parallel()
	closed := bytes.Replace(fixture(t, "ok_detail_processing.json"), []byte(`"title":"Processing"`), []byte(`"title":"Canceled"`), 1)
	closed = bytes.Replace(closed, []byte(`{"type":"EXTEND_PROCESSING","text":"Extend processing time"},{"type":"CANCEL_ORDER","text":"Cancel order"}`), nil, 1)
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string {
			return strings.Replace(orderPage("", ""), "Processing", "Canceled", 1)
		},
		"/p/refund-amount": func(*http.Request) string {
			return `<p>Refunding</p><script>fetch('/h5/mtop.aliexpress.buyer.reverse.reverseorderlinerenderforbuyer/1.0/')</script>`
		},
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(*http.Request) string { return string(closed) },
		"/h5/mtop.aliexpress.buyer.reverse.reverseorderlinerenderforbuyer": func(*http.Request) string {
			return `{"ret":["SUCCESS::ok"],"data":{"module":{"tradeOrderId":"` + numberOne + `","tradeOrderLineId":"8200000000010001","reverseFinishInfo":{"refundInfo":{"refundNewestStatus":"REFUNDING"}}}}}`
		},
	}, func(*http.Request) {})
	c := otherClient(t, base)
	if r, err := c.Read(t.Context(), numberOne, false); err != nil || r.Phase != state.PhaseClosed || r.Refund != nil || r.Unread != "" || len(r.RefundUnclear) != 1 || r.RefundUnclear[0].Facts["word"] != "REFUNDING" {
		t.Errorf("the page says Canceled, the reading is %q, questions %v, %v", r.Phase, r.RefundUnclear, err)
	}
}

// Tabs that a page opens go with the piece of work that it was loaded for.
func TestOpenedTabsAreClosed(t *testing.T) {
	t.Parallel()
	var live atomic.Int32
	wait := func(ctx context.Context, good func() bool) {
		for !good() && ctx.Err() == nil {
			<-time.After(10 * time.Millisecond)
		}
	}
	base := bareSite(t, map[string]func(*http.Request) string{
		"/p/order/detail": func(*http.Request) string { return orderPage("", "window.open('/p/advert')") },
		"/p/advert":       func(*http.Request) string { return "<script src=/hold.js></script>advert" },
		"/hold.js": func(r *http.Request) string {
			live.Add(1)
			<-r.Context().Done() // as long as the tab is there
			live.Add(-1)
			return ""
		},
		"/h5/mtop.aliexpress.trade.buyer.order.detail": func(r *http.Request) string {
			wait(r.Context(), func() bool { return live.Load() > 0 })
			return string(fixture(t, "ok_detail_processing.json"))
		},
	}, func(*http.Request) {})
	c := otherClient(t, base)
	for range 3 {
		if _, err := c.Read(t.Context(), numberOne, false); err != nil {
			t.Fatal(err)
		}
		limited, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		wait(limited, func() bool { return live.Load() == 0 })
		cancel()
		if n := live.Load(); n != 0 {
			t.Fatalf("%d tabs that the page opened still run after the reading", n)
		}
	}
}

// An order's page that is slowed down (SUCCESS with nothing in it), and an
// order that the account does not have, are no fault of the profile.
func TestNoOrderIsNoFaultOfTheProfile(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.CheckWait, o.StepTimeout = time.Second, 4*time.Second })
	r.order(t, nil)
	blamed := func(number string) (out []string) {
		found, err := r.client.CheckOrder(t.Context(), number)
		if supplier.KindOf(err) == supplier.Throttled || supplier.KindOf(err) == supplier.NotFound {
			return nil
		}
		for _, f := range found {
			if !f.OK {
				out = append(out, f.Part)
			}
		}
		return out
	}
	if b := blamed("8199999999999999"); len(b) > 0 {
		t.Errorf("an order that is not there: mend %v", b)
	}
	r.site.SetEmpty(aliexpresstest.CallDetail, true)
	if b := blamed(""); len(b) > 0 {
		t.Errorf("a page without content: mend %v", b)
	}
	r.site.SetEmpty(aliexpresstest.CallDetail, false)
	r.site.SetEmpty(aliexpresstest.CallList, true)
	if b := blamed(""); len(b) > 0 {
		t.Errorf("a list without content: mend %v", b)
	}
}
