package statetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"countermand/state"
)

// fullCase has a value in every field.
func fullCase(n int) state.Case {
	c := aCase(n, state.Refused)
	c.Supplier, c.Account, c.SupplierOrder, c.MappedBy = "aliexpress", "main", "8190000000000001", "note"
	c.Flag, c.Paused, c.Rule, c.Approved = "wait", true, "auto", true
	c.Findings = state.Findings{state.Found(state.AsksFirst, "", "rule", "mode confirm")}
	c.Accepted, c.NumberUnsure, c.Reason = state.Findings{state.Found(state.NumberTwice, "81", "by", "mystore #1")}, true, "customer"
	c.ShopOrderedAt, c.CancelledAt, c.AskableAt = hour(1), hour(2), hour(3)
	c.RequestedAt, c.AnsweredAt, c.ClosedAt, c.EndedAt = hour(4), hour(5), hour(6), hour(7)
	c.Lines = []state.Line{{ID: "1", Title: "Lamp \"ä\"", SKU: "L", Quantity: 2}}
	c.SupplierLines = []state.Line{{Title: "Lampe", Quantity: 2}}
	c.Attempt = state.Attempt{FirstAt: hour(3), Tries: 2, StartedAt: hour(4), DispatchedAt: hour(4), DoubtReads: 1, DoubtAt: hour(5), Reasked: true}
	c.Attempt.Said, c.Attempt.SaidWords, c.Attempt.DoubtOther, c.Attempt.NotShown, c.Attempt.Broken = state.SaidUnclear, "“?”", true, 2, 3
	c.Attempt.Before = []state.Call{{At: hour(2), Said: state.SaidGateway, Words: "FAIL_SYS"}}
	c.PendingSeen, c.Amount, c.Store = true, state.Money{Units: 123400, Currency: "USD"}, "Store"
	c.OrderedAt, c.PaidAt, c.ShippedAt, c.ReadAt, c.DetailAt = hour(1), hour(2), hour(8), hour(9), hour(9)
	c.SiteState, c.Proof, c.DisputeID = "s", state.ProofNumberOnly, "d"
	c.Tracking = []state.Tracking{{Number: "N", Carrier: "C", SeenAt: hour(8), FirstScanAt: hour(9), FirstScanCode: "x", DeliveredAt: hour(10), MissingSince: hour(11), Gone: true, Items: 2}}
	c.ShippedGuess, c.ReceivedAt, c.PartFailures, c.PhaseBefore, c.UnpaidAt = true, hour(12), 2, state.PhaseRiskHold, hour(2)
	c.Refund = &state.Refund{Amount: state.Money{Units: 5, Currency: "JPY"}, To: state.RefundCard, At: hour(9), ConfirmedBy: "site"}
	c.RefundUnclear = state.Findings{state.Found(state.RefundWord, "1", "word", "PARKED", "amount", "5 JPY")}
	c.RefundSeen, c.DisputedAt = state.Money{Units: 4, Currency: "JPY"}, hour(10)
	c.Clocks = map[state.Clock]time.Time{state.ClockProofDue: hour(99)}
	c.Estimated = []state.Clock{state.ClockProofDue}
	c.Fired = map[string]time.Time{"answer_due": hour(3)}
	c.Raised = map[string]string{"refused": "k"}
	c.NextCheckAt, c.DueAt = hour(11), hour(11)
	return c
}

func testCaseWhole(t *testing.T, b Backend) {
	s := open(t, b)
	want := fullCase(1)
	update(t, s, func(tx state.Tx) {
		want = putCase(t, tx, want)
		same(t, "within the transaction", sound(tx.Case(want.ID))(t), want)
	})
	view(t, s, func(tx state.ReadTx) {
		same(t, "after it", sound(tx.Case(want.ID))(t), want)
	})
}

func testCaseCompareAndSet(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		first := putCase(t, tx, aCase(1, state.Queued))
		_, err := tx.PutCase(aCase(1, state.Queued))
		wants(t, "new over stored", err, state.ErrConflict)
		second := putCase(t, tx, first)
		if second.Rev == first.Rev || first.Rev == 0 {
			t.Errorf("revisions %d, then %d", first.Rev, second.Rev)
		}
		_, err = tx.PutCase(first)
		wants(t, "stale", err, state.ErrConflict)
		missing := aCase(2, state.Queued)
		missing.Rev = second.Rev
		_, err = tx.PutCase(missing)
		wants(t, "revision of a case that is not there", err, state.ErrConflict)
		_, err = tx.Case(missing.ID)
		wants(t, "it was not stored", err, state.ErrNotFound)
	})
}

