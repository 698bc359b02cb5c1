package boltstore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// flipperEnv names the folder in which a child process is to look through
// damaged copies of the database there.
const flipperEnv = "COUNTERMAND_TEST_FLIPPER"

// flips is how many copies are damaged, each by one bit.
var flips = map[bool]int{true: 2500, false: 300}[os.Getenv("COUNTERMAND_TEST_ALL") != ""]

// variedDB is a small database with a bit of everything, one record of which
// stands in quarantine.
func variedDB(t *testing.T, path string) {
	t.Helper()
	s, err := Open(path, Options{NoSync: true, InitialMmapSize: 1 << 20})
	noError(t, err)
	for i := range 40 {
		noError(t, s.Update(context.Background(), func(tx state.Tx) error {
			id := fmt.Sprintf("case%03d", i)
			c := testCase(id)
			c.Store, c.DueAt = "", day.Add(time.Duration(i)*time.Hour)
			_, err := tx.PutCase(c)
			_, err2 := tx.RaiseAlert(state.Alert{ID: "a" + id, Key: "k" + id, Kind: "held", CaseID: id, RaisedAt: day})
			return errors.Join(err, err2, tx.AddEntry(id, state.Entry{At: day, Event: state.EventBegin, To: state.Queued, Detail: strings.Repeat("x", 100)}))
		}))
	}
	noError(t, s.Close())
	editCase(t, path, "case007")
	s, err = Open(path, Options{NoSync: true, InitialMmapSize: 1 << 20})
	noError(t, err)
	if len(missing(t, s, "case007")) == 0 {
		t.Error("the damage was not met")
	}
	save(t, s, "after")
	noError(t, s.Close())
}

// contents are the rows of each bucket, summed, and how far it counted.
type contents struct {
	rows, seq uint64
}

func contentsOf(db *bbolt.DB) (map[string]contents, error) {
	all := map[string]contents{}
	err := db.View(func(b *bbolt.Tx) error {
		return b.ForEach(func(name []byte, bk *bbolt.Bucket) error {
			h := fnv.New64a()
			err := bk.ForEach(func(k, v []byte) error {
				h.Write(words(string(k), string(v)))
				return nil
			})
			all[string(name)] = contents{h.Sum64(), bk.Sequence()}
			return err
		})
	})
	return all, err
}

// unharmed tells whether got says what want says. A bucket that counted too
// far leaves a gap in its numbers, which means nothing to anybody.
func unharmed(got, want map[string]contents) bool {
	return maps.EqualFunc(got, want, func(g, w contents) bool { return g.rows == w.rows && g.seq >= w.seq })
}

// TestFlippedBitsAreFound: one flipped bit anywhere in a page in use is found, or makes no
// difference, and looking never kills the process. It takes another process to
// tell: bbolt follows what it maps wherever that leads.
func TestFlippedBitsAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	variedDB(t, filepath.Join(dir, "good.db"))
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), flipperEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	noError(t, err)
	noError(t, child.Start())
	counts, last := map[string]int{}, ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		last = lines.Text()
		verdict, _, _ := strings.Cut(last, " ")
		if counts[verdict]++; verdict == "missed" {
			t.Error(last)
		}
	}
	if err := child.Wait(); err != nil {
		t.Errorf("looking killed the process: %v, at the last flip after %q", err, last)
	}
	if n := counts["found"] + counts["harmless"] + counts["missed"]; n != flips || counts["found"] < n/2 {
		t.Errorf("%d flips of %d: %v", n, flips, counts)
	}
}

// flipForAWhile is the child: it tells of each flip what came of it.
func flipForAWhile(dir string) int {
	if err := flipAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func flipAll(dir string) error {
	good := filepath.Join(dir, "good.db")
	raw, err := os.ReadFile(good)
	if err != nil {
		return err
	}
	want, pages, err := goodDB(good)
	if err != nil {
		return err
	}
	size, rng := os.Getpagesize(), rand.New(rand.NewPCG(5, 5))
	for range flips {
		at := pages[rng.IntN(len(pages))]*size + rng.IntN(size)
		if rng.IntN(2) == 0 { // half of them where the elements are described
			at = at/size*size + rng.IntN(200)
		}
		bit := byte(1) << rng.IntN(8)
		raw[at] ^= bit
		path := filepath.Join(dir, "bad.db")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			return err
		}
		raw[at] ^= bit
		verdict, err := judgeFlip(path, want)
		if err != nil {
			return err
		}
		fmt.Printf("%s page %d byte %d bit %#x\n", verdict, at/size, at%size, bit)
	}
	return nil
}

// goodDB reads what a database holds, and the pages that hold it.
func goodDB(path string) (want map[string]contents, pages []int, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(func(b *bbolt.Tx) error {
		for i := 2; ; i++ {
			p, err := b.Page(i)
			if err != nil || p == nil {
				return err
			}
			if p.Type == "leaf" || p.Type == "branch" {
				pages = append(pages, i)
			}
		}
	})
	if err == nil {
		want, err = contentsOf(db)
	}
	return want, pages, err
}

