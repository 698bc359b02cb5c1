package statetest

import (
	"testing"

	"countermand/state"
)

func aClaim(order string, at int, numbers ...string) state.Claim {
	return state.Claim{Shop: "mystore", OrderID: order, Name: "#" + order, Numbers: numbers, At: hour(at)}
}

// claimed lists the orders that name a number.
func claimed(t *testing.T, tx state.ReadTx, number string) (orders []string) {
	t.Helper()
	all, err := tx.Claims(number)
	must(t, err)
	for _, c := range all {
		orders = append(orders, c.Shop+" "+c.OrderID)
	}
	return orders
}

func testClaims(t *testing.T, b Backend) {
	s := open(t, b)
	want := aClaim("1", 1, "81", "82")
	update(t, s, func(tx state.Tx) {
		must(t, tx.PutClaim(want))
		must(t, tx.PutClaim(aClaim("2", 2, "81")))
		must(t, tx.PutClaim(aClaim("12", 2, "811")))
		must(t, tx.PutClaim(state.Claim{Shop: "mystore1", OrderID: "2", Numbers: []string{"81"}}))
		must(t, tx.PutClaim(aClaim("3", 1)))
		same(t, "before it is stored", claimed(t, tx, "82"), []string{"mystore 1"})
	})
	view(t, s, func(tx state.ReadTx) {
		same(t, "81", claimed(t, tx, "81"), []string{"mystore 1", "mystore 2", "mystore1 2"})
		same(t, "811", claimed(t, tx, "811"), []string{"mystore 12"})
		same(t, "nobody's", claimed(t, tx, "8"), none)
		same(t, "whole", sound(tx.Claims("82"))(t), []state.Claim{want})
		same(t, "by its order", sound(tx.Claim("mystore", "1"))(t), want)
		_, err := tx.Claim("mystore", "3")
		wants(t, "of an order that names none", err, state.ErrNotFound)
	})
	update(t, s, func(tx state.Tx) {
		must(t, tx.PutClaim(aClaim("1", 3, "82", "83")))
		must(t, tx.PutClaim(aClaim("2", 3)))
		must(t, tx.PutClaim(aClaim("2", 3)))
	})
	view(t, s, func(tx state.ReadTx) {
		same(t, "taken back", claimed(t, tx, "81"), []string{"mystore1 2"})
		same(t, "still named", claimed(t, tx, "82"), []string{"mystore 1"})
		same(t, "named since", claimed(t, tx, "83"), []string{"mystore 1"})
	})
}

// testForgetClaims leaves the claims of orders that have cases.
func testForgetClaims(t *testing.T, b Backend) {
	s := open(t, b)
	forget := func(at, limit, want int) {
		t.Helper()
		update(t, s, func(tx state.Tx) {
			same(t, "forgotten", sound(tx.ForgetClaims(hour(at), limit))(t), want)
		})
	}
	update(t, s, func(tx state.Tx) {
		putCase(t, tx, endedCase(1, 1))
		must(t, tx.PutClaim(aClaim("order7", 1, "81")))
		for n, order := range []string{"a", "b", "c", "d"} {
			must(t, tx.PutClaim(aClaim(order, n+1, "81")))
		}
	})
	forget(0, 0, 0)
	forget(3, 2, 2)
	forget(3, 2, 1)
	forget(3, 2, 0)
	view(t, s, func(tx state.ReadTx) {
		same(t, "left", claimed(t, tx, "81"), []string{"mystore d", "mystore order7"})
	})
	update(t, s, func(tx state.Tx) {
		_, err := tx.ForgetOrder("mystore", "order7", hour(1), hour(9))
		must(t, err)
		same(t, "without its cases", claimed(t, tx, "81"), []string{"mystore d", "mystore order7"})
	})
	forget(3, 2, 1)
	update(t, s, func(tx state.Tx) {
		same(t, "after its cases", claimed(t, tx, "81"), []string{"mystore d"})
	})
}

// testDamagedClaim: that nobody else names a number is not concluded from a
// claim that cannot be read.
func testDamagedClaim(t *testing.T, b Backend) {
	bad := aClaim("1", 1, "81", "82")
	bad.Name = marker
	s := hurt(t, b, func(tx state.Tx) {
		must(t, tx.PutClaim(bad))
		must(t, tx.PutClaim(aClaim("2", 1, "82")))
	})
	for range 2 {
		view(t, s, func(tx state.ReadTx) {
			got, err := tx.Claims("82")
			wants(t, "claims", err, state.ErrCorrupt)
			same(t, "that can be read", len(got), 1)
		})
	}
	same(t, "quarantine", quarantined(t, s), []string{"claims mystore/1"})
	update(t, s, func(tx state.Tx) {
		must(t, tx.PutClaim(aClaim("1", 2, "81")))
		same(t, "81", claimed(t, tx, "81"), []string{"mystore 1"})
		same(t, "82", claimed(t, tx, "82"), []string{"mystore 2"})
	})
}

func testMarks(t *testing.T, b Backend) {
	s := open(t, b)
	mark := func(tx state.ReadTx, name, want string) {
		t.Helper()
		same(t, "mark "+name, sound(tx.Value(name))(t), want)
	}
	update(t, s, func(tx state.Tx) {
		mark(tx, "a", "")
		must(t, tx.PutValue("a", "one"))
		must(t, tx.PutValue("a", "two"))
		must(t, tx.PutValue("a/b", "three"))
		mark(tx, "a", "two")
	})
	must(t, s.Close())
	s = open(t, b)
	view(t, s, func(tx state.ReadTx) {
		mark(tx, "a", "two")
		mark(tx, "a/b", "three")
	})
	update(t, s, func(tx state.Tx) {
		must(t, tx.PutValue("a", ""))
		mark(tx, "a", "")
	})
}
