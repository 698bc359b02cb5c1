package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// patience bounds a wait for what another goroutine does.
const patience = time.Minute

// waitsForLock returns once somebody besides us has the file open to write.
func waitsForLock(t *testing.T, path string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		n := 0
		fds, err := filepath.Glob("/proc/self/fd/*")
		noError(t, err)
		for _, fd := range fds {
			// The look before the lock only reads.
			if to, err := os.Readlink(fd); err == nil && to == path && writable(fd) {
				n++
			}
		}
		if n > 1 || len(fds) == 0 { // only Linux tells
			return
		}
	}
	t.Fatal("nobody else opens the file")
}

// writable tells how a descriptor of this process was opened; one that was
// closed meanwhile is not.
func writable(fd string) bool {
	info, err := os.ReadFile("/proc/self/fdinfo/" + filepath.Base(fd))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(info), "flags:")
	var flags int
	_, err = fmt.Sscanf(rest, "%o", &flags)
	return err == nil && flags&os.O_RDWR != 0
}

// backedUp is a database with two cases, and a backup that has the first only.
func backedUp(t *testing.T) (path, backup string) {
	t.Helper()
	path, backup = filepath.Join(t.TempDir(), "test.db"), filepath.Join(t.TempDir(), "backup.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a")
	noError(t, s.Backup(context.Background(), backup))
	save(t, s, "b")
	noError(t, s.Close())
	return path, backup
}

func TestRestore(t *testing.T) {
	t.Parallel()
	path, backup := backedUp(t)
	r, err := Restore(context.Background(), backup, path, "", day)
	noError(t, err)
	if r.Kept != path+".before-restore-20260302T000000Z" || !r.Newest.Equal(day) || r.Cases[state.Queued] != 1 || r.Mended {
		t.Errorf("got %+v", r)
	}
	for name, b := range map[string]bool{path: false, r.Kept: true, backup: false} {
		s, err := Open(name, Options{})
		noError(t, err)
		sound(t, s)
		if len(missing(t, s, "a")) > 0 || (len(missing(t, s, "b")) == 0) != b {
			t.Errorf("%s does not hold what it should", name)
		}
		noError(t, s.Close())
		if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v: %v", info, err)
		}
	}
	if _, err := Restore(context.Background(), backup, path, "", day); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second old database under the same name: %v", err)
	}
	onlyFile(t, filepath.Dir(path), "test.db", filepath.Base(r.Kept), "test.db.place")

	elsewhere := filepath.Join(t.TempDir(), "new", "test.db")
	r, err = Restore(context.Background(), backup, elsewhere, "", day)
	noError(t, err)
	if r.Kept != "" {
		t.Errorf("kept %s", r.Kept)
	}
	onlyFile(t, filepath.Dir(elsewhere), "test.db", "test.db.place")
}

// TestRestoreTwice: a backup that was made after a restore lacks what that one
// lost as well.
func TestRestoreTwice(t *testing.T) {
	t.Parallel()
	path, backup := backedUp(t)
	_, err := Restore(context.Background(), backup, path, "", day)
	noError(t, err)
	later := day.AddDate(0, 0, 3)
	s, err := Open(path, Options{})
	noError(t, err)
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		from, err := tx.Value(state.ValueRestored)
		if err != nil {
			return err
		}
		return errors.Join(tx.PutValue(state.ValueRestored, from+" "+day.Add(time.Hour).Format(time.RFC3339Nano)), tx.Stamp(later))
	}))
	again := filepath.Join(t.TempDir(), "again.db")
	noError(t, s.Backup(context.Background(), again))
	noError(t, s.Close())
	r, err := Restore(context.Background(), again, path, "", later)
	noError(t, err)
	if !r.Newest.Equal(later) {
		t.Errorf("the backup ends %s", r.Newest)
	}
	s, err = Open(path, Options{})
	noError(t, err)
	defer s.Close()
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		mark, err := tx.Value(state.ValueRestored)
		if want := day.UTC().Format(time.RFC3339Nano); mark != want {
			t.Errorf("records are gone since %q, want %q", mark, want)
		}
		return err
	}))
}

// TestRestoreOverADestroyedDatabase is what restore is there for: the database at hand is
// not one any more.
func TestRestoreOverADestroyedDatabase(t *testing.T) {
	t.Parallel()
	path, backup := backedUp(t)
	noError(t, os.WriteFile(path, []byte("wreck"), 0o600))
	noError(t, os.WriteFile(path+restoreSuffix, []byte("of a crash"), 0o600))
	r, err := Restore(context.Background(), backup, path, "", day)
	noError(t, err)
	if kept, err := os.ReadFile(r.Kept); err != nil || string(kept) != "wreck" {
		t.Errorf("kept %q: %v", kept, err)
	}
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	if len(missing(t, s, "a")) > 0 {
		t.Error("it was not restored")
	}
}

