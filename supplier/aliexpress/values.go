package aliexpress

import (
	"regexp"
	"sort"
	"strings"
	"time"

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
	m, err := state.ParseMoney(value, currency)
	if err != nil {
		return state.Money{}
	}
	return m
}

// shownMoney reads an amount as the page shows it, "Total: R$1.132,74". The
// last separator counts as the decimal one when two digits follow it; the
// currency is told by the profile's symbols or by an ISO code.
func (p Profile) shownMoney(s string) state.Money {
	currency := ""
	best := 0
	for symbol, code := range p.Symbols {
		if len(symbol) > best && strings.Contains(s, symbol) {
			currency, best = code, len(symbol)
		}
	}
	if iso := isoCode.FindString(s); currency == "" && iso != "" {
		currency = iso
	}
	amount := shownAmount.FindString(s)
	if currency == "" || amount == "" {
		return state.Money{}
	}
	whole, frac := amount, ""
	if i := strings.LastIndexAny(amount, ".,"); i >= 0 && len(amount)-i == 3 {
		whole, frac = amount[:i], "."+amount[i+1:]
	}
	m, err := state.ParseMoney(onlyDigits(whole)+frac, currency)
	if err != nil {
		return state.Money{}
	}
	return m
}

var (
	isoCode     = regexp.MustCompile(`\b[A-Z]{3}\b`)
	shownAmount = regexp.MustCompile(`\d[\d.,]*\d|\d`)
)

// plainMoney reads {"amount": "12.34", "currency": "USD"}.
func plainMoney(n node) state.Money {
	currency := n.get("currency").str()
	if currency == "" {
		currency = n.get("currencyCode").str()
	}
	m, err := state.ParseMoney(n.get("amount").str(), currency)
	if err != nil {
		return state.Money{}
	}
	return m
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

// date reads a date as the page shows it, in the account's zone; zero where
// no layout fits. English is tried last, because "2 mar" is March elsewhere.
func (p Profile) date(s string, zone *time.Location) time.Time {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return time.Time{}
	}
	langs := make([]string, 0, len(p.Dates))
	for l := range p.Dates {
		langs = append(langs, l)
	}
	sort.Slice(langs, func(i, j int) bool {
		return len(p.Dates[langs[i]].Months) > len(p.Dates[langs[j]].Months) || len(p.Dates[langs[i]].Months) == len(p.Dates[langs[j]].Months) && langs[i] < langs[j]
	})
	for _, l := range langs {
		d := p.Dates[l]
		text := englishMonth(s, d.Months)
		for _, layout := range d.Layouts {
			if t, err := time.ParseInLocation(layout, text, zone); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

var englishMonths = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// englishMonth replaces the name of a month, as a word of its own.
func englishMonth(s string, months []string) string {
	words := strings.Fields(s)
	for i, w := range words {
		bare := strings.TrimRight(w, ".,")
		for m, name := range months {
			if strings.EqualFold(bare, name) {
				words[i] = englishMonths[m] + strings.TrimPrefix(strings.TrimPrefix(w, bare), ".")
			}
		}
	}
	return strings.Join(words, " ")
}
