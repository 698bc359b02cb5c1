package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// withoutShop is the configuration from which the shop was taken out.
func (w *world) withoutShop() casesync.Options {
	o := w.options()
	o.Shops = map[string]casesync.Shop{}
	return o
}

// TestShopTakenOutOfTheConfiguration: what the shop could still undo is not asked without a
// person, who is told of the customer's request as well; a cancel is a fact.
func TestShopTakenOutOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sale    func(f *shopfront) string
		want    state.Status
		request state.RequestStatus
		clicks  int
	}{
		"a customer's request": {func(f *shopfront) string { return f.tagAsk(1042, numberA) }, state.Held, state.RequestOpen, 0},
		"removed lines":        {func(f *shopfront) string { return f.lampAndShade(1042, map[string]int{"l1": 2}, numberA) }, state.Held, "", 0},
		"a cancel":             {func(f *shopfront) string { return f.cancelled(1042, f.clock.Now(), numberA) }, state.Requested, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA)
			w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
			id := tc.sale(f)
			w.knock(id)
			w.rests()
			w.stop(w.e)
			w.start(w.withoutShop())
			w.site.set(func() { w.site.down = nil })
			w.clock.add(coolDown)
			w.until("it went on", func() bool { return w.statuses()[numberA] == tc.want }) // the shop's own work stays undone
			c := w.caseOf(numberA)
			if c.Status != tc.want || tc.want == state.Held && !strings.Contains(machine.HeldWhy(c), "shop mystore is not configured any more") {
				t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
			}
			w.clicked2(tc.clicks)
			if r := w.requestOrNone(id); r.Status != tc.request || tc.request != "" && (w.open(machine.AlertRequest) != 1 || !strings.Contains(r.Why, "not configured any more")) {
				t.Errorf("the request is %s (%s), alerts %+v", r.Status, r.Why, w.alerts(machine.AlertRequest))
			}
			if tc.want != state.Held {
				return
			}
			_, err := w.e.Decide(context.Background(), c.ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann"})
			must(t, err)
			w.until("a person's word counts", func() bool { return w.site.clicks(numberA) == 1 })
		})
	}
}

// TestAnswerForAShopThatIsGone: the supplier accepts after the shop has left the
// configuration; nobody cancels there, and a person is told once.
func TestAnswerForAShopThatIsGone(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.tagAsk(1042, numberA)
	f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "cancel"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestCancelling, "")
	w.stop(w.e)
	for range 2 {
		e := w.start(w.withoutShop())
		w.clock.add(time.Hour)
		w.stop(e)
	}
	w.wantRequest(id, state.RequestOpen, "shop mystore is not configured any more")
	if n := w.open(machine.AlertRequest); n != 1 {
		t.Errorf("%d alerts are open", n)
	}
	f.wrote(t, 0, 0, 0)
}
