package aliexpress

import (
	"context"
	"errors"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

// dispatch sets the mark once.
func (a *attempt) dispatch(ctx context.Context) error {
	if a.dispatched {
		return nil
	}
	if a.req.Dispatch != nil {
		if err := a.req.Dispatch(ctx); err != nil {
			return err
		}
	}
	a.dispatched = true
	return nil
}

// conclude reads the order afresh and says what became of the request. It is
// done even when the caller is gone, and without a pause: a person would
// look at once, too.
func (a *attempt) conclude(ctx context.Context, v verdict, cause error) state.Asked {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.c.o.FinalTimeout)
	defer cancel()
	// A Submit that was to open a pop-up and did not is marked late: what it
	// did is in doubt all the same.
	cause = errors.Join(cause, a.dispatch(ctx))
	why := v.detail
	if cause != nil {
		why = cause.Error()
		a.c.revive(ctx, cause)
		a.witness(ctx, "after-error")
	}
	d, err := a.reread(ctx)
	if err != nil {
		if v.outcome == state.AskPickedUp {
			return a.asked(v)
		}
		return a.asked(end(state.AskUnclear, "%s; reading the order again: %v", why, err))
	}
	a.detail = d
	switch ph := d.Reading.Phase; {
	case ph == state.PhasePending:
		return a.asked(end(state.AskPending, "read again: %s", site.Quoted(d.Reading.StatusText)))
	case ph == state.PhaseClosed:
		return a.asked(end(state.AskClosed, "read again: %s", site.Quoted(d.Reading.StatusText)))
	case v.outcome == state.AskPickedUp:
		return a.asked(v)
	}
	return a.asked(end(state.AskUnclear, "%s; read again: %s", why, site.Quoted(d.Reading.StatusText)))
}

// reread loads the order's page in the account's own tab.
func (a *attempt) reread(ctx context.Context) (site.Detail, error) {
	tab, err := a.c.page(ctx)
	if err != nil {
		return site.Detail{}, err
	}
	a.tab = tab
	if a.own != nil { // the site's own tab covers it
		if err := tab.Front(ctx); err != nil {
			return site.Detail{}, a.c.fail(ctx, "read order "+a.req.Number, err)
		}
	}
	d, err := a.c.readDetail(ctx, tab, a.req.Number, func(context.Context) error { return nil })
	if err != nil {
		return d, a.c.fail(ctx, "read order "+a.req.Number, err)
	}
	if !d.Reading.Complete {
		return d, &supplier.Error{Kind: supplier.Unreadable, Op: "read order " + a.req.Number, Detail: "the reading is not complete"}
	}
	a.witness(ctx, "re-read")
	return d, nil
}
