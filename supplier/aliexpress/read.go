package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// Probe looks at the order list: the counters' call answers even without a
// session.
func (c *Client) Probe(ctx context.Context) error {
	return c.work(ctx, "probe session", func(tab *chrome.Tab) error {
		_, err := c.firstList(ctx, tab)
		return err
	})
}

// firstList loads the list and reads its first page. The site answers without
// content when it throttles.
func (c *Client) firstList(ctx context.Context, tab *chrome.Tab) (site.List, error) {
	if err := c.o.Pace(ctx); err != nil {
		return site.List{}, err
	}
	a, err := c.fetch(ctx, tab, c.url(c.p.URLs.List, "", ""), c.p.Calls.List, always)
	if errors.Is(err, errNoAnswer) && ctx.Err() == nil {
		return c.listAsShown(ctx, tab, err)
	}
	if err != nil {
		return site.List{}, err
	}
	page, err := c.p.ParseList(a, c.o.Now().UTC(), c.zone)
	if err != nil {
		return page, err
	}
	c.gate.shows(page.Numbers()...)
	return page, c.crossCheckList(ctx, tab, &page)
}

// listAsShown reads the cards of a list whose data never came; without cards it
// returns the failure.
func (c *Client) listAsShown(ctx context.Context, tab *chrome.Tab, failure error) (site.List, error) {
	v, err := see(ctx, tab, c.p.ListQueries())
	cards := site.ShownList(v)
	if err != nil || len(cards) == 0 {
		return site.List{}, failure
	}
	var page site.List
	for _, d := range cards {
		page.Orders = append(page.Orders, d.Reading(c.p, c.o.Now().UTC(), c.zone, state.SourceList))
	}
	return page, nil
}

// Read reads one order: its page, the tracking where it was asked for or the
// order was shipped, and the refunds where it is closed.
func (c *Client) Read(ctx context.Context, number string, tracking bool) (state.Reading, error) {
	var r state.Reading
	err := c.work(ctx, "read order "+number, func(tab *chrome.Tab) error {
		d, err := c.readDetail(ctx, tab, number, c.o.Pace)
		if err != nil {
			return err
		}
		r = d.Reading
		if tracking || site.Ended(r.Phase) {
			err = c.partFailed(ctx, &r, "tracking", c.readTracking(ctx, tab, &r))
		}
		if err == nil && r.Phase == state.PhaseClosed {
			err = c.partFailed(ctx, &r, "refund", c.readRefunds(ctx, tab, &r))
		}
		return err
	})
	if err != nil {
		return state.Reading{}, err
	}
	return r, nil
}

// partFailed handles the failure of a page that is read in addition to the order's
// own. What stops the account or the browser is an error; any other failure is
// noted in the reading, which keeps what the order's own page says.
func (c *Client) partFailed(ctx context.Context, r *state.Reading, what string, err error) error {
	if err == nil {
		return nil
	}
	err = c.fail(ctx, "read "+what+" of order "+r.Number, err)
	if kind := supplier.KindOf(err); ctx.Err() != nil || kind.Account() || kind == supplier.Browser || kind == "" {
		return err
	}
	c.o.Log.Warn().Err(err).Str("order", r.Number).Msg("the " + what + " was left out")
	if r.Unread != "" {
		r.Unread += "; "
	}
	r.Unread += err.Error()
	return nil
}

