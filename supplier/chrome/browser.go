package chrome

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// Browser supervises one Chromium on one profile. It may be started and
// stopped any number of times; its methods may be called from any goroutine.
type Browser struct {
	opts Options

	mu  sync.Mutex
	cur *process
}

// process is one run of the browser.
type process struct {
	root context.Context
	// end kills what is left and waits for it.
	end  func()
	lock *lock // nil for a remote browser
	pid  int   // 0 for a remote browser
	gate *gate // nil without a policy
	held *heldPipe

	// served counts the tabs ever opened, open those open now; both under
	// Browser.mu.
	served, open int

	stopping chan struct{} // closed by Stop before it closes the browser
	clean    atomic.Bool   // set by Stop when the browser closed itself
	finish   func()        // kills what is left, lets the profile go; once
	dead     chan struct{} // closed by finish
	endErr   error         // valid after dead closed
}

// New checks the options. Nothing is started.
func New(o Options) (*Browser, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Browser{opts: o}, nil
}

// Start starts the browser if it does not run, within StartTimeout.
func (b *Browser) Start(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err := b.ensure(ctx)
	return err
}

// ensure gives the running process, starting it where needed. b.mu is held,
// so an abandoned start cannot collide with the next.
func (b *Browser) ensure(ctx context.Context) (*process, error) {
	if p := b.cur; p != nil {
		select {
		case <-p.gone():
			// It is dying: wait until it let the profile go.
			<-p.dead
		default:
			return p, nil
		}
	}
	b.cur = nil
	p, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	b.cur = p
	return p, nil
}

// gone closes when the connection to the browser is lost.
func (p *process) gone() <-chan struct{} {
	return chromedp.FromContext(p.root).Browser.LostConnection
}

func (b *Browser) start(ctx context.Context) (*process, error) {
	p := &process{stopping: make(chan struct{}), dead: make(chan struct{})}
	p.finish = sync.OnceFunc(p.cleanUp)
	if err := b.allocate(ctx, p); err != nil {
		return nil, err
	}
	if err := b.connect(ctx, p); err != nil {
		p.end()
		if p.gate != nil {
			err = errors.Join(err, p.gate.end())
		}
		if p.lock != nil {
			err = errors.Join(err, p.lock.release(false))
		}
		return nil, err
	}
	go p.watch()
	if err := b.importCookies(ctx, p); err != nil {
		p.end()
		<-p.dead
		return nil, err
	}
	return p, nil
}

func (b *Browser) allocate(ctx context.Context, p *process) (err error) {
	if b.opts.RemoteURL != "" {
		alloc, freeAlloc := remote.NewAllocator(context.WithoutCancel(ctx), b.opts.RemoteURL)
		root, free := chromedp.NewContext(alloc)
		p.root, p.end = root, sync.OnceFunc(func() {
			if p.gate != nil {
				_ = p.gate.cut() // before the browser lets go what is held; end tells how it went
			}
			free()
			freeAlloc()
		})
		if b.opts.Gate != nil {
			if p.gate, err = newGate(b.opts); err != nil {
				p.end()
				return err
			}
		}
		return nil
	}
	if err := b.opts.prepareProfile(); err != nil {
		return err
	}
	if p.lock, err = takeProfile(ctx, b.opts.ProfileDir); err != nil {
		return err
	}
	if b.opts.Gate != nil {
		if p.gate, err = newGate(b.opts); err != nil {
			return errors.Join(err, p.lock.release(p.lock.wasClean))
		}
	}
	if p.root, p.end, p.held, err = b.opts.startProcess(ctx, p.gate); err != nil {
		if p.gate != nil {
			err = errors.Join(err, p.gate.end())
		}
		return errors.Join(err, p.lock.release(p.lock.wasClean))
	}
	return nil
}

