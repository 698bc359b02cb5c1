package sync_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/state/statetest"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

const marker = "a-word-to-be-hurt"

// hurt flips a bit in each record that holds the marker, while nobody works.
func (w *world) hurt(e *casesync.Engine) {
	w.t.Helper()
	w.stop(e)
	must(w.t, w.store.Bolt().Close())
	must(w.t, statetest.Bolt(filepath.Dir(w.store.Path())).Damage(marker))
	must(w.t, w.store.Reopen())
}

// A case that cannot be read any more stops neither the others nor makes
// anybody ask a second time.
func TestDamagedCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	b := w.site.add(numberB)
	first := w.boot()
	bad := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.edge.set(func() {
		o := w.edge.orders[bad]
		o.Reason = marker
		w.edge.orders[bad] = o
	})
	w.knock(bad)
	w.quiet()
	w.cancelled(1043, numberB)
	w.hurt(first)

	w.boot()
	w.knock(bad)
	w.site.set(b.close)
	for range 5 {
		w.clock.add(time.Hour)
		w.until("the other case goes on", func() bool { return w.caseOf(numberB).Status == state.Cancelled && len(w.dueKnocks()) == 0 })
	}
	if a, b := w.site.clicks(numberA), w.site.clicks(numberB); a != 1 || b != 1 {
		t.Errorf("%d and %d requests", a, b)
	}
	if told := w.alerts(machine.AlertShop); len(told) != 1 || !told[0].Page {
		t.Errorf("alerts %+v, want one page", told)
	}
}

func (w *world) dueKnocks() (due []state.Knock) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		due, err = tx.Knocks(w.clock.Now(), 10)
		return err
	})
	return due
}

// A read that cannot be read any more is planned anew.
func TestDamagedEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.site.add(numberA)
	first := w.boot()
	w.cancelled(1042, numberA)
	id := w.one().ID
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutEffect(state.Effect{ID: state.EffectID(id, state.EffectRead), CaseID: id, Kind: state.EffectRead, State: state.EffectPlanned, Lane: lane, Why: marker, NotBefore: start.Add(day)})
		return err
	}))
	w.hurt(first)
	w.boot()
	w.site.set(o.close)
	w.pass(10 * time.Minute)
	w.status(state.Cancelled)
}

// A sign from the shop that cannot be read holds up no other.
func TestDamagedKnock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberB)
	first := w.boot()
	w.stop(first)
	lost, kept := w.edge.cancelled(1042, w.clock.Now(), numberA), w.edge.cancelled(1043, w.clock.Now(), numberB)
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		for id, topic := range map[string]string{lost: marker, kept: "poll"} {
			if _, err := tx.AddKnock(state.Knock{Shop: "mystore", OrderID: id, Topic: topic, ReceivedAt: w.clock.Now(), NotBefore: w.clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	}))
	w.hurt(first)
	w.boot()
	w.until("the other is asked", func() bool { return w.site.clicks(numberB) == 1 && len(w.dueKnocks()) == 0 })
	w.quarantined("knocks")
}

// A due case that cannot be read holds up no other.
func TestDamagedDueCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	first := w.boot()
	bad := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.edge.set(func() {
		o := w.edge.orders[bad]
		o.Reason = marker
		w.edge.orders[bad] = o
	})
	w.knock(bad)
	w.quiet()
	w.cancelled(1043, numberB)
	w.hurt(first)
	w.boot()
	w.clock.add(3*day + time.Hour) // both are due
	w.until("the other's clock is heard", func() bool { return len(w.alerts(machine.AlertAnswerOverdue)) == 1 })
	if a := w.alerts(machine.AlertAnswerOverdue)[0]; a.CaseID != w.caseOf(numberB).ID {
		t.Errorf("alert %+v", a)
	}
	w.quarantined("cases")
}

