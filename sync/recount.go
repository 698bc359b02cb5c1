package sync

import (
	"context"
	"fmt"
	"slices"

	"countermand/state"
	"countermand/sync/machine"
)

// recount puts a tick through every open case that has estimated clocks, so
// that no deadline is found to have passed unseen, and ends the alerts about
// years that are known by now.
func (e *Engine) recount(ctx context.Context) error {
	return e.update(ctx, func(t *txn) error {
		years := map[int]bool{} // true: still not known
		for _, s := range state.Statuses {
			if s.Ended() {
				continue
			}
			if err := t.recount(s, years); err != nil {
				return fmt.Errorf("count estimated deadlines again: %w", err)
			}
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

func (t *txn) recount(s state.Status, years map[int]bool) error {
	for after := ""; ; {
		cases, next, err := t.CasesByStatus(s, state.Page{After: after})
		if err != nil {
			return err
		}
		for _, c := range cases {
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
		if after = next; after == "" {
			return nil
		}
	}
}
