package shopifytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// do asks with the shop's token and wants parts of the answer.
func do(t *testing.T, s *Shop, query string, vars map[string]any, want ...string) string {
	t.Helper()
	_, _, got := ask(t, s, "shpat_test", query, vars)
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("got %s\nwant %s", got, w)
		}
	}
	return got
}

func TestGrant(t *testing.T) {
	t.Parallel()
	now, mu := day, sync.Mutex{}
	s, err := New(Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }, TokenLife: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	grant := func(kind, body string) (int, string) {
		t.Helper()
		res, err := s.client.Post(s.URL()+"/admin/oauth/access_token", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"client"}, "client_secret": {"client-secret"}}.Encode()
	_, first := grant("application/x-www-form-urlencoded", form)
	status, body := grant("application/json", `{"grant_type":"client_credentials","client_id":"client","client_secret":"client-secret"}`)
	var got struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 || got.Expires != 3600 || strings.Contains(first, got.Token) {
		t.Fatalf("%d %s, %v", status, body, err)
	}
	const query = `query q { order(id: "x") { id } }`
	if status, _, _ := ask(t, s, got.Token, query, nil); status != http.StatusOK {
		t.Errorf("a granted token: %d", status)
	}
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	if status, _, _ := ask(t, s, got.Token, query, nil); status != http.StatusUnauthorized {
		t.Errorf("a token that has ended: %d", status)
	}
	for _, bad := range []string{"", strings.Replace(form, "client-secret", "x", 1), strings.Replace(form, "client_credentials", "password", 1), "%zz"} {
		if status, body := grant("application/x-www-form-urlencoded", bad); status < 400 || !strings.Contains(body, "error") {
			t.Errorf("%q: %d %s", bad, status, body)
		}
	}
	s.RefuseGrants("shop_not_permitted")
	if status, body := grant("application/x-www-form-urlencoded", form); status != 400 || !strings.Contains(body, "shop_not_permitted") {
		t.Errorf("refused: %d %s", status, body)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.Deprecate("because")
	for asked, served := range map[string]string{"2025-10": "2026-01", "2026-04": "2026-04", "2026-10": "2026-10", "2027-01": "2026-10", "unstable": "unstable"} {
		res, err := s.client.Post(s.URL()+"/admin/api/"+asked+"/graphql.json", "application/json", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("X-Shopify-API-Version"); got != served || res.Header.Get("X-Shopify-API-Deprecated-Reason") != "because" {
			t.Errorf("asked %s, served %s, want %s", asked, got, served)
		}
		knows := s.schemaOf(served).Types["OrderCancelJobResult"] != nil
		if knows != (served >= Version) {
			t.Errorf("%s knows what is new in 2026-10: %v", served, knows)
		}
	}
}

const cancelQuery = `mutation q($id: ID!, $r: OrderCancelRefundMethodInput) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true, refundMethod: $r) {
	job { id } jobResult { id } orderCancelUserErrors { code message } } }`

func TestCancelJob(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	o := s.AddOrder(Order{ID: 7, Name: "#1", Lines: []Line{{ID: 9, Quantity: 2}}})
	s.SlowCancels(3)
	vars := map[string]any{"id": o.GID(), "r": map[string]any{"originalPaymentMethodsRefund": true}}
	answer := do(t, s, cancelQuery, vars, `"orderCancelUserErrors":[]`)
	id := answer[strings.Index(answer, "gid://shopify/OrderCancelJobResult/"):]
	id = id[:strings.Index(id, `"`)]
	const look = `query q($id: ID!) { node(id: $id) { id ... on OrderCancelJobResult { done status } } }`
	do(t, s, look, map[string]any{"id": id}, `"done":false`, `STARTED`)
	do(t, s, look, map[string]any{"id": id}, `"done":false`)
	do(t, s, look, map[string]any{"id": id}, `"done":true`, `SUCCEEDED`)
	now, _ := s.Order("#1")
	if now.CancelledAt.IsZero() || now.Financial != "REFUNDED" || now.Lines[0].Removed != 2 || now.Cancel.Refund != "original" {
		t.Errorf("in the end: %+v", now)
	}
	do(t, s, cancelQuery, vars, `already been cancelled`)
	do(t, s, cancelQuery, map[string]any{"id": "gid://shopify/Order/8"}, `NOT_FOUND`)
	do(t, s, cancelQuery, map[string]any{"id": o.GID(), "r": map[string]any{"bad": 1}}, `INVALID_VARIABLE`)
}

func TestList(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for i := range 5 {
		s.AddOrder(Order{ID: int64(11 + 2*i), CreatedAt: day.Add(time.Duration(i) * time.Hour)})
	}
	const query = `query q($q: String, $after: String, $r: Boolean) { orders(first: 2, sortKey: UPDATED_AT, query: $q, after: $after, reverse: $r) { nodes { id } pageInfo { hasNextPage endCursor } } }`
	got := do(t, s, query, map[string]any{"q": "updated_at:>='2026-11-02T10:30:00Z'"}, `Order/13"},{"id":"gid://shopify/Order/15`, `"hasNextPage":true`)
	after := got[strings.Index(got, `"endCursor":"`)+13:]
	after = after[:strings.Index(after, `"`)]
	if _, err := s.Change("gid://shopify/Order/13", func(*Order) {}); err != nil {
		t.Fatal(err)
	}
	do(t, s, query, map[string]any{"q": "updated_at:>='2026-11-02T10:30:00Z'", "after": after}, `Order/17"},{"id":"gid://shopify/Order/19`, `"hasNextPage":false`)
	do(t, s, query, map[string]any{"r": true}, `Order/19"},{"id":"gid://shopify/Order/17`)
	do(t, s, query, map[string]any{"q": "created_at:<'2026-11-02T10:00:00Z'"}, `[{"id":"gid://shopify/Order/11"}]`)
	do(t, s, query, map[string]any{"after": "bad"}, `invalid cursor`)
	for _, bad := range []string{"updated_at:>=yesterday", "colour:red", "hello"} {
		do(t, s, query, map[string]any{"q": bad}, `"errors"`)
	}
	if s.Spent() <= 0 {
		t.Error("nothing was spent")
	}
}

func TestWritesOfLittle(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	o := s.AddOrder(Order{Name: "#1", Tags: []string{"Vip"}, Lines: make([]Line, 1)})
	add := `mutation q($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { userErrors { message } } }`
	do(t, s, add, map[string]any{"id": o.GID(), "t": []string{"vip", "a"}}, `"userErrors":[]`)
	do(t, s, add, map[string]any{"id": o.GID(), "t": []string{strings.Repeat("a", 41)}}, `too long`)
	do(t, s, add, map[string]any{"id": "gid://shopify/Order/1", "t": []string{"a"}}, `does not exist`)
	do(t, s, `mutation q($id: ID!) { tagsRemove(id: $id, tags: ["VIP"]) { userErrors { message } } }`, map[string]any{"id": o.GID()}, `[]`)
	set := `mutation q($id: ID!, $v: String!) { metafieldsSet(metafields: [{ownerId: $id, namespace: "n", key: "k", type: "json", value: $v}]) { userErrors { code } } }`
	do(t, s, set, map[string]any{"id": o.GID(), "v": "{}"}, `[]`)
	do(t, s, set, map[string]any{"id": o.GID(), "v": "{"}, `INVALID_VALUE`)
	do(t, s, `query q($id: ID!) { order(id: $id) { metafield(namespace: "n", key: "k") { value } } }`, map[string]any{"id": o.GID()}, `"value":"{}"`)
	e, err := s.RequestEdit("#1")
	if err != nil {
		t.Fatal(err)
	}
	decline := `mutation q($id: ID!, $n: String) { requestedOrderEditDecline(input: {id: $id, declineNote: $n}) { userErrors { code } } }`
	do(t, s, decline, map[string]any{"id": e.GID(), "n": strings.Repeat("x", 501)}, `TOO_LONG`)
	do(t, s, decline, map[string]any{"id": e.GID(), "n": "no"}, `[]`)
	do(t, s, decline, map[string]any{"id": e.GID()}, `INVALID`)
	do(t, s, decline, map[string]any{"id": "x"}, `NOT_FOUND`)
	now, _ := s.Order("#1")
	if !slices.Equal(now.Tags, []string{"a"}) || now.Edits[0].DeclineNote != "no" {
		t.Errorf("in the end: %+v", now)
	}
	if now, err = s.WithdrawEdits("#1"); err != nil || len(now.Edits) != 1 {
		t.Errorf("an answered request went away: %+v, %v", now.Edits, err)
	}
}

// receiver counts what arrives and answers as it is told.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, req.Header.Get("X-Shopify-Webhook-Id"))
	w.WriteHeader(r.status)
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	r := &receiver{status: 200}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	s.Subscribe("ORDERS_UPDATED", srv.URL)
	s.AddOrder(Order{Name: "#1"})
	emit := func(n int) {
		t.Helper()
		for range n {
			if err := s.Emit("orders/updated", "#1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	emit(40)
	d := s.Deliver(t.Context(), Plan{Seed: 3, Lose: 0.5, Repeat: 0.5, Shuffle: true})
	if d.Lost == 0 || d.Repeated == 0 || d.Sent != 40-d.Lost+d.Repeated || d.Waiting != 0 || len(r.got) != d.Sent {
		t.Errorf("travelled %+v, %d arrived", d, len(r.got))
	}
	r.status, r.got = 500, nil
	emit(2)
	for i := range 3 {
		if d := s.Deliver(t.Context(), Plan{}); d.Failed != 2 || d.Waiting != 2 {
			t.Errorf("failure %d: %+v", i, d)
		}
	}
	r.status = 200
	if d := s.Deliver(t.Context(), Plan{}); d.Sent != 2 || d.Waiting != 0 || len(s.Subscriptions()) != 1 || r.got[0] != r.got[6] {
		t.Errorf("after the failures: %+v, %q", d, r.got)
	}
	r.status = 500
	emit(1)
	for range maxFailures {
		if len(s.Subscriptions()) == 0 {
			t.Fatal("ended too early")
		}
		s.Deliver(t.Context(), Plan{})
	}
	if d := s.Deliver(t.Context(), Plan{}); len(s.Subscriptions()) != 0 || d != (Delivered{}) {
		t.Errorf("after eight failures: %v, %+v", s.Subscriptions(), d)
	}
	if err := s.Emit("orders/updated", "#9"); err == nil {
		t.Error("an event of an order that is not there")
	}
}
