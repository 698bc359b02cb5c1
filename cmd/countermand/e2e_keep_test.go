package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
)

// keep runs one of the commands about the database as a whole.
func (s *scene) keep(args ...string) said {
	s.t.Helper()
	return s.cli(append(args, "--config", s.path("countermand.yaml"))...)
}

func (s *scene) wants(what string, r said, code int, parts ...string) {
	s.t.Helper()
	text := r.out + r.err
	for _, p := range parts {
		if !strings.Contains(text, p) {
			s.t.Errorf("%s: %q is not in %q", what, p, text)
		}
	}
	if r.code != code {
		s.t.Errorf("%s: code %d, want %d: %s", what, r.code, code, text)
	}
}

// A backup of the working daemon is whole, can be restored once the daemon is
// gone, and the one before is kept.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#8001", "")
	s.order("#8002", "")
	p := s.start()
	p.cancel("#8001")
	s.await("#8001", state.Unmapped)
	first, database := s.path("first.db"), upkeep.DatabasePath(s.path("data"))
	s.write("first.db", "yesterday's") // is replaced
	s.wants("hot backup", s.keep("backup", first), exitDone, "first.db", "in order")
	p.cancel("#8002")
	s.await("#8002", state.Unmapped)
	s.wants("verify beside the daemon", s.keep("verify"), exitDone, database+": 2 cases, 0 files of evidence, 0 problems")
	s.wants("verify of the backup", s.keep("verify", first), exitDone, "first.db: 1 cases")
	s.wants("restore beside the daemon", s.keep("restore", first), exitFailed, "stop that one first", "systemctl stop")
	s.wants("backup over the database", s.keep("backup", database), exitUsage, "name another file")
	p.term()

	second := s.path("second.db")
	s.wants("cold backup", s.keep("backup", second), exitDone, "in order")
	s.wants("restore", s.keep("restore", first), exitDone, "1 cases, 1 of them open", "kept as "+database+".before-restore-")
	s.wants("verify afterwards", s.keep("verify"), exitDone, "1 cases")
	s.wants("verify of the other", s.keep("verify", second), exitDone, "2 cases")
	for _, name := range []string{first, second, database} {
		if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	s.start()
	s.await("#8001", state.Unmapped)
	if n := len(s.cases()); n != 1 {
		t.Errorf("%d cases after the restore", n)
	}
	left, err := filepath.Glob(s.path(".countermand-backup-*"))
	ok(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A daemon that cannot give a copy says so, and no half of one is left.
func TestBackupRefused(t *testing.T) {
	t.Parallel()
	d, dir := serve(t), t.TempDir()
	r := d.call(t, "backup", filepath.Join(dir, "b.db"), "--config", filepath.Join(dir, "none.yaml"))
	if r.code != exitFailed || !strings.Contains(r.err, "makes no backups") {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// What is wrong is told line by line, and in one document.
func TestVerifyTells(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.wants("no database", s.keep("verify"), exitFailed, "nothing to read there")
	s.wants("no daemon and no database", s.keep("backup", s.path("b.db")), exitFailed, "nothing to read there")
	s.wants("no daemon and no config", s.cli("backup", s.path("b.db"), "--config", s.path("none.yaml")), exitUnreachable, "not reachable", "none.yaml")
	s.wants("no config", s.cli("verify", "--config", s.path("none.yaml")), exitUsage, "none.yaml")
	s.wants("no backup", s.keep("restore", s.path("b.db")), exitFailed, "nothing is there")
	s.wants("two files", s.keep("verify", "a", "b"), exitUsage, "one file at most")
	s.wants("no file", s.keep("restore"), exitUsage, "one backup file")
	if _, err := os.Stat(s.path("b.db")); err == nil {
		t.Error("a backup of nothing was made")
	}

	s.order("#8101", "")
	p := s.start()
	p.cancel("#8101")
	s.await("#8101", state.Unmapped)
	p.term()
	database := upkeep.DatabasePath(s.path("data"))
	raw, err := os.ReadFile(database)
	ok(t, err)
	ok(t, os.WriteFile(database, bytes.ReplaceAll(raw, []byte(`"shop_order":"#8101"`), []byte(`"shop_order":"#8102"`)), 0o600))
	r := s.keep("verify")
	s.wants("a damaged record", r, exitFailed, "database: cases 01", "checksum does not fit", "not everything is as it was stored")
	r = s.keep("verify", "--json")
	var v upkeep.Verified
	ok(t, json.Unmarshal([]byte(r.out), &v))
	if r.code != exitFailed || v.OK || !v.EvidenceChecked || len(v.Problems) == 0 || v.Problems[0].Part != "database" || v.File != database {
		t.Errorf("%d %+v", r.code, v)
	}
	// Without a config a backup is looked at all the same.
	s.wants("no config", s.cli("verify", database, "--config", s.path("none.yaml")), exitFailed, "the evidence was not looked at")

	s.start()
	s.wants("a damaged record, seen by the daemon", s.keep("verify"), exitFailed, "quarantine: cases 01")
	until(t, "a person is called", func() bool { return s.alerted("record_damaged", "") })
	if n := s.status().Quarantined; n == 0 {
		t.Error("the status does not tell")
	}
}

// A full disk stops the work and nothing else: what cannot be stored is not
// taken, a person is told, and the daemon goes on as soon as there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	data := s.path("data")
	ok(t, os.Mkdir(data, 0o700))
	if os.Geteuid() != 0 || syscall.Mount("tmpfs", data, "tmpfs", 0, "size=3m") != nil {
		return // package boltstore does it for users without rights
	}
	t.Cleanup(func() { ok(t, syscall.Unmount(data, syscall.MNT_DETACH)) })
	s.order("#8201", "")
	s.order("#8202", "")
	p := s.start()
	p.cancel("#8201")
	s.await("#8201", state.Unmapped)

	ballast := filepath.Join(data, "ballast")
	f, err := os.Create(ballast)
	ok(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	ok(t, f.Close())
	_, err = s.shop.Cancel("#8202", "CUSTOMER")
	ok(t, err)
	until(t, "a webhook is not taken", func() bool { return p.knock("#8202").Status == http.StatusServiceUnavailable })
	until(t, "the daemon says that it is not ready", func() bool {
		code, text := p.ready()
		return code == http.StatusServiceUnavailable && strings.Contains(text, "the disk is full: make room in")
	})
	until(t, "the operator is told", func() bool { return s.phone.rang("nothing can be stored") })
	if p.get("/healthz") != http.StatusOK || len(s.cases()) != 1 {
		t.Error("the daemon does not live, or answer")
	}

	// It is above all now that a copy must be had.
	s.wants("backup", s.keep("backup", s.path("full.db")), exitDone, "in order")
	s.wants("verify", s.keep("verify"), exitDone, "1 cases")

	ok(t, os.Remove(ballast))
	until(t, "the daemon goes on by itself", func() bool { return p.get("/readyz") == http.StatusOK })
	until(t, "the operator is told", func() bool { return s.phone.rang("takes data again") })
	until(t, "the webhook is taken", func() bool { return p.knock("#8202").Status == http.StatusOK })
	s.await("#8202", state.Unmapped)
	s.await("#8201", state.Unmapped)
	p.term()
	s.wants("verify", s.keep("verify"), exitDone, "2 cases")
}

// Days after its end a case is gone, and nothing misses it.
func TestRetention(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "6h=1s", extra: "retention: {cases: 4d, evidence: 2d}"})
	s.order("#8301", "")
	s.order("#8302", "")
	p := s.start()
	p.cancel("#8301")
	p.cancel("#8302")
	s.await("#8301", state.Unmapped)
	s.await("#8302", state.Unmapped)
	s.wants("ignore", s.cli("cases", "ignore", "#8301", "--note", "test"), exitDone)
	until(t, "the ended case is deleted", func() bool {
		cases := s.cases()
		return len(cases) == 1 && cases[0].ShopOrder == "#8302"
	})
	var alerts control.Alerts
	s.document(&alerts, "alerts", "list", "--json")
	for _, a := range alerts.Alerts {
		if a.Case != s.cases()[0].ID {
			t.Errorf("an alert of the deleted case is left: %+v", a)
		}
	}
	p.term()
	s.wants("verify", s.keep("verify"), exitDone, "1 cases")
	left, err := os.ReadDir(filepath.Join(s.path("data"), "backups"))
	ok(t, err)
	if len(left) == 0 || len(left) > 7 {
		t.Errorf("%d daily backups", len(left))
	}
}

// ready asks for the daemon's readiness and its reason.
func (p *process) ready() (code int, text string) {
	p.t.Helper()
	r, err := lonely.Get("http://" + p.console + "/readyz")
	ok(p.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	ok(p.t, err)
	return r.StatusCode, string(body)
}

func TestProgressBar(t *testing.T) {
	t.Parallel()
	if bar(&bytes.Buffer{}) != nil {
		t.Error("a bar where nobody looks")
	}
	var out bytes.Buffer
	draw := drawBar(&out)
	for n := range 2001 {
		draw(n, 2000)
	}
	if got := strings.Count(out.String(), "evidence ["); got != 101 {
		t.Errorf("drawn %d times", got)
	}
	if !strings.Contains(out.String(), "[###############               ]  50 %") {
		t.Errorf("got %q", out.String())
	}
	out.Reset()
	drawBar(&out)(0, 0)
	if !strings.Contains(out.String(), "100 %") {
		t.Errorf("got %q", out.String())
	}
}
