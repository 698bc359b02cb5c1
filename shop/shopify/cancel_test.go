package shopify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

var versions = []string{"2026-01", "2026-04", "2026-07", "2026-10", "unstable"}

func ofVersion(v string) func(*shopify.Options) {
	return func(o *shopify.Options) { o.APIVersion = v }
}

func wish(o shopifytest.Order) shop.CancelOrder {
	return shop.CancelOrder{
		ID: o.GID(), Reason: "customer", Refund: shop.RefundOriginal, Restock: true, NotifyCustomer: true, StaffNote: "asked by the customer",
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
			c := newClient(t, s.URL(), ofVersion(v))
			s.SlowCancels(6)
			got, err := c.Cancel(t.Context(), wish(o))
			if err != nil || got.Outcome != shop.CancelDone || !got.At.Equal(orderDay) || got.Financial != "refunded" {
				t.Fatalf("got %+v, %v", got, err)
			}
			now, err := s.Order(o.Name)
			if err != nil {
				t.Fatal(err)
			}
			want := shopifytest.Cancel{Reason: "CUSTOMER", Restock: true, NotifyCustomer: true, Refund: "original", StaffNote: "asked by the customer", Times: 1}
			if *now.Cancel != want {
				t.Errorf("the shop was told %+v, want %+v", *now.Cancel, want)
			}
			asked := len(s.Queries())
			again, err := c.Cancel(t.Context(), wish(o))
			if err != nil || again.Outcome != shop.CancelDone || len(s.Queries()) != asked+1 {
				t.Errorf("again: %+v, %v, %d requests", again, err, len(s.Queries())-asked)
			}
		})
	}
}

func TestCancelRefunds(t *testing.T) {
	t.Parallel()
	for _, refund := range []shop.Refund{shop.RefundOriginal, shop.RefundStoreCredit, shop.RefundNone} {
		s := newShop(t, shopifytest.Options{})
		o := s.AddOrder(shopifytest.Order{})
		w := wish(o)
		w.Refund = refund
		got, err := newClient(t, s.URL()).Cancel(t.Context(), w)
		now, _ := s.Order(o.Name)
		if err != nil || got.Outcome != shop.CancelDone || now.Cancel.Refund != string(refund) {
			t.Errorf("%s: %+v, %v, the shop was told %+v", refund, got, err, now.Cancel)
		}
		if paid := got.Financial == "paid"; paid != (refund == shop.RefundNone) {
			t.Errorf("%s: the money reads %q", refund, got.Financial)
		}
	}
}

func TestCancelIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(*shopifytest.Shop, string)
		say     string
	}{
		"at once": {func(s *shopifytest.Shop, _ string) {
			s.RefuseCancel(&shopifytest.Problem{Code: "NO_REFUND_PERMISSION", Message: "No"})
		}, "NO_REFUND_PERMISSION"},
		"fulfilled": {func(s *shopifytest.Shop, o string) {
			mustChange(s, o, func(o *shopifytest.Order) { o.Fulfillment = "FULFILLED" })
		}, "fulfilled"},
		"later": {func(s *shopifytest.Shop, _ string) {
			s.FailCancel(&shopifytest.Problem{Code: "INTERNAL_ERROR", Message: "Refund failed"})
		}, "till stands"},
	} {
		for _, v := range []string{"2026-07", "2026-10"} {
			t.Run(name+" "+v, func(t *testing.T) {
				t.Parallel()
				s := newShop(t, shopifytest.Options{})
				o := s.AddOrder(shopifytest.Order{})
				tc.prepare(s, o.Name)
				got, err := newClient(t, s.URL(), ofVersion(v)).Cancel(t.Context(), wish(o))
				if err != nil || got.Outcome != shop.CancelRefused || len(got.Problems) != 1 {
					t.Fatalf("got %+v, %v", got, err)
				}
				say := tc.say
				if name == "later" && v == "2026-10" {
					say = "Refund failed (INTERNAL_ERROR)"
				}
				if text := got.Problems[0].String(); !strings.Contains(text, say) {
					t.Errorf("says %q, want %q", text, say)
				}
			})
		}
	}
}

func mustChange(s *shopifytest.Shop, ref string, edit func(*shopifytest.Order)) {
	if _, err := s.Change(ref, edit); err != nil {
		panic(err)
	}
}

// The answer to the cancel is lost after it took effect, or the shop breaks
// down while it is on its way: it is looked for and never sent twice.
func TestCancelWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*shopifytest.Shop){
		"lost":      func(s *shopifytest.Shop) { s.DropWrites(1) },
		"lost long": func(s *shopifytest.Shop) { s.DropWrites(1); s.SlowCancels(shopify.CancelLooks) },
	} {
		for _, v := range []string{"2026-07", "2026-10"} {
			t.Run(name+" "+v, func(t *testing.T) {
				t.Parallel()
				s := newShop(t, shopifytest.Options{})
				o := s.AddOrder(shopifytest.Order{})
				fault(s)
				got, err := newClient(t, s.URL(), ofVersion(v)).Cancel(t.Context(), wish(o))
				if err != nil || got.Outcome != shop.CancelDone {
					t.Fatalf("got %+v, %v", got, err)
				}
				if now, _ := s.Order(o.Name); now.Cancel.Times != 1 {
					t.Errorf("accepted %d times", now.Cancel.Times)
				}
			})
		}
	}
}

