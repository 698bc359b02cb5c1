package chrome

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"countermand/supplier/chrome/proxy"
)

// Held is a request that waits at the gate for a decision.
type Held struct {
	*Request
	// Sent, where set, is called once the browser was told to let it go.
	Sent func()

	g    *gate
	ev   *fetch.EventRequestPaused
	done func() // it waits no longer

	mu    sync.Mutex
	taken bool // by Release, or by its failure
}

// take makes sure that a request is released or failed, and once.
func (h *Held) take() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.taken
	h.taken = true
	return !was
}

// fail lets the request fail unless Release has it.
func (h *Held) fail() {
	if h.take() {
		h.g.fail(h.ev)
		h.done()
	}
}

// ask lets the policy's function decide, and survives it.
func (h *Held) ask(ctx context.Context, decide func(context.Context, *Held)) {
	defer func() {
		if v := recover(); v != nil {
			h.g.report(fmt.Errorf("decide about %s %s: panic: %v\n%s", h.Method, trimURL(h.URL), v, debug.Stack()))
		}
	}()
	decide(ctx, h)
}

// hold lets the policy's function decide about a request.
func (g *gate) hold(q *paused, decide func(context.Context, *Held), done func()) {
	h := &Held{Request: q.r, g: g, ev: q.ev, done: done}
	ctx, cancel := context.WithTimeoutCause(context.Background(), g.times.hold, fmt.Errorf("held for %s: %w", g.times.hold, context.DeadlineExceeded))
	defer cancel()
	decided := make(chan struct{})
	go func() {
		defer close(decided)
		defer h.fail()
		h.ask(ctx, decide)
	}()
	select {
	case <-decided:
		return
	case <-ctx.Done():
	case <-g.stop:
		cancel()
	case <-g.over:
		cancel()
	}
	h.fail()
}

// Release lets the request go over a connection of its own, so that it arrives
// once at most, and waits for its answer. It works once.
//
// The order is fixed: the other requests to the origin wait, mark is called to
// store that the request is about to leave, the origin is shut but for one new
// connection, the request goes. It goes within two seconds of the mark, also by
// the boot clock, or not at all. ctx counts until then; what has left cannot be
// called back, so the wait for its answer, 20 s, has a limit of its own. The
// page must neither be left nor closed meanwhile: the browser would not tell
// how the request ended.
//
// An error is ErrNothingLeft, ErrNoAnswer or ErrNotRead; with ErrNoAnswer and
// ErrNotRead the answer holds what was seen. After mark succeeded,
// ErrNothingLeft tells that it may be taken back.
func (h *Held) Release(ctx context.Context, mark func(context.Context) error) (Answer, error) {
	if !h.take() {
		return Answer{}, fmt.Errorf("%w: it was failed or released before", ErrNothingLeft)
	}
	g := h.g
	left := false
	defer func() {
		if !left {
			g.fail(h.ev)
		}
		h.done()
	}()
	u, err := url.Parse(h.URL)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrNothingLeft, err)
	}
	select {
	case g.releases <- struct{}{}:
		defer func() { <-g.releases }()
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("%w: %w", ErrNothingLeft, context.Cause(ctx))
	case <-g.stop:
		return Answer{}, fmt.Errorf("%w: the browser is being stopped", ErrNothingLeft)
	}
	defer g.shutOrigin(h.URL)()
	if err := mark(ctx); err != nil {
		return Answer{}, fmt.Errorf("%w: no mark: %w", ErrNothingLeft, err)
	}
	marked := BootTime()
	openCtx, cancel := context.WithTimeout(ctx, g.times.leave)
	defer cancel()
	window, err := g.proxy.Open(openCtx, h.Method, u)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrNothingLeft, err)
	}
	defer window.End()
	told := g.await(h.ev.RequestID)
	late := func() error {
		if BootTime()-marked > g.times.leave {
			return fmt.Errorf("%s passed since the mark", g.times.leave)
		}
		return context.Cause(openCtx)
	}
	left, err = g.letGo(h.ev, late)
	if !left {
		return Answer{}, fmt.Errorf("%w: %w", ErrNothingLeft, err)
	}
	h.done()
	if h.Sent != nil {
		h.Sent()
	}
	if err != nil && requestGone(err) {
		// The page gave it up while it was held.
		return Answer{}, nothingLeftOr(window.End(), ErrNoAnswer, err)
	}
	return g.outcome(window, told)
}

// shutOrigin lets the other requests to an address's origin wait. It waits for
// those that are being let go, until the browser has them.
func (g *gate) shutOrigin(address string) (open func()) {
	origin, end := originOf(address), make(chan struct{})
	g.letting.Lock()
	defer g.letting.Unlock()
	g.quiet[origin] = end
	return func() {
		g.letting.Lock()
		defer g.letting.Unlock()
		delete(g.quiet, origin)
		close(end)
	}
}

