package aliexpress

import (
	"fmt"
	"strings"
)

// reason is one that the form offers.
type reason struct{ code, text string }

// formless says why a form's data name neither an order nor a reason: there
// are none, or they are not in a shape that is known.
func formless(a answer) error {
	number, offered := parseReasons(a)
	switch m := a.Data.get("module"); {
	case isNumber(number):
		return nil
	case m.holds() || len(offered) > 0:
		return fmt.Errorf("%w: the form's data do not tell their order (%q)", errShape, number)
	}
	return fmt.Errorf("the form came without content: %w", errEmpty)
}

// parseReasons reads the form's own data: its order and what it offers.
func parseReasons(a answer) (number string, offered []reason) {
	m := a.Data.get("module")
	return m.get("tradeOrderId").str(), readReasons(m.get("reasonList"))
}

// disputeData says what makes a form's data those of a dispute: one of a
// line, with what may be asked back.
func disputeData(a answer) string {
	for _, key := range []string{"tradeOrderLineId", "maxRefund"} {
		if a.Data.get("module").get(key).there() {
			return "the form's data are those of a dispute: they tell a " + key
		}
	}
	return ""
}

func readReasons(list node) []reason {
	var out []reason
	for _, r := range list.list() {
		if text, err := r.get("reasonText").text(); err == nil && text != "" {
			out = append(out, reason{r.get("reasonCode").str(), text})
		}
	}
	return out
}

// choose takes the first preference that is offered: by code, and only where
// no code is known by keyword. A reason whose text stands there twice cannot
// be told apart and is not taken.
func (p Profile) choose(offered []reason) (reason, bool) {
	count := map[string]int{}
	for _, o := range offered {
		count[fold(o.text)]++
	}
	for _, fits := range []func(Reason, reason) bool{
		func(want Reason, o reason) bool { return want.Code != "" && want.Code == o.code },
		func(want Reason, o reason) bool { return want.Keywords.in(o.text) != "" },
	} {
		for _, want := range p.Cancel.Reasons {
			for _, o := range offered {
				if fits(want, o) && count[fold(o.text)] == 1 && p.denies(button{Caption: o.text}) == "" {
					return o, true
				}
			}
		}
	}
	return reason{}, false
}

// preference names the reasons in order, for people.
func (p Profile) preference() string {
	var names []string
	for _, r := range p.Cancel.Reasons {
		name := r.Code
		if words := r.Keywords["en"]; len(words) > 0 {
			name = quoted(words[0]) + " (" + r.Code + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", else ")
}
