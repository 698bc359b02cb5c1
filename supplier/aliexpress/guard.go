package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// guard asks the caller about the order that the page at hand shows.
func (a *attempt) guard(shown string) error {
	if shown != a.req.Number {
		return wrong("cancel order "+a.req.Number, a.req.Number, shown)
	}
	if a.req.Guard == nil {
		return nil
	}
	r := a.detail.Reading
	r.Number = shown
	return a.req.Guard(r)
}

// detailID proves by the page of this very look that it is the order's: by
// the number that it shows, by the one in its address, and by neither of
// them naming another. What was read before proves nothing any more.
func (a *attempt) detailID(s site.Sight) verdict {
	named := false
	if id := s.Shown("detail_id"); len(id) > 0 {
		if site.NumberIn(id[0].Text) != a.req.Number {
			return end(state.AskWrongOrder, "the data are of order %s, the page shows %s%s", a.req.Number, site.Quoted(site.Clip(id[0].Text)), a.sofar())
		}
		named = true
	}
	switch address := site.NumberInLink(s.URL); {
	case address == a.req.Number, address == "" && named:
		return goOn
	case address != "":
		return end(state.AskWrongOrder, "the data are of order %s, the page's address names %s%s", a.req.Number, address, a.sofar())
	}
	return end(state.AskUnknown, "the order's page shows no number, so nothing proves that it is order %s (selectors.detail_id)%s", a.req.Number, a.sofar())
}

// formID checks the number that the form shows, and the one in its address,
// where there are any.
func (a *attempt) formID(s site.Sight) verdict {
	if id := s.Shown("form_id"); len(id) > 0 && site.NumberIn(id[0].Text) != a.req.Number {
		return end(state.AskWrongOrder, "the reason form shows %s%s", site.Quoted(site.Clip(id[0].Text)), a.sofar())
	}
	if address := site.NumberInLink(s.URL); address != "" && address != a.req.Number {
		return end(state.AskWrongOrder, "the reason form's address names %s%s", address, a.sofar())
	}
	return goOn
}

// is tells whether the page is still what the click is for.
func (a *attempt) is(s site.Sight, want site.PageKind, more func(site.Sight) verdict) verdict {
	if s.Kind != want {
		return end(state.AskUnknown, "the page turned from the %s into the %s before the click%s", want, s.Kind, a.sofar())
	}
	return more(s)
}

// rightDialog tells whether the pop-up can be about the order: our form led
// to it, or our click on this very page of the order.
func (a *attempt) rightDialog(s site.Sight) verdict {
	switch {
	case a.submitted && a.tab == a.formTab:
		return a.formID(s)
	case !a.opened || len(s.Shown("title")) == 0:
		return end(state.AskUnknown, "a confirm dialog that no form and no order's page led to%s", a.sofar())
	}
	return a.detailID(s)
}

// last is commit with the outcome of an element that cannot be clicked.
func (a *attempt) last(ctx context.Context, name string, el site.Element, allow site.Allowance, commits bool, still func(site.Sight) verdict) (verdict, error) {
	v, err := a.commit(ctx, name, el, allow, commits, still)
	if err != nil {
		return a.clicked(err)
	}
	return v, nil
}

// commit makes a click that may reach the supplier: checked, witnessed,
// marked, checked again, clicked. still says whether the page is yet the
// right one.
func (a *attempt) commit(ctx context.Context, name string, el site.Element, allow site.Allowance, commits bool, still func(site.Sight) verdict) (verdict, error) {
	now, err := a.c.reach(ctx, a.tab, el)
	if err == nil {
		err = a.c.p.Judge(now, allow)
	}
	if err != nil {
		return goOn, err
	}
	if err := a.keep(ctx, name); err != nil {
		return end(state.AskFailed, "%v%s", err, a.sofar()), nil
	}
	if v, err := a.check(ctx, still); err != nil || v.ends() {
		return v, err
	}
	if commits && !a.dispatched {
		if err := a.dispatch(ctx); err != nil {
			return end(state.AskFailed, "the mark could not be stored: %v; nothing was asked", err), nil
		}
		// To store it takes a moment, in which the page may have turned.
		if v, err := a.check(ctx, still); err != nil || v.ends() {
			return v, err
		}
	}
	err = a.c.click(ctx, a.tab, el, allow)
	if !unclickable(err) && supplier.KindOf(err) == "" {
		a.sent = true // or it may have been
	}
	return goOn, err
}

func (a *attempt) check(ctx context.Context, still func(site.Sight) verdict) (verdict, error) {
	s, err := a.c.look(ctx, a.tab)
	if err = a.unbarred(ctx, s, err); err != nil {
		return goOn, err
	}
	v := still(s)
	if v.ends() {
		a.witness(ctx, "page-turned")
	}
	return v, nil
}

// strays closes the tabs that the site opened by itself: before we clicked
// none of them can belong to the attempt.
func (a *attempt) strays(ctx context.Context) error {
	for closed := false; ; closed = true {
		stray, ok, err := a.tab.Follow(ctx)
		switch {
		case noTab(err):
		case err != nil:
			return fmt.Errorf("close a tab that the site opened: %w", err)
		case ok:
			stray.Close()
		case closed:
			return a.tab.Front(ctx) // what is behind another tab draws nothing
		default:
			return nil
		}
	}
}

// noTab knows the error of a tab that closed itself again.
func noTab(err error) bool {
	return err != nil && (errors.Is(err, chrome.ErrGone) && strings.Contains(err.Error(), "tab was closed") || strings.Contains(err.Error(), "No target with given id"))
}
