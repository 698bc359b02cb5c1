package sync

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// yearOutage is a time in which an account cannot be worked.
type yearOutage struct {
	from, to time.Time
	kind     supplier.Kind
}

// yearSite is the supplier's side: its orders, its bad days and its odd pages.
type yearSite struct {
	y       *year
	rng     *rand.Rand
	orders  map[string]*yearOrder
	outages map[string][]yearOutage
	rests   map[string][]yearSpan // by account, with the time after an outage
	fresh   []*yearOrder          // that were read at this moment
	freshAt time.Time
	noise   int // parts of a thousand of the readings that are odd
	reads   int
	sweeps  int
	clicks  int
	lies    bool // it shows every refund as whole
	moods   bool // it answers oddly more often than not
	replies map[yearReply]int
	mute    map[string]bool // accounts whose page for messages was not understood once
}

func newYearSite(y *year, rng *rand.Rand) *yearSite {
	return &yearSite{y: y, rng: rng, orders: map[string]*yearOrder{}, outages: map[string][]yearOutage{}, rests: map[string][]yearSpan{}, replies: map[yearReply]int{}, mute: map[string]bool{}, noise: 20}
}

// troubles draws the bad days of an account.
func (s *yearSite) troubles(account string, from, to time.Time) {
	kinds := []supplier.Kind{supplier.LoggedOut, supplier.Challenged, supplier.Throttled, supplier.Unreachable, supplier.Browser}
	for at := from; at.Before(to); {
		at = at.Add(yearWithin(s.rng, time.Hour, 24*24*time.Hour))
		o := yearOutage{from: at, kind: kinds[s.rng.IntN(len(kinds))]}
		o.to = at.Add(yearWithin(s.rng, 10*time.Minute, 30*time.Hour))
		s.outages[account] = append(s.outages[account], o)
		s.rests[account] = append(s.rests[account], yearSpan{o.from, o.to.Add(yearRest)})
		at = o.to
	}
}

func (s *yearSite) trouble(account, op string) error {
	for _, o := range s.outages[account] {
		if come(o.from, s.y.now) && s.y.now.Before(o.to) {
			return &supplier.Error{Kind: o.kind, Op: op}
		}
	}
	return nil
}

// yearClient is the browser of one account.
type yearClient struct {
	*yearSite
	account string
}

var _ supplier.Client = yearClient{}

func (c yearClient) Probe(context.Context) error { return c.trouble(c.account, "look at the session") }

func (c yearClient) Close(context.Context) error { return nil }

func (c yearClient) Sweep(_ context.Context, want []string) (map[string]state.Reading, error) {
	c.y.store.die("before a sweep")
	c.sweeps++
	if err := c.trouble(c.account, "sweep"); err != nil {
		return nil, err
	}
	found := map[string]state.Reading{}
	for _, number := range want {
		o := c.orders[number]
		if o != nil {
			o.looks = append(o.looks, c.y.now)
		}
		if o == nil || o.account != c.account || c.rng.IntN(50) == 0 {
			continue
		}
		found[number] = state.Reading{Number: number, Source: state.SourceList, At: c.y.now, Complete: true, Phase: o.phase(c.y.now), StatusText: o.caption(c.y.now)}
	}
	return found, nil
}

// Read gives the order's page, or an odd one.
func (c yearClient) Read(_ context.Context, number string, tracking bool) (state.Reading, error) {
	r, err := c.look(number, tracking)
	if err == nil {
		c.serve(r)
	}
	return r, err
}

// serve notes that the engine was given a page.
func (c yearClient) serve(r state.Reading) {
	if o := c.orders[r.Number]; r.Unclear == "" && r.StatusText != "" {
		c.freshen(o)
		o.served = append(o.served, yearServed{at: r.At, tracking: r.TrackingRead, window: r.Phase == state.PhaseProcessing && !r.WindowEnd.IsZero()})
	}
}

// freshen notes that an order told something at this moment.
func (s *yearSite) freshen(o *yearOrder) {
	if !s.freshAt.Equal(s.y.now) {
		s.fresh, s.freshAt = nil, s.y.now
	}
	s.fresh = append(s.fresh, o)
}

// void notes that what was read or answered at this moment may not have been
// stored.
func (s *yearSite) void() {
	for _, o := range s.fresh {
		if o.told.Equal(s.y.now) {
			o.told = time.Time{}
		}
		for i := range o.served {
			if o.served[i].at.Equal(s.y.now) {
				o.served[i].void = true
			}
		}
	}
}

func (c yearClient) look(number string, tracking bool) (state.Reading, error) {
	c.y.store.die("before a read")
	c.reads++
	op := "read order " + number
	if err := c.trouble(c.account, op); err != nil {
		return state.Reading{}, err
	}
	o := c.orders[number]
	if o != nil {
		o.looks = append(o.looks, c.y.now)
	}
	if o == nil || o.account != c.account || o.fate == fateUnknown {
		return state.Reading{}, &supplier.Error{Kind: supplier.NotFound, Op: op}
	}
	r := o.page(c.y.now, tracking)
	if c.lies && r.Refund != nil {
		r.Refund.Amount = o.total
	}
	if c.rng.IntN(1000) >= c.noise {
		return r, nil
	}
	o.odd = append(o.odd, c.y.now)
	return c.odd(o, r, op)
}

