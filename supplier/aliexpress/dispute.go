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
	"countermand/supplier/chrome"
)

// Dispute is the dispute form, from the order's own link to Submit.
type Dispute struct {
	// ButtonTypes are those of the button that holds the links to the form.
	ButtonTypes []string         `yaml:"button_types"`
	Selectors   DisputeSelectors `yaml:"selectors"`
	// The captions of what is clicked.
	YesCaptions      Texts `yaml:"yes_captions"`
	NoCaptions       Texts `yaml:"no_captions"`
	NextCaptions     Texts `yaml:"next_captions"`
	NextPageCaptions Texts `yaml:"next_page_captions"`
	// ConfirmTitles are those of the pop-up after Submit.
	ConfirmTitles Texts `yaml:"confirm_titles"`
	DoneTexts     Texts `yaml:"done_texts"`
	// Over are the codes of returns that are decided and paid.
	Over []string `yaml:"over"`
}

// DisputeSelectors are CSS; each a list of alternatives.
type DisputeSelectors struct {
	Order    []string `yaml:"order"`
	Line     []string `yaml:"line"`
	Yes      []string `yaml:"yes"`
	No       []string `yaml:"no"`
	Select   []string `yaml:"select"`
	Options  []string `yaml:"options"`
	Text     []string `yaml:"text"`
	Amount   []string `yaml:"amount"`
	Files    []string `yaml:"files"`
	Uploaded []string `yaml:"uploaded"`
	Next     []string `yaml:"next"`
	Submit   []string `yaml:"submit"`
	Done     []string `yaml:"done"`
	NextPage []string `yaml:"next_page"`
}

