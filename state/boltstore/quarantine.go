package boltstore

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"

	"countermand/state"
)

var quarantine = &table[quarantined]{name: "quarantine", word: "quarantined record", text: seqText}

// quarantined is a record in quarantine: what a person is shown, the key it stood under,
// and its rows in guard indexes.
type quarantined struct {
	state.Quarantined
	// Place is the key it stood under; Guards are its rows in guard indexes.
	Place  []byte     `json:"place,omitempty"`
	Guards []guardRow `json:"guards,omitempty"`
}

type guardRow struct {
	Index string `json:"index"`
	Key   []byte `json:"key"`
}

func (t *writeTx) newQuarantined(k kind, key, raw []byte, why string) quarantined {
	w := quarantined{
		Quarantined: state.Quarantined{Bucket: k.bucket(), Key: k.keyText(key), Why: why, At: t.now, Raw: raw},
		Place:       bytes.Clone(key),
	}
	for _, index := range k.guardNames() {
		for _, row := range t.leading(index, key) {
			w.Guards = append(w.Guards, guardRow{index, row})
		}
	}
	return w
}

// quarantine moves a record that is there and cannot be read out of its bucket,
// raw bytes and all. The rows of the guard indexes stay, so that whoever looks
// there learns that something is missing.
func (t *writeTx) quarantine(k kind, key []byte) error {
	raw := t.bucket(k.bucket()).Get(key)
	if raw == nil {
		return nil
	}
	_, why := k.try(key, raw)
	if why == nil {
		return nil
	}
	if err := t.putQuarantined(t.newQuarantined(k, key, raw, why.Error())); err != nil {
		return err
	}
	if err := t.bucket(k.bucket()).Delete(key); err != nil {
		return t.fail(err)
	}
	drop := slices.DeleteFunc(slices.Clone(k.indexNames()), func(i string) bool { return slices.Contains(k.guardNames(), i) })
	return t.dropRowsOf(drop, key)
}

// putQuarantined stores a quarantined record under a new number, and the number under its place.
func (t *writeTx) putQuarantined(w quarantined) error {
	seq, err := t.next(quarantine.name, nil)
	if err != nil {
		return t.fail(err)
	}
	if _, err := quarantine.write(t, seqKey(seq), w, nil); err != nil {
		return t.fail(err)
	}
	return t.fail(t.bucket(bucketDamaged).Put(join(words(w.Bucket), w.Place), seqKey(seq)))
}

// clear makes room for a new record where a damaged one stands or stood: it
// is quarantined if it was not yet, and nothing points to it any more.
func (t *writeTx) clear(k kind, key []byte) error {
	if err := t.quarantine(k, key); err != nil {
		return err
	}
	if err := t.bucket(bucketDamaged).Delete(join(words(k.bucket()), key)); err != nil {
		return t.fail(err)
	}
	return t.dropRowsOf(k.indexNames(), key)
}

// Quarantine lists oldest first. A row that is itself damaged is listed with
// what is left of it.
func (t *readTx) Quarantine(p state.Page) (out []state.Quarantined, next string, err error) {
	var after []byte
	if p.After != "" {
		n, err := strconv.ParseUint(p.After, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("page after %q: not a place that a listing gave", p.After)
		}
		after = seqKey(n)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	for k, raw := range ascend(t.bucket(quarantine.name), nil, after) {
		if len(out) == limit {
			return out, next, nil
		}
		w, _, err := quarantine.decode(k, raw)
		q := w.Quarantined
		if err != nil {
			q = state.Quarantined{Bucket: quarantine.name, Key: seqText(k), Why: err.Error(), Raw: slices.Clone(raw)}
		}
		q.Seq = keyNumber(k)
		out, next = append(out, q), seqText(k)
	}
	return out, "", nil
}

// quarantineDamaged quarantines the damaged records that transactions found, in a
// transaction of its own. A record that cannot be moved now stays where it is, reads as
// damaged, and is tried again later.
func (s *Store) quarantineDamaged() {
	s.mu.Lock()
	places := slices.SortedFunc(maps.Keys(s.damaged), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.kind.bucket(), b.kind.bucket()), cmp.Compare(a.key, b.key))
	})
	s.mu.Unlock()
	err := s.db.Update(func(b *bbolt.Tx) error {
		t := s.writeTx(b)
		for _, p := range places {
			if err := t.quarantine(p.kind, []byte(p.key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range places {
		delete(s.damaged, p)
	}
}
