package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countermand/state"
)

// disk stores what it is given, one transaction at a time, slowly.
type disk struct {
	mu     sync.Mutex
	groups []int
	stored map[string]int
	takes  time.Duration
	bad    string // a key that cannot be stored
	broken bool
}

var errDisk = errors.New("disk full")

func (d *disk) store(_ context.Context, knocks []state.Knock) ([]bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	<-time.After(d.takes) // in a bubble: no time passes
	for _, k := range knocks {
		if d.broken || d.bad != "" && k.Key == d.bad {
			return nil, errDisk
		}
	}
	d.groups = append(d.groups, len(knocks))
	added := make([]bool, len(knocks))
	for i, k := range knocks {
		d.stored[k.Key]++
		added[i] = d.stored[k.Key] == 1
	}
	return added, nil
}

type answered struct {
	added bool
	err   error
}

// knockAll knocks n times at once, in the bubble of a test.
func knockAll(b *inbox, n int) map[string]answered {
	var mu sync.Mutex
	out := map[string]answered{}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			key := fmt.Sprint(i)
			added, err := b.Knock(context.Background(), state.Knock{Shop: "mystore", Key: key})
			mu.Lock()
			defer mu.Unlock()
			out[key] = answered{added, err}
		})
	}
	all.Wait()
	return out
}

// What comes while one is being stored is stored together, and everybody is
// answered after the own knock is on disk.
func TestInboxStoresTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{stored: map[string]int{}, takes: time.Second}
		const n = 3*maxGroup + 7
		for key, a := range knockAll(newInbox(d.store), n) {
			if !a.added || a.err != nil || d.stored[key] != 1 {
				t.Errorf("%s: %+v, stored %d times", key, a, d.stored[key])
			}
		}
		if len(d.stored) != n || len(d.groups) > 6 {
			t.Errorf("stored %d in transactions of %v", len(d.stored), d.groups)
		}
		for _, size := range d.groups {
			if size > maxGroup {
				t.Errorf("a transaction of %d", size)
			}
		}
	})
}

// One that cannot be stored does not keep the others out.
func TestInboxFindsTheBadOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{stored: map[string]int{}, takes: time.Second, bad: "17"}
		for key, a := range knockAll(newInbox(d.store), 40) {
			if bad := key == "17"; a.added == bad || errors.Is(a.err, errDisk) != bad || d.stored[key] == 1 == bad {
				t.Errorf("%s: %+v", key, a)
			}
		}
		d.broken = true
		for key, a := range knockAll(newInbox(d.store), 40) {
			if a.added || !errors.Is(a.err, errDisk) {
				t.Errorf("on a broken disk %s: %+v", key, a)
			}
		}
	})
}

// A sender that gave up takes nobody with it, and its knock may be stored.
func TestInboxWithoutItsSender(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{stored: map[string]int{}, takes: time.Second}
		b := newInbox(d.store)
		gone, leave := context.WithCancel(context.Background())
		leave()
		if added, err := b.Knock(gone, state.Knock{Key: "1"}); !added || err != nil {
			t.Errorf("got %v, %v", added, err)
		}
		if added, err := b.Knock(context.Background(), state.Knock{Key: "1"}); added || err != nil {
			t.Errorf("the same again: %v, %v", added, err)
		}
	})
}
