package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// fetch loads an address and gives the first good answer to a call that take
// accepts. A page that hangs or lands on a regional host is loaded once more.
func (c *Client) fetch(ctx context.Context, tab *chrome.Tab, address, call string, take func(site.Response, site.Answer) bool) (site.Answer, error) {
	load := func(ctx context.Context) error { return c.navigate(ctx, tab, address) }
	a, err := c.answerTo(ctx, tab, call, load, take)
	if errors.Is(err, errNoAnswer) && ctx.Err() == nil {
		// A browser that hangs would only hang once more. The page itself
		// cannot be asked: while it loads it answers nothing.
		if sick := c.b.Health(ctx); sick != nil {
			return a, fmt.Errorf("load %s: %w", address, sick)
		}
	}
	regional := supplier.KindOf(err) == supplier.UnknownPage
	if ctx.Err() != nil || !regional && !errors.Is(err, errNoAnswer) {
		return a, err
	}
	if regional {
		if err := c.pinLocale(ctx); err != nil {
			return site.Answer{}, err
		}
	}
	if err := c.o.Pace(ctx); err != nil {
		return site.Answer{}, err
	}
	return c.answerTo(ctx, tab, call, load, take)
}

// errNoAnswer: the page loaded, but the answer to its call never came.
var errNoAnswer = errors.New("the page got no answer")

// answerTo does what makes the page call, and gives the answer that take accepts.
func (c *Client) answerTo(ctx context.Context, tab *chrome.Tab, call string, do func(context.Context) error, take func(site.Response, site.Answer) bool) (site.Answer, error) {
	heard := tab.Listen(callSpellings(call)...)
	defer heard.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.StepTimeout, fmt.Errorf("%w to %s in %s: %w", errNoAnswer, call, c.o.StepTimeout, context.DeadlineExceeded))
	defer cancel()
	if err := do(ctx); err != nil {
		return site.Answer{}, err
	}
	return c.await(ctx, tab, heard, call, take)
}

// callSpellings gives the spellings of a call's name in an address: the site writes
// some names in lower case.
func callSpellings(call string) []string {
	return []string{call, strings.ToLower(call)}
}

// await waits for the answer, watching the page for a challenge or a login
// meanwhile: those swallow the answer and look like slowness.
func (c *Client) await(ctx context.Context, tab *chrome.Tab, heard *chrome.Listener, call string, take func(site.Response, site.Answer) bool) (got site.Answer, err error) {
	seen := 0
	err = tab.WaitFor(ctx, "wait for "+call, func(ctx context.Context) (bool, error) {
		list := heard.Responses()
		for ; seen < len(list); seen++ {
			a, err := c.p.Accept(site.Response(list[seen]), call)
			if err != nil {
				return true, err
			}
			if a != nil && take(site.Response(list[seen]), *a) {
				// A page that was sent elsewhere makes its calls, too.
				got = *a
				_, err := c.look(ctx, tab, nil)
				return true, err
			}
		}
		_, err := c.look(ctx, tab, nil)
		return false, err
	})
	return got, err
}

// always takes whatever comes.
func always(site.Response, site.Answer) bool { return true }

// keep stores evidence of the page: picture, markup and, where there is one,
// the answer; personal fields are left out. It gives the references.
func (c *Client) keep(ctx context.Context, tab *chrome.Tab, caseID, number, name string, a *site.Answer) ([]string, error) {
	if c.o.Evidence == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	e := supplier.Evidence{CaseID: caseID, Number: number, Name: name}
	e.URL, _ = tab.URL(ctx) // a page without an address is still evidence
	var refs []string
	var errs []error
	put := func(ext string, body []byte, err error) {
		ref, err := c.keepPart(ctx, e, ext, body, err)
		refs, errs = append(refs, ref...), append(errs, err)
	}
	png, err := tab.Screenshot(ctx, c.p.Private.Selectors...)
	put("png", png, err)
	html, err := tab.HTML(ctx, c.p.Private.Selectors...)
	put("html", []byte(html), err)
	if a != nil {
		body, err := a.Public(c.p.Private.Keys)
		put("json", body, err)
	}
	return refs, errors.Join(errs...)
}

// keepPart stores one file of evidence, if it could be had, and gives its
// reference.
func (c *Client) keepPart(ctx context.Context, e supplier.Evidence, ext string, body []byte, err error) ([]string, error) {
	if err == nil {
		e.Ext, e.Body, e.At, e.Zone, e.URL = ext, body, c.o.Now().UTC(), c.zone.String(), site.PublicURL(e.URL)
		var ref string
		if ref, err = c.o.Evidence.Keep(ctx, e); err == nil {
			return []string{ref}, nil
		}
	}
	return nil, fmt.Errorf("keep evidence %s.%s of order %s: %w", e.Name, ext, e.Number, err)
}

// keepAnswer stores only the answer that a reading was made of.
func (c *Client) keepAnswer(ctx context.Context, number, name, address string, a site.Answer) []string {
	if c.o.Evidence == nil {
		return nil
	}
	body, err := a.Public(c.p.Private.Keys)
	refs, err := c.keepPart(ctx, supplier.Evidence{Number: number, Name: name, URL: address}, "json", body, err)
	if err != nil {
		c.o.Log.Warn().Err(err).Str("order", number).Msg("evidence of a reading was not kept")
	}
	return refs
}
