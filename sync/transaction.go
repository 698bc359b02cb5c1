package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// txn is one transaction with its one now and what it will have changed.
type txn struct {
	state.Tx
	e       *Engine
	now     time.Time
	changes []Change
	alerts  bool
	// orders are the shop orders of which a case changed.
	orders []orderKey
	// effectsPlanned: a shop has work.
	effectsPlanned bool
}

type orderKey struct{ shop, id string }

// queueOrder has what all cases of a shop order mean together worked out before the
// transaction ends.
func (t *txn) queueOrder(shop, id string) {
	if k := (orderKey{shop, id}); id != "" && !slices.Contains(t.orders, k) {
		t.orders = append(t.orders, k)
	}
}

// followUp follows, for each order of which a case changed, what all its
// cases together mean for the shop.
func (t *txn) followUp() error {
	for len(t.orders) > 0 {
		o := t.orders[0]
		if err := t.joinAnswers(o.shop, o.id); err != nil {
			return fmt.Errorf("join the answers about order %s: %w", o.id, err)
		}
		if err := t.planWriteBack(o.shop, o.id); err != nil {
			return err
		}
		t.orders = t.orders[1:]
	}
	return nil
}

// update runs fn in one durable transaction and tells of its changes
// afterwards. fn may run more than once.
func (e *Engine) update(ctx context.Context, fn func(*txn) error) error {
	// Commits are told of in their order, so the lock spans both.
	e.publish.Lock()
	defer e.publish.Unlock()
	var t *txn
	err := e.o.Store.Update(ctx, func(tx state.Tx) error {
		t = &txn{Tx: tx, e: e, now: e.o.Now().UTC().Round(0)}
		if err := tx.Stamp(t.now); err != nil {
			return fmt.Errorf("stamp the transaction: %w", err)
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.followUp()
	})
	if err != nil {
		return err
	}
	for _, c := range t.changes {
		e.o.OnChange(c)
	}
	if t.alerts {
		e.o.OnAlert()
	}
	if len(t.changes) > 0 || t.effectsPlanned {
		e.Heartbeat()
	}
	return nil
}

// step applies an event of the engine. One that the table does not allow is
// kept in the journal and shown to a person; it never blocks the others.
func (t *txn) step(c state.Case, ev state.Event) (state.Case, error) {
	next, err := t.apply(c, ev)
	if refused, ok := errors.AsType[*machine.RefusedError](err); ok {
		return t.fault(c, ev, refused)
	}
	return next, err
}

// apply puts an event through the table and stores everything that follows.
func (t *txn) apply(c state.Case, ev state.Event) (state.Case, error) {
	policy := t.e.o.Policy
	if d := t.e.days.Load(); d != nil {
		policy.Supplier, policy.Bank = d.supplier, d.bank
	}
	policy.ClockDoubtful = t.e.clockDoubtful()
	out, err := t.e.step(policy, c, ev, t.now)
	if err != nil {
		return c, err
	}
	next := out.Case
	if next.Rev, err = t.PutCase(next); err != nil {
		return c, err
	}
	for _, entry := range out.Entries {
		if err := t.AddEntry(next.ID, entry); err != nil {
			return c, err
		}
	}
	if err := t.effects(next, out); err != nil {
		return c, err
	}
	if err := t.storeAlerts(out); err != nil {
		return c, err
	}
	if len(out.Entries)+len(out.Alerts) > 0 {
		t.changes = append(t.changes, Change{Case: next, Entries: out.Entries, Alerts: out.Alerts})
		t.queueOrder(next.Shop, next.ShopOrderID)
	}
	return next, nil
}

// missing tells whether a record is not there or damaged: one bad record must not
// stop the work on all the others. A damaged request is planned anew, see replanMissing.
func missing(err error) bool {
	return errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrCorrupt)
}

// onCase runs fn on a case; one that is not there or damaged is left alone.
func (t *txn) onCase(id string, fn func(state.Case) error) error {
	c, err := t.Case(id)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return fn(c)
}

// onEffect saves what fn makes of an effect; one that is not there or damaged
// is left alone.
func (t *txn) onEffect(id string, fn func(*state.Effect) error) error {
	f, err := t.Effect(id)
	if missing(err) {
		return nil
	}
	if err == nil {
		err = fn(&f)
	}
	if err == nil {
		_, err = t.PutEffect(f)
	}
	return err
}

