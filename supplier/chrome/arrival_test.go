package chrome

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/supplier/chrome/proxy"
)

// behindGate starts a browser whose writes wait to be released, and whose
// answers are waited for a while.
func behindGate(t *testing.T, o proxy.Options, patience time.Duration, flags ...string) (*gated, <-chan *Held) {
	t.Helper()
	b := gatedBrowser(t, func(opts *Options) {
		opts.Proxy, opts.Flags, opts.times = o, flags, defaultGateTimes
		opts.times.answer = patience
	})
	return b, holdPosts(b)
}

// holdPosts hands over each POST, which is held until it is released.
func holdPosts(b *gated) <-chan *Held {
	posts := make(chan *Held, 1)
	b.set(func(r *Request) Decision {
		if r.Method != http.MethodPost {
			return Pass()
		}
		return Hold(func(ctx context.Context, h *Held) {
			posts <- h
			<-ctx.Done()
		})
	})
	return posts
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
// window no write is taken twice. COUNTERMAND_WRITES=N makes it N of each.
func TestReleasedWriteArrivesOnce(t *testing.T) {
	t.Parallel()
	plain := []fate{answered, half, reset, late, timeout, misdird}
	for protocol, fates := range map[string][]fate{
		"HTTP/1.1": plain, "TLS": plain, "HTTP/2": append([]fate{refused, goAway, covered}, plain...),
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newFateSite(t, protocol)
			b, posts := behindGate(t, proxy.Options{Private: true}, 20*time.Second, "ignore-certificate-errors-spki-list="+s.spki)
			w := writer{t: t, b: b, posts: posts, tab: testTab(t, b.Browser), s: s}
			for _, f := range fates {
				w.inWindows(f)
			}
			if asked := len(b.cur.gate.asked); asked != 1 {
				t.Errorf("the browser was asked for the password %d times, want once", asked)
			}
			b.set(nil) // no window any more
			for _, f := range fates {
				if f != answered && f != half && (f != timeout || protocol != "HTTP/2") {
					w.twiceWithout(f)
				}
			}
		})
	}
}

// writer lets a page write, each time another order.
type writer struct {
	t      *testing.T
	b      *gated
	posts  <-chan *Held
	tab    *Tab
	s      *fateSite
	orders int
}

// start lets the page begin a write, in each of several ways in turn.
func (w *writer) start(f fate) (order string) {
	w.t.Helper()
	w.orders++
	order = strconv.Itoa(w.orders)
	w.s.setFate(f)
	load(w.t, w.tab, w.s.url)
	way := [...]string{"byFetch", "byForm", "byKeepalive", "byBeacon"}[w.orders%4]
	if err := w.tab.eval(w.t.Context(), "write", fmt.Sprintf("%s(%q)", way, order), nil); err != nil {
		w.t.Fatal(err)
	}
	return order
}

// inWindows writes until enough writes have arrived. One that finds its place
// taken, by a request that Chromium had on its way, does not arrive.
func (w *writer) inWindows(f fate) {
	w.t.Helper()
	enough := 2
	if testAll() {
		enough = 30
	}
	if n, err := strconv.Atoi(os.Getenv("COUNTERMAND_WRITES")); err == nil {
		enough = n
	}
	for tries, n := 0, 0; n < enough; tries++ {
		if tries == 5*enough {
			w.t.Errorf("%s: only %d of %d writes arrived", f, n, tries)
			return
		}
		order := w.start(f)
		answer, err := next(w.t, "the page's write", w.posts).Release(w.t.Context(), marked)
		arrived, taken := w.s.count(order, f)
		if arrived == 0 && err != nil {
			w.t.Logf("%s: did not arrive: %v", f, err)
			continue
		}
		n++
		wrong := taken > 1 || errors.Is(err, ErrNothingLeft)
		doubt := errors.Is(err, ErrNoAnswer)
		switch f {
		case answered:
			wrong = wrong || err != nil || answer.Status != http.StatusOK || len(answer.Body) == 0
		case timeout, misdird:
			wrong = wrong || err == nil && answer.Status == http.StatusOK && taken == 0
		default:
			wrong = wrong || !doubt && !promised[f]
		}
		if wrong {
			w.t.Errorf("%s: arrived %d times, taken %d times; answer %d %q, %v", f, arrived, taken, answer.Status, answer.Body, err)
		}
	}
}

// twiceWithout shows that the fate makes a write arrive twice.
func (w *writer) twiceWithout(f fate) {
	w.t.Helper()
	for range 10 {
		order := w.start(f)
		if soon(w.t, func() bool { n, _ := w.s.count(order, f); return n > 1 }) {
			return
		}
	}
	w.t.Errorf("%s: without a window nothing arrived twice: the test cannot see it", f)
}

func TestWriteThatIsNeverAnsweredIsWithdrawn(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "TLS", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newFateSite(t, protocol)
			b, posts := behindGate(t, proxy.Options{Private: true}, 300*time.Millisecond, "ignore-certificate-errors-spki-list="+s.spki)
			w := writer{t: t, b: b, posts: posts, tab: testTab(t, b.Browser), s: s}
			pid := b.PID()
			for range 4 {
				order := w.start(silent)
				_, err := next(t, "the page's write", posts).Release(t.Context(), marked)
				load(t, w.tab, s.url) // whatever is still to come comes before
				n, _ := s.count(order, silent)
				if err == nil || n > 1 || n == 1 && !errors.Is(err, ErrNoAnswer) {
					t.Errorf("arrived %d times: %v", n, err)
				}
			}
			if b.PID() != pid {
				t.Error("the browser was ended")
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
	b, _ := behindGate(t, proxy.Options{Upstream: up}, time.Second, trust)
	visit(b.Browser)
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
	gated, _ := behindGate(t, proxy.Options{}, time.Second)
	stranger := testBrowser(t, nil)
	try := func(b *Browser) bool {
		probe := gated.cur.gate.proxy.Probe()
		defer probe.Forget()
		tab := testTab(t, b)
		for _, u := range probe.URLs() {
			_ = tab.Navigate(t.Context(), u) // only the asking counts
		}
		return probe.Proved()
	}
	if !try(gated.Browser) {
		t.Error("a browser behind the proxy is not known by it")
	}
	if try(stranger) {
		t.Error("a browser behind no proxy passes for one behind it")
	}
}
