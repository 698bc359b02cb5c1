package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countermand/supplier"
)

// PageKind says which page it is.
type PageKind string

// The kinds. Blank and unknown may be a page on its way; they count only when
// they last.
const (
	PageBlank     PageKind = "blank"
	PageUnknown   PageKind = "unknown"
	PageLogin     PageKind = "login"
	PageChallenge PageKind = "challenge"
	PageElsewhere PageKind = "elsewhere" // a regional host
	PageBroken    PageKind = "error"
	PageThrottled PageKind = "too many requests"
	PageDetail    PageKind = "detail"
	PageForm      PageKind = "reason form"
	PageConfirm   PageKind = "confirm dialog"
	PagePickedUp  PageKind = "picked-up refusal"
	PageDone      PageKind = "done"
	PageDialog    PageKind = "unknown dialog"
)

// Sight is one look at a page, classified.
type Sight struct {
	View
	Kind PageKind
	// Why tells an operator what made it that kind.
	Why string
}

// Settled tells whether the page has loaded as far as it can be classified.
func (s Sight) Settled() bool { return s.Kind != PageBlank && s.Kind != PageUnknown }

// Classify names a page of the account's hosts.
func (p Profile) Classify(h Hosts, v View) Sight {
	kind, why := p.classify(h, v)
	return Sight{v, kind, why}
}

// classify names the page. What stops all work comes first, then what lies on
// top of the page, then the page.
func (p Profile) classify(h Hosts, v View) (PageKind, string) {
	if kind, why := p.classifyAddress(h, v); kind != "" {
		return kind, why
	}
	if kind, why := p.classifyDialogs(v); kind != "" {
		return kind, why
	}
	for _, e := range v.Shown("done") {
		if t := p.Cancel.DoneTexts.in(e.Text); t != "" {
			return PageDone, e.Text
		}
	}
	switch {
	case p.disputed(v) != "":
		return PageUnknown, p.disputed(v)
	case holdsAny(v.URL, p.Pages.Form.Addresses) && len(v.Shown("select")) > 0 && len(v.Shown("submit")) > 0:
		return PageForm, ""
	case len(v.Shown("title")) > 0:
		return PageDetail, ""
	case v.Text == "" || v.Ready == "loading":
		return PageBlank, "nothing is shown"
	}
	return PageUnknown, "none of the profile's selectors matches"
}

func (p Profile) classifyAddress(h Hosts, v View) (PageKind, string) {
	u, err := url.Parse(v.URL)
	if err != nil || u.Host == "" {
		return PageBlank, "no address yet"
	}
	for _, mark := range p.Pages.Challenge.Addresses {
		if strings.Contains(v.URL, mark) {
			return PageChallenge, "the address holds " + mark
		}
	}
	for _, e := range v.Shown("challenge") {
		return PageChallenge, "the page shows " + e.Selector
	}
	if p.isLogin(h, u) {
		return PageLogin, "the site asks to sign in at " + u.Host
	}
	if !h.ours(u) {
		return PageElsewhere, "regional redirect: the site redirects to " + u.Host
	}
	switch why := fmt.Sprintf("the site answers with status %d", v.Status); statusKind(v.Status) {
	case supplier.Throttled:
		return PageThrottled, why
	case supplier.Unreachable:
		return PageBroken, why
	}
	return "", ""
}

// isLogin knows the login host and the login pages of the other hosts.
func (p Profile) isLogin(h Hosts, u *url.URL) bool {
	if login, err := url.Parse(h.Login); err == nil && u.Host == login.Host {
		if www, err := url.Parse(h.WWW); err == nil && www.Host != login.Host {
			return true
		}
	}
	return slices.ContainsFunc(p.Pages.Login.Addresses, func(mark string) bool {
		return strings.Contains(u.Path, mark) || strings.Contains(u.Host, strings.Trim(mark, "/"))
	})
}

// classifyDialogs names what lies over the page: of several dialogs the one
// that is furthest in the flow, or that is not known.
func (p Profile) classifyDialogs(v View) (kind PageKind, why string) {
	rank := []PageKind{"", PageBlank, PageForm, PageDone, PageConfirm, PagePickedUp, PageDialog}
	for _, d := range v.Shown("dialog") {
		k, w := p.classifyDialog(v, d)
		if slices.Index(rank, k) > slices.Index(rank, kind) {
			kind, why = k, w
		}
	}
	return kind, why
}

// classifyDialog names a dialog by its words. One that is not known stops
// us: nothing below it may be clicked.
func (p Profile) classifyDialog(v View, d Element) (PageKind, string) {
	switch {
	case p.Cancel.PickedUpTexts.in(d.Text) != "":
		return PagePickedUp, d.Text
	case p.Cancel.ConfirmTitles.in(d.InsideTitle) != "":
		return PageConfirm, d.InsideTitle
	case p.Cancel.DoneTexts.in(d.Text) != "":
		return PageDone, d.Text
	case p.disputed(v) != "":
		return PageDialog, p.disputed(v)
	case p.formHere(v) && slices.ContainsFunc(v.Shown("select"), func(e Element) bool { return inside(e, d) }):
		return PageForm, ""
	case d.Text == "":
		return PageBlank, "an empty dialog"
	}
	return PageDialog, "a dialog that is not known: " + Clip(d.Text)
}

// inside tells whether an element is in this very dialog: another one may lie
// beside it.
func inside(e, dialog Element) bool {
	return e.Inside && e.InsideTitle == dialog.InsideTitle && e.InsideText == dialog.InsideText
}

// formHere tells whether a dialog with a drop-down can be the cancel form: it
// lies over the order's own page, or over the form's.
func (p Profile) formHere(v View) bool {
	return len(v.Shown("title")) > 0 || holdsAny(v.URL, p.Pages.Form.Addresses)
}

// disputed says what makes a page that of a dispute, "" where nothing does.
// Its form looks like the cancel form, and nobody decided to fill it in.
func (p Profile) disputed(v View) string {
	if holdsAny(v.URL, p.Pages.Dispute.Addresses) {
		return "the page is that of a dispute, by its address"
	}
	for _, e := range v.Shown("disputed") {
		return "the page is that of a dispute: it shows " + e.Selector
	}
	return ""
}

// holdsAny tells whether an address holds one of the marks.
func holdsAny(address string, marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(address, m) })
}

// Barrier is the error of a page that stops all work on the account.
func (s Sight) Barrier() error {
	e, stops := map[PageKind]supplier.Error{
		PageLogin:     {Kind: supplier.LoggedOut, Detail: "; run `countermand login`"},
		PageChallenge: {Kind: supplier.Challenged, Detail: "; a person must solve it: run `countermand login`"},
		PageElsewhere: {Kind: supplier.UnknownPage, Detail: "; check the account's hosts, region and language"},
		PageBroken:    {Kind: supplier.Unreachable},
		PageThrottled: {Kind: supplier.Throttled},
	}[s.Kind]
	if !stops {
		return nil
	}
	e.Detail = s.Why + e.Detail
	return &e
}
