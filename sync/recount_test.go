package sync

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/state"
	"countermand/state/statetest"
	"countermand/sync/calendar"
	"countermand/sync/machine"
)

// with2027 is China's calendar once 2027 was published, with New Year's break
// and the weekend worked for it.
func with2027(t testing.TB) *calendar.Calendar {
	t.Helper()
	at := func(d int) time.Time { return time.Date(2027, 1, d, 0, 0, 0, 0, time.UTC) }
	c, err := calendar.China().With(calendar.Year{Year: 2027, Off: []time.Time{at(1), at(2), at(3), at(4)}, Work: []time.Time{at(9)}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refusedLate was refused on the 30th of December, so that its proof is due
// in a year whose days off are not known.
func refusedLate(t testing.TB) (state.Case, []state.Alert) {
	t.Helper()
	at := time.Date(2026, 12, 30, 10, 0, 0, 0, time.UTC)
	c := state.Case{ID: "01CASE", Shop: "mystore", ShopOrder: "#1042", Account: "main", SupplierOrder: number, Status: state.Requested, RequestedAt: base, PendingSeen: true}
	out, err := policyOf(machine.Auto).Step(c, refusal(at), at)
	if err != nil || out.Case.Status != state.Refused {
		t.Fatalf("%s, %v", out.Case.Status, err)
	}
	return out.Case, out.Alerts
}

// After a restart with the year's file every estimate is counted anew, due or
// not, and the alert about the year ends; without it, it stands.
func TestRestartCountsEstimatesAgain(t *testing.T) {
	t.Parallel()
	store, ctx := statetest.Open(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, alerts := refusedLate(t)
	open := c
	open.ID, open.SupplierOrder, open.DueAt = "02CASE", "8190000000000002", time.Time{}
	must(store.Update(ctx, func(tx state.Tx) error {
		for _, c := range []state.Case{c, open} {
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
		}
		a := alerts[len(alerts)-1]
		a.ID = "01ALERT"
		_, err := tx.RaiseAlert(a)
		return err
	}))
	resolved := func(china *calendar.Calendar) bool {
		p, ids := policyOf(machine.Auto), 0
		p.Supplier = china
		e, err := New(Options{Store: store, Policy: p, Now: func() time.Time { return time.Date(2026, 12, 31, 8, 0, 0, 0, time.UTC) }, Log: zerolog.Nop(),
			NewID: func(time.Time) string { ids++; return fmt.Sprintf("03%08d", ids) }})
		must(err)
		must(e.recount(ctx))
		var a state.Alert
		must(store.View(ctx, func(tx state.ReadTx) (err error) {
			a, err = tx.AlertByKey("calendar/2027")
			return err
		}))
		return !a.ResolvedAt.IsZero()
	}
	if resolved(calendar.China()) {
		t.Error("the alert ended although the year is not known")
	}
	if !resolved(with2027(t)) {
		t.Error("the alert did not end with the year known")
	}
	must(store.View(ctx, func(tx state.ReadTx) error {
		for _, id := range []string{c.ID, open.ID} {
			got, err := tx.Case(id)
			if err != nil {
				return err
			}
			if due := got.Clocks[state.ClockProofDue]; len(got.Estimated) > 0 || !due.Equal(time.Date(2027, 1, 8, 16, 0, 0, 0, time.UTC)) || got.DueAt.IsZero() {
				return errors.New(id + " is due " + due.String())
			}
		}
		return nil
	}))
}

// TestNewDaysAreTakenWithoutARestart: estimates are counted anew at the next
// tick, but not while the clock is in doubt.
func TestNewDaysAreTakenWithoutARestart(t *testing.T) {
	t.Parallel()
	store, ctx := statetest.Open(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, _ := refusedLate(t)
	must(store.Update(ctx, func(tx state.Tx) error {
		_, err := tx.PutCase(c)
		return err
	}))
	var waits []state.Wait
	p, ids := policyOf(machine.Auto), 0
	e, err := New(Options{Store: store, Policy: p, Now: func() time.Time { return time.Date(2026, 12, 31, 8, 0, 0, 0, time.UTC) }, Log: zerolog.Nop(),
		Waits: func() []state.Wait { return waits }, NewID: func(time.Time) string { ids++; return fmt.Sprintf("03%08d", ids) }})
	must(err)
	estimated := func() int {
		must(e.tickOrStamp(ctx))
		got, err := state.Get(ctx, store, func(tx state.ReadTx) (state.Case, error) { return tx.Case(c.ID) })
		must(err)
		return len(got.Estimated)
	}
	if n := estimated(); n != 1 {
		t.Fatalf("%d estimates before the year is known", n)
	}
	waits = []state.Wait{{Code: state.WaitClock}}
	e.TakeDays(with2027(t), p.Bank)
	if n := estimated(); n != 1 {
		t.Errorf("%d estimates: counted by a clock in doubt", n)
	}
	waits = nil
	if n := estimated(); n != 0 {
		t.Errorf("%d estimates with the year known", n)
	}
}
