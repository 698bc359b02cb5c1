package shopify_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/state"
)

type flowBench struct {
	sink  *memory
	count *tally
	log   *bytes.Buffer
	http  http.Handler
}

func newFlowBench() *flowBench {
	b := &flowBench{sink: &memory{}, count: &tally{}, log: &bytes.Buffer{}}
	b.http = shopify.NewHandler(shopify.HandlerOptions{
		Shops: map[string]shopify.HookShop{
			"mystore": {FlowSecrets: shopify.StaticSecrets([]byte("old"), []byte("flow-secret"))},
			"bare":    {FlowSecrets: shopify.StaticSecrets(nil, []byte{})},
			"none":    {},
		},
		Sink: b.sink, Metrics: b.count, Log: zerolog.New(b.log), Now: func() time.Time { return hookNow },
	})
	return b
}

func (b *flowBench) post(method, to, secret, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/hooks/flow/"+to, strings.NewReader(body))
	if secret != "" {
		r.Header.Set(shopify.FlowSecretHeader, secret)
	}
	w := httptest.NewRecorder()
	b.http.ServeHTTP(w, r)
	return w
}

func TestFlow(t *testing.T) {
	t.Parallel()
	const secret, good = "flow-secret", `{"order_id":"gid://shopify/Order/7","reason":"customer"}`
	for name, tc := range map[string]struct {
		to, secret, body string
		status           int
		order, reason    string
	}{
		"gid":            {"mystore", secret, good, 202, "7", "customer"},
		"older secret":   {"mystore", "old", good, 202, "7", "customer"},
		"number":         {"mystore", secret, `{"order_id":820982911946154508}`, 202, "820982911946154508", "customer"},
		"text":           {"mystore", secret, `{"order_id":" 450789469 ","reason":" Inventory "}`, 202, "450789469", "inventory"},
		"own words":      {"mystore", secret, `{"order_id":7,"reason":"Wilhelmina Quackenbush changed her mind"}`, 202, "7", "other"},
		"wrong secret":   {"mystore", "flow", good, 401, "", ""},
		"no secret":      {"mystore", "", good, 401, "", ""},
		"empty secrets":  {"bare", "", good, 401, "", ""},
		"without flow":   {"none", secret, good, 404, "", ""},
		"unknown shop":   {"nostore", secret, good, 404, "", ""},
		"unknown, large": {"nostore", secret, strings.Repeat(" ", 1<<20), 404, "", ""},
		"too large":      {"mystore", secret, `{"order_id":7,"reason":"` + strings.Repeat("x", 20<<10) + `"}`, 413, "", ""},
		"no JSON":        {"mystore", secret, `order_id=7`, 400, "", ""},
		"two":            {"mystore", secret, `{"order_id":7}{"order_id":8}`, 400, "", ""},
		"no order":       {"mystore", secret, `{}`, 400, "", ""},
		"null":           {"mystore", secret, `{"order_id":null}`, 400, "", ""},
		"a name":         {"mystore", secret, `{"order_id":"#1042"}`, 400, "", ""},
		"a float":        {"mystore", secret, `{"order_id":1e3}`, 400, "", ""},
		"negative":       {"mystore", secret, `{"order_id":-7}`, 400, "", ""},
		"a line":         {"mystore", secret, `{"order_id":"gid://shopify/LineItem/7"}`, 400, "", ""},
		"a list":         {"mystore", secret, `{"order_id":[7]}`, 400, "", ""},
		"reason odd":     {"mystore", secret, `{"order_id":7,"reason":3}`, 400, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFlowBench()
			w := b.post(http.MethodPost, tc.to, tc.secret, tc.body)
			if w.Code != tc.status {
				t.Errorf("answered %d %q, want %d", w.Code, w.Body, tc.status)
			}
			var want []state.Knock
			if tc.order != "" {
				want = []state.Knock{{
					Shop: "mystore", OrderID: "gid://shopify/Order/" + tc.order, Source: "flow", Topic: shop.FlowTopic(tc.reason),
					ReceivedAt: hookNow, NotBefore: hookNow,
				}}
				if got, ok := shop.FlowReason(want[0].Topic); !ok || got != tc.reason {
					t.Errorf("the topic tells the reason %q", got)
				}
			}
			if d := cmp.Diff(want, b.sink.all()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if all := b.log.String() + w.Body.String(); strings.Contains(all, "secret\":\"") || strings.Contains(all, "Quackenbush") {
				t.Errorf("shown: %s", all)
			}
		})
	}
}

