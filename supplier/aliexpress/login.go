package aliexpress

import (
	"context"

	"countermand/supplier/chrome"
)

// OpenLogin shows the site's sign-in, or the challenge, in the account's tab,
// with pictures, for a person to deal with. Nothing is typed or clicked.
func (c *Client) OpenLogin(ctx context.Context) (*chrome.Tab, error) {
	tab, err := c.begin(ctx)
	if err == nil {
		err = tab.SetBlocking(ctx, false)
	}
	if err == nil {
		err = tab.Navigate(ctx, c.url(c.p.URLs.List, "", ""))
	}
	return tab, c.fail(ctx, "open sign-in", err)
}
