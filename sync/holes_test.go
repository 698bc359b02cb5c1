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

// A Flow request that came beside another knock while the shop was down.
func TestHoleFlowLostInOutage(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	f.set(func() { f.err = &shop.Error{Kind: shop.Unavailable, Op: "read"} })
	w.knock(id)
	w.quiet()
	w.flowKnock(id) // answered 202
	w.clock.add(2 * time.Minute)
	w.quiet()
	w.clock.add(10 * time.Minute)
	w.quiet()
	f.set(func() { f.err = nil })
	for range 5 {
		w.pass(2 * time.Hour)
	}
	if r := w.requestOrNone(id); r.Status == "" {
		t.Errorf("the request that Flow made is forgotten: %+v, cases %+v", r, w.cases())
	}
}

// The cancel could not be sent (nothing was sent); meanwhile the customer
// withdraws.
func TestHoleWithdrawnWhileShopDown(t *testing.T) {
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
func TestHoleNewSupplierWhileCancelling(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
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

// One line of two has a number; its supplier accepts.
func TestHoleUncoveredLine(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA) // covers l1 only; l2 has no number (yet)
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
	t.Logf("request %+v, alerts %d", w.request(id), len(w.alerts(casesync.AlertRequest))+len(w.alerts(casesync.AlertUnmapped)))
}

// The same of an order that the shop cancelled: the other line has no case.
func TestHoleUncoveredLineOfACancelledOrder(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(id)
	w.quiet()
	if all := w.cases(); len(all) != 2 {
		t.Errorf("nobody hears of the line without a number: %d cases, %d alerts unmapped", len(all), len(w.alerts(casesync.AlertUnmapped)))
	}
}

// A request for a line that no known supplier order covers.
func TestHolePartOfNoSupplier(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, false, numberA) // asks for l1
	f.change(id, func(o *shop.Order) {
		o.Supplier[0].Lines = []state.Line{{ID: "l2", Title: "Shade", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	for range 5 {
		w.pass(day)
	}
	if r := w.request(id); r.Status == state.RequestAsking && len(w.cases()) == 0 && len(w.alerts(casesync.AlertRequest))+len(w.alerts(casesync.AlertUnmapped)) == 0 {
		t.Errorf("nobody hears of it: %+v", r)
	}
}

// Withdrawn after the supplier had cancelled: each look pages anew.
func TestHoleWithdrawnPagesAgain(t *testing.T) {
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
	before := len(w.alerts(casesync.AlertRequest))
	entries := len(w.journal(w.one().ID))
	for range 5 {
		w.knock(id)
		w.pass(time.Minute)
	}
	if n := len(w.alerts(casesync.AlertRequest)); n != before {
		t.Errorf("%d alerts, were %d; journal %d, was %d", n, before, len(w.journal(w.one().ID)), entries)
	}
}

// The supplier cancels after the customer was told no: approve must do what
// the text says, and no look pages anew.
func TestHoleAcceptedAfterDecline(t *testing.T) {
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
	before := len(w.alerts(casesync.AlertRequest))
	for range 3 {
		w.knock(id)
		w.pass(time.Minute)
	}
	if n := len(w.alerts(casesync.AlertRequest)); n != before {
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

// A line that was shipped and returned long ago is asked for.
func TestHoleReturnedLine(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) {
		o.Left = map[string]int{"l1": 0, "l2": 1} // l1 came back: it is not in Gone
		o.Gone = map[string]int{}
		o.Edits[0].Removals = []shop.Removal{{LineID: "l2", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	w.clicked(0, 1)
}

// An edit of last year of which the shop does not tell the time.
func TestHoleOldEdit(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) {
		s := o.Shops["mystore"]
		s.Since = start.Add(-72 * time.Hour)
		o.Shops["mystore"] = s
	})
	w.site.add(numberA).OrderedAt = start.Add(-364 * day)
	id := f.lampAndShade(1042, map[string]int{"l1": 2}, numberA)
	f.change(id, func(o *shop.Order) { o.CreatedAt, o.GoneAt = start.Add(-365*day), time.Time{} })
	w.knock(id) // somebody added a tag today
	w.quiet()
	w.clicked2(0)
}

// A tag of last year.
func TestHoleOldTag(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) {
		s := o.Shops["mystore"]
		s.Since = start.Add(-72 * time.Hour)
		o.Shops["mystore"] = s
	})
	w.site.add(numberA).OrderedAt = start.Add(-364 * day)
	id := f.tagAsk(1042, numberA)
	f.change(id, func(o *shop.Order) { o.CreatedAt = start.Add(-365 * day) })
	w.knock(id)
	w.quiet()
	w.clicked2(0)
}

// Lines are taken off while a request about others waits for a person.
func TestHoleRemovalWhileRequestOpen(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	id := f.asks(1042, false, numberA, numberB) // l1
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestOpen, "whole orders only")
	f.change(id, func(o *shop.Order) {
		o.Gone, o.GoneAt = map[string]int{"l2": 1}, f.clock.Now()
		o.Left = map[string]int{"l1": 2, "l2": 0}
	})
	w.knock(id)
	w.quiet()
	w.pass(3 * day)
	w.clicked(1, 1)
}

// Declined, the tag taken off and put on again.
func TestHoleTagTwice(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	w.knock(id)
	w.quiet()
	w.answers(refuses, numberA)
	w.wantRequest(id, state.RequestDeclined, "")
	opened := w.request(id).OpenedAt
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) { o.Tags = []string{"cancel-requested"} })
	w.knock(id)
	w.pass(time.Hour)
	if r := w.request(id); r.OpenedAt.Equal(opened) {
		t.Errorf("the second request is forgotten: %+v", r)
	}
}

// A Flow request about an order whose old tag was dealt with.
func TestHoleFlowBehindAnOldTag(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	w.knock(id)
	w.quiet()
	w.answers(refuses, numberA)
	w.wantRequest(id, state.RequestDeclined, "")
	opened := w.request(id).OpenedAt
	w.flowKnock(id)
	w.pass(time.Hour)
	if r := w.request(id); r.OpenedAt.Equal(opened) {
		t.Errorf("Flow's request is forgotten: %+v", r)
	}
}

// What observe did not write is never made up for.
func TestHoleObserveThenAuto(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) { o.Policy.Mode = casesync.Observe })
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	w.knock(id)
	w.quiet()
	w.site.set(func() { w.site.orders[numberA].close() }) // the operator cancelled by hand
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventRetry, By: state.ByCLI})
	must(t, err)
	w.pass(time.Hour)
	t.Logf("observing: %+v", w.request(id))
	f.wrote(t, 0, 0, 0)
	w.stop(w.e)
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested", Refund: shop.RefundNone}}
	w.start(o)
	w.knock(id)
	for range 3 {
		w.pass(day)
	}
	r := w.request(id)
	f.mu.Lock()
	n := f.cancels
	f.mu.Unlock()
	if n == 0 && w.open(casesync.AlertRequest) == 0 && !r.Status.Ended() {
		_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI})
		t.Errorf("half done in silence: %s (%s); approve: %v", r.Status, r.Why, err)
	}
}

