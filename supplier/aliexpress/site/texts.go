package site

import (
	"maps"
	"slices"
	"strconv"
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
	var out []string
	for _, l := range slices.Sorted(maps.Keys(t)) {
		out = append(out, t[l]...)
	}
	return out
}

// Is tells whether s is one of the texts.
func (t Texts) Is(s string) bool {
	s = fold(s)
	return slices.ContainsFunc(t.all(), func(x string) bool { return fold(x) == s })
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

// daysMark stands in a text for a number of days.
const daysMark = "{days}"

// days gives the number that stands in s where one of the texts has {days}.
// Texts that name two numbers tell none.
func (t Texts) days(s string) (n int, ok bool) {
	s = fold(s)
	for _, x := range t.all() {
		before, after, _ := strings.Cut(fold(x), daysMark)
		for rest := s; before != ""; {
			_, found, there := strings.Cut(rest, before)
			if !there {
				break
			}
			rest = found
			digits := found[:len(found)-len(strings.TrimLeft(found, "0123456789"))]
			got, err := strconv.Atoi(digits)
			switch {
			case err != nil || got <= 0 || got > 366 || !strings.HasPrefix(found[len(digits):], after):
			case ok && got != n:
				return 0, false
			default:
				n, ok = got, true
			}
		}
	}
	return n, ok
}

// hasPrefix tells whether s begins with one of the prefixes.
func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// Clip shortens text for a message.
func Clip(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Quoted puts the site's own words into quotation marks.
func Quoted(s string) string { return "“" + s + "”" }
