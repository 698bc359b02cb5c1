package shopify

import (
	"context"
	"strings"
	"time"

	"countermand/shop"
)

const (
	// pageChanged is how many orders one page of changes asks for.
	pageChanged = 50
	// pageEdits is how many orders with requests one page asks for, and
	// headEdits how many requests of each: the shop counts what is asked for.
	pageEdits, headEdits = 25, 5
)

// Changed lists the orders that changed at since or later, by the time of
// their change. Errors are of type *shop.Error; a cursor that the shop does
// not take is Invalid.
func (c *Client) Changed(ctx context.Context, since time.Time, cursor string) (shop.ChangedPage, error) {
	op := "list the changed orders of shop " + c.name
	query := "updated_at:>='" + since.UTC().Format(time.RFC3339) + "'"
	got, err := read(ctx, c, func(ctx context.Context) (*changedOrdersResponse, error) {
		return changedOrders(ctx, c, query, pageChanged, cursor)
	})
	if err != nil {
		return shop.ChangedPage{}, named(err, op)
	}
	var page shop.ChangedPage
	for _, o := range got.Orders.Nodes {
		if !orderGID.MatchString(o.Id) || o.UpdatedAt.IsZero() {
			return shop.ChangedPage{}, named(invalid("an order without id or time of change: %q", clip(o.Id, 80)), op)
		}
		one := shop.Changed{
			ID: o.Id, Name: o.Name, UpdatedAt: o.UpdatedAt.UTC(), Tags: o.Tags,
			Fulfillment: strings.ToLower(string(o.DisplayFulfillmentStatus)),
			Reduced:     o.Edited || o.CurrentSubtotalLineItemsQuantity < o.SubtotalLineItemsQuantity,
		}
		if o.CancelledAt != nil {
			one.CancelledAt = o.CancelledAt.UTC()
		}
		page.Orders = append(page.Orders, one)
	}
	page.Next, err = pageInfo(got.Orders.PageInfo).next(cursor)
	return page, named(err, op)
}

// WithEdits lists the orders with a customer's request that waits, latest
// change first; nothing where the client was not told to read requests or the
// API version has none.
func (c *Client) WithEdits(ctx context.Context, cursor string) (shop.ChangedPage, error) {
	if !c.edits {
		return shop.ChangedPage{}, nil
	}
	op := "list the requested edits of shop " + c.name
	got, err := read(ctx, c, func(ctx context.Context) (*ordersWithEditsResponse, error) {
		return ordersWithEdits(ctx, c, pageEdits, cursor, headEdits)
	})
	if err != nil {
		return shop.ChangedPage{}, named(err, op)
	}
	var page shop.ChangedPage
	for _, o := range got.Orders.Nodes {
		if o.DisplayRequestedEditStatus != OrderDisplayRequestedEditStatusRequested || !orderGID.MatchString(o.Id) {
			continue
		}
		one := shop.Changed{ID: o.Id, Name: o.Name, UpdatedAt: o.UpdatedAt.UTC(), EditRequested: true}
		for _, e := range o.RequestedOrderEdits.Nodes {
			if e.Status == RequestedOrderEditStatusRequested {
				one.Edits = append(one.Edits, e.Id)
			}
		}
		page.Orders = append(page.Orders, one)
	}
	page.Next, err = pageInfo(got.Orders.PageInfo).next(cursor)
	return page, named(err, op)
}
