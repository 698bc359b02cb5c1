package main

import (
	"strings"
	"testing"

	"countermand/state"
)

// In observe mode nothing is written anywhere, and what would have been done
// is said.
func TestObserve(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{mode: "observe"})
	s.order("#3001", "8190000000030001")
	p := s.start()
	p.cancel("#3001")
	c := s.await("#3001", state.Held)
	for _, part := range []string{"observe", "Cancel order", "buyerDonotwantOrder"} {
		if !strings.Contains(c.HeldWhy, part) {
			t.Errorf("held because %q, want it to name %q", c.HeldWhy, part)
		}
	}
	if r := s.cli("cases", "approve", "#3001"); r.code != exitFailed || !strings.Contains(r.err, "approve refused") || !strings.Contains(r.err, "observe") {
		t.Errorf("approved in observe mode: %d %q, want it refused with the reason", r.code, r.err)
	}
	c = s.await("#3001", state.Held)
	if !c.RequestedAt.IsZero() {
		t.Errorf("nothing was asked, and the case says requested at %s", c.RequestedAt)
	}
	s.noWrite()
	for _, q := range s.shop.Queries() {
		if strings.Contains(strings.ToLower(q), "update") || strings.Contains(q, "Set") || strings.Contains(q, "Add") {
			t.Errorf("in observe mode the shop was asked %s", q)
		}
	}
}

// In confirm mode a person's yes leads to one request, and a second yes to
// none.
func TestConfirm(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{mode: "confirm"})
	s.order("#3101", "8190000000031001", inDialog)
	s.order("#3102", "8190000000031002")
	p := s.start()
	p.cancel("#3101")
	p.cancel("#3102")
	for _, order := range []string{"#3101", "#3102"} {
		if c := s.await(order, state.Held); !strings.Contains(c.HeldWhy, "confirm") {
			t.Errorf("%s is held because %q", order, c.HeldWhy)
		}
	}
	s.noWrite()
	if r := s.cli("cases", "approve", "8190000000031001", "--note", "the customer called"); r.code != exitDone {
		t.Fatalf("approve: %+v", r)
	}
	c := s.await("#3101", state.Requested)
	s.oneCancel("8190000000031001")
	if !tells(c.Journal, state.EventApprove, "the customer called") {
		t.Errorf("the journal does not hold the approval with its note: %+v", c.Journal)
	}
	if r := s.cli("cases", "approve", "#3101"); r.code != exitFailed || !strings.Contains(r.err, "requested") {
		t.Errorf("a second approval: %+v", r)
	}
	if r := s.cli("cases", "ignore", "#3102"); r.code != exitDone {
		t.Errorf("ignore: %+v", r)
	}
	s.await("#3102", state.Ignored)
	s.readAgain("#3101")
	s.oneCancel("8190000000031001")
}
