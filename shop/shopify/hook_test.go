package shopify_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
)

// memory is a sink that remembers, and fails when told to.
type memory struct {
	mu     sync.Mutex
	knocks []state.Knock
	err    error
}

func (m *memory) Knock(_ context.Context, k state.Knock) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return false, m.err
	}
	for _, have := range m.knocks {
		if k.Key != "" && have.Shop == k.Shop && have.Key == k.Key {
			return false, nil
		}
	}
	m.knocks = append(m.knocks, k)
	return true, nil
}

func (m *memory) all() []state.Knock {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]state.Knock(nil), m.knocks...)
}

// tally counts outcomes.
type tally struct {
	mu  sync.Mutex
	got []string
}

func (c *tally) Webhook(shop, topic, outcome string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, shop+" "+topic+" "+outcome)
}

func (c *tally) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.got) == 0 {
		return ""
	}
	return c.got[len(c.got)-1]
}

type hookBench struct {
	shop  *shopifytest.Shop
	order shopifytest.Order
	sink  *memory
	count *tally
	log   *bytes.Buffer
	url   string
}

var hookNow = time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)

func newHookBench(t *testing.T, edit ...func(*shopify.HandlerOptions)) *hookBench {
	t.Helper()
	b := &hookBench{shop: newShop(t, shopifytest.Options{}), sink: &memory{}, count: &tally{}, log: &bytes.Buffer{}}
	b.order = b.shop.AddOrder(shopifytest.Order{
		Name: "#1042", Note: "ring twice", Lines: []shopifytest.Line{{Title: "Lamp", Quantity: 2}},
	})
	o := shopify.HandlerOptions{
		Shops: map[string]shopify.HookShop{
			"mystore": {Domain: "Test.myshopify.com", Secrets: shopify.StaticSecrets([]byte("old-secret"), nil, []byte("hook-secret"))},
			"other":   {Domain: "other.myshopify.com", Secrets: shopify.StaticSecrets([]byte("hook-secret"))},
			"bare":    {Domain: "test.myshopify.com", Secrets: shopify.StaticSecrets([]byte{})},
		},
		Sink: b.sink, Metrics: b.count, Log: zerolog.New(zerolog.SyncWriter(b.log)),
		Now: func() time.Time { return hookNow },
	}
	for _, e := range edit {
		e(&o)
	}
	srv := httptest.NewServer(shopify.NewHandler(o))
	t.Cleanup(srv.Close)
	b.url = srv.URL + "/webhooks/shopify/"
	return b
}

