package shopify

import (
	"context"
	"slices"
	"time"

	"countermand/shop"
)

const (
	// pageRemovals bounds the refunds and the fulfillments of one order: the
	// API pages neither.
	pageRemovals = 50
	// pageAgreements is how many of an order's changes one page asks for.
	pageAgreements = 20
	// reasonEdit is the API's word for an agreement that an edit made.
	reasonEdit = "ORDER_EDIT"
)

// removal is what is known of one line of which items were taken off.
type removal struct {
	ordered, standing, unshipped int
	// returned came back after shipping; cancelled certainly never left;
	// refunded are all but the returned ones.
	returned, cancelled, refunded int
	shipped                       int
}

// gone is how many were taken off before they left. Where a refund does not
// say it, the arithmetic does: what was ordered either left, or is still to
// leave, or was taken off before.
func (r removal) gone(asked bool) int {
	most := r.ordered - r.standing - r.returned
	if asked {
		most = min(most, r.ordered-r.shipped-r.unshipped)
	}
	return max(0, most)
}

// unclear: an edit or a refund without restocking may be about items that had
// left.
func (r removal) unclear() bool { return r.ordered-r.standing-r.returned-r.cancelled > 0 }

// addRemovals finds what was taken off without being a return. A cancelled
// order needs no further question, and neither does one that stands whole.
func (c *Client) addRemovals(ctx context.Context, o *shop.Order, whole *readOrderOrder) error {
	lines := map[string]*removal{}
	for _, l := range whole.LineItems.Nodes {
		if l.CurrentQuantity < l.Quantity {
			lines[l.Id] = &removal{ordered: l.Quantity, standing: l.CurrentQuantity, unshipped: l.UnfulfilledQuantity}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	o.Gone = make(map[string]int, len(lines))
	if !o.CancelledAt.IsZero() {
		for id, r := range lines {
			o.Gone[id] = r.gone(false)
		}
		o.GoneAt = o.CancelledAt
		return nil
	}
	head, err := c.readRemovals(ctx, o)
	if err != nil {
		return err
	}
	refunds, err := c.readRefunds(ctx, head, lines)
	if err != nil {
		return err
	}
	asked := len(head.Fulfillments) > 0 && slices.ContainsFunc(whole.LineItems.Nodes, func(l lineItem) bool {
		r := lines[l.Id]
		return r != nil && r.unclear()
	})
	if asked {
		if err := c.readShipped(ctx, head, lines); err != nil {
			return err
		}
	}
	for id, r := range lines {
		if n := r.gone(asked && r.unclear()); n > 0 {
			o.Gone[id] = n
		}
	}
	return c.dateRemovals(ctx, o, lines, refunds)
}

func (c *Client) readRemovals(ctx context.Context, o *shop.Order) (*readRemovalsOrder, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readRemovalsResponse, error) {
		return readRemovals(ctx, c, o.ID, pageRemovals)
	})
	switch {
	case err != nil:
		return nil, err
	case got.Order == nil || !got.Order.UpdatedAt.Equal(o.UpdatedAt):
		return nil, errChanged
	case len(got.Order.Refunds) == pageRemovals || len(got.Order.Fulfillments) == pageRemovals:
		return nil, invalid("the order has %d refunds or fulfillments, or more: look at it yourself", pageRemovals)
	}
	return got.Order, nil
}

// refundOf is one refund: which lines it took items off that had not been
// returned.
type refundOf struct {
	at    time.Time
	lines []string
}

