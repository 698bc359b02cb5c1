package chrome

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// ending is how a held request ended.
type ending struct {
	answer Answer
	err    error
}

// holding holds each write and hands it to a function; its endings come back.
func holding(b *gated, decide func(context.Context, *Held) (Answer, error)) <-chan ending {
	endings := make(chan ending, 64)
	b.set(writes(func(*Request) Decision {
		return Hold(func(ctx context.Context, h *Held) {
			a, err := decide(ctx, h)
			endings <- ending{a, err}
		})
	}))
	return endings
}

// hasty is a browser whose gate has other limits.
func hasty(t *testing.T, change func(*gateTimes)) *gated {
	t.Helper()
	times := defaultGateTimes
	change(&times)
	return gatedBrowser(t, func(o *Options) { o.times = times })
}

func marked(context.Context) error { return nil }

// released releases with a mark that succeeds.
func released(ctx context.Context, h *Held) (Answer, error) { return h.Release(ctx, marked) }

func TestReleasedRequestArrivesOnceAndItsAnswerIsRead(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	endings := holding(b, released)
	ways := []string{"fetch", "json-abroad", "form", "beacon", "keepalive", "worker", "jsonp", "form-tab", "redirect"}
	for _, way := range ways {
		for _, path := range []string{"/write/done/" + way, "/write/moved/" + way} {
			s.try(t, tab, way, path)
			e := next(t, way, endings)
			for len(b.find(path)) > 0 && b.find(path)[0].Preflight && e.err == nil && s.count(path) == 0 {
				e = next(t, way, endings) // of the request after its preflight
			}
			wantStatus, wantBody := http.StatusOK, "done"
			if strings.Contains(path, "moved") {
				wantStatus, wantBody = http.StatusSeeOther, ""
			}
			if e.err != nil || e.answer.Status != wantStatus || string(e.answer.Body) != wantBody {
				t.Errorf("%s: %d %q, %v", path, e.answer.Status, e.answer.Body, e.err)
			}
			if n := s.count(path); n != 1 {
				t.Errorf("%s: arrived %d times", path, n)
			}
			if wantBody == "" && e.answer.Header.Get("Location") == "" {
				t.Errorf("%s: headers %v", path, e.answer.Header)
			}
		}
	}
	load(t, tab, s.url+"/quiet")
	for path, n := range s.all() {
		if n != 1 {
			t.Errorf("%s: arrived %d times", path, n)
		}
	}
}

func TestHeldRequestThatIsNotReleasedFails(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), hasty(t, func(times *gateTimes) { times.hold, times.leave = 300*time.Millisecond, 300*time.Millisecond })
	tab := testTab(t, b.Browser)
	stale := make(chan *Held, 1)
	lost := errors.New("disk full")
	wait := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	for name, decide := range map[string]func(context.Context, *Held) (Answer, error){
		"returned":  func(_ context.Context, h *Held) (Answer, error) { stale <- h; return Answer{}, ErrNothingLeft },
		"timed-out": func(ctx context.Context, h *Held) (Answer, error) { wait(ctx); return h.Release(ctx, marked) },
		"no-mark": func(ctx context.Context, h *Held) (Answer, error) {
			return h.Release(ctx, func(context.Context) error { return lost })
		},
		"slow-mark": func(ctx context.Context, h *Held) (Answer, error) {
			return h.Release(ctx, func(ctx context.Context) error { _ = wait(ctx); return nil })
		},
		"called-off": func(ctx context.Context, h *Held) (Answer, error) {
			ctx, cancel := context.WithCancel(ctx)
			return h.Release(ctx, func(context.Context) error { cancel(); return nil })
		},
		"panic": func(ctx context.Context, h *Held) (Answer, error) {
			return h.Release(ctx, func(context.Context) error { panic("in the mark") })
		},
	} {
		endings := holding(b, decide)
		path := "/write/" + name
		load(t, tab, s.url+"/")
		script := "fetch('" + path + "', {method: 'POST', body: 'a=1'}).then(() => document.title = 'sent', () => document.title = 'failed'); 0"
		if err := tab.eval(t.Context(), "send", script, nil); err != nil {
			t.Fatal(err)
		}
		var title string
		if err := tab.WaitFor(t.Context(), "the page's failure", func(ctx context.Context) (bool, error) {
			err := tab.eval(ctx, "title", "document.title", &title)
			return title != "ways", err
		}); err != nil || title != "failed" {
			t.Errorf("%s: the page saw %q, %v", name, title, err)
		}
		if name == "panic" {
			eventually(t, "the report", func() bool { return b.reported("in the mark") == 1 })
			continue
		}
		if e := next(t, name, endings); !errors.Is(e.err, ErrNothingLeft) {
			t.Errorf("%s: %v", name, e.err)
		}
	}
	if _, err := (<-stale).Release(t.Context(), marked); !errors.Is(err, ErrNothingLeft) {
		t.Errorf("released after it failed: %v", err)
	}
	if all := s.all(); len(all) > 0 {
		t.Errorf("arrived: %v", all)
	}
	// None of this keeps the origin shut.
	endings := holding(b, released)
	s.try(t, tab, "fetch", "/write/after")
	if e := next(t, "the next write", endings); e.err != nil || s.count("/write/after") != 1 {
		t.Errorf("the next write: %v, arrived %d times", e.err, s.count("/write/after"))
	}
}