func judgeFlip(path string, want map[string]contents) (verdict string, err error) {
	s, err := Open(path, Options{ReadOnly: true, InitialMmapSize: 1 << 20})
	if err != nil {
		return "found", nil
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	problems, err := s.Check(context.Background())
	if err != nil || len(problems) > 0 {
		return "found", nil
	}
	got, err := contentsOf(s.db)
	if !unharmed(got, want) {
		return "missed", err
	}
	return "harmless", err
}

// TestPageCheckFindsEachFault spoils one thing at a time in a tree of several levels, with free
// pages and a record that is longer than a page.
func TestPageCheckFindsEachFault(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(path, Options{NoSync: true})
	noError(t, err)
	noError(t, s.Update(context.Background(), func(tx state.Tx) error {
		for i := range 200 {
			c := testCase(fmt.Sprintf("case%03d", i))
			c.Store = strings.Repeat("x", 100*i)
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	}))
	save(t, s, "a", "b", "c")
	noError(t, s.Close())
	f, err := os.Open(path)
	noError(t, err)
	defer f.Close()
	noError(t, walk(f))
	raw, err := os.ReadFile(path)
	noError(t, err)
	m, err := head(f, int64(len(raw)))
	noError(t, err)
	size := int(m.page)
	find := func(flag byte, fits func(page []byte) bool) int {
		used := usedPages(t, f, *m)
		for id, ok := range used {
			if page := raw[id*size:]; ok && page[8] == flag && fits(page) {
				return id * size
			}
		}
		t.Fatalf("no page of kind %d", flag)
		return 0
	}
	several := func(page []byte) bool { return page[10] > 1 }
	branch, leaf := find(branchPage, several), find(leafPage, several)
	long := find(leafPage, func(page []byte) bool { return page[12] > 0 })
	free := int(m.freelist) * size
	tests := []struct {
		name string
		at   int // where
		what string
		want string
	}{
		{"number", leaf, "\xff", "calls itself"},
		{"kind", leaf + 8, "\x40", "no known kind"},
		{"count", leaf + 11, "\x80", "no room for"},
		{"one element lost", leaf + 10, string([]byte{raw[leaf+10] - 1}), "not in its place"},
		{"no child", branch + 10, "\x00", "leads nowhere"},
		{"long beyond the end", long + 15, "\x7f", "pages long"},
		{"too long", leaf + 12, "\x01", " use"},
		{"too short", long + 12, "\x00", "not in its place"},
		{"child beyond the end", branch + pageHeader + 14, "\x01", "is asked for"},
		{"child twice", branch + pageHeader + 8, string(raw[branch+pageHeader+elementSize+8 : branch+pageHeader+elementSize+16]), "is used twice"},
		{"key of a branch out of its page", branch + pageHeader + 3, "\x7f", "not in its place"},
		{"value out of its page", leaf + pageHeader + 15, "\x40", "not in its place"},
		{"no key", leaf + pageHeader + 8, "\x00", "not in its place"},
		{"key in the table", leaf + pageHeader + 4, "\x01", "not in its place"},
		{"element of no kind", leaf + pageHeader, "\x02", "no known kind"},
		{"element that is a bucket", leaf + pageHeader, "\x01", ""},
		{"kind of the free list", free + 8, "\x02", "no list of free pages"},
		{"more free pages than fit", free + 11, "\xfe", "no room for"},
		{"free page beyond the end", free + pageHeader + 7, "\x01", "is free and the file has"},
		{"free page in use", free + pageHeader, string(binary.NativeEndian.AppendUint64(nil, uint64(leaf/size))), "in use and free"},
	}
	for _, tt := range tests {
		bad := append([]byte(nil), raw...)
		copy(bad[tt.at:], tt.what)
		if string(bad) == string(raw) {
			t.Errorf("%s: nothing was spoiled", tt.name)
		}
		problems, err := walkPages(strings.NewReader(string(bad)), *m)
		noError(t, err)
		if len(problems) == 0 || !strings.Contains(strings.Join(problems, "\n"), tt.want) || !PageProblem(problems[0]) {
			t.Errorf("%s: %q, want %q", tt.name, problems, tt.want)
		}
	}
	if _, err := walkPages(strings.NewReader(string(raw[:3*size])), *m); err == nil {
		t.Error("a part of a file was read without an error")
	}
}

// usedPages tells which pages trees are made of.
func usedPages(t *testing.T, f *os.File, m meta) []bool {
	t.Helper()
	w := &pageWalk{r: f, meta: m, used: make([]bool, m.pages)}
	w.tree(m.root, nil, nil, 0)
	noError(t, w.err)
	return w.used
}

// slowDisk takes its time for every read.
type slowDisk struct {
	*strings.Reader
	reads, long int
}

func (s *slowDisk) ReadAt(p []byte, at int64) (int, error) {
	s.reads++
	if len(p) >= 1<<16 {
		s.long++
	}
	if s.long == 0 {
		for from := time.Now(); time.Since(from) < 2*slowRead; {
		}
	}
	return s.Reader.ReadAt(p, at)
}

// TestPageCheckOnASlowDisk fetches the whole file at once where single reads are slow.
func TestPageCheckOnASlowDisk(t *testing.T) {
	t.Parallel()
	raw := swell(t)
	m, err := head(strings.NewReader(string(raw)), int64(len(raw)))
	noError(t, err)
	d := &slowDisk{Reader: strings.NewReader(string(raw))}
	w := &pageWalk{r: d, meta: *m, reads: slowReads, used: make([]bool, m.pages)}
	w.waited = slowReads * 2 * slowRead // as of pages read before
	w.tree(m.root, nil, nil, 0)
	if w.err != nil || len(w.problems) > 0 || d.long < int(m.pages*m.page>>20) || w.waited != -1 {
		t.Errorf("%d long reads of %d: %v %q", d.long, d.reads, w.err, w.problems)
	}
}
