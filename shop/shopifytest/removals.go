package shopifytest

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Refund took items off an order.
type Refund struct {
	ID    int64
	At    time.Time
	Lines []RefundLine
}

// RefundLine is how many of a line it took off. Restock is the API's word:
// CANCEL for items that had not left, RETURN for items that had, NO_RESTOCK
// for either.
type RefundLine struct {
	LineID   int64
	Quantity int
	Restock  string
	// Shipped tells, of NO_RESTOCK, that the items had left.
	Shipped bool
}

func (l RefundLine) left() bool {
	return l.Restock == "RETURN" || l.Restock == "NO_RESTOCK" && l.Shipped
}

// Fulfillment is a parcel, or one that came to nothing.
type Fulfillment struct {
	ID     int64
	Status string // SUCCESS, CANCELLED …
	Lines  []ShippedLine
}

// ShippedLine is how many of a line are in a parcel.
type ShippedLine struct {
	LineID   int64
	Quantity int
}

// GID is the refund's GraphQL id.
func (r Refund) GID() string { return fmt.Sprintf("gid://shopify/Refund/%d", r.ID) }

// GID is the fulfillment's GraphQL id.
func (f Fulfillment) GID() string { return fmt.Sprintf("gid://shopify/Fulfillment/%d", f.ID) }

// unshipped is what is still to leave.
func (l Line) unshipped() int { return l.Quantity - l.Shipped - (l.Removed - l.Returned) }

// errTooMany: there are not so many of the line to take off or to ship.
var errTooMany = errors.New("there are not so many of that line")

func (o *Order) line(id int64) (*Line, error) {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i], nil
		}
	}
	return nil, fmt.Errorf("order %s has no line %d", o.Name, id)
}

// Refund takes items off an order and gives their money back.
func (s *Shop) Refund(ref string, lines ...RefundLine) (Order, error) {
	return s.alter(ref, func(o *Order) error {
		for _, r := range lines {
			l, err := o.line(r.LineID)
			if err != nil {
				return err
			}
			switch {
			case r.left() && l.Shipped-l.Returned >= r.Quantity:
				l.Returned += r.Quantity
			case r.left() || l.unshipped() < r.Quantity:
				return fmt.Errorf("refund line %d: %w", l.ID, errTooMany)
			}
			l.Removed += r.Quantity
		}
		o.Refunds = append(o.Refunds, Refund{ID: s.id(), At: s.now(), Lines: slices.Clone(lines)})
		o.Financial = "PARTIALLY_REFUNDED"
		return nil
	})
}

// EditLine sets how many of a line stand, as an edit of the order does: only
// of what has not left.
func (s *Shop) EditLine(ref string, lineID int64, quantity int) (Order, error) {
	return s.alter(ref, func(o *Order) error {
		l, err := o.line(lineID)
		if err != nil {
			return err
		}
		off := l.Quantity - l.Removed - quantity
		if off < 0 || off > l.unshipped() {
			return fmt.Errorf("edit line %d: %w", lineID, errTooMany)
		}
		l.Removed += off
		o.Edited, o.EditedAt = true, append(o.EditedAt, s.now())
		return nil
	})
}

// Ship makes a parcel; none named means all that is still to leave.
func (s *Shop) Ship(ref string, lines ...ShippedLine) (Order, error) {
	return s.alter(ref, func(o *Order) error {
		if len(lines) == 0 {
			for _, l := range o.Lines {
				lines = append(lines, ShippedLine{l.ID, l.unshipped()})
			}
		}
		o.Fulfillment = "FULFILLED"
		for _, f := range lines {
			l, err := o.line(f.LineID)
			if err == nil && l.unshipped() < f.Quantity {
				err = fmt.Errorf("ship line %d: %w", f.LineID, errTooMany)
			}
			if err != nil {
				return err
			}
			l.Shipped += f.Quantity
		}
		if slices.ContainsFunc(o.Lines, func(l Line) bool { return l.unshipped() > 0 }) {
			o.Fulfillment = "PARTIALLY_FULFILLED"
		}
		o.Fulfillments = append(o.Fulfillments, Fulfillment{ID: s.id(), Status: "SUCCESS", Lines: slices.Clone(lines)})
		return nil
	})
}

