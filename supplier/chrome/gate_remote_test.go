package chrome

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countermand/supplier/chrome/proxy"
)

// freeAddr is an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A browser that somebody else started behind the proxy works like our own,
// without the pages that stood there.
func TestGateTakesABrowserBehindItsProxy(t *testing.T) {
	t.Parallel()
	s, addr := newLogSite(t), freeAddr(t)
	address, _ := otherBrowser(t, "--proxy-server=http="+addr+";https="+addr+";socks=127.0.0.1:9", "--proxy-bypass-list=<-loopback>", s.url+"/")
	b := gatedBrowser(t, func(o *Options) {
		o.ProfileDir, o.RemoteURL, o.Proxy = "", address, proxy.Options{Private: true, Addr: addr}
	})
	b.set(writes(func(*Request) Decision { return Fail() }))
	tab := testTab(t, b.Browser)
	s.try(t, tab, "fetch", "/write/attached")
	eventually(t, "the request at the gate", func() bool { return len(b.find("/write/attached")) > 0 })
	if n := s.count("/write/attached"); n != 0 {
		t.Errorf("arrived %d times", n)
	}
	// Nothing gets out once the gate is gone.
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.all()); n != 0 {
		t.Errorf("arrived: %v", s.all())
	}
}

// A browser with another way out is refused, with the command line that helps.
func TestGateRefusesOthers(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"no proxy":      nil,
		"another proxy": {"--proxy-server=http://" + freeAddr(t)},
		"only for http": {"--proxy-server=http=" + freeAddr(t)},
	} {
		address, _ := otherBrowser(t, flags...)
		times := defaultGateTimes
		times.prove = 2 * time.Second
		b, err := New(Options{RemoteURL: address, Gate: &testPolicy{}, Proxy: proxy.Options{Private: true}, times: times, StartTimeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if err = b.Start(t.Context()); !errors.Is(err, ErrOutside) || !strings.Contains(err.Error(), "--proxy-server=http=127.0.0.1:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Somebody else's browser lives on when its connection is lost. From then on
// nothing of it gets out, also while it is being told that nothing left.
func TestLostBrowserHasNoWayOut(t *testing.T) {
	t.Parallel()
	s, addr := newLogSite(t), freeAddr(t)
	address, _ := otherBrowser(t, "--proxy-server=http="+addr+";https="+addr+";socks=127.0.0.1:9", "--proxy-bypass-list=<-loopback>")
	b := gatedBrowser(t, func(o *Options) {
		o.ProfileDir, o.RemoteURL, o.Proxy = "", address, proxy.Options{Private: true, Addr: addr}
	})
	name, password := b.cur.gate.proxy.Credentials()
	through := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: addr, User: url.UserPassword(name, password)})}
	defer through.CloseIdleConnections()
	more, err := http.NewRequest(http.MethodPost, s.url+"/write/after", strings.NewReader("a=1"))
	if err != nil {
		t.Fatal(err)
	}
	after, cut := make(chan error, 1), b.cur.end
	b.set(writes(func(*Request) Decision {
		return Hold(func(ctx context.Context, h *Held) {
			h.Sent = cut
			_, err := h.Release(ctx, func(context.Context) error { return nil })
			if !errors.Is(err, ErrNothingLeft) && !errors.Is(err, ErrNoAnswer) {
				t.Errorf("released: %v", err)
			}
			res, err := through.RoundTrip(more)
			if err == nil {
				res.Body.Close()
			}
			after <- err
		})
	}))
	tab := testTab(t, b.Browser)
	s.try(t, tab, "fetch", "/write/lost")
	if err := <-after; err == nil || s.count("/write/after") > 0 {
		t.Errorf("after the browser was lost: %v, arrived %d times", err, s.count("/write/after"))
	}
}

// Somebody else's browser lives on when we leave it, and its pages go on.
func TestBrowserThatIsLeftHasNoWayOut(t *testing.T) {
	t.Parallel()
	s, addr := newLogSite(t), freeAddr(t)
	address, _ := otherBrowser(t, "--proxy-server=http="+addr+";https="+addr+";socks=127.0.0.1:9", "--proxy-bypass-list=<-loopback>")
	b := gatedBrowser(t, func(o *Options) {
		o.ProfileDir, o.RemoteURL, o.Proxy = "", address, proxy.Options{Private: true, Addr: addr}
	})
	b.set(writes(func(*Request) Decision { return Fail() }))
	tab := testTab(t, b.Browser)
	load(t, tab, s.url+"/")
	if err := tab.eval(t.Context(), "send", "setInterval(() => post('/write/busy'), 5); 0", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "requests at the gate", func() bool { return len(b.find("/write/busy")) > 20 })
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.count("/write/busy"); n != 0 {
		t.Errorf("arrived %d times", n)
	}
}
