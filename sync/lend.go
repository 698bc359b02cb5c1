package sync

import (
	"context"
	"fmt"
	"time"

	"countermand/state"
)

// Lend pauses an account so that a person can use its browser profile: it waits
// for the work under way and closes the browser. The account goes on by itself
// after d of real time, or at the next start of the daemon. Lending again prolongs
// the loan.
func (e *Engine) Lend(ctx context.Context, account, who string, d time.Duration) error {
	l := e.lane(account)
	if l == nil {
		return fmt.Errorf("lend account %q: %w: no such account is configured", account, state.ErrNotFound)
	}
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	err := l.updateAccount(ctx, func(t *txn, a state.Account) error {
		if err := t.resolveAccount(l, a); err != nil {
			return err
		}
		if !a.Lent {
			a.Since = t.now
		}
		a.State, a.Lent, a.Why, a.Until = state.AccountPaused, true, "used by "+who, time.Time{}
		_, err := t.PutAccount(a)
		return err
	})
	if err != nil {
		return fmt.Errorf("lend account %s: %w", account, err)
	}
	l.lent = time.Now().Add(d)
	l.lastWork = time.Time{}
	if err := l.client.Close(ctx); err != nil {
		return fmt.Errorf("close the browser of account %s: %w", account, err)
	}
	return nil
}

// TakeBack ends a lending; the session is looked at before work goes on.
func (e *Engine) TakeBack(ctx context.Context, account string) error {
	l := e.lane(account)
	if l == nil {
		return fmt.Errorf("take back account %q: %w: no such account is configured", account, state.ErrNotFound)
	}
	if err := l.acquire(ctx); err != nil {
		return err
	}
	l.lent = time.Time{}
	l.release()
	nudge(l.wake)
	return nil
}

func (e *Engine) lane(account string) *lane {
	for _, l := range e.lanes {
		if l.name == account {
			return l
		}
	}
	return nil
}