// TestRestoreRefuses changes nothing.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(t *testing.T, path, backup string)
		want  string
	}{
		{"no backup", func(t *testing.T, _, backup string) { noError(t, os.Remove(backup)) }, "nothing is there"},
		{"an empty backup", func(t *testing.T, _, backup string) { noError(t, os.Truncate(backup, 0)) }, "nothing is there"},
		{"half a backup", func(t *testing.T, _, backup string) { noError(t, os.Truncate(backup, int64(3*os.Getpagesize()))) }, "cut short"},
		{"a text", func(t *testing.T, _, backup string) {
			noError(t, os.WriteFile(backup, []byte(strings.Repeat("text", 9999)), 0o600))
		}, "not a countermand database"},
		{"another program's", func(t *testing.T, _, backup string) {
			edit(t, backup, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte(bucketMeta)) })
		}, "another program"},
		{"a broken page", func(t *testing.T, _, backup string) {
			breakPages(t, backup, `{"id":"a","shop"`)
		}, "pages is destroyed"},
		{"one broken page of many", func(t *testing.T, _, backup string) {
			noError(t, os.Remove(backup))
			s, err := Open(backup, Options{NoSync: true})
			noError(t, err)
			var names []string
			for n := range 60 {
				names = append(names, fmt.Sprint("case", n))
			}
			save(t, s, names...)
			noError(t, s.Close())
			breakPages(t, backup, `{"id":"case33"`)
		}, "take an older backup"},
		{"in use", func(t *testing.T, path, _ string) {
			s, err := Open(path, Options{})
			noError(t, err)
			t.Cleanup(func() { noError(t, s.Close()) })
		}, "stop that one first"},
		{"being read", func(t *testing.T, path, _ string) {
			s, err := Open(path, Options{ReadOnly: true})
			noError(t, err)
			t.Cleanup(func() { noError(t, s.Close()) })
		}, "stop that one first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, backup := backedUp(t)
			tt.spoil(t, path, backup)
			before, err := os.ReadFile(path)
			noError(t, err)
			_, err = Restore(context.Background(), backup, path, "", day)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the database was touched: %v", err)
			}
			onlyFile(t, filepath.Dir(path), "test.db")
		})
	}
	// Where nothing was, nothing is left.
	dir := t.TempDir()
	if _, err := Restore(context.Background(), filepath.Join(dir, "none"), filepath.Join(dir, "test.db"), "", day); err == nil {
		t.Error("restored from nothing")
	}
	onlyFile(t, dir)
}

// TestRestoreMends builds broken indexes anew and lives with a broken record.
func TestRestoreMends(t *testing.T) {
	t.Parallel()
	path, backup := backedUp(t)
	edit(t, backup, func(b *bbolt.Tx) error {
		return errors.Join(b.Bucket([]byte("case_due")).Delete(join(timeKey(day), []byte("a"))),
			b.Bucket([]byte(journal.name)).Put(join(words("a"), seqKey(99)), []byte("broken")))
	})
	r, err := Restore(context.Background(), backup, path, "", day)
	noError(t, err)
	if !r.Mended || len(r.Damaged) != 0 {
		t.Errorf("got %+v", r)
	}
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	sound(t, s)
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		q, _, err := tx.Quarantine(state.Page{})
		if len(q) != 1 || q[0].Key != "a/99" {
			t.Errorf("quarantine %+v", q)
		}
		return err
	}))
}

func TestCheckOpen(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	save(t, s, "a", "b")
	problems, err := s.CheckOpen(context.Background())
	noError(t, err)
	if len(problems) > 0 {
		t.Errorf("problems %q", problems)
	}
	noError(t, s.db.Update(func(b *bbolt.Tx) error {
		return errors.Join(b.Bucket([]byte("case_due")).Delete(join(timeKey(day), []byte("a"))),
			b.Bucket([]byte(indexCaseStatus)).Put(join(words(string(state.Held)), []byte("x")), []byte("x")))
	}))
	problems, err = s.CheckOpen(context.Background())
	noError(t, err)
	if got := fmt.Sprint(problems); len(problems) != 2 || !strings.Contains(got, "cases a: not in index case_due") || !strings.Contains(got, "leads nowhere") {
		t.Errorf("problems %q", problems)
	}
	noError(t, s.Reindex(context.Background()))
	if problems, err = s.CheckOpen(context.Background()); err != nil || len(problems) > 0 {
		t.Errorf("after building anew: %q, %v", problems, err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.CheckOpen(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
