package shopify_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
)

// forgetful is a sink that keeps nothing: it is the walk that is measured.
type forgetful struct{}

func (forgetful) Knock(context.Context, state.Knock) (bool, error) { return true, nil }

// weighed measures the heap that is in use at each twentieth page.
type weighed struct {
	shop.Lister
	pages       int
	first, most uint64
}

func (w *weighed) Changed(ctx context.Context, since time.Time, cursor string) (shop.ChangedPage, error) {
	if w.pages++; w.pages%20 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if w.first == 0 {
			w.first = m.HeapAlloc
		}
		w.most = max(w.most, m.HeapAlloc)
	}
	return w.Lister.Changed(ctx, since, cursor)
}

// BenchmarkReconcile walks through 10,000 changed orders within the bucket of
// a large store: in how many pages, for how many points, and how much the
// heap grows from its twentieth page on.
func BenchmarkReconcile(b *testing.B) {
	clock := newTurned(orderDay)
	s, err := shopifytest.New(shopifytest.Options{Now: clock.Now, Budget: shopifytest.Budget{Maximum: 2000, Restore: 1000}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	for range 10_000 {
		clock.Advance(20 * time.Second)
		s.AddOrder(shopifytest.Order{CreatedAt: clock.Now(), CancelledAt: clock.Now(), Lines: make([]shopifytest.Line, 1)})
	}
	client, err := shopify.New(shopify.Options{Name: "mystore", Domain: "test.myshopify.com", Endpoint: s.URL(), Token: shopify.StaticToken("shpat_test")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	list := &weighed{Lister: client}
	pages, orders := 0, 0
	for b.Loop() {
		list.first, list.most, list.pages = 0, 0, 0
		r, err := shopify.NewReconciler(shopify.ReconcilerOptions{Shop: "mystore", Lister: list, Sink: forgetful{}, Cursors: &cursors{}, LookBack: 60 * 24 * time.Hour, Now: clock.Now})
		if err != nil {
			b.Fatal(err)
		}
		w, err := r.Poll(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		pages, orders = pages+w.Pages, orders+w.Orders
	}
	n := float64(b.N)
	b.ReportMetric(float64(orders)/n, "orders")
	b.ReportMetric(float64(pages)/n, "pages")
	b.ReportMetric(s.Spent()/n, "points")
	b.ReportMetric(float64(list.most-list.first)/1024, "heap-growth-KB")
}
