package aliexpress

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// TestWriteMeetsItsFate breaks the connection under the call that asks, on a
// page that keeps used connections at hand. The browser would send it again
// over one of those; it asks once all the same, and what is known of the
// answer is told. COUNTERMAND_WRITES=N makes it N of each.
func TestWriteMeetsItsFate(t *testing.T) {
	t.Parallel()
	often := 1
	if everything() {
		often = 30
	}
	if n, err := strconv.Atoi(os.Getenv("COUNTERMAND_WRITES")); err == nil {
		often = n
	}
	r := newRig(t, func(o *Options) { o.StepTimeout = 10 * time.Second }) // a form stays so long
	r.site.SetReuse(true)
	r.site.SetBusy(true)
	for _, fate := range []struct {
		how   aliexpresstest.Break
		said  []state.Said
		taken bool
	}{
		{aliexpresstest.BreakReset, []state.Said{state.SaidNone}, true},
		{aliexpresstest.BreakLate, []state.Said{state.SaidNone}, true},
		{aliexpresstest.BreakHalf, []state.Said{state.SaidNone, state.SaidUnclear}, true},
		{aliexpresstest.BreakTimeout, []state.Said{state.SaidGateway}, true},
		// The browser asks again by itself over a connection that nothing lets
		// through, and so shows no answer at all.
		{aliexpresstest.BreakMisdirected, []state.Said{state.SaidGateway, state.SaidNone}, false},
	} {
		t.Run(string(fate.how), func(t *testing.T) {
			for i := range often {
				// Now and then by the form, else without one, which is quicker.
				layout, want := aliexpresstest.LayoutInstant, state.AskClosed
				if i%15 == 0 && (everything() || fate.how == aliexpresstest.BreakReset) {
					layout, want = aliexpresstest.LayoutDialog, state.AskPending
				}
				writes := []string{aliexpresstest.WriteCancel}
				if !fate.taken {
					want, writes = state.AskUnclear, nil
				}
				number, marks := r.order(t, func(o *aliexpresstest.Order) { o.Layout = layout }), 0
				before := r.site.Calls()[aliexpresstest.CallOperation]
				r.site.BreakCalls(aliexpresstest.CallOperation, 1, fate.how)
				got, err := r.client.Cancel(t.Context(), request(number, &marks))
				if err != nil || got.Outcome != want || !slices.Contains(fate.said, got.Said) || marks != 1 {
					t.Errorf("cancel %d: %+v, %v, %d marks", i, got, err, marks)
				}
				if n := r.site.Calls()[aliexpresstest.CallOperation] - before; n != 1 {
					t.Errorf("cancel %d: the call arrived %d times", i, n)
				}
				r.wantWrites(t, number, writes...)
			}
		})
	}
}

// TestWriteIsAnsweredByTheGateway tells the gateway's words from the shop's,
// and what was said from what the pages show.
func TestWriteIsAnsweredByTheGateway(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, c := range []struct {
		name   string
		order  func(*aliexpresstest.Order)
		site   func()
		said   state.Said
		want   state.AskOutcome
		calls  int
		writes int
	}{
		// The page signs anew and sends it once more.
		{name: "the token expires", site: func() { r.site.ExpireTokenAt(aliexpresstest.CallOperation) }, said: state.SaidYes, want: state.AskPending, calls: 2, writes: 1},
		{name: "too many calls", site: func() { r.site.FailCalls(aliexpresstest.CallOperation, 1, aliexpresstest.RetTrafficLimit) }, said: state.SaidGateway, want: state.AskUnclear, calls: 1},
		{name: "the pages are behind", order: func(o *aliexpresstest.Order) { o.Stale = 8 * time.Minute }, said: state.SaidYes, want: state.AskUnclear, calls: 1, writes: 1},
	} {
		for _, layout := range []aliexpresstest.Layout{aliexpresstest.LayoutPage, aliexpresstest.LayoutDialog} {
			if layout == aliexpresstest.LayoutDialog && !everything() {
				continue
			}
			t.Run(fmt.Sprintf("%s, %s", c.name, layout), func(t *testing.T) {
				number, marks := r.order(t, func(o *aliexpresstest.Order) {
					o.Layout = layout
					if c.order != nil {
						c.order(o)
					}
				}), 0
				if c.site != nil {
					c.site()
				}
				defer r.site.SetTokens(false)
				before := r.site.Calls()[aliexpresstest.CallOperation]
				got, err := r.client.Cancel(t.Context(), request(number, &marks))
				if err != nil || got.Outcome != c.want || got.Said != c.said || marks != 1 {
					t.Errorf("cancel: %+v, %v, %d marks", got, err, marks)
				}
				if n := r.site.Calls()[aliexpresstest.CallOperation] - before; n != c.calls {
					t.Errorf("the call arrived %d times, want %d", n, c.calls)
				}
				r.wantWrites(t, number, slices.Repeat([]string{aliexpresstest.WriteCancel}, c.writes)...)
			})
		}
	}
}
