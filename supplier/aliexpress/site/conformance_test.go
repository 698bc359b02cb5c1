package site

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"countermand/state"
)

// TestCaptures reads real answers of the site where they are at hand: the
// directory that COUNTERMAND_SHARED names. Without it nothing is claimed.
func TestCaptures(t *testing.T) {
	dir := os.Getenv("COUNTERMAND_SHARED")
	if dir == "" {
		return
	}
	p := testProfile(t)
	capture := func(name string) Answer {
		b, err := os.ReadFile(filepath.Join(dir, "data", "aliexpress", name))
		if err != nil {
			t.Fatal(err)
		}
		a, err := ParseAnswer(b)
		if err != nil {
			t.Fatal(err)
		}
		if kind := p.Returns.Kind(a.Ret); kind != "" {
			t.Fatalf("%s: %s", name, kind)
		}
		return a
	}
	list, err := p.ParseList(capture("capture_order_list.json"), readAt, zone(t))
	if err != nil || len(list.Orders) != 10 || !list.More || list.Index != 1 {
		t.Errorf("list: %d orders, more %v, page %d", len(list.Orders), list.More, list.Index)
	}
	for _, r := range list.Orders {
		if r.Phase == state.PhaseUnknown || !r.Complete {
			t.Errorf("list entry %+v", r)
		}
	}
	d, err := p.ParseDetail(capture("capture_order_detail.json"), readAt, zone(t))
	if err != nil || d.Reading.Phase != state.PhaseFinished || !d.Reading.Complete || d.Reading.Total.String() != "132.74 BRL" || d.Reading.ShippedAt.IsZero() {
		t.Errorf("detail %+v, %v", d.Reading, err)
	}
	inList := slices.IndexFunc(list.Orders, func(r state.Reading) bool { return r.Number == d.Reading.Number })
	if inList < 0 || list.Orders[inList].Total != d.Reading.Total || list.Orders[inList].Store != d.Reading.Store {
		t.Errorf("detail of %s and the list do not agree (entry %d)", d.Reading.Number, inList)
	}
	parcels, err := p.ParseTracking(capture("capture_tracking.json"), readAt)
	if err != nil || len(parcels) != 1 || parcels[0].FirstScanAt.IsZero() || parcels[0].DeliveredAt.IsZero() || parcels[0].Carrier == "" {
		t.Errorf("tracking %+v", parcels)
	}
}
