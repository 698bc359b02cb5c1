package supplier

import (
	"context"

	"countermand/state"
)

// Rehearser can walk a cancel flow to the call that would ask, without letting
// that leave.
type Rehearser interface {
	// Rehearse never writes, in any mode. What stops it before the page is
	// reached comes as an *Error.
	Rehearse(ctx context.Context, req RehearseRequest) (Rehearsal, error)
}

// RehearseRequest is an order whose cancel flow is to be walked.
type RehearseRequest struct {
	Number string
	// CaseID names the folder that evidence goes to.
	CaseID string
	// Guard is that of CancelRequest; nil where there is no case.
	Guard func(state.Reading) error
}

// Rehearsal is what a walk came to.
type Rehearsal struct {
	Number string `json:"number"`
	// Reached: the page made the call that asks, and it was dropped.
	Reached bool `json:"reached"`
	// Call is that call, or the one at which the walk ended because nobody
	// knows what it does.
	Call *Call `json:"call,omitempty"`
	// Outcome and Detail say how the walk ended.
	Outcome state.AskOutcome `json:"outcome"`
	Detail  string           `json:"detail"`
	Reason  string           `json:"reason,omitempty"`
	Offered []string         `json:"offered,omitempty"`
	// Steps are what was seen and pressed, in order.
	Steps []Step `json:"steps"`
	// Failed are other calls that were not let through, and why.
	Failed   []string `json:"failed,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
}

// Step is one thing that was seen or pressed.
type Step struct {
	// Did is what: "sees the reason form", "presses Submit". By is what it
	// was understood by.
	Did string `json:"did"`
	By  string `json:"by,omitempty"`
}

// Call is a request of a page, without what signs it and without personal
// fields.
type Call struct {
	Method  string   `json:"method"`
	Address string   `json:"address"`
	Names   []string `json:"names"`
	Role    string   `json:"role,omitempty"`
	Why     string   `json:"why,omitempty"`
	Fields  []Field  `json:"fields"`
}

// Field is one value of a call, under the key next above it.
type Field struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
