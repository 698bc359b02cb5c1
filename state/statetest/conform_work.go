package statetest

import (
	"fmt"
	"testing"
	"time"

	"countermand/state"
)

func anEffect(n int, lane string, at time.Time) state.Effect {
	return state.Effect{ID: state.EffectID(caseID(n), state.EffectRead), CaseID: caseID(n), Kind: state.EffectRead, State: state.EffectPlanned, Lane: lane, NotBefore: at, PlannedAt: hour(0)}
}

func testEffectCompareAndSet(t *testing.T, b Backend) {
	s := open(t, b)
	want := anEffect(1, "account/main", hour(1))
	want.Depth, want.Why = state.DepthTracking, "why"
	want.StartedAt, want.Fence, want.Tries = hour(2), 7, 3
	update(t, s, func(tx state.Tx) {
		want = putEffect(t, tx, want)
		got, err := tx.Effect(want.ID)
		must(t, err)
		same(t, "effect", got, want)
		_, err = tx.PutEffect(anEffect(1, "x", hour(1)))
		wants(t, "planned twice", err, state.ErrConflict)
		stale := want
		want.State = state.EffectStarted
		want = putEffect(t, tx, want)
		_, err = tx.PutEffect(stale)
		wants(t, "stale", err, state.ErrConflict)
	})
	update(t, s, func(tx state.Tx) {
		must(t, tx.DeleteEffect(want.ID))
		must(t, tx.DeleteEffect(want.ID))
		_, err := tx.Effect(want.ID)
		wants(t, "deleted", err, state.ErrNotFound)
		_, err = tx.PutEffect(want)
		wants(t, "over a deleted one", err, state.ErrConflict)
		again := putEffect(t, tx, anEffect(1, "account/main", hour(1)))
		if again.Rev <= want.Rev {
			t.Errorf("an effect made anew has revision %d, the old one had %d", again.Rev, want.Rev)
		}
		_, err = tx.PutEffect(state.Effect{})
		if err == nil {
			t.Error("an effect without an id was taken")
		}
	})
}

func testEffectLanes(t *testing.T, b Backend) {
	s := open(t, b)
	id := func(n int) string { return anEffect(n, "", hour(0)).ID }
	due := func(tx state.ReadTx, lane string, at time.Time, limit int, want ...string) {
		t.Helper()
		same(t, lane, ids(sound(tx.DueEffects(lane, at, limit))(t)), want)
		if limit == 0 {
			same(t, lane+", ids", sound(tx.DueEffectIDs(lane, at))(t), want)
		}
	}
	lane := func(tx state.ReadTx, name string) []string {
		return ids(pages(t, 2, func(p state.Page) ([]state.Effect, string, error) { return tx.LaneEffects(name, p) }))
	}
	var moves state.Effect
	update(t, s, func(tx state.Tx) {
		putEffect(t, tx, anEffect(1, "account/a", hour(5)))
		putEffect(t, tx, anEffect(2, "account/a", hour(3)))
		putEffect(t, tx, anEffect(3, "account/a", time.Time{}))
		putEffect(t, tx, anEffect(4, "account/ab", hour(1)))
		moves = putEffect(t, tx, anEffect(5, "account/a", hour(5)))
		putEffect(t, tx, anEffect(6, "account/a", hour(80)))
	})
	view(t, s, func(tx state.ReadTx) {
		due(tx, "account/a", hour(3), 10, id(3), id(2))
		due(tx, "account/a", hour(5), 0, id(3), id(2), id(1), id(5))
		due(tx, "account/a", hour(5), 1, id(3))
		due(tx, "account/ab", hour(1), 1, id(4))
		due(tx, "account/ab", hour(99), 0, id(4))
		due(tx, "account", hour(99), 1)
		same(t, "lane", lane(tx, "account/a"), []string{id(3), id(2), id(1), id(5), id(6)})
	})
	update(t, s, func(tx state.Tx) {
		moves.Lane, moves.NotBefore = "account/ab", hour(0)
		putEffect(t, tx, moves)
		must(t, tx.DeleteEffect(id(3)))
		same(t, "left", lane(tx, "account/a"), []string{id(2), id(1), id(6)})
		same(t, "entered", lane(tx, "account/ab"), []string{id(5), id(4)})
	})
}