// odd is a page that tells less than it should.
func (c yearClient) odd(o *yearOrder, r state.Reading, op string) (state.Reading, error) {
	switch c.rng.IntN(9) {
	case 0:
		return state.Reading{}, &supplier.Error{Kind: supplier.Unreadable, Op: op}
	case 1:
		return state.Reading{}, &supplier.Error{Kind: supplier.UnknownPage, Op: op}
	case 2:
		return state.Reading{}, &supplier.Error{Kind: supplier.Unreachable, Op: op}
	case 3:
		return state.Reading{}, &supplier.Error{Kind: supplier.Browser, Op: op}
	case 4: // half a page
		return state.Reading{Number: o.number, At: r.At, Source: state.SourceDetail, Phase: state.PhaseUnknown}, nil
	case 5:
		r.Unclear = "the page contradicts its data"
	case 6:
		r.Phase, r.StatusText, r.CancelOffered, r.RefusedText = state.PhaseUnknown, "Something new", false, ""
	case 7:
		return state.Reading{}, &supplier.Error{Kind: supplier.NotFound, Op: op}
	case 8: // the page does not show its button nor its texts yet
		r.Complete, r.CancelOffered, r.RefusedText = false, false, ""
	}
	return r, nil
}

// Cancel goes the way of the real one: look, guard, mark, call, look.
func (c yearClient) Cancel(ctx context.Context, req supplier.CancelRequest) (state.AttemptResult, error) {
	o, counted, guard := c.orders[req.Number], false, req.Guard
	req.Guard = func(r state.Reading) error {
		err := guard(r)
		counted = err == nil && r.Phase == state.PhaseProcessing && !r.WindowEnd.IsZero()
		return err
	}
	asked, err := c.cancel(ctx, req)
	if err == nil && asked.Reading != nil {
		c.serve(*asked.Reading)
	}
	if !counted {
		return asked, err
	}
	if n := len(o.served); n > 0 && o.served[n-1].at.Equal(c.y.now) {
		o.served[n-1].window = true
	} else { // the end may not be stored
		o.served = append(o.served, yearServed{at: c.y.now, window: true, void: true, guard: true})
	}
	return asked, err
}

func (c yearClient) cancel(ctx context.Context, req supplier.CancelRequest) (state.AttemptResult, error) {
	r, err := c.look(req.Number, false)
	if err != nil {
		return state.AttemptResult{}, err
	}
	if err := req.Guard(r); err != nil {
		return state.AttemptResult{Outcome: state.AskWrongOrder, Detail: err.Error(), Reading: &r}, nil
	}
	if r.Unclear != "" || !r.Complete {
		return state.AttemptResult{Outcome: state.AskFailed, Detail: "the page is not whole", Reading: &r}, nil
	}
	if outcome, done := yearNoClick(r, req.ApprovedRefusals); done {
		return state.AttemptResult{Outcome: outcome, Reading: &r}, nil
	}
	if req.Observe {
		return state.AttemptResult{Outcome: state.AskObserved, Detail: "would have clicked", Reading: &r}, nil
	}
	c.y.store.dieHere("before the mark")
	o := c.orders[req.Number]
	marked := o.marked
	o.marked = earlier(o.marked, c.y.now)
	if err := req.Dispatch(ctx); err != nil {
		o.odd = append(o.odd, c.y.now) // the disk spoilt it; the mark may be there
		o.marked = marked
		return state.AttemptResult{Outcome: state.AskFailed, Detail: err.Error(), Reading: &r, NothingLeft: true}, nil
	}
	c.y.store.dieHere("before the call leaves")
	c.y.mayClick(req, o)
	reply := c.draw()
	if c.replies[reply]++; reply == replyNothing {
		o.marked = marked
		return state.AttemptResult{Outcome: state.AskUnclear, Detail: "no connection was admitted", Reading: &r, NothingLeft: true}, nil
	}
	o.clicks++
	c.clicks++
	return c.called(o, reply)
}

func yearNoClick(r state.Reading, despite []string) (state.AskOutcome, bool) {
	switch r.Phase {
	case state.PhasePending:
		return state.AskPending, true
	case state.PhaseClosed:
		return state.AskClosed, true
	case state.PhaseShipped, state.PhaseDelivered:
		return state.AskShipped, true
	case state.PhaseUnknown:
		return state.AskUnknown, true
	}
	if r.RefusedText != "" && !slices.Contains(despite, r.RefusedText) {
		return state.AskRefused, true
	}
	return state.AskNotOffered, !r.CancelOffered
}
