package control

import (
	"testing"

	"countermand/state"
)

// Each question about money is answered by one refund: also where the total is
// not known, and where nothing was paid.
func TestRefundAnswersTheQuestion(t *testing.T) {
	t.Parallel()
	usd := func(units int64) state.Money { return state.Money{Units: units * 10_000, Currency: "USD"} }
	unpaid := state.Findings{state.Found(state.RefundUnpaid, "")}
	for name, tt := range map[string]struct {
		c      state.Case
		amount string
		want   string
	}{
		"the order's currency":               {state.Case{Amount: usd(20)}, "20", "20.00 USD"},
		"an unknown total, a refund seen":    {state.Case{Refund: &state.Refund{Amount: usd(7)}}, "7", "7.00 USD"},
		"an unknown total, nothing seen":     {state.Case{}, "7", ""},
		"nothing, of an order that was paid": {state.Case{Amount: usd(20)}, "0", ""},
		"nothing, of a total of zero":        {state.Case{Amount: usd(0)}, "0", "0.00 USD"},
		"nothing, where that is asked":       {state.Case{Amount: usd(20), RefundUnclear: unpaid}, "0", "0.00 USD"},
		"less than nothing":                  {state.Case{Amount: usd(20), RefundUnclear: unpaid}, "-1", ""},
	} {
		got, err := decisionOf(Decision{Kind: state.EventRefund, Amount: tt.amount, To: state.RefundCard}, tt.c, in(0))
		if (err == nil) != (tt.want != "") || err == nil && got.Amount.String() != tt.want {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, tt.want)
		}
	}
}
