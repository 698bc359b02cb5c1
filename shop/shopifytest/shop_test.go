package shopifytest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var day = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

func start(t *testing.T, o Options) *Shop {
	t.Helper()
	o.Now = func() time.Time { return day }
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ask posts a query and returns the answer as text.
func ask(t *testing.T, s *Shop, token, query string, vars map[string]any) (int, http.Header, string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars, "operationName": "q"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/admin/api/2026-10/graphql.json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Shopify-Access-Token", token)
	res, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(got)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	o := s.AddOrder(Order{ID: 7, Name: "#1", Lines: []Line{{ID: 8, Title: "Lamp", Quantity: 2}, {ID: 9}}})
	if _, err := s.Cancel("#1", "customer"); err != nil {
		t.Fatal(err)
	}
	const long = `query q($id: ID!, $n: Int!, $after: String) { order(id: $id) { __typename no: name cancelledAt cancelReason note tags
		...l ... on Order { updatedAt } } } fragment l on Order { lineItems(first: $n, after: $after) { nodes { id currentQuantity } pageInfo { hasNextPage endCursor } } }`
	for name, tc := range map[string]struct {
		query string
		vars  map[string]any
		want  string
	}{
		"order": {long, map[string]any{"id": o.GID(), "n": 1},
			`{"data":{"order":{"__typename":"Order","cancelReason":"CUSTOMER","cancelledAt":"2026-11-02T09:30:00Z","lineItems":{"nodes":[{"currentQuantity":0,"id":"gid://shopify/LineItem/8"}],"pageInfo":{"endCursor":"bGluZTow","hasNextPage":true}},"no":"#1","note":null,"tags":[],"updatedAt":"2026-11-02T09:30:00Z"}}`},
		"next page": {long, map[string]any{"id": o.GID(), "n": 1, "after": "bGluZTow"},
			`{"nodes":[{"currentQuantity":0,"id":"gid://shopify/LineItem/9"}],"pageInfo":{"endCursor":"bGluZTox","hasNextPage":false}}`},
		"bad cursor":    {long, map[string]any{"id": o.GID(), "n": 1, "after": ""}, `invalid cursor`},
		"bad page":      {long, map[string]any{"id": o.GID(), "n": 251}, `first must be`},
		"dear":          {`query q { order(id: "x") { lineItems(first: 250) { nodes { id customAttributes { key } customAttributes2: customAttributes { key } c: customAttributes { key } } } } }`, nil, `MAX_COST_EXCEEDED`},
		"unknown order": {long, map[string]any{"id": "gid://shopify/Order/1", "n": 1}, `{"data":{"order":null}`},
		"unknown field": {`query q { order(id: "x") { phone } }`, nil, `Cannot query field \"phone\" on type \"Order\"`},
		"no argument":   {`query q { order { id } }`, nil, `\"id\" of type \"ID!\" is required`},
		"no variable":   {long, map[string]any{"id": o.GID()}, `INVALID_VARIABLE`},
		"no operation":  {`query other { order(id: "x") { id } }`, nil, `no operation named`},
		"no GraphQL":    {`{`, nil, `"errors"`},
	} {
		status, h, got := ask(t, s, "shpat_test", tc.query, tc.vars)
		if status != http.StatusOK || h.Get("X-Shopify-API-Version") != Version || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %d %s\nwant %s", name, status, got, tc.want)
		}
	}
	if status, _, _ := ask(t, s, "shpat_other", long, nil); status != http.StatusUnauthorized {
		t.Errorf("wrong token: %d", status)
	}
}

