package site

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countermand/state"
)

// money reads the site's triple "R$1.132,74|1132|74": only its second and
// third parts mean the same in every language.
func money(triple, currency string) state.Money {
	parts := strings.Split(triple, "|")
	if len(parts) != 3 {
		return state.Money{}
	}
	value := onlyDigits(parts[1])
	if frac := onlyDigits(parts[2]); frac != "" {
		value += "." + frac
	}
	m, _ := state.ParseMoney(value, currency) // what cannot be read is not known
	return m
}

// shownMoney reads an amount as the page shows it, "Total: R$1.132,74": the
// number that stands at a currency, told by the profile's symbols or by an
// ISO code. Unknown where several stand there, or one that is written in no
// way that can only mean one thing.
func (p Profile) shownMoney(s string) state.Money {
	currency, at := p.currencyIn(s)
	var found state.Money
	for _, mark := range at {
		amount := ""
		if m := amountAfter.FindStringSubmatch(s[mark[1]:]); m != nil {
			amount = m[1]
		} else if m := amountBefore.FindStringSubmatch(s[:mark[0]]); m != nil {
			amount = m[1]
		}
		m, err := state.ParseMoney(plainAmount(amount, state.Decimals(currency)), currency)
		if err != nil || found.Known() && found != m {
			return state.Money{}
		}
		found = m
	}
	return found
}

// currencyIn gives the currency that a text names and where: by the longest
// symbol that is not the end of a word ("AR$"), else by an ISO code beside a
// number.
func (p Profile) currencyIn(s string) (currency string, at [][]int) {
	best := ""
	for symbol := range p.Symbols {
		if len(symbol) < len(best) || len(symbol) == len(best) && symbol > best {
			continue
		}
		if found := symbolAt(s, symbol); len(found) > 0 {
			best, at = symbol, found
		}
	}
	if best != "" {
		return p.Symbols[best], at
	}
	for _, m := range isoCode.FindAllStringIndex(s, -1) {
		if code := s[m[0]:m[1]]; currency == "" || currency == code {
			if amountAfter.MatchString(s[m[1]:]) || amountBefore.MatchString(s[:m[0]]) {
				currency, at = code, append(at, m)
			}
		}
	}
	return currency, at
}

func symbolAt(s, symbol string) (at [][]int) {
	for from := 0; ; {
		i := strings.Index(s[from:], symbol)
		if i < 0 {
			return at
		}
		i += from
		if r, _ := utf8.DecodeLastRuneInString(s[:i]); !unicode.IsLetter(r) && r != '-' && r != '−' {
			at = append(at, []int{i, i + len(symbol)})
		}
		from = i + len(symbol)
	}
}

var (
	isoCode      = regexp.MustCompile(`\b[A-Z]{3}\b`)
	amountAfter  = regexp.MustCompile(`^[ \x{a0}\x{202f}$]*(\d(?:[\d.,'’ \x{a0}\x{202f}]*\d)?)`)
	amountBefore = regexp.MustCompile(`(?:^|[^\d.,'’\-−])(\d(?:[\d.,'’ \x{a0}\x{202f}]*\d)?)[ \x{a0}\x{202f}]*$`)
	groups       = regexp.MustCompile(`^\d{1,3}([.,'’ \x{a0}\x{202f}])\d{3}(?:([.,'’ \x{a0}\x{202f}])\d{3})*$`)
)

// plainAmount turns a shown amount into digits with a decimal point, "" where
// it can be read in two ways. The last separator is the decimal one where one
// or two digits follow it; where three do it groups them. In a currency of three
// decimals three digits may be either, unless another separator groups.
func plainAmount(s string, decimals int) string {
	whole, frac := s, ""
	i := strings.LastIndexAny(s, ".,")
	if decimals == 3 && i >= 0 && len(s)-i == 4 {
		if onlyDigits(s[:i]) == s[:i] && s[:i] != "0" || strings.Contains(s[:i], s[i:i+1]) {
			return ""
		}
		whole, frac = s[:i], "."+s[i+1:]
	} else if i >= 0 && len(s)-i <= 3 {
		whole, frac = s[:i], s[i:]
		if strings.Contains(whole, frac[:1]) {
			return "" // the same separator in both roles
		}
		frac = "." + frac[1:]
	}
	if m := groups.FindStringSubmatch(whole); onlyDigits(whole) != whole && (m == nil || m[2] != "" && m[2] != m[1]) {
		return ""
	}
	return onlyDigits(whole) + frac
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// millis reads a time in milliseconds since the epoch.
func millis(n node) time.Time {
	ms, ok := n.num()
	if !ok || ms <= 0 || ms > 32503680000000 { // the year 3000
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// dateReader reads the dates of a page that was seen at a time, in the
// account's zone, and notes those that tell no hour.
type dateReader struct {
	p    Profile
	at   time.Time
	zone *time.Location
	days state.Days
}

// founded is before any order: AliExpress was opened in 2010.
var founded = time.Date(2010, time.January, 1, 0, 0, 0, 0, time.UTC)

// read reads one date of the page. One in the future, or from before the site
// was there, is none: it is of another calendar. A day is left for the zones.
func (d *dateReader) read(f state.Field, s string) time.Time {
	at, day := d.p.date(s, d.zone)
	if at.Before(founded) || at.After(d.at.Add(24*time.Hour)) {
		return time.Time{}
	}
	if day {
		d.days = d.days.With(f, state.DayOf(at.In(d.zone)))
	}
	return at
}

// date reads a date as the page shows it, in the account's zone; zero where
// no layout fits. day: it tells no hour. English is tried last, because "2 mar"
// is March elsewhere.
func (p Profile) date(s string, zone *time.Location) (at time.Time, day bool) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return time.Time{}, false
	}
	langs := slices.SortedFunc(maps.Keys(p.Dates), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(p.Dates[b].Months), len(p.Dates[a].Months)), cmp.Compare(a, b))
	})
	for _, l := range langs {
		d := p.Dates[l]
		text := englishMonth(s, d.Months)
		for _, layout := range d.Layouts {
			if t, err := time.ParseInLocation(layout, text, zone); err == nil {
				return t.UTC(), !strings.Contains(layout, ":04")
			}
		}
	}
	return p.numericDate(s, zone), true
}

// numericDate reads 15/07/2026. Where both numbers could be the month, the
// account's language must say that days come first; else nobody knows.
func (p Profile) numericDate(s string, zone *time.Location) time.Time {
	first, err := time.ParseInLocation("2/1/2006", s, zone)
	second, err2 := time.ParseInLocation("1/2/2006", s, zone)
	switch {
	case err == nil && (err2 != nil || first.Equal(second) || p.Dates[p.Language].DayFirst):
		return first.UTC()
	case err != nil && err2 == nil:
		return second.UTC()
	}
	return time.Time{}
}

var englishMonths = []string{"Jan|January", "Feb|February", "Mar|March", "Apr|April", "May", "Jun|June", "Jul|July", "Aug|August", "Sep|Sept|September", "Oct|October", "Nov|November", "Dec|December"}

// englishMonth replaces the name of a month, as a word of its own, by the
// short English one.
func englishMonth(s string, months []string) string {
	if len(months) == 0 {
		months = englishMonths
	}
	words := strings.Fields(s)
	for i, w := range words {
		bare := strings.TrimRight(w, ".,")
		for m, names := range months {
			for name := range strings.SplitSeq(names, "|") {
				if strings.EqualFold(bare, name) {
					words[i] = englishMonths[m][:3] + strings.TrimPrefix(strings.TrimPrefix(w, bare), ".")
				}
			}
		}
	}
	return strings.Join(words, " ")
}
