package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// write asks as a browser does that sends a request again by itself where a
// connection that was used before breaks: Go's client does so with this
// header.
func write(t *testing.T, c *http.Client, address string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("order=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", "1")
	res, err := c.Do(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	return err
}

// writeOnce writes in a window, and again where nothing left: the client may
// not have noticed yet that its old connection has ended.
func writeOnce(t *testing.T, p *Proxy, c *http.Client, s *site) {
	t.Helper()
	for {
		w := open(t, p, s.url(t))
		err := write(t, c, s.URL)
		res := w.End()
		if err == nil {
			if !res.Admitted || res.NothingLeft() {
				t.Errorf("answered, but the window says %+v", res)
			}
			return
		}
		if !res.NothingLeft() {
			t.Fatal(err)
		}
	}
}

func TestBrokenWriteArrivesOnceInAWindowAndTwiceWithout(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"HTTP/1.1", "TLS"} {
		for _, windowed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, window %v", protocol, windowed), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, protocol, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodPost {
						_, _ = io.Copy(io.Discard, r.Body)
						hangUp(w)
					}
				})
				p := start(t, nil)
				c := client(t, p, s)
				get(t, c, s.URL) // the connection to be used again
				want := int32(2)
				var w *Window
				if windowed {
					want = 1
					w = open(t, p, s.url(t))
				}
				if err := write(t, c, s.URL); err == nil {
					t.Error("the server never answered, and yet there is an answer")
				}
				if windowed {
					if res := w.End(); !res.Admitted || res.NothingLeft() {
						t.Errorf("the write left, but the window says %+v", res)
					}
				}
				if got := s.arrived.Load(); got != want {
					t.Errorf("arrived %d times, want %d", got, want)
				}
				get(t, c, s.URL) // as ever afterwards
			})
		}
	}
}

func TestWindowAnswersOnEachProtocol(t *testing.T) {
	t.Parallel()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, protocol, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
			p := start(t, nil)
			c := client(t, p, s)
			get(t, c, s.URL)
			for range 5 {
				writeOnce(t, p, c, s)
			}
			if got := s.arrived.Load(); got != 5 {
				t.Errorf("arrived %d times, want 5", got)
			}
		})
	}
}

func TestOneTunnelPerWindow(t *testing.T) {
	t.Parallel()
	p, here, elsewhere := start(t, nil), newEcho(t), newEcho(t)
	w := open(t, p, here.url())
	first := dialProxy(t, p)
	if got := first.connect(t, here.addr); got != http.StatusOK {
		t.Fatalf("the one connection: %d", got)
	}
	first.mustCarry(t, "the one connection")
	for range 3 {
		more := dialProxy(t, p)
		if got := more.connect(t, here.addr); got != 0 {
			t.Errorf("a further connection was answered with %d, want an end without an answer", got)
		}
	}
	other := dialProxy(t, p)
	if got := other.connect(t, elsewhere.addr); got != http.StatusOK {
		t.Errorf("another origin: %d", got)
	}
	want := Result{Admitted: true, Sent: 1, Refused: 3}
	if got := w.End(); got != want {
		t.Errorf("window: %+v, want %+v", got, want)
	}
	if got := w.End(); got != want {
		t.Errorf("ended again: %+v, want %+v", got, want)
	}
	first.mustCarry(t, "the one connection after the window")
	after := dialProxy(t, p)
	if got := after.connect(t, here.addr); got != http.StatusOK {
		t.Fatalf("after the window: %d", got)
	}
	after.mustCarry(t, "after the window")
	if got := here.conns.Load(); got != 2 {
		t.Errorf("the server saw %d connections, want 2", got)
	}
}

func TestOpenEndsWhatCouldCarryTheRequest(t *testing.T) {
	t.Parallel()
	p, here, elsewhere := start(t, nil), newEcho(t), newEcho(t)
	plain := newSite(t, "HTTP/1.1", func(http.ResponseWriter, *http.Request) {})

	tunnel, other, unused, challenged, kept := dialProxy(t, p), dialProxy(t, p), dialProxy(t, p), dialProxy(t, p), dialProxy(t, p)
	for l, host := range map[*line]string{tunnel: here.addr, other: elsewhere.addr} {
		if got := l.connect(t, host); got != http.StatusOK {
			t.Fatal(got)
		}
	}
	fmt.Fprintf(challenged, "CONNECT %s HTTP/1.1\r\nHost: x\r\n\r\n", here.addr)
	if got := challenged.status(t, http.MethodConnect); got != http.StatusProxyAuthRequired {
		t.Fatal(got)
	}
	kept.send(http.MethodGet, plain.URL+"/")
	if got := kept.status(t, http.MethodGet); got != http.StatusOK {
		t.Fatal(got)
	}
	eventually(t, "all connections are known", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.conns) == 5
	})
	defer open(t, p, here.url()).End()
	tunnel.mustEnd(t, "tunnel to the origin")
	unused.mustEnd(t, "unused connection")
	challenged.mustEnd(t, "connection that was asked for the password")
	other.mustCarry(t, "tunnel to another origin")
	kept.send(http.MethodGet, plain.URL+"/")
	if got := kept.status(t, http.MethodGet); got != http.StatusOK {
		t.Errorf("kept connection to another origin: %d", got)
	}
	defer open(t, p, plain.url(t)).End()
	kept.mustEnd(t, "kept cleartext connection")
}

