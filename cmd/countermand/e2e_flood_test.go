package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"countermand/shop/shopifytest"
	"countermand/state"
	"countermand/state/boltstore"
)

const (
	floodSenders = 32
	floodOrders  = 4000
	// floodKill is how many deliveries are answered before the daemon is
	// killed: while the rest is under way.
	floodKill = 300
)

// flood sends webhooks of 32 senders until none is answered any more, and
// gives the orders of those that were answered with 200.
func (p *process) flood(orders []string, answered func(n int64)) map[string]bool {
	var mu sync.Mutex
	var count, next atomic.Int64
	kept := map[string]bool{}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: floodSenders}}
	defer client.CloseIdleConnections()
	var senders sync.WaitGroup
	for range floodSenders {
		senders.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(len(orders)) {
					return
				}
				order := orders[n-1]
				if !p.sendOne(client, order, n) {
					return // the daemon is gone
				}
				mu.Lock()
				kept[order] = true
				mu.Unlock()
				answered(count.Add(1))
			}
		})
	}
	senders.Wait()
	return kept
}

func (p *process) sendOne(client *http.Client, order string, n int64) bool {
	r, err := p.shop.Record("orders/cancelled", order)
	if err != nil {
		p.t.Error(err)
		return false
	}
	req, err := r.Request("http://"+p.hooks+"/webhooks/shopify/mystore", fmt.Sprintf("flood-%d", n))
	if err != nil {
		p.t.Error(err)
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		p.t.Errorf("the webhook of %s was answered %d", order, res.StatusCode)
	}
	return res.StatusCode == http.StatusOK
}

// A daemon that is killed under 32 senders has lost nothing that it had
// answered with 200: its inbox holds every such order, and the next daemon
// takes it over.
func TestNothingAnsweredIsLost(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{mode: "observe"})
	var orders []string
	for i := range floodOrders {
		o := s.shop.AddOrder(shopifytest.Order{Name: fmt.Sprintf("#%d", 5001+i), CreatedAt: s.clock.Now(), Lines: []shopifytest.Line{{Title: "Desk lamp, walnut"}}})
		orders = append(orders, o.GID())
	}
	// The shop answers nothing, so what is in the inbox stays there.
	s.shop.Fail(1<<30, http.StatusServiceUnavailable)
	p := s.start()
	kept := p.flood(orders, func(n int64) {
		if n == floodKill {
			if err := p.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	p.stopped = true
	p.wait()
	if len(kept) < floodKill {
		t.Fatalf("only %d webhooks were answered", len(kept))
	}
	for order := range s.inbox() {
		delete(kept, order)
	}
	if len(kept) > 0 {
		t.Errorf("%d answered webhooks are lost", len(kept))
	}
	s.start()
}

// inbox are the orders of which the stopped daemon holds knocks.
func (s *scene) inbox() map[string]bool {
	s.t.Helper()
	store, err := boltstore.Open(s.path("data/countermand.db"), boltstore.Options{ReadOnly: true})
	ok(s.t, err)
	defer store.Close()
	out := map[string]bool{}
	ok(s.t, store.View(s.t.Context(), func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(s.clock.Now().AddDate(10, 0, 0), 2*floodOrders)
		for _, k := range knocks {
			out[k.OrderID] = true
		}
		return err
	}))
	return out
}
