package site

import (
	"fmt"
	"strings"
)

// Offer is one that the form offers.
type Offer struct{ Code, Text string }

// Formless says why a form's data name neither an order nor a reason: there
// are none, or they are not in a shape that is known.
func Formless(a Answer) error {
	number, offered := ParseReasons(a)
	switch m := a.data.get("module"); {
	case isNumber(number):
		return nil
	case m.holds() || len(offered) > 0:
		return fmt.Errorf("%w: the form's data do not tell their order (%q)", ErrShape, number)
	}
	return fmt.Errorf("the form came without content: %w", ErrEmpty)
}

// ParseReasons reads the form's own data: its order and what it offers.
func ParseReasons(a Answer) (number string, offered []Offer) {
	m := a.data.get("module")
	return m.get("tradeOrderId").str(), readReasons(m.get("reasonList"))
}

// DisputeData says what makes a form's data those of a dispute: one of a
// line, with what may be asked back.
func DisputeData(a Answer) string {
	for _, key := range []string{"tradeOrderLineId", "maxRefund"} {
		if a.data.get("module").get(key).there() {
			return "the form's data are those of a dispute: they tell a " + key
		}
	}
	return ""
}

func readReasons(list node) []Offer {
	var out []Offer
	for _, r := range list.list() {
		if text, err := r.get("reasonText").text(); err == nil && text != "" {
			out = append(out, Offer{r.get("reasonCode").str(), text})
		}
	}
	return out
}

// Choose takes the first preference that is offered: by code, and only where
// no code is known by keyword. A reason whose text stands there twice cannot
// be told apart and is not taken.
func (p Profile) Choose(offered []Offer) (Offer, bool) {
	count := map[string]int{}
	for _, o := range offered {
		count[fold(o.Text)]++
	}
	for _, fits := range []func(Reason, Offer) bool{
		func(want Reason, o Offer) bool { return want.Code != "" && want.Code == o.Code },
		func(want Reason, o Offer) bool { return want.Keywords.in(o.Text) != "" },
	} {
		for _, want := range p.Cancel.Reasons {
			for _, o := range offered {
				if fits(want, o) && count[fold(o.Text)] == 1 && p.Denies(Button{Caption: o.Text}) == "" {
					return o, true
				}
			}
		}
	}
	return Offer{}, false
}

// preference names the reasons in order, for people.
func (p Profile) preference() string {
	var names []string
	for _, r := range p.Cancel.Reasons {
		name := r.Code
		if words := r.Keywords["en"]; len(words) > 0 {
			name = Quoted(words[0]) + " (" + r.Code + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", else ")
}
