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

// claim is one attempt to fill in a dispute.
type claim struct {
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
	k := &claim{d: d, filled: map[string]string{}, scene: scene{
		c: c, number: d.Number, caseID: d.CaseID, what: "submitted", part: "dispute", guard: d.Guard, store: d.Dispatch, more: c.p.DisputeQueries(),
	}}
	k.right = func(s site.Sight) error {
		if why := s.DisputeOf(k.number, k.d.Line); why != "" {
			return end(supplier.DisputeWrongOrder, "%s%s", why, k.sofar())
		}
		return nil
	}
	v, err := k.play(ctx, op, k)
	if err != nil {
		return supplier.DisputeResult{}, err
	}
	out := supplier.DisputeResult{Outcome: supplier.DisputeOutcome(v.outcome), Detail: v.detail, Filled: k.filled, Return: k.opened, Evidence: k.evidence}
	for _, r := range k.offered {
		out.Offered = append(out.Offered, r.Text)
	}
	return out, nil
}

func (k *claim) run(ctx context.Context) error {
	k.heard = k.tab.Listen(hearing(k.c.p.Calls.Reasons)...)
	if err := checkFiles(k.d.Files); err != nil {
		return end(supplier.DisputeFailed, "%v%s", err, k.sofar())
	}
	before, err := k.c.returns(ctx, k.tab, k.number, k.pace)
	if err != nil {
		return err
	}
	if r := k.open(before); r != nil {
		return end(supplier.DisputeAlready, "the list of returns shows %s about this line", site.Quoted(r.Status))
	}
	if err := k.enter(ctx); err != nil {
		return err
	}
	if !slices.ContainsFunc(k.detail.Reading.Lines, func(l state.Line) bool { return l.ID == k.d.Line }) {
		return end(supplier.DisputeWrongOrder, "order %s has no line %s", k.number, k.d.Line)
	}
	if err := k.follow(ctx); err != nil {
		return err
	}
	if err := k.fill(ctx); err != nil {
		return err
	}
	if err := k.keep(ctx, "dispute-filled"); err != nil {
		return end(supplier.DisputeFailed, "%v%s", err, k.sofar())
	}
	if !k.d.Submit {
		return end(supplier.DisputeFilled, "the form is filled in; nothing was submitted")
	}
	return k.submit(ctx)
}

// open finds the dispute that is open about the line, nil where none is.
func (k *claim) open(list []supplier.Return) *supplier.Return {
	for _, r := range list {
		if r.OrderLine == k.d.Line && r.Open {
			return &r
		}
	}
	return nil
}

// checkFiles finds out early that evidence is missing.
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
func (k *claim) follow(ctx context.Context) error {
	links, ok := k.detail.Disputes[k.d.Line]
	if !ok {
		return end(supplier.DisputeNotOffered, "the order (%s) offers no dispute about this line", site.Quoted(k.detail.Reading.StatusText))
	}
	link := links.Missing
	if k.d.Received {
		link = links.Received
	}
	if err := k.visit(ctx, link); err != nil {
		return err
	}
	step, cancel := context.WithTimeout(ctx, k.c.o.StepTimeout)
	defer cancel()
	a, err := k.c.await(step, k.tab, k.heard, k.c.p.Calls.Reasons, always)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return end(supplier.DisputeUnknown, "the dispute form does not tell which order it is about")
	}
	if err != nil {
		return err
	}
	order, line, offered, err := site.ParseDispute(a, k.d.Received)
	switch {
	case err != nil:
		return err
	case order != k.number || line != k.d.Line:
		return end(supplier.DisputeWrongOrder, "the form's data are of order %q, line %q%s", order, line, k.sofar())
	}
	k.offered = offered
	return nil
}

// fill puts the dossier into the form.
func (k *claim) fill(ctx context.Context) error {
	choice, ok := k.c.p.ChooseWish(k.d.Reasons, k.offered)
	if !ok {
		return k.unknown(ctx, "none of the reasons wanted is offered exactly once")
	}
	if err := k.answer(ctx); err != nil {
		return err
	}
	if err := k.pick(ctx, "reasons", "choices", choice, func(s site.Sight) bool { return s.Chose("reasons", choice) }); err != nil {
		return err
	}
	k.filled["reason"] = choice.Text
	if err := k.put(ctx, "text", k.d.Text); err != nil {
		return err
	}
	if k.d.Amount.Known() {
		if err := k.put(ctx, "amount", k.d.Amount.Value()); err != nil {
			return err
		}
	}
	return k.attach(ctx)
}

