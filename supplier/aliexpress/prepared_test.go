package aliexpress

import (
	"context"
	"errors"
	"slices"
	"testing"

	"countermand/state"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
)

// TestPreparationIsRemembered has a page check before it asks. In the first flow
// the check needs the mark, because nobody knows what it does; once that flow
// ended well the mark is stored at the call that asks, and a flow that ends
// between the two has none.
func TestPreparationIsRemembered(t *testing.T) {
	t.Parallel()
	var learned []string
	r := newRig(t, func(o *Options) { o.Prepared = func(names []string) { learned = append(learned, names...) } })
	// markedAt cancels an order and tells how many checks the site had got when
	// the mark was stored.
	markedAt := func(refuse bool) (checks int, got state.AttemptResult) {
		number := r.order(t, func(o *aliexpresstest.Order) { o.Layout, o.Checks = aliexpresstest.LayoutDialog, true })
		before, checks := r.site.Calls()[aliexpresstest.CallEligible], -1
		req := request(number, new(int))
		req.Dispatch = func(context.Context) error {
			checks = r.site.Calls()[aliexpresstest.CallEligible] - before
			if refuse {
				return errors.New("not any more")
			}
			return nil
		}
		got, err := r.client.Cancel(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		writes := []string{aliexpresstest.WriteCancel}
		if refuse {
			writes = nil
		}
		r.wantWrites(t, number, writes...)
		return checks, got
	}
	if checks, got := markedAt(false); checks != 0 || got.Outcome != state.AskPending {
		t.Errorf("the first flow: marked after %d checks, %+v", checks, got)
	}
	if want := []string{"mtop.aliexpress.trade.buyer.order.eligibility"}; !slices.Equal(learned, want) {
		t.Fatalf("prepared %q, want %q", learned, want)
	}
	if err := r.client.Learn(site.Learned{Calls: map[string]site.LearnedCall{learned[0]: {Is: site.IsPreparation}}}); err != nil {
		t.Fatal(err)
	}
	if checks, got := markedAt(true); checks != 1 || got.Said != "" || got.Outcome == state.AskPending {
		t.Errorf("a flow without a mark: after %d checks, %+v", checks, got)
	}
	if checks, got := markedAt(false); checks != 1 || got.Outcome != state.AskPending || got.Said != state.SaidYes {
		t.Errorf("the next flow: marked after %d checks, %+v", checks, got)
	}
	if len(learned) != 1 {
		t.Errorf("told again: %q", learned)
	}
}
