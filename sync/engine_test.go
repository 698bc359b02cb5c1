package sync_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

func TestFromCancelToRefund(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.requestedOnce(numberA)
	w.site.set(o.close)
	w.pass(time.Hour)
	w.status(state.Cancelled)
	w.site.set(func() { o.Refund = &state.Refund{Amount: usd(20), To: state.RefundCard, ConfirmedBy: "site"} })
	w.pass(12 * time.Hour)
	w.status(state.Refunded)

	c := w.one()
	var story []string
	for _, e := range w.journal(c.ID) {
		story = append(story, string(e.Event))
	}
	if got, want := strings.Join(slices.Compact(story), " "), "cancelled begin dispatching asked reading"; got != want {
		t.Errorf("journal tells %q, want %q", got, want)
	}
	if c.Reason != "customer" || c.Account != lane || c.ShopOrder != "#1042" || c.Refund == nil || !c.DueAt.IsZero() {
		t.Errorf("ended as %+v", c)
	}
	w.view(func(tx state.ReadTx) error {
		left, _, err := tx.LaneEffects(lane, state.Page{})
		if len(left) > 0 {
			t.Errorf("left to do: %+v", left)
		}
		return err
	})
	entries := len(w.journal(c.ID))
	w.until("every entry is told of", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		var told int
		for _, ch := range w.changes {
			told += len(ch.Entries)
		}
		return told == entries
	})
}

func TestKnocksAfterTheFirstChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	before := w.one()
	entries := len(w.journal(before.ID))
	for range 5 {
		w.knock("gid://shopify/Order/1042")
	}
	w.quiet()
	same := state.Knock{Shop: "mystore", OrderID: "gid://shopify/Order/1042", Source: "webhook", Key: "same"}
	for i := range 2 {
		added, err := w.e.Knock(context.Background(), same)
		if err != nil || added != (i == 0) {
			t.Errorf("delivery %d of one key: added %t, %v", i, added, err)
		}
	}
	w.quiet()
	w.requestedOnce(numberA)
	if n := len(w.journal(before.ID)); n != entries {
		t.Errorf("the journal grew from %d to %d entries", entries, n)
	}
}

func TestAnOrderThatStandsOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.edge.set(func() {
		o := w.edge.orders[id]
		o.CancelledAt = time.Time{}
		w.edge.orders[id] = o
	})
	w.knock(id)
	w.quiet()
	if all := w.cases(); len(all) != 0 {
		t.Errorf("opened %+v", all)
	}
}

func TestSeveralSupplierOrdersAreSeveralCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	w.cancelled(1042, numberA, numberB)
	w.knock("gid://shopify/Order/1042")
	w.quiet()
	all := w.cases()
	if len(all) != 2 || all[0].Status != state.Requested || all[1].Status != state.Requested || w.site.clicks(numberA) != 1 || w.site.clicks(numberB) != 1 {
		t.Errorf("cases %+v", all)
	}
}

func TestObserveNeverClicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mode = machine.Observe
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.status(state.Held)
	if c := w.one(); machine.HeldWhy(c) != "mode observe, so nothing was clicked: would have clicked Cancel order" || !c.Attempt.DispatchedAt.IsZero() || w.site.clicks(numberA) != 0 {
		t.Errorf("held because of %q, attempt %+v, %d clicks", machine.HeldWhy(c), c.Attempt, w.site.clicks(numberA))
	}
}

func TestConfirmWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mode = machine.Confirm
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.status(state.Held)
	if n := w.site.count(&w.site.cancels); n != 0 {
		t.Fatalf("%d attempts before anybody approved", n)
	}
	held := w.alerts(machine.AlertHeld)
	if len(held) != 1 || !held[0].Page || held[0].NextAt.IsZero() {
		t.Fatalf("alerts %+v, want one page", held)
	}
	c, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI, Who: "ann"})
	if err != nil || c.Status != state.Queued {
		t.Fatalf("approved: %s, %v", c.Status, err)
	}
	w.quiet()
	w.requestedOnce(numberA)
	if a := w.alerts(machine.AlertHeld)[0]; a.ResolvedAt.IsZero() {
		t.Error("the alert outlives the decision")
	}
}

func TestDecisionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	before := w.one()
	_, err := w.e.Decide(context.Background(), before.ID, state.Event{Kind: state.EventWon, By: state.ByCLI})
	if refused, ok := errors.AsType[*machine.RefusedError](err); !ok || refused.Status != state.Requested || !strings.Contains(err.Error(), "a case that is requested does not take it") {
		t.Errorf("won: %v, want a refusal", err)
	}
	if _, err := w.e.Decide(context.Background(), before.ID, state.Event{Kind: state.EventBegin}); err == nil || !strings.Contains(err.Error(), "is not a decision") {
		t.Errorf("begin: %v", err)
	}
	if _, err := w.e.Decide(context.Background(), "01NONE", state.Event{Kind: state.EventIgnore}); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("no such case: %v", err)
	}
	if after := w.one(); after.Rev != before.Rev {
		t.Errorf("refused decisions changed the case: %+v", after)
	}
}

func TestNewChecksItsOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for want, spoil := range map[string]func(*casesync.Options){
		"store, clock and ids": func(o *casesync.Options) { o.Store = nil },
		"both calendars":       func(o *casesync.Options) { o.Policy.Bank = nil },
		"not configured":       func(o *casesync.Options) { o.Accounts = nil },
	} {
		o := w.options()
		spoil(&o)
		if _, err := casesync.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	o := w.options()
	o.OnChange = nil
	e, err := casesync.New(o)
	must(t, err)
	must(t, e.Stop(context.Background())) // not started: nothing to stop
	w.store.FailUpdate(1, errors.New("disk full"))
	if err := e.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "take account main") {
		t.Errorf("starts on a broken store: %v", err)
	}
	must(t, e.Stop(context.Background()))
}

func TestHeartbeatIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := time.Now()
	w.boot()
	w.until("it beats", func() bool { return !w.e.LastBeat().Before(before) })
}

// More cases than one transaction moves are all served.
func TestManyDueCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	for n := range 60 {
		w.knock(w.edge.cancelled(n, w.clock.Now()))
	}
	w.quiet()
	asked := func() int { w.edge.mu.Lock(); defer w.edge.mu.Unlock(); return w.edge.asked }
	before := asked()
	w.pass(10 * time.Minute)
	if got := asked() - before; got != 60 {
		t.Errorf("%d of 60 unmapped orders were looked at again", got)
	}
}
