package state

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// moneyScale is the number of units in one of the currency: four decimals
// hold every currency in use, including those with three.
const moneyScale = 10_000

// Money is an exact amount. The zero value means "not known".
type Money struct {
	// Units are ten-thousandths of the currency.
	Units int64
	// Currency is the ISO 4217 code, upper case.
	Currency string
}

// ErrCurrency is returned where two amounts of different currencies meet.
var ErrCurrency = errors.New("amounts are in different currencies")

// decimals are those of currencies that are not written with two (ISO 4217).
var decimals = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// Decimals is how many decimals a currency is written with.
func Decimals(currency string) int {
	if n, ok := decimals[currency]; ok {
		return n
	}
	return 2
}

// ParseMoney reads a plain decimal such as "12.34". It takes no grouping
// signs: what a page shows is cleaned by the reader of that page.
func ParseMoney(value, currency string) (Money, error) {
	v := strings.TrimSpace(value)
	neg := strings.HasPrefix(v, "-")
	v = strings.TrimPrefix(v, "-")
	whole, frac, _ := strings.Cut(v, ".")
	if whole == "" || len(frac) > 4 || !digits(whole) || !digits(frac) {
		return Money{}, fmt.Errorf("read amount %q: want digits with up to four decimals, such as 12.34", value)
	}
	w, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || w > math.MaxInt64/moneyScale-1 {
		return Money{}, fmt.Errorf("read amount %q: too large", value)
	}
	f, err := strconv.ParseInt((frac + "0000")[:4], 10, 64)
	if err != nil {
		return Money{}, fmt.Errorf("read amount %q: %w", value, err)
	}
	units := w*moneyScale + f
	if neg {
		units = -units
	}
	c := strings.ToUpper(strings.TrimSpace(currency))
	if len(c) != 3 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Money{}, fmt.Errorf("read amount %q: currency %q is not a three-letter code", value, currency)
	}
	return Money{Units: units, Currency: c}, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// Known tells whether an amount was ever read.
func (m Money) Known() bool { return m.Currency != "" }

// Value is the amount without its currency, with the decimals that the
// currency is usually written with, more where they are not zero.
func (m Money) Value() string {
	sign, u := "", uint64(m.Units)
	if m.Units < 0 {
		sign, u = "-", -u // as unsigned, the least amount has a positive too
	}
	least := Decimals(m.Currency)
	frac := fmt.Sprintf("%04d", u%moneyScale)
	for len(frac) > least && strings.HasSuffix(frac, "0") {
		frac = frac[:len(frac)-1]
	}
	out := sign + strconv.FormatUint(u/moneyScale, 10)
	if frac != "" {
		out += "." + frac
	}
	return out
}

// String is for people: "12.34 USD", or "unknown".
func (m Money) String() string {
	if !m.Known() {
		return "unknown"
	}
	return m.Value() + " " + m.Currency
}

// Cmp compares two known amounts of one currency.
func (m Money) Cmp(o Money) (int, error) {
	if m.Currency != o.Currency {
		return 0, fmt.Errorf("compare %s with %s: %w", m, o, ErrCurrency)
	}
	return cmp.Compare(m.Units, o.Units), nil
}

// Add sums two amounts of one currency; an unknown one counts as nothing.
func (m Money) Add(o Money) (Money, error) {
	switch {
	case !m.Known():
		return o, nil
	case !o.Known():
		return m, nil
	case m.Currency != o.Currency:
		return Money{}, fmt.Errorf("add %s to %s: %w", o, m, ErrCurrency)
	}
	sum := m.Units + o.Units
	if (sum > m.Units) != (o.Units > 0) && o.Units != 0 {
		return Money{}, fmt.Errorf("add %s to %s: too large", o, m)
	}
	return Money{Units: sum, Currency: m.Currency}, nil
}

type moneyJSON struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

// MarshalJSON writes {"value": "12.34", "currency": "USD"}, null when unknown.
func (m Money) MarshalJSON() ([]byte, error) {
	if !m.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(moneyJSON{m.Value(), m.Currency})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Money) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = Money{}
		return nil
	}
	var j moneyJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("read amount: %w", err)
	}
	got, err := ParseMoney(j.Value, j.Currency)
	if err != nil {
		return err
	}
	*m = got
	return nil
}

// IsZero lets `omitzero` leave an unknown amount out.
func (m Money) IsZero() bool { return !m.Known() }