// supplier_first is switched off while a request is under way.
func TestHoleSwitchedOff(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	w.knock(id)
	w.quiet()
	w.stop(w.e)
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane}
	w.start(o)
	f.change(id, func(o *shop.Order) { o.Tags = nil }) // withdrawn, too
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
}

// A line is added to the order after the customer asked for all the rest.
func TestHoleLineAddedLater(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	id := f.asks(1042, true, numberA, numberB)
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) {
		o.Lines = append(append([]state.Line{}, o.Lines...), state.Line{ID: "l3", Title: "Bulb", Quantity: 1})
		o.Left = map[string]int{"l1": 2, "l2": 1, "l3": 1}
	})
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA, numberB)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
}

// A line is gone; the customer asks for the rest and thinks better of it.
func TestHoleWithdrawnButGone(t *testing.T) {
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

// One damaged case of an order with a request stops everything.
func TestHoleDamagedCaseOfARequest(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
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

// Withdrawn after the supplier was asked, who then cancels.
func TestHoleWithdrawnThenAccepted(t *testing.T) {
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
	open := w.open(casesync.AlertWithdrawn) + w.open(casesync.AlertRequest)
	if open == 0 {
		t.Errorf("the goods of an order that stands are cancelled and no alert is open: %+v; request %+v", w.alerts(casesync.AlertWithdrawn), w.request(id))
	}
}

// The page about a shop that could not be written to stays for ever.
func TestHoleShopAlertStays(t *testing.T) {
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
	if n := w.open(casesync.AlertShop); n != 0 {
		t.Errorf("%d pages still stand: %+v", n, w.alerts(casesync.AlertShop))
	}
}

// A withdrawn request that does not show as a change of its order.
func TestHoleWithdrawalUnseen(t *testing.T) {
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

// The number is named by another order, which stands.
func TestHoleNumberOfAStandingOrder(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 4}} // the goods of both
	other := f.tagAsk(1043, numberA)
	f.change(other, func(o *shop.Order) { o.Tags = nil })
	w.knock(other) // orders/updated: the order is read, number and all
	w.quiet()
	w.cancelled(1042, numberA)
	w.clicked2(0)
}

// The merchant marks the request as done before the supplier is asked.
func TestHoleResolvedBeforeAsked(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.rests()
	f.change(id, func(o *shop.Order) { o.Edits[0].Status = shop.EditResolved }) // and the order stands whole
	w.knock(id)
	w.until("seen", func() bool { return w.request(id).Status == state.RequestDone })
	w.works()
	w.clicked2(0)
}

// A new request after an earlier one was left alone by a person.
func TestHoleAskedAgainAfterIgnore(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) { o.Policy.Mode = casesync.Confirm })
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.quiet()
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventIgnore, By: state.ByCLI})
	must(t, err)
	w.settle()
	w.wantRequest(id, state.RequestDeclined, "")
	w.pass(day)
	f.change(id, func(o *shop.Order) {
		e := o.Edits[0]
		e.ID, e.Status, e.RequestedAt = "e2", shop.EditRequested, f.clock.Now()
		o.Edits = append(o.Edits, e)
	})
	w.knock(id)
	w.settle()
	f.wrote(t, 0, 0, 1) // the second one is put to a person, or to the supplier
}

