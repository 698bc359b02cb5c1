package orders

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"countermand/shop"
	"countermand/state"
)

// NewRequest is what a customer asks for, as the shop tells it now.
type NewRequest struct {
	Source state.RequestSource
	Edits  []string
	Reason string
}

// FindRequest finds a request that was not dealt with: one made in the shop itself,
// the tag, or Flow's. What was asked for in the shop before its history begins
// is none.
func FindRequest(o shop.Order, knocks []state.Knock, r state.Request, tag string, since time.Time) (NewRequest, bool) {
	w := NewRequest{Source: state.RequestByEdit, Reason: "customer"}
	for _, e := range o.Edits {
		if e.Status == shop.EditRequested && !e.RequestedAt.Before(since) && !slices.Contains(r.EditIDs, e.ID) {
			w.Edits = append(w.Edits, e.ID)
		}
	}
	if len(w.Edits) > 0 {
		return w, true
	}
	dealtWith := r.Source == state.RequestByTag && r.Status != state.RequestWithdrawn && !r.TagGone
	if Tagged(o, tag) && !dealtWith {
		return NewRequest{Source: state.RequestByTag, Reason: "customer"}, true
	}
	for _, k := range knocks {
		if reason, flow := shop.FlowReason(k.Topic); flow {
			return NewRequest{Source: state.RequestByFlow, Reason: cmp.Or(reason, "customer")}, true
		}
	}
	return NewRequest{}, false
}

// Tagged tells whether an order has a tag, in whatever case; no tag is none.
func Tagged(o shop.Order, tag string) bool {
	return tag != "" && slices.ContainsFunc(o.Tags, func(t string) bool { return strings.EqualFold(strings.TrimSpace(t), tag) })
}

// GoneIfGranted is how many items of each line will be gone once the request is granted.
// Items that were shipped and returned count neither as gone nor as left.
func GoneIfGranted(o shop.Order, r state.Request) map[string]int {
	out := map[string]int{}
	for _, l := range o.Lines {
		if out[l.ID] = o.Gone[l.ID]; r.Source != state.RequestByEdit {
			out[l.ID] += o.Left[l.ID]
		}
	}
	for _, e := range o.Edits {
		if r.Source != state.RequestByEdit || e.Status != shop.EditRequested || !slices.Contains(r.EditIDs, e.ID) {
			continue
		}
		for _, rm := range e.Removals {
			out[rm.LineID] += rm.Quantity - rm.Resolved
		}
	}
	return out
}

// LeavesPart tells whether a request leaves something of the order standing.
func LeavesPart(o shop.Order, r state.Request) bool {
	gone := GoneIfGranted(o, r)
	return slices.ContainsFunc(o.Lines, func(l state.Line) bool {
		return o.Left[l.ID] > gone[l.ID]-o.Gone[l.ID]
	})
}

// RequestEnded tells how a request ended that the shop does not show any more,
// "" while it stands.
func RequestEnded(r state.Request, o shop.Order, tag string) (ended state.RequestStatus, why string) {
	switch r.Source {
	case state.RequestByEdit:
		if !o.EditsRead {
			return "", ""
		}
		ended, why = state.RequestWithdrawn, "the customer withdrew the request"
		for _, e := range o.Edits {
			switch {
			case !slices.Contains(r.EditIDs, e.ID):
			case e.Status == shop.EditRequested:
				return "", ""
			case e.Status == shop.EditResolved:
				ended, why = state.RequestDone, "the request was marked as done in the shop by a person"
			case r.Status == state.RequestDeclining:
				ended, why = state.RequestDeclined, "the customer's request was declined"
			case ended != state.RequestDone:
				ended, why = state.RequestWithdrawn, "the request was declined in the shop by a person"
			}
		}
		return ended, why
	case state.RequestByTag:
		if !Tagged(o, tag) {
			return state.RequestWithdrawn, "the tag was taken off"
		}
	}
	return "", ""
}
