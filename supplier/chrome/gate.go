package chrome

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// GatePolicy judges the requests of a browser: what may leave, and what not.
type GatePolicy interface {
	// Judge decides about one request before it leaves. It is called for one
	// after the other, in the order in which the browser sent them. It must be
	// quick and ask nobody: while it thinks, all others wait. A request about
	// which nothing is decided in two seconds fails, as does one over which
	// Judge panics.
	Judge(ctx context.Context, r *Request) Decision
}

// Request is a request of the browser that has not left.
type Request struct {
	// ID is its name, which no other request has, in whatever run of the browser.
	ID string
	// Redirected is the ID of the request whose redirect this one follows.
	Redirected string
	// Method and URL, without the part after '#'.
	Method, URL string
	Header      http.Header
	// Body is whole, but for the contents of files that were chosen from the
	// disk into a form; a request of whose body the browser tells nothing fails
	// before it is judged.
	Body []byte
	// Kind is the browser's word for what asks: Document, XHR (fetch as well),
	// Ping, Script, Image, Stylesheet, EventSource, Preflight, Other and more.
	Kind string
	// Frame that asks, or that is to show the document. A dedicated worker has
	// its page's; "" for the workers of no page.
	Frame string
	// Tab is the target whose frames Frame belongs to; "" where that is not
	// known. The main frame of a tab has the tab's own name.
	Tab string
	// Opener is the tab that opened Tab; "" for one that we opened.
	Opener string
	// Document asks: the one that stands in Frame, else in the frame around it.
	// Of a request for a document it is the one that is to be replaced, else
	// the one that asks for it from outside: around the frame, or in Opener.
	Document Document
	// Unattended tells that no page which stands in a tab of ours sends it: a
	// worker does, a page that is being left, a frame of another process, a tab
	// that nobody follows. A document is never unattended.
	Unattended bool
	// Preflight tells that the browser asks whether another origin's page may
	// send a request of its own; that one follows.
	Preflight bool
}

// Document is what was loaded into a frame.
type Document struct {
	// ID of the request that loaded it; "" for one that no request loaded.
	ID string
	// Address that was asked for, without the part after '#'.
	Address string
	// Later are addresses that the document of a tab gave itself.
	Later []string
	// Since is when the document of its tab came, on the boot clock; 0 where
	// the tab has none. Presses in the tab before then were on another.
	Since time.Duration
	// Leaving tells that another document was asked for in its frame, or in
	// one around it, and has not come.
	Leaving bool
}

// Decision is what is done with a request. The zero value lets it fail.
type Decision struct {
	verb  verb
	reply Answer
	hold  func(context.Context, *Held)
}

type verb int

const (
	fail verb = iota
	pass
	reply
	hold
)

// Fail lets the request fail: nothing leaves.
func Fail() Decision { return Decision{} }

// Pass lets the request go.
func Pass() Decision { return Decision{verb: pass} }

// Reply answers the request in the site's place: nothing leaves.
func Reply(a Answer) Decision { return Decision{verb: reply, reply: a} }

// AllowPreflight answers a preflight with yes: the request that it asks for
// comes next, with its body, and nothing left so far.
func AllowPreflight(r *Request) Decision {
	h := http.Header{}
	for name, value := range map[string]string{
		"Access-Control-Allow-Origin":      r.Header.Get("Origin"),
		"Access-Control-Allow-Methods":     r.Header.Get("Access-Control-Request-Method"),
		"Access-Control-Allow-Headers":     r.Header.Get("Access-Control-Request-Headers"),
		"Access-Control-Allow-Credentials": "true",
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	return Reply(Answer{Status: http.StatusNoContent, Header: h})
}

// Hold keeps the request until decide has released it or returned: one that is
// not released then fails, as does one that waited for five seconds. decide
// runs on a goroutine of its own.
func Hold(decide func(context.Context, *Held)) Decision { return Decision{verb: hold, hold: decide} }

// Answer to a request.
type Answer struct {
	Status int
	Header http.Header
	// Body as the page gets it; none of a redirect.
	Body []byte
}

// How a held request ended that has no answer; test with errors.Is.
var (
	// ErrNothingLeft: no byte of the request left this machine.
	ErrNothingLeft = errors.New("the request did not leave")
	// ErrNoAnswer: the request may have arrived, and the connection, the
	// browser or the body broke off before its answer was whole.
	ErrNoAnswer = errors.New("the request was released and has no answer")
	// ErrNotRead: the request may have arrived; its answer could not be read, or
	// is none to this request, or the browser never told how it ended.
	ErrNotRead = errors.New("the answer to the released request could not be read")
)
