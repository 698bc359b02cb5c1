package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// ErrBusy: a window for the same origin is open already.
var ErrBusy = errors.New("another released request to this origin has not ended")

// ErrClosed: the proxy was closed.
var ErrClosed = errors.New("the browser's proxy is closed")

// Window is the time of one released request: from Open until End its origin
// is reached over one new connection and no other.
type Window struct {
	p    *Proxy
	host string
	line string // of the one request, where it can be seen

	// Under p.mu:
	open    bool  // the one connection may come
	conn    *conn // the one that came
	sent    int64
	refused int
}

// Result is what the proxy saw of a window.
type Result struct {
	// Admitted: the one connection came.
	Admitted bool
	// Sent counts the bytes that went up it, among them those of TLS. They are
	// counted before they are written.
	Sent int64
	// Refused counts the connections, or cleartext requests, that were closed
	// because they were too many: among them the browser's own attempts to
	// send the request again.
	Refused int
}

// NothingLeft tells that nothing reached the server so far. It says so of a
// request that the browser has done with; of one still pending there only
// after Withdraw and until End. With bytes sent it cannot be told, as TLS hides
// what they were.
func (r Result) NothingLeft() bool { return r.Sent == 0 }

// Open begins a window for a request to u, an http or https address. The
// caller holds the request, and all others to its origin, in the browser, and
// releases it as soon as Open returns.
//
// Open ends the connections to the origin and those that asked for nothing
// yet. It lets one in once nobody has asked in vain for Options.Settle, at the
// latest after 50 times that: else a request that was on its way already would
// take the place. After an error the origin is reached as ever.
func (p *Proxy) Open(ctx context.Context, method string, u *url.URL) (*Window, error) {
	host, err := origin(u)
	if err != nil {
		return nil, fmt.Errorf("open window: %w", err)
	}
	w := &Window{p: p, host: host, line: requestLine(method, u)}
	if err := w.shut(); err != nil {
		return nil, fmt.Errorf("open window to %s: %w", host, err)
	}
	settled := time.NewTicker(p.opts.Settle)
	defer settled.Stop()
	for rounds, refused := maxRounds, 0; ; rounds-- {
		select {
		case <-settled.C:
		case <-ctx.Done():
			w.End()
			return nil, fmt.Errorf("open window to %s: %w", host, context.Cause(ctx))
		}
		var quiet bool
		if refused, quiet = w.admit(refused, rounds <= 1); quiet {
			return w, nil
		}
	}
}

// maxRounds bounds the wait for requests that were on their way when the
// window opened. With the default Settle it is a second.
const maxRounds = 50

// admit lets the one connection in if none was refused since the last look, or
// in any case.
func (w *Window) admit(last int, anyway bool) (refused int, admitted bool) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.open = w.refused == last || anyway
	return w.refused, w.open
}

// shut ends the old connections and lets none in.
func (w *Window) shut() error {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	switch {
	case w.p.closed:
		return ErrClosed
	case w.p.windows[w.host] != nil:
		return ErrBusy
	}
	w.p.windows[w.host] = w
	for c := range w.p.conns {
		if c.host == w.host || c.host == "" {
			c.end()
		}
	}
	return nil
}

// pass counts bytes on their way to the server, unless the window or its
// connection has ended.
func (w *Window) pass(n int) bool {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if w.conn.ended {
		return false
	}
	w.sent += int64(n)
	return true
}

// Withdraw gives the request up and tells what was seen: no connection is let
// in any more, and the one that came is ended. The origin stays shut until End.
//
// It is for a caller that waited in vain. A released request of which the
// browser has told neither answer nor failure is still pending there and could
// leave, or leave again, after End. Withdraw makes the browser fail it, as it
// finds no connection; the caller waits for that, and where it does not come
// ends the browser, before it ends the window.
func (w *Window) Withdraw() Result {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.open = false
	if w.conn != nil {
		w.conn.end()
	}
	return w.result()
}

// End closes the window and tells what was seen: the origin is reached as ever.
// A connection that has sent nothing is ended, so that what was told stays
// true. End may be called more than once.
func (w *Window) End() Result {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.open = false
	if w.conn != nil && w.sent == 0 {
		w.conn.end()
	}
	if w.p.windows[w.host] == w {
		delete(w.p.windows, w.host)
	}
	return w.result()
}

// Seen tells what was seen so far.
func (w *Window) Seen() Result {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	return w.result()
}

// result needs p.mu.
func (w *Window) result() Result {
	return Result{Admitted: w.conn != nil, Sent: w.sent, Refused: w.refused}
}
