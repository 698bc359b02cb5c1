package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"countermand/configs"
	"countermand/state/boltstore"
)

// config is a daemon's in a folder of its own. Its sites are not there: none
// is asked before there is something to do.
func config(t testing.TB, changes ...string) *configs.Config {
	t.Helper()
	dir := t.TempDir()
	socketDir, err := os.MkdirTemp("", "cm") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(socketDir); err != nil {
			t.Error(err)
		}
	})
	files := map[string]string{"token": "shpat_test", "hook-secret": "hook-secret", "countermand.yaml": strings.NewReplacer(changes...).Replace(fmt.Sprintf(`data_dir: data
control_socket: %s/s
webhooks: {listen: "127.0.0.1:0"}
console: {listen: "127.0.0.1:0"}
shops:
  - {name: mystore, domain: mystore.myshopify.com, endpoint: "http://127.0.0.1:1", token_file: token, webhook_secret_files: [hook-secret], account: main}
accounts:
  - name: main
    hosts: {www: "http://127.0.0.1:1", mobile: "http://127.0.0.1:1", login: "http://127.0.0.1:1", api: "http://127.0.0.1:1"}
browser: {path: %s}
`, socketDir, browserStandIn(t, dir)))}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := configs.Load(filepath.Join(dir, "countermand.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// browserStandIn is a program that is there; without a case it is not run.
func browserStandIn(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "browser")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// nothingLeft fails if a goroutine or a file stays open after the test.
func nothingLeft(t *testing.T) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	running := goleak.IgnoreCurrent()
	before := descriptors(t)
	t.Cleanup(func() {
		goleak.VerifyNone(t, running)
		if after := descriptors(t); len(after) > len(before) {
			t.Errorf("files left open: %v, before there were %v", after, before)
		}
	})
}

func descriptors(t *testing.T) (open []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil // only Linux tells
	}
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && !strings.HasPrefix(to, "/proc/") && to != "anon_inode:[eventpoll]" && to != "anon_inode:[eventfd]" {
			open = append(open, to)
		}
	}
	return open
}

// free fails unless another daemon could start on the same data at once.
func free(t *testing.T, c *configs.Config) {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(c.DataDir, "countermand.db"), boltstore.Options{Timeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatalf("the database was not let go: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(c.ControlSocket); err == nil && info.Mode()&os.ModeSocket != 0 {
		t.Errorf("the control socket %s is still there", c.ControlSocket)
	}
}

// Whatever stops a daemon from being made, what was opened before is closed
// again, and the error says what is in the way.
func TestNewClosesWhatItOpened(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	rows := []struct {
		name   string
		change []string
		spoil  func(t *testing.T, c *configs.Config)
		holds  []string
	}{
		{"no browser", nil, func(t *testing.T, c *configs.Config) { c.Browser.Path = "/nowhere/chromium" }, []string{"no Chromium found", "/nowhere/chromium"}},
		{"no token", nil, func(t *testing.T, c *configs.Config) { c.Shops[0].TokenFile = "/nowhere/token" }, []string{"token of shop mystore", "/nowhere/token"}},
		{"no hook secret", nil, func(t *testing.T, c *configs.Config) { c.Shops[0].WebhookSecretFiles = []string{"/nowhere/secret"} }, []string{"webhook secret of shop mystore"}},
		{"broken site profile", nil, func(t *testing.T, c *configs.Config) {
			c.Accounts[0].SiteProfile = filepath.Join(t.TempDir(), "profile.yaml")
			writeFile(t, c.Accounts[0].SiteProfile, "urls: [")
		}, []string{"site_profile of account main"}},
		{"broken alert address", nil, func(t *testing.T, c *configs.Config) {
			c.Alerts.URLsFile = filepath.Join(t.TempDir(), "urls")
			writeFile(t, c.Alerts.URLsFile, "carrier-pigeon://secret-loft\n")
		}, []string{"alert channel 1"}},
		{"webhooks' port taken", []string{`webhooks: {listen: "127.0.0.1:0"}`, `webhooks: {listen: "` + address + `"}`}, nil, []string{"webhooks.listen", address}},
		{"console's port taken", []string{`console: {listen: "127.0.0.1:0"}`, `console: {listen: "` + address + `"}`}, nil, []string{"console.listen", address}},
		{"no place for the control socket", nil, func(t *testing.T, c *configs.Config) { writeFile(t, c.ControlSocket, "not a socket") }, []string{"control socket"}},
		{"broken digest", nil, func(t *testing.T, c *configs.Config) { c.Alerts.Digest = "at eight" }, []string{"alerts.digest"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := config(t, r.change...)
			if r.spoil != nil {
				r.spoil(t, c)
			}
			nothingLeft(t)
			a, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()})
			if err == nil || a != nil {
				t.Fatalf("made: %v %v", a, err)
			}
			for _, part := range r.holds {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v, want it to name %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "secret-loft") {
				t.Errorf("the error shows a channel's address: %v", err)
			}
			free(t, c)
		})
	}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A second daemon on the same data is told so, and takes nothing from the
// first.
func TestNewOnDataInUse(t *testing.T) {
	c := config(t)
	nothingLeft(t)
	first, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()}); err == nil || second != nil || !strings.Contains(err.Error(), "open the database") {
		t.Errorf("a second daemon: %v %v", second, err)
	}
	if _, err := os.Lstat(c.ControlSocket); err != nil {
		t.Errorf("the first daemon's socket: %v", err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	free(t, c)
}

// A daemon lives, tells the service manager, and leaves nothing; made and
// never started it leaves nothing either.
func TestStartAndStopLeaveNothing(t *testing.T) {
	c := config(t)
	nothingLeft(t)
	for _, start := range []bool{true, false, true} {
		var mu sync.Mutex
		var told []string
		a, err := New(t.Context(), Options{Config: c, Version: "v1.2.3", Log: zerolog.Nop(), Clock: FastClock(begin, 120), Notify: func(s string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, s)
		}})
		if err != nil {
			t.Fatal(err)
		}
		if start {
			if err := a.Start(); err != nil {
				t.Fatal(err)
			}
			lives(t, a)
			waitFor(t, "the watchdog is fed", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(told) > 1 && strings.HasPrefix(told[0], "READY=1") && told[1] == "WATCHDOG=1"
			})
		}
		if err := a.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if last := told[len(told)-1]; last != "STOPPING=1" && last != "WATCHDOG=1" {
			t.Errorf("the service manager was told %v", told)
		}
		free(t, c)
	}
}

// lives looks at the daemon's health from outside.
func lives(t *testing.T, a *App) {
	t.Helper()
	for path, want := range map[string]string{"/healthz": "alive", "/readyz": "ready", "/metrics": "countermand_overdue_seconds"} {
		waitFor(t, path+" answers well", func() bool {
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			r, err := client.Get("http://" + a.ConsoleAddr() + path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			return err == nil && r.StatusCode == http.StatusOK && strings.Contains(string(body), want)
		})
	}
}

func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited a minute for this: %s", what)
		}
	}
}