// The same, where the request came from Flow or the shop's own page: the
// tag's absence does not stop it.
func TestHoleSwitchedOffEdit(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.quiet()
	w.stop(w.e)
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane}
	w.start(o)
	f.change(id, func(o *shop.Order) { o.Edits, o.EditsRead = nil, false }) // not asked for any more; withdrawn
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
}

// goneEdits is a shop whose customer took the request back once the order was
// cancelled: there is nothing to resolve.
type goneEdits struct {
	*shopfront
	asked *int
}

func (g goneEdits) ResolveEdit(context.Context, string) error {
	g.set(func() { *g.asked++ })
	return &shop.Error{Kind: shop.NotFound, Op: "resolve"}
}

// What can never be answered is tried for ever.
func TestHoleResolveForEver(t *testing.T) {
	t.Parallel()
	n := 0
	w, f := firstWorld(t, func(o *casesync.Options) {
		s := o.Shops["mystore"]
		s.Writer = goneEdits{s.Writer.(*shopfront), &n}
		o.Shops["mystore"] = s
	})
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	for range 72 {
		w.pass(time.Hour)
	}
	if n > 10 {
		t.Errorf("asked %d times in three days, %d pages open", n, w.open(casesync.AlertShop))
	}
}

func withRules(list ...casesync.Rule) func(*casesync.Options) {
	return func(o *casesync.Options) {
		rules, err := casesync.ParseRules(list)
		if err != nil {
			panic(err)
		}
		o.Policy.Rules = rules
	}
}

// Facts are those of the first look, however old.
func TestHoleStaleFacts(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, withRules(casesync.Rule{When: `"keep" in order.tags`, Then: "ignore"}))
	w.site.add(numberA)
	id := f.cancelled(1042, w.clock.Now())
	f.change(id, func(o *shop.Order) { o.Total, o.Financial = usd(20), "paid" })
	w.knock(id)
	w.quiet()
	w.status(state.Unmapped)
	f.change(id, func(o *shop.Order) {
		o.Tags = append(o.Tags, "keep")
		o.Supplier = []state.Mapping{{SupplierOrder: numberA, By: "attribute", Lines: lines}}
	})
	w.knock(id)
	w.quiet()
	w.clicked2(0)
}

