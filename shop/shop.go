// Package shop holds the words of the shop's edge: what an order is to us,
// how the edge knocks, and in which kinds its refusals come. The one
// implementation is shop/shopify.
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
	// Supplier are the supplier orders that the order itself names, in the
	// order they were found, each number once.
	Supplier []state.Mapping
}

// Edge is one shop that can be asked.
type Edge interface {
	// Order reads one order by its GraphQL id.
	Order(ctx context.Context, id string) (Order, error)
}

// Sink takes knocks. It returns nil only once the knock is on disk; added is
// false for a delivery that was seen before.
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

// Error is a refusal to answer.
type Error struct {
	Kind Kind
	Op   string
	// Detail says what to do.
	Detail string
	// RetryAfter is what the shop asked for, zero when it did not.
	RetryAfter time.Duration
	Err        error
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

// KindOf finds the kind in an error's chain, "" where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}
