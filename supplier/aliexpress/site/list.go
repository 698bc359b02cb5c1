package site

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"countermand/state"
)

// List is one answer of the order list.
type List struct {
	Orders []state.Reading
	// Paid is how each was paid, by number: orders of one payment to one store
	// are equal. Those that do not tell are left out.
	Paid  map[string]string
	More  bool
	Index int64
	// Whole: the list's frame was there and not empty. Without it nothing follows
	// from an absent order, not even that the account has no orders.
	Whole bool
}

// Numbers are those of the orders on the page.
func (l List) Numbers() []string {
	var out []string
	for _, r := range l.Orders {
		out = append(out, r.Number)
	}
	return out
}

// Siblings gives the other orders that were paid as one was, in order.
func Siblings(paid map[string]string, number string) (others []string) {
	for _, n := range slices.Sorted(maps.Keys(paid)) {
		if n != number && paid[number] != "" && paid[n] == paid[number] {
			others = append(others, n)
		}
	}
	return others
}

// ParseList reads a page of the list. Entries that cannot be told apart are
// left out, which proves nothing; but where none can be, the shape is another.
func (p Profile) ParseList(a Answer, at time.Time, zone *time.Location) (List, error) {
	body := component(a.data, p.Tags.ListBody)
	page := List{More: body.get("hasMore").yes(), Whole: body.get("hasMore").there() || body.get("pageIndex").there()}
	page.Index, _ = body.get("pageIndex").num()
	entries := components(a.data, p.Tags.ListOrder)
	for _, f := range entries {
		if isNumber(f.get("orderId").str()) {
			r := p.listReading(f, at, zone)
			page.Orders = append(page.Orders, r)
			if payment := f.get("paymentOutId").str(); payment != "" && r.Store != "" {
				if page.Paid == nil {
					page.Paid = map[string]string{}
				}
				page.Paid[r.Number] = payment + " " + r.Store
			}
		}
	}
	switch {
	case len(page.Orders) > 0:
		return page, nil
	case len(entries) > 0:
		return page, fmt.Errorf("%w: none of the list's %d entries names its order", ErrShape, len(entries))
	case !body.there() && a.data.get("data").holds():
		return page, fmt.Errorf("%w: the list has neither its frame nor orders (tags.list_body, tags.list_order)", ErrShape)
	case !page.Whole:
		return page, fmt.Errorf("the order list came without content: %w", ErrEmpty)
	}
	return page, nil
}

// isNumber tells whether a value can be an order's number. One that came as a
// fraction or with an exponent has lost digits.
func isNumber(s string) bool { return len(s) >= 10 && len(s) <= 20 && onlyDigits(s) == s }

func (p Profile) listReading(f node, at time.Time, zone *time.Location) state.Reading {
	dates := dateReader{p: p, at: at, zone: zone}
	r := state.Reading{
		Number: f.get("orderId").str(), At: at, Zone: zone.String(), Source: state.SourceList,
		StatusText: f.get("statusText").str(), Store: f.get("storeName").str(),
		OrderedAt: dates.read(state.FieldOrderedAt, f.get("orderDateText").str()),
		Total:     money(f.get("formatPriceInfo").str(), f.get("currencyCode").str()),
	}
	r.Days = dates.days
	buttons := readButtons(f.get("buttons"))
	for _, l := range f.get("orderLines").list() {
		r.Lines = append(r.Lines, readLine(l))
	}
	r.Phase = p.phase(signs{caption: r.StatusText, number: f.get("utParams", "args", "orderStatus").str(), buttons: buttons})
	_, r.CancelOffered = p.CancelButton(buttons)
	size, ok := f.get("orderLineSize").num()
	r.Complete = r.StatusText != "" && r.Total.Known() && !r.OrderedAt.IsZero() && ok && int(size) == len(r.Lines) &&
		sound([]node{f.get("statusText"), f.get("storeName")}, []node{f.get("buttons"), f.get("orderLines")})
	return r
}

func readButtons(n node) []Button {
	var out []Button
	for _, b := range n.list() {
		out = append(out, Button{Type: b.get("type").str(), Caption: b.get("text").str()})
	}
	return out
}

func readLine(l node) state.Line {
	return state.Line{ID: l.get("orderLineId").str(), Title: l.get("itemTitle").str(), SKU: l.get("skuId").str(), Quantity: quantity(l.get("quantity"))}
}

// quantity reads a number of items, 0 where it cannot be one.
func quantity(n node) int {
	q, _ := n.num()
	if q < 0 || q > 1_000_000 {
		return 0
	}
	return int(q)
}
