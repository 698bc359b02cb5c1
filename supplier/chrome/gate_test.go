package chrome

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Every way in which a page can send something is shown to the policy. What it
// fails does not arrive; what it passes does, so that the test cannot pass by
// not trying.
func TestGateHoldsEveryWayToSend(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	if err := tab.SetBlocking(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	load(t, tab, s.url+"/")
	names := wayNames(t, tab)
	if len(names) < 55 {
		t.Fatalf("only %d ways", len(names))
	}
	b.set(writes(func(*Request) Decision { return Fail() }))
	for _, way := range names {
		path := "/write/failed/" + way
		s.try(t, tab, way, path)
		if !soon(t, func() bool { return len(b.find(path)) > 0 }) {
			t.Errorf("%s: the policy did not see it", way)
		}
		if err := tab.CloseOpened(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if all := s.all(); len(all) > 0 {
		t.Errorf("arrived although failed: %v", all)
	}
	unattended := map[string]bool{"in-sandbox": true, "worker": true, "blob-worker": true, "shared-worker": true, "later": true, "later-left": true, "pagehide": true, "unload": true, "hidden": true}
	for _, way := range names {
		for _, r := range b.find("/write/failed/" + way) {
			if strings.HasSuffix(r.URL, "/"+way) && r.Unattended != unattended[way] {
				t.Errorf("%s: %s, unattended %v", way, r.Kind, r.Unattended)
			}
		}
	}
	b.set(nil)
	for i, way := range names {
		if !testAll() && i%6 != 0 {
			continue
		}
		path := "/write/passed/" + way
		s.try(t, tab, way, path)
		if !soon(t, func() bool { return s.count(path) > 0 }) {
			t.Errorf("%s: passed, but did not arrive", way)
		}
		if err := tab.CloseOpened(t.Context()); err != nil {
			t.Error(err)
		}
	}
	load(t, tab, s.url+"/quiet")
	for path, n := range s.all() {
		if n != 1 {
			t.Errorf("%s arrived %d times", path, n)
		}
	}
	if n, own := b.reported(""), b.reported("connect to "); n != own { // the browser's own services
		t.Errorf("reports: %q", b.reports)
	}
}

// What the gate cannot hold has no way out, and service workers and streams
// are failed before anybody is asked.
func TestGateShutsWhatItCannotHold(t *testing.T) {
	t.Parallel()
	s := newLogSite(t)
	tries := map[string]string{
		"web-socket":     `const w = new WebSocket(u.replace('http', 'ws')); w.onopen = w.onerror = ended`,
		"service-worker": `navigator.serviceWorker.register('/sw.js').then(ended, ended)`,
		"stream":         `fetch(u, {method: 'POST', duplex: 'half', body: new ReadableStream({start(c) { c.enqueue(new TextEncoder().encode('a=1')); c.close() }})}).then(ended, ended)`,
		"transport":      `{ const w = new WebTransport(u.replace('http:', 'https:')); w.ready.then(ended, ended); w.closed.catch(() => {}) }`,
		"speculation":    `add('script', {type: 'speculationrules', text: JSON.stringify({prefetch: [{urls: [u], eagerness: 'immediate'}], prerender: [{urls: [u + '2'], eagerness: 'immediate'}]})}); setTimeout(ended, 1500)`,
		"prerender":      `document.head.append(Object.assign(document.createElement('link'), {rel: 'prerender', href: u})); setTimeout(ended, 1500)`,
		"rtc":            `{ const c = new RTCPeerConnection({iceServers: [{urls: 'stun:' + UDP}, {urls: 'turn:' + UDP + '?transport=tcp', username: 'u', credential: 'p'}]}); c.createDataChannel('x'); c.createOffer().then(o => c.setLocalDescription(o)); c.onicegatheringstatechange = () => c.iceGatheringState === 'complete' && ended(); setTimeout(ended, 3000) }`,
	}
	udp, datagrams := listenUDP(t)
	try := func(tab *Tab, way string) {
		t.Helper()
		load(t, tab, s.url+"/")
		script := fmt.Sprintf(`{ const UDP = %q, u = location.origin + '/write/%s', ended = () => document.title = 'ended'; %s } 0`, udp, way, tries[way])
		if err := tab.eval(t.Context(), "try "+way, script, nil); err != nil {
			t.Fatal(err)
		}
		if err := tab.WaitFor(t.Context(), "the end of "+way, func(ctx context.Context) (bool, error) {
			var title string
			err := tab.eval(ctx, "title", "document.title", &title)
			return title == "ended", err
		}); err != nil {
			t.Fatal(err)
		}
	}
	b := gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	for way := range tries {
		try(tab, way)
		if seen := b.find("/write/" + way); len(seen) > 0 {
			t.Errorf("%s: the policy was asked about %s %s", way, seen[0].Method, seen[0].URL)
		}
	}
	if all := s.all(); len(all) > 0 || datagrams.Load() > 0 {
		t.Errorf("arrived: %v, %d datagrams", all, datagrams.Load())
	}

	// The same without a gate, so that the test cannot pass by not trying.
	// Streams and WebTransport need protocols that the site does not speak.
	open := testTab(t, testBrowser(t, nil))
	for _, way := range []string{"web-socket", "service-worker", "speculation", "rtc"} {
		try(open, way)
		if !soon(t, func() bool { return s.count("/write/"+way) > 0 || way == "rtc" && datagrams.Load() > 0 }) {
			t.Errorf("%s: did not arrive without a gate: the test cannot see it", way)
		}
	}
}

// listenUDP counts the datagrams that come.
func listenUDP(t *testing.T) (addr string, n *atomic.Int64) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n = new(atomic.Int64)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buf := make([]byte, 2048); ; n.Add(1) {
			if _, _, err := c.ReadFrom(buf); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-ended })
	return c.LocalAddr().String(), n
}

// A service worker of former times would answer for its site, and send what it
// likes, before the gate is asked about a page.
func TestGateClearsOldServiceWorkers(t *testing.T) {
	t.Parallel()
	s, dir := newLogSite(t), filepath.Join(t.TempDir(), "profile")
	workers := func(b *Browser) (n int) {
		t.Helper()
		tab := testTab(t, b)
		load(t, tab, s.url+"/")
		const count = `{ let n = -1; navigator.serviceWorker.getRegistrations().then(l => document.title = 'workers ' + l.length) } 0`
		if err := tab.eval(t.Context(), "count workers", count, nil); err != nil {
			t.Fatal(err)
		}
		err := tab.WaitFor(t.Context(), "the count", func(ctx context.Context) (bool, error) {
			var title string
			err := tab.eval(ctx, "title", "document.title", &title)
			_, scanErr := fmt.Sscanf(title, "workers %d", &n)
			return scanErr == nil, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := testBrowser(t, func(o *Options) { o.ProfileDir = dir })
	tab := testTab(t, before)
	load(t, tab, s.url+"/")
	if err := tab.eval(t.Context(), "register", "navigator.serviceWorker.register('/sw.js'); 0", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker runs", func() bool { return s.count("/write/service-worker") > 0 })
	if n := workers(before); n != 1 {
		t.Errorf("%d workers before", n)
	}
	if err := before.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := gatedBrowser(t, func(o *Options) { o.ProfileDir = dir })
	if n := workers(b.Browser); n != 0 {
		t.Errorf("%d workers behind the gate", n)
	}
}

// The policy gets the body whole, and the names by which tabs and frames are
// known.
func TestGateTellsBodiesAndTabs(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	for way, check := range map[string]func(r Request) bool{
		"multipart":     func(r Request) bool { return len(r.Body) > 5e6 && strings.Contains(string(r.Body), "x.bin") },
		"json-abroad":   func(r Request) bool { return r.Preflight || string(r.Body) == `{"a":1}` },
		"form":          func(r Request) bool { return string(r.Body) == "a=1" && r.Kind == "Document" },
		"empty":         func(r Request) bool { return len(r.Body) == 0 && r.Kind == "XHR" },
		"in-frame":      func(r Request) bool { return r.Frame != r.Tab },
		"frame":         func(r Request) bool { return r.Frame != r.Tab },
		"form-tab":      func(r Request) bool { return r.Tab != string(tab.id) && r.Opener == string(tab.id) },
		"open-noopener": func(r Request) bool { return r.Tab != string(tab.id) && r.Opener == string(tab.id) },
		"open":          func(r Request) bool { return r.Tab != string(tab.id) && r.Opener == string(tab.id) },
		"worker":        func(r Request) bool { return r.Unattended },
	} {
		path := "/write/told/" + way
		s.try(t, tab, way, path)
		if !soon(t, func() bool { return s.count(path) > 0 }) {
			t.Errorf("%s: did not arrive", way)
		}
		for _, r := range b.find(path) {
			if r.Kind != "Preflight" && r.Opener == "" && way != "worker" && way != "open-noopener" && r.Tab != string(tab.id) {
				t.Errorf("%s: %s of tab %q, want %q", way, r.Kind, r.Tab, tab.id)
			}
			if !check(r) {
				r.Body = r.Body[:min(len(r.Body), 100)]
				t.Errorf("%s: told %+v", way, r)
			}
		}
		s.mu.Lock()
		body := s.bodies[path]
		s.mu.Unlock()
		seen := b.find(path)
		if last := seen[len(seen)-1]; string(last.Body) != body {
			t.Errorf("%s: told a body of %d bytes, %d arrived", way, len(last.Body), len(body))
		}
	}
	// A tab that was followed knows the frames that it had before.
	s.try(t, tab, "open", "/quiet")
	var next *Tab
	eventually(t, "the opened tab", func() bool {
		followed, ok, err := tab.Follow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		next = followed
		return ok
	})
	defer next.Close()
	evalOn(t, next, "document.body.append(Object.assign(document.createElement('iframe'), {src: '/quiet?in-opened'}))")
	eventually(t, "the frame's request", func() bool { return len(b.find("in-opened")) > 0 })
	if r := b.find("in-opened")[0]; r.Tab != string(next.id) || r.Opener != string(tab.id) {
		t.Errorf("told tab %q opened by %q, want %q and %q", r.Tab, r.Opener, next.id, tab.id)
	}
}

func TestGateRefusesWaysAroundIt(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"proxy-server=http://127.0.0.1:1", "--no-proxy-server", "host-resolver-rules=MAP * 127.0.0.1", "webrtc-ip-handling-policy=default", "enable-features=FedCm", "disable-features=X", "load-extension=/x"} {
		o := Options{ProfileDir: "p", Flags: []string{flag}}
		if _, err := New(o); err != nil {
			t.Errorf("%s without a gate: %v", flag, err)
		}
		o.Gate = &testPolicy{}
		if _, err := New(o); err == nil {
			t.Errorf("%s with a gate: want an error", flag)
		}
	}
}

func TestGateKeepsOtherPreferences(t *testing.T) {
	t.Parallel()
	const want = `{"net":{"network_prediction_options":2}}`
	for name, test := range map[string]struct{ before, after string }{
		"none":   {"", want},
		"others": {`{"a":[1,2.50],"net":{"b":12345678901234567890,"network_prediction_options":0}}`, `{"a":[1,2.50],"net":{"b":12345678901234567890,"network_prediction_options":2}}`},
		"set":    {`{ "net": {"network_prediction_options": 2} }`, `{ "net": {"network_prediction_options": 2} }`},
		"shape":  {`{"net":7}`, want},
		"broken": {`{"a":`, want},
	} {
		path := filepath.Join(t.TempDir(), "Default", "Preferences")
		if test.before != "" {
			if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(test.before), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if err := setPreference(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != test.after {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
