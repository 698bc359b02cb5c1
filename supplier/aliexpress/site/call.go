package site

import (
	"time"
)

// Kind is what a call that writes does at the shop.
type Kind string

// The kinds of writes that somebody may decide on.
const (
	KindCancel  Kind = "cancel"
	KindMessage Kind = "message"
	KindDispute Kind = "dispute"
)

// Resource is the type that the browser gives a request, in the words of the
// DevTools protocol (Network.ResourceType). Only those are named here that
// the verdict tells apart.
type Resource string

// The types of requests that are told apart.
const (
	ResourceDocument  Resource = "Document"
	ResourceXHR       Resource = "XHR"
	ResourceFetch     Resource = "Fetch"
	ResourceScript    Resource = "Script"
	ResourcePing      Resource = "Ping" // navigator.sendBeacon too
	ResourceCSPReport Resource = "CSPViolationReport"
	ResourcePreflight Resource = "Preflight"
)

// Call is one request of the browser as it waits at the gate: the bytes that
// would leave, and who makes it.
type Call struct {
	URL, Method string
	Resource    Resource
	ContentType string
	Body        []byte
	// Hidden: there is a body that the gate was not shown, such as a stream.
	Hidden bool
	// Origin and Referer are the request's headers, "" where it has none.
	Origin, Referer string
	// ServiceWorker: the request fetches a service worker's script (header
	// "Service-Worker: script").
	ServiceWorker bool
	// CORSMethod is the header Access-Control-Request-Method of a preflight.
	CORSMethod string
	// Frame is the id of the frame that makes the call; "" for workers.
	Frame string
	// Ours: the driver itself sent the tab to this address.
	Ours bool
	// RedirectedFrom is the address that answered with a redirect to this
	// one, "" where none did.
	RedirectedFrom string
	// Doc is the document that makes the call. Of a navigation it is the one
	// that asks for it: the frame's present document, or the opener's.
	Doc Document
	// At is when the call began to wait, on the boot clock.
	At time.Duration
}

// OpenedBy says what brought a document into its frame.
type OpenedBy string

// What may open a document.
const (
	ByItself OpenedBy = ""      // a page or a person; nobody vouches for it
	ByDriver OpenedBy = "drive" // our own navigation
	ByPress  OpenedBy = "press" // a press of ours led to it
)

// Document is the last one that was released into a frame. A child frame has
// its own address and its tab's presses.
type Document struct {
	// Address is the one that was released. Later are those that the same
	// document gave itself without a request (history.pushState).
	Address string
	Later   []string
	By      OpenedBy
	// Flow: its tab belongs to the flow that holds the ticket.
	Flow bool
	// Order is the number that the page was judged to be of, "" where it was
	// not judged.
	Order string
	// Leaving: another navigation of the frame is under way.
	Leaving bool
	// Presses are the trusted clicks made on it, oldest first.
	Presses []Press
}

// PressKind says what a trusted click was meant to do.
type PressKind string

// The kinds of presses.
const (
	PressOther   PressKind = ""        // a choice, a field, a nuisance; anything else
	PressOpening PressKind = "opening" // the control that opens the flow
	PressCommits PressKind = "commits" // primary action, confirm, send
	PressReads   PressKind = "reads"   // more, tab, track, expand
	PressNext    PressKind = "next"    // to the next part of a form
)

// Press is one trusted click of ours.
type Press struct {
	Kind PressKind
	// About is the kind whose words the pressed control's scope shows: the
	// dialog or form around it. "" where it shows none.
	About Kind
	// At is its time on the boot clock.
	At time.Duration
}

// onlyRead tells whether nothing was pressed on a document but what reads.
func (d Document) onlyRead() bool {
	for _, p := range d.Presses {
		if p.Kind != PressReads {
			return false
		}
	}
	return true
}

// pressed gives the newest press before a call, made within PressReach of it,
// that fits.
func (d Document) pressed(at time.Duration, fits func(Press) bool) (Press, bool) {
	for i := len(d.Presses) - 1; i >= 0; i-- {
		if p := d.Presses[i]; p.At <= at && at-p.At <= PressReach && fits(p) {
			return p, true
		}
	}
	return Press{}, false
}

// The times of a call at the gate, all on the boot clock. A page gives its
// calls up after 15 s.
const (
	TicketLasts   = 2 * time.Minute  // the longest a ticket is good for
	DecisionLasts = 5 * time.Minute  // a ticket for one payload that a person said yes to
	PressReach    = 10 * time.Second // how long after a press a call may be its effect
	WaitAtMost    = 5 * time.Second  // a call that waited longer is failed
	ReleaseWithin = 2 * time.Second  // of the mark, else the call is failed
	AnswerWithin  = 20 * time.Second // until then the flow's tab stays as it is
)
