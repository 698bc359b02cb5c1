package aliexpress

import (
	"context"
	"errors"
	"fmt"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// open clicks the cancel button on the order's page. A page that moves its
// buttons under the pointer is looked at once more: nothing was pressed.
func (f *cancelFlow) open(ctx context.Context) error {
	b, ok := f.c.p.CancelButton(f.detail.Buttons)
	if !ok || !f.c.p.Cancel.ButtonCaptions.Is(b.Caption) {
		return f.unknown(ctx, "the cancel button's caption "+site.Quoted(b.Caption)+" is not in the profile (cancel.button_captions)")
	}
	err := f.openOnce(ctx, b)
	if errors.Is(err, chrome.ErrStale) {
		err = f.openOnce(ctx, b)
	}
	f.opened = err == nil
	return err
}

func (f *cancelFlow) openOnce(ctx context.Context, b site.Button) error {
	allow := site.Allowance{What: "the cancel button", Type: b.Type, Captions: site.Texts{"": {b.Caption}}, Press: site.PressOpening, About: site.KindCancel}
	el, err := f.findButton(ctx, allow)
	if err == nil {
		err = f.askGuard(f.number) // which the page has just proved
	}
	if err == nil {
		err = f.closeOwnTabs(ctx)
	}
	if err != nil {
		return err
	}
	return f.commit(ctx, commitment{
		name: "before-first-click", el: el, allow: allow, still: f.is(site.PageDetail, f.detailID),
	})
}

// findButton waits for the cancel button, which may come later than the data.
func (f *cancelFlow) findButton(ctx context.Context, allow site.Allowance) (site.Element, error) {
	s, err := f.ready(ctx, site.PageDetail)
	if err == nil {
		s, _, err = f.until(ctx, func(s site.Sight) bool { return s.Has("buttons", allow) || s.Kind != site.PageDetail })
	}
	if err == nil {
		err = f.detailID(s)
	}
	if err != nil {
		return site.Element{}, err
	}
	el, why := s.Button("buttons", allow)
	if why != "" {
		err = f.unknown(ctx, why+" with the caption "+site.Quoted(allow.Captions[""][0])+" (selectors.detail_buttons)")
	}
	return el, err
}

// ready pauses as a person would and looks once more: the page must still be
// what it was.
func (f *cancelFlow) ready(ctx context.Context, want site.PageKind) (site.Sight, error) {
	if err := f.pace(ctx); err != nil {
		return site.Sight{}, err
	}
	s, _, err := f.until(ctx, site.Sight.Settled)
	switch {
	case err != nil:
	case s.Kind != want:
		err = f.unknown(ctx, fmt.Sprintf("expected the %s, see the %s %s", want, s.Kind, s.Why))
	case want == site.PageForm && f.tab != f.formTab:
		err = f.unknown(ctx, "the site went to another tab, whose form was not read")
	}
	return s, err
}

// is tells whether the page is still what a press is for.
func (f *cancelFlow) is(want site.PageKind, more func(site.Sight) error) func(context.Context, site.Sight) error {
	return func(_ context.Context, s site.Sight) error {
		if s.Kind != want {
			return end(state.AskUnknown, "the page turned from the %s into the %s before the click%s", want, s.Kind, f.sofar())
		}
		return more(s)
	}
}

// detailID proves by the page of this very look that it is the order's. What
// was read before proves nothing any more.
func (f *cancelFlow) detailID(s site.Sight) error { return f.verdictOf(s.DetailOf(f.number)) }

func (f *cancelFlow) formID(s site.Sight) error { return f.verdictOf(s.FormOf(f.number)) }

// fill chooses the reason and submits.
func (f *cancelFlow) fill(ctx context.Context, s site.Sight) error {
	offered, err := f.form(ctx, s)
	if err != nil {
		return err
	}
	choice, ok := f.c.p.Choose(offered)
	if !ok {
		return f.unknown(ctx, "none of the reasons that the site offers is in the profile (cancel.reasons)")
	}
	f.reason = choice.Text
	// chosen: the form shows the reason and can be submitted.
	chosen := func(s site.Sight) bool {
		submit := s.Shown("submit")
		return s.Chose("select", choice) && len(submit) == 1 && submit[0].Enabled
	}
	if _, err = f.ready(ctx, site.PageForm); err == nil {
		err = f.pick(ctx, "select", "options", choice, chosen)
	}
	if err != nil {
		return err
	}
	return f.submit(ctx, chosen)
}

// form reads what the reason form is about: its own data must name the order
// that is to be cancelled.
func (f *cancelFlow) form(ctx context.Context, s site.Sight) ([]site.Offer, error) {
	var data *site.Answer
	step, cancel := context.WithTimeout(ctx, f.c.o.StepTimeout)
	defer cancel()
	err := f.tab.WaitFor(step, "wait for the reasons", func(context.Context) (bool, error) {
		for _, r := range f.heard.Responses() {
			got, err := f.c.p.Accept(site.Response(r), f.c.p.Calls.Reasons)
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
		return nil, f.unknown(ctx, "the reason form does not tell which order it is about")
	}
	if why := site.DisputeData(*data); why != "" {
		return nil, f.unknown(ctx, why)
	}
	number, offered := site.ParseReasons(*data)
	for _, r := range offered {
		f.offered = append(f.offered, r.Text)
	}
	if err := f.askGuard(number); err != nil {
		f.keepQuietly(ctx, "wrong-order")
		return nil, err
	}
	f.formTab = f.tab
	return offered, f.formID(s)
}

// submit sends the form.
func (f *cancelFlow) submit(ctx context.Context, chosen func(site.Sight) bool) error {
	filled := func(s site.Sight) error {
		if !chosen(s) {
			return end(state.AskUnknown, "the form changed before it was submitted%s", f.sofar())
		}
		return f.formID(s)
	}
	s, err := f.ready(ctx, site.PageForm)
	if err == nil {
		if err = filled(s); err != nil {
			f.keepQuietly(ctx, "page-turned")
		}
	}
	if err != nil {
		return err
	}
	err = f.commit(ctx, commitment{
		name: "before-submit", el: s.Shown("submit")[0], still: f.is(site.PageForm, filled),
		allow: site.Allowance{What: "Submit", Captions: f.c.p.Cancel.SubmitCaptions, Form: true, Press: site.PressCommits, About: site.KindCancel},
	})
	f.submitted = err == nil
	return err
}

// confirm agrees in the pop-up that asks whether the order is to be
// cancelled, and in no other.
func (f *cancelFlow) confirm(ctx context.Context) error {
	s, err := f.ready(ctx, site.PageConfirm)
	if err != nil {
		return err
	}
	allow := site.Allowance{What: "Confirm", Captions: f.c.p.Cancel.ConfirmCaptions, Title: f.c.p.Cancel.ConfirmTitles, Press: site.PressCommits, About: site.KindCancel}
	el, why := s.Button("dialog_bt", allow)
	if why != "" {
		return f.unknown(ctx, why+" that confirms (selectors.dialog_buttons)")
	}
	if err := f.rightDialog(s); err != nil {
		f.keepQuietly(ctx, "unknown-page")
		return err
	}
	if err := f.askGuard(f.number); err != nil {
		return err
	}
	err = f.commit(ctx, commitment{name: "before-confirm", el: el, allow: allow, still: f.is(site.PageConfirm, f.rightDialog)})
	f.confirmed = err == nil
	return err
}

// rightDialog tells whether the pop-up can be about the order: our form led
// to it, or our click on this very page of the order.
func (f *cancelFlow) rightDialog(s site.Sight) error {
	switch {
	case f.submitted && f.tab == f.formTab:
		return f.formID(s)
	case !f.opened || len(s.Shown("title")) == 0:
		return end(state.AskUnknown, "a confirm dialog that no form and no order's page led to%s", f.sofar())
	}
	return f.detailID(s)
}
