package sync_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// tagAsk is a standing order of one line whose tag asks for a cancel.
func (f *shopfront) tagAsk(n int, numbers ...string) string {
	id := f.cancelled(n, f.clock.Now(), numbers...)
	f.change(id, func(o *shop.Order) {
		o.CancelledAt, o.Reason, o.EditsRead = time.Time{}, "", true
		o.Tags = []string{"cancel-requested"}
		o.Left = map[string]int{"l1": 2}
	})
	return id
}

func (w *world) requestOrNone(id string) (r state.Request) {
	_ = w.store.View(context.Background(), func(tx state.ReadTx) error {
		got, err := tx.Request("mystore", id)
		if err == nil {
			r = got
		}
		return nil
	})
	return r
}

func (w *world) flowKnock(id string) {
	w.t.Helper()
	_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: id, Source: "flow", Topic: shop.FlowTopic("customer")})
	must(w.t, err)
}

func (w *world) open(kind string) (n int) {
	for _, a := range w.alerts(kind) {
		if a.ResolvedAt.IsZero() && a.AckedAt.IsZero() {
			n++
		}
	}
	return n
}

// The cancel could not be sent (nothing was sent); meanwhile the customer
// withdraws.
func TestRequestWithdrawnDuringAShopOutageCancelsNothing(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel"} }) // an error of Cancel: nothing was sent
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestCancelling, "")
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.pass(time.Minute)
	f.set(func() { f.fail = nil })
	for range 5 {
		w.pass(time.Hour)
	}
	f.wrote(t, 0, 0, 0)
}

// A further supplier order turns up while the shop is about to be cancelled.
func TestNewSupplierOrderStopsTheShopCancel(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA)
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	f.change(id, func(o *shop.Order) {
		o.Supplier = append(append([]state.Mapping{}, o.Supplier...), state.Mapping{SupplierOrder: numberB, By: "attribute", Lines: []state.Line{{ID: "l2", Title: "Shade", Quantity: 1}}})
	})
	w.knock(id)
	w.pass(time.Minute)
	f.set(func() { f.fail = nil })
	w.pass(time.Hour)
	if got := w.statuses(); got[numberB] != state.Requested {
		t.Fatalf("cases %v", got)
	}
	f.wrote(t, 0, 0, 0)
}

// Withdrawn after the supplier had cancelled: told once, not at each look.
func TestWithdrawnRequestIsAlertedOnce(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	f.refuse = shop.Problems{{Message: "an open return"}}
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestOpen, "")
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.pass(time.Minute)
	before := len(w.alerts(machine.AlertRequest))
	entries := len(w.journal(w.one().ID))
	for range 5 {
		w.knock(id)
		w.pass(time.Minute)
	}
	if n := len(w.alerts(machine.AlertRequest)); n != before {
		t.Errorf("%d alerts, were %d; journal %d, was %d", n, before, len(w.journal(w.one().ID)), entries)
	}
}

// The supplier cancels after the customer was told no: approve must do what
// the text says, and no look alerts anew.
func TestSupplierAcceptsAfterTheCustomerWasDeclined(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.quiet()
	w.answers(refuses, numberA)
	w.until("the customer is told", func() bool { return w.request(id).Status == state.RequestDeclined })
	w.settle()
	w.answers(closes, numberA)
	w.pass(12 * time.Hour)
	w.wantRequest(id, state.RequestOpen, "after all")
	before := len(w.alerts(machine.AlertRequest))
	for range 3 {
		w.knock(id)
		w.pass(time.Minute)
	}
	if n := len(w.alerts(machine.AlertRequest)); n != before {
		t.Errorf("%d alerts, were %d: %s", n, before, w.request(id).Why)
	}
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann"})
	must(t, err)
	w.pass(time.Hour)
	f.mu.Lock()
	n := f.cancels
	f.mu.Unlock()
	if n != 1 {
		t.Errorf("approved, and the shop's order is not cancelled: %+v", w.request(id))
	}
}

// A line is gone; the customer asks for the rest and thinks better of it.
func TestWithdrawalKeepsTheCaseOfARemovedLine(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) {
		s := o.Shops["mystore"]
		s.Tags, s.Metafield = false, false // else our own tag makes the shop knock
		o.Shops["mystore"] = s
	})
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	id := f.lampAndShade(1042, map[string]int{"l1": 2}, numberA, numberB)
	w.knock(id)
	w.until("a case", func() bool { return len(w.cases()) == 1 })
	f.change(id, func(o *shop.Order) { o.Tags = []string{"cancel-requested"} })
	w.knock(id)
	w.until("both", func() bool { return len(w.cases()) == 2 })
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.until("withdrawn", func() bool { return w.request(id).Status == state.RequestWithdrawn })
	w.rests()
	w.works()
	w.pass(3 * day)
	w.clicked(1, 0)
}

