package sync_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// order is what the site knows of one order.
type order struct {
	state.Reading
	caption  string // in the list
	unlisted bool
	clicks   int // requests that reached the supplier
	reads    int
}

// moment is a point of an attempt where a test may step in.
type moment string

const (
	arriving   moment = "before anything"
	beforeMark moment = "before the mark"
	afterMark  moment = "after the mark"
	afterClick moment = "after the click"
)

// site is the supplier's side, as the clients of one or more engines see it.
type site struct {
	clock *clock

	mu      sync.Mutex
	orders  map[string]*order
	down    error             // every call answers with it
	refuse  error             // attempts answer with it
	blind   error             // reads of the detail answer with it
	odd     map[string]error  // reads of one order do
	strange map[string]string // what attempts to ask for one order do not understand
	at      func(context.Context, moment) error
	reading func(tracking bool) // called with each read
	sweeps  int
	probes  int
	cancels int
	steps   []string // "ask NUMBER" and "read NUMBER", in their order
}

func newSite(c *clock) *site { return &site{clock: c, orders: map[string]*order{}} }

func (s *site) add(number string) *order {
	now := s.clock.Now()
	o := &order{caption: "Processing", Reading: state.Reading{
		Number: number, Source: state.SourceDetail, Complete: true, Phase: state.PhaseProcessing, StatusText: "Processing", CancelOffered: true,
		OrderedAt: now.Add(-day), PaidAt: now.Add(-day), Total: usd(20), Store: "Lucky Store", Lines: lines,
	}}
	s.orders[number] = o
	return o
}

// set changes what the site shows.
func (s *site) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func (s *site) clicks(number string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.orders[number].clicks
}

func (s *site) count(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

func (o *order) ask() {
	o.clicks++
	o.Phase, o.StatusText, o.CancelOffered, o.caption = state.PhasePending, "Cancellation requested", false, "Cancellation requested"
}

func (o *order) close() {
	o.Phase, o.StatusText, o.CancelOffered, o.caption = state.PhaseClosed, "Canceled", false, "Canceled"
}

// client is one engine's browser. It reports a second use at the same time.
type client struct {
	*site
	t    testing.TB
	busy atomic.Bool
}

func (c *client) enter() func() {
	if !c.busy.CompareAndSwap(false, true) {
		c.t.Error("the client is used twice at the same time")
	}
	return func() { c.busy.Store(false) }
}

// look is a reading of the page, now.
func (s *site) look(number string) (state.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return state.Reading{}, s.down
	}
	o := s.orders[number]
	if o == nil {
		return state.Reading{}, &supplier.Error{Kind: supplier.NotFound, Op: "read order " + number}
	}
	o.reads++
	r := o.Reading
	r.At = s.clock.Now()
	return r, nil
}

func (c *client) Sweep(_ context.Context, want []string) (map[string]state.Reading, error) {
	defer c.enter()()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweeps++
	if c.down != nil {
		return nil, c.down
	}
	found := map[string]state.Reading{}
	for _, number := range want {
		if o := c.orders[number]; o != nil && !o.unlisted {
			found[number] = state.Reading{Number: number, Source: state.SourceList, At: c.clock.Now(), Complete: true, Phase: o.Phase, StatusText: o.caption, Siblings: o.Siblings}
		}
	}
	return found, nil
}

func (c *client) Read(_ context.Context, number string, tracking bool) (state.Reading, error) {
	defer c.enter()()
	if err := c.fault(&c.blind); err != nil {
		return state.Reading{}, err
	}
	if err := c.oddity(number); err != nil {
		return state.Reading{}, err
	}
	if c.reading != nil {
		c.reading(tracking)
	}
	c.set(func() { c.steps = append(c.steps, "read "+number) })
	r, err := c.look(number)
	r.TrackingRead = tracking
	return r, err
}

func (s *site) fault(err *error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *err
}

func (s *site) oddity(number string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.odd[number]
}

func (c *client) Probe(context.Context) error {
	defer c.enter()()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.probes++
	return c.down
}

func (c *client) Close(context.Context) error { return nil }

