package shopifytest

import (
	"fmt"
	"time"
)

// RequestedEdit is a customer's wish to have lines taken off.
type RequestedEdit struct {
	ID     int64
	Status string // REQUESTED, RESOLVED or DECLINED
	At     time.Time
	// EndedAt is when it was resolved or declined.
	EndedAt  time.Time
	Removals []Removal
	// DeclineNote is what the customer was told.
	DeclineNote string
}

// Removal is how many of a line are to go.
type Removal struct {
	LineID             int64
	Quantity, Resolved int
}

// GID is the request's GraphQL id.
func (e RequestedEdit) GID() string { return fmt.Sprintf("gid://shopify/RequestedOrderEdit/%d", e.ID) }

// RequestEdit lets the customer ask for lines to be taken off; none named
// means all that still stand.
func (s *Shop) RequestEdit(ref string, removals ...Removal) (RequestedEdit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return RequestedEdit{}, err
	}
	if len(removals) == 0 {
		for _, l := range o.Lines {
			removals = append(removals, Removal{LineID: l.ID, Quantity: l.Quantity - l.Removed})
		}
	}
	e := RequestedEdit{ID: s.id(), Status: "REQUESTED", At: s.now(), Removals: removals}
	o.Edits = append(o.Edits, e)
	s.touch(o)
	return e, nil
}

// WithdrawEdits takes back what the customer asked for and nobody answered.
func (s *Shop) WithdrawEdits(ref string) (Order, error) {
	return s.Change(ref, func(o *Order) {
		kept := o.Edits[:0]
		for _, e := range o.Edits {
			if e.Status != "REQUESTED" {
				kept = append(kept, e)
			}
		}
		o.Edits = kept
	})
}

func (o *Order) editStatus() string {
	status := "NONE"
	for _, e := range o.Edits {
		if status = e.Status; status == "REQUESTED" {
			break
		}
	}
	return status
}

func (o *Order) editObjects() []object {
	out := make([]object, len(o.Edits))
	for i, e := range o.Edits {
		out[i] = e.object()
	}
	return out
}

func (e *RequestedEdit) object() object {
	rows := make([]object, len(e.Removals))
	for i, r := range e.Removals {
		rows[i] = object{
			"id":       fmt.Sprintf("gid://shopify/RequestedOrderEditLineItem/%d", r.LineID),
			"quantity": r.Quantity, "resolvedQuantity": r.Resolved,
			"lineItem": object{"__typename": "LineItem", "id": Line{ID: r.LineID}.GID()},
		}
	}
	ended := map[string]any{"RESOLVED": nil, "DECLINED": nil}
	ended[e.Status] = stamp(e.EndedAt)
	return object{
		"__typename": "RequestedOrderEdit", "id": e.GID(), "status": e.Status,
		"requestedAt": stamp(e.At), "requestResolvedAt": ended["RESOLVED"], "requestDeclinedAt": ended["DECLINED"],
		"lineItems": object{"removals": connection(rows)},
	}
}

func (s *Shop) findEdit(id any) (*Order, *RequestedEdit) {
	for _, o := range s.orders {
		for i := range o.Edits {
			if o.Edits[i].GID() == id {
				return o, &o.Edits[i]
			}
		}
	}
	return nil, nil
}

// endEdit is the mutation that resolves a request or declines it.
func (s *Shop) endEdit(status string) call {
	return func(args map[string]any) (any, error) {
		refused := func(code, message string) (any, error) {
			return object{"requestedOrderEdit": nil, "userErrors": problems(Problem{code, "input.id", message})}, nil
		}
		in, _ := args["input"].(map[string]any)
		o, e := s.findEdit(in["id"])
		note, _ := in["declineNote"].(string)
		switch {
		case e == nil:
			return refused("NOT_FOUND", "Requested order edit does not exist")
		case e.Status != "REQUESTED":
			return refused("INVALID", "Requested order edit has already been answered")
		case len([]rune(note)) > 500:
			return refused("TOO_LONG", "Decline note is too long (maximum is 500 characters)")
		}
		e.Status, e.EndedAt, e.DeclineNote = status, s.now(), note
		s.touch(o)
		return object{"requestedOrderEdit": e.object(), "userErrors": problems()}, nil
	}
}
