package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// learnLost reads whether a backup was restored, and when the lost period was.
// The first start on the backup ends it.
func (e *Engine) learnLost(ctx context.Context) error {
	var mark string
	err := e.o.Store.View(ctx, func(tx state.ReadTx) (err error) {
		mark, err = tx.Mark(state.MarkRestored)
		return err
	})
	if err != nil || mark == "" {
		return err
	}
	from, to, ended := strings.Cut(mark, " ")
	lost := machine.Lost{To: e.o.Now().UTC()}
	if lost.From, err = time.Parse(time.RFC3339Nano, from); err == nil && ended {
		lost.To, err = time.Parse(time.RFC3339Nano, to)
	}
	if err != nil {
		return fmt.Errorf("read since when the records are gone: %w", err)
	}
	if !ended {
		err = e.update(ctx, func(t *txn) error {
			return t.PutMark(state.MarkRestored, from+" "+lost.To.Format(time.RFC3339Nano))
		})
	}
	e.o.Policy.Lost = lost
	return err
}
