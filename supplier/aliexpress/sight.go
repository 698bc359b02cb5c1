package aliexpress

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countermand/supplier"
	"countermand/supplier/chrome"
)

// pageKind is what a page is to us.
type pageKind string

// The kinds. Blank and unknown may be a page on its way; they count only when
// they last.
const (
	pageBlank     pageKind = "blank"
	pageUnknown   pageKind = "unknown"
	pageLogin     pageKind = "login"
	pageChallenge pageKind = "challenge"
	pageElsewhere pageKind = "elsewhere" // a regional host
	pageBroken    pageKind = "error"
	pageThrottled pageKind = "too many requests"
	pageDetail    pageKind = "detail"
	pageForm      pageKind = "reason form"
	pageConfirm   pageKind = "confirm dialog"
	pagePickedUp  pageKind = "picked-up refusal"
	pageDone      pageKind = "done"
	pageDialog    pageKind = "unknown dialog"
)

// sight is one look at the page.
type sight struct {
	kind pageKind
	view chrome.View
	// why tells an operator what made it that kind.
	why string
}

func (s sight) settled() bool { return s.kind != pageBlank && s.kind != pageUnknown }

// look takes one view and classifies it.
func (c *Client) look(ctx context.Context, tab *chrome.Tab) (sight, error) {
	s := c.p.Selectors
	dialog, title := strings.Join(s.Dialog, ","), strings.Join(s.DialogTitle, ",")
	inDialog := func(selectors []string) chrome.Query {
		return chrome.Query{Selectors: selectors, Within: dialog, Title: title}
	}
	v, err := tab.Look(ctx, map[string]chrome.Query{
		"challenge": {Selectors: []string{strings.Join(c.p.Pages.Challenge.Selectors, ",")}},
		"dialog":    {Selectors: []string{dialog}, Within: dialog, Title: title},
		"title":     {Selectors: s.DetailTitle},
		"detail_id": {Selectors: s.DetailID},
		"buttons":   inDialog(s.DetailButtons),
		"dialog_bt": inDialog(s.DialogButtons),
		"form_id":   {Selectors: s.FormID},
		"select":    inDialog(s.FormSelect),
		"options":   inDialog(s.FormOptions),
		"submit":    inDialog(s.FormSubmit),
		"done":      {Selectors: s.Done},
		"more":      inDialog(s.ListMore),
		"disputed":  {Selectors: disputeMarks(c.p)},
	})
	if err != nil {
		return sight{}, err
	}
	kind, why := c.classify(v, tab.Status())
	return sight{kind, v, why}, nil
}

// classify names the page. What stops all work comes first, then what lies on
// top of the page, then the page.
func (c *Client) classify(v chrome.View, status int) (pageKind, string) {
	if kind, why := c.classifyAddress(v, status); kind != "" {
		return kind, why
	}
	if kind, why := c.classifyDialogs(v); kind != "" {
		return kind, why
	}
	for _, e := range shown(v.Found["done"]) {
		if t := c.p.Cancel.DoneTexts.in(e.Text); t != "" {
			return pageDone, e.Text
		}
	}
	switch {
	case c.disputed(v) != "":
		return pageUnknown, c.disputed(v)
	case holdsAny(v.URL, c.p.Pages.Form.Addresses) && len(shown(v.Found["select"])) > 0 && len(shown(v.Found["submit"])) > 0:
		return pageForm, ""
	case len(shown(v.Found["title"])) > 0:
		return pageDetail, ""
	case v.Text == "" || v.Ready == "loading":
		return pageBlank, "nothing is shown"
	}
	return pageUnknown, "none of the profile's selectors matches"
}

func (c *Client) classifyAddress(v chrome.View, status int) (pageKind, string) {
	u, err := url.Parse(v.URL)
	if err != nil || u.Host == "" {
		return pageBlank, "no address yet"
	}
	for _, mark := range c.p.Pages.Challenge.Addresses {
		if strings.Contains(v.URL, mark) {
			return pageChallenge, "the address holds " + mark
		}
	}
	for _, e := range shown(v.Found["challenge"]) {
		return pageChallenge, "the page shows " + e.Selector
	}
	if c.isLogin(u) {
		return pageLogin, "the site asks to sign in at " + u.Host
	}
	if !c.ours(u) {
		return pageElsewhere, "regional redirect: the site redirects to " + u.Host
	}
	switch why := fmt.Sprintf("the site answers with status %d", status); statusKind(status) {
	case supplier.Throttled:
		return pageThrottled, why
	case supplier.Unreachable:
		return pageBroken, why
	}
	return "", ""
}