// effects drops and plans what the step wants.
func (t *txn) effects(c state.Case, out machine.Outcome) error {
	for _, kind := range out.Drops {
		f, err := t.Effect(state.EffectID(c.ID, kind))
		switch {
		case missing(err):
			continue
		case err != nil:
			return err
		case f.State != state.EffectPlanned:
			continue // under way: it runs to its end
		}
		if err := t.DeleteEffect(f.ID); err != nil {
			return err
		}
	}
	for _, p := range out.Plans {
		if err := t.planEffect(c, p); err != nil {
			return err
		}
	}
	if out.ReadShop {
		if err := t.knockAgain(c); err != nil {
			return err
		}
	}
	return nil
}

// planEffect plans an effect or deepens and hastens the one that waits.
func (t *txn) planEffect(c state.Case, p machine.Plan) error {
	id := state.EffectID(c.ID, p.Kind)
	f, err := t.Effect(id)
	switch {
	case missing(err):
		f = state.Effect{ID: id, CaseID: c.ID, Kind: p.Kind, State: state.EffectPlanned, Lane: c.Account, Depth: p.Depth, Why: p.Why, NotBefore: p.NotBefore, PlannedAt: t.now}
	case err != nil:
		return err
	case f.State != state.EffectPlanned:
		return nil // under way: its end decides what follows
	default:
		f.Depth = deeper(f.Depth, p.Depth)
		f.Lane = c.Account
		if p.NotBefore.Before(f.NotBefore) {
			f.NotBefore, f.Why = p.NotBefore, p.Why
		}
	}
	_, err = t.PutEffect(f)
	return err
}

var depths = map[state.Depth]int{state.DepthList: 1, state.DepthDetail: 2, state.DepthTracking: 3}

func deeper(a, b state.Depth) state.Depth {
	if depths[b] > depths[a] {
		return b
	}
	return a
}

// storeAlerts stores alerts raised and resolved.
func (t *txn) storeAlerts(out machine.Outcome) error {
	for _, a := range out.Alerts {
		if err := t.raise(a); err != nil {
			return err
		}
	}
	for _, key := range out.Resolved {
		if err := t.resolve(key, "The case is now "+string(out.Case.Status)+"."); err != nil {
			return err
		}
	}
	return nil
}

// raise stores an alert unless its key was raised before.
func (t *txn) raise(a state.Alert) error {
	a.ID, a.RaisedAt = t.e.o.NewID(t.now), t.now
	if a.Page {
		a.NextAt = t.now
	}
	t.alerts = true
	_, err := t.RaiseAlert(a)
	return err
}

// resolve marks an alert as holding no longer: no reminders from then on, but
// a last word, of what became of it, where somebody was called.
func (t *txn) resolve(key, became string) error {
	a, err := t.AlertByKey(key)
	if missing(err) || err == nil && !a.ResolvedAt.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	a.ResolvedAt = t.now
	if became != "" {
		a.Text = became
	}
	if a.Page && a.Deliveries > 0 {
		a.NextAt = t.now // those who were called hear that it is over
	}
	t.alerts = true
	_, err = t.PutAlert(a)
	return err
}

// fault shows a person an event that the table does not allow.
func (t *txn) fault(c state.Case, ev state.Event, why *machine.RefusedError) (state.Case, error) {
	t.e.o.Log.Error().Err(why).Str("case", c.ID).Msg("event not allowed")
	entry := state.Entry{At: t.now, Event: ev.Kind, From: c.Status, To: c.Status, By: ev.By, Detail: "not allowed: " + why.Error()}
	err := t.AddEntry(c.ID, entry)
	if ev.Kind == state.EventTick {
		c.DueAt = t.now.Add(time.Hour)
	}
	if err == nil {
		c.Rev, err = t.PutCase(c)
	}
	if err != nil {
		return c, err
	}
	a := why.Alert(c)
	t.changes = append(t.changes, Change{Case: c, Entries: []state.Entry{entry}, Alerts: []state.Alert{a}})
	return c, t.raise(a)
}

// stampKey writes a time into the key of an alert.
func stampKey(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
