package chrome

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"

	"countermand/supplier/chrome/proxy"
)

// holder holds a browser's requests: writes until they are released, and all
// others while it is told to. It answers the proxy's question for the
// password.
type holder struct {
	t    *testing.T
	root context.Context
	p    *proxy.Proxy

	running  sync.WaitGroup
	writes   chan *fetch.EventRequestPaused
	outcomes chan *fetch.EventRequestPaused // of writes: the first of each
	told     map[fetch.RequestID]bool       // writes with an outcome

	gate    sync.RWMutex // held for reading while a request is let go
	holding bool
	waiting []*fetch.EventRequestPaused
	asked   int // for the password
}

// behindProxy starts a browser behind a proxy of its own, holding its requests.
func behindProxy(t *testing.T, o proxy.Options, flags ...string) (*Browser, *holder) {
	t.Helper()
	p, err := proxy.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	b := testBrowser(t, func(o *Options) { o.Flags = append(flags, p.Flags()...) })
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &holder{
		t: t, root: b.cur.root, p: p, told: map[fetch.RequestID]bool{},
		writes: make(chan *fetch.EventRequestPaused, 1), outcomes: make(chan *fetch.EventRequestPaused, 1),
	}
	if err := chromedp.ListenBrowser(h.root, h.on); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.CallBrowser(h.root, fetch.Enable, fetch.EnableParams{
		Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}, HandleAuthRequests: new(true),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		h.running.Wait()
	})
	return b, h
}

func (h *holder) on(ev any) {
	switch ev := ev.(type) {
	case *fetch.EventAuthRequired:
		h.running.Go(func() { h.auth(ev) })
	case *fetch.EventRequestPaused:
		h.running.Go(func() { h.paused(ev) })
	}
}

func (h *holder) auth(ev *fetch.EventAuthRequired) {
	answer := &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseDefault}
	if ev.AuthChallenge.Source == fetch.AuthChallengeSourceProxy {
		answer.Response = fetch.AuthChallengeResponseResponseProvideCredentials
		answer.Username, answer.Password = h.p.Credentials()
		h.gate.Lock()
		h.asked++
		h.gate.Unlock()
	}
	tell(h, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{RequestID: ev.RequestID, AuthChallengeResponse: answer})
}

func (h *holder) paused(ev *fetch.EventRequestPaused) {
	switch {
	case ev.ResponseErrorReason != "" || ev.ResponseStatusCode != 0:
		h.let(ev, false)
		h.gate.Lock()
		again := h.told[ev.RequestID]
		h.told[ev.RequestID] = true
		h.gate.Unlock()
		if !again { // a form's answer that is cut short is told a second time, as an error
			h.outcomes <- ev
		}
	case ev.Request.Method == http.MethodPost:
		h.writes <- ev
	default:
		h.pass(ev)
	}
}

// pass lets a request go, or keeps it while holding.
func (h *holder) pass(ev *fetch.EventRequestPaused) {
	h.gate.RLock()
	if !h.holding {
		defer h.gate.RUnlock()
		h.let(ev, false)
		return
	}
	h.gate.RUnlock()
	h.gate.Lock()
	defer h.gate.Unlock()
	h.waiting = append(h.waiting, ev)
}

func (h *holder) let(ev *fetch.EventRequestPaused, withAnswer bool) {
	params := fetch.ContinueRequestParams{RequestID: ev.RequestID}
	if withAnswer {
		params.InterceptResponse = &withAnswer
	}
	tell(h, fetch.ContinueRequest, params)
}

// tell calls the browser; a request that is gone meanwhile is nothing to us.
func tell[P, R any](h *holder, cmd cdp.Command[P, R], params P) {
	_, err := chromedp.CallBrowser(h.root, cmd, params)
	if err != nil && h.root.Err() == nil && !strings.Contains(err.Error(), "Invalid InterceptionId") && !strings.Contains(err.Error(), "Invalid state") {
		h.t.Logf("%s: %v", cmd.Method, err)
	}
}

func (h *holder) hold() {
	h.gate.Lock()
	defer h.gate.Unlock()
	h.holding = true
}

func (h *holder) resume() {
	h.gate.Lock()
	waiting := h.waiting
	h.holding, h.waiting = false, nil
	h.gate.Unlock()
	for _, ev := range waiting {
		h.let(ev, false)
	}
}

// next takes one of what comes.
func next[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}

