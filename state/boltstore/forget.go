package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// forgotten is what is left of shop orders whose cases were deleted. Shopify
// goes on telling of such an order whenever it changes, and without a trace of
// it the supplier would be asked a second time.
var forgotten = &table[firstSeen]{name: "forgotten", word: "forgotten order", text: pairText}

// EndedCases lists by the time they ended, earliest first.
func (t *readTx) EndedCases(from, to time.Time, p state.Page) ([]state.Case, string, error) {
	if p.After == "" {
		p.After = timedText(append(timeKey(from), 0xff)) // behind every id at that very time
	}
	return listPage(t, cases, "case_ended", nil, func(b *bbolt.Bucket, prefix, after []byte) rows {
		return upTo(ascend(b, prefix, after), 0, to)
	}, true, p)
}

// Forgotten tells whether an order's cases were deleted.
func (t *readTx) Forgotten(shop, orderID string) (bool, error) {
	_, err := forgotten.get(t, join(words(shop), []byte(orderID)))
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// ForgetOrder deletes all cases of an order or none.
func (t *writeTx) ForgetOrder(shop, orderID string, before, now time.Time) ([]state.Case, error) {
	order := join(words(shop), []byte(orderID))
	own, err := t.CasesByShopOrder(shop, orderID)
	if err != nil {
		return nil, err
	}
	for _, c := range own {
		if !c.Status.Ended() || c.EndedAt.IsZero() || c.EndedAt.After(before) {
			return nil, nil
		}
	}
	work, idle, err := t.workOn(own, shop, orderID)
	if err != nil || !idle || len(own) == 0 {
		return nil, err
	}
	for _, id := range work {
		if err := effects.remove(t, id); err != nil {
			return nil, err
		}
	}
	for _, c := range own {
		if err := t.forgetCase(c.ID); err != nil {
			return nil, fmt.Errorf("forget case %s: %w", c.ID, err)
		}
	}
	if err := requests.remove(t, order); err != nil { // its claim may be needed longer: see ForgetClaims
		return nil, err
	}
	if _, err := forgotten.save(t, order, firstSeen{now}, anyRev); err != nil {
		return nil, err
	}
	return own, nil
}

// workOn lists the effects of an order and its cases. idle is false while one
// of them, or the customer's request, is being worked.
func (t *writeTx) workOn(own []state.Case, shop, orderID string) (ids [][]byte, idle bool, err error) {
	r, err := t.Request(shop, orderID)
	switch {
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return nil, false, err
	case err == nil && !r.Status.Ended() && r.Status != state.RequestOpen: // an open one waits for nobody after so long
		return nil, false, nil
	}
	prefixes := []string{state.ShopEffectID(shop, orderID, "")}
	for _, c := range own {
		prefixes = append(prefixes, state.EffectID(c.ID, ""))
	}
	for _, prefix := range prefixes {
		for id := range ascend(t.bucket(effects.name), []byte(prefix), nil) {
			f, err := effects.get(&t.readTx, id)
			if err == nil && f.State != state.EffectPlanned {
				return nil, false, nil
			}
			ids = append(ids, bytes.Clone(id))
		}
	}
	return ids, true, nil
}

// forgetCase deletes a case with its journal and its alerts.
func (t *writeTx) forgetCase(id string) error {
	for _, entry := range pairs(ascend(t.bucket(journal.name), words(id), nil)) {
		if err := journal.remove(t, entry.key); err != nil {
			return err
		}
	}
	for _, row := range pairs(ascend(t.bucket("alert_case"), words(id), nil)) {
		if err := alerts.remove(t, row.value); err != nil {
			return err
		}
	}
	return cases.remove(t, []byte(id))
}

// ForgetAlerts forgets what was settled first.
func (t *writeTx) ForgetAlerts(before time.Time, limit int) (int, error) {
	return alerts.forget(t, "alert_settled", before, limit, nil)
}

// forget deletes the records that an index by time has at or before a time, at
// most limit, the earliest first, but for those that spare wants kept.
func (tb *table[T]) forget(t *writeTx, index string, before time.Time, limit int, spare func(key []byte) bool) (int, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	var old []pair
	for k, key := range upTo(ascend(t.bucket(index), nil, nil), 0, before) {
		if len(old) == limit {
			break
		}
		if spare == nil || !spare(key) {
			old = append(old, pair{bytes.Clone(k), bytes.Clone(key)})
		}
	}
	for i, o := range old {
		// The row goes by itself too: one that leads nowhere must not be
		// counted again for ever.
		if err := errors.Join(tb.remove(t, o.value), t.dropRow(index, o.key)); err != nil {
			return i, err
		}
	}
	return len(old), nil
}
