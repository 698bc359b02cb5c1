package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/state"
	"countermand/state/boltstore"
	"countermand/supplier/aliexpresstest"
	casesync "countermand/sync"
)

const (
	openOrders   = 50
	listedOrders = 60
	// quietCheck is how often a quiet request is looked at.
	quietCheck = 3 * time.Hour
	// groups of cases have their checks at moments of their own at first.
	groups = 5
	// askedSince is old enough for the request to be a quiet one.
	askedSince = 30 * time.Hour
	// pollPatience bounds one poll on a busy machine; the first one reads
	// every order's own page.
	pollPatience = 8 * time.Minute
)

// pollRig is an engine with its store, and the real driver in a real browser,
// between it and a site where fifty requests stand. Its clock stands still
// unless a poll moves it on.
type pollRig struct {
	testing.TB
	site   *aliexpresstest.Site
	store  *boltstore.Store
	engine *casesync.Engine

	mu  sync.Mutex
	now time.Time
}

// polled counts what one poll cost the site.
type polled struct{ lists, details, trackings int }

func (r *pollRig) Now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *pollRig) set(t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = t
}

func (r *pollRig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func orderNumber(n int) string { return fmt.Sprintf("81900000000%05d", 60001+n) }

// newPollRig has every order's page read once, so that the caption of its list
// entry is known. The cases were asked at different times, so their checks do
// not fall together at first.
func newPollRig(tb testing.TB) *pollRig {
	tb.Helper()
	r := &pollRig{TB: tb, now: time.Date(2026, time.November, 4, 7, 13, 0, 0, time.UTC)}
	var err error
	r.site, err = aliexpresstest.New(aliexpresstest.Options{Now: r.Now})
	r.must(err)
	tb.Cleanup(r.site.Close)
	c := r.config()
	r.store, err = boltstore.Open(filepath.Join(c.DataDir, "countermand.db"), boltstore.Options{NoSync: true})
	r.must(err)
	tb.Cleanup(func() { r.must(r.store.Close()) })
	for n := range listedOrders {
		r.addOrder(n)
	}
	r.start(c)
	r.poll()
	return r
}

func (r *pollRig) config() *configs.Config {
	r.Helper()
	dir := r.TempDir()
	www, mobile, login, api := r.site.Hosts()
	for name, text := range map[string]string{"token": "shpat_test", "hook-secret": "hook-secret", "countermand.yaml": fmt.Sprintf(`data_dir: data
mode: auto
shops:
  - {name: mystore, domain: mystore.myshopify.com, endpoint: "http://127.0.0.1:1", token_file: token, webhook_secret_files: [hook-secret], account: main}
accounts:
  - name: main
    hosts: {www: "%s", mobile: "%s", login: "%s", api: "%s"}
    pace: {between_actions: 0s, jitter: 0s, actions_per_hour: 0}
clocks: {answer: 2000h}
`, www, mobile, login, api)} {
		r.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	c, _, err := configs.Load(filepath.Join(dir, "countermand.yaml"))
	r.must(err)
	return c
}

// addOrder puts an order on the site, newest first; the first fifty have a
// case.
func (r *pollRig) addOrder(n int) {
	r.Helper()
	placed := r.now.Add(-askedSince - time.Duration(n+1)*10*time.Minute)
	o := aliexpresstest.Order{
		ID: orderNumber(n), Store: "Lumen Home Store", Lines: []aliexpresstest.Line{{Title: "Desk lamp, walnut", SKU: "LAMP-1", Price: "23.40"}},
		PlacedAt: placed, PaidAt: placed, WindowEnd: r.now.AddDate(1, 0, 0),
	}
	if n < openOrders {
		o.RequestedAt = placed.Add(10 * time.Minute)
	}
	r.must(r.site.Add(o))
	if n >= openOrders {
		return
	}
	c := state.Case{
		ID: fmt.Sprintf("01K%023d", n), Shop: "mystore", ShopOrder: fmt.Sprintf("#%d", 6001+n), ShopOrderID: fmt.Sprintf("gid://shopify/Order/%d", n+1),
		Supplier: "aliexpress", Account: "main", SupplierOrder: o.ID, MappedBy: "attribute", Status: state.Requested, Proof: state.ProofNone, ShopOrderedAt: placed,
		CancelledAt: placed, OpenedAt: o.RequestedAt, AskableAt: o.RequestedAt, RequestedAt: o.RequestedAt, PendingSeen: true, DetailAt: r.now.Add(-time.Hour),
		NextCheckAt: r.now.Add(time.Duration(n%groups+1) * quietCheck / (groups + 1)),
	}
	c.DueAt = c.NextCheckAt
	r.update(func(tx state.Tx) error {
		_, err := tx.PutCase(c)
		return err
	})
}

func (r *pollRig) update(fn func(state.Tx) error) {
	r.Helper()
	r.must(r.store.Update(context.Background(), fn))
}

// start wires the engine as the daemon does, but for the shop, which has
// nothing to say here.
func (r *pollRig) start(c *configs.Config) {
	r.Helper()
	log := zerolog.New(zerolog.NewTestWriter(r)).Level(zerolog.WarnLevel)
	policy, err := policyOf(c)
	r.must(err)
	acc, err := openAccount(c, c.Accounts[0], parts{evidence: upkeep.NewEvidence(c.DataDir), now: r.Now, log: log, book: NewSiteBook(c, r.Now)})
	r.must(err)
	r.engine, err = casesync.New(casesync.Options{
		Store: r.store, Policy: policy, Now: r.Now, NewID: newIDs(), Owner: "test", Log: log,
		Accounts: map[string]casesync.Account{"main": {Supplier: "aliexpress", Client: acc.client}},
	})
	r.must(err)
	r.must(r.engine.Start(context.Background()))
	r.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		r.must(r.engine.Stop(ctx))
		r.must(acc.Close(ctx))
	})
}

