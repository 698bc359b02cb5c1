package sync_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
	"countermand/state/statetest"
	casesync "countermand/sync"
	"countermand/sync/calendar"
	"countermand/sync/machine"
)

const (
	day      = 24 * time.Hour
	patience = 20 * time.Second // of a test that waits for what must come
	numberA  = "8190000000000001"
	numberB  = "8190000000000002"
	coolDown = 30 * time.Minute
	lane     = "main"
)

var start = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

// world is an engine between a shop, a site and a store, all of one test.
type world struct {
	t     *testing.T
	clock *clock
	site  *site
	edge  *edge
	store *statetest.Store
	e     *casesync.Engine
	mode  machine.Mode
	ids   atomic.Int64

	mu      sync.Mutex
	changes []casesync.Change
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := &clock{t: start}
	w := &world{t: t, clock: c, site: newSite(c), edge: &edge{}, store: statetest.Open(t), mode: machine.Auto}
	w.edge.orders = map[string]shop.Order{}
	return w
}

func (w *world) options() casesync.Options {
	w.t.Helper()
	p := machine.DefaultPolicy()
	zone, err := time.LoadLocation("America/New_York")
	must(w.t, err)
	p.Bank, err = calendar.Bank("us", zone)
	must(w.t, err)
	p.Mode, p.Supplier = w.mode, calendar.China()
	p.Shops = map[string]machine.ShopPolicy{"mystore": {MapRetryFor: 48 * time.Hour}}
	return casesync.Options{
		Store: w.store, Policy: p, Now: w.clock.Now, Owner: "test", Log: zerolog.Nop(),
		Shops:    map[string]casesync.Shop{"mystore": {Edge: w.edge, Account: lane}},
		Accounts: map[string]casesync.Account{lane: {Supplier: "aliexpress", Client: &client{site: w.site, t: w.t}, CoolDown: coolDown}},
		NewID:    func(time.Time) string { return fmt.Sprintf("01%010d", w.ids.Add(1)) },
		OnChange: func(c casesync.Change) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.changes = append(w.changes, c)
		},
	}
}

// boot starts an engine and stops it when the test ends.
func (w *world) boot() *casesync.Engine {
	w.t.Helper()
	return w.start(w.options())
}

func (w *world) start(o casesync.Options) *casesync.Engine {
	w.t.Helper()
	e, err := casesync.New(o)
	must(w.t, err)
	must(w.t, e.Start(context.Background()))
	w.t.Cleanup(func() { w.stop(e) })
	w.e = e
	return e
}

func (w *world) stop(e *casesync.Engine) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(w.t, e.Stop(ctx))
}

// knock is the shop's webhook, each time another delivery.
func (w *world) knock(orderID string) {
	w.t.Helper()
	_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: orderID, Source: "webhook", Key: fmt.Sprint("d", w.ids.Add(1))})
	must(w.t, err)
}

// cancelled opens a case the usual way and returns once all is quiet.
func (w *world) cancelled(n int, numbers ...string) {
	w.t.Helper()
	w.knock(w.edge.cancelled(n, w.clock.Now(), numbers...))
	w.quiet()
}

// until waits for a condition while the engine is kept going.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	end := time.After(patience)
	beat := time.NewTicker(time.Millisecond)
	defer beat.Stop()
	for !ok() {
		w.e.Heartbeat()
		select {
		case <-end:
			w.t.Fatalf("waited in vain until %s; cases: %+v", what, w.cases())
		case <-beat.C:
		}
	}
}

// quiet waits until nothing is due any more.
func (w *world) quiet() { w.t.Helper(); w.until("nothing is due", w.idle) }

func (w *world) idle() bool {
	idle := false
	w.view(func(tx state.ReadTx) error {
		now := w.clock.Now()
		knocks, err := tx.Knocks(now, 1)
		if err != nil {
			return err
		}
		effects, err := tx.DueEffects(lane, now, 1)
		if err != nil {
			return err
		}
		writes, err := tx.DueEffects(state.ShopLane("mystore"), now, 1)
		if err != nil {
			return err
		}
		cases, err := tx.DueCases(now, 1)
		idle = len(knocks)+len(effects)+len(writes)+len(cases) == 0
		return err
	})
	return idle
}

// pass lets time go by and what is due be done.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.clock.add(d)
	w.quiet()
}

func (w *world) view(fn func(state.ReadTx) error) {
	w.t.Helper()
	must(w.t, w.store.View(context.Background(), fn))
}

func (w *world) cases() (all []state.Case) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		all, _, err = tx.Cases(state.Page{})
		slices.Reverse(all) // oldest first
		return err
	})
	return all
}

// one is the test's only case.
func (w *world) one() state.Case {
	w.t.Helper()
	all := w.cases()
	if len(all) != 1 {
		w.t.Fatalf("%d cases, want one: %+v", len(all), all)
	}
	return all[0]
}

func (w *world) status(want state.Status) {
	w.t.Helper()
	if c := w.one(); c.Status != want {
		w.t.Fatalf("the case is %s (%s), want %s; journal %+v", c.Status, machine.HeldWhy(c), want, w.journal(c.ID))
	}
}

func (w *world) journal(id string) (all []state.Entry) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		all, err = tx.Journal(id)
		return err
	})
	return all
}

// alerts are those of one kind, oldest first.
func (w *world) alerts(kind string) (found []state.Alert) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) error {
		all, _, err := tx.Alerts(state.Page{Limit: 1000})
		for _, a := range slices.Backward(all) {
			if a.Kind == kind {
				found = append(found, a)
			}
		}
		return err
	})
	return found
}

func (w *world) account() (a state.Account) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		a, err = tx.Account(lane)
		return err
	})
	return a
}

// requestedOnce is what all troubles must end in.
func (w *world) requestedOnce(number string) {
	w.t.Helper()
	w.status(state.Requested)
	if n := w.site.clicks(number); n != 1 {
		w.t.Fatalf("%d requests reached the supplier, want one; journal %+v", n, w.journal(w.one().ID))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
