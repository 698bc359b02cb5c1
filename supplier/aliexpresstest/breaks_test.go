package aliexpresstest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a caller sees of a broken connection, and what the log has: a write
// that was taken, unless the site said that it was not.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	for how, c := range map[Break]struct {
		status, writes int
		err            error
	}{
		BreakReset: {0, 1, syscall.ECONNRESET}, BreakLate: {0, 1, syscall.ECONNRESET}, BreakHalf: {200, 1, io.ErrUnexpectedEOF},
		BreakTimeout: {408, 1, nil}, BreakMisdirected: {421, 0, nil},
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, paid(idA, Fate{}))
			r.BreakCalls(CallOperation, 1, how)
			begun := time.Now()
			status, body, _, err := r.do(r.request(t.Context(), http.MethodPost, apiOperation, cancelData(idA), ""))
			if took := time.Since(begun); how == BreakLate && took < late {
				t.Errorf("reset after %s", took)
			}
			if status != c.status || !errors.Is(err, c.err) || c.status > 400 && body != "" {
				t.Errorf("%d %q, %v", status, body, err)
			}
			if w := r.Writes(); len(w) != c.writes || r.Calls()[CallOperation] != 1 {
				t.Errorf("logged %+v of %v", w, r.Calls())
			}
			want := "Processing"
			if c.writes > 0 {
				want = "Cancellation requested"
			}
			if got := r.title(idA); got != want {
				t.Errorf("the order is %q", got)
			}
			if got := r.operate(idA, "EXTEND_PROCESSING").ret(); got != success {
				t.Errorf("the next call: %s", got)
			}
		})
	}
}

func TestConnectionsAreReusedWhereAllowed(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	tick := func() *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.api+tickPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		var transport http.Transport
		defer transport.CloseIdleConnections()
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res
	}
	if !tick().Close {
		t.Error("a connection is offered again by default")
	}
	r.SetReuse(true)
	if tick().Close {
		t.Error("a connection is not offered again")
	}
	if n := r.Calls()[CallTick]; n != 2 {
		t.Errorf("%d ticks", n)
	}
}

func TestTokenExpiresAtACall(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	r.ExpireTokenAt(CallOperation)
	if got := r.detail(idA).ret(); got != success {
		t.Errorf("a call before: %s", got)
	}
	if got := r.cancel(idA).ret(); got != RetTokenExpired || len(r.Writes()) != 0 {
		t.Errorf("the call: %s, %v", got, r.Writes())
	}
	if got := r.cancel(idA).ret(); got != success || len(r.Writes()) != 1 {
		t.Errorf("with the token that it brought: %s, %v", got, r.Writes())
	}
}

// A stale order shows what it was; the write knows better.
func TestStaleOrderShowsItsOldState(t *testing.T) {
	t.Parallel()
	slow, closing := paid(idA, Fate{}), paid(idB, Fate{InstantClose: true})
	slow.Stale, closing.Stale = 10*time.Minute, time.Hour
	r := newRig(t, slow, closing)
	const processing = "EXTEND_PROCESSING CANCEL_ORDER REPURCHASE"
	form := func() string { return r.call("GET", apiReasons, `{"tradeOrderId":"`+idA+`","scene":"cancel"}`).ret() }
	r.cancel(idA)
	r.cancel(idB)
	r.clock.add(10*time.Minute - 1)
	for _, id := range []string{idA, idB} {
		if d := r.detail(id); d.buttons() != processing || r.title(id) != "Processing" || r.Status(id) != "Processing" {
			t.Errorf("%s shows %q, %s", id, r.Status(id), d.buttons())
		}
	}
	if got := form(); got != success {
		t.Errorf("the form: %s", got)
	}
	if got := r.cancel(idA).ret(); !strings.HasPrefix(got, "FAIL_BIZ_REPEATED_REQUEST") {
		t.Errorf("asked again: %s", got)
	}
	r.clock.add(1)
	if got := r.Status(idA); got != "Cancellation requested" || !strings.HasPrefix(form(), "FAIL_BIZ_ORDER_STATUS") {
		t.Errorf("in the end: %q, %s", got, form())
	}
	r.clock.add(hour)
	if got := r.title(idB); got != "Canceled" {
		t.Errorf("closed: %q", got)
	}
}
