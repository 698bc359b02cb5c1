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

// cancelFlow is one attempt to place the cancel request.
type cancelFlow struct {
	scene
	req supplier.CancelRequest
	// formTab is where the form was whose data were read.
	formTab *chrome.Tab
	reason  string
	offered []string

	opened, submitted, confirmed bool
	// pageSaid is what the page says became of the request.
	pageSaid site.Outcome
}

// Cancel tries to place one cancel request: it looks at the page, classifies
// it, acts, and looks again.
func (c *Client) Cancel(ctx context.Context, req supplier.CancelRequest) (state.AttemptResult, error) {
	f := c.newCancelFlow(req)
	v, err := f.runFlow(ctx, "cancel order "+req.Number, f)
	if err != nil {
		return state.AttemptResult{}, err
	}
	out := state.AttemptResult{Outcome: state.AskOutcome(v.outcome), Kind: string(f.barrier), Detail: v.detail, Reason: f.reason, Offered: f.offered}
	f.tellAnswer(&out)
	f.tellPrepared(out.Outcome)
	if r := f.detail.Reading; r.Number != "" {
		r.Evidence = append(slices.Clone(r.Evidence), f.evidence...)
		out.Reading = &r
	}
	return out, nil
}

func (c *Client) newCancelFlow(req supplier.CancelRequest) *cancelFlow {
	f := &cancelFlow{scene: scene{c: c, number: req.Number, caseID: req.CaseID, what: "asked", part: "cancel", kind: site.KindCancel, guard: req.Guard, store: req.Dispatch, reached: req.Reached}, req: req}
	f.attend = func(ctx context.Context) error {
		if err := f.follow(ctx); err != nil {
			return err
		}
		return f.barrierInCalls()
	}
	return f
}

