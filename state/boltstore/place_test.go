package boltstore

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

const here = "machine-a"

// openAt opens a database as a daemon on a machine does, and says what it found.
func openAt(t *testing.T, path, machine string) (*Store, Place) {
	t.Helper()
	s, err := Open(path, Options{Place: &PlaceOptions{Machine: machine}})
	noError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, s.Place()
}

// visit is one start and stop of a daemon.
func visit(t *testing.T, path, machine string) Place {
	t.Helper()
	s, p := openAt(t, path, machine)
	noError(t, s.Close())
	return p
}

// lived is a database that a daemon has worked on.
func lived(t *testing.T, machine string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	s, p := openAt(t, path, machine)
	if p.Asked != 0 || p.Restored {
		t.Errorf("a new database: %+v", p)
	}
	save(t, s, "one")
	noError(t, s.Update(context.Background(), func(tx state.Tx) error { return tx.Stamp(day) }))
	noError(t, s.Close())
	return path
}

// copyFolder copies a database with its place, as cp does.
func copyFolder(t *testing.T, path string) (copied string) {
	t.Helper()
	dir := t.TempDir()
	noError(t, os.CopyFS(dir, os.DirFS(filepath.Dir(path))))
	return filepath.Join(dir, filepath.Base(path))
}

// restoredMark is what the engine would learn of a restore.
func restoredMark(t *testing.T, path string) (mark string) {
	t.Helper()
	s, err := Open(path, Options{ReadOnly: true})
	noError(t, err)
	noError(t, s.View(context.Background(), func(tx state.ReadTx) (err error) { mark, err = tx.Value(state.ValueRestored); return err }))
	noError(t, s.Close())
	return mark
}

func TestFolderThatStaysOrIsMovedAsksNothing(t *testing.T) {
	t.Parallel()
	path := lived(t, here)
	for range 2 {
		if p := visit(t, path, here); p.Asked != 0 || p.Restored {
			t.Errorf("at the same place: %+v", p)
		}
	}
	to := filepath.Join(filepath.Dir(filepath.Dir(path)), "moved")
	noError(t, os.Rename(filepath.Dir(path), to))
	if p := visit(t, filepath.Join(to, "test.db"), here); p.Asked != 0 || p.Restored {
		t.Errorf("moved within the file system: %+v", p)
	}
}

// TestCopyAsksUntilClaimed: nothing is lost in a copy, but its original may be
// in use.
func TestCopyAsksUntilClaimed(t *testing.T) {
	t.Parallel()
	path := lived(t, here)
	copied := copyFolder(t, path)
	first := visit(t, copied, here)
	again := visit(t, copied, here)
	if first.Asked == 0 || first.Restored || again != first || first.Was.Machine != here || first.Was.Inode == 0 {
		t.Fatalf("first %+v, then %+v", first, again)
	}
	if m := restoredMark(t, copied); m != "" {
		t.Errorf("a copy counts as a restore: %s", m)
	}
	if p := visit(t, path, here); p.Asked != 0 {
		t.Errorf("the original: %+v", p)
	}
	s, _ := openAt(t, copied, here)
	noError(t, s.Claim())
	if p := s.Place(); p.Asked != 0 {
		t.Errorf("after the claim: %+v", p)
	}
	noError(t, s.Advance(context.Background())) // must not bring the question back
	noError(t, s.Close())
	if p := visit(t, copied, here); p.Asked != 0 || p.Restored {
		t.Errorf("at the start after the claim: %+v", p)
	}
	if p := visit(t, copyFolder(t, copied), here); p.Asked == 0 || p.Asked == first.Asked {
		t.Errorf("a second copy asks a question of its own: %+v", p)
	}
}

// TestQuestionEndsAtHome: who goes back to the old place needs no claim.
func TestQuestionEndsAtHome(t *testing.T) {
	t.Parallel()
	path := lived(t, here)
	if p := visit(t, path, "machine-b"); p.Asked == 0 {
		t.Fatalf("on another machine: %+v", p)
	}
	if p := visit(t, path, here); p.Asked != 0 {
		t.Errorf("back again: %+v", p)
	}
}

func TestUnknownMachineDoesNotCount(t *testing.T) {
	t.Parallel()
	path := lived(t, "")
	for _, machine := range []string{"", here, ""} { // a container, then one that got an id
		if p := visit(t, path, machine); p.Asked != 0 || p.Restored {
			t.Errorf("on machine %q: %+v", machine, p)
		}
	}
	if p := visit(t, copyFolder(t, path), ""); p.Asked == 0 {
		t.Errorf("a copy in a container: %+v", p)
	}
}

// TestOlderFileIsARestore: by whatever means an older state was put there.
func TestOlderFileIsARestore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		put  func(old, path string) error
	}{
		{"written over", func(old, path string) error {
			body, err := os.ReadFile(old)
			if err != nil {
				return err
			}
			return os.WriteFile(path, body, 0o600)
		}},
		{"renamed", os.Rename},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := lived(t, here)
			old := path + ".old"
			s, _ := openAt(t, path, here)
			noError(t, s.Backup(context.Background(), old))
			noError(t, s.Advance(context.Background()))
			save(t, s, "two")
			noError(t, s.Close())
			noError(t, tc.put(old, path))
			p := visit(t, path, here)
			if !p.Restored || p.Asked != 0 {
				t.Errorf("%+v", p)
			}
			if m := restoredMark(t, path); m != day.Format(time.RFC3339Nano) {
				t.Errorf("lost since %q", m)
			}
			if p := visit(t, path, here); p.Restored || p.Asked != 0 {
				t.Errorf("at the next start: %+v", p)
			}
		})
	}
}

