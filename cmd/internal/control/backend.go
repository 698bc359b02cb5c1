package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// Filter narrows a listing of cases; the zero value takes all.
type Filter struct {
	Status state.Status
	Shop   string
	// Open leaves out the cases that have ended.
	Open bool
}

// Backend is the daemon behind the socket. Reader answers the questions from
// a store; the decisions go to the engine.
//
// A decision that the table does not allow is returned as Refused, input that
// makes no sense as Invalid. Errors that wrap state.ErrNotFound become 404,
// those that wrap state.ErrConflict 409.
type Backend interface {
	// Now is the daemon's clock.
	Now() time.Time
	// Cases lists newest first.
	Cases(ctx context.Context, f Filter) ([]state.Case, error)
	// Case gives one case by its whole id, and its journal, oldest first.
	Case(ctx context.Context, id string) (state.Case, []state.Entry, error)
	// Find lists the cases that a reference may mean, newest first, at most
	// limit. One that cannot be read is state.ErrCorrupt (wrapped), with the
	// others.
	Find(ctx context.Context, ref string, limit int) ([]state.Case, error)
	// Decide puts a person's decision through the table, in the transaction
	// that stores it.
	Decide(ctx context.Context, id string, e state.Event) (state.Case, error)
	// MapSet says which supplier orders belong to a shop order, by the name a
	// merchant knows ("#1042"), and returns the cases this concerns.
	MapSet(ctx context.Context, shop, order string, numbers []string, who string) ([]state.Case, error)
	// MapImport does so for many orders of one shop. What a person said stands:
	// refused tells of each order, by its name, why it was left as it was.
	MapImport(ctx context.Context, shop string, orders map[string][]state.Mapping, who string) (refused map[string]string, err error)
	// Alerts lists newest first; open leaves out what was acknowledged or
	// resolved.
	Alerts(ctx context.Context, open bool) ([]state.Alert, error)
	Ack(ctx context.Context, id, who string) (state.Alert, error)
	// TestAlert sends a test message to every channel.
	TestAlert(ctx context.Context) ([]ChannelResult, error)
	Status(ctx context.Context) (Status, error)
	// Lend takes an account out of work for a person who needs its browser
	// profile; TakeBack ends that.
	Lend(ctx context.Context, account, who string, d time.Duration) error
	TakeBack(ctx context.Context, account string) error
	// Rehearse walks the cancel flow of a case's order without asking;
	// RehearseAny that of an order of an account that no case is about.
	Rehearse(ctx context.Context, c state.Case) (supplier.Rehearsal, error)
	RehearseAny(ctx context.Context, account, number string) (supplier.Rehearsal, error)
	// SiteCalls lists the calls of the supplier's site, known or met;
	// SetSiteCall notes what one does.
	SiteCalls(ctx context.Context) ([]supplier.SiteCall, error)
	SetSiteCall(ctx context.Context, in SiteCallSet, who string) error
	// Claim says that this data folder is the only one in use.
	Claim(ctx context.Context, who string) (Claimed, error)
	// AcceptClock says that the daemon's clock is right.
	AcceptClock(ctx context.Context, who string) (ClockAccepted, error)
}

// Error is a refusal, with its HTTP status.
type Error struct {
	Code int
	// Reason is for a person, in one line.
	Reason string
}

// Error is the reason.
func (e *Error) Error() string { return e.Reason }

// Refused says that a decision is not allowed now, and why.
func Refused(reason string) error { return &Error{http.StatusConflict, reason} }

// Invalid says what is wrong with the input.
func Invalid(reason string) error { return &Error{http.StatusBadRequest, reason} }

// NotFound says what does not exist.
func NotFound(reason string) error { return &Error{http.StatusNotFound, reason} }

// codeOf finds the HTTP status that an error asks for.
func codeOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	switch {
	case errors.Is(err, state.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, state.ErrConflict):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
