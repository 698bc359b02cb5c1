package control

import (
	"bytes"
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"countermand/state"
)

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	check(t, err)
	return info.Mode().Perm()
}

func TestSocketModes(t *testing.T) {
	t.Parallel()
	me, err := user.Current()
	check(t, err)
	group, err := user.LookupGroupId(me.Gid)
	check(t, err)
	dir := filepath.Dir(socketPath(t))
	for _, tt := range []struct {
		group     string
		sock, dir fs.FileMode
	}{{"", 0o600, 0o755}, {group.Name, 0o660, 0o750}} {
		path := filepath.Join(dir, "run"+tt.group, "control.sock")
		s, err := Listen(Options{Path: path, Group: tt.group, Backend: &daemon{}})
		check(t, err)
		if m := modeOf(t, path); m != tt.sock {
			t.Errorf("group %q: socket %o, want %o", tt.group, m, tt.sock)
		}
		if m := modeOf(t, filepath.Dir(path)); m != tt.dir {
			t.Errorf("group %q: directory %o, want %o", tt.group, m, tt.dir)
		}
		check(t, s.Close(t.Context()))
		left, err := os.ReadDir(filepath.Dir(path))
		check(t, err)
		if len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if _, err := Listen(Options{Path: filepath.Join(dir, "x"), Group: "no-such-group-here", Backend: &daemon{}}); err == nil || !strings.Contains(err.Error(), "groupadd") {
		t.Errorf("got %v", err)
	}
}

func TestDirectoryThatIsThereKeepsItsMode(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	check(t, os.Chmod(filepath.Dir(path), 0o700))
	s, err := Listen(Options{Path: path, Backend: &daemon{}})
	check(t, err)
	check(t, s.Close(t.Context()))
	if m := modeOf(t, filepath.Dir(path)); m != 0o700 {
		t.Errorf("got %o", m)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	check(t, err)
	l.SetUnlinkOnClose(false)
	check(t, l.Close())
	serve(t, Options{Path: path, Backend: &daemon{Reader: Reader{}}})
	conn, err := net.Dial("unix", path)
	check(t, err)
	check(t, conn.Close())
}

func TestLivingSocketAndOtherFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	_, cl := start(t, caseOf("01J1", "#1", "8190000000000001", state.Held))
	if _, err := Listen(Options{Path: cl.path, Backend: &daemon{}}); err == nil || !strings.Contains(err.Error(), "another daemon answers") {
		t.Errorf("got %v", err)
	}
	if _, err := cl.Case(t.Context(), "01J1"); err != nil {
		t.Errorf("the first daemon lost its socket: %v", err)
	}
	file := socketPath(t)
	check(t, os.WriteFile(file, []byte("precious"), 0o600))
	if _, err := Listen(Options{Path: file, Backend: &daemon{}}); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file: %q, %v", b, err)
	}
}

// A daemon that ends late must not take the socket of the next one away.
func TestCloseRemovesOnlyItsOwnSocket(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	first, err := Listen(Options{Path: path, Backend: &daemon{}})
	check(t, err)
	check(t, os.Remove(path))
	second, err := Listen(Options{Path: path, Backend: &daemon{}})
	check(t, err)
	check(t, first.Close(t.Context()))
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the second daemon's socket: %v", err)
	}
	check(t, second.Close(t.Context()))
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is still there")
	}
}

func TestLongPathSaysWhatToDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(filepath.Dir(socketPath(t)), strings.Repeat("x", 120), "s")
	if _, err := Listen(Options{Path: path, Backend: &daemon{}}); err == nil || !strings.Contains(err.Error(), "control_socket") {
		t.Errorf("got %v", err)
	}
}

// raw posts to a path as no client of ours would.
func raw(t *testing.T, cl *Client, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://x"+path, strings.NewReader(body))
	check(t, err)
	resp, err := cl.http.Do(req)
	check(t, err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	check(t, err)
	return resp.StatusCode, b.String()
}

func TestRequestsInTheWrongShape(t *testing.T) {
	t.Parallel()
	d, cl := start(t, caseOf("01J1", "#1", "8190000000000001", state.Held))
	for _, tt := range []struct {
		method, path, body string
		code               int
	}{
		{"POST", "/v1/cases/01J1/decide", "", 400},
		{"POST", "/v1/cases/01J1/decide", "{", 400},
		{"POST", "/v1/cases/01J1/decide", `{"kind":"approve","dry_run":true}`, 400},
		{"POST", "/v1/cases/01J1/decide", `{"kind":"approve"}{"kind":"ignore"}`, 400},
		{"POST", "/v1/cases/01J1/decide", `{"kind":"approve","note":"` + strings.Repeat("x", maxBody) + `"}`, 400},
		{"GET", "/v1/cases/01J1/decide", "", 404},
		{"POST", "/v1/cases", "{}", 404},
		{"GET", "/v2/cases", "", 404},
		{"GET", "/", "", 404},
	} {
		code, body := raw(t, cl, tt.method, tt.path, tt.body)
		if code != tt.code || !strings.HasPrefix(body, `{"error":"`) {
			t.Errorf("%s %s %.40s: %d %s", tt.method, tt.path, tt.body, code, body)
		}
	}
	if len(d.decided) != 0 {
		t.Errorf("decided: %+v", d.decided)
	}
}

func TestInternalErrorsAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	path := socketPath(t)
	s, err := Listen(Options{Path: path, Backend: &daemon{Reader: Reader{Clock: now.Local}, refuse: context.DeadlineExceeded}, Log: zerolog.New(&log)})
	check(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	_, err = NewClient(path).Alerts(t.Context(), false)
	codeIs(t, err, http.StatusInternalServerError)
	check(t, s.Close(t.Context()))
	check(t, <-done)
	if !strings.Contains(log.String(), context.DeadlineExceeded.Error()) {
		t.Errorf("log: %s", log.String())
	}
}
