package state

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value, currency string
		want            Money
		text            string
	}{
		{"12.34", "USD", Money{123400, "USD"}, "12.34 USD"},
		{" 12.3 ", "usd", Money{123000, "USD"}, "12.30 USD"},
		{"-0.05", "EUR", Money{-500, "EUR"}, "-0.05 EUR"},
		{"0", "USD", Money{0, "USD"}, "0.00 USD"},
		{"1500", "JPY", Money{15000000, "JPY"}, "1500 JPY"},
		{"1500.5", "JPY", Money{15005000, "JPY"}, "1500.5 JPY"},
		{"1.234", "KWD", Money{12340, "KWD"}, "1.234 KWD"},
		{"1.5", "BHD", Money{15000, "BHD"}, "1.500 BHD"},
		{"7", "XPF", Money{70000, "XPF"}, "7 XPF"},
		{"1.2345", "USD", Money{12345, "USD"}, "1.2345 USD"},
		{"7.", "USD", Money{70000, "USD"}, "7.00 USD"},
	} {
		got, err := ParseMoney(tt.value, tt.currency)
		if err != nil || got != tt.want || got.String() != tt.text {
			t.Errorf("%q %q: got %v (%s), %v", tt.value, tt.currency, got, got, err)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"", "USD"}, {".5", "USD"}, {"-", "USD"}, {"--1", "USD"}, {"+1", "USD"}, {"1,000", "USD"}, {"1e3", "USD"}, {"1.2.3", "USD"},
		{"1.23456", "USD"}, {"1.-2", "USD"}, {"١", "USD"}, {"US $1", "USD"}, {"922337203685477", "USD"}, {"99999999999999999999", "USD"},
		{"1", ""}, {"1", "US"}, {"1", "USDT"}, {"1", "€"}, {"1", "12$"},
	} {
		if got, err := ParseMoney(tt[0], tt[1]); err == nil {
			t.Errorf("%q %q: read as %v", tt[0], tt[1], got)
		}
	}
}

func TestMoneySums(t *testing.T) {
	t.Parallel()
	usd, eur := Money{10000, "USD"}, Money{10000, "EUR"}
	if got, err := usd.Add(Money{-2500, "USD"}); err != nil || got != (Money{7500, "USD"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, pair := range [][2]Money{{usd, {}}, {{}, usd}} {
		if got, err := pair[0].Add(pair[1]); err != nil || got != usd {
			t.Errorf("unknown counts: %v, %v", got, err)
		}
	}
	if _, err := usd.Add(eur); !errors.Is(err, ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
	for _, pair := range [][2]int64{{math.MaxInt64, 1}, {math.MinInt64, -1}, {1, math.MaxInt64}} {
		if got, err := (Money{pair[0], "USD"}).Add(Money{pair[1], "USD"}); err == nil {
			t.Errorf("%v: an overflow gave %v", pair, got)
		}
	}
	if got := (Money{math.MinInt64, "USD"}).Value(); got != "-922337203685477.5808" {
		t.Errorf("the least amount is %s", got)
	}
}

func TestMoneyCmp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b int64
		want int
	}{{1, 2, -1}, {2, 1, 1}, {2, 2, 0}} {
		if got, err := (Money{tt.a, "USD"}).Cmp(Money{tt.b, "USD"}); got != tt.want || err != nil {
			t.Errorf("%d to %d: %d, %v", tt.a, tt.b, got, err)
		}
	}
	if _, err := (Money{1, "USD"}).Cmp(Money{1, "EUR"}); !errors.Is(err, ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
}

func TestMoneyJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Money{`{"value":"12.34","currency":"USD"}`: {123400, "USD"}, `null`: {}} {
		var got Money
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
		if out, err := json.Marshal(want); err != nil || string(out) != text {
			t.Errorf("%v: written as %s, %v", want, out, err)
		}
	}
	for _, text := range []string{`{"value":12.34,"currency":"USD"}`, `{"value":"x","currency":"USD"}`, `{}`, `"1"`} {
		var got Money
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: read as %v", text, got)
		}
	}
	if out, err := json.Marshal(Case{}); err != nil || jsonKey(t, out, "amount") {
		t.Errorf("an unknown amount is written: %s, %v", out, err)
	}
	if (Money{}).String() != "unknown" {
		t.Error("an unknown amount has a text of its own")
	}
}

func jsonKey(t *testing.T, object []byte, key string) bool {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(object, &m); err != nil {
		t.Fatal(err)
	}
	_, ok := m[key]
	return ok
}

// TestMoneyReadsItsText: whatever is written is read as the same amount.
func TestMoneyReadsItsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		const most = (math.MaxInt64/moneyScale - 1) * moneyScale
		m := Money{rapid.Int64Range(-most, most).Draw(rt, "units"), rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(rt, "currency")}
		if got, err := ParseMoney(m.Value(), m.Currency); err != nil || got != m {
			rt.Errorf("%d: %s was read as %d, %v", m.Units, m.Value(), got.Units, err)
		}
	})
}
