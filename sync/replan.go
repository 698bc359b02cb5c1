package sync

import (
	"context"
	"fmt"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// replanLimit bounds how many knocks and alerts are brought back at once; no
// store has so many that wait.
const replanLimit = 10000

// Replan brings back what a clock that was ahead has planned: everything that
// waits for a time to come is looked at now, and planned anew from there. A look
// too early costs a page, one too late may cost a deadline.
func (e *Engine) Replan(ctx context.Context) error {
	err := e.update(ctx, func(t *txn) error {
		for _, part := range []func() error{t.replanCases, t.replanEffects, t.replanKnocks, t.replanAccounts, t.replanReminders} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan anew after the clock was wrong: %w", err)
	}
	e.Heartbeat()
	return nil
}

func (t *txn) replanCases() error {
	for c, err := range state.OpenCases(t) {
		if err != nil {
			return err
		}
		if !machine.BringBack(&c, t.now) {
			continue
		}
		if _, err := t.PutCase(c); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) replanEffects() error {
	var lanes []string
	for name := range t.e.o.Accounts {
		lanes = append(lanes, name)
	}
	for name := range t.e.o.Shops {
		lanes = append(lanes, state.ShopLane(name))
	}
	for _, lane := range lanes {
		var late []state.Effect
		for f, err := range state.AllOf(t.LaneEffects, lane) {
			if err != nil {
				return err
			}
			if f.NotBefore.After(t.now) {
				late = append(late, f)
			}
		}
		for _, f := range late {
			f.NotBefore = t.now
			if _, err := t.PutEffect(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// everything is later than any plan.
func (t *txn) everything() time.Time { return t.now.AddDate(100, 0, 0) }

func (t *txn) replanKnocks() error {
	knocks, err := t.Knocks(t.everything(), replanLimit)
	if err != nil {
		return err
	}
	for _, k := range knocks {
		if !k.NotBefore.After(t.now) {
			continue
		}
		k.NotBefore = t.now
		if err := t.PutKnock(k); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) replanAccounts() error {
	accounts, err := t.Accounts()
	if err != nil {
		return err
	}
	for _, a := range accounts {
		before := a
		for _, at := range []*time.Time{&a.Until, &a.AskFrom, &a.WorksAt, &a.WriteFrom} {
			if at.After(t.now) {
				*at = t.now
			}
		}
		if a == before {
			continue
		}
		if _, err := t.PutAccount(a); err != nil {
			return err
		}
	}
	return nil
}

// replanReminders leaves those alone that may have been planned by the right
// clock: a burst of reminders would hide what is new.
func (t *txn) replanReminders() error {
	alerts, err := t.DueAlerts(t.everything(), replanLimit)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if !a.NextAt.After(t.now.Add(24 * time.Hour)) {
			continue
		}
		a.NextAt = t.now
		if _, err := t.PutAlert(a); err != nil {
			return err
		}
	}
	return nil
}