// Withdrawn while the page is open; the person then sees a held case.
func TestHoleMixedTakenOff(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) { o.Edits = nil; o.Tags = []string{"cancel-requested"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.answers(refuses, numberB)
	w.wantRequest(id, state.RequestOpen, "take the lines off in Shopify")
	// The operator does as told, and takes the tag off as it is done.
	f.change(id, func(o *shop.Order) {
		o.Gone, o.GoneAt = map[string]int{"l1": 2}, f.clock.Now()
		o.Left = map[string]int{"l1": 0, "l2": 1}
		o.Tags = nil
	})
	w.knock(id)
	w.settle()
	if r := w.request(id); !r.Status.Ended() {
		t.Errorf("%s (%s), %d alerts", r.Status, r.Why, len(w.alerts(casesync.AlertRequest)))
	}
}

// A lane that fails on one damaged record: what the shop's lane does.
func TestHoleShopLaneBehindADamagedCase(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
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

// A second file names the order's other supplier order.
func TestHoleSecondImport(t *testing.T) {
	t.Parallel()
	w, _ := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	for _, n := range []string{numberA, numberB} {
		_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{"1042": {{SupplierOrder: n}}}, "ann")
		must(t, err)
	}
	w.cancelled(1042)
	if got := w.statuses(); len(got) != 2 && got[numberB] != state.Held {
		t.Errorf("cases %v: the first file's number is forgotten", got)
	}
}

// A second request while the first one is under way.
func TestHoleSecondEdit(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	id := f.asks(1042, false, numberA, numberB) // l1
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) {
		o.Edits = append(o.Edits, shop.RequestedEdit{ID: "e2", Status: shop.EditRequested, RequestedAt: f.clock.Now(), Removals: []shop.Removal{{LineID: "l2", Quantity: 1}}})
	})
	w.knock(id)
	w.pass(time.Hour)
	w.answers(closes, numberA)
	w.pass(3 * day)
	w.clicked(1, 1)
}

// Wanted, not wanted, wanted, not wanted: the second change of mind after
// the request is told, too.
func TestHoleWithdrawnTwice(t *testing.T) {
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
	if n := len(w.alerts(casesync.AlertWithdrawn)); n != 2 {
		t.Errorf("%d alerts", n)
	}
	w.clicked2(1)
}

// The file names a SKU that two of the shop's lines have; one of them went.
func TestHoleOneSKUTwoLines(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]int{"without quantities": 0, "with them": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA).Lines = []state.Line{{Quantity: 2}}
			_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
				"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "LAMP", Quantity: q}}}},
			}, "ann")
			must(t, err)
			id := f.lampAndShade(1042, map[string]int{"l1": 1})
			f.change(id, func(o *shop.Order) {
				o.Lines = []state.Line{{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 1}, {ID: "l2", Title: "Lamp, engraved", SKU: "LAMP", Quantity: 1}}
				o.Left = map[string]int{"l1": 0, "l2": 1}
			})
			w.knock(id)
			w.quiet()
			w.status(state.Held)
			w.clicked2(0)
		})
	}
}

// Half of a line went; the other half is bought by another number.
func TestHoleUncoveredLineWhenSomeWent(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.lampAndShade(1042, map[string]int{"l2": 1}, numberA) // A covers l1; the number of l2 is not known
	w.knock(id)
	w.quiet()
	for range 5 {
		w.pass(day)
	}
	if len(w.cases()) == 0 && len(w.every()) == 0 {
		t.Error("the line that went is forgotten")
	}
}

// The shop's write that ended in the dark, with the disk full at that moment.
func TestHoleStoreFailsAfterTheCancel(t *testing.T) {
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

// The file names two SKUs of one AliExpress order; the shop's line of the
// second has another SKU by now and stands.
func TestHoleUnknownSKU(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
		"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "LAMP", Quantity: 2}, {SKU: "SHADE-OLD", Quantity: 1}}}},
	}, "ann")
	must(t, err)
	id := f.lampAndShade(1042, map[string]int{"l1": 2})
	f.change(id, func(o *shop.Order) {
		o.Lines = []state.Line{{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 2}, {ID: "l2", Title: "Shade", SKU: "SHADE", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	w.clicked2(0)
}