func TestCancelUnclear(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit func(*shopify.Options, *shopifytest.Shop)
		sent int
	}{
		"never ends": {func(_ *shopify.Options, s *shopifytest.Shop) { s.SlowCancels(1 << 30) }, 1},
		"lost on its way": {func(o *shopify.Options, _ *shopifytest.Shop) {
			o.HTTP = &http.Client{Transport: onWrite(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") })}
		}, 0},
		"gateway": {func(o *shopify.Options, _ *shopifytest.Shop) {
			o.HTTP = &http.Client{Transport: onWrite(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 502, Status: "502 Bad Gateway", Header: http.Header{}, Body: http.NoBody}, nil
			})}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			o := s.AddOrder(shopifytest.Order{})
			c := newClient(t, s.URL(), func(o *shopify.Options) { tc.edit(o, s) })
			got, err := c.Cancel(t.Context(), wish(o))
			if err != nil || got.Outcome != shop.CancelUnclear || got.Err == nil {
				t.Fatalf("got %+v, %v", got, err)
			}
			times := 0
			if now, _ := s.Order(o.Name); now.Cancel != nil {
				times = now.Cancel.Times
			}
			if times != tc.sent {
				t.Errorf("accepted %d times, want %d", times, tc.sent)
			}
		})
	}
}

// onWrite answers mutations by itself.
func onWrite(answer roundTrip) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		defer body.Close()
		text := make([]byte, 200)
		n, _ := body.Read(text)
		if strings.Contains(string(text[:n]), "mutation ") {
			return answer(r)
		}
		return http.DefaultTransport.RoundTrip(r)
	}
}

// An error means that nothing was sent, so that it may be tried again.
func TestCancelNotSent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault func(*shopifytest.Shop)
		edit  func(*shop.CancelOrder)
		kind  shop.Kind
	}{
		"down":           {func(s *shopifytest.Shop) { s.Fail(3, 503) }, nil, shop.Unavailable},
		"unauthorized":   {func(s *shopifytest.Shop) { s.Fail(1, 401) }, nil, shop.Unauthorized},
		"no such order":  {nil, func(o *shop.CancelOrder) { o.ID = "gid://shopify/Order/7" }, shop.NotFound},
		"no id":          {nil, func(o *shop.CancelOrder) { o.ID = "7" }, shop.Invalid},
		"unknown reason": {nil, func(o *shop.CancelOrder) { o.Reason = "whim" }, shop.Invalid},
		"unknown refund": {nil, func(o *shop.CancelOrder) { o.Refund = "" }, shop.Invalid},
		"long note":      {nil, func(o *shop.CancelOrder) { o.StaffNote = strings.Repeat("ä", 256) }, shop.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			o := s.AddOrder(shopifytest.Order{})
			w := wish(o)
			if tc.edit != nil {
				tc.edit(&w)
			}
			if tc.fault != nil {
				tc.fault(s)
			}
			_, err := newClient(t, s.URL()).Cancel(t.Context(), w)
			if shop.KindOf(err) != tc.kind || shop.MaySent(err) {
				t.Errorf("got %v, may be sent %v; want %s", err, shop.MaySent(err), tc.kind)
			}
			if slices.ContainsFunc(s.Queries(), func(q string) bool { return strings.HasPrefix(q, "cancelOrder") }) {
				t.Errorf("asked %q", s.Queries())
			}
		})
	}
}

// A throttled cancel was not carried out and is sent again.
func TestCancelThrottled(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{Budget: shopifytest.Budget{Maximum: 2000, Restore: 1000}})
	o := s.AddOrder(shopifytest.Order{})
	throttled := 0
	c := newClient(t, s.URL(), func(o *shopify.Options) {
		o.HTTP = &http.Client{Transport: onWrite(func(r *http.Request) (*http.Response, error) {
			if throttled++; throttled == 1 {
				s.ThrottleNext(1)
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	got, err := c.Cancel(t.Context(), wish(o))
	now, _ := s.Order(o.Name)
	if err != nil || got.Outcome != shop.CancelDone || throttled != 2 || now.Cancel.Times != 1 {
		t.Errorf("got %+v, %v, sent %d times", got, err, throttled)
	}
}

func TestCancelIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	s.SlowCancels(1 << 30)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopping := errors.New("stopping")
	c := newClient(t, s.URL(), func(o *shopify.Options) {
		looks := 0
		o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if looks++; looks == 4 {
				cancel(stopping)
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	c.SetPause(time.Minute)
	got, err := c.Cancel(ctx, wish(o))
	if err != nil || got.Outcome != shop.CancelUnclear || !errors.Is(got.Err, stopping) {
		t.Errorf("got %+v, %v", got, err)
	}
}
