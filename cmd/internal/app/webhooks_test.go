package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
	"countermand/state/boltstore"
)

// receiver takes webhooks, or has no room for them.
type receiver struct {
	*httptest.Server
	down  atomic.Bool
	taken atomic.Int64
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		if r.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		r.taken.Add(1)
	}))
	t.Cleanup(r.Close)
	return r
}

func newTestShop(t *testing.T) *shopifytest.Shop {
	t.Helper()
	s, err := shopifytest.New(shopifytest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// newWatch looks after the subscriptions of a shop; what it tells of is in
// told.
func newWatch(t *testing.T, s *shopifytest.Shop, url string) (w *hookWatch, told *[]string) {
	t.Helper()
	client, err := shopify.New(shopify.Options{Name: "mystore", Domain: s.Domain(), Endpoint: s.URL(), Token: shopify.StaticToken("shpat_test")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	told = new([]string)
	return &hookWatch{
		shop: "mystore", url: url, shops: client, store: store, mend: true, log: zerolog.Nop(),
		remade: func(_ context.Context, _ string, topics []string) error { *told = append(*told, topics...); return nil },
	}, told
}

// lose lets the shop fail to deliver until it takes the subscription off.
func lose(t *testing.T, s *shopifytest.Shop, r *receiver, topic, order string) {
	t.Helper()
	had := len(s.Subscriptions())
	r.down.Store(true)
	defer r.down.Store(false)
	if err := s.Emit(topic, order); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if got := s.Deliver(t.Context(), shopifytest.Plan{}); got.Failed != 1 {
			t.Fatalf("delivered %+v", got)
		}
	}
	if len(s.Subscriptions()) != had-1 {
		t.Fatalf("the shop kept %v", s.Subscriptions())
	}
}

// A subscription that the shop removed after eight failures is noticed, made
// again and told of, once; then webhooks arrive again.
func TestRemovedSubscriptionIsMadeAgain(t *testing.T) {
	t.Parallel()
	s, r := newTestShop(t), newReceiver(t)
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
	w, told := newWatch(t, s, r.URL+"/webhooks/shopify/mystore")
	for range 2 { // the first makes them, the second finds them
		if err := w.check(t.Context()); err != nil || len(*told) != 0 || len(s.Subscriptions()) != 5 {
			t.Fatalf("told of %q, subscribed to %v: %v", *told, s.Subscriptions(), err)
		}
	}
	lose(t, s, r, "orders/cancelled", o.Name)
	for range 2 {
		if err := w.check(t.Context()); err != nil || !slices.Equal(*told, []string{"orders/cancelled"}) {
			t.Fatalf("told of %q: %v", *told, err)
		}
	}
	if err := s.Emit("orders/cancelled", o.Name); err != nil {
		t.Fatal(err)
	}
	if got := s.Deliver(t.Context(), shopifytest.Plan{}); got.Sent != 1 || r.taken.Load() != 1 {
		t.Errorf("delivered %+v", got)
	}
}

// Where nothing may be written to the shop, a loss is remembered until it may.
func TestRemovedSubscriptionIsOnlyNoticed(t *testing.T) {
	t.Parallel()
	s, r := newTestShop(t), newReceiver(t)
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
	w, told := newWatch(t, s, r.URL+"/webhooks/shopify/mystore")
	if err := w.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	lose(t, s, r, "orders/updated", o.Name)
	w.mend = false
	for range 2 {
		if err := w.check(t.Context()); err != nil || len(*told) != 0 || len(s.Subscriptions()) != 4 {
			t.Fatalf("told of %q, subscribed to %v: %v", *told, s.Subscriptions(), err)
		}
	}
	w.mend = true
	if err := w.check(t.Context()); err != nil || !slices.Equal(*told, []string{"orders/updated"}) {
		t.Errorf("told of %q: %v", *told, err)
	}
	w.url = r.URL + "/elsewhere" // a new address is no loss
	if err := w.check(t.Context()); err != nil || len(*told) != 1 {
		t.Errorf("told of %q: %v", *told, err)
	}
}

// What fails is tried again at the next look, and nothing is forgotten.
func TestWatchThatFails(t *testing.T) {
	t.Parallel()
	s, r := newTestShop(t), newReceiver(t)
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
	w, told := newWatch(t, s, r.URL+"/webhooks/shopify/mystore")
	if err := w.check(t.Context()); err != nil {
		t.Fatal(err)
	}
	lose(t, s, r, "orders/edited", o.Name)
	s.FailOperation("createSubscription", http.StatusForbidden)
	if err := w.check(t.Context()); err == nil {
		t.Error("a shop that refuses is no error")
	}
	s.FailOperation("createSubscription", 0)
	if err := w.check(t.Context()); err != nil || !slices.Equal(*told, []string{"orders/edited"}) {
		t.Errorf("told of %q: %v", *told, err)
	}
}

// flowApp is a running daemon that Flow may ask; its shop cannot be reached,
// so what it was asked stays in its inbox.
func flowApp(t *testing.T) (a *App, ask func(shopName, secret, body string) int) {
	t.Helper()
	c := config(t, "account: main}", `account: main, flow_secret_file: hook-secret, supplier_first: {enabled: true}}
  - {name: other, domain: other.myshopify.com, endpoint: "http://127.0.0.1:1", token_file: token, account: main}`)
	a, err := New(t.Context(), Options{Config: c, Version: "test", Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	return a, func(shopName, secret, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+a.WebhooksAddr()+"/hooks/flow/"+shopName, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Countermand-Secret", secret)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
}

// Flow may ask for a cancel of its own shop's orders, with the secret; what is
// accepted is on disk.
func TestFlowIsServed(t *testing.T) {
	t.Parallel()
	a, ask := flowApp(t)
	const body = `{"order_id": "gid://shopify/Order/820982911946154508", "reason": "fraud"}`
	for name, tc := range map[string]struct {
		shop, secret, body string
		want               int
	}{
		"wrong secret": {"mystore", "guess", body, http.StatusUnauthorized},
		"no secret":    {"mystore", "", body, http.StatusUnauthorized},
		"unknown shop": {"nobody", "hook-secret", body, http.StatusNotFound},
		"shop without": {"other", "hook-secret", body, http.StatusNotFound},
		"too big":      {"mystore", "hook-secret", strings.Repeat(" ", 1<<20) + body, http.StatusRequestEntityTooLarge},
		"not an order": {"mystore", "hook-secret", `{"order_id": "#1042"}`, http.StatusBadRequest},
		"no JSON":      {"mystore", "hook-secret", `order 1042`, http.StatusBadRequest},
		"what it is":   {"mystore", "hook-secret", body, http.StatusAccepted},
	} {
		if got := ask(tc.shop, tc.secret, tc.body); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
	err := a.store.View(t.Context(), func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(a.clock.Now().Add(365*24*time.Hour), 10)
		if err == nil && (len(knocks) != 1 || knocks[0].Topic != "flow/fraud" || knocks[0].Shop != "mystore" || knocks[0].OrderID != "gid://shopify/Order/820982911946154508") {
			t.Errorf("stored %+v", knocks)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Where suppliers are not asked first, Flow finds nobody.
func TestFlowIsNotServedWhereItIsNotHeard(t *testing.T) {
	t.Parallel()
	c := config(t, "account: main}", `account: main, flow_secret_file: hook-secret, supplier_first: {enabled: true}}`)
	if shops, err := hookShops(c); err != nil || shops["mystore"].FlowSecrets == nil {
		t.Errorf("%+v, %v", shops, err)
	}
	c.Shops[0].SupplierFirst.Enabled = false
	if shops, err := hookShops(c); err != nil || len(shops) != 1 || shops["mystore"].FlowSecrets != nil {
		t.Errorf("%+v, %v", shops, err)
	}
}

func TestRequestTag(t *testing.T) {
	t.Parallel()
	s := configs.Shop{SupplierFirst: configs.SupplierFirst{Tag: "cancel-requested"}}
	if got := requestTag(s); got != "" {
		t.Errorf("%q asks although nothing is asked first", got)
	}
	if s.SupplierFirst.Enabled = true; requestTag(s) != "cancel-requested" {
		t.Error("the tag does not ask")
	}
}

// A watch runs at the start and then as its schedule says.
func TestScheduleStartsAtOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	f := &startAtOnce{Schedule: every{RealClock(), time.Hour, leastPoll}}
	if got := f.Next(at); !got.Equal(at) {
		t.Errorf("first at %s", got)
	}
	if got := f.Next(at); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("then at %s", got)
	}
}
