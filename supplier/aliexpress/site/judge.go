package site

import (
	"slices"
	"strings"

	"countermand/state"
)

// AnsweredAlready says how an attempt ends before anything is clicked, because the
// order's page already answers it, and in which words; "" where a cancel can be
// requested. despite are the sentences about a refusal that a person has
// approved.
func (p Profile) AnsweredAlready(d Detail, observe bool, despite []string) (state.AskOutcome, string) {
	const nothing = "; nothing was clicked"
	r := d.Reading
	switch {
	case r.Phase == state.PhasePending:
		return state.AskPending, "the site already shows " + Quoted(r.StatusText) + nothing
	case r.Phase == state.PhaseClosed:
		return state.AskClosed, "the site already shows " + Quoted(r.StatusText) + nothing
	case Ended(r.Phase):
		return state.AskShipped, "the site shows " + Quoted(r.StatusText) + nothing
	case r.Phase == state.PhaseUnknown || !r.Complete:
		return state.AskUnknown, "the order's page is not understood (status " + Quoted(r.StatusText) + ")" + nothing + "; mend the site profile"
	// Whoever asked before, asking again is a person's decision.
	case r.RefusedText != "" && !slices.Contains(despite, r.RefusedText):
		if r.Phase != state.PhaseProcessing && r.Phase != state.PhaseRiskHold {
			return state.AskUnknown, "the site shows " + Quoted(r.StatusText) + " beside a refusal, which do not fit together" + nothing
		}
		return state.AskRefused, "the site already says " + Quoted(r.RefusedText) + nothing
	case !r.CancelOffered:
		return state.AskNotOffered, "the site shows " + Quoted(r.StatusText) + " without a cancel button"
	case observe:
		b, _ := p.CancelButton(d.Buttons)
		return state.AskObserved, "would click " + Quoted(b.Caption) + ", give the reason " + p.preference() + " and submit"
	}
	return "", ""
}

// Chose tells whether the one drop-down of that name shows an offered reason.
func (v View) Chose(list string, o Offer) bool {
	found := v.Shown(list)
	return len(found) == 1 && strings.Contains(fold(found[0].Text), fold(o.Text))
}

// DetailOf checks that a page is the order's: the number that it shows or the
// one in its address must be the order's, and neither may be another's. It
// gives "" where the page passes.
func (v View) DetailOf(number string) (state.AskOutcome, string) {
	named := false
	if id := v.Shown("detail_id"); len(id) > 0 {
		if NumberIn(id[0].Text) != number {
			return state.AskWrongOrder, "the data are of order " + number + ", the page shows " + Quoted(Clip(id[0].Text))
		}
		named = true
	}
	switch address := numberInLink(v.URL); {
	case address == number, address == "" && named:
		return "", ""
	case address != "":
		return state.AskWrongOrder, "the data are of order " + number + ", the page's address names " + address
	}
	return state.AskUnknown, "the order's page shows no number, so nothing proves that it is order " + number + " (selectors.detail_id)"
}

// FormOf checks the number that a reason form shows, and the one in its
// address, where there are any.
func (v View) FormOf(number string) (state.AskOutcome, string) {
	if id := v.Shown("form_id"); len(id) > 0 && NumberIn(id[0].Text) != number {
		return state.AskWrongOrder, "the reason form shows " + Quoted(Clip(id[0].Text))
	}
	if address := numberInLink(v.URL); address != "" && address != number {
		return state.AskWrongOrder, "the reason form's address names " + address
	}
	return "", ""
}

// MessagesOf says why a page writes to another seller than this order's, ""
// where it is the one: by the order's number, or else by the store's name.
func (v View) MessagesOf(number, store string) string {
	if text := v.TextOf("order"); text != "" {
		if NumberIn(text) == number {
			return ""
		}
		return "the message page is about " + Quoted(Clip(text))
	}
	if text := v.TextOf("store"); text != "" && fold(text) == fold(store) {
		return ""
	}
	return "the message page shows neither order " + number + " nor its store"
}

// OwnMessages gives the messages that the account sent, folded.
func (v View) OwnMessages() []string {
	var out []string
	for _, e := range v.Found["mine"] {
		out = append(out, fold(e.Text))
	}
	return out
}

// UnsentTexts gives the texts that are not among the messages that were sent.
func UnsentTexts(texts, mine []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return fold(t) == "" || slices.Contains(mine, fold(t)) })
}

// DisputeOf says why a page is that of another dispute, "" where it names
// none but this order's line.
func (v View) DisputeOf(number, line string) string {
	for name, want := range map[string]string{"order": number, "line": line} {
		if text := v.TextOf(name); text != "" && NumberIn(text) != want {
			return "the dispute page is about " + name + " " + Quoted(Clip(text)) + ", not " + want
		}
	}
	if n := numberInLink(v.URL); n != "" && n != number {
		return "the page's address names order " + n
	}
	return ""
}
