package shopify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countermand/shop"
)

func answered(requested, available float64) cost {
	c := cost{Requested: requested}
	c.Status.Maximum, c.Status.Available, c.Status.Restore = 2000, available, 100
	return c
}

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	var b budget
	if w := b.reserve("a", now); w != 0 {
		t.Errorf("before any answer: waits %s", w)
	}
	b.observe("a", cost{}, now)
	if w := b.reserve("a", now); w != 0 {
		t.Errorf("after an answer that tells no budget: waits %s", w)
	}
	b.observe("a", answered(200, 500), now)
	for i, want := range []time.Duration{0, 0, time.Second, 3 * time.Second} {
		if w := b.reserve("a", now); w != want {
			t.Errorf("call %d: waits %s, want %s", i, w, want)
		}
	}
	if w := b.reserve("a", now.Add(time.Minute)); w != 0 {
		t.Errorf("after a minute: waits %s", w)
	}
	b.observe("a", answered(200, 0), now)
	for range 50 {
		b.reserve("a", now)
	}
	if w := b.reserve("a", now); w <= maxWait || w > maxWait+2*time.Second {
		t.Errorf("a wait that is too long was still reserved: %s", w)
	}
	b.observe("a", answered(9000, 2000), now)
	if w := b.reserve("a", now); w != 0 {
		t.Errorf("a price above the whole budget waits for ever: %s", w)
	}
}

func TestWaitAfterThrottle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		c    cost
		want time.Duration
	}{
		{answered(300, 100), 2 * time.Second},
		{answered(100, 300), 100 * time.Millisecond},
		{cost{}, time.Second},
	} {
		if got := tc.c.wait(); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.c, got, tc.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                              0,
		"2":                             2 * time.Second,
		"2.5":                           2500 * time.Millisecond,
		"-3":                            0,
		"soon":                          0,
		"NaN":                           0,
		"1e300":                         0,
		"Mon, 02 Nov 2026 08:00:30 GMT": 30 * time.Second,
		"Mon, 02 Nov 2026 07:00:30 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A wait longer than a call should last is handed to the caller.
func TestLongWaitIsHandedOver(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Name: "mystore", Domain: "mystore.myshopify.com", Token: StaticToken("x")})
	if err != nil {
		t.Fatal(err)
	}
	c.budget.observe("readOrder", answered(2000, -2000), time.Now())
	_, err = c.Order(t.Context(), "gid://shopify/Order/1")
	e, ok := errors.AsType[*shop.Error](err)
	if !ok || e.Kind != shop.Throttled || e.RetryAfter <= maxWait || e.Err != nil {
		t.Fatalf("got %v, want throttled before anything is sent", err)
	}
}

type canned func(*http.Request) string

func (f canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f(r)))}, nil
}

const emptied = `"extensions":{"cost":{"requestedQueryCost":200,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":0,"restoreRate":100}}}`

// A used-up budget is waited for: after an answer that shows it, before the
// next question, and after a THROTTLED, each time as long as it takes.
func TestWaitsForTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c, err := New(Options{Name: "mystore", Domain: "mystore.myshopify.com", Token: StaticToken("x"),
			HTTP: &http.Client{Transport: canned(func(*http.Request) string {
				if asked++; asked == 2 {
					return `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],` + emptied + `}`
				}
				return `{"data":{"order":null},` + emptied + `}`
			})}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for i, want := range []time.Duration{0, 4 * time.Second, 6 * time.Second} {
			if _, err := c.Order(t.Context(), "gid://shopify/Order/1"); shop.KindOf(err) != shop.NotFound {
				t.Fatalf("call %d: %v", i, err)
			}
			if got := time.Since(start).Round(time.Second); got != want {
				t.Errorf("call %d ended after %s, want %s", i, got, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Order(ctx, "gid://shopify/Order/1"); shop.KindOf(err) != shop.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up while waiting: %v", err)
		}
		if asked != 4 {
			t.Errorf("asked %d times, want 4", asked)
		}
	})
}