// isLogin knows the login host and the login pages of the other hosts.
func (c *Client) isLogin(u *url.URL) bool {
	if login, err := url.Parse(c.o.Hosts.Login); err == nil && u.Host == login.Host {
		if www, err := url.Parse(c.o.Hosts.WWW); err == nil && www.Host != login.Host {
			return true
		}
	}
	for _, mark := range c.p.Pages.Login.Addresses {
		if strings.Contains(u.Path, mark) || strings.Contains(u.Host, strings.Trim(mark, "/")) {
			return true
		}
	}
	return false
}

func (c *Client) ours(u *url.URL) bool {
	return containsHost(c.also, u.Host) || slices.ContainsFunc([]string{c.o.Hosts.WWW, c.o.Hosts.Mobile}, func(h string) bool {
		own, err := url.Parse(h)
		return err == nil && own.Host == u.Host
	})
}

// classifyDialogs names what lies over the page: of several dialogs the one
// that is furthest in the flow, or that is not known.
func (c *Client) classifyDialogs(v chrome.View) (kind pageKind, why string) {
	rank := []pageKind{"", pageBlank, pageForm, pageDone, pageConfirm, pagePickedUp, pageDialog}
	for _, d := range shown(v.Found["dialog"]) {
		k, w := c.classifyDialog(v, d)
		if slices.Index(rank, k) > slices.Index(rank, kind) {
			kind, why = k, w
		}
	}
	return kind, why
}

// classifyDialog names a dialog by its words. One that is not known stops
// us: nothing below it may be clicked.
func (c *Client) classifyDialog(v chrome.View, d chrome.Element) (pageKind, string) {
	switch {
	case c.p.Cancel.PickedUpTexts.in(d.Text) != "":
		return pagePickedUp, d.Text
	case c.p.Cancel.ConfirmTitles.in(d.InsideTitle) != "":
		return pageConfirm, d.InsideTitle
	case c.p.Cancel.DoneTexts.in(d.Text) != "":
		return pageDone, d.Text
	case c.disputed(v) != "":
		return pageDialog, c.disputed(v)
	case c.formHere(v) && slices.ContainsFunc(shown(v.Found["select"]), func(e chrome.Element) bool { return inside(e, d) }):
		return pageForm, ""
	case d.Text == "":
		return pageBlank, "an empty dialog"
	}
	return pageDialog, "a dialog that is not known: " + clip(d.Text)
}

// inside tells whether an element is in this very dialog: another one may lie
// beside it.
func inside(e, dialog chrome.Element) bool {
	return e.Inside && e.InsideTitle == dialog.InsideTitle && e.InsideText == dialog.InsideText
}

// formHere tells whether a dialog with a drop-down can be the cancel form: it
// lies over the order's own page, or over the form's.
func (c *Client) formHere(v chrome.View) bool {
	return len(shown(v.Found["title"])) > 0 || holdsAny(v.URL, c.p.Pages.Form.Addresses)
}

// disputed says what makes a page that of a dispute, "" where nothing does.
// Its form looks like the cancel form, and nobody decided to fill it in.
func (c *Client) disputed(v chrome.View) string {
	if holdsAny(v.URL, c.p.Pages.Dispute.Addresses) {
		return "the page is that of a dispute, by its address"
	}
	for _, e := range shown(v.Found["disputed"]) {
		return "the page is that of a dispute: it shows " + e.Selector
	}
	return ""
}

// disputeMarks is one selector of all that only the dispute form shows.
func disputeMarks(p Profile) []string {
	s := p.Dispute.Selectors
	if all := strings.Join(slices.Concat(s.Order, s.Line), ","); all != "" {
		return []string{all}
	}
	return nil
}

// holdsAny tells whether an address holds one of the marks.
func holdsAny(address string, marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(address, m) })
}

// shown keeps the visible elements.
func shown(list []chrome.Element) []chrome.Element {
	var out []chrome.Element
	for _, e := range list {
		if e.Visible {
			out = append(out, e)
		}
	}
	return out
}

// clip shortens text for a message.
func clip(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// barrier turns a page that stops work into its error.
func barrier(s sight) error {
	kind := map[pageKind]supplier.Kind{
		pageLogin: supplier.LoggedOut, pageChallenge: supplier.Challenged, pageElsewhere: supplier.UnknownPage, pageBroken: supplier.Unreachable,
		pageThrottled: supplier.Throttled,
	}[s.kind]
	if kind == "" {
		return nil
	}
	advice := map[supplier.Kind]string{
		supplier.LoggedOut:   "run `countermand login`",
		supplier.Challenged:  "a person must solve it: run `countermand login`",
		supplier.UnknownPage: "check the account's hosts, region and language",
	}[kind]
	e := &supplier.Error{Kind: kind, Detail: s.why}
	if advice != "" {
		e.Detail += "; " + advice
	}
	return e
}