// TestFileWithoutItsPlace may be a backup, and its original in use.
func TestFileWithoutItsPlace(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(string) error{
		"gone":    os.Remove,
		"damaged": func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := lived(t, here)
			noError(t, spoil(path+placeSuffix))
			if p := visit(t, path, here); !p.Restored || p.Asked == 0 {
				t.Errorf("%+v", p)
			}
			if p := visit(t, path, here); p.Restored || p.Asked == 0 {
				t.Errorf("at the next start: %+v", p)
			}
		})
	}
}

// TestEmptyDatabaseBesideAPlaceIsARestore: who deletes the database alone has
// lost all that was asked.
func TestEmptyDatabaseBesideAPlaceIsARestore(t *testing.T) {
	t.Parallel()
	path := lived(t, here)
	noError(t, os.Remove(path))
	if p := visit(t, path, here); !p.Restored {
		t.Errorf("%+v", p)
	}
}

func TestDatabaseFromBeforePlaces(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "one")
	noError(t, s.Close())
	if p := visit(t, path, here); p.Asked != 0 || p.Restored {
		t.Errorf("the upgrade: %+v", p)
	}
}

func TestCompactionKeepsThePlace(t *testing.T) {
	t.Parallel()
	path, _ := swollen(t)
	visit(t, path, here)
	before, err := locationOf(path, here)
	noError(t, err)
	var notes []string
	s, err := Open(path, Options{Place: &PlaceOptions{here}, CompactFrom: 1, Note: func(n string) { notes = append(notes, n) }})
	noError(t, err)
	p := s.Place()
	noError(t, s.Close())
	after, err := locationOf(path, here)
	noError(t, err)
	if before == after || len(notes) != 1 {
		t.Fatalf("not rewritten: %v", notes)
	}
	if q := visit(t, path, here); p.Asked != 0 || q.Asked != 0 || q.Restored {
		t.Errorf("%+v, then %+v", p, q)
	}
}

// TestCrashAroundTheRenaming: whichever of two files has the name, it stands
// where it stood; one that did not before does not afterwards.
func TestCrashAroundTheRenaming(t *testing.T) {
	t.Parallel()
	for _, moved := range []bool{false, true} {
		for _, renamed := range []bool{false, true} {
			path := lived(t, here)
			if moved {
				path = copyFolder(t, path)
			}
			next := path + compactSuffix
			body, err := os.ReadFile(path)
			noError(t, err)
			noError(t, os.WriteFile(next, body, 0o600))
			noError(t, announce(path, next, here))
			if renamed {
				noError(t, os.Rename(next, path))
			}
			if p := visit(t, path, here); (p.Asked != 0) != moved || p.Restored {
				t.Errorf("moved %v, renamed %v: %+v", moved, renamed, p)
			}
		}
	}
}

// TestRestoreWritesThePlaceAnew and does not answer an open question.
func TestRestoreWritesThePlaceAnew(t *testing.T) {
	t.Parallel()
	for _, moved := range []bool{false, true} {
		path := lived(t, here)
		backup := filepath.Join(t.TempDir(), "backup.db")
		s, _ := openAt(t, path, here)
		noError(t, s.Backup(context.Background(), backup))
		noError(t, s.Close())
		if moved {
			path = copyFolder(t, path)
		}
		_, err := Restore(context.Background(), backup, path, here, day.Add(time.Hour))
		noError(t, err)
		if p := visit(t, path, here); (p.Asked != 0) != moved || p.Restored { // Restore itself said so
			t.Errorf("moved %v: %+v", moved, p)
		}
		if restoredMark(t, path) == "" {
			t.Error("not told of")
		}
		if left, _ := filepath.Glob(path + placeSuffix + "*"); len(left) != 1 {
			t.Errorf("left: %v", left)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "new", "test.db")
	path := lived(t, here)
	_, err := Restore(context.Background(), path, elsewhere, here, day)
	noError(t, err)
	if p := visit(t, elsewhere, here); p.Asked != 0 || p.Restored {
		t.Errorf("into an empty folder: %+v", p)
	}
}

// TestPlaceIsNeverAheadOfTheDatabase: a crash between the two must not look
// like a restore.
func TestPlaceIsNeverAheadOfTheDatabase(t *testing.T) {
	t.Parallel()
	path := lived(t, here)
	s, _ := openAt(t, path, here)
	for range 3 {
		noError(t, s.Advance(context.Background()))
	}
	noError(t, os.Chmod(filepath.Dir(path), 0o500))
	failed := s.Advance(context.Background())
	noError(t, os.Chmod(filepath.Dir(path), 0o700))
	if failed == nil && os.Geteuid() != 0 {
		t.Error("a place that cannot be written is no error")
	}
	noError(t, s.Close())
	var p placeFile
	body, err := os.ReadFile(path + placeSuffix)
	noError(t, err)
	noError(t, json.Unmarshal(body, &p))
	db, err := bbolt.Open(path, 0o600, nil)
	noError(t, err)
	noError(t, db.View(func(b *bbolt.Tx) error {
		if have := counterOf(b); have < p.Counter || p.Counter < 5 {
			t.Errorf("database %d, place %d", have, p.Counter)
		}
		return nil
	}))
	noError(t, db.Close())
	if info, err := os.Stat(path + placeSuffix); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(string(body), "becomes") {
		t.Errorf("%v %v %s", info.Mode(), err, body)
	}
}
