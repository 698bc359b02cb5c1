package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a chat service on loopback.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	status int
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err == nil && r.status == http.StatusOK {
			r.bodies = append(r.bodies, string(body))
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(func() {
		r.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.bodies...)
}

// address is the receiver as shoutrrr's generic service.
func (r *receiver) address(path string) string {
	return "generic://" + strings.TrimPrefix(r.URL, "http://") + path + "?disabletls=yes"
}

func TestChannelsDeliverFromTheStore(t *testing.T) {
	t.Parallel()
	one, two := newReceiver(t), newReceiver(t)
	channels, err := Shoutrrr([]string{one.address("/hook"), " generic+" + two.URL + "/other?template=json "})
	check(t, err)
	b := newBench(t, func(o *Options) { o.Send = channels })
	b.raise("A1", "refused", true)

	one.answer(http.StatusServiceUnavailable)
	two.answer(http.StatusInternalServerError)
	b.deliver(Round{Failed: 1})
	if a := b.alert("A1"); !strings.Contains(a.LastError, "channel 1 (generic)") || !strings.Contains(a.LastError, "503") || !strings.Contains(a.LastError, "channel 2 (generic)") {
		t.Errorf("both failures must show: %s", a.LastError)
	}

	two.answer(http.StatusOK)
	b.clock.move(time.Minute)
	b.deliver(Round{Delivered: 1})
	if a := b.alert("A1"); !strings.Contains(a.LastError, "channel 1") || strings.Contains(a.LastError, "channel 2") {
		t.Errorf("the failing channel must stay in sight: %s", a.LastError)
	}

	one.answer(http.StatusOK)
	b.clock.move(4 * time.Hour)
	b.deliver(Round{Delivered: 1})
	foot := "\ndo this\n\nReminders end with: countermand alerts ack A1"
	if d := cmp.Diff([]string{"reminder 1: refused A1" + foot}, one.got()); d != "" {
		t.Error(d)
	}
	for i, title := range []string{"refused A1", "reminder 1: refused A1"} {
		if got := two.got(); len(got) != 2 || !strings.Contains(got[i], `"title":"`+title+`"`) || !strings.Contains(got[i], "do this") {
			t.Errorf("got %q", got)
		}
	}
}

func TestTestTellsEachChannel(t *testing.T) {
	t.Parallel()
	one, two := newReceiver(t), newReceiver(t)
	two.answer(http.StatusForbidden)
	channels, err := Shoutrrr([]string{one.address("/"), two.address("/")})
	check(t, err)
	b := newBench(t, func(o *Options) { o.Send = channels })
	got := b.box.Test(t.Context())
	if len(got) != 2 || got[0].Err != nil || got[0].Channel != "1 (generic)" || got[1].Err == nil || !strings.Contains(got[1].Err.Error(), "403") {
		t.Errorf("got %v", got)
	}
	if bodies := one.got(); len(bodies) != 1 || !strings.HasPrefix(bodies[0], "countermand: test\n") {
		t.Errorf("got %q", bodies)
	}
}

func TestTestOfAPlainSender(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.send.err = errors.New("no route")
	if got := b.box.Test(t.Context()); len(got) != 1 || got[0].Err == nil {
		t.Errorf("got %v", got)
	}
}

// A service that hangs must neither hold the others up nor pile up sends.
func TestHangingChannel(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	one := newReceiver(t)
	channels, err := Shoutrrr([]string{"generic+" + hang.URL + "/", one.address("/")})
	check(t, err)
	t.Cleanup(func() {
		close(let)
		hang.Close()
		http.DefaultClient.CloseIdleConnections()
		for range hanging { // all slots come back once the service answers
			channels.list[0].slots <- struct{}{}
		}
	})
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("too slow"))
	for range hanging {
		outcome := channels.list[0].start(Message{})
		if err := wait(gone, outcome); err == nil || err.Error() != "too slow" {
			t.Fatalf("got %v", err)
		}
	}
	results := channels.SendEach(t.Context(), Message{Title: "hello"})
	if results[0].Err == nil || !strings.Contains(results[0].Err.Error(), "hanging") || results[1].Err != nil {
		t.Errorf("got %v", results)
	}
}

