package aliexpress

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
	"countermand/supplier/chrome"
)

const otherDetail = `<div class="order-status"><div class="order-block-title">Processing</div>
<div class="order-block-btns"><button class="comet-btn" onclick="document.title='extended'"><span>Extend processing time</span></button>
<button class="comet-btn" onclick="event.isTrusted && window.open('/p/refund-cancel/index.html?tradeOrderId=8200000000000001')"><span>Cancel order</span></button></div></div>
<script>fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?data={}')</script>`

const otherForm = `<div class="comet-v2-select" onclick="list.hidden=false">Select here</div>
<div id=list hidden><div class="comet-v2-menu-item">Out of stock</div><div class="comet-v2-menu-item" onclick="document.querySelector('.comet-v2-select').textContent=this.textContent; list.hidden=true; go.disabled=false">I no longer want this order</div></div>
<button id=go disabled data-pl="buyersubmit_btn_submit" onclick="fetch('/h5/mtop.aliexpress.trade.buyer.order.operation/1.0/',{method:'POST',body:new URLSearchParams({data:JSON.stringify({tradeOrderId:'8200000000000001'})})}).then(r => r.text()).then(() => document.body.innerHTML='<p class=comet-v2-result-title>Your cancellation request has been submitted</p>')">Submit</button>
<script>fetch('/h5/mtop.aliexpress.buyer.reverse.batch.initiatereverserender/1.0/')</script>`

// otherSite opens the form in a new tab, and its Submit asks at once.
func otherSite(t *testing.T, asked *atomic.Int32) string {
	detail := fixture(t, "ok_detail_processing.json")
	pending := bytes.Replace(detail, []byte(`"title":"Processing"`), []byte(`"title":"Cancellation requested"`), 1)
	pending = bytes.Replace(pending, []byte(`,{"type":"CANCEL_ORDER","text":"Cancel order"}`), nil, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/p/order/detail"):
			w.Header().Set("Content-Type", "text/html")
			page := otherDetail
			if asked.Load() > 0 {
				page = strings.Replace(page, ">Processing<", ">Cancellation requested<", 1)
				page = strings.Replace(page, "<span>Cancel order</span>", "<span>Contact seller</span>", 1)
			}
			fmt.Fprint(w, page)
		case strings.HasPrefix(r.URL.Path, "/p/refund-cancel"):
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, otherForm)
		case strings.Contains(r.URL.Path, "order.detail") && asked.Load() == 0:
			w.Write(detail)
		case strings.Contains(r.URL.Path, "order.detail"):
			w.Write(pending)
		case strings.Contains(r.URL.Path, "initiatereverserender"):
			fmt.Fprint(w, `{"ret":["SUCCESS::ok"],"data":{"module":{"tradeOrderId":"8200000000000001","reasonList":[{"reasonCode":"1","reasonText":"Out of stock"},{"reasonCode":"2","reasonText":"I no longer want this order"}]}}}`)
		case strings.Contains(r.URL.Path, "order.operation"):
			asked.Add(1)
			fmt.Fprint(w, `{"ret":["SUCCESS::ok"],"data":{}}`)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func otherClient(t *testing.T, www string) *Client {
	t.Helper()
	c, err := New(Options{
		Account: "main", Profile: testProfile(t), Zone: zoneName, Log: zerolog.New(zerolog.NewTestWriter(t)), StepTimeout: 10 * time.Second,
		Hosts:  site.Hosts{WWW: www, Mobile: www, Login: "http://127.0.0.1:1", API: www},
		Chrome: chrome.Options{ProfileDir: filepath.Join(t.TempDir(), "profile")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// TestFormInANewTab follows the site into a tab that it opens, on a layout
// whose Submit asks without another question.
func TestFormInANewTab(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := otherClient(t, otherSite(t, &asked))
	marks := 0
	got, err := c.Cancel(t.Context(), request("8200000000000001", &marks))
	if err != nil || got.Outcome != state.AskPending || marks != 1 || asked.Load() != 1 || got.Reason != "I no longer want this order" {
		t.Errorf("cancel: %+v, %v, %d marks, asked %d times", got, err, marks, asked.Load())
	}
	got, err = c.Cancel(t.Context(), request("8200000000000001", &marks))
	if err != nil || got.Outcome != state.AskPending || marks != 1 || asked.Load() != 1 {
		t.Errorf("again: %+v, %v, %d marks", got, err, marks)
	}
}

// TestChallengeOverTheReasons comes without any call that would tell of it,
// when the drop-down is opened.
func TestChallengeOverTheReasons(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	base := otherSite(t, &asked)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(u)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/p/refund-cancel") {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, strings.Replace(otherForm, "list.hidden=false", `document.body.insertAdjacentHTML('beforeend','<div class=baxia-dialog>slide to verify</div>')`, 1))
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	marks := 0
	got, err := otherClient(t, srv.URL).Cancel(t.Context(), request("8200000000000001", &marks))
	if supplier.KindOf(err) != supplier.Challenged || marks != 0 || asked.Load() != 0 {
		t.Errorf("cancel: %+v, %v, %d marks, asked %d times", got, err, marks, asked.Load())
	}
}

// TestRegionalRedirect is told, after the locale was pinned once more.
func TestRegionalRedirect(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	regional := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>Willkommen")
	}))
	t.Cleanup(regional.Close)
	www := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if k, err := r.Cookie("aep_usuc_f"); err != nil || k.Value != "site=glo&region=US&b_locale=en_US&c_tp=USD" {
			t.Errorf("locale cookie: %v, %v", k, err)
		}
		visits.Add(1)
		http.Redirect(w, r, regional.URL, http.StatusFound)
	}))
	t.Cleanup(www.Close)
	_, err := otherClient(t, www.URL).Read(t.Context(), "8200000000000001", false)
	if supplier.KindOf(err) != supplier.UnknownPage || !strings.Contains(err.Error(), "redirects") || visits.Load() != 2 {
		t.Errorf("read: %v after %d visits", err, visits.Load())
	}
}

// TestCheckSite compares the profile with the site, and tells what is off.
func TestCheckSite(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.CheckWait = 3 * time.Second })
	r.order(t, nil)
	found, err := r.client.CheckOrder(t.Context(), "")
	if err != nil || len(found) < 7 {
		t.Fatalf("check: %+v, %v", found, err)
	}
	for _, f := range found {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
	r.client.p.Selectors.DetailID = []string{".renamed"}
	delete(r.client.p.Statuses, state.PhaseProcessing)
	found, err = r.client.CheckOrder(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]bool{}
	for _, f := range found {
		if !f.OK {
			off[f.Part] = true
		}
	}
	if len(off) != 2 || !off["selectors.detail_id"] || !off["statuses"] {
		t.Errorf("off: %v", off)
	}
	tab, err := r.client.OpenLogin(t.Context())
	if err != nil || !tab.Alive() {
		t.Errorf("open sign-in: %v", err)
	}
	if n := len(r.site.Writes()) + r.site.Calls()[aliexpresstest.PageCancel]; n != 0 {
		t.Errorf("checking did something: %+v", r.site.Writes())
	}
}
