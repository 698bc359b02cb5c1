package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// open clicks the cancel button on the order's page. A page that moves its
// buttons under the pointer is looked at once more: nothing was pressed.
func (a *attempt) open(ctx context.Context) error {
	b, ok := a.c.p.CancelButton(a.detail.Buttons)
	if !ok || !a.c.p.Cancel.ButtonCaptions.Is(b.Caption) {
		return a.unknown(ctx, "the cancel button's caption "+site.Quoted(b.Caption)+" is not in the profile (cancel.button_captions)")
	}
	err := a.openOnce(ctx, b)
	if errors.Is(err, chrome.ErrStale) && !a.pressed {
		err = a.openOnce(ctx, b)
	}
	a.opened = err == nil
	return err
}

func (a *attempt) openOnce(ctx context.Context, b site.Button) error {
	allow := site.Allowance{What: "the cancel button", Type: b.Type, Captions: site.Texts{"": {b.Caption}}}
	el, err := a.findButton(ctx, allow)
	if err == nil {
		err = a.guarded(a.number) // which the page has just proved
	}
	if err == nil {
		err = a.strays(ctx)
	}
	if err != nil {
		return err
	}
	return a.commit(ctx, commitment{
		name: "before-first-click", el: el, allow: allow, still: a.is(site.PageDetail, a.detailID),
		harmless: !slices.Contains(a.c.p.Cancel.ButtonCommits, a.detail.Reading.Phase),
	})
}

// findButton waits for the cancel button, which may come later than the data.
func (a *attempt) findButton(ctx context.Context, allow site.Allowance) (site.Element, error) {
	s, err := a.ready(ctx, site.PageDetail)
	if err == nil {
		s, _, err = a.until(ctx, func(s site.Sight) bool { return s.Has("buttons", allow) || s.Kind != site.PageDetail })
	}
	if err == nil {
		err = a.detailID(s)
	}
	if err != nil {
		return site.Element{}, err
	}
	el, why := s.Button("buttons", allow)
	if why != "" {
		err = a.unknown(ctx, why+" with the caption "+site.Quoted(allow.Captions[""][0])+" (selectors.detail_buttons)")
	}
	return el, err
}

// ready pauses as a person would and looks once more: the page must still be
// what it was.
func (a *attempt) ready(ctx context.Context, want site.PageKind) (site.Sight, error) {
	if err := a.pace(ctx); err != nil {
		return site.Sight{}, err
	}
	s, _, err := a.until(ctx, site.Sight.Settled)
	switch {
	case err != nil:
	case s.Kind != want:
		err = a.unknown(ctx, fmt.Sprintf("expected the %s, see the %s %s", want, s.Kind, s.Why))
	case want == site.PageForm && a.tab != a.formTab:
		err = a.unknown(ctx, "the site went to another tab, whose form was not read")
	}
	return s, err
}

// is tells whether the page is still what a press is for.
func (a *attempt) is(want site.PageKind, more func(site.Sight) error) func(context.Context, site.Sight) error {
	return func(_ context.Context, s site.Sight) error {
		if s.Kind != want {
			return end(state.AskUnknown, "the page turned from the %s into the %s before the click%s", want, s.Kind, a.sofar())
		}
		return more(s)
	}
}

// detailID proves by the page of this very look that it is the order's. What
// was read before proves nothing any more.
func (a *attempt) detailID(s site.Sight) error { return a.judged(s.DetailOf(a.number)) }

func (a *attempt) formID(s site.Sight) error { return a.judged(s.FormOf(a.number)) }

// fill chooses the reason and submits.
func (a *attempt) fill(ctx context.Context, s site.Sight) error {
	offered, err := a.form(ctx, s)
	if err != nil {
		return err
	}
	choice, ok := a.c.p.Choose(offered)
	if !ok {
		return a.unknown(ctx, "none of the reasons that the site offers is in the profile (cancel.reasons)")
	}
	a.reason = choice.Text
	// chosen: the form shows the reason and can be submitted.
	chosen := func(s site.Sight) bool {
		submit := s.Shown("submit")
		return s.Chose("select", choice) && len(submit) == 1 && submit[0].Enabled
	}
	if _, err = a.ready(ctx, site.PageForm); err == nil {
		err = a.pick(ctx, "select", "options", choice, chosen)
	}
	if err != nil {
		return err
	}
	return a.submit(ctx, chosen)
}

