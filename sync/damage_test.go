package sync_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"countermand/state"
	"countermand/state/statetest"
	casesync "countermand/sync"
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
	if told := w.alerts(casesync.AlertShop); len(told) != 1 || !told[0].Page {
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
