package aliexpress

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"countermand/state"
)

// oneOrder serves the order's page with a cancel button that does what script
// says; other answers everything else.
func oneOrder(t *testing.T, script string, other http.HandlerFunc) string {
	t.Helper()
	detail := fixture(t, "ok_detail_processing.json")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/p/order/detail"):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, orderPage(`<button class="comet-btn" onclick="event.isTrusted && go()"><span>Cancel order</span></button>`, "const post = (u, b) => fetch(u, {method: 'POST', body: new URLSearchParams(b)}); const go = async () => {"+script+"}"))
		case strings.Contains(r.URL.Path, "order.detail"):
			w.Write(detail)
		default:
			other(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// A page that was pressed, and asks for a document that does not come, is as
// pressed as before: what it sends then is no read, however little it says.
func TestAPageThatStaysIsStillPressed(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]func(http.ResponseWriter){
		"nothing":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
		"a download":   func(w http.ResponseWriter) { w.Header().Set("Content-Disposition", "attachment; filename=x.csv") },
		"other format": func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/octet-stream") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var writes, asked atomic.Int32
			base := oneOrder(t, `location.href = '/p/other'; setInterval(() => post('/write', {id: 7}).catch(() => 0), 300)`, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/p/other":
					asked.Add(1)
					head(w)
				case "/write":
					writes.Add(1)
				}
			})
			c := otherClient(t, base)
			c.o.StepTimeout = 3 * time.Second
			marks := 0
			got, err := c.Cancel(t.Context(), request(numberOne, &marks))
			if asked.Load() == 0 {
				t.Errorf("the document was never asked for: %+v, %v", got, err)
			}
			if writes.Load() > 0 {
				t.Errorf("it arrived %d times, with %d marks: %s %q, %v", writes.Load(), marks, got.Outcome, got.Detail, err)
			}
		})
	}
}

// A page that says that it is done, and whose call did not pass, says nothing.
func TestWordsOfAPageThatCouldNotAskAreNoYes(t *testing.T) {
	t.Parallel()
	const done = `document.body.innerHTML = '<p class=comet-v2-result-title>Your cancellation request has been submitted</p>'`
	for name, script := range map[string]string{
		"no call":                "await post('/api/check', {orderId: '" + numberOne + "'}); " + done,
		"a call that is not let": "await post('/api/check', {orderId: '" + numberOne + "'}); post('/write/cancelSubmit', {orderId: '" + numberOne + "'}).catch(() => 0); " + done,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var writes atomic.Int32
			base := oneOrder(t, script, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/write") {
					writes.Add(1)
				}
			})
			c := otherClient(t, base)
			c.o.StepTimeout = 5 * time.Second
			marks := 0
			got, err := c.Cancel(t.Context(), request(numberOne, &marks))
			if err != nil || writes.Load() > 0 || marks != 1 || got.Said != state.SaidNone {
				t.Errorf("%+v, %v, %d marks, %d writes; only a check has left", got, err, marks, writes.Load())
			}
		})
	}
}

// A page in a tab of its own whose address asks for something is asked for
// once: to look at it the driver does not load it again.
func TestATabWhoseAddressAsksIsLoadedOnce(t *testing.T) {
	t.Parallel()
	var asked, marked atomic.Int32
	base := oneOrder(t, "window.open('/p/cancelOrder?orderId="+numberOne+"')", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/p/cancelOrder" {
			asked.Add(1)
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<p class=comet-v2-result-title>Your cancellation request has been submitted</p>`)
		}
	})
	c := otherClient(t, base)
	c.o.StepTimeout = 3 * time.Second
	req := request(numberOne, new(int))
	req.Dispatch = func(context.Context) error { marked.Store(asked.Load() + 1); return nil }
	got, err := c.Cancel(t.Context(), req)
	if asked.Load() != 1 || marked.Load() != 1 || got.Said == state.SaidYes || got.NothingLeft {
		t.Errorf("asked for %d times, first after the mark: %t; %+v, %v", asked.Load(), marked.Load() == 1, got, err)
	}
}
