package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// readLostPeriod reads whether a backup was restored, and when the lost period was.
// The first start on the backup ends it.
func (e *Engine) readLostPeriod(ctx context.Context) error {
	mark, err := state.Get(ctx, e.o.Store, func(tx state.ReadTx) (string, error) { return tx.Value(state.ValueRestored) })
	if err != nil || mark == "" {
		return err
	}
	from, to, ended := strings.Cut(mark, " ")
	lost := machine.LostPeriod{To: e.o.Now().UTC()}
	if lost.From, err = time.Parse(time.RFC3339Nano, from); err == nil && ended {
		lost.To, err = time.Parse(time.RFC3339Nano, to)
	}
	if err != nil {
		return fmt.Errorf("read since when the records are gone: %w", err)
	}
	if !ended {
		err = e.update(ctx, func(t *txn) error {
			return t.PutValue(state.ValueRestored, from+" "+lost.To.Format(time.RFC3339Nano))
		})
	}
	e.o.Policy.LostPeriod = lost
	return err
}
