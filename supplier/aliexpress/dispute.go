package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
)

// disputeFlow is one attempt to fill in a dispute.
type disputeFlow struct {
	scene
	d       supplier.Dossier
	offered []site.Offer
	filled  map[string]string
	opened  *supplier.Return
}

// Dispute fills the form of one order line from the dossier. It stops before
// the form's first button unless the dossier says Submit.
func (c *Client) Dispute(ctx context.Context, d supplier.Dossier) (supplier.DisputeResult, error) {
	op := "fill in a dispute about order " + d.Number
	if ds := c.p.Dispute.Selectors; len(ds.Select) == 0 || len(ds.Text) == 0 || len(c.p.Dispute.ButtonTypes) == 0 {
		return supplier.DisputeResult{}, c.fail(ctx, op, lacks("what the dispute form looks like (dispute)"))
	}
	f := &disputeFlow{d: d, filled: map[string]string{}, scene: scene{
		c: c, number: d.Number, caseID: d.CaseID, what: "submitted", part: "dispute", kind: site.KindDispute, touch: site.PressOpening, guard: d.Guard, store: d.Dispatch, more: c.p.DisputeQueries(),
	}}
	f.right = func(s site.Sight) error {
		if why := s.DisputeOf(f.number, f.d.Line); why != "" {
			return end(supplier.DisputeWrongOrder, "%s%s", why, f.sofar())
		}
		return nil
	}
	v, err := f.runFlow(ctx, op, f)
	if err != nil {
		return supplier.DisputeResult{}, err
	}
	out := supplier.DisputeResult{Outcome: supplier.DisputeOutcome(v.outcome), Detail: v.detail, Filled: f.filled, Return: f.opened, Evidence: f.evidence}
	for _, r := range f.offered {
		out.Offered = append(out.Offered, r.Text)
	}
	return out, nil
}

func (f *disputeFlow) run(ctx context.Context) error {
	f.heard = f.tab.Listen(callSpellings(f.c.p.Calls.Reasons)...)
	if err := checkFiles(f.d.Files); err != nil {
		return end(supplier.DisputeFailed, "%v%s", err, f.sofar())
	}
	before, err := f.c.returns(ctx, f.tab, f.number, f.pace)
	if err != nil {
		return err
	}
	if r := f.openReturn(before); r != nil {
		return end(supplier.DisputeAlready, "the list of returns shows %s about this line", site.Quoted(r.Status))
	}
	if err := f.enter(ctx); err != nil {
		return err
	}
	if !slices.ContainsFunc(f.detail.Reading.Lines, func(l state.Line) bool { return l.ID == f.d.Line }) {
		return end(supplier.DisputeWrongOrder, "order %s has no line %s", f.number, f.d.Line)
	}
	if err := f.follow(ctx); err != nil {
		return err
	}
	f.decide(ctx, func(t *site.Ticket) { t.Submit = f.d.Submit })
	if err := f.fill(ctx); err != nil {
		return err
	}
	if err := f.keep(ctx, "dispute-filled"); err != nil {
		return end(supplier.DisputeFailed, "%v%s", err, f.sofar())
	}
	if !f.d.Submit {
		return end(supplier.DisputeFilled, "the form is filled in; nothing was submitted")
	}
	return f.submit(ctx)
}

// openReturn finds the dispute that is open about the line, nil where none is.
func (f *disputeFlow) openReturn(list []supplier.Return) *supplier.Return {
	for _, r := range list {
		if r.OrderLine == f.d.Line && r.Open {
			return &r
		}
	}
	return nil
}

// checkFiles makes sure, before the form is opened, that all evidence is there.
func checkFiles(files []string) error {
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || !info.Mode().IsRegular() {
			return errors.Join(fmt.Errorf("the evidence %s is no file", f), err)
		}
	}
	return nil
}

// follow goes to the form by the order's own link, without clicking the button
// that holds it, and makes sure that the form's data are of the very line.
func (f *disputeFlow) follow(ctx context.Context) error {
	links, ok := f.detail.Disputes[f.d.Line]
	if !ok {
		return end(supplier.DisputeNotOffered, "the order (%s) offers no dispute about this line", site.Quoted(f.detail.Reading.StatusText))
	}
	link := links.Missing
	if f.d.Received {
		link = links.Received
	}
	if err := f.visit(ctx, link); err != nil {
		return err
	}
	step, cancel := context.WithTimeout(ctx, f.c.o.StepTimeout)
	defer cancel()
	a, err := f.c.await(step, f.tab, f.heard, f.c.p.Calls.Reasons, always)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return end(supplier.DisputeUnknown, "the dispute form does not tell which order it is about")
	}
	if err != nil {
		return err
	}
	order, line, offered, err := site.ParseDispute(a, f.d.Received)
	switch {
	case err != nil:
		return err
	case order != f.number || line != f.d.Line:
		return end(supplier.DisputeWrongOrder, "the form's data are of order %q, line %q%s", order, line, f.sofar())
	}
	f.offered = offered
	return nil
}

// fill puts the dossier into the form.
func (f *disputeFlow) fill(ctx context.Context) error {
	choice, ok := f.c.p.ChooseWish(f.d.Reasons, f.offered)
	if !ok {
		return f.unknown(ctx, "none of the reasons wanted is offered exactly once")
	}
	if err := f.answer(ctx); err != nil {
		return err
	}
	if err := f.pick(ctx, "reasons", "choices", choice, func(s site.Sight) bool { return s.Chose("reasons", choice) }); err != nil {
		return err
	}
	f.filled["reason"] = choice.Text
	if err := f.put(ctx, "text", f.d.Text); err != nil {
		return err
	}
	if f.d.Amount.Known() {
		if err := f.put(ctx, "amount", f.d.Amount.Value()); err != nil {
			return err
		}
	}
	return f.attach(ctx)
}

