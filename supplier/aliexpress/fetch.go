package aliexpress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"countermand/supplier"
	"countermand/supplier/chrome"
)

// fetch loads an address and gives the first good answer to a call that take
// accepts. A page that hangs or lands on a regional host is loaded once more.
func (c *Client) fetch(ctx context.Context, tab *chrome.Tab, address, call string, take func(chrome.Response, answer) bool) (answer, error) {
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
			return answer{}, err
		}
	}
	if err := c.o.Pace(ctx); err != nil {
		return answer{}, err
	}
	return c.fetchOnce(ctx, tab, address, call, take)
}

// errNoAnswer: the page loaded, but what it asked the site for never came.
var errNoAnswer = errors.New("the page got no answer")

func (c *Client) fetchOnce(ctx context.Context, tab *chrome.Tab, address, call string, take func(chrome.Response, answer) bool) (answer, error) {
	heard := tab.Listen(hearing(call)...)
	defer heard.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.StepTimeout, fmt.Errorf("%w to %s in %s: %w", errNoAnswer, call, c.o.StepTimeout, context.DeadlineExceeded))
	defer cancel()
	if err := tab.Navigate(ctx, address); err != nil {
		return answer{}, err
	}
	return c.await(ctx, tab, heard, call, take)
}

// hearing gives a call's name as it may stand in an address: the site writes
// some of them in lower case.
func hearing(call string) []string {
	return []string{call, strings.ToLower(call)}
}

// await waits for the answer, watching the page for a challenge or a login
// meanwhile: those swallow the answer and look like slowness.
func (c *Client) await(ctx context.Context, tab *chrome.Tab, heard *chrome.Listener, call string, take func(chrome.Response, answer) bool) (got answer, err error) {
	seen := 0
	err = tab.WaitFor(ctx, "wait for "+call, func(ctx context.Context) (bool, error) {
		list := heard.Responses()
		for ; seen < len(list); seen++ {
			a, err := c.accept(list[seen], call)
			if err != nil {
				return true, err
			}
			if a != nil && take(list[seen], *a) {
				// A page that was sent elsewhere makes its calls, too.
				got = *a
				s, err := c.look(ctx, tab)
				return true, errors.Join(err, barrier(s))
			}
		}
		s, err := c.look(ctx, tab)
		if err != nil {
			return true, err
		}
		return false, barrier(s)
	})
	return got, err
}

// accept reads one response: nil where it is not the call's or the page will
// ask again by itself.
func (c *Client) accept(r chrome.Response, call string) (*answer, error) {
	if !isCall(r.URL, call) {
		return nil, nil
	}
	if r.Err != nil {
		// A script that is no script is kept even from us, its status is not.
		if kind := statusKind(r.Status); kind != "" {
			return nil, &supplier.Error{Kind: kind, Detail: fmt.Sprintf("%s answers with status %d", call, r.Status)}
		}
		return nil, nil
	}
	a, err := parseAnswer(r.Body)
	if err != nil {
		for _, mark := range c.p.Pages.Challenge.Addresses {
			if bytes.Contains(r.Body, []byte(mark)) {
				return nil, &supplier.Error{Kind: supplier.Challenged, Detail: call + " answers with a page that holds " + mark}
			}
		}
		if kind := statusKind(r.Status); kind != "" {
			return nil, &supplier.Error{Kind: kind, Detail: fmt.Sprintf("%s answers with status %d", call, r.Status)}
		}
		return nil, fmt.Errorf("read the answer to %s: %w", call, err)
	}
	switch kind := c.p.Returns.kind(a.Ret); kind {
	case "":
		if a.Data.there() && !a.Data.isObject() {
			return nil, fmt.Errorf("read the answer to %s: %w: its data are %s", call, errShape, a.Data.kind())
		}
		return &a, nil
	case again:
		return nil, nil
	default:
		return nil, &supplier.Error{Kind: kind, Detail: call + " answers " + clip(strings.Join(a.Ret, ", "))}
	}
}

// statusKind is what a status of HTTP alone says, "" where it says nothing.
func statusKind(status int) supplier.Kind {
	switch {
	case status == 429 || status == 403:
		return supplier.Throttled
	case status >= 400:
		return supplier.Unreachable
	}
	return ""
}

// isCall tells whether an address is a call's own, and not one that only
// mentions it, such as a report about it.
func isCall(address, call string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.Contains(strings.ToLower(u.Path)+"/", "/h5/"+strings.ToLower(call)+"/")
}

// asking takes the answer to the question that names what is wanted, or to
// one that names nothing but was answered all the same. The page may ask
// about others, too, and without a number it gets an empty frame.
type asking struct {
	field, want string
	// hollow tells whether an answer is such a frame; the last one is kept
	// for where nothing better comes.
	hollow func(answer) bool
	empty  *answer
}

func (q *asking) take(r chrome.Response, a answer) bool {
	switch asked := requestData(r.URL, r.PostData).get(q.field).str(); {
	case asked == q.want:
		return true
	case asked != "":
		return false
	case q.hollow(a):
		q.empty = &a
		return false
	}
	return true
}

// always takes whatever comes.
func always(chrome.Response, answer) bool { return true }

// keep stores evidence of the page: picture, markup and, where there is one,
// the answer; personal fields are left out. It gives the references.
func (c *Client) keep(ctx context.Context, tab *chrome.Tab, caseID, number, name string, a *answer) ([]string, error) {
	if c.o.Evidence == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	var refs []string
	var errs []error
	address, _ := tab.URL(ctx) // a page without an address is still evidence
	put := func(ext string, body []byte, err error) {
		if err == nil {
			var ref string
			ref, err = c.o.Evidence.Keep(ctx, supplier.Evidence{CaseID: caseID, Number: number, Name: name, Ext: ext, At: c.o.Now().UTC(), Zone: c.zone.String(), URL: publicURL(address), Body: body})
			if err == nil {
				refs = append(refs, ref)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("keep evidence %s.%s of order %s: %w", name, ext, number, err))
		}
	}
	png, err := tab.Screenshot(ctx, c.p.Private.Selectors...)
	put("png", png, err)
	html, err := tab.HTML(ctx, c.p.Private.Selectors...)
	put("html", []byte(html), err)
	if a != nil {
		body, err := a.public(c.p.Private.Keys)
		put("json", body, err)
	}
	return refs, errors.Join(errs...)
}

// keepAnswer stores only the answer that a reading was made of.
func (c *Client) keepAnswer(ctx context.Context, number, name, address string, a answer) []string {
	if c.o.Evidence == nil {
		return nil
	}
	body, err := a.public(c.p.Private.Keys)
	if err == nil {
		var ref string
		ref, err = c.o.Evidence.Keep(ctx, supplier.Evidence{Number: number, Name: name, Ext: "json", At: c.o.Now().UTC(), Zone: c.zone.String(), URL: publicURL(address), Body: body})
		if err == nil {
			return []string{ref}
		}
	}
	c.o.Log.Warn().Err(err).Str("order", number).Msg("evidence of a reading was not kept")
	return nil
}