// letGo tells the browser to send a request and to show its answer. sent tells
// whether the browser was told so; err what it said.
func (g *gate) letGo(ev *fetch.EventRequestPaused, late func() error) (sent bool, err error) {
	if g.stopping() {
		return false, errors.New("the browser is being stopped")
	}
	if err := late(); err != nil {
		return false, err
	}
	_, err = chromedp.CallBrowser(g.root, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID, InterceptResponse: new(true)})
	return true, err
}

// await asks to be told how a request ended.
func (g *gate) await(id fetch.RequestID) <-chan *fetch.EventRequestPaused {
	g.releasedMu.Lock()
	defer g.releasedMu.Unlock()
	told := make(chan *fetch.EventRequestPaused, 1)
	g.released[id] = told
	return told
}

// answered takes an event of the response stage: the first for a released
// request is its end, the next ones are let by, as are those of documents.
// Others were never asked for.
func (g *gate) answered(ev *fetch.EventRequestPaused) {
	document := ev.ResourceType == network.ResourceTypeDocument
	if document {
		g.frames.answered(ev)
	}
	g.releasedMu.Lock()
	told, known := g.released[ev.RequestID]
	g.released[ev.RequestID] = nil
	g.releasedMu.Unlock()
	switch {
	case told != nil:
		told <- ev
	case known, document:
		command(g, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
	default:
		g.fail(ev)
	}
}

// outcome waits for the end of a released request and reads its answer.
func (g *gate) outcome(window *proxy.Window, told <-chan *fetch.EventRequestPaused) (Answer, error) {
	timer, deadline := time.NewTimer(g.times.answer), time.Now().Add(g.times.answer)
	defer timer.Stop()
	select {
	case ev := <-told:
		defer command(g, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
		return g.read(window, ev, deadline)
	case <-g.over:
		return Answer{}, nothingLeftOr(window.End(), ErrNoAnswer, ErrGone)
	case <-timer.C:
	}
	// Still pending in the browser, it could leave after the window.
	window.Withdraw()
	timer.Reset(g.times.failed)
	silence := fmt.Errorf("none in %s", g.times.answer)
	select {
	case ev := <-told:
		defer command(g, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
		return Answer{}, nothingLeftOr(window.End(), ErrNoAnswer, silence)
	case <-g.over:
		return Answer{}, nothingLeftOr(window.End(), ErrNoAnswer, ErrGone)
	case <-timer.C:
	}
	g.kill()
	<-g.over
	return Answer{}, nothingLeftOr(window.End(), ErrNotRead, silence)
}

// read reads an answer while the browser waits with it.
func (g *gate) read(window *proxy.Window, ev *fetch.EventRequestPaused, deadline time.Time) (Answer, error) {
	if ev.ResponseErrorReason != "" {
		return Answer{}, nothingLeftOr(window.End(), ErrNoAnswer, errors.New(string(ev.ResponseErrorReason)))
	}
	a := Answer{Status: int(ev.ResponseStatusCode), Header: http.Header{}}
	for _, h := range ev.ResponseHeaders {
		a.Header.Add(h.Name, h.Value)
	}
	if a.Status >= 300 && a.Status < 400 {
		return a, nil // the browser cannot show the body of a redirect
	}
	if window.Seen().NothingLeft() {
		return a, fmt.Errorf("%w: it is one that the browser had stored", ErrNotRead)
	}
	length, err := strconv.ParseInt(a.Header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	if length > maxBody {
		return a, fmt.Errorf("%w: it has %d bytes", ErrNotRead, length)
	}
	ctx, cancel := context.WithDeadline(g.root, deadline)
	defer cancel()
	res, err := chromedp.CallBrowser(ctx, fetch.GetResponseBody, fetch.GetResponseBodyParams{RequestID: ev.RequestID})
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return a, fmt.Errorf("%w: %w", ErrNoAnswer, ErrGone)
		}
		return a, fmt.Errorf("%w: %w", ErrNotRead, err)
	}
	a.Body = res.Body
	if len(a.Body) > maxBody {
		a.Body = nil
		return a, fmt.Errorf("%w: it has more than %d bytes", ErrNotRead, maxBody)
	}
	// The browser hands over a body that was cut short without a word.
	hasBody := ev.Request.Method != http.MethodHead && a.Status != http.StatusNoContent
	if hasBody && a.Header.Get("Content-Encoding") == "" && int64(len(a.Body)) < length {
		return a, fmt.Errorf("%w: %d bytes came of %d", ErrNoAnswer, len(a.Body), length)
	}
	return a, nil
}

// nothingLeftOr tells what the end of a request that has no answer means.
func nothingLeftOr(seen proxy.Result, otherwise, why error) error {
	if seen.NothingLeft() {
		otherwise = ErrNothingLeft
	}
	return fmt.Errorf("%w: %w", otherwise, why)
}

// Now is the document that sends the request as it stands now: while the
// request was held it may have been left.
func (h *Held) Now() Document { return h.g.frames.now(h.Request) }

// BootTime is the time since the machine started, that of its sleep included.
func BootTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0 // then the other clock counts alone
	}
	return time.Duration(t.Nano())
}
