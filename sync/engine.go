package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// Options are what an engine is made of.
type Options struct {
	Store state.Store
	// Batch is Store.Update for knocks, of which many may come at a time;
	// default Store.Update itself.
	Batch  func(ctx context.Context, fn func(state.Tx) error) error
	Policy machine.Policy
	// Shops and Accounts by their configured names.
	Shops    map[string]Shop
	Accounts map[string]Account
	// Now is the daemon's clock, UTC or not.
	Now func() time.Time
	// NewID makes ids that sort by time.
	NewID func(time.Time) string
	// Texts are the messages of one kind about a case, in each language; nil:
	// none are written.
	Texts func(state.EffectKind, state.Case) ([]string, error)
	// Document is what the shop's metafield says of an order's cases.
	Document func([]state.Case) (json.RawMessage, error)
	// Crash is told the name of each point between two durable steps, so that
	// a test may end the process there; nil: nothing.
	Crash func(point string)
	// Waits tells why nothing new may be asked of any supplier; nil, or
	// nothing: it may. It must be quick.
	Waits func() []state.Wait
	// BeforeAsk is called before each request begins, which its error puts
	// off; nil: nothing.
	BeforeAsk func(context.Context) error
	// Up is how long this process has run, on a clock as fast as Now that nobody
	// sets; nil: Now is trusted alone.
	Up func() time.Duration
	// Owner names this process in the accounts' leases.
	Owner string
	Log   zerolog.Logger
	// OnChange hears of every committed change, in order of commit. It must
	// not block.
	OnChange func(Change)
	// OnAlert is called after alerts were raised or resolved.
	OnAlert func()
}

// Shop is one shop as the engine works it.
type Shop struct {
	Edge shop.Edge
	// Writer changes the shop's orders; nil: nothing is written there.
	Writer shop.Writer
	// Account is where its orders are bought; Others, at the same supplier, may
	// have bought some too.
	Account string
	Others  []string
	// First says how customers' requests are handled.
	First SupplierFirst
	// Tags and Metafield: write back how the cases stand.
	Tags, Metafield bool
	// Since is the time before which cancels are history: an old order that
	// changes once more opens no case.
	Since time.Time
}

// SupplierFirst says how a customer's request to cancel is put to the supplier
// before the shop's order is touched.
type SupplierFirst struct {
	Enabled bool
	// Tag on an order is a request too; empty: none is.
	Tag            string
	Refund         shop.Refund
	Restock        bool
	NotifyCustomer bool
	// Decline tells the customer so already at the refusal; DeclineNote is
	// what they read, at most 500 characters.
	Decline     bool
	DeclineNote string
}

// Account is one supplier account as the engine works it.
type Account struct {
	// Supplier is where it buys, by the name in the registry.
	Supplier string
	Client   supplier.Client
	// Messenger writes to suppliers; nil: nobody does.
	Messenger supplier.Messenger
	// CoolDown is the wait before a lost or challenged session is probed
	// again.
	CoolDown time.Duration
	// Room tells whether the account may do so many more actions in what a
	// person would do in an hour; a piece of work without room is not begun.
	// nil: always.
	Room func(actions int) bool
	// IdleStop is how long the browser is kept without work; zero: for good.
	IdleStop time.Duration
}

// Change is one committed step of a case.
type Change struct {
	Case    state.Case
	Entries []state.Entry
	Alerts  []state.Alert
}

// Engine runs the cases. New makes it, Start begins work, Stop ends it; in
// between, Heartbeat makes it look at what is due.
type Engine struct {
	o     Options
	lanes []*lane
	shops []*shopLane

	wakeInbox, wakeDue chan struct{}
	beat               atomic.Int64 // unix nanoseconds of the last due pass, real clock
	wrote              atomic.Int64 // of the last one that wrote whatever was due
	cancel             context.CancelCauseFunc
	done               sync.WaitGroup
	publish            sync.Mutex
	life               uint64 // names this one among all lives of the daemon
	// days are the calendars by which deadlines are counted; uncounted tells that
	// estimates were not counted by them yet.
	days      atomic.Pointer[days]
	uncounted atomic.Bool
	// step is Policy.Step; tests put a spoilt one in its place.
	step func(machine.Policy, state.Case, state.Event, time.Time) (machine.Outcome, error)
}

// crash names a point between two durable steps.
func (e *Engine) crash(point string) { e.o.Crash(point) }

// ErrStopping is the cause of the context that ends the workers.
var ErrStopping = errors.New("countermand is stopping")

