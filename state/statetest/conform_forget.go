package statetest

import (
	"fmt"
	"testing"
	"time"

	"countermand/state"
)

// endedCase is one of shop order 7 that ended at an hour.
func endedCase(n, at int) state.Case {
	c := fullCase(n)
	c.Status, c.EndedAt, c.ShopOrderID = state.Refunded, hour(at), "order7"
	return c
}

func testEndedCases(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		for n, at := range []int{5, 3, 9, 3} {
			putCase(t, tx, endedCase(n, at))
		}
		timeless := endedCase(4, 0)
		timeless.EndedAt = time.Time{}
		putCase(t, tx, timeless)
		again := endedCase(5, 4)
		again.Status = state.Disputed
		putCase(t, tx, again)
	})
	view(t, s, func(tx state.ReadTx) {
		for _, w := range []struct {
			from, to time.Time
			want     []string
		}{
			{time.Time{}, hour(99), []string{caseID(1), caseID(3), caseID(0), caseID(2)}},
			{time.Time{}, hour(5), []string{caseID(1), caseID(3), caseID(0)}},
			{hour(3), hour(9), []string{caseID(0), caseID(2)}},
			{hour(3).Add(-1), hour(5).Add(-1), []string{caseID(1), caseID(3)}},
			{hour(9), hour(99), none},
			{hour(99), hour(1), none},
		} {
			for limit := 1; limit < 5; limit++ {
				list := func(p state.Page) ([]state.Case, string, error) { return tx.EndedCases(w.from, w.to, p) }
				same(t, fmt.Sprint("ended from ", w.from, " to ", w.to), ids(pages(t, limit, list)), w.want)
			}
		}
		if _, _, err := tx.EndedCases(time.Time{}, hour(1), state.Page{After: "x"}); err == nil {
			t.Error("a bad page: no error")
		}
	})
}

// orderSeven stores a shop order with two ended cases and all that a case can
// have, between others of the same kind.
func orderSeven(t *testing.T, tx state.Tx) {
	t.Helper()
	putCase(t, tx, endedCase(1, 3))
	putCase(t, tx, endedCase(2, 5))
	other := endedCase(3, 3)
	other.ShopOrderID = "order77"
	putCase(t, tx, other)
	for n := 1; n <= 3; n++ {
		id := caseID(n)
		must(t, tx.AddEntry(id, state.Entry{Detail: "a"}))
		must(t, tx.AddEntry(id, state.Entry{Detail: "b"}))
		putEffect(t, tx, state.Effect{ID: state.EffectID(id, state.EffectRead), CaseID: id, State: state.EffectPlanned, Lane: "main", NotBefore: hour(n)})
		a := anAlert(fmt.Sprint("a", n), fmt.Sprint("k", n), n)
		a.CaseID = id
		raise(t, tx, a)
	}
	for _, order := range []string{"order7", "order77"} {
		id := state.ShopEffectID("mystore", order, state.EffectWriteBack)
		putEffect(t, tx, state.Effect{ID: id, Shop: "mystore", OrderID: order, State: state.EffectPlanned, Lane: "shop:mystore", NotBefore: hour(1)})
		_, err := tx.PutRequest(state.Request{Shop: "mystore", ShopOrderID: order, Status: state.RequestOpen})
		must(t, err)
	}
}

func isForgotten(t *testing.T, tx state.ReadTx, shop, order string) bool {
	t.Helper()
	return sound(tx.Forgotten(shop, order))(t)
}

func testForgetOrder(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) { orderSeven(t, tx) })
	update(t, s, func(tx state.Tx) {
		same(t, "forgotten before", isForgotten(t, tx, "mystore", "order7"), false)
		gone, err := tx.ForgetOrder("mystore", "order7", hour(5), hour(500))
		must(t, err)
		same(t, "deleted", ids(gone), []string{caseID(1), caseID(2)})
		gone, err = tx.ForgetOrder("mystore", "order7", hour(5), hour(600))
		must(t, err)
		same(t, "deleted again", ids(gone), none)
	})
	must(t, s.Close())
	s = open(t, b)
	view(t, s, func(tx state.ReadTx) {
		same(t, "forgotten", isForgotten(t, tx, "mystore", "order7"), true)
		same(t, "the other", isForgotten(t, tx, "mystore", "order77"), false)
		same(t, "of another shop", isForgotten(t, tx, "other", "order7"), false)
		same(t, "cases", ids(pages(t, 5, tx.Cases)), []string{caseID(3)})
		found, err := tx.CasesByShopOrder("mystore", "order7")
		must(t, err)
		same(t, "by shop order", ids(found), none)
		found, err = tx.CasesBySupplierOrder("aliexpress", "8190000000000001")
		must(t, err)
		same(t, "by supplier order", ids(found), []string{caseID(3)})
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Refunded: 1})
		for n, want := range []int{1: 0, 2: 0, 3: 2} {
			j, err := tx.Journal(caseID(n))
			must(t, err)
			same(t, "journal of "+caseID(n), len(j), want)
		}
		for lane, want := range map[string]string{"main": state.EffectID(caseID(3), state.EffectRead), "shop:mystore": state.ShopEffectID("mystore", "order77", state.EffectWriteBack)} {
			es, _, err := tx.LaneEffects(lane, state.Page{})
			must(t, err)
			same(t, "effects of "+lane, ids(es), []string{want})
		}
		same(t, "alerts", ids(pages(t, 5, tx.Alerts)), []string{"a3"})
		_, err = tx.AlertByKey("k1")
		wants(t, "an alert of it", err, state.ErrNotFound)
		_, err = tx.Request("mystore", "order7")
		wants(t, "its request", err, state.ErrNotFound)
		_, err = tx.Request("mystore", "order77")
		must(t, err)
	})
}

