package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPagesReachOnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	here := newEcho(t)
	_, port, err := net.SplitHostPort(here.addr)
	if err != nil {
		t.Fatal(err)
	}
	direct := start(t, func(o *Options) { o.Private = false })
	upstream := newSite(t, "HTTP/1.1", func(http.ResponseWriter, *http.Request) { t.Error("the upstream proxy was asked") })
	behind := start(t, func(o *Options) { o.Private, o.Upstream = false, upstream.url(t) })
	for name, p := range map[string]*Proxy{"direct": direct, "upstream": behind} {
		for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"} {
			target := host + ":" + port
			if got := dialProxy(t, p).connect(t, target); got != http.StatusBadGateway {
				t.Errorf("%s: CONNECT %s: %d", name, target, got)
			}
			l := dialProxy(t, p)
			l.send(http.MethodGet, "http://"+target+"/")
			if got := l.status(t, http.MethodGet); got != 0 {
				t.Errorf("%s: GET %s: %d", name, target, got)
			}
		}
	}
	if got := here.conns.Load(); got != 0 {
		t.Errorf("the server saw %d connections", got)
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"shop.example:443": true, "93.184.215.14:443": true, "[2606:2800:21f::1]:443": true, "notlocalhost:443": true,
		"localhost:80": false, "a.localhost:80": false, "127.8.0.1:80": false, "10.0.0.1:80": false, "172.16.0.1:80": false,
		"192.168.1.1:80": false, "169.254.169.254:80": false, "0.1.2.3:80": false, "[::]:80": false, "[fe80::1]:80": false,
		"[fd00::1]:80": false, "[::ffff:10.0.0.1]:80": false, "255.255.255.255:80": false, "224.0.0.1:80": false, "no port": false,
	} {
		if got := public(host) == nil; got != want {
			t.Errorf("%s: public is %v, want %v", host, got, want)
		}
	}
}

func TestUpstreamProxy(t *testing.T) {
	t.Parallel()
	far := start(t, nil)
	name, password := far.Credentials()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, protocol, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
			up, err := ParseUpstream(name + ":" + password + "@" + far.Addr())
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, func(o *Options) { o.Upstream = up })
			c := client(t, p, s)
			get(t, c, s.URL)
			writeOnce(t, p, c, s)
			if got := s.arrived.Load(); got != 1 {
				t.Errorf("arrived %d times", got)
			}
		})
	}
}

func TestUpstreamThatDoesNotHelp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ answer, told string }{
		"wants a password": {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "browser.upstream_proxy_file"},
		"refuses":          {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403 Forbidden"},
		"hangs up":         {"", "read its answer"},
		"is no proxy":      {"SSH-2.0-x\r\n\r\n", "no HTTP proxy"},
		"never ends":       {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<16), "read its answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, _ *http.Request) {
				c, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				_, _ = io.WriteString(c, tc.answer)
			})
			var told reported
			p := start(t, func(o *Options) { o.Upstream, o.Report, o.MaxHead = up.url(t), told.add, 4<<10 })
			w := open(t, p, &url.URL{Scheme: "https", Host: "shop.example"})
			if got := dialProxy(t, p).connect(t, "shop.example:443"); got != http.StatusBadGateway {
				t.Errorf("answer: %d", got)
			}
			if !told.has(tc.told) || !told.has("shop.example:443") {
				t.Errorf("reported: %q", told.all)
			}
			if got := w.End(); !got.Admitted || !got.NothingLeft() {
				t.Errorf("window: %+v", got)
			}
			plain := dialProxy(t, p)
			plain.send(http.MethodGet, "http://shop.example/")
			if got := plain.status(t, http.MethodGet); got != 0 && name != "refuses" {
				t.Errorf("cleartext: %d", got)
			}
		})
	}
}

func TestUpstreamThatSpeaksEarly(t *testing.T) {
	t.Parallel()
	up := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, _ *http.Request) {
		c, rest, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nhello ")
		_, _ = io.Copy(c, rest)
	})
	p := start(t, func(o *Options) { o.Upstream = up.url(t) })
	l := dialProxy(t, p)
	if got := l.connect(t, "shop.example:443"); got != http.StatusOK {
		t.Fatal(got)
	}
	_, _ = io.WriteString(l, "world")
	got := make([]byte, len("hello world"))
	if _, err := io.ReadFull(l.r, got); err != nil || string(got) != "hello world" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestParseUpstream(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"proxy.example:3128\n":            "http://proxy.example:3128",
		"http://Proxy.Example:3128/":      "http://proxy.example:3128",
		"me:se%40cret@proxy.example:8080": "http://me:se%40cret@proxy.example:8080",
		"http://me@[::1]:1":               "http://me@[::1]:1",
	} {
		u, err := ParseUpstream(text)
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v, want %s", text, u, err, want)
		}
	}
	for _, text := range []string{
		"", "proxy.example", "http://", "https://me:secret@proxy.example:1", "socks5://me:secret@proxy.example:1", "me:secret@proxy.example:x",
		"me:secret@proxy.example:1/path", "me:secret@proxy.example:1?q", "a:1\nme:secret@b:2", "me:sec%ret@proxy.example:1",
	} {
		u, err := ParseUpstream(text)
		if err == nil {
			t.Errorf("%q: %v", text, u)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows the password: %v", text, err)
		}
	}
}

func TestLookupEndsWithItsContext(t *testing.T) {
	t.Parallel()
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var conns []net.Conn
	var mu sync.Mutex
	r := newResolver(func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "udp", mute.LocalAddr().String())
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, c)
		}
		return c, err
	})
	go func() {
		if _, _, err := mute.ReadFrom(make([]byte, 512)); err != nil { // a question came
			t.Error(err)
		}
		cancel()
	}()
	if _, err := r.LookupIPAddr(ctx, "shop.example"); err == nil {
		t.Error("a server that says nothing has answered")
	}
	ownTimeout := time.Now().Add(4 * time.Second) // it is 5 s, and a little passed
	eventually(t, "the questions are given up", func() bool {
		if time.Now().After(ownTimeout) {
			t.Fatal("the lookup has outlived its context")
		}
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			if err := c.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
				return false
			}
		}
		return len(conns) > 0
	})
}
