package aliexpress

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// Known are the numbers of an account's orders, as the store knows them.
type Known struct {
	// Order tells whether a number is a supplier order's that a case or a shop
	// order names; nil: none is. It must be quick.
	Order func(number string) bool
	// Open gives the order of an open case by its number or a line's.
	Open map[string]string
}

// gatekeeper is the account's policy at the browser's gate: it keeps what the
// verdict on a request rests on, and asks package site for it. What is not
// decided on does not leave.
type gatekeeper struct {
	p     site.Profile
	hosts site.Hosts
	log   zerolog.Logger

	mu    sync.Mutex
	mode  site.Mode
	known Known
	seen  map[string]bool // numbers that the site's pages showed
	// pages are the documents that were let through, by the ID of their
	// request; mains gives that of a tab.
	pages map[string]*page
	mains map[string]string
	// blank are tabs whose page was not let through.
	blank map[string]bool
	// presses are ours, by tab.
	presses map[string][]site.Press
	// ours are the addresses that the driver is sending tabs to.
	ours map[string]driven
	// sentTo are the latest requests' addresses, for redirects.
	sentTo map[string]string
	// flow is the decided flow that is under way; nil outside.
	flow *passage
	// tally counts the calls of which nobody knows what they do, by name.
	tally map[string]*supplier.SiteCall
}

// page is what is known of a document beside what the browser tells.
type page struct {
	tab   string
	by    site.OpenedBy
	at    time.Duration // when it was let through, on the boot clock
	order string        // that it was judged to be of
	ours  bool          // our own navigation asked for it
}

// driven is a navigation of our own that is about to begin.
type driven struct {
	address string
	by      site.OpenedBy
}

func newGatekeeper(p site.Profile, hosts site.Hosts, log zerolog.Logger) *gatekeeper {
	return &gatekeeper{
		p: p, hosts: hosts, log: log, mode: site.ModeReading, seen: map[string]bool{},
		pages: map[string]*page{}, mains: map[string]string{}, blank: map[string]bool{}, presses: map[string][]site.Press{},
		ours: map[string]driven{}, sentTo: map[string]string{}, tally: map[string]*supplier.SiteCall{},
	}
}

// Judge decides about one request of the browser.
func (k *gatekeeper) Judge(_ context.Context, r *chrome.Request) chrome.Decision {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.call(r)
	v := k.p.JudgeCall(k.state(), c)
	k.note(c, v)
	switch v.Do {
	case site.Pass:
		k.passed(r, c, v)
		return chrome.Pass()
	case site.Swallow:
		return chrome.Reply(chrome.Answer{Status: http.StatusNoContent})
	case site.AnswerPreflight:
		return chrome.AllowPreflight(r)
	case site.Hold:
		if f := k.flow; f != nil {
			mine := f.arrived()
			k.passed(r, c, v)
			return chrome.Hold(func(ctx context.Context, h *chrome.Held) {
				defer close(mine.over)
				select {
				case <-mine.before:
				case <-ctx.Done(): // it waited too long, and will not be released
				}
				f.release(ctx, h, c)
			})
		}
	}
	if k.flow != nil {
		k.flow.stopped(c, v)
	}
	if c.Resource == site.ResourceDocument && r.Frame == r.Tab {
		k.blank[r.Tab] = true
	}
	return chrome.Fail()
}

// state is what requests are judged in. Needs mu.
func (k *gatekeeper) state() site.State {
	s := site.State{Mode: k.mode, Hosts: k.hosts, Known: k.isOrder, Open: k.known.Open}
	if k.flow != nil {
		s.Mode, s.Ticket = k.flow.mode, &k.flow.ticket
	}
	return s
}