// Chromium sends a write again by itself after each of these fates, as the
// runs without a window show, but for the answers that it believes. With a
// window no write is taken twice.
func TestReleasedWriteArrivesOnce(t *testing.T) {
	t.Parallel()
	plain := []fate{answered, half, reset, late, timeout, misdird}
	for protocol, fates := range map[string][]fate{
		"HTTP/1.1": plain, "TLS": plain, "HTTP/2": append([]fate{refused, goAway, covered}, plain...),
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newFateSite(t, protocol)
			b, h := behindProxy(t, proxy.Options{Private: true}, "ignore-certificate-errors-spki-list="+s.spki)
			w := writer{t: t, h: h, tab: testTab(t, b), s: s}
			for _, f := range fates {
				w.inWindows(f)
				if f != answered && f != half && (f != timeout || protocol != "HTTP/2") {
					w.twiceWithout(f)
				}
			}
			if h.asked != 1 {
				t.Errorf("the browser was asked for the password %d times, want once", h.asked)
			}
		})
	}
}

// writer lets a page write, each time another order.
type writer struct {
	t      *testing.T
	h      *holder
	tab    *Tab
	s      *fateSite
	orders int
}

// start lets the page begin a write, in each of several ways in turn.
func (w *writer) start(f fate) (order string, held *fetch.EventRequestPaused) {
	w.t.Helper()
	w.orders++
	order = strconv.Itoa(w.orders)
	w.s.setFate(f)
	load(w.t, w.tab, w.s.url)
	way := [...]string{"byFetch", "byForm", "byKeepalive", "byBeacon"}[w.orders%4]
	if err := w.tab.eval(w.t.Context(), "write", fmt.Sprintf("%s(%q)", way, order), nil); err != nil {
		w.t.Fatal(err)
	}
	return order, next(w.t, "the page's write", w.h.writes)
}

// release lets a write go in a window.
func (w *writer) release(held *fetch.EventRequestPaused) *proxy.Window {
	w.t.Helper()
	w.h.hold()
	u, err := url.Parse(held.Request.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	window, err := w.h.p.Open(w.t.Context(), held.Request.Method, u)
	if err != nil {
		w.t.Fatal(err)
	}
	w.h.let(held, true)
	return window
}

// inWindows writes until enough writes have arrived. One that finds its place
// taken, by a request that Chromium had on its way, does not arrive.
func (w *writer) inWindows(f fate) {
	w.t.Helper()
	enough := 2
	if os.Getenv("COUNTERMAND_TEST_ALL") == "1" {
		enough = 30
	}
	for tries, n := 0, 0; n < enough; tries++ {
		if tries == 5*enough {
			w.t.Errorf("%s: only %d of %d writes arrived", f, n, tries)
			return
		}
		order, held := w.start(f)
		window := w.release(held)
		outcome := next(w.t, "the outcome", w.h.outcomes)
		res := window.End()
		w.h.resume()
		arrived, taken := w.s.count(order, f)
		status, broken := outcome.ResponseStatusCode, outcome.ResponseErrorReason != ""
		if arrived == 0 && broken {
			w.t.Logf("%s: did not arrive; the window saw %+v", f, res)
			continue
		}
		n++
		wrong := taken > 1 || res.NothingLeft()
		switch f {
		case answered:
			wrong = wrong || status != http.StatusOK
		case half: // an error where the end comes with the head
			wrong = wrong || status != http.StatusOK && !broken
		case timeout:
			wrong = wrong || status != http.StatusRequestTimeout && !broken
		case reset, late, goAway, covered:
			wrong = wrong || !broken
		}
		if wrong {
			w.t.Errorf("%s: arrived %d times, taken %d times; the window saw %+v, the browser %d %s", f, arrived, taken, res, status, outcome.ResponseErrorReason)
		}
	}
}

// twiceWithout shows that the fate makes a write arrive twice.
func (w *writer) twiceWithout(f fate) {
	w.t.Helper()
	for range 10 {
		order, held := w.start(f)
		w.h.let(held, true)
		next(w.t, "the outcome", w.h.outcomes)
		if arrived, _ := w.s.count(order, f); arrived > 1 {
			return
		}
	}
	w.t.Errorf("%s: without a window nothing arrived twice: the test cannot see it", f)
}

func TestWithdrawMakesTheBrowserFailTheWrite(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "TLS", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			s := newFateSite(t, protocol)
			b, h := behindProxy(t, proxy.Options{Private: true}, "ignore-certificate-errors-spki-list="+s.spki)
			w := writer{t: t, h: h, tab: testTab(t, b), s: s}
			for range 4 {
				order, held := w.start(silent)
				window := w.release(held)
				arrived := func() int {
					n, _ := s.count(order, silent)
					return n
				}
				eventually(t, "the write is at the server, or has failed", func() bool { return arrived() == 1 || len(h.outcomes) == 1 })
				gone := window.Withdraw()
				if outcome := next(t, "the outcome", h.outcomes); outcome.ResponseErrorReason == "" {
					t.Errorf("the browser saw %d", outcome.ResponseStatusCode)
				}
				res := window.End()
				h.resume()
				load(t, w.tab, s.url) // whatever is still to come comes before
				if n := arrived(); n > 1 || n == 1 && gone.NothingLeft() || res.Sent != gone.Sent {
					t.Errorf("arrived %d times; withdrawn %+v, ended %+v", n, gone, res)
				}
			}
		})
	}
}