func TestPolicyThatPanicsOrIsSlowLetsNothingThrough(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), hasty(t, func(times *gateTimes) { times.judge = 300 * time.Millisecond })
	tab := testTab(t, b.Browser)
	b.set(writes(func(*Request) Decision { panic("no judgement") }))
	s.try(t, tab, "fetch", "/write/panic")
	eventually(t, "the panic's report", func() bool { return b.reported("no judgement") == 1 })
	release, told := make(chan struct{}), make(chan error, 1)
	b.set(writes(func(*Request) Decision {
		<-release
		return Hold(func(ctx context.Context, h *Held) {
			_, err := h.Release(ctx, marked)
			told <- err
		})
	}))
	s.try(t, tab, "beacon", "/write/slow")
	eventually(t, "the report", func() bool { return b.reported("no decision") == 1 })
	// What comes while it is stuck is not let through either.
	if err := tab.eval(t.Context(), "send", "go('fetch', '/write/behind'); go('get', '/write/behind'); 0", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reports", func() bool { return b.reported("no decision") == 3 })
	close(release)
	// A policy that wants to hold what has failed is told so.
	if err := <-told; !errors.Is(err, ErrNothingLeft) {
		t.Errorf("held too late: %v", err)
	}
	b.set(nil)
	s.try(t, tab, "fetch", "/write/later")
	eventually(t, "what is judged in time passes", func() bool { return s.count("/write/later") == 1 })
	if all := s.all(); len(all) != 1 {
		t.Errorf("arrived: %v", all)
	}
}

// Stopping the browser fails what is held: a keepalive or a beacon would else
// leave with its page.
func TestStopFailsWhatIsHeld(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	endings := holding(b, func(ctx context.Context, h *Held) (Answer, error) {
		<-ctx.Done()
		return h.Release(context.Background(), marked)
	})
	load(t, tab, s.url+"/")
	if err := tab.eval(t.Context(), "send", "for (const w of ['fetch', 'keepalive', 'beacon', 'worker', 'image', 'form-tab']) go(w, location.origin + '/write/' + w); addEventListener('pagehide', () => navigator.sendBeacon('/write/last', 'a=1')); 0", nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all are held", func() bool { return len(b.find("/write/")) == 6 })
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if e := next(t, "the end of a held one", endings); !errors.Is(e.err, ErrNothingLeft) {
			t.Errorf("%v", e.err)
		}
	}
	if all := s.all(); len(all) > 0 {
		t.Errorf("arrived: %v", all)
	}
}

