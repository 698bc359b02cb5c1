package sync_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// shopfront is the shop that can be written to. It keeps what was written.
type shopfront struct {
	*edge
	clock *clock

	cancels, resolves, declines int
	note                        string
	docs                        map[string]json.RawMessage
	refuse                      shop.Problems // of the cancel
	lose                        int           // cancels whose end is not seen
	fail                        error         // all writes
	before                      func()        // each cancel
}

func (f *shopfront) change(id string, fn func(*shop.Order)) {
	f.set(func() {
		o := f.orders[id]
		o.Tags, o.Edits = slices.Clone(o.Tags), slices.Clone(o.Edits)
		fn(&o)
		o.UpdatedAt = f.clock.Now()
		f.orders[id] = o
	})
}

func (f *shopfront) Cancel(_ context.Context, c shop.CancelOrder) (out shop.Cancelled, err error) {
	if f.before != nil {
		f.before()
	}
	f.change(c.ID, func(o *shop.Order) {
		switch {
		case f.fail != nil:
			err = f.fail
			return
		case !o.CancelledAt.IsZero():
			out = shop.Cancelled{Outcome: shop.CancelDone, At: o.CancelledAt, Financial: "refunded"}
			return
		case len(f.refuse) > 0:
			out = shop.Cancelled{Outcome: shop.CancelRefused, Problems: f.refuse}
			return
		}
		f.cancels++
		o.CancelledAt, o.Reason = f.clock.Now(), c.Reason
		if out = (shop.Cancelled{Outcome: shop.CancelDone, At: o.CancelledAt, Financial: "refunded"}); f.lose > 0 {
			f.lose--
			out = shop.Cancelled{Outcome: shop.CancelUnclear, Err: errors.New("the answer was lost")}
		}
	})
	return out, err
}

func (f *shopfront) SetTag(_ context.Context, id, prefix, tag string) error {
	if f.fail != nil {
		return f.fail
	}
	f.change(id, func(o *shop.Order) {
		o.Tags = slices.DeleteFunc(o.Tags, func(t string) bool { return strings.HasPrefix(t, prefix) })
		o.Tags = append(o.Tags, tag)
	})
	return nil
}

func (f *shopfront) SetMetafield(_ context.Context, id string, doc json.RawMessage) error {
	f.set(func() { f.docs[id] = doc })
	return f.fail
}

func (f *shopfront) ResolveEdit(_ context.Context, id string) error {
	return f.end(id, shop.EditResolved, &f.resolves)
}

func (f *shopfront) DeclineEdit(_ context.Context, id, note string) error {
	f.set(func() { f.note = note })
	return f.end(id, shop.EditDeclined, &f.declines)
}

func (f *shopfront) end(id string, to shop.EditStatus, n *int) error {
	if f.fail != nil {
		return f.fail
	}
	f.set(func() {
		for _, o := range f.orders {
			for i := range o.Edits {
				if o.Edits[i].ID == id && o.Edits[i].Status != to {
					o.Edits[i].Status = to
					*n++
				}
			}
		}
	})
	return nil
}

// firstWorld asks suppliers first.
func firstWorld(t *testing.T, change ...func(*casesync.Options)) (*world, *shopfront) {
	t.Helper()
	w := newWorld(t)
	f := &shopfront{edge: w.edge, clock: w.clock, docs: map[string]json.RawMessage{}}
	o := w.options()
	o.Shops["mystore"] = casesync.Shop{
		Edge: f, Writer: f, Account: lane, Tags: true, Metafield: true,
		First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested", Refund: shop.RefundOriginal, Decline: true, DeclineNote: "too late"},
	}
	for _, c := range change {
		c(&o)
	}
	w.start(o)
	return w, f
}

// twoSuppliers is firstWorld with an order at each of two suppliers.
func twoSuppliers(t *testing.T) (*world, *shopfront) {
	t.Helper()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB).Lines = []state.Line{{ID: "l2", Quantity: 1}}
	return w, f
}

