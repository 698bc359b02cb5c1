// Package shopifytest is a Shopify on loopback, for tests, demonstrations and
// rehearsals. It checks every query against the signatures of the real Admin
// schema in the version that is asked for, answers from the orders it was
// given, carries out what is written, cancels in jobs that take their time,
// grants tokens, keeps a request budget, and sends signed webhooks in the shape
// of the real ones. Faults are switched on by the count.
//
// It imports nothing of countermand's, so it cannot share a misunderstanding
// with the client.
package shopifytest

import (
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema.graphql
var cutSchema string

// Options say what the shop is like.
type Options struct {
	// Now is the clock that orders and webhooks are dated by; time.Now where
	// it is nil.
	Now func() time.Time
	// Domain is the shop's name in webhooks, "test.myshopify.com" by default.
	Domain string
	// Token is the one that is let in, "shpat_test" by default.
	Token string
	// ClientID and ClientSecret are those of the app, "client" and
	// "client-secret" by default; they are good for tokens that live for
	// TokenLife, 24 hours less a second by default.
	ClientID, ClientSecret string
	TokenLife              time.Duration
	// Scopes of the app; all that countermand needs by default.
	Scopes []string
	// Versions are the stable API versions that are supported, oldest first;
	// the four of November 2026 by default.
	Versions []string
	// Secret signs the webhooks, "hook-secret" by default.
	Secret string
	// SchemaSDL replaces the built-in cut of the schema.
	SchemaSDL string
	// Budget is the request budget, 2,000 points and 100 a second by default.
	Budget Budget
	// Listen is the address to listen on, 127.0.0.1:0 by default.
	Listen string
}

// Shop is one running shop. Its methods may be called from several
// goroutines.
type Shop struct {
	opts    Options
	schemas map[bool]*ast.Schema // true: with what is new in 2026-10
	server  *http.Server
	addr    string
	served  chan struct{}
	client  *http.Client

	mu         sync.Mutex
	orders     []*Order
	byID       map[int64]*Order
	byUpdate   []*Order // sorted; nil after a change
	nextID     int64
	bucket     bucket
	faults     faults
	queries    []string
	tokens     map[string]time.Time // when each ends
	grants     int
	jobs       []*job
	subs       []*subscription
	events     []event
	deprecated string
}

// New starts a shop. Close ends it.
func New(o Options) (*Shop, error) {
	o.fill()
	schemas, err := loadSchemas(o.SchemaSDL)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("start shop: %w", err)
	}
	s := &Shop{
		opts:    o,
		schemas: schemas,
		addr:    l.Addr().String(),
		served:  make(chan struct{}),
		client:  &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second},
		byID:    map[int64]*Order{},
		nextID:  firstID,
		bucket:  bucket{Budget: o.Budget, level: o.Budget.Maximum},
		tokens:  map[string]time.Time{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/api/{version}/graphql.json", s.serveGraphQL)
	mux.HandleFunc("POST /admin/oauth/access_token", s.serveToken)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(l) // ends with ErrServerClosed at Close
	}()
	return s, nil
}

func (o *Options) fill() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.Domain, "test.myshopify.com")
	set(&o.Token, "shpat_test")
	set(&o.Secret, "hook-secret")
	set(&o.SchemaSDL, cutSchema)
	set(&o.Listen, "127.0.0.1:0")
	set(&o.ClientID, "client")
	set(&o.ClientSecret, "client-secret")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLife == 0 {
		o.TokenLife = 86399 * time.Second
	}
	if o.Scopes == nil {
		o.Scopes = []string{"read_orders", "write_orders", "read_all_orders"}
	}
	if o.Versions == nil {
		o.Versions = []string{"2026-01", "2026-04", "2026-07", Version}
	}
	if o.Budget == (Budget{}) {
		o.Budget = Budget{Maximum: 2000, Restore: 100}
	}
}

// URL is the shop's endpoint, without a slash at its end.
func (s *Shop) URL() string { return "http://" + s.addr }

// Domain is the shop's myshopify domain.
func (s *Shop) Domain() string { return s.opts.Domain }

// Close ends the shop and its connections.
func (s *Shop) Close() error {
	err := s.server.Close()
	<-s.served
	s.client.CloseIdleConnections()
	return err
}

// Queries lists the names of the operations that were asked, oldest first,
// those that met a fault included.
func (s *Shop) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.queries)
}

// Spent is how many points of the request budget were used up.
func (s *Shop) Spent() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket.spent
}

// faults count down.
type faults struct {
	fail, status, throttle, drop int
	dropWrites                   int
	grant                        string
	cancelTicks                  int
	cancelRefused, cancelFailed  *Problem
	hideAddress                  bool
	failAfter                    int
	failNames                    map[string]int
}

// Fail answers the next n requests with an HTTP status.
func (s *Shop) Fail(n, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.failAfter, s.faults.fail, s.faults.status = 0, n, status
}

// FailAfter lets so many requests pass before it answers the next n with an
// HTTP status.
func (s *Shop) FailAfter(pass, n, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.failAfter, s.faults.fail, s.faults.status = pass, n, status
}

// FailOperation answers every request with that operation's name with an HTTP
// status; 0 ends that.
func (s *Shop) FailOperation(name string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.failNames == nil {
		s.faults.failNames = map[string]int{}
	}
	s.faults.failNames[name] = status
}

// failing is the HTTP status that a request is to be answered with, 0 for
// none.
func (s *Shop) failing(name string) int {
	switch {
	case s.faults.failNames[name] != 0:
		return s.faults.failNames[name]
	case take(&s.faults.failAfter):
		return 0
	case take(&s.faults.fail):
		return s.faults.status
	}
	return 0
}

// ThrottleNext refuses the next n requests as Shopify does when the budget is
// used up: with a 200 that says THROTTLED.
func (s *Shop) ThrottleNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.throttle = n
}

// DropReplies carries out the next n requests and breaks the connection in
// place of an answer.
func (s *Shop) DropReplies(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.drop = n
}

// DropWrites does the same with the next n mutations, and leaves queries be.
func (s *Shop) DropWrites(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.dropWrites = n
}

// take uses up one count.
func take(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}
