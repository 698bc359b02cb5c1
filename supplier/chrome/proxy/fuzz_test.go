package proxy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

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
