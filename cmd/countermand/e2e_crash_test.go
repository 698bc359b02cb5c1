package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// crashPoints are the engine's, each between two durable steps, and how often
// the story of crashed passes each at least.
var crashPoints = []struct {
	name  string
	times int
}{
	{"knock stored", 2}, {"order settled", 2}, {"begin stored", 2}, {"call waiting", 2}, {"dispatch stored", 2}, {"call released", 2}, {"call answered", 2}, {"attempt ended", 2}, {"outcome stored", 2},
	{"order read", 3}, {"reading stored", 3}, {"message dispatch stored", 2}, {"message sent", 2},
	{"shop cancel stored", 1}, {"shop cancel sent", 1}, {"customer answered", 1}, {"written back", 3},
}

// TestCrashPoints: wherever the daemon is killed, each supplier order is asked
// once, each message stands there once, the shop is cancelled once and no case
// is lost. COUNTERMAND_TEST_ALL=1 kills it at every point, again and again;
// COUNTERMAND_CRASH_RUNS=N at N points drawn at random.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	var at []string
	switch runs, err := strconv.Atoi(os.Getenv("COUNTERMAND_CRASH_RUNS")); {
	case err == nil:
		for range runs / 10 { // the others are the engine's own: see sync
			p := crashPoints[rand.IntN(len(crashPoints))]
			at = append(at, fmt.Sprintf("%s:%d", p.name, 1+rand.IntN(p.times)))
		}
	case everything:
		for _, p := range crashPoints {
			for n := 1; n <= p.times; n++ {
				at = append(at, fmt.Sprintf("%s:%d", p.name, n))
			}
		}
	default:
		at = []string{"call waiting:1", "dispatch stored:1", "call released:2", "shop cancel sent:1"}
	}
	for i, point := range at {
		t.Run(fmt.Sprintf("%d %s", i, point), func(t *testing.T) {
			t.Parallel()
			crashed(t, point)
		})
	}
}

// crashed lets the daemon die at a point of two stories, one that begins with
// a cancel in the shop and one in which the customer only asks; another daemon
// brings both to their end.
func crashed(t *testing.T, at string) {
	const cancelled, asked = "8190000000060001", "8190000000060002"
	s := newScene(t, setting{speed: "1h=1s", shop: asksFirst, tells: true})
	s.write("flow-secret", "open-sesame")
	s.order("#6001", cancelled, fate(aliexpresstest.Fate{Accept: 2 * time.Hour}))
	s.order("#6002", asked, fate(aliexpresstest.Fate{Accept: 2 * time.Hour}))
	s.env = []string{"COUNTERMAND_CRASH_AT=" + at}
	p := s.start()
	_, err := s.shop.Cancel("#6001", "CUSTOMER")
	ok(t, err)
	_, err = s.shop.RequestEdit("#6002")
	ok(t, err)
	p.announce("orders/cancelled", "#6001")
	p.announce("requested_order_edit/created", "#6002")
	p.dies(at)

	s.env = nil
	p = s.start()
	p.announce("orders/cancelled", "#6001") // what was not answered comes again, and what was may
	p.announce("requested_order_edit/created", "#6002")
	s.await("#6001", state.Cancelled)
	s.await("#6002", state.Cancelled)
	until(t, "the shop cancelled #6002 and resolved the request", func() bool {
		o := s.shopOrder("#6002")
		return !o.CancelledAt.IsZero() && o.Edits[0].Status == "RESOLVED"
	})
	for _, order := range []string{"#6001", "#6002"} {
		until(t, order+" shows how it stands", func() bool {
			return slices.Contains(s.shopOrder(order).Tags, "countermand:cancelled")
		})
	}
	if c := s.shopOrder("#6002").Cancel; c == nil || c.Times != 1 {
		t.Errorf("the shop was told %+v", c)
	}
	if cases := s.cases(); len(cases) != 2 {
		t.Errorf("%d cases for two orders", len(cases))
	}
	s.onceEach(cancelled, asked)
}

// dies waits until the daemon has ended itself at a crash point.
func (p *process) dies(at string) {
	p.t.Helper()
	until(p.t, "the daemon dies at "+at, func() bool {
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	})
	p.stopped = true
	if how, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !how.Signaled() || how.Signal() != syscall.SIGKILL {
		p.t.Fatalf("the daemon ended with %s", p.cmd.ProcessState)
	}
}

// announce sends a webhook that may find nobody.
func (p *process) announce(topic, order string) {
	p.t.Helper()
	reply, err := p.shop.SendWebhook(p.t.Context(), "http://"+p.hooks+"/webhooks/shopify/mystore", topic, order)
	select {
	case <-p.ended: // it died over it: Shopify delivers again
		return
	default:
	}
	if err == nil && reply.Status != http.StatusOK {
		p.t.Fatalf("%s of %s was answered %d %s", topic, order, reply.Status, reply.Body)
	}
}

// onceEach holds the supplier's log against what may stand there: one request
// for each order, and no message twice.
func (s *scene) onceEach(numbers ...string) {
	s.t.Helper()
	requests, texts := map[string]int{}, map[string]int{}
	for _, w := range s.site.Writes() {
		switch {
		case w.Kind == aliexpresstest.WriteCancel && w.Refused == "" && w.Trusted:
			requests[w.OrderID]++
		case w.Kind == aliexpresstest.WriteMessage && w.Refused == "":
			texts[w.OrderID+" "+w.Text]++
		default:
			s.t.Errorf("the supplier got %+v", w)
		}
	}
	for _, n := range numbers {
		if requests[n] != 1 {
			s.t.Errorf("order %s was asked %d times", n, requests[n])
		}
	}
	for text, n := range texts {
		if n != 1 {
			s.t.Errorf("the supplier was told %d times: %s", n, strings.ReplaceAll(text, "\n", " "))
		}
	}
	if len(requests) != len(numbers) {
		s.t.Errorf("requests by order: %v", requests)
	}
}