// CancelFulfillments takes every parcel back.
func (s *Shop) CancelFulfillments(ref string) (Order, error) {
	return s.alter(ref, func(o *Order) error {
		for i := range o.Fulfillments {
			o.Fulfillments[i].Status = "CANCELLED"
		}
		for i := range o.Lines {
			o.Lines[i].Shipped = o.Lines[i].Returned
		}
		o.Fulfillment = "UNFULFILLED"
		return nil
	})
}

// alter edits an order wholly or not at all.
func (s *Shop) alter(ref string, edit func(*Order) error) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return Order{}, err
	}
	changed := o.clone()
	if err := edit(&changed); err != nil {
		return Order{}, err
	}
	*o = changed
	s.touch(o)
	return o.clone(), nil
}

// firstOf answers a list that takes first and no cursor.
func firstOf(all []object) call {
	return func(args map[string]any) (any, error) {
		if n := number(args["first"]); n > 0 && n < len(all) {
			return all[:n], nil
		}
		return all, nil
	}
}

func (o *Order) refundObjects() []object {
	out := make([]object, len(o.Refunds))
	for i, r := range o.Refunds {
		lines := make([]object, len(r.Lines))
		for j, l := range r.Lines {
			lines[j] = object{"quantity": l.Quantity, "restockType": l.Restock, "lineItem": object{"id": Line{ID: l.LineID}.GID()}}
		}
		out[i] = object{"__typename": "Refund", "id": r.GID(), "createdAt": stamp(r.At), "refundLineItems": connection(lines)}
	}
	return out
}

func (o *Order) fulfillmentObjects() []object {
	out := make([]object, len(o.Fulfillments))
	for i, f := range o.Fulfillments {
		lines := make([]object, len(f.Lines))
		for j, l := range f.Lines {
			lines[j] = object{"quantity": l.Quantity, "lineItem": object{"id": Line{ID: l.LineID}.GID()}}
		}
		out[i] = object{"__typename": "Fulfillment", "id": f.GID(), "status": f.Status, "fulfillmentLineItems": connection(lines)}
	}
	return out
}

// agreements are what merchant and customer agreed on, one after the other.
func (o *Order) agreements(args map[string]any) (any, error) {
	all := []object{{"__typename": "OrderAgreement", "happenedAt": stamp(o.CreatedAt), "reason": "ORDER"}}
	add := func(typ, reason string, at time.Time) {
		all = append(all, object{"__typename": typ, "happenedAt": stamp(at), "reason": reason})
	}
	for _, at := range o.EditedAt {
		add("OrderEditAgreement", "ORDER_EDIT", at)
	}
	for _, r := range o.Refunds {
		add("RefundAgreement", "REFUND", r.At)
	}
	slices.SortStableFunc(all, func(a, b object) int {
		return slices.Compare([]byte(a["happenedAt"].(string)), []byte(b["happenedAt"].(string)))
	})
	if args["reverse"] == true {
		slices.Reverse(all)
	}
	return connection(all)(args)
}

// refund and fulfillment find one by its id.
func (s *Shop) refund(args map[string]any) (any, error) {
	return s.search(args["id"], (*Order).refundObjects)
}

func (s *Shop) fulfillment(args map[string]any) (any, error) {
	return s.search(args["id"], (*Order).fulfillmentObjects)
}

func (s *Shop) search(id any, of func(*Order) []object) (any, error) {
	for _, o := range s.orders {
		for _, x := range of(o) {
			if x["id"] == id {
				return x, nil
			}
		}
	}
	return nil, nil
}