// Cancel goes the way of the real one: look, guard, mark, click, look.
func (c *client) Cancel(ctx context.Context, req supplier.CancelRequest) (state.AttemptResult, error) {
	defer c.enter()()
	c.set(func() { c.cancels++; c.steps = append(c.steps, "ask "+req.Number) })
	if err := c.meet(ctx, arriving); err != nil {
		return state.AttemptResult{}, err
	}
	if err := c.fault(&c.refuse); err != nil {
		return state.AttemptResult{}, err
	}
	r, err := c.look(req.Number)
	if err != nil {
		return state.AttemptResult{}, err
	}
	if err := req.Guard(r); err != nil {
		return state.AttemptResult{Outcome: state.AskWrongOrder, Detail: err.Error(), Reading: &r}, nil
	}
	var strange string
	if c.set(func() { strange = c.strange[req.Number] }); strange != "" {
		return state.AttemptResult{Outcome: state.AskUnknown, Detail: strange, Reading: &r}, nil
	}
	if o, done := withoutClick(r, req.ApprovedRefusals); done {
		return state.AttemptResult{Outcome: o, Reading: &r}, nil
	}
	if req.Observe {
		return state.AttemptResult{Outcome: state.AskObserved, Detail: "would have clicked Cancel order", Reading: &r}, nil
	}
	if err := c.meet(ctx, beforeMark); err != nil {
		return state.AttemptResult{}, err
	}
	if err := req.Dispatch(ctx); err != nil {
		return state.AttemptResult{Outcome: state.AskFailed, Detail: err.Error(), Reading: &r}, nil
	}
	if err := c.meet(ctx, afterMark); err != nil {
		return state.AttemptResult{}, err
	}
	c.set(func() { c.orders[req.Number].ask() })
	if err := c.meet(ctx, afterClick); err != nil {
		return state.AttemptResult{}, err
	}
	if r, err = c.look(req.Number); err != nil {
		return state.AttemptResult{Outcome: state.AskUnclear, Detail: err.Error()}, nil
	}
	return state.AttemptResult{Outcome: state.AskPending, Reason: "no longer wanted", Reading: &r}, nil
}

func withoutClick(r state.Reading, despite []string) (state.AskOutcome, bool) {
	switch r.Phase {
	case state.PhasePending:
		return state.AskPending, true
	case state.PhaseClosed:
		return state.AskClosed, true
	case state.PhaseShipped:
		return state.AskShipped, true
	}
	if r.RefusedText != "" && !slices.Contains(despite, r.RefusedText) {
		return state.AskRefused, true
	}
	return state.AskNotOffered, !r.CancelOffered
}

func (c *client) meet(ctx context.Context, m moment) error {
	c.mu.Lock()
	at := c.at
	c.mu.Unlock()
	if at == nil {
		return nil
	}
	return at(ctx, m)
}

// till is a step-in that lets the first attempt to reach a moment hang there
// until its process dies. reached is closed when it does.
func till(want moment) (at func(context.Context, moment) error, reached chan struct{}) {
	reached = make(chan struct{})
	var once atomic.Bool
	return func(ctx context.Context, m moment) error {
		if m != want || !once.CompareAndSwap(false, true) {
			return nil
		}
		close(reached)
		<-ctx.Done()
		return ctx.Err()
	}, reached
}

// edge is a shop that answers from memory.
type edge struct {
	mu     sync.Mutex
	orders map[string]shop.Order
	err    error
	asked  int
}

func (e *edge) Order(_ context.Context, id string) (shop.Order, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	if e.err != nil {
		return shop.Order{}, e.err
	}
	o, ok := e.orders[id]
	if !ok {
		return shop.Order{}, &shop.Error{Kind: shop.NotFound, Op: "read order " + id}
	}
	o.Left = maps.Clone(o.Left)
	return o, nil
}

func (e *edge) set(fn func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fn()
}

// cancelled puts a cancelled order into the shop.
func (e *edge) cancelled(n int, now time.Time, numbers ...string) string {
	id := fmt.Sprintf("gid://shopify/Order/%d", n)
	o := shop.Order{Shop: "mystore", ID: id, Name: fmt.Sprintf("#%d", n), CreatedAt: now.Add(-2 * day), CancelledAt: now, Reason: "customer", Lines: lines}
	o.Left = map[string]int{}
	for _, l := range lines {
		o.Left[l.ID] = l.Quantity
	}
	for _, number := range numbers {
		o.Supplier = append(o.Supplier, state.Mapping{SupplierOrder: number, By: "attribute", Lines: lines})
	}
	e.set(func() { e.orders[id] = o })
	return id
}

func usd(units int64) state.Money { return state.Money{Units: units * 10_000, Currency: "USD"} }

var lines = []state.Line{{ID: "l1", Title: "Lamp", Quantity: 2}}
