package aliexpresstest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Layout says how an order asks for the cancel reason.
type Layout string

// The layouts of the way to a cancelled order.
const (
	// LayoutPage is a page of its own on the mobile host, in the same tab;
	// Submit opens a pop-up, whose Confirm asks.
	LayoutPage Layout = "page"
	// LayoutDialog is the same form in a dialog over the order's page.
	LayoutDialog Layout = "dialog"
	// LayoutNewTab is LayoutPage in a tab of its own.
	LayoutNewTab Layout = "newtab"
	// LayoutInstant has no form: "Cancel order" opens the confirm pop-up on
	// the order's page, and Confirm closes the order at once, whatever Fate
	// says, unless the courier has picked it up.
	LayoutInstant Layout = "instant"
	// LayoutNoPopup is LayoutPage whose Submit asks at once.
	LayoutNoPopup Layout = "nopopup"
	// LayoutBare asks nothing at all: "Cancel order" closes the order, also a
	// paid one. LayoutOtherCall does so by a call of another name.
	LayoutBare      Layout = "bare"
	LayoutOtherCall Layout = "othercall"
	// LayoutDispute is a trap: "Cancel order" leads to the form of a dispute
	// about the first line.
	LayoutDispute Layout = "dispute"
)

var layouts = []Layout{LayoutPage, LayoutDialog, LayoutNewTab, LayoutInstant, LayoutNoPopup, LayoutBare, LayoutOtherCall, LayoutDispute}

// instant tells whether an order is closed without a reason.
func (l Layout) instant() bool {
	return l == LayoutInstant || l == LayoutBare || l == LayoutOtherCall
}

// Order is one order of the account. Only ID is compulsory.
type Order struct {
	// ID has 15 to 17 digits.
	ID    string
	Store string
	Lines []Line
	// Total is a decimal such as "12.34"; default: the sum of the lines.
	Total string
	// Currency is an ISO code; default USD.
	Currency string
	// PlacedAt defaults to PaidAt, else to the site's now.
	PlacedAt time.Time
	// PaidAt zero or in the future means that the order is not paid (yet).
	PaidAt time.Time
	// WindowEnd is when AliExpress closes the order by itself, unshipped;
	// default PaidAt and nine days.
	WindowEnd time.Time
	// NoCountdown keeps the page from telling WindowEnd.
	NoCountdown bool
	// RequestedAt is a cancel request that was made before the story starts.
	RequestedAt time.Time
	// ClosedAt is a closing that nobody asked for here.
	ClosedAt time.Time
	// CompletedAt is when the buyer's confirmation runs out by itself; it
	// counts only once the order is shipped.
	CompletedAt time.Time

	// MessagePage is where the seller is written to; default MessageWWW.
	MessagePage MessagePage
	// Messages were written before the story starts, or will be: each shows
	// from its time on.
	Messages []Message

	Layout Layout
	// Checks: "Cancel order" first asks whether the order may be cancelled, by a
	// call of its own that changes nothing.
	Checks   bool
	Fate     Fate
	Trap     Trap
	Nuisance Nuisance
	// Stale is how long, on the site's clock, the pages, the list and the form
	// show the order as it was before a cancel that was taken. A second one is
	// answered as it stands.
	Stale time.Duration
	// Tries are writes that the order's pages, and the list, make by themselves.
	Tries []Try
}

// Line is one line of an order.
type Line struct {
	// ID is made from the order's ID where empty.
	ID    string
	Title string
	SKU   string
	// Qty defaults to 1.
	Qty int
	// Price is of one piece, a decimal.
	Price string
}

// Fate is what the seller does. Durations count from the cancel request, those
// of shipments from the refusal and that of the refund from the closing. At
// most one of Accept, Refuse, Silent, PickedUp and InstantClose may be set;
// none is the same as Silent.
type Fate struct {
	// Accept closes the order so long after the request.
	Accept time.Duration
	Refuse *Refusal
	// Silent leaves the request pending until the ship window ends; then the
	// site closes the order by itself.
	Silent bool
	// PickedUp answers the request with the courier's dialog and turns the
	// order shipped, as ShipAfterRefusal says, else with a made-up number
	// that was scanned two hours before.
	PickedUp bool
	// InstantClose closes the order with the request.
	InstantClose bool

	// RiskHold is until when the payment is being verified.
	RiskHold time.Time
	// AlreadyShipped marks the order shipped at a fixed time, whatever has
	// been asked, unless it was closed before.
	AlreadyShipped *Shipment
	// ShipAfterRefusal makes the seller ship, or claim to, after a refusal.
	ShipAfterRefusal *LateShipment
	// Refund is what comes back after the closing; nil: nothing is shown.
	Refund *Refund
	// Dispute is how a dispute ends; nil: it stays open.
	Dispute *Judgement
}

