package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
	"countermand/state"
)

// cursors keep cursors and fail when told to.
type cursors struct {
	mu    sync.Mutex
	at    map[string]shop.Cursor
	saves int
	fail  int // the save that fails, counted from 1; 0: none
}

var errSave = errors.New("no room")

func (c *cursors) LoadCursor(_ context.Context, name string) (shop.Cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[name], nil
}

func (c *cursors) SaveCursor(_ context.Context, name string, at shop.Cursor) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.saves++; c.saves == c.fail {
		return errSave
	}
	if c.at == nil {
		c.at = map[string]shop.Cursor{}
	}
	c.at[name] = at
	return nil
}

// keyed is a sink that can hold very many knocks and fails at the nth.
type keyed struct {
	mu   sync.Mutex
	seen map[string]int // by order
	keys map[string]bool
	n    int
	fail int
}

func newKeyed() *keyed { return &keyed{seen: map[string]int{}, keys: map[string]bool{}} }

var errSink = errors.New("disk full")

func (s *keyed) Knock(_ context.Context, k state.Knock) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.n == s.fail {
		return false, errSink
	}
	if k.Source != "poll" || k.Shop != "mystore" || k.Key == "" || k.NotBefore.IsZero() {
		return false, fmt.Errorf("a knock in another shape: %+v", k)
	}
	if s.keys[k.Key] {
		return false, nil
	}
	s.keys[k.Key] = true
	s.seen[k.OrderID]++
	return true, nil
}

type pollBench struct {
	shop    *shopifytest.Shop
	clock   *turned
	client  *shopify.Client
	sink    *keyed
	cursors *cursors
}

func newPollBench(t *testing.T, edit ...func(*shopify.Options)) *pollBench {
	t.Helper()
	b := &pollBench{clock: newTurned(orderDay), sink: newKeyed(), cursors: &cursors{}}
	b.shop = newShop(t, shopifytest.Options{Now: b.clock.Now, Budget: shopifytest.Budget{Maximum: 20000, Restore: 20000}})
	b.client = newClient(t, b.shop.URL(), edit...)
	return b
}

// reconciler is a new one, as after a start of the daemon.
func (b *pollBench) reconciler(t *testing.T, edit ...func(*shopify.ReconcilerOptions)) *shopify.Reconciler {
	t.Helper()
	o := shopify.ReconcilerOptions{Shop: "mystore", Lister: b.client, Sink: b.sink, Cursors: b.cursors, Tag: "cancel-requested", Now: b.clock.Now}
	for _, e := range edit {
		e(&o)
	}
	r, err := shopify.NewReconciler(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *pollBench) cancelled(t *testing.T, n int, every time.Duration) []string {
	t.Helper()
	var ids []string
	for range n {
		o := b.shop.AddOrder(shopifytest.Order{CreatedAt: b.clock.Now(), Lines: make([]shopifytest.Line, 1)})
		if _, err := b.shop.Cancel(o.GID(), "customer"); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.GID())
		b.clock.Advance(every)
	}
	return ids
}

func (b *pollBench) has(t *testing.T, ids []string) {
	t.Helper()
	for i, id := range ids {
		if b.sink.seen[id] == 0 {
			t.Fatalf("order %d of %d was never knocked for", i, len(ids))
		}
	}
}

func TestReconcileKnocks(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	lamp := []shopifytest.Line{{Title: "Lamp", Quantity: 2}}
	plain := b.shop.AddOrder(shopifytest.Order{Lines: lamp})
	sent := b.shop.AddOrder(shopifytest.Order{Lines: lamp, Fulfillment: "FULFILLED"})
	tagged := b.shop.AddOrder(shopifytest.Order{Lines: lamp, Tags: []string{"Cancel-Requested"}})
	reduced := b.shop.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp", Quantity: 2, Removed: 1}}})
	edited := b.shop.AddOrder(shopifytest.Order{Lines: lamp, Edited: true})
	cancelled := b.shop.AddOrder(shopifytest.Order{Lines: lamp, CancelledAt: orderDay})
	old := b.shop.AddOrder(shopifytest.Order{CreatedAt: orderDay.Add(-73 * time.Hour), CancelledAt: orderDay.Add(-73 * time.Hour)})
	w, err := b.reconciler(t).Poll(t.Context())
	if err != nil || w.Knocks != 5 || w.Pages != 1 || w.Orders != 6 {
		t.Fatalf("walked %+v, %v", w, err)
	}
	b.has(t, []string{plain.GID(), tagged.GID(), reduced.GID(), edited.GID(), cancelled.GID()})
	if b.sink.seen[sent.GID()]+b.sink.seen[old.GID()] != 0 {
		t.Error("knocked for an order that is none of our business")
	}
	asked := b.sink.n
	r := b.reconciler(t)
	for i := range 3 { // what changed last may have changed once more since
		if w, err := r.Poll(t.Context()); err != nil || w.Knocks != 5*max(0, 1-i) {
			t.Errorf("again: %+v, %v", w, err)
		}
	}
	if n := b.sink.n - asked; n != 5 {
		t.Errorf("a quiet shop cost %d transactions in three walks, want those of the first", n)
	}
	b.clock.Advance(time.Minute)
	mustChange(b.shop, cancelled.GID(), func(o *shopifytest.Order) { o.Tags = []string{"x"} })
	if w, err := r.Poll(t.Context()); err != nil || w.Knocks != 1 || b.sink.seen[cancelled.GID()] != 3 {
		t.Errorf("after a further change: %+v, %v", w, err)
	}
}

