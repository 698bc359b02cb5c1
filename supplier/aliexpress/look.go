package aliexpress

import (
	"context"

	"countermand/supplier/chrome"
)

// look takes one view of the page and names it.
func (c *Client) look(ctx context.Context, tab *chrome.Tab) (Sight, error) {
	v, err := see(ctx, tab, c.p.queries())
	if err != nil {
		return Sight{}, err
	}
	return c.p.Classify(c.o.Hosts, v), nil
}

// see takes one view of the page.
func see(ctx context.Context, tab *chrome.Tab, queries map[string]Query) (View, error) {
	asked := make(map[string]chrome.Query, len(queries))
	for name, q := range queries {
		asked[name] = chrome.Query(q)
	}
	v, err := tab.Look(ctx, asked)
	out := View{URL: v.URL, Status: tab.Status(), Ready: v.Ready, Text: v.Text, Found: map[string][]Element{}}
	for name, list := range v.Found {
		for _, e := range list {
			out.Found[name] = append(out.Found[name], element(e))
		}
	}
	return out, err
}

// element is what the site's judge reads of one of the browser's.
func element(e chrome.Element) Element {
	out := Element{
		Text: e.Text, Attrs: e.Attrs, Visible: e.Visible, Enabled: e.Enabled, Inside: e.Inside, InsideTitle: e.InsideTitle, InsideText: e.InsideText,
		Selector: e.Selector, Parts: map[string][]Part{}, Ref: e,
	}
	for name, parts := range e.Parts {
		for _, p := range parts {
			out.Parts[name] = append(out.Parts[name], Part(p))
		}
	}
	return out
}

// ref gives the browser's own of an element that was seen on the page.
func ref(e Element) chrome.Element {
	own, _ := e.Ref.(chrome.Element) // without it the browser finds nothing to click
	return own
}
