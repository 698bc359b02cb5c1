package sync

import (
	"context"
	"errors"
	"slices"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// readings does the reads that are due: one sweep of the list serves those
// that need no more, and tells which of them changed. worked is false where the
// hour's budget has no room for any.
func (l *lane) readings(ctx context.Context, due []job, pages int) (worked bool, err error) {
	var want []string
	for _, j := range due {
		if j.Depth == state.DepthList {
			want = append(want, j.c.SupplierOrder)
		}
	}
	if len(want) == 0 {
		return l.readEach(ctx, due, nil, pages)
	}
	// With room for a page behind it, or sweeps would be all that is done.
	if !l.startWork(sweepCost(len(want)) + readCost(due[0])) {
		return false, nil
	}
	swept, err := l.client.Sweep(ctx, want)
	if err != nil {
		return true, l.sweepFailed(ctx, due, pages, err)
	}
	return l.readEach(ctx, due, swept, pages)
}

// listTries is how often the list is tried for an order that only needs its
// entry there: then its own page is read.
const listTries = 3

// sweepFailed postpones the readings of a failed sweep. Where only the list cannot be
// read, readings of the orders' own pages go on.
func (l *lane) sweepFailed(ctx context.Context, due []job, pages int, cause error) error {
	broken := supplier.KindOf(cause) == supplier.Unreadable || supplier.KindOf(cause) == supplier.UnknownPage
	var off []string
	var rest []job
	for _, j := range due {
		if broken && (j.Depth != state.DepthList || j.Tries >= listTries) {
			rest = append(rest, j)
		} else {
			off = append(off, j.ID)
		}
	}
	err := l.putOff(ctx, cause, off...)
	if len(rest) > 0 && ctx.Err() == nil {
		_, also := l.readEach(ctx, rest, nil, pages)
		err = errors.Join(also, err)
	}
	return err
}

// readEach reads one order after the other, first those that the list served.
// After so many pages it gives way to a request, and it ends where
// the hour's budget has no room for the next one; worked is false if there was
// none at all.
func (l *lane) readEach(ctx context.Context, due []job, swept map[string]state.Reading, pages int) (worked bool, err error) {
	served := func(j job) bool { return unchangedInList(j, swept) }
	order := slices.DeleteFunc(slices.Clone(due), func(j job) bool { return !served(j) }) // they cost nothing more
	order = append(order, slices.DeleteFunc(due, served)...)
	// Where no order at all can be read, the site changed, or the account did.
	var blind error
	seen := false
	for _, j := range order {
		if ctx.Err() != nil {
			return worked, context.Cause(ctx)
		}
		if wanted, err := l.stillPlanned(ctx, j); err != nil {
			return worked, err
		} else if !wanted {
			worked = true
			continue
		}
		if !served(j) {
			if pages <= 0 && l.askDue(ctx) || !l.startWork(readCost(j)) {
				return worked, blind
			}
			pages--
		}
		worked, l.asked = true, 0
		unread, err := l.reading(ctx, j, swept)
		if err := l.postponeEffect(ctx, j.Effect, err); err != nil {
			return true, err
		}
		if seen = seen || unread == nil; seen {
			blind = nil
		} else {
			blind = unread
		}
	}
	return worked, blind
}

// askDue tells whether a request is due.
func (l *lane) askDue(ctx context.Context) bool {
	b, err := l.backlog(ctx)
	requests, _ := apart(b.asks)
	return err == nil && len(requests) > 0
}

// stillPlanned tells whether a read effect is still planned.
func (l *lane) stillPlanned(ctx context.Context, j job) (wanted bool, err error) {
	err = l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		_, err := tx.Effect(j.ID)
		if wanted = err == nil; missing(err) {
			return nil
		}
		return err
	})
	return wanted, err
}

// unchangedInList tells whether the list's entry of an order is enough because it has not
// changed.
func unchangedInList(j job, swept map[string]state.Reading) bool {
	entry, there := swept[j.c.SupplierOrder]
	return j.Depth == state.DepthList && there && entry.StatusText == j.c.ListText && j.c.ListText != ""
}

// reading does one read. A list entry that says what it said before is enough
// for a regular check; anything else is read in detail. unread is why an order
// gave nothing that could be understood.
func (l *lane) reading(ctx context.Context, j job, swept map[string]state.Reading) (unread, err error) {
	var listText string
	var siblings []string
	if j.Depth == state.DepthList {
		entry := swept[j.c.SupplierOrder]
		if unchangedInList(j, swept) {
			return nil, l.endRead(ctx, j.Effect, state.Event{Kind: state.EventReading, By: state.BySupplier, Reading: &entry})
		}
		listText, siblings = entry.StatusText, entry.Siblings
	}
	r, err := l.client.Read(ctx, j.c.SupplierOrder, wantsTracking(j))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err == nil {
		r.ListText, r.Siblings = listText, siblings
		return nil, l.endRead(ctx, j.Effect, state.Event{Kind: state.EventReading, By: state.BySupplier, Reading: &r})
	}
	switch kind := supplier.KindOf(err); kind {
	case supplier.NotFound, supplier.Unreadable, supplier.UnknownPage, supplier.WrongOrder, supplier.Unsafe:
		ev := state.Event{Kind: state.EventReadFailed, By: state.BySupplier, Failure: &state.Failure{Kind: string(kind), Detail: err.Error()}}
		if e, ok := errors.AsType[*supplier.Error](err); ok {
			ev.Evidence = e.Evidence
		}
		if kind == supplier.Unreadable || kind == supplier.UnknownPage {
			unread = err
		}
		return unread, l.endRead(ctx, j.Effect, ev)
	}
	return nil, l.putOff(ctx, err, j.ID)
}

// endRead stores what a read gave. A read that was asked for anew meanwhile
// stays planned; one of a case that was paused meanwhile does not count.
func (l *lane) endRead(ctx context.Context, f state.Effect, ev state.Event) error {
	l.e.crash("order read")
	defer l.e.crash("reading stored")
	ev = l.lived(ev)
	return l.update(context.WithoutCancel(ctx), func(t *txn) error {
		now, err := t.Effect(f.ID)
		switch {
		case err == nil && now.Rev == f.Rev:
			if err := t.endEffect(f); err != nil {
				return err
			}
		case err != nil && !errors.Is(err, state.ErrNotFound):
			return err
		}
		c, err := t.Case(f.CaseID)
		if err != nil {
			return err
		}
		if c.Paused {
			return nil
		}
		if ev.Reading != nil {
			read := *ev.Reading
			if read.Siblings, err = t.unnamed(read.Siblings); err != nil {
				return err
			}
			ev.Reading = &read
		}
		_, err = t.step(c, ev)
		return err
	})
}

// unnamed gives the supplier orders of which nobody here knows whose they are.
func (t *txn) unnamed(numbers []string) (out []string, err error) {
	for _, n := range numbers {
		claims, err := t.Claims(n)
		if err != nil {
			return nil, err
		}
		cases, err := t.CasesBySupplierOrder("", n)
		if err != nil {
			return nil, err
		}
		if len(claims) == 0 && len(cases) == 0 {
			out = append(out, n)
		}
	}
	return out, nil
}

// putOff postpones reads that failed because of the browser, the site or the
// session; the cases stay as they are.
func (l *lane) putOff(ctx context.Context, cause error, effects ...string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := l.update(ctx, func(t *txn) error {
		for _, id := range effects {
			now, err := t.Effect(id)
			if errors.Is(err, state.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			now.Tries++
			now.NotBefore = t.now.Add(machine.Backoff(now.Tries))
			if _, err := t.PutEffect(now); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(cause, err)
}
