package sync_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

func TestUnmappedAndMapSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	w.cancelled(1042)
	w.status(state.Unmapped)
	if told := w.alerts(machine.AlertUnmapped); len(told) != 1 || !strings.Contains(told[0].Text, "map set --shop mystore --order '#1042'") {
		t.Errorf("alerts %+v", told)
	}
	moved, err := w.e.MapSet(context.Background(), "mystore", "#1042", "ann", []string{numberA, numberB})
	if err != nil || len(moved) != 2 {
		t.Fatalf("mapped %+v, %v", moved, err)
	}
	w.quiet()
	all := w.cases()
	if len(all) != 2 || all[0].Status != state.Requested || all[1].Status != state.Requested || all[0].MappedBy != "operator" {
		t.Errorf("cases %+v", all)
	}
	again, err := w.e.MapSet(context.Background(), "mystore", "#1042", "ann", []string{numberA, numberB})
	if err != nil || len(again) != 2 {
		t.Errorf("mapped again: %+v, %v", again, err)
	}
	w.quiet()
	if w.site.clicks(numberA) != 1 || w.site.clicks(numberB) != 1 {
		t.Errorf("%d and %d requests", w.site.clicks(numberA), w.site.clicks(numberB))
	}
}

// What the operator said counts for a cancel that is yet to come, and more
// than what the order says.
func TestMapSetAhead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	moved, err := w.e.MapSet(context.Background(), "mystore", "#1042", "ann", []string{numberA})
	if err != nil || len(moved) != 0 {
		t.Fatalf("mapped %+v, %v", moved, err)
	}
	w.cancelled(1042, numberB)
	w.requestedOnce(numberA)
	if _, err := w.e.MapSet(context.Background(), "other", "#1", "ann", nil); err == nil || !strings.Contains(err.Error(), `no shop "other"`) {
		t.Errorf("another shop: %v", err)
	}
}

// An importer that writes the number late is caught up with.
func TestNumberThatComesLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042)
	w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.pass(10 * time.Minute)
	w.requestedOnce(numberA)
	if a := w.alerts(machine.AlertUnmapped)[0]; a.ResolvedAt.IsZero() {
		t.Error("the alert outlives the mapping")
	}
}

// A number that two shop orders hold is asked for by neither.
func TestSameNumberTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.mode = machine.Confirm
	w.boot()
	w.cancelled(1042, numberA)
	w.cancelled(1043, numberA)
	w.knock("gid://shopify/Order/1042")
	w.quiet()
	for _, c := range w.cases() {
		if c.Status != state.Held || !c.NumberUnsure || !strings.Contains(machine.HeldWhy(c), "is also named by mystore #104") {
			t.Errorf("case of %s is %s, unsure %t, because of %q", c.ShopOrder, c.Status, c.NumberUnsure, machine.HeldWhy(c))
		}
	}
	if all := w.cases(); len(all) != 2 || w.site.count(&w.site.cancels) != 0 {
		t.Errorf("%d cases, %d attempts", len(all), w.site.count(&w.site.cancels))
	}
}

func TestSameNumberTwiceWhileQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutAccount(state.Account{Name: lane, State: state.AccountPaused})
		return err
	}))
	w.boot()
	for _, n := range []int{1042, 1043} {
		w.knock(w.edge.cancelled(n, w.clock.Now(), numberA))
		w.until("it is worked", w.noKnocks)
	}
	for _, c := range w.cases() {
		if c.Status != state.Held || !c.NumberUnsure {
			t.Errorf("case of %s is %s, unsure %t", c.ShopOrder, c.Status, c.NumberUnsure)
		}
	}
	w.view(func(tx state.ReadTx) error {
		left, _, err := tx.LaneEffects(lane, state.Page{})
		if len(left) != 0 {
			t.Errorf("left to do: %+v", left)
		}
		return err
	})
}

// shopKnocks are all knocks, due or not.
func (w *world) shopKnocks() (all []state.Knock) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		all, err = tx.Knocks(w.clock.Now().Add(1000*day), 100)
		return err
	})
	return all
}

func TestAnOrderThatTheShopDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.knock("gid://shopify/Order/404")
	for tries := 1; tries < 6; tries++ {
		w.until("it was tried", func() bool { k := w.shopKnocks(); return len(k) == 1 && k[0].Tries == tries })
		if k := w.shopKnocks()[0]; !k.NotBefore.After(w.clock.Now()) || !strings.Contains(k.LastError, "not_found") {
			t.Errorf("knock %+v", k)
		}
		w.clock.add(time.Hour)
	}
	w.until("it is given up", w.noKnocks)
	told := w.alerts(machine.AlertShop)
	if len(told) != 1 || told[0].Page || !strings.Contains(told[0].Text, "not looked at again") {
		t.Errorf("alerts %+v, want no page, only a word that it is given up", told)
	}
}

func TestAShopThatMustBeMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.edge.err = &shop.Error{Kind: shop.Unauthorized, Op: "read order", Detail: "the token was revoked"}
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is told", func() bool { return len(w.alerts(machine.AlertShop)) == 1 })
	for range 10 {
		w.pass(2 * time.Hour)
	}
	if told, knocks := w.alerts(machine.AlertShop), w.shopKnocks(); len(told) != 1 || !told[0].Page || len(knocks) != 1 {
		t.Errorf("alerts %+v, knocks %+v; want one page, and the knock kept", told, knocks)
	}
	w.edge.set(func() { w.edge.err = nil })
	w.pass(2 * time.Hour)
	w.requestedOnce(numberA)
	if a := w.alerts(machine.AlertShop)[0]; a.ResolvedAt.IsZero() {
		t.Error("the alert outlives the trouble")
	}
}

func TestAShopThatAsksToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.edge.err = &shop.Error{Kind: shop.Throttled, Op: "read order", RetryAfter: 3 * time.Hour}
	w.boot()
	w.cancelled(1042, numberA)
	if k := w.shopKnocks(); len(k) != 1 || !k[0].NotBefore.Equal(start.Add(3*time.Hour)) {
		t.Fatalf("knocks %+v, want one in three hours", k)
	}
	w.edge.set(func() { w.edge.err = nil })
	w.pass(3 * time.Hour)
	w.requestedOnce(numberA)
	if told := w.alerts(machine.AlertShop); len(told) != 0 {
		t.Errorf("alerts %+v", told)
	}
}

// Of several knocks about one order, the one that was tried most stands for
// all; one look answers them.
func TestABurstOfKnocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.edge.err = &shop.Error{Kind: shop.Unavailable, Op: "read order"}
	w.boot()
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	for tries := 1; tries <= 4; tries++ {
		for range 3 {
			w.knock(id)
		}
		w.quiet()
		w.clock.add(time.Hour)
	}
	w.quiet()
	if left := w.shopKnocks(); len(left) == 0 || len(left) > 4 {
		t.Errorf("knocks %+v", left)
	}
	if told := w.alerts(machine.AlertShop); len(told) != 1 {
		t.Errorf("alerts %+v, want one after four tries", told)
	}
	w.edge.set(func() { w.edge.err = nil })
	w.pass(2 * time.Hour)
	w.requestedOnce(numberA)
	if left := w.shopKnocks(); len(left) != 0 || w.alerts(machine.AlertShop)[0].ResolvedAt.IsZero() {
		t.Errorf("knocks %+v, alerts %+v", left, w.alerts(machine.AlertShop))
	}
}

// What only a knock tells outlives a shop that cannot be read: Flow's wish and
// the claim of a cancel, each once, however often they came.
func TestWhatOnlyAKnockTellsWaits(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.cancelled(1042, w.clock.Now(), numberA)
	f.change(id, func(o *shop.Order) {
		o.CancelledAt, o.Reason, o.Left = time.Time{}, "", map[string]int{"l1": 2}
	})
	f.set(func() { f.err = &shop.Error{Kind: shop.Unavailable, Op: "read order"} })
	w.knock(id)
	w.quiet()
	for range 2 {
		for _, topic := range []string{shop.FlowTopic("customer"), "orders/cancelled", "orders/updated", ""} {
			_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: id, Topic: topic})
			must(t, err)
		}
		w.quiet()
		for range 3 { // until they all wait together
			w.pass(2 * time.Hour)
		}
	}
	topics := map[string]int{}
	for _, k := range w.shopKnocks() {
		topics[k.Topic]++
	}
	if len(topics) != 3 || topics[""] != 1 || topics["orders/cancelled"] != 1 || topics[shop.FlowTopic("customer")] != 1 {
		t.Errorf("what waits: %v", topics)
	}
	f.set(func() { f.err = nil })
	w.pass(2 * time.Hour)
	if r := w.request(id); r.Source != state.RequestByFlow || r.Status != state.RequestAsking {
		t.Errorf("request %+v", r)
	}
	w.requestedOnce(numberA)
	for _, a := range w.alerts(machine.AlertShop) {
		if a.ResolvedAt.IsZero() {
			t.Errorf("the alert outlives the trouble: %+v", a)
		}
	}
}

// An order that the shop does not know ends all that was said of it, and is
// told once.
func TestAnUnknownOrderEndsAllItsKnocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	for _, topic := range []string{"", shop.FlowTopic("customer"), "orders/cancelled"} {
		_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: "gid://shopify/Order/404", Topic: topic})
		must(t, err)
	}
	w.quiet()
	for range 12 {
		w.pass(2 * time.Hour)
	}
	if told, left := w.alerts(machine.AlertShop), w.shopKnocks(); len(told) != 1 || len(left) != 0 {
		t.Errorf("alerts %+v, knocks %+v", told, left)
	}
}

func TestKnocksOfNoShop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.AddKnock(state.Knock{Shop: "gone", OrderID: "gid://shopify/Order/1", NotBefore: start})
		return err
	}))
	w.boot()
	if _, err := w.e.Knock(context.Background(), state.Knock{Shop: "gone"}); err == nil {
		t.Error("took a knock of a shop that is not configured")
	}
	w.quiet()
	if k := w.shopKnocks(); len(k) != 1 || !strings.Contains(k[0].LastError, "not configured any more") {
		t.Errorf("knocks %+v, want it kept", k)
	}
	w.store.FailAll(errors.New("disk full"))
	defer w.store.FailAll(nil)
	if _, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: "x"}); err == nil || !strings.Contains(err.Error(), "store knock of mystore") {
		t.Errorf("a knock that is not on disk: %v", err)
	}
}
