package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/cmd/internal/app"
	"countermand/shop/shopifytest"
	"countermand/supplier/aliexpresstest"
)

// patience bounds every wait. It is far above what anything takes, because
// the machine may be busy with other tests and their browsers.
const patience = 2 * time.Minute

// monday is when the scenes begin: no holiday near it in China or at a bank.
var monday = time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)

// brisk is fast enough that settle times and cool-downs pass in seconds, and
// slow enough that a page load takes minutes only.
const brisk = "2m=1s"

// scene is all that a daemon works between: a shop, a supplier and the
// operator's telephone, on one clock.
type scene struct {
	t     *testing.T
	dir   string
	speed string
	clock *sceneClock
	shop  *shopifytest.Shop
	site  *aliexpresstest.Site
	phone *phone

	socket string
	starts int      // of the daemon; each has a log of its own
	env    []string // of the daemon, besides the test's own
	flags  []string // of countermand run, besides those of a rehearsal
}

// setting says how a scene differs from the usual one.
type setting struct {
	mode  string // default auto
	speed string // default brisk
	poll  string // poll_every; default never, so that what webhooks do is seen
	extra string // more lines of configuration
	shop  string // more lines of the shop's, indented by four
	tells bool   // messages are written to suppliers; else only cancels are
}

// newScene opens the sites and writes the daemon's files. Everything is
// closed and checked when the test ends.
func newScene(t *testing.T, o setting) *scene {
	t.Helper()
	s := &scene{t: t, dir: t.TempDir(), speed: o.speed, clock: &sceneClock{c: app.FastClock(monday, 1)}}
	if s.speed == "" {
		s.speed = brisk
	}
	socketDir, err := os.MkdirTemp("", "cm") // a socket's path has to be short
	ok(t, err)
	t.Cleanup(func() { ok(t, os.RemoveAll(socketDir)) })
	s.socket = filepath.Join(socketDir, "s")
	s.shop, err = shopifytest.New(shopifytest.Options{Now: s.clock.Now})
	ok(t, err)
	t.Cleanup(func() { ok(t, s.shop.Close()) })
	s.site, err = aliexpresstest.New(aliexpresstest.Options{Now: s.clock.Now})
	ok(t, err)
	t.Cleanup(s.site.Close)
	s.phone = newPhone(t)
	s.configure(o)
	return s
}

func (s *scene) configure(o setting) {
	s.t.Helper()
	if o.mode == "" {
		o.mode = "auto"
	}
	if o.poll == "" {
		o.poll = "9999d"
	}
	if !o.tells {
		o.extra += "\nmessages: {request: {}, refusal: {}, proof: {}}\n"
	}
	www, mobile, login, api := s.site.Hosts()
	s.write("token", "shpat_test")
	s.write("hook-secret", "hook-secret")
	s.write("alert-urls", "generic://"+strings.TrimPrefix(s.phone.server.URL, "http://")+"/?disabletls=yes&template=json\n")
	s.write("countermand.yaml", fmt.Sprintf(`data_dir: data
mode: %s
control_socket: %s
webhooks: {listen: "127.0.0.1:0"}
console: {listen: "127.0.0.1:0"}
shops:
  - name: mystore
    domain: %s
    endpoint: %s
    token_file: token
    webhook_secret_files: [hook-secret]
    account: main
    poll_every: %s
%saccounts:
  - name: main
    hosts: {www: "%s", mobile: "%s", login: "%s", api: "%s"}
    pace: {between_actions: 0s, jitter: 0s, actions_per_hour: 0}
    cool_down: 4m
alerts: {urls_file: alert-urls, digest: ""}
%s`, o.mode, s.socket, s.shop.Domain(), s.shop.URL(), o.poll, o.shop, www, mobile, login, api, o.extra))
}