// Refusal is the seller's no.
type Refusal struct {
	After time.Duration
	// Explicit shows the reminder that says so; otherwise the order just
	// reads as before the request.
	Explicit bool
}

// Shipment is a parcel with fixed times.
type Shipment struct {
	// ShippedAt is when the order is marked shipped.
	ShippedAt time.Time
	// NumberAt is when the number shows; default ShippedAt.
	NumberAt time.Time
	// FirstScanAt zero means never: a number and nothing behind it.
	FirstScanAt time.Time
	DeliveredAt time.Time
	// Number empty means that none is ever shown.
	Number  string
	Carrier string
}

// LateShipment is a parcel whose times count from the refusal.
type LateShipment struct {
	// MarkedAfter is when the order is marked shipped.
	MarkedAfter time.Duration
	// NumberAfter is when the number shows; not before MarkedAfter.
	NumberAfter time.Duration
	// FirstScanAfter zero means never (fake tracking); a negative one is a
	// scan from before the refusal.
	FirstScanAfter time.Duration
	// DeliveredAfter zero means never.
	DeliveredAfter time.Duration
	Number         string
	Carrier        string
}

// Destinations of a refund.
const (
	ToCard    = "card"
	ToBalance = "balance"
	ToBonus   = "bonus"
)

// Refund is the money that comes back.
type Refund struct {
	// After counts from the closing; until then the refund reads as being
	// processed.
	After time.Duration
	// Amount defaults to the order's total.
	Amount string
	// To defaults to ToCard.
	To string
}

// Trap makes calls about this order answer with another order's data. Each
// field is the ID of that other order.
type Trap struct {
	// ShowsOther is what the detail call answers with, ShowsOtherOnce only
	// its first time.
	ShowsOther     string
	ShowsOtherOnce string
	// FormShowsOther is what the cancel form and the dispute form are of: to
	// submit them is to write to the other order.
	FormShowsOther string
	// MessagesShowOther is whose seller the message page writes to.
	MessagesShowOther string
}

var (
	idShape     = regexp.MustCompile(`^[1-9][0-9]{14,16}$`)
	amountShape = regexp.MustCompile(`^[0-9]+(\.[0-9]{1,2})?$`)
)

// entry is an order with what happened to it on this site.
type entry struct {
	Order
	requests    []time.Time // every cancel request that was taken
	pickedUpAt  time.Time
	confirmedAt time.Time // the trap: Confirm received
	paidHereAt  time.Time
	deleted     bool
	trapSprung  bool
	looks       int // detail answers so far
	disputes    []dispute
	before      *entry // as it was before the last cancel; shown
	staleUntil  time.Time
}

// Add puts orders into the account. Nothing is added if one of them cannot be.
func (s *Site) Add(orders ...Order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := slices.Clone(s.orders)
	for _, o := range orders {
		e, err := newEntry(o, s.now())
		if err != nil {
			return fmt.Errorf("add order %q: %w", o.ID, err)
		}
		if slices.ContainsFunc(added, func(x *entry) bool { return x.ID == o.ID }) {
			return fmt.Errorf("add order %q: it is there already", o.ID)
		}
		added = append(added, e)
	}
	s.orders = added
	return nil
}

// Change lets a story turn: f may alter anything of the order but its ID. What
// has happened to it on the site stays.
func (s *Site) Change(id string, f func(*Order)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(id)
	if e == nil {
		return fmt.Errorf("change order %q: it is not there", id)
	}
	o := e.Order
	f(&o)
	o.ID = id
	changed, err := newEntry(o, s.now())
	if err != nil {
		return fmt.Errorf("change order %q: %w", id, err)
	}
	e.Order = changed.Order
	return nil
}

// Status is the caption that the order's page shows now, in English, "" for an
// order that is not there.
func (s *Site) Status(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(id)
	if e == nil {
		return ""
	}
	return languages[LocaleEnglish].title(e.shownAt(s.now()).phase)
}

