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
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// TestBackup copies while another goroutine writes.
func TestBackup(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	save(t, s, "before")
	dir := t.TempDir()
	path := filepath.Join(dir, "copy.db")
	noError(t, os.WriteFile(path, []byte("yesterday's"), 0o644))
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range 50 {
			err := s.Update(context.Background(), func(tx state.Tx) error { return writeStory(tx, fmt.Sprint("during", n)) })
			if err != nil {
				t.Error(err)
			}
		}
	})
	noError(t, s.Backup(context.Background(), path))
	wg.Wait()

	info, err := os.Stat(path)
	noError(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("the copy is %v", info.Mode())
	}
	onlyFile(t, dir, "copy.db")
	copied, err := Open(path, Options{})
	noError(t, err)
	defer copied.Close()
	sound(t, copied)
	for _, m := range missing(t, copied, "before") {
		t.Error(m)
	}
}

func onlyFile(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	noError(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

func TestBackupFails(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	if err := s.Backup(context.Background(), s.Path()); err == nil || !strings.Contains(err.Error(), "database itself") {
		t.Errorf("onto itself: %v", err)
	}
	if err := s.Backup(context.Background(), filepath.Join(t.TempDir(), "no", "copy.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if err := s.Backup(ended, filepath.Join(dir, "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	noError(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	if err := s.Backup(context.Background(), filepath.Join(dir, "taken")); err == nil {
		t.Error("a folder was replaced")
	}
	onlyFile(t, dir, "taken")
	noError(t, os.Rename(s.Path(), s.Path()+"x"))
	if err := s.Backup(context.Background(), filepath.Join(dir, "copy.db")); err == nil {
		t.Error("a database whose file is gone was copied")
	}
}

// TestCheck breaks one thing at a time, sees it told, and mends what can be
// built anew.
func TestCheck(t *testing.T) {
	t.Parallel()
	put := func(bucket string, key, value []byte) func(b *bbolt.Tx) error {
		return func(b *bbolt.Tx) error { return b.Bucket([]byte(bucket)).Put(key, value) }
	}
	drop := func(bucket string, key []byte) func(b *bbolt.Tx) error {
		return func(b *bbolt.Tx) error { return b.Bucket([]byte(bucket)).Delete(key) }
	}
	tests := []struct {
		name   string
		hurt   func(b *bbolt.Tx) error
		want   string
		mended bool
	}{
		{"row missing", drop("case_due", join(timeKey(day), []byte("a"))), "cases a: not in index case_due", true},
		{"row too many", put("case_due", join(timeKey(day), []byte("b")), []byte("b")), "index case_due: 2 rows for 1 records", true},
		{"name missing", drop(indexCaseName, join(words("n-a"), []byte("a"))), "cases a: not in index case_name", true},
		{"name too many", put(indexCaseName, join(words("n-b"), []byte("a")), []byte("a")), "index case_name: 2 rows for 1 records", true},
		{"name of another", put(indexCaseName, join(words("n-a"), []byte("a")), []byte("b")), "cases a: not in index case_name", true},
		{"row astray", put("effect_lane", join(words("lane"), timeKey(day), []byte("a")), []byte("x")), "effects a: not in index effect_lane", true},
		{"wrong counter", put(bucketCounts, []byte(state.Queued), seqKey(7)), "counter queued: 7 for 1 cases", true},
		{"counter gone", drop(bucketCounts, []byte(state.Queued)), "counter queued: 0 for 1 cases", true},
		{"record in the wrong place", func(b *bbolt.Tx) error {
			c := b.Bucket([]byte(cases.name))
			return c.Put([]byte("b"), c.Get([]byte("a")))
		}, "cases b: checksum", true},
		{"stump of a record", put("alerts", []byte("x"), []byte("y")), "alerts x: shorter", true},
		{"record of the future", func(b *bbolt.Tx) error {
			raw := seal("accounts", []byte("x"), 1, []byte("{}"))
			raw[0] = 9
			sealAgain("accounts", []byte("x"), raw)
			return b.Bucket([]byte("accounts")).Put([]byte("x"), raw)
		}, "accounts x: record version not known: 9", true},
		{"no JSON", put("accounts", []byte("x"), seal("accounts", []byte("x"), 1, []byte("{"))), "accounts x: unexpected end", true},
		{"journal key cut", put("journal", []byte("x"), []byte("y")), "journal 78: shorter", true},
		{"knock key cut", put("knocks", []byte("x"), []byte("y")), "knocks 78: shorter", true},
		{"seen key cut", put("seen", []byte("x"), []byte("y")), "seen 78: shorter", true},
		{"key that is no text", put("effects", []byte("\xff"), []byte("y")), "effects ff: shorter", true},
		{"quarantine itself", put("quarantine", seqKey(1), []byte("y")), "quarantine 1: shorter", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tempStore(t, Options{})
			save(t, s, "a")
			sound(t, s)
			noError(t, s.db.Update(tt.hurt))
			problems, err := s.Check(context.Background())
			noError(t, err)
			if len(problems) == 0 || !strings.Contains(strings.Join(problems, "\n"), tt.want) {
				t.Errorf("got %q, want %q", problems, tt.want)
			}
			noError(t, s.Reindex(context.Background()))
			problems, err = s.Check(context.Background())
			noError(t, err)
			if tt.mended != (len(problems) == 0) {
				t.Errorf("after building anew: %q", problems)
			}
			if len(missing(t, s, "a")) > 0 {
				t.Error("the sound case is gone")
			}
		})
	}
}

func sealAgain(bucket string, key, raw []byte) {
	s := sum(bucket, key, raw)
	copy(raw[sumAt:], []byte{byte(s >> 24), byte(s >> 16), byte(s >> 8), byte(s)})
}

func TestCheckBrokenPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	var names []string
	for n := range 60 {
		names = append(names, fmt.Sprint("case", n))
	}
	save(t, s, names...)
	breakPages(t, path, `{"id":"case33"`) // in the middle of the tree, under the store's feet
	problems, err := s.Check(context.Background())
	noError(t, err)
	if len(problems) == 0 || !PageProblem(problems[0]) {
		t.Errorf("problems %q", problems)
	}
	noError(t, s.Close())
	_, err = Open(path, Options{})
	if d, ok := errors.AsType[*DamagedError](err); !ok || !PageProblem(d.Problems[0]) || !strings.Contains(err.Error(), "restore the last backup") {
		t.Errorf("opened a broken file: %v", err)
	}
}

func TestUpkeepCancelled(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	save(t, s, "a")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Check(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("check: %v", err)
	}
	if err := s.Reindex(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("reindex: %v", err)
	}
}

// TestReindexKeepsTracesOfDamagedCases: after everything was built anew, a quarantined case
// still keeps its supplier order from being taken for free.
func TestReindexKeepsTracesOfDamagedCases(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{})
	noError(t, err)
	save(t, s, "a", "b")
	noError(t, s.Close())
	editCase(t, path, "b")
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	s, err = Open(path, Options{Now: func() time.Time { return at }})
	noError(t, err)
	defer s.Close()
	for range 2 {
		noError(t, s.Reindex(context.Background()))
		sound(t, s)
		noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
			if _, err := tx.CasesBySupplierOrder("", "8b"); !errors.Is(err, state.ErrCorrupt) {
				t.Errorf("supplier order: %v", err)
			}
			q, _, err := tx.Quarantine(state.Page{})
			if err != nil || len(q) != 1 || !q[0].At.Equal(at) {
				t.Errorf("quarantine %+v: %v", q, err)
			}
			return nil
		}))
	}
}

