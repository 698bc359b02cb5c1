package shopify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"countermand/shop"
	"countermand/state"
)

const (
	// pageLines is how many lines one request asks for: more than most
	// orders have, and cheap enough to look at an order again and again.
	pageLines = 50
	// maxPages bounds a reading. Shopify's own limit is 500 lines an order.
	maxPages = 20
	// maxChanges is how often a reading starts over because the order
	// changed between two pages.
	maxChanges = 3
)

// orderGID is the one shape in which an order's id is asked for.
var orderGID = regexp.MustCompile(`^gid://shopify/Order/[1-9][0-9]{0,19}$`)

// errChanged: the order changed between two pages of its lines.
var errChanged = errors.New("the order changed while it was read")

// Order reads one order by its GraphQL id, with all its lines, and finds the
// supplier orders that it names. NotFound is only said when the shop itself
// says that there is no such order. Errors are of type *shop.Error.
func (c *Client) Order(ctx context.Context, id string) (shop.Order, error) {
	op := "read order " + id + " of shop " + c.name
	if !orderGID.MatchString(id) {
		return shop.Order{}, &shop.Error{Kind: shop.Invalid, Op: op, Detail: "an order's id looks like gid://shopify/Order/1234567890"}
	}
	var err error
	for range maxChanges {
		var o *readOrderOrder
		if o, err = c.wholeOrder(ctx, id); err == nil {
			return c.order(o), nil
		} else if !errors.Is(err, errChanged) {
			break
		}
	}
	if e, ok := errors.AsType[*shop.Error](err); ok {
		named := *e
		named.Op = op
		return shop.Order{}, &named
	}
	return shop.Order{}, &shop.Error{Kind: shop.Unavailable, Op: op, Err: err}
}

// wholeOrder puts the pages of one order together.
func (c *Client) wholeOrder(ctx context.Context, id string) (*readOrderOrder, error) {
	var whole *readOrderOrder
	seen := map[string]bool{}
	after := ""
	for range maxPages {
		page, err := c.orderPage(ctx, id, after)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			head := *page
			head.LineItems.Nodes = nil
			whole = &head
		}
		if !page.UpdatedAt.Equal(whole.UpdatedAt) {
			return nil, errChanged
		}
		for _, l := range page.LineItems.Nodes {
			if l.Id == "" || seen[l.Id] {
				return nil, invalid("line %q comes twice or has no id", l.Id)
			}
			seen[l.Id] = true
			whole.LineItems.Nodes = append(whole.LineItems.Nodes, l)
		}
		next := page.LineItems.PageInfo
		if !next.HasNextPage {
			return whole, nil
		}
		if next.EndCursor == "" || next.EndCursor == after {
			return nil, invalid("the shop tells of more lines but not where they are")
		}
		after = next.EndCursor
	}
	return nil, invalid("the order has more than %d lines", maxPages*pageLines)
}

func (c *Client) orderPage(ctx context.Context, id, after string) (*readOrderOrder, error) {
	var got *readOrderResponse
	err := c.read(ctx, func(ctx context.Context) (err error) {
		got, err = readOrder(ctx, c, id, pageLines, after)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case got.Order == nil:
		return nil, &shop.Error{Kind: shop.NotFound, Detail: "the shop knows no such order, or hides it: orders older than 60 days want the scope read_all_orders"}
	case got.Order.Id != id:
		return nil, invalid("the shop answered with order %q", got.Order.Id)
	case got.Order.Name == "" || got.Order.CreatedAt.IsZero():
		return nil, invalid("the answer lacks the order's name or date")
	}
	return got.Order, nil
}

func invalid(format string, a ...any) error {
	return &shop.Error{Kind: shop.Invalid, Detail: fmt.Sprintf(format, a...)}
}

// order puts Shopify's words into ours. What may be personal, such as the
// note, goes no further than this.
func (c *Client) order(o *readOrderOrder) shop.Order {
	out := shop.Order{
		Shop:        c.name,
		ID:          o.Id,
		Name:        o.Name,
		CreatedAt:   o.CreatedAt.UTC(),
		UpdatedAt:   o.UpdatedAt.UTC(),
		Reason:      strings.ToLower(string(o.CancelReason)),
		Fulfillment: strings.ToLower(string(o.DisplayFulfillmentStatus)),
		Left:        make(map[string]int, len(o.LineItems.Nodes)),
	}
	if o.CancelledAt != nil {
		out.CancelledAt = o.CancelledAt.UTC()
	}
	s := Sources{Attributes: attributes(o.CustomAttributes), Note: o.Note, Tags: o.Tags}
	for _, l := range o.LineItems.Nodes {
		line := state.Line{ID: l.Id, Title: l.Title, SKU: l.Sku, Quantity: l.Quantity}
		out.Lines = append(out.Lines, line)
		out.Left[l.Id] = l.CurrentQuantity
		s.Lines = append(s.Lines, SourceLine{Line: line, Attributes: attributes(l.CustomAttributes)})
	}
	out.Supplier = c.mapping.Resolve(s)
	return out
}

func attributes(in []attribute) []Attribute {
	out := make([]Attribute, 0, len(in))
	for _, a := range in {
		out = append(out, Attribute(a))
	}
	return out
}
