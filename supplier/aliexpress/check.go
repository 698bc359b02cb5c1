package aliexpress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// inspection goes over the list and one order, without a click.
type inspection struct {
	c      *Client
	tab    *chrome.Tab
	number string
	found  []supplier.PartCheck
	// seen is told of each page once it was looked at.
	seen func(ctx context.Context, page string)
}

// CheckOrder compares the profile with the site as it is now, part by part,
// without a click: the list, and the page of a given order; of the newest one
// where number is empty. Parts that only a cancel shows are not checked.
func (c *Client) CheckOrder(ctx context.Context, number string) ([]supplier.PartCheck, error) {
	const op = "check site profile"
	tab, err := c.begin(ctx)
	defer c.closeExtraTabs(ctx)
	if err != nil {
		return nil, c.fail(ctx, op, err)
	}
	i := &inspection{c: c, tab: tab, number: number, seen: func(context.Context, string) {}}
	err = c.fail(ctx, op, i.run(ctx))
	c.done(ctx)
	return i.found, err
}

func (i *inspection) run(ctx context.Context) error {
	if err := i.list(ctx); err != nil {
		return err
	}
	for _, part := range slices.Sorted(maps.Keys(unseen)) {
		i.note(part, supplier.PartUnseen, true, "%s", unseen[part])
	}
	if i.number == "" {
		i.note("urls.detail", supplier.PartIdle, true, "the list shows no order to open")
		return nil
	}
	return i.detail(ctx)
}

// unseen are the parts that only appear after a click, or on an order in
// another state: whether they fit is not known.
var unseen = map[string]string{
	"urls.tracking": "the tracking page is not opened", "urls.refund": "the refund page is not opened", "urls.returns": "the list of returns is not opened",
	"selectors.form": "the reason form comes only with a click", "selectors.dialog": "the confirm dialog comes only with a click",
	"messages": "the message page is not opened", "dispute": "the dispute form is not opened",
}

func (i *inspection) note(part string, m supplier.Match, ok bool, format string, args ...any) {
	i.found = append(i.found, supplier.PartCheck{Part: part, Match: m, OK: ok, Detail: fmt.Sprintf(format, args...)})
}

// yes notes a part that is there or missing.
func (i *inspection) yes(part string, there bool, format string, args ...any) {
	m := supplier.PartMatched
	if !there {
		m = supplier.PartMissing
	}
	i.note(part, m, there, format, args...)
}

// load opens an address and notes whether its call answers. Only what stops
// the account's work is an error.
func (i *inspection) load(ctx context.Context, page, address, call string) (*site.Answer, error) {
	if err := i.c.o.Pace(ctx); err != nil {
		return nil, err
	}
	a, err := i.c.fetch(ctx, i.tab, address, call, always)
	kind := supplier.KindOf(err)
	switch {
	case kind.Account() || kind == supplier.UnknownPage || ctx.Err() != nil:
		return nil, err
	case err == nil:
		i.yes("urls."+page, true, "%s", address)
		i.yes("calls."+page, true, "%s answers %s", call, site.Clip(strings.Join(a.Ret, ", ")))
		return &a, nil
	case errors.Is(err, errNoAnswer):
		i.yes("calls."+page, false, "%v", err)
	case errors.Is(err, site.ErrShape):
		i.note("calls."+page, supplier.PartUnknown, false, "%v", err)
	default:
		i.yes("urls."+page, false, "%v", err)
	}
	return nil, nil
}

func (i *inspection) list(ctx context.Context) error {
	a, err := i.load(ctx, "list", i.c.url(i.c.p.URLs.List, "", ""), i.c.p.Calls.List)
	if err != nil {
		return err
	}
	var page site.List
	if a != nil {
		var wrong error
		page, wrong = i.c.p.ParseList(*a, i.c.o.Now().UTC(), i.c.zone)
		if errors.Is(wrong, site.ErrEmpty) {
			return wrong // the site slows down, which says nothing of the profile
		}
		if wrong != nil {
			i.note("tags", supplier.PartUnknown, false, "%v", wrong)
		}
		if err := i.c.crossCheckList(ctx, i.tab, &page); err != nil {
			return err
		}
		i.yes("tags.list_body", page.Whole, "more pages: %v", page.More)
		i.yes("tags.list_order", len(page.Orders) > 0, "%d orders on the first page", len(page.Orders))
	}
	for _, r := range page.Orders {
		i.order(r)
	}
	s := i.c.p.Selectors
	empty := a != nil && page.Whole && len(page.Orders) == 0
	parts := []part{
		{"list_card", s.ListCard, empty}, {"list_link", s.ListLink, empty}, {"list_info", s.ListInfo, empty}, {"list_status", s.ListStatus, empty},
		{"list_total", s.ListTotal, empty}, {"list_buttons", s.ListButtons, empty}, {"list_more", s.ListMore, !page.More},
	}
	v, err := i.selectors(ctx, parts)
	if err != nil {
		return err
	}
	for _, e := range v.Shown("list_more") {
		i.yes("list.more_captions", i.c.p.List.MoreCaptions.Is(e.Text), "the button reads %s", site.Quoted(site.Clip(e.Text)))
	}
	if i.number == "" && len(page.Orders) > 0 {
		i.number = page.Orders[0].Number
	}
	i.seen(ctx, "list")
	return nil
}

