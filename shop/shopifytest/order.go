package shopifytest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Order is one order of the shop. Zero fields are filled in by AddOrder.
type Order struct {
	ID        int64
	Name      string // "#1042"
	CreatedAt time.Time
	UpdatedAt time.Time
	// CancelledAt is zero while the order stands.
	CancelledAt time.Time
	// CancelReason as the Admin API writes it: CUSTOMER, INVENTORY …
	CancelReason string
	// Fulfillment is UNFULFILLED by default, Financial PAID.
	Fulfillment string
	Financial   string
	// Currency is USD by default, Country US.
	Currency   string
	Country    string
	Note       string
	Tags       []string
	Attributes []Attribute
	Lines      []Line
	// Metafields by "namespace.key".
	Metafields map[string]string
	// Edited says that the order was edited after it was placed.
	Edited bool
	// Edits are the customer's requests.
	Edits []RequestedEdit
	// Refunds, Fulfillments and EditedAt are made by Refund, Ship and EditLine.
	Refunds      []Refund
	Fulfillments []Fulfillment
	EditedAt     []time.Time
	// Cancel is how the API was told to cancel it, nil where it was not.
	Cancel *Cancel
}

// Attribute is a custom attribute of an order or a line.
type Attribute struct{ Key, Value string }

// Line is one line of an order.
type Line struct {
	ID       int64
	Title    string
	SKU      string
	Vendor   string
	Quantity int // 1 by default
	// Cents is the price of one; 1000 for the first line and 100 more for each
	// further one by default.
	Cents int
	// Removed is how many of them were taken off by edits and refunds, Shipped
	// how many left, and Returned how many of those that left were taken off
	// since.
	Removed    int
	Shipped    int
	Returned   int
	Attributes []Attribute
}

// GID is the order's GraphQL id.
func (o Order) GID() string { return orderGID + strconv.FormatInt(o.ID, 10) }

// GID is the line's GraphQL id.
func (l Line) GID() string { return fmt.Sprintf("gid://shopify/LineItem/%d", l.ID) }

const orderGID = "gid://shopify/Order/"

// firstID is odd and above 2^53: a reader that takes ids for floats names
// another order and is found out.
const firstID = 820_100_200_300_400_501

const idStep = 2

// errNoOrder says that the shop has no such order.
var errNoOrder = errors.New("no such order")

// AddOrder stores an order and returns it with everything filled in.
func (s *Shop) AddOrder(o Order) Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	o = o.clone()
	if o.ID == 0 {
		o.ID = s.id()
	}
	if o.Name == "" {
		o.Name = fmt.Sprintf("#%d", 1001+len(s.orders))
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = now
	}
	if o.UpdatedAt.IsZero() {
		o.UpdatedAt = o.CreatedAt
	}
	for field, v := range map[*string]string{&o.Fulfillment: "UNFULFILLED", &o.Financial: "PAID", &o.Currency: "USD", &o.Country: "US"} {
		if *field == "" {
			*field = v
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.ID == 0 {
			l.ID = s.id()
		}
		l.Quantity = max(l.Quantity, 1)
		if l.Cents == 0 {
			l.Cents = 1000 + 100*i
		}
	}
	stored := o.clone()
	s.orders = append(s.orders, &stored)
	s.byID[o.ID], s.byUpdate = &stored, nil
	return o
}

func (s *Shop) id() int64 {
	id := s.nextID
	s.nextID += idStep
	return id
}

func (o Order) clone() Order {
	o.Tags = slices.Clone(o.Tags)
	o.Attributes = slices.Clone(o.Attributes)
	o.Metafields = maps.Clone(o.Metafields)
	o.Edits = slices.Clone(o.Edits)
	o.Refunds = slices.Clone(o.Refunds)
	o.Fulfillments = slices.Clone(o.Fulfillments)
	o.EditedAt = slices.Clone(o.EditedAt)
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].Attributes = slices.Clone(o.Lines[i].Attributes)
	}
	return o
}

// Order finds an order by its name, its number or its GraphQL id.
func (s *Shop) Order(ref string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return Order{}, err
	}
	return o.clone(), nil
}

// Cancel cancels a whole order, which takes all its lines off, and returns
// it. Reason is as the Admin API writes it. No webhook is sent by itself.
func (s *Shop) Cancel(ref, reason string) (Order, error) {
	return s.Change(ref, func(o *Order) { o.cancel(s.now(), reason, "REFUNDED") })
}

// Change edits an order and dates its update.
func (s *Shop) Change(ref string, edit func(*Order)) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return Order{}, err
	}
	edit(o)
	s.touch(o)
	return o.clone(), nil
}

func (s *Shop) now() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// touch dates a change.
func (s *Shop) touch(o *Order) {
	o.UpdatedAt = s.now()
	s.byUpdate = nil
}

func (o *Order) cancel(at time.Time, reason, financial string) {
	o.CancelledAt, o.CancelReason, o.Financial = at, strings.ToUpper(reason), financial
	for i := range o.Lines {
		o.Lines[i].Removed = o.Lines[i].Quantity
	}
}

func (s *Shop) find(ref string) (*Order, error) {
	if n, err := strconv.ParseInt(strings.TrimPrefix(ref, orderGID), 10, 64); err == nil && s.byID[n] != nil {
		return s.byID[n], nil
	}
	for _, o := range s.orders {
		if ref == o.Name {
			return o, nil
		}
	}
	return nil, fmt.Errorf("find order %q: %w", ref, errNoOrder)
}
