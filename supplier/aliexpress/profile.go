package aliexpress

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"countermand/state"
)

// Profile is what is known of the site, as data. See the comments of
// configs/aliexpress.profile.yaml for the meaning of each part.
type Profile struct {
	Version      int                      `yaml:"version"`
	URLs         URLs                     `yaml:"urls"`
	Calls        Calls                    `yaml:"calls"`
	Returns      Returns                  `yaml:"returns"`
	LocaleCookie LocaleCookie             `yaml:"locale_cookie"`
	Tags         Tags                     `yaml:"tags"`
	Pages        Pages                    `yaml:"pages"`
	Selectors    Selectors                `yaml:"selectors"`
	Statuses     map[state.Phase]Texts    `yaml:"statuses"`
	Reminders    Reminders                `yaml:"reminders"`
	Numbers      map[string][]state.Phase `yaml:"numbers"`
	ButtonPhases map[string][]state.Phase `yaml:"button_phases"`
	Cancel       CancelPages              `yaml:"cancel"`
	List         ListPage                 `yaml:"list"`
	Deny         Deny                     `yaml:"deny"`
	Scans        Scans                    `yaml:"scans"`
	Refund       RefundWords              `yaml:"refund"`
	Dates        map[string]DateForms     `yaml:"dates"`
	// Symbols tell the currency of an amount that the page shows.
	Symbols map[string]string `yaml:"symbols"`
	// Nuisances are what may lie over a button and may be got out of the way.
	Nuisances []Nuisance `yaml:"nuisances"`
	Messages  Messages   `yaml:"messages"`
	Dispute   Dispute    `yaml:"dispute"`
	Private   Private    `yaml:"private"`
	// language is the account's own, which tells how "03/04/2026" reads.
	language string
}

// URLs are templates with {www}, {mobile}, {id} and {line}.
type URLs struct {
	List     string `yaml:"list"`
	Detail   string `yaml:"detail"`
	Tracking string `yaml:"tracking"`
	Refund   string `yaml:"refund"`
	Returns  string `yaml:"returns"`
}

// Calls are the names of the site's own calls, compared without case.
type Calls struct {
	List      string `yaml:"list"`
	Detail    string `yaml:"detail"`
	Tracking  string `yaml:"tracking"`
	Refund    string `yaml:"refund"`
	Reasons   string `yaml:"reasons"`
	Operation string `yaml:"operation"`
	Returns   string `yaml:"returns"`
}

// name tells whether the profile names a call.
func (c Calls) name(call string) bool {
	return slices.ContainsFunc([]string{c.List, c.Detail, c.Tracking, c.Refund, c.Reasons, c.Operation, c.Returns}, func(n string) bool {
		return n != "" && strings.EqualFold(n, call)
	})
}

// Returns are the beginnings of an answer's ret codes.
type Returns struct {
	OK         []string `yaml:"ok"`
	Token      []string `yaml:"token"`
	LoggedOut  []string `yaml:"logged_out"`
	Challenged []string `yaml:"challenged"`
	Throttled  []string `yaml:"throttled"`
}

// LocaleCookie pins region, language and currency.
type LocaleCookie struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// Tags name the components of an answer.
type Tags struct {
	ListOrder string `yaml:"list_order"`
	ListBody  string `yaml:"list_body"`
	Status    string `yaml:"status"`
	Info      string `yaml:"info"`
	Products  string `yaml:"products"`
	Price     string `yaml:"price"`
}

// Marks tell a page by parts of its address or by visible elements.
type Marks struct {
	Addresses []string `yaml:"addresses"`
	Selectors []string `yaml:"selectors"`
}

// Pages are those that stop all work on the account, and those that are told
// apart by their addresses.
type Pages struct {
	Login     Marks `yaml:"login"`
	Challenge Marks `yaml:"challenge"`
	// Form is the cancel form on a page of its own. Without selectors of its
	// own it looks like Dispute, which is never filled in by a cancel.
	Form    Marks `yaml:"form"`
	Dispute Marks `yaml:"dispute"`
}

// Selectors are CSS; each a list of alternatives.
type Selectors struct {
	ListMore      []string `yaml:"list_more"`
	ListCard      []string `yaml:"list_card"`
	ListLink      []string `yaml:"list_link"`
	ListInfo      []string `yaml:"list_info"`
	ListStatus    []string `yaml:"list_status"`
	ListTotal     []string `yaml:"list_total"`
	ListButtons   []string `yaml:"list_buttons"`
	DetailID      []string `yaml:"detail_id"`
	DetailTitle   []string `yaml:"detail_title"`
	DetailButtons []string `yaml:"detail_buttons"`
	DetailNote    []string `yaml:"detail_note"`
	DetailDate    []string `yaml:"detail_date"`
	DetailTotal   []string `yaml:"detail_total"`
	Dialog        []string `yaml:"dialog"`
	DialogTitle   []string `yaml:"dialog_title"`
	DialogButtons []string `yaml:"dialog_buttons"`
	FormID        []string `yaml:"form_id"`
	FormSelect    []string `yaml:"form_select"`
	FormOptions   []string `yaml:"form_options"`
	FormSubmit    []string `yaml:"form_submit"`
	Done          []string `yaml:"done"`
}