// order notes what a reading of one order leaves not understood.
func (i *inspection) order(r state.Reading) {
	if r.Unclear != "" {
		i.note("statuses", supplier.PartUnknown, false, "order %s: %s", r.Number, r.Unclear)
		return
	}
	i.yes("statuses", r.Phase != state.PhaseUnknown, "order %s: status %s reads as %s", r.Number, site.Quoted(r.StatusText), r.Phase)
	i.yes("dates", !r.OrderedAt.IsZero(), "order %s: dated %s", r.Number, cmp.Or(r.Days[state.FieldOrderedAt].Date, day(r.OrderedAt)))
	i.yes("tags", r.Complete, "order %s: total %s, %d lines", r.Number, r.Total, len(r.Lines))
}

func day(t time.Time) string {
	if t.IsZero() {
		return "in no known layout"
	}
	return t.Format("2006-01-02")
}

func (i *inspection) detail(ctx context.Context) error {
	a, err := i.load(ctx, "detail", i.c.url(i.c.p.URLs.Detail, i.number, ""), i.c.p.Calls.Detail)
	if err != nil {
		return err
	}
	var d site.Detail
	if a != nil {
		if d, err = i.data(ctx, *a); err != nil {
			return err
		}
	}
	s := i.c.p.Selectors
	v, err := i.selectors(ctx, []part{
		{"detail_title", s.DetailTitle, false}, {"detail_id", s.DetailID, false}, {"detail_date", s.DetailDate, false}, {"detail_total", s.DetailTotal, false},
		{"detail_note", s.DetailNote, a != nil && d.Reminder == ""}, {"detail_buttons", s.DetailButtons, a != nil && len(d.Buttons) == 0},
	})
	if err != nil {
		return err
	}
	if text := v.TextOf("detail_id"); text != "" {
		i.yes("selectors.detail_id (its text)", site.NumberIn(text) == i.number, "shows %s", site.Quoted(site.Clip(text)))
	}
	i.seen(ctx, "detail")
	return nil
}

// data notes what the detail's answer holds.
func (i *inspection) data(ctx context.Context, a site.Answer) (site.Detail, error) {
	p := i.c.p
	d, err := p.ParseDetail(a, i.c.o.Now().UTC(), i.c.zone)
	switch {
	case errors.Is(err, site.ErrEmpty) && !a.Mentions(i.number):
		return d, i.c.emptyOrThrottled(ctx, i.tab, i.number)
	case supplier.KindOf(err) == supplier.WrongOrder:
		return d, err
	}
	for _, t := range [][2]string{{"status", p.Tags.Status}, {"info", p.Tags.Info}, {"products", p.Tags.Products}, {"price", p.Tags.Price}} {
		i.yes("tags."+t[0], a.Has(t[1]), "component %s", t[1])
	}
	if err != nil {
		i.yes("tags", false, "order %s: %v", i.number, err)
		return d, nil
	}
	if d.Reading.Number != i.number {
		return d, wrong("check order "+i.number, i.number, d.Reading.Number)
	}
	if err := i.c.crossCheck(ctx, i.tab, &d.Reading); err != nil {
		return d, err
	}
	i.order(d.Reading)
	i.buttons(d)
	return d, nil
}

// buttons notes each button of the order by its type.
func (i *inspection) buttons(d site.Detail) {
	p := i.c.p
	for _, b := range d.Buttons {
		_, places := p.ButtonPhases[b.Type]
		switch {
		case slices.Contains(p.Cancel.ButtonTypes, b.Type):
			i.yes("cancel.button_captions", p.Cancel.ButtonCaptions.Is(b.Caption), "%s reads %s", b.Type, site.Quoted(b.Caption))
		case p.Denies(b) != "":
			i.note("deny", supplier.PartMatched, true, "%s %s is never clicked", b.Type, site.Quoted(b.Caption))
		case places:
			i.note("button_phases", supplier.PartMatched, true, "%s %s", b.Type, site.Quoted(b.Caption))
		default:
			i.note("button_phases", supplier.PartUnknown, true, "%s %s is not in the profile, so it means nothing and is never clicked", b.Type, site.Quoted(b.Caption))
		}
	}
}

// part is one list of alternative selectors; idle tells that the page need
// not show it now.
type part struct {
	name      string
	selectors []string
	idle      bool
}

// selectors notes which alternative of each part matches, waiting for the
// page to show them.
func (i *inspection) selectors(ctx context.Context, parts []part) (site.Sight, error) {
	queries := map[string]site.Query{}
	for _, p := range parts {
		queries[p.name] = site.Query{Selectors: p.selectors}
	}
	look := func(ctx context.Context) (site.Sight, error) { return i.c.look(ctx, i.tab, queries) }
	// A page that has its data shows them soon.
	v, _, err := watch(ctx, i.tab, min(i.c.o.StepTimeout, i.c.o.CheckWait), look, func(v site.Sight) bool {
		return !slices.ContainsFunc(parts, func(p part) bool { return !p.idle && len(v.Shown(p.name)) == 0 })
	})
	if err != nil {
		return v, err
	}
	for _, p := range parts {
		name, list := "selectors."+p.name, v.Shown(p.name)
		switch {
		case len(list) > 0 && list[0].Selector == p.selectors[0]:
			i.note(name, supplier.PartMatched, true, "%d visible elements", len(list))
		case len(list) > 0:
			i.note(name, supplier.PartFellBack, true, "%d visible elements by %s", len(list), list[0].Selector)
		case p.idle:
			i.note(name, supplier.PartIdle, true, "the page has none now")
		default:
			i.note(name, supplier.PartMissing, false, "no visible element by any of %d alternatives", len(p.selectors))
		}
	}
	return v, nil
}
