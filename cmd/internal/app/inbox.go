package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"countermand/shop"
	"countermand/state"
)

const (
	// maxGroup bounds the knocks of one transaction.
	maxGroup = 256
	// storeTimeout bounds the waiting for the disk. Shopify gives a delivery
	// five seconds, and tries again.
	storeTimeout = 5 * time.Second
	// company is how long a transaction waits for as many knocks as the last
	// one had. Who was just answered needs a moment to knock again: without it
	// every second transaction would be nearly empty.
	company = 2 * time.Millisecond
)

// inbox stores knocks that come at the same time in one transaction, as the
// disk's flush is what a knock costs. Whoever comes alone does not wait for
// company; whoever comes while a transaction is under way goes into the next
// one.
type inbox struct {
	// store stores all of them or none, and tells which ones are new.
	store func(context.Context, []state.Knock) (added []bool, err error)
	turn  chan struct{} // held by the one that stores

	full chan struct{} // as many wait as were expected

	mu      sync.Mutex
	waiting []*delivery
	expect  int
}

// delivery is one knock that waits to be stored.
type delivery struct {
	knock state.Knock
	done  chan struct{} // closed once the rest is set
	added bool
	err   error
}

var _ shop.Sink = (*inbox)(nil)

func newInbox(store func(context.Context, []state.Knock) ([]bool, error)) *inbox {
	return &inbox{store: store, turn: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

// Knock returns nil once the knock is on disk. One whose sender gave up may be
// stored all the same.
func (b *inbox) Knock(ctx context.Context, k state.Knock) (added bool, err error) {
	d := &delivery{knock: k, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, d)
	if len(b.waiting) >= b.expect {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
	b.mu.Unlock()
	select {
	case <-d.done:
		return d.added, d.err
	case b.turn <- struct{}{}:
	}
	// Nobody else stores now: either this one is stored already, or it is
	// still waiting. Those before it may fill more than one transaction.
	defer func() { <-b.turn }()
	ctx = context.WithoutCancel(ctx) // the others' senders have not given up
	for {
		select {
		case <-d.done:
			return d.added, d.err
		default:
			b.storeNext(ctx)
		}
	}
}

// storeNext stores those that have waited longest. Where they cannot be stored
// together each is tried by itself, so that one cannot keep out the others.
func (b *inbox) storeNext(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	group := b.gather()
	if b.storeAll(ctx, group) != nil && len(group) > 1 {
		for i := range group {
			_ = b.storeAll(ctx, group[i:i+1]) // each hears of its own error
		}
	}
	b.mu.Lock()
	b.expect = min(maxGroup, len(group)+len(b.waiting))
	b.mu.Unlock()
	for _, d := range group {
		close(d.done)
	}
}

// gather takes those that have waited longest, once as many are there as were
// there the last time, or a moment has passed.
func (b *inbox) gather() []*delivery {
	late := time.NewTimer(company)
	defer late.Stop()
	for {
		b.mu.Lock()
		if len(b.waiting) >= b.expect || b.expect <= 1 {
			break
		}
		b.mu.Unlock()
		select {
		case <-b.full:
			continue
		case <-late.C:
		}
		b.mu.Lock()
		break
	}
	defer b.mu.Unlock()
	group := b.waiting[:min(maxGroup, len(b.waiting))]
	b.waiting = b.waiting[len(group):]
	return group
}

func (b *inbox) storeAll(ctx context.Context, group []*delivery) error {
	knocks := make([]state.Knock, len(group))
	for i, d := range group {
		knocks[i] = d.knock
	}
	added, err := b.store(ctx, knocks)
	if err == nil && len(added) != len(group) {
		err = fmt.Errorf("store %d knocks: heard of %d", len(group), len(added))
	}
	for i, d := range group {
		if d.err = err; err == nil {
			d.added = added[i]
		}
	}
	return err
}

// storeKnocks stores knocks in one transaction and wakes the engine.
func (a *App) storeKnocks(ctx context.Context, knocks []state.Knock) (added []bool, err error) {
	err = a.store.Update(ctx, func(tx state.Tx) error {
		added, err = addKnocks(tx, a.clock.Now(), knocks)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store %d knocks: %w", len(knocks), err)
	}
	a.crash()("knock stored")
	for _, is := range added {
		if is {
			a.engine.Look()
			break
		}
	}
	return added, nil
}

func addKnocks(tx state.Tx, now time.Time, knocks []state.Knock) ([]bool, error) {
	now = now.UTC().Round(0)
	if err := tx.Stamp(now); err != nil {
		return nil, fmt.Errorf("stamp the transaction: %w", err)
	}
	added := make([]bool, len(knocks))
	for i, k := range knocks {
		k.ReceivedAt, k.NotBefore = now, now
		var err error
		if added[i], err = tx.AddKnock(k); err != nil {
			return nil, err
		}
	}
	return added, nil
}