// connect makes the first call, which starts the process. The time limit
// must not be a deadline of its context: that would be the browser's own.
func (b *Browser) connect(ctx context.Context, p *process) error {
	timer := time.AfterFunc(b.opts.StartTimeout, p.end)
	unhook := context.AfterFunc(ctx, p.end)
	_, err := chromedp.CallBrowser(p.root, browser.GetVersion, struct{}{})
	if p.held != nil {
		p.held.close()
	}
	if err == nil && p.gate != nil {
		err = p.gate.start(p.root, func() { go p.finish() })
		if err == nil && b.opts.RemoteURL != "" {
			proving, cancel := context.WithTimeout(ctx, b.opts.times.prove)
			err = p.gate.adopt(proving)
			cancel()
		}
	}
	inTime, wanted := timer.Stop(), unhook()
	switch {
	case !wanted && ctx.Err() != nil:
		return fmt.Errorf("start browser: %w", context.Cause(ctx))
	case !inTime:
		return fmt.Errorf("start browser: %w: no answer in %s; try `countermand doctor`", ErrGone, b.opts.StartTimeout)
	case errors.Is(err, ErrOutside):
		return fmt.Errorf("attach to browser %s: %w", b.opts.RemoteURL, err)
	case err != nil:
		return fmt.Errorf("start browser: %w: %w", ErrGone, err)
	}
	if proc := chromedp.FromContext(p.root).Browser.Process(); proc != nil && p.lock != nil {
		p.pid = proc.Pid
		if err := p.lock.browser(p.pid); err != nil {
			return err
		}
	}
	return nil
}

// watch waits for the browser's end, expected or not, and cleans up after it.
func (p *process) watch() {
	<-p.gone()
	select {
	case <-p.stopping:
		// Stop is waiting for the process to end by itself.
	default:
		p.finish()
	}
}

// cleanUp is the body of finish.
func (p *process) cleanUp() {
	if p.pid != 0 {
		_ = killGroup(p.pid) // already gone is as good
	}
	p.end()
	if p.gate != nil {
		p.endErr = p.gate.end()
	}
	if p.lock != nil {
		p.endErr = errors.Join(p.endErr, p.lock.release(p.clean.Load()))
	}
	close(p.dead)
}

// Stop exports the cookies, closes the browser within StopTimeout and kills
// what is left. Stopping a browser that does not run is no error.
func (b *Browser) Stop(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.cur
	b.cur = nil
	if p == nil {
		return nil
	}
	select {
	case <-p.gone():
		<-p.dead
		return p.endErr
	default:
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.StopTimeout)
	defer cancel()
	err := b.exportCookies(ctx, p)
	if p.gate != nil {
		p.gate.shut(ctx)
	}
	close(p.stopping)
	if b.opts.RemoteURL == "" {
		op, done := p.bind(ctx)
		p.clean.Store(chromedp.Cancel(op) == nil)
		done()
	}
	p.finish()
	return errors.Join(err, p.endErr)
}

// Health asks the running browser for its version. A wedged browser gives no
// sign of its own, so this is the only way to notice. A browser that does not
// run is healthy: it will be started when needed.
func (b *Browser) Health(ctx context.Context) error {
	b.mu.Lock()
	p := b.cur
	b.mu.Unlock()
	if p == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.opts.HealthTimeout)
	defer cancel()
	op, done := p.bind(ctx)
	defer done()
	if _, err := chromedp.CallBrowser(op, browser.GetVersion, struct{}{}); err != nil {
		return p.explain(ctx, "ask browser for its health", err)
	}
	return nil
}

// bind derives from the browser's context one that ends with ctx too.
func (p *process) bind(ctx context.Context) (context.Context, func()) {
	op, cancel := context.WithCancelCause(p.root)
	unhook := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	return op, func() { unhook(); cancel(nil) }
}

// explain says why a call failed: the caller's context ended, the browser is
// gone, or the call itself failed.
func (p *process) explain(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	select {
	case <-p.gone():
		return fmt.Errorf("%s: %w: %w", op, ErrGone, err)
	default:
		return fmt.Errorf("%s: %w", op, err)
	}
}

// Dead gives a channel that closes when the present process is gone and has
// let its profile go; nil while none runs.
func (b *Browser) Dead() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cur == nil {
		return nil
	}
	return b.cur.dead
}

// PID of the running browser, 0 where there is none.
func (b *Browser) PID() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cur == nil {
		return 0
	}
	select {
	case <-b.cur.gone():
		return 0
	default:
		return b.cur.pid
	}
}
