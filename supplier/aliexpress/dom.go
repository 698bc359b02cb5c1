package aliexpress

import (
	"context"
	"errors"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// settleDrawn waits a little for the page to show what its data say.
func (c *Client) settleDrawn(ctx context.Context, tab *chrome.Tab, limit time.Duration, there func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, min(c.o.StepTimeout, limit))
	defer cancel()
	err := tab.WaitFor(ctx, "wait for the page to show its data", there)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // a check that cannot be made is no finding
	}
	return err
}

// crossCheck compares an order's data with what its page shows.
func (c *Client) crossCheck(ctx context.Context, tab *chrome.Tab, r *state.Reading) error {
	var d site.Drawn
	err := c.settleDrawn(ctx, tab, 3*time.Second, func(ctx context.Context) (ok bool, err error) {
		v, err := see(ctx, tab, c.p.DetailQueries())
		d, ok = site.DrawnDetail(v)
		return ok, err
	})
	if err != nil {
		return err
	}
	if why := d.Contradicts(c.p, *r); why != "" {
		c.o.Log.Warn().Str("order", r.Number).Msg("nothing concluded: " + why)
		site.Doubt(r, why)
	} else {
		d.Adds(c.p, r)
	}
	return nil
}

// crossCheckList compares a page of the list with the cards that are shown.
func (c *Client) crossCheckList(ctx context.Context, tab *chrome.Tab, page *site.List) error {
	cards := map[string]site.Drawn{}
	err := c.settleDrawn(ctx, tab, 3*time.Second, func(ctx context.Context) (bool, error) {
		v, err := see(ctx, tab, c.p.ListQueries())
		for _, d := range site.DrawnList(v) {
			cards[d.Number] = d
		}
		for _, r := range page.Orders {
			if _, ok := cards[r.Number]; !ok {
				return false, err
			}
		}
		return true, err
	})
	if err != nil {
		return err
	}
	for i := range page.Orders {
		r := &page.Orders[i]
		if d, ok := cards[r.Number]; ok {
			if why := d.Contradicts(c.p, *r); why != "" {
				c.o.Log.Warn().Str("order", r.Number).Msg("nothing concluded: " + why)
				site.Doubt(r, why)
			}
		}
	}
	return nil
}
