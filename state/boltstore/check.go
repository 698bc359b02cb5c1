package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// Check reads the whole database and returns what is wrong with it, one line
// each: pages, records that cannot be read, indexes that do not agree with
// the records. It changes nothing. Indexes are mended by Reindex.
func (s *Store) Check(ctx context.Context) (problems []string, err error) {
	problems, err = pageProblems(ctx, s.db)
	if err == nil && len(problems) == 0 {
		err = s.db.View(func(b *bbolt.Tx) error {
			c := newChecker(ctx, b)
			defer func() { problems = c.problems }()
			return c.run()
		})
	}
	if err != nil {
		return nil, fmt.Errorf("check database: %w", err)
	}
	return problems, nil
}

// pageProblem begins the line about a broken page. Pages come first, and alone:
// the records of broken pages are not safe to touch.
const pageProblem = "page: "

// PageProblem tells whether a line of Check is about a broken page, which
// nothing but a backup mends.
func PageProblem(line string) bool { return strings.HasPrefix(line, pageProblem) }

// pageProblems asks bbolt what it thinks of its own pages.
func pageProblems(ctx context.Context, db *bbolt.DB) (problems []string, err error) {
	err = db.View(func(b *bbolt.Tx) error {
		for err := range b.Check() {
			problems = append(problems, fmt.Sprintf(pageProblem+"%v", err))
		}
		return ctx.Err()
	})
	return problems, err
}

// CheckOpen looks at the open cases only: whether each is in all its indexes.
// It costs what they cost, so it fits into every start; a case that is not in
// the index of due times would never move again.
func (s *Store) CheckOpen(ctx context.Context) (problems []string, err error) {
	err = s.db.View(func(b *bbolt.Tx) error {
		c := newChecker(ctx, b)
		defer func() { problems = c.problems }()
		for _, status := range state.Statuses {
			if status.Ended() {
				continue
			}
			for row, id := range ascend(c.t.bucket(indexCaseStatus), words(string(status)), nil) {
				if err := ctx.Err(); err != nil {
					return err
				}
				raw := c.t.bucket(cases.name).Get(id)
				if raw == nil {
					c.add("index %s: row %x leads nowhere", indexCaseStatus, row)
					continue
				}
				c.record(cases, id, raw)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check open cases: %w", err)
	}
	return problems, nil
}

type checker struct {
	ctx      context.Context
	t        *readTx
	problems []string
	want     map[string]int    // rows that each index must have
	top      map[string]uint64 // the largest number given out in each bucket
}

func newChecker(ctx context.Context, b *bbolt.Tx) *checker {
	return &checker{ctx: ctx, t: &readTx{b: b}, want: map[string]int{}, top: map[string]uint64{}}
}

func (c *checker) add(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *checker) run() error {
	for _, k := range kinds {
		for key, raw := range ascend(c.t.bucket(k.bucket()), nil, nil) {
			if err := c.ctx.Err(); err != nil {
				return err
			}
			c.record(k, key, raw)
		}
	}
	for _, k := range kinds {
		for _, index := range k.indexNames() {
			c.index(k, index)
		}
	}
	c.counts()
	c.sequences()
	c.checkQuarantine()
	return nil
}

// record decodes a record and looks for its rows.
func (c *checker) record(k kind, key, raw []byte) {
	rows, err := k.try(key, raw)
	if err != nil {
		c.add("%s %s: %v", k.bucket(), k.keyText(key), err)
		c.t.note(k, key)
		return
	}
	c.top[k.bucket()] = max(c.top[k.bucket()], number(k, key, raw))
	for _, r := range rows {
		c.want[r.index]++
		if !bytes.Equal(c.t.bucket(r.index).Get(r.key), key) {
			c.add("%s %s: not in index %s", k.bucket(), k.keyText(key), r.index)
		}
	}
}

// index counts the rows: with every wanted row found, an equal number means
// that there is no other. Rows of damaged records are theirs to keep.
func (c *checker) index(k kind, index string) {
	n := 0
	for _, key := range ascend(c.t.bucket(index), nil, nil) {
		if !c.t.damaged[place{k, string(key)}] && !c.t.isDamaged(k.bucket(), key) {
			n++
		}
	}
	if n != c.want[index] {
		c.add("index %s: %d rows for %d records", index, n, c.want[index])
	}
}

func (c *checker) counts() {
	rows := map[string]int{}
	for k := range ascend(c.t.bucket(indexCaseStatus), nil, nil) {
		rows[string(k[2:2+binary.BigEndian.Uint16(k)])]++
	}
	counts, _ := c.t.CountByStatus() // has no error to give
	for status, n := range counts {
		if rows[string(status)] != n {
			c.add("counter %s: %d for %d cases", status, n, rows[string(status)])
		}
		delete(rows, string(status))
	}
	for status, n := range rows {
		c.add("counter %s: 0 for %d cases", status, n)
	}
}

// Reindex builds all indexes and counters anew from the records, in one
// transaction.
func (s *Store) Reindex(ctx context.Context) error {
	if err := s.acquire(ctx); err != nil {
		return fmt.Errorf("build indexes: %w", err)
	}
	defer s.release()
	err := s.write(s.db.Update, func(t *writeTx) error {
		if err := t.mendQuarantine(); err != nil {
			return err
		}
		if err := t.empty(bucketCounts, func([]byte) bool { return false }); err != nil {
			return err
		}
		for _, k := range kinds {
			if k == kind(quarantine) { // was mended first
				continue
			}
			if err := t.rebuild(k); err != nil {
				return err
			}
		}
		return t.liftSequences()
	})
	if err != nil {
		return fmt.Errorf("build indexes: %w", err)
	}
	return nil
}

// rebuild writes the indexes of one kind. Unreadable records go to quarantine
// first, and only the guard indexes keep their rows.
func (t *writeTx) rebuild(k kind) error {
	if err := t.quarantineAll(k); err != nil {
		return err
	}
	if k == kind(cases) {
		if err := t.quarantineMissing(); err != nil {
			return err
		}
	}
	for _, index := range k.indexNames() {
		guard := slices.Contains(k.guardNames(), index)
		keep := func(key []byte) bool { return guard && t.isDamaged(k.bucket(), key) }
		if err := t.empty(index, keep); err != nil {
			return err
		}
	}
	for key, raw := range ascend(t.bucket(k.bucket()), nil, nil) {
		rows, err := k.try(key, raw)
		if err != nil {
			return err
		}
		if err := t.reindex(key, nil, rows); err != nil {
			return err
		}
	}
	return nil
}

func (t *writeTx) quarantineAll(k kind) error {
	var bad []string
	for key, raw := range ascend(t.bucket(k.bucket()), nil, nil) {
		if _, err := k.try(key, raw); err != nil {
			bad = append(bad, string(key))
		}
	}
	for _, key := range bad {
		if err := t.quarantine(k, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}

// empty makes a bucket anew with only those rows whose value keep wants.
func (t *writeTx) empty(bucket string, keep func(v []byte) bool) error {
	kept := map[string]string{}
	for k, v := range ascend(t.bucket(bucket), nil, nil) {
		if keep(v) {
			kept[string(k)] = string(v)
		}
	}
	if err := t.b.DeleteBucket([]byte(bucket)); err != nil {
		return t.fail(err)
	}
	b, err := t.b.CreateBucket([]byte(bucket))
	if err != nil {
		return t.fail(err)
	}
	for k, v := range kept {
		if err := b.Put([]byte(k), []byte(v)); err != nil {
			return t.fail(err)
		}
	}
	return nil
}
