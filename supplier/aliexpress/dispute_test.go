package aliexpress

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
)

// shippedOrder adds an order that offers disputes, and gives its first line.
func (r *rig) shippedOrder(t *testing.T, change func(*aliexpresstest.Order)) (number, line string) {
	t.Helper()
	number = r.order(t, func(o *aliexpresstest.Order) {
		o.Fate.AlreadyShipped = &aliexpresstest.Shipment{ShippedAt: r.now.Add(-5 * time.Hour)}
		if change != nil {
			change(o)
		}
	})
	got, err := r.client.Read(t.Context(), number, false)
	if err != nil || len(got.Lines) != 2 {
		t.Fatalf("read: %+v, %v", got, err)
	}
	return number, got.Lines[0].ID
}

func dossier(t *testing.T, number, line string, marks *int) supplier.Dossier {
	t.Helper()
	file := filepath.Join(t.TempDir(), "refusal.png")
	if err := os.WriteFile(file, []byte("picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	amount, err := state.ParseMoney("5.00", "USD")
	if err != nil {
		t.Fatal(err)
	}
	return supplier.Dossier{
		Number: number, Line: line, CaseID: "case-" + number, Reasons: []string{"canceled/lost", "dispute_other"},
		Text: "The seller refused the cancellation\nand never shipped.", Amount: amount, Files: []string{file},
		Dispatch: func(context.Context) error { *marks++; return nil },
	}
}

func TestDispute(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 8 * time.Second })
	ctx := t.Context()
	number, line := r.shippedOrder(t, nil)
	marks := 0
	d := dossier(t, number, line, &marks)

	got, err := r.client.Dispute(ctx, d)
	want := map[string]string{"received": "no", "reason": "Tracked as returned/canceled/lost", "text": d.Text, "amount": "5.00", "files": "refusal.png"}
	if err != nil || got.Outcome != supplier.DisputeFilled || marks != 0 || len(got.Offered) != 4 || len(got.Evidence) == 0 {
		t.Fatalf("fill: %+v, %v", got, err)
	}
	for name, v := range want {
		if got.Filled[name] != v {
			t.Errorf("field %s holds %q, want %q", name, got.Filled[name], v)
		}
	}
	r.wantWrites(t, number)

	d.Submit = true
	got, err = r.client.Dispute(ctx, d)
	if err != nil || got.Outcome != supplier.DisputeSubmitted || marks != 1 || got.Return == nil || got.Return.OrderLine != line || !got.Return.Open {
		t.Fatalf("submit: %+v, %v", got, err)
	}
	r.wantWrites(t, number, aliexpresstest.WriteDispute)
	if w := r.writes(number)[0]; w.LineID != line || w.Reason != "dispute_tracked" || w.Text != d.Text || w.Amount != "5.00" || !slices.Equal(w.Files, []string{"refusal.png"}) {
		t.Errorf("submitted: %+v", w)
	}
	got, err = r.client.Dispute(ctx, d)
	if err != nil || got.Outcome != supplier.DisputeAlready || marks != 1 {
		t.Errorf("again: %+v, %v", got, err)
	}
	r.wantWrites(t, number, aliexpresstest.WriteDispute)
}

// TestDisputeIsNotSubmitted shows what ends it before anything is sent.
func TestDisputeIsNotSubmitted(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 4 * time.Second })
	other, _ := r.shippedOrder(t, nil)
	for name, c := range map[string]struct {
		order  func(*aliexpresstest.Order)
		change func(*supplier.Dossier)
		want   supplier.DisputeOutcome
	}{
		"form of another": {func(o *aliexpresstest.Order) { o.Trap.FormShowsOther = other }, nil, supplier.DisputeWrongOrder},
		"no such line":    {nil, func(d *supplier.Dossier) { d.Line = "1" }, supplier.DisputeWrongOrder},
		"no such reason":  {nil, func(d *supplier.Dossier) { d.Reasons = []string{"no longer wanted"} }, supplier.DisputeUnknown},
		"two such":        {nil, func(d *supplier.Dossier) { d.Reasons = []string{"t"} }, supplier.DisputeUnknown},
		"no such file":    {nil, func(d *supplier.Dossier) { d.Files = []string{"/no/such/file"} }, supplier.DisputeFailed},
		"not shipped":     {func(o *aliexpresstest.Order) { o.Fate.AlreadyShipped = nil }, nil, supplier.DisputeNotOffered},
		"covered":         {func(o *aliexpresstest.Order) { o.Nuisance.Overlay = aliexpresstest.Forever }, nil, supplier.DisputeFailed},
	} {
		if slices.Contains([]string{"no such line", "two such", "covered"}, name) && !everything() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			number, line := r.shippedOrder(t, c.order)
			marks := 0
			d := dossier(t, number, line, &marks)
			d.Submit = true
			if c.change != nil {
				c.change(&d)
			}
			got, err := r.client.Dispute(t.Context(), d)
			if err != nil || got.Outcome != c.want || marks != 0 || got.Detail == "" {
				t.Errorf("dispute: %+v, %v, %d marks; want %s", got, err, marks, c.want)
			}
		})
	}
	if w := r.site.Writes(); len(w) > 0 {
		t.Errorf("writes: %+v", w)
	}
	if m := append(r.site.Missed(), r.site.Untrusted()...); len(m) > 0 {
		t.Errorf("clicks astray: %+v", m)
	}
}

// TestReturns reads the list over several pages.
func TestListOfReturns(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var last string
	for range 6 { // two lines each
		last = r.order(t, func(o *aliexpresstest.Order) {
			o.RequestedAt = r.now.Add(-10 * time.Hour)
			o.Fate = aliexpresstest.Fate{Accept: time.Hour, Refund: &aliexpresstest.Refund{After: time.Hour}}
		})
	}
	all, err := r.client.Returns(t.Context(), "")
	if err != nil || len(all) != 12 || all[0].Open || !all[0].Amount.Known() || all[0].CreatedAt.IsZero() || all[0].Status == "" {
		t.Errorf("all: %d %+v, %v", len(all), all, err)
	}
	one, err := r.client.Returns(t.Context(), last)
	if err != nil || len(one) != 2 || one[0].Number != last || one[0].OrderLine == one[1].OrderLine || one[0].LineID == "" {
		t.Errorf("one order's: %+v, %v", one, err)
	}
	if n := len(r.site.Writes()); n != 0 {
		t.Errorf("reading wrote: %+v", r.site.Writes())
	}
}