func testKnockDedupe(t *testing.T, b Backend) {
	s := open(t, b)
	k := state.Knock{Shop: "a", OrderID: "o", Source: "webhook", Topic: "orders/cancelled", Key: "k1", ReceivedAt: hour(1), NotBefore: hour(1)}
	with := func(shop, key string, at time.Time) state.Knock {
		k := k
		k.Shop, k.Key, k.ReceivedAt = shop, key, at
		return k
	}
	update(t, s, func(tx state.Tx) {
		same(t, "first", knock(t, tx, k), true)
		same(t, "again", knock(t, tx, k), false)
		same(t, "other key", knock(t, tx, with("a", "k2", hour(2))), true)
		same(t, "other shop", knock(t, tx, with("ak", "1", hour(3))), true)
		same(t, "no key", knock(t, tx, with("a", "", hour(9))), true)
		same(t, "no key again", knock(t, tx, with("a", "", hour(9))), true)
	})
	update(t, s, func(tx state.Tx) {
		all, err := tx.Knocks(hour(9), 0)
		must(t, err)
		same(t, "knocks", len(all), 5)
		for _, k := range all {
			must(t, tx.DeleteKnock(k.Seq))
		}
		same(t, "after it was handled", knock(t, tx, k), false)
		n, err := tx.ForgetKeys(hour(2), 10)
		must(t, err)
		same(t, "forgotten", n, 1)
		same(t, "after it was forgotten", knock(t, tx, with("a", "k1", hour(8))), true)
		same(t, "not yet forgotten", knock(t, tx, with("a", "k2", hour(8))), false)
		for _, want := range []int{1, 1, 1, 0} {
			n, err = tx.ForgetKeys(hour(9), 1)
			must(t, err)
			same(t, "forgotten one by one", n, want)
		}
		n, err = tx.ForgetKeys(hour(9), 0)
		must(t, err)
		same(t, "nothing is left", n, 0)
	})
}

func testKnockOrder(t *testing.T, b Backend) {
	s := open(t, b)
	list := func(tx state.ReadTx, at time.Time, limit int) []state.Knock {
		return sound(tx.Knocks(at, limit))(t)
	}
	update(t, s, func(tx state.Tx) {
		for n, h := range []int{4, 2, 2, 9} {
			knock(t, tx, state.Knock{Shop: "s", OrderID: fmt.Sprint(n), NotBefore: hour(h)})
		}
	})
	update(t, s, func(tx state.Tx) {
		got := list(tx, hour(4), 0)
		same(t, "order", ids(got), []string{"1", "2", "0"})
		same(t, "limit", ids(list(tx, hour(4), 2)), []string{"1", "2"})
		if got[0].Seq >= got[1].Seq || got[2].Seq >= got[0].Seq {
			t.Errorf("numbers do not follow the arrival: %+v", got)
		}
		late := got[0]
		late.NotBefore, late.Tries, late.LastError, late.OrderID = hour(20), 3, "no answer", "changed"
		must(t, tx.PutKnock(late))
		must(t, tx.DeleteKnock(got[1].Seq))
		must(t, tx.DeleteKnock(got[1].Seq))
		wants(t, "save a deleted one", tx.PutKnock(got[1]), state.ErrNotFound)
		left := list(tx, hour(20), 0)
		same(t, "left", ids(left), []string{"0", "3", "1"})
		same(t, "saved", left[2].LastError, "no answer")
		same(t, "tries", left[2].Tries, 3)
	})
}

func anAlert(id, key string, h int) state.Alert {
	return state.Alert{ID: id, Key: key, Kind: "refused", Page: true, CaseID: "c", Account: "main", Title: "t", Text: "x", RaisedAt: hour(h), NextAt: hour(h)}
}