func TestBudgetRunsOut(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Budget: Budget{Maximum: 3, Restore: 1e-9}})
	const query = `query q { order(id: "x") { id } }`
	for range 3 {
		if _, _, got := ask(t, s, "shpat_test", query, nil); !strings.Contains(got, `"requestedQueryCost":1`) || strings.Contains(got, "THROTTLED") {
			t.Fatalf("within the budget: %s", got)
		}
	}
	if status, _, got := ask(t, s, "shpat_test", query, nil); status != http.StatusOK || !strings.Contains(got, "THROTTLED") || !strings.Contains(got, `"currentlyAvailable":0`) {
		t.Errorf("over the budget: %d %s", status, got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	const query = `query q { order(id: "x") { id } }`
	s.Fail(1, 429)
	if status, h, _ := ask(t, s, "shpat_test", query, nil); status != 429 || h.Get("Retry-After") == "" {
		t.Errorf("fail: %d", status)
	}
	s.ThrottleNext(1)
	if _, _, got := ask(t, s, "shpat_test", query, nil); !strings.Contains(got, "THROTTLED") {
		t.Errorf("throttle: %s", got)
	}
	s.DropReplies(1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/admin/api/2026-10/graphql.json", strings.NewReader(`{"operationName":"dropped"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Shopify-Access-Token", "shpat_test")
	if res, err := s.client.Do(req); err == nil {
		res.Body.Close()
		t.Errorf("drop: answered %d", res.StatusCode)
	}
	if got := strings.Join(s.Queries(), " "); got != "q q dropped" {
		t.Errorf("queries: %s", got)
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	a, b := s.AddOrder(Order{Lines: make([]Line, 1)}), s.AddOrder(Order{})
	if a.Name != "#1001" || b.Name != "#1002" || a.ID == b.ID || int64(float64(a.ID)) == a.ID || a.Lines[0].Quantity != 1 {
		t.Errorf("filled in %+v and %+v", a, b)
	}
	a.Lines[0].Quantity = 9
	for _, ref := range []string{a.Name, a.GID(), strings.TrimPrefix(a.GID(), "gid://shopify/Order/")} {
		if got, err := s.Order(ref); err != nil || got.ID != a.ID || got.Lines[0].Quantity != 1 {
			t.Errorf("%s: got %+v, %v", ref, got, err)
		}
	}
	if _, err := s.Cancel("#9", "customer"); err == nil {
		t.Error("cancelled an order that is not there")
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Domain: "mine.myshopify.com", Secret: "k"})
	o := s.AddOrder(Order{Name: "#1", Attributes: []Attribute{{"a", "b"}}})
	var got http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(srv.Close)
	reply, err := s.SendWebhook(t.Context(), srv.URL, "orders/cancelled", "#1")
	if err != nil || reply.Status != http.StatusTeapot {
		t.Fatalf("got %+v, %v", reply, err)
	}
	mac := hmac.New(sha256.New, []byte("k"))
	mac.Write(body)
	for h, want := range map[string]string{
		"X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		"X-Shopify-Topic":       "orders/cancelled",
		"X-Shopify-Shop-Domain": "mine.myshopify.com",
		"X-Shopify-Webhook-Id":  reply.WebhookID,
		"X-Shopify-API-Version": Version,
	} {
		if got.Get(h) != want || want == "" {
			t.Errorf("%s: got %q, want %q", h, got.Get(h), want)
		}
	}
	var order struct {
		ID  int64  `json:"id"`
		GID string `json:"admin_graphql_api_id"`
	}
	if err := json.Unmarshal(body, &order); err != nil || order.ID != o.ID || order.GID != o.GID() {
		t.Errorf("payload names %+v, %v", order, err)
	}
	for _, p := range Personal {
		if !bytes.Contains(body, []byte(p)) {
			t.Errorf("the payload lacks %q", p)
		}
	}
	first := reply.WebhookID
	if reply, err = s.SendWebhook(t.Context(), srv.URL, "orders/cancelled", "#1", BrokenJSON()); err != nil || json.Valid(body) || reply.WebhookID == first {
		t.Errorf("broken: %+v, %v, valid %v", reply, err, json.Valid(body))
	}
	if _, err := s.SendWebhook(t.Context(), srv.URL, "orders/cancelled", "#2"); err == nil {
		t.Error("sent a webhook about an order that is not there")
	}
}