// A write could also leave over the HTTP/2 connection of another host that has
// the same address and certificate; the window of its own host would not see
// it. Chromium does so, but not through a proxy.
func TestProxiedHostsShareNoConnection(t *testing.T) {
	t.Parallel()
	s := newFateSite(t, "HTTP/2")
	s.page = "<title>quiet</title>"
	var (
		mu      sync.Mutex
		tunnels []string
	)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tunnels = append(tunnels, r.Host)
		mu.Unlock()
		server, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(c, server)
			c.Close()
		}()
		_, _ = io.Copy(server, c)
		server.Close()
		<-ended
	}))
	t.Cleanup(upstream.Close)
	up, err := proxy.ParseUpstream(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	trust := "ignore-certificate-errors-spki-list=" + s.spki
	visit := func(b *Browser) {
		tab := testTab(t, b)
		load(t, tab, "https://www.shop.test:"+port+"/")
		ask := `fetch('https://api.shop.test:` + port + `/', {mode: 'no-cors', credentials: 'include'}).then(() => document.title = 'asked', e => document.title = String(e)); 0`
		if err := tab.eval(t.Context(), "ask the other host", ask, nil); err != nil {
			t.Fatal(err)
		}
		var title string
		err := tab.WaitFor(t.Context(), "the other host", func(ctx context.Context) (bool, error) {
			err := tab.eval(ctx, "title", "document.title", &title)
			return title != "quiet", err
		})
		if err != nil || title != "asked" {
			t.Fatalf("%s, %v", title, err)
		}
	}
	direct := testBrowser(t, func(o *Options) { o.Flags = []string{trust, "host-resolver-rules=MAP *.shop.test 127.0.0.1"} })
	visit(direct)
	if got := s.named("api.shop.test"); got != 0 {
		t.Errorf("without a proxy the second host has %d connections of its own: the test cannot see sharing", got)
	}
	b, _ := behindProxy(t, proxy.Options{Upstream: up}, trust)
	visit(b)
	mu.Lock()
	defer mu.Unlock()
	for _, host := range []string{"www.shop.test:" + port, "api.shop.test:" + port} {
		if !strings.Contains(strings.Join(tunnels, " "), host) {
			t.Errorf("there was no tunnel to %s, only to %q", host, tunnels)
		}
	}
}

func TestProbeTellsWhoIsBehindTheProxy(t *testing.T) {
	t.Parallel()
	b, h := behindProxy(t, proxy.Options{})
	stranger := testBrowser(t, nil)
	try := func(b *Browser) bool {
		probe := h.p.Probe()
		defer probe.Forget()
		tab := testTab(t, b)
		for _, u := range probe.URLs() {
			_ = tab.Navigate(t.Context(), u) // only the asking counts
		}
		return probe.Proved()
	}
	if !try(b) {
		t.Error("a browser behind the proxy is not known by it")
	}
	if try(stranger) {
		t.Error("a browser behind no proxy passes for one behind it")
	}
}

func TestWebSocketHasNoWayOut(t *testing.T) {
	t.Parallel()
	s := newFateSite(t, "HTTP/1.1")
	s.page = "<title>quiet</title>"
	const script = `{ const w = new WebSocket(location.origin.replace('http', 'ws') + '/socket'); w.onopen = w.onerror = () => document.title = 'ended' } 0`
	try := func(b *Browser) {
		tab := testTab(t, b)
		load(t, tab, s.url)
		if err := tab.eval(t.Context(), "open a WebSocket", script, nil); err != nil {
			t.Fatal(err)
		}
		if err := tab.WaitFor(t.Context(), "the WebSocket's end", func(ctx context.Context) (bool, error) {
			var title string
			err := tab.eval(ctx, "title", "document.title", &title)
			return title == "ended", err
		}); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := behindProxy(t, proxy.Options{Private: true})
	try(b)
	if s.asked("/socket") {
		t.Error("the server was reached past the proxy")
	}
	try(testBrowser(t, nil))
	if !s.asked("/socket") {
		t.Error("without the proxy the server was not reached either: the test cannot see it")
	}
}
