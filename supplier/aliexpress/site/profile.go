package site

import (
	"bytes"
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
	Returns      RetCodes                 `yaml:"returns"`
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
	Gate      Gate       `yaml:"gate"`
	// Language is the account's own, which tells how "03/04/2026" reads.
	Language string `yaml:"-"`
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

// RetCodes are the beginnings of an answer's ret codes.
type RetCodes struct {
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
	Reasons         []Reason `yaml:"reasons"`
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
	Physical []string `yaml:"physical"`
	// Warehouse tells of a warehouse or of handing over to a carrier: no scan,
	// and a parcel with one before the request may have left before it.
	Warehouse []string `yaml:"warehouse"`
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

// Nuisance is something known that may lie over a page's buttons and means
// nothing: it is closed by its own safe button, or waited for.
type Nuisance struct {
	Name string `yaml:"name"`
	// Covers select what lies over the page.
	Covers []string `yaml:"covers"`
	// Dismiss selects the button inside it that closes it; empty: it goes
	// away by itself.
	Dismiss []string `yaml:"dismiss"`
	// Captions are what that button may be called. A button without any text
	// is named by the empty caption.
	Captions []string `yaml:"captions"`
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
	if err := p.Validate(); err != nil {
		return Profile{}, fmt.Errorf("check site profile: %w", err)
	}
	return p, nil
}
