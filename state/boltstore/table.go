package boltstore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"countermand/state"
)

// anyRev saves over whatever revision is stored.
const anyRev = ^uint64(0)

// row is one row of an index.
type row struct {
	index string
	key   []byte
}

// table is one kind of record and its indexes.
type table[T any] struct {
	// name is the bucket; word is what a person calls one record.
	name, word string
	indexes    []string
	// guards are the indexes whose rows stay when a record is quarantined.
	guards []string
	// rows computes the index rows of a record; nil: there are none.
	rows func(key []byte, v T) []row
	// rev points at the revision inside a record; nil: it has none.
	rev func(v *T) *uint64
	// text writes a key for people; nil: as it is.
	text func(key []byte) string
}

// kind is a table whatever its records are.
type kind interface {
	bucket() string
	indexNames() []string
	guardNames() []string
	// try decodes a record and returns its index rows.
	try(key, raw []byte) ([]row, error)
	keyText(key []byte) string
}

func (tb *table[T]) bucket() string       { return tb.name }
func (tb *table[T]) indexNames() []string { return tb.indexes }
func (tb *table[T]) guardNames() []string { return tb.guards }

func (tb *table[T]) try(key, raw []byte) ([]row, error) {
	v, _, err := tb.decode(key, raw)
	if err != nil {
		return nil, err
	}
	return tb.rowsOf(key, v), nil
}

func (tb *table[T]) keyText(key []byte) string {
	switch {
	case tb.text != nil:
		return tb.text(key)
	case utf8.Valid(key):
		return string(key)
	}
	return hex.EncodeToString(key)
}

func (tb *table[T]) rowsOf(key []byte, v T) []row {
	if tb.rows == nil {
		return nil
	}
	return tb.rows(key, v)
}

func (tb *table[T]) decode(key, raw []byte) (v T, rev uint64, err error) {
	rev, err = decode(tb.name, key, raw, &v)
	if err != nil {
		var none T
		return none, 0, err
	}
	if tb.rev != nil {
		*tb.rev(&v) = rev
	}
	return v, rev, nil
}

// get reads one record. Its only errors are state.ErrNotFound and
// state.ErrCorrupt.
func (tb *table[T]) get(t *readTx, key []byte) (T, error) {
	v, _, err := tb.load(t, key)
	return v, err
}

func (tb *table[T]) load(t *readTx, key []byte) (v T, rev uint64, err error) {
	if raw := t.bucket(tb.name).Get(key); raw != nil {
		v, rev, err = tb.decode(key, raw)
		if err != nil {
			t.note(tb, key)
			return v, rev, fmt.Errorf("read %s %s: %w: %w", tb.word, tb.keyText(key), state.ErrCorrupt, err)
		}
		if t.known != nil {
			t.known[place{tb, string(key)}] = knownRows{rev, tb.rowsOf(key, v)}
		}
		return v, rev, nil
	}
	if t.isDamaged(tb.name, key) {
		return v, 0, fmt.Errorf("read %s %s: %w and set aside in quarantine", tb.word, tb.keyText(key), state.ErrCorrupt)
	}
	return v, 0, fmt.Errorf("read %s %s: %w", tb.word, tb.keyText(key), state.ErrNotFound)
}

// save stores v with its index rows and returns the new revision. rev is the
// one that must be stored now: 0 for none, anyRev for whichever. With these
// two a damaged record makes room, after it was set aside.
func (tb *table[T]) save(t *writeTx, key []byte, v T, rev uint64) (uint64, error) {
	if err := tb.checkKey(key); err != nil {
		return 0, fmt.Errorf("save %s: %w", tb.word, err)
	}
	before, have, err := tb.stored(t, key)
	switch {
	case err == nil:
	case errors.Is(err, state.ErrCorrupt) && rev != 0 && rev != anyRev:
		return 0, err
	case errors.Is(err, state.ErrCorrupt):
		if err := t.clear(tb, key); err != nil {
			return 0, err
		}
	}
	if rev != anyRev && rev != have {
		return 0, fmt.Errorf("save %s %s: %w", tb.word, tb.keyText(key), state.ErrConflict)
	}
	if b := t.bucket(tb.name); b.Sequence() < have { // a count that was damaged
		if err := b.SetSequence(have); err != nil {
			return 0, err
		}
	}
	return tb.write(t, key, v, before)
}

// stored returns the rows and the revision of what is stored, as load does.
// A revision stands for one content, so rows that are known need no decoding.
func (tb *table[T]) stored(t *writeTx, key []byte) (rows []row, rev uint64, err error) {
	if known, ok := t.known[place{tb, string(key)}]; ok {
		if rev, _, err := unseal(tb.name, key, t.bucket(tb.name).Get(key)); err == nil && rev == known.rev {
			return known.rows, rev, nil
		}
	}
	v, rev, err := tb.load(&t.readTx, key)
	if err != nil {
		return nil, rev, err
	}
	return tb.rowsOf(key, v), rev, nil
}

// write stores v and turns the index rows before into its own. It reads back
// what it encoded, so that nothing is stored that could not be read, and the
// rows are those of what is stored.
func (tb *table[T]) write(t *writeTx, key []byte, v T, before []row) (uint64, error) {
	b := t.bucket(tb.name)
	rev, err := b.NextSequence()
	if err != nil {
		return 0, err
	}
	raw, err := encode(tb.name, key, rev, v)
	if err != nil {
		return 0, fmt.Errorf("save %s %s: %w", tb.word, tb.keyText(key), err)
	}
	after, err := tb.try(key, raw)
	if err != nil {
		return 0, fmt.Errorf("save %s %s: it could not be read again: %w", tb.word, tb.keyText(key), err)
	}
	if err := b.Put(key, raw); err != nil {
		return 0, fmt.Errorf("save %s %s: %w", tb.word, tb.keyText(key), err)
	}
	if t.known != nil {
		t.known[place{tb, string(key)}] = knownRows{rev, after}
	}
	return rev, t.reindex(key, before, after)
}

// remove deletes a record and its rows. One that is not there is no error;
// one that is damaged goes to quarantine.
func (tb *table[T]) remove(t *writeTx, key []byte) error {
	v, _, err := tb.load(&t.readTx, key)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil
	case err != nil:
		return t.clear(tb, key)
	}
	if err := t.bucket(tb.name).Delete(key); err != nil {
		return fmt.Errorf("delete %s %s: %w", tb.word, tb.keyText(key), err)
	}
	return t.reindex(key, tb.rowsOf(key, v), nil)
}

// reindex turns the rows before into the rows after.
func (t *writeTx) reindex(key []byte, before, after []row) error {
	for _, r := range before {
		if !hasRow(after, r) {
			if err := t.dropRow(r.index, r.key); err != nil {
				return err
			}
		}
	}
	for _, r := range after {
		if !hasRow(before, r) {
			if err := t.addRow(r, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasRow(rows []row, r row) bool {
	return slices.ContainsFunc(rows, func(o row) bool { return o.index == r.index && bytes.Equal(o.key, r.key) })
}

// checkKey refuses ids that bbolt or JSON would not give back unchanged.
func (tb *table[T]) checkKey(key []byte) error {
	switch {
	case len(key) == 0:
		return errors.New("it has no id")
	case tb.text == nil && !utf8.Valid(key):
		return fmt.Errorf("its id %q is not text", key)
	}
	return nil
}
