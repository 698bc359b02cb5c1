package shopify

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"countermand/shop"
)

// maxDeclineNote is Shopify's limit, in characters.
const maxDeclineNote = 500

var editGID = regexp.MustCompile(`^gid://shopify/RequestedOrderEdit/[1-9][0-9]{0,19}$`)

// RequestedEdits reads what the customer asked to have taken off an order,
// oldest first. ErrNoEdits is in the chain where the API version has none.
func (c *Client) RequestedEdits(ctx context.Context, orderID string) ([]shop.RequestedEdit, error) {
	op := "read the requested edits of order " + orderID + " of shop " + c.name
	err := c.checkEdits()
	if err == nil {
		err = checkOrderID(orderID)
	}
	if err != nil {
		return nil, named(err, op)
	}
	var out []shop.RequestedEdit
	err = pages(func(after string) (pageInfo, error) {
		e, page, err := c.wholeEdit(ctx, orderID, after)
		if e != nil {
			out = append(out, *e)
		}
		return page, err
	})
	if err != nil {
		return nil, named(err, op)
	}
	return out, nil
}

func (c *Client) checkEdits() error {
	if c.version < editsSince {
		return &shop.Error{Kind: shop.Invalid, Err: shop.ErrNoEdits}
	}
	return nil
}

// wholeEdit reads the request after a cursor with all its lines, nil where
// there is none, and says whether more follow.
func (c *Client) wholeEdit(ctx context.Context, orderID, after string) (out *shop.RequestedEdit, next pageInfo, err error) {
	err = pages(func(linesAfter string) (pageInfo, error) {
		got, err := read(ctx, c, func(ctx context.Context) (*readEditsResponse, error) {
			return readEdits(ctx, c, orderID, after, pageLines, linesAfter)
		})
		switch {
		case err != nil:
			return pageInfo{}, err
		case got.Order == nil:
			return pageInfo{}, &shop.Error{Kind: shop.NotFound, Detail: mendMissing}
		case len(got.Order.RequestedOrderEdits.Nodes) == 0:
			out, next = nil, pageInfo{}
			return pageInfo{}, nil
		}
		e := got.Order.RequestedOrderEdits.Nodes[0]
		next = pageInfo(got.Order.RequestedOrderEdits.PageInfo)
		if out == nil {
			out = requested(e)
		} else if out.ID != e.Id {
			return pageInfo{}, errChanged
		}
		for _, r := range e.LineItems.Removals.Nodes {
			out.Removals = append(out.Removals, shop.Removal{LineID: r.LineItem.Id, Quantity: r.Quantity, Resolved: r.ResolvedQuantity})
		}
		return pageInfo(e.LineItems.Removals.PageInfo), nil
	})
	return out, next, err
}

func requested(e edit) *shop.RequestedEdit {
	out := &shop.RequestedEdit{ID: e.Id, Status: shop.EditStatus(strings.ToLower(string(e.Status))), RequestedAt: e.RequestedAt.UTC()}
	for _, at := range []*time.Time{e.RequestResolvedAt, e.RequestDeclinedAt} {
		if at != nil {
			out.EndedAt = at.UTC()
		}
	}
	return out
}

// ResolveEdit marks a customer's request as done; done already is no error.
func (c *Client) ResolveEdit(ctx context.Context, editID string) error {
	return c.endEdit(ctx, editID, "resolve", RequestedOrderEditStatusResolved, func(ctx context.Context) ([]editProblem, error) {
		got, err := resolveEdit(ctx, c, editID)
		if err != nil || got.RequestedOrderEditResolve == nil {
			return nil, err
		}
		return got.RequestedOrderEditResolve.UserErrors, nil
	})
}

// DeclineEdit declines a customer's request; the note is sent to the
// customer, once. Declined already is no error.
func (c *Client) DeclineEdit(ctx context.Context, editID, note string) error {
	if utf8.RuneCountInString(note) > maxDeclineNote {
		return named(invalid("the note has more than %d characters", maxDeclineNote), "decline "+editID+" of shop "+c.name)
	}
	return c.endEdit(ctx, editID, "decline", RequestedOrderEditStatusDeclined, func(ctx context.Context) ([]editProblem, error) {
		got, err := declineEdit(ctx, c, editID, note)
		if err != nil || got.RequestedOrderEditDecline == nil {
			return nil, err
		}
		return got.RequestedOrderEditDecline.UserErrors, nil
	})
}

// endEdit reads the request, ends it once, and after a lost answer reads it
// again before it is sent once more.
func (c *Client) endEdit(ctx context.Context, id, verb string, want RequestedOrderEditStatus, send func(context.Context) ([]editProblem, error)) error {
	op := verb + " " + id + " of shop " + c.name
	err := c.checkEdits()
	if err == nil && !editGID.MatchString(id) {
		err = invalid("a request's id looks like gid://shopify/RequestedOrderEdit/1234567890")
	}
	if err != nil {
		return named(err, op)
	}
	return c.ensure(ctx, op, func(ctx context.Context) (bool, error) {
		switch have, err := c.editState(ctx, id); {
		case err != nil:
			return false, named(err, op)
		case have == want:
			return true, nil
		case have != RequestedOrderEditStatusRequested:
			return false, invalid("the request is %s already", strings.ToLower(string(have)))
		}
		return false, c.write(ctx, func(ctx context.Context) error {
			problems, err := send(ctx)
			if err != nil {
				return err
			}
			return refusal(problemsOf(problems, func(p editProblem) string { return p.Code }))
		})
	})
}

func (c *Client) editState(ctx context.Context, id string) (RequestedOrderEditStatus, error) {
	got, err := read(ctx, c, func(ctx context.Context) (*readEditResponse, error) {
		return readEdit(ctx, c, id)
	})
	if err != nil {
		return "", err
	}
	e, ok := got.Node.(*readEditNodeRequestedOrderEdit)
	if !ok || e.Id != id {
		return "", &shop.Error{Kind: shop.NotFound, Detail: "the customer took the request back, or it is hidden"}
	}
	return e.Status, nil
}
