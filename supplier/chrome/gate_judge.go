package chrome

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"countermand/supplier/chrome/proxy"
)

// maxBody is how many bytes a request may carry, and an answer that is read.
const maxBody = 32 << 20

// gateTimes are the limits at the gate, all on the real clock.
type gateTimes struct {
	judge  time.Duration // for the policy, counted from the request on
	hold   time.Duration // for a held request to be released
	leave  time.Duration // from the mark to the release, on the boot clock
	answer time.Duration // from the release to the answer
	failed time.Duration // for the browser to give up what was withdrawn
	prove  time.Duration // for somebody else's browser to show which way leads out
}

var defaultGateTimes = gateTimes{judge: 2 * time.Second, hold: 5 * time.Second, leave: 2 * time.Second, answer: 20 * time.Second, failed: 3 * time.Second, prove: 10 * time.Second}

// gate holds every request of one browser process, of all its targets, from
// its start to its end. What is not decided does not leave.
//
// The browser's own connection is told of the requests of all targets, new
// ones included, from the first on; a tab's would miss those of new tabs,
// workers and pages that close. The switch is never put back, because that
// releases whatever is held.
type gate struct {
	policy GatePolicy
	proxy  *proxy.Proxy
	report func(error)
	times  gateTimes
	frames frames

	cut func() error // closes the proxy, the one way out; once

	root context.Context // of the browser
	kill func()          // ends the browser, from any goroutine

	running sync.WaitGroup // what events began; not what the policy does
	waiting sync.WaitGroup // requests that are neither released nor ended
	wake    chan struct{}  // something is to be judged
	stop    chan struct{}  // closed by shut: nothing passes any more
	over    chan struct{}  // closed by end: the browser is dead

	// releases lets one request go at a time, so that each is released after
	// the answer to the one before.
	releases chan struct{}

	// letting is held for reading while a request is let go, so that shutting
	// its origin waits for those under way. Whoever reads the browser's messages
	// must not wait for it.
	letting sync.RWMutex
	quiet   map[string]chan struct{} // origins with a window; closed at its end

	mu      sync.Mutex
	probe   *proxy.Probe // while it is found out which way leads out
	stopped bool
	ended   bool
	queue   []*paused

	// released are the requests whose answer is waited for, or was counted:
	// a form's answer that is cut short is told twice.
	releasedMu sync.Mutex
	released   map[fetch.RequestID]chan *fetch.EventRequestPaused
	asked      map[fetch.RequestID]bool // for the proxy's password
}

// paused is one request at the gate.
type paused struct {
	ev      *fetch.EventRequestPaused
	r       *Request
	until   time.Time
	decided chan Decision
}

func newGate(o Options) (*gate, error) {
	report := o.Report
	if report == nil {
		report = func(error) {}
	}
	if o.Proxy.Report == nil {
		o.Proxy.Report = report
	}
	p, err := proxy.Start(o.Proxy)
	if err != nil {
		return nil, err
	}
	return &gate{
		policy: o.Gate, proxy: p, cut: sync.OnceValue(p.Close), report: report, times: o.times,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), over: make(chan struct{}),
		releases: make(chan struct{}, 1), quiet: map[string]chan struct{}{},
		frames:   frames{run: rand.Text()},
		released: map[fetch.RequestID]chan *fetch.EventRequestPaused{}, asked: map[fetch.RequestID]bool{},
	}, nil
}

// start shuts the gate in a browser that has just started. Nothing left before:
// the proxy lets nobody through without the password, and the browser gets
// that from here only.
func (g *gate) start(root context.Context, kill func()) error {
	g.root, g.kill = root, kill
	go g.judging()
	if err := chromedp.ListenBrowser(root, g.on); err != nil {
		return fmt.Errorf("listen at the gate: %w", err)
	}
	if _, err := chromedp.CallBrowser(root, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: true}); err != nil {
		return fmt.Errorf("watch the browser's tabs: %w", err)
	}
	if _, err := chromedp.CallBrowser(root, fetch.Enable, fetch.EnableParams{
		Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}, HandleAuthRequests: new(true),
	}); err != nil {
		return fmt.Errorf("shut the gate: %w", err)
	}
	return nil
}

// on runs on the goroutine that reads the browser's messages: it must not call
// the browser.
func (g *gate) on(ev any) {
	switch ev := ev.(type) {
	case *fetch.EventRequestPaused:
		if ev.ResponseStatusCode != 0 || ev.ResponseErrorReason != "" {
			g.spawn(func() { g.answered(ev) })
			return
		}
		g.arrived(ev)
	case *fetch.EventAuthRequired:
		g.spawn(func() { g.authenticate(ev) })
	case *target.EventTargetCreated:
		g.frames.target(ev.TargetInfo)
	case *target.EventTargetInfoChanged:
		g.frames.target(ev.TargetInfo)
	}
}

