package sync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// every is each alert that was raised, by kind.
func (w *world) every() map[string]int {
	w.t.Helper()
	all := map[string]int{}
	w.view(func(tx state.ReadTx) error {
		alerts, _, err := tx.Alerts(state.Page{Limit: 1000})
		for _, a := range alerts {
			all[a.Kind]++
		}
		return err
	})
	return all
}

// An order that nobody can read calls a person, once, and its journal does not
// fill up meanwhile.
func TestAnOrderThatCannotBeReadCallsAPerson(t *testing.T) {
	t.Parallel()
	for kind, account := range map[supplier.Kind]int{supplier.Unreadable: 1, supplier.UnknownPage: 1, supplier.NotFound: 0} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			number := w.asked(1)[0]
			entries := len(w.journal(w.one().ID))
			w.site.set(func() {
				o := w.site.orders[number]
				o.caption, o.Phase, o.RefusedText, w.site.blind = "odd", state.PhaseProcessing, "declined", trouble(kind)
			})
			for range 60 {
				w.pass(time.Hour)
			}
			told := w.alerts(machine.AlertUnreadable)
			if len(told) != 1 || !told[0].Page || !told[0].ResolvedAt.IsZero() {
				t.Errorf("alerts %+v, want one open page", told)
			}
			if n := len(w.alerts(machine.AlertAccountUnreachable)); n != account {
				t.Errorf("the account was told of %d times, want %d", n, account)
			}
			if n := len(w.journal(w.one().ID)) - entries; n != 2 {
				t.Errorf("the journal grew by %d entries, want the first failure and the third: %+v", n, w.journal(w.one().ID))
			}
			w.site.set(func() { w.site.blind = nil })
			w.pass(12 * time.Hour)
			w.status(state.Refused)
			if a := w.alerts(machine.AlertUnreadable)[0]; a.ResolvedAt.IsZero() {
				t.Error("the alert outlives the trouble")
			}
			w.until("the account is well", func() bool { return w.account().Why == "" })
		})
	}
}

// One odd order among good ones is no trouble of the account.
func TestOneOrderThatCannotBeReadIsNotTheAccount(t *testing.T) {
	t.Parallel()
	for i := range 3 { // wherever it stands among them
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			numbers := w.asked(3)
			w.site.set(func() {
				w.site.orders[numbers[i]].caption = "odd"
				w.site.odd = map[string]error{numbers[i]: trouble(supplier.Unreadable)}
			})
			for range 8 {
				w.pass(3 * time.Hour)
			}
			if all := w.every(); all[machine.AlertUnreadable] != 1 || all[machine.AlertAccountUnreachable] != 0 {
				t.Errorf("alerts %v, want one about the order and none about the account", all)
			}
		})
	}
}

// lasts has a site that throttles for n cool-downs.
func (w *world) lasts(n int) {
	w.t.Helper()
	for range n {
		w.until("the account rests", func() bool { return w.account().Until.After(w.clock.Now()) })
		w.clock.add(time.Hour)
	}
}

// A site that keeps throttling is trouble that a person hears of.
func TestThrottledForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.Throttled)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.lasts(2)
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) != 0 {
		t.Errorf("alerts %+v after two cool-downs", told)
	}
	w.lasts(4)
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) != 1 || !told[0].Page || w.account().State != state.AccountReady {
		t.Errorf("alerts %+v, want one page; account %+v", told, w.account())
	}
	w.site.set(func() { w.site.down = nil })
	w.pass(time.Hour)
	w.requestedOnce(numberA)
	w.until("it is over", func() bool {
		return w.account().Why == "" && !w.alerts(machine.AlertAccountUnreachable)[0].ResolvedAt.IsZero()
	})
}

// A restart in the middle of it neither tells twice nor not at all.
func TestThrottledAcrossARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.Throttled)
	first := w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.lasts(1)
	w.stop(first)
	second := w.boot()
	w.lasts(3)
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) != 1 {
		t.Errorf("alerts %+v, want one", told)
	}
	w.stop(second)
	w.boot()
	w.lasts(4)
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) != 1 {
		t.Errorf("alerts %+v, want no second one", told)
	}
}

// A session that is lost takes over from the trouble before it, and new
// trouble after it is told again.
func TestAccountThatCannotBeWorkedAndThenIsLoggedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.down = trouble(supplier.Unreachable)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	unreachable := func() []state.Alert { return w.alerts(machine.AlertAccountUnreachable) }
	fails := func(n int) {
		w.until("it is told", func() bool {
			w.clock.add(time.Minute)
			return len(unreachable()) == n
		})
	}
	fails(1)
	w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
	w.clock.add(2 * time.Hour)
	w.until("it is logged out", func() bool { return w.account().State == state.AccountLoggedOut })
	if a := unreachable()[0]; a.ResolvedAt.IsZero() {
		t.Error("the first alert outlives the trouble")
	}
	w.site.set(func() { w.site.down, w.site.refuse = nil, trouble(supplier.Unreachable) })
	w.clock.add(coolDown)
	fails(2)
}

// moved is a configuration in which the account has another name.
func (w *world) moved() casesync.Options {
	o := w.options()
	o.Accounts = map[string]casesync.Account{"second": o.Accounts[lane]}
	o.Shops = map[string]casesync.Shop{"mystore": {Edge: w.edge, Account: "second"}}
	return o
}

