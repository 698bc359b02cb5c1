package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// verdict is how a flow ended by what the page says, not by a failure: an
// outcome of the flow's contract and the words for it. The outcomes that
// every flow can have are named alike in all three contracts.
type verdict struct{ outcome, detail string }

func (v verdict) Error() string { return v.detail }

func end[T ~string](outcome T, format string, args ...any) error {
	return verdict{string(outcome), fmt.Sprintf(format, args...)}
}

// flow is what differs between a cancel, a message and a dispute.
type flow interface {
	// run does everything up to and including the last click.
	run(ctx context.Context) error
	// conclude reads what became of it and gives the verdict; cause is how run
	// ended. It is asked only where a call has left or may have.
	conclude(ctx context.Context, cause error) error
}

// scene is one flow's work on the pages of one order.
type scene struct {
	c              *Client
	number, caseID string
	// what did not happen where the scene ends early: "asked".
	what string
	// part of the profile to be mended where a page is not known.
	part  string
	guard func(state.Reading) error
	// store puts the mark on disk.
	store   func(context.Context) error
	reached func(supplier.Stage)
	// kind of request that the flow makes; touch is what a press on a field of
	// its form is.
	kind  site.Kind
	touch site.PressKind
	// pass is the flow at the gate, from its decision on.
	pass *passage
	pace func(context.Context) error
	// more is what the flow's own pages are asked for.
	more map[string]site.Query
	// attend, where set, is called before each look of a wait.
	attend func(context.Context) error
	// right, where set, tells whether a page that was waited for is the order's.
	right func(site.Sight) error

	// barrier is what stops the account, met although the flow has an outcome:
	// a challenge, a lost session.
	barrier supplier.Kind

	// rehearsal: the flow is walked, and nothing of it leaves.
	rehearsal bool
	steps     []supplier.Step

	tab *chrome.Tab
	// own is a tab that the site opened and that goes with the scene.
	own      *chrome.Tab
	heard    *chrome.Listener
	detail   site.Detail
	evidence []string
}

// runFlow runs a flow to its verdict. Where no call has left the end is a
// verdict or an error; else it is always a verdict, even when the caller is
// gone.
func (s *scene) runFlow(ctx context.Context, op string, f flow) (verdict, error) {
	limited, cancel := context.WithTimeout(ctx, s.c.o.CancelTimeout)
	defer cancel()
	var err error
	if s.tab, err = s.c.begin(limited); err != nil {
		return verdict{}, s.c.fail(limited, op, err)
	}
	defer s.leave(ctx)
	s.pace = s.c.o.Pace
	// Evidence should show what a person would have seen.
	if err = s.tab.SetBlocking(limited, false); err == nil {
		err = f.run(limited)
	}
	s.shutGate(ctx)
	s.noteBarrier(err)
	if supplier.KindOf(err) == supplier.Challenged {
		// Once it is solved the page would send again what was refused.
		s.c.dropTab()
	}
	if s.left() {
		return s.conclude(ctx, f, err), nil
	}
	if v, ok := errors.AsType[verdict](err); ok {
		return s.unasked(v), nil
	}
	if s.pass != nil && s.pass.so().marked {
		// The mark is to be taken back, which only an outcome tells.
		return s.unasked(verdict{string(state.AskFailed), s.c.fail(limited, op, err).Error()}), nil
	}
	switch kind := supplier.KindOf(err); {
	case kind == "" && unclickable(err):
		return verdict{string(state.AskFailed), err.Error() + s.sofar()}, nil
	case kind == supplier.WrongOrder:
		return verdict{string(state.AskWrongOrder), err.Error()}, nil
	}
	err = s.c.fail(limited, op, err)
	if e, ok := errors.AsType[*supplier.Error](err); ok {
		e.Evidence = append(e.Evidence, s.evidence...)
	}
	return verdict{}, err
}

// conclude has the flow read what became of it, without the usual pause: a
// person would look at once, too.
func (s *scene) conclude(ctx context.Context, f flow, cause error) verdict {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.c.o.FinalTimeout)
	defer cancel()
	s.pace = func(context.Context) error { return nil }
	if _, ended := errors.AsType[verdict](cause); cause != nil && !ended {
		if errors.Is(cause, context.DeadlineExceeded) {
			s.c.slowOrWedged(ctx) // the order can still be read in a new browser
		}
		s.keepQuietly(ctx, "after-error")
	}
	v, _ := errors.AsType[verdict](f.conclude(ctx, cause))
	return v
}

