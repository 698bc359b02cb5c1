package boltstore

import (
	"bytes"
	"fmt"
	"time"

	"countermand/state"
)

var effects = &table[state.Effect]{
	name: "effects", word: "effect",
	indexes: []string{"effect_lane"},
	rows: func(id []byte, e state.Effect) []row {
		return []row{{"effect_lane", join(words(e.Lane), timeKey(e.NotBefore), id)}}
	},
	rev: func(e *state.Effect) *uint64 { return &e.Rev },
}

var knocks = &table[state.Knock]{
	name: "knocks", word: "knock",
	indexes: []string{"knock_due"},
	rows: func(seq []byte, k state.Knock) []row {
		return []row{{"knock_due", join(timeKey(k.NotBefore), seq)}}
	},
	text: seqText,
}

// firstSeen is when a delivery's key was first seen.
type firstSeen struct {
	At time.Time `json:"at"`
}

var seen = &table[firstSeen]{
	name: "seen", word: "delivery key",
	indexes: []string{"seen_at"},
	rows: func(key []byte, s firstSeen) []row {
		return []row{{"seen_at", join(timeKey(s.At), key)}}
	},
	text: pairText,
}

// Effect reads one effect.
func (t *readTx) Effect(id string) (state.Effect, error) { return effects.get(t, []byte(id)) }

// DueEffects lists earliest first.
func (t *readTx) DueEffects(lane string, at time.Time, limit int) ([]state.Effect, error) {
	prefix := words(lane)
	out, _ := collect(t, effects, upTo(ascend(t.bucket("effect_lane"), prefix, nil), len(prefix), at), limit)
	return out, nil
}

// DueEffectIDs lists earliest first. It costs the index alone.
func (t *readTx) DueEffectIDs(lane string, at time.Time) (ids []string, err error) {
	prefix := words(lane)
	for _, id := range upTo(ascend(t.bucket("effect_lane"), prefix, nil), len(prefix), at) {
		ids = append(ids, string(id))
	}
	return ids, nil
}

// LaneEffects lists earliest first.
func (t *readTx) LaneEffects(lane string, p state.Page) ([]state.Effect, string, error) {
	return listPage(t, effects, "effect_lane", words(lane), ascend, true, p)
}

// PutEffect saves an effect.
func (t *writeTx) PutEffect(e state.Effect) (uint64, error) {
	return effects.save(t, []byte(e.ID), e, e.Rev)
}

// DeleteEffect is no error when the effect is gone already.
func (t *writeTx) DeleteEffect(id string) error { return effects.remove(t, []byte(id)) }

// Knocks lists by NotBefore, then in the order of arrival.
func (t *readTx) Knocks(at time.Time, limit int) ([]state.Knock, error) {
	out, _ := collect(t, knocks, upTo(ascend(t.bucket("knock_due"), nil, nil), 0, at), limit)
	return out, nil
}

// AddKnock counts a key as seen at the knock's ReceivedAt.
func (t *writeTx) AddKnock(k state.Knock) (bool, error) {
	if k.Key != "" {
		key := join(words(k.Shop), []byte(k.Key))
		_, err := seen.get(&t.readTx, key)
		if err == nil {
			return false, nil
		}
		// A damaged sight is no proof that the knock was handled.
		if _, err := seen.save(t, key, firstSeen{k.ReceivedAt}, anyRev); err != nil {
			return false, err
		}
	}
	seq, err := t.next(knocks.name, nil)
	if err != nil {
		return false, err
	}
	k.Seq = seq
	_, err = knocks.save(t, seqKey(seq), k, 0)
	return err == nil, err
}

// PutKnock changes NotBefore, Tries and LastError and nothing else.
func (t *writeTx) PutKnock(k state.Knock) error {
	key := seqKey(k.Seq)
	stored, err := knocks.get(&t.readTx, key)
	if err != nil {
		return err
	}
	stored.NotBefore, stored.Tries, stored.LastError = k.NotBefore, k.Tries, k.LastError
	_, err = knocks.save(t, key, stored, anyRev)
	return err
}

