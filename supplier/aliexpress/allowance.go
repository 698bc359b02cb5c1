package aliexpress

import (
	"fmt"

	"countermand/supplier"
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
func (a allowance) permits(e Element) string {
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

// judge refuses what is denied and what is not allowed.
func (p Profile) judge(e Element, a allowance) error {
	why := p.denies(button{Type: a.typ, Caption: e.Text, Names: []string{e.Attrs["aria-label"], e.Attrs["title"]}, Title: e.InsideTitle, Text: e.InsideText})
	if why == "" {
		why = a.permits(e)
	}
	if why == "" {
		return nil
	}
	return &supplier.Error{Kind: supplier.Unsafe, Op: "click " + a.what, Detail: fmt.Sprintf("%s; it was not clicked", why)}
}
