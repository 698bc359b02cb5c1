package sync_test

import (
	"context"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// A Flow request that came beside another knock while the shop was down.
func TestFlowRequestSurvivesAShopOutage(t *testing.T) {
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

// An edit of last year of which the shop does not tell the time.
func TestUndatedRemovalFromAnOldOrderIsNotAsked(t *testing.T) {
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
func TestTagOnAnOldOrderIsNotAsked(t *testing.T) {
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

// Declined, the tag taken off and put on again.
func TestTagPutOnAgainIsANewRequest(t *testing.T) {
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
func TestFlowRequestBesideADeclinedTagIsANewRequest(t *testing.T) {
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

// What the mode observe did not write in the shop is written or told later.
func TestRequestAcceptedWhileObservingIsFinishedOrAlerted(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) { o.Policy.Mode = machine.Observe })
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
	if n == 0 && w.open(machine.AlertRequest) == 0 && !r.Status.Ended() {
		_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI})
		t.Errorf("half done in silence: %s (%s); approve: %v", r.Status, r.Why, err)
	}
}

// supplier_first is switched off while a request is under way.
func TestRequestByTagCancelsNothingOnceSwitchedOff(t *testing.T) {
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

// The merchant marks the request as done before the supplier is asked.
func TestRequestResolvedInTheShopIsNotAsked(t *testing.T) {
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
func TestNewRequestAfterAnIgnoredCaseIsNotDeclined(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) { o.Policy.Mode = machine.Confirm })
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
func TestRequestByEditCancelsNothingOnceSwitchedOff(t *testing.T) {
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

// A request that the shop does not know any more is not resolved for ever.
func TestResolvingAVanishedRequestIsGivenUp(t *testing.T) {
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
		t.Errorf("asked %d times in three days, %d pages open", n, w.open(machine.AlertShop))
	}
}

// A second request while the first one is under way.
func TestSecondRequestDuringTheFirstIsAsked(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
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
