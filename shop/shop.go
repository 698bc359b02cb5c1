// Package shop is the contract with a shop: what an order, a change and a
// customer's request are, what can be read and written, and the kinds of errors
// that come back. The one implementation is shop/shopify.
//
// No personal data passes through here: neither the customer's name nor the
// address is asked for.
package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countermand/state"
)

// Order is what the shop says about one order, read from its API.
type Order struct {
	Shop string
	// ID is the GraphQL id.
	ID        string
	Name      string // "#1042"
	CreatedAt time.Time
	UpdatedAt time.Time
	// CancelledAt is zero while the order stands.
	CancelledAt time.Time
	// Reason of the cancel, in lower case.
	Reason string
	// Fulfillment is the shop's own word for how far it was sent, in lower
	// case.
	Fulfillment string
	// Lines are all the order's lines, as ordered.
	Lines []state.Line
	// Left is how many of each line, by its id, still stand after edits and
	// refunds.
	Left map[string]int
	// Gone is how many of a line, by its id, were taken off by refunds, edits
	// or the cancel before they left: what was shipped and then refunded or
	// returned is not in it. Lines of which none went are not in it either.
	Gone map[string]int
	// GoneAt is when something of that was last taken off, by the shop's
	// clock; of an edit the time of the latest edit, of a cancelled order that
	// of the cancel. Zero when nothing is gone or no time is told.
	GoneAt time.Time
	// GoneUndated: some of it was taken off by an edit of which the shop does
	// not tell when it was, so it may be later than GoneAt.
	GoneUndated bool
	// Supplier are the supplier orders that the order itself names, in the
	// order they were found, each number once.
	Supplier []state.Mapping

	// Financial is the shop's own word for what was paid and given back, in
	// lower case.
	Financial string
	// Total is what the order came to when it was placed, in the shop's
	// currency.
	Total state.Money
	Tags  []string
	// Vendors of the lines, each once. The products' own tags would want a
	// further scope.
	Vendors []string
	// Country is the ISO code that the parcel goes to. It is the only part of
	// the address that is ever asked for, and only where the edge is told to;
	// empty when it is not known.
	Country string
	// Edits are what the customer asked to have taken off, oldest first. They
	// mean something only where EditsRead is set: an API version without them,
	// or one that tells them in another shape, says nothing of them.
	Edits     []RequestedEdit
	EditsRead bool
}

// Reduced tells whether lines were taken off by edits or refunds.
func (o Order) Reduced() bool {
	for _, l := range o.Lines {
		if o.Left[l.ID] < l.Quantity {
			return true
		}
	}
	return false
}

// Edge reads the orders of one shop.
type Edge interface {
	// Order reads one order by its GraphQL id.
	Order(ctx context.Context, id string) (Order, error)
}

// Sink stores knocks: signs that an order should be read again. It returns nil
// only once the knock is on disk; added is false for a delivery that was seen
// before.
type Sink interface {
	Knock(ctx context.Context, k state.Knock) (added bool, err error)
}

// Kind says what an error of a shop means.
type Kind string

// The kinds.
const (
	NotFound     Kind = "not_found"    // no such order, or hidden by a missing scope
	Unauthorized Kind = "unauthorized" // the token or a scope is wrong: a person must mend it
	Throttled    Kind = "throttled"
	Unavailable  Kind = "unavailable" // network, 5xx, time-out
	Invalid      Kind = "invalid"     // an answer or a request in the wrong shape
)

// Error is a failed call of a shop.
type Error struct {
	Kind Kind
	Op   string
	// Detail says what to do.
	Detail string
	// RetryAfter is what the shop asked for, zero when it did not.
	RetryAfter time.Duration
	// Sent: the request may have been carried out although its answer was not
	// seen. After a write that means: read before anything else.
	Sent bool
	Err  error
}

// Error names the action, what to do and the cause.
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

// MaySent tells whether what failed may have been carried out all the same.
func MaySent(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return err != nil && (!ok || e.Sent)
}

// KindOf finds the kind in an error's chain, "" where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
