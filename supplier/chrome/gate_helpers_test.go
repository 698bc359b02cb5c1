package chrome

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/supplier/chrome/proxy"
)

// testPolicy is a policy that a test changes, and that remembers.
type testPolicy struct {
	mu    sync.Mutex
	judge func(*Request) Decision
	seen  []Request
}

func (p *testPolicy) Judge(_ context.Context, r *Request) Decision {
	p.mu.Lock()
	p.seen = append(p.seen, *r)
	judge := p.judge
	p.mu.Unlock()
	if judge == nil {
		return Pass()
	}
	return judge(r)
}

func (p *testPolicy) set(judge func(*Request) Decision) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge = judge
}

// find gives the requests whose address contains a text.
func (p *testPolicy) find(part string) (found []Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.seen {
		if strings.Contains(r.URL, part) {
			found = append(found, r)
		}
	}
	return found
}

// writes lets a decision count for the addresses with /write/, and passes all
// others.
func writes(decide func(*Request) Decision) func(*Request) Decision {
	return func(r *Request) Decision {
		if strings.Contains(r.URL, "/write/") {
			return decide(r)
		}
		return Pass()
	}
}

// gated is a browser with a gate, and what went wrong there.
type gated struct {
	*Browser
	*testPolicy

	mu      sync.Mutex
	reports []string
}

func (g *gated) report(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports = append(g.reports, err.Error())
}

// reported counts the reports with a text.
func (g *gated) reported(part string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.reports {
		if strings.Contains(r, part) {
			n++
		}
	}
	return n
}

func gatedBrowser(t *testing.T, change func(*Options)) *gated {
	t.Helper()
	g := &gated{testPolicy: &testPolicy{}}
	g.Browser = testBrowser(t, func(o *Options) {
		o.Gate, o.Report, o.Proxy = g.testPolicy, g.report, proxy.Options{Private: true}
		// A policy must be quick; a machine that runs all tests at once is not.
		o.times = defaultGateTimes
		o.times.judge = 20 * time.Second
		if change != nil {
			change(o)
		}
	})
	t.Cleanup(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if t.Failed() {
			t.Logf("told at the gate: %q", g.reports)
		}
	})
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g
}

// logSite remembers what arrived under /write/.
type logSite struct {
	url, other string // two origins of the same site
	mu         sync.Mutex
	arrived    map[string]int // by path
	bodies     map[string]string
	slow       chan struct{} // closed when /slow may answer
}

func newLogSite(t testing.TB) *logSite {
	t.Helper()
	s := &logSite{arrived: map[string]int{}, bodies: map[string]string{}, slow: make(chan struct{})}
	mux := http.NewServeMux()
	script := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, body)
		})
	}
	script("/worker.js", `onmessage = e => fetch(e.data, {method: 'POST', body: 'w=1'}).catch(() => {})`)
	script("/shared.js", `onconnect = e => e.ports[0].onmessage = e => fetch(e.data, {method: 'POST', body: 'w=1'}).catch(() => {})`)
	script("/sw.js", `onfetch = e => {}; onactivate = e => e.waitUntil(fetch('/write/service-worker', {method: 'POST'}))`)
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		cors(w, r)
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/write/", func(w http.ResponseWriter, r *http.Request) {
		cors(w, r)
		if r.Method == http.MethodOptions {
			return
		}
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.arrived[r.URL.Path]++
		s.bodies[r.URL.Path] = string(body)
		s.mu.Unlock()
		if strings.Contains(r.URL.Path, "/moved") {
			http.Redirect(w, r, "/quiet", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, "done")
	})
	mux.HandleFunc("/csp", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "img-src 'none'; report-uri "+r.URL.Query().Get("to"))
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<img src=/none.bmp>")
	})
	mux.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Refresh", "0; url="+r.URL.Query().Get("to"))
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.slow:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>slow</title>")
	})
	mux.HandleFunc("/stored", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.arrived[r.URL.Path]++
		s.mu.Unlock()
		w.Header().Set("Cache-Control", "max-age=3600")
		fmt.Fprint(w, "done")
	})
	mux.HandleFunc("/quiet", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>quiet</title>")
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, waysPage)
	})
	srv, other := httptest.NewServer(mux), httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	t.Cleanup(other.Close)
	s.url, s.other = srv.URL, other.URL
	return s
}

