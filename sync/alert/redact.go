package alert

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// hidden stands where an address, or a part of one, was.
const hidden = "[hidden]"

// maxError keeps a service's error page out of the store.
const maxError = 300

// shortestSecret: shorter parts of an address ("v1", "a", "yes") guard
// nothing, and hiding them would garble the words around.
const shortestSecret = 4

var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)

// redactor hides every address in a text, and every part of raw (names,
// passwords, hosts, path, query) wherever it turns up: services build new
// addresses out of those parts and put them into their errors.
func redactor(raw string) func(string) string {
	secrets := secretsOf(raw)
	return func(s string) string {
		s = anyURL.ReplaceAllString(s, hidden)
		for _, secret := range secrets {
			s = strings.ReplaceAll(s, secret, hidden)
		}
		return cut(oneLine(s), maxError)
	}
}

// secretsOf lists the parts of an address, longest first, so that a part of a
// part does not leave the rest standing.
func secretsOf(raw string) []string {
	parts := []string{raw}
	if u, err := url.Parse(raw); err == nil {
		parts = append(parts, u.Host, u.Hostname(), u.Path, u.RawQuery, u.Fragment, u.User.Username())
		if p, ok := u.User.Password(); ok {
			parts = append(parts, p)
		}
		for _, values := range u.Query() {
			parts = append(parts, values...)
		}
	}
	for _, p := range slices.Clone(parts[1:]) {
		parts = append(parts, strings.FieldsFunc(p, separates)...)
	}
	for _, p := range slices.Clone(parts) {
		parts = append(parts, url.QueryEscape(p), url.PathEscape(p))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return len(p) < shortestSecret })
	slices.SortFunc(parts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(parts)
}

func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }
