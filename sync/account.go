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

// lease takes the account over from whoever had it.
func (l *lane) lease(ctx context.Context) error {
	return l.e.update(ctx, func(t *txn) error {
		a, err := t.Account(l.name)
		if errors.Is(err, state.ErrNotFound) {
			a = state.Account{Name: l.name, State: state.AccountReady, Since: t.now}
		} else if err != nil {
			return err
		}
		if err := t.resolve(removedAccountKey(a), "The account is configured again."); err != nil {
			return err
		}
		a.Fence++
		a.Owner = l.e.o.Owner
		if a.State == state.AccountReady && a.Why != "" {
			l.failures = 1 // the first success takes the reason back
			if _, err := t.AlertByKey(l.key(machine.AlertAccountUnreachable, a.Since)); err == nil {
				l.failures = failureAlarm // told before the restart
			}
		}
		l.fence = a.Fence
		_, err = t.PutAccount(a)
		return err
	})
}

// ready tells whether the account can be worked. After a cool-down it looks
// at the session, without clicking anything.
func (l *lane) ready(ctx context.Context) (bool, error) {
	a, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) (state.Account, error) { return tx.Account(l.name) })
	switch {
	case err != nil:
		return false, fmt.Errorf("open account %s: %w", l.name, err)
	case a.Lent && time.Now().Before(l.lent), a.State == state.AccountPaused && !a.Lent, l.e.o.Now().Before(a.Until):
		return false, nil
	case a.State == state.AccountReady:
		return true, nil
	}
	if err := l.client.Probe(ctx); err != nil {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		return false, l.down(ctx, err)
	}
	return true, l.up(ctx)
}

// failed handles the error of a pass: a lost session stops the account, anything
// else is tried again and, when it lasts, alerted.
func (l *lane) failed(ctx context.Context, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, errFenced) {
		return cause
	}
	switch supplier.KindOf(cause) {
	case "":
		return cause // of the store, not of the supplier
	case supplier.LoggedOut, supplier.Challenged:
		return l.down(ctx, cause)
	case supplier.Throttled:
		return errors.Join(l.down(ctx, cause), l.alarm(ctx, cause))
	case supplier.Browser, supplier.Unreachable, supplier.Unreadable, supplier.UnknownPage:
		return l.alarm(ctx, cause)
	}
	return nil // of one order; its case tells
}

// alarm counts failures in a row and calls a person when they last.
func (l *lane) alarm(ctx context.Context, cause error) error {
	l.failures++
	l.e.o.Log.Warn().Err(cause).Str("account", l.name).Int("failures", l.failures).Msg("account cannot be worked")
	if l.failures != failureAlarm {
		return nil
	}
	return l.updateAccount(ctx, func(t *txn, a state.Account) error {
		a.Why = cause.Error()
		a.Since = t.now
		if _, err := t.PutAccount(a); err != nil {
			return err
		}
		return t.raise(l.alert(machine.AlertAccountUnreachable, a.Since, "Nothing, or not all, can be read or asked there: "+cause.Error()))
	})
}

// succeeded ends a run of failures.
func (l *lane) succeeded(ctx context.Context) error {
	if l.failures == 0 {
		return nil
	}
	l.failures = 0
	return l.updateAccount(ctx, func(t *txn, a state.Account) error {
		if a.Why == "" {
			return nil
		}
		if err := t.resolve(l.key(machine.AlertAccountUnreachable, a.Since), ""); err != nil {
			return err
		}
		a.Why, a.Since = "", t.now
		_, err := t.PutAccount(a)
		return err
	})
}

// down records that the session is lost or challenged, or that the site
// throttles. The status of the cases stays.
func (l *lane) down(ctx context.Context, cause error) error {
	kind := supplier.KindOf(cause)
	l.e.o.Log.Warn().Err(cause).Str("account", l.name).Str("kind", string(kind)).Msg("account rests")
	return l.updateAccount(ctx, func(t *txn, a state.Account) error {
		a.Until, a.Why = t.now.Add(l.account.CoolDown), cause.Error()
		next := a.State
		switch kind {
		case supplier.LoggedOut:
			next = state.AccountLoggedOut
		case supplier.Challenged:
			next = state.AccountChallenged
		}
		if next == a.State {
			_, err := t.PutAccount(a)
			return err
		}
		if err := t.resolveAccount(l, a); err != nil {
			return err
		}
		a.State, a.Lent, a.Since = next, false, t.now
		if _, err := t.PutAccount(a); err != nil {
			return err
		}
		return t.raise(l.alert(accountAlert(next), a.Since, l.todo(next)))
	})
}

// up records that the session is good again.
func (l *lane) up(ctx context.Context) error {
	l.e.o.Log.Info().Str("account", l.name).Msg("account is ready again")
	l.failures = 0 // what was told of it was resolved when the session went
	l.asked = 0
	return l.updateAccount(ctx, func(t *txn, a state.Account) error {
		if err := t.resolveAccount(l, a); err != nil {
			return err
		}
		a.State, a.Lent, a.Why, a.Until, a.Since = state.AccountReady, false, "", time.Time{}, t.now
		_, err := t.PutAccount(a)
		return err
	})
}

func (t *txn) resolveAccount(l *lane, a state.Account) error {
	if kind := accountAlert(a.State); kind != "" {
		return t.resolve(l.key(kind, a.Since), "")
	}
	return nil
}

// accountAlert is what may stand open about an account in a state.
func accountAlert(s state.AccountState) string {
	switch s {
	case state.AccountReady:
		return machine.AlertAccountUnreachable
	case state.AccountLoggedOut:
		return machine.AlertAccountLoggedOut
	case state.AccountChallenged:
		return machine.AlertAccountChallenged
	}
	return ""
}

func (l *lane) todo(s state.AccountState) string {
	if s == state.AccountChallenged {
		return supplier.Title(l.account.Supplier) + " shows a captcha. All work on the account rests; solve it with: countermand login " + l.name + ". It goes on by itself once the session is good."
	}
	return "The session is gone and all its cases wait. Sign in with: countermand login " + l.name
}

func (l *lane) key(kind string, since time.Time) string {
	return fmt.Sprintf("account/%s/%s/%s", l.name, kind, since.UTC().Format(time.RFC3339Nano))
}

func (l *lane) alert(kind string, since time.Time, text string) state.Alert {
	titles := map[string]string{
		machine.AlertAccountLoggedOut:   "is logged out",
		machine.AlertAccountChallenged:  "is challenged by " + supplier.Title(l.account.Supplier),
		machine.AlertAccountUnreachable: "cannot be worked",
		machine.AlertSiteChanged:        "meets pages that are not understood",
	}
	return state.Alert{Key: l.key(kind, since), Kind: kind, Page: true, Account: l.name, Title: fmt.Sprintf("account %s %s", l.name, titles[kind]), Text: text}
}
