package sync

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/state"
	"countermand/state/statetest"
	"countermand/sync/machine"
)

// TestLostTimeIsLearnt: the first start on a restored database ends the lost
// time, later ones leave it as it is.
func TestLostTimeIsLearnt(t *testing.T) {
	t.Parallel()
	store := statetest.Open(t)
	now := base
	learnt := func() machine.LostPeriod {
		e, err := New(Options{Store: store, Policy: policyOf(machine.Auto), Now: func() time.Time { return now }, Owner: "test", NewID: func(time.Time) string { return "1" }, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.readLostPeriod(context.Background()); err != nil {
			t.Fatal(err)
		}
		return e.o.Policy.LostPeriod
	}
	if l := learnt(); l != (machine.LostPeriod{}) {
		t.Errorf("nothing was restored: %+v", l)
	}
	from := base.Add(-36 * time.Hour)
	if err := store.Update(context.Background(), func(tx state.Tx) error {
		return tx.PutValue(state.ValueRestored, from.Format(time.RFC3339Nano))
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if l := learnt(); !l.From.Equal(from) || !l.To.Equal(base) {
			t.Errorf("lost from %s to %s", l.From, l.To)
		}
		now = now.Add(day1)
	}
}