// New checks the options.
func New(o Options) (*Engine, error) {
	switch {
	case o.Store == nil || o.Now == nil || o.NewID == nil:
		return nil, errors.New("make the engine: store, clock and ids are needed")
	case o.Policy.Supplier == nil || o.Policy.Bank == nil:
		return nil, errors.New("make the engine: both calendars are needed")
	}
	for name, s := range o.Shops {
		for _, account := range append([]string{s.Account}, s.Others...) {
			if _, ok := o.Accounts[account]; !ok {
				return nil, fmt.Errorf("make the engine: shop %s buys with account %q, which is not configured", name, account)
			}
		}
	}
	if o.Batch == nil {
		o.Batch = o.Store.Update
	}
	if o.Crash == nil {
		o.Crash = func(string) {}
	}
	if o.Document == nil {
		o.Document = func(cases []state.Case) (json.RawMessage, error) { return json.Marshal(cases) }
	}
	if o.Texts == nil {
		o.Texts = func(state.EffectKind, state.Case) ([]string, error) { return nil, nil }
	}
	if o.OnChange == nil {
		o.OnChange = func(Change) {}
	}
	if o.OnAlert == nil {
		o.OnAlert = func() {}
	}
	e := &Engine{o: o, wakeInbox: make(chan struct{}, 1), wakeDue: make(chan struct{}, 1), step: machine.Policy.Step, life: rand.Uint64()>>11 | 1}
	e.days.Store(&days{o.Policy.Supplier, o.Policy.Bank})
	return e, nil
}

// Start takes the accounts' leases and begins to work.
func (e *Engine) Start(ctx context.Context) (err error) {
	ctx, e.cancel = context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			e.cancel(err)
		}
	}()
	if err := e.readLostPeriod(ctx); err != nil {
		return fmt.Errorf("look for a restored backup: %w", err)
	}
	for name, a := range e.o.Accounts {
		l := &lane{e: e, name: name, account: a, client: a.Client, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
		if err := l.lease(ctx); err != nil {
			return fmt.Errorf("take account %s: %w", name, err)
		}
		e.lanes = append(e.lanes, l)
	}
	if err := e.alertRemovedAccounts(ctx); err != nil {
		return err
	}
	if err := e.leaveRemovedShops(ctx); err != nil {
		return err
	}
	e.uncounted.Store(true)
	if err := e.recountNew(ctx); err != nil {
		return err
	}
	for name, s := range e.o.Shops {
		l := &shopLane{e: e, name: name, shop: s, wake: make(chan struct{}, 1)}
		if err := l.recover(ctx); err != nil {
			return err
		}
		e.shops = append(e.shops, l)
	}
	e.work(ctx, "inbox", e.wakeInbox, e.drainInbox)
	e.work(ctx, "due", e.wakeDue, e.tickOrStamp)
	for _, l := range e.lanes {
		e.work(ctx, "account "+l.name, l.wake, l.drain)
	}
	for _, l := range e.shops {
		e.work(ctx, "shop "+l.name, l.wake, l.drain)
	}
	e.Heartbeat()
	return nil
}