func testAlertOnce(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		same(t, "first", raise(t, tx, anAlert("a1", "k", 1)), true)
		same(t, "again", raise(t, tx, anAlert("a2", "k", 2)), false)
		same(t, "other key", raise(t, tx, anAlert("a3", "k2", 2)), true)
		if _, err := tx.RaiseAlert(anAlert("a4", "", 2)); err == nil {
			t.Error("an alert without a key was taken")
		}
		_, err := tx.RaiseAlert(anAlert("a1", "k4", 2))
		wants(t, "an id that is taken", err, state.ErrConflict)
	})
	update(t, s, func(tx state.Tx) {
		got, err := tx.AlertByKey("k")
		must(t, err)
		stale := got
		got.AckedAt, got.AckedBy, got.NextAt, got.Deliveries = hour(3), "me", time.Time{}, 2
		got.Rev, err = tx.PutAlert(got)
		must(t, err)
		stored, err := tx.Alert("a1")
		must(t, err)
		same(t, "saved", stored, got)
		_, err = tx.PutAlert(stale)
		wants(t, "stale", err, state.ErrConflict)
		got.Key = "k2"
		_, err = tx.PutAlert(got)
		wants(t, "another alert's key", err, state.ErrConflict)
		same(t, "after it was acknowledged", raise(t, tx, anAlert("a5", "k", 9)), false)
	})
}

func testAlertListings(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		for n, h := range []int{3, 1, 2, 2} {
			raise(t, tx, anAlert(fmt.Sprint("a", n), fmt.Sprint("k", n), h))
		}
	})
	due := func(tx state.ReadTx, at time.Time, limit int) []string {
		return ids(sound(tx.DueAlerts(at, limit))(t))
	}
	update(t, s, func(tx state.Tx) {
		same(t, "newest first", ids(pages(t, 1, tx.Alerts)), []string{"a0", "a3", "a2", "a1"})
		same(t, "in one page", ids(pages(t, 4, tx.Alerts)), []string{"a0", "a3", "a2", "a1"})
		same(t, "due", due(tx, hour(2), 0), []string{"a1", "a2", "a3"})
		same(t, "due, cut", due(tx, hour(2), 1), []string{"a1"})
		a, err := tx.Alert("a1")
		must(t, err)
		a.NextAt = time.Time{}
		_, err = tx.PutAlert(a)
		must(t, err)
		same(t, "due without the delivered one", due(tx, hour(9), 0), []string{"a2", "a3", "a0"})
	})
}

func testAccounts(t *testing.T, b Backend) {
	s := open(t, b)
	want := state.Account{Name: "main", State: state.AccountChallenged, Until: hour(5), Why: "captcha", Since: hour(1), Fence: 3, Owner: "o", LeaseUntil: hour(9), OddSince: hour(2), OddCase: "01", OddMany: true, AskFrom: hour(3), WorksAt: hour(1), WriteFrom: hour(4)}
	update(t, s, func(tx state.Tx) {
		rev, err := tx.PutAccount(want)
		must(t, err)
		_, err = tx.PutAccount(want)
		wants(t, "new over stored", err, state.ErrConflict)
		want.Rev = rev
		want.Rev, err = tx.PutAccount(want)
		must(t, err)
		other := state.Account{Name: "a", State: state.AccountReady}
		other.Rev, err = tx.PutAccount(other)
		must(t, err)
		same(t, "account", sound(tx.Account("main"))(t), want)
		same(t, "accounts", sound(tx.Accounts())(t), []state.Account{other, want})
		if _, err := tx.PutAccount(state.Account{}); err == nil {
			t.Error("an account without a name was taken")
		}
	})
}

func testRequests(t *testing.T, b Backend) {
	s := open(t, b)
	want := state.Request{Shop: "s", ShopOrderID: "gid://shopify/Order/1", ShopOrder: "#1", Source: state.RequestByEdit, EditIDs: []string{"e"}, Reason: "customer", Status: state.RequestAsking, OpenedAt: hour(1)}
	update(t, s, func(tx state.Tx) {
		_, err := tx.Request(want.Shop, want.ShopOrderID)
		wants(t, "none yet", err, state.ErrNotFound)
		want.Rev, err = tx.PutRequest(want)
		must(t, err)
		old := want
		want.Status, want.EndedAt = state.RequestDone, hour(2)
		want.Rev, err = tx.PutRequest(want)
		must(t, err)
		_, err = tx.PutRequest(old)
		wants(t, "an old one", err, state.ErrConflict)
		got, err := tx.Request(want.Shop, want.ShopOrderID)
		must(t, err)
		same(t, "request", got, want)
		_, err = tx.Request("s", "gid://shopify/Order/2")
		wants(t, "of another order", err, state.ErrNotFound)
	})
}

