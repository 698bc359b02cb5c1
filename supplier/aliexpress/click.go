package aliexpress

import (
	"context"
	"fmt"

	"countermand/supplier"
	"countermand/supplier/chrome"
)

// allowance is what one click may hit; every part that is set must hold.
type allowance struct {
	// what names the click, for messages.
	what string
	// typ is the button's type in the site's data, where it has one.
	typ string
	// captions that the element may carry; nil where it has none of its own,
	// such as a drop-down.
	captions Texts
	// title that the dialog around it must carry. Without one the element
	// must not be in a dialog, unless form is set.
	title Texts
	form  bool
}

// permits says why an element is not what the click is for, "" where it is.
func (a allowance) permits(e chrome.Element) string {
	switch {
	case a.captions != nil && !a.captions.is(e.Text):
		return "its caption is " + quoted(clip(e.Text))
	case a.title != nil && (!e.Inside || a.title.in(e.InsideTitle) == ""):
		return "it is not in the dialog it belongs to but in " + quoted(clip(e.InsideTitle))
	case a.title == nil && !a.form && e.Inside:
		return "it is in a dialog: " + quoted(clip(e.InsideText))
	}
	return ""
}

// click is the only place that clicks. The element is judged as it is at the
// last moment, when the pointer is already on it.
func (c *Client) click(ctx context.Context, tab *chrome.Tab, e chrome.Element, a allowance) error {
	return tab.Click(ctx, e, func(now chrome.Element) error { return c.judge(now, a) })
}

// judge refuses what is denied and what is not allowed.
func (c *Client) judge(e chrome.Element, a allowance) error {
	why := c.p.denies(button{Type: a.typ, Caption: e.Text, Names: []string{e.Attrs["aria-label"], e.Attrs["title"]}, Title: e.InsideTitle, Text: e.InsideText})
	if why == "" {
		why = a.permits(e)
	}
	if why == "" {
		return nil
	}
	return &supplier.Error{Kind: supplier.Unsafe, Op: "click " + a.what, Detail: fmt.Sprintf("%s; it was not clicked", why)}
}
