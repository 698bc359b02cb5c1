package proxy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestsPassUnchanged(t *testing.T) {
	t.Parallel()
	const query = "a=1;b=2&c=%zz&d=x y"
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, protocol, func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				for name := range r.Header {
					switch name {
					case "Accept-Encoding", "User-Agent", "Content-Length", "X-Ours", "Connection":
					default:
						t.Errorf("the server sees header %s", name)
					}
				}
				w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
				fmt.Fprintf(w, "%s %s %s %s", r.Proto, r.Host, r.URL.RawQuery, b)
			})
			c := client(t, start(t, nil), s)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/path", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = strings.ReplaceAll(query, " ", "+")
			r.Header.Set("X-Ours", "1")
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			proto := "HTTP/1.1"
			if protocol == "HTTP/2" {
				proto = "HTTP/2.0"
			}
			if want := fmt.Sprintf("%s %s %s body", proto, s.url(t).Host, r.URL.RawQuery); string(b) != want {
				t.Errorf("got %q, want %q", b, want)
			}
			for _, name := range []string{"Date", "Content-Type", "Via"} {
				if got := res.Header.Values(name); got != nil {
					t.Errorf("the browser sees %s: %q, which the server did not send", name, got)
				}
			}
		})
	}
}

func TestPasswordIsAskedFor(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	name, password := p.Credentials()
	wrong := []string{
		"", "Basic", "Basic !", "Bearer " + password,
		"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":")),
		"Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password+"x")),
		"Basic " + base64.StdEncoding.EncodeToString([]byte(":"+password)),
	}
	w := open(t, p, here.url())
	for _, header := range wrong {
		for _, request := range []string{"CONNECT " + here.addr, "GET http://" + here.addr + "/"} {
			l := dialProxy(t, p)
			fmt.Fprintf(l, "%s HTTP/1.1\r\nHost: x\r\nProxy-Authorization: %s\r\n\r\n", request, header)
			if got := l.status(t, http.MethodGet); got != http.StatusProxyAuthRequired {
				t.Errorf("%s with %q: %d", request, header, got)
			}
			// The same connection may answer.
			if got := l.connect(t, "127.0.0.1:1"); got != http.StatusBadGateway {
				t.Errorf("%s with %q, then with the password: %d", request, header, got)
			}
		}
	}
	if got := w.End(); got.Admitted || got.Refused != 0 || here.conns.Load() != 0 {
		t.Errorf("strangers touched the window: %+v, server: %d connections", got, here.conns.Load())
	}
	if again := start(t, nil); again.password == p.password {
		t.Error("two starts have one password")
	}
}

func TestOnlyProxyRequestsAreTaken(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: x", "OPTIONS * HTTP/1.1\r\nHost: x", "GET https://a.example/ HTTP/1.1\r\nHost: x",
		"GET ftp://a.example/ HTTP/1.1\r\nHost: x", "GET http:///x HTTP/1.1\r\nHost: x", "CONNECT a.example HTTP/1.1\r\nHost: x",
		"CONNECT /rpc HTTP/1.1\r\nHost: x", "CONNECT a.example:0 HTTP/1.1\r\nHost: x", "CONNECT a.example:65536 HTTP/1.1\r\nHost: x",
		"CONNECT u:p@a.example:443 HTTP/1.1\r\nHost: x", "GET http://u:p@a.example/ HTTP/1.1\r\nHost: x", "PRI * HTTP/2.0",
	} {
		l := dialProxy(t, p)
		fmt.Fprintf(l, "%s\r\n%s\r\n", request, auth(p))
		if got := l.status(t, http.MethodGet); got != http.StatusBadRequest {
			t.Errorf("%q: %d", request, got)
		}
		l.mustEnd(t, request)
	}
}

func TestBrokenAnswersAreBrokenForTheBrowser(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"none":        "",
		"half a head": "HTTP/1.1 200 OK\r\nContent-Le",
		"half a body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"half chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"no HTTP":     "SSH-2.0\r\n\r\n",
		"upgraded":    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "HTTP/1.1", func(w http.ResponseWriter, r *http.Request) {
				c, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				if got := r.Header.Get("Upgrade") + r.Header.Get("Connection"); got != "close" {
					t.Errorf("the server is asked for %q", got)
				}
				_, _ = io.WriteString(c, answer)
			})
			p := start(t, nil)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader("order=1"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Upgrade", "websocket")
			r.Header.Set("Connection", "Upgrade")
			res, err := client(t, p, s).Do(r)
			if err == nil {
				defer res.Body.Close()
				if b, readErr := io.ReadAll(res.Body); readErr == nil {
					t.Errorf("a whole answer: %s %q", res.Status, b)
				}
			}
			if got := s.arrived.Load(); got != 1 {
				t.Errorf("arrived %d times", got)
			}
		})
	}
}

