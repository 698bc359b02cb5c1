package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/state"
)

// Export packs what is in the daemon's data_dir, as the real one does.
func (d *fakeDaemon) Export(ctx context.Context, b control.Bundle, w io.Writer) (control.Packed, error) {
	return app.Exporter{DataDir: d.dataDir, Version: "v1.2.3"}.Export(ctx, b, w)
}

// withEvidence starts a daemon with one case and two files of evidence.
func withEvidence(t *testing.T) (d *fakeDaemon, first, second string) {
	t.Helper()
	d = serve(t)
	d.dataDir = t.TempDir()
	ok(t, os.MkdirAll(filepath.Join(d.dataDir, "evidence", "01J"), 0o700))
	var refs []string
	for _, name := range []string{"20260302T083000Z-000001-before-submit.png", "20260302T083000Z-000002-detail.json"} {
		ok(t, os.WriteFile(filepath.Join(d.dataDir, "evidence", "01J", name), []byte(name), 0o600))
		refs = append(refs, fmt.Sprintf("01J/%s#sha256:%x", name, sha256.Sum256([]byte(name))))
	}
	d.put(t, someCases()[3], state.Entry{At: in(-100), Event: state.EventReading, From: state.Refused, To: state.Disputable, By: state.BySupplier, Detail: "it left after we asked", Evidence: refs})
	path := func(n int) string {
		name, _, _ := strings.Cut(refs[n], "#")
		return filepath.Join(d.dataDir, "evidence", name)
	}
	return d, path(0), path(1)
}

// The archive is what sha256sum and unzip take, case.json what cases show says.
func TestDisputesExport(t *testing.T) {
	t.Parallel()
	d, _, _ := withEvidence(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "1044.zip")
	if s := d.call(t, "disputes", "export", "#1044", "--out", file); s != (said{0, file + ": 2 files of evidence\n", ""}) {
		t.Fatalf("%+v", s)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	z, err := zip.OpenReader(file)
	ok(t, err)
	defer z.Close()
	ok(t, os.CopyFS(filepath.Join(dir, "out"), z))
	sums := exec.Command("sha256sum", "-c", "--strict", "SHA256SUMS")
	sums.Dir = filepath.Join(dir, "out")
	if told, err := sums.CombinedOutput(); err != nil || bytes.Count(told, []byte(": OK")) != 6 {
		t.Errorf("%v %s", err, told)
	}
	doc, err := os.ReadFile(filepath.Join(dir, "out", "case.json"))
	ok(t, err)
	if shown := d.call(t, "cases", "show", "1044", "--json"); shown.out != string(doc) {
		t.Errorf("case.json is %s, cases show says %s", doc, shown.out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "out", "README.txt"))
	ok(t, err)
	if !strings.Contains(string(text), "Europe/Berlin") {
		t.Errorf("without the operator's zone:\n%s", text)
	}
	piped := d.call(t, "disputes", "export", "8190000000000004", "--out", "-")
	whole, err := os.ReadFile(file)
	ok(t, err)
	if piped.code != 0 || piped.err != "" || piped.out != string(whole) {
		t.Errorf("on the standard output: %d %q, %d bytes for %d", piped.code, piped.err, len(piped.out), len(whole))
	}
}

// A file is never written over unless told so, and nothing is left half done.
func TestDisputesExportOntoAFile(t *testing.T) {
	t.Parallel()
	d, _, _ := withEvidence(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "1044.zip")
	ok(t, os.WriteFile(file, []byte("mine"), 0o600))
	for args, says := range map[string]string{
		"1044 --out " + file: "--force", "1044 --out " + dir: "is a folder", "1044": "--out is missing",
	} {
		if s := d.call(t, append([]string{"disputes", "export"}, strings.Fields(args)...)...); s.code != exitUsage || !strings.Contains(s.err, says) {
			t.Errorf("%s: %+v", args, s)
		}
	}
	if s := d.call(t, "disputes", "export", "999", "--out", file, "--force"); s.code != exitFailed || !strings.Contains(s.err, "no case 999") {
		t.Errorf("%+v", s)
	}
	if s := d.call(t, "disputes", "export", "1044", "--out", file, "--socket", "/nowhere/s", "--force"); s.code != exitUnreachable {
		t.Errorf("%+v", s)
	}
	if body, err := os.ReadFile(file); err != nil || string(body) != "mine" {
		t.Fatalf("%q %v", body, err)
	}
	if s := d.call(t, "disputes", "export", "1044", "--out", file, "--force"); s.code != 0 {
		t.Errorf("%+v", s)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v %v", left, err)
	}
}

// Evidence that is gone is told of; evidence that was changed is a failure.
// The archive is written both times.
func TestDisputesExportOfSpoiltEvidence(t *testing.T) {
	t.Parallel()
	d, first, second := withEvidence(t)
	file := filepath.Join(t.TempDir(), "1044.zip")
	ok(t, os.Remove(first))
	s := d.call(t, "disputes", "export", "1044", "--out", file)
	if s.code != 0 || s.out != file+": 1 files of evidence\n" || !strings.HasPrefix(s.err, "MISSING: evidence/01J/") || strings.Count(s.err, "\n") != 1 {
		t.Errorf("%+v", s)
	}
	ok(t, os.WriteFile(second, []byte("doctored"), 0o600))
	s = d.call(t, "disputes", "export", "1044", "--out", file, "--force")
	if s.code != exitFailed || !strings.Contains(s.err, "CHANGED: evidence/01J/") || !strings.Contains(s.err, "1 files of evidence are not what they were") {
		t.Errorf("%+v", s)
	}
	if _, err := zip.OpenReader(file); err != nil {
		t.Error(err)
	}
}