// Open cases of an account that left the configuration are nobody's work: a
// person is told, once, and hears when it is back.
func TestAnAccountThatLeftTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	first := w.boot()
	w.cancelled(1042, numberA)
	w.stop(first)
	for range 2 {
		e := w.start(w.moved())
		w.stop(e)
	}
	told := w.alerts(machine.AlertAccountUnreachable)
	if len(told) != 1 || !told[0].Page || told[0].Account != lane || !strings.Contains(told[0].Title, "account main has open cases but is not configured") {
		t.Fatalf("alerts %+v, want one page that names the account", told)
	}
	w.stop(w.boot())
	if a := w.alerts(machine.AlertAccountUnreachable)[0]; a.ResolvedAt.IsZero() || w.account().State != state.AccountReady {
		t.Errorf("the account is back, the alert is %+v", a)
	}
	w.stop(w.start(w.moved()))
	if told := w.alerts(machine.AlertAccountUnreachable); len(told) != 2 {
		t.Errorf("gone again: alerts %+v, want a second page", told)
	}
	w.e = w.start(w.moved())
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventIgnore, By: state.ByCLI})
	must(t, err)
	w.stop(w.e)
	w.start(w.moved())
	for _, a := range w.alerts(machine.AlertAccountUnreachable) {
		if a.ResolvedAt.IsZero() {
			t.Errorf("no case is open any more, and the alert is %+v", a)
		}
	}
}

// ahead is a webhook that tells of a cancel before the shop's own API does. It
// gives back what the shop will say later.
func (w *world) ahead() (id string, later shop.Order) {
	w.t.Helper()
	id = w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.edge.set(func() {
		later = w.edge.orders[id]
		standing := later
		standing.CancelledAt = time.Time{}
		w.edge.orders[id] = standing
	})
	_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: id, Source: "webhook", Topic: "orders/cancelled", Key: "once"})
	must(w.t, err)
	w.quiet()
	return id, later
}

func TestAWebhookThatIsAheadOfTheShopIsNotForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	id, later := w.ahead()
	if k := w.shopKnocks(); len(w.cases()) != 0 || len(k) != 1 || k[0].Tries != 1 || !k[0].NotBefore.After(w.clock.Now()) {
		t.Fatalf("cases %+v, knocks %+v; want no case yet and the knock kept", w.cases(), k)
	}
	w.edge.set(func() { w.edge.orders[id] = later })
	w.pass(time.Minute)
	w.requestedOnce(numberA)
	if all := w.every(); len(w.shopKnocks()) != 0 || len(all) != 0 {
		t.Errorf("knocks %+v, alerts %v", w.shopKnocks(), all)
	}
}

func TestAWebhookWhoseOrderStandsToTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.ahead()
	for tries := 1; tries < 8; tries++ {
		if k := w.shopKnocks(); len(k) != 1 || k[0].Tries != tries {
			t.Fatalf("knocks %+v, want one that was tried %d times", k, tries)
		}
		w.pass(time.Hour)
	}
	told := w.alerts(machine.AlertShop)
	if len(told) != 1 || told[0].Page || !strings.Contains(told[0].Title, "announced as cancelled but stands") || len(w.shopKnocks()) != 0 || len(w.cases()) != 0 {
		t.Errorf("alerts %+v, knocks %+v, cases %+v; want a word and no case", told, w.shopKnocks(), w.cases())
	}
}

// Whatever came before it, a shop that cannot be read is told to a person.
func TestAShopThatFailsAfterItDidNotKnowTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.knock("gid://shopify/Order/404")
	w.quiet()
	for range 3 {
		w.pass(time.Hour)
	}
	w.edge.set(func() { w.edge.err = &shop.Error{Kind: shop.Unavailable, Op: "read order"} })
	for range 4 {
		w.pass(time.Hour)
	}
	if told := w.alerts(machine.AlertShop); len(told) != 1 || !told[0].Page {
		t.Errorf("alerts %+v, want one page", told)
	}
}

// A number that was scanned for another parcel long ago proves nothing.
func TestARecycledTrackingNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.asked(1)[0]
	w.clock.add(day)
	w.site.set(func() {
		o := w.site.orders[number]
		o.Phase, o.StatusText, o.caption, o.CancelOffered = state.PhaseShipped, "Awaiting delivery", "Awaiting delivery", false
		o.Tracking = []state.Tracking{{Number: "LP1", FirstScanAt: start.Add(-60 * day), FirstScanCode: "AE_GOT"}}
	})
	for range 24 {
		w.pass(time.Hour)
	}
	w.status(state.Refused)
	if told := w.alerts(machine.AlertOldScan); w.one().Proof != state.ProofNumberOnly || len(told) != 1 || !told[0].Page || !told[0].ResolvedAt.IsZero() {
		t.Errorf("proof %s, alerts %+v; want one open page", w.one().Proof, told)
	}
}

func TestMarkedShippedAfterTheRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.asked(1)[0]
	turns := func(p state.Phase, text, refused string) {
		w.site.set(func() {
			o := w.site.orders[number]
			o.Phase, o.StatusText, o.caption, o.RefusedText = p, text, text, refused
		})
		for range 12 {
			w.pass(time.Hour)
		}
	}
	turns(state.PhaseProcessing, "Processing", "declined")
	w.status(state.Refused)
	if n := len(w.alerts(machine.AlertShippedAfter)); n != 0 {
		t.Errorf("%d alerts before it was marked shipped", n)
	}
	turns(state.PhaseShipped, "Awaiting delivery", "")
	w.status(state.Refused)
	if told := w.alerts(machine.AlertShippedAfter); len(told) != 1 || !told[0].Page {
		t.Errorf("alerts %+v, want one page", told)
	}
}
