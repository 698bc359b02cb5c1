package proxy

import (
	"crypto/rand"
	"net/http"
	"strings"
)

// Probe is a host name that exists nowhere. A browser that is told to open its
// addresses and is heard of here stands behind this proxy; one that stands
// behind none, or another, is not.
type Probe struct {
	p    *Proxy
	host string

	plain, secure bool // under p.mu
}

// Probe makes up a host name. It counts until Forget.
func (p *Proxy) Probe() *Probe {
	b := &Probe{p: p, host: strings.ToLower(rand.Text()) + ".invalid"}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probes[b.host] = b
	return b
}

// URLs are the two addresses to open, http and https, as a browser may have
// different ways for them. The second always ends in an error page.
func (b *Probe) URLs() [2]string {
	return [2]string{"http://" + b.host + "/", "https://" + b.host + "/"}
}

// Proved tells whether both addresses were asked for here.
func (b *Probe) Proved() bool {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	return b.plain && b.secure
}

// Forget drops the name.
func (b *Probe) Forget() {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	delete(b.p.probes, b.host)
}

// probed answers a request for a probe's host. It needs no password: being
// asked is all that counts, and only the browser knows the name.
func (p *Proxy) probed(w http.ResponseWriter, r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.probes[strings.ToLower(r.URL.Hostname())]
	if b == nil {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close")
	if r.Method == http.MethodConnect {
		b.secure = true
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	b.plain = true
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	return true
}
