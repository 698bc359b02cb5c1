package proxy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
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

// A request of any form: it has one well-formed target or none.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n", "CONNECT [::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://Shop.Example/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "POST http://127.0.0.1:80/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT a%00:1 HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT [::1%25a]:1 HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := http.ReadRequest(newReader(b))
		if err != nil {
			return
		}
		host, err := target(r)
		if err != nil {
			return
		}
		if again, err := authority(host, ""); err != nil || again != host {
			t.Errorf("%q is written %q, and that again %q, %v", r.RequestURI, host, again, err)
		}
		if _, _, err := net.SplitHostPort(host); err != nil || strings.ToLower(host) != host || strings.ContainsAny(host, " \t\r\n/@") {
			t.Errorf("%q: no host and port: %q", r.RequestURI, host)
		}
		if r.Method != http.MethodConnect {
			// The window of the address that the browser shows is this one's.
			if o, err := origin(r.URL); err != nil || o != host {
				t.Errorf("%q: request to %q, window of %q, %v", r.RequestURI, host, o, err)
			}
		}
	})
}

// Whatever is sent by somebody who does not know the password: no server is
// reached, and no window is touched.
func FuzzStranger(f *testing.F) {
	f.Add("CONNECT", "a.example:443", "Basic eDp5")
	f.Add("GET", "http://a.example/", "")
	f.Add("POST", "http://a.example/", "Basic Og==\r\nProxy-Authorization: Basic eDp5")
	p := start(f, func(o *Options) {
		o.Upstream = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
		o.Report = func(err error) { panic(err) }
	})
	f.Fuzz(func(t *testing.T, method, address, header string) {
		r, err := http.ReadRequest(newReader([]byte(method + " " + address + " HTTP/1.1\r\nHost: x\r\nProxy-Authorization: " + header + "\r\n\r\n")))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		p.serve(w, r)
		if w.Code != http.StatusBadRequest && w.Code != http.StatusProxyAuthRequired {
			t.Errorf("%q %q %q: %d", method, address, header, w.Code)
		}
	})
}

func FuzzParseUpstream(f *testing.F) {
	f.Add("http://me:secret@proxy.example:3128")
	f.Add("[::1]:1")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUpstream(text)
		if err != nil {
			return
		}
		again, err := ParseUpstream(u.String())
		if err != nil || again.String() != u.String() {
			t.Errorf("%q is %q, and that again %v, %v", text, u, again, err)
		}
	})
}
