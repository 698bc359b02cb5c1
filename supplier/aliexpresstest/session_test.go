package aliexpresstest

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestPagesHoldNothingBeforeTheirCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	for _, u := range []string{
		r.www + "/p/order/index.html", r.www + "/p/order/detail.html?orderId=" + idA, r.www + "/p/tracking/index.html?tradeOrderId=" + idA,
		r.www + "/p/reverse-pages/start.html?tradeOrderId=" + idA, r.mobile + "/p/refund-cancel/index.html?tradeOrderId=" + idA,
		r.mobile + "/p/refund-amount/detail.html?tradeOrderLineId=8190000000000101", r.login + "/",
	} {
		status, body, _ := r.fetch(u)
		if status != http.StatusOK || !strings.Contains(body, "rehearsal") {
			t.Errorf("%s: %d, or without the banner", u, status)
		}
		for _, early := range []string{idA, "Lotus", "Processing", "Cancel order</", "Confirm received"} {
			if strings.Contains(body, early) {
				t.Errorf("%s shows %q before any call", u, early)
			}
		}
		for _, src := range assetsOf(body) {
			base, _ := url.Parse(u)
			if status, _, _ := r.fetch(base.Scheme + "://" + base.Host + src); status != http.StatusOK {
				t.Errorf("%s: asset %s answers %d", u, src, status)
			}
		}
	}
	if status, _, _ := r.fetch(r.www + "/static/../site.go"); status != http.StatusNotFound {
		t.Errorf("a file beside the assets: %d", status)
	}
}

func assetsOf(html string) []string {
	var out []string
	for _, part := range strings.Split(html, `"`) {
		if strings.HasPrefix(part, "/static/") {
			out = append(out, part)
		}
	}
	return out
}

func TestSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	if got := r.detail(idA).ret(); got != success {
		t.Fatalf("a first visit gives no session: %s", got)
	}
	r.SetLoggedOut(true)
	if got := r.detail(idA).ret(); !strings.HasPrefix(got, "FAIL_SYS_SESSION_EXPIRED") {
		t.Errorf("logged out: %s", got)
	}
	page := r.www + "/p/order/detail.html?orderId=" + idA
	status, _, location := r.fetch(page)
	if status != http.StatusFound || location != r.login+"/?return_url="+url.QueryEscape(page) {
		t.Errorf("logged out the page answers %d to %s", status, location)
	}

	for back, want := range map[string]string{page: page, "https://elsewhere.example/": r.www + "/p/order/index.html"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.login+"/signin", strings.NewReader(url.Values{"return_url": {back}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if status, _, location, err := r.do(req); err != nil || status != http.StatusSeeOther || location != want {
			t.Errorf("signing in leads to %d %s, %v", status, location, err)
		}
	}
	if got := r.detail(idA).ret(); got != success {
		t.Errorf("signed in: %s", got)
	}

	// A stranger to the site has no session until a page has given one.
	r.client = newClient(t)
	if got := r.detail(idA).ret(); !strings.HasPrefix(got, "FAIL_SYS_SESSION_EXPIRED") {
		t.Errorf("without cookies: %s", got)
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.SetChallenge(true)
	d := r.detail(idA)
	if got := d.ret(); !strings.HasPrefix(got, "FAIL_SYS_USER_VALIDATE") || !strings.Contains(got, "RGV587_ERROR::SM::") {
		t.Errorf("challenged: %s", got)
	}
	punish := d.str("data", "url")
	if !strings.HasPrefix(punish, r.www+"/_____tmd_____/punish?x5secdata=") {
		t.Errorf("punish page at %s", punish)
	}
	if status, _, _ := r.fetch(punish); status != http.StatusOK {
		t.Errorf("the punish page answers %d", status)
	}
	r.SetChallenge(false)
	if got := r.detail(idA).ret(); got != success {
		t.Errorf("over: %s", got)
	}
	r.SetPunish(true)
	if status, _, location := r.fetch(r.www + "/p/order/index.html"); status != http.StatusFound || !strings.Contains(location, "/_____tmd_____/punish?x5secdata=") {
		t.Errorf("punished: %d to %s", status, location)
	}
}

func TestGatewayFailuresAndEmptyAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.FailCalls(CallOperation, 1, "FAIL_SYS_TRAFFIC_LIMIT::too many")
	if got := r.cancel(idA).ret(); got != "FAIL_SYS_TRAFFIC_LIMIT::too many" || len(r.Writes()) != 0 {
		t.Errorf("%s, %v", got, r.Writes())
	}
	if got := r.cancel(idA).ret(); got != success {
		t.Errorf("the next call: %s", got)
	}
	r.SetEmpty(CallDetail, true)
	if d := r.detail(idA); d.ret() != success || d.get("data", "data") != nil {
		t.Errorf("empty: %v", d)
	}
	r.SetEmpty(CallDetail, false)
	if got := r.title(idA); got != "Cancellation requested" {
		t.Errorf("full again: %q", got)
	}
}

func TestChangeOfAStoredOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.cancel(idA)
	if err := r.Change(idA, func(o *Order) { o.Fate, o.NoCountdown = Fate{Accept: hour}, true }); err != nil {
		t.Fatal(err)
	}
	if _, ok := r.detail(idA).tag("detail_order_status_block")["countDownEndTime"]; ok || r.Status(idA) != "Cancellation requested" {
		t.Errorf("status %q, countdown %v", r.Status(idA), ok)
	}
	r.clock.add(hour)
	if got := r.Status(idA); got != "Canceled" {
		t.Errorf("the new fate: %q", got)
	}
	if r.Change(idB, func(*Order) {}) == nil || r.Change(idA, func(o *Order) { o.Total = "x" }) == nil || r.Status(idB) != "" {
		t.Error("nonsense is taken")
	}
}

func TestCallsAcrossHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	for origin, allowed := range map[string]string{r.www: r.www, r.mobile: r.mobile, "https://elsewhere.example": ""} {
		req := r.request(t.Context(), http.MethodGet, apiDetail, `{"tradeOrderId":"`+idA+`"}`, "&type=originaljson")
		req.Header.Set("Origin", origin)
		res, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%s is told %q", origin, got)
		}
		if got := res.Header.Get("Access-Control-Allow-Credentials"); (got == "true") != (allowed != "") {
			t.Errorf("%s: credentials %q", origin, got)
		}
	}
	if got := r.call("POST", apiDetail, `{}`).ret(); !strings.HasPrefix(got, "FAIL_SYS_ILLEGAL_ACCESS") {
		t.Errorf("the wrong method: %s", got)
	}
	if got := r.call("GET", "mtop.no.such.call", `{}`).ret(); !strings.HasPrefix(got, "FAIL_SYS_API_NOT_FOUNDED") {
		t.Errorf("an unknown call: %s", got)
	}
}

// lockedBuffer may be written by the site while the test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestLogAndHosts(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	site, err := New(Options{Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	www, mobile, login, api := site.Hosts()
	seen := map[string]bool{}
	for _, h := range []string{www, mobile, login, api} {
		if !strings.HasPrefix(h, "http://127.0.0.1:") || seen[h] {
			t.Errorf("host %s", h)
		}
		seen[h] = true
	}
	r := &rig{Site: site, t: t, client: newClient(t)}
	r.fetch(www + "/p/order/detail.html?orderId=" + idA)
	site.Close()
	log.mu.Lock()
	defer log.mu.Unlock()
	if got := log.b.String(); got != "page/detail "+idA+"\n" {
		t.Errorf("log: %q", got)
	}
}
