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
	c   *Client
	req supplier.CancelRequest
	tab *chrome.Tab
	// own is a tab that the site opened and that goes with the attempt.
	own *chrome.Tab
	// formTab is where the form was whose data were read.
	formTab *chrome.Tab
	heard   *chrome.Listener

	detail   site.Detail
	evidence []string
	reason   string
	offered  []string

	opened, submitted, confirmed bool
	// dispatched: the mark is on disk. From here on the answer is an
	// outcome, and only a reading decides which.
	dispatched bool
	// sent: a click that might reach the supplier was made, marked or not.
	sent bool
}

// verdict ends an attempt. An empty outcome means: go on.
type verdict struct {
	outcome state.AskOutcome
	detail  string
}

func (v verdict) ends() bool { return v.outcome != "" }

var goOn verdict

func end(o state.AskOutcome, format string, args ...any) verdict {
	return verdict{o, fmt.Sprintf(format, args...)}
}

// Cancel tries to place one cancel request: look, classify, act, look again.
func (c *Client) Cancel(ctx context.Context, req supplier.CancelRequest) (state.Asked, error) {
	op := "cancel order " + req.Number
	limited, cancel := context.WithTimeout(ctx, c.o.CancelTimeout)
	defer cancel()
	tab, err := c.begin(limited)
	if err != nil {
		return state.Asked{}, c.fail(limited, op, err)
	}
	a := &attempt{c: c, req: req, tab: tab}
	a.heard = tab.Listen(append(hearing(c.p.Calls.Reasons), hearing(c.p.Calls.Operation)...)...)
	defer func() { a.close(ctx) }()
	v, err := a.run(limited)
	if a.sent || a.dispatched {
		return a.conclude(ctx, v, err), nil
	}
	if kind := supplier.KindOf(err); kind == supplier.WrongOrder {
		v, err = end(state.AskWrongOrder, "%v", err), nil
	}
	if err != nil {
		err = c.fail(limited, op, err)
		if e, ok := errors.AsType[*supplier.Error](err); ok {
			e.Evidence = append(e.Evidence, a.evidence...)
		}
		return state.Asked{}, err
	}
	return a.asked(v), nil
}

func (a *attempt) close(ctx context.Context) {
	a.heard.Close()
	if a.own != nil {
		a.own.Close()
	}
	if ctx.Err() != nil && a.c.tab != nil {
		// We are being stopped: a page that still loads answers nothing, so
		// it is thrown away instead of tidied up.
		a.c.tab.Close()
		a.c.tab = nil
	}
	a.c.tidy(ctx)
}

// asked puts a verdict into the words of the contract.
func (a *attempt) asked(v verdict) state.Asked {
	out := state.Asked{Outcome: v.outcome, Detail: v.detail, Reason: a.reason, Offered: a.offered}
	if r := a.detail.Reading; r.Number != "" {
		r.Evidence = append(append([]string(nil), r.Evidence...), a.evidence...)
		out.Reading = &r
	}
	return out
}

// run goes from the first look to the last click and what the page says to it.
func (a *attempt) run(ctx context.Context) (verdict, error) {
	// Evidence should show what a person would have seen.
	if err := a.tab.SetBlocking(ctx, false); err != nil {
		return goOn, err
	}
	if err := a.strays(ctx); err != nil { // of an attempt before this one
		return goOn, err
	}
	d, err := a.c.readDetail(ctx, a.tab, a.req.Number, a.c.o.Pace)
	if err != nil {
		return goOn, err
	}
	a.detail = d
	if v := a.judgeReading(); v.ends() {
		return v, nil
	}
	for range a.c.o.MaxSteps {
		s, err := a.settle(ctx)
		if err != nil {
			return goOn, err
		}
		v, err := a.step(ctx, s)
		if err != nil || v.ends() {
			return v, err
		}
	}
	return a.unknown(ctx, fmt.Sprintf("no end after %d steps", a.c.o.MaxSteps))
}

// judgeReading says what the first reading already answers. The guard comes
// first: what the wrong order says is no answer.
func (a *attempt) judgeReading() verdict {
	r := a.detail.Reading
	if err := a.guard(r.Number); err != nil {
		return end(state.AskWrongOrder, "%v; nothing was clicked", err)
	}
	switch {
	case r.Phase == state.PhasePending:
		return end(state.AskPending, "the site already shows %s; nothing was clicked", site.Quoted(r.StatusText))
	case r.Phase == state.PhaseClosed:
		return end(state.AskClosed, "the site already shows %s; nothing was clicked", site.Quoted(r.StatusText))
	case site.Ended(r.Phase):
		return end(state.AskShipped, "the site shows %s; nothing was clicked", site.Quoted(r.StatusText))
	case r.Phase == state.PhaseUnknown || !r.Complete:
		return end(state.AskUnknown, "the order's page is not understood (status %s%s); nothing was clicked; mend the site profile", site.Quoted(r.StatusText), saying(r))
	case a.refusedBefore():
		if r.Phase != state.PhaseProcessing && r.Phase != state.PhaseRiskHold {
			return end(state.AskUnknown, "the site shows %s%s, which do not fit together; nothing was clicked", site.Quoted(r.StatusText), saying(r))
		}
		return end(state.AskRefused, "the site already says %s; nothing was clicked", site.Quoted(r.RefusedText))
	case !r.CancelOffered:
		return end(state.AskNotOffered, "the site shows %s without a cancel button", site.Quoted(r.StatusText))
	}
	if a.req.Observe {
		b, _ := a.c.p.CancelButton(a.detail.Buttons)
		return end(state.AskObserved, "would click %s, give the reason %s and submit", site.Quoted(b.Caption), a.c.p.Preference())
	}
	return goOn
}

