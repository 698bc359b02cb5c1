package shopify_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

// turned is a clock that a test turns.
type turned struct{ at atomic.Int64 }

func newTurned(t time.Time) *turned {
	c := &turned{}
	c.at.Store(t.UnixNano())
	return c
}

func (c *turned) Now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *turned) Advance(d time.Duration) { c.at.Add(int64(d)) }

func credentials(t *testing.T, s *shopifytest.Shop, now func() time.Time, edit ...func(*shopify.CredentialOptions)) *shopify.Credentials {
	t.Helper()
	o := shopify.CredentialOptions{
		Name: "mystore", Endpoint: s.URL(), ClientID: "client", Secret: shopify.StaticToken("client-secret\n"), Now: now,
	}
	for _, e := range edit {
		e(&o)
	}
	c, err := shopify.ClientCredentials(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestTokenIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	clock := newTurned(orderDay)
	s := newShop(t, shopifytest.Options{Now: clock.Now})
	c := credentials(t, s, clock.Now)
	token := func() string {
		t.Helper()
		got, err := c.Token(t.Context())
		if err != nil || got == "" {
			t.Fatalf("got %q, %v", got, err)
		}
		return got
	}
	first := token()
	clock.Advance(22*time.Hour + 58*time.Minute)
	if token() != first || s.Grants() != 1 {
		t.Errorf("%d grants before 23 hours", s.Grants())
	}
	if got := c.Expires(); !got.Equal(orderDay.Add(86399 * time.Second)) {
		t.Errorf("expires %s", got)
	}
	clock.Advance(2 * time.Minute)
	second := token()
	if second == first || s.Grants() != 2 {
		t.Errorf("after 23 hours: the same token, %d grants", s.Grants())
	}
	clock.Advance(23*time.Hour + time.Minute)
	s.Fail(1, http.StatusBadGateway)
	for range 2 {
		if token() != second || s.Grants() != 3 {
			t.Errorf("a renewal failed: another token, or %d grants", s.Grants())
		}
	}
	clock.Advance(2 * time.Minute)
	if token() == second {
		t.Error("never renewed after a failure")
	}
	clock.Advance(25 * time.Hour)
	s.Fail(1, http.StatusBadGateway)
	if got, err := c.Token(t.Context()); shop.KindOf(err) != shop.Unavailable {
		t.Errorf("a token that has ended was given: %q, %v", got, err)
	}
}

// However many ask at once, one grant is made, and one who gives up does not
// take it from the others.
func TestOneGrantAtATime(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c := credentials(t, s, func() time.Time { return orderDay }, func(o *shopify.CredentialOptions) {
		o.Secret = func(context.Context) (string, error) {
			once.Do(func() { close(entered) })
			<-release
			return "client-secret", nil
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := c.Token(ctx); gone <- err }()
	<-entered
	var wg sync.WaitGroup
	tokens := make([]string, 16)
	for i := range tokens {
		wg.Go(func() { tokens[i], _ = c.Token(t.Context()) })
	}
	cancel()
	if err := <-gone; shop.KindOf(err) != shop.Unavailable {
		t.Errorf("who gave up got %v", err)
	}
	close(release)
	wg.Wait()
	for _, got := range tokens {
		if got == "" || got != tokens[0] {
			t.Fatalf("got %q", tokens)
		}
	}
	if s.Grants() != 1 {
		t.Errorf("%d grants", s.Grants())
	}
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	creds := credentials(t, s, func() time.Time { return orderDay })
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Credentials, o.Token = creds, nil })
	for range 2 {
		if _, err := c.Order(t.Context(), o.GID()); err != nil {
			t.Fatal(err)
		}
		s.RevokeTokens()
	}
	if s.Grants() != 2 {
		t.Errorf("%d grants, want one and one after the refusal", s.Grants())
	}
	s.Fail(2, http.StatusUnauthorized)
	// The first is the request's, the second its grant's.
	if _, err := c.Order(t.Context(), o.GID()); shop.KindOf(err) != shop.Unauthorized {
		t.Errorf("got %v", err)
	}
	before := len(s.Queries())
	creds.Refuse("another token")
	s.Fail(0, 0)
	if _, err := c.Order(t.Context(), o.GID()); err != nil || len(s.Queries()) != before+1 {
		t.Errorf("got %v after %d requests", err, len(s.Queries())-before)
	}
}

// A write whose token is refused is sent again, as the shop did not look at
// it, and takes effect once.
func TestWriteWithARevokedToken(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := s.AddOrder(shopifytest.Order{})
	creds := credentials(t, s, func() time.Time { return orderDay })
	revoking := roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "graphql.json") && len(s.Queries()) == 1 {
			s.RevokeTokens()
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	c := newClient(t, s.URL(), func(o *shopify.Options) {
		o.Credentials, o.HTTP = creds, &http.Client{Transport: revoking}
	})
	got, err := c.Cancel(t.Context(), shop.CancelOrder{ID: o.GID(), Reason: "customer", Refund: shop.RefundOriginal})
	if err != nil || got.Outcome != shop.CancelDone {
		t.Fatalf("got %+v, %v", got, err)
	}
	if now, _ := s.Order(o.Name); now.Cancel.Times != 1 || s.Grants() != 2 {
		t.Errorf("accepted %d times, %d grants", now.Cancel.Times, s.Grants())
	}
}

func TestGrantRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  func(*shopifytest.Shop)
		secret string
		kind   shop.Kind
		say    string
	}{
		"other organisation": {func(s *shopifytest.Shop) { s.RefuseGrants("shop_not_permitted") }, "client-secret", shop.Unauthorized, "organisations"},
		"unknown code":       {func(s *shopifytest.Shop) { s.RefuseGrants("sunspots") }, "client-secret", shop.Unauthorized, "sunspots"},
		"wrong secret":       {func(*shopifytest.Shop) {}, "wrong-secret", shop.Unauthorized, "do not belong together"},
		"no secret":          {func(*shopifytest.Shop) {}, " ", shop.Unauthorized, "client_secret_file"},
		"throttled":          {func(s *shopifytest.Shop) { s.Fail(1, 429) }, "client-secret", shop.Throttled, "429"},
		"down":               {func(s *shopifytest.Shop) { s.Fail(1, 503) }, "client-secret", shop.Unavailable, "503"},
		"no such address":    {func(s *shopifytest.Shop) { s.Fail(1, 404) }, "client-secret", shop.Invalid, "domain"},
		"moved":              {func(s *shopifytest.Shop) { s.Fail(1, 302) }, "client-secret", shop.Invalid, "moved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopifytest.Options{})
			tc.fault(s)
			c := credentials(t, s, func() time.Time { return orderDay }, func(o *shopify.CredentialOptions) { o.Secret = shopify.StaticToken(tc.secret) })
			_, err := c.Token(t.Context())
			if shop.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.say) {
				t.Fatalf("got %v, want %s saying %q", err, tc.kind, tc.say)
			}
			if strings.Contains(err.Error(), "-secret") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestClientCredentialsRefuses(t *testing.T) {
	t.Parallel()
	for i, o := range []shopify.CredentialOptions{
		{Domain: "mystore.myshopify.com", Secret: shopify.StaticToken("x")},
		{Domain: "mystore.myshopify.com", ClientID: "x"},
		{Endpoint: "http://mystore.myshopify.com", ClientID: "x", Secret: shopify.StaticToken("x")},
	} {
		if _, err := shopify.ClientCredentials(o); err == nil {
			t.Errorf("case %d: taken", i)
		}
	}
}
