package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// mapped is what the operator says about a shop order.
func (w *world) mapped(order string, numbers ...string) {
	w.t.Helper()
	_, err := w.e.MapSet(context.Background(), "mystore", order, "ann", numbers)
	must(w.t, err)
}

// rests lets the account be logged out while something is to be asked.
func (w *world) rests() {
	w.t.Helper()
	w.until("the account rests", func() bool { return w.account().State == state.AccountLoggedOut })
}

// works lets the account be signed in again.
func (w *world) works() {
	w.t.Helper()
	w.site.set(func() { w.site.down = nil })
	w.pass(coolDown)
	w.until("the account is ready", func() bool { return w.account().State == state.AccountReady })
	w.quiet()
}

// clicked checks how many requests reached the supplier for either order.
func (w *world) clicked(a, b int) {
	w.t.Helper()
	if gotA, gotB := w.site.clicks(numberA), w.site.clicks(numberB); gotA != a || gotB != b {
		w.t.Errorf("%d and %d requests reached the supplier, want %d and %d; cases %+v", gotA, gotB, a, b, w.cases())
	}
}

// meanwhile cancels order 1042, does something while its first attempt stands
// at a moment, and lets the attempt go on, or break off with err.
func (w *world) meanwhile(want moment, err error, do func()) {
	w.t.Helper()
	reached, release := make(chan struct{}), make(chan struct{})
	once := false
	w.site.at = func(_ context.Context, m moment) error {
		if m != want || once {
			return nil
		}
		once = true
		close(reached)
		<-release
		return err
	}
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	<-reached
	do()
	close(release)
	w.quiet()
}

// A number that the operator took back is never asked.
func TestANumberTakenBackIsNeverAsked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"#1042", "1042", " #1042 "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.site.add(numberB)
			w.site.down = trouble(supplier.LoggedOut)
			w.boot()
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			w.rests()
			w.mapped(name, numberB)
			w.works()
			w.clicked(0, 1)
			if a, b := w.caseOf(numberA), w.caseOf(numberB); a.Status != state.Ignored || b.Status != state.Requested || b.MappedBy != "operator" {
				t.Errorf("taken back: %s, named: %s by %s", a.Status, b.Status, b.MappedBy)
			}
			w.knock("gid://shopify/Order/1042") // the shop still names the first one
			w.quiet()
			w.clicked(0, 1)
		})
	}
}

// Nothing is lost when the operator names the first number again.
func TestANumberTakenBackAndNamedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.site.down = trouble(supplier.LoggedOut)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.rests()
	w.mapped("1042", numberB)
	w.mapped("1042", numberA)
	w.works()
	w.knock("gid://shopify/Order/1042")
	w.quiet()
	w.clicked(1, 0)
	if all := w.cases(); len(all) != 3 || all[0].Status != state.Ignored || all[1].Status != state.Ignored || all[2].Status != state.Requested {
		t.Errorf("cases %+v", all)
	}
}

// A number that was taken back does not contest it for the order it belongs to.
func TestANumberTakenBackIsFreeForItsOwnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.site.down = trouble(supplier.LoggedOut)
	w.boot()
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.rests()
	w.mapped("1042", numberB)
	w.works()
	w.cancelled(1043, numberA)
	w.clicked(1, 1)
}

func TestANumberTakenBackUnderAnAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.meanwhile(beforeMark, nil, func() { w.mapped("#1042", numberB) })
	w.clicked(0, 1)
	if c := w.caseOf(numberA); c.Status != state.Held || !c.NumberUnsure || !strings.Contains(machine.HeldWhy(c), "named other AliExpress orders") {
		t.Errorf("stopped: %s because of %q", c.Status, machine.HeldWhy(c))
	}
	w.knock("gid://shopify/Order/1042")
	w.quiet()
	if c := w.caseOf(numberA); c.Status != state.Ignored {
		t.Errorf("taken back: %s", c.Status)
	}
	w.clicked(0, 1)
}

// A doubt that ends with “never asked” is no reason to ask for it again.
func TestANumberTakenBackInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.meanwhile(afterMark, trouble(supplier.Browser), func() { w.mapped("#1042", numberB) })
	for range 5 {
		w.pass(10 * time.Minute)
	}
	w.clicked(0, 1)
	if told := w.alerts(machine.AlertReplaced); w.caseOf(numberA).Status != state.Held || len(told) != 1 || !told[0].Page {
		t.Errorf("in doubt: %s, alerts %+v", w.caseOf(numberA).Status, told)
	}
}

func TestANumberTakenBackTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	w.cancelled(1042, numberA)
	w.mapped("#1042", numberB)
	w.quiet()
	w.clicked(1, 1)
	for range 3 {
		w.knock("gid://shopify/Order/1042")
		w.quiet()
	}
	if told := w.alerts(machine.AlertReplaced); len(told) != 1 || !told[0].Page || !strings.Contains(told[0].Title, numberA) {
		t.Errorf("alerts %+v, want one page that names the first order", told)
	}
}

// Only a person's word takes a number back; a shop order that names another
// one now adds to it.
func TestTheShopTakesNoNumberBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	w.cancelled(1042, numberA)
	w.cancelled(1042, numberB)
	if a, told := w.caseOf(numberA), w.alerts(machine.AlertReplaced); a.Status != state.Requested || len(told) != 0 {
		t.Errorf("the first one is %s, alerts %+v", a.Status, told)
	}
}

// contested has both shop orders name one number; neither may be asked.
func (w *world) contested(want ...state.Status) {
	w.t.Helper()
	w.clicked(0, 0)
	all := w.cases()
	if len(all) != len(want) {
		w.t.Fatalf("cases %+v", all)
	}
	for i, c := range all {
		if c.Status != want[i] || !c.NumberUnsure || len(c.Findings) == 0 {
			w.t.Errorf("the case of %s is %s, unsure %t, because of %q; want %s", c.ShopOrder, c.Status, c.NumberUnsure, machine.HeldWhy(c), want[i])
		}
	}
}

func TestAConflictFoundWhileTheAttemptRunsStopsTheLastClick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.meanwhile(arriving, nil, func() {
		w.knock(w.edge.cancelled(1043, w.clock.Now(), numberA))
		w.until("the other order has its case", func() bool { return len(w.cases()) == 2 })
	})
	w.contested(state.Held, state.Held)
}

func TestAConflictFoundAfterTheApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mode = machine.Confirm
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	w.cancelled(1042, numberA)
	w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI})
	must(t, err)
	w.rests()
	w.knock(w.edge.cancelled(1043, w.clock.Now(), numberA))
	w.until("the other order has its case", func() bool { return len(w.cases()) == 2 })
	w.works()
	w.contested(state.Held, state.Held)
}

func TestAConflictFoundTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.cancelled(1043, numberA)
	w.knock("gid://shopify/Order/1043")
	w.quiet()
	all := w.cases()
	if w.site.clicks(numberA) != 1 || len(all) != 2 || all[0].Status != state.Requested || all[1].Status != state.Held {
		t.Errorf("%d requests, cases %+v", w.site.clicks(numberA), all)
	}
	if told := w.alerts(machine.AlertConflict); len(told) != 1 || !told[0].Page || told[0].CaseID != all[0].ID {
		t.Errorf("alerts %+v, want one page about the order that was asked", told)
	}
}

// What the operator said holds a number for its order, before any case does.
func TestANumberThatTheOperatorGaveToAnotherOrder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"#1043", "1043"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.site.add(numberB)
			w.boot()
			w.mapped(name, numberA)
			w.cancelled(1042, numberA)
			w.contested(state.Held)
			if why := machine.HeldWhy(w.one()); !strings.Contains(why, "was given to mystore 1043 by the operator") {
				t.Errorf("held because of %q", why)
			}
		})
	}
}

// The operator's own word does not contest itself, however the order is named.
func TestANumberThatTheOperatorGaveToThisOrder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"#1042", "1042"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			w.boot()
			w.mapped(name, numberA)
			w.cancelled(1042, numberA)
			w.requestedOnce(numberA)
		})
	}
}

// An account that the shop order names but nobody configured is no place to
// ask in.
func TestANumberInAnAccountThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.edge.set(func() { w.edge.orders[id].Supplier[0].Account = "second" })
	w.knock(id)
	w.quiet()
	w.contested(state.Held)
	if c := w.one(); c.Account != lane || !strings.Contains(machine.HeldWhy(c), `names account second`) {
		t.Errorf("in account %s, held because of %q", c.Account, machine.HeldWhy(c))
	}
}
