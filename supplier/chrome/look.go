package chrome

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed look.js
var lookJS string

// Query asks for elements.
type Query struct {
	// Selectors are CSS, tried in turn: the first that matches anything
	// counts.
	Selectors []string `json:"selectors"`
	// Within names a surrounding element whose title and text the elements
	// are to be told with, such as the dialog that a button belongs to; Title
	// selects the title inside it.
	Within string `json:"within,omitempty"`
	Title  string `json:"title,omitempty"`
	// Parts are told with each element: by name, its descendants that match
	// the first of the selectors that matches any.
	Parts map[string][]string `json:"parts,omitempty"`
}

// Part is a descendant of an element. Href is absolute, "" where it is no
// link.
type Part struct {
	Text    string `json:"text"`
	Href    string `json:"href"`
	Visible bool   `json:"visible"`
}

// Element is what an element looked like at one moment.
type Element struct {
	Text    string            `json:"text"`
	Attrs   map[string]string `json:"attrs"`
	Visible bool              `json:"visible"`
	Enabled bool              `json:"enabled"`
	Box     Box               `json:"box"`
	// Inside tells whether an element of Query.Within surrounds it.
	Inside      bool   `json:"inside"`
	InsideTitle string `json:"insideTitle"`
	InsideText  string `json:"insideText"`
	// Parts are those that Query.Parts asks for.
	Parts map[string][]Part `json:"parts"`

	// Selector and Index find it again.
	Selector string `json:"selector"`
	Index    int    `json:"index"`
	query    Query
}

// Box is a rectangle in CSS pixels of the viewport.
type Box struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// View is what the page looked like at one moment: all of it was read in one
// go, so its parts belong together.
type View struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	// Ready is the document's readyState.
	Ready string `json:"ready"`
	// Text is the beginning of the visible text, white space folded.
	Text  string               `json:"text"`
	Found map[string][]Element `json:"found"`
}

// Look takes one view of the page with the elements of each query, by name.
func (t *Tab) Look(ctx context.Context, queries map[string]Query) (View, error) {
	var v View
	if err := t.call(ctx, "look at page", &v, "look", queries); err != nil {
		return View{}, err
	}
	for name, list := range v.Found {
		for i := range list {
			list[i].query = queries[name]
		}
	}
	return v, nil
}

// call calls a function of look.js and decodes what it returns.
func (t *Tab) call(ctx context.Context, op string, into any, name string, args ...any) error {
	list, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return t.eval(ctx, op, "(() => {"+lookJS+"; return "+name+"(..."+string(list)+")})()", into)
}

// HTML gives the document's markup, without scripts and without the elements
// that match any of the selectors in drop: nothing personal need be kept.
func (t *Tab) HTML(ctx context.Context, drop ...string) (string, error) {
	var html string
	err := t.call(ctx, "read markup", &html, "markup", append([]string{"script"}, drop...))
	return html, err
}
