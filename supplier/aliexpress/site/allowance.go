package site

import (
	"fmt"

	"countermand/supplier"
)

// Allowance is what one click may hit; every part that is set must hold.
type Allowance struct {
	// What names the click, for messages.
	What string
	// Type is the button's type in the site's data, where it has one.
	Type string
	// Captions that the element may carry; nil where it has none of its own,
	// such as a drop-down.
	Captions Texts
	// Title that the dialog around it must carry. Without one the element
	// must not be in a dialog, unless form is set.
	Title Texts
	Form  bool
	// Press is what the click is meant to do, About what the words around it
	// are about. The gate lets calls pass by them.
	Press PressKind
	About Kind
}

// permits says why an element is not the one that the click is meant for, ""
// where it is.
func (a Allowance) permits(e Element) string {
	switch {
	case a.Captions != nil && !a.Captions.Is(e.Text):
		return "its caption is " + Quoted(Clip(e.Text))
	case a.Title != nil && (!e.Inside || a.Title.in(e.InsideTitle) == ""):
		return "it is not in the dialog it belongs to but in " + Quoted(Clip(e.InsideTitle))
	case a.Title == nil && !a.Form && e.Inside:
		return "it is in a dialog: " + Quoted(Clip(e.InsideText))
	}
	return ""
}

// CheckClick refuses what is denied and what is not allowed.
func (p Profile) CheckClick(e Element, a Allowance) error {
	why := p.Denies(Button{Type: a.Type, Caption: e.Text, Names: []string{e.Attrs["aria-label"], e.Attrs["title"]}, Title: e.InsideTitle, Text: e.InsideText})
	if why == "" {
		why = a.permits(e)
	}
	if why == "" {
		return nil
	}
	return &supplier.Error{Kind: supplier.Unsafe, Op: "click " + a.What, Detail: fmt.Sprintf("%s; it was not clicked", why)}
}
