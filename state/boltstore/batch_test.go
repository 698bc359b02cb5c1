package boltstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// Writes that come together share a transaction, and one that fails takes none
// of the others with it.
func TestBatchSharesATransaction(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{NoSync: true, InitialMmapSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const n, bad = 40, 17
	s.db.MaxBatchDelay, s.db.MaxBatchSize = time.Hour, n // all of them at once
	commits := func() (id int) {
		if err := s.db.View(func(b *bbolt.Tx) error { id = b.ID(); return nil }); err != nil {
			t.Fatal(err)
		}
		return id
	}
	before := commits()
	failure := errors.New("this one is no good")
	var added atomic.Int64
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var is bool
			err := s.Batch(t.Context(), func(tx state.Tx) (err error) {
				if is, err = tx.AddKnock(state.Knock{Shop: "mystore", Key: fmt.Sprint(i / 2), ReceivedAt: time.Unix(1, 0), NotBefore: time.Unix(1, 0)}); i == bad {
					err = failure
				}
				return err
			})
			if errors.Is(err, failure) != (i == bad) || i != bad && err != nil {
				t.Errorf("write %d: %v", i, err)
			}
			if is && err == nil {
				added.Add(1)
			}
		})
	}
	all.Wait()
	if got := commits() - before; got != 1 || added.Load() != n/2 {
		t.Errorf("%d transactions stored %d of %d knocks", got, added.Load(), n/2)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Batch(ended, func(state.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("begun for a sender that is gone: %v", err)
	}
}
