package statetest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"countermand/state"
)

// marker stands in the text of the record that is to be damaged.
const marker = "DAMAGE-HERE"

// hurt fills a database, damages what holds the marker and opens it again.
func hurt(t *testing.T, b Backend, fill func(tx state.Tx)) state.Store {
	t.Helper()
	s := open(t, b)
	update(t, s, fill)
	must(t, s.Close())
	must(t, b.Damage(marker))
	return open(t, b)
}

// quarantined lists what stands in quarantine as "BUCKET KEY".
func quarantined(t *testing.T, s state.Store) (rows []string) {
	t.Helper()
	view(t, s, func(tx state.ReadTx) {
		for _, q := range pages(t, 1, tx.Quarantine) {
			rows = append(rows, q.Bucket+" "+q.Key)
			// The damaged byte is the marker's first.
			if !bytes.Contains(q.Raw, []byte(marker[1:])) || q.Why == "" || q.At.IsZero() {
				t.Errorf("quarantined without its content: %+v", q)
			}
		}
	})
	return rows
}

func damagedCase(n int) state.Case {
	c := fullCase(n)
	c.Store = marker
	return c
}

func testDamagedCase(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		putCase(t, tx, fullCase(1))
		putCase(t, tx, damagedCase(2))
		putCase(t, tx, fullCase(3))
	})
	// The first round meets the record, the second finds it in quarantine,
	// the third is after a restart.
	for round := range 3 {
		if round == 2 {
			must(t, s.Close())
			s = open(t, b)
		}
		view(t, s, func(tx state.ReadTx) {
			_, err := tx.Case(caseID(2))
			wants(t, "the case itself", err, state.ErrCorrupt)
			same(t, "cases", ids(pages(t, 1, tx.Cases)), []string{caseID(3), caseID(1)})
			got, _, err := tx.CasesByStatus(state.Refused, state.Page{})
			must(t, err)
			same(t, "by status", ids(got), []string{caseID(3), caseID(1)})
			got, _, err = tx.OpenCasesByAccount("main", state.Page{})
			must(t, err)
			same(t, "by account", ids(got), []string{caseID(1), caseID(3)})
			got, err = tx.DueCases(hour(99), 0)
			must(t, err)
			same(t, "due", ids(got), []string{caseID(1), caseID(3)})
			got, err = tx.CasesBySupplierOrder("aliexpress", "8190000000000001")
			wants(t, "by supplier order", err, state.ErrCorrupt)
			same(t, "by supplier order", ids(got), []string{caseID(1), caseID(3)})
			_, err = tx.CasesByShopOrder("mystore", "gid://shopify/Order/2")
			wants(t, "by shop order", err, state.ErrCorrupt)
			_, err = tx.CasesByShopOrder("mystore", "gid://shopify/Order/1")
			must(t, err)
		})
		same(t, "quarantine", quarantined(t, s), []string{"cases " + caseID(2)})
	}
	view(t, s, func(tx state.ReadTx) {
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Refused: 2})
	})
	replaceDamaged(t, s)
}

// replaceDamaged stores a new case where the damaged one was.
func replaceDamaged(t *testing.T, s state.Store) {
	t.Helper()
	update(t, s, func(tx state.Tx) {
		c := aCase(2, state.Held)
		c.Rev = 4
		_, err := tx.PutCase(c)
		wants(t, "save over a damaged one", err, state.ErrCorrupt)
		c.Rev, c.ShopOrderID = 0, "elsewhere"
		want := putCase(t, tx, c)
		got, err := tx.Case(c.ID)
		must(t, err)
		same(t, "made anew", got, want)
		_, err = tx.CasesBySupplierOrder("aliexpress", "8190000000000001")
		must(t, err)
		same(t, "the old order", ids(sound(tx.CasesByShopOrder("mystore", "gid://shopify/Order/2"))(t)), none)
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Refused: 2, state.Held: 1})
	})
	same(t, "quarantine keeps it", quarantined(t, s), []string{"cases " + caseID(2)})
}

