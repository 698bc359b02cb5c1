// Package shopifytest is a Shopify on loopback, for tests, demonstrations and
// rehearsals. It checks every query against the signatures of the real Admin
// schema, answers from the orders it was given, keeps a request budget, and
// sends signed webhooks in the shape of the real ones. Faults are switched on
// by the count.
//
// It imports nothing of countermand's, so it cannot share a misunderstanding
// with the client.
package shopifytest

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema.graphql
var cutSchema string

// Version is the API version that the shop speaks; another one that is asked
// for is answered in this one, as Shopify does.
const Version = "2026-10"

// Options say what the shop is like.
type Options struct {
	// Now is the clock that orders and webhooks are dated by; time.Now where
	// it is nil.
	Now func() time.Time
	// Domain is the shop's name in webhooks, "test.myshopify.com" by default.
	Domain string
	// Token is the one that is let in, "shpat_test" by default.
	Token string
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
	opts   Options
	schema *ast.Schema
	server *http.Server
	addr   string
	served chan struct{}
	client *http.Client

	mu      sync.Mutex
	orders  []*Order
	nextID  int64
	bucket  bucket
	faults  faults
	queries []string
}

// New starts a shop. Close ends it.
func New(o Options) (*Shop, error) {
	o.fill()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: o.SchemaSDL})
	if err != nil {
		return nil, fmt.Errorf("load schema: %w", err)
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("start shop: %w", err)
	}
	s := &Shop{
		opts:   o,
		schema: schema,
		addr:   l.Addr().String(),
		served: make(chan struct{}),
		client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second},
		nextID: firstID,
		bucket: bucket{Budget: o.Budget, level: o.Budget.Maximum},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/api/{version}/graphql.json", s.serveGraphQL)
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
	if o.Now == nil {
		o.Now = time.Now
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

// faults count down.
type faults struct {
	fail, status, throttle, drop int
}

// Fail answers the next n requests with an HTTP status.
func (s *Shop) Fail(n, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.fail, s.faults.status = n, status
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

// take uses up one count.
func take(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

// Order is one order of the shop. Zero fields are filled in by AddOrder.
type Order struct {
	ID        int64
	Name      string // "#1042"
	CreatedAt time.Time
	UpdatedAt time.Time
	// CancelledAt is zero while the order stands.
	CancelledAt time.Time
	// CancelReason as the Admin API writes it: CUSTOMER, INVENTORY …
	CancelReason string
	// Fulfillment is UNFULFILLED by default.
	Fulfillment string
	Note        string
	Tags        []string
	Attributes  []Attribute
	Lines       []Line
}

// Attribute is a custom attribute of an order or a line.
type Attribute struct{ Key, Value string }

// Line is one line of an order.
type Line struct {
	ID       int64
	Title    string
	SKU      string
	Quantity int // 1 by default
	// Removed is how many of them were taken off by edits and refunds.
	Removed    int
	Attributes []Attribute
}

// GID is the order's GraphQL id.
func (o Order) GID() string { return fmt.Sprintf("gid://shopify/Order/%d", o.ID) }

// GID is the line's GraphQL id.
func (l Line) GID() string { return fmt.Sprintf("gid://shopify/LineItem/%d", l.ID) }

// firstID is odd and above 2^53: a reader that takes ids for floats names
// another order and is found out.
const firstID = 820_100_200_300_400_501

const idStep = 2

// errNoOrder says that the shop has no such order.
var errNoOrder = errors.New("no such order")

// AddOrder stores an order and returns it with everything filled in.
func (s *Shop) AddOrder(o Order) Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now().UTC().Truncate(time.Second)
	o = o.clone()
	if o.ID == 0 {
		o.ID = s.id()
	}
	if o.Name == "" {
		o.Name = fmt.Sprintf("#%d", 1001+len(s.orders))
	}
	if o.CreatedAt.IsZero() {
		o.CreatedAt = now
	}
	if o.UpdatedAt.IsZero() {
		o.UpdatedAt = o.CreatedAt
	}
	if o.Fulfillment == "" {
		o.Fulfillment = "UNFULFILLED"
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.ID == 0 {
			l.ID = s.id()
		}
		l.Quantity = max(l.Quantity, 1)
	}
	stored := o.clone()
	s.orders = append(s.orders, &stored)
	return o
}

func (s *Shop) id() int64 {
	id := s.nextID
	s.nextID += idStep
	return id
}

func (o Order) clone() Order {
	o.Tags = slices.Clone(o.Tags)
	o.Attributes = slices.Clone(o.Attributes)
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].Attributes = slices.Clone(o.Lines[i].Attributes)
	}
	return o
}

// Order finds an order by its name, its number or its GraphQL id.
func (s *Shop) Order(ref string) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return Order{}, err
	}
	return o.clone(), nil
}

// Cancel cancels a whole order, which takes all its lines off, and returns
// it. Reason is as the Admin API writes it. No webhook is sent by itself.
func (s *Shop) Cancel(ref, reason string) (Order, error) {
	return s.Change(ref, func(o *Order) {
		o.CancelledAt = s.opts.Now().UTC().Truncate(time.Second)
		o.CancelReason = strings.ToUpper(reason)
		for i := range o.Lines {
			o.Lines[i].Removed = o.Lines[i].Quantity
		}
	})
}

// Change edits an order and dates its update.
func (s *Shop) Change(ref string, edit func(*Order)) (Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(ref)
	if err != nil {
		return Order{}, err
	}
	edit(o)
	o.UpdatedAt = s.opts.Now().UTC().Truncate(time.Second)
	return o.clone(), nil
}

var lastDigits = regexp.MustCompile(`[0-9]+$`)

func (s *Shop) find(ref string) (*Order, error) {
	for _, o := range s.orders {
		if ref == o.Name || ref == o.GID() || lastDigits.FindString(ref) == fmt.Sprint(o.ID) {
			return o, nil
		}
	}
	return nil, fmt.Errorf("find order %q: %w", ref, errNoOrder)
}
