package aliexpress

import (
	"context"
	"fmt"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// Blocked tells whether the account's tab, as a person sees it now, shows a
// sign-in or a challenge. Nothing is loaded: it may be half filled in.
func (c *Client) Blocked(ctx context.Context) (bool, error) {
	if c.tab == nil || !c.tab.Alive() {
		return false, fmt.Errorf("look at the sign-in: the window is gone: %w", chrome.ErrGone)
	}
	s, err := c.look(ctx, c.tab, nil)
	if s.Kind != "" {
		err = nil // what stops the account's work is the answer here
	}
	return s.Kind == site.PageLogin || s.Kind == site.PageChallenge, err
}

// OpenLogin shows the site's sign-in, or the challenge, in the account's tab,
// with pictures, for a person to deal with. Nothing is typed or clicked.
func (c *Client) OpenLogin(ctx context.Context) (*chrome.Tab, error) {
	tab, err := c.begin(ctx)
	if err == nil {
		err = tab.SetBlocking(ctx, false)
	}
	if err == nil {
		c.gate.enter(site.ModeLogin) // until the browser is closed
		err = c.navigate(ctx, tab, c.url(c.p.URLs.List, "", ""))
	}
	return tab, c.fail(ctx, "open sign-in", err)
}
