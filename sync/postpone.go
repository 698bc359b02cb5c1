package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// postponeAlarm is how often a piece of work fails before a person hears of it.
const postponeAlarm = 4

// postponeEffect postpones an effect that failed because of what is stored, so that it
// does not hold up the others, and alerts a person when it keeps failing. Errors
// of the supplier, the disk or a shutdown are returned as they are: they are not
// about this effect.
func (l *lane) postponeEffect(ctx context.Context, f state.Effect, cause error) error {
	if cause == nil || ctx.Err() != nil || supplier.KindOf(cause) != "" || errors.Is(cause, errFenced) || errors.Is(cause, state.ErrDisk) {
		return cause
	}
	l.e.o.Log.Error().Err(cause).Str("account", l.name).Str("effect", f.ID).Msg("work could not be done and was put off")
	err := l.update(ctx, func(t *txn) error {
		return t.onEffect(f.ID, func(now *state.Effect) error {
			if now.Tries++; now.Tries > 1 { // a single fault of the disk is over at once
				now.NotBefore = t.now.Add(machine.Backoff(now.Tries))
			}
			if now.Tries < postponeAlarm {
				return nil
			}
			return t.alertWorkFails(effectAlert(*now), f.CaseID, l.name, cause)
		})
	})
	if err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// endEffect deletes an effect that came to its end.
func (t *txn) endEffect(f state.Effect) error {
	if err := t.DeleteEffect(f.ID); err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	return t.resolve(effectAlert(f), "It was done in the meantime.")
}

// alertWorkFails alerts a person about work on a case that fails again and again.
func (t *txn) alertWorkFails(key, caseID, account string, cause error) error {
	what := "account " + account
	if c, err := t.Case(caseID); err == nil {
		what = machine.CaseTitle(c)
	}
	return t.raise(state.Alert{
		Key: key, Kind: machine.AlertFault, Page: true, CaseID: caseID, Account: account, Title: what + ": work on it fails again and again",
		Text: fmt.Sprintf("Case %s: %s. It is tried again by itself, and the other cases go on; look after the order yourself meanwhile, run countermand verify, and report it.", caseID, cause),
	})
}

// tick moves a case that is due.
func (t *txn) tick(c state.Case) error {
	if _, err := t.step(c, state.Event{Kind: state.EventTick, By: state.ByEngine}); err != nil {
		return fmt.Errorf("move case %s: %w", c.ID, err)
	}
	return t.resolve(tickAlert(c), "The case goes on again.")
}

func tickAlert(c state.Case) string { return fmt.Sprintf("case/%s/stands/%s", c.ID, c.Status) }

// postponedFor is how long a case that could not be moved is postponed.
const postponedFor = time.Hour

// tickEach moves due cases one by one, after one of them made the common
// transaction fail: that one is postponed and a person alerted.
func (e *Engine) tickEach(ctx context.Context, due []state.Case, cause error) error {
	if len(due) == 0 {
		return cause
	}
	var errs []error
	for _, c := range due {
		err := e.update(ctx, func(t *txn) error {
			return t.onCase(c.ID, func(now state.Case) error {
				if now.DueAt.IsZero() || now.DueAt.After(t.now) {
					return nil
				}
				return t.tick(now)
			})
		})
		switch {
		case ctx.Err() != nil || errors.Is(err, state.ErrDisk):
			return err
		case err != nil:
			errs = append(errs, e.postpone(ctx, c.ID, err))
		}
	}
	return errors.Join(errs...)
}

// postpone puts off a case that could not be moved.
func (e *Engine) postpone(ctx context.Context, id string, cause error) error {
	e.o.Log.Error().Err(cause).Str("case", id).Msg("a due case could not be moved and was put off")
	told := e.update(ctx, func(t *txn) error {
		return t.onCase(id, func(c state.Case) error { return t.alertWorkFails(tickAlert(c), c.ID, c.Account, cause) })
	})
	err := e.update(ctx, func(t *txn) error { // perhaps it cannot be saved at all
		return t.onCase(id, func(c state.Case) error {
			c.DueAt = t.now.Add(postponedFor)
			_, err := t.PutCase(c)
			return err
		})
	})
	if err = errors.Join(told, err); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// holdUnseen holds a case of which it cannot be seen whether it is still to be
// cancelled. One that a person has approved for that reason is asked all the same.
func (l *lane) holdUnseen(ctx context.Context, f state.Effect, why state.Finding) error {
	return l.update(ctx, func(t *txn) error {
		c, err := t.Case(f.CaseID)
		if err != nil {
			return err
		}
		doubt := state.Mapping{SupplierOrder: c.SupplierOrder, Conflict: why}
		_, err = t.step(c, state.Event{Kind: state.EventMapped, By: state.ByEngine, Mapping: &doubt})
		return err
	})
}
