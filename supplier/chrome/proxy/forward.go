package proxy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
)

// passageKey finds the passage in the context of a cleartext request.
type passageKey struct{}

// errSecondDial is a bug's: a cleartext request is dialled once.
var errSecondDial = errors.New("a request may not be sent over a second connection")

// exchange passes on one cleartext request and its response.
func (p *Proxy) exchange(w http.ResponseWriter, r *http.Request, out *passage) {
	// The browser is to get what the server said, so the HTTP server adds
	// neither a date nor a type that it guessed.
	w.Header()["Date"] = nil
	w.Header()["Content-Type"] = nil
	out.request = r.Context()
	// Else the HTTP server closes the request's body with the first byte of the
	// response, which is taken for a broken request by whoever still passes it
	// on, although the server has it whole: the response is then cut off.
	if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
		p.opts.Report(err)
	}
	p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), passageKey{}, out)))
}

// forwarder passes cleartext requests on. Each has a connection of its own to
// the server, as net/http repeats a request only where a kept one broke.
func (p *Proxy) forwarder() *httputil.ReverseProxy {
	transport := &http.Transport{
		DialContext:            p.dialForward,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: int64(p.opts.MaxHead),
		Protocols:              http1(),
	}
	if p.opts.Upstream != nil {
		transport.Proxy = http.ProxyURL(p.opts.Upstream)
	}
	return &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // at once
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.RawQuery = r.In.URL.RawQuery // it cleans what it cannot parse
			r.Out.Header.Del("Upgrade")            // WebSocket takes another way
			r.Out.Header.Del("Connection")
		},
		ModifyResponse: func(res *http.Response) error {
			if res.StatusCode == http.StatusProxyAuthRequired {
				return errUpstreamPassword // the browser would take it for our question
			}
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil { // the browser still wants it
				p.opts.Report(err)
			}
			panic(http.ErrAbortHandler) // an answer would look like the site's
		},
	}
}

// dialForward connects a cleartext request to its server or to the upstream
// proxy.
func (p *Proxy) dialForward(ctx context.Context, _, addr string) (net.Conn, error) {
	out := ctx.Value(passageKey{}).(*passage)
	if out.dialed {
		return nil, errSecondDial
	}
	out.dialed = true
	if !p.enter() {
		return nil, ErrClosed
	}
	defer p.running.Done()
	// net/http lets a dial outlive its request.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(out.request, cancel)()
	raw, err := p.dialTCP(ctx, out.host, addr)
	if err != nil {
		return nil, err
	}
	server, ok := out.attach(raw)
	if !ok {
		raw.Close()
		return nil, net.ErrClosed
	}
	return server, nil
}
