package boltstore

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"countermand/state"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a")
	noError(t, s.Close())

	last := migrations[len(migrations)-1].to
	var order []uint64
	step := func(to uint64, err error) migration {
		return migration{to, func(b *bbolt.Tx) error {
			order = append(order, to)
			return errors.Join(err, b.Bucket([]byte(bucketMeta)).Put([]byte("extra"), []byte("x")))
		}}
	}
	oops := errors.New("oops")
	if _, err := open(path, Options{ReadOnly: true}, append(slices.Clip(migrations), step(last+1, nil))); err == nil || !strings.Contains(err.Error(), "start the daemon once") {
		t.Errorf("read-only: %v", err)
	}
	if _, err := open(path, Options{}, append(slices.Clip(migrations), step(last+1, nil), step(last+2, oops))); !errors.Is(err, oops) {
		t.Errorf("a step that fails: %v", err)
	}
	s, err = Open(path, Options{}) // still the last version
	noError(t, err)
	noError(t, s.Close())

	order = nil
	s, err = open(path, Options{}, append(slices.Clip(migrations), step(last+1, nil), step(last+2, nil)))
	noError(t, err)
	for _, m := range missing(t, s, "a") {
		t.Error(m)
	}
	noError(t, s.Close())
	if len(order) != 2 || order[0] != last+1 || order[1] != last+2 {
		t.Errorf("steps %v", order)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), fmt.Sprint("version ", last+2)) {
		t.Errorf("the older program: %v", err)
	}
	s, err = Open(fmt.Sprintf("%s.v%d.bak", path, last), Options{})
	noError(t, err)
	for _, m := range missing(t, s, "a") {
		t.Error(m)
	}
	noError(t, s.Close())
}

// goldenFile unpacks a database that a version of the schema wrote.
func goldenFile(t *testing.T, name string) (path string) {
	t.Helper()
	zipped, err := os.Open(filepath.Join("testdata", name))
	noError(t, err)
	defer zipped.Close()
	r, err := gzip.NewReader(zipped)
	noError(t, err)
	raw, err := io.ReadAll(r)
	noError(t, err)
	path = filepath.Join(t.TempDir(), "test.db")
	noError(t, os.WriteFile(path, raw, 0o600))
	return path
}

// buckets lists what a closed database is made of.
func buckets(t *testing.T, path string) (names []string) {
	t.Helper()
	edit(t, path, func(b *bbolt.Tx) error {
		return b.ForEach(func(name []byte, _ *bbolt.Bucket) error { names = append(names, string(name)); return nil })
	})
	return names
}

// putOld stores a case as version 1 did.
func putOld(b *bbolt.Tx, c state.Case) error {
	id := []byte(c.ID)
	raw, err := encode(cases.name, id, 1, c)
	if err != nil {
		return err
	}
	t := &writeTx{readTx: readTx{b: b}}
	err = b.Bucket([]byte(cases.name)).Put(id, raw)
	for _, r := range caseRows(id, c) {
		if r.index != indexCaseName {
			err = errors.Join(err, t.addRow(r, id))
		}
	}
	return err
}

func named(id, name string) state.Case {
	c := testCase(id)
	c.ShopOrder = name
	return c
}

// finds asks for the ids that a reference may mean; damaged tells whether it
// may mean more.
func finds(t *testing.T, s *Store, ref string) (ids []string, damaged bool) {
	t.Helper()
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		found, err := tx.FindCases(ref, 0)
		for _, c := range found {
			ids = append(ids, c.ID)
		}
		damaged = errors.Is(err, state.ErrCorrupt)
		if damaged {
			return nil
		}
		return err
	}))
	return ids, damaged
}

// TestVersion1 reads a file that version 1 wrote: what was stored once must
// stay readable, and what came later is made for it.
func TestVersion1(t *testing.T) {
	t.Parallel()
	path := goldenFile(t, "v1.db.gz")
	if got, want := buckets(t, path), slices.Sorted(slices.Values(firstBuckets)); !slices.Equal(got, want) {
		t.Errorf("version 1 has the buckets %q, want %q", got, want)
	}
	edit(t, path, func(b *bbolt.Tx) error {
		return errors.Join(putOld(b, named("two", "#1042")), putOld(b, named("three", " AB-1 ")), putOld(b, named("four", strings.Repeat("x", 40000))))
	})
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
		if len(due) != 4 || err != nil {
			t.Errorf("due %+v: %v", due, err)
		}
		return nil
	}))
	for ref, want := range map[string]string{"1042": "two", "#ab-1": "three", "8one": "one", "FOUR": "four"} {
		if got, damaged := finds(t, s, ref); len(got) != 1 || got[0] != want || damaged {
			t.Errorf("%s: found %q", ref, got)
		}
	}
	before := path + ".v1.bak"
	if info, err := os.Stat(before); err != nil || info.Mode() != 0o600 {
		t.Errorf("the copy from before: %v, %v", info, err)
	}
	if got := buckets(t, before); slices.Contains(got, indexCaseName) {
		t.Error("the copy is not from before")
	}
}

// TestVersion1Damaged: what cannot be read stops no migration, and goes on to
// be told of wherever it may be meant.
func TestVersion1Damaged(t *testing.T) {
	t.Parallel()
	path := goldenFile(t, "v1.db.gz")
	edit(t, path, func(b *bbolt.Tx) error {
		broken, other := named("two", "#1042"), named("three", "#1042")
		other.ShopOrderID = broken.ShopOrderID
		return errors.Join(putOld(b, broken), putOld(b, other), putOld(b, named("four", "#1043")))
	})
	editCase(t, path, "two")
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	problems, err := s.Check(context.Background())
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "cases two: checksum") {
		t.Errorf("problems %q: %v", problems, err)
	}
	for range 2 { // where it was, then in quarantine
		for ref, want := range map[string]struct {
			ids     []string
			damaged bool
		}{
			"#1042": {[]string{"three"}, true}, "two": {nil, true}, "8two": {nil, true}, "t": {[]string{"three"}, true},
			"#1043": {[]string{"four"}, false}, "three": {[]string{"three"}, false},
		} {
			if got, damaged := finds(t, s, ref); !slices.Equal(got, want.ids) || damaged != want.damaged {
				t.Errorf("%s: found %q, damaged %v", ref, got, damaged)
			}
		}
	}
	noError(t, s.Reindex(context.Background()))
	sound(t, s)
	if got, damaged := finds(t, s, "1042"); !slices.Equal(got, []string{"three"}) || !damaged {
		t.Errorf("after building anew: found %q, damaged %v", got, damaged)
	}
}

// TestRestoreVersion1 restores a backup of an older version.
func TestRestoreVersion1(t *testing.T) {
	t.Parallel()
	backup, path := goldenFile(t, "v1.db.gz"), filepath.Join(t.TempDir(), "test.db")
	edit(t, backup, func(b *bbolt.Tx) error { return putOld(b, named("two", "#1042")) })
	r, err := Restore(context.Background(), backup, path, "", day)
	if err != nil || r.Mended || len(r.Damaged) > 0 {
		t.Fatalf("got %+v: %v", r, err)
	}
	onlyFile(t, filepath.Dir(path), "test.db", "test.db.place")
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	if got, _ := finds(t, s, "1042"); !slices.Equal(got, []string{"two"}) {
		t.Errorf("found %q", got)
	}
}
