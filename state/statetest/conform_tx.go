package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countermand/state"
)

func testNothingThere(t *testing.T, b Backend) {
	view(t, open(t, b), func(tx state.ReadTx) {
		for name, get := range map[string]func() error{
			"case":         func() error { _, err := tx.Case("x"); return err },
			"no case":      func() error { _, err := tx.Case(""); return err },
			"effect":       func() error { _, err := tx.Effect("x"); return err },
			"alert":        func() error { _, err := tx.Alert("x"); return err },
			"alert by key": func() error { _, err := tx.AlertByKey("x"); return err },
			"account":      func() error { _, err := tx.Account("x"); return err },
		} {
			wants(t, name, get(), state.ErrNotFound)
		}
		same(t, "journal", sound(tx.Journal("x"))(t), []state.Entry(nil))
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{})
	})
}

func testBadPage(t *testing.T, b Backend) {
	view(t, open(t, b), func(tx state.ReadTx) {
		for _, after := range []string{"x", "zzzzzzzzzzzzzzzzzzzz"} {
			p := state.Page{After: after}
			for name, list := range map[string]func() error{
				"lane":       func() error { _, _, err := tx.LaneEffects("l", p); return err },
				"alerts":     func() error { _, _, err := tx.Alerts(p); return err },
				"quarantine": func() error { _, _, err := tx.Quarantine(p); return err },
			} {
				if list() == nil {
					t.Errorf("%s after %q: no error", name, after)
				}
			}
		}
	})
}

// fill writes one of everything.
func fill(t *testing.T, tx state.Tx) {
	putCase(t, tx, fullCase(1))
	must(t, tx.AddEntry(caseID(1), state.Entry{Detail: "d"}))
	putEffect(t, tx, anEffect(1, "lane", hour(1)))
	knock(t, tx, state.Knock{Shop: "s", OrderID: "o", Key: "k", NotBefore: hour(1)})
	raise(t, tx, anAlert("a", "k", 1))
	_, err := tx.PutAccount(state.Account{Name: "main"})
	must(t, err)
	must(t, tx.PutMappings("s", "#1", []state.Mapping{{SupplierOrder: "81"}}))
	must(t, tx.PutClaim(aClaim("1", 1, "81")))
	must(t, tx.PutValue("m", "word"))
	must(t, tx.Stamp(hour(1)))
}

// inventory counts what is stored, by every way of asking.
func inventory(t *testing.T, s state.Store) (n map[string]int) {
	n = map[string]int{}
	view(t, s, func(tx state.ReadTx) {
		add := func(name string, count int, err error) {
			must(t, err)
			n[name] += count
		}
		cs, _, err := tx.Cases(state.Page{})
		add("cases", len(cs), err)
		cs, _, err = tx.CasesByStatus(state.Refused, state.Page{})
		add("by status", len(cs), err)
		cs, err = tx.CasesByShopOrder("mystore", "gid://shopify/Order/1")
		add("by shop order", len(cs), err)
		cs, err = tx.CasesBySupplierOrder("aliexpress", "8190000000000001")
		add("by supplier order", len(cs), err)
		cs, err = tx.FindCases("1", 0)
		add("by name", len(cs), err)
		cs, _, err = tx.OpenCasesByAccount("main", state.Page{})
		add("by account", len(cs), err)
		cs, err = tx.DueCases(hour(99), 0)
		add("due", len(cs), err)
		counts, err := tx.CountByStatus()
		add("counts", counts[state.Refused], err)
		entries, err := tx.Journal(caseID(1))
		add("journal", len(entries), err)
		es, _, err := tx.LaneEffects("lane", state.Page{})
		add("effects", len(es), err)
		ks, err := tx.Knocks(hour(99), 0)
		add("knocks", len(ks), err)
		as, _, err := tx.Alerts(state.Page{})
		add("alerts", len(as), err)
		as, err = tx.DueAlerts(hour(99), 0)
		add("due alerts", len(as), err)
		accs, err := tx.Accounts()
		add("accounts", len(accs), err)
		ms, err := tx.Mappings("s", "#1")
		add("mappings", len(ms), err)
		orders, err := tx.MappedTo("81")
		add("mapped to", len(orders), err)
		claims, err := tx.Claims("81")
		add("claims", len(claims), err)
		if m, err := tx.Value("m"); m != "" {
			add("mark", 1, err)
		}
		at, err := tx.NewestTime()
		if !at.IsZero() {
			add("stamp", 1, err)
		}
	})
	return n
}

func testRollback(t *testing.T, b Backend) {
	s := open(t, b)
	empty := inventory(t, s)
	oops := errors.New("oops")
	err := s.Update(context.Background(), func(tx state.Tx) error { fill(t, tx); return oops })
	wants(t, "the function's own error", err, oops)
	same(t, "after an error", inventory(t, s), empty)
	func() {
		defer func() { same(t, "the panic goes on", recover(), any("oops")) }()
		_ = s.Update(context.Background(), func(tx state.Tx) error { fill(t, tx); panic("oops") })
	}()
	same(t, "after a panic", inventory(t, s), empty)
	update(t, s, func(tx state.Tx) { fill(t, tx) }) // also: its keys were not seen, its numbers are free
	for name, n := range inventory(t, s) {
		same(t, name, n, 1)
	}
	wants(t, "a question's error", s.View(context.Background(), func(state.ReadTx) error { return oops }), oops)
}