func newEntry(o Order, now time.Time) (*entry, error) {
	if !idShape.MatchString(o.ID) {
		return nil, fmt.Errorf("an ID has 15 to 17 digits")
	}
	if err := o.Fate.check(); err != nil {
		return nil, err
	}
	o.Lines = slices.Clone(o.Lines)
	if len(o.Lines) == 0 {
		o.Lines = []Line{{Title: "Sample article", SKU: "Default", Price: firstNonEmpty(o.Total, "1.00")}}
	}
	if err := o.fillLines(); err != nil {
		return nil, err
	}
	if o.Total == "" {
		o.Total = decimal(o.linesTotal())
	}
	if !amountShape.MatchString(o.Total) {
		return nil, fmt.Errorf("total %q is not a decimal", o.Total)
	}
	o.fillTimes(now)
	o.Currency = firstNonEmpty(o.Currency, "USD")
	o.Store = firstNonEmpty(o.Store, "Loopback Store")
	o.Messages = slices.Clone(o.Messages)
	o.Layout = cmp.Or(o.Layout, LayoutPage)
	if !slices.Contains(layouts, o.Layout) {
		return nil, fmt.Errorf("layout %q is not known", o.Layout)
	}
	o.MessagePage = cmp.Or(o.MessagePage, MessageWWW)
	if o.MessagePage != MessageWWW && o.MessagePage != MessageDetail {
		return nil, fmt.Errorf("message page %q is not known", o.MessagePage)
	}
	if err := checkTries(o.Tries); err != nil {
		return nil, err
	}
	o.Tries = slices.Clone(o.Tries)
	e := &entry{Order: o}
	if !o.RequestedAt.IsZero() {
		e.requests = []time.Time{o.RequestedAt}
	}
	return e, nil
}

func (o *Order) fillLines() error {
	id, err := strconv.ParseInt(o.ID, 10, 64)
	if err != nil {
		return err
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.ID == "" {
			l.ID = strconv.FormatInt(id+int64(i+1)*100, 10)
		}
		if !idShape.MatchString(l.ID) {
			return fmt.Errorf("line ID %q: it has 15 to 17 digits", l.ID)
		}
		l.Qty = max(l.Qty, 1)
		l.Price = firstNonEmpty(l.Price, "1.00")
		if !amountShape.MatchString(l.Price) {
			return fmt.Errorf("price %q is not a decimal", l.Price)
		}
	}
	return nil
}

func (o *Order) fillTimes(now time.Time) {
	if o.PlacedAt.IsZero() {
		o.PlacedAt = o.PaidAt
	}
	if o.PlacedAt.IsZero() {
		o.PlacedAt = now
	}
	if o.WindowEnd.IsZero() && !o.PaidAt.IsZero() {
		o.WindowEnd = o.PaidAt.Add(9 * 24 * time.Hour)
	}
}

func (f Fate) check() error {
	set := 0
	for _, on := range []bool{f.Accept != 0, f.Refuse != nil, f.Silent, f.PickedUp, f.InstantClose} {
		if on {
			set++
		}
	}
	if set > 1 {
		return fmt.Errorf("a fate is one of Accept, Refuse, Silent, PickedUp and InstantClose")
	}
	if r := f.Refund; r != nil {
		if err := checkMoney(r.Amount, r.To); err != nil {
			return err
		}
	}
	if d := f.Dispute; d != nil {
		return checkMoney(d.Amount, d.To)
	}
	return nil
}

func checkMoney(amount, to string) error {
	if amount != "" && !amountShape.MatchString(amount) {
		return fmt.Errorf("refund %q is not a decimal", amount)
	}
	if !slices.Contains([]string{"", ToCard, ToBalance, ToBonus}, to) {
		return fmt.Errorf("refund to %q: want card, balance or bonus", to)
	}
	return nil
}

// find gives the order or nil. The caller holds mu.
func (s *Site) find(id string) *entry {
	for _, e := range s.orders {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// findLine gives the order and the line with this line ID. The caller holds mu.
func (s *Site) findLine(line string) (*entry, int) {
	for _, e := range s.orders {
		for i, l := range e.Lines {
			if l.ID == line {
				return e, i
			}
		}
	}
	return nil, 0
}

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
