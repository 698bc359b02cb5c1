package statetest_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"countermand/state"
	"countermand/state/statetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("COUNTERMAND_TEST_ALL") == "" {
		if err := flag.Set("rapid.checks", "20"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// faulty is a Store without planned faults: it must not differ from what is
// underneath.
type faulty string

func (f faulty) Open() (state.Store, error) { return statetest.New(string(f)) }
func (f faulty) Damage(marker string) error { return statetest.Bolt(string(f)).Damage(marker) }

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	statetest.Conform(t, func(t *testing.T) statetest.Backend { return faulty(t.TempDir()) })
}

var errPlanned = errors.New("planned")

// save stores an account under a name and tells how often its function ran.
func save(s state.Store, name string) (runs int, err error) {
	err = s.Update(context.Background(), func(tx state.Tx) error {
		runs++
		_, err := tx.PutAccount(state.Account{Name: name})
		return err
	})
	return runs, err
}

func stored(t *testing.T, s state.Store, name string) bool {
	t.Helper()
	err := s.View(context.Background(), func(tx state.ReadTx) error {
		_, err := tx.Account(name)
		return err
	})
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		plan   func(s *statetest.Store, n int, err error)
		runs   int
		stored bool
	}{
		{"before", (*statetest.Store).FailUpdate, 0, false},
		{"at the commit", (*statetest.Store).FailCommit, 1, false},
		{"after the commit", (*statetest.Store).LoseReply, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := statetest.Open(t)
			tt.plan(s, 2, errPlanned)
			for i, name := range []string{"first", "second", "third"} {
				runs, err := save(s, name)
				hit := i == 1
				if errors.Is(err, errPlanned) != hit || (err != nil) != hit {
					t.Errorf("%s: error %v", name, err)
				}
				if hit && (runs != tt.runs || stored(t, s, name) != tt.stored) {
					t.Errorf("ran %d times, stored %v", runs, stored(t, s, name))
				}
				if !hit && !stored(t, s, name) {
					t.Errorf("%s was not stored", name)
				}
			}
			if s.Updates() != 3 {
				t.Errorf("%d updates", s.Updates())
			}
		})
	}
}

func TestFailAll(t *testing.T) {
	t.Parallel()
	s := statetest.Open(t)
	s.FailAll(errPlanned)
	if _, err := save(s, "a"); !errors.Is(err, errPlanned) {
		t.Errorf("update: %v", err)
	}
	err := s.View(context.Background(), func(state.ReadTx) error { t.Error("it ran"); return nil })
	if !errors.Is(err, errPlanned) {
		t.Errorf("view: %v", err)
	}
	s.FailAll(nil)
	if _, err := save(s, "a"); err != nil || !stored(t, s, "a") {
		t.Errorf("afterwards: %v", err)
	}
}

func TestUpdateThatRunsTwice(t *testing.T) {
	t.Parallel()
	s := statetest.Open(t)
	s.RunTwice(true)
	if runs, err := save(s, "a"); runs != 2 || err != nil || !stored(t, s, "a") {
		t.Errorf("ran %d times: %v", runs, err)
	}
	if runs, err := save(s, "a"); runs != 1 || !errors.Is(err, state.ErrConflict) {
		t.Errorf("a failing function ran %d times: %v", runs, err)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	s := statetest.Open(t)
	if _, err := save(s, "a"); err != nil {
		t.Fatal(err)
	}
	if err := s.Reopen(); err != nil {
		t.Fatal(err)
	}
	if !stored(t, s, "a") || s.Bolt().Path() != s.Path() {
		t.Error("it is another database")
	}
}

func TestNewFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "countermand.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := statetest.New(dir); err == nil {
		t.Error("a folder was opened as a database")
	}
	if err := statetest.Bolt(dir).Damage("x"); err == nil {
		t.Error("a folder was damaged")
	}
	if err := statetest.Bolt(t.TempDir()).Damage("x"); err == nil {
		t.Error("what is not there was damaged")
	}
	fine := t.TempDir()
	s, err := statetest.New(fine)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := statetest.Bolt(fine).Damage("no record holds this"); err == nil {
		t.Error("no record was damaged, and it was not told")
	}
}