// readDetail loads the order's page and reads its answer.
func (c *Client) readDetail(ctx context.Context, tab *chrome.Tab, number string, pace func(context.Context) error) (site.Detail, error) {
	op := "read order " + number
	if err := pace(ctx); err != nil {
		return site.Detail{}, err
	}
	address := c.url(c.p.URLs.Detail, number, "")
	about := site.AnswerFilter{Field: "tradeOrderId", Want: number, IsEmpty: func(a site.Answer) bool {
		_, err := c.p.ParseDetail(a, c.o.Now(), c.zone)
		return errors.Is(err, site.ErrEmpty)
	}}
	a, err := c.fetch(ctx, tab, address, c.p.Calls.Detail, about.Take)
	if errors.Is(err, errNoAnswer) && ctx.Err() == nil {
		if about.Empty == nil {
			return c.detailAsShown(ctx, tab, number, err)
		}
		a, err = *about.Empty, nil
	}
	if err != nil {
		return site.Detail{}, err
	}
	d, err := c.p.ParseDetail(a, c.o.Now().UTC(), c.zone)
	if errors.Is(err, site.ErrEmpty) && a.Mentions(number) {
		return d, fmt.Errorf("%w: the answer is about the order but has none of its parts (tags)", site.ErrShape)
	}
	if errors.Is(err, site.ErrEmpty) {
		return d, c.emptyOrThrottled(ctx, tab, number)
	}
	if err != nil {
		return d, err
	}
	if d.Reading.Number != number {
		return d, wrong(op, number, d.Reading.Number)
	}
	if err := c.crossCheck(ctx, tab, &d.Reading); err != nil {
		return d, err
	}
	if d.Reading.Phase == state.PhaseUnknown || !d.Reading.Complete {
		refs, err := c.keep(ctx, tab, "", number, "unknown-status", &a)
		if err != nil {
			c.o.Log.Warn().Err(err).Str("order", number).Msg("evidence of an unknown page was not kept")
		}
		d.Reading.Evidence = refs
		return d, nil
	}
	d.Reading.Evidence = c.keepAnswer(ctx, number, "detail", address, a)
	return d, nil
}

// detailAsShown reads an order's page whose data never came; where it does not
// show the order it returns the failure.
func (c *Client) detailAsShown(ctx context.Context, tab *chrome.Tab, number string, failure error) (site.Detail, error) {
	v, err := see(ctx, tab, c.p.DetailQueries())
	d, ok := site.ShownDetail(v)
	if err != nil || !ok || d.Number == "" {
		return site.Detail{}, failure
	}
	if d.Number != number {
		return site.Detail{}, wrong("read order "+number, number, d.Number)
	}
	r := d.Reading(c.p, c.o.Now().UTC(), c.zone, state.SourceDetail)
	if r.Evidence, err = c.keep(ctx, tab, "", number, "data-missing", nil); err != nil {
		c.o.Log.Warn().Err(err).Str("order", number).Msg("evidence of a page without data was not kept")
	}
	return site.Detail{Reading: r}, nil
}

// emptyOrThrottled tells an order that this account does not have from a
// site that answers everything without content.
func (c *Client) emptyOrThrottled(ctx context.Context, tab *chrome.Tab, number string) error {
	page, err := c.firstList(ctx, tab)
	if err != nil {
		return err
	}
	switch {
	case len(page.Orders) == 0:
		return &supplier.Error{Kind: supplier.Throttled, Detail: "the site answers without content for the order and for the list"}
	case slices.ContainsFunc(page.Orders, func(r state.Reading) bool { return r.Number == number }):
		return &supplier.Error{Kind: supplier.Throttled, Detail: "the list shows the order, its own page came without content"}
	}
	return &supplier.Error{Kind: supplier.NotFound, Detail: fmt.Sprintf("account %s does not show order %s; is it another account's?", c.o.Account, number)}
}

func (c *Client) readTracking(ctx context.Context, tab *chrome.Tab, r *state.Reading) error {
	if err := c.o.Pace(ctx); err != nil {
		return err
	}
	address := c.url(c.p.URLs.Tracking, r.Number, "")
	// The answer does not name its order; what the page asked for does.
	asked := func(resp site.Response, _ site.Answer) bool {
		return resp.Asked("tradeOrderId") == r.Number
	}
	a, err := c.fetch(ctx, tab, address, c.p.Calls.Tracking, asked)
	if err != nil {
		return err
	}
	parcels, err := c.p.ParseTracking(a, c.o.Now().UTC())
	if err != nil {
		return err
	}
	r.Tracking, r.TrackingRead = parcels, true
	r.Evidence = append(r.Evidence, c.keepAnswer(ctx, r.Number, "tracking", address, a)...)
	return nil
}