// One of two cases of a request is damaged.
func TestDamagedCaseOfARequestHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines[0].Title = marker })
	w.knock(id)
	w.quiet()
	const other = "8190000000000003"
	w.site.add(other)
	w.cancelled(1043, other)
	w.settle()
	w.hurt(w.e)
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested"}}
	o.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
	w.start(o)
	w.site.set(func() { w.site.orders[other].close(); w.site.orders[numberB].close() })
	w.until("another order's case and the sound one of the same order go on", func() bool {
		w.clock.add(time.Minute)
		return w.caseOf(other).Status == state.Cancelled && w.caseOf(numberB).Status == state.Cancelled
	})
}

// Withdrawn after the supplier was asked, who then cancels: an alert is open.
func TestWithdrawnRequestThatTheSupplierAcceptsIsAlerted(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(time.Hour)
	w.status(state.Cancelled)
	open := w.open(machine.AlertWithdrawn) + w.open(machine.AlertRequest)
	if open == 0 {
		t.Errorf("the goods of an order that stands are cancelled and no alert is open: %+v; request %+v", w.alerts(machine.AlertWithdrawn), w.request(id))
	}
}

// The alert about a shop that could not be written to is resolved afterwards.
func TestShopAlertIsResolvedOnceTheCancelGoesThrough(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	for range 8 {
		w.pass(time.Hour)
	}
	f.set(func() { f.fail = nil })
	w.pass(2 * time.Hour)
	w.settle()
	w.wantRequest(id, state.RequestDone, "")
	if n := w.open(machine.AlertShop); n != 0 {
		t.Errorf("%d pages still stand: %+v", n, w.alerts(machine.AlertShop))
	}
}

// A withdrawn request that does not show as a change of its order.
func TestShopOrderIsReadAgainBeforeTheSupplierIsAsked(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.rests()
	f.change(id, func(o *shop.Order) { o.Edits = nil }) // no webhook, no poll tells
	w.clock.add(6 * time.Hour)
	w.works()
	w.clicked2(0)
}

// Two orders wait in the lane of the shop, and a case of the first is damaged.
func TestDamagedCaseHoldsUpNoOtherOrderInTheShopLane(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	bad := f.asks(1042, true, numberA, numberB)
	f.change(bad, func(o *shop.Order) { o.Supplier[0].Lines[0].Title = marker })
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel"} })
	w.knock(bad)
	w.quiet()
	w.answers(closes, numberA, numberB)
	w.wantRequest(bad, state.RequestCancelling, "")
	const other = "8190000000000003"
	w.site.add(other)
	good := f.tagAsk(1043, other)
	w.knock(good)
	w.quiet()
	w.answers(closes, other)
	w.wantRequest(good, state.RequestCancelling, "")
	w.hurt(w.e)
	f.set(func() { f.fail = nil })
	o := w.options()
	o.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested"}}
	w.start(o)
	w.until("another order's cancel is not stuck behind it", func() bool {
		w.clock.add(time.Minute)
		return w.request(good).Status == state.RequestDone
	})
}

// Wanted, not wanted, wanted, not wanted: the second change of mind after
// the request is told, too.
func TestEachWithdrawalIsAlerted(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	for range 2 {
		f.change(id, func(o *shop.Order) { o.Tags = []string{"cancel-requested"} })
		w.knock(id)
		w.pass(time.Minute)
		w.wantRequest(id, state.RequestAsking, "")
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.pass(time.Minute)
		w.wantRequest(id, state.RequestWithdrawn, "")
		w.view(func(tx state.ReadTx) error { return nil })
	}
	if n := len(w.alerts(machine.AlertWithdrawn)); n != 2 {
		t.Errorf("%d alerts", n)
	}
	w.clicked2(1)
}

// The shop's write that ended in the dark, with the disk full at that moment.
func TestShopCancelIsNotRepeatedAtOnceWhenItsOutcomeIsNotStored(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	var n atomic.Int32
	var tried atomic.Int64
	f.before = func() { // sent, and its end neither seen nor stored: the shop carries it out later
		if n.Add(1) == 1 {
			w.store.FailAll(context.DeadlineExceeded)
			tried.Store(int64(w.store.Updates()))
		}
	}
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel", Sent: true} })
	w.knock(id)
	w.quiet()
	w.site.set(func() { w.site.orders[numberA].close() })
	w.clock.add(30 * time.Minute)
	w.until("it was sent", func() bool { return n.Load() >= 1 })
	at := w.clock.Now()
	w.until("its end could not be stored", func() bool { return int64(w.store.Updates()) > tried.Load() })
	w.store.FailAll(nil)
	w.until("it waits for its time", func() bool {
		effects := 0
		w.view(func(tx state.ReadTx) error {
			due, err := tx.DueEffects(state.ShopLane("mystore"), w.clock.Now(), 10)
			for _, e := range due {
				if e.Kind == state.EffectShopCancel {
					effects++
				}
			}
			return err
		})
		return effects == 0
	})
	if n := n.Load(); n > 1 {
		t.Errorf("sent %d times within %s on the daemon's clock", n, w.clock.Now().Sub(at))
	}
}
