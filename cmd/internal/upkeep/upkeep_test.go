package upkeep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/state"
	"countermand/state/boltstore"
	"countermand/supplier"
)

const day = 24 * time.Hour

// keptRig is a store with its upkeep on a clock of the test's.
type keptRig struct {
	*testing.T
	*Upkeep
	at     time.Time
	mu     sync.Mutex
	sent   []string
	fatals []error
	ev     *Evidence
}

// send is the operator's telephone.
func (r *keptRig) send(_ context.Context, title, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, title)
	return nil
}

func newKeptRig(t *testing.T) *keptRig {
	t.Helper()
	r := &keptRig{T: t, at: time.Date(2028, 5, 1, 3, 17, 0, 0, time.UTC)}
	dir := t.TempDir()
	var ids atomic.Int64
	r.Upkeep = New(Options{
		DataDir: dir, Keep: configs.Retention{Cases: 400 * day, Evidence: 180 * day}, Now: func() time.Time { return r.at },
		NewID: func(t time.Time) string { return fmt.Sprintf("%013d-%06d", t.UnixMilli(), ids.Add(1)) },
		Send:  r.send, Nudge: func() {}, Fatal: func(err error) { r.fatals = append(r.fatals, err) }, Log: zerolog.Nop(),
	})
	r.ev = NewEvidence(dir)
	r.open()
	t.Cleanup(func() { r.must(r.o.Store.Close()) })
	return r
}

func (r *keptRig) open() {
	r.Helper()
	var err error
	r.o.Store, err = boltstore.Open(DatabasePath(r.o.DataDir), boltstore.Options{NoSync: true, InitialMmapSize: 1 << 20, Now: r.o.Now})
	r.must(err)
}

