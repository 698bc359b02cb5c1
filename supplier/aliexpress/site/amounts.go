package site

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countermand/state"
)

// The fields that an amount may stand in: in the least unit of the currency, in
// units, as it is shown.
var (
	centFields = []string{"cent", "cents"}
	unitFields = []string{"amount", "value"}
	textFields = []string{"formatPriceInfo", "formatAmount", "formattedAmount", "formatedAmount", "amountText", "amountStr", "displayAmount", "text"}
)

// amount reads an amount of money in whatever shape it comes: {"cent": 1234,
// "currency": "USD"}, {"amount": "12.34", "currencyCode": "USD"}, "US $12.34",
// or several of these, which must agree. It is unknown where nothing can be
// read.
func (p Profile) amount(n node) (state.Money, error) {
	if !n.isObject() {
		return p.shownMoney(n.str()), nil
	}
	currency := cmp.Or(n.get("currency").str(), n.get("currencyCode").str(), n.get("currency", "currencyCode").str(), n.get("currency", "code").str())
	var found state.Money
	var err error
	take := func(m state.Money) {
		switch {
		case !m.Known():
		case found.Known() && found != m:
			err = fmt.Errorf("%w: one amount is told as %s and as %s", ErrShape, found, m)
		default:
			found = m
		}
	}
	for _, f := range centFields {
		take(cents(n.get(f), n.get("centFactor"), currency))
	}
	for _, f := range unitFields {
		take(p.unitsOf(n.get(f), currency))
	}
	for _, f := range textFields {
		take(p.textOf(n.get(f), currency))
	}
	if err == nil && found.Units < 0 {
		err = fmt.Errorf("%w: an amount of %s", ErrShape, found)
	}
	if err != nil {
		return state.Money{}, err
	}
	return found, nil
}

// unitsOf reads an amount in units of the currency: a number, the text of one, an
// amount of its own, or one as it is shown.
func (p Profile) unitsOf(n node, currency string) state.Money {
	if n.isObject() {
		m, _ := p.amount(n) // what contradicts itself is not known
		if m.Known() && currency != "" && m.Currency != strings.ToUpper(currency) {
			return state.Money{}
		}
		return m
	}
	if m, err := state.ParseMoney(n.str(), currency); err == nil {
		return m
	}
	return p.textOf(n, currency)
}

// textOf reads an amount as it is shown; one in another currency than is told
// beside it is not known.
func (p Profile) textOf(n node, currency string) state.Money {
	m := money(n.str(), currency)
	if !m.Known() {
		m = p.shownMoney(n.str())
	}
	if m.Known() && currency != "" && m.Currency != strings.ToUpper(currency) {
		return state.Money{}
	}
	return m
}

// cents reads a whole number of the currency's least units; factor is how many
// make one, where the site tells.
func cents(n, factor node, currency string) state.Money {
	c, ok := n.num()
	if !ok {
		return state.Money{}
	}
	decimals := state.Decimals(strings.ToUpper(currency))
	if f, ok := factor.num(); ok {
		decimals = slices.Index([]int64{1, 10, 100, 1000, 10000}, f)
	}
	if decimals < 0 {
		return state.Money{}
	}
	text := strconv.FormatInt(max(c, -c), 10)
	text = strings.Repeat("0", max(0, decimals+1-len(text))) + text
	if text = text[:len(text)-decimals] + "." + text[len(text)-decimals:]; c < 0 {
		text = "-" + text
	}
	m, _ := state.ParseMoney(text, currency) // what cannot be read is not known
	return m
}