func (s *scene) noteBarrier(err error) {
	if kind := supplier.KindOf(err); kind.Account() {
		s.barrier = kind
	}
}

func (s *scene) leave(ctx context.Context) {
	if s.heard != nil {
		s.heard.Close()
	}
	if s.own != nil {
		s.own.Close()
	}
	if ctx.Err() != nil {
		// We are being stopped: a page that still loads answers nothing, so
		// it is thrown away instead of tidied up.
		s.c.dropTab()
	}
	s.c.tidy(ctx)
}

// enter reads the order and asks the guard about it.
func (s *scene) enter(ctx context.Context) error {
	d, err := s.c.readDetail(ctx, s.tab, s.number, s.pace)
	if err != nil {
		return err
	}
	s.detail = d
	return s.askGuard(d.Reading.Number)
}

// askGuard asks the caller's guard about the order that the page at hand shows.
func (s *scene) askGuard(shown string) (err error) {
	r := s.detail.Reading
	r.Number = shown
	switch {
	case shown != s.number:
		err = wrong("guard order "+s.number, s.number, shown)
	case s.guard != nil:
		err = s.guard(r)
	}
	if err != nil {
		return end(state.AskWrongOrder, "%v%s", err, s.sofar())
	}
	return nil
}

// visit follows a link of the order's own data.
func (s *scene) visit(ctx context.Context, link string) error {
	address, err := s.c.o.Hosts.Address(link)
	if err != nil {
		return end(state.AskUnknown, "%v%s", err, s.sofar())
	}
	if err := s.pace(ctx); err != nil {
		return err
	}
	return s.c.navigate(ctx, s.tab, address)
}

// until looks at the page until good, until it has had its time, or until the
// step's is over: then ok is false and the last look is returned.
func (s *scene) until(ctx context.Context, good func(site.Sight) bool) (site.Sight, bool, error) {
	var p patience
	ok := false
	last, _, err := watch(ctx, s.tab, s.c.o.StepTimeout, func(ctx context.Context) (site.Sight, error) {
		if err := s.atGate(); err != nil {
			return site.Sight{}, err
		}
		if s.attend != nil {
			if err := s.attend(ctx); err != nil {
				return site.Sight{}, err
			}
		}
		return s.look(ctx)
	}, func(now site.Sight) bool {
		ok = good(now)
		return ok || p.over(now, time.Now()) && !s.waitsForCalls()
	})
	if err == nil && !ok {
		err = s.tab.Health(ctx) // what was seen may be old
	}
	if err == nil && last.Kind == "" {
		err = fmt.Errorf("the page was not seen: %w", context.DeadlineExceeded)
	}
	return last, ok, err
}

// waitsForCalls tells whether a call of the flow is on its way, or has left:
// then the page may yet say what became of it.
func (s *scene) waitsForCalls() bool {
	if s.pass == nil {
		return false
	}
	so := s.pass.so()
	return so.left || so.marked || so.inHand
}

// look takes one look, and keeps evidence of a page that stops the account's
// work.
func (s *scene) look(ctx context.Context) (site.Sight, error) {
	got, err := s.c.look(ctx, s.tab, s.more)
	if got.Kind != "" && err != nil {
		s.keepQuietly(ctx, "barrier")
	}
	return got, err
}

// expect looks until good; a page that never gets so is not known.
func (s *scene) expect(ctx context.Context, what string, good func(site.Sight) bool) (site.Sight, error) {
	got, ok, err := s.until(ctx, good)
	switch {
	case err == nil && !ok:
		err = s.unknown(ctx, "the page does not show "+what+" ("+s.part+")")
	case err == nil && s.right != nil:
		err = s.right(got)
	}
	return got, err
}

// unknown keeps evidence of a page that is not understood. Of a page that hangs
// nothing is known.
func (s *scene) unknown(ctx context.Context, why string) error {
	if sick := s.tab.Health(ctx); sick != nil {
		return fmt.Errorf("%s: %w", why, sick)
	}
	s.keepQuietly(ctx, "unknown-page")
	return end(state.AskUnknown, "%s%s", why, s.sofar())
}

