package chrome

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Response is an answer that the page got to a call of its own.
type Response struct {
	URL, Method string
	// PostData is the request's body, where it was short enough to be told.
	PostData string
	Status   int
	Body     []byte
	// Err says why the body could not be had; a page that navigates away
	// takes its bodies along.
	Err error
}

// Listener collects the responses to the requests whose address contains one
// of its texts. Attach it before the navigation that causes them.
type Listener struct {
	t     *Tab
	match []string

	mu      sync.Mutex
	pending map[network.RequestID]*Response
	got     []Response
}

// Listen attaches a listener. It collects responses until Close.
func (t *Tab) Listen(match ...string) *Listener {
	l := &Listener{t: t, match: match, pending: map[network.RequestID]*Response{}}
	t.mu.Lock()
	t.listeners = append(t.listeners, l)
	t.mu.Unlock()
	return l
}

// Close detaches the listener; what it got stays readable.
func (l *Listener) Close() {
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	l.t.listeners = slices.DeleteFunc(l.t.listeners, func(x *Listener) bool { return x == l })
}

// Responses got so far, in the order in which they ended.
func (l *Listener) Responses() []Response {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Response(nil), l.got...)
}

// onNetwork hands a network event to the listeners.
func (t *Tab) onNetwork(ev any) {
	t.mu.Lock()
	if r, ok := ev.(*network.EventResponseReceived); ok && r.Type == network.ResourceTypeDocument && string(r.FrameID) == string(t.id) {
		t.status = int(r.Response.Status)
	}
	listeners := append([]*Listener(nil), t.listeners...)
	t.mu.Unlock()
	for _, l := range listeners {
		l.onEvent(ev)
	}
}

func (l *Listener) onEvent(ev any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if l.matches(ev.Request.URL) && ev.Request.Method != "OPTIONS" {
			var body strings.Builder
			for _, e := range ev.Request.PostDataEntries {
				body.Write(e.Bytes)
			}
			l.pending[ev.RequestID] = &Response{URL: ev.Request.URL, Method: ev.Request.Method, PostData: body.String()}
		}
	case *network.EventResponseReceived:
		if r := l.pending[ev.RequestID]; r != nil {
			r.Status = int(ev.Response.Status)
		}
	case *network.EventResponseReceivedExtraInfo:
		// All that is told of an answer that the page may not have.
		if r := l.pending[ev.RequestID]; r != nil && r.Status == 0 {
			r.Status = int(ev.StatusCode)
		}
	case *network.EventLoadingFinished:
		// Only now is the body complete; the event has no address of its own.
		if r := l.pending[ev.RequestID]; r != nil {
			delete(l.pending, ev.RequestID)
			l.t.spawn(func() { l.fetch(ev.RequestID, *r) })
		}
	case *network.EventLoadingFailed:
		if r := l.pending[ev.RequestID]; r != nil {
			delete(l.pending, ev.RequestID)
			r.Err = fmt.Errorf("%w: %s%s", ErrNet, ev.ErrorText, ev.BlockedReason)
			l.got = append(l.got, *r)
		}
	}
}

func (l *Listener) matches(url string) bool {
	return slices.ContainsFunc(l.match, func(m string) bool { return strings.Contains(url, m) })
}

func (l *Listener) fetch(id network.RequestID, r Response) {
	r.Err = l.t.do(context.Background(), "read response body", func(op context.Context) error {
		c := chromedp.FromContext(op)
		res, err := cdp.Call(op, c.Target, network.GetResponseBody, network.GetResponseBodyParams{RequestID: id})
		r.Body = res.Body
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, r)
}