// call puts a request into the words of the verdict. Needs mu.
func (k *gatekeeper) call(r *chrome.Request) site.Call {
	if len(k.sentTo) > maxRemembered {
		clear(k.sentTo)
		clear(k.blank)
	}
	k.sentTo[r.ID] = r.URL
	c := site.Call{
		URL: r.URL, Method: r.Method, Resource: site.Resource(r.Kind), Body: r.Body,
		ContentType: r.Header.Get("Content-Type"), Origin: r.Header.Get("Origin"), Referer: r.Header.Get("Referer"),
		ServiceWorker: r.Header.Get("Service-Worker") == "script", CORSMethod: r.Header.Get("Access-Control-Request-Method"),
		Frame: r.Frame, RedirectedFrom: k.sentTo[r.Redirected], At: chrome.BootTime(),
	}
	c.Ours = k.isOurs(r)
	c.Doc = k.document(r, r.Document)
	if r.Unattended {
		c.Doc.Leaving = true
	}
	return c
}

// maxRemembered bounds what is kept of requests that may be redirected.
const maxRemembered = 2000

// isOurs tells whether the driver itself sends the tab to the address, or was
// redirected there. Needs mu.
func (k *gatekeeper) isOurs(r *chrome.Request) bool {
	if site.Resource(r.Kind) != site.ResourceDocument || r.Frame != r.Tab {
		return false
	}
	if before := k.pages[r.Redirected]; r.Redirected != "" && before != nil {
		return before.ours
	}
	d, ok := k.ours[r.Tab]
	return ok && d.address == r.URL
}

// document adds to what the browser tells of a document what we know of it.
// Needs mu.
func (k *gatekeeper) document(r *chrome.Request, d chrome.Document) site.Document {
	out := site.Document{Address: d.Address, Later: d.Later, Leaving: d.Leaving}
	p := k.pages[d.ID]
	if p == nil || d.Since == 0 {
		return out
	}
	out.By, out.Order = p.by, p.order
	out.Flow = k.flow != nil && k.flow.tabs[p.tab]
	for _, press := range k.presses[p.tab] {
		if press.At >= d.Since { // not when it was asked for: until it comes, what it replaces is pressed
			out.Presses = append(out.Presses, press)
		}
	}
	return out
}

// passed notes a document that is let through. Needs mu.
func (k *gatekeeper) passed(r *chrome.Request, c site.Call, v site.Verdict) {
	if c.Resource != site.ResourceDocument {
		return
	}
	p := &page{tab: r.Tab, at: c.At, ours: c.Ours}
	_, pressed := lastPress(c.Doc, c.At)
	switch asker := k.pages[r.Document.ID]; {
	case c.Ours:
		p.by = k.ours[r.Tab].by
		if before := k.pages[r.Redirected]; before != nil {
			p.by = before.by
		}
		delete(k.ours, r.Tab)
	case pressed:
		p.by = site.ByPress
	case r.Frame != r.Tab && asker != nil:
		p.by = asker.by // a part of its page
	}
	if f := k.flow; f != nil {
		if r.Frame == r.Tab && r.Opener != "" && f.tabs[r.Opener] && pressed {
			f.tabs[r.Tab] = true
		}
		if f.tabs[r.Tab] && pressed && v.Class != site.ClassForeign {
			f.ticket = f.ticket.Led(c.Doc, c.URL)
		}
	}
	k.pages[r.ID] = p
	if r.Frame == r.Tab {
		k.mains[r.Tab] = r.ID
		k.tidy(r, c.At)
	}
}

// tidy forgets pages that were left long ago, and presses before the one that
// the request is to replace. It may stay, so those on it are kept. Needs mu.
func (k *gatekeeper) tidy(r *chrome.Request, now time.Duration) {
	const long = 10 * time.Minute
	maps.DeleteFunc(k.pages, func(id string, p *page) bool { return now-p.at > long && k.mains[p.tab] != id })
	k.presses[r.Tab] = slices.DeleteFunc(slices.Clone(k.presses[r.Tab]), func(p site.Press) bool { return p.At < r.Document.Since })
}

func lastPress(d site.Document, at time.Duration) (site.Press, bool) {
	if n := len(d.Presses); n > 0 && at-d.Presses[n-1].At <= site.PressReach {
		return d.Presses[n-1], true
	}
	return site.Press{}, false
}

