package chrome

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// asUserEnv makes the test binary run only the part of a test that must not
// be root; see TestSandboxAsOrdinaryUser.
const asUserEnv = "CHROME_TEST_AS_USER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asUserEnv); dir != "" {
		os.Exit(asUser(dir))
	}
	if profile, url, ok := strings.Cut(os.Getenv(holdEnv), " "); ok {
		fmt.Println(holdUntilKilled(profile, url))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const pageHTML = `<!DOCTYPE html><title>home</title>
<style>#lid{position:fixed;inset:0;display:none;background:#eee} .tall{height:3000px}</style>
<h1 id=when></h1><div class=tall></div>
<button id=go>Go</button> <button id=off disabled>Off</button> <button id=gone style="visibility:hidden">Gone</button>
<div class=modal><h2 class=title>Really?</h2><button id=yes><span>Yes</span></button></div>
<a id=pop href="/other" target=_blank rel=opener>pop</a> <button id=ask onclick="this.title=confirm('hello')+'!'">ask</button>
<div id=lid></div><pre id=log></pre>
<script>
 document.getElementById('when').textContent = new Date(0).toString();
 for (const id of ['go','yes','off']) document.getElementById(id).addEventListener('click', e => document.getElementById('log').textContent += id + ':' + e.isTrusted + ';');
</script>`

// site is a tiny web site of our own.
func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	page := func(path, body string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, body)
		})
	}
	page("/{$}", pageHTML)
	page("/fields", fieldsHTML)
	page("/other", `<title>other</title><p>other page</p>`)
	page("/calls", `<title>calls</title><script src="/jsonp?cb=f"></script><script>function f(){}; fetch('/api', {method:'POST', body:'data=1'}); fetch('/failing')</script><img src="/pic.png">`)
	page("/stay", `<title>stay</title><script>addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'x' })</script><button id=b>b</button>`)
	page("/sign-in", `<title>sign in</title><form onsubmit="said.textContent = this.n.value; return false"><input id=name name=n></form><p id=said></p>`)
	mux.HandleFunc("/jsonp", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/javascript")
		fmt.Fprint(w, `f({"from":"jsonp"})`)
	})
	mux.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"from":"api"}`) })
	mux.HandleFunc("/failing", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1", HttpOnly: true})
		http.SetCookie(w, &http.Cookie{Name: "lasting", Value: "l1", Expires: time.Now().Add(time.Hour)})
	})
	mux.HandleFunc("/show", func(w http.ResponseWriter, r *http.Request) {
		var names []string
		for _, c := range r.Cookies() {
			names = append(names, c.Name+"="+c.Value)
		}
		fmt.Fprint(w, strings.Join(names, " "))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func testBrowser(t *testing.T, change func(*Options)) *Browser {
	t.Helper()
	o := Options{ProfileDir: filepath.Join(t.TempDir(), "profile"), Timezone: "America/Los_Angeles", StartTimeout: time.Minute, ActionTimeout: time.Minute}
	if change != nil {
		change(&o)
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stop: %v", err)
		}
	})
	return b
}

func testTab(t *testing.T, b *Browser) *Tab {
	t.Helper()
	tab, err := b.NewTab(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	return tab
}

func load(t *testing.T, tab *Tab, url string) {
	t.Helper()
	if err := tab.Navigate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
}

// groupAlive counts the living processes of a process group.
func groupAlive(t *testing.T, pgid int) int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range stats {
		b, err := os.ReadFile(s)
		if err != nil {
			continue // ended meanwhile
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if f[2] == strconv.Itoa(pgid) && f[0] != "Z" && f[0] != "X" {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := poll(ctx, 10*time.Millisecond, func() (bool, error) { return cond(), nil }); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestFindSaysWhatToInstall(t *testing.T) {
	_, err := Find(filepath.Join(t.TempDir(), "no-such-browser"))
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "browser.path") {
		t.Errorf("configured: %v", err)
	}
	old := places
	places = []string{"/no/such/browser"}
	defer func() { places = old }()
	_, err = Find("")
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "apt-get install chromium") {
		t.Errorf("searched: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no profile":      {},
		"sandbox":         {ProfileDir: "p", Sandbox: "maybe"},
		"zone":            {ProfileDir: "p", Timezone: "Mars/Base"},
		"flag":            {ProfileDir: "p", Flags: []string{"remote-debugging-port=9222"}},
		"sandbox by flag": {ProfileDir: "p", Flags: []string{"--no-sandbox"}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	b, err := New(Options{ProfileDir: "p", Flags: []string{"--mute-audio", "window-position=0,0"}})
	if err != nil || b.opts.Flags[0] != "mute-audio" {
		t.Errorf("dashes: %v, %v", b.opts.Flags, err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, nil)
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal("stop before start:", err)
	}
	tab := testTab(t, b)
	load(t, tab, site(t))
	pid, dead := b.PID(), b.Dead()
	if pid == 0 || groupAlive(t, pid) < 2 {
		t.Fatalf("pid %d has no group of its own", pid)
	}
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-dead
	eventually(t, "processes left", func() bool { return groupAlive(t, pid) == 0 })
	if b.PID() != 0 || tab.Alive() {
		t.Error("still counts as running")
	}
	if _, err := tab.URL(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("use after stop: %v", err)
	}
}

func TestKilledBrowserIsNoticedAndStartsAgain(t *testing.T) {
	t.Parallel()
	b, url := testBrowser(t, nil), site(t)
	tab := testTab(t, b)
	load(t, tab, url)
	pid, dead := b.PID(), b.Dead()
	waiting := make(chan error, 1)
	go func() {
		waiting <- tab.WaitFor(t.Context(), "wait", func(ctx context.Context) (bool, error) {
			_, err := tab.URL(ctx)
			return false, err
		})
	}()
	socket, err := os.Readlink(filepath.Join(b.opts.ProfileDir, "SingletonSocket"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, ErrGone) {
		t.Errorf("waiting call: %v", err)
	}
	<-dead
	eventually(t, "processes left", func() bool { return groupAlive(t, pid) == 0 })
	if _, err := os.Stat(filepath.Dir(socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's directory %s was left behind: %v", socket, err)
	}
	load(t, testTab(t, b), url)
	if b.PID() == pid || b.PID() == 0 {
		t.Errorf("pid after restart: %d", b.PID())
	}
}

func TestWedgedBrowserFailsHealthAndIsKilled(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, func(o *Options) { o.HealthTimeout = time.Second; o.StopTimeout = time.Second })
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Health(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := b.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := b.Health(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("health of a wedged browser: %v", err)
	}
	if err := b.Stop(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop of a wedged browser: %v", err)
	}
	eventually(t, "processes left", func() bool { return groupAlive(t, pid) == 0 })
}

func TestCrashedPage(t *testing.T) {
	t.Parallel()
	b := testBrowser(t, nil)
	tab := testTab(t, b)
	load(t, tab, site(t))
	if err := tab.Navigate(t.Context(), "chrome://crash"); err == nil {
		t.Error("a crashing page loaded")
	}
	eventually(t, "crash is noticed", func() bool { return !tab.Alive() })
	if _, err := tab.URL(t.Context()); !errors.Is(err, ErrCrashed) {
		t.Errorf("use of a crashed page: %v", err)
	}
	load(t, testTab(t, b), site(t))
}

func TestProfileIsLocked(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "p")
	first := testBrowser(t, func(o *Options) { o.ProfileDir = dir })
	if err := first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := testBrowser(t, func(o *Options) { o.ProfileDir = dir })
	err := second.Start(t.Context())
	if !errors.Is(err, ErrProfileInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("second browser on the profile: %v", err)
	}
}