func TestTimeoutIsAFailure(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
	channels, err := Shoutrrr([]string{"generic+" + hang.URL + "/"})
	check(t, err)
	t.Cleanup(func() {
		close(let)
		hang.Close()
		http.DefaultClient.CloseIdleConnections()
		for range hanging {
			channels.list[0].slots <- struct{}{}
		}
	})
	channels.timeout = time.Millisecond
	if err := channels.Send(t.Context(), Message{}); reached(err) || !strings.Contains(err.Error(), "no answer within 1ms") {
		t.Errorf("got %v", err)
	}
}

func TestShoutrrrRefusesWithoutShowing(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3tT0ken"
	for _, u := range []string{"", "nothing", "carrier-pigeon://" + secret, "://" + secret, "telegram://" + secret + "@telegram", "pushover://:" + secret, "discord://" + secret, "generic+ftp\x00://" + secret} {
		_, err := Shoutrrr([]string{"ntfy://ntfy.example/topic", u})
		if err == nil {
			t.Errorf("%q was taken", u)
			continue
		}
		if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "channel 2") {
			t.Errorf("%q: %v", u, err)
		}
	}
	if _, err := Shoutrrr(nil); err == nil {
		t.Error("no address was taken")
	}
}

// Whatever a service writes into its errors, no part of its address comes out.
func TestErrorsShowNoAddress(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	for _, u := range []string{
		"generic://user5555:pass6666@127.0.0.1:1/token7777/part8888?disabletls=yes&key=value9999",
		"smtp://user5555:pass6666@127.0.0.1:1/?from=token7777@part8888.example&to=value9999@example.org&usestarttls=no",
		"gotify://127.0.0.1:1/AtokenPART77770?disabletls=yes",
		"ntfy://user5555:pass6666@127.0.0.1:1/token7777?scheme=http",
	} {
		channels, err := Shoutrrr([]string{u})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		err = channels.Send(t.Context(), Message{Title: "t", Text: "x"})
		if err == nil {
			t.Errorf("%.10s: nobody listens there, and yet it was sent", u)
			continue
		}
		log := zerolog.New(&logged)
		log.Warn().Err(err).Msg("")
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", errors.Unwrap(err)), logged.String()} {
			for _, part := range []string{"user5555", "pass6666", "token7777", "part8888", "value9999", "AtokenPART77770", "127.0.0.1"} {
				if strings.Contains(text, part) {
					t.Errorf("%.10s: %s shows in %q", u, part, text)
				}
			}
		}
		if !strings.Contains(err.Error(), "refused") {
			t.Errorf("%.10s: the cause is gone: %v", u, err)
		}
	}
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	hide := redactor("slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook?x=a%20b%2Fcdefg")
	tests := []struct{ in, want string }{
		{`Post "https://hooks.slack.com/services/WNA3PBYV6/F20": EOF`, `Post "[hidden]": EOF`},
		{"token Webc4MAvoacrpPakR8phF0zi is revoked", "token [hidden] is revoked"},
		{"bad key a b/cdefg or a+b%2Fcdefg", "bad key [hidden] or [hidden]"},
		{"server said 403 Forbidden", "server said 403 Forbidden"},
		{"two\n\tlines", "two lines"},
	}
	for _, tt := range tests {
		if got := hide(tt.in); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := hide(strings.Repeat("x", 10_000)); len([]rune(got)) > maxError {
		t.Errorf("%d characters", len(got))
	}
}

func TestLogOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := LogOnly(zerolog.New(&out))
	check(t, s.Send(t.Context(), Message{Title: "refused", Text: "#1042"}))
	if got := out.String(); !strings.Contains(got, `"title":"refused"`) || !strings.Contains(got, "alerts.urls_file") {
		t.Errorf("got %s", got)
	}
}
