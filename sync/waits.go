package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countermand/state"
)

// errWaits stops an attempt before its mark.
var errWaits = errors.New("nothing new is asked of suppliers for now, see countermand status")

// waits tells whether nothing new may be asked of any supplier. Readings go on,
// and so does the shops' side.
func (e *Engine) waits() bool { return len(e.Waits()) > 0 }

// Waits is why nothing new is asked of any supplier; empty: nothing stands
// against it.
func (e *Engine) Waits() []state.Wait {
	if e.o.Waits == nil {
		return nil
	}
	return e.o.Waits()
}

// clockDoubtful tells whether the clock is in doubt: no deadline is judged by it,
// and a reading is only stored.
func (e *Engine) clockDoubtful() bool {
	return slices.ContainsFunc(e.Waits(), func(w state.Wait) bool { return w.Code == state.WaitClock })
}

// beforeAsk lets the owner of the store note that a request is about to begin:
// no copy of the store that was made before may pass for the present one.
func (l *lane) beforeAsk(ctx context.Context) error {
	if l.e.o.BeforeAsk == nil {
		return nil
	}
	if err := l.e.o.BeforeAsk(ctx); err != nil {
		return fmt.Errorf("note that account %s asks: %w", l.name, err)
	}
	return nil
}