// A customer's request that cannot be read holds up no other order of the shop.
func TestDamagedRequest(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	for id, edit := range map[string]string{f.asks(1042, false, numberA): marker, f.asks(1043, false, numberB): "e1"} {
		f.change(id, func(o *shop.Order) {
			o.Edits[0].ID, o.Lines, o.Left = edit, lines, map[string]int{"l1": 2}
		})
		w.knock(id)
	}
	w.until("both are asked", func() bool { return w.site.clicks(numberA)+w.site.clicks(numberB) == 2 })
	f.set(func() { f.fail = errDied })
	w.answers(closes, numberA)
	w.answers(closes, numberB)
	w.pass(time.Hour)
	o := w.options()
	w.hurt(w.e)
	f.set(func() { f.fail = nil })
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Refund: shop.RefundOriginal}}
	w.start(o)
	w.clock.add(time.Hour)
	w.until("the other order is cancelled", func() bool { n := 0; f.set(func() { n = f.cancels }); return n == 1 })
	w.quarantined("requests")
}

// Of two supplier orders of one customer's request one record is damaged: the
// other waits for a person, who may have it asked, and an order that has
// nothing to do with them is asked.
func TestDamagedCaseBesideASoundOne(t *testing.T) {
	t.Parallel()
	const third = "8190000000000003"
	w, f := firstWorld(t)
	for _, number := range []string{numberA, numberB, third} {
		w.site.add(number)
	}
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Detail: "no session"} })
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) { o.Supplier[1].Lines[0].Title = marker })
	w.knock(id)
	w.until("both are queued", func() bool { return len(w.cases()) == 2 })
	w.clock.add(time.Hour)
	w.knock(f.cancelled(1043, w.clock.Now(), third))
	w.until("the third is queued", func() bool { return len(w.cases()) == 3 })
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested", Refund: shop.RefundOriginal}}
	w.hurt(w.e)
	w.start(o)
	w.site.set(func() { w.site.down = nil })
	w.clock.add(day)
	w.until("the third is asked", func() bool { return w.site.clicks(third) == 1 })
	w.until("the other is held", func() bool { return w.caseOf(numberA).Status == state.Held })
	c := w.caseOf(numberA)
	if told := w.alerts(machine.AlertHeld); !strings.Contains(machine.HeldWhy(c), "damaged") || len(told) != 1 || told[0].CaseID != c.ID || len(w.alerts(machine.AlertRequest)) != 1 {
		t.Errorf("held because %q; alerts %+v", machine.HeldWhy(c), w.alerts(machine.AlertHeld))
	}
	_, err := w.e.Decide(context.Background(), c.ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann"})
	must(t, err)
	w.until("it is asked, as a person said", func() bool { return w.caseOf(numberA).Status == state.Requested })
	if a, b := w.site.clicks(numberA), w.site.clicks(numberB); a != 1 || b != 0 {
		t.Errorf("%d and %d requests", a, b)
	}
}

// quarantined: one record was set aside, which the upkeep tells a person of.
func (w *world) quarantined(bucket string) {
	w.t.Helper()
	var rows []state.Quarantined
	w.until("a record is set aside", func() bool {
		w.view(func(tx state.ReadTx) (err error) {
			rows, _, err = tx.Quarantine(state.Page{})
			return err
		})
		return len(rows) > 0
	})
	if len(rows) != 1 || rows[0].Bucket != bucket {
		w.t.Errorf("in quarantine: %+v, want one of %s", rows, bucket)
	}
}

// brittle is a store in which nothing can be added to one case's journal.
type brittle struct {
	*statetest.Store
	bad atomic.Pointer[string]
}

type brittleTx struct {
	state.Tx
	bad *atomic.Pointer[string]
}

var errBrittle = errors.New("that case cannot be written")

func (b *brittle) Update(ctx context.Context, fn func(state.Tx) error) error {
	return b.Store.Update(ctx, func(tx state.Tx) error { return fn(brittleTx{tx, &b.bad}) })
}

func (t brittleTx) AddEntry(id string, e state.Entry) error {
	if bad := t.bad.Load(); bad != nil && *bad == id {
		return errBrittle
	}
	return t.Tx.AddEntry(id, e)
}

