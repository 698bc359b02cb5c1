package chrome

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"

	"countermand/supplier/chrome/proxy"
)

// benchBrowser opens a tab in a browser with a gate or without.
func benchBrowser(b *testing.B, policy GatePolicy) (*Browser, *Tab) {
	b.Helper()
	o := Options{ProfileDir: filepath.Join(b.TempDir(), "profile"), Gate: policy, Proxy: proxy.Options{Private: true}}
	br, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = br.Stop(context.Background()) })
	tab, err := br.NewTab(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return br, tab
}

// BenchmarkGatePageLoad loads a page of 48 pictures without a gate, through the
// gate's proxy alone, and with the whole gate, in turn, so that the machine's
// load falls on all three.
func BenchmarkGatePageLoad(b *testing.B) {
	page := "<title>loading</title><body onload=\"document.title = 'loaded'\">"
	for i := range 48 {
		page += fmt.Sprintf("<img src='/pixel?%d'>", i)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/pixel") {
			w.Header().Set("Content-Type", "image/gif")
			fmt.Fprint(w, "GIF89a\x01\x00\x01\x00\x00\x00\x00;")
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	}))
	defer srv.Close()
	_, open := benchBrowser(b, nil)
	_, gated := benchBrowser(b, &testPolicy{})
	through, proxied := benchBrowser(b, &testPolicy{})
	visit := func(tab *Tab) {
		if err := tab.Navigate(b.Context(), srv.URL); err != nil {
			b.Fatal(err)
		}
		if err := poll(b.Context(), time.Millisecond, func() (bool, error) {
			var title string
			err := tab.eval(b.Context(), "title", "document.title", &title)
			return title == "loaded", err
		}); err != nil {
			b.Fatal(err)
		}
	}
	for _, tab := range []*Tab{open, proxied, gated} {
		visit(tab)
	}
	// The password was answered: nothing needs to be held from here on.
	if _, err := chromedp.CallBrowser(through.cur.gate.root, fetch.Disable, cdp.Empty{}); err != nil {
		b.Fatal(err)
	}
	spent := map[*Tab]float64{}
	for b.Loop() {
		for _, tab := range []*Tab{open, proxied, gated} {
			began := BootTime()
			visit(tab)
			spent[tab] += float64((BootTime() - began).Microseconds()) / 1000
		}
	}
	b.ReportMetric(spent[open]/float64(b.N), "ms/load-open")
	b.ReportMetric(spent[proxied]/spent[open], "proxy-ratio")
	b.ReportMetric(spent[gated]/float64(b.N), "ms/load-gated")
	b.ReportMetric(spent[gated]/spent[open], "gate-ratio")
}

// BenchmarkGateRelease releases a write on a quiet page, and passes the same
// write without a window.
func BenchmarkGateRelease(b *testing.B) {
	for name, decision := range map[string]func(*Request) Decision{
		"window": func(*Request) Decision {
			return Hold(func(ctx context.Context, h *Held) {
				if _, err := h.Release(ctx, marked); err != nil {
					b.Error(err)
				}
			})
		},
		"passed": func(*Request) Decision { return Pass() },
	} {
		b.Run(name, func(b *testing.B) {
			s, policy := newLogSite(b), &testPolicy{}
			policy.set(writes(decision))
			_, tab := benchBrowser(b, policy)
			if err := tab.Navigate(b.Context(), s.url+"/"); err != nil {
				b.Fatal(err)
			}
			n := 0
			for b.Loop() {
				n++
				path := fmt.Sprintf("/write/%d", n)
				if err := tab.eval(b.Context(), "write", fmt.Sprintf("go('fetch', %q); 0", path), nil); err != nil {
					b.Fatal(err)
				}
				if err := poll(b.Context(), time.Millisecond, func() (bool, error) { return s.count(path) == 1, nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