// poll lets the time pass in which every case is looked at once.
func (r *pollRig) poll() polled {
	r.Helper()
	before := r.site.Calls()
	for end := r.Now().Add(quietCheck); ; {
		var next time.Time
		r.must(r.store.View(context.Background(), func(tx state.ReadTx) (err error) {
			next, _, err = tx.NextDue()
			return err
		}))
		if next.After(end) {
			r.set(end)
			break
		}
		if next.After(r.Now()) {
			r.set(next)
		}
		r.quiet()
	}
	after := r.site.Calls()
	n := func(kind string) int { return after[kind] - before[kind] }
	return polled{n(aliexpresstest.CallList), n(aliexpresstest.CallDetail), n(aliexpresstest.CallTracking)}
}

// quiet keeps the engine going until nothing is due any more.
func (r *pollRig) quiet() {
	r.Helper()
	late := time.NewTimer(pollPatience)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !r.idle() {
		r.engine.Heartbeat()
		select {
		case <-tick.C:
		case <-late.C:
			r.Fatalf("after %s something is due still; the site had %v", pollPatience, r.site.Calls())
		}
	}
}

func (r *pollRig) idle() (idle bool) {
	r.Helper()
	r.must(r.store.View(context.Background(), func(tx state.ReadTx) error {
		due, err := tx.DueCases(r.Now(), 1)
		if err != nil {
			return err
		}
		work, _, err := tx.LaneEffects("main", state.Page{Limit: 1})
		idle = len(due)+len(work) == 0
		return err
	}))
	return idle
}

// turn changes the fate of some orders, the first of them n.
func (r *pollRig) turn(n, count int, change func(i int, o *aliexpresstest.Order)) {
	r.Helper()
	for i := range count {
		r.must(r.site.Change(orderNumber(n+i), func(o *aliexpresstest.Order) { change(i, o) }))
	}
}

