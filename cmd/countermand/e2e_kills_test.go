package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// callPoints are those of a call that asks: held, marked, released, answered.
var callPoints = []string{"call waiting", "dispatch stored", "call released", "call answered"}

// TestKillsDuringCancels kills the daemon in the middle of one cancel after the
// other, each time at one of the points of the call that asks: no order is
// asked twice, none is lost, and no case whose call was never marked is held.
// COUNTERMAND_KILLS=N kills it so often.
func TestKillsDuringCancels(t *testing.T) {
	t.Parallel()
	kills := 4
	if everything {
		kills = 50
	}
	if n, err := strconv.Atoi(os.Getenv("COUNTERMAND_KILLS")); err == nil {
		kills = n
	}
	s := newScene(t, setting{speed: "5m=1s"})
	struck, next := map[string]int{}, 0
	names := map[string]string{} // of the shop orders, with their supplier orders
	order := func() string {
		next++
		name := fmt.Sprintf("#%d", 100000+next)
		names[name] = fmt.Sprint(8190000000070000 + next*20000)
		s.order(name, names[name])
		return name
	}
	for i := range kills {
		point := callPoints[rand.IntN(len(callPoints))]
		if i < len(callPoints) {
			point = callPoints[i] // each at least once
		}
		s.env = []string{"COUNTERMAND_CRASH_AT=" + point + ":1"}
		p := s.start()
		name := order()
		_, err := s.shop.Cancel(name, "CUSTOMER")
		ok(t, err)
		p.announce("orders/cancelled", name)
		p.dies(point)
		struck[point]++
	}
	s.env = nil
	p := s.start()
	for name := range names {
		p.announce("orders/cancelled", name) // what was not answered comes again
	}
	// Each doubt takes two readings and, maybe, another request: all of them
	// take long, but never long without one that ends.
	open := func() (n int) {
		for _, c := range s.cases() {
			if c.Status != state.Requested && c.Status != state.Held {
				n++
			}
		}
		return n
	}
	for n := open(); n > 0; {
		before := n
		until(t, fmt.Sprintf("one of %d open cases gets on", n), func() bool { n = open(); return n < before })
	}
	alone := 0
	for name, number := range names {
		c := s.await(name, state.Requested, state.Held)
		writes := 0
		for _, w := range s.site.Writes() {
			if w.OrderID == number {
				writes++
				if w.Kind != aliexpresstest.WriteCancel || w.Refused != "" {
					t.Errorf("%s: the supplier got %+v", name, w)
				}
			}
		}
		marks := 0
		for _, e := range c.Journal {
			if e.Event == state.EventDispatching {
				marks++
			}
		}
		switch {
		case writes > 1:
			t.Errorf("%s was asked %d times", name, writes)
		case c.Status == state.Held && marks == 0:
			t.Errorf("%s is held without a mark: %s", name, c.HeldWhy)
		case c.Status == state.Requested && writes != 1:
			t.Errorf("%s counts as requested after %d requests", name, writes)
		case c.Status == state.Requested:
			alone++
		}
	}
	if n := len(s.cases()); n != len(names) {
		t.Errorf("%d cases for %d orders", n, len(names))
	}
	t.Logf("%d kills %v: %d of %d cancels ended without a person", kills, struck, alone, len(names))
}