func TestTunnelEndsAsItsSidesDo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := start(t, func(o *Options) { o.LingerTimeout = time.Millisecond })
	tunnel := func() (*line, *net.TCPConn) {
		browser := dialProxy(t, p)
		if got := browser.connect(t, l.Addr().String()); got != http.StatusOK {
			t.Fatal(got)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(long)); err != nil {
			t.Fatal(err)
		}
		return browser, c.(*net.TCPConn)
	}
	wantEnd := func(what string, c net.Conn, reset bool) {
		t.Helper()
		_, err := c.Read(make([]byte, 1))
		if err == nil || timedOut(err) || errors.Is(err, io.EOF) == reset {
			t.Errorf("%s: %v", what, err)
		}
	}
	browser, server := tunnel()
	server.Close()
	wantEnd("the server closed", browser.Conn, false)

	browser, server = tunnel()
	if err := server.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	server.Close()
	wantEnd("the server reset", browser.Conn, true)

	browser, server = tunnel()
	browser.Close()
	wantEnd("the browser closed", server, false)

	browser, server = tunnel()
	if err := server.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	wantEnd("the server closed half, its end", browser.Conn, false)
	wantEnd("the server closed half, and nobody the rest", server, true)
}

func TestBounds(t *testing.T) {
	t.Parallel()
	t.Run("silent connection", func(t *testing.T) {
		t.Parallel()
		p := start(t, func(o *Options) { o.HeadTimeout = time.Millisecond })
		dialProxy(t, p).mustEnd(t, "nothing sent")
		half := dialProxy(t, p)
		_, _ = io.WriteString(half, "CONNECT a.exam")
		if got := half.status(t, http.MethodGet); got != 0 && got != http.StatusBadRequest {
			t.Errorf("half a head: %d", got)
		}
		half.mustEnd(t, "half a head")
	})
	t.Run("large head", func(t *testing.T) {
		t.Parallel()
		p := start(t, func(o *Options) { o.MaxHead = 1 << 10 })
		l := dialProxy(t, p)
		go fmt.Fprintf(l, "CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 1<<16))
		if got := l.status(t, http.MethodGet); got != 0 && got != http.StatusRequestHeaderFieldsTooLarge {
			t.Error(got)
		}
	})
	t.Run("connections", func(t *testing.T) {
		t.Parallel()
		p, here := start(t, func(o *Options) { o.MaxConns = 2 }), newEcho(t)
		lines := []*line{dialProxy(t, p), dialProxy(t, p)}
		for _, l := range lines {
			if got := l.connect(t, here.addr); got != http.StatusOK {
				t.Fatal(got)
			}
		}
		dialProxy(t, p).mustEnd(t, "one too many")
		lines[0].Close()
		eventually(t, "there is room again", func() bool { return dialProxy(t, p).connect(t, here.addr) == http.StatusOK })
	})
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	p, here := start(t, nil), newEcho(t)
	stuck := newSite(t, "HTTP/1.1", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	idle, tunnel, waiting := dialProxy(t, p), dialProxy(t, p), dialProxy(t, p)
	if got := tunnel.connect(t, here.addr); got != http.StatusOK {
		t.Fatal(got)
	}
	waiting.send(http.MethodGet, stuck.URL)
	eventually(t, "the request is at the server", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		n := 0
		for c := range p.conns {
			if c.server != nil {
				n++
			}
		}
		return n == 2
	})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for what, l := range map[string]*line{"idle": idle, "tunnel": tunnel, "waiting": waiting} {
		l.mustEnd(t, what)
	}
	if len(p.conns) != 0 {
		t.Errorf("%d connections are left", len(p.conns))
	}
}

func TestAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	if _, err := Start(Options{Addr: p.Addr()}); err == nil || !strings.Contains(err.Error(), p.Addr()) {
		t.Errorf("got %v", err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	b := p.Probe()
	urls := b.URLs()
	c := clientAs(t, p, nil, nil) // a browser that was not told the password
	if got := get(t, c, urls[0]); got != "" || b.Proved() {
		t.Errorf("http alone: %q, proved %v", got, b.Proved())
	}
	if res, err := c.Get(urls[1]); err == nil {
		res.Body.Close()
		t.Error("https has an answer")
	}
	if !b.Proved() {
		t.Error("both were asked for, and it is not proved")
	}
	other := p.Probe()
	if other.Proved() || other.host == b.host {
		t.Error("another probe is proved by this one")
	}
	b.Forget()
	if res, err := c.Get(urls[0]); err != nil {
		t.Error(err)
	} else if res.Body.Close(); res.StatusCode != http.StatusProxyAuthRequired {
		t.Errorf("a forgotten probe answers %d", res.StatusCode)
	}
}

func TestFlagsNameTheAddress(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	flags := p.Flags()
	if want := "proxy-server=http=" + p.Addr() + ";https=" + p.Addr() + ";socks=127.0.0.1:9"; flags[0] != want {
		t.Errorf("got %q, want %q", flags[0], want)
	}
	if strings.Contains(strings.Join(flags, " "), p.password) {
		t.Error("the password stands on the command line")
	}
}
