package proxy

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// user is the name that goes with the password.
const user = "countermand"

// Options of a proxy. The zero value listens on a random loopback port and
// reaches public addresses directly.
type Options struct {
	// Addr to listen on; default 127.0.0.1:0.
	Addr string
	// Upstream is the proxy that leads out of the network, as [ParseUpstream]
	// gives it; nil: none.
	Upstream *url.URL
	// Private lets pages reach loopback, private and link-local addresses. It
	// is for sites on loopback; else a page of the site could call the services
	// of this machine and its network through the proxy, where the browser's
	// own protection no longer sees what address is meant.
	Private bool
	// Report is told, from any goroutine, why a server could not be reached;
	// nil: nobody is.
	Report func(error)

	// Settle is the wait between the end of the old connections, or the last
	// attempt at another, and the new one, in which the browser notices;
	// default 20 ms.
	Settle time.Duration
	// HeadTimeout bounds how long a connection may take to say what it wants,
	// and an upstream proxy to answer; default 30 s.
	HeadTimeout time.Duration
	// DialTimeout bounds connecting to a server; default 20 s.
	DialTimeout time.Duration
	// IdleTimeout bounds how long a cleartext connection of the browser waits
	// for its next request; default 2 min.
	IdleTimeout time.Duration
	// LingerTimeout bounds how long a tunnel outlives the end of one of its
	// two directions; default 30 s.
	LingerTimeout time.Duration
	// MaxHead is how many bytes the head of a request or a response may have;
	// default 256 KiB.
	MaxHead int
	// MaxConns is how many connections the browser may hold; more are closed
	// at once. Default 512.
	MaxConns int
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	setDefault(&o.Settle, 20*time.Millisecond)
	setDefault(&o.HeadTimeout, 30*time.Second)
	setDefault(&o.DialTimeout, 20*time.Second)
	setDefault(&o.IdleTimeout, 2*time.Minute)
	setDefault(&o.LingerTimeout, 30*time.Second)
	setDefault(&o.MaxHead, 256<<10)
	setDefault(&o.MaxConns, 512)
	return o
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Proxy is a running proxy. Its methods may be called from any goroutine.
type Proxy struct {
	opts     Options
	password string
	addr     string
	srv      *http.Server
	forward  *httputil.ReverseProxy

	// running counts the accepting goroutine, the browser's connections and the
	// requests in hand.
	running sync.WaitGroup

	// mu is the one lock: it covers what is let in and what is closed, so that
	// nothing comes in between the two.
	mu      sync.Mutex
	closed  bool
	conns   map[*conn]struct{}
	windows map[string]*Window // by host and port
	probes  map[string]*Probe  // by host
}

// Start listens and serves until Close.
func Start(o Options) (*Proxy, error) {
	o = o.withDefaults()
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	p := &Proxy{
		opts: o, password: rand.Text(), addr: l.Addr().String(),
		conns: map[*conn]struct{}{}, windows: map[string]*Window{}, probes: map[string]*Probe{},
	}
	p.forward = p.forwarder()
	quiet := log.New(reports{o.Report}, "", 0)
	p.forward.ErrorLog = quiet
	p.srv = &http.Server{
		Handler:                      http.HandlerFunc(p.serve),
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            o.HeadTimeout,
		IdleTimeout:                  o.IdleTimeout,
		MaxHeaderBytes:               o.MaxHead,
		ErrorLog:                     quiet,
		Protocols:                    http1(),
		ConnState:                    p.release,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
	}
	p.running.Go(func() {
		if err := p.srv.Serve(listener{l, p}); !errors.Is(err, http.ErrServerClosed) {
			o.Report(fmt.Errorf("listen for the browser: %w", err))
		}
	})
	return p, nil
}

func http1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

// reports passes on what net/http would log.
type reports struct{ report func(error) }

// Write takes one entry.
func (r reports) Write(b []byte) (int, error) {
	r.report(errors.New(strings.TrimSpace(string(b))))
	return len(b), nil
}

// Close ends every connection and waits until nothing of the proxy runs.
// Windows that are open let nothing more in.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for c := range p.conns {
		c.end()
	}
	p.mu.Unlock()
	err := p.srv.Close()
	p.running.Wait()
	if err != nil {
		return fmt.Errorf("close the browser's proxy: %w", err)
	}
	return nil
}

// Addr is the host and port that the proxy listens on.
func (p *Proxy) Addr() string { return p.addr }

// Credentials are what the browser must answer when the proxy asks. They are
// made anew at each start.
func (p *Proxy) Credentials() (name, password string) { return user, p.password }

// Flags are the command-line switches, without dashes, by which Chromium sends
// everything here: http and https, also those of loopback, while WebSocket,
// which would take the socks entry, goes nowhere.
func (p *Proxy) Flags() []string {
	return []string{
		fmt.Sprintf("proxy-server=http=%[1]s;https=%[1]s;socks=127.0.0.1:9", p.addr),
		"proxy-bypass-list=<-loopback>",
	}
}

// serve handles one request of the browser.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	if !p.enter() {
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	defer p.running.Done()
	host, err := target(r)
	if err != nil {
		w.Header().Set("Connection", "close")
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if p.probed(w, r) {
		return
	}
	if !p.authorized(r.Header.Get("Proxy-Authorization")) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="countermand"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	c := r.Context().Value(connKey{}).(*conn)
	window, ok := p.admit(c, host, requestLine(r.Method, r.URL))
	if !ok {
		panic(http.ErrAbortHandler) // an answer would look like the site's
	}
	out := &passage{conn: c, window: window, host: host}
	if r.Method == http.MethodConnect {
		p.tunnel(w, r, out)
		return
	}
	p.exchange(w, r, out)
}

// enter counts a piece of work, unless Close has begun to wait.
func (p *Proxy) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Add(1)
	}
	return !p.closed
}

// authorized judges a Proxy-Authorization header.
func (p *Proxy) authorized(header string) bool {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return false
	}
	got, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	return err == nil && subtle.ConstantTimeCompare(got, []byte(user+":"+p.password)) == 1
}
