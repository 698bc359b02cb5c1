package aliexpress

import (
	"context"
	"slices"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// watchShown waits a little for the page to show what its data say. A page that
// does not show it in time contradicts nothing.
func (c *Client) watchShown(ctx context.Context, tab *chrome.Tab, queries map[string]site.Query, there func(site.View) bool) (site.View, error) {
	look := func(ctx context.Context) (site.Sight, error) {
		v, err := see(ctx, tab, queries)
		return site.Sight{View: v}, err
	}
	last, _, err := watch(ctx, tab, min(c.o.StepTimeout, 3*time.Second), look, func(s site.Sight) bool { return there(s.View) })
	return last.View, err
}

// crossCheck compares an order's data with what its page shows.
func (c *Client) crossCheck(ctx context.Context, tab *chrome.Tab, r *state.Reading) error {
	v, err := c.watchShown(ctx, tab, c.p.DetailQueries(), func(v site.View) bool {
		_, ok := site.ShownDetail(v)
		return ok
	})
	if err == nil {
		d, _ := site.ShownDetail(v)
		c.compare(d, r)
	}
	return err
}

// compare notes where an order's data and its page contradict each other: then
// nothing is concluded.
func (c *Client) compare(d site.Shown, r *state.Reading) {
	if why := d.Check(c.p, r); why != "" {
		c.o.Log.Warn().Str("order", r.Number).Msg("nothing concluded: " + why)
	}
}

// crossCheckList compares a page of the list with the cards that are shown.
func (c *Client) crossCheckList(ctx context.Context, tab *chrome.Tab, page *site.List) error {
	cards := map[string]site.Shown{}
	_, err := c.watchShown(ctx, tab, c.p.ListQueries(), func(v site.View) bool {
		for _, d := range site.ShownList(v) {
			cards[d.Number] = d
		}
		return !slices.ContainsFunc(page.Orders, func(r state.Reading) bool { _, ok := cards[r.Number]; return !ok })
	})
	if err != nil {
		return err
	}
	for i := range page.Orders {
		r := &page.Orders[i]
		if d, ok := cards[r.Number]; ok {
			c.compare(d, r)
		}
	}
	return nil
}
