package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

const (
	// askRun is how many requests and messages come before readings that are
	// due as well, and fairReads how many pages these may take then: an
	// endless stream of cancels must not hide a refusal. The last of each such
	// run is not the most urgent one but the one that waits longest: nothing
	// waits for ever.
	askRun    = 4
	fairReads = 3
	// readBatch is how many readings are taken up together.
	readBatch = 300
)

// About how many of the hour's actions a piece of work takes. Once begun it
// runs to its end, so these need not be exact.
const (
	requestCost = 6 // the page, its button, the form, two clicks for the reason, the last one
	messageCost = 4 // the order, its messages, a text in two languages
	sweepMost   = 5 // pages of ten orders
)

func readCost(j job) int {
	n := 1
	if wantsTracking(j) {
		n++
	}
	if j.c.Status == state.Cancelled {
		n += max(1, len(j.c.SupplierLines)) // each line has a refund page of its own
	}
	return n
}

func wantsTracking(j job) bool {
	return j.Depth == state.DepthTracking || !j.c.ShippedAt.IsZero()
}

func sweepCost(orders int) int { return min(sweepMost, 1+orders/10) }

// room tells whether the hour's budget has room for so many actions.
func (l *lane) room(actions int) bool { return l.account.Room == nil || l.account.Room(actions) }

// startWork takes up a piece of work that there is room for.
func (l *lane) startWork(cost int) bool {
	if !l.room(cost) {
		return false
	}
	l.lastWork = l.e.o.Now()
	return true
}

// backlog is what is due in a lane, by id, what waits longest first.
type backlog struct {
	asks  []string // requests and messages
	reads []string
}

func (l *lane) backlog(ctx context.Context) (b backlog, err error) {
	ids, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) ([]string, error) { return tx.DueEffectIDs(l.name, l.e.o.Now()) })
	if err != nil {
		return b, fmt.Errorf("find work of account %s: %w", l.name, err)
	}
	waits := l.e.waits()
	for _, id := range ids {
		if _, kind := state.ParseEffectID(id); kind == state.EffectRead {
			b.reads = append(b.reads, id)
		} else if !waits {
			b.asks = append(b.asks, id)
		}
	}
	return b, nil
}

// job is an effect that is to be done, and its case.
type job struct {
	state.Effect
	c state.Case
}

// next is what is done now: one request, else readings that a deadline or a call
// in doubt waits for, else one message, else the other readings. With it comes
// how many pages readings may take while a request waits.
func (l *lane) next(ctx context.Context) (work []job, pages int, err error) {
	b, err := l.backlog(ctx)
	if err != nil {
		return nil, 0, err
	}
	if b.asks, err = l.askable(ctx, b.asks); err != nil {
		return nil, 0, err
	}
	pages = 1 // what comes up meanwhile goes first
	if l.asked >= askRun && len(b.reads) > 0 {
		pages = fairReads
		if work, err = l.pick(ctx, b.reads, readBatch, fairReads, 0); err != nil || len(work) > 0 {
			return work, pages, err
		}
	}
	requests, messages := apart(b.asks)
	if work, err = l.pick(ctx, requests, 1, askRun, l.asked); err != nil || len(work) > 0 {
		return work, pages, err
	}
	if len(messages) > 0 {
		pressing, err := l.pressing(ctx, b.reads)
		if err != nil {
			return nil, 0, err
		}
		if !pressing {
			if work, err = l.pick(ctx, messages, 1, askRun, l.asked); err != nil || len(work) > 0 {
				return work, pages, err
			}
		}
	}
	work, err = l.pick(ctx, b.reads, readBatch, fairReads, 0)
	return work, pages, err
}

// apart separates requests from messages.
func apart(asks []string) (requests, messages []string) {
	for _, id := range asks {
		if _, kind := state.ParseEffectID(id); machine.IsMessage(kind) {
			messages = append(messages, id)
		} else {
			requests = append(requests, id)
		}
	}
	return requests, messages
}

// pressing tells whether one of the readings decides a call in doubt, or may be
// too late for a deadline within a day.
func (l *lane) pressing(ctx context.Context, reads []string) (is bool, err error) {
	now := l.e.o.Now()
	err = l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		is = false
		_, _, cases, err := ranked(tx, reads, now)
		for _, c := range cases {
			is = is || c.Status == state.Requesting || !deadlineOf(c, now).After(now.Add(state.UrgencyOfPassed))
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("find the readings of account %s that cannot wait: %w", l.name, err)
	}
	return is, nil
}

// pick puts all that is due in order of urgency and takes the first of it.
// Every so many, counted on from those done before, comes what waits longest.
// So what was missed while the daemon was down is caught up in the order in
// which it would be too late, and nothing waits for ever.
func (l *lane) pick(ctx context.Context, ids []string, most, every, before int) (out []job, err error) {
	now := l.e.o.Now()
	err = l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		out = nil
		waiting, urgent, cases, err := ranked(tx, ids, now)
		taken, all := make(map[string]bool, most), len(waiting)
		for i := before; err == nil && len(taken) < all && len(out) < most; i++ {
			from := &urgent
			if i%every == every-1 {
				from = &waiting
			}
			for taken[(*from)[0]] {
				*from = (*from)[1:]
			}
			id := (*from)[0]
			taken[id] = true
			f, gone := tx.Effect(id)
			if errors.Is(gone, state.ErrCorrupt) {
				l.clean = false // its case must not wait for it: see replanMissing
			}
			if missing(gone) || gone == nil && f.State != state.EffectPlanned && !maybeSent(f) { // set aside as it was left: see recover
				continue
			}
			if err = gone; err == nil {
				out = append(out, job{f, cases[id]})
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find work of account %s: %w", l.name, err)
	}
	return out, nil
}

// ranked leaves out damaged cases, which rest in quarantine while the others
// go on, and gives the order in which the rest waits and the one in which it
// would be too late: requests before messages, each by its case's deadline.
func ranked(tx state.ReadTx, ids []string, now time.Time) (waiting, urgent []string, cases map[string]state.Case, err error) {
	type place struct {
		kind int
		at   time.Time
	}
	places := make(map[string]place, len(ids))
	cases = make(map[string]state.Case, len(ids))
	for _, id := range ids {
		caseID, kind := state.ParseEffectID(id)
		c, err := tx.Case(caseID)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, nil, nil, err
		}
		waiting = append(waiting, id)
		cases[id], places[id] = c, place{rank(kind), deadlineOf(c, now)}
	}
	urgent = slices.Clone(waiting)
	slices.SortStableFunc(urgent, func(a, b string) int {
		return cmp.Or(cmp.Compare(places[a].kind, places[b].kind), places[a].at.Compare(places[b].at))
	})
	return waiting, urgent, cases, nil
}

func rank(kind state.EffectKind) int {
	if machine.IsMessage(kind) {
		return 1
	}
	return 0
}

// guessedWindow is the ship window that is assumed for an order that was never
// read: a week from the customer's order.
const guessedWindow = 7 * 24 * time.Hour

// deadlineOf is a case's next deadline; far in the future where it has none.
func deadlineOf(c state.Case, now time.Time) time.Time {
	if at, ok := c.Urgency(now); ok {
		return at
	}
	if c.Clocks[state.ClockShipWindowEnd].IsZero() && (machine.BeingAsked(c.Status) || c.Status == state.Held) {
		from := c.ShopOrderedAt
		if from.IsZero() {
			from = c.OpenedAt
		}
		if at := from.Add(guessedWindow); at.After(now) {
			return at
		}
		return now.Add(state.UrgencyOfPassed)
	}
	return now.AddDate(100, 0, 0)
}
