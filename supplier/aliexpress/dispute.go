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
	"countermand/supplier/chrome"
)

// claim is one attempt to fill in a dispute.
type claim struct {
	scene
	d       supplier.Dossier
	offered []site.Offer
	filled  map[string]string
	heard   *chrome.Listener
}

// Dispute fills the form of one order line from the dossier. It stops before
// the form's first button unless the dossier says Submit.
func (c *Client) Dispute(ctx context.Context, d supplier.Dossier) (supplier.DisputeResult, error) {
	op := "fill in a dispute about order " + d.Number
	if ds := c.p.Dispute.Selectors; len(ds.Select) == 0 || len(ds.Text) == 0 || len(c.p.Dispute.ButtonTypes) == 0 {
		return supplier.DisputeResult{}, c.fail(ctx, op, lacks("what the dispute form looks like (dispute)"))
	}
	limited, cancel := context.WithTimeout(ctx, c.o.CancelTimeout)
	defer cancel()
	tab, err := c.begin(limited)
	if err != nil {
		return supplier.DisputeResult{}, c.fail(limited, op, err)
	}
	k := &claim{scene: scene{c: c, tab: tab, number: d.Number, caseID: d.CaseID, mark: d.Dispatch, pace: c.o.Pace}, d: d, filled: map[string]string{}}
	k.heard = tab.Listen(hearing(c.p.Calls.Reasons)...)
	defer func() { k.heard.Close(); k.leave(ctx) }()
	err = k.run(limited)
	if k.marked {
		return k.conclude(ctx, err), nil
	}
	s, err := c.asStop(limited, op, err)
	if err != nil {
		if e, ok := errors.AsType[*supplier.Error](err); ok {
			e.Evidence = append(e.Evidence, k.evidence...)
		}
		return supplier.DisputeResult{}, err
	}
	return k.result(supplier.DisputeOutcome(s.outcome), s.detail), nil
}

func (k *claim) result(o supplier.DisputeOutcome, detail string) supplier.DisputeResult {
	out := supplier.DisputeResult{Outcome: o, Detail: detail, Filled: k.filled, Evidence: k.evidence}
	for _, r := range k.offered {
		out.Offered = append(out.Offered, r.Text)
	}
	return out
}

func (k *claim) run(ctx context.Context) error {
	if err := checkFiles(k.d.Files); err != nil {
		return halt(supplier.DisputeFailed, "%v; nothing was submitted", err)
	}
	before, err := k.c.returns(ctx, k.tab, k.number, k.pace)
	if err != nil {
		return err
	}
	for _, r := range before {
		if r.OrderLine == k.d.Line && r.Open {
			return halt(supplier.DisputeAlready, "the list of returns shows %s about this line", site.Quoted(r.Status))
		}
	}
	if err := k.enter(ctx, k.guard); err != nil {
		return err
	}
	if err := k.open(ctx); err != nil {
		return err
	}
	if err := k.fill(ctx); err != nil {
		return err
	}
	if err := k.keep(ctx, "dispute-filled"); err != nil {
		return halt(supplier.DisputeFailed, "%v; nothing was submitted", err)
	}
	if !k.d.Submit {
		return halt(supplier.DisputeFilled, "the form is filled in; nothing was submitted")
	}
	return k.submit(ctx)
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

func (k *claim) guard(d site.Detail) error {
	if k.d.Guard != nil {
		if err := k.d.Guard(d.Reading); err != nil {
			return halt(supplier.DisputeWrongOrder, "%v; nothing was submitted", err)
		}
	}
	if !slices.ContainsFunc(d.Reading.Lines, func(l state.Line) bool { return l.ID == k.d.Line }) {
		return halt(supplier.DisputeWrongOrder, "order %s has no line %s", k.number, k.d.Line)
	}
	return nil
}

func (k *claim) queries() map[string]site.Query {
	s := k.c.p.Dispute.Selectors
	dialog := strings.Join(k.c.p.Selectors.Dialog, ",")
	return map[string]site.Query{
		"order": {Selectors: s.Order}, "line": {Selectors: s.Line}, "yes": {Selectors: s.Yes}, "no": {Selectors: s.No},
		"select": {Selectors: s.Select}, "options": {Selectors: s.Options}, "text": {Selectors: s.Text}, "amount": {Selectors: s.Amount},
		"files": {Selectors: s.Files}, "uploaded": {Selectors: s.Uploaded}, "next": {Selectors: s.Next}, "submit": {Selectors: s.Submit},
		"done":      {Selectors: s.Done},
		"dialog_bt": {Selectors: k.c.p.Selectors.DialogButtons, Within: dialog, Title: strings.Join(k.c.p.Selectors.DialogTitle, ",")},
	}
}

// see looks until good; a page that never gets so ends the attempt.
func (k *claim) see(ctx context.Context, what string, good func(site.View) bool) (site.View, error) {
	v, ok, err := k.c.sees(ctx, k.tab, k.queries(), good)
	if err != nil {
		return v, err
	}
	if !ok {
		k.witness(ctx, "unknown-page")
		return v, halt(supplier.DisputeUnknown, "the dispute page does not show %s (dispute.selectors)", what)
	}
	return v, k.right(v)
}

// right checks the numbers that the page shows, each time it is looked at.
func (k *claim) right(v site.View) error {
	for name, want := range map[string]string{"order": k.number, "line": k.d.Line} {
		if text := v.TextOf(name); text != "" && site.NumberIn(text) != want {
			return halt(supplier.DisputeWrongOrder, "the dispute page is about %s %s, not %s; nothing was submitted", name, site.Quoted(site.Clip(text)), want)
		}
	}
	return nil
}

// open follows the order's own link, without clicking the button that holds
// it, and makes sure that the form's data are of the very line.
func (k *claim) open(ctx context.Context) error {
	links, ok := k.detail.Disputes[k.d.Line]
	if !ok {
		return halt(supplier.DisputeNotOffered, "the order (%s) offers no dispute about this line", site.Quoted(k.detail.Reading.StatusText))
	}
	link := links.Missing
	if k.d.Received {
		link = links.Received
	}
	address, err := k.c.o.Hosts.Address(link)
	if err != nil {
		return halt(supplier.DisputeUnknown, "%v", err)
	}
	if err := k.pace(ctx); err != nil {
		return err
	}
	if err := k.tab.Navigate(ctx, address); err != nil {
		return err
	}
	step, cancel := context.WithTimeout(ctx, k.c.o.StepTimeout)
	defer cancel()
	a, err := k.c.await(step, k.tab, k.heard, k.c.p.Calls.Reasons, always)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return halt(supplier.DisputeUnknown, "the dispute form does not tell which order it is about")
	}
	if err != nil {
		return err
	}
	return k.read(a)
}

