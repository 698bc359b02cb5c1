package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"countermand/configs"
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
		if p.spentAt(now) {
			t.Fatalf("spent after %d of 3", i)
		}
		p.book(now.Add(time.Duration(i) * time.Minute))
	}
	if !p.spentAt(now.Add(59 * time.Minute)) {
		t.Error("a fourth action within the hour")
	}
	if p.spentAt(now.Add(60 * time.Minute)) {
		t.Error("still spent an hour after the first")
	}
}