func TestFlowNotStored(t *testing.T) {
	t.Parallel()
	b := newFlowBench()
	b.sink.err = errors.New("disk full")
	w := b.post(http.MethodPost, "mystore", "old", `{"order_id":7}`)
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "disk") || b.count.last() != "mystore flow not_stored" {
		t.Errorf("answered %d %q, counted %q", w.Code, w.Body, b.count.last())
	}
	if w := b.post(http.MethodGet, "mystore", "old", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

// The topics whose payload is not an order.
func TestOtherTopics(t *testing.T) {
	t.Parallel()
	body := func(s string) []byte { return []byte(s) }
	for name, tc := range map[string]struct {
		topic  string
		body   []byte // nil: the shop's own
		status int
		order  string // "-": the shop's order, "": nothing is stored
	}{
		"edited":               {"orders/edited", nil, 200, "-"},
		"refund":               {"refunds/create", nil, 200, "-"},
		"requested":            {"requested_order_edit/created", nil, 200, "-"},
		"edited, empty":        {"orders/edited", body(`{"order_edit":{}}`), 200, ""},
		"edited, odd":          {"orders/edited", body(`{"order_edit":[7]}`), 200, ""},
		"edited, float":        {"orders/edited", body(`{"order_edit":{"order_id":1.5}}`), 400, ""},
		"edited, no object":    {"orders/edited", body(`[]`), 400, ""},
		"refund, its own id":   {"refunds/create", body(`{"id":7,"admin_graphql_api_id":"gid://shopify/Refund/7"}`), 200, ""},
		"refund, a refund":     {"refunds/create", body(`{"order_id":"gid://shopify/Refund/7"}`), 400, ""},
		"requested, within":    {"requested_order_edit/created", body(`{"requested_order_edit":{"id":1,"order_id":7}}`), 200, "gid://shopify/Order/7"},
		"requested, its order": {"requested_order_edit/created", body(`{"id":1,"order":{"admin_graphql_api_id":"gid://shopify/Order/7"}}`), 200, "gid://shopify/Order/7"},
		"requested, unknown":   {"requested_order_edit/created", body(`{"id":1}`), 200, ""},
		"requested, broken":    {"requested_order_edit/created", body(`{"id":1`), 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newHookBench(t)
			r := b.sendBody(t, tc.topic, tc.body)
			got := ""
			for _, k := range b.sink.all() {
				got += k.OrderID
			}
			if tc.order == "-" {
				tc.order = b.order.GID()
			}
			if r.Status != tc.status || got != tc.order {
				t.Errorf("answered %d %q and stored %q; want %d, %q", r.Status, r.Body, got, tc.status, tc.order)
			}
		})
	}
}

// A shop that took the app off names no order.
func TestUninstalled(t *testing.T) {
	t.Parallel()
	b := newHookBench(t)
	r := b.send(t, "mystore", "app/uninstalled")
	ks := b.sink.all()
	if r.Status != http.StatusOK || len(ks) != 1 || ks[0].OrderID != "" || ks[0].Topic != shop.TopicUninstalled {
		t.Errorf("answered %d, stored %+v", r.Status, ks)
	}
	if r := b.sendBody(t, "app/uninstalled", []byte(`[]`)); r.Status != http.StatusBadRequest {
		t.Errorf("broken: %d", r.Status)
	}
}
