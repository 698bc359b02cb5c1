package proxy

import (
	"net/http"
	"testing"
	"time"
)

// BenchmarkRequest compares a request over a kept connection with and without
// the proxy.
func BenchmarkRequest(b *testing.B) {
	for _, protocol := range protocols {
		s := newSite(b, protocol, func(http.ResponseWriter, *http.Request) {})
		p := start(b, nil)
		for name, c := range map[string]*http.Client{"direct": s.Client(), "proxy": client(b, p, s)} {
			b.Run(protocol+"/"+name, func(b *testing.B) {
				for b.Loop() {
					get(b, c, s.URL)
				}
			})
		}
	}
}

// BenchmarkWindow is what a window costs beside its wait: the new connection
// and the request over it.
func BenchmarkWindow(b *testing.B) {
	for _, protocol := range protocols {
		b.Run(protocol, func(b *testing.B) {
			s := newSite(b, protocol, func(http.ResponseWriter, *http.Request) {})
			p := start(b, func(o *Options) { o.Settle = time.Nanosecond })
			c := client(b, p, s)
			for b.Loop() {
				c.CloseIdleConnections()
				w, err := p.Open(b.Context(), http.MethodGet, s.url(b))
				if err != nil {
					b.Fatal(err)
				}
				get(b, c, s.URL+"/")
				w.End()
			}
		})
	}
}