// write puts a file of the operator's into the scene's folder.
func (s *scene) write(name, text string) {
	s.t.Helper()
	ok(s.t, os.WriteFile(s.path(name), []byte(text), 0o600))
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

// order puts one order into both sites. The supplier order's usual fate is
// that the seller says nothing.
func (s *scene) order(name, number string, changes ...func(*aliexpresstest.Order)) {
	s.t.Helper()
	now := s.clock.Now()
	placed := now.Add(-2 * 24 * time.Hour)
	so := shopifytest.Order{Name: name, CreatedAt: placed, Lines: []shopifytest.Line{{Title: "Desk lamp, walnut", SKU: "LAMP-1", Quantity: 1}}}
	if number != "" {
		so.Attributes = []shopifytest.Attribute{{Key: "AliExpress order", Value: number}}
	}
	s.shop.AddOrder(so)
	if number == "" {
		return
	}
	o := aliexpresstest.Order{
		ID: number, Store: "Lumen Home Store", Lines: []aliexpresstest.Line{{Title: "Desk lamp, walnut", SKU: "LAMP-1", Qty: 1, Price: "23.40"}},
		PlacedAt: placed.Add(time.Hour), PaidAt: placed.Add(time.Hour), WindowEnd: now.Add(20 * 24 * time.Hour),
	}
	for _, c := range changes {
		c(&o)
	}
	ok(s.t, s.site.Add(o))
}

// fate is what the seller will do with an order.
func fate(f aliexpresstest.Fate) func(*aliexpresstest.Order) {
	return func(o *aliexpresstest.Order) { o.Fate = f }
}

// inDialog is the other layout of the reason form.
func inDialog(o *aliexpresstest.Order) { o.Layout = aliexpresstest.LayoutDialog }

// noWrite fails if anything was written to the supplier, or tried to be.
func (s *scene) noWrite() {
	s.t.Helper()
	if w := s.site.Writes(); len(w) > 0 {
		s.t.Fatalf("the supplier got %+v, want nothing", w)
	}
	if a := s.site.Untrusted(); len(a) > 0 {
		s.t.Fatalf("untrusted clicks: %+v", a)
	}
}

// oneCancel fails unless the site got exactly one write for each order: a
// cancel that it took, by a real click, for a buyer's reason.
func (s *scene) oneCancel(numbers ...string) {
	s.t.Helper()
	seen := map[string]int{}
	for _, w := range s.site.Writes() {
		seen[w.OrderID]++
		if w.Kind != aliexpresstest.WriteCancel || w.Refused != "" || !w.Trusted || w.Reason != "buyerDonotwantOrder" {
			s.t.Errorf("the supplier got %+v, want a granted cancel by a real click for a buyer's reason", w)
		}
	}
	want := map[string]int{}
	for _, n := range numbers {
		want[n] = 1
	}
	if !maps.Equal(seen, want) {
		s.t.Fatalf("writes by order: %v, want one for each of %v", seen, numbers)
	}
	if a := s.site.Untrusted(); len(a) > 0 {
		s.t.Fatalf("untrusted clicks: %+v", a)
	}
}

// holds tells which of the texts stand in a file below the folder, or in the
// file itself.
func holds(t *testing.T, root string, texts []string) (found []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		body, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(body, []byte(text)) {
				found = append(found, path+" holds "+text)
			}
		}
		return err
	})
	ok(t, err)
	if files == 0 {
		t.Fatalf("no file below %s: nothing was searched", root)
	}
	return found
}

// until waits for a condition.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited %s for this: %s", patience, what)
		}
	}
}

// sceneClock is the sites' clock. It follows the daemon's, which starts with
// its process.
type sceneClock struct {
	mu sync.Mutex
	c  *app.Clock
}

// Now is the time on the scene, in UTC.
func (c *sceneClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.c.Now()
}

// follow runs from now on as the daemon's clock does, never backwards.
func (c *sceneClock) follow(daemon time.Time, speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.c.Now(); now.After(daemon) {
		daemon = now
	}
	c.c = app.FastClock(daemon, speed)
}

// phone is the operator's: it takes what the alert channel sends.
type phone struct {
	server *httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newPhone(t *testing.T) *phone {
	p := &phone{}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bodies = append(p.bodies, string(body))
	}))
	t.Cleanup(p.server.Close)
	return p
}

// rang tells whether one message held all the texts.
func (p *phone) rang(texts ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.bodies, func(body string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(body, text) })
	})
}