// Days of downtime: 10,000 changes in no more than 200 pages, each knocked
// for once, in what the shop allows.
func TestReconcileTenThousand(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	r := b.reconciler(t)
	if _, err := r.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := b.shop.Spent()
	ids := b.cancelled(t, 10_000, 30*time.Second) // three and a half days
	w, err := b.reconciler(t).Poll(t.Context())
	if err != nil || w.Pages > 200 || w.Knocks != 10_000 {
		t.Fatalf("walked %+v, %v", w, err)
	}
	b.has(t, ids)
	if spent := b.shop.Spent() - before; spent > 200*60 {
		t.Errorf("cost %v points", spent)
	}
}

// Wherever it ends, the next start goes on from there: nothing is missed, and
// no page is walked much more than once.
func TestReconcileThroughCrashes(t *testing.T) {
	t.Parallel()
	const orders, pages = 500, 10
	for crash := 1; crash <= pages+2; crash++ {
		for name, fail := range map[string]func(*pollBench){
			"save": func(b *pollBench) { b.cursors.fail = crash },
			"sink": func(b *pollBench) { b.sink.fail = (crash-1)*50 + 25 },
			"shop": func(b *pollBench) { b.shop.FailAfter(crash-1, 1, http.StatusForbidden) },
		} {
			b := newPollBench(t)
			ids := b.cancelled(t, orders, 0) // all at the same second
			fail(b)
			total, failed := 0, 0
			for range 3 {
				w, err := b.reconciler(t).Poll(t.Context())
				total += w.Pages
				if err == nil {
					break
				}
				failed++
				if !errors.Is(err, errSave) && !errors.Is(err, errSink) && shop.KindOf(err) != shop.Unauthorized {
					t.Fatalf("%s %d: %v", name, crash, err)
				}
			}
			b.has(t, ids)
			if total > pages+2 || failed > 1 {
				t.Errorf("%s %d: %d pages, failed %d times", name, crash, total, failed)
			}
			for id, n := range b.sink.seen {
				if n != 1 {
					t.Fatalf("%s %d: %s knocked %d times", name, crash, id, n)
				}
			}
		}
	}
}

// Ending after every single page still gets to the end.
func TestReconcileCrashingAlways(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	ids := b.cancelled(t, 500, 0)
	for polls := 1; ; polls++ {
		b.cursors.saves, b.cursors.fail = 0, 2 // one page is saved, the next is not
		if polls == 1 {
			b.cursors.fail = 3 // the very first cursor too
		}
		_, err := b.reconciler(t).Poll(t.Context())
		if err == nil {
			break
		}
		if polls > 12 {
			t.Fatalf("no end after %d polls: %v", polls, err)
		}
	}
	b.has(t, ids)
}

