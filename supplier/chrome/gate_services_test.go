package chrome

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// servicePage makes the browser's own services send something for it, each to
// a path under /write/.
const servicePage = `<!DOCTYPE html><title>services</title><img src=/pic.bmp><script>
const u = location.origin, until = () => { const c = new AbortController(); setTimeout(() => c.abort(), 1500); return c.signal };
const tries = [
 () => IdentityCredential.disconnect({configURL: u + '/write/fedcm.json', clientId: 'c', accountHint: 'order=1'}),
 () => navigator.credentials.get({signal: until(), identity: {providers: [{configURL: u + '/write/fedcm.json', clientId: 'c'}]}}),
 () => new PaymentRequest([{supportedMethods: u + '/write/pay'}], {total: {label: 'x', amount: {currency: 'USD', value: '1'}}}).canMakePayment(),
];
(async () => {
 if (navigator.login) navigator.login.setStatus('logged-in');
 for (const t of tries) { try { await Promise.race([t(), new Promise(r => setTimeout(r, 2000))]) } catch (e) { console.log(e) } }
 document.title = 'ended';
})();
</script>`

// serviceSite is a TLS site that asks for reports and offers to sign people in.
type serviceSite struct {
	url, spki string
	mu        sync.Mutex
	arrived   []string
}

func newServiceSite(t *testing.T) *serviceSite {
	t.Helper()
	s := &serviceSite{}
	answers := map[string]string{
		"/":                         servicePage,
		"/.well-known/web-identity": `{"provider_urls": ["SITE/write/fedcm.json"]}`,
		"/write/fedcm.json":         `{"accounts_endpoint": "/write/accounts", "client_metadata_endpoint": "/write/meta", "id_assertion_endpoint": "/write/assert", "disconnect_endpoint": "/write/disconnect", "login_url": "/write/login"}`,
		"/write/accounts":           `{"accounts": [{"id": "1", "name": "n", "email": "a@b.c", "approved_clients": ["c"]}]}`,
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/write/") {
			s.mu.Lock()
			s.arrived = append(s.arrived, r.Method+" "+r.URL.Path)
			s.mu.Unlock()
		}
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			http.SetCookie(w, &http.Cookie{Name: "s", Value: "1", Secure: true, SameSite: http.SameSiteNoneMode})
			for name, value := range map[string]string{
				"Reporting-Endpoints":                 `default="SITE/write/report", csp="SITE/write/csp"`,
				"Report-To":                           `{"group": "nel", "max_age": 1000, "endpoints": [{"url": "SITE/write/nel"}]}`,
				"NEL":                                 `{"report_to": "nel", "max_age": 1000, "success_fraction": 1.0, "failure_fraction": 1.0}`,
				"Content-Security-Policy-Report-Only": "img-src 'none'; report-to csp",
			} {
				w.Header().Set(name, strings.ReplaceAll(value, "SITE", s.url))
			}
		}
		fmt.Fprint(w, strings.ReplaceAll(answers[r.URL.Path], "SITE", s.url))
	}))
	certs, spki := certificate(t)
	srv.TLS = &tls.Config{Certificates: certs}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.spki = "https://localhost:"+port, spki
	return s
}

// seen tells whether all of some requests arrived.
func (s *serviceSite) seen(wanted ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(s.arrived, w) })
}

// Parts of the browser send requests for a page that the debugging protocol
// does not show; behind a gate they are off.
func TestGateShutsTheBrowsersOwnServices(t *testing.T) {
	t.Parallel()
	s := newServiceSite(t)
	visit := func(b *Browser) {
		t.Helper()
		tab := testTab(t, b)
		load(t, tab, s.url+"/")
		if err := tab.WaitFor(t.Context(), "the tries", func(ctx context.Context) (bool, error) {
			var title string
			err := tab.eval(ctx, "title", "document.title", &title)
			return title == "ended", err
		}); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"ignore-certificate-errors-spki-list=" + s.spki, "short-reporting-delay"}
	g := gatedBrowser(t, func(o *Options) { o.Flags = flags })
	visit(g.Browser)
	open := testBrowser(t, func(o *Options) { o.Flags = flags })
	if err := open.Start(t.Context()); err != nil { // which takes longer than a report
		t.Fatal(err)
	}
	s.mu.Lock()
	arrived := s.arrived
	s.arrived = nil
	s.mu.Unlock()
	if len(arrived) > 0 {
		t.Errorf("arrived past the gate: %q", arrived)
	}
	visit(open)
	want := []string{"POST /write/disconnect", "POST /write/assert", "HEAD /write/pay", "POST /write/csp", "POST /write/nel"}
	if !soon(t, func() bool { return s.seen(want...) }) {
		t.Errorf("without a gate only %q arrived: the test cannot see the others", s.arrived)
	}
}