// alertRemovedAccounts calls a person for open cases of accounts that have left the
// configuration: nothing works them.
func (e *Engine) alertRemovedAccounts(ctx context.Context) error {
	return e.update(ctx, func(t *txn) error {
		accounts, err := t.Accounts()
		if err != nil {
			return fmt.Errorf("look for accounts that left the configuration: %w", err)
		}
		for _, a := range accounts {
			if _, ok := e.o.Accounts[a.Name]; ok {
				continue
			}
			open, _, err := t.OpenCasesByAccount(a.Name, state.Page{Limit: 1})
			if err != nil {
				return fmt.Errorf("list the cases of account %s: %w", a.Name, err)
			}
			if len(open) == 0 {
				if err := t.resolve(removedAccountKey(a), "None of its cases is open any more."); err != nil {
					return err
				}
				continue
			}
			err = t.raise(state.Alert{
				Key: removedAccountKey(a), Kind: machine.AlertAccountUnreachable, Page: true, Account: a.Name,
				Title: fmt.Sprintf("account %s has open cases but is not configured", a.Name),
				Text:  "Nothing of them is read or asked. Put the account back into the configuration, or ignore its cases.",
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// leaveRemovedShops leaves to a person what was to be done about customers' requests in
// shops that have left the configuration: nothing works them.
func (e *Engine) leaveRemovedShops(ctx context.Context) error {
	return e.update(ctx, func(t *txn) error {
		seen := map[[2]string]bool{}
		for c, err := range state.OpenCases(t) {
			if err != nil {
				return fmt.Errorf("look for shops that left the configuration: %w", err)
			}
			key := [2]string{c.Shop, c.ShopOrderID}
			if _, ok := e.o.Shops[c.Shop]; ok || c.Cause != state.CauseRequested || seen[key] {
				continue
			}
			seen[key] = true
			r, err := t.Request(c.Shop, c.ShopOrderID)
			if missing(err) || err == nil && (r.Status.Ended() || r.ByHand) {
				continue
			}
			if err != nil {
				return err
			}
			cases, err := t.CasesByShopOrder(c.Shop, c.ShopOrderID)
			if err != nil && !missing(err) {
				return err
			}
			r.ByHand = true
			why := "shop " + c.Shop + " is not configured any more, so the customer gets no answer: put it back into the configuration, or see to the shop's order yourself"
			if err := t.moveRequest(r, state.RequestOpen, why, cases); err != nil {
				return err
			}
		}
		return nil
	})
}

// removedAccountKey names the alert about an account that left the configuration. Its
// fence stands still until it is back, so each leaving is told once.
func removedAccountKey(a state.Account) string {
	return fmt.Sprintf("account/%s/orphans/%d", a.Name, a.Fence)
}

// Stop ends the workers. An attempt whose call has left is still
// brought to its outcome, for as long as ctx allows.
func (e *Engine) Stop(ctx context.Context) error {
	if e.cancel == nil {
		return nil
	}
	e.cancel(ErrStopping)
	done := make(chan struct{})
	go func() { e.done.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the engine: %w", context.Cause(ctx))
	}
}

// work runs one worker until the context ends. A fault is logged and the work
// tried again at the next wake-up.
func (e *Engine) work(ctx context.Context, name string, wake <-chan struct{}, pass func(context.Context) error) {
	e.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
			}
			if ctx.Err() != nil {
				return // of two that are ready, select takes either
			}
			if err := pass(ctx); err != nil && ctx.Err() == nil {
				e.o.Log.Error().Err(err).Str("worker", name).Msg("work interrupted, tried again at the next tick")
			}
		}
	})
}

// Heartbeat makes every worker look whether something is due. It never
// blocks.
func (e *Engine) Heartbeat() {
	nudge(e.wakeInbox)
	nudge(e.wakeDue)
	for _, l := range e.lanes {
		nudge(l.wake)
	}
	for _, l := range e.shops {
		nudge(l.wake)
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// LastBeat is the real time of the last look at what is due.
func (e *Engine) LastBeat() time.Time { return time.Unix(0, e.beat.Load()) }

// dueBatch is how many cases one transaction moves.
const dueBatch = 50

// stampEvery is how often, in real time, an idle engine writes all the same: a
// disk that takes nothing is noticed so, and its mending.
const stampEvery = time.Minute

// tickOrStamp is drainDue, most of the time without writing when nothing is due: a
// durable write is what a tick costs.
func (e *Engine) tickOrStamp(ctx context.Context) error {
	if err := e.recountNew(ctx); err != nil {
		return err
	}
	if time.Since(time.Unix(0, e.wrote.Load())) < stampEvery {
		return e.tick(ctx)
	}
	if err := e.drainDue(ctx); err != nil {
		return err
	}
	e.wrote.Store(time.Now().UnixNano())
	return nil
}

// tick drains what is due, if anything is.
func (e *Engine) tick(ctx context.Context) error {
	idle := false
	err := e.o.Store.View(ctx, func(tx state.ReadTx) error {
		at, some, err := tx.NextDue()
		idle = !some || at.After(e.o.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("find what is due next: %w", err)
	}
	if !idle {
		return e.drainDue(ctx)
	}
	e.beat.Store(time.Now().UnixNano())
	return nil
}

// drainDue puts a tick through every case that is due.
func (e *Engine) drainDue(ctx context.Context) error {
	if e.clockDoubtful() { // whether anything is due is not known
		e.beat.Store(time.Now().UnixNano())
		return nil
	}
	for ctx.Err() == nil {
		var due []state.Case
		err := e.update(ctx, func(t *txn) (err error) {
			due = nil
			if e.clockDoubtful() { // the clock may have been set before its time was taken
				return nil
			}
			if due, err = t.DueCases(t.now, dueBatch); err != nil {
				return fmt.Errorf("find due cases: %w", err)
			}
			for _, c := range due {
				if err := t.tick(c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			if err = e.tickEach(ctx, due, err); err != nil {
				return err
			}
		}
		e.beat.Store(time.Now().UnixNano())
		if len(due) < dueBatch {
			return nil
		}
	}
	return nil
}

// Decide puts a person's decision through the table at once. A decision that
// does not fit comes back as *RefusedError.
func (e *Engine) Decide(ctx context.Context, caseID string, ev state.Event) (state.Case, error) {
	if !ev.Kind.Decision() {
		return state.Case{}, fmt.Errorf("decide case %s: %q is not a decision", caseID, ev.Kind)
	}
	var out state.Case
	err := e.update(ctx, func(t *txn) error {
		c, err := t.Case(caseID)
		if err != nil {
			return fmt.Errorf("open case %s: %w", caseID, err)
		}
		done, err := t.decideRequest(c, ev)
		if err != nil {
			return err
		}
		if done {
			out, err = t.Case(caseID)
			return err
		}
		out, err = t.apply(c, ev)
		return err
	})
	return out, err
}