// answers: of five orders three are closed and two are marked shipped.
func (r *pollRig) answers(i int, o *aliexpresstest.Order) {
	if i < 3 {
		o.Fate.Accept = time.Hour
		return
	}
	o.Fate.AlreadyShipped = &aliexpresstest.Shipment{ShippedAt: r.Now(), Number: "LP00700000000001"}
}

// saved keeps the cases, to have fifty open ones again after a poll that
// changed some.
func (r *pollRig) saved() (out []state.Case) {
	r.Helper()
	r.must(r.store.View(context.Background(), func(tx state.ReadTx) (err error) {
		out, _, err = tx.OpenCasesByAccount("main", state.Page{Limit: listedOrders})
		return err
	}))
	return out
}

// restore puts the cases back as they were, read in detail just now and due
// within the next poll.
func (r *pollRig) restore(cases []state.Case) {
	r.Helper()
	r.update(func(tx state.Tx) error {
		for _, c := range cases {
			now, err := tx.Case(c.ID)
			if err != nil {
				return err
			}
			c.Rev, c.DetailAt = now.Rev, r.Now()
			c.NextCheckAt = r.Now().Add(quietCheck / 2)
			c.DueAt = c.NextCheckAt
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// A poll of fifty open orders costs the site five calls for the list, and one
// for the page of each order that changed, that the list does not show any
// more, or whose clock asks for it.
func TestPollOf50(t *testing.T) {
	t.Parallel()
	r := newPollRig(t)
	if c := r.site.Calls()[aliexpresstest.CallDetail]; c != openOrders {
		t.Errorf("at first %d order pages were read, want each of %d once", c, openOrders)
	}
	unlist := func(days int) func() {
		return func() {
			r.turn(0, 3, func(_ int, o *aliexpresstest.Order) { o.PlacedAt = o.PlacedAt.AddDate(0, 0, days) })
		}
	}
	nothing := func() {}
	rows := []struct {
		name          string
		before, after func()
		want          polled
	}{
		{"nothing changed", nothing, nothing, polled{lists: 5}},
		{"three are not listed", unlist(-20), unlist(20), polled{lists: 5, details: 3}},
		{"five changed", func() { r.turn(10, 5, r.answers) }, nothing, polled{lists: 5, details: 5, trackings: 2}},
		{"nothing changed since", nothing, nothing, polled{lists: 5}},
	}
	for _, w := range rows {
		w.before()
		got := r.poll()
		w.after()
		if got.lists > w.want.lists || got.details != w.want.details || got.trackings != w.want.trackings {
			t.Errorf("%s: %+v, want %+v (of lists at most)", w.name, got, w.want)
		}
		t.Logf("%s: %+v", w.name, got)
	}
}

// The figures per poll are those of calls; the time is the browser's.
func BenchmarkPollOf50(b *testing.B) {
	r := newPollRig(b)
	open := r.saved()
	for _, w := range []struct {
		name    string
		changed int
	}{{"nothing changed", 0}, {"5 changed", 5}} {
		b.Run(w.name, func(b *testing.B) {
			r.TB = b
			var sum polled
			for n := range b.N {
				b.StopTimer()
				r.restore(open)
				first := n * 5 % openOrders
				r.turn(first, w.changed, r.answers)
				b.StartTimer()
				p := r.poll()
				b.StopTimer()
				sum.lists, sum.details, sum.trackings = sum.lists+p.lists, sum.details+p.details, sum.trackings+p.trackings
				r.turn(first, w.changed, func(_ int, o *aliexpresstest.Order) { o.Fate = aliexpresstest.Fate{} })
				b.StartTimer()
			}
			for unit, n := range map[string]int{"list-calls/poll": sum.lists, "detail-calls/poll": sum.details, "tracking-calls/poll": sum.trackings} {
				b.ReportMetric(float64(n)/float64(b.N), unit)
			}
		})
	}
}