// testForgetRefused has one thing each that keeps an order from being
// forgotten. Then nothing at all is deleted.
func testForgetRefused(t *testing.T, b Backend) {
	s := open(t, b)
	n := 0
	for what, hinder := range map[string]func(tx state.Tx, c state.Case, order string){
		"an open case": func(tx state.Tx, c state.Case, _ string) {
			c.ID, c.Rev, c.Status = caseID(900+n), 0, state.Disputed
			putCase(t, tx, c)
		},
		"a case that ended later": func(tx state.Tx, c state.Case, _ string) {
			c.EndedAt = hour(6)
			putCase(t, tx, c)
		},
		"a case that does not say when": func(tx state.Tx, c state.Case, _ string) {
			c.EndedAt = time.Time{}
			putCase(t, tx, c)
		},
		"work under way": func(tx state.Tx, c state.Case, _ string) {
			putEffect(t, tx, state.Effect{ID: state.EffectID(c.ID, state.EffectRead), CaseID: c.ID, State: state.EffectStarted, Lane: "l"})
		},
		"work at the shop under way": func(tx state.Tx, _ state.Case, order string) {
			putEffect(t, tx, state.Effect{ID: state.ShopEffectID("mystore", order, state.EffectResolveRequest), State: state.EffectDispatched, Lane: "l"})
		},
		"a request that is worked": func(tx state.Tx, _ state.Case, order string) {
			_, err := tx.PutRequest(state.Request{Shop: "mystore", ShopOrderID: order, Status: state.RequestAsking})
			must(t, err)
		},
	} {
		n++
		order := fmt.Sprint("order", n)
		update(t, s, func(tx state.Tx) {
			c := endedCase(n, 5)
			c.ShopOrderID = order
			c = putCase(t, tx, c)
			must(t, tx.AddEntry(c.ID, state.Entry{Detail: "a"}))
			hinder(tx, c, order)
			gone, err := tx.ForgetOrder("mystore", order, hour(5), hour(500))
			must(t, err)
			same(t, what, ids(gone), none)
			same(t, what+": forgotten", isForgotten(t, tx, "mystore", order), false)
			_, err = tx.Case(c.ID)
			must(t, err)
			same(t, what+": journal", len(sound(tx.Journal(c.ID))(t)), 1)
		})
	}
}

func testForgetAlerts(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		put := func(id string, change func(a *state.Alert)) {
			a := anAlert(id, "key "+id, 1)
			a.Page, a.CaseID = true, ""
			change(&a)
			raise(t, tx, a)
		}
		put("acked", func(a *state.Alert) { a.AckedAt = hour(1) })
		put("resolved", func(a *state.Alert) { a.ResolvedAt = hour(2) })
		put("resolved later", func(a *state.Alert) { a.AckedAt, a.ResolvedAt = hour(1), hour(9) })
		put("acked later", func(a *state.Alert) { a.AckedAt, a.ResolvedAt = hour(9), hour(1) })
		put("told", func(a *state.Alert) { a.Page, a.DeliveredAt = false, hour(3) })
		put("not told", func(a *state.Alert) { a.Page = false })
		put("page", func(a *state.Alert) { a.DeliveredAt = hour(1) })
		put("of a case", func(a *state.Alert) { a.CaseID, a.AckedAt = caseID(1), hour(1) })
	})
	update(t, s, func(tx state.Tx) {
		for _, want := range []int{2, 1, 0} {
			same(t, "forgotten", sound(tx.ForgetAlerts(hour(3), 2))(t), want)
		}
		left := map[string]bool{}
		for _, id := range ids(pages(t, 3, tx.Alerts)) {
			left[id] = true
		}
		same(t, "left", left, map[string]bool{"resolved later": true, "acked later": true, "not told": true, "page": true, "of a case": true})
		same(t, "a forgotten key can be raised again", raise(t, tx, anAlert("new", "key acked", 5)), true)
	})
}

// testDamageForgotten: a damaged case keeps its order, and a damaged trace of a
// forgotten one is no "never seen".
func testDamageForgotten(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		putCase(t, tx, endedCase(1, 3))
		bad := endedCase(2, 3)
		bad.Store = marker
		putCase(t, tx, bad)
		other := endedCase(3, 3)
		other.ShopOrderID = "order8"
		putCase(t, tx, other)
		must(t, tx.AddEntry(other.ID, state.Entry{Detail: marker}))
	})
	update(t, s, func(tx state.Tx) {
		gone, err := tx.ForgetOrder("mystore", "order7", hour(9), hour(500))
		wants(t, "beside a damaged case", err, state.ErrCorrupt)
		same(t, "deleted", ids(gone), none)
		_, err = tx.Case(caseID(1))
		must(t, err)
		gone, err = tx.ForgetOrder("mystore", "order8", hour(9), hour(500))
		must(t, err)
		same(t, "with a damaged entry", ids(gone), []string{caseID(3)})
		got, _, err := tx.EndedCases(time.Time{}, hour(9), state.Page{})
		must(t, err)
		same(t, "ended", ids(got), []string{caseID(1)})
	})
	same(t, "quarantine keeps both", len(quarantined(t, s)), 2)
	view(t, s, func(tx state.ReadTx) {
		rows := pages(t, 1, tx.Quarantine)
		if rows[0].Seq == 0 || rows[1].Seq <= rows[0].Seq {
			t.Errorf("numbers %d and %d", rows[0].Seq, rows[1].Seq)
		}
	})
}
