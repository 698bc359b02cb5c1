package site

import (
	"fmt"
	"slices"
)

// Query asks a page for elements; the first of the selectors that matches
// anything counts.
type Query struct {
	Selectors []string
	// Within names a surrounding element whose title and text the elements
	// are to be told with; Title selects the title inside it.
	Within, Title string
	// Parts are told with each element: by name, descendants of it.
	Parts map[string][]string
}

// View is what a page showed at one moment.
type View struct {
	URL string
	// Status is that of the document's answer.
	Status int
	// Ready is the document's readyState, Text its visible text.
	Ready, Text string
	Found       map[string][]Element
}

// Element is what one element looked like.
type Element struct {
	Text             string
	Attrs            map[string]string
	Visible, Enabled bool
	// Inside: an element of Query.Within surrounds it.
	Inside                  bool
	InsideTitle, InsideText string
	Parts                   map[string][]Part
	// Selector is the one that found it.
	Selector string
	// Ref is the browser's own, for a click on it; it is not judged.
	Ref any
}

// Part is a descendant of an element.
type Part struct {
	Text, Href string
	Visible    bool
}

// Shown gives the visible elements of a query.
func (v View) Shown(name string) []Element {
	return slices.DeleteFunc(slices.Clone(v.Found[name]), func(e Element) bool { return !e.Visible })
}

// TextOf is the text of the first visible element of a query.
func (v View) TextOf(name string) string {
	for _, e := range v.Shown(name) {
		return e.Text
	}
	return ""
}

// Button finds the one enabled element of a query that a click may hit, else
// says why there is none.
func (v View) Button(name string, a Allowance) (Element, string) {
	return v.only(name, func(e Element) bool { return e.Enabled && a.permits(e) == "" })
}

// Has tells whether Button finds it.
func (v View) Has(name string, a Allowance) bool {
	_, why := v.Button(name, a)
	return why == ""
}

// Option finds the one element of a query that reads as an offered reason.
func (v View) Option(name string, o Offer) (Element, bool) {
	e, why := v.only(name, func(e Element) bool { return fold(e.Text) == fold(o.Text) })
	return e, why == ""
}

func (v View) only(name string, fits func(Element) bool) (Element, string) {
	found := slices.DeleteFunc(v.Shown(name), func(e Element) bool { return !fits(e) })
	switch len(found) {
	case 1:
		return found[0], ""
	case 0:
		return Element{}, "the page shows no button"
	}
	return Element{}, fmt.Sprintf("the page shows %d buttons", len(found))
}

// partText is the text of the first visible part of that name.
func (e Element) partText(name string) string {
	for _, p := range e.Parts[name] {
		if p.Visible {
			return p.Text
		}
	}
	return ""
}
