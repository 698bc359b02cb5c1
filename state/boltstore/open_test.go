package boltstore

import (
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"io"
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
		{"a newer schema", editMeta("version", string(seqKey(99))), "version 99 and this countermand knows 1: run the newer countermand"},
		{"a broken version", editMeta("version", "1"), "another program"},
		{"another program's", editMeta("application", "shopkeeper"), "another program"},
		{"no meta bucket", func(t *testing.T, path string) {
			edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte(bucketMeta)) })
		}, "another program"},
		{"a bucket is missing", func(t *testing.T, path string) {
			edit(t, path, func(b *bbolt.Tx) error { return b.DeleteBucket([]byte("case_due")) })
		}, "case_due is missing: restore"},
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

// TestOneHead loses either of the two meta pages, as a torn write would.
func TestOneHead(t *testing.T) {
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

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a")
	noError(t, s.Close())

	var order []uint64
	step := func(to uint64, err error) migration {
		return migration{to, func(b *bbolt.Tx) error {
			order = append(order, to)
			return errors.Join(err, b.Bucket([]byte(bucketMeta)).Put([]byte("extra"), []byte("x")))
		}}
	}
	oops := errors.New("oops")
	if _, err := open(path, Options{ReadOnly: true}, append(migrations[:1:1], step(2, nil))); err == nil || !strings.Contains(err.Error(), "start the daemon once") {
		t.Errorf("read-only: %v", err)
	}
	if _, err := open(path, Options{}, append(migrations[:1:1], step(2, nil), step(3, oops))); !errors.Is(err, oops) {
		t.Errorf("a step that fails: %v", err)
	}
	s, err = Open(path, Options{}) // still version 1
	noError(t, err)
	noError(t, s.Close())

	order = nil
	s, err = open(path, Options{}, append(migrations[:1:1], step(2, nil), step(3, nil)))
	noError(t, err)
	for _, m := range missing(t, s, "a") {
		t.Error(m)
	}
	noError(t, s.Close())
	if len(order) != 2 || order[0] != 2 || order[1] != 3 {
		t.Errorf("steps %v", order)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "version 3") {
		t.Errorf("the older program: %v", err)
	}
	s, err = Open(path+".v1.bak", Options{})
	noError(t, err)
	for _, m := range missing(t, s, "a") {
		t.Error(m)
	}
	noError(t, s.Close())
}

var updateGolden = flag.Bool("update", false, "write testdata/v1.db.gz anew")

const golden = "testdata/v1.db.gz"

// TestVersion1 reads a file that version 1 wrote: what was stored once must
// stay readable.
func TestVersion1(t *testing.T) {
	t.Parallel()
	if *updateGolden {
		writeGolden(t)
	}
	zipped, err := os.Open(golden)
	noError(t, err)
	defer zipped.Close()
	r, err := gzip.NewReader(zipped)
	noError(t, err)
	raw, err := io.ReadAll(r)
	noError(t, err)
	path := filepath.Join(t.TempDir(), "test.db")
	noError(t, os.WriteFile(path, raw, 0o600))
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	sound(t, s)
	for _, m := range missing(t, s, "one") {
		t.Error(m)
	}
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		c, err := tx.Case("one")
		if err != nil || c.Status != state.Queued || !c.DueAt.Equal(day) || c.SupplierOrder != "8one" {
			t.Errorf("case %+v: %v", c, err)
		}
		due, err := tx.DueCases(day, 0)
		if len(due) != 1 || err != nil {
			t.Errorf("due %+v: %v", due, err)
		}
		return nil
	}))
}

func writeGolden(t *testing.T) {
	t.Helper()
	s := tempStore(t, Options{})
	save(t, s, "one")
	path := filepath.Join(t.TempDir(), "copy.db")
	noError(t, s.Backup(context.Background(), path))
	raw, err := os.ReadFile(path)
	noError(t, err)
	noError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
	f, err := os.Create(golden)
	noError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write(raw)
	noError(t, errors.Join(err, z.Close(), f.Close()))
}