// refusedBefore tells whether the page speaks of a refusal that no person has
// seen: whoever asked before, asking again is a person's decision.
func (a *attempt) refusedBefore() bool {
	said := a.detail.Reading.RefusedText
	return said != "" && !slices.Contains(a.req.Despite, said)
}

// saying adds the sentence about a refusal where the page has one.
func saying(r state.Reading) string {
	if r.RefusedText == "" {
		return ""
	}
	return ", and " + site.Quoted(r.RefusedText)
}

// step acts on one sight.
func (a *attempt) step(ctx context.Context, s site.Sight) (verdict, error) {
	switch s.Kind {
	case site.PageDetail:
		if a.submitted || a.confirmed || a.opened && a.answered() {
			return a.afterLast(ctx, s)
		}
		if a.opened {
			return a.unknown(ctx, "the cancel button was clicked and nothing opened")
		}
		return a.open(ctx, s)
	case site.PageForm:
		if a.submitted {
			return a.unknown(ctx, "the form stayed after it was submitted")
		}
		return a.fill(ctx, s)
	case site.PageConfirm:
		if a.confirmed {
			return a.unknown(ctx, "the confirm dialog stayed after it was confirmed")
		}
		return a.confirm(ctx, s)
	case site.PageDone:
		return a.afterLast(ctx, s)
	case site.PagePickedUp:
		a.witness(ctx, "picked-up")
		return end(state.AskPickedUp, "the site says: %s", site.Clip(s.Why)), nil
	}
	if err := a.unbarred(ctx, s, nil); err != nil {
		return goOn, err
	}
	return a.unknown(ctx, s.Why)
}

// afterLast ends the loop: what follows is the reading.
func (a *attempt) afterLast(ctx context.Context, s site.Sight) (verdict, error) {
	a.witness(ctx, "after-submit")
	return end(state.AskUnclear, "the site says: %s", site.Clip(s.Why)), nil
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
	return a.lookUntil(ctx, func(s site.Sight) bool { return s.Settled() && !left(s.Kind) })
}

// answered tells whether the site answered the call that cancels.
func (a *attempt) answered() bool {
	for _, r := range a.heard.Responses() {
		if site.IsCall(r.URL, a.c.p.Calls.Operation) {
			return true
		}
	}
	return false
}

// lookUntil gives the first sight that is good or that stops the work, or the
// last one in the step's time. It follows the site into a tab that it opens.
func (a *attempt) lookUntil(ctx context.Context, good func(site.Sight) bool) (site.Sight, error) {
	step, cancel := context.WithTimeout(ctx, a.c.o.StepTimeout)
	defer cancel()
	var last site.Sight
	err := a.tab.WaitFor(step, "wait for the page", func(step context.Context) (bool, error) {
		if err := a.follow(step); err != nil {
			return true, err
		}
		if err := a.heardBarrier(); err != nil {
			return true, err
		}
		s, err := a.c.look(step, a.tab)
		if err != nil {
			return true, err
		}
		last = s
		return good(s) || s.Barrier() != nil, nil
	})
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && last.Kind != "" {
		if sick := a.tab.Health(ctx); sick != nil {
			return last, sick // what was seen then is no sight of now
		}
		return last, nil
	}
	return last, err
}

// follow goes over to a tab that our click opened. Its calls were made before
// anybody listened, so it is loaded again.
func (a *attempt) follow(ctx context.Context) error {
	if !a.opened {
		return a.strays(ctx)
	}
	next, ok, err := a.tab.Follow(ctx)
	if noTab(err) {
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
	a.heard = next.Listen(append(hearing(a.c.p.Calls.Reasons), hearing(a.c.p.Calls.Operation)...)...)
	if err := next.SetBlocking(ctx, false); err != nil {
		return err
	}
	if a.submitted {
		return nil // loading again could ask again
	}
	return next.Reload(ctx)
}

// heardBarrier finds a challenge or a lost session in the page's own calls:
// the page may show nothing of it.
func (a *attempt) heardBarrier() error {
	for _, r := range a.heard.Responses() {
		if r.Err != nil {
			continue
		}
		if site.IsCall(r.URL, a.c.p.Calls.Reasons) && !a.submitted {
			// A form without its data stays blank; here is why.
			if err := a.c.formTrouble(site.Response(r)); err != nil {
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

// formTrouble says what is wrong with the reason form's data.
func (c *Client) formTrouble(r site.Response) error {
	got, err := c.p.Accept(r, c.p.Calls.Reasons)
	if err != nil || got == nil {
		return err
	}
	return site.Formless(*got)
}

// unknown keeps evidence of a page that is not understood. Before the mark
// nothing reached the supplier. Of a page that hangs nothing is known.
func (a *attempt) unknown(ctx context.Context, why string) (verdict, error) {
	if sick := a.tab.Health(ctx); sick != nil {
		return goOn, fmt.Errorf("%s: %w", why, sick)
	}
	a.witness(ctx, "unknown-page")
	return end(state.AskUnknown, "%s%s", why, a.sofar()), nil
}

// sofar says so where nothing reached the supplier yet.
func (a *attempt) sofar() string {
	if a.sent || a.dispatched {
		return ""
	}
	return "; nothing was asked"
}

// witness keeps evidence where its lack must not change the outcome.
func (a *attempt) witness(ctx context.Context, name string) {
	if err := a.keep(ctx, name); err != nil {
		a.c.o.Log.Warn().Err(err).Str("order", a.req.Number).Msg("evidence was not kept")
	}
}

func (a *attempt) keep(ctx context.Context, name string) error {
	refs, err := a.c.keep(ctx, a.tab, a.req.CaseID, a.req.Number, name, nil)
	a.evidence = append(a.evidence, refs...)
	return err
}
