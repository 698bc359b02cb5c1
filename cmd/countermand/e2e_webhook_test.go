package main

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"countermand/shop/shopifytest"
	"countermand/state"
)

// One daemon takes all that can come in at its door: first what must leave
// nothing behind, then what it cannot work, then a cancel, then its echoes.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#1001", "8190000000010001")
	s.order("#1002", "")
	p := s.start()
	_, err := s.shop.Cancel("#1001", "CUSTOMER")
	ok(t, err)

	refused := []struct {
		name   string
		shop   string
		change shopifytest.Change
		status int
	}{
		{"bad signature", "mystore", shopifytest.BadSignature(), http.StatusUnauthorized},
		{"no signature", "mystore", shopifytest.SignedWith(""), http.StatusUnauthorized},
		{"broken JSON", "mystore", shopifytest.BrokenJSON(), http.StatusBadRequest},
		{"no JSON", "mystore", shopifytest.WithBody([]byte("name=%231001")), http.StatusBadRequest},
		{"no id", "mystore", shopifytest.WithBody([]byte(`{"name":"#1001"}`)), http.StatusBadRequest},
		{"10 MB", "mystore", shopifytest.WithBody(append([]byte(`{"id":1,"note":"`), bytes.Repeat([]byte("x"), 10<<20)...)), http.StatusRequestEntityTooLarge},
		{"unknown shop", "otherstore", func(*shopifytest.Delivery) {}, http.StatusNotFound},
		{"another shop's domain", "mystore", shopifytest.FromDomain("other.myshopify.com"), http.StatusForbidden},
	}
	for _, r := range refused {
		if got := p.knockAt(r.shop, "#1001", r.change); got.Status != r.status {
			t.Errorf("%s: answered %d %s, want %d", r.name, got.Status, got.Body, r.status)
		}
	}
	if cases := s.cases(); len(cases) > 0 {
		t.Fatalf("refused deliveries opened %+v", cases)
	}
	if q := s.shop.Queries(); len(q) > 0 {
		t.Fatalf("refused deliveries made the daemon ask %v", q)
	}

	p.cancel("#1002")
	unmapped := s.await("#1002", state.Unmapped)
	until(t, "the unmapped order is told by telephone", func() bool {
		return s.alerted("unmapped", unmapped.ID) && s.phone.rang("#1002", "countermand map set --shop mystore")
	})
	if cases := s.cases(); len(cases) != 1 {
		t.Fatalf("one good delivery opened %+v", cases)
	}
	s.noWrite()
	// It is not looked at again now and then, so that the looks can be counted.
	if r := s.cli("cases", "pause", "#1002"); r.code != exitDone {
		t.Fatalf("pause: %+v", r)
	}

	echoes(t, p)
	p.term()
	log := p.log
	if found := slices.Concat(holds(t, s.path("data"), shopifytest.Personal), holds(t, log, shopifytest.Personal)); len(found) > 0 {
		t.Fatalf("a customer's data were kept: %v", found)
	}
}

// echoes sends one cancel in all the ways in which Shopify repeats itself: the
// same delivery again, and new deliveries about the same order.
func echoes(t *testing.T, p *process) {
	const number = "8190000000010001"
	id := shopifytest.WebhookID("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
	if r := p.knock("#1001", id); r.Status != http.StatusOK {
		t.Fatalf("a good delivery was answered %d %s", r.Status, r.Body)
	}
	first := p.await("#1001", state.Requested)
	p.oneCancel(number)
	if first.SupplierOrder != number || first.Reason != "customer" || first.RequestedAt.IsZero() || first.Amount.String() != "23.40 USD" {
		t.Errorf("the case: %+v", first)
	}

	looks := p.looks()
	for range 5 {
		if r := p.knock("#1001", id); r.Status != http.StatusOK {
			t.Fatalf("a repeated delivery was answered %d %s", r.Status, r.Body)
		}
		if r := p.knock("#1001"); r.Status != http.StatusOK {
			t.Fatalf("a new delivery was answered %d %s", r.Status, r.Body)
		}
		looks++
		until(t, "the new delivery is looked at", func() bool { return p.looks() >= looks })
	}
	if n := p.looks(); n != looks {
		t.Errorf("%d looks at the shop, want %d: a repeated delivery is none", n, looks)
	}
	after := p.readAgain("#1001")
	if after.Status != state.Requested || after.ID != first.ID || !after.RequestedAt.Equal(first.RequestedAt) {
		t.Errorf("after the echoes the case is %+v, it was %+v", after, first)
	}
	if n := len(p.cases()); n != 2 {
		t.Errorf("there are %d cases, want the two of before", n)
	}
	p.oneCancel(number)
}

// looks counts how often the shop was asked for an order.
func (p *process) looks() (n int) {
	for _, q := range p.shop.Queries() {
		if q == "readOrder" {
			n++
		}
	}
	return n
}
