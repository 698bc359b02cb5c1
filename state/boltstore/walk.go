package boltstore

import (
	"bytes"
	"errors"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// defaultLimit is the length of a listing that asks for none.
const defaultLimit = 100

// rows is a walk over an index: the row's key and the record's.
type rows = iter.Seq2[[]byte, []byte]

// ascend walks the keys that begin with prefix, upwards, from the one behind
// after (nil: from the first).
func ascend(b *bbolt.Bucket, prefix, after []byte) rows {
	return func(yield func(k, v []byte) bool) {
		c := b.Cursor()
		from := prefix
		if after != nil {
			from = append(bytes.Clone(after), 0) // the smallest key behind it
		}
		for k, v := c.Seek(from); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if !yield(k, v) {
				return
			}
		}
	}
}

// descend walks the keys that begin with prefix, downwards, from the one
// before the key before (nil: from the last).
func descend(b *bbolt.Bucket, prefix, before []byte) rows {
	return func(yield func(k, v []byte) bool) {
		first, _ := b.Cursor().First()
		if first == nil {
			return
		}
		end := before
		if end == nil {
			end = prefixEnd(prefix)
		}
		c := b.Cursor()
		for k, v := below(c, first, end); k != nil && bytes.HasPrefix(k, prefix); k, v = prev(c, first, k) {
			if !yield(k, v) {
				return
			}
		}
	}
}

// below finds the last key before end; nil means before the end of all.
func below(c *bbolt.Cursor, first, end []byte) (k, v []byte) {
	if end == nil {
		return c.Last()
	}
	if k, _ = c.Seek(end); k == nil {
		return c.Last()
	}
	return prev(c, first, k)
}

// prev steps back from k. bbolt's own Prev answers "nothing" on a leaf that
// was emptied within the same transaction, although there is more before it;
// only at the first key of all it is to be believed.
func prev(c *bbolt.Cursor, first, k []byte) (pk, pv []byte) {
	for !bytes.Equal(k, first) {
		if pk, pv = c.Prev(); pk != nil {
			return pk, pv
		}
	}
	return nil, nil
}

// prefixEnd is the smallest key behind all those with the prefix, nil when
// there is none.
func prefixEnd(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// self makes a walk over records look like one over an index.
func self(records rows) rows {
	return func(yield func(k, v []byte) bool) {
		for k := range records {
			if !yield(k, k) {
				return
			}
		}
	}
}

// upTo ends a walk over a time-ordered index behind t. skip is how many bytes
// stand before the time.
func upTo(index rows, skip int, t time.Time) rows {
	end := timeKey(t)
	return func(yield func(k, v []byte) bool) {
		for k, v := range index {
			if bytes.Compare(k[skip:skip+8], end) > 0 || !yield(k, v) {
				return
			}
		}
	}
}

// pair is a row that was taken out of a walk, which no write may disturb.
type pair struct{ key, value []byte }

func pairs(walk rows) (out []pair) {
	for k, v := range walk {
		out = append(out, pair{bytes.Clone(k), bytes.Clone(v)})
	}
	return out
}

// listPage lists the records that an index has under prefix, from behind the
// place that p names; timed: behind prefix a row begins with a time.
func listPage[T any](t *readTx, tb *table[T], index string, prefix []byte, walk func(b *bbolt.Bucket, prefix, after []byte) rows, timed bool, p state.Page) ([]T, string, error) {
	var after []byte
	if p.After != "" {
		key := []byte(p.After)
		if timed {
			var err error
			if key, err = timedKey(p.After); err != nil {
				return nil, "", err
			}
		}
		after = join(prefix, key)
	}
	found := walk(t.bucket(index), prefix, after)
	if index == tb.name {
		found = self(found)
	}
	out, last := collect(t, tb, found, p.Limit)
	if last = bytes.TrimPrefix(last, prefix); timed && last != nil {
		return out, timedText(last), nil
	}
	return out, string(last), nil
}

// guarded reads every record that a guard index has under prefix. A damaged
// one is an error beside the readable ones.
func guarded[T any](t *readTx, tb *table[T], index string, prefix []byte) (out []T, err error) {
	for _, key := range ascend(t.bucket(index), prefix, nil) {
		v, verr := tb.get(t, key)
		if verr != nil {
			err = errors.Join(err, verr)
			continue
		}
		out = append(out, v)
	}
	return out, err
}

// collect reads the records behind rows, at most limit. last is the key of
// the last row used, nil at the end of the listing. Records that are damaged
// or quarantined are left out: get took note of them.
func collect[T any](t *readTx, tb *table[T], index rows, limit int) (out []T, last []byte) {
	if limit <= 0 {
		limit = defaultLimit
	}
	var used []byte
	for k, key := range index {
		v, err := tb.get(t, key)
		if err != nil {
			continue
		}
		if len(out) == limit {
			return out, used
		}
		out, used = append(out, v), bytes.Clone(k)
	}
	return out, nil
}