func (c *Client) readRefunds(ctx context.Context, head *readRemovalsOrder, lines map[string]*removal) ([]refundOf, error) {
	var out []refundOf
	for _, f := range head.Refunds {
		one := refundOf{}
		if f.CreatedAt != nil {
			one.at = f.CreatedAt.UTC()
		}
		err := pages(func(after string) (pageInfo, error) {
			got, err := read(ctx, c, func(ctx context.Context) (*readRefundResponse, error) {
				return readRefund(ctx, c, f.Id, pageLines, after)
			})
			switch {
			case err != nil:
				return pageInfo{}, err
			case got.Refund == nil:
				return pageInfo{}, errChanged
			}
			for _, l := range got.Refund.RefundLineItems.Nodes {
				if lines[l.LineItem.Id].refund(l) {
					one.lines = append(one.lines, l.LineItem.Id)
				}
			}
			return pageInfo(got.Refund.RefundLineItems.PageInfo), nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// refund counts one line of a refund and tells whether it may have been about
// items that had not left.
func (r *removal) refund(l refundLine) bool {
	if r == nil { // refunded and still standing, such as after an edit
		return false
	}
	switch l.RestockType {
	case RefundLineItemRestockTypeReturn:
		r.returned += l.Quantity
		return false
	case RefundLineItemRestockTypeCancel:
		r.cancelled += l.Quantity
	}
	r.refunded += l.Quantity
	return true
}

// readShipped counts what left. A fulfillment that was cancelled or did not
// succeed took nothing along.
func (c *Client) readShipped(ctx context.Context, head *readRemovalsOrder, lines map[string]*removal) error {
	for _, f := range head.Fulfillments {
		switch f.Status {
		case FulfillmentStatusCancelled, FulfillmentStatusError, FulfillmentStatusFailure:
			continue
		}
		err := pages(func(after string) (pageInfo, error) {
			got, err := read(ctx, c, func(ctx context.Context) (*readFulfillmentResponse, error) {
				return readFulfillment(ctx, c, f.Id, pageLines, after)
			})
			switch {
			case err != nil:
				return pageInfo{}, err
			case got.Fulfillment == nil:
				return pageInfo{}, errChanged
			}
			for _, l := range got.Fulfillment.FulfillmentLineItems.Nodes {
				if r := lines[l.LineItem.Id]; r != nil {
					r.shipped += l.Quantity
				}
			}
			return pageInfo(got.Fulfillment.FulfillmentLineItems.PageInfo), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dateRemovals finds when something was last taken off. What no refund
// explains was an edit; where its time is not told, the latest refund's stands,
// if there is one.
func (c *Client) dateRemovals(ctx context.Context, o *shop.Order, lines map[string]*removal, refunds []refundOf) error {
	edited := false
	for id, n := range o.Gone {
		edited = edited || n > lines[id].refunded
	}
	for _, f := range refunds {
		if f.at.After(o.GoneAt) && slices.ContainsFunc(f.lines, func(id string) bool { return o.Gone[id] > 0 }) {
			o.GoneAt = f.at
		}
	}
	if !edited {
		return nil
	}
	at, err := c.lastEdit(ctx, o.ID)
	if c.fatal(err, "agreements") {
		return err
	}
	if at.After(o.GoneAt) {
		o.GoneAt = at
	}
	o.GoneUndated = at.IsZero()
	return nil
}

// lastEdit is when the order was last edited, zero where the shop tells of no
// edit. The changes come latest first, so the first page with an edit ends it.
func (c *Client) lastEdit(ctx context.Context, id string) (last time.Time, err error) {
	err = pages(func(after string) (pageInfo, error) {
		got, err := read(ctx, c, func(ctx context.Context) (*readAgreementsResponse, error) {
			return readAgreements(ctx, c, id, pageAgreements, after)
		})
		switch {
		case err != nil:
			return pageInfo{}, err
		case got.Order == nil:
			return pageInfo{}, errChanged
		}
		for _, a := range got.Order.Agreements.Nodes {
			if a["reason"] != reasonEdit {
				continue
			}
			at, err := time.Parse(time.RFC3339, a["happenedAt"])
			if err != nil {
				return pageInfo{}, invalid("an edit at %q", clip(a["happenedAt"], 40))
			}
			if at.After(last) {
				last = at.UTC()
			}
		}
		page := pageInfo(got.Order.Agreements.PageInfo)
		page.HasNextPage = page.HasNextPage && last.IsZero()
		return page, nil
	})
	return last, err
}
