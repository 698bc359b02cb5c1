package site

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/state"
)

// Validate names every problem by its field path.
func (p Profile) Validate() error {
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	}
	if p.Version != 1 {
		bad("version", "is %d, this program reads version 1", p.Version)
	}
	p.validateURLs(bad)
	p.validateLists(bad)
	p.validatePhases(bad)
	p.validateClicks(bad)
	p.validateNuisances(bad)
	p.validateGate(bad)
	for lang, d := range p.Dates {
		if len(d.Months) != 0 && len(d.Months) != 12 {
			bad("dates."+lang+".months", "has %d names, want 12", len(d.Months))
		}
		for _, l := range d.Layouts {
			if !strings.Contains(l, "2006") || !strings.Contains(l, "2") {
				bad("dates."+lang+".layouts", "%q is not a layout of Go's reference time", l)
			}
		}
	}
	return errors.Join(errs...)
}

type complain func(path, format string, args ...any)

func (p Profile) validateURLs(bad complain) {
	for path, u := range map[string][3]string{
		"urls.list":     {p.URLs.List, "{www}", ""},
		"urls.detail":   {p.URLs.Detail, "{www}", "{id}"},
		"urls.tracking": {p.URLs.Tracking, "{www}", "{id}"},
		"urls.refund":   {p.URLs.Refund, "{mobile}", "{line}"},
	} {
		if !strings.HasPrefix(u[0], u[1]) || !strings.Contains(u[0], u[2]) {
			bad(path, "%q must begin with %s and hold %s", u[0], u[1], u[2])
		}
	}
	if u := p.URLs.Returns; u != "" && !strings.HasPrefix(u, "{mobile}") && !strings.HasPrefix(u, "{www}") {
		bad("urls.returns", "%q must begin with a host of the account", u)
	}
	for path, v := range map[string]string{
		"calls.list": p.Calls.List, "calls.detail": p.Calls.Detail, "calls.tracking": p.Calls.Tracking, "calls.refund": p.Calls.Refund,
		"calls.reasons": p.Calls.Reasons, "calls.operation": p.Calls.Operation,
		"tags.list_order": p.Tags.ListOrder, "tags.list_body": p.Tags.ListBody, "tags.status": p.Tags.Status, "tags.info": p.Tags.Info,
		"tags.products": p.Tags.Products, "tags.price": p.Tags.Price,
		"locale_cookie.name": p.LocaleCookie.Name, "locale_cookie.value": p.LocaleCookie.Value,
	} {
		if v == "" {
			bad(path, "is missing")
		}
	}
}

func (p Profile) validateLists(bad complain) {
	s := p.Selectors
	for path, list := range map[string][]string{
		"returns.ok": p.Returns.OK, "returns.logged_out": p.Returns.LoggedOut, "returns.challenged": p.Returns.Challenged,
		"pages.challenge.addresses": p.Pages.Challenge.Addresses, "pages.challenge.selectors": p.Pages.Challenge.Selectors,
		"selectors.list_more": s.ListMore, "selectors.detail_id": s.DetailID, "selectors.detail_title": s.DetailTitle,
		"selectors.detail_buttons": s.DetailButtons, "selectors.dialog": s.Dialog, "selectors.dialog_title": s.DialogTitle,
		"selectors.dialog_buttons": s.DialogButtons, "selectors.form_select": s.FormSelect, "selectors.form_options": s.FormOptions,
		"selectors.form_submit": s.FormSubmit, "selectors.done": s.Done,
		"cancel.button_types": p.Cancel.ButtonTypes, "scans.physical": p.Scans.Physical, "scans.delivered": p.Scans.Delivered,
		"refund.done": p.Refund.Done, "pages.form.addresses": p.Pages.Form.Addresses, "pages.dispute.addresses": p.Pages.Dispute.Addresses,
	} {
		if len(list) == 0 {
			bad(path, "is empty")
		}
		for _, v := range list {
			if strings.TrimSpace(v) == "" {
				bad(path, "holds an empty entry, which would match everything")
			}
		}
	}
	for path, t := range map[string]Texts{
		"reminders.pending": p.Reminders.Pending, "reminders.refused": p.Reminders.Refused,
		"cancel.button_captions": p.Cancel.ButtonCaptions, "cancel.submit_captions": p.Cancel.SubmitCaptions,
		"cancel.confirm_titles": p.Cancel.ConfirmTitles, "cancel.confirm_captions": p.Cancel.ConfirmCaptions,
		"cancel.done_texts": p.Cancel.DoneTexts, "cancel.picked_up_texts": p.Cancel.PickedUpTexts, "list.more_captions": p.List.MoreCaptions,
	} {
		t.validate(path, bad)
	}
	p.Reminders.DisputeWithin.validateDays("reminders.dispute_within", bad)
}