// note counts and logs what a request was taken for. Needs mu.
func (k *gatekeeper) note(c site.Call, v site.Verdict) {
	k.count(v)
	if v.Do == site.Pass {
		return
	}
	level := zerolog.DebugLevel
	if v.Tell {
		level = zerolog.WarnLevel
	}
	k.log.WithLevel(level).Str("method", c.Method).Str("call", site.PublicURL(c.URL)).Str("class", string(v.Class)).
		Str("done", string(v.Do)).Str("why", v.Why).Msg("a request did not pass the gate")
}

// count counts a call of which nobody knows what it does. Needs mu.
func (k *gatekeeper) count(v site.Verdict) {
	if v.Class != site.ClassUnproven && v.Class != site.ClassOther && v.Class != site.ClassDenied || v.Name == "" || len(k.tally) >= maxRemembered {
		return
	}
	t := k.tally[v.Name]
	if t == nil {
		t = &supplier.SiteCall{Name: v.Name}
		k.tally[v.Name] = t
	}
	if v.Do == site.Fail {
		t.Failed++
		t.Why = v.Why
	} else {
		t.Passed++
	}
}

// learn takes over what is known of the site now.
func (k *gatekeeper) learn(p site.Profile) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.p = p
}

// profile is what is known of the site now.
func (k *gatekeeper) profile() site.Profile {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.p
}

// counted gives the calls of which nobody knows what they do.
func (k *gatekeeper) counted() []supplier.SiteCall {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []supplier.SiteCall
	for _, t := range k.tally {
		out = append(out, *t)
	}
	return out
}

// refresh takes over the numbers that the store knows now.
func (k *gatekeeper) refresh(known Known) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = known
}

// isOrder tells whether a number is one of the account's orders. Needs mu.
func (k *gatekeeper) isOrder(number string) bool {
	return k.seen[number] || k.known.Order != nil && k.known.Order(number)
}

// shows notes order numbers that a page of the site names.
func (k *gatekeeper) shows(numbers ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range numbers {
		k.seen[n] = true
	}
}

// enter sets whose hand is on the browser.
func (k *gatekeeper) enter(m site.Mode) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mode = m
}

// drives tells that the driver is about to send a tab to an address.
func (k *gatekeeper) drives(tab *chrome.Tab, address string, by site.OpenedBy) {
	k.mu.Lock()
	defer k.mu.Unlock()
	address, _, _ = strings.Cut(address, "#")
	k.ours[tab.ID()] = driven{address, by}
}

// reloads tells that the driver is about to load a tab's page again. That
// makes no page of ours of one that a press led to.
func (k *gatekeeper) reloads(tab *chrome.Tab, address string) {
	k.mu.Lock()
	by := site.ByItself
	if p := k.pages[k.mains[tab.ID()]]; p != nil {
		by = p.by
	}
	k.mu.Unlock()
	k.drives(tab, address, by)
}

// has tells whether a document was let through into a tab; shut, that one was
// not and none has been.
func (k *gatekeeper) has(tab string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mains[tab] != ""
}

func (k *gatekeeper) shut(tab string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.blank[tab] && k.mains[tab] == ""
}

// judged notes whose order the page in a tab is.
func (k *gatekeeper) judged(tab *chrome.Tab, order string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.pages[k.mains[tab.ID()]]; p != nil {
		p.order = order
	}
}

// press notes a press in a tab, before it is made.
func (k *gatekeeper) press(tab *chrome.Tab, kind site.PressKind, about site.Kind) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	id, p := tab.ID(), site.Press{Kind: kind, About: about, At: chrome.BootTime()}
	if k.flow != nil {
		next, err := k.flow.ticket.Pressed(p)
		if err != nil {
			return err
		}
		k.flow.ticket = next
	}
	k.presses[id] = append(slices.Clone(k.presses[id]), p)
	return nil
}
