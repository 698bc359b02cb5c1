package app

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"countermand/configs"
	"countermand/state/boltstore"
)

func TestPaceKeepsActionsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(configs.Pace{BetweenActions: 20 * time.Second, Jitter: 10 * time.Second})
		began := time.Now()
		for i := range 5 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			least, most := time.Duration(i)*20*time.Second, time.Duration(i)*30*time.Second
			if took := time.Since(began); took < least || took > most {
				t.Errorf("action %d began after %s, want between %s and %s", i, took, least, most)
			}
		}
	})
}

func TestPaceEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPacer(configs.Pace{BetweenActions: time.Hour})
	if err := p.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.wait(ctx); err == nil {
		t.Error("an action began an hour early")
	}
}

func TestPaceCountsTheHour(t *testing.T) {
	t.Parallel()
	p := newPacer(configs.Pace{ActionsPerHour: 3})
	now := time.Now()
	for i := range 3 {
		if !p.roomAt(now, 1) {
			t.Fatalf("spent after %d of 3", i)
		}
		booked(t, p, now.Add(time.Duration(i)*time.Minute))
	}
	if p.roomAt(now.Add(59*time.Minute), 1) {
		t.Error("a fourth action within the hour")
	}
	if !p.roomAt(now.Add(60*time.Minute), 1) {
		t.Error("still spent an hour after the first")
	}
}

// TestPaceOutlivesTheProcess: a daemon that dies again and again must not act
// more often than one that lives.
func TestPaceOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "countermand.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pace := configs.Pace{BetweenActions: 20 * time.Second, ActionsPerHour: 3}
	started := func() *pacer {
		p := newPacer(pace)
		if err := p.kept(t.Context(), store, "main"); err != nil {
			t.Fatal(err)
		}
		return p
	}
	now := time.Now()
	for i := range 3 {
		p := started()
		if !p.roomAt(now, 1) {
			t.Fatalf("spent after %d of 3", i)
		}
		if turn := booked(t, p, now); turn.Sub(now) < time.Duration(i)*19*time.Second { // kept to the second
			t.Errorf("action %d begins after %s", i, turn.Sub(now))
		}
	}
	p := started()
	if p.roomAt(now.Add(59*time.Minute), 1) {
		t.Error("a fourth action within the hour")
	}
	if !p.roomAt(now.Add(61*time.Minute), 1) {
		t.Error("still spent an hour after the last")
	}
	other := newPacer(pace)
	if err := other.kept(t.Context(), store, "other"); err != nil || len(other.recent) > 0 {
		t.Errorf("another account takes over %v, %v", other.recent, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.book(now); err == nil {
		t.Error("an action that nobody can count began")
	}
}

// TestPaceDoubtsAWrongClock: what seems to come from the future holds nothing up.
func TestPaceDoubtsAWrongClock(t *testing.T) {
	t.Parallel()
	p := newPacer(configs.Pace{ActionsPerHour: 1})
	now := time.Now()
	p.resume([]time.Time{now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)}, now)
	if !p.roomAt(now, 1) {
		t.Error("spent by an action of next year")
	}
}

func booked(t *testing.T, p *pacer, now time.Time) time.Time {
	t.Helper()
	turn, err := p.book(now)
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// TestPaceHasRoomForTheWhole: work is begun only when the hour has room for
// about all of it; what takes more than an hour's actions has it in the end.
func TestPaceHasRoomForTheWhole(t *testing.T) {
	t.Parallel()
	p := newPacer(configs.Pace{ActionsPerHour: 5})
	now := time.Now()
	if !p.roomAt(now, 9) {
		t.Error("no room for nine actions in a fresh hour of five: they would wait for ever")
	}
	booked(t, p, now)
	booked(t, p, now)
	for actions, want := range map[int]bool{1: true, 3: true, 4: false, 9: false} {
		if got := p.roomAt(now, actions); got != want {
			t.Errorf("room for %d of the 3 that are left: %t", actions, got)
		}
	}
	if !newPacer(configs.Pace{}).roomAt(now, 1000) {
		t.Error("without a budget there is always room")
	}
}