func TestOpenEndsADialUnderWay(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	upstream := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		w.WriteHeader(http.StatusOK)
	})
	defer close(release)
	p := start(t, func(o *Options) { o.Upstream = upstream.url(t) })
	l := dialProxy(t, p)
	l.send(http.MethodConnect, "shop.example:443")
	<-asked
	defer open(t, p, &url.URL{Scheme: "https", Host: "shop.example"}).End()
	l.mustEnd(t, "connection whose server is not reached yet")
}

func TestCleartextWindowTakesItsRequestOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestTimeout) })
	p := start(t, nil)
	w := open(t, p, s.url(t))
	for _, other := range []string{"GET /", "POST /other", "POST /?x"} {
		method, path, _ := strings.Cut(other, " ")
		l := dialProxy(t, p)
		l.send(method, s.URL+path)
		if got := l.status(t, method); got != 0 {
			t.Errorf("%s was answered with %d", other, got)
		}
	}
	if got := dialProxy(t, p).connect(t, s.url(t).Host); got != 0 {
		t.Errorf("a tunnel was answered with %d", got)
	}
	l := dialProxy(t, p)
	l.send(http.MethodPost, s.URL+"/")
	if got := l.status(t, http.MethodPost); got != http.StatusRequestTimeout {
		t.Fatal(got)
	}
	l.send(http.MethodPost, s.URL+"/")
	if got := l.status(t, http.MethodPost); got != 0 {
		t.Errorf("the second request on the same connection was answered with %d", got)
	}
	if got := w.End(); got.Refused != 5 || s.arrived.Load() != 1 {
		t.Errorf("arrived %d times, window: %+v", s.arrived.Load(), got)
	}
}

func TestNothingLeftWhereNoConnectionCame(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	if got := w.Withdraw(); got.Admitted || !got.NothingLeft() {
		t.Errorf("withdrawn: %+v", got)
	}
	if got := dialProxy(t, p).connect(t, here.addr); got != 0 {
		t.Errorf("let in after the withdrawal: %d", got)
	}
	if got := w.End(); !got.NothingLeft() || got.Refused != 1 || here.conns.Load() != 0 {
		t.Errorf("the server saw %d connections, window: %+v", here.conns.Load(), got)
	}
}

func TestNothingLeftWhereTheServerWasNotReached(t *testing.T) {
	t.Parallel()
	gone := newEcho(t)
	var told reported
	p := start(t, func(o *Options) { o.Private, o.Report = false, told.add })
	w := open(t, p, gone.url())
	if got := dialProxy(t, p).connect(t, gone.addr); got != http.StatusBadGateway {
		t.Errorf("answer: %d", got)
	}
	if got := w.End(); !got.Admitted || !got.NothingLeft() {
		t.Errorf("window: %+v", got)
	}
	if !told.has(ErrPrivate.Error()) {
		t.Errorf("reported: %q", told.all)
	}
}

func TestWithdrawnSilentConnectionSendsNothing(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	l := dialProxy(t, p)
	if got := l.connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	if got := w.Withdraw(); !got.Admitted || !got.NothingLeft() {
		t.Fatalf("withdrawn: %+v", got)
	}
	_, _ = l.Write([]byte("too late"))
	l.mustEnd(t, "withdrawn connection")
	if got := w.End(); !got.NothingLeft() || here.bytes.Load() != 0 {
		t.Errorf("the server got %d bytes, window: %+v", here.bytes.Load(), got)
	}
}

func TestWithdrawEndsTheConnection(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	l := dialProxy(t, p)
	if got := l.connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	l.mustCarry(t, "before")
	want := Result{Admitted: true, Sent: 1}
	if got := w.Withdraw(); got != want || got.NothingLeft() {
		t.Errorf("withdrawn: %+v, want %+v", got, want)
	}
	l.mustEnd(t, "the connection")
	if got := dialProxy(t, p).connect(t, here.addr); got != 0 {
		t.Errorf("let in after the withdrawal: %d", got)
	}
	want.Refused = 1
	if got := w.End(); got != want {
		t.Errorf("ended: %+v, want %+v", got, want)
	}
}

