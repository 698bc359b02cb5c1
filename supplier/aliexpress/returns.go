package aliexpress

import (
	"context"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

var _ supplier.Disputer = (*Client)(nil)

// maxReturnPages bounds how far back the list of returns is read.
const maxReturnPages = 10

// Returns lists the disputes and refunds of an order, newest first; of all
// orders where number is empty.
func (c *Client) Returns(ctx context.Context, number string) ([]supplier.Return, error) {
	var list []supplier.Return
	err := c.work(ctx, "read returns", func(tab *chrome.Tab) (err error) {
		list, err = c.returns(ctx, tab, number, c.o.Pace)
		return err
	})
	return list, err
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
		page, err2 := c.p.ParseReturns(a)
		if err2 != nil {
			return nil, err2
		}
		for _, r := range page.List {
			if number == "" || r.Number == number {
				out = append(out, r)
			}
		}
		if !page.More || n >= maxReturnPages {
			c.keepAnswer(ctx, number, "returns", address, a)
			return out, nil
		}
		a, err = c.nextReturns(ctx, tab, page.Page, pace)
	}
}

// nextReturns turns the page.
func (c *Client) nextReturns(ctx context.Context, tab *chrome.Tab, after int64, pace func(context.Context) error) (site.Answer, error) {
	if err := pace(ctx); err != nil {
		return site.Answer{}, err
	}
	d := c.p.Dispute
	look := func(ctx context.Context) (site.Sight, error) {
		return c.look(ctx, tab, map[string]site.Query{"next": {Selectors: d.Selectors.NextPage}})
	}
	return c.answerTo(ctx, tab, c.p.Calls.Returns, func(ctx context.Context) error {
		v, ok, err := watch(ctx, tab, c.o.StepTimeout, look, func(v site.Sight) bool {
			list := v.Shown("next")
			return len(list) == 1 && list[0].Enabled
		})
		switch {
		case err != nil:
			return err
		case !ok:
			return &supplier.Error{Kind: supplier.Unreadable, Detail: "the list of returns shows no button for its next page (dispute.selectors.next_page)"}
		}
		return c.press(ctx, tab, v.Shown("next")[0], site.Allowance{What: "the next page", Captions: d.NextPageCaptions, Press: site.PressReads})
	}, func(_ site.Response, a site.Answer) bool {
		page, err := c.p.ParseReturns(a)
		return err != nil || page.Page > after
	})
}

// lacks is the error of a site profile without a part that is needed.
func lacks(part string) error {
	return &supplier.Error{Kind: supplier.UnknownPage, Detail: "the site profile does not say " + part}
}
