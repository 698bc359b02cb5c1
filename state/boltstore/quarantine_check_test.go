package boltstore

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// TestJournalThatLostCountOfItsNumbers: where the journal lost count of its numbers it is told,
// and the cases can be written to all the same, in their order.
func TestJournalThatLostCountOfItsNumbers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{NoSync: true})
	noError(t, err)
	add := func(detail string) error {
		return s.Update(context.Background(), func(tx state.Tx) error {
			_, err := tx.AddKnock(state.Knock{Shop: "s", Topic: detail})
			return errors.Join(err, tx.AddEntry("case", state.Entry{At: day, Event: state.EventBegin, Detail: detail}))
		})
	}
	for range 70 {
		noError(t, add("old"))
	}
	save(t, s, "a")
	noError(t, s.Close())
	edit(t, path, func(b *bbolt.Tx) error {
		j := b.Bucket([]byte("journal"))
		return errors.Join(j.SetSequence(j.Sequence()^128), b.Bucket([]byte("knocks")).SetSequence(3), b.Bucket([]byte("cases")).SetSequence(0))
	})
	s, err = Open(path, Options{NoSync: true})
	noError(t, err)
	defer s.Close()
	problems, err := s.Check(context.Background())
	if got := strings.Join(problems, "\n"); err != nil || len(problems) != 3 || !strings.Contains(got, "sequence journal: ") || !strings.Contains(got, "sequence knocks: 3, and 140 was given out") || !strings.Contains(got, "sequence cases: 0, and 1 ") {
		t.Errorf("Check finds %v %v", problems, err)
	}
	for range 3 {
		noError(t, add("new"))
	}
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		entries, err := tx.Journal("case")
		if len(entries) != 73 || entries[69].Detail != "old" || entries[70].Detail != "new" {
			t.Errorf("%d entries", len(entries))
		}
		knocks, kerr := tx.Knocks(day, 100)
		if len(knocks) != 73 || knocks[72].Topic != "new" {
			t.Errorf("%d knocks", len(knocks))
		}
		return errors.Join(err, kerr)
	}))
	noError(t, s.Reindex(context.Background()))
	sound(t, s)
	// A revision never comes again either.
	noError(t, s.db.Update(func(b *bbolt.Tx) error { return b.Bucket([]byte("cases")).SetSequence(0) }))
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		c, err := tx.Case("a")
		if err != nil {
			return err
		}
		rev, err := tx.PutCase(c)
		if rev <= c.Rev {
			t.Errorf("revision %d after %d", rev, c.Rev)
		}
		return err
	}))
	noError(t, s.db.Update(func(b *bbolt.Tx) error { return b.Bucket([]byte("case_due")).SetSequence(7) }))
	problems, err = s.Check(context.Background())
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "sequence case_due: 7") {
		t.Errorf("Check finds %v %v", problems, err)
	}
	noError(t, s.Reindex(context.Background()))
	sound(t, s)
}

// TestTracesOfDamagedCases: what is left of a quarantined case keeps its order from
// being taken for a new one. Whatever of it is damaged in turn is found and
// mended, and the order stays guarded.
func TestTracesOfDamagedCases(t *testing.T) {
	t.Parallel()
	move := func(bucket string, hurt func(k, v []byte) (nk, nv []byte)) func(b *bbolt.Tx) error {
		return func(b *bbolt.Tx) error {
			bk := b.Bucket([]byte(bucket))
			for k, v := range ascend(bk, nil, nil) {
				if bucket != bucketDamaged && bucket != quarantine.name && string(v) != "case007" {
					continue
				}
				nk, nv := hurt(bytes.Clone(k), bytes.Clone(v))
				if err := bk.Delete(bytes.Clone(k)); err != nil || nk == nil {
					return err
				}
				return bk.Put(nk, nv)
			}
			return errors.New("nothing to hurt")
		}
	}
	lastOfKey := func(k, v []byte) ([]byte, []byte) { k[len(k)-1] ^= 1; return k, v }
	first := func(k, v []byte) ([]byte, []byte) { k[3] ^= 1; return k, v }
	value := func(k, v []byte) ([]byte, []byte) { v[len(v)-1] ^= 1; return k, v }
	gone := func(_, _ []byte) ([]byte, []byte) { return nil, nil }
	tests := []struct {
		name, bucket string
		hurt         func(k, v []byte) ([]byte, []byte)
		want         string
	}{
		{"place of another", bucketDamaged, lastOfKey, "is of cases case007"},
		{"place of no bucket", bucketDamaged, first, "it is no place"},
		{"place with another number", bucketDamaged, value, "not found"},
		{"place gone", bucketDamaged, gone, "rows for"},
		{"supplier's number changed", "case_supplier", first, "case007 is not in index case_supplier"},
		{"row for another", "case_supplier", value, "case007 is not in index case_supplier"},
		{"row gone", "case_shop", gone, "case007 is not in index case_shop"},
		{"quarantine damaged", quarantine.name, value, "quarantine 1: "},
		{"quarantine gone", quarantine.name, gone, "not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			variedDB(t, path)
			edit(t, path, move(tt.bucket, tt.hurt))
			s, err := Open(path, Options{NoSync: true})
			noError(t, err)
			defer s.Close()
			problems, err := s.Check(context.Background())
			noError(t, err)
			if got := strings.Join(problems, "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("Check finds %q, want %q", got, tt.want)
			}
			noError(t, s.Reindex(context.Background()))
			sound(t, s)
			noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
				_, err := tx.Case("case007")
				_, err2 := tx.CasesBySupplierOrder("", "8case007")
				_, err3 := tx.CasesByShopOrder("s", "ocase007")
				if !errors.Is(err, state.ErrCorrupt) || !errors.Is(err2, state.ErrCorrupt) || !errors.Is(err3, state.ErrCorrupt) {
					t.Errorf("it counts as one that never was: %v; %v; %v", err, err2, err3)
				}
				if _, err := tx.Case("case006"); err != nil {
					t.Errorf("its neighbour: %v", err)
				}
				rows, _, err := tx.Quarantine(state.Page{})
				if len(rows) == 0 {
					t.Error("nobody is told of it")
				}
				return err
			}))
		})
	}
}
