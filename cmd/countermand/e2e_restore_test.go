package main

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// TestRestoreAsksAPersonFirst: a person left a case alone after the backup,
// which still has it in the queue. It is held, and asked once they approve.
func TestRestoreAsksAPersonFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "10m=1s"})
	const number = "8190000000099002"
	s.order("#9902", number)
	s.site.SetLoggedOut(true)
	p := s.start()
	p.cancel("#9902")
	until(t, "the account rests", func() bool { return s.status().Accounts[0].State == state.AccountLoggedOut })
	s.await("#9902", state.Queued)
	s.wants("hot backup", s.keep("backup", s.path("b.db")), exitDone, "in order")
	p.term()
	s.site.SetLoggedOut(false)
	s.wants("restore", s.keep("restore", s.path("b.db")), exitDone, "1 of them open")
	p = s.start()
	if c := s.await("#9902", state.Held); !strings.Contains(c.HeldWhy, "backup") {
		t.Errorf("held because %q", c.HeldWhy)
	}
	p.term()
	s.noWrite()
	s.start() // the time that is lost ended with the first start
	s.wants("approve", s.cli("cases", "approve", "#9902", "--note", "looked at the order"), exitDone, "you accepted")
	s.await("#9902", state.Requested)
	s.oneCancel(number)
}

// TestRestoreProvesNothing: an order that was asked after the backup, refused
// and then shipped is a dispute. On the backup, which knows nothing of the
// request, it must not end as shipped before it.
func TestRestoreProvesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "6h=1s"})
	const number = "8190000000099004"
	s.order("#9904", number, fate(aliexpresstest.Fate{
		Refuse:           &aliexpresstest.Refusal{After: 6 * time.Hour, Explicit: true},
		ShipAfterRefusal: &aliexpresstest.LateShipment{MarkedAfter: 24 * time.Hour, NumberAfter: 24 * time.Hour, FirstScanAfter: 30 * time.Hour, Number: "LP00112233445566", Carrier: "Cainiao"},
	}))
	p := s.start()
	s.wants("hot backup", s.keep("backup", s.path("b.db")), exitDone, "in order")
	p.cancel("#9904")
	s.await("#9904", state.Disputable)
	p.term()
	s.wants("restore", s.keep("restore", s.path("b.db")), exitDone, "0 of them open")
	p = s.start()
	p.knock("#9904") // a poll would find it too
	until(t, "it is opened anew", func() bool { return len(s.cases()) == 1 })
	if c := s.await("#9904", state.Held); !strings.Contains(c.HeldWhy, "backup") {
		t.Errorf("held because %q", c.HeldWhy)
	}
	s.oneCancel(number)
}
