package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
)

// A copy that is found damaged does not take the name of the good backup that
// stands there.
func TestBackupKeepsTheGoodOne(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#9903", "")
	p := s.start()
	p.cancel("#9903")
	s.await("#9903", state.Unmapped)
	p.term()
	b, database := s.path("b.db"), upkeep.DatabasePath(s.path("data"))
	s.wants("first", s.keep("backup", b), exitDone, "in order")
	raw, err := os.ReadFile(database)
	ok(t, err)
	ok(t, os.WriteFile(database, bytes.ReplaceAll(raw, []byte(`"shop_order":"#9903"`), []byte(`"shop_order":"#9904"`)), 0o600))
	s.wants("second", s.keep("backup", b), exitFailed, "the database is damaged", "b.db.damaged", "checksum does not fit")
	s.wants("the good backup is still there", s.keep("verify", b), exitDone, "0 problems")
	s.wants("the other too", s.keep("verify", b+".damaged"), exitFailed, "checksum does not fit")

	// The daemon sets the record aside: what it backs up then is in order, and
	// once a person has seen to the record nothing is wrong any more.
	s.start()
	until(t, "a person is called", func() bool { return s.alerted("record_damaged", "") })
	s.wants("third", s.keep("backup", b), exitDone, "in order", "in quarantine")
	s.wants("verify", s.keep("verify", b), exitFailed, "quarantine: cases 01", "1 problems")
	var alerts control.Alerts
	s.document(&alerts, "alerts", "list", "--json")
	for _, a := range alerts.Alerts {
		if a.Kind == "record_damaged" {
			s.wants("acknowledge", s.cli("alerts", "ack", a.ID), exitDone)
		}
	}
	s.wants("verify afterwards", s.keep("verify"), exitDone, "quarantine (acknowledged): cases 01", "0 problems")
}

// A wrong number in a page is told of; it used to end the process, which bbolt
// follows wherever that leads.
func TestVerifyOfBrokenPages(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#9905", "")
	p := s.start()
	p.cancel("#9905")
	s.await("#9905", state.Unmapped)
	p.term()
	b, database := s.path("b.db"), upkeep.DatabasePath(s.path("data"))
	s.wants("backup", s.keep("backup", b), exitDone)
	raw, err := os.ReadFile(b)
	ok(t, err)
	size := os.Getpagesize()
	for at := 2 * size; at < len(raw); at += size {
		if raw[at+8] == 2 { // a leaf: the size of its first value
			raw[at+16+15] ^= 0x40
		}
	}
	bad := s.path("bad.db")
	ok(t, os.WriteFile(bad, raw, 0o600))
	s.wants("verify", s.keep("verify", bad), exitFailed, "database: page: page ", "not in its place", "not everything is as it was stored")
	s.wants("restore", s.keep("restore", bad), exitFailed, "take an older backup")
	left, err := filepath.Glob(database + "*")
	ok(t, err)
	if len(left) != 2 { // with the file that tells its place
		t.Errorf("left behind: %v", left)
	}
	ok(t, os.WriteFile(database, raw, 0o600))
	s.wants("run", s.cli("run", "--config", s.path("countermand.yaml")), exitFailed, "restore the last backup")
	s.wants("backup of it", s.keep("backup", b), exitFailed, "restore the last backup")
	s.wants("restore of the good one", s.keep("restore", b), exitDone, "1 cases")
	s.wants("verify", s.keep("verify"), exitDone, "0 problems")
}

// A backup goes where a link leads, and takes away what a killed one left.
func TestBackupThroughALink(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#9906", "")
	p := s.start()
	p.cancel("#9906")
	s.await("#9906", state.Unmapped)
	other := s.path("other")
	ok(t, os.Mkdir(other, 0o700))
	ok(t, os.Symlink("other/real.db", s.path("link.db"))) // leads nowhere yet
	stale, fresh := filepath.Join(other, partPrefix+"1"), filepath.Join(other, partPrefix+"2")
	old := time.Now().Add(-2 * partStale)
	for _, name := range []string{stale, fresh} {
		ok(t, os.WriteFile(name, []byte("half"), 0o600))
	}
	ok(t, os.Chtimes(stale, old, old))
	for range 2 {
		s.wants("backup", s.keep("backup", s.path("link.db")), exitDone, "real.db", "in order")
		if to, err := os.Readlink(s.path("link.db")); err != nil || to != "other/real.db" {
			t.Errorf("the link is %q: %v", to, err)
		}
		s.wants("verify", s.keep("verify", filepath.Join(other, "real.db")), exitDone, "1 cases")
	}
	left, err := filepath.Glob(filepath.Join(other, ".*"))
	ok(t, err)
	if len(left) != 1 || left[0] != fresh {
		t.Errorf("left behind: %v", left)
	}
	ok(t, os.Symlink("b", s.path("a")))
	ok(t, os.Symlink("a", s.path("b")))
	s.wants("links in a ring", s.keep("backup", s.path("a")), exitUsage, "too many links")
	ok(t, os.Symlink(upkeep.DatabasePath(s.path("data")), s.path("c")))
	s.wants("a link to the database", s.keep("backup", s.path("c")), exitUsage, "name another file")
}

// Evidence that no record leads to goes when it is old, and so do copies of the
// database from before.
func TestStraysAreDeleted(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "6h=1s", extra: "retention: {cases: 4d, evidence: 2d}"})
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	stray := s.path("data/evidence/01KORPHAN00000000000000000")
	copied := s.path("data/countermand.db.before-restore-20200101T000000Z")
	ok(t, os.MkdirAll(stray, 0o700))
	for _, name := range []string{stray + "/20200101T000000Z-000001-detail.html", copied} {
		ok(t, os.WriteFile(name, []byte("name and address of a customer"), 0o600))
		ok(t, os.Chtimes(name, old, old))
	}
	s.start()
	until(t, "what is old is gone", func() bool {
		_, err := os.Stat(stray)
		_, err2 := os.Stat(copied)
		return os.IsNotExist(err) && os.IsNotExist(err2)
	})
}