func testContext(t *testing.T, b Backend) {
	s := open(t, b)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	wants(t, "update", s.Update(ended, func(state.Tx) error { t.Error("it ran"); return nil }), context.Canceled)
	wants(t, "view", s.View(ended, func(state.ReadTx) error { t.Error("it ran"); return nil }), context.Canceled)

	// One that waits for another Update, here for what that one wrote, gives up
	// when its context ends.
	waiting, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	touch := func(tx state.Tx) error { return tx.PutValue("m", "word") }
	update(t, s, func(tx state.Tx) {
		must(t, touch(tx))
		go func() { done <- s.Update(waiting, touch) }()
		cancel()
		wants(t, "waiting", <-done, context.Canceled)
	})
}

func testCopies(t *testing.T, b Backend) {
	s := open(t, b)
	want := fullCase(1)
	update(t, s, func(tx state.Tx) {
		given := fullCase(1)
		want.Rev = putCase(t, tx, given).Rev
		scribble(given)
		same(t, "after what was given changed", sound(tx.Case(want.ID))(t), want)
	})
	var kept []state.Case
	view(t, s, func(tx state.ReadTx) {
		for range 2 {
			got, err := tx.Case(want.ID)
			must(t, err)
			same(t, "after what was read changed", got, want)
			scribble(got)
		}
		got, _, err := tx.Cases(state.Page{})
		must(t, err)
		kept = got
	})
	update(t, s, func(tx state.Tx) { // new pages take the place of the old
		for n := range 200 {
			putCase(t, tx, fullCase(n+2))
		}
	})
	same(t, "after the transaction", kept, []state.Case{want})
}

func scribble(c state.Case) {
	c.Lines[0].Title, c.SupplierLines[0].Title, c.Tracking[0].Number = "!", "!", "!"
	c.Refund.ConfirmedBy, c.Estimated[0] = "!", "!"
	c.Clocks["!"], c.Fired["!"], c.Raised["!"] = time.Time{}, time.Time{}, "!"
}

func testSnapshot(t *testing.T, b Backend) {
	s := open(t, b)
	view(t, s, func(tx state.ReadTx) {
		done := make(chan error)
		go func() {
			done <- s.Update(context.Background(), func(tx state.Tx) error {
				_, err := tx.PutCase(aCase(1, state.Queued))
				return err
			})
		}()
		must(t, <-done)
		_, err := tx.Case(caseID(1))
		wants(t, "what was stored since", err, state.ErrNotFound)
	})
	view(t, s, func(tx state.ReadTx) {
		_, err := tx.Case(caseID(1))
		must(t, err)
	})
}

// testConcurrent counts with compare-and-set from many sides, reading outside
// of the Update that saves.
func testConcurrent(t *testing.T, b Backend) {
	s := open(t, b)
	const sides, each = 8, 10
	update(t, s, func(tx state.Tx) {
		_, err := tx.PutAccount(state.Account{Name: "main"})
		must(t, err)
	})
	var wg sync.WaitGroup
	for range sides {
		wg.Go(func() {
			for n := 0; n < each; {
				switch err := increment(s); {
				case err == nil:
					n++
				case !errors.Is(err, state.ErrConflict):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx state.ReadTx) {
		same(t, "sum", sound(tx.Account("main"))(t).Fence, uint64(sides*each))
	})
}

func increment(s state.Store) error {
	var a state.Account
	err := s.View(context.Background(), func(tx state.ReadTx) (err error) {
		a, err = tx.Account("main")
		return err
	})
	if err != nil {
		return err
	}
	a.Fence++
	return s.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutAccount(a)
		return err
	})
}

// testChurn lists within transactions that emptied large stretches of the
// indexes before.
func testChurn(t *testing.T, b Backend) {
	s := open(t, b)
	const all = 1500
	stays := func(n int) bool { return n < 3 || n > all-3 || n == all/2 }
	var cases []state.Case
	var effects []state.Effect
	update(t, s, func(tx state.Tx) {
		for n := range all {
			cases = append(cases, putCase(t, tx, aCase(n, state.Queued)))
			effects = append(effects, putEffect(t, tx, anEffect(n, "lane", hour(n))))
		}
	})
	var wantCases, wantEffects []string
	update(t, s, func(tx state.Tx) {
		for n := range all {
			if stays(n) {
				wantCases = append([]string{cases[n].ID}, wantCases...)
				wantEffects = append(wantEffects, effects[n].ID)
				continue
			}
			cases[n].Status = state.Ignored
			putCase(t, tx, cases[n])
			must(t, tx.DeleteEffect(effects[n].ID))
		}
		got, _, err := tx.CasesByStatus(state.Queued, state.Page{})
		must(t, err)
		same(t, "queued", ids(got), wantCases)
		es, _, err := tx.LaneEffects("lane", state.Page{})
		must(t, err)
		same(t, "lane", ids(es), wantEffects)
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Queued: len(wantCases), state.Ignored: all - len(wantCases)})
		for _, id := range wantEffects {
			must(t, tx.DeleteEffect(id))
		}
		es, _, err = tx.LaneEffects("lane", state.Page{})
		must(t, err)
		same(t, "emptied lane", ids(es), none)
	})
}

func testReopen(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) { fill(t, tx) })
	want := inventory(t, s)
	must(t, s.Close())
	for range 2 {
		s = open(t, b)
		same(t, "after reopening", inventory(t, s), want)
		update(t, s, func(tx state.Tx) {
			same(t, "a key seen before", knock(t, tx, state.Knock{Shop: "s", Key: "k"}), false)
		})
		must(t, s.Close())
	}
	if err := s.View(context.Background(), func(state.ReadTx) error { return nil }); err == nil {
		t.Error("a closed store answers")
	}
	if err := s.Update(context.Background(), func(state.Tx) error { return nil }); err == nil {
		t.Error(fmt.Errorf("a closed store takes updates"))
	}
}
