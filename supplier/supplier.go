// Package supplier is the contract with the place where the goods were bought:
// what can be read and requested there, and the kinds of errors that come back.
// The one implementation is supplier/aliexpress.
//
// A second supplier is a folder beside it, and touches: its row in
// supplier/registry.go, its opener in cmd/internal/app/suppliers.go, its name
// for the key accounts[].supplier in configs/config.go, the hosts of its sites
// in configs/defaults.go, its line in cmd/internal/app/importlaw_test.go, and
// shop/shopify/number.go, which tells how its numbers and links stand in what
// customers and importers write.
//
// The readings themselves are words of package state, because cases keep what
// they learnt from them.
package supplier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countermand/state"
)

// Client works one account. It is used by one goroutine at a time.
type Client interface {
	// Sweep reads the order list, newest first, until every wanted order was
	// met or the list ends. Wanted orders that the list does not hold are
	// simply absent from the result; that proves nothing.
	Sweep(ctx context.Context, want []string) (map[string]state.Reading, error)
	// Read reads one order: its detail page, and with tracking also the
	// tracking page.
	Read(ctx context.Context, number string, tracking bool) (state.Reading, error)
	// Cancel tries to place one cancel request. What went wrong before
	// anything was dispatched comes as an *Error or as an outcome that says
	// so; once req.Dispatch has returned nil, the answer is always an
	// outcome: one that says NothingLeft, or at worst AskUnclear.
	Cancel(ctx context.Context, req CancelRequest) (state.AttemptResult, error)
	// Probe looks whether the session is good, without clicking anything.
	Probe(ctx context.Context) error
	// Close lets go of the browser, keeping the session.
	Close(ctx context.Context) error
}

// CancelRequest is one attempt.
type CancelRequest struct {
	Number string
	// CaseID names the folder that evidence goes to.
	CaseID string
	// Observe stops before anything is clicked that could reach the
	// supplier, and reports what would have been done.
	Observe bool
	// ApprovedRefusals are the sentences about a refusal on the page that a person has
	// approved; any other such sentence ends the attempt with AskRefused.
	ApprovedRefusals []string
	// Guard is asked with each reading of the order, made on the very page
	// that is about to be clicked. An error ends the attempt with
	// AskWrongOrder.
	Guard func(state.Reading) error
	// Dispatch stores the mark. It is called, from another goroutine, when the
	// call that writes waits to leave; that leaves only if Dispatch returns
	// nil. An error ends the attempt with AskFailed.
	Dispatch func(ctx context.Context) error
	// Reached is told, from other goroutines, how far a call that writes has
	// come; nil: nobody is.
	Reached func(Stage)
}

// Stage is how far a call that writes has come.
type Stage string

// The stages, in their order. The mark is stored between the first two.
const (
	StageWaiting  Stage = "call waiting"  // held, and about to be marked
	StageReleased Stage = "call released" // on its way
	StageAnswered Stage = "call answered" // its answer was read
)

// Kind says what an error means for the account and the order.
type Kind string

// The kinds. Account kinds stop the account's work; order kinds stop at the
// order; the rest is tried again.
const (
	LoggedOut   Kind = "logged_out"   // account: a person must sign in
	Challenged  Kind = "challenged"   // account: captcha or punish page; a person is called
	Throttled   Kind = "throttled"    // account: answers without content; slow down
	Browser     Kind = "browser"      // Chromium is missing, died or hangs
	Unreachable Kind = "unreachable"  // the site does not answer
	NotFound    Kind = "not_found"    // order: this account does not show it
	Unreadable  Kind = "unreadable"   // order: an answer in a shape we do not know
	WrongOrder  Kind = "wrong_order"  // order: the page shows another one
	UnknownPage Kind = "unknown_page" // order: a page we do not know
	Unsafe      Kind = "unsafe"       // a button on the deny list was about to be clicked
)

// Account tells whether the kind concerns the whole account.
func (k Kind) Account() bool { return k == LoggedOut || k == Challenged || k == Throttled }

// Error is a failed call of a supplier.
type Error struct {
	Kind Kind
	// Op is what was being done: "read order 8190…".
	Op string
	// Detail is for the operator: what was seen and what to do.
	Detail   string
	Evidence []string
	Err      error
}

