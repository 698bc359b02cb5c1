package aliexpress

import (
	"sort"
	"strings"
)

// Texts are captions or sentences per language ("en", "es"). All languages
// are compared: the site mixes them.
type Texts map[string][]string

// fold makes texts comparable: lower case, single spaces, straight
// apostrophes.
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(apostrophes.Replace(s))), " ")
}

var apostrophes = strings.NewReplacer("’", "'", "‘", "'", "´", "'", "`", "'")

// all lists the texts in a stable order.
func (t Texts) all() []string {
	langs := make([]string, 0, len(t))
	for l := range t {
		langs = append(langs, l)
	}
	sort.Strings(langs)
	var out []string
	for _, l := range langs {
		out = append(out, t[l]...)
	}
	return out
}

// is tells whether s is one of the texts.
func (t Texts) is(s string) bool {
	s = fold(s)
	for _, x := range t.all() {
		if fold(x) == s {
			return true
		}
	}
	return false
}

// in gives the text that s contains, "" where it contains none.
func (t Texts) in(s string) string {
	s = fold(s)
	for _, x := range t.all() {
		if strings.Contains(s, fold(x)) {
			return x
		}
	}
	return ""
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

// hasPrefix tells whether s begins with one of the prefixes.
func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