// TestDamagedQuarantine lists what is left of a row.
func TestDamagedQuarantine(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	noError(t, s.db.Update(func(b *bbolt.Tx) error {
		return b.Bucket([]byte(quarantine.name)).Put(seqKey(3), []byte("rest"))
	}))
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		q, _, err := tx.Quarantine(state.Page{})
		if err != nil || len(q) != 1 || string(q[0].Raw) != "rest" || q[0].Key != "3" {
			t.Errorf("got %+v: %v", q, err)
		}
		return nil
	}))
}

// TestFailedIndexRowFailsTheTransaction: a record whose index row cannot be written fails the whole
// transaction, also when its error is overlooked.
func TestFailedIndexRowFailsTheTransaction(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	c := testCase("a")
	c.ShopOrderID = strings.Repeat("x", bbolt.MaxKeySize)
	err := s.Update(context.Background(), func(tx state.Tx) error {
		if _, err := tx.PutCase(c); err == nil {
			t.Error("no error")
		}
		return nil
	})
	if err == nil || len(missing(t, s, "a")) != 3 {
		t.Errorf("half a case was stored: %v", err)
	}
	long := strings.Repeat("x", bbolt.MaxKeySize+1)
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		if _, err := tx.PutAccount(state.Account{Name: long}); err == nil {
			t.Error("a name that is too long was stored")
		}
		if err := tx.AddEntry(long, state.Entry{}); err == nil {
			t.Error("an entry under an id that is too long was stored")
		}
		if _, err := tx.AddKnock(state.Knock{Key: long}); err == nil {
			t.Error("a key that is too long was stored")
		}
		return nil
	}))
	sound(t, s)
}

// TestDamageSeenInAViewWithinAnUpdate: a View within an Update leaves what it finds to the
// Update.
func TestDamageSeenInAViewWithinAnUpdate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{NoSync: true})
	noError(t, err)
	defer s.Close()
	save(t, s, "a", "b")
	noError(t, s.Close())
	editCase(t, path, "a")
	s, err = Open(path, Options{NoSync: true})
	noError(t, err)
	noError(t, s.Update(context.Background(), func(state.Tx) error {
		if len(missing(t, s, "a")) != 1 {
			t.Error("the damage was not seen")
		}
		return nil
	}))
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		if q, _, _ := tx.Quarantine(state.Page{}); len(q) != 1 {
			t.Errorf("quarantine %+v", q)
		}
		return nil
	}))
	noError(t, s.Close())
}

func TestTimeKeys(t *testing.T) {
	t.Parallel()
	ordered := []time.Time{
		{}, earliest, earliest.Add(1), time.Unix(-1, 0), time.Unix(0, -1), time.Unix(0, 0), time.Unix(0, 1),
		day, day.Add(1), latest.Add(-1), latest, latest.AddDate(1, 0, 0),
	}
	for i, at := range ordered[1:] {
		before, after := string(timeKey(ordered[i])), string(timeKey(at))
		if before > after || (before == after && i > 0 && i < len(ordered)-2) {
			t.Errorf("%v does not sort before %v", ordered[i], at)
		}
	}
	berlin := time.FixedZone("CET", 3600)
	if string(timeKey(day.In(berlin))) != string(timeKey(day)) {
		t.Error("the zone changes the key")
	}
}

func TestPrefixEnd(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"a": "b", "a\xff": "b", "\xff\xff": "", "": "", "\x00\x01": "\x00\x02"} {
		if got := string(prefixEnd([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
