package aliexpress

import "slices"

// builtInDeny stands whatever a profile says: these pay the seller or give
// him more time, and nothing undoes them.
var builtInDeny = Deny{
	Types:    []string{"CONFIRM_GOODS", "EXTEND_PROCESSING"},
	Captions: Texts{"en": {"confirm received", "confirm receipt", "extend processing"}},
	Titles:   Texts{"en": {"receipt of your order", "release your payment"}},
}

// button is what decides whether something may be clicked.
type button struct {
	// Type is the site's own name of the button, where its data tells it.
	Type    string
	Caption string
	// Title and Text are those of the dialog around it.
	Title, Text string
}

// denies says why a button may never be clicked, "" where it may.
func (p Profile) denies(b button) string {
	for _, d := range []Deny{builtInDeny, p.Deny} {
		if b.Type != "" && slices.Contains(d.Types, b.Type) {
			return "buttons of type " + b.Type + " are on the deny list"
		}
		if t := d.Captions.in(b.Caption); t != "" {
			return "its caption holds the denied " + quoted(t)
		}
		if t := d.Titles.in(b.Title); t != "" {
			return "its dialog's title holds the denied " + quoted(t)
		}
		if t := builtInDeny.Titles.in(b.Text); t != "" {
			return "its dialog holds the denied " + quoted(t)
		}
	}
	return ""
}

func quoted(s string) string { return "“" + s + "”" }