// form reads what the reason form is about: its own data must name the order
// that is to be cancelled.
func (a *attempt) form(ctx context.Context, s site.Sight) ([]site.Offer, error) {
	var data *site.Answer
	step, cancel := context.WithTimeout(ctx, a.c.o.StepTimeout)
	defer cancel()
	err := a.tab.WaitFor(step, "wait for the reasons", func(context.Context) (bool, error) {
		for _, r := range a.heard.Responses() {
			got, err := a.c.p.Accept(site.Response(r), a.c.p.Calls.Reasons)
			if err != nil {
				return true, err
			}
			if got != nil {
				data = got
			}
		}
		return data != nil, nil
	})
	if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
		return nil, err
	}
	if data == nil {
		return nil, a.unknown(ctx, "the reason form does not tell which order it is about")
	}
	if why := site.DisputeData(*data); why != "" {
		return nil, a.unknown(ctx, why)
	}
	number, offered := site.ParseReasons(*data)
	for _, r := range offered {
		a.offered = append(a.offered, r.Text)
	}
	if err := a.guarded(number); err != nil {
		a.witness(ctx, "wrong-order")
		return nil, err
	}
	a.formTab = a.tab
	return offered, a.formID(s)
}

// submit sends the form. Whether that already asks the supplier is not
// known, so by default the mark is set here.
func (a *attempt) submit(ctx context.Context, chosen func(site.Sight) bool) error {
	filled := func(s site.Sight) error {
		if !chosen(s) {
			return end(state.AskUnknown, "the form changed before it was submitted%s", a.sofar())
		}
		return a.formID(s)
	}
	s, err := a.ready(ctx, site.PageForm)
	if err == nil {
		if err = filled(s); err != nil {
			a.witness(ctx, "page-turned")
		}
	}
	if err != nil {
		return err
	}
	err = a.commit(ctx, commitment{
		name: "before-submit", el: s.Shown("submit")[0], allow: site.Allowance{What: "Submit", Captions: a.c.p.Cancel.SubmitCaptions, Form: true},
		still: a.is(site.PageForm, filled), harmless: !a.c.p.Cancel.SubmitCommits,
	})
	a.submitted = err == nil
	return err
}

// confirm agrees in the pop-up that asks whether the order is to be
// cancelled, and in no other.
func (a *attempt) confirm(ctx context.Context) error {
	s, err := a.ready(ctx, site.PageConfirm)
	if err != nil {
		return err
	}
	allow := site.Allowance{What: "Confirm", Captions: a.c.p.Cancel.ConfirmCaptions, Title: a.c.p.Cancel.ConfirmTitles}
	el, why := s.Button("dialog_bt", allow)
	if why != "" {
		return a.unknown(ctx, why+" that confirms (selectors.dialog_buttons)")
	}
	if err := a.rightDialog(s); err != nil {
		a.witness(ctx, "unknown-page")
		return err
	}
	if err := a.guarded(a.number); err != nil {
		return err
	}
	err = a.commit(ctx, commitment{name: "before-confirm", el: el, allow: allow, still: a.is(site.PageConfirm, a.rightDialog)})
	a.confirmed = err == nil
	return err
}

// rightDialog tells whether the pop-up can be about the order: our form led
// to it, or our click on this very page of the order.
func (a *attempt) rightDialog(s site.Sight) error {
	switch {
	case a.submitted && a.tab == a.formTab:
		return a.formID(s)
	case !a.opened || len(s.Shown("title")) == 0:
		return end(state.AskUnknown, "a confirm dialog that no form and no order's page led to%s", a.sofar())
	}
	return a.detailID(s)
}