func (f *cancelFlow) run(ctx context.Context) error {
	f.listen(f.tab)
	if err := f.closeOwnTabs(ctx); err != nil { // of an attempt before this one
		return err
	}
	// The guard comes first: what the wrong order says is no answer.
	if err := f.enter(ctx); err != nil {
		return err
	}
	if o, why := f.c.p.AnsweredAlready(f.detail, f.req.Observe, f.req.ApprovedRefusals); o != "" {
		return end(o, "%s", why)
	}
	f.decide(ctx, nil)
	for range f.c.o.MaxSteps {
		s, err := f.nextPage(ctx)
		if err == nil {
			err = f.step(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	return f.unknown(ctx, fmt.Sprintf("no end after %d steps", f.c.o.MaxSteps))
}

// tellAnswer notes what was answered to the call that asked.
func (f *cancelFlow) tellAnswer(out *state.AttemptResult) {
	if f.pass == nil {
		return
	}
	switch so := f.pass.so(); {
	case so.left:
		said := so.said
		if !so.asked || said == "" {
			said = site.OutcomeNone
		}
		page := f.pageSaid
		if page == site.OutcomeYes && !so.heard {
			page = ""
		}
		out.Said, out.SaidWords = state.Said(site.Together(said, page)), so.words
	case so.marked:
		out.NothingLeft = true
	}
}

// tellPrepared: where a call that is known to write was answered yes, and a
// reading shows what it asked for, the calls before it asked nothing.
func (f *cancelFlow) tellPrepared(ended state.AskOutcome) {
	if f.pass == nil || f.c.o.Prepared == nil || ended != state.AskPending && ended != state.AskClosed {
		return
	}
	if f.pass.so().said != site.OutcomeYes { // who knows which of them it was that asked
		return
	}
	if names := f.pass.prepared(); len(names) > 0 {
		f.c.o.Prepared(names)
	}
}

func (f *cancelFlow) listen(tab *chrome.Tab) {
	f.heard = tab.Listen(append(callSpellings(f.c.p.Calls.Reasons), callSpellings(f.c.p.Calls.Operation)...)...)
}

// step acts on one sight.
func (f *cancelFlow) step(ctx context.Context, s site.Sight) error {
	f.did("sees the "+string(s.Kind), s.Why)
	switch s.Kind {
	case site.PageDetail:
		switch {
		case f.submitted || f.confirmed || f.opened && f.answered():
			return f.done(ctx, s)
		case f.opened:
			return f.unknown(ctx, "the cancel button was clicked and nothing opened")
		}
		return f.open(ctx)
	case site.PageForm:
		if f.submitted {
			return f.unknown(ctx, "the form stayed after it was submitted")
		}
		return f.fill(ctx, s)
	case site.PageConfirm:
		if f.confirmed {
			return f.unknown(ctx, "the confirm dialog stayed after it was confirmed")
		}
		return f.confirm(ctx)
	case site.PageDone:
		return f.done(ctx, s)
	case site.PagePickedUp:
		f.pageSaid = site.OutcomeNo
		f.keepQuietly(ctx, "picked-up")
		return end(state.AskPickedUp, "the site says: %s", site.Clip(s.Why))
	}
	return f.unknown(ctx, s.Why)
}

// done ends the loop: what follows is the reading.
func (f *cancelFlow) done(ctx context.Context, s site.Sight) error {
	if s.Kind == site.PageDone {
		f.pageSaid = site.OutcomeYes
	}
	f.keepQuietly(ctx, "after-submit")
	return end(state.AskUnclear, "the site says: %s", site.Clip(s.Why))
}

// nextPage waits until the page is a known one that was not acted on yet, or
// until the step's time is over.
func (f *cancelFlow) nextPage(ctx context.Context) (site.Sight, error) {
	left := func(k site.PageKind) bool {
		switch k {
		case site.PageDetail:
			// A dialog that closes leaves the order's page, which ends the loop;
			// but to leave that page would cut off a call that is under way.
			return f.opened && !f.answered()
		case site.PageForm:
			return f.submitted
		case site.PageConfirm:
			return f.confirmed
		}
		return false
	}
	s, _, err := f.until(ctx, func(s site.Sight) bool { return s.Settled() && !left(s.Kind) })
	return s, err
}

// answered tells whether the site answered the call that asks. Those that the
// gate did not let through have no answer, whatever the page makes of it.
func (f *cancelFlow) answered() bool { return f.pass.so().said != "" }

// follow switches to a tab that our click opened. Its calls were made before
// the listener was attached, so the page is loaded again. One whose page the
// gate did not let through stays blank, and is closed.
func (f *cancelFlow) follow(ctx context.Context) error {
	if !f.opened {
		return f.closeOwnTabs(ctx)
	}
	if err := f.closeTabs(ctx, f.c.gate.shut); err != nil {
		return err
	}
	next, ok, err := f.tab.FollowOne(ctx, f.c.gate.has)
	if errors.Is(err, chrome.ErrClosed) {
		return nil
	}
	if err != nil || !ok {
		return err
	}
	if err := f.calm(ctx); err != nil {
		return err
	}
	if f.own != nil {
		f.own.Close()
	}
	f.own, f.tab = next, next
	f.heard.Close()
	f.listen(next)
	if err := next.SetBlocking(ctx, false); err != nil {
		return err
	}
	if f.submitted {
		return nil // loading again could ask again
	}
	return f.c.reload(ctx, next)
}

// closeOwnTabs closes the tabs that the site opened by itself: before we clicked
// none of them can belong to the attempt.
func (f *cancelFlow) closeOwnTabs(ctx context.Context) error {
	return f.closeTabs(ctx, func(string) bool { return true })
}

// closeTabs closes those of the tabs that the site opened whose ID fits.
func (f *cancelFlow) closeTabs(ctx context.Context, fits func(id string) bool) error {
	for closed := false; ; closed = true {
		stray, ok, err := f.tab.FollowOne(ctx, fits)
		switch {
		case errors.Is(err, chrome.ErrClosed):
		case err != nil:
			return fmt.Errorf("close a tab that the site opened: %w", err)
		case ok:
			stray.Close()
		case closed:
			return f.tab.Front(ctx) // what is behind another tab draws nothing
		default:
			return nil
		}
	}
}

// barrierInCalls finds a challenge or a lost session in the page's own calls: the
// page may show nothing of it.
func (f *cancelFlow) barrierInCalls() error {
	for _, own := range f.heard.Responses() {
		r := site.Response(own)
		if r.Err != nil {
			continue
		}
		if site.IsCall(r.URL, f.c.p.Calls.Reasons) && !f.submitted {
			// A form without its data stays blank; here is why.
			got, err := f.c.p.Accept(r, f.c.p.Calls.Reasons)
			if err == nil && got != nil {
				err = site.Formless(*got)
			}
			if err != nil {
				return err
			}
		}
		got, err := site.ParseAnswer(r.Body)
		if err != nil {
			continue // the form's step classifies it
		}
		if kind := f.c.p.Returns.Kind(got.Ret); kind.Account() {
			return &supplier.Error{Kind: kind, Detail: "the page's call answers " + site.Clip(strings.Join(got.Ret, ", "))}
		}
	}
	return nil
}

// conclude reads the order again and says what became of the request.
func (f *cancelFlow) conclude(ctx context.Context, cause error) error {
	said, _ := errors.AsType[verdict](cause)
	d, err := f.reread(ctx)
	f.noteBarrier(err)
	if err == nil {
		d.Reading.PhaseBefore = f.detail.Reading.Phase
		f.detail = d
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
func (f *cancelFlow) reread(ctx context.Context) (d site.Detail, err error) {
	op := "read order " + f.number
	if f.tab, err = f.c.page(ctx); err == nil && f.own != nil {
		err = f.tab.Front(ctx) // the site's own tab covers it
	}
	if err == nil {
		d, err = f.c.readDetail(ctx, f.tab, f.number, f.pace)
	}
	if err != nil {
		return d, f.c.fail(ctx, op, err)
	}
	if !d.Reading.Complete {
		return d, &supplier.Error{Kind: supplier.Unreadable, Op: op, Detail: "the reading is not complete"}
	}
	f.keepQuietly(ctx, "re-read")
	return d, nil
}
