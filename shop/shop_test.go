package shop_test

import (
	"errors"
	"fmt"
	"testing"

	"countermand/shop"
	"countermand/state"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("reset")
	for _, tc := range []struct {
		err  error
		kind shop.Kind
		sent bool
	}{
		{nil, "", false},
		{cause, "", true}, // of what is not known nothing is taken for granted
		{&shop.Error{Kind: shop.Throttled, Op: "a"}, shop.Throttled, false},
		{fmt.Errorf("b: %w", &shop.Error{Kind: shop.Unavailable, Op: "a", Detail: "d", Sent: true, Err: cause}), shop.Unavailable, true},
	} {
		if shop.KindOf(tc.err) != tc.kind || shop.MaySent(tc.err) != tc.sent {
			t.Errorf("%v: %q, may be sent %v", tc.err, shop.KindOf(tc.err), shop.MaySent(tc.err))
		}
	}
	err := &shop.Error{Kind: shop.Invalid, Op: "tag it", Detail: "do that", Err: shop.Problems{{Code: "C", Message: "no"}, {Message: "never"}}}
	if got := err.Error(); got != "tag it: invalid: do that: the shop refused: no (C); never" {
		t.Error(got)
	}
}

func TestFlowTopics(t *testing.T) {
	t.Parallel()
	if r, ok := shop.FlowReason(shop.FlowTopic("customer")); r != "customer" || !ok {
		t.Errorf("got %q, %v", r, ok)
	}
	if r, ok := shop.FlowReason("orders/cancelled"); ok {
		t.Errorf("a webhook's topic has the reason %q", r)
	}
}

func TestReducedOrder(t *testing.T) {
	t.Parallel()
	o := shop.Order{Lines: []state.Line{{ID: "a", Quantity: 2}}, Left: map[string]int{"a": 2}}
	if o.Reduced() {
		t.Error("nothing was taken off")
	}
	if o.Left["a"] = 1; !o.Reduced() {
		t.Error("one was taken off")
	}
}

func TestHealthTellsAWithdrawnVersion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		asked, served string
		want          bool
	}{{"2026-10", "2026-10", false}, {"2026-10", "", false}, {"2025-10", "2026-01", true}} {
		if got := (shop.Health{AskedVersion: tc.asked, ServedVersion: tc.served}).FellForward(); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}