func testCaseRefused(t *testing.T, b Backend) {
	s := open(t, b)
	unreadable := aCase(3, state.Queued)
	unreadable.Amount = state.Money{Units: 1, Currency: "dollars"}
	eternal := aCase(4, state.Queued)
	eternal.DueAt = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)
	garbled := aCase(5, state.Queued)
	garbled.ID = "\xff"
	for name, c := range map[string]state.Case{
		"no id": {Status: state.Queued}, "no status": aCase(1, state.StatusStart), "odd status": aCase(2, "lunch"),
		"amount that cannot be read again": unreadable, "time that cannot be written": eternal, "id that is no text": garbled,
	} {
		update(t, s, func(tx state.Tx) {
			if _, err := tx.PutCase(c); err == nil {
				t.Errorf("%s: stored", name)
			}
		})
	}
	view(t, s, func(tx state.ReadTx) {
		got, _, err := tx.Cases(state.Page{})
		must(t, err)
		same(t, "stored", ids(got), none)
	})
}

func testCasePages(t *testing.T, b Backend) {
	s := open(t, b)
	var want []string
	update(t, s, func(tx state.Tx) {
		for n := range 105 {
			putCase(t, tx, aCase(n, state.Queued))
			want = append(want, caseID(n))
		}
	})
	slices.Reverse(want)
	view(t, s, func(tx state.ReadTx) {
		for _, limit := range []int{1, 7, 35, 105, 1000} {
			same(t, fmt.Sprintf("pages of %d", limit), ids(pages(t, limit, tx.Cases)), want)
		}
		got, next, err := tx.Cases(state.Page{})
		must(t, err)
		same(t, "no limit", ids(got), want[:100])
		got, next, err = tx.Cases(state.Page{After: next})
		must(t, err)
		same(t, "the rest", ids(got), want[100:])
		same(t, "next at the end", next, "")
		byStatus := func(p state.Page) ([]state.Case, string, error) { return tx.CasesByStatus(state.Queued, p) }
		same(t, "pages of a status", ids(pages(t, 10, byStatus)), want)
	})
}

func testCaseStatus(t *testing.T, b Backend) {
	s := open(t, b)
	var moved state.Case
	update(t, s, func(tx state.Tx) {
		putCase(t, tx, aCase(1, state.Queued))
		moved = putCase(t, tx, aCase(2, state.Queued))
		putCase(t, tx, aCase(3, state.Requested))
	})
	update(t, s, func(tx state.Tx) {
		moved.Status = state.Requesting
		moved = putCase(t, tx, moved)
		moved.Status = state.Requested
		putCase(t, tx, moved)
	})
	view(t, s, func(tx state.ReadTx) {
		for status, want := range map[state.Status][]string{
			state.Queued: {caseID(1)}, state.Requesting: nil, state.Requested: {caseID(3), caseID(2)},
		} {
			got, next, err := tx.CasesByStatus(status, state.Page{})
			must(t, err)
			same(t, string(status), ids(got), want)
			same(t, "next", next, "")
		}
		counts, err := tx.CountByStatus()
		must(t, err)
		same(t, "counts", counts, map[state.Status]int{state.Queued: 1, state.Requested: 2})
	})
}

func testCaseLookups(t *testing.T, b Backend) {
	s := open(t, b)
	place := func(n int, shop, order, supplier string) state.Case {
		c := aCase(n, state.Queued)
		c.Shop, c.ShopOrderID, c.Supplier, c.SupplierOrder = shop, order, "here", supplier
		return c
	}
	var moved state.Case
	update(t, s, func(tx state.Tx) {
		putCase(t, tx, place(2, "a", "bc", "81"))
		putCase(t, tx, place(1, "a", "bc", "812"))
		putCase(t, tx, place(3, "ab", "c", "81"))
		moved = putCase(t, tx, place(4, "a", "b", ""))
		elsewhere := place(5, "a", "d", "812")
		elsewhere.Supplier = "there"
		putCase(t, tx, elsewhere)
	})
	update(t, s, func(tx state.Tx) {
		moved.SupplierOrder = "5"
		moved = putCase(t, tx, moved)
		moved.SupplierOrder = "81"
		putCase(t, tx, moved)
	})
	view(t, s, func(tx state.ReadTx) {
		for order, want := range map[[2]string][]string{
			{"a", "bc"}: {caseID(1), caseID(2)}, {"ab", "c"}: {caseID(3)}, {"a", "b"}: {caseID(4)}, {"abc", ""}: nil,
		} {
			same(t, fmt.Sprint(order), ids(sound(tx.CasesByShopOrder(order[0], order[1]))(t)), want)
		}
		for order, want := range map[[2]string][]string{
			{"here", "81"}: {caseID(2), caseID(3), caseID(4)}, {"here", "812"}: {caseID(1)}, {"here", "8"}: nil, {"here", "5"}: nil, {"here", ""}: nil,
			{"there", "812"}: {caseID(5)}, {"there", "81"}: nil, {"", "812"}: {caseID(1), caseID(5)},
		} {
			same(t, fmt.Sprint("supplier order ", order), ids(sound(tx.CasesBySupplierOrder(order[0], order[1]))(t)), want)
		}
	})
}

