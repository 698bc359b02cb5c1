package aliexpress

import (
	"context"
	"errors"
	"time"

	"countermand/state"
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
	var d drawn
	err := c.settleDrawn(ctx, tab, 3*time.Second, func(ctx context.Context) (ok bool, err error) {
		v, err := see(ctx, tab, c.p.detailQueries())
		d, ok = drawnDetail(v)
		return ok, err
	})
	if err != nil {
		return err
	}
	if why := d.contradicts(c.p, *r); why != "" {
		c.o.Log.Warn().Str("order", r.Number).Msg("nothing concluded: " + why)
		doubt(r, why)
	} else {
		d.adds(c.p, r)
	}
	return nil
}

// crossCheckList compares a page of the list with the cards that are shown.
func (c *Client) crossCheckList(ctx context.Context, tab *chrome.Tab, page *listPage) error {
	cards := map[string]drawn{}
	err := c.settleDrawn(ctx, tab, 3*time.Second, func(ctx context.Context) (bool, error) {
		v, err := see(ctx, tab, c.p.listQueries())
		for _, d := range drawnList(v) {
			cards[d.number] = d
		}
		for _, r := range page.orders {
			if _, ok := cards[r.Number]; !ok {
				return false, err
			}
		}
		return true, err
	})
	if err != nil {
		return err
	}
	for i := range page.orders {
		r := &page.orders[i]
		if d, ok := cards[r.Number]; ok {
			if why := d.contradicts(c.p, *r); why != "" {
				c.o.Log.Warn().Str("order", r.Number).Msg("nothing concluded: " + why)
				doubt(r, why)
			}
		}
	}
	return nil
}