// answer answers the question whether the parcel came, where it is asked.
func (f *disputeFlow) answer(ctx context.Context) error {
	name, captions := "no", f.c.p.Dispute.NoCaptions
	if f.d.Received {
		name, captions = "yes", f.c.p.Dispute.YesCaptions
	}
	s, err := f.expect(ctx, "the form", func(s site.Sight) bool { return len(s.Shown("reasons")) == 1 || len(s.Shown(name)) == 1 })
	if err != nil {
		return err
	}
	f.filled["received"] = name
	if len(s.Shown("reasons")) == 1 {
		return nil // the link has answered it
	}
	return f.c.press(ctx, f.tab, s.Shown(name)[0], site.Allowance{What: "the answer", Captions: captions, Press: f.touch})
}

// put writes into one of the form's fields.
func (f *disputeFlow) put(ctx context.Context, name, text string) error {
	s, err := f.expect(ctx, "the field for the "+name, func(s site.Sight) bool { return len(s.Shown(name)) == 1 })
	if err != nil {
		return err
	}
	if err := f.write(ctx, s.Shown(name)[0], text); err != nil {
		return err
	}
	f.filled[name] = text
	return nil
}

func (f *disputeFlow) attach(ctx context.Context) error {
	if len(f.d.Files) == 0 {
		return nil
	}
	// A file field is usually hidden behind a nicer button.
	s, err := f.expect(ctx, "the field for files", func(s site.Sight) bool { return len(s.Found["files"]) == 1 })
	if err != nil {
		return err
	}
	f.pass.chose(len(f.d.Files))
	if err := f.tab.Attach(ctx, ref(s.Found["files"][0]), f.d.Files...); err != nil {
		return err
	}
	if _, err := f.expect(ctx, "the files as uploaded", func(s site.Sight) bool { return len(s.Found["uploaded"]) >= len(f.d.Files) }); err != nil {
		return err
	}
	var names []string
	for _, file := range f.d.Files {
		names = append(names, filepath.Base(file))
	}
	f.filled["files"] = strings.Join(names, ", ")
	return nil
}

// submit sends the filled form: an operator decided it. The steps before
// Submit are the form's own.
func (f *disputeFlow) submit(ctx context.Context) error {
	p := f.c.p
	next := site.Allowance{What: "Next", Captions: p.Dispute.NextCaptions, Press: site.PressNext, About: site.KindDispute}
	send := site.Allowance{What: "Submit", Captions: p.Cancel.SubmitCaptions, Press: site.PressCommits, About: site.KindDispute}
	confirm := site.Allowance{What: "Confirm", Captions: p.Cancel.ConfirmCaptions, Title: p.Dispute.ConfirmTitles, Press: site.PressCommits, About: site.KindDispute}
	s, err := f.expect(ctx, "a button to go on", func(s site.Sight) bool { return s.Has("next", next) || s.Has("send", send) })
	if err != nil {
		return err
	}
	if s.Has("next", next) {
		if err := f.pace(ctx); err != nil {
			return err
		}
		if err := f.press(ctx, "dispute-next", s, "next", next); err != nil {
			return err
		}
	}
	if s, err = f.expect(ctx, "Submit", func(s site.Sight) bool { return s.Has("send", send) }); err != nil {
		return err
	}
	if err := f.press(ctx, "before-submit", s, "send", send); err != nil {
		return err
	}
	// Where a pop-up asks whether to submit, it is agreed to.
	s, err = f.expect(ctx, "what came of Submit", func(s site.Sight) bool { return s.Has("dialog_bt", confirm) || p.Submitted(s.View) })
	if err != nil || p.Submitted(s.View) {
		return err
	}
	if err := f.press(ctx, "before-confirm", s, "dialog_bt", confirm); err != nil {
		return err
	}
	_, err = f.expect(ctx, "the end", func(s site.Sight) bool { return p.Submitted(s.View) })
	return err
}

func (f *disputeFlow) press(ctx context.Context, name string, s site.Sight, query string, allow site.Allowance) error {
	el, _ := s.Button(query, allow)
	return f.commit(ctx, commitment{name: name, el: el, allow: allow, still: func(_ context.Context, s site.Sight) error { return f.right(s) }})
}

// conclude reads the list of returns and says whether the dispute is there.
func (f *disputeFlow) conclude(ctx context.Context, cause error) error {
	why := "submitted"
	if cause != nil {
		why = cause.Error()
	}
	f.keepQuietly(ctx, "after-submit")
	var list []supplier.Return
	var err error
	if f.tab, err = f.c.page(ctx); err == nil {
		list, err = f.c.returns(ctx, f.tab, f.number, f.pace)
	}
	if err != nil {
		return end(supplier.DisputeUnclear, "%s; reading the list of returns: %v", why, err)
	}
	f.keepQuietly(ctx, "re-read")
	if f.opened = f.openReturn(list); f.opened != nil {
		return end(supplier.DisputeSubmitted, "read again: %s", site.Quoted(f.opened.Status))
	}
	return end(supplier.DisputeUnclear, "%s; the list of returns does not show it", why)
}