// spawn starts work that events ask for, unless the browser is dead.
func (g *gate) spawn(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ended {
		g.running.Go(f)
	}
}

// arrived puts a request into the queue of those to be judged.
func (g *gate) arrived(ev *fetch.EventRequestPaused) {
	q := &paused{ev: ev, r: g.request(ev), until: time.Now().Add(g.times.judge), decided: make(chan Decision, 1)}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.ended:
		return
	case g.stopped:
		g.running.Go(func() { g.fail(ev) })
		return
	}
	g.waiting.Add(1)
	g.queue = append(g.queue, q)
	g.running.Go(func() { g.attend(q) })
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// attend does with a request what is decided.
func (g *gate) attend(q *paused) {
	done := sync.OnceFunc(g.waiting.Done)
	defer done()
	var d Decision
	timer := time.NewTimer(time.Until(q.until))
	defer timer.Stop()
	select {
	case d = <-q.decided:
	case <-timer.C:
		g.report(fmt.Errorf("judge %s %s: no decision in %s; it was not let through", q.r.Method, trimURL(q.r.URL), g.times.judge))
		g.spawn(func() { g.tooLate(q) })
	case <-g.stop:
	case <-g.over:
		return
	}
	switch d.verb {
	case pass:
		g.pass(q)
	case reply:
		g.fulfill(q.ev, d.reply)
	case hold:
		g.hold(q, d.hold, done)
	default:
		g.fail(q.ev)
	}
}

// tooLate lets the policy know of a request that it wants to hold, and that has
// failed already.
func (g *gate) tooLate(q *paused) {
	select {
	case d := <-q.decided:
		if d.verb == hold {
			ctx, cancel := context.WithCancelCause(context.Background())
			cancel(errors.New("the decision to hold it came too late"))
			h := &Held{Request: q.r, g: g, ev: q.ev, done: func() {}, taken: true}
			go h.ask(ctx, d.hold)
		}
	case <-g.over:
	}
}

// judging asks the policy, one request after the other.
func (g *gate) judging() {
	for {
		g.mu.Lock()
		queue := g.queue
		g.queue = nil
		g.mu.Unlock()
		for _, q := range queue {
			d := Fail()
			if time.Now().Before(q.until) {
				d = g.judge(q)
			}
			q.decided <- d
		}
		if len(queue) > 0 {
			continue
		}
		select {
		case <-g.wake:
		case <-g.over:
			return
		}
	}
}

// judge asks the policy about what it is competent for.
func (g *gate) judge(q *paused) (d Decision) {
	if d, certain := foregone(q.ev, q.r); certain {
		return d
	}
	if g.probed(q.r) {
		return Pass()
	}
	defer func() {
		if v := recover(); v != nil {
			d = Fail()
			g.report(fmt.Errorf("judge %s %s: panic: %v\n%s", q.r.Method, trimURL(q.r.URL), v, debug.Stack()))
		}
	}()
	q.r.Tab, q.r.Opener = g.frames.tab(q.r.Frame)
	q.r.Document = g.frames.asking(q.r)
	ctx, cancel := context.WithDeadline(context.Background(), q.until)
	defer cancel()
	return g.policy.Judge(ctx, q.r)
}

// foregone decides what no policy is asked about.
func foregone(ev *fetch.EventRequestPaused, r *Request) (d Decision, certain bool) {
	scheme, _, _ := strings.Cut(r.URL, ":")
	switch scheme {
	case "http", "https":
	case "data", "blob", "about", "chrome", "chrome-error", "chrome-untrusted", "devtools":
		return Pass(), true // stays in the browser
	default:
		return Fail(), true
	}
	// A service worker would answer for its site in later pages, with requests
	// of its own before them.
	if r.Header.Get("Service-Worker") == "script" {
		return Fail(), true
	}
	unread := len(r.Body) == 0 && (ev.Request.HasPostData || len(ev.Request.PostDataEntries) > 0)
	if unread || len(r.Body) > maxBody {
		return Fail(), true
	}
	return Decision{}, false
}

