package aliexpress

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// TestRehearsalReachesTheCallInEveryLayout walks the cancel flow of every
// layout up to the call that asks. Nothing of it arrives.
func TestRehearsalReachesTheCallInEveryLayout(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 6 * time.Second })
	for _, l := range allLayouts {
		t.Run(string(l), func(t *testing.T) {
			number := r.order(t, func(o *aliexpresstest.Order) { o.Layout = l })
			got, err := r.client.Rehearse(t.Context(), supplier.RehearseRequest{Number: number, CaseID: "case-" + number})
			if err != nil || got.Number != number || len(got.Steps) == 0 {
				t.Fatalf("rehearse: %+v, %v", got, err)
			}
			if l == aliexpresstest.LayoutOtherCall {
				// Nobody knows that call, and no press that commits led to it.
				name := "mtop.aliexpress.trade.buyer.order.cancel"
				if got.Reached || got.Call != nil || !strings.Contains(strings.Join(got.Failed, "\n"), name) {
					t.Errorf("the call that is not listed: %+v", got)
				}
				return
			}
			if !got.Reached || got.Call == nil || got.Outcome != state.AskObserved {
				t.Fatalf("not reached: %+v", got)
			}
			if named := slices.Contains(got.Call.Fields, supplier.Field{Key: "tradeOrderId", Value: number}); !named || got.Call.Method != "POST" {
				t.Errorf("the call: %+v", got.Call)
			}
			if len(got.Evidence) == 0 || !slices.ContainsFunc(got.Steps, func(s supplier.Step) bool { return strings.HasPrefix(s.Did, "presses") }) {
				t.Errorf("evidence %v, steps %+v", got.Evidence, got.Steps)
			}
		})
	}
	t.Run("a dispute's form", func(t *testing.T) {
		if !everything() {
			return
		}
		number := r.order(t, func(o *aliexpresstest.Order) { o.Layout = aliexpresstest.LayoutDispute })
		got, err := r.client.Rehearse(t.Context(), supplier.RehearseRequest{Number: number, CaseID: "case-" + number})
		if err != nil || got.Reached || got.Outcome != state.AskUnknown {
			t.Errorf("rehearse: %+v, %v", got, err)
		}
	})
	if w, n := r.site.Writes(), r.site.Calls()[aliexpresstest.CallOperation]; len(w) > 0 || n > 0 {
		t.Errorf("%d calls, writes %+v", n, w)
	}
	if m := r.site.Missed(); len(m) > 0 {
		t.Errorf("clicks on what lay over the page: %+v", m)
	}
}
