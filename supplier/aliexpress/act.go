package aliexpress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// open clicks the cancel button on the order's page. A page that moves its
// buttons under the pointer is looked at once more: nothing was pressed.
func (a *attempt) open(ctx context.Context, _ site.Sight) (verdict, error) {
	b, ok := a.c.p.CancelButton(a.detail.Buttons)
	if !ok || !a.c.p.Cancel.ButtonCaptions.Is(b.Caption) {
		return a.unknown(ctx, "the cancel button's caption "+site.Quoted(b.Caption)+" is not in the profile (cancel.button_captions)")
	}
	v, err := a.openOnce(ctx, b)
	if (errors.Is(err, chrome.ErrStale) || errors.Is(err, chrome.ErrCovered)) && !a.sent {
		v, err = a.openOnce(ctx, b)
	}
	if err != nil {
		return a.clicked(err)
	}
	a.opened = !v.ends()
	return v, nil
}

func (a *attempt) openOnce(ctx context.Context, b site.Button) (verdict, error) {
	el, v, err := a.findButton(ctx, b)
	if err != nil || v.ends() {
		return v, err
	}
	if err := a.guard(a.req.Number); err != nil { // which the page has just proved
		return end(state.AskWrongOrder, "%v%s", err, a.sofar()), nil
	}
	if err := a.strays(ctx); err != nil {
		return goOn, err
	}
	allow := site.Allowance{What: "the cancel button", Type: b.Type, Captions: site.Texts{"": {b.Caption}}}
	commits := slices.Contains(a.c.p.Cancel.ButtonCommits, a.detail.Reading.Phase)
	return a.commit(ctx, "before-first-click", el, allow, commits, func(s site.Sight) verdict { return a.is(s, site.PageDetail, a.detailID) })
}

// findButton waits for the cancel button, which may come later than the data.
func (a *attempt) findButton(ctx context.Context, b site.Button) (site.Element, verdict, error) {
	isIt := func(e site.Element) bool { return site.Fold(e.Text) == site.Fold(b.Caption) && e.Enabled }
	s, v, err := a.ready(ctx, site.PageDetail)
	if err == nil && !v.ends() {
		s, err = a.lookUntil(ctx, func(s site.Sight) bool {
			_, why := s.Only("buttons", isIt)
			return why == "" || s.Kind != site.PageDetail
		})
	}
	if !v.ends() {
		err = a.unbarred(ctx, s, err)
	}
	if err != nil || v.ends() {
		return site.Element{}, v, err
	}
	if v := a.detailID(s); v.ends() {
		return site.Element{}, v, nil
	}
	el, why := s.Only("buttons", isIt)
	if why != "" {
		v, err := a.unknown(ctx, why+" with the caption "+site.Quoted(b.Caption)+" (selectors.detail_buttons)")
		return el, v, err
	}
	return el, goOn, nil
}

// clicked turns an error of a click before the mark into an outcome: nothing
// reached the supplier, it may be done again.
func (a *attempt) clicked(err error) (verdict, error) {
	if unclickable(err) {
		return end(state.AskFailed, "%v%s", err, a.sofar()), nil
	}
	return goOn, err
}

// unclickable knows the errors of an element that could not be clicked.
func unclickable(err error) bool {
	for _, kind := range []error{chrome.ErrCovered, chrome.ErrDisabled, chrome.ErrHidden, chrome.ErrStale, chrome.ErrNotFound} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// ready pauses as a person would and looks once more: the page must still be
// what it was.
func (a *attempt) ready(ctx context.Context, want site.PageKind) (site.Sight, verdict, error) {
	if err := a.c.o.Pace(ctx); err != nil {
		return site.Sight{}, goOn, err
	}
	s, err := a.lookUntil(ctx, func(s site.Sight) bool { return s.Settled() })
	if err = a.unbarred(ctx, s, err); err != nil {
		return s, goOn, err
	}
	if s.Kind != want {
		v, err := a.unknown(ctx, fmt.Sprintf("expected the %s, see the %s %s", want, s.Kind, s.Why))
		return s, v, err
	}
	if want == site.PageForm && a.tab != a.formTab {
		v, err := a.unknown(ctx, "the site went to another tab, whose form was not read")
		return s, v, err
	}
	return s, goOn, nil
}

// unbarred passes an error on, and turns a sight that stops the account's work
// into one.
func (a *attempt) unbarred(ctx context.Context, s site.Sight, err error) error {
	if err == nil {
		if err = s.Barrier(); err != nil {
			a.witness(ctx, "barrier")
		}
	}
	return err
}

// fill chooses the reason and submits.
func (a *attempt) fill(ctx context.Context, s site.Sight) (verdict, error) {
	offered, v, err := a.form(ctx, s)
	if err != nil || v.ends() {
		return v, err
	}
	choice, ok := a.c.p.Choose(offered)
	if !ok {
		return a.unknown(ctx, "none of the reasons that the site offers is in the profile (cancel.reasons)")
	}
	a.reason = choice.Text
	if v, err := a.pick(ctx, choice); err != nil || v.ends() {
		return v, err
	}
	return a.submit(ctx, choice)
}

// form reads what the reason form is about: its own data must name the order
// that is to be cancelled.
func (a *attempt) form(ctx context.Context, s site.Sight) ([]site.Offer, verdict, error) {
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
		return nil, goOn, err
	}
	if data == nil {
		v, err := a.unknown(ctx, "the reason form does not tell which order it is about")
		return nil, v, err
	}
	if why := site.DisputeData(*data); why != "" {
		v, err := a.unknown(ctx, why)
		return nil, v, err
	}
	number, offered := site.ParseReasons(*data)
	for _, r := range offered {
		a.offered = append(a.offered, r.Text)
	}
	if err := a.guard(number); err != nil {
		a.witness(ctx, "wrong-order")
		return nil, end(state.AskWrongOrder, "%v%s", err, a.sofar()), nil
	}
	a.formTab = a.tab
	return offered, a.formID(s), nil
}

