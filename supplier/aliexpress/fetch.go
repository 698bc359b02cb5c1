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
	a, err := c.fetchOnce(ctx, tab, address, call, take)
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
	return c.fetchOnce(ctx, tab, address, call, take)
}

// errNoAnswer: the page loaded, but the answer to its call never came.
var errNoAnswer = errors.New("the page got no answer")

func (c *Client) fetchOnce(ctx context.Context, tab *chrome.Tab, address, call string, take func(site.Response, site.Answer) bool) (site.Answer, error) {
	return c.answerTo(ctx, tab, call, func(ctx context.Context) error { return tab.Navigate(ctx, address) }, take)
}

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
	address, _ := tab.URL(ctx) // a page without an address is still evidence
	png, err := tab.Screenshot(ctx, c.p.Private.Selectors...)
	html, err2 := tab.HTML(ctx, c.p.Private.Selectors...)
	parts := []keeping{{"png", png, err}, {"html", []byte(html), err2}}
	if a != nil {
		body, err := a.Public(c.p.Private.Keys)
		parts = append(parts, keeping{"json", body, err})
	}
	return c.keepParts(ctx, supplier.Evidence{CaseID: caseID, Number: number, Name: name, URL: address}, parts...)
}

// keeping is one file of evidence, or why it could not be had.
type keeping struct {
	ext  string
	body []byte
	err  error
}

// keepParts stores the files of one moment and gives the references.
func (c *Client) keepParts(ctx context.Context, e supplier.Evidence, parts ...keeping) (refs []string, err error) {
	e.At, e.Zone, e.URL = c.o.Now().UTC(), c.zone.String(), site.PublicURL(e.URL)
	for _, p := range parts {
		ref, failed := "", p.err
		if e.Ext, e.Body = p.ext, p.body; failed == nil {
			ref, failed = c.o.Evidence.Keep(ctx, e)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("keep evidence %s.%s of order %s: %w", e.Name, e.Ext, e.Number, failed))
			continue
		}
		refs = append(refs, ref)
	}
	return refs, err
}

// keepAnswer stores only the answer that a reading was made of.
func (c *Client) keepAnswer(ctx context.Context, number, name, address string, a site.Answer) []string {
	if c.o.Evidence == nil {
		return nil
	}
	body, err := a.Public(c.p.Private.Keys)
	refs, err := c.keepParts(ctx, supplier.Evidence{Number: number, Name: name, URL: address}, keeping{"json", body, err})
	if err != nil {
		c.o.Log.Warn().Err(err).Str("order", number).Msg("evidence of a reading was not kept")
	}
	return refs
}
