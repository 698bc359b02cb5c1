package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countermand/state"
)

// What keeps the daemon from starting is said in one line that tells what to
// do, and the code tells scripts what kind of trouble it is.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	config := s.path("countermand.yaml")
	good, err := os.ReadFile(config)
	ok(t, err)
	lines := strings.Count(string(good), "\n")

	s.write("unknown.yaml", string(good)+"\nlog: {level: info, colour: red}\n")
	for _, args := range [][]string{{"config", "check", "--config", s.path("unknown.yaml")}, {"run", "--config", s.path("unknown.yaml")}} {
		r := runs(t, args...)
		at := fmt.Sprintf("unknown.yaml:%d:", lines+2)
		if r.code != exitUsage || !strings.Contains(r.err, at) || !strings.Contains(r.err, "log.colour") {
			t.Errorf("%v: %d %q, want %d with %s and the field", args, r.code, r.err, exitUsage, at)
		}
	}

	s.write("nobrowser.yaml", string(good)+"\nbrowser: {path: /nowhere/chromium}\n")
	r := runs(t, "run", "--config", s.path("nobrowser.yaml"))
	if at := fmt.Sprintf("nobrowser.yaml:%d:", lines+2); r.code != exitUsage || !oneSentence(r.err, at, "browser.path", "leave it empty to have Chromium looked for") {
		t.Errorf("no Chromium: %d %q", r.code, r.err)
	}

	if r := s.cli("status"); r.code != exitUnreachable || !oneSentence(r.err, s.socket) {
		t.Errorf("no daemon: %d %q", r.code, r.err)
	}
	if r := s.cli("status", "--socket", filepath.Join(s.dir, "no", "socket")); r.code != exitUnreachable {
		t.Errorf("no daemon: %d %q", r.code, r.err)
	}

	r = runs(t, "run", "--config", config, "--rehearse-from", "2026-11-02T08:00:00Z")
	if r.code != exitUsage || !strings.Contains(r.err, "--rehearse-speed") {
		t.Errorf("half a rehearsal: %d %q", r.code, r.err)
	}
	real := strings.NewReplacer("    endpoint: "+s.shop.URL()+"\n", "", s.shop.Domain(), "mystore.myshopify.com").Replace(string(good))
	s.write("real.yaml", real)
	r = runs(t, "run", "--config", s.path("real.yaml"), "--rehearse-from", "2026-11-02T08:00:00Z", "--rehearse-speed", brisk)
	if r.code != exitUsage || !strings.Contains(r.err, "rehearsal is refused") {
		t.Errorf("a rehearsal with a real shop: %d %q", r.code, r.err)
	}
	if _, err := os.Stat(s.path("data")); err == nil {
		t.Error("a daemon that may not start has made its folder")
	}
}

// A second daemon on the same data is sent away and leaves the first one to
// its work.
func TestSecondDaemon(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#7001", "8190000000070001")
	p := s.start()
	r := runs(t, s.rehearsal()...)
	if r.code != exitFailed || !oneSentence(r.err, "countermand.db", "another process") {
		t.Errorf("a second daemon: %d %q", r.code, r.err)
	}
	p.cancel("#7001")
	s.await("#7001", state.Requested)
	s.oneCancel("8190000000070001")
}

// oneSentence tells whether the last line of standard error is the program's
// word to the operator and holds the parts.
func oneSentence(text string, parts ...string) bool {
	all := strings.Split(strings.TrimSpace(text), "\n")
	last := all[len(all)-1]
	for _, p := range append(parts, "countermand: ") {
		if !strings.Contains(last, p) {
			return false
		}
	}
	return true
}
