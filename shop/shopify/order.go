package shopify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

const (
	// pageLines is how many lines one request asks for: more than most
	// orders have, and cheap enough to look at an order again and again.
	pageLines = 50
	// maxPages bounds a listing. Shopify's own limit is 500 lines an order.
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
	if err := checkOrderID(id); err != nil {
		return shop.Order{}, named(err, op)
	}
	var err error
	for range maxChanges {
		var o *readOrderOrder
		if o, err = c.wholeOrder(ctx, id); err == nil {
			out := c.order(o)
			if err = c.addRemovals(ctx, &out, o); err == nil {
				err = c.addExtras(ctx, &out)
			}
			if err == nil {
				return out, nil
			}
		}
		if !errors.Is(err, errChanged) {
			break
		}
	}
	return shop.Order{}, named(err, op)
}

func checkOrderID(id string) error {
	if !orderGID.MatchString(id) {
		return invalid("an order's id looks like gid://shopify/Order/1234567890")
	}
	return nil
}

// addExtras reads what is asked for by itself. What the store or its version
// does not tell is left out: the order itself must be readable all the same.
func (c *Client) addExtras(ctx context.Context, o *shop.Order) error {
	var err error
	if c.country {
		if o.Country, err = c.readCountry(ctx, o.ID); c.fatal(err, "country") {
			return err
		}
	}
	if c.edits {
		o.Edits, err = c.RequestedEdits(ctx, o.ID)
		if c.fatal(err, "requested edits") {
			return err
		}
		o.EditsRead = err == nil
	}
	return nil
}

// fatal tells whether an extra must be asked for again; one that the shop
// will not tell is only remarked on.
func (c *Client) fatal(err error, what string) bool {
	switch {
	case err == nil:
		return false
	case shop.KindOf(err) != shop.Unauthorized && shop.KindOf(err) != shop.Invalid:
		return true
	}
	c.log.Warn().Err(err).Str("field", what).Msg("the shop does not tell part of an order")
	return false
}

func (c *Client) readCountry(ctx context.Context, id string) (string, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readCountryResponse, error) {
		return readCountry(ctx, c, id)
	})
	if err != nil || got.Order == nil || got.Order.ShippingAddress == nil {
		return "", err
	}
	return got.Order.ShippingAddress.CountryCodeV2, nil
}

// wholeOrder puts the pages of one order together.
func (c *Client) wholeOrder(ctx context.Context, id string) (whole *readOrderOrder, err error) {
	seen := map[string]bool{}
	err = pages(func(after string) (pageInfo, error) {
		page, err := c.orderPage(ctx, id, after)
		if err != nil {
			return pageInfo{}, err
		}
		if whole == nil {
			head := *page
			head.LineItems.Nodes = nil
			whole = &head
		}
		if !page.UpdatedAt.Equal(whole.UpdatedAt) {
			return pageInfo{}, errChanged
		}
		for _, l := range page.LineItems.Nodes {
			if l.Id == "" || seen[l.Id] {
				return pageInfo{}, invalid("line %q comes twice or has no id", l.Id)
			}
			seen[l.Id] = true
			whole.LineItems.Nodes = append(whole.LineItems.Nodes, l)
		}
		return pageInfo(page.LineItems.PageInfo), nil
	})
	return whole, err
}

func (c *Client) orderPage(ctx context.Context, id, after string) (*readOrderOrder, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readOrderResponse, error) {
		return readOrder(ctx, c, id, pageLines, after)
	})
	switch {
	case err != nil:
		return nil, err
	case got.Order == nil:
		return nil, &shop.Error{Kind: shop.NotFound, Detail: mendMissing}
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
		Financial:   strings.ToLower(string(o.DisplayFinancialStatus)),
		Total:       money(o.TotalPriceSet.ShopMoney),
		Tags:        o.Tags,
	}
	if o.CancelledAt != nil {
		out.CancelledAt = o.CancelledAt.UTC()
	}
	s := Sources{Attributes: o.CustomAttributes, Note: o.Note, Tags: o.Tags}
	if o.Metafield != nil {
		s.Metafield = o.Metafield.Value
	}
	for _, l := range o.LineItems.Nodes {
		line := state.Line{ID: l.Id, Title: l.Title, SKU: l.Sku, Quantity: l.Quantity}
		out.Lines = append(out.Lines, line)
		out.Left[l.Id] = l.CurrentQuantity
		if l.Vendor != "" && !slices.Contains(out.Vendors, l.Vendor) {
			out.Vendors = append(out.Vendors, l.Vendor)
		}
		s.Lines = append(s.Lines, SourceLine{Line: line, Attributes: l.CustomAttributes})
	}
	out.Supplier = c.mapping.Resolve(s)
	return out
}

// money is unknown where the shop tells none or one that we cannot hold: a
// rule about it then does not apply.
func money(a amount) state.Money {
	m, err := state.ParseMoney(a.Amount, a.CurrencyCode)
	if err != nil {
		return state.Money{}
	}
	return m
}
