package aliexpresstest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // dates are shown in the site's zone on machines without a zone database too
)

// Options of a site. The zero value is good.
type Options struct {
	// Now is the site's clock; default time.Now.
	Now func() time.Time
	// Zone is where dates are shown; default America/Los_Angeles.
	Zone *time.Location
	// Log gets a line per call and per write.
	Log io.Writer
}

// Site is a running AliExpress. Its methods may be called at any time from any
// goroutine, also from within the OnRequest hook.
type Site struct {
	now  func() time.Time
	zone *time.Location

	www, mobile, login, api string
	region                  string // the regional www
	messages                string // where sellers that are no Choice ones are written to

	servers []*http.Server
	serving sync.WaitGroup // Serve loops and requests
	stop    context.CancelFunc

	logMu sync.Mutex
	log   io.Writer

	mu       sync.Mutex
	closed   bool
	orders   []*entry
	sessions map[string]bool
	writes   []Write
	attempts []Attempt
	missed   []Attempt
	told     []aimed // tries, in the order of their numbers from 1 on
	tried    []Tried
	calls    map[string]int
	switches
}

// New starts a site on six loopback ports. Close it.
func New(opts Options) (*Site, error) {
	s := &Site{now: opts.Now, zone: opts.Zone, log: opts.Log, sessions: map[string]bool{}, calls: map[string]int{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.zone == nil {
		zone, err := time.LoadLocation("America/Los_Angeles")
		if err != nil {
			return nil, fmt.Errorf("load the site's zone: %w", err)
		}
		s.zone = zone
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	hosts := []struct {
		url   *string
		serve func(*http.Request) (call, handler)
	}{{&s.www, s.routeWWW}, {&s.mobile, s.routeMobile}, {&s.login, s.routeLogin}, {&s.api, s.routeAPI}, {&s.region, s.routeWWW}, {&s.messages, s.routeMessages}}
	listeners := make([]net.Listener, len(hosts))
	for i, h := range hosts {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			stop()
			for _, l := range listeners[:i] {
				err = errors.Join(err, l.Close())
			}
			return nil, fmt.Errorf("listen for the loopback AliExpress: %w", err)
		}
		listeners[i], *h.url = ln, "http://"+ln.Addr().String()
	}
	for i, h := range hosts {
		s.start(ctx, listeners[i], h.serve)
	}
	return s, nil
}

func (s *Site) start(ctx context.Context, ln net.Listener, route func(*http.Request) (call, handler)) {
	srv := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, route) }),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute,
	}
	// Browsers silently repeat a request whose reused connection is cut.
	// Fresh connections keep the write log free of requests that only the
	// browser repeated; see SetReuse.
	srv.SetKeepAlivesEnabled(false)
	s.servers = append(s.servers, srv)
	s.serving.Go(func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.logf("serve %s: %v", ln.Addr(), err)
		}
	})
}

// Hosts gives the base URLs of the four roles, without a trailing slash.
func (s *Site) Hosts() (www, mobile, login, api string) {
	return s.www, s.mobile, s.login, s.api
}

// MessageHost gives the host of the message pages that lie on none of Hosts.
func (s *Site) MessageHost() string { return strings.TrimPrefix(s.messages, "http://") }

// Close ends the site, cutting the calls that are under way or held.
func (s *Site) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	for _, srv := range s.servers {
		if err := srv.Close(); err != nil {
			s.logf("close: %v", err)
		}
	}
	s.serving.Wait()
}

func (s *Site) logf(format string, args ...any) {
	if s.log == nil {
		return
	}
	s.logMu.Lock()
	defer s.logMu.Unlock()
	fmt.Fprintf(s.log, format+"\n", args...)
}

// newToken makes an opaque name; the caller needs it unique, not secret.
func newToken() string { return rand.Text() }
