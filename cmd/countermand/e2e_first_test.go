package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/shop/shopifytest"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

const asksFirst = "    supplier_first: {enabled: true}\n    flow_secret_file: flow-secret\n"

func (s *scene) shopOrder(name string) shopifytest.Order {
	s.t.Helper()
	o, err := s.shop.Order(name)
	ok(s.t, err)
	return o
}

// hook sends a webhook about an order.
func (p *process) hook(topic, order string) {
	p.t.Helper()
	reply, err := p.shop.SendWebhook(p.t.Context(), "http://"+p.hooks+"/webhooks/shopify/mystore", topic, order)
	ok(p.t, err)
	if reply.Status != http.StatusOK {
		p.t.Fatalf("%s of %s: %d %s", topic, order, reply.Status, reply.Body)
	}
}

// TestSupplierFirst: a customer's request is put to the supplier before the
// shop is touched. Accepted, the shop's order is cancelled once and the request
// resolved; refused, the order stands and the customer is told.
func TestSupplierFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "1h=1s", shop: asksFirst})
	s.write("flow-secret", "open-sesame")
	s.order("#5001", "8190000000050001", fate(aliexpresstest.Fate{Accept: 2 * time.Hour}))
	s.order("#5002", "8190000000050002", fate(aliexpresstest.Fate{AlreadyShipped: &aliexpresstest.Shipment{
		ShippedAt: monday.Add(-20 * time.Hour), FirstScanAt: monday.Add(-18 * time.Hour), Number: "LP0081000502CN", Carrier: "Cainiao",
	}}))
	s.order("#5003", "8190000000050003", fate(aliexpresstest.Fate{Accept: 2 * time.Hour}))
	p := s.start()
	for _, order := range []string{"#5001", "#5002"} {
		_, err := s.shop.RequestEdit(order)
		ok(t, err)
		p.hook("requested_order_edit/created", order)
	}
	if o := s.shopOrder("#5001"); !o.CancelledAt.IsZero() {
		t.Fatal("the shop was cancelled before the supplier was asked")
	}
	s.await("#5001", state.Cancelled)
	until(t, "the shop cancelled #5001 and resolved the request", func() bool {
		o := s.shopOrder("#5001")
		return !o.CancelledAt.IsZero() && o.Edits[0].Status == "RESOLVED"
	})
	if c := s.shopOrder("#5001").Cancel; c == nil || c.Times != 1 || c.Refund != "original" || !c.Restock || !c.NotifyCustomer || c.StaffNote == "" {
		t.Errorf("the shop was told %+v", c)
	}
	s.await("#5002", state.Shipped)
	until(t, "the customer of #5002 was told", func() bool { return s.shopOrder("#5002").Edits[0].Status == "DECLINED" })
	if o := s.shopOrder("#5002"); !o.CancelledAt.IsZero() || o.Cancel != nil || o.Edits[0].DeclineNote == "" {
		t.Errorf("the order that was refused: cancelled %s, note %q", o.CancelledAt, o.Edits[0].DeclineNote)
	}
	// Shopify Flow asks too.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.hooks+"/hooks/flow/mystore", strings.NewReader(`{"order_id": "`+s.shopOrder("#5003").GID()+`", "reason": "fraud"}`))
	ok(t, err)
	req.Header.Set("X-Countermand-Secret", "open-sesame")
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	ok(t, res.Body.Close())
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("Flow was answered with %d", res.StatusCode)
	}
	s.await("#5003", state.Cancelled)
	until(t, "the shop cancelled #5003", func() bool { return !s.shopOrder("#5003").CancelledAt.IsZero() })
	s.oneCancel("8190000000050001", "8190000000050003")
	// The merchant sees in the shop how the suppliers' side stands.
	for order, tag := range map[string]string{"#5001": "countermand:cancelled", "#5002": "countermand:shipped"} {
		until(t, order+" shows "+tag, func() bool { return slices.Contains(s.shopOrder(order).Tags, tag) })
		until(t, order+" has its cases", func() bool {
			return strings.Contains(s.shopOrder(order).Metafields["countermand.cases"], "81900000000500")
		})
	}
}

// TestMessages: the supplier is written to, once a text, in both languages.
func TestMessages(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "1h=1s", tells: true})
	s.order("#5101", "8190000000051001", fate(aliexpresstest.Fate{Refuse: &aliexpresstest.Refusal{After: 2 * time.Hour, Explicit: true}}))
	p := s.start()
	p.cancel("#5101")
	s.await("#5101", state.Refused)
	texts := func() (all []string) {
		for _, w := range s.site.Writes() {
			if w.Kind == aliexpresstest.WriteMessage {
				all = append(all, w.Text)
			}
		}
		return all
	}
	until(t, "both messages stand there in both languages", func() bool { return len(texts()) >= 4 })
	p.kill()
	s.start()
	if r := s.cli("cases", "retry", "#5101"); r.code != exitDone {
		t.Errorf("retry: %+v", r)
	}
	s.readAgain("#5101")
	got := texts()
	slices.Sort(got)
	if len(got) != 4 || len(slices.Compact(got)) != 4 {
		t.Errorf("the supplier got %q", got)
	}
	c := s.await("#5101", state.Refused)
	if !tells(c.Journal, state.EventMessaged, "") {
		t.Errorf("the journal does not tell of the messages: %+v", c.Journal)
	}
}
