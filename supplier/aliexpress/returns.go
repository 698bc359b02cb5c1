package aliexpress

import (
	"context"
	"fmt"
	"slices"

	"countermand/supplier"
	"countermand/supplier/chrome"
)

var _ supplier.Disputer = (*Client)(nil)

// maxReturnPages bounds how far back the list of returns is read.
const maxReturnPages = 10

// returnsPage is one answer of the list of returns and refunds.
type returnsPage struct {
	list []supplier.Return
	page int64
	more bool
}

// parseReturns reads a page of the list of returns. An entry that cannot be
// told apart may be the dispute that is open already, so it is an error.
func (p Profile) parseReturns(a answer) (out returnsPage, err error) {
	m := a.Data.get("module")
	list := m.get("reverseOrderLines")
	if !list.there() {
		return out, fmt.Errorf("%w: the list of returns came without its lines", errShape)
	}
	lines, err := list.items()
	for _, l := range lines {
		r := supplier.Return{
			ID: l.get("reverseOrderId").str(), LineID: l.get("reverseOrderLineId").str(),
			Number: l.get("tradeOrderId").str(), OrderLine: l.get("tradeOrderLineId").str(),
			Code: l.get("reverseStatus").str(), Status: l.get("reverseStatusText").str(),
			Amount: plainMoney(l.get("refundAmount")), CreatedAt: millis(l.get("gmtCreate")),
		}
		// A state that is not known may still be open: then no second
		// dispute is begun.
		r.Open = !slices.Contains(p.Dispute.Over, r.Code)
		if !isNumber(r.Number) || !isNumber(r.OrderLine) {
			return out, fmt.Errorf("%w: an entry of the list of returns does not tell its order and line", errShape)
		}
		out.list = append(out.list, r)
	}
	var size, total int64
	for name, to := range map[string]*int64{"pageNo": &out.page, "size": &size, "totalCount": &total} {
		n, ok := m.get(name).num()
		if m.get(name).there() && !ok {
			return out, fmt.Errorf("%w: %s of the list of returns is no number", errShape, name)
		}
		*to = n
	}
	out.more = size > 0 && out.page > 0 && total/size >= out.page && total > out.page*size
	return out, err
}

// Returns lists the disputes and refunds of an order, newest first; of all
// orders where number is empty.
func (c *Client) Returns(ctx context.Context, number string) ([]supplier.Return, error) {
	const op = "read returns"
	tab, err := c.begin(ctx)
	defer c.alone(ctx)
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	list, err := c.returns(ctx, tab, number, c.o.Pace)
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	c.done(ctx)
	return list, nil
}

func (c *Client) returns(ctx context.Context, tab *chrome.Tab, number string, pace func(context.Context) error) ([]supplier.Return, error) {
	if c.p.URLs.Returns == "" || c.p.Calls.Returns == "" {
		return nil, lacks("urls.returns and calls.returns")
	}
	if err := pace(ctx); err != nil {
		return nil, err
	}
	address := c.url(c.p.URLs.Returns, number, "")
	a, err := c.fetch(ctx, tab, address, c.p.Calls.Returns, always)
	var out []supplier.Return
	for n := 1; ; n++ {
		if err != nil {
			return nil, err
		}
		page, err2 := c.p.parseReturns(a)
		if err2 != nil {
			return nil, err2
		}
		for _, r := range page.list {
			if number == "" || r.Number == number {
				out = append(out, r)
			}
		}
		if !page.more || n >= maxReturnPages {
			c.keepAnswer(ctx, number, "returns", address, a)
			return out, nil
		}
		a, err = c.nextReturns(ctx, tab, page.page, pace)
	}
}

// nextReturns turns the page.
func (c *Client) nextReturns(ctx context.Context, tab *chrome.Tab, after int64, pace func(context.Context) error) (answer, error) {
	if err := pace(ctx); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.StepTimeout, fmt.Errorf("%w to %s in %s: %w", errNoAnswer, c.p.Calls.Returns, c.o.StepTimeout, context.DeadlineExceeded))
	defer cancel()
	heard := tab.Listen(hearing(c.p.Calls.Returns)...)
	defer heard.Close()
	d := c.p.Dispute
	v, ok, err := c.sees(ctx, tab, map[string]Query{"next": {Selectors: d.Selectors.NextPage}}, func(v View) bool {
		list := v.Shown("next")
		return len(list) == 1 && list[0].Enabled
	})
	if err == nil && !ok {
		err = &supplier.Error{Kind: supplier.Unreadable, Detail: "the list of returns shows no button for its next page (dispute.selectors.next_page)"}
	}
	if err == nil {
		err = c.press(ctx, tab, v.Shown("next")[0], allowance{what: "the next page", captions: d.NextPageCaptions})
	}
	if err != nil {
		return answer{}, err
	}
	return c.await(ctx, tab, heard, c.p.Calls.Returns, func(_ Response, a answer) bool {
		page, err := c.p.parseReturns(a)
		return err != nil || page.page > after
	})
}

// lacks is the error of a profile from before a part of it was known.
func lacks(part string) error {
	return &supplier.Error{Kind: supplier.UnknownPage, Detail: "the site profile does not say " + part}
}
