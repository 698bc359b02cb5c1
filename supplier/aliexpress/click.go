package aliexpress

import (
	"context"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// click is the only place that clicks. The element is judged as it is at the
// last moment, when the pointer is already on it.
func (c *Client) click(ctx context.Context, tab *chrome.Tab, e site.Element, a site.Allowance) error {
	return tab.Click(ctx, ref(e), func(now chrome.Element) error { return c.p.Judge(element(now), a) })
}
