package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

const (
	// maxCovers bounds how many nuisances (banners, pop-ups) are closed for one
	// click.
	maxCovers = 3
	// coverWait is how long a nuisance may take to go away.
	coverWait = 10 * time.Second
)

// reach makes an element clickable by closing the known nuisances over it. What
// is not known is never closed: the error is then chrome.ErrCovered.
func (c *Client) reach(ctx context.Context, tab *chrome.Tab, e site.Element) (site.Element, error) {
	now, err := aim(ctx, tab, e)
	for range maxCovers {
		if !errors.Is(err, chrome.ErrCovered) {
			return now, err
		}
		if failed := c.uncover(ctx, tab, e); failed != nil {
			return now, failed
		}
		now, err = aim(ctx, tab, e)
	}
	return now, err
}

// aim gives the element as it is now, if a click would reach it.
func aim(ctx context.Context, tab *chrome.Tab, e site.Element) (site.Element, error) {
	now, err := tab.Aim(ctx, ref(e))
	return element(now), err
}

// uncover deals with what lies over an element.
func (c *Client) uncover(ctx context.Context, tab *chrome.Tab, e site.Element) error {
	if _, err := c.look(ctx, tab, nil); err != nil {
		return err
	}
	n, by, err := c.nuisanceOver(ctx, tab, e)
	if err != nil || by == "" {
		return err
	}
	if n == nil {
		return fmt.Errorf("%w by %q, which the profile does not know (nuisances)", chrome.ErrCovered, by)
	}
	if len(n.Dismiss) > 0 {
		if err := c.dismiss(ctx, tab, *n); err != nil {
			return err
		}
	}
	step, cancel := context.WithTimeout(ctx, min(coverWait, c.o.StepTimeout))
	defer cancel()
	err = tab.WaitFor(step, "wait for the "+n.Name+" to go", func(ctx context.Context) (bool, error) {
		now, _, err := c.nuisanceOver(ctx, tab, e)
		return now == nil || now.Name != n.Name, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%w: the %s does not go away", chrome.ErrCovered, n.Name)
	}
	return err
}

// nuisanceOver names what covers the element; nil where it is not known.
func (c *Client) nuisanceOver(ctx context.Context, tab *chrome.Tab, e site.Element) (*site.Nuisance, string, error) {
	var selectors []string
	var of []int
	for i, n := range c.p.Nuisances {
		for _, s := range n.Covers {
			selectors, of = append(selectors, s), append(of, i)
		}
	}
	by, which, err := tab.Cover(ctx, ref(e), selectors...)
	if err != nil || by == "" || which < 0 {
		return nil, by, err
	}
	return &c.p.Nuisances[of[which]], by, nil
}

// dismiss presses a nuisance's own button.
func (c *Client) dismiss(ctx context.Context, tab *chrome.Tab, n site.Nuisance) error {
	v, err := see(ctx, tab, map[string]site.Query{"button": {Selectors: n.Dismiss, Within: strings.Join(n.Covers, ",")}})
	if err != nil {
		return err
	}
	for _, b := range v.Shown("button") {
		if b.Inside && b.Enabled {
			c.o.Log.Debug().Str("account", c.o.Account).Msg("closing the " + n.Name)
			return c.click(ctx, tab, b, site.Allowance{What: "the close button of the " + n.Name, Captions: site.Texts{"": n.Captions}, Form: true})
		}
	}
	return fmt.Errorf("%w: the %s shows no button to close it", chrome.ErrCovered, n.Name)
}
