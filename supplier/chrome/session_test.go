package chrome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func cookiesShown(t *testing.T, tab *Tab, url string) []string {
	t.Helper()
	load(t, tab, url+"/show")
	got := strings.Fields(query(t, tab, "body").Text)
	slices.Sort(got)
	return got
}

func TestCookiesSurvive(t *testing.T) {
	t.Parallel()
	b, url := testBrowser(t, nil), site(t)
	tab := testTab(t, b)
	load(t, tab, url+"/set")
	want := []string{"lasting=l1", "session=s1"}
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(b.opts.CookieFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("cookie file: %v, %v", info, err)
	}
	tab = testTab(t, b)
	if got := cookiesShown(t, tab, url); !slices.Equal(got, want) {
		t.Errorf("after a stop: %v", got)
	}

	err = b.SetCookies(t.Context(), Cookie{Name: "late", Value: "1", URL: url, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ExportCookies(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead := b.Dead()
	if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-dead
	tab = testTab(t, b)
	if got := cookiesShown(t, tab, url); !slices.Equal(got, append([]string{"late=1"}, want...)) && !slices.Equal(got, []string{"lasting=l1", "late=1", "session=s1"}) {
		t.Errorf("after a kill: %v", got)
	}
	now, err := b.cookies(t.Context(), b.cur)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range now {
		if strings.HasPrefix(c.Domain, ".") {
			t.Errorf("%s became a domain cookie: %s", c.Name, c.Domain)
		}
		if c.Name == "session" && (!c.Session || !c.HTTPOnly) {
			t.Errorf("session cookie came back as %+v", c)
		}
	}
}

func TestBrokenCookieFileIsTold(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, nil)
	if err := os.WriteFile(b.opts.CookieFile, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), b.opts.CookieFile) {
		t.Errorf("start: %v", err)
	}
	if err := os.WriteFile(b.opts.CookieFile, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err != nil {
		t.Errorf("start after mending: %v", err)
	}
}

// TestLeftoverBrowserIsEnded plays a daemon that died without its browser.
func TestLeftoverBrowserIsEnded(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, nil)
	profile := b.opts.ProfileDir
	if err := os.MkdirAll(profile, 0o700); err != nil {
		t.Fatal(err)
	}
	leftover := exec.Command("/bin/sh", "-c", "sleep 60; :", "--user-data-dir="+profile)
	leftover.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	bystander := exec.Command("/bin/sh", "-c", "sleep 60; :", "--user-data-dir="+profile+"2")
	bystander.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ended := make(chan error, 1)
	for _, c := range []*exec.Cmd{leftover, bystander} {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	go func() { ended <- leftover.Wait() }()
	defer func() {
		_ = killGroup(bystander.Process.Pid)
		_ = bystander.Wait()
	}()
	started, err := startTime(leftover.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	record, err := json.Marshal(owner{Daemon: 1, Browser: leftover.Process.Pid, Started: started, Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, lockName), record, 0o600); err != nil {
		t.Fatal(err)
	}
	// Another host's lock, as after a restored backup.
	if err := os.Symlink("other-host-1", filepath.Join(profile, "SingletonLock")); err != nil {
		t.Fatal(err)
	}
	load(t, testTab(t, b), site(t))
	if err := <-ended; err == nil {
		t.Error("the leftover ended by itself")
	}

	bystanderStarted, err := startTime(bystander.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]owner{
		"other profile": {Browser: bystander.Process.Pid, Started: bystanderStarted},
		"other start":   {Browser: bystander.Process.Pid, Started: bystanderStarted + 1},
	} {
		if err := endLeftover(t.Context(), o, profile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := syscall.Kill(bystander.Process.Pid, 0); err != nil {
		t.Errorf("the bystander was killed: %v", err)
	}
}

func TestRestartsAfterSomeTasks(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, func(o *Options) { o.RestartAfter = 2 })
	var pids []int
	for range 3 {
		tab, err := b.NewTab(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, b.PID())
		tab.Close()
	}
	if pids[0] != pids[1] || pids[1] == pids[2] {
		t.Errorf("process ids %v, want a new one for the third tab", pids)
	}
}

func TestAttachesToARunningBrowser(t *testing.T) {
	t.Parallel()
	address, pid := otherBrowser(t)
	b, err := New(Options{RemoteURL: address})
	if err != nil {
		t.Fatal(err)
	}
	tab := testTab(t, b)
	load(t, tab, site(t))
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil || groupAlive(t, pid) == 0 {
		t.Errorf("a browser that is not ours was ended: %v", err)
	}
}

// otherBrowser is one that somebody else started.
func otherBrowser(t *testing.T, flags ...string) (address string, pid int) {
	t.Helper()
	path, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	profile, tmp := t.TempDir(), t.TempDir()
	cmd := exec.Command(path, append([]string{"--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", "--user-data-dir=" + profile}, flags...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = killGroup(cmd.Process.Pid); _ = cmd.Wait() })
	var port string
	eventually(t, "debugging port", func() bool {
		body, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		port, _, _ = strings.Cut(string(body), "\n")
		return err == nil && port != ""
	})
	return "http://127.0.0.1:" + port, cmd.Process.Pid
}

// TestSandboxAsOrdinaryUser shows that the sandbox is on where it can be. As
// root the test binary runs itself again as nobody. Not parallel: a process
// that another test starts would hold the copied binary open for writing.
func TestSandboxAsOrdinaryUser(t *testing.T) {
	dir := t.TempDir()
	if os.Geteuid() != 0 {
		if code := asUser(dir); code != 0 {
			t.Errorf("exit %d", code)
		}
		return
	}
	const nobody = 65534
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(home, 0o700), os.Chown(home, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	self := filepath.Join(dir, "self.test")
	copyExecutable(t, self)
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = []string{asUserEnv + "=" + home, "HOME=" + home, "TMPDIR=" + home, "PATH=/usr/bin:/bin"}
	cmd.Dir, cmd.Stdout, cmd.Stderr = home, &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out.String())
	}
}

func copyExecutable(t *testing.T, to string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}

// asUser is what runs without being root: 0 if a page loads in a sandbox.
func asUser(dir string) int {
	fail := func(args ...any) int { fmt.Fprintln(os.Stderr, args...); return 1 }
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<p>hello") }))
	defer srv.Close()
	b, err := New(Options{ProfileDir: filepath.Join(dir, "profile")})
	if err != nil {
		return fail(err)
	}
	tab, err := b.NewTab(ctx)
	if err != nil {
		return fail(err)
	}
	if err := tab.Navigate(ctx, srv.URL); err != nil {
		return fail(err)
	}
	v, err := tab.Look(ctx, map[string]Query{})
	if err != nil || v.Text != "hello" {
		return fail("page shows", v.Text, err)
	}
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", b.PID()))
	if err != nil || len(cmdline) == 0 || bytes.Contains(cmdline, []byte("--no-sandbox")) || !b.opts.sandboxed() {
		return fail("the sandbox is off:", string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})), err)
	}
	tab.Close()
	if err := b.Stop(ctx); err != nil {
		return fail(err)
	}
	return 0
}