// read takes the form's data: whose it is, and what it offers.
func (k *claim) read(a site.Answer) error {
	m := a.Data.Get("module")
	order, line := m.Get("tradeOrderId").Str(), m.Get("tradeOrderLineId").Str()
	if err := site.Formless(a); err != nil {
		return err
	}
	if order != k.number || line != k.d.Line {
		return halt(supplier.DisputeWrongOrder, "the form's data are of order %q, line %q; nothing was submitted", order, line)
	}
	list := m.Get("reasonList")
	if received := m.Get("reasonListForReceived"); k.d.Received && received.There() {
		list = received
	}
	k.offered = site.ReadReasons(list)
	return nil
}

// choose takes the first wish that exactly one offered reason fits.
func (k *claim) choose() (site.Offer, bool) {
	for _, want := range k.d.Reasons {
		var fits []site.Offer
		for _, o := range k.offered {
			if want == o.Code || site.Fold(want) != "" && strings.Contains(site.Fold(o.Text), site.Fold(want)) {
				fits = append(fits, o)
			}
		}
		if len(fits) == 1 && k.c.p.Denies(site.Button{Caption: fits[0].Text}) == "" {
			return fits[0], true
		}
	}
	return site.Offer{}, false
}

// fill puts the dossier into the form.
func (k *claim) fill(ctx context.Context) error {
	choice, ok := k.choose()
	if !ok {
		k.witness(ctx, "unknown-page")
		return halt(supplier.DisputeUnknown, "none of the reasons wanted is offered exactly once")
	}
	if err := k.answer(ctx); err != nil {
		return err
	}
	if err := k.pick(ctx, choice); err != nil {
		return err
	}
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
	v, err := k.see(ctx, "the form", func(v site.View) bool {
		return len(v.Shown("select")) == 1 || len(v.Shown(name)) == 1
	})
	if err != nil {
		return err
	}
	k.filled["received"] = name
	if len(v.Shown("select")) == 1 {
		return nil // the link has answered it
	}
	return k.c.press(ctx, k.tab, v.Shown(name)[0], site.Allowance{What: "the answer", Captions: captions})
}

func (k *claim) pick(ctx context.Context, choice site.Offer) error {
	v, err := k.see(ctx, "its drop-down of reasons", func(v site.View) bool { return len(v.Shown("select")) == 1 })
	if err != nil {
		return err
	}
	if err := k.c.press(ctx, k.tab, v.Shown("select")[0], site.Allowance{What: "the reasons", Form: true}); err != nil {
		return err
	}
	isChoice := func(e site.Element) bool { return site.Fold(e.Text) == site.Fold(choice.Text) }
	v, err = k.see(ctx, "the reason "+site.Quoted(choice.Text)+" once", func(v site.View) bool {
		_, why := v.Only("options", isChoice)
		return why == ""
	})
	if err != nil {
		return err
	}
	option, _ := v.Only("options", isChoice)
	if err := k.c.press(ctx, k.tab, option, site.Allowance{What: "the reason", Captions: site.Texts{"": {choice.Text}}, Form: true}); err != nil {
		return err
	}
	_, err = k.see(ctx, "the chosen reason", func(v site.View) bool { return strings.Contains(site.Fold(v.TextOf("select")), site.Fold(choice.Text)) })
	k.filled["reason"] = choice.Text
	return err
}

// put writes into one of the form's fields.
func (k *claim) put(ctx context.Context, name, text string) error {
	v, err := k.see(ctx, "the field for the "+name, func(v site.View) bool { return len(v.Shown(name)) == 1 })
	if err != nil {
		return err
	}
	if err := k.c.write(ctx, k.tab, v.Shown(name)[0], text); err != nil {
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
	v, err := k.see(ctx, "the field for files", func(v site.View) bool { return len(v.Found["files"]) == 1 })
	if err != nil {
		return err
	}
	if err := k.c.upload(ctx, k.tab, v.Found["files"][0], k.d.Files); err != nil {
		return err
	}
	if _, err := k.see(ctx, "the files as uploaded", func(v site.View) bool { return len(v.Found["uploaded"]) >= len(k.d.Files) }); err != nil {
		return err
	}
	var names []string
	for _, f := range k.d.Files {
		names = append(names, filepath.Base(f))
	}
	k.filled["files"] = strings.Join(names, ", ")
	return nil
}