// readRefunds reads the refund page of each line and sums them.
func (c *Client) readRefunds(ctx context.Context, tab *chrome.Tab, r *state.Reading) error {
	var lines []site.LineRefund
	silent := ""
	for _, l := range r.Lines {
		if l.ID == "" {
			continue
		}
		if err := c.o.Pace(ctx); err != nil {
			return err
		}
		address := c.url(c.p.URLs.Refund, r.Number, l.ID)
		about := site.AnswerFilter{Field: "tradeOrderLineId", Want: l.ID, IsEmpty: func(a site.Answer) bool {
			_, err := c.p.ParseRefund(a)
			return errors.Is(err, site.ErrEmpty)
		}}
		a, err := c.fetch(ctx, tab, address, c.p.Calls.Refund, about.Take)
		if errors.Is(err, errNoAnswer) && ctx.Err() == nil && about.Empty != nil {
			a, err = *about.Empty, nil
		}
		if err != nil {
			return err
		}
		got, err := c.p.ParseRefund(a)
		if errors.Is(err, site.ErrEmpty) {
			silent = l.ID // no refund was begun for it, or the site slows down
			continue
		}
		if err != nil {
			return err
		}
		if got.Order != r.Number || got.Line != l.ID {
			return wrong("read refund of line "+l.ID, r.Number, got.Order+"/"+got.Line)
		}
		lines = append(lines, got)
		r.Evidence = append(r.Evidence, c.keepAnswer(ctx, r.Number, "refund-"+l.ID, address, a)...)
	}
	r.Refund, r.RefundUnclear = site.SumRefunds(lines, silent, r.Total)
	r.RefundRead = true
	return nil
}

// Sweep reads the list page by page until every wanted order was met.
func (c *Client) Sweep(ctx context.Context, want []string) (map[string]state.Reading, error) {
	missing := map[string]bool{}
	for _, n := range want {
		missing[n] = true
	}
	found, paid := map[string]state.Reading{}, map[string]string{}
	err := c.work(ctx, "sweep order list", func(tab *chrome.Tab) error {
		page, err := c.firstList(ctx, tab)
		for n := 1; err == nil; n++ {
			maps.Copy(paid, page.Paid)
			for _, r := range page.Orders {
				if missing[r.Number] {
					delete(missing, r.Number)
					found[r.Number] = r
				}
			}
			if len(missing) == 0 || !page.More || n >= c.o.MaxPages {
				return nil
			}
			page, err = c.nextList(ctx, tab, page.Index)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for n, r := range found {
		r.Siblings = site.Siblings(paid, n)
		found[n] = r
	}
	return found, nil
}

// nextList clicks for more and reads what comes.
func (c *Client) nextList(ctx context.Context, tab *chrome.Tab, after int64) (site.List, error) {
	if err := c.o.Pace(ctx); err != nil {
		return site.List{}, err
	}
	var page site.List
	var wrong error
	_, err := c.answerTo(ctx, tab, c.p.Calls.List, func(ctx context.Context) error {
		var more site.Element
		err := tab.WaitFor(ctx, "find the button for more orders", func(ctx context.Context) (bool, error) {
			s, err := c.look(ctx, tab, nil)
			if err != nil {
				return true, err
			}
			for _, e := range s.Shown("more") {
				more = e
				return e.Enabled, nil
			}
			return false, nil
		})
		if err != nil {
			return err
		}
		return c.press(ctx, tab, more, site.Allowance{What: "more orders", Captions: c.p.List.MoreCaptions, Press: site.PressReads})
	}, func(_ site.Response, a site.Answer) bool {
		page, wrong = c.p.ParseList(a, c.o.Now().UTC(), c.zone)
		return wrong != nil || page.Index > after
	})
	if err := errors.Join(err, wrong); err != nil {
		return page, err
	}
	c.gate.shows(page.Numbers()...)
	return page, c.crossCheckList(ctx, tab, &page)
}
