package site

import (
	"errors"
	"fmt"
	"testing"

	"countermand/state"
)

// answer is a good answer with such a module.
func answerOf(t *testing.T, module string) Answer {
	t.Helper()
	a, err := ParseAnswer([]byte(`{"ret":["SUCCESS::ok"],"data":{"module":` + module + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// One amount comes in many shapes; where it contradicts itself, or can be read
// in two ways, it is not known.
func TestAmounts(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		`{"amount":"12.34","currency":"USD"}`: "12.34 USD", `{"amount":12.34,"currencyCode":"usd"}`: "12.34 USD", `{"cent":1234,"currency":"USD"}`: "12.34 USD",
		`{"cent":"5","currency":"USD"}`: "0.05 USD", `{"cents":1234,"currency":{"currencyCode":"EUR"}}`: "12.34 EUR", `"US $1,234.50"`: "1234.50 USD",
		`{"cent":1234,"amount":"12.34","currency":"USD","formatAmount":"US $12.34"}`: "12.34 USD", `{"amount":{"cent":1234,"currency":"USD"}}`: "12.34 USD",
		`{"text":"Refund: R$1.132,74"}`: "1132.74 BRL", `{"formatPriceInfo":"R$132,74|132|74","currencyCode":"BRL"}`: "132.74 BRL", `{"value":"US $7.00"}`: "7.00 USD",
		// Currencies that are not written with two decimals.
		`{"cent":1500,"currency":"JPY"}`: "1500 JPY", `{"cent":1500,"currency":"KWD"}`: "1.500 KWD", `{"amount":"3.5","currency":"BHD"}`: "3.500 BHD",
		`{"cent":150,"centFactor":100,"currency":"JPY"}`: "1.5 JPY", `{"text":"KWD 1,234.567"}`: "1234.567 KWD", `{"text":"KWD 0.750"}`: "0.750 KWD", `{"text":"KWD 1.25"}`: "1.250 KWD",
		`{"text":"KWD 1.250"}`: "unknown", `{"text":"OMR 1,250"}`: "unknown",
		// What nobody can tell.
		`{"amount":"12.34"}`: "unknown", `{"cent":12.5,"currency":"USD"}`: "unknown", `{"cent":1234,"centFactor":7,"currency":"USD"}`: "unknown",
		`{"amount":"US $12.34","currency":"EUR"}`: "unknown", `{}`: "unknown", `[1]`: "unknown", `null`: "unknown", `true`: "unknown",
		`{"cent":1234,"amount":"12.35","currency":"USD"}`: "error", `{"amount":"-1","currency":"USD"}`: "error", `{"cent":-7,"currency":"USD"}`: "error",
	} {
		n, err := decode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.amount(n)
		got := m.String()
		if errors.Is(err, ErrShape) {
			got = "error"
		}
		if got != want {
			t.Errorf("%s reads as %s (%v), want %s", in, got, err, want)
		}
	}
}

// What is not known of a refund is a question with its code; nothing of it
// counts, and nothing is an error for ever.
func TestRefundQuestions(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	const (
		twelve = `{"cent":1234,"currency":"USD"}`
		ten    = `{"amount":"10.00","currency":"USD"}`
	)
	for name, c := range map[string]struct {
		info string
		code state.FindingCode
		want string
	}{
		"in cents":                      {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + twelve + `},"refundChannelDetails":[{"money":` + twelve + `,"refundStatus":"SUCCESS"}]}`, "", "12.34 USD"},
		"in two parts":                  {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + ten + `},"refundChannelDetails":[{"channel":"CARD","amount":` + ten + `},{"channel":"BONUS","money":` + twelve + `}]}`, "", "22.34 USD"},
		"cash alone":                    {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + ten + `}}`, "", "10.00 USD"},
		"a word that is not known":      {`{"refundNewestStatus":"PARKED","refundDetails":{"cashMoney":` + ten + `}}`, state.RefundWord, "10.00 USD"},
		"an amount without its word":    {`{"refundDetails":{"cashMoney":` + ten + `}}`, state.RefundWord, "10.00 USD"},
		"a word and no amount":          {`{"refundNewestStatus":"SUCCESS"}`, state.RefundAmount, "unknown"},
		"a part with a word of its own": {`{"refundNewestStatus":"SUCCESS","refundChannelDetails":[{"money":` + ten + `,"refundStatus":"FAILED"}]}`, state.RefundWord, "10.00 USD"},
		"a part without an amount":      {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + ten + `},"refundChannelDetails":[{"money":` + ten + `},{"channel":"CARD"}]}`, state.RefundShape, "unknown"},
		"a part that is told twice":     {`{"refundNewestStatus":"SUCCESS","refundChannelDetails":[{"money":` + ten + `,"amount":` + twelve + `}]}`, state.RefundShape, "unknown"},
		"parts in two currencies":       {`{"refundNewestStatus":"SUCCESS","refundChannelDetails":[{"money":` + ten + `},{"money":{"cent":900,"currency":"EUR"}}]}`, state.RefundShape, "unknown"},
		"less than the cash":            {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + twelve + `},"refundChannelDetails":[{"money":` + ten + `}]}`, state.RefundShape, "unknown"},
		"parts in another shape":        {`{"refundNewestStatus":"SUCCESS","refundDetails":{"cashMoney":` + ten + `},"refundChannelDetails":"two"}`, state.RefundShape, "unknown"},
		"a text":                        {`"Refund complete US $10.00"`, state.RefundShape, "unknown"},
	} {
		l, err := p.ParseRefund(answerOf(t, `{"tradeOrderId":8200000000000001,"tradeOrderLineId":8200000000010001,"reverseFinishInfo":{"refundInfo":`+c.info+`}}`))
		if err != nil || l.unclear.Code != c.code || l.done != (c.code == "") || l.running || l.amount.String() != c.want && c.want != "unknown" {
			t.Errorf("%s: %+v, %v", name, l, err)
			continue
		}
		refund, questions := SumRefunds([]LineRefund{l, {}}, "", state.Money{Units: 500_000, Currency: "USD"})
		if (refund == nil) != (c.code != "") || len(questions) != map[bool]int{true: 0, false: 1}[c.code == ""] || refund != nil && refund.Amount.String() != c.want {
			t.Errorf("%s: counts as %+v, questions %v", name, refund, questions)
		}
	}
	still, err := p.ParseRefund(answerOf(t, `{"tradeOrderId":8200000000000001,"tradeOrderLineId":8200000000010001,"reverseFinishInfo":{"refundInfo":{"refundNewestStatus":"SUCCESS","refundChannelDetails":[{"money":`+ten+`,"refundStatus":"PROCESSING"}]}}}`))
	if err != nil || still.done || !still.running {
		t.Errorf("a part that still runs: %+v, %v", still, err)
	}
}

// TestRefundsOfAllLines: the lines that are clear count beside the others, and
// never for more than they are.
func TestRefundsOfAllLines(t *testing.T) {
	t.Parallel()
	of := func(units int64, currency string) state.Money {
		return state.Money{Units: units * 10_000, Currency: currency}
	}
	paid := func(units int64) LineRefund {
		return LineRefund{Line: "1", done: true, amount: of(units, "USD"), to: state.RefundCard}
	}
	parked := LineRefund{Line: "2", unclear: state.Found(state.RefundWord, "2", "word", "PARKED")}
	for name, c := range map[string]struct {
		lines  []LineRefund
		silent string
		want   string
		codes  string
	}{
		"one is a question":           {[]LineRefund{paid(4), parked}, "", "4.00 USD", "[refund_word]"},
		"one runs, one is a question": {[]LineRefund{paid(4), parked, {running: true}}, "", "none", "[refund_word]"},
		"one shows nothing":           {[]LineRefund{paid(4)}, "9", "none", "[refund_part]"},
		"the whole on one line":       {[]LineRefund{paid(12)}, "9", "12.00 USD", "[]"},
		"nothing begun":               {[]LineRefund{{}}, "9", "none", "[]"},
		"the whole on each line":      {[]LineRefund{paid(12), paid(12)}, "", "none", "[refund_too_much]"},
		"in two currencies":           {[]LineRefund{paid(4), {Line: "2", done: true, amount: of(4, "EUR")}}, "", "4.00 USD", "[refund_shape]"},
	} {
		refund, questions := SumRefunds(c.lines, c.silent, of(12, "USD"))
		got, codes := "none", []state.FindingCode{}
		if refund != nil {
			got = refund.Amount.String()
		}
		for _, q := range questions {
			codes = append(codes, q.Code)
		}
		if got != c.want || fmt.Sprint(codes) != c.codes {
			t.Errorf("%s: %s and %v, want %s and %s", name, got, codes, c.want, c.codes)
		}
	}
}

// The list of returns comes in one list or grouped by shop. An empty one says
// so; one that came without its lines is none.
func TestReturnsByShop(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	line := func(n int) string {
		return fmt.Sprintf(`{"reverseOrderId":"7000%d","reverseOrderLineId":"7100%d","tradeOrderId":"820000000000000%d","tradeOrderLineId":"820000000001000%d","reverseStatus":4,"refundAmount":{"cent":750,"currency":"USD"},"gmtCreate":"1785600000000"}`, n, n, n, n)
	}
	for name, c := range map[string]struct {
		module string
		want   int
		more   bool
	}{
		"two shops":       {`{"total":3,"pageNum":1,"pageSize":10,"pages":0,"items":[{"shopName":"A","reverseOrderLines":[` + line(1) + `,` + line(2) + `]},{"reverseOrderLines":[` + line(3) + `]}]}`, 3, false},
		"more pages":      {`{"total":"21","pageNum":"1","pageSize":"10","items":[{"reverseOrderLines":[` + line(1) + `]}]}`, 1, true},
		"empty":           {`{"total":0,"pageNum":1,"pageSize":10,"items":[]}`, 0, false},
		"empty, one list": {`{"pageNo":1,"size":10,"totalCount":0,"reverseOrderLines":[]}`, 0, false},
		"neither":         {`{"total":0,"pageNum":1,"pageSize":10}`, -1, false},
		"no lines":        {`{"total":1,"pageNum":1,"pageSize":10,"items":[]}`, -1, false},
		"a bare shop":     {`{"total":1,"pageNum":1,"pageSize":10,"items":[{"shopName":"A"}]}`, -1, false},
		"items a text":    {`{"total":1,"items":"none"}`, -1, false},
		"lines a text":    {`{"total":1,"items":[{"reverseOrderLines":"none"}]}`, -1, false},
	} {
		page, err := p.ParseReturns(answerOf(t, c.module))
		if c.want < 0 {
			if !errors.Is(err, ErrShape) {
				t.Errorf("%s: %+v, %v", name, page, err)
			}
			continue
		}
		if err != nil || len(page.List) != c.want || page.More != c.more || page.Page != 1 {
			t.Errorf("%s: %+v, %v", name, page, err)
			continue
		}
		for _, r := range page.List {
			if r.Amount.String() != "7.50 USD" || !r.Open || r.Code != "4" || r.CreatedAt.IsZero() {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}
