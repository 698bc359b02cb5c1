package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Tab is one page. It is used by one goroutine at a time.
type Tab struct {
	b    *Browser
	p    *process
	ctx  context.Context
	end  context.CancelFunc
	once sync.Once
	// crashed closes when the renderer dies: calls that wait for it would
	// wait for ever.
	crashed   chan struct{}
	crashOnce sync.Once
	// work counts the goroutines that events started.
	work sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	id        target.ID
	opened    []target.ID
	listeners []*Listener
	status    int
	loaders   []cdp.LoaderID // of the last documents
	blocking  bool
	held      bool // a person holds the pointer down
}

// NewTab opens a tab, starting the browser where needed, and restarting it
// after RestartAfter tabs when none is open.
func (b *Browser) NewTab(ctx context.Context) (*Tab, error) {
	b.mu.Lock()
	p, err := b.ensure(ctx)
	if err != nil {
		b.mu.Unlock()
		return nil, err
	}
	tired := p.served >= b.opts.RestartAfter && p.open == 0
	if !tired {
		p.served++
		p.open++
	}
	b.mu.Unlock()
	if tired {
		if err := b.Stop(ctx); err != nil {
			return nil, err
		}
		return b.NewTab(ctx)
	}
	return b.attach(ctx, p, "")
}

// attach makes a tab of a new target or of an existing one.
func (b *Browser) attach(ctx context.Context, p *process, id target.ID) (*Tab, error) {
	t := &Tab{b: b, p: p, crashed: make(chan struct{}), blocking: true}
	opts := []chromedp.ContextOption{chromedp.WithListener(t.onEvent)}
	if id != "" {
		opts = append(opts, chromedp.WithTargetID(id))
	}
	t.ctx, t.end = chromedp.NewContext(p.root, opts...)
	if err := t.open(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// open makes the first call, on the tab's own context because the target
// lives as long as that; the deadline ends the tab instead.
func (t *Tab) open(ctx context.Context) error {
	ctx, cancel := t.deadline(ctx)
	defer cancel()
	unhook := context.AfterFunc(ctx, t.end)
	err := chromedp.Do(t.ctx)
	if !unhook() && ctx.Err() != nil {
		return fmt.Errorf("open tab: %w", context.Cause(ctx))
	}
	if err != nil {
		return t.p.explain(ctx, "open tab", err)
	}
	t.mu.Lock()
	t.id = chromedp.FromContext(t.ctx).Target.TargetID
	t.mu.Unlock()
	return t.prepare(ctx)
}

// prepare sets what belongs to each target: the zone, and what is not loaded.
func (t *Tab) prepare(ctx context.Context) error {
	return t.do(ctx, "prepare tab", func(op context.Context) error {
		if _, err := chromedp.Call(op, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: t.b.opts.Timezone}); err != nil {
			return err
		}
		if g := t.p.gate; g != nil { // a tab that a page opened has frames by now
			res, err := chromedp.Call(op, page.GetFrameTree, struct{}{})
			if err != nil {
				return err
			}
			g.frames.tree(res.FrameTree)
		}
		return t.applyBlocking(op)
	})
}

// ID is the browser's name for the tab, which is that of its main frame too.
func (t *Tab) ID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.id)
}

// Close closes the tab. It never fails: a tab that cannot be closed goes with
// the browser.
func (t *Tab) Close() {
	t.once.Do(func() {
		t.mu.Lock()
		t.closed = true
		t.mu.Unlock()
		t.end()
		t.work.Wait()
		t.b.mu.Lock()
		t.p.open--
		t.b.mu.Unlock()
	})
}

// Alive tells whether the tab can still be used.
func (t *Tab) Alive() bool { return t.dead() == nil && t.ctx.Err() == nil }

// dead says why the tab answers no more, nil while it may.
func (t *Tab) dead() error {
	select {
	case <-t.crashed:
		return ErrCrashed
	case <-t.p.gone():
		return ErrGone
	default:
		return nil
	}
}

// deadline makes sure that there is one.
func (t *Tab) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, t.b.opts.ActionTimeout)
}

