package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// attempt is one try to place the cancel request.
type attempt struct {
	scene
	req supplier.CancelRequest
	// formTab is where the form was whose data were read.
	formTab *chrome.Tab
	reason  string
	offered []string

	opened, submitted, confirmed bool
}

// Cancel tries to place one cancel request: look, classify, act, look again.
func (c *Client) Cancel(ctx context.Context, req supplier.CancelRequest) (state.Asked, error) {
	a := &attempt{scene: scene{c: c, number: req.Number, caseID: req.CaseID, what: "asked", part: "cancel", guard: req.Guard, store: req.Dispatch}, req: req}
	a.attend = func(ctx context.Context) error {
		if err := a.follow(ctx); err != nil {
			return err
		}
		return a.trouble()
	}
	v, err := a.play(ctx, "cancel order "+req.Number, a)
	if err != nil {
		return state.Asked{}, err
	}
	out := state.Asked{Outcome: state.AskOutcome(v.outcome), Detail: v.detail, Reason: a.reason, Offered: a.offered}
	if r := a.detail.Reading; r.Number != "" {
		r.Evidence = append(slices.Clone(r.Evidence), a.evidence...)
		out.Reading = &r
	}
	return out, nil
}

func (a *attempt) run(ctx context.Context) error {
	a.listen(a.tab)
	if err := a.strays(ctx); err != nil { // of an attempt before this one
		return err
	}
	// The guard comes first: what the wrong order says is no answer.
	if err := a.enter(ctx); err != nil {
		return err
	}
	if o, why := a.c.p.Foregone(a.detail, a.req.Observe, a.req.Despite); o != "" {
		return end(o, "%s", why)
	}
	for range a.c.o.MaxSteps {
		s, err := a.settle(ctx)
		if err == nil {
			err = a.step(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	return a.unknown(ctx, fmt.Sprintf("no end after %d steps", a.c.o.MaxSteps))
}

func (a *attempt) listen(tab *chrome.Tab) {
	a.heard = tab.Listen(append(hearing(a.c.p.Calls.Reasons), hearing(a.c.p.Calls.Operation)...)...)
}

// step acts on one sight.
func (a *attempt) step(ctx context.Context, s site.Sight) error {
	switch s.Kind {
	case site.PageDetail:
		switch {
		case a.submitted || a.confirmed || a.opened && a.answered():
			return a.done(ctx, s)
		case a.opened:
			return a.unknown(ctx, "the cancel button was clicked and nothing opened")
		}
		return a.open(ctx)
	case site.PageForm:
		if a.submitted {
			return a.unknown(ctx, "the form stayed after it was submitted")
		}
		return a.fill(ctx, s)
	case site.PageConfirm:
		if a.confirmed {
			return a.unknown(ctx, "the confirm dialog stayed after it was confirmed")
		}
		return a.confirm(ctx)
	case site.PageDone:
		return a.done(ctx, s)
	case site.PagePickedUp:
		a.witness(ctx, "picked-up")
		return end(state.AskPickedUp, "the site says: %s", site.Clip(s.Why))
	}
	return a.unknown(ctx, s.Why)
}

// done ends the loop: what follows is the reading.
func (a *attempt) done(ctx context.Context, s site.Sight) error {
	a.witness(ctx, "after-submit")
	return end(state.AskUnclear, "the site says: %s", site.Clip(s.Why))
}

// settle looks until the page is something we know and not what we just
// acted on, or until the step's time is over.
func (a *attempt) settle(ctx context.Context) (site.Sight, error) {
	left := func(k site.PageKind) bool {
		switch k {
		case site.PageDetail:
			// Behind a dialog that closed, the order's page is an end of its
			// own, but leaving it would cut off a call that is under way.
			return a.opened && !a.answered()
		case site.PageForm:
			return a.submitted
		case site.PageConfirm:
			return a.confirmed
		}
		return false
	}
	s, _, err := a.until(ctx, func(s site.Sight) bool { return s.Settled() && !left(s.Kind) })
	return s, err
}

// answered tells whether the site answered the call that cancels.
func (a *attempt) answered() bool {
	return slices.ContainsFunc(a.heard.Responses(), func(r chrome.Response) bool { return site.IsCall(r.URL, a.c.p.Calls.Operation) })
}

// follow goes over to a tab that our click opened. Its calls were made before
// anybody listened, so it is loaded again.
func (a *attempt) follow(ctx context.Context) error {
	if !a.opened {
		return a.strays(ctx)
	}
	next, ok, err := a.tab.Follow(ctx)
	if errors.Is(err, chrome.ErrClosed) {
		return nil
	}
	if err != nil || !ok {
		return err
	}
	if a.own != nil {
		a.own.Close()
	}
	a.own, a.tab = next, next
	a.heard.Close()
	a.listen(next)
	if err := next.SetBlocking(ctx, false); err != nil {
		return err
	}
	if a.submitted {
		return nil // loading again could ask again
	}
	return next.Reload(ctx)
}

// strays closes the tabs that the site opened by itself: before we clicked
// none of them can belong to the attempt.
func (a *attempt) strays(ctx context.Context) error {
	for closed := false; ; closed = true {
		stray, ok, err := a.tab.Follow(ctx)
		switch {
		case errors.Is(err, chrome.ErrClosed):
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

// trouble finds a challenge or a lost session in the page's own calls: the
// page may show nothing of it.
func (a *attempt) trouble() error {
	for _, own := range a.heard.Responses() {
		r := site.Response(own)
		if r.Err != nil {
			continue
		}
		if site.IsCall(r.URL, a.c.p.Calls.Reasons) && !a.submitted {
			// A form without its data stays blank; here is why.
			got, err := a.c.p.Accept(r, a.c.p.Calls.Reasons)
			if err == nil && got != nil {
				err = site.Formless(*got)
			}
			if err != nil {
				return err
			}
		}
		got, err := site.ParseAnswer(r.Body)
		if err != nil {
			continue // judged where it is read
		}
		if kind := a.c.p.Returns.Kind(got.Ret); kind.Account() {
			return &supplier.Error{Kind: kind, Detail: "the page's call answers " + site.Clip(strings.Join(got.Ret, ", "))}
		}
	}
	return nil
}

// conclude reads the order afresh and says what became of the request.
func (a *attempt) conclude(ctx context.Context, cause error) error {
	said, _ := errors.AsType[verdict](cause)
	d, err := a.reread(ctx)
	if err == nil {
		a.detail = d
	}
	status := site.Quoted(d.Reading.StatusText)
	switch phase := d.Reading.Phase; {
	case err == nil && phase == state.PhasePending:
		return end(state.AskPending, "read again: %s", status)
	case err == nil && phase == state.PhaseClosed:
		return end(state.AskClosed, "read again: %s", status)
	case said.outcome == string(state.AskPickedUp):
		return said
	case err != nil:
		return end(state.AskUnclear, "%v; reading the order again: %v", cause, err)
	}
	return end(state.AskUnclear, "%v; read again: %s", cause, status)
}

// reread loads the order's page in the account's own tab.
func (a *attempt) reread(ctx context.Context) (d site.Detail, err error) {
	op := "read order " + a.number
	if a.tab, err = a.c.page(ctx); err == nil && a.own != nil {
		err = a.tab.Front(ctx) // the site's own tab covers it
	}
	if err == nil {
		d, err = a.c.readDetail(ctx, a.tab, a.number, a.pace)
	}
	if err != nil {
		return d, a.c.fail(ctx, op, err)
	}
	if !d.Reading.Complete {
		return d, &supplier.Error{Kind: supplier.Unreadable, Op: op, Detail: "the reading is not complete"}
	}
	a.witness(ctx, "re-read")
	return d, nil
}
