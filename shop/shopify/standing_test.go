package shopify_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

const callback = "https://hooks.example.org/webhooks/shopify/mystore"

func topicsOf(list []shop.Subscription) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, s.Topic)
	}
	slices.Sort(out)
	return out
}

var mustHave = []string{"app/uninstalled", "orders/cancelled", "orders/edited", "orders/updated", "refunds/create"}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			c := newClient(t, s.URL(), ofVersion(v), func(o *shopify.Options) { o.Edits = true })
			s.Subscribe("ORDERS_CANCELLED", "https://elsewhere.example.org/x")
			s.Subscribe("PRODUCTS_UPDATE", callback)
			seen, err := c.EnsureSubscriptions(t.Context(), callback, false)
			if err != nil || !slices.Equal(seen.Missing, []string{"orders/cancelled", "orders/updated", "orders/edited", "refunds/create", "app/uninstalled"}) || len(seen.Other) != 2 || len(seen.Created) != 0 {
				t.Fatalf("got %+v, %v", seen, err)
			}
			made, err := c.EnsureSubscriptions(t.Context(), callback, true)
			if err != nil || len(made.Missing) != 0 || len(made.Problems) != 0 {
				t.Fatalf("got %+v, %v", made, err)
			}
			want := slices.Clone(mustHave)
			if v >= "2026-10" {
				want = append(want, shop.TopicEditRequested)
			}
			if got := topicsOf(made.Created); !slices.Equal(got, want) {
				t.Errorf("made %q, want %q", got, want)
			}
			again, err := c.EnsureSubscriptions(t.Context(), callback, true)
			if err != nil || len(again.Created)+len(again.Deleted) != 0 || len(again.Have) != len(want) || len(again.Other) != 2 {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

// What serves our address and would not work is replaced; an answer that is
// lost is found out the next time.
func TestSubscriptionsAreMended(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	c := newClient(t, s.URL())
	s.SubscribeWith("ORDERS_CANCELLED", map[string]any{"uri": callback, "filter": "id:1"})
	s.SubscribeWith("ORDERS_UPDATED", map[string]any{"uri": callback, "format": "XML"})
	s.SubscribeWith("REFUNDS_CREATE", map[string]any{"uri": callback, "includeFields": []any{"id"}})
	s.SubscribeWith("ORDERS_EDITED", map[string]any{"uri": callback})
	seen, err := c.EnsureSubscriptions(t.Context(), callback, false)
	if err != nil || !slices.Equal(topicsOf(seen.Unusable), []string{"orders/cancelled", "orders/updated", "refunds/create"}) || !slices.Equal(topicsOf(seen.Have), []string{"orders/edited"}) {
		t.Fatalf("got %+v, %v", seen, err)
	}
	s.DropWrites(4)
	for tries := 0; err != nil || tries == 0; tries++ {
		if _, err = c.EnsureSubscriptions(t.Context(), callback, true); err != nil && shop.KindOf(err) != shop.Unavailable || tries > 5 {
			t.Fatalf("try %d: %v", tries, err)
		}
	}
	last, err := c.EnsureSubscriptions(t.Context(), callback, false)
	if err != nil || !slices.Equal(topicsOf(last.Have), mustHave) || len(last.Unusable) != 0 || len(s.Subscriptions()) != len(mustHave) {
		t.Errorf("in the end: %+v, %v", last, err)
	}
	for _, bad := range []string{"", "http://hooks.example.org/x", "mystore"} {
		if _, err := c.EnsureSubscriptions(t.Context(), bad, true); shop.KindOf(err) != shop.Invalid {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// Many subscriptions come in pages.
func TestManySubscriptions(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	for range 120 {
		s.Subscribe("ORDERS_UPDATED", "https://elsewhere.example.org/x")
	}
	if got, err := newClient(t, s.URL()).Subscriptions(t.Context()); err != nil || len(got) != 120 {
		t.Errorf("got %d, %v", len(got), err)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Now = func() time.Time { return orderDay } })
	h, err := c.Health(t.Context())
	if err != nil || len(h.Problems) != 0 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if h.Domain != "test.myshopify.com" || h.ServedVersion != "2026-10" || h.FellForward() || h.Token != "static" || !h.OldOrders || len(h.Supported) != 4 || h.Skew != 0 {
		t.Errorf("got %+v", h)
	}
}

func TestHealthFindsProblems(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		shop shopifytest.Options
		edit func(*shopify.Options)
		do   func(*shopifytest.Shop)
		say  string
	}{
		"fell forward": {edit: ofVersion("2025-07"), say: "answers in 2026-01"},
		"scope":        {shop: shopifytest.Options{Scopes: []string{"read_orders", "read_all_orders"}}, say: "write_orders"},
		"old orders":   {shop: shopifytest.Options{Scopes: []string{"write_orders"}}, say: "read_all_orders"},
		"other domain": {edit: func(o *shopify.Options) { o.Domain = "mystore.myshopify.com" }, say: "test.myshopify.com"},
		"clock":        {edit: func(o *shopify.Options) { o.Now = func() time.Time { return orderDay.Add(time.Hour) } }, say: "-1h0m0s"},
		"deprecated":   {do: func(s *shopifytest.Shop) { s.Deprecate("https://shopify.dev/x") }, say: "https://shopify.dev/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, tc.shop)
			if tc.do != nil {
				tc.do(s)
			}
			c := newClient(t, s.URL(), func(o *shopify.Options) {
				o.Now = func() time.Time { return orderDay }
				if tc.edit != nil {
					tc.edit(o)
				}
			})
			h, err := c.Health(t.Context())
			if err != nil || len(h.Problems) != 1 || !strings.Contains(h.Problems[0], tc.say) {
				t.Errorf("got %q, %v, want one saying %q", h.Problems, err, tc.say)
			}
		})
	}
	s := newShop(t, shopifytest.Options{Scopes: []string{"write_orders"}})
	s.AddOrder(shopifytest.Order{CreatedAt: orderDay.AddDate(0, 0, -70)})
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Now = func() time.Time { return orderDay } })
	if h, err := c.Health(t.Context()); err != nil || !h.OldOrders || len(h.Problems) != 0 {
		t.Errorf("an old order shows: %+v, %v", h, err)
	}
	s.Fail(9, http.StatusUnauthorized)
	if h, err := c.Health(t.Context()); shop.KindOf(err) != shop.Unauthorized || h.AskedVersion != "2026-10" {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestHealthWithCredentials(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	creds := credentials(t, s, func() time.Time { return orderDay })
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Credentials = creds })
	h, err := c.Health(t.Context())
	if err != nil || h.Token != "client_credentials" {
		t.Errorf("got %+v, %v", h, err)
	}
}
