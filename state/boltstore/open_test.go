package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"countermand/state"
)

func TestOpenMakesPrivateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b", "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	noError(t, s.Close())
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		info, err := os.Stat(name)
		noError(t, err)
		if info.Mode() != want {
			t.Errorf("%s is %v, want %v", name, info.Mode(), want)
		}
	}
}

// edit changes a closed database behind the store's back.
func edit(t *testing.T, path string, fn func(b *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	noError(t, err)
	noError(t, db.Update(fn))
	noError(t, db.Close())
}

func editMeta(key, value string) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		edit(t, path, func(b *bbolt.Tx) error { return b.Bucket([]byte(bucketMeta)).Put([]byte(key), []byte(value)) })
	}
}

func overwrite(content []byte) func(t *testing.T, path string) {
	return func(t *testing.T, path string) { noError(t, os.WriteFile(path, content, 0o600)) }
}

// flipBytes changes a byte at each offset.
func flipBytes(offsets ...int64) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		raw, err := os.ReadFile(path)
		noError(t, err)
		for _, at := range offsets {
			raw[at] ^= 0x40
		}
		noError(t, os.WriteFile(path, raw, 0o600))
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	page := int64(os.Getpagesize())
	tests := []struct {
		name string
		hurt func(t *testing.T, path string)
		want string
	}{
		{"text", overwrite([]byte(strings.Repeat("no database ", 9999))), "not a countermand database"},
		{"a short text", overwrite([]byte("hello")), "not a countermand database"},
		{"zeroes", overwrite(make([]byte, 1<<16)), "not a countermand database"},
		{"both heads destroyed", flipBytes(pageHeader+30, page+pageHeader+30), "head is destroyed"},
		{"cut short", func(t *testing.T, path string) { noError(t, os.Truncate(path, 3*page)) }, "cut short"},
		{"a newer schema", editMeta("version", string(seqKey(99))), fmt.Sprintf("version 99 and this countermand knows %d: run the newer countermand", migrations[len(migrations)-1].to)},
		{"a broken version", editMeta("version", "1"), "another program"},
		{"another program's", editMeta("application", "shopkeeper"), "another program"},
		{"no meta bucket", func(t *testing.T, path string) {
			edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte(bucketMeta)) })
		}, "another program"},
		{"a bucket is missing", func(t *testing.T, path string) {
			edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte("case_due")) })
		}, "case_due is missing: restore"},
		{"an index of a later version is missing", func(t *testing.T, path string) {
			edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte(indexCaseName)) })
		}, "case_name is missing: restore"},
		{"a folder", func(t *testing.T, path string) {
			noError(t, os.Remove(path))
			noError(t, os.Mkdir(path, 0o700))
		}, "not a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			s, err := Open(path, Options{})
			noError(t, err)
			save(t, s, "a", "b")
			noError(t, s.Close())
			tt.hurt(t, path)
			_, err = Open(path, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want it to say %q", err, tt.want)
			}
		})
	}
}

// TestOpenWithOneMetaPage loses either of the two meta pages, as a torn write would.
func TestOpenWithOneMetaPage(t *testing.T) {
	t.Parallel()
	for _, at := range []int64{pageHeader + 30, int64(os.Getpagesize()) + pageHeader + 30} {
		path := filepath.Join(t.TempDir(), "test.db")
		s, err := Open(path, Options{})
		noError(t, err)
		save(t, s, "a", "b", "c")
		noError(t, s.Close())
		flipBytes(at)(t, path)
		s, err = Open(path, Options{})
		noError(t, err)
		for _, m := range missing(t, s, "b") {
			t.Error(m)
		}
		sound(t, s)
		noError(t, s.Close())
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "test.db")
	if _, err := Open(path, Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made a folder: %v", err)
	}
	path = filepath.Join(dir, "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a", "b")
	noError(t, s.Close())
	editCase(t, path, "b")
	s, err = Open(path, Options{ReadOnly: true})
	noError(t, err)
	defer s.Close()
	again, err := Open(path, Options{ReadOnly: true})
	noError(t, err)
	defer again.Close()
	for range 2 { // a damaged record stays where it is
		for _, want := range []string{"a", "b"} {
			if gone := len(missing(t, s, want)) > 0; gone != (want == "b") {
				t.Errorf("%s is gone: %v", want, gone)
			}
		}
	}
	if err := s.Update(context.Background(), func(state.Tx) error { return nil }); err == nil {
		t.Error("a read-only store was written to")
	}
	problems, err := s.Check(context.Background())
	noError(t, err)
	if len(problems) != 1 || !strings.Contains(problems[0], "cases b: checksum") {
		t.Errorf("problems %q", problems)
	}
}

// editCase damages one case.
func editCase(t *testing.T, path, id string) {
	t.Helper()
	edit(t, path, func(b *bbolt.Tx) error {
		raw := []byte(string(b.Bucket([]byte(cases.name)).Get([]byte(id))))
		raw[len(raw)-5] ^= 1
		return b.Bucket([]byte(cases.name)).Put([]byte(id), raw)
	})
}
