package aliexpress

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

func TestRead(t *testing.T) {
	t.Parallel()
	paced := 0
	r := newRig(t, func(o *Options) {
		o.Pace = func(context.Context) error { paced++; return nil }
		o.StepTimeout = 5 * time.Second
	})
	ctx, hour := t.Context(), time.Hour

	number := r.order(t, nil)
	got, err := r.client.Read(ctx, number, true)
	if err != nil {
		t.Fatal(err)
	}
	if got.Phase != state.PhaseProcessing || !got.Complete || !got.CancelOffered || !got.TrackingRead || len(got.Tracking) != 0 ||
		got.Total.String() != "12.34 USD" || state.ItemCount(got.Lines) != 3 || got.Store != "Lamp Corner" || got.Zone != zoneName || got.WindowEnd.IsZero() ||
		got.StatusText != "Processing" || got.Source != state.SourceDetail || got.OrderedAt.IsZero() || got.PaidAt.IsZero() || !got.ShippedAt.IsZero() {
		t.Errorf("open order: %+v", got)
	}
	if paced != 2 {
		t.Errorf("paused %d times for two pages", paced)
	}

	scan := r.now.Add(-3 * hour).Truncate(time.Millisecond)
	number = r.order(t, func(o *aliexpresstest.Order) {
		o.Fate.AlreadyShipped = &aliexpresstest.Shipment{ShippedAt: r.now.Add(-5 * hour), Number: "LP123", Carrier: "Post", FirstScanAt: scan}
	})
	got, err = r.client.Read(ctx, number, false)
	if err != nil || got.Phase != state.PhaseShipped || !got.TrackingRead || len(got.Tracking) != 1 || got.Tracking[0].Number != "LP123" ||
		!got.Tracking[0].FirstScanAt.Equal(scan) || got.Tracking[0].FirstScanCode != "AE_PICK_UP_SUCCESS" {
		t.Errorf("shipped order: %+v, %v", got, err)
	}

	number = r.order(t, func(o *aliexpresstest.Order) {
		o.RequestedAt = r.now.Add(-10 * hour)
		o.Fate.Refuse = &aliexpresstest.Refusal{After: hour, Explicit: true}
	})
	got, err = r.client.Read(ctx, number, false)
	if err != nil || got.Phase != state.PhaseProcessing || got.RefusedText == "" {
		t.Errorf("refused order: %+v, %v", got, err)
	}

	number = r.order(t, func(o *aliexpresstest.Order) {
		o.RequestedAt = r.now.Add(-10 * hour)
		o.Fate = aliexpresstest.Fate{Accept: hour, Refund: &aliexpresstest.Refund{After: hour, To: aliexpresstest.ToBalance}}
	})
	got, err = r.client.Read(ctx, number, false)
	if err != nil || got.Phase != state.PhaseClosed || got.Refund == nil || got.Refund.Amount.String() != "12.34 USD" || got.Refund.To != state.RefundBalance ||
		got.Refund.ConfirmedBy != "site" || got.Refund.At.IsZero() || got.ClosedAt.IsZero() {
		t.Errorf("refunded order: %+v, refund %+v, %v", got, got.Refund, err)
	}

	number = r.order(t, func(o *aliexpresstest.Order) {
		o.RequestedAt = r.now.Add(-10 * hour)
		o.Fate = aliexpresstest.Fate{Accept: hour, Refund: &aliexpresstest.Refund{After: 1000 * hour}}
	})
	if got, err = r.client.Read(ctx, number, false); err != nil || got.Refund != nil {
		t.Errorf("refund under way: %+v, %v", got.Refund, err)
	}

	if _, err := r.client.Read(ctx, "8199999999999999", false); supplier.KindOf(err) != supplier.NotFound {
		t.Errorf("another account's order: %v", err)
	}
	r.site.SetEmpty(aliexpresstest.CallDetail, true)
	if _, err := r.client.Read(ctx, number, false); supplier.KindOf(err) != supplier.Throttled {
		t.Errorf("the list has the order, its page is empty: %v", err)
	}
	if _, err := r.client.Read(ctx, "8199999999999999", false); supplier.KindOf(err) != supplier.NotFound {
		t.Errorf("neither has it: %v", err)
	}
	r.site.SetEmpty(aliexpresstest.CallList, true)
	if _, err := r.client.Read(ctx, number, false); supplier.KindOf(err) != supplier.Throttled {
		t.Errorf("everything empty: %v", err)
	}
	if err := r.client.Probe(ctx); supplier.KindOf(err) != supplier.Throttled {
		t.Errorf("probe of an empty list: %v", err)
	}
	r.site.SetEmpty(aliexpresstest.CallDetail, false)
	r.site.SetEmpty(aliexpresstest.CallList, false)
	r.site.FailCalls(aliexpresstest.CallDetail, 1, "FAIL_SYS_TRAFFIC_LIMIT::slow down")
	if _, err := r.client.Read(ctx, number, false); supplier.KindOf(err) != supplier.Throttled {
		t.Errorf("traffic limit: %v", err)
	}
	if !slices.Contains(r.sink.names("json"), "tracking") {
		t.Errorf("evidence of readings: %v", r.sink.names("json"))
	}
	if n := len(r.site.Writes()); n != 0 {
		t.Errorf("reading wrote: %+v", r.site.Writes())
	}
}

func TestHangingPageIsLoadedOnceMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 2 * time.Second })
	number := r.order(t, nil)
	release := r.site.Block(aliexpresstest.CallDetail)
	defer release()
	if _, err := r.client.Read(t.Context(), number, false); supplier.KindOf(err) != supplier.Unreachable {
		t.Errorf("no answer: %v", err)
	}
	if n := r.site.Calls()[aliexpresstest.PageDetail]; n != 2 {
		t.Errorf("the page was loaded %d times, want 2", n)
	}
	release()
	if _, err := r.client.Read(t.Context(), number, false); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSweepOfAListThatMoves reads a list that stands the other way round with
// every second load, and one that grows between two of its pages: nothing is
// read as another order, and nothing is missed.
func TestSweepOfAListThatMoves(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	price := map[string]string{}
	var all []string
	for i := range 24 {
		n := r.order(t, func(o *aliexpresstest.Order) {
			o.PlacedAt = r.now.Add(-time.Duration(100-i) * time.Hour)
			o.Store = fmt.Sprintf("Store %d", i)
			o.Lines = []aliexpresstest.Line{{Title: fmt.Sprintf("Thing %d", i), Price: fmt.Sprintf("%d.50", i+1)}}
			if i%3 == 0 {
				o.RequestedAt = o.PlacedAt.Add(time.Hour)
			}
			o.PaidAt = o.PlacedAt
		})
		all = append(all, n)
		price[n] = fmt.Sprintf("%d.50 USD", i+1)
	}
	check := func(name string) {
		t.Helper()
		got, err := r.client.Sweep(t.Context(), all)
		if err != nil || len(got) != len(all) {
			t.Fatalf("%s: %d of %d orders, %v", name, len(got), len(all), err)
		}
		for i, n := range all {
			want := state.PhaseProcessing
			if i%3 == 0 {
				want = state.PhasePending
			}
			if g := got[n]; g.Number != n || g.Total.String() != price[n] || g.Store != fmt.Sprintf("Store %d", i) || g.Phase != want || !g.Complete || g.Unclear != "" {
				t.Errorf("%s: order %d reads as %+v", name, i, g)
			}
		}
	}
	r.site.ShuffleList(true)
	for i := range 3 {
		check(fmt.Sprintf("load %d", i))
	}
	r.site.ShuffleList(false)
	pages := 0
	r.site.OnRequest(func(kind, _ string) {
		if kind != aliexpresstest.CallList {
			return
		}
		if pages++; pages == 2 {
			for range 3 {
				r.order(t, func(o *aliexpresstest.Order) { o.Store = "New" })
			}
		}
	})
	check("three new orders after the first page")
	r.site.OnRequest(nil)
	if pages != 3 {
		t.Errorf("%d pages were read, want 3", pages)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var all []string
	for i := range 24 {
		all = append(all, r.order(t, func(o *aliexpresstest.Order) {
			o.PlacedAt = r.now.Add(-time.Duration(100-i) * time.Hour)
			o.PaidAt = o.PlacedAt
		}))
	}
	oldest, newest := all[0], all[23]
	got, err := r.client.Sweep(t.Context(), []string{newest})
	if err != nil || len(got) != 1 || got[newest].Phase != state.PhaseProcessing || got[newest].Source != state.SourceList || !got[newest].Complete {
		t.Errorf("newest: %+v, %v", got, err)
	}
	if n := r.site.Calls()[aliexpresstest.CallList]; n != 1 {
		t.Errorf("%d pages were read for the newest order", n)
	}
	got, err = r.client.Sweep(t.Context(), []string{newest, oldest, "8199999999999999"})
	if err != nil || len(got) != 2 || got[oldest].Number != oldest || got[oldest].Total.String() != "12.34 USD" {
		t.Errorf("oldest: %+v, %v", got, err)
	}
	if n := r.site.Calls()[aliexpresstest.CallList]; n != 4 {
		t.Errorf("%d pages were read in all, want 4", n)
	}
	if n := len(r.site.Writes()); n != 0 {
		t.Errorf("sweeping wrote: %+v", r.site.Writes())
	}
}