func testDamagedWork(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		must(t, tx.AddEntry(caseID(1), state.Entry{Detail: "a"}))
		must(t, tx.AddEntry(caseID(1), state.Entry{Detail: marker}))
		must(t, tx.AddEntry(caseID(1), state.Entry{Detail: "c"}))
		bad := anEffect(1, "lane", hour(1))
		bad.Why = marker
		putEffect(t, tx, bad)
		putEffect(t, tx, anEffect(2, "lane", hour(2)))
		knock(t, tx, state.Knock{Shop: "s", OrderID: "1", Topic: marker, NotBefore: hour(1)})
		knock(t, tx, state.Knock{Shop: "s", OrderID: "2", NotBefore: hour(1)})
	})
	bad, good := anEffect(1, "lane", hour(3)), anEffect(2, "lane", hour(3))
	view(t, s, func(tx state.ReadTx) {
		entries, err := tx.Journal(caseID(1))
		must(t, err)
		same(t, "entries", len(entries), 2)
		_, err = tx.Effect(bad.ID)
		wants(t, "effect", err, state.ErrCorrupt)
		same(t, "due", ids(sound(tx.DueEffects("lane", hour(9), 0))(t)), []string{good.ID})
		same(t, "knocks", ids(sound(tx.Knocks(hour(9), 0))(t)), []string{"2"})
	})
	same(t, "quarantine", len(quarantined(t, s)), 3)
	update(t, s, func(tx state.Tx) {
		putEffect(t, tx, bad)
		es, _, err := tx.LaneEffects("lane", state.Page{})
		must(t, err)
		same(t, "planned anew", ids(es), []string{good.ID, bad.ID})
		must(t, tx.DeleteEffect(bad.ID))
		_, err = tx.Effect(bad.ID)
		wants(t, "deleted", err, state.ErrNotFound)
	})
}

func testDamagedRest(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		bad := anAlert("a1", "k1", 1)
		bad.Text = marker
		raise(t, tx, bad)
		raise(t, tx, anAlert("a2", "k2", 2))
		_, err := tx.PutAccount(state.Account{Name: "main", Why: marker})
		must(t, err)
		_, err = tx.PutAccount(state.Account{Name: "second"})
		must(t, err)
		must(t, tx.PutMappings("s", "#1", []state.Mapping{{SupplierOrder: "81", Conflict: state.Found(state.NumberGone, marker)}}))
	})
	for range 2 {
		view(t, s, func(tx state.ReadTx) {
			_, err := tx.Alert("a1")
			wants(t, "alert", err, state.ErrCorrupt)
			_, err = tx.AlertByKey("k1")
			wants(t, "alert by key", err, state.ErrCorrupt)
			as, err := tx.DueAlerts(hour(9), 0)
			must(t, err)
			same(t, "due", ids(as), []string{"a2"})
			as, _, err = tx.Alerts(state.Page{})
			must(t, err)
			same(t, "alerts", ids(as), []string{"a2"})
			_, err = tx.Account("main")
			wants(t, "account", err, state.ErrCorrupt)
			accs, err := tx.Accounts()
			must(t, err)
			same(t, "accounts", len(accs), 1)
			_, err = tx.Mappings("s", "#1")
			wants(t, "mappings", err, state.ErrCorrupt)
		})
	}
	same(t, "quarantine", quarantined(t, s), []string{"accounts main", "alerts a1", "mappings s/#1"})
	update(t, s, func(tx state.Tx) {
		same(t, "an alert that was lost is raised anew", raise(t, tx, anAlert("a3", "k1", 3)), true)
		_, err := tx.PutAccount(state.Account{Name: "main"})
		must(t, err)
		must(t, tx.PutMappings("s", "#1", nil))
		same(t, "taken back", sound(tx.Mappings("s", "#1"))(t), []state.Mapping(nil))
		same(t, "mapped to", sound(tx.MappedTo("81"))(t), []state.ShopOrder(nil))
		a, err := tx.AlertByKey("k1")
		must(t, err)
		same(t, "raised", a.ID, "a3")
	})
}

// testDamageWhileWriting meets damage in Updates, also in ones that fail.
func testDamageWhileWriting(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		putCase(t, tx, damagedCase(1))
		putCase(t, tx, damagedCase(2))
		bad := anEffect(1, "lane", hour(1))
		bad.Why = marker
		putEffect(t, tx, bad)
		other := anEffect(2, "lane", hour(1))
		other.Why = marker
		putEffect(t, tx, other)
	})
	err := s.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.Case(caseID(1))
		return err
	})
	wants(t, "the reading", err, state.ErrCorrupt)
	same(t, "quarantine", quarantined(t, s), []string{"cases " + caseID(1)})
	update(t, s, func(tx state.Tx) {
		must(t, tx.DeleteEffect(anEffect(1, "", time.Time{}).ID))
		putEffect(t, tx, anEffect(2, "other", hour(2)))
		es, _, err := tx.LaneEffects("lane", state.Page{})
		must(t, err)
		same(t, "lane", ids(es), none)
		c := aCase(2, state.Queued)
		putCase(t, tx, c)
	})
	same(t, "nothing is dropped", len(quarantined(t, s)), 4)
	view(t, s, func(tx state.ReadTx) {
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Queued: 1})
	})
}
