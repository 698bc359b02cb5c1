package aliexpress

import (
	"context"
	"errors"
	"fmt"

	"countermand/state"
	"countermand/supplier/chrome"
)

// Finding is what one part of the profile does on the live site.
type Finding struct {
	// Part is the field's path in the profile.
	Part string
	OK   bool
	// Detail says what was seen.
	Detail string
}

// Check compares the profile with the site as it is now, without a click: the
// list, and the page of the newest order. Parts that only a cancel shows are
// not checked.
func (c *Client) Check(ctx context.Context) ([]Finding, error) {
	const op = "check site profile"
	tab, err := c.begin(ctx)
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	list, err := c.firstList(ctx, tab)
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	out := []Finding{
		{"tags.list_body", list.whole, fmt.Sprintf("%d orders on the first page", len(list.orders))},
		{"tags.list_order", len(list.orders) > 0, fmt.Sprintf("%d orders on the first page", len(list.orders))},
	}
	for _, r := range list.orders {
		if r.Phase == state.PhaseUnknown {
			out = append(out, Finding{"statuses", false, fmt.Sprintf("order %s: status %s is not known", r.Number, quoted(r.StatusText))})
		}
		if r.OrderedAt.IsZero() {
			out = append(out, Finding{"dates", false, fmt.Sprintf("order %s: its date is in no known layout", r.Number)})
		}
	}
	if len(list.orders) == 0 {
		return out, nil
	}
	more, err := c.checkDetail(ctx, tab, list.orders[0].Number)
	if err != nil {
		return out, c.fail(ctx, op, err)
	}
	c.done(ctx)
	return append(out, more...), nil
}

func (c *Client) checkDetail(ctx context.Context, tab *chrome.Tab, number string) ([]Finding, error) {
	d, err := c.readDetail(ctx, tab, number, c.o.Pace)
	if err != nil {
		return nil, err
	}
	r := d.reading
	out := []Finding{
		{"tags", r.Complete, fmt.Sprintf("order %s: total %s, %d lines, dated %s", number, r.Total, len(r.Lines), r.OrderedAt.Format("2006-01-02"))},
		{"statuses", r.Phase != state.PhaseUnknown, fmt.Sprintf("order %s: status %s reads as %s", number, quoted(r.StatusText), r.Phase)},
	}
	step, cancel := context.WithTimeout(ctx, c.o.StepTimeout)
	defer cancel()
	var s sight
	err = tab.WaitFor(step, "wait for the page", func(ctx context.Context) (bool, error) {
		s, err = c.look(ctx, tab)
		return s.kind == pageDetail, err
	})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	for part, name := range map[string]string{"selectors.detail_title": "title", "selectors.detail_id": "detail_id", "selectors.detail_buttons": "buttons"} {
		n := len(shown(s.view.Found[name]))
		out = append(out, Finding{part, n > 0 || part == "selectors.detail_buttons" && len(d.buttons) == 0, fmt.Sprintf("%d visible elements", n)})
	}
	return out, nil
}

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
