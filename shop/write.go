package shop

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Refund is how a cancelled order's money goes back.
type Refund string

// The ways of a refund.
const (
	RefundOriginal    Refund = "original"
	RefundStoreCredit Refund = "store_credit"
	RefundNone        Refund = "none"
)

// CancelOrder says how a whole order is cancelled in the shop. That cannot be
// undone.
type CancelOrder struct {
	// ID is the GraphQL id.
	ID string
	// Reason as shop.Order has it: customer, declined, fraud, inventory,
	// other or staff.
	Reason         string
	Refund         Refund
	Restock        bool
	NotifyCustomer bool
	// StaffNote is seen by the merchant only; at most 255 characters.
	StaffNote string
}

// CancelOutcome is how a cancel in the shop ended.
type CancelOutcome string

// The outcomes.
const (
	// CancelDone: a reading shows the order cancelled.
	CancelDone CancelOutcome = "done"
	// CancelRefused: the shop said no, and a reading shows that the order
	// stands.
	CancelRefused CancelOutcome = "refused"
	// CancelUnclear: the cancel was sent, and neither of the above has been
	// seen. It must not be sent again before a while has passed and the order
	// still stands.
	CancelUnclear CancelOutcome = "unclear"
)

// Cancelled is what came of a cancel.
type Cancelled struct {
	Outcome CancelOutcome
	// At is when the shop cancelled it; zero unless done.
	At time.Time
	// Financial is the shop's word for the money at the last reading, in
	// lower case: a cancel may be done and the refund not.
	Financial string
	// Problems are the shop's own words.
	Problems []Problem
	// Err is why an unclear outcome is unclear.
	Err error
}

// Problem is one reason in the shop's own words why a write was refused.
type Problem struct {
	Code    string // as the API writes it, empty when it gives none
	Field   string // dotted, empty when it names none
	Message string
}

// String is for people.
func (p Problem) String() string {
	if p.Code == "" {
		return p.Message
	}
	return p.Message + " (" + p.Code + ")"
}

// Problems are the reasons why a write was refused, as an error.
type Problems []Problem

// Error joins what the shop says.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.String()
	}
	return "the shop refused: " + strings.Join(texts, "; ")
}

// EditStatus is how far a customer's request is.
type EditStatus string

// The states of a customer's request.
const (
	EditRequested EditStatus = "requested"
	EditResolved  EditStatus = "resolved"
	EditDeclined  EditStatus = "declined"
)

// RequestedEdit is a customer's wish to have lines taken off an order. It
// changes nothing by itself.
type RequestedEdit struct {
	ID          string
	Status      EditStatus
	RequestedAt time.Time
	// EndedAt is when it was resolved or declined.
	EndedAt  time.Time
	Removals []Removal
}

// Removal is how much of one line is to go.
type Removal struct {
	LineID   string
	Quantity int
	// Resolved is how many of them are gone by now.
	Resolved int
}

// Writer changes the orders of one shop. A write whose answer was lost is never
// simply repeated: what may have been carried out is read first.
type Writer interface {
	// Cancel cancels a whole order and reads what came of it. An error means that
	// nothing was sent; what came of a cancel that was sent is in the result.
	Cancel(ctx context.Context, o CancelOrder) (Cancelled, error)
	// SetTag makes tag the only one of the order's tags with that prefix; an
	// empty tag takes them all off. Other tags stay.
	SetTag(ctx context.Context, orderID, prefix, tag string) error
	// SetMetafield puts our JSON document on the order.
	SetMetafield(ctx context.Context, orderID string, doc json.RawMessage) error
	// ResolveEdit marks a customer's request as done. It does not change the
	// order.
	ResolveEdit(ctx context.Context, editID string) error
	// DeclineEdit declines it; the note, of at most 500 characters, is sent to
	// the customer.
	DeclineEdit(ctx context.Context, editID, note string) error
}

// ErrNoEdits: the API version has no requests of customers.
var ErrNoEdits = errors.New("this api_version has no requested order edits: set it to 2026-10 or later")