// asks puts a standing order with a customer's request into the shop.
func (f *shopfront) asks(n int, whole bool, numbers ...string) string {
	id := f.cancelled(n, f.clock.Now(), numbers...)
	f.change(id, func(o *shop.Order) {
		o.CancelledAt, o.Reason, o.EditsRead = time.Time{}, "", true
		o.Lines = []state.Line{{ID: "l1", Title: "Lamp", Quantity: 2}, {ID: "l2", Title: "Shade", Quantity: 1}}
		o.Left = map[string]int{"l1": 2, "l2": 1}
		removals := []shop.Removal{{LineID: "l1", Quantity: 2}}
		if whole {
			removals = append(removals, shop.Removal{LineID: "l2", Quantity: 1})
		}
		o.Edits = []shop.RequestedEdit{{ID: "e1", Status: shop.EditRequested, RequestedAt: f.clock.Now(), Removals: removals}}
		for i := range o.Supplier {
			o.Supplier[i].Lines = []state.Line{{ID: "l1", Title: "Lamp", Quantity: 2}}
		}
		if len(numbers) > 1 {
			o.Supplier[1].Lines = []state.Line{{ID: "l2", Title: "Shade", Quantity: 1}}
		}
	})
	return id
}

func (w *world) request(id string) (r state.Request) {
	w.t.Helper()
	w.view(func(tx state.ReadTx) (err error) {
		r, err = tx.Request("mystore", id)
		return err
	})
	return r
}

// answers lets suppliers close or refuse orders, and be seen to.
func (w *world) answers(change func(number string, o *order), numbers ...string) {
	w.t.Helper()
	w.site.set(func() {
		for _, n := range numbers {
			change(n, w.site.orders[n])
		}
	})
	w.pass(30 * time.Minute)
	w.settle()
}

// settle lets write-backs and what follows from them be done.
func (w *world) settle() {
	w.t.Helper()
	w.pass(10 * time.Second)
	w.pass(10 * time.Second)
}

func closes(_ string, o *order) { o.close() }

func refuses(_ string, o *order) {
	o.Phase, o.StatusText, o.RefusedText, o.caption = state.PhaseProcessing, "Processing", "declined", "Processing again"
}

func (w *world) wantRequest(id string, want state.RequestStatus, why string) {
	w.t.Helper()
	if r := w.request(id); r.Status != want || !strings.Contains(r.Why, why) {
		w.t.Fatalf("the request is %s (%s), want %s (%s); cases %+v", r.Status, r.Why, want, why, w.cases())
	}
}

func (f *shopfront) wrote(t *testing.T, cancels, resolves, declines int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cancels != cancels || f.resolves != resolves || f.declines != declines {
		t.Errorf("the shop saw %d cancels, %d resolves and %d declines; want %d, %d, %d", f.cancels, f.resolves, f.declines, cancels, resolves, declines)
	}
}

func (f *shopfront) tags(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.orders[id].Tags)
}

func TestAllAccept(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	w.knock(id)
	w.quiet()
	w.wantRequest(id, state.RequestAsking, "")
	f.wrote(t, 0, 0, 0)
	w.answers(closes, numberA)
	f.wrote(t, 0, 0, 0) // the other one has not answered
	w.answers(closes, numberB)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	w.settle()
	f.wrote(t, 1, 1, 0)
	for _, c := range w.cases() {
		if c.Cause != state.CauseCancelled || c.CancelledAt.IsZero() || c.Status != state.Cancelled {
			t.Errorf("case %+v does not know that the shop cancelled", c)
		}
	}
	if got := f.tags(id); !slices.Equal(got, []string{"countermand:cancelled"}) {
		t.Errorf("tags %q", got)
	}
	if doc := string(f.docs[id]); !strings.Contains(doc, numberA) || !strings.Contains(doc, numberB) {
		t.Errorf("metafield %s", doc)
	}
	w.clicked(1, 1)
}