func cors(w http.ResponseWriter, r *http.Request) {
	if o := r.Header.Get("Origin"); o != "" {
		w.Header().Set("Access-Control-Allow-Origin", o)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Headers", "content-type")
		w.Header().Set("Access-Control-Allow-Methods", "PUT, DELETE")
	}
}

// count tells how often something arrived at a path.
func (s *logSite) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived[path]
}

// everything that arrived, with how often.
func (s *logSite) all() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for path, n := range s.arrived {
		all[path] = n
	}
	return all
}

// waysPage holds the ways in which a page can send something to an address.
// Those under leaving do so when the page is left.
const waysPage = `<!DOCTYPE html><title>ways</title><body><script>
const post = (u, more) => fetch(u, {method: 'POST', body: 'a=1', ...more}).catch(() => {});
const add = (tag, attributes) => { const e = document.createElement(tag); Object.assign(e, attributes); document.body.append(e); return e };
const form = (u, target) => { const f = add('form', {method: 'POST', action: u, target: target || ''}); f.append(Object.assign(document.createElement('input'), {name: 'a', value: '1'})); f.submit() };
const abroad = u => u.replace(location.origin, OTHER);
let OTHER = '', tried = [];
const ways = {
 'fetch': u => post(u),
 'fetch-text': u => post(u, {headers: {'content-type': 'text/plain'}}),
 'xhr': u => { const x = new XMLHttpRequest(); x.open('POST', u); x.send('a=1') },
 'json': u => post(u, {headers: {'content-type': 'application/json'}, body: '{"a":1}'}),
 'json-abroad': u => post(abroad(u), {headers: {'content-type': 'application/json'}, body: '{"a":1}'}),
 'no-cors-abroad': u => post(abroad(u), {mode: 'no-cors', credentials: 'include'}),
 'multipart': u => { const d = new FormData(); d.append('a', '1'); d.append('file', new Blob(['x'.repeat(5e6)]), 'x.bin'); post(u, {body: d}) },
 'empty': u => post(u, {body: undefined}),
 'put': u => post(u, {method: 'PUT'}),
 'delete': u => post(u, {method: 'DELETE', body: undefined}),
 'get': u => post(u, {method: 'GET', body: undefined}),
 'beacon': u => navigator.sendBeacon(u, 'a=1'),
 'beacon-blob': u => navigator.sendBeacon(u, new Blob(['a=1'], {type: 'text/plain'})),
 'keepalive': u => post(u, {keepalive: true}),
 'form': u => form(u),
 'form-tab': u => form(u, '_blank'),
 'form-frame': u => { add('iframe', {name: 'into'}); form(u, 'into') },
 'open': u => window.open(u),
 'open-noopener': u => window.open(u, '_blank', 'noopener'),
 'link': u => add('a', {href: u}).click(),
 'download': u => add('a', {href: u, download: 'x'}).click(),
 'image': u => new Image().src = u,
 'jsonp': u => add('script', {src: u}),
 'module': u => import(u).catch(() => {}),
 'stylesheet': u => add('link', {rel: 'stylesheet', href: u}),
 'css-image': u => add('div', {style: 'background: url(' + u + ')', textContent: 'x'}),
 'font': u => { const f = new FontFace('f', 'url(' + u + ')'); f.load().catch(() => {}) },
 'video': u => add('video', {src: u, preload: 'auto'}).load(),
 'object': u => add('object', {data: u}),
 'embed': u => add('embed', {src: u}),
 'icon': u => document.head.append(Object.assign(document.createElement('link'), {rel: 'manifest', href: u})),
 'prefetch': u => document.head.append(Object.assign(document.createElement('link'), {rel: 'prefetch', href: u})),
 'preload': u => { const l = document.createElement('link'); l.rel = 'preload'; l.as = 'fetch'; l.href = u; document.head.append(l) },
 'frame': u => add('iframe', {src: u}),
 'frame-abroad': u => add('iframe', {src: abroad(u)}),
 'in-frame': u => { const f = add('iframe', {srcdoc: '<script>fetch("' + u + '", {method: "POST", body: "a=1"}).catch(() => {})<' + '/script>'}) },
 'in-blob-frame': u => add('iframe', {src: URL.createObjectURL(new Blob(['<script>navigator.sendBeacon("' + u + '", "a=1")<' + '/script>'], {type: 'text/html'}))}),
 'in-sandbox': u => { const f = document.createElement('iframe'); f.sandbox = 'allow-scripts'; f.srcdoc = '<script>fetch("' + u + '", {method: "POST", mode: "no-cors", body: "a=1"}).catch(() => {})<' + '/script>'; document.body.append(f) },
 'worker': u => new Worker('/worker.js').postMessage(u),
 'blob-worker': u => new Worker(URL.createObjectURL(new Blob(['fetch("' + u + '", {method: "POST", body: "a=1"}).catch(() => {})']))),
 'worker-script': u => new Worker(u),
 'shared-worker': u => new SharedWorker('/shared.js?' + encodeURIComponent(u)).port.postMessage(u),
 'events': u => new EventSource(u),
 'ping': u => { const a = add('a', {href: '#x'}); a.ping = u; a.click() },
 'redirect': u => post('/redirect?to=' + encodeURIComponent(abroad(u))),
 'form-redirect': u => form('/redirect?to=' + encodeURIComponent(abroad(u))),
 'later': u => fetchLater(u, {method: 'POST', body: 'a=1', activateAfter: 0}),
 'csp-report': u => add('iframe', {src: '/csp?to=' + encodeURIComponent(u)}),
 'refresh': u => add('iframe', {src: '/refresh?to=' + encodeURIComponent(u)}),
 'assign': u => { location.href = u },
};
const leaving = {
 'keepalive-left': u => { post(u, {keepalive: true}); location.href = '/quiet' },
 'beacon-left': u => { navigator.sendBeacon(u, 'a=1'); location.href = '/quiet' },
 'pagehide': u => { addEventListener('pagehide', () => navigator.sendBeacon(u, 'a=1')); location.href = '/quiet' },
 'unload': u => { addEventListener('unload', () => post(u, {keepalive: true})); location.href = '/quiet' },
 'hidden': u => { document.addEventListener('visibilitychange', () => navigator.sendBeacon(u, 'a=1')); location.href = '/quiet' },
 'later-left': u => { fetchLater(u, {method: 'POST', body: 'a=1'}); location.href = '/quiet' },
};
const go = (way, u) => { (ways[way] || leaving[way])(u); tried.push(way) };
</script>`

// wayNames reads the ways from the page.
func wayNames(t *testing.T, tab *Tab) (names []string) {
	t.Helper()
	if err := tab.eval(t.Context(), "list the ways", "[...Object.keys(ways), ...Object.keys(leaving)]", &names); err != nil {
		t.Fatal(err)
	}
	return names
}

// try lets a page send in one way, on a fresh page.
func (s *logSite) try(t *testing.T, tab *Tab, way, path string) {
	t.Helper()
	load(t, tab, s.url+"/")
	script := fmt.Sprintf("OTHER = %q; go(%q, location.origin + %q); 0", s.other, way, path)
	if err := tab.eval(t.Context(), "send by "+way, script, nil); err != nil {
		t.Fatal(err)
	}
}

func testAll() bool { return os.Getenv("COUNTERMAND_TEST_ALL") == "1" }

// soon polls as long as a busy machine may need, and lets the test go on.
func soon(t *testing.T, cond func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return poll(ctx, 5*time.Millisecond, func() (bool, error) { return cond(), nil }) == nil
}