func (p Profile) validatePhases(bad complain) {
	known := []state.Phase{state.PhaseUnpaid, state.PhaseRiskHold, state.PhaseProcessing, state.PhasePending, state.PhaseShipped, state.PhaseDelivered, state.PhaseFinished, state.PhaseClosed}
	seen := map[string]state.Phase{}
	for ph, texts := range p.Statuses {
		path := "statuses." + string(ph)
		if !slices.Contains(known, ph) {
			bad(path, "is not a phase")
		}
		texts.validate(path, bad)
		for _, t := range texts.all() {
			if other, dup := seen[fold(t)]; dup && other != ph {
				bad(path, "%q stands for %s too", t, other)
			}
			seen[fold(t)] = ph
		}
	}
	for _, ph := range []state.Phase{state.PhaseProcessing, state.PhasePending, state.PhaseShipped, state.PhaseClosed} {
		if len(p.Statuses[ph]) == 0 {
			bad("statuses."+string(ph), "is missing")
		}
	}
	for path, m := range map[string]map[string][]state.Phase{"numbers": p.Numbers, "button_phases": p.ButtonPhases} {
		for key, phases := range m {
			if len(phases) == 0 {
				bad(path+"."+key, "is empty")
			}
			for _, ph := range phases {
				if !slices.Contains(known, ph) {
					bad(path+"."+key, "%q is not a phase", ph)
				}
			}
		}
	}
}

// validateClicks refuses a profile that would allow what is denied.
func (p Profile) validateClicks(bad complain) {
	for path, t := range map[string]Texts{
		"cancel.button_captions": p.Cancel.ButtonCaptions, "cancel.submit_captions": p.Cancel.SubmitCaptions,
		"cancel.confirm_captions": p.Cancel.ConfirmCaptions, "list.more_captions": p.List.MoreCaptions,
		"messages.send_captions": p.Messages.SendCaptions, "dispute.yes_captions": p.Dispute.YesCaptions, "dispute.no_captions": p.Dispute.NoCaptions,
		"dispute.next_captions": p.Dispute.NextCaptions, "dispute.next_page_captions": p.Dispute.NextPageCaptions,
	} {
		p.validateCaptions(path, t.all(), bad)
	}
	for path, t := range map[string]Texts{"cancel.confirm_titles": p.Cancel.ConfirmTitles, "dispute.confirm_titles": p.Dispute.ConfirmTitles} {
		for _, title := range t.all() {
			if why := p.Denies(Button{Title: title}); why != "" || fold(title) == "" {
				bad(path, "nothing may be clicked under %q: %s", title, why)
			}
		}
	}
	for _, typ := range p.Cancel.ButtonTypes {
		if why := p.Denies(Button{Type: typ}); why != "" {
			bad("cancel.button_types", "%s may never be clicked: %s", typ, why)
		}
	}
	if len(p.Cancel.Reasons) == 0 {
		bad("cancel.reasons", "is empty")
	}
	for i, r := range p.Cancel.Reasons {
		if r.Code == "" && len(r.Keywords) == 0 {
			bad(fmt.Sprintf("cancel.reasons[%d]", i), "has neither code nor keywords")
		}
	}
	for code, to := range p.Refund.Channels {
		switch to {
		case state.RefundCard, state.RefundBalance, state.RefundBonus, state.RefundUnknown:
		default:
			bad("refund.channels."+code, "%q is not card, balance, bonus or unknown", to)
		}
	}
}

func (p Profile) validateNuisances(bad complain) {
	for i, n := range p.Nuisances {
		path := fmt.Sprintf("nuisances[%d]", i)
		if n.Name == "" || len(n.Covers) == 0 || slices.Contains(n.Covers, "") || slices.Contains(n.Dismiss, "") {
			bad(path, "needs a name and what covers the page, without empty entries")
		}
		if len(n.Dismiss) > 0 && len(n.Captions) == 0 {
			bad(path+".captions", "is empty: what may its close button be called?")
		}
		p.validateCaptions(path+".captions", n.Captions, bad)
		for _, caption := range n.Captions {
			for _, t := range []Texts{p.Cancel.ButtonCaptions, p.Cancel.SubmitCaptions, p.Cancel.ConfirmCaptions} {
				if t.Is(caption) {
					bad(path+".captions", "%q is a button of the site's own", caption)
				}
			}
		}
	}
}

// validateCaptions refuses captions that are denied.
func (p Profile) validateCaptions(path string, captions []string, bad complain) {
	for _, caption := range captions {
		if why := p.Denies(Button{Caption: caption}); why != "" {
			bad(path, "%q may never be clicked: %s", caption, why)
		}
	}
}

// validateDays allows none; each must have one {days} between words.
func (t Texts) validateDays(path string, bad complain) {
	for _, x := range t.all() {
		before, after, ok := strings.Cut(fold(x), daysMark)
		if !ok || before == "" || after == "" || strings.Contains(after, daysMark) {
			bad(path, "%q must have one %s between its words", x, daysMark)
		}
	}
}

func (t Texts) validate(path string, bad complain) {
	if len(t.all()) == 0 {
		bad(path, "is empty")
	}
	for _, x := range t.all() {
		if fold(x) == "" {
			bad(path, "holds an empty text, which would match everything")
		}
	}
}
