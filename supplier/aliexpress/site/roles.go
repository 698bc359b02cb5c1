package site

import (
	"slices"
	"strings"
)

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

// Queries are what a page is known by.
func (p Profile) Queries() map[string]Query {
	s := p.Selectors
	dialog, title := strings.Join(s.Dialog, ","), strings.Join(s.DialogTitle, ",")
	inDialog := func(selectors []string) Query {
		return Query{Selectors: selectors, Within: dialog, Title: title}
	}
	return map[string]Query{
		"challenge": {Selectors: []string{strings.Join(p.Pages.Challenge.Selectors, ",")}},
		"dialog":    inDialog([]string{dialog}),
		"title":     {Selectors: s.DetailTitle},
		"detail_id": {Selectors: s.DetailID},
		"buttons":   inDialog(s.DetailButtons),
		"dialog_bt": inDialog(s.DialogButtons),
		"form_id":   {Selectors: s.FormID},
		"select":    inDialog(s.FormSelect),
		"options":   inDialog(s.FormOptions),
		"submit":    inDialog(s.FormSubmit),
		"done":      {Selectors: s.Done},
		"more":      inDialog(s.ListMore),
		"disputed":  {Selectors: disputeMarks(p)},
	}
}

// disputeMarks is one selector of all that only the dispute form shows.
func disputeMarks(p Profile) []string {
	s := p.Dispute.Selectors
	if all := strings.Join(slices.Concat(s.Order, s.Line), ","); all != "" {
		return []string{all}
	}
	return nil
}
