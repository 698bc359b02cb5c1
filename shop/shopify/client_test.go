package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
)

var orderDay = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

func newShop(t *testing.T, o shopifytest.Options) *shopifytest.Shop {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return orderDay }
	}
	s, err := shopifytest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newClient(t *testing.T, endpoint string, edit ...func(*shopify.Options)) *shopify.Client {
	t.Helper()
	o := shopify.Options{
		Name: "mystore", Domain: "test.myshopify.com", Endpoint: endpoint,
		Token:   shopify.StaticToken("shpat_test\n"),
		Mapping: shopify.Mapping{Note: true, TagPrefix: "ae:"},
	}
	for _, e := range edit {
		e(&o)
	}
	c, err := shopify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.SetPause(time.Millisecond)
	t.Cleanup(c.Close)
	return c
}

func TestOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	c := newClient(t, s.URL())
	in := s.AddOrder(shopifytest.Order{
		Name: "#1042", Note: "for 8190000000000001", Tags: []string{"ae:8190000000000002", "vip"},
		Attributes: []shopifytest.Attribute{{Key: "Ali Order No", Value: "8190000000000002"}, {Key: "gift", Value: ""}},
		Lines: []shopifytest.Line{
			{Title: "Lamp", SKU: "L-1", Vendor: "Glow", Quantity: 2, Attributes: []shopifytest.Attribute{{Key: "_ae", Value: "8190000000000001"}}},
			{Title: "Bulb", Vendor: "Watt", Quantity: 3, Removed: 1},
			{Title: "Cord", Vendor: "Glow", Cents: 1},
		},
	})
	got, err := c.Order(t.Context(), in.GID())
	if err != nil {
		t.Fatal(err)
	}
	lamp := state.Line{ID: in.Lines[0].GID(), Title: "Lamp", SKU: "L-1", Quantity: 2}
	bulb := state.Line{ID: in.Lines[1].GID(), Title: "Bulb", Quantity: 3}
	cord := state.Line{ID: in.Lines[2].GID(), Title: "Cord", Quantity: 1}
	want := shop.Order{
		Shop: "mystore", ID: in.GID(), Name: "#1042", CreatedAt: orderDay, UpdatedAt: orderDay,
		Fulfillment: "unfulfilled",
		Lines:       []state.Line{lamp, bulb, cord},
		Left:        map[string]int{lamp.ID: 2, bulb.ID: 2, cord.ID: 1},
		Gone:        map[string]int{bulb.ID: 1}, GoneUndated: true, // the shop does not tell when
		Supplier: []state.Mapping{
			{SupplierOrder: "8190000000000001", By: "attribute", Lines: []state.Line{lamp}},
			{SupplierOrder: "8190000000000002", By: "attribute"},
		},
		Financial: "paid", Total: usd(t, "53.01"),
		Tags: []string{"ae:8190000000000002", "vip"}, Vendors: []string{"Glow", "Watt"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	if _, err := s.Cancel("#1042", "customer"); err != nil {
		t.Fatal(err)
	}
	got, err = c.Order(t.Context(), in.GID())
	if err != nil {
		t.Fatal(err)
	}
	if !got.CancelledAt.Equal(orderDay) || got.Reason != "customer" || got.Left[lamp.ID] != 0 || state.ItemCount(got.Lines) != 6 || !got.Reduced() || got.Total.Units == 0 {
		t.Errorf("a cancelled order reads as %+v", got)
	}
}

func usd(t *testing.T, value string) state.Money {
	t.Helper()
	m, err := state.ParseMoney(value, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOrderWithManyLines(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	c := newClient(t, s.URL())
	for _, n := range []int{0, 1, shopify.PageLines, shopify.PageLines + 1, 2*shopify.PageLines + 7} {
		in := s.AddOrder(shopifytest.Order{Lines: make([]shopifytest.Line, n)})
		got, err := c.Order(t.Context(), in.GID())
		if err != nil {
			t.Fatalf("%d lines: %v", n, err)
		}
		if len(got.Lines) != n || len(got.Left) != n {
			t.Fatalf("%d lines: got %d, %d of them left", n, len(got.Lines), len(got.Left))
		}
		for i, l := range got.Lines {
			if l.ID != in.Lines[i].GID() {
				t.Fatalf("%d lines: line %d is %s", n, i, l.ID)
			}
		}
	}
}

// An order that changes between two of its pages is read again from the
// first.
func TestOrderChangesWhileRead(t *testing.T) {
	t.Parallel()
	day := orderDay
	s := newShop(t, shopifytest.Options{Now: func() time.Time { day = day.Add(time.Minute); return day }})
	in := s.AddOrder(shopifytest.Order{Lines: make([]shopifytest.Line, shopify.PageLines+1)})
	asked := 0
	between := roundTrip(func(r *http.Request) (*http.Response, error) {
		if asked++; asked == 2 {
			if _, err := s.Change(in.GID(), func(o *shopifytest.Order) { o.Lines[0].Vendor = "Glow" }); err != nil {
				return nil, err
			}
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.HTTP = &http.Client{Transport: between} })
	got, err := c.Order(t.Context(), in.GID())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Vendors) != 1 || len(got.Lines) != shopify.PageLines+1 || asked != 4 {
		t.Errorf("read %d lines in %d requests, and the vendors %q", len(got.Lines), asked, got.Vendors)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Faults that pass: the read is tried again and succeeds.
func TestReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*shopifytest.Shop){
		"server error":     func(s *shopifytest.Shop) { s.Fail(2, http.StatusBadGateway) },
		"too many":         func(s *shopifytest.Shop) { s.Fail(1, http.StatusTooManyRequests) },
		"throttled":        func(s *shopifytest.Shop) { s.ThrottleNext(1) },
		"reply lost":       func(s *shopifytest.Shop) { s.DropReplies(1) },
		"reply lost twice": func(s *shopifytest.Shop) { s.DropReplies(2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{Budget: shopifytest.Budget{Maximum: 2000, Restore: 1000}})
			o := s.AddOrder(shopifytest.Order{})
			c := newClient(t, s.URL())
			fault(s)
			got, err := c.Order(t.Context(), o.GID())
			if err != nil || got.ID != o.GID() {
				t.Fatalf("got %q, %v", got.ID, err)
			}
			if q := s.Queries(); len(q) < 2 || len(q) > 3 || slices.ContainsFunc(q, func(n string) bool { return n != "readOrder" }) {
				t.Errorf("asked %q", q)
			}
		})
	}
}

// Faults that stay: the kind tells what they are, and the tries are bounded.
func TestReadFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault func(*shopifytest.Shop)
		kind  shop.Kind
		tries int
		say   string
	}{
		"down":         {func(s *shopifytest.Shop) { s.Fail(9, 503) }, shop.Unavailable, 3, "503"},
		"unauthorized": {func(s *shopifytest.Shop) { s.Fail(9, 401) }, shop.Unauthorized, 1, "token file"},
		"forbidden":    {func(s *shopifytest.Shop) { s.Fail(9, 403) }, shop.Unauthorized, 1, "read_orders"},
		"frozen":       {func(s *shopifytest.Shop) { s.Fail(9, 402) }, shop.Unauthorized, 1, "plan"},
		"no such API":  {func(s *shopifytest.Shop) { s.Fail(9, 404) }, shop.Invalid, 1, "domain"},
		"refused":      {func(s *shopifytest.Shop) { s.Fail(9, 400) }, shop.Invalid, 1, "400"},
		"too many":     {func(s *shopifytest.Shop) { s.Fail(9, 429) }, shop.Throttled, 3, "429"},
		"lost":         {func(s *shopifytest.Shop) { s.DropReplies(9) }, shop.Unavailable, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			o := s.AddOrder(shopifytest.Order{})
			c := newClient(t, s.URL())
			tc.fault(s)
			_, err := c.Order(t.Context(), o.GID())
			if shop.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.say) || !strings.Contains(err.Error(), o.GID()) {
				t.Errorf("got %v, want %s saying %q", err, tc.kind, tc.say)
			}
			if n := len(s.Queries()); n != tc.tries {
				t.Errorf("asked %d times, want %d", n, tc.tries)
			}
		})
	}
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	for name, tc := range map[string]struct {
		token func(context.Context) (string, error)
		kind  shop.Kind
	}{
		"wrong":      {shopify.StaticToken("shpat_other"), shop.Unauthorized},
		"empty":      {shopify.StaticToken(" \n"), shop.Unauthorized},
		"unreadable": {func(context.Context) (string, error) { return "", errors.New("no such file") }, shop.Unauthorized},
		"grant down": {func(context.Context) (string, error) { return "", &shop.Error{Kind: shop.Throttled, Op: "grant"} }, shop.Throttled},
	} {
		c := newClient(t, s.URL(), func(o *shopify.Options) { o.Token = tc.token })
		_, err := c.Order(t.Context(), o.GID())
		if shop.KindOf(err) != tc.kind {
			t.Errorf("%s: got %v, want %s", name, err, tc.kind)
		}
		if err != nil && strings.Contains(err.Error(), "shpat_") {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

func TestNoSuchOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	c := newClient(t, s.URL())
	if _, err := c.Order(t.Context(), "gid://shopify/Order/12"); shop.KindOf(err) != shop.NotFound {
		t.Errorf("got %v, want not found", err)
	}
	for _, id := range []string{"", "12", "#1042", "gid://shopify/Product/12", "gid://shopify/Order/012", "gid://shopify/Order/1\n"} {
		if _, err := c.Order(t.Context(), id); shop.KindOf(err) != shop.Invalid {
			t.Errorf("%q: got %v, want invalid", id, err)
		}
	}
	if n := len(s.Queries()); n != 1 {
		t.Errorf("asked %d times, want once: an id in another shape is not asked for", n)
	}
}

// What a shop may answer besides the truth. Nothing of it may read as "no
// such order".
func TestMalformedAnswersAreInvalid(t *testing.T) {
	t.Parallel()
	const id = "gid://shopify/Order/12"
	good := `"name":"#1","createdAt":"2026-11-02T09:30:00Z","updatedAt":"2026-11-02T09:30:00Z"`
	for name, tc := range map[string]struct {
		body string
		kind shop.Kind
	}{
		"empty":             {``, shop.Invalid},
		"page":              {`<html>`, shop.Invalid},
		"no data":           {`{}`, shop.Invalid},
		"null data":         {`{"data":null}`, shop.Invalid},
		"empty data":        {`{"data":{}}`, shop.Invalid},
		"null order":        {`{"data":{"order":null}}`, shop.NotFound},
		"null with errors":  {`{"data":{"order":null},"errors":[{"message":"x","extensions":{"code":"ACCESS_DENIED"}}]}`, shop.Unauthorized},
		"server error":      {`{"errors":[{"message":"x","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, shop.Unavailable},
		"inactive":          {`{"errors":[{"message":"x","extensions":{"code":"SHOP_INACTIVE"}}]}`, shop.Unauthorized},
		"errors as a text":  {`{"errors":"Not Found"}`, shop.Invalid},
		"unknown error":     {`{"errors":[{"message":"x"}]}`, shop.Invalid},
		"part of an order":  {`{"data":{"order":{"id":"` + id + `"}}}`, shop.Invalid},
		"another order":     {`{"data":{"order":{"id":"gid://shopify/Order/13",` + good + `}}}`, shop.Invalid},
		"lines go on":       {`{"data":{"order":{"id":"` + id + `",` + good + `,"lineItems":{"nodes":[],"pageInfo":{"hasNextPage":true}}}}}`, shop.Invalid},
		"lines go in turns": {`{"data":{"order":{"id":"` + id + `",` + good + `,"lineItems":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"a"}}}}}`, shop.Invalid},
		"line twice":        {`{"data":{"order":{"id":"` + id + `",` + good + `,"lineItems":{"nodes":[{"id":"a"},{"id":"a"}]}}}}`, shop.Invalid},
		"bad time":          {`{"data":{"order":{"createdAt":"yesterday"}}}`, shop.Invalid},
		"huge":              {`{"data":{"order":null}}` + strings.Repeat(" ", shopify.MaxReply), shop.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tc.body) }))
			t.Cleanup(srv.Close)
			if _, err := newClient(t, srv.URL).Order(t.Context(), id); shop.KindOf(err) != tc.kind {
				t.Errorf("got %v, want %s", err, tc.kind)
			}
		})
	}
}

// A redirect is never followed: the next host must not see the token.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	followed := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case followed <- r.Header.Get("X-Shopify-Access-Token"):
		default:
		}
	}))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 307, 308} {
		srv := httptest.NewServer(http.RedirectHandler(other.URL+"/x", status))
		t.Cleanup(srv.Close)
		given := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		t.Cleanup(given.CloseIdleConnections)
		c := newClient(t, srv.URL, func(o *shopify.Options) { o.HTTP = given })
		_, err := c.Order(t.Context(), "gid://shopify/Order/12")
		if shop.KindOf(err) != shop.Invalid || !strings.Contains(err.Error(), strings.TrimPrefix(other.URL, "http://")) {
			t.Errorf("%d: got %v, want invalid with the other host", status, err)
		}
	}
	select {
	case token := <-followed:
		t.Errorf("the other host was asked, with the token %q", token)
	default:
	}
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	s.Fail(9, 503)
	asked := make(chan struct{}, 1)
	c := newClient(t, s.URL(), func(o *shopify.Options) {
		o.Token = func(context.Context) (string, error) { asked <- struct{}{}; return "shpat_test", nil }
	})
	c.SetPause(time.Hour)
	stopping := errors.New("stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { _, err := c.Order(ctx, o.GID()); done <- err }()
	<-asked
	cancel(stopping)
	if err := <-done; !errors.Is(err, stopping) || shop.KindOf(err) != shop.Unavailable {
		t.Errorf("got %v, want the cause of the stop", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := shopify.Options{Name: "mystore", Domain: "mystore.myshopify.com", Token: shopify.StaticToken("x")}
	if _, err := shopify.New(good); err != nil {
		t.Fatal(err)
	}
	for i, edit := range []func(*shopify.Options){
		func(o *shopify.Options) { o.Name = "" },
		func(o *shopify.Options) { o.Token = nil },
		func(o *shopify.Options) { o.Domain = "" },
		func(o *shopify.Options) { o.Domain = "https://mystore.myshopify.com" },
		func(o *shopify.Options) { o.Domain = "mystore.myshopify.com/admin" },
		func(o *shopify.Options) { o.APIVersion = "2026" },
		func(o *shopify.Options) { o.Endpoint = "http://mystore.myshopify.com" },
		func(o *shopify.Options) { o.Endpoint = "http://127.0.0.1.example.com" },
		func(o *shopify.Options) { o.Endpoint = "mystore.myshopify.com" },
		func(o *shopify.Options) { o.Endpoint = "https://me:pw@mystore.myshopify.com" },
	} {
		o := good
		edit(&o)
		if c, err := shopify.New(o); err == nil {
			t.Errorf("case %d: took %+v", i, c)
		}
	}
	for _, e := range []string{"http://127.0.0.1:8080", "http://[::1]:80/", "http://localhost", "https://shop.example"} {
		o := good
		o.Endpoint = e
		if _, err := shopify.New(o); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
}

func ExampleStaticToken() {
	token, _ := shopify.StaticToken("shpat_x\n")(context.Background())
	fmt.Println(token)
	// Output: shpat_x
}