// Error names the action, what was seen and the cause.
func (e *Error) Error() string {
	s := e.Op + ": " + string(e.Kind)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += fmt.Sprintf(": %v", e.Err)
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf finds the kind in an error's chain, "" where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// Evidence is something that was seen, to be kept.
type Evidence struct {
	CaseID string
	Number string
	// Name says what it is: "before-submit".
	Name string
	// Ext is the file's ending: png, html, json.
	Ext  string
	At   time.Time
	Zone string
	URL  string
	Body []byte
}

// EvidenceSink keeps evidence and gives back the reference that journals
// carry: the path below the evidence folder and the SHA-256.
type EvidenceSink interface {
	Keep(ctx context.Context, e Evidence) (ref string, err error)
}

// Messenger can write to an order's seller.
type Messenger interface {
	// Message sends those texts that were not sent before. Once req.Dispatch has
	// returned nil, the answer is always an outcome, at worst MessageUnclear.
	Message(ctx context.Context, req MessageRequest) (MessageResult, error)
}

// MessageRequest is what the seller is to be told about one order.
type MessageRequest struct {
	Number string
	// CaseID names the folder that evidence goes to.
	CaseID string
	// Texts are sent one by one, such as the English and the Chinese one.
	Texts []string
	// Observe stops before anything is typed, and reports what would have
	// been sent.
	Observe bool
	// Guard and Dispatch are those of CancelRequest. Dispatch is called once,
	// before the first text leaves.
	Guard    func(state.Reading) error
	Dispatch func(ctx context.Context) error
}

// MessageOutcome is how an attempt to write to the seller ended.
type MessageOutcome string

// The outcomes.
const (
	MessageSent       MessageOutcome = "sent"        // read again: the page shows all texts
	MessageAlready    MessageOutcome = "already"     // all were sent before; nothing was typed
	MessageObserved   MessageOutcome = "observed"    // observe: what would have been sent
	MessageWrongOrder MessageOutcome = "wrong_order" // the page is about another order
	MessageUnknown    MessageOutcome = "unknown"     // a page we do not know; nothing was sent
	MessageFailed     MessageOutcome = "failed"      // broke before the first text was sent; may be done again
	MessageUnclear    MessageOutcome = "unclear"     // broke after that; must be looked at
)

// MessageResult is an attempt's end.
type MessageResult struct {
	Outcome MessageOutcome
	Detail  string
	// Sent counts the texts that were sent now and stand there.
	Sent     int
	Evidence []string
}

// Disputer can fill in the dispute form of an order line.
type Disputer interface {
	// Dispute fills the form from the dossier and stops before it is
	// submitted, unless d.Submit is set. Once d.Dispatch has returned nil,
	// the answer is always an outcome, at worst DisputeUnclear.
	Dispute(ctx context.Context, d Dossier) (DisputeResult, error)
	// Returns lists the disputes and refunds of an order, newest first; of
	// all orders where number is empty.
	Returns(ctx context.Context, number string) ([]Return, error)
}

// Dossier is what a dispute says.
type Dossier struct {
	Number string
	// Line is the supplier's id of the order line; disputes are per line.
	Line   string
	CaseID string
	// Received: the parcel has arrived. It decides which reasons are offered.
	Received bool
	// Reasons are codes or words of the reason, the best first; the first
	// that exactly one offered reason fits is taken.
	Reasons []string
	Text    string
	// Amount that is claimed; unknown leaves what the form proposes.
	Amount state.Money
	// Files are paths of the evidence to attach.
	Files []string
	// Submit sends the dispute: an operator's decision, never our own.
	Submit   bool
	Guard    func(state.Reading) error
	Dispatch func(ctx context.Context) error
}

// DisputeOutcome is how filling in a dispute ended.
type DisputeOutcome string

// The outcomes.
const (
	DisputeFilled     DisputeOutcome = "filled"      // filled in and shown; nothing was submitted
	DisputeSubmitted  DisputeOutcome = "submitted"   // read again: the list of returns has it
	DisputeAlready    DisputeOutcome = "already"     // one is open about this line
	DisputeNotOffered DisputeOutcome = "not_offered" // the order offers none
	DisputeWrongOrder DisputeOutcome = "wrong_order"
	DisputeUnknown    DisputeOutcome = "unknown" // a page we do not know; nothing was submitted
	DisputeFailed     DisputeOutcome = "failed"  // broke before Submit; may be done again
	DisputeUnclear    DisputeOutcome = "unclear" // broke after Submit; must be looked at
)

// DisputeResult is an attempt's end.
type DisputeResult struct {
	Outcome DisputeOutcome
	Detail  string
	// Filled is what the form holds, by field: received, reason, text,
	// amount, files.
	Filled map[string]string
	// Offered are the reasons that the form offers.
	Offered  []string
	Return   *Return
	Evidence []string
}

// Return is one entry of the list of returns and refunds.
type Return struct {
	// ID and LineID are the return's own numbers.
	ID, LineID string
	// Number and OrderLine say what it is about.
	Number, OrderLine string
	// Code is the site's own state, Status its caption.
	Code, Status string
	// Open: still to be decided or paid.
	Open      bool
	Amount    state.Money
	CreatedAt time.Time
}