// answer answers the question whether the parcel came, where it is asked.
func (k *claim) answer(ctx context.Context) error {
	name, captions := "no", k.c.p.Dispute.NoCaptions
	if k.d.Received {
		name, captions = "yes", k.c.p.Dispute.YesCaptions
	}
	s, err := k.expect(ctx, "the form", func(s site.Sight) bool { return len(s.Shown("reasons")) == 1 || len(s.Shown(name)) == 1 })
	if err != nil {
		return err
	}
	k.filled["received"] = name
	if len(s.Shown("reasons")) == 1 {
		return nil // the link has answered it
	}
	return k.c.press(ctx, k.tab, s.Shown(name)[0], site.Allowance{What: "the answer", Captions: captions})
}

// put writes into one of the form's fields.
func (k *claim) put(ctx context.Context, name, text string) error {
	s, err := k.expect(ctx, "the field for the "+name, func(s site.Sight) bool { return len(s.Shown(name)) == 1 })
	if err != nil {
		return err
	}
	if err := k.write(ctx, s.Shown(name)[0], text); err != nil {
		return err
	}
	k.filled[name] = text
	return nil
}

func (k *claim) attach(ctx context.Context) error {
	if len(k.d.Files) == 0 {
		return nil
	}
	// A file field is usually hidden behind a nicer button.
	s, err := k.expect(ctx, "the field for files", func(s site.Sight) bool { return len(s.Found["files"]) == 1 })
	if err != nil {
		return err
	}
	if err := k.tab.Attach(ctx, ref(s.Found["files"][0]), k.d.Files...); err != nil {
		return err
	}
	if _, err := k.expect(ctx, "the files as uploaded", func(s site.Sight) bool { return len(s.Found["uploaded"]) >= len(k.d.Files) }); err != nil {
		return err
	}
	var names []string
	for _, f := range k.d.Files {
		names = append(names, filepath.Base(f))
	}
	k.filled["files"] = strings.Join(names, ", ")
	return nil
}

// submit sends the filled form: an operator decided it. The steps before
// Submit are the form's own.
func (k *claim) submit(ctx context.Context) error {
	p := k.c.p
	next := site.Allowance{What: "Next", Captions: p.Dispute.NextCaptions}
	send := site.Allowance{What: "Submit", Captions: p.Cancel.SubmitCaptions}
	confirm := site.Allowance{What: "Confirm", Captions: p.Cancel.ConfirmCaptions, Title: p.Dispute.ConfirmTitles}
	s, err := k.expect(ctx, "a button to go on", func(s site.Sight) bool { return s.Has("next", next) || s.Has("send", send) })
	if err != nil {
		return err
	}
	if s.Has("next", next) {
		if err := k.pace(ctx); err != nil {
			return err
		}
		// Whether this step already tells the supplier is not known.
		if err := k.press(ctx, "dispute-next", s, "next", next); err != nil {
			return err
		}
	}
	if s, err = k.expect(ctx, "Submit", func(s site.Sight) bool { return s.Has("send", send) }); err != nil {
		return err
	}
	if err := k.press(ctx, "before-submit", s, "send", send); err != nil {
		return err
	}
	// Where a pop-up asks whether to submit, it is agreed to.
	s, err = k.expect(ctx, "what came of Submit", func(s site.Sight) bool { return s.Has("dialog_bt", confirm) || p.Submitted(s.View) })
	if err != nil || p.Submitted(s.View) {
		return err
	}
	if err := k.press(ctx, "before-confirm", s, "dialog_bt", confirm); err != nil {
		return err
	}
	_, err = k.expect(ctx, "the end", func(s site.Sight) bool { return p.Submitted(s.View) })
	return err
}

func (k *claim) press(ctx context.Context, name string, s site.Sight, query string, allow site.Allowance) error {
	el, _ := s.Button(query, allow)
	return k.commit(ctx, commitment{name: name, el: el, allow: allow, still: func(_ context.Context, s site.Sight) error { return k.right(s) }})
}

// conclude reads the list of returns and says whether the dispute is there.
func (k *claim) conclude(ctx context.Context, cause error) error {
	why := "submitted"
	if cause != nil {
		why = cause.Error()
	}
	k.witness(ctx, "after-submit")
	var list []supplier.Return
	var err error
	if k.tab, err = k.c.page(ctx); err == nil {
		list, err = k.c.returns(ctx, k.tab, k.number, k.pace)
	}
	if err != nil {
		return end(supplier.DisputeUnclear, "%s; reading the list of returns: %v", why, err)
	}
	k.witness(ctx, "re-read")
	if k.opened = k.open(list); k.opened != nil {
		return end(supplier.DisputeSubmitted, "read again: %s", site.Quoted(k.opened.Status))
	}
	return end(supplier.DisputeUnclear, "%s; the list of returns does not show it", why)
}
