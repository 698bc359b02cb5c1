package aliexpress

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"countermand/state"
	"countermand/supplier"
	"countermand/supplier/aliexpress/site"
	"countermand/supplier/aliexpresstest"
	"countermand/supplier/chrome"
)

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given && runtime.GOMAXPROCS(0) < 3 {
		// Half of what these tests do is to wait for a page.
		if err := flag.Set("test.parallel", "3"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

const zoneName = "America/Los_Angeles"

func zone(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func testProfile(t testing.TB) site.Profile {
	t.Helper()
	b, err := os.ReadFile("../../configs/aliexpress.profile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := site.ParseProfile(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("site", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sink is an evidence folder in memory.
type sink struct {
	mu   sync.Mutex
	kept []supplier.Evidence
	fail error
}

func (s *sink) Keep(_ context.Context, e supplier.Evidence) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return "", s.fail
	}
	s.kept = append(s.kept, e)
	return fmt.Sprintf("%s/%d-%s.%s", e.Number, len(s.kept), e.Name, e.Ext), nil
}

// names lists the pictures that were kept, in order.
func (s *sink) names(ext string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, e := range s.kept {
		if e.Ext == ext {
			out = append(out, e.Name)
		}
	}
	return out
}

// rig is one browser with one account on one site; orders tell tests apart.
type rig struct {
	site   *aliexpresstest.Site
	client *Client
	sink   *sink
	now    time.Time
	next   int64
}

func newRig(t testing.TB, change func(*Options)) *rig {
	t.Helper()
	r := &rig{sink: &sink{}, now: time.Now(), next: 8190000000000000}
	site, err := aliexpresstest.New(aliexpresstest.Options{Zone: zone(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	r.site = site
	o := Options{
		Account: "main", Profile: testProfile(t), Evidence: r.sink, Zone: zoneName, Log: zerolog.New(zerolog.NewTestWriter(t)),
		// A machine that runs all tests at once is slow, and not ill.
		Chrome: chrome.Options{
			ProfileDir: filepath.Join(t.TempDir(), "profile"), StartTimeout: time.Minute, HealthTimeout: 20 * time.Second, ActionTimeout: time.Minute,
		},
		StepTimeout: 20 * time.Second,
	}
	o.Hosts.WWW, o.Hosts.Mobile, o.Hosts.Login, o.Hosts.API = site.Hosts()
	o.Profile.Messages.Hosts = append(o.Profile.Messages.Hosts, site.MessageHost())
	if change != nil {
		change(&o)
	}
	if r.client, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.client.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// order adds a paid order and gives its number.
func (r *rig) order(t testing.TB, change func(*aliexpresstest.Order)) string {
	t.Helper()
	r.next += 20000
	o := aliexpresstest.Order{
		ID: fmt.Sprint(r.next), Store: "Lamp Corner", PlacedAt: r.now.Add(-20 * time.Hour), PaidAt: r.now.Add(-20 * time.Hour),
		Lines: []aliexpresstest.Line{{Title: "Desk lamp", SKU: "Red", Qty: 2, Price: "4.50"}, {Title: "Bulb", Price: "3.34"}},
	}
	if change != nil {
		change(&o)
	}
	if err := r.site.Add(o); err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// request is one that counts its marks.
func request(number string, marks *int) supplier.CancelRequest {
	return supplier.CancelRequest{
		Number: number, CaseID: "case-" + number,
		Guard:    func(state.Reading) error { return nil },
		Dispatch: func(context.Context) error { *marks++; return nil },
	}
}

// writes lists what reached the site for an order.
func (r *rig) writes(number string) []aliexpresstest.Write {
	var out []aliexpresstest.Write
	for _, w := range r.site.Writes() {
		if w.OrderID == number {
			out = append(out, w)
		}
	}
	return out
}

// wantWrites checks the kinds of an order's writes, all trusted.
func (r *rig) wantWrites(t *testing.T, number string, kinds ...string) {
	t.Helper()
	var got []string
	for _, w := range r.writes(number) {
		got = append(got, w.Kind)
		if !w.Trusted {
			t.Errorf("write %+v was not trusted", w)
		}
	}
	if strings.Join(got, " ") != strings.Join(kinds, " ") {
		t.Errorf("writes of %s: %v, want %v", number, got, kinds)
	}
	if u := r.site.Untrusted(); len(u) > 0 {
		t.Errorf("untrusted clicks: %+v", u)
	}
}