// Orders that change while the walk is under way move to its end and are seen
// there.
func TestReconcileWhileChanging(t *testing.T) {
	t.Parallel()
	moved := 0
	var b *pollBench
	b = newPollBench(t, func(o *shopify.Options) {
		o.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if moved++; moved%2 == 0 && moved < 8 {
				b.clock.Advance(time.Second)
				mustChange(b.shop, fmt.Sprintf("#%d", 1001+moved*7), func(o *shopifytest.Order) { o.Note = "moved" })
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	ids := b.cancelled(t, 300, time.Second)
	w, err := b.reconciler(t).Poll(t.Context())
	if err != nil || w.Pages > 7 {
		t.Fatalf("walked %+v, %v", w, err)
	}
	b.has(t, ids)
	if w.Knocks < 300 {
		t.Errorf("%d knocks", w.Knocks)
	}
}

// Our clock may be wrong by a day either way, and may jump: walks go by the
// shop's.
func TestReconcileWithAWrongClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		b := newPollBench(t)
		ours := func() time.Time { return b.clock.Now().Add(skew) }
		wrong := func(o *shopify.ReconcilerOptions) { o.Now = ours }
		ids := b.cancelled(t, 60, time.Minute)
		for range 4 {
			if _, err := b.reconciler(t, wrong).Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(30 * time.Hour)
			ids = append(ids, b.cancelled(t, 60, time.Minute)...)
			skew = -skew // it jumps
		}
		if _, err := b.reconciler(t, wrong).Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.has(t, ids)
	}
}

// A change that the shop's search shows only minutes later is within the
// overlap.
func TestReconcileOverlaps(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	b.cancelled(t, 3, time.Minute)
	r := b.reconciler(t)
	if _, err := r.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := b.shop.AddOrder(shopifytest.Order{CreatedAt: orderDay, UpdatedAt: b.clock.Now().Add(-14 * time.Minute), CancelledAt: orderDay})
	if w, err := r.Poll(t.Context()); err != nil || w.Knocks != 2 {
		t.Fatalf("walked %+v, %v", w, err) // it, and what changed last
	}
	b.has(t, []string{late.GID()})
}

// The shop's times have seconds: what changes twice within one is knocked for
// twice, though both look the same in the listing.
func TestReconcileTwoChangesInOneSecond(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	b.cancelled(t, 1, time.Minute)
	tagged := b.shop.AddOrder(shopifytest.Order{CreatedAt: b.clock.Now(), Tags: []string{"cancel-requested"}, Lines: make([]shopifytest.Line, 1)})
	if _, err := b.reconciler(t).Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustChange(b.shop, tagged.Name, func(o *shopifytest.Order) { o.Note = "8190000000000000" }) // in the same second
	for range 3 {
		if _, err := b.reconciler(t).Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.sink.seen[tagged.GID()]; n != 2 {
		t.Errorf("knocked %d times", n)
	}
}

// The first walk's beginning stays where it was put, however long the shop
// cannot be asked after it.
func TestReconcileFirstStart(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	ids := b.cancelled(t, 1, 0)
	b.shop.Fail(3, http.StatusServiceUnavailable)
	if _, err := b.reconciler(t).Poll(t.Context()); shop.KindOf(err) != shop.Unavailable {
		t.Fatalf("got %v", err)
	}
	b.clock.Advance(10 * 24 * time.Hour)
	if _, err := b.reconciler(t).Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.has(t, ids)
}

// A page's cursor that the shop does not take any more begins the walk anew.
func TestReconcileWithAnOldCursor(t *testing.T) {
	t.Parallel()
	b := newPollBench(t)
	ids := b.cancelled(t, 120, time.Second)
	b.cursors.at = map[string]shop.Cursor{"mystore": {Since: orderDay.Add(-time.Hour), After: "b2xk"}}
	if w, err := b.reconciler(t).Poll(t.Context()); err != nil || w.Pages != 3 {
		t.Fatalf("walked %+v, %v", w, err)
	}
	b.has(t, ids)
}

func TestReconcileFindsRequests(t *testing.T) {
	t.Parallel()
	b := newPollBench(t, func(o *shopify.Options) { o.Edits = true })
	old := b.shop.AddOrder(shopifytest.Order{CreatedAt: orderDay.AddDate(0, -1, 0), Lines: make([]shopifytest.Line, 1)})
	if _, err := b.shop.RequestEdit(old.Name); err != nil {
		t.Fatal(err)
	}
	mustChange(b.shop, old.Name, func(*shopifytest.Order) {})
	r := b.reconciler(t)
	for range 2 {
		if _, err := r.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if b.edits(old.GID()) != 1 {
		t.Errorf("knocked %v", b.sink.keys)
	}
	// The customer asks once more, and the order's own time does not show it.
	again, err := b.shop.RequestEdit(old.Name)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.edits(old.GID()); n != 2 {
		t.Errorf("knocked %d times for requests: %v, want the second one too: %s", n, b.sink.keys, again.GID())
	}
	b.shop.FailOperation("ordersWithEdits", http.StatusBadRequest)
	if _, err := r.Poll(t.Context()); err != nil {
		t.Errorf("a shop that lists none: %v", err)
	}
}

// edits is how often it was knocked for an order's requests.
func (b *pollBench) edits(id string) (n int) {
	for k := range b.sink.keys {
		if strings.HasPrefix(k, "edit:poll:"+id+"@") {
			n++
		}
	}
	return n
}

func TestNewReconcilerRefuses(t *testing.T) {
	t.Parallel()
	if _, err := shopify.NewReconciler(shopify.ReconcilerOptions{Shop: "mystore"}); err == nil {
		t.Error("taken without a shop to ask")
	}
}
