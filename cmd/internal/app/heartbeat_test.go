package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// deadMan is the switch that is pinged, and what it has been asked.
type deadMan struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	answer func(w http.ResponseWriter, r *http.Request)
}

func newDeadMan(t *testing.T) *deadMan {
	t.Helper()
	d := &deadMan{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked = append(d.asked, r.Method+" "+r.URL.String())
		answer := d.answer
		d.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *deadMan) pings() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.asked)
}

func (d *deadMan) answers(f func(w http.ResponseWriter, r *http.Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// beating is a heartbeat on a clock of the test's.
type beating struct {
	*heartbeat
	now  time.Time
	well bool
	log  bytes.Buffer
}

func newBeating(t *testing.T, address string) *beating {
	t.Helper()
	b := &beating{now: begin, well: true}
	h, err := newHeartbeat(secretFile(t, address), true, func(context.Context) error {
		if b.well {
			return nil
		}
		return errors.New("the engine has not looked at what is due")
	}, zerolog.New(&b.log))
	if err != nil {
		t.Fatal(err)
	}
	b.heartbeat = h
	return b
}

// after lets so much time pass, and looks.
func (b *beating) after(t *testing.T, d time.Duration) {
	t.Helper()
	b.now = b.now.Add(d)
	b.look(t.Context(), b.now)
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "heartbeat")
	writeFile(t, path, text+"\n")
	return path
}

// A ping goes out every five minutes while the daemon is well, and never while
// it is not.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	d := newDeadMan(t)
	b := newBeating(t, d.URL+"/ping/secret-path?token=secret-token")
	steps := []struct {
		name string
		do   func()
		wait time.Duration
		want int // pings in all
	}{
		{"at first", nil, time.Minute, 1},
		{"too early", nil, time.Minute, 1},
		{"a tick came early", nil, 4*time.Minute - time.Second, 2},
		{"not well", func() { b.well = false }, time.Hour, 2},
		{"still not", nil, time.Minute, 2},
		{"well again", func() { b.well = true }, time.Minute, 3},
		{"refused", func() {
			d.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		}, 5 * time.Minute, 4},
		{"tried again soon", nil, time.Minute, 5},
		{"taken", func() { d.answers(nil) }, time.Minute, 6},
		{"quiet then", nil, time.Minute, 6},
	}
	for _, s := range steps {
		if s.do != nil {
			s.do()
		}
		if b.after(t, s.wait); d.pings() != s.want {
			t.Errorf("%s: %d pings, want %d", s.name, d.pings(), s.want)
		}
	}
	for _, ping := range d.asked {
		if ping != "GET /ping/secret-path?token=secret-token" {
			t.Errorf("asked %q", ping)
		}
	}
	if text := b.log.String(); strings.Count(text, "no heartbeat") != 2 || strings.Count(text, "goes on") != 2 || strings.Contains(text, "secret") {
		t.Errorf("logged:\n%s", text)
	}
}

// The address goes nowhere else, and into no error.
func TestHeartbeatKeepsItsSecret(t *testing.T) {
	t.Parallel()
	other := newDeadMan(t)
	d := newDeadMan(t)
	b := newBeating(t, d.URL+"/secret")
	d.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			http.Redirect(w, r, "/secret/", http.StatusMovedPermanently)
		}
	})
	if b.after(t, time.Minute); d.pings() != 2 || b.log.Len() > 0 {
		t.Errorf("a redirect on the same host: %v %s", d.asked, b.log.String())
	}
	for name, to := range map[string]string{"another host": other.URL + "/secret", "an open way": "http://secret.example/", "around": "/secret"} {
		d.answers(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		if b.after(t, 5*time.Minute); other.pings() > 0 {
			t.Errorf("%s was asked", name)
		}
	}
	d.CloseClientConnections()
	d.Close()
	b.after(t, 5*time.Minute)
	gone := newBeating(t, d.URL+"/secret")
	gone.after(t, time.Minute)
	if text := b.log.String() + gone.log.String(); !strings.Contains(text, "another host") || !strings.Contains(text, "nobody answers") || strings.Contains(text, "secret") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("logged:\n%s", text)
	}
}

func TestHeartbeatAddress(t *testing.T) {
	t.Parallel()
	rows := []struct {
		address   string
		rehearsal bool
		refused   string
	}{
		{"https://watch.example/secret", false, ""},
		{"http://127.0.0.1:1/secret", false, ""},
		{"http://localhost:1/secret", true, ""},
		{"https://127.0.0.1:1/secret", true, ""},
		{"https://watch.example/secret", true, "must not call anybody"},
		{"http://watch.example/secret", false, "http is for loopback only"},
		{"ftp://127.0.0.1/secret", false, "holds no address"},
		{"secret", false, "holds no address"},
		{"https:///secret", false, "holds no address"},
		{"https://a.example/secret\nhttps://b.example/secret", false, "holds no address"},
	}
	for _, r := range rows {
		h, err := newHeartbeat(secretFile(t, r.address), r.rehearsal, nil, zerolog.Nop())
		if text := fmt.Sprint(err); (r.refused == "") != (h != nil) || (r.refused == "") != (err == nil) || !strings.Contains(text, r.refused) || strings.Contains(text, "secret") {
			t.Errorf("%q in a rehearsal (%t): %v", r.address, r.rehearsal, err)
		}
	}
	if h, err := newHeartbeat("", true, nil, zerolog.Nop()); h != nil || err != nil {
		t.Errorf("without a file: %v %v", h, err)
	}
	if _, err := newHeartbeat("/nowhere/file", false, nil, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "alerts.heartbeat_url_file") {
		t.Errorf("without the file: %v", err)
	}
	c := config(t)
	c.Alerts.HeartbeatURLFile = secretFile(t, "http://watch.example/secret")
	if err := Check(c); err == nil || !strings.Contains(err.Error(), "loopback only") {
		t.Errorf("config check says %v", err)
	}
	if a, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()}); err == nil || a != nil || !strings.Contains(err.Error(), "loopback only") {
		t.Errorf("a daemon was made: %v", err)
	}
}

// The daemon's own health decides, and its end is the heartbeat's.
func TestHeartbeatOfADaemon(t *testing.T) {
	c := config(t)
	d := newDeadMan(t)
	c.Alerts.HeartbeatURLFile = secretFile(t, d.URL)
	nothingLeft(t)
	a, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if a.outside.look(t.Context(), begin); d.pings() != 0 {
		t.Error("pinged before the start")
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	lives(t, a)
	if a.outside.look(t.Context(), begin); d.pings() != 1 {
		t.Errorf("%d pings of a daemon that is well", d.pings())
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if a.outside.look(t.Context(), begin.Add(time.Hour)); d.pings() != 1 {
		t.Error("pinged after the end")
	}
}