// pick opens the drop-down and chooses the reason. Both are clicks of the
// page's own; nothing reaches the supplier.
func (a *attempt) pick(ctx context.Context, choice site.Offer) (verdict, error) {
	s, v, err := a.ready(ctx, site.PageForm)
	if err != nil || v.ends() {
		return v, err
	}
	list := s.Shown("select")
	if len(list) != 1 {
		return a.unknown(ctx, fmt.Sprintf("the reason form has %d drop-downs", len(list)))
	}
	if err := a.c.press(ctx, a.tab, list[0], site.Allowance{What: "the reasons", Form: true}); err != nil {
		return a.clicked(err)
	}
	isChoice := func(e site.Element) bool { return site.Fold(e.Text) == site.Fold(choice.Text) }
	s, err = a.lookUntil(ctx, func(s site.Sight) bool { _, why := s.Only("options", isChoice); return why == "" })
	if err = a.unbarred(ctx, s, err); err != nil {
		return goOn, err
	}
	option, why := s.Only("options", isChoice)
	if why != "" {
		return a.unknown(ctx, "the drop-down does not show the reason "+site.Quoted(choice.Text)+" once (selectors.form_options)")
	}
	if err := a.c.o.Pace(ctx); err != nil {
		return goOn, err
	}
	if err := a.c.press(ctx, a.tab, option, site.Allowance{What: "the reason", Captions: site.Texts{"": {choice.Text}}, Form: true}); err != nil {
		return a.clicked(err)
	}
	s, err = a.lookUntil(ctx, func(s site.Sight) bool { return chosen(s, choice) })
	if err = a.unbarred(ctx, s, err); err != nil {
		return goOn, err
	}
	if !chosen(s, choice) {
		return a.unknown(ctx, "the form does not take the reason "+site.Quoted(choice.Text))
	}
	return goOn, nil
}

// chosen tells whether the form shows the reason and can be submitted.
func chosen(s site.Sight, choice site.Offer) bool {
	list, submit := s.Shown("select"), s.Shown("submit")
	return len(list) == 1 && strings.Contains(site.Fold(list[0].Text), site.Fold(choice.Text)) && len(submit) == 1 && submit[0].Enabled
}

// submit sends the form. Whether that already asks the supplier is not
// known, so by default the mark is set here.
func (a *attempt) submit(ctx context.Context, choice site.Offer) (verdict, error) {
	s, v, err := a.ready(ctx, site.PageForm)
	if err != nil || v.ends() {
		return v, err
	}
	if v := a.formID(s); v.ends() {
		return v, nil
	}
	if !chosen(s, choice) {
		return a.unknown(ctx, "the form changed before it was submitted")
	}
	allow := site.Allowance{What: "Submit", Captions: a.c.p.Cancel.SubmitCaptions, Form: true}
	still := func(s site.Sight) verdict {
		return a.is(s, site.PageForm, func(s site.Sight) verdict {
			if !chosen(s, choice) {
				return end(state.AskUnknown, "the form changed before it was submitted%s", a.sofar())
			}
			return a.formID(s)
		})
	}
	if v, err := a.last(ctx, "before-submit", s.Shown("submit")[0], allow, a.c.p.Cancel.SubmitCommits, still); err != nil || v.ends() {
		return v, err
	}
	a.submitted = true
	return goOn, nil
}

// confirm agrees in the pop-up that asks whether the order is to be
// cancelled, and in no other.
func (a *attempt) confirm(ctx context.Context, _ site.Sight) (verdict, error) {
	s, v, err := a.ready(ctx, site.PageConfirm)
	if err != nil || v.ends() {
		return v, err
	}
	cp := a.c.p.Cancel
	el, why := s.Only("dialog_bt", func(e site.Element) bool {
		return e.Enabled && cp.ConfirmCaptions.Is(e.Text) && cp.ConfirmTitles.In(e.InsideTitle) != ""
	})
	if why != "" {
		return a.unknown(ctx, why+" that confirms (selectors.dialog_buttons)")
	}
	if v := a.rightDialog(s); v.ends() {
		a.witness(ctx, "unknown-page")
		return v, nil
	}
	if err := a.guard(a.req.Number); err != nil {
		return end(state.AskWrongOrder, "%v%s", err, a.sofar()), nil
	}
	allow := site.Allowance{What: "Confirm", Captions: cp.ConfirmCaptions, Title: cp.ConfirmTitles}
	still := func(s site.Sight) verdict { return a.is(s, site.PageConfirm, a.rightDialog) }
	if v, err := a.last(ctx, "before-confirm", el, allow, true, still); err != nil || v.ends() {
		return v, err
	}
	a.confirmed = true
	return goOn, nil
}
