package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long is how long a test waits for what must come.
const long = 20 * time.Second

func start(t testing.TB, change func(*Options)) *Proxy {
	t.Helper()
	o := Options{Private: true, Settle: time.Millisecond}
	if change != nil {
		change(&o)
	}
	p, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// site is a server that counts what arrives and answers as it is told.
type site struct {
	*httptest.Server
	arrived atomic.Int32 // POST requests
}

// protocols are the ways to speak to a site.
var protocols = []string{"HTTP/1.1", "TLS", "HTTP/2"}

func newSite(t testing.TB, protocol string, answer http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.arrived.Add(1)
		}
		answer(w, r)
	}))
	switch protocol {
	case "HTTP/1.1":
		s.Start()
	case "TLS":
		s.StartTLS()
	case "HTTP/2":
		s.EnableHTTP2 = true
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *site) url(t testing.TB) *url.URL {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// client stands for a browser behind the proxy.
func client(t testing.TB, p *Proxy, s *site) *http.Client {
	t.Helper()
	name, password := p.Credentials()
	return clientAs(t, p, s, url.UserPassword(name, password))
}

func clientAs(t testing.TB, p *Proxy, s *site, who *url.Userinfo) *http.Client {
	t.Helper()
	tr := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", User: who, Host: p.Addr()}), ForceAttemptHTTP2: true}
	if s != nil && s.TLS != nil {
		tr.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: long}
}

func get(t testing.TB, c *http.Client, address string) string {
	t.Helper()
	res, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// line is one raw connection to the proxy.
type line struct {
	net.Conn
	r *bufio.Reader
	p *Proxy
}

func dialProxy(t testing.TB, p *Proxy) *line {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(long)); err != nil {
		t.Fatal(err)
	}
	return &line{c, bufio.NewReader(c), p}
}

// auth is the header with the right password.
func auth(p *Proxy) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(p.Credentials())
	return "Proxy-Authorization: " + r.Header.Get("Authorization") + "\r\n"
}

// send writes the head of a request with the password.
func (l *line) send(method, target string) {
	fmt.Fprintf(l, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, auth(l.p))
}

// status reads an answer's head and body; 0 where the connection ended
// without one.
func (l *line) status(t testing.TB, method string) int {
	t.Helper()
	res, err := http.ReadResponse(l.r, &http.Request{Method: method})
	if err != nil {
		if timedOut(err) {
			t.Fatalf("no answer and no end: %v", err)
		}
		return 0
	}
	if method != http.MethodConnect {
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
	}
	return res.StatusCode
}

func (l *line) connect(t testing.TB, host string) int {
	t.Helper()
	l.send(http.MethodConnect, host)
	return l.status(t, http.MethodConnect)
}

// mustEnd waits for the connection's end, with nothing more said on it.
func (l *line) mustEnd(t testing.TB, what string) {
	t.Helper()
	b, err := l.r.ReadByte()
	if err == nil || timedOut(err) {
		t.Fatalf("%s: want the end of the connection, got %q, %v", what, b, err)
	}
}

// mustCarry sends a byte through a tunnel to an echo server and back.
func (l *line) mustCarry(t testing.TB, what string) {
	t.Helper()
	if _, err := l.Write([]byte("x")); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if b, err := l.r.ReadByte(); err != nil || b != 'x' {
		t.Fatalf("%s: got %q, %v", what, b, err)
	}
}

func newReader(b []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(b)) }

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// echo is a server that sends back what it gets, for tunnels that no one
// speaks HTTP in. It counts connections and bytes.
type echo struct {
	addr  string
	conns atomic.Int32
	bytes atomic.Int64
}

func newEcho(t testing.TB) *echo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{addr: l.Addr().String()}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		open    []net.Conn
	)
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.conns.Add(1)
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, io.TeeReader(c, e))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return e
}

func (e *echo) Write(b []byte) (int, error) {
	e.bytes.Add(int64(len(b)))
	return len(b), nil
}

func (e *echo) url() *url.URL { return &url.URL{Scheme: "https", Host: e.addr} }

func open(t testing.TB, p *Proxy, u *url.URL) *Window {
	t.Helper()
	w, err := p.Open(t.Context(), http.MethodPost, u)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("not in time:", what)
		}
	}
}

// hangUp resets the connection that a request came on.
func hangUp(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2
	}
	raw := c
	if over, ok := c.(*tls.Conn); ok {
		raw = over.NetConn()
	}
	_ = raw.(*net.TCPConn).SetLinger(0)
	raw.Close()
}

// reported collects what the proxy reports.
type reported struct {
	mu  sync.Mutex
	all []string
}

func (r *reported) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, err.Error())
}

func (r *reported) has(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(strings.Join(r.all, "\n"), text)
}