func testCaseAccount(t *testing.T, b Backend) {
	s := open(t, b)
	put := func(tx state.Tx, n int, account, supplier string, st state.Status) state.Case {
		c := aCase(n, st)
		c.Account, c.SupplierOrder = account, supplier
		return putCase(t, tx, c)
	}
	var ends state.Case
	update(t, s, func(tx state.Tx) {
		put(tx, 5, "main", "1", state.Queued)
		put(tx, 1, "main", "2", state.Disputable)
		put(tx, 2, "main", "3", state.Refunded)
		put(tx, 3, "main", "", state.Unmapped)
		put(tx, 4, "mainly", "4", state.Queued)
		ends = put(tx, 6, "main", "5", state.Cancelled)
	})
	list := func(tx state.ReadTx) []string {
		return ids(pages(t, 2, func(p state.Page) ([]state.Case, string, error) { return tx.OpenCasesByAccount("main", p) }))
	}
	view(t, s, func(tx state.ReadTx) {
		same(t, "open cases", list(tx), []string{caseID(1), caseID(5), caseID(6)})
	})
	update(t, s, func(tx state.Tx) {
		ends.Status = state.Refunded
		putCase(t, tx, ends)
		same(t, "after one ended", list(tx), []string{caseID(1), caseID(5)})
	})
}

func testCaseDue(t *testing.T, b Backend) {
	s := open(t, b)
	var last state.Case
	update(t, s, func(tx state.Tx) {
		_, ok, err := tx.NextDue()
		must(t, err)
		same(t, "anything due", ok, false)
		for n, h := range []int{5, 3, 0, 9, 3} {
			c := aCase(n, state.Queued)
			if h > 0 {
				c.DueAt = hour(h)
			}
			last = putCase(t, tx, c)
		}
	})
	check := func(tx state.ReadTx, t0 time.Time, limit int, want ...string) {
		t.Helper()
		same(t, "due", ids(sound(tx.DueCases(t0, limit))(t)), want)
	}
	view(t, s, func(tx state.ReadTx) {
		check(tx, hour(3).Add(-1), 10)
		check(tx, hour(3), 10, caseID(1), caseID(4))
		check(tx, hour(9), 0, caseID(1), caseID(4), caseID(0), caseID(3))
		check(tx, hour(9), 2, caseID(1), caseID(4))
		next, ok, err := tx.NextDue()
		must(t, err)
		same(t, "next due", next, hour(3))
		same(t, "anything due", ok, true)
	})
	update(t, s, func(tx state.Tx) {
		last.DueAt = time.Time{}
		last = putCase(t, tx, last)
		check(tx, hour(9), 10, caseID(1), caseID(0), caseID(3))
		last.DueAt = hour(4)
		putCase(t, tx, last)
		check(tx, hour(9), 10, caseID(1), caseID(4), caseID(0), caseID(3))
	})
}

func testCaseFarTimes(t *testing.T, b Backend) {
	s := open(t, b)
	due := []time.Time{
		time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC),
		time.Unix(0, 0), hour(1), time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	var want []string
	update(t, s, func(tx state.Tx) {
		for n, at := range due {
			c := aCase(n, state.Queued)
			c.DueAt = at
			putCase(t, tx, c)
			want = append(want, c.ID)
		}
	})
	view(t, s, func(tx state.ReadTx) {
		for at, n := range map[time.Time]int{due[2]: 3, due[3]: 4, due[5].Add(-1): 5, due[5]: 6, due[6]: 7, hour(0): 4} {
			same(t, at.String(), ids(sound(tx.DueCases(at, 0))(t)), want[:n])
		}
		next, _, err := tx.NextDue()
		must(t, err)
		same(t, "the earliest is told as it is", next, due[0])
	})
}

func testJournal(t *testing.T, b Backend) {
	s := open(t, b)
	entry := func(detail string) state.Entry {
		return state.Entry{At: hour(1), Event: state.EventTick, From: state.Queued, To: state.Held, By: state.ByEngine, Who: "w", Detail: detail, Evidence: []string{"e"}}
	}
	want := map[string][]state.Entry{}
	for n := range 12 {
		update(t, s, func(tx state.Tx) {
			for _, id := range []string{"1", "10", "100"} {
				e := entry(fmt.Sprint(id, " ", n))
				e.At = hour(20 - n) // the order is that of adding, not of time
				want[id] = append(want[id], e)
				must(t, tx.AddEntry(id, e))
			}
		})
	}
	update(t, s, func(tx state.Tx) {
		if err := tx.AddEntry("", entry("")); err == nil {
			t.Error("an entry of no case was taken")
		}
		for id, entries := range want {
			same(t, "journal of "+id, sound(tx.Journal(id))(t), entries)
		}
	})
}