// claim is one attempt to fill in a dispute.
type claim struct {
	scene
	d       supplier.Dossier
	offered []reason
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
		out.Offered = append(out.Offered, r.text)
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
			return halt(supplier.DisputeAlready, "the list of returns shows %s about this line", quoted(r.Status))
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

func (k *claim) guard(d detailPage) error {
	if k.d.Guard != nil {
		if err := k.d.Guard(d.reading); err != nil {
			return halt(supplier.DisputeWrongOrder, "%v; nothing was submitted", err)
		}
	}
	if !slices.ContainsFunc(d.reading.Lines, func(l state.Line) bool { return l.ID == k.d.Line }) {
		return halt(supplier.DisputeWrongOrder, "order %s has no line %s", k.number, k.d.Line)
	}
	return nil
}

func (k *claim) queries() map[string]Query {
	s := k.c.p.Dispute.Selectors
	dialog := strings.Join(k.c.p.Selectors.Dialog, ",")
	return map[string]Query{
		"order": {Selectors: s.Order}, "line": {Selectors: s.Line}, "yes": {Selectors: s.Yes}, "no": {Selectors: s.No},
		"select": {Selectors: s.Select}, "options": {Selectors: s.Options}, "text": {Selectors: s.Text}, "amount": {Selectors: s.Amount},
		"files": {Selectors: s.Files}, "uploaded": {Selectors: s.Uploaded}, "next": {Selectors: s.Next}, "submit": {Selectors: s.Submit},
		"done":      {Selectors: s.Done},
		"dialog_bt": {Selectors: k.c.p.Selectors.DialogButtons, Within: dialog, Title: strings.Join(k.c.p.Selectors.DialogTitle, ",")},
	}
}

// see looks until good; a page that never gets so ends the attempt.
func (k *claim) see(ctx context.Context, what string, good func(View) bool) (View, error) {
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
func (k *claim) right(v View) error {
	for name, want := range map[string]string{"order": k.number, "line": k.d.Line} {
		if text := v.TextOf(name); text != "" && numberIn(text) != want {
			return halt(supplier.DisputeWrongOrder, "the dispute page is about %s %s, not %s; nothing was submitted", name, quoted(clip(text)), want)
		}
	}
	return nil
}

// open follows the order's own link, without clicking the button that holds
// it, and makes sure that the form's data are of the very line.
func (k *claim) open(ctx context.Context) error {
	links, ok := k.detail.disputes[k.d.Line]
	if !ok {
		return halt(supplier.DisputeNotOffered, "the order (%s) offers no dispute about this line", quoted(k.detail.reading.StatusText))
	}
	link := links.missing
	if k.d.Received {
		link = links.received
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
func (k *claim) read(a answer) error {
	m := a.Data.get("module")
	order, line := m.get("tradeOrderId").str(), m.get("tradeOrderLineId").str()
	if err := formless(a); err != nil {
		return err
	}
	if order != k.number || line != k.d.Line {
		return halt(supplier.DisputeWrongOrder, "the form's data are of order %q, line %q; nothing was submitted", order, line)
	}
	list := m.get("reasonList")
	if received := m.get("reasonListForReceived"); k.d.Received && received.there() {
		list = received
	}
	k.offered = readReasons(list)
	return nil
}

// choose takes the first wish that exactly one offered reason fits.
func (k *claim) choose() (reason, bool) {
	for _, want := range k.d.Reasons {
		var fits []reason
		for _, o := range k.offered {
			if want == o.code || fold(want) != "" && strings.Contains(fold(o.text), fold(want)) {
				fits = append(fits, o)
			}
		}
		if len(fits) == 1 && k.c.p.denies(button{Caption: fits[0].text}) == "" {
			return fits[0], true
		}
	}
	return reason{}, false
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
	v, err := k.see(ctx, "the form", func(v View) bool {
		return len(v.Shown("select")) == 1 || len(v.Shown(name)) == 1
	})
	if err != nil {
		return err
	}
	k.filled["received"] = name
	if len(v.Shown("select")) == 1 {
		return nil // the link has answered it
	}
	return k.c.press(ctx, k.tab, v.Shown(name)[0], allowance{what: "the answer", captions: captions})
}

func (k *claim) pick(ctx context.Context, choice reason) error {
	v, err := k.see(ctx, "its drop-down of reasons", func(v View) bool { return len(v.Shown("select")) == 1 })
	if err != nil {
		return err
	}
	if err := k.c.press(ctx, k.tab, v.Shown("select")[0], allowance{what: "the reasons", form: true}); err != nil {
		return err
	}
	isChoice := func(e Element) bool { return fold(e.Text) == fold(choice.text) }
	v, err = k.see(ctx, "the reason "+quoted(choice.text)+" once", func(v View) bool {
		_, why := v.Only("options", isChoice)
		return why == ""
	})
	if err != nil {
		return err
	}
	option, _ := v.Only("options", isChoice)
	if err := k.c.press(ctx, k.tab, option, allowance{what: "the reason", captions: Texts{"": {choice.text}}, form: true}); err != nil {
		return err
	}
	_, err = k.see(ctx, "the chosen reason", func(v View) bool { return strings.Contains(fold(v.TextOf("select")), fold(choice.text)) })
	k.filled["reason"] = choice.text
	return err
}

// put writes into one of the form's fields.
func (k *claim) put(ctx context.Context, name, text string) error {
	v, err := k.see(ctx, "the field for the "+name, func(v View) bool { return len(v.Shown(name)) == 1 })
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
	v, err := k.see(ctx, "the field for files", func(v View) bool { return len(v.Found["files"]) == 1 })
	if err != nil {
		return err
	}
	if err := k.c.upload(ctx, k.tab, v.Found["files"][0], k.d.Files); err != nil {
		return err
	}
	if _, err := k.see(ctx, "the files as uploaded", func(v View) bool { return len(v.Found["uploaded"]) >= len(k.d.Files) }); err != nil {
		return err
	}
	var names []string
	for _, f := range k.d.Files {
		names = append(names, filepath.Base(f))
	}
	k.filled["files"] = strings.Join(names, ", ")
	return nil
}
