package aliexpress

import (
	"fmt"
	"slices"
)

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

func (p Profile) validateNuisances(bad complain) {
	for i, n := range p.Nuisances {
		path := fmt.Sprintf("nuisances[%d]", i)
		if n.Name == "" || len(n.Covers) == 0 || slices.Contains(n.Covers, "") || slices.Contains(n.Dismiss, "") {
			bad(path, "needs a name and what covers the page, without empty entries")
		}
		if len(n.Dismiss) > 0 && len(n.Captions) == 0 {
			bad(path+".captions", "is empty: what may its close button be called?")
		}
		for _, caption := range n.Captions {
			if why := p.denies(button{Caption: caption}); why != "" {
				bad(path+".captions", "%q may never be clicked: %s", caption, why)
			}
			for _, t := range []Texts{p.Cancel.ButtonCaptions, p.Cancel.SubmitCaptions, p.Cancel.ConfirmCaptions} {
				if t.is(caption) {
					bad(path+".captions", "%q is a button of the site's own", caption)
				}
			}
		}
	}
}
