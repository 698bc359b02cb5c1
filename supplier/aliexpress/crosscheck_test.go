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

// TestPagesWithoutTheirData reads pages whose calls have another name than the profile
// says: the data never come, the page shows them all the same.
func TestPagesWithoutTheirData(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) {
		o.StepTimeout = 2 * time.Second
		o.Profile.Calls.List, o.Profile.Calls.Detail = "mtop.renamed.list", "mtop.renamed.detail"
	})
	number := r.order(t, func(o *aliexpresstest.Order) { o.RequestedAt = r.now.Add(-time.Hour) })
	got, err := r.client.Read(t.Context(), number, false)
	if err != nil || got.Complete || got.Phase != state.PhasePending || got.Number != number || got.Unclear == "" || got.Total.String() != "12.34 USD" || got.OrderedAt.IsZero() {
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
		if err != nil || (got.Unclear != "") != x.doubt || got.Complete == x.doubt || (got.Phase == state.PhaseUnknown) != x.doubt {
			t.Errorf("%+v: %+v, %v", x, got, err)
		}
	}
}