// verdictOf turns an outcome of package site into a verdict; nil where the flow may
// go on.
func (s *scene) verdictOf(o state.AskOutcome, why string) error {
	if o == "" {
		return nil
	}
	return end(o, "%s%s", why, s.sofar())
}

// sofar says that nothing was done, where no call has left yet.
func (s *scene) sofar() string {
	if s.left() {
		return ""
	}
	return "; nothing was " + s.what
}

// keepQuietly keeps evidence whose failure must not change the outcome.
func (s *scene) keepQuietly(ctx context.Context, name string) {
	if err := s.keep(ctx, name); err != nil {
		s.c.o.Log.Warn().Err(err).Str("order", s.number).Msg("evidence was not kept")
	}
}

func (s *scene) keep(ctx context.Context, name string) error {
	refs, err := s.c.keep(ctx, s.tab, s.caseID, s.number, name, nil)
	s.evidence = append(s.evidence, refs...)
	return err
}

// decide opens the gate for the one request that the flow is about.
func (s *scene) decide(ctx context.Context, change func(*site.Ticket)) {
	t := site.Ticket{Order: s.number, Kind: s.kind, Until: chrome.BootTime() + site.TicketLasts, Harmless: s.detail.Harmless}
	for _, l := range s.detail.Reading.Lines {
		if l.ID != "" {
			t.Lines = append(t.Lines, l.ID)
		}
	}
	if change != nil {
		change(&t)
	}
	mode := site.ModeDecided
	if s.rehearsal {
		mode = site.ModeRehearsal
	}
	s.pass = &passage{ctx: ctx, mode: mode, ticket: t, mark: s.store, reached: s.reached, keep: func(name string, body []byte) ([]string, error) {
		if s.c.o.Evidence == nil {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), site.WaitAtMost)
		defer cancel()
		return s.c.keepPart(ctx, supplier.Evidence{CaseID: s.caseID, Number: s.number, Name: name}, "json", body, nil)
	}}
	s.c.gate.open(s.pass, s.tab)
}

// did notes a step, for a person who follows the flow.
func (s *scene) did(what, by string) {
	s.steps = append(s.steps, supplier.Step{Did: what, By: strings.TrimSpace(site.Clip(by))})
}

// left tells whether a call has left, or may have.
func (s *scene) left() bool { return s.pass != nil && s.pass.so().left }

// calm waits until every call that left is answered or given up: until then
// no page is left, loaded again or closed.
func (s *scene) calm(ctx context.Context) error {
	if s.pass == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, calmWithin)
	defer cancel()
	return s.pass.calm(ctx)
}

// shutGate ends what was decided: what a page sends from now on does not
// leave. What left already is waited for, also when the caller is gone.
func (s *scene) shutGate(ctx context.Context) {
	if s.pass == nil {
		return
	}
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), calmWithin)
	defer cancel()
	if err := s.pass.finish(waiting); err != nil {
		s.c.o.Log.Warn().Err(err).Str("order", s.number).Msg("a call has no end")
	}
	s.evidence = append(s.evidence, s.pass.so().refs...)
}

// atGate ends a flow one of whose calls cannot be judged.
func (s *scene) atGate() error {
	if s.pass == nil {
		return nil
	}
	switch so := s.pass.so(); {
	case so.ended:
		return end(state.AskObserved, "the rehearsal ends with a call of the page%s", s.sofar())
	case so.strange != "":
		return end(state.AskUnknown, "a call of the page names %s, and nobody knows what that is%s", so.strange, s.sofar())
	case so.stuck != nil:
		return end(state.AskFailed, "a call of the page did not leave: %v%s", so.stuck, s.sofar())
	}
	return nil
}

// unasked corrects the verdict of a flow from which nothing left: whatever the
// page says, nothing was asked. It names the calls that did not pass.
func (s *scene) unasked(v verdict) verdict {
	if s.pass == nil {
		return v
	}
	if v.outcome == string(state.AskUnclear) {
		v = verdict{string(state.AskUnknown), v.detail + s.sofar()}
	}
	if failed := s.pass.so().failed; len(failed) > 0 {
		v.detail += "; not let through: " + strings.Join(failed, ", ")
	}
	return v
}