// TestOneCaseThatFails: whatever goes wrong with one case, the others are
// asked, read and moved, and a person hears of it until it is over.
func TestOneCaseThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	b := w.site.add(numberB)
	third := w.site.add("8190000000000003")
	o := w.options()
	store := &brittle{Store: w.store}
	o.Store = store
	w.start(o)
	w.cancelled(1042, numberA)
	w.cancelled(1043, numberB)
	bad := w.caseOf(numberA).ID
	store.bad.Store(&bad)
	shopOrder := w.caseOf(numberA).ShopOrderID
	w.edge.set(func() { // which is news of the case
		order := w.edge.orders[shopOrder]
		order.Supplier = nil
		w.edge.orders[shopOrder] = order
	})
	w.knock(shopOrder)
	w.cancelled(1044, third.Number)
	w.site.set(b.close)
	for range 8 {
		w.clock.add(12 * time.Hour)
		w.until("nothing is due", w.idle)
	}
	if got := w.caseOf(numberB).Status; got != state.Cancelled {
		t.Errorf("the second is %s", got)
	}
	if got := w.caseOf(third.Number); got.Status != state.Requested || w.site.clicks(third.Number) != 1 {
		t.Errorf("the third is %s", got.Status)
	}
	told := w.alerts(machine.AlertFault)
	if len(told) == 0 || told[0].CaseID != bad || !told[0].Page || !strings.Contains(told[0].Title, numberA) {
		t.Errorf("alerts %+v", told)
	}
	store.bad.Store(nil)
	w.site.set(w.site.orders[numberA].close)
	for range 4 {
		w.pass(12 * time.Hour)
	}
	for _, a := range w.alerts(machine.AlertFault) {
		if a.ResolvedAt.IsZero() {
			t.Errorf("%s: %s still stands", a.Title, a.Key)
		}
	}
	if c := w.caseOf(numberA); c.Status != state.Cancelled {
		t.Errorf("the first is %s", c.Status)
	}
}

// A message that cannot be worded holds up nothing, and a person hears of it.
func TestMessageThatCannotBeWorded(t *testing.T) {
	t.Parallel()
	w, _ := firstWorld(t, func(o *casesync.Options) {
		o.Policy.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true}
		a := o.Accounts[lane]
		a.Messenger = &pen{}
		o.Accounts[lane] = a
		o.Texts = func(state.EffectKind, state.Case) ([]string, error) { return nil, errors.New("no words") }
	})
	o := w.site.add(numberA)
	w.cancelled(1042, numberA)
	for range 5 {
		w.pass(10 * time.Minute)
	}
	if told := w.alerts(machine.AlertFault); len(told) != 1 || !strings.Contains(told[0].Text, "no words") {
		t.Errorf("alerts %+v", told)
	}
	w.site.set(o.close)
	w.pass(3 * time.Hour)
	w.status(state.Cancelled)
}

// An attempt whose end could not be stored is ended later, whatever else is
// asked in the meantime.
func TestAttemptWhoseEndWasNotStoredIsEndedLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	o := w.options()
	store := &brittle{Store: w.store}
	o.Store = store
	var once sync.Once
	w.site.at = func(_ context.Context, m moment) error {
		if m == afterClick {
			once.Do(func() {
				bad := w.caseOf(numberA).ID
				store.bad.Store(&bad)
			})
		}
		return nil
	}
	w.start(o)
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.until("its end cannot be stored", func() bool { return store.bad.Load() != nil && w.idle() })
	store.bad.Store(nil)
	w.cancelled(1043, numberB)
	w.pass(time.Hour)
	for _, number := range []string{numberA, numberB} {
		if c := w.caseOf(number); c.Status != state.Requested || w.site.clicks(number) != 1 {
			t.Errorf("%s is %s after %d clicks", number, c.Status, w.site.clicks(number))
		}
	}
}
