package aliexpress

import (
	"context"
	"errors"
	"maps"
	"time"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// look reads the page once, with the elements of more, and classifies it. A
// page that stops the account's work, such as a captcha, is an error.
func (c *Client) look(ctx context.Context, tab *chrome.Tab, more map[string]site.Query) (site.Sight, error) {
	queries := c.p.Queries()
	maps.Copy(queries, more)
	v, err := see(ctx, tab, queries)
	if err != nil {
		return site.Sight{}, err
	}
	s := c.p.Classify(c.o.Hosts, v)
	return s, s.Barrier()
}

// watch looks at the page until good, but no longer than wait: then ok is false
// and the last look is returned.
func watch(ctx context.Context, tab *chrome.Tab, wait time.Duration, look func(context.Context) (site.Sight, error), good func(site.Sight) bool) (last site.Sight, ok bool, err error) {
	step, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err = tab.WaitFor(step, "wait for the page", func(ctx context.Context) (bool, error) {
		s, err := look(ctx)
		if err != nil {
			return false, err // the last good look stands
		}
		last, ok = s, good(s)
		return ok, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil
	}
	return last, ok, err
}

// see reads the page once.
func see(ctx context.Context, tab *chrome.Tab, queries map[string]site.Query) (site.View, error) {
	asked := make(map[string]chrome.Query, len(queries))
	for name, q := range queries {
		asked[name] = chrome.Query(q)
	}
	v, err := tab.Look(ctx, asked)
	out := site.View{URL: v.URL, Status: tab.Status(), Ready: v.Ready, Text: v.Text, Found: map[string][]site.Element{}}
	for name, list := range v.Found {
		for _, e := range list {
			out.Found[name] = append(out.Found[name], element(e))
		}
	}
	return out, err
}

// element converts an element of the browser for package site.
func element(e chrome.Element) site.Element {
	out := site.Element{
		Text: e.Text, Attrs: e.Attrs, Visible: e.Visible, Enabled: e.Enabled, Inside: e.Inside, InsideTitle: e.InsideTitle, InsideText: e.InsideText,
		Selector: e.Selector, Parts: map[string][]site.Part{}, Ref: e,
	}
	for name, parts := range e.Parts {
		for _, p := range parts {
			out.Parts[name] = append(out.Parts[name], site.Part(p))
		}
	}
	return out
}

// ref gives the browser's element back.
func ref(e site.Element) chrome.Element {
	own, _ := e.Ref.(chrome.Element) // without it the browser finds nothing to click
	return own
}
