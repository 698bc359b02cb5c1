package aliexpress

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
	capture := func(name string) answer {
		b, err := os.ReadFile(filepath.Join(dir, "data", "aliexpress", name))
		if err != nil {
			t.Fatal(err)
		}
		a, err := parseAnswer(b)
		if err != nil {
			t.Fatal(err)
		}
		if kind := p.Returns.kind(a.Ret); kind != "" {
			t.Fatalf("%s: %s", name, kind)
		}
		return a
	}
	list, err := p.parseList(capture("capture_order_list.json"), readAt, zone(t))
	if err != nil || len(list.orders) != 10 || !list.more || list.index != 1 {
		t.Errorf("list: %d orders, more %v, page %d", len(list.orders), list.more, list.index)
	}
	for _, r := range list.orders {
		if r.Phase == state.PhaseUnknown || !r.Complete {
			t.Errorf("list entry %+v", r)
		}
	}
	d, err := p.parseDetail(capture("capture_order_detail.json"), readAt, zone(t))
	if err != nil || d.reading.Phase != state.PhaseFinished || !d.reading.Complete || d.reading.Total.String() != "132.74 BRL" || d.reading.ShippedAt.IsZero() {
		t.Errorf("detail %+v, %v", d.reading, err)
	}
	inList := slices.IndexFunc(list.orders, func(r state.Reading) bool { return r.Number == d.reading.Number })
	if inList < 0 || list.orders[inList].Total != d.reading.Total || list.orders[inList].Store != d.reading.Store {
		t.Errorf("detail of %s and the list do not agree (entry %d)", d.reading.Number, inList)
	}
	parcels, err := p.parseTracking(capture("capture_tracking.json"))
	if err != nil || len(parcels) != 1 || parcels[0].FirstScanAt.IsZero() || parcels[0].DeliveredAt.IsZero() || parcels[0].Carrier == "" {
		t.Errorf("tracking %+v", parcels)
	}
}
