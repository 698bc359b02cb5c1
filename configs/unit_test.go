package configs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unitCopy puts the unit, with a program that exists on every machine, where
// systemd-analyze can look at it.
func unitCopy(t *testing.T, change func(string) string) string {
	t.Helper()
	text := regexp.MustCompile(`(?m)^ExecStart=\S+`).ReplaceAllString(string(Unit), "ExecStart=/bin/true")
	path := filepath.Join(t.TempDir(), "countermand.service")
	if err := os.WriteFile(path, []byte(change(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func analyze(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatalf("%v; run: make setup", err)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// verify answers 0 even for keys it does not know, so its words count.
func TestUnitIsUnderstood(t *testing.T) {
	t.Parallel()
	same := func(s string) string { return s }
	if _, stderr, err := analyze(t, "verify", unitCopy(t, same)); err != nil || stderr != "" {
		t.Errorf("%v: %s", err, stderr)
	}
	slip := func(s string) string { return strings.Replace(s, "WatchdogSec=", "WatchdogSecs=", 1) }
	if _, stderr, _ := analyze(t, "verify", unitCopy(t, slip)); !strings.Contains(stderr, "WatchdogSecs") {
		t.Errorf("a misspelt key goes unnoticed: %q", stderr)
	}
}

func TestUnitIsHardened(t *testing.T) {
	t.Parallel()
	check := func(change func(string) string) (string, error) {
		out, stderr, err := analyze(t, "security", "--offline=true", "--threshold=40", "--no-pager", unitCopy(t, change))
		return out + stderr, err
	}
	if out, err := check(func(s string) string { return s }); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	bare := regexp.MustCompile(`(?m)^(Protect|Restrict|SystemCall|Capability|Private).*$`)
	if _, err := check(func(s string) string { return bare.ReplaceAllString(s, "") }); err == nil {
		t.Error("a unit without hardening passes")
	}
}

// What the rest of the program relies on, and what would stop Chromium.
func TestUnitLines(t *testing.T) {
	t.Parallel()
	lines := strings.Split(string(Unit), "\n")
	set := map[string]string{}
	for _, line := range lines {
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			set[key] = value
		}
	}
	for key, want := range map[string]string{
		"Type": "notify", "KillMode": "mixed", "TimeoutStopSec": "60", "Restart": "always", "WatchdogSec": "60", "User": "countermand",
		"StateDirectory": "countermand", "RuntimeDirectory": "countermand", "UMask": "0077", "RestrictNamespaces": "user pid net",
		"SystemCallFilter": "@system-service chroot", "MemoryDenyWriteExecute": "",
		"ExecStart": "/usr/local/bin/countermand run --config /etc/countermand/countermand.yaml",
	} {
		if set[key] != want {
			t.Errorf("%s is %q, want %q", key, set[key], want)
		}
	}
}