// Reminders are the sentences below the status.
type Reminders struct {
	Pending Texts `yaml:"pending"`
	Refused Texts `yaml:"refused"`
	// DisputeWithin say for how many {days} after the order was placed a
	// dispute may be opened. May be empty.
	DisputeWithin Texts `yaml:"dispute_within"`
}

// CancelPages are the pages of a cancel request.
type CancelPages struct {
	ButtonTypes     []string `yaml:"button_types"`
	ButtonCaptions  Texts    `yaml:"button_captions"`
	SubmitCaptions  Texts    `yaml:"submit_captions"`
	ConfirmTitles   Texts    `yaml:"confirm_titles"`
	ConfirmCaptions Texts    `yaml:"confirm_captions"`
	DoneTexts       Texts    `yaml:"done_texts"`
	PickedUpTexts   Texts    `yaml:"picked_up_texts"`
	SubmitCommits   bool     `yaml:"submit_commits"`
	// ButtonCommits are the phases in which the cancel button itself may
	// already cancel, so that the mark is set before it.
	ButtonCommits []state.Phase `yaml:"button_commits"`
	Reasons       []Reason      `yaml:"reasons"`
}

// Reason is one that may be given, by code or else by a keyword.
type Reason struct {
	Code     string `yaml:"code"`
	Keywords Texts  `yaml:"keywords"`
}

// ListPage is the order list.
type ListPage struct {
	MoreCaptions Texts `yaml:"more_captions"`
}

// Deny is what is never clicked, on top of what is built in.
type Deny struct {
	Types    []string `yaml:"types"`
	Captions Texts    `yaml:"captions"`
	Titles   Texts    `yaml:"titles"`
}

// Scans are beginnings of tracking codes.
type Scans struct {
	Physical  []string `yaml:"physical"`
	Never     []string `yaml:"never"`
	Delivered []string `yaml:"delivered"`
}

// RefundWords are the refund page's codes.
type RefundWords struct {
	Done     []string                  `yaml:"done"`
	Running  []string                  `yaml:"running"`
	Channels map[string]state.RefundTo `yaml:"channels"`
}

// DateForms are how one language writes dates.
type DateForms struct {
	// Months are the twelve names, each with its variants after "|"; empty
	// for English ones.
	Months  []string `yaml:"months"`
	Layouts []string `yaml:"layouts"`
	// DayFirst: "03/04/2026" is the third of April for an account in this
	// language.
	DayFirst bool `yaml:"day_first"`
}

// Private is what is left out of everything kept.
type Private struct {
	Keys      []string `yaml:"keys"`
	Selectors []string `yaml:"selectors"`
}

// ParseProfile reads a profile strictly: an unknown key is an error that
// points at its line, and so is a part that is missing or contradicts itself.
func ParseProfile(body []byte) (Profile, error) {
	var p Profile
	if err := yaml.NewDecoder(bytes.NewReader(body), yaml.Strict()).Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("read site profile: %w", err)
	}
	if err := p.validate(); err != nil {
		return Profile{}, fmt.Errorf("check site profile: %w", err)
	}
	return p, nil
}

// validate names every problem by its field path.
func (p Profile) validate() error {
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
	p.validateScenes(bad)
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
	known := map[state.Phase]bool{}
	for _, ph := range []state.Phase{state.PhaseUnpaid, state.PhaseRiskHold, state.PhaseProcessing, state.PhasePending, state.PhaseShipped, state.PhaseDelivered, state.PhaseFinished, state.PhaseClosed} {
		known[ph] = true
	}
	seen := map[string]state.Phase{}
	for ph, texts := range p.Statuses {
		path := "statuses." + string(ph)
		if !known[ph] {
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
				if !known[ph] {
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
	} {
		for _, caption := range t.all() {
			if why := p.denies(button{Caption: caption}); why != "" {
				bad(path, "%q may never be clicked: %s", caption, why)
			}
		}
	}
	for _, title := range p.Cancel.ConfirmTitles.all() {
		if why := p.denies(button{Title: title}); why != "" {
			bad("cancel.confirm_titles", "nothing may be clicked under %q: %s", title, why)
		}
	}
	for _, typ := range p.Cancel.ButtonTypes {
		if why := p.denies(button{Type: typ}); why != "" {
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
