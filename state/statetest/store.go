package statetest

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"countermand/state"
	"countermand/state/boltstore"
)

// Store is a boltstore that fails when it is told to. The zero value is of no
// use: see New and Open.
type Store struct {
	path string

	mu      sync.Mutex
	inner   *boltstore.Store
	updates int
	twice   bool
	down    error
	faults  map[moment]*fault
}

var _ state.Store = (*Store)(nil)

// moment is where in an Update a fault strikes.
type moment int

const (
	before moment = iota // fn is not run
	commit               // fn ran, nothing is stored
	reply                // all is stored, and the caller is told otherwise
)

type fault struct {
	left int // Updates until it strikes
	err  error
}

// New opens the store in dir, under the name "countermand.db".
func New(dir string) (*Store, error) {
	s := &Store{path: filepath.Join(dir, "countermand.db"), faults: map[moment]*fault{}}
	if err := s.Reopen(); err != nil {
		return nil, err
	}
	return s, nil
}

// Open opens a store in a folder of its own that lasts as long as the test.
func Open(tb testing.TB) *Store {
	tb.Helper()
	s, err := New(tb.TempDir())
	must(tb, err)
	tb.Cleanup(func() { must(tb, s.Close()) })
	return s
}

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Bolt is the store underneath, for Backup and Check.
func (s *Store) Bolt() *boltstore.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner
}

// FailUpdate lets the nth Update from now (1: the next) fail with err before
// its function is run.
func (s *Store) FailUpdate(n int, err error) { s.plan(before, n, err) }

// FailCommit lets the nth Update from now fail with err after its function
// ran; nothing of it is stored.
func (s *Store) FailCommit(n int, err error) { s.plan(commit, n, err) }

// LoseReply lets the nth Update from now store everything and return err all
// the same, as if the process had died at that moment.
func (s *Store) LoseReply(n int, err error) { s.plan(reply, n, err) }

// FailAll lets every call fail with err from now on; nil ends it.
func (s *Store) FailAll(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// RunTwice lets every Update run its function twice, the first time for
// nothing, as a backend may that has to try again.
func (s *Store) RunTwice(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.twice = on
}

// Updates counts the Updates that were begun, failed ones too.
func (s *Store) Updates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.updates
}

// Reopen closes the file, if it is open, and opens it again.
func (s *Store) Reopen() error {
	if inner := s.Bolt(); inner != nil {
		if err := inner.Close(); err != nil {
			return err
		}
	}
	inner, err := boltstore.Open(s.path, boltstore.Options{})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inner = inner
	return nil
}

// Close closes the file, whatever faults are planned.
func (s *Store) Close() error { return s.Bolt().Close() }

// Update is the store's, with the planned faults.
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	inner, twice, strikes, err := s.begin()
	if err != nil {
		return err
	}
	if err := strikes[before]; err != nil {
		return err
	}
	if twice {
		if err := dryRun(ctx, inner, fn); err != nil {
			return err
		}
	}
	err = inner.Update(ctx, func(tx state.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return strikes[commit]
	})
	if err != nil {
		return err
	}
	return strikes[reply]
}

// View is the store's, unless all fails.
func (s *Store) View(ctx context.Context, fn func(state.ReadTx) error) error {
	s.mu.Lock()
	inner, down := s.inner, s.down
	s.mu.Unlock()
	if down != nil {
		return down
	}
	return inner.View(ctx, fn)
}

// begin counts an Update and tells what is planned for it.
func (s *Store) begin() (*boltstore.Store, bool, map[moment]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates++
	strikes := map[moment]error{}
	for m, f := range s.faults {
		if f.left--; f.left == 0 {
			strikes[m] = f.err
			delete(s.faults, m)
		}
	}
	return s.inner, s.twice, strikes, s.down
}

func (s *Store) plan(m moment, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[m] = &fault{n, err}
}

var errDryRun = errors.New("dry run")

// dryRun runs fn and takes back what it did. Its own error ends the Update.
func dryRun(ctx context.Context, inner *boltstore.Store, fn func(state.Tx) error) error {
	err := inner.Update(ctx, func(tx state.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}
