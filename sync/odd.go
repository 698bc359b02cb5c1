package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// attemptEnd is how an attempt ended.
type attemptEnd struct {
	by    state.By
	asked state.AttemptResult
}

// endAttempt ends an attempt and keeps, with the account, whether its pages are
// understood. An end that cannot be stored is remembered: what the site answered
// must not pass for no answer, which may be asked again.
func (l *lane) endAttempt(ctx context.Context, f state.Effect, by state.By, asked state.AttemptResult) error {
	err := l.storeEnd(ctx, f, by, asked)
	if err == nil {
		delete(l.unstored, f.ID)
		return nil
	}
	if l.unstored == nil {
		l.unstored = map[string]attemptEnd{}
	}
	l.unstored[f.ID] = attemptEnd{by, asked}
	return err
}

// endUnstored ends an attempt whose end is known and was not stored; known is
// false where there is none.
func (l *lane) endUnstored(ctx context.Context, f state.Effect) (known bool, err error) {
	end, known := l.unstored[f.ID]
	if !known {
		return false, nil
	}
	return true, l.endAttempt(ctx, f, end.by, end.asked)
}

func (l *lane) storeEnd(ctx context.Context, f state.Effect, by state.By, asked state.AttemptResult) error {
	ended := l.lived(state.Event{Kind: state.EventAttemptEnded, By: by})
	return l.updateAccount(context.WithoutCancel(ctx), func(t *txn, a state.Account) error {
		c, err := l.endIn(t, f, func(c state.Case) state.Event {
			r := asked // the transaction may run twice
			r.CoolDown = l.account.CoolDown
			r.OthersWork = c.Attempt.Odd > 0 && a.WorksAt.After(c.Attempt.OddAt)
			ended.Asked = &r
			return ended
		})
		if err != nil {
			return err
		}
		return l.understood(t, a, c, asked)
	})
}

// understood follows whether the pages on the way to a request are understood. One
// odd order is told, and the others go on; after a second one only a single order
// is tried after each cool-down, until one works. A page that shows only that
// there is nothing to ask says neither.
func (l *lane) understood(t *txn, a state.Account, c state.Case, asked state.AttemptResult) error {
	worked := !c.Attempt.DispatchedAt.IsZero() || asked.NothingLeft || asked.Outcome == state.AskPickedUp || asked.Outcome == state.AskObserved
	switch {
	case asked.Outcome == state.AskUnknown && !worked:
		if c.Status != state.Queued {
			return nil // of this order alone: its case tells
		}
		first := a.OddSince.IsZero()
		if first {
			a.OddSince, a.OddCase = t.now, c.ID
		}
		a.OddMany = a.OddMany || a.OddCase != c.ID
		a.AskFrom = t.now.Add(l.account.CoolDown)
		if _, err := t.PutAccount(a); err != nil || !first {
			return err
		}
		return t.raise(l.alert(machine.AlertSiteChanged, a.OddSince, l.oddText(c, asked)))
	case worked:
		if !a.OddSince.IsZero() {
			if err := t.resolve(l.key(machine.AlertSiteChanged, a.OddSince), "An order was asked there since."); err != nil {
				return err
			}
		}
		a.OddSince, a.OddCase, a.OddMany, a.AskFrom, a.WorksAt = time.Time{}, "", false, time.Time{}, t.now
		_, err := t.PutAccount(a)
		return err
	}
	return nil
}

// oddText says what was not understood, where, and what helps.
func (l *lane) oddText(c state.Case, asked state.AttemptResult) string {
	text := fmt.Sprintf("%s: %s.", machine.CaseTitle(c), strings.TrimRight(asked.Detail, "."))
	if asked.Reading != nil && len(asked.Reading.Evidence) > 0 {
		text += " Its pictures and pages: " + strings.Join(asked.Reading.Evidence, ", ") + "."
	}
	return text + fmt.Sprintf(" Cancel the order by hand on %s: it will be seen. countermand tries again after %s, another order where there is one; countermand doctor --site shows what is not understood.",
		supplier.Title(c.Supplier), l.account.CoolDown)
}

// askable are the requests and messages that may be taken up. Where the pages of
// two orders were not understood, the requests wait for the cool-down, and then
// one is tried: one that was tried least, and of these the one whose ship window
// ends first.
func (l *lane) askable(ctx context.Context, asks []string) (may []string, err error) {
	var requests []string
	for _, id := range asks {
		if _, kind := state.ParseEffectID(id); kind == state.EffectRequest {
			requests = append(requests, id)
		} else {
			may = append(may, id)
		}
	}
	if len(requests) == 0 {
		return asks, nil
	}
	var a state.Account
	var first string
	err = l.e.o.Store.View(ctx, func(tx state.ReadTx) error {
		if a, err = tx.Account(l.name); errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil || !a.OddMany {
			return err
		}
		first, err = leastTried(tx, requests, l.e.o.Now())
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("find what may be asked in account %s: %w", l.name, err)
	case !a.OddMany || first == "":
		return asks, nil
	case !l.e.o.Now().Before(a.AskFrom):
		return append([]string{first}, may...), nil
	}
	return may, l.waitUntil(ctx, a.AskFrom, requests)
}

// leastTried is the request that is tried next. One whose case cannot be read is
// left to whoever takes care of it.
func leastTried(tx state.ReadTx, ids []string, now time.Time) (string, error) {
	_, urgent, cases, err := ranked(tx, ids, now)
	if err != nil || len(urgent) == 0 {
		return "", err
	}
	window := func(id string) time.Time {
		if end := cases[id].Clocks[state.ClockShipWindowEnd]; !end.IsZero() {
			return end
		}
		return deadlineOf(cases[id], now)
	}
	return slices.MinFunc(urgent, func(a, b string) int {
		return cmp.Or(cmp.Compare(cases[a].Attempt.Odd, cases[b].Attempt.Odd), window(a).Compare(window(b)))
	}), nil
}

// waitUntil puts requests off that are not tried yet.
func (l *lane) waitUntil(ctx context.Context, at time.Time, ids []string) error {
	return l.update(ctx, func(t *txn) error {
		for _, id := range ids {
			f, err := t.Effect(id)
			if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrCorrupt) || err == nil && f.State != state.EffectPlanned {
				continue
			}
			if err != nil {
				return err
			}
			f.NotBefore = at
			if _, err := t.PutEffect(f); err != nil {
				return err
			}
		}
		return nil
	})
}