func testMappings(t *testing.T, b Backend) {
	s := open(t, b)
	want := []state.Mapping{{SupplierOrder: "81", Account: "main", By: "operator", Lines: []state.Line{{SKU: "x", Quantity: 1}}, Conflict: state.Found(state.NumberGone, "81")}, {SupplierOrder: "82"}}
	update(t, s, func(tx state.Tx) {
		must(t, tx.PutMappings("s", "#1", want[:1]))
		must(t, tx.PutMappings("s", "#1", want))
		must(t, tx.PutMappings("s#", "1", want[:1]))
		for key, w := range map[[2]string][]state.Mapping{{"s", "#1"}: want, {"s#", "1"}: want[:1], {"s", "#2"}: nil} {
			same(t, fmt.Sprint(key), sound(tx.Mappings(key[0], key[1]))(t), w)
		}
		must(t, tx.PutMappings("s", "#1", nil))
		must(t, tx.PutMappings("s", "#1", nil))
		same(t, "taken back", sound(tx.Mappings("s", "#1"))(t), []state.Mapping(nil))
	})
}

func testMappedTo(t *testing.T, b Backend) {
	s := open(t, b)
	to := func(tx state.ReadTx, number string, want ...state.ShopOrder) {
		t.Helper()
		same(t, "mapped to "+number, sound(tx.MappedTo(number))(t), want)
	}
	one, other, near := state.ShopOrder{Shop: "s", Name: "1"}, state.ShopOrder{Shop: "s2", Name: "1"}, state.ShopOrder{Shop: "s", Name: "12"}
	say := func(tx state.Tx, o state.ShopOrder, numbers ...string) {
		t.Helper()
		var list []state.Mapping
		for _, n := range numbers {
			list = append(list, state.Mapping{SupplierOrder: n})
		}
		must(t, tx.PutMappings(o.Shop, o.Name, list))
	}
	update(t, s, func(tx state.Tx) {
		to(tx, "81")
		say(tx, one, "81", "82")
		say(tx, other, "81", "8")
		say(tx, near, "811", "811")
		to(tx, "81", one, other) // before it is stored
	})
	view(t, s, func(tx state.ReadTx) {
		to(tx, "81", one, other)
		to(tx, "82", one)
		to(tx, "8", other)
		to(tx, "811", near)
		to(tx, "")
	})
	update(t, s, func(tx state.Tx) {
		say(tx, one, "82", "83")
		say(tx, other)
		say(tx, near, "811")
	})
	view(t, s, func(tx state.ReadTx) {
		to(tx, "81")
		to(tx, "82", one)
		to(tx, "83", one)
		to(tx, "811", near)
	})
}

func testStamp(t *testing.T, b Backend) {
	s := open(t, b)
	newest := func(tx state.ReadTx) time.Time {
		return sound(tx.NewestTime())(t)
	}
	update(t, s, func(tx state.Tx) {
		same(t, "before the first", newest(tx).IsZero(), true)
		must(t, tx.Stamp(hour(2)))
		must(t, tx.Stamp(hour(1)))
		same(t, "the latest", newest(tx), hour(2))
	})
	update(t, s, func(tx state.Tx) { must(t, tx.Stamp(hour(3))) })
	view(t, s, func(tx state.ReadTx) { same(t, "a later one", newest(tx), hour(3)) })
	update(t, s, func(tx state.Tx) { must(t, tx.Restamp(hour(1))) })
	update(t, s, func(tx state.Tx) {
		same(t, "set back", newest(tx), hour(1))
		must(t, tx.Stamp(hour(2)))
		same(t, "stamped again", newest(tx), hour(2))
	})
}