func (b *hookBench) send(t *testing.T, to, topic string, changes ...shopifytest.Change) shopifytest.Reply {
	t.Helper()
	r, err := b.shop.SendWebhook(t.Context(), b.url+to, topic, "#1042", changes...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sendBody sends a body of the test's own, the shop's where it is nil.
func (b *hookBench) sendBody(t *testing.T, topic string, body []byte) shopifytest.Reply {
	t.Helper()
	if body == nil {
		return b.send(t, "mystore", topic)
	}
	return b.send(t, "mystore", topic, shopifytest.WithBody(body))
}

func TestWebhookIsStored(t *testing.T) {
	t.Parallel()
	b := newHookBench(t)
	if _, err := b.shop.Cancel("#1042", "customer"); err != nil {
		t.Fatal(err)
	}
	r := b.send(t, "mystore", "orders/cancelled")
	if r.Status != http.StatusOK {
		t.Fatalf("answered %d %q", r.Status, r.Body)
	}
	want := []state.Knock{{
		Shop: "mystore", OrderID: b.order.GID(), Source: "webhook", Topic: "orders/cancelled", Key: r.WebhookID,
		ReceivedAt: hookNow, NotBefore: hookNow,
	}}
	if d := cmp.Diff(want, b.sink.all()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	kept, err := json.Marshal(b.sink.all())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(shopifytest.Personal, "ring twice") {
		if strings.Contains(string(kept)+b.log.String()+r.Body, p) {
			t.Errorf("%q was kept, logged or answered", p)
		}
	}
	if again := b.send(t, "mystore", "orders/cancelled", shopifytest.WebhookID(r.WebhookID)); again.Status != http.StatusOK || len(b.sink.all()) != 1 {
		t.Errorf("sent again: %d, %d knocks", again.Status, len(b.sink.all()))
	}
	if b.count.last() != "mystore orders/cancelled repeated" {
		t.Errorf("counted %q", b.count.last())
	}
	if other := b.send(t, "mystore", "Orders/Updated"); other.Status != http.StatusOK || len(b.sink.all()) != 2 {
		t.Errorf("another delivery: %d, %d knocks", other.Status, len(b.sink.all()))
	}
}

func TestWebhookEnds(t *testing.T) {
	t.Parallel()
	const topic = "orders/cancelled"
	body := func(s string) shopifytest.Change { return shopifytest.WithBody([]byte(s)) }
	for name, tc := range map[string]struct {
		to, topic string
		change    shopifytest.Change
		status    int
		outcome   string
		order     string // stored, "" for nothing
	}{
		"older secret":   {"mystore", topic, shopifytest.SignedWith("old-secret"), 200, shopify.HookStored, "-"},
		"unknown shop":   {"nostore", topic, nil, 404, shopify.HookUnknownShop, ""},
		"bad signature":  {"mystore", topic, shopifytest.BadSignature(), 401, shopify.HookUnsigned, ""},
		"no signature":   {"mystore", topic, shopifytest.SignedWith(""), 401, shopify.HookUnsigned, ""},
		"empty secret":   {"bare", topic, signedWithNothing, 401, shopify.HookUnsigned, ""},
		"other's shop":   {"other", topic, nil, 403, shopify.HookOtherShop, ""},
		"other domain":   {"mystore", topic, shopifytest.FromDomain("evil.myshopify.com"), 403, shopify.HookOtherShop, ""},
		"no domain":      {"mystore", topic, shopifytest.FromDomain(""), 403, shopify.HookOtherShop, ""},
		"domain's case":  {"mystore", topic, shopifytest.FromDomain("TEST.MyShopify.com"), 200, shopify.HookStored, "-"},
		"broken":         {"mystore", topic, shopifytest.BrokenJSON(), 400, shopify.HookBroken, ""},
		"broken and bad": {"mystore", topic, func(d *shopifytest.Delivery) { shopifytest.BrokenJSON()(d); shopifytest.BadSignature()(d) }, 401, shopify.HookUnsigned, ""},
		"empty":          {"mystore", topic, body(""), 400, shopify.HookBroken, ""},
		"a list":         {"mystore", topic, body("[]"), 400, shopify.HookBroken, ""},
		"two orders":     {"mystore", topic, body(`{"id":1}{"id":2}`), 400, shopify.HookBroken, ""},
		"no id":          {"mystore", topic, body(`{"name":"#1"}`), 400, shopify.HookBroken, ""},
		"small id":       {"mystore", topic, body(`{"id":450789469}`), 200, shopify.HookStored, "gid://shopify/Order/450789469"},
		"rounded id":     {"mystore", topic, body(`{"id":820982911946154500}`), 400, shopify.HookBroken, ""},
		"id in floats":   {"mystore", topic, body(`{"id":1e3}`), 400, shopify.HookBroken, ""},
		"deep":           {"mystore", topic, body(`{"a":{"id":7},"b":[[{"admin_graphql_api_id":"x"}]],"id":8}`), 200, shopify.HookStored, "gid://shopify/Order/8"},
		"gid of a line":  {"mystore", topic, body(`{"id":8,"admin_graphql_api_id":"gid://shopify/LineItem/8"}`), 400, shopify.HookBroken, ""},
		"other topic":    {"mystore", "products/update", nil, 200, shopify.HookIgnored, ""},
		"topic unsigned": {"mystore", "products/update", shopifytest.BadSignature(), 401, shopify.HookUnsigned, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newHookBench(t)
			changes := []shopifytest.Change{}
			if tc.change != nil {
				changes = append(changes, tc.change)
			}
			r := b.send(t, tc.to, tc.topic, changes...)
			if r.Status != tc.status || !strings.HasSuffix(b.count.last(), " "+tc.outcome) {
				t.Errorf("answered %d %q, counted %q; want %d, %s", r.Status, r.Body, b.count.last(), tc.status, tc.outcome)
			}
			if tc.order == "-" {
				tc.order = b.order.GID()
			}
			got := ""
			for _, k := range b.sink.all() {
				got += k.OrderID
			}
			if got != tc.order {
				t.Errorf("stored %q, want %q", got, tc.order)
			}
		})
	}
}

// signedWithNothing signs with the empty key, which anybody has.
func signedWithNothing(d *shopifytest.Delivery) {
	mac := hmac.New(sha256.New, nil)
	mac.Write(d.Body)
	d.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	d.Secret = ""
}

func TestWebhookWithoutIDIsNeverDeduplicated(t *testing.T) {
	t.Parallel()
	b := newHookBench(t)
	for _, id := range []string{"", "", strings.Repeat("x", 5000)} {
		if r := b.send(t, "mystore", "orders/cancelled", shopifytest.WebhookID(id)); r.Status != http.StatusOK {
			t.Errorf("answered %d %q", r.Status, r.Body)
		}
	}
	if ks := b.sink.all(); len(ks) != 3 || ks[0].Key != "" || ks[2].Key != "" {
		t.Errorf("stored %v", ks)
	}
}

func TestWebhookMethod(t *testing.T) {
	t.Parallel()
	b := newHookBench(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
		req, err := http.NewRequestWithContext(t.Context(), method, b.url+"mystore", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "POST" {
			t.Errorf("%s: answered %d, allows %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// The knock is lost to us only if Shopify is told so.
func TestWebhookNotStored(t *testing.T) {
	t.Parallel()
	b := newHookBench(t)
	b.sink.err = errors.New("disk full")
	if r := b.send(t, "mystore", "orders/cancelled"); r.Status != http.StatusServiceUnavailable || strings.Contains(r.Body, "disk") {
		t.Errorf("answered %d %q", r.Status, r.Body)
	}
	if !strings.Contains(b.log.String(), "disk full") {
		t.Errorf("the log does not say why: %s", b.log)
	}
}

// counted tells how much of a body was read.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func TestWebhookTooLarge(t *testing.T) {
	t.Parallel()
	const size = 10 << 20
	sink := &memory{}
	h := shopify.NewHandler(shopify.HandlerOptions{
		Shops: map[string]shopify.HookShop{"mystore": {Domain: "d", Secrets: shopify.StaticSecrets([]byte("s"))}}, Sink: sink,
	})
	for _, length := range []int64{size, -1} {
		body := &counted{Reader: io.LimitReader(spaces{}, size)}
		r := httptest.NewRequest(http.MethodPost, "/webhooks/shopify/mystore", body)
		r.ContentLength = length
		r.Header.Set("X-Shopify-Hmac-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || len(sink.all()) != 0 {
			t.Errorf("length %d: answered %d", length, w.Code)
		}
		most := int64(shopify.MaxBody + 64<<10)
		if length > 0 {
			most = 0 // its own words are enough
		}
		if n := body.n.Load(); n > most {
			t.Errorf("length %d: read %d bytes", length, n)
		}
	}
	b := newHookBench(t)
	r := b.send(t, "mystore", "orders/cancelled", shopifytest.WithBody(bytes.Repeat([]byte(" "), shopify.MaxBody+1)))
	if r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("over the wire: answered %d", r.Status)
	}
	padded := fmt.Sprintf(`{"id":5%s}`, strings.Repeat(" ", shopify.MaxBody-8))
	if r := b.send(t, "mystore", "orders/cancelled", shopifytest.WithBody([]byte(padded))); r.Status != http.StatusOK {
		t.Errorf("%d bytes: answered %d %q", len(padded), r.Status, r.Body)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Whatever is rightly signed either names an order in the one shape or is
// refused.
func FuzzOrderID(f *testing.F) {
	f.Add(`{"id":1,"admin_graphql_api_id":"gid://shopify/Order/1"}`)
	f.Add(`{"line_items":[{"id":2}],"id":3}`)
	f.Add(`{"id":9007199254740993}`)
	f.Add(`{"id":-1,"admin_graphql_api_id":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		id, err := shopify.OrderIDIn(strings.NewReader(body))
		if err != nil {
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("%q was taken for JSON", body)
		}
		var n int64
		digits, ok := strings.CutPrefix(id, "gid://shopify/Order/")
		if _, err := fmt.Sscan(digits, &n); !ok || err != nil && len(digits) < 19 {
			t.Fatalf("%q gave %q", body, id)
		}
	})
}