// do runs one action under a deadline and gives its error a name.
func (t *Tab) do(ctx context.Context, op string, action func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, t.b.opts.ActionTimeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	tabCtx, stop := context.WithCancelCause(t.ctx)
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { stop(context.Cause(ctx)) })()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-t.crashed:
			stop(ErrCrashed)
		case <-ended:
		}
	}()
	err := action(tabCtx)
	if err == nil {
		return nil
	}
	select {
	case <-t.crashed:
		return fmt.Errorf("%s: %w", op, ErrCrashed)
	default:
	}
	err = t.p.explain(ctx, op, err)
	if ctx.Err() == nil && t.ctx.Err() != nil && !errors.Is(err, ErrGone) {
		return fmt.Errorf("%s: %w: %w", op, ErrGone, ErrClosed)
	}
	return err
}

// eval runs an expression and decodes its value. A page that navigates away
// under it is asked again: the new one answers.
func (t *Tab) eval(ctx context.Context, op, expression string, into any) error {
	return t.do(ctx, op, func(tabCtx context.Context) error {
		return poll(tabCtx, 20*time.Millisecond, func() (bool, error) {
			raw, err := chromedp.Run(tabCtx, chromedp.Evaluate[[]byte](expression))
			if navigating(err) {
				return false, nil
			}
			if err != nil || into == nil {
				return true, err
			}
			return true, json.Unmarshal(raw, into)
		})
	})
}