// A browser that dies under a released request leaves it in doubt, and one
// that never tells how it ended is ended.
func TestReleasedRequestWithoutAnswerIsInDoubt(t *testing.T) {
	t.Parallel()
	s := newFateSite(t, "HTTP/1.1")
	b := hasty(t, func(times *gateTimes) { times.answer = time.Second })
	write := func(order string) <-chan ending {
		endings := make(chan ending, 1)
		b.set(func(r *Request) Decision {
			if r.Method == http.MethodPost {
				return Hold(func(ctx context.Context, h *Held) {
					a, err := released(ctx, h)
					endings <- ending{a, err}
				})
			}
			return Pass()
		})
		tab := testTab(t, b.Browser)
		load(t, tab, s.url)
		if err := tab.eval(t.Context(), "write", "byFetch("+order+")", nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the write is at the server", func() bool { n, _ := s.count(order, silent); return n == 1 })
		if order == "2" { // its end is then told to nobody
			tab.Close()
		}
		return endings
	}
	s.setFate(silent)
	endings := write("1")
	if err := killGroup(b.PID()); err != nil {
		t.Fatal(err)
	}
	if e := next(t, "the death", endings); !errors.Is(e.err, ErrNoAnswer) || !errors.Is(e.err, ErrGone) {
		t.Errorf("the browser died: %v", e.err)
	}
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := b.PID()
	if e := next(t, "the silence", write("2")); !errors.Is(e.err, ErrNotRead) {
		t.Errorf("its end was never told: %v", e.err)
	}
	eventually(t, "the browser is ended", func() bool { return groupAlive(t, pid) == 0 })
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := next(t, "the withdrawal", write("3")); !errors.Is(e.err, ErrNoAnswer) {
		t.Errorf("no answer came: %v", e.err)
	}
	for _, order := range []string{"1", "2", "3"} {
		if n, _ := s.count(order, silent); n != 1 {
			t.Errorf("write %s arrived %d times", order, n)
		}
	}
}

// A rehearsal answers a preflight itself, so that the request behind it shows
// what it carries; counters are answered so that nothing leaves.
func TestGateAnswersInTheSitesPlace(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	b.set(writes(func(r *Request) Decision {
		if r.Preflight {
			return AllowPreflight(r)
		}
		return Reply(Answer{Status: http.StatusAccepted, Body: []byte("from the gate"), Header: http.Header{
			"Access-Control-Allow-Origin": {r.Header.Get("Origin")}, "Access-Control-Allow-Credentials": {"true"},
		}})
	}))
	load(t, tab, s.url+"/")
	script := fmt.Sprintf(`fetch(%q, {method: 'PUT', credentials: 'include', headers: {'content-type': 'application/json', 'x-own': '1'}, body: '{"a":1}'}).then(async r => document.title = r.status + ' ' + await r.text(), e => document.title = e); 0`, s.other+"/write/abroad")
	if err := tab.eval(t.Context(), "send", script, nil); err != nil {
		t.Fatal(err)
	}
	var title string
	if err := tab.WaitFor(t.Context(), "the answer", func(ctx context.Context) (bool, error) {
		err := tab.eval(ctx, "title", "document.title", &title)
		return title != "ways", err
	}); err != nil || title != "202 from the gate" {
		t.Errorf("the page got %q, %v", title, err)
	}
	if seen := b.find("/write/abroad"); len(seen) != 2 || !seen[0].Preflight || string(seen[1].Body) != `{"a":1}` {
		t.Errorf("seen: %+v", seen)
	}
	if all := s.all(); len(all) > 0 {
		t.Errorf("arrived: %v", all)
	}
}

// An answer from the browser's own store is none to the released request.
func TestStoredAnswerIsNone(t *testing.T) {
	t.Parallel()
	s, b := newLogSite(t), gatedBrowser(t, nil)
	tab := testTab(t, b.Browser)
	load(t, tab, s.url+"/")
	run := func(script string) {
		t.Helper()
		if err := tab.eval(t.Context(), "ask", script+"; 0", nil); err != nil {
			t.Fatal(err)
		}
	}
	run("fetch('/stored').then(r => r.text()).then(() => fetch('/write/stored'))")
	eventually(t, "the first answer", func() bool { return s.count("/write/stored") > 0 })
	got := make(chan error, 1)
	b.set(func(r *Request) Decision {
		if !strings.Contains(r.URL, "/stored") {
			return Pass()
		}
		return Hold(func(ctx context.Context, h *Held) {
			_, err := h.Release(ctx, func(context.Context) error { return nil })
			got <- err
		})
	})
	run("fetch('/stored')")
	if err := <-got; !errors.Is(err, ErrNotRead) || s.count("/stored") != 1 {
		t.Errorf("%v; it arrived %d times", err, s.count("/stored"))
	}
}
