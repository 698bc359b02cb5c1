package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countermand/state"
)

// swollen is a closed database of which most was deleted.
func swollen(t *testing.T) (path string, size int64) {
	t.Helper()
	raw := swell(t)
	path = filepath.Join(t.TempDir(), "test.db")
	noError(t, os.WriteFile(path, raw, 0o600))
	return path, int64(len(raw))
}

var (
	swelling sync.Mutex
	swelled  []byte
)

// swell makes one such file, once: it takes a while.
func swell(t *testing.T) []byte {
	t.Helper()
	swelling.Lock()
	defer swelling.Unlock()
	if swelled != nil {
		return swelled
	}
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{NoSync: true})
	noError(t, err)
	for n := range 4 {
		noError(t, s.Update(context.Background(), func(tx state.Tx) error {
			for m := range 100 {
				c := testCase(fmt.Sprintf("%d-%d", n, m))
				c.Status, c.EndedAt, c.ShopOrderID = state.Refunded, day, "o"
				c.Store = strings.Repeat("x", 90000)
				if _, err := tx.PutCase(c); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		gone, err := tx.ForgetOrder("s", "o", day, day)
		if len(gone) != 400 {
			t.Errorf("%d cases deleted", len(gone))
		}
		return err
	}))
	save(t, s, "a", "b")
	noError(t, s.Close())
	swelled, err = os.ReadFile(path)
	noError(t, err)
	return swelled
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	noError(t, err)
	return info.Size()
}

// holds looks whether all is there that swollen left.
func holds(t *testing.T, s *Store) {
	t.Helper()
	sound(t, s)
	for _, name := range []string{"a", "b"} {
		for _, m := range missing(t, s, name) {
			t.Error(m)
		}
	}
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		if f, err := tx.Forgotten("s", "o"); err != nil || !f {
			t.Errorf("the order is not remembered: %v", err)
		}
		return nil
	}))
}

func TestCompact(t *testing.T) {
	t.Parallel()
	path, before := swollen(t)
	noError(t, os.WriteFile(path+compactSuffix, []byte("of a crash"), 0o600))
	var notes []string
	o := Options{CompactFrom: before, Note: func(n string) { notes = append(notes, n) }}
	s, err := Open(path, o)
	noError(t, err)
	if after := fileSize(t, path); after > before/2 {
		t.Errorf("%d bytes of %d", after, before)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "made smaller") {
		t.Errorf("notes %q", notes)
	}
	holds(t, s)
	// Another one must not get in, by whatever file it has open.
	if _, err := Open(path, Options{Timeout: 1}); err == nil || !strings.Contains(err.Error(), "another countermand") {
		t.Errorf("a second one: %v", err)
	}
	info, err := os.Stat(path)
	noError(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("it is %v", info.Mode())
	}
	onlyFile(t, filepath.Dir(path), "test.db")
	// Revisions go on where they were.
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		c, err := tx.Case("b")
		if err != nil {
			return err
		}
		rev, err := tx.PutCase(c)
		if rev <= 400 {
			t.Errorf("revision %d", rev)
		}
		return err
	}))
	copied := filepath.Join(t.TempDir(), "copy.db")
	noError(t, s.Backup(context.Background(), copied))
	noError(t, s.Close())
	for _, again := range []string{path, copied} {
		s, err = Open(again, o)
		noError(t, err)
		holds(t, s)
		noError(t, s.Close())
	}
	if len(notes) != 1 {
		t.Errorf("made smaller twice: %q", notes)
	}
}

// TestCompactLeavesAFileAlone: too small a file, a full one, one that is only read.
func TestCompactLeavesAFileAlone(t *testing.T) {
	t.Parallel()
	path, size := swollen(t)
	for name, o := range map[string]Options{"small": {CompactFrom: size + 1}, "read-only": {CompactFrom: 1, ReadOnly: true}, "never": {}} {
		o.Note = func(n string) { t.Errorf("%s: %s", name, n) }
		s, err := Open(path, o)
		noError(t, err)
		holds(t, s)
		noError(t, s.Close())
		if now := fileSize(t, path); now != size {
			t.Errorf("%s: %d bytes, were %d", name, now, size)
		}
	}
	s, err := Open(filepath.Join(t.TempDir(), "fresh.db"), Options{CompactFrom: 1, Note: func(n string) { t.Error(n) }})
	noError(t, err)
	noError(t, s.Close())
}

// TestCompactFails leaves the database in use as it is, and says why.
func TestCompactFails(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"no place for the copy": func(t *testing.T, path string) {
			noError(t, os.MkdirAll(filepath.Join(path+compactSuffix, "x"), 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, size := swollen(t)
			spoil(t, path)
			var notes []string
			s, err := Open(path, Options{CompactFrom: 1, Note: func(n string) { notes = append(notes, n) }})
			noError(t, err)
			defer s.Close()
			if len(notes) != 1 || fileSize(t, path) != size {
				t.Errorf("%d bytes, were %d; notes %q", fileSize(t, path), size, notes)
			}
			noError(t, s.Update(context.Background(), func(tx state.Tx) error { return tx.Stamp(day) }))
		})
	}
}

// TestCompactBrokenPage leaves a file as it is that breaks after it was opened.
func TestCompactBrokenPage(t *testing.T) {
	t.Parallel()
	path, size := swollen(t)
	var notes []string
	o := Options{CompactFrom: 1, Note: func(n string) { notes = append(notes, n) }}
	db, err := lockAndOpen(path, o)
	noError(t, err)
	breakPages(t, path, `{"id":"b","shop"`)
	same := compact(db, path, o)
	if same != db || len(notes) != 1 || !strings.Contains(notes[0], "not in order") || fileSize(t, path) != size {
		t.Errorf("%d bytes, were %d; notes %q", fileSize(t, path), size, notes)
	}
	noError(t, same.Close())
}

// breakPages destroys the head of every page that holds a text. The file may
// be mapped meanwhile, so it must not become shorter at any moment.
func breakPages(t *testing.T, path, text string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	noError(t, err)
	size := os.Getpagesize()
	for at := 0; at < len(raw); at += size {
		if page := raw[at : at+size]; strings.Contains(string(page), text) {
			clear(page[:pageHeader])
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	noError(t, err)
	_, err = f.WriteAt(raw, 0)
	noError(t, errors.Join(err, f.Close()))
}

// TestReplacedWhileWaiting: whoever waited for the lock of a file that is no
// longer the database must not write to it.
func TestReplacedWhileWaiting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	copied := filepath.Join(filepath.Dir(path), "copy.db")
	noError(t, s.Backup(context.Background(), copied))
	done := make(chan error, 1)
	go func() {
		other, err := Open(path, Options{Timeout: patience})
		if err == nil {
			err = other.Close()
		}
		done <- err
	}()
	waitsForLock(t, path)
	noError(t, os.Rename(copied, path))
	noError(t, s.Close())
	if err := <-done; err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("got %v", err)
	}
}
