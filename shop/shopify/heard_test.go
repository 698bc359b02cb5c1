package shopify_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"countermand/shop/shopify"
)

// TestDateOfEachAnswerIsHeard, also of one that is an error.
func TestDateOfEachAnswerIsHeard(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", date.Format(http.TimeFormat))
		http.Error(w, "{}", http.StatusForbidden)
	}))
	defer shop.Close()
	var heard []time.Time
	c := newClient(t, shop.URL, func(o *shopify.Options) { o.Heard = func(d time.Time) { heard = append(heard, d) } })
	if _, err := c.Order(t.Context(), "gid://shopify/Order/1"); err == nil {
		t.Error("forbidden, and no error")
	}
	if len(heard) != 1 || !heard[0].Equal(date) {
		t.Errorf("heard %v", heard)
	}
}