func TestAllRefuse(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) {
		o.Supplier[0].Lines = nil
		o.Lines = o.Lines[:1]
		o.Edits[0].Removals = o.Edits[0].Removals[:1]
	})
	w.knock(id)
	w.quiet()
	w.answers(refuses, numberA)
	w.until("the customer is told", func() bool { return w.request(id).Status == state.RequestDeclined })
	w.settle()
	f.wrote(t, 0, 0, 1)
	if f.note != "too late" {
		t.Errorf("the customer reads %q", f.note)
	}
	w.status(state.Refused)
	// The supplier thinks better of it: a person must know.
	w.answers(closes, numberA)
	w.pass(12 * time.Hour)
	w.wantRequest(id, state.RequestOpen, "after all")
	if a := w.alerts(machine.AlertRequest); len(a) != 1 || !a[0].Page {
		t.Errorf("alerts %+v", a)
	}
	f.wrote(t, 0, 0, 1)
}

func TestMixedAnswers(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.answers(refuses, numberB)
	w.wantRequest(id, state.RequestOpen, "of 2 suppliers 1 accepted and 1 did not")
	f.wrote(t, 0, 0, 0)
	if a := w.alerts(machine.AlertRequest); len(a) != 1 || !a[0].Page || a[0].ResolvedAt != (time.Time{}) {
		t.Errorf("alerts %+v", a)
	}
	// A person decides.
	all := w.cases()
	_, err := w.e.Decide(context.Background(), all[0].ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann", Note: "I eat the rest"})
	must(t, err)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	w.settle()
	f.wrote(t, 1, 1, 0)
	if a := w.alerts(machine.AlertRequest); a[0].ResolvedAt.IsZero() {
		t.Error("the alert stands after the decision")
	}
}

func TestShopRefusesTheCancel(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	f.refuse = shop.Problems{{Code: "INVALID", Message: "an open return"}}
	id := f.cancelled(1042, w.clock.Now(), numberA)
	f.change(id, func(o *shop.Order) { o.CancelledAt = time.Time{}; o.Tags = []string{"Cancel-Requested"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestOpen, "an open return")
	w.pass(day)
	f.wrote(t, 0, 0, 0)
	c := w.one()
	f.set(func() { f.refuse = nil })
	_, err := w.e.Decide(context.Background(), c.ID, state.Event{Kind: state.EventRetry, By: state.ByCLI, Who: "ann"})
	must(t, err)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	f.wrote(t, 1, 0, 0)
}

// The cancel of which the end is not known is looked at before anything is
// sent again.
func TestShopCancelUnclear(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	f.lose = 1
	id := f.cancelled(1042, w.clock.Now(), numberA)
	f.change(id, func(o *shop.Order) { o.CancelledAt = time.Time{}; o.Tags = []string{"cancel-requested"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(5 * time.Minute)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	f.wrote(t, 1, 0, 0)
}

func TestWithdrawnRequests(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		asked, closed bool
		want          state.RequestStatus
		status        state.Status
		alerts        int
	}{
		"before the supplier was asked": {want: state.RequestWithdrawn, status: state.Ignored},
		"after it was asked":            {asked: true, want: state.RequestWithdrawn, status: state.Requested, alerts: 1},
		"after it was cancelled":        {asked: true, closed: true, want: state.RequestOpen, status: state.Cancelled, alerts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA)
			if !tc.asked {
				w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
			}
			if tc.closed { // the shop's side must not be done before the request is gone
				f.before = func() { t.Error("the shop's order was cancelled") }
			}
			id := f.cancelled(1042, w.clock.Now(), numberA)
			f.change(id, func(o *shop.Order) { o.CancelledAt = time.Time{}; o.Tags = []string{"cancel-requested"} })
			w.knock(id)
			if !tc.asked {
				w.rests()
			} else {
				w.quiet()
			}
			f.change(id, func(o *shop.Order) { o.Tags = nil })
			if tc.closed {
				w.site.set(func() { w.site.orders[numberA].close() })
				w.pass(30 * time.Minute)
			} else {
				w.knock(id)
			}
			w.until("the request is followed", func() bool { return w.request(id).Status == tc.want })
			if c := w.one(); c.Status != tc.status {
				t.Errorf("the case is %s, want %s", c.Status, tc.status)
			}
			w.until("a person hears of it", func() bool { return len(w.alerts(machine.AlertWithdrawn)) == tc.alerts })
			f.wrote(t, 0, 0, 0)
		})
	}
}
