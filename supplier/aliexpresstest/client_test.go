package aliexpresstest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// day0 is a Tuesday noon in Los Angeles.
var day0 = time.Date(2026, 10, 20, 19, 0, 0, 0, time.UTC)

// clock is a hand-moved clock.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time      { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) set(t time.Time)     { c.ns.Store(t.UnixNano()) }
func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }

// rig is a site with a clock and a signed-in client.
type rig struct {
	*Site
	t      *testing.T
	clock  *clock
	client *http.Client
}

func newRig(t *testing.T, orders ...Order) *rig {
	t.Helper()
	c := &clock{}
	c.set(day0)
	site, err := New(Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	if err := site.Add(orders...); err != nil {
		t.Fatal(err)
	}
	r := &rig{Site: site, t: t, clock: c, client: newClient(t)}
	r.fetch(site.www + "/p/order/index.html")
	return r
}

// newClient keeps cookies and does not follow redirects.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends a request and gives status, body and the Location header.
func (r *rig) do(req *http.Request) (status int, body, location string, err error) {
	res, err := r.client.Do(req)
	if err != nil {
		return 0, "", "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), res.Header.Get("Location"), err
}

func (r *rig) fetch(u string) (status int, body, location string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, u, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	status, body, location, err = r.do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	return status, body, location
}

// request builds a call the way the pages do.
func (r *rig) request(ctx context.Context, method, name, data, more string) *http.Request {
	r.t.Helper()
	u := r.api + "/h5/" + strings.ToLower(name) + "/1.0/?jsv=2.5.1&api=" + name + "&v=1.0" + more
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("data=" + url.QueryEscape(data))
	} else {
		u += "&data=" + url.QueryEscape(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		r.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func (r *rig) raw(method, name, data, more string) string {
	r.t.Helper()
	status, body, _, err := r.do(r.request(r.t.Context(), method, name, data, more))
	if err != nil || status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %v", method, name, status, err)
	}
	return body
}

// call makes a JSON call and gives the decoded answer.
func (r *rig) call(method, name, data string) tree {
	r.t.Helper()
	return parse(r.t, r.raw(method, name, data, "&type=originaljson"))
}

func (r *rig) detail(id string) tree {
	r.t.Helper()
	return r.call("GET", apiDetail, `{"tradeOrderId":"`+id+`","clientPlatform":"pc"}`)
}

// title is the status that the detail page shows.
func (r *rig) title(id string) string {
	r.t.Helper()
	return r.detail(id).tag("detail_order_status_block").str("title")
}

func (r *rig) cancel(id string) tree {
	r.t.Helper()
	return r.call("POST", apiOperation, cancelData(id))
}

func cancelData(id string) string {
	return `{"tradeOrderId":"` + id + `","operation":"CANCEL_ORDER","reasonCode":"buyerDonotwantOrder","isTrusted":true}`
}

func (r *rig) operate(id, operation string) tree {
	r.t.Helper()
	return r.call("POST", apiOperation, `{"tradeOrderId":"`+id+`","operation":"`+operation+`"}`)
}

func (r *rig) tracking(id string) []any {
	r.t.Helper()
	list, _ := r.call("GET", apiTracking, `{"tradeOrderId":"`+id+`"}`).get("data", "module", "trackingDetailLineList").([]any)
	return list
}

// tree is a decoded answer; numbers are json.Number.
type tree map[string]any

func parse(t *testing.T, text string) tree {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	out := tree{}
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return out
}

func (x tree) get(path ...string) any {
	var at any = map[string]any(x)
	for _, p := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[p]
	}
	return at
}

func (x tree) str(path ...string) string {
	switch v := x.get(path...).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (x tree) ret() string {
	list, _ := x["ret"].([]any)
	var out []string
	for _, v := range list {
		out = append(out, v.(string))
	}
	return strings.Join(out, " ")
}

// tag gives the fields of the component with this tag, nil for none.
func (x tree) tag(tag string) tree {
	components, _ := x.get("data", "data").(map[string]any)
	for _, c := range components {
		if c := tree(c.(map[string]any)); c.str("tag") == tag {
			return c["fields"].(map[string]any)
		}
	}
	return nil
}

// buttons are the types that the detail page offers.
func (x tree) buttons() string {
	list, _ := x.tag("detail_order_status_block")["buttonVOList"].([]any)
	var out []string
	for _, b := range list {
		out = append(out, tree(b.(map[string]any)).str("type"))
	}
	return strings.Join(out, " ")
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

const (
	idA = "8190000000000001"
	idB = "8190000000020001"
)

func paid(id string, f Fate) Order {
	return Order{
		ID: id, Store: "Lotus Gadgets", PaidAt: day0.Add(-20 * time.Hour), Fate: f,
		Lines: []Line{{Title: "Phone stand", SKU: "Silver / L", Qty: 2, Price: "6.17"}},
	}
}
