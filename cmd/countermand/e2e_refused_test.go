package main

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// TestRefusedOnceIsNotAskedAgain: an order that was asked and refused after
// the backup was taken gets no second click from the daemon that starts on the
// restored database, neither by itself nor after a person's approval: the page
// says that the seller declined. Nor does one that was asked by hand.
func TestRefusedOnceIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "1h=1s"})
	const number, byHand = "8190000000099001", "8190000000099002"
	no := &aliexpresstest.Refusal{After: 2 * time.Hour, Explicit: true}
	s.order("#9901", number, fate(aliexpresstest.Fate{Refuse: no}))
	s.order("#9902", byHand, fate(aliexpresstest.Fate{Refuse: no}), func(o *aliexpresstest.Order) { o.RequestedAt = s.clock.Now().Add(-10 * time.Hour) })
	s.site.SetLoggedOut(true)
	p := s.start()
	p.cancel("#9901")
	s.await("#9901", state.Queued)
	s.wants("hot backup", s.keep("backup", s.path("b.db")), exitDone, "in order")
	s.site.SetLoggedOut(false)
	s.await("#9901", state.Refused)
	p.term()
	s.oneCancel(number)
	s.wants("restore", s.keep("restore", s.path("b.db")), exitDone, "1 of them open")
	p = s.start()
	until(t, "the restored case moves", func() bool { now := s.story("#9901").Status; return now == state.Held || now == state.Refused })
	if s.story("#9901").Status == state.Held { // a person who does not know better
		s.wants("approve", s.cli("cases", "approve", "#9901"), exitDone)
	}
	p.cancel("#9902")
	for _, order := range []string{"#9901", "#9902"} {
		c := s.await(order, state.Refused)
		told := false
		for _, e := range c.Journal {
			told = told || e.To == state.Refused && strings.Contains(e.Detail, "earlier request that was refused")
		}
		if !told {
			t.Errorf("%s: the journal does not say why: %+v", order, c.Journal)
		}
	}
	s.oneCancel(number)
}