// request puts what the browser told into our words.
func (g *gate) request(ev *fetch.EventRequestPaused) *Request {
	r := &Request{
		ID: g.frames.name(ev.RequestID), Redirected: g.frames.name(ev.RedirectedRequestID),
		Method: ev.Request.Method, URL: ev.Request.URL, Header: http.Header{},
		Kind: string(ev.ResourceType), Frame: string(ev.FrameID),
	}
	for name, value := range ev.Request.Headers {
		if text, ok := value.(string); ok {
			r.Header.Add(name, text)
		}
	}
	for _, e := range ev.Request.PostDataEntries {
		r.Body = append(r.Body, e.Bytes...)
	}
	// What a page's own network log holds has a name there.
	r.Unattended = ev.NetworkID == "" && ev.ResourceType != network.ResourceTypeDocument
	r.Preflight = r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	return r
}

// pass lets a request go, after the window of its origin where there is one.
func (g *gate) pass(q *paused) {
	origin := originOf(q.r.URL)
	for {
		g.letting.RLock()
		quiet := g.quiet[origin]
		if quiet == nil {
			break
		}
		g.letting.RUnlock()
		select {
		case <-quiet:
		case <-g.stop:
			g.fail(q.ev)
			return
		case <-g.over:
			return
		}
	}
	defer g.letting.RUnlock()
	if g.stopping() {
		g.fail(q.ev)
		return
	}
	params := fetch.ContinueRequestParams{RequestID: q.ev.RequestID}
	if q.ev.ResourceType == network.ResourceTypeDocument {
		params.InterceptResponse = new(true) // what it brings is noted
	}
	command(g, fetch.ContinueRequest, params)
}

func (g *gate) stopping() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopped
}

// fail lets a request fail. A document's looks like one that was called off,
// which leaves the page as it is.
func (g *gate) fail(ev *fetch.EventRequestPaused) {
	why := network.ErrorReasonFailed
	if ev.ResourceType == network.ResourceTypeDocument {
		why = network.ErrorReasonAborted
		g.frames.stays(ev)
	}
	command(g, fetch.FailRequest, fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: why})
}

func (g *gate) fulfill(ev *fetch.EventRequestPaused, a Answer) {
	g.frames.stays(ev) // no answer of ours is a document
	params := fetch.FulfillRequestParams{RequestID: ev.RequestID, ResponseCode: int64(a.Status), Body: a.Body}
	for name, values := range a.Header {
		for _, v := range values {
			params.ResponseHeaders = append(params.ResponseHeaders, &fetch.HeaderEntry{Name: name, Value: v})
		}
	}
	command(g, fetch.FulfillRequest, params)
}

// authenticate gives the browser the proxy's password, once for each request
// that needs it.
func (g *gate) authenticate(ev *fetch.EventAuthRequired) {
	answer := &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseDefault}
	if ev.AuthChallenge.Source == fetch.AuthChallengeSourceProxy {
		g.releasedMu.Lock()
		again := g.asked[ev.RequestID]
		g.asked[ev.RequestID] = true
		g.releasedMu.Unlock()
		answer.Response = fetch.AuthChallengeResponseResponseCancelAuth
		if !again {
			answer.Response = fetch.AuthChallengeResponseResponseProvideCredentials
			answer.Username, answer.Password = g.proxy.Credentials()
		}
	}
	command(g, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{RequestID: ev.RequestID, AuthChallengeResponse: answer})
}

// command calls the browser about a request. One that is gone meanwhile is no
// trouble, nor is a browser that is.
func command[P, R any](g *gate, cmd cdp.Command[P, R], params P) {
	_, err := chromedp.CallBrowser(g.root, cmd, params)
	if err != nil && g.root.Err() == nil && !errors.Is(err, context.Canceled) && !requestGone(err) {
		g.report(fmt.Errorf("tell the browser %s: %w", cmd.Method, err))
	}
}

// requestGone knows the errors about a request that its page gave up.
func requestGone(err error) bool {
	return strings.Contains(err.Error(), "Invalid InterceptionId") || strings.Contains(err.Error(), "Invalid state")
}

// originOf is what a window is for.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// shut fails whatever is held and all that comes, and waits for that. A request
// that was released already is not taken back.
func (g *gate) shut(ctx context.Context) {
	g.mu.Lock()
	if !g.stopped {
		g.stopped = true
		close(g.stop)
	}
	g.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.waiting.Wait()
	}()
	select {
	case <-done:
	case <-g.over:
	case <-ctx.Done():
	}
}

// end lets go of a browser and of its proxy. One that somebody else started
// may live on: nothing gets out of it before anybody is told that it is gone.
func (g *gate) end() error {
	g.mu.Lock()
	g.ended = true
	if !g.stopped {
		g.stopped = true
		close(g.stop)
	}
	g.mu.Unlock()
	err := g.cut()
	close(g.over)
	g.running.Wait()
	return err
}
