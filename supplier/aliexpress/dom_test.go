package aliexpress

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

func TestContradictions(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	r := state.Reading{Number: "8190000000000001", StatusText: "Processing", Phase: state.PhaseProcessing}
	pending := "Waiting for the seller to respond to your cancellation request"
	for name, c := range map[string]struct {
		d    drawn
		want bool
	}{
		"the same":          {drawn{number: r.Number, caption: "processing"}, false},
		"nothing shown":     {drawn{}, false},
		"another order":     {drawn{number: "8190000000000002", caption: "Processing"}, true},
		"another state":     {drawn{number: r.Number, caption: "Awaiting delivery"}, true},
		"unknown caption":   {drawn{number: r.Number, caption: "Being packed"}, true},
		"another language":  {drawn{number: r.Number, caption: "Procesando"}, false},
		"pending sentence":  {drawn{number: r.Number, caption: "Processing", reminder: pending}, true},
		"harmless sentence": {drawn{number: r.Number, caption: "Processing", reminder: "The seller is preparing your order."}, false},
	} {
		if why := c.d.contradicts(p, r); (why != "") != c.want {
			t.Errorf("%s: %q", name, why)
		}
	}
	declined := drawn{number: r.Number, caption: "Processing", reminder: "The seller declined your cancellation request"}
	if declined.adds(p, &r); r.RefusedText != declined.reminder {
		t.Errorf("a refusal that only the page shows: %+v", r)
	}
	doubt(&r, "why")
	if r.Complete || r.Phase != state.PhaseUnknown || r.Doubt != "why" {
		t.Errorf("doubted: %+v", r)
	}
}

func TestShownMoney(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		"Total: US $1,204.50": "1204.50 USD", "Total: R$1.132,74": "1132.74 BRL", "Total: CLP $31.990": "31990 CLP", "€5": "5.00 EUR",
		"12.34": "unknown", "US $": "unknown", "": "unknown",
	} {
		if got := p.shownMoney(in).String(); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestOnlyShown reads pages whose calls have another name than the profile
// says: the data never come, the page shows them all the same.
func TestOnlyShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) {
		o.StepTimeout = 2 * time.Second
		o.Profile.Calls.List, o.Profile.Calls.Detail = "mtop.renamed.list", "mtop.renamed.detail"
	})
	number := r.order(t, func(o *aliexpresstest.Order) { o.RequestedAt = r.now.Add(-time.Hour) })
	got, err := r.client.Read(t.Context(), number, false)
	if err != nil || got.Complete || got.Phase != state.PhasePending || got.Number != number || got.Doubt == "" || got.Total.String() != "12.34 USD" || got.OrderedAt.IsZero() {
		t.Errorf("detail: %+v, %v", got, err)
	}
	for _, mobile := range []bool{false, true} {
		if mobile && !everything() {
			continue
		}
		r.site.SetMobileCards(mobile)
		swept, err := r.client.Sweep(t.Context(), []string{number})
		if got := swept[number]; err != nil || got.Complete || got.Phase != state.PhasePending || got.Source != state.SourceList {
			t.Errorf("list, mobile %v: %+v, %v", mobile, got, err)
		}
	}
	marks := 0
	open := r.order(t, nil)
	asked, err := r.client.Cancel(t.Context(), request(open, &marks))
	if err != nil || asked.Outcome != state.AskUnknown || marks != 0 {
		t.Errorf("cancel without data: %+v, %v", asked, err)
	}
	r.wantWrites(t, open)
}

// TestPageAgainstData shows a page that draws something else than its data.
func TestPageAgainstData(t *testing.T) {
	t.Parallel()
	detail := fixture(t, "ok_detail_processing.json")
	title, id := "Processing", "8200000000000001"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "order.detail") {
			w.Write(detail)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<div class="order-status"><div class="order-block-title">%s</div></div><span data-pl="order_detail_gray_id">%s</span>
			<script>fetch('/h5/mtop.aliexpress.trade.buyer.order.detail/1.0/?data={}')</script>`, title, id)
	}))
	t.Cleanup(srv.Close)
	c := otherClient(t, srv.URL)
	for _, x := range []struct {
		title, id string
		doubt     bool
	}{{"Processing", id, false}, {"Canceled", id, true}, {"Processing", "8200000000000002", true}} {
		title, id = x.title, x.id
		got, err := c.Read(t.Context(), "8200000000000001", false)
		if err != nil || (got.Doubt != "") != x.doubt || got.Complete == x.doubt || (got.Phase == state.PhaseUnknown) != x.doubt {
			t.Errorf("%+v: %+v, %v", x, got, err)
		}
	}
}

func TestSeveralNumbersAreNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"8190000000000001 8190000000000002", "Order 8190000000000001,8190000000000002", "8190000000000001/8190000000000002"} {
		if got := numberIn(s); got != "" {
			t.Errorf("%q holds two numbers, numberIn gives %q", s, got)
		}
	}
}

func TestMoneyAndDateAreCrossChecked(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	d, err := p.parseDetail(parsed(t, "ok_detail_processing.json"), readAt, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]drawn{
		"total": {number: d.reading.Number, caption: "Processing", total: "US $99.99", date: "Jul 15, 2026"},
		"date":  {number: d.reading.Number, caption: "Processing", total: "US $12.34", date: "Mar 1, 2026"},
	} {
		if why := page.contradicts(p, d.reading); why == "" {
			t.Errorf("%s: the page shows %+v, the data %s of %s: no contradiction", name, page, d.reading.Total, d.reading.OrderedAt)
		}
	}
}