func (r *keptRig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// story stores a case of an order that ended so long ago (open: negative),
// with two pieces of evidence.
func (r *keptRig) story(id, order, number string, ended time.Duration) {
	r.Helper()
	c := state.Case{ID: id, Shop: "mystore", ShopOrder: order, ShopOrderID: "gid/" + order, SupplierOrder: number, Account: "main", Status: state.Disputed, OpenedAt: r.at.Add(-ended - day)}
	if ended >= 0 {
		c.Status, c.EndedAt = state.Won, r.at.Add(-ended)
	}
	var refs []string
	for _, e := range []supplier.Evidence{{CaseID: id, Name: "asked", Ext: "png"}, {Number: number, Name: "seen", Ext: "json"}} {
		e.At, e.Body = c.OpenedAt, []byte(id+e.Name)
		ref, err := r.ev.Keep(context.Background(), e)
		r.must(err)
		refs = append(refs, ref)
	}
	r.must(r.o.Store.Update(context.Background(), func(tx state.Tx) error {
		_, err := tx.PutCase(c)
		return errors.Join(err, tx.AddEntry(id, state.Entry{At: c.OpenedAt, Detail: "x", Evidence: refs}))
	}))
}

// cases lists the ids of what is stored.
func (r *keptRig) cases() (ids []string) {
	r.Helper()
	r.must(r.o.Store.View(context.Background(), func(tx state.ReadTx) error {
		all, _, err := tx.Cases(state.Page{Limit: 1000})
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		return err
	}))
	slices.Sort(ids)
	return ids
}

// folders lists the folders of evidence.
func (r *keptRig) folders() (names []string) {
	r.Helper()
	entries, err := os.ReadDir(filepath.Join(r.o.DataDir, "evidence"))
	r.must(err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (r *keptRig) alerts() (titles []string) {
	r.Helper()
	r.must(r.o.Store.View(context.Background(), func(tx state.ReadTx) error {
		all, _, err := tx.Alerts(state.Page{Limit: 1000})
		for _, a := range all {
			titles = append(titles, fmt.Sprintf("%s %t %t", a.Kind, a.Page, a.ResolvedAt.IsZero()))
		}
		return err
	}))
	slices.Sort(titles)
	return titles
}

func (r *keptRig) wants(what string, got []string, want ...string) {
	r.Helper()
	if !slices.Equal(got, want) {
		r.Errorf("%s: %q, want %q", what, got, want)
	}
}

// verified looks through a copy as the command does.
func (r *keptRig) verified() Verified {
	r.Helper()
	path := filepath.Join(r.TempDir(), "copy.db")
	r.must(r.o.Store.Backup(context.Background(), path))
	v, err := Verify(context.Background(), VerifyOptions{File: path, DataDir: r.o.DataDir, Retention: r.o.Keep})
	r.must(err)
	return v
}

func (r *keptRig) sound() {
	r.Helper()
	if v := r.verified(); !v.OK || !v.EvidenceChecked {
		r.Errorf("verify: %+v", v)
	}
}

// What is old goes, file and record; what is open stays whatever its age; and
// what is gone is known to be.
func TestSweep(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A-open", "#1", "81", -1)
	r.story("B-old", "#2", "82", 401*day)
	r.story("C-older", "#3", "83", 181*day)
	r.story("D-young", "#4", "84", 179*day)
	r.story("E-sibling", "#1", "85", 500*day) // of an open case
	r.story("F-shared", "#5", "81", 500*day)  // shares its number with one
	for n := range 3 * sweepBatch {
		r.story(fmt.Sprintf("G%02d", n), fmt.Sprintf("#g%d", n), fmt.Sprintf("99%02d", n), 420*day)
	}
	r.must(r.o.Store.Update(t.Context(), func(tx state.Tx) error {
		old := state.Claim{Shop: "mystore", OrderID: "never cancelled", Numbers: []string{"81"}, At: r.at.Add(-500 * day)}
		open := old
		open.OrderID = "gid/#1"
		return errors.Join(tx.PutClaim(old), tx.PutClaim(open))
	}))
	r.sound()
	r.must(r.sweep(t.Context()))
	r.wants("cases", r.cases(), "A-open", "C-older", "D-young", "E-sibling")
	r.wants("evidence", r.folders(), "A-open", "D-young", "order-81", "order-84")
	r.sound()
	if v := r.verified(); v.Cases != 4 || v.Evidence != 4 || v.Deleted != 4 {
		t.Errorf("verify: %+v", v)
	}
	r.must(r.o.Store.View(t.Context(), func(tx state.ReadTx) error {
		for order, want := range map[string]bool{"gid/#2": true, "gid/#5": true, "gid/#1": false, "gid/#3": false} {
			if got, err := tx.Forgotten("mystore", order); err != nil || got != want {
				t.Errorf("%s is forgotten: %t %v", order, got, err)
			}
		}
		if left, err := tx.Claims("81"); err != nil || len(left) != 1 || left[0].OrderID != "gid/#1" {
			t.Errorf("claims %+v: %v", left, err)
		}
		return nil
	}))
	// What was decided lives on when more is kept afterwards.
	r.o.Keep.Evidence = 10000 * day
	r.must(r.sweep(t.Context()))
	r.sound()
	r.o.Keep.Evidence = 180 * day
	r.at = r.at.Add(2 * day)
	r.must(r.sweep(t.Context()))
	r.wants("evidence two days later", r.folders(), "A-open", "order-81")
	r.sound()
}

// No case outlives its evidence the other way round either.
func TestSweepShortLivedCases(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.o.Keep = configs.Retention{Cases: 10 * day, Evidence: 180 * day}
	r.story("A", "#1", "81", 11*day)
	r.story("B", "#2", "82", 9*day)
	r.must(r.o.Store.Update(t.Context(), func(tx state.Tx) error {
		younger := state.Claim{Shop: "mystore", OrderID: "stands", Numbers: []string{"89"}, At: r.at.Add(-179 * day)}
		older := state.Claim{Shop: "mystore", OrderID: "long ago", Numbers: []string{"89"}, At: r.at.Add(-181 * day)}
		partly := state.Claim{Shop: "mystore", OrderID: "gid/#1", Numbers: []string{"81"}, At: r.at.Add(-11 * day)}
		return errors.Join(tx.PutClaim(younger), tx.PutClaim(older), tx.PutClaim(partly))
	}))
	r.must(r.sweep(t.Context()))
	r.must(r.o.Store.View(t.Context(), func(tx state.ReadTx) error {
		if left, err := tx.Claims("89"); err != nil || len(left) != 1 || left[0].OrderID != "stands" {
			t.Errorf("an order that stands may be forgotten before its goods are out of reach: %+v, %v", left, err)
		}
		if left, err := tx.Claims("81"); err != nil || len(left) != 1 {
			t.Errorf("an order of which a part stands is forgotten with its case: %+v, %v", left, err)
		}
		return nil
	}))
	r.wants("cases", r.cases(), "B")
	r.wants("evidence", r.folders(), "B", "order-82")
}

// A case that cannot be read keeps what may be its: the number's readings, and
// the order's other cases.
func TestSweepBesideDamage(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A", "#1", "81", 500*day)
	r.story("B-DAMAGE", "#1", "81", 500*day)
	r.damage("B-DAMAGE", "B-DAMAGF")
	r.must(r.sweep(t.Context()))
	r.wants("cases", r.cases(), "A")
	r.wants("evidence", r.folders(), "B-DAMAGE", "order-81")
}

// damage changes a text in the closed database.
func (r *keptRig) damage(from, to string) {
	r.Helper()
	r.must(r.o.Store.Close())
	raw, err := os.ReadFile(DatabasePath(r.o.DataDir))
	r.must(err)
	r.must(os.WriteFile(DatabasePath(r.o.DataDir), []byte(strings.ReplaceAll(string(raw), `{"id":"`+from+`"`, `{"id":"`+to+`"`)), 0o600))
	r.open()
}

// Each damaged record calls a person once, over restarts too.
func TestQuarantineTold(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	for _, id := range []string{"A", "B", "C"} {
		r.story(id, "#"+id, "8"+id, -1)
	}
	r.damage("A", "X")
	r.damage("B", "Y")
	r.Beat(t.Context())
	r.wants("before anybody met it", r.alerts())
	r.cases() // meets them
	r.Beat(t.Context())
	r.Beat(t.Context())
	r.wants("alerts", r.alerts(), "record_damaged true true", "record_damaged true true")
	r.damage("C", "Z")
	r.cases()
	r.Beat(t.Context())
	r.wants("alerts", r.alerts(), "record_damaged true true", "record_damaged true true", "record_damaged true true")
	v := r.verified()
	if v.OK || len(v.Problems) != 3 || v.Problems[0].Part != "quarantine" || !strings.Contains(v.Problems[0].Text, "cases A was set aside on 2028-05-01") {
		t.Errorf("verify: %+v", v)
	}
}

func (r *keptRig) backups() (names []string) {
	r.Helper()
	entries, err := os.ReadDir(filepath.Join(r.o.DataDir, backupFolder))
	r.must(err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// One backup a day, seven of them, each whole; a start within the day makes
// none.
func TestDailyBackup(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A", "#1", "81", -1)
	for n := range 10 {
		r.runIfMissed(t.Context())
		r.at = r.at.Add(day - time.Minute)
		r.runIfMissed(t.Context())
		r.at = r.at.Add(time.Minute)
		if n == 0 {
			stale := filepath.Join(r.o.DataDir, backupFolder, "countermand-x.db.part-1")
			r.must(os.WriteFile(stale, nil, 0o600))
			old := time.Now().Add(-2 * day)
			r.must(os.Chtimes(stale, old, old))
			r.must(os.WriteFile(filepath.Join(r.o.DataDir, backupFolder, "my-own.db"), nil, 0o600))
		}
	}
	var want []string
	for d := 4; d <= 10; d++ {
		want = append(want, fmt.Sprintf("countermand-202805%02dT031700Z.db", d))
	}
	r.wants("backups", r.backups(), append(want, "my-own.db")...)
	for _, name := range want {
		v, err := Verify(t.Context(), VerifyOptions{File: filepath.Join(r.o.DataDir, backupFolder, name), DataDir: r.o.DataDir, Retention: r.o.Keep})
		if err != nil || !v.OK || v.Cases != 1 {
			t.Errorf("%s: %+v %v", name, v, err)
		}
	}
	r.wants("alerts", r.alerts())
}

// A backup that cannot be made is told once, and taken back when one can.
func TestBackupFails(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.must(os.WriteFile(filepath.Join(r.o.DataDir, backupFolder), nil, 0o600))
	for range 2 {
		r.Daily(t.Context())
		r.wants("alerts", r.alerts(), "backup_failed false true")
		r.at = r.at.Add(day)
	}
	r.must(os.Remove(filepath.Join(r.o.DataDir, backupFolder)))
	r.Daily(t.Context())
	r.wants("alerts", r.alerts(), "backup_failed false false")
	r.must(os.RemoveAll(filepath.Join(r.o.DataDir, backupFolder)))
	r.must(os.WriteFile(filepath.Join(r.o.DataDir, backupFolder), nil, 0o600))
	r.Daily(t.Context())
	r.wants("alerts", r.alerts(), "backup_failed false false", "backup_failed false true")
}

// The nightly look through the copy finds damage that nobody met, and sets the
// record aside.
func TestBackupFindsDamage(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A", "#1", "81", -1)
	r.story("B", "#2", "82", 2*day)
	r.damage("B", "X")
	r.must(r.MendIndexes(t.Context())) // the start looks at open cases alone
	r.wants("alerts", r.alerts())
	r.Daily(t.Context())
	r.Beat(t.Context())
	r.wants("alerts", r.alerts(), "database_mended false true", "record_damaged true true")
	r.damage("A", "Y")
	r.must(r.MendIndexes(t.Context()))
	r.wants("alerts", r.alerts(), "database_mended false true", "record_damaged true true")
	r.Beat(t.Context())
	r.wants("alerts", r.alerts(), "database_mended false true", "record_damaged true true", "record_damaged true true")
}

// Broken pages call a person, and no good backup makes room for a bad one.
func TestBackupOfBrokenPages(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	for n := range 60 {
		r.story(fmt.Sprintf("A%02d", n), fmt.Sprintf("#%d", n), "", -1)
	}
	r.Daily(t.Context())
	good := r.backups()
	path := DatabasePath(r.o.DataDir)
	raw, err := os.ReadFile(path)
	r.must(err)
	size := os.Getpagesize()
	for at := 0; at < len(raw); at += size {
		if strings.Contains(string(raw[at:at+size]), `{"id":"A33"`) {
			clear(raw[at : at+16])
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	r.must(err)
	_, err = f.WriteAt(raw, 0) // it is mapped
	r.must(errors.Join(err, f.Close()))
	r.at = r.at.Add(day)
	r.Daily(t.Context())
	r.wants("alerts", r.alerts(), "database_damaged true true")
	r.wants("backups", r.backups(), good...)
	r.runIfMissed(t.Context()) // not at every start
	r.wants("alerts", r.alerts(), "database_damaged true true")
	v := r.verified()
	if v.OK || v.EvidenceChecked || !strings.HasPrefix(v.Problems[0].Text, "page: ") {
		t.Errorf("verify: %+v", v)
	}
}

// Every way that evidence can differ from its reference.
func TestVerifyEvidence(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.story("A", "#1", "81", -1)
	r.story("B", "#2", "82", 10*day)
	piece := func(id string) string {
		found, err := filepath.Glob(filepath.Join(r.o.DataDir, "evidence", id, "*asked*"))
		r.must(err)
		return found[0]
	}
	r.must(os.WriteFile(piece("A"), []byte("A-asked"), 0o600))
	r.must(os.Remove(piece("B")))
	r.must(r.o.Store.Update(t.Context(), func(tx state.Tx) error {
		return tx.AddEntry("A", state.Entry{At: r.at, Evidence: []string{"../../etc/passwd#sha256:00", "nothing"}})
	}))
	var steps []int
	path := filepath.Join(t.TempDir(), "copy.db")
	r.must(r.o.Store.Backup(t.Context(), path))
	o := VerifyOptions{File: path, DataDir: r.o.DataDir, Retention: r.o.Keep, Progress: func(done, total int) { steps = append(steps, done, total) }}
	v, err := Verify(t.Context(), o)
	r.must(err)
	var got []string
	for _, p := range v.Problems {
		got = append(got, p.Part+": "+p.Text)
	}
	all := strings.Join(got, "\n")
	if len(got) != 4 || !strings.Contains(all, "-asked.png was changed") || !strings.Contains(all, "-asked.png is missing") ||
		!strings.Contains(all, `"../../etc/passwd#sha256:00" is not one`) || !strings.Contains(all, `"nothing" is not one`) || v.Evidence != 6 {
		t.Errorf("got %+v", v)
	}
	if n := len(steps); n < 4 || steps[n-1] != 6 || steps[n-2] != 6 {
		t.Errorf("progress %v", steps)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ended, o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A disk that takes nothing is told of once, and so is its end.
func TestDiskWatched(t *testing.T) {
	t.Parallel()
	r := newKeptRig(t)
	r.Beat(t.Context())
	r.inTrouble = true // as if it had been full
	r.Beat(t.Context())
	r.Beat(t.Context())
	r.wants("told", r.sent, "countermand goes on: the disk takes data again")
	if len(r.fatals) > 0 {
		t.Errorf("the daemon was stopped: %v", r.fatals)
	}
}
