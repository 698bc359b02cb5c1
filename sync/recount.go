package sync

import (
	"context"
	"fmt"
	"slices"

	"countermand/state"
	"countermand/sync/machine"
)

// days are both calendars, which change together.
type days struct{ supplier, bank machine.WorkingDays }

// TakeDays has deadlines counted by other calendars from now on, and those anew
// that are estimates.
func (e *Engine) TakeDays(supplier, bank machine.WorkingDays) {
	e.days.Store(&days{supplier, bank})
	e.uncounted.Store(true)
	nudge(e.wakeDue)
}

// recountNew counts estimates by calendars that are new, once the clock is not in
// doubt.
func (e *Engine) recountNew(ctx context.Context) error {
	if e.clockDoubtful() || !e.uncounted.CompareAndSwap(true, false) {
		return nil
	}
	if err := e.recount(ctx); err != nil {
		e.uncounted.Store(true)
		return err
	}
	return nil
}

// recount puts a tick through every open case that has estimated clocks, so
// that no deadline is found to have passed unseen, and ends the alerts about
// years that are known by now.
func (e *Engine) recount(ctx context.Context) error {
	return e.update(ctx, func(t *txn) error {
		years := map[int]bool{} // true: still not known
		if err := t.recount(years); err != nil {
			return fmt.Errorf("count estimated deadlines again: %w", err)
		}
		for year, missing := range years {
			if missing {
				continue
			}
			if err := t.resolve(machine.CalendarKey(year), fmt.Sprintf("The days off of %d are known, and the deadlines were counted again.", year)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *txn) recount(years map[int]bool) error {
	for c, err := range state.OpenCases(t) {
		if err != nil {
			return err
		}
		if len(c.Estimated) == 0 {
			continue
		}
		got, err := t.step(c, state.Event{Kind: state.EventTick, By: state.ByEngine})
		if err != nil {
			return err
		}
		for _, k := range c.Estimated {
			year := machine.EstimatedYear(c, k)
			years[year] = years[year] || slices.Contains(got.Estimated, k)
		}
	}
	return nil
}