// navigating knows the errors of a call that met a page on its way out.
func navigating(err error) bool {
	return err != nil && slices.ContainsFunc([]string{
		"navigated or closed", "Cannot find context", "Execution context was destroyed", "uniqueContextId not found", "Cannot find default execution context",
	}, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// closedItself knows the error of a tab that is gone before it was attached.
func closedItself(err error) bool {
	return err != nil && strings.Contains(err.Error(), "No target with given id")
}

// Navigate loads an address and waits until its document is parsed; images
// and late scripts may still come. Status then gives the HTTP status.
func (t *Tab) Navigate(ctx context.Context, url string) error {
	op := "load " + trimURL(url)
	var document cdp.LoaderID
	err := t.do(ctx, op, func(tabCtx context.Context) error {
		res, err := chromedp.Call(tabCtx, page.Navigate, page.NavigateParams{URL: url})
		if err != nil {
			return err
		}
		if res.ErrorText != "" {
			return fmt.Errorf("%w: %s", ErrNet, res.ErrorText)
		}
		document = res.LoaderID
		return nil
	})
	if err != nil {
		return err
	}
	// The answer may come while the old document still stands.
	err = t.WaitFor(ctx, op, func(context.Context) (bool, error) {
		if err := t.dead(); err != nil {
			return false, fmt.Errorf("%s: %w", op, err)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		return document == "" || slices.Contains(t.loaders, document), nil
	})
	if err != nil {
		return err
	}
	return t.parsed(ctx, op)
}

// Reload loads the page again, not from the cache.
func (t *Tab) Reload(ctx context.Context) error {
	err := t.do(ctx, "reload", func(tabCtx context.Context) error {
		_, err := chromedp.Run(tabCtx, chromedp.WaitEvent(page.FrameNavigated, func(e page.EventFrameNavigated) bool {
			return e.Frame.ParentID == ""
		}, func(ctx context.Context, s *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, s, page.Reload, page.ReloadParams{IgnoreCache: new(true)})
			return chromedp.Void{}, err
		}))
		return err
	})
	if err != nil {
		return err
	}
	return t.parsed(ctx, "reload")
}

func (t *Tab) parsed(ctx context.Context, op string) error {
	return t.WaitFor(ctx, op, func(ctx context.Context) (bool, error) {
		var ready string
		err := t.eval(ctx, op, "document.readyState", &ready)
		return ready != "loading", err
	})
}

// URL of the document that the tab shows.
func (t *Tab) URL(ctx context.Context) (string, error) {
	var u string
	err := t.eval(ctx, "read address", "location.href", &u)
	return u, err
}

// Status is the HTTP status of the last document, 0 before the first.
func (t *Tab) Status() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// WaitFor asks every 50 ms until the answer is yes or an error. It does not
// rely on animation frames, which a hidden page never gets.
func (t *Tab) WaitFor(ctx context.Context, op string, ask func(context.Context) (bool, error)) error {
	ctx, cancel := t.deadline(ctx)
	defer cancel()
	err := poll(ctx, 50*time.Millisecond, func() (bool, error) { return ask(ctx) })
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	return err
}

// Front brings the tab before the others. A page behind another draws nothing,
// and a picture of it may be waited for in vain.
func (t *Tab) Front(ctx context.Context) error {
	return t.do(ctx, "bring the tab to the front", func(tabCtx context.Context) error {
		_, err := cdp.Call(tabCtx, chromedp.FromContext(tabCtx).Target, page.BringToFront, cdp.Empty{})
		return err
	})
}

// Screenshot gives the visible part of the page as PNG.
//
// Elements that match any of the selectors in hide are left blank: nothing
// personal need be kept.
func (t *Tab) Screenshot(ctx context.Context, hide ...string) (png []byte, err error) {
	if len(hide) > 0 {
		veil := func(what []string) error { return t.call(ctx, "hide what is personal", nil, "veil", what) }
		if err := veil(hide); err != nil {
			return nil, err
		}
		defer func() {
			if err == nil {
				err = veil([]string{})
			}
		}()
	}
	err = t.do(ctx, "take screenshot", func(tabCtx context.Context) error {
		png, err = chromedp.Run(tabCtx, chromedp.CaptureScreenshot())
		return err
	})
	return png, err
}

// SetBlocking says whether images, fonts and media are left out (the state
// of a new tab). It counts for what is loaded from now on.
func (t *Tab) SetBlocking(ctx context.Context, on bool) error {
	t.mu.Lock()
	t.blocking = on
	t.mu.Unlock()
	return t.do(ctx, "set blocking", t.applyBlocking)
}

// blockedEndings are left out because no decision reads them; they are seven
// eighths of a page.
var blockedEndings = []string{"jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "ico", "woff", "woff2", "ttf", "otf", "mp4", "webm", "m3u8", "ts", "mp3"}

func (t *Tab) applyBlocking(op context.Context) error {
	t.mu.Lock()
	on := t.blocking
	t.mu.Unlock()
	var params network.SetBlockedURLsParams
	if on {
		for _, e := range blockedEndings {
			for _, tail := range []string{"", "?*"} {
				params.URLPatterns = append(params.URLPatterns, &network.BlockPattern{URLPattern: "*://*:*/*." + e + tail, Block: true})
			}
		}
	}
	_, err := chromedp.Call(op, network.SetBlockedURLs, params)
	return err
}

// Follow attaches to the tab that this one opened last, if it opened one that
// was not followed yet. What that page loaded before is not heard by its
// listeners; Reload it where that matters. One that closed itself again is
// ErrClosed.
func (t *Tab) Follow(ctx context.Context) (*Tab, bool, error) {
	return t.FollowOne(ctx, func(string) bool { return true })
}

// FollowOne is Follow for the last of the tabs whose ID fits. Those that do not
// are asked about again the next time.
func (t *Tab) FollowOne(ctx context.Context, fits func(id string) bool) (*Tab, bool, error) {
	t.mu.Lock()
	var id target.ID
	var rest []target.ID
	for _, o := range t.opened {
		if fits(string(o)) {
			id = o
		} else {
			rest = append(rest, o)
		}
	}
	t.opened = rest
	t.mu.Unlock()
	if id == "" {
		return nil, false, nil
	}
	t.b.mu.Lock()
	t.p.served++
	t.p.open++
	t.b.mu.Unlock()
	next, err := t.b.attach(ctx, t.p, id)
	if closedItself(err) {
		err = fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return next, err == nil, err
}

// trimURL leaves out the query: it may hold what is nobody's business.
func trimURL(u string) string {
	u, _, _ = strings.Cut(u, "?")
	return u
}