func TestEndLeavesAConnectionThatHasSent(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	l, idle := dialProxy(t, p), dialProxy(t, p)
	if got := l.connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	l.mustCarry(t, "before")
	w.End()
	l.mustCarry(t, "after")

	w = open(t, p, here.url())
	l.mustEnd(t, "the connection of the window before")
	idle.mustEnd(t, "an idle connection")
	silent := dialProxy(t, p)
	if got := silent.connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	if got := w.End(); !got.NothingLeft() {
		t.Errorf("window: %+v", got)
	}
	silent.mustEnd(t, "a connection of which nothing left is told")
}

// Whoever is about to write when the connection ends comes too late, whatever
// the state of the sockets.
func TestNothingPassesAnEndedConnection(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	if got := dialProxy(t, p).connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	w.Withdraw()
	if w.pass(1) {
		t.Error("a byte may pass")
	}
	if _, ok := (&passage{conn: w.conn, window: w}).attach(nil); ok {
		t.Error("a server may be attached")
	}
	if got := w.End(); !got.NothingLeft() {
		t.Errorf("window: %+v", got)
	}
}

func TestOpenIsRefused(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := open(t, p, here.url())
	if _, err := p.Open(t.Context(), http.MethodPost, here.url()); !errors.Is(err, ErrBusy) {
		t.Errorf("second window: %v", err)
	}
	w.End()
	later := open(t, p, here.url())
	w.End()
	if _, err := p.Open(t.Context(), http.MethodPost, here.url()); !errors.Is(err, ErrBusy) {
		t.Errorf("an old window that is ended again ends the new one: %v", err)
	}
	later.End()
	for _, u := range []*url.URL{{Scheme: "ftp", Host: "a"}, {Scheme: "https"}, {Scheme: "https", Host: "a:b"}, {}} {
		if _, err := p.Open(t.Context(), http.MethodPost, u); err == nil {
			t.Errorf("%v has a window", u)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	patient := start(t, func(o *Options) { o.Settle = time.Hour })
	if _, err := patient.Open(ctx, http.MethodPost, here.url()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if got := dialProxy(t, patient).connect(t, here.addr); got != http.StatusOK {
		t.Errorf("after a window that was given up: %d", got)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(t.Context(), http.MethodPost, here.url()); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestNothingIsLetInBeforeTheOldOnesHaveSettled(t *testing.T) {
	t.Parallel()
	here := newEcho(t)
	p := start(t, func(o *Options) { o.Settle = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error)
	go func() {
		_, err := p.Open(ctx, http.MethodPost, here.url())
		opened <- err
	}()
	eventually(t, "shut", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.windows) == 1
	})
	if got := dialProxy(t, p).connect(t, here.addr); got != 0 {
		t.Errorf("let in too early: %d", got)
	}
	cancel()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPlaceIsKeptWhileOthersStillAsk(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	w := &Window{p: p, host: here.addr, line: http.MethodConnect}
	if err := w.shut(); err != nil {
		t.Fatal(err)
	}
	defer w.End()
	if got := dialProxy(t, p).connect(t, here.addr); got != 0 {
		t.Fatal(got)
	}
	refused, admitted := w.admit(0, false)
	if admitted || refused != 1 {
		t.Errorf("somebody asked a moment ago: admitted %v, refused %d", admitted, refused)
	}
	if _, admitted := w.admit(0, true); !admitted {
		t.Error("the wait has no end")
	}
	if _, admitted := w.admit(refused, false); !admitted {
		t.Error("nobody asks any more, and the place is kept")
	}
	if got := dialProxy(t, p).connect(t, here.addr); got != http.StatusOK {
		t.Error(got)
	}
}

// Browsers in a hurry, and windows that open and close: never more than one
// connection at a time while a window stands, and never one that is older.
func TestWindowHoldsAgainstManyConnections(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	ctx, cancel := context.WithCancel(t.Context())
	var hurried sync.WaitGroup
	for range 8 {
		hurried.Go(func() {
			for ctx.Err() == nil {
				l := dialProxy(t, p)
				if l.connect(t, here.addr) == http.StatusOK {
					_, _ = l.Write([]byte("x"))
					_, _ = l.r.ReadByte()
				}
				l.Close()
			}
		})
	}
	live := func(w *Window) (n int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for c := range p.conns {
			if c.host == w.host && !c.ended && c.server != nil {
				n++
				if c != w.conn {
					n++
				}
			}
		}
		return n
	}
	refused := 0
	for range 200 {
		w := open(t, p, here.url())
		for range 20 {
			if n := live(w); n > 1 {
				t.Errorf("%d connections in a window, or an old one", n)
			}
		}
		refused += w.End().Refused
	}
	cancel()
	hurried.Wait()
	if refused == 0 {
		t.Error("nothing was ever refused: the test does not try")
	}
}
