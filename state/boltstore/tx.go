package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// place is where a record stands.
type place struct {
	kind kind
	key  string
}

// readTx answers state.ReadTx.
type readTx struct {
	b *bbolt.Tx
	// damaged are the unreadable records that the transaction came across.
	damaged map[place]bool
	// known are the rows of the records that a transaction read or wrote, for
	// one that writes: what it saves it mostly read just before, and need not
	// decode again.
	known map[place]knownRows
}

// knownRows are the index rows of a record at one revision.
type knownRows struct {
	rev  uint64
	rows []row
}

// writeTx answers state.Tx.
type writeTx struct {
	readTx
	now time.Time
	// broken is the first write that stopped half way. It fails the
	// transaction even where the caller overlooks it.
	broken error
}

// bucket returns a bucket of the schema; Open made sure that it is there.
func (t *readTx) bucket(name string) *bbolt.Bucket { return t.b.Bucket([]byte(name)) }

func (t *readTx) note(k kind, key []byte) {
	if t.damaged == nil {
		t.damaged = map[place]bool{}
	}
	t.damaged[place{k, string(key)}] = true
}

// isDamaged tells whether a record was moved to quarantine and not stored
// again since.
func (t *readTx) isDamaged(bucket string, key []byte) bool {
	return t.bucket(bucketDamaged).Get(join(words(bucket), key)) != nil
}

func (t *writeTx) fail(err error) error {
	if err != nil && t.broken == nil {
		t.broken = err
	}
	return err
}

// addRow writes an index row for the record under key.
func (t *writeTx) addRow(r row, key []byte) error {
	if err := t.bucket(r.index).Put(r.key, key); err != nil {
		return t.fail(fmt.Errorf("write index %s: %w", r.index, err))
	}
	return t.count(r.index, r.key, 1)
}

func (t *writeTx) dropRow(index string, rowKey []byte) error {
	if t.bucket(index).Get(rowKey) == nil {
		return nil
	}
	if err := t.bucket(index).Delete(rowKey); err != nil {
		return t.fail(fmt.Errorf("write index %s: %w", index, err))
	}
	return t.count(index, rowKey, -1)
}

// count keeps the number of cases of each status beside the status index.
func (t *writeTx) count(index string, rowKey []byte, by int64) error {
	if index != indexCaseStatus {
		return nil
	}
	status := rowKey[2 : 2+binary.BigEndian.Uint16(rowKey)]
	b := t.bucket(bucketCounts)
	n := by + int64(keyNumber(b.Get(status)))
	if n <= 0 {
		return t.fail(b.Delete(status))
	}
	return t.fail(b.Put(status, seqKey(uint64(n))))
}

// leading lists the rows of an index that lead to the record under key.
func (t *readTx) leading(index string, key []byte) (found [][]byte) {
	for k, v := range ascend(t.bucket(index), nil, nil) {
		if bytes.Equal(v, key) {
			found = append(found, bytes.Clone(k))
		}
	}
	return found
}

// next numbers a record that stands under prefix and its number: behind the
// last one, also where the bucket's own count was damaged.
func (t *writeTx) next(bucket string, prefix []byte) (uint64, error) {
	b := t.bucket(bucket)
	n, err := b.NextSequence()
	if err != nil {
		return 0, err
	}
	for k := range descend(b, prefix, nil) {
		if last := keyNumber(k[len(prefix):]); last >= n && last < anyRev {
			n, err = last+1, b.SetSequence(last+1)
		}
		break
	}
	return n, err
}

// keyNumber reads a key that is a number, 0 for one that was cut.
func keyNumber(k []byte) uint64 {
	if len(k) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(k)
}

// dropRowsOf removes every row that leads to the record under key, by a walk
// through the whole of the given indexes: what a record that cannot be read
// stood under is not known.
func (t *writeTx) dropRowsOf(indexes []string, key []byte) error {
	for _, index := range indexes {
		for _, k := range t.leading(index, key) {
			if err := t.dropRow(index, k); err != nil {
				return err
			}
		}
	}
	return nil
}
