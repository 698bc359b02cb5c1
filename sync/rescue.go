package sync

import (
	"context"
	"errors"
	"fmt"

	"countermand/state"
	"countermand/sync/machine"
)

// requestMissing tells whether a case waits for a request effect whose record is damaged
// or missing. The caller holds the lane's turn, so no attempt is under way.
func (l *lane) requestMissing(tx state.ReadTx, c state.Case) (bool, error) {
	waits := c.Status == state.Requesting && !c.Attempt.StartedAt.IsZero() ||
		c.Status == state.Queued && !c.Paused && !machine.AwaitsRules(c)
	if c.Account != l.name || !waits {
		return false, nil
	}
	_, err := tx.Effect(state.EffectID(c.ID, state.EffectRequest))
	if missing(err) {
		return true, nil
	}
	return false, err
}

// replanMissing plans a new request for cases whose request effect is gone. left tells
// that one of them could not be moved; a person is alerted.
func (l *lane) replanMissing(ctx context.Context) (left bool, err error) {
	var ids []string
	err = l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		ids = nil
		for _, s := range []state.Status{state.Requesting, state.Queued} {
			for c, err := range state.AllOf(tx.CasesByStatus, s) {
				if err != nil {
					return err
				}
				if gone, err := l.requestMissing(tx, c); err != nil {
					return err
				} else if gone {
					ids = append(ids, c.ID)
				}
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("find cases of account %s without their request: %w", l.name, err)
	}
	for _, id := range ids {
		err := l.replanRequest(ctx, id)
		if ctx.Err() != nil || errors.Is(err, errFenced) || errors.Is(err, state.ErrDisk) {
			return true, err
		}
		if err != nil {
			left = true
			if err := l.e.postpone(ctx, id, err); err != nil {
				return true, err
			}
		}
	}
	return left, nil
}

// replanRequest plans the request of a case anew. An attempt that had begun is ended as
// interrupted, where its end is not known: the case itself keeps the mark.
func (l *lane) replanRequest(ctx context.Context, id string) error {
	if known, err := l.endUnstored(ctx, state.Effect{ID: state.EffectID(id, state.EffectRequest), CaseID: id}); known {
		return err
	}
	return l.update(ctx, func(t *txn) error {
		return t.onCase(id, func(c state.Case) error {
			gone, err := l.requestMissing(t, c)
			if err != nil || !gone { // a person was quicker
				return err
			}
			l.e.o.Log.Warn().Str("account", l.name).Str("case", id).Msg("the record of a request is gone: taken up anew")
			if c.Status == state.Requesting {
				_, err = t.step(c, state.Event{Kind: state.EventInterrupted, By: state.ByEngine})
				return err
			}
			return t.planEffect(c, machine.Plan{Kind: state.EffectRequest, NotBefore: t.now, Why: "ask the supplier to cancel"})
		})
	})
}