// DeleteKnock is no error when the knock is gone already.
func (t *writeTx) DeleteKnock(seq uint64) error { return knocks.remove(t, seqKey(seq)) }

// ForgetKeys forgets the oldest first.
func (t *writeTx) ForgetKeys(before time.Time, limit int) (int, error) {
	return seen.forget(t, "seen_at", before.Add(-1), limit, nil)
}

var alerts = &table[state.Alert]{
	name: "alerts", word: "alert",
	indexes: []string{"alert_key", "alert_raised", "alert_due", "alert_case", "alert_settled"},
	guards:  []string{"alert_key"},
	rows: func(id []byte, a state.Alert) []row {
		rows := []row{{"alert_key", []byte(a.Key)}, {"alert_raised", join(timeKey(a.RaisedAt), id)}}
		if !a.NextAt.IsZero() {
			rows = append(rows, row{"alert_due", join(timeKey(a.NextAt), id)})
		}
		if a.CaseID != "" {
			rows = append(rows, row{"alert_case", join(words(a.CaseID), id)})
		} else if at := closedAt(a); !at.IsZero() {
			rows = append(rows, row{"alert_settled", join(timeKey(at), id)})
		}
		return rows
	},
	rev: func(a *state.Alert) *uint64 { return &a.Rev },
}

// closedAt is when an alert was done with, zero while it is not.
func closedAt(a state.Alert) time.Time {
	switch {
	case a.ResolvedAt.After(a.AckedAt):
		return a.ResolvedAt
	case !a.AckedAt.IsZero() || a.Page:
		return a.AckedAt
	}
	return a.DeliveredAt // a digest told it
}

// Alert reads one alert.
func (t *readTx) Alert(id string) (state.Alert, error) { return alerts.get(t, []byte(id)) }

// AlertByKey reads the alert that was raised under a key.
func (t *readTx) AlertByKey(key string) (state.Alert, error) {
	id := t.bucket("alert_key").Get([]byte(key))
	if id == nil {
		return state.Alert{}, fmt.Errorf("read alert %s: %w", key, state.ErrNotFound)
	}
	return alerts.get(t, id)
}

// Alerts lists by the time they were raised, newest first.
func (t *readTx) Alerts(p state.Page) ([]state.Alert, string, error) {
	return listPage(t, alerts, "alert_raised", nil, descend, true, p)
}

// DueAlerts lists earliest first.
func (t *readTx) DueAlerts(at time.Time, limit int) ([]state.Alert, error) {
	out, _ := collect(t, alerts, upTo(ascend(t.bucket("alert_due"), nil, nil), 0, at), limit)
	return out, nil
}

// RaiseAlert raises again what was raised before only if that alert cannot be
// read: a page to a person must not be lost.
func (t *writeTx) RaiseAlert(a state.Alert) (bool, error) {
	if _, err := t.AlertByKey(a.Key); err == nil {
		return false, nil
	}
	if id := t.bucket("alert_key").Get([]byte(a.Key)); id != nil {
		if err := t.clear(alerts, bytes.Clone(id)); err != nil {
			return false, err
		}
	}
	a.Rev = 0
	_, err := t.PutAlert(a)
	return err == nil, err
}

// PutAlert refuses a key that another alert has.
func (t *writeTx) PutAlert(a state.Alert) (uint64, error) {
	if a.Key == "" {
		return 0, fmt.Errorf("save alert %s: it has no key", a.ID)
	}
	if id := t.bucket("alert_key").Get([]byte(a.Key)); id != nil && string(id) != a.ID {
		return 0, fmt.Errorf("save alert %s: %s is raised as %s: %w", a.ID, a.Key, id, state.ErrConflict)
	}
	return alerts.save(t, []byte(a.ID), a, a.Rev)
}
