package sync

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// year is one engine, with its successors, in a year of made-up orders. All of
// it runs on one goroutine and is drawn from one seed, so it can be played
// again.
type year struct {
	seed   uint64
	rng    *rand.Rand
	mode   machine.Mode
	now    time.Time
	watch  *yearWatch
	store  *yearStore
	site   *yearSite
	shops  map[string]*yearShop
	e      *Engine
	events yearEvents
	ids    int64
	seq    int

	lastNumber string
	left       int // cases to come
	made       int
	acked      bool
	whims      int
	policy     func(*machine.Policy) // what a test spoils
	step       yearStep              // likewise; nil: the true one
	cancelled  map[string]bool       // shop orders whose cancel was sent
	deck       yearDeck
	kills      map[string]int
	faults     int
	done       bool

	down    []yearSpan            // in which nothing ran
	snoozes map[string][]yearSpan // from when to when, by case
	words   map[string][]yearWord // of people, about money
	sums    yearSums
}

var errYearKilled = errors.New("the process was killed")

var yearShops = []string{"mystore", "second"}

// yearStart is a Monday.
var yearStart = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

const (
	yearSales  = 300 * 24 * time.Hour // in which orders are cancelled
	yearAtMost = 560 * 24 * time.Hour // by which every case has ended
)

func newYear(seed uint64, dir string, cases int, mode machine.Mode, odds yearOdds) (*year, error) {
	rng := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	y := &year{seed: seed, rng: rng(1), mode: mode, now: yearStart, left: cases, kills: map[string]int{}, cancelled: map[string]bool{}, shops: map[string]*yearShop{}}
	y.snoozes, y.words = map[string][]yearSpan{}, map[string][]yearWord{}
	y.watch = newYearWatch(y.now)
	var err error
	if y.store, err = newYearStore(dir, rng(2), odds, y.watch); err != nil {
		return nil, err
	}
	y.site = newYearSite(y, rng(3))
	for i, name := range yearShops {
		y.shops[name] = &yearShop{y: y, name: name, rng: rng(uint64(4 + i)), sales: map[string]*yearSale{}}
		y.site.troubles(y.accountOf(name), yearStart, yearStart.Add(yearSales+60*24*time.Hour))
	}
	return y, nil
}

func (y *year) accountOf(name string) string {
	return map[string]string{"mystore": "main", "second": "spare"}[name]
}

func (y *year) options() Options {
	p := policyOf(y.mode)
	p.Shops = map[string]machine.ShopPolicy{"mystore": {MapRetryFor: 48 * time.Hour}, "second": {MapWait: 6 * time.Hour, MapRetryFor: 48 * time.Hour}}
	p.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true, state.EffectMessageRefusal: true, state.EffectMessageProof: true}
	if y.policy != nil {
		y.policy(&p)
	}
	o := Options{
		Store: y.store, Policy: p, Now: func() time.Time { return y.now }, Owner: "year", Log: zerolog.Nop(),
		Shops: map[string]Shop{}, Accounts: map[string]Account{},
		Texts: y.texts,
		NewID: func(time.Time) string { y.ids++; return fmt.Sprintf("01%012d", y.ids) },
	}
	for name, s := range y.shops {
		account := y.accountOf(name)
		o.Shops[name] = Shop{
			Edge: s, Writer: yearWriter{s}, Account: account, Tags: true, Metafield: name == "mystore",
			First: SupplierFirst{Enabled: true, Tag: yearTag, Refund: shop.RefundOriginal, Decline: name == "mystore", DeclineNote: "It is on its way."},
		}
		client := yearClient{y.site, account}
		o.Accounts[account] = Account{Supplier: "aliexpress", Client: client, Messenger: client, CoolDown: 30 * time.Minute, IdleStop: 5 * time.Minute}
	}
	second := o.Shops["second"]
	second.Others = []string{y.accountOf("mystore")}
	o.Shops["second"] = second
	return o
}

// boot starts an engine whose workers stand still: its context has ended, and
// the driver does their work one after the other.
func (y *year) boot() error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for range 100 {
		e, err := New(y.options())
		if err != nil {
			return err
		}
		if y.step != nil {
			e.step = y.step
		}
		err = y.alive(func() error { return errors.Join(e.Start(ended), e.Stop(context.Background())) })
		if err == nil {
			slices.SortFunc(e.lanes, func(a, b *lane) int { return cmp.Compare(a.name, b.name) })
			slices.SortFunc(e.shops, func(a, b *shopLane) int { return cmp.Compare(a.name, b.name) })
			y.e = e
			return nil
		}
		if err := y.store.reopen(); err != nil {
			return err
		}
	}
	return errors.New("the engine does not start")
}

// alive runs something of the engine until it ends or the process does.
func (y *year) alive(fn func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case yearKill:
			y.kills[r.label]++
			err = errYearKilled
		default:
			panic(r)
		}
	}()
	return fn()
}

// engine does so and starts another process where this one died.
func (y *year) engine(fn func() error) error {
	err := y.alive(fn)
	if !errors.Is(err, errYearKilled) {
		return err
	}
	if e := y.store.reopen(); e != nil {
		return e
	}
	var off time.Duration
	switch n := y.rng.IntN(20); { // how long nobody starts it again
	case n == 0:
		off = yearWithin(y.rng, time.Hour, 60*time.Hour)
	case n < 5:
		off = yearWithin(y.rng, time.Minute, time.Hour)
	}
	y.lost(y.now.Add(off + time.Minute))
	y.pass(off)
	if e := y.boot(); e != nil {
		wrong("start again: %v", e)
	}
	return err
}

func (y *year) pass(d time.Duration) {
	y.now = y.now.Add(d)
	y.watch.now = y.now
}

// run plays the year to the end of the last case.
func (y *year) run() (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case yearWrong:
			err = fmt.Errorf("seed %d, at %s: %s", y.seed, y.now.Format(time.RFC3339), r.what)
		default:
			panic(r)
		}
	}()
	if err := y.boot(); err != nil {
		return err
	}
	y.plan()
	for !y.done {
		for len(y.events) > 0 && !y.events[0].at.After(y.now) {
			heap.Pop(&y.events).(yearEvent).do()
		}
		next := y.beat()
		if len(y.events) > 0 {
			next = earlier(next, y.events[0].at)
		}
		if !next.After(y.now) {
			next = y.now.Add(time.Second)
		}
		y.pass(next.Add(time.Minute - 1).Truncate(time.Minute).Sub(y.now))
		if y.now.Sub(yearStart) > yearAtMost {
			wrong("not over: %s", y.stuck())
		}
	}
	y.audit()
	y.judgeEnded()
	y.sums.balance()
	y.reckon()
	return nil
}

// plan sets up sales, a person's visits and audits.
func (y *year) plan() {
	gap := yearSales / time.Duration(y.left+1)
	n := 1000
	var sell func()
	sell = func() {
		if y.left <= 0 {
			return
		}
		n++
		cases := y.shops[yearShops[y.rng.IntN(2)]].sell(n)
		y.left -= cases
		y.made += cases
		y.lastNumber = fmt.Sprintf("81%013d0", n)
		y.at(y.now.Add(time.Duration(y.rng.Int64N(int64(2*gap)))), sell)
	}
	y.at(y.now, sell)
	y.every(11*time.Hour, func() {
		y.visit()
		y.judgeEnded()
		y.done = y.over()
	})
	y.every(9*24*time.Hour, y.audit)
}

func (y *year) every(d time.Duration, do func()) {
	y.push(yearEvent{at: y.now.Add(d), do: func() { do(); y.every(d, do) }})
}

// over tells whether all cases have come and ended.
func (y *year) over() bool {
	if y.left > 0 {
		return false
	}
	waits := false
	y.view(func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(y.now.AddDate(9, 0, 0), 1)
		waits = len(knocks) > 0
		for _, name := range yearShops {
			effects, _, err := tx.LaneEffects(state.ShopLane(name), state.Page{Limit: 1})
			if waits = waits || len(effects) > 0; err != nil {
				return err
			}
		}
		return err
	})
	if waits || len(y.open()) > 0 || len(y.requests()) > 0 {
		return false
	}
	for _, e := range y.events { // all deliveries have come
		if e.once {
			return false
		}
	}
	return true
}

// beat lets the engine do everything that is due, as its workers would, and
// tells when there is more.
func (y *year) beat() time.Time {
	for round := 0; ; round++ {
		if round > 5000 {
			wrong("the engine spins: %s", y.stuck())
		}
		err := y.engine(func() error {
			return errors.Join(y.inbox(), y.tick(), y.lanes())
		})
		switch {
		case err == nil:
		case errors.Is(err, errYearFault):
			y.faults++
			y.lost(y.now.Add(time.Minute))
			return y.now // the next heartbeat goes on
		case errors.Is(err, errYearKilled), supplier.KindOf(err) != "":
			return y.now
		default:
			wrong("the engine fails: %v", err)
		}
		if next := y.due(); next.After(y.now) {
			return next
		}
	}
}

// tick is the engine's, where a case is due.
func (y *year) tick() error {
	if at := y.watch.next(); at.IsZero() || at.After(y.now) {
		return nil
	}
	return y.e.tick(context.Background())
}

// inbox is drainInbox without its goroutines.
func (y *year) inbox() error {
	for {
		var knocks []state.Knock
		err := y.store.View(context.Background(), func(tx state.ReadTx) (err error) {
			knocks, err = tx.Knocks(y.now, knockBatch)
			return err
		})
		if err != nil || len(knocks) == 0 {
			return err
		}
		for _, same := range byOrder(knocks) {
			if err := y.e.readOrder(context.Background(), same); err != nil {
				return err
			}
		}
	}
}

func (y *year) lanes() error {
	for _, l := range y.e.lanes {
		if err := l.drain(context.Background()); err != nil {
			return err
		}
	}
	for _, l := range y.e.shops {
		if err := l.drain(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

func (y *year) view(fn func(state.ReadTx) error) {
	if err := y.store.inner.View(context.Background(), fn); err != nil {
		wrong("look into the store: %v", err)
	}
}

// due is when there is something to do for the engine next.
func (y *year) due() time.Time {
	far := y.now.AddDate(9, 0, 0)
	next := far
	if at := y.watch.next(); !at.IsZero() {
		next = at
	}
	y.view(func(tx state.ReadTx) error {
		knocks, err := tx.Knocks(far, 1)
		if err != nil {
			return err
		}
		for _, k := range knocks {
			next = earlier(next, k.NotBefore)
		}
		for _, l := range y.e.lanes {
			effects, err := tx.DueEffects(l.name, next, 1)
			if err != nil {
				return err
			}
			if len(effects) == 0 {
				continue
			}
			a, err := tx.Account(l.name)
			if err != nil {
				return err
			}
			next = earlier(next, later(effects[0].NotBefore, a.Until))
		}
		for _, l := range y.e.shops {
			effects, err := tx.DueEffects(state.ShopLane(l.name), next, 1)
			if err != nil {
				return err
			}
			if len(effects) > 0 {
				next = earlier(next, effects[0].NotBefore)
			}
		}
		return nil
	})
	return next
}

func (y *year) open() (all []state.Case) {
	y.view(func(tx state.ReadTx) error {
		for _, s := range state.Statuses {
			for after := ""; !s.Ended(); {
				cases, next, err := tx.CasesByStatus(s, state.Page{After: after, Limit: 500})
				if err != nil {
					return err
				}
				all = append(all, cases...)
				if after = next; after == "" {
					break
				}
			}
		}
		return nil
	})
	return all
}

func (y *year) stuck() string {
	var out []string
	for _, c := range y.open() {
		out = append(out, fmt.Sprintf("%s %s due %s (paused %t, held %q)", c.ID, c.Status, c.DueAt, c.Paused, machine.HeldWhy(c)))
	}
	for _, r := range y.requests() {
		out = append(out, fmt.Sprintf("request about %s is %s: %s%s", r.ShopOrder, r.Status, r.Why, y.storyOf(r)))
	}
	return strings.Join(out[:min(len(out), 9)], "; ")
}

// storyOf tells the cases behind a request.
func (y *year) storyOf(r state.Request) (out string) {
	sale := y.shops[r.Shop].sales[r.ShopOrderID]
	out = fmt.Sprintf(" (%s, withdrawn %s, cancelled %s)", sale.wish.want, machine.Stamp(sale.wish.withdrawn), machine.Stamp(sale.cancelled))
	y.view(func(tx state.ReadTx) error {
		cases, err := tx.CasesByShopOrder(r.Shop, r.ShopOrderID)
		for _, c := range cases {
			out += y.tale(c)
		}
		return err
	})
	return out
}

// tale is a case's whole story.
func (y *year) tale(c state.Case) string {
	out := fmt.Sprintf("\n  %s %s order %s, because of %s, is %s:", c.ID, c.ShopOrder, c.SupplierOrder, c.Cause, c.Status)
	y.view(func(tx state.ReadTx) error {
		journal, err := tx.Journal(c.ID)
		for _, e := range journal {
			out += fmt.Sprintf("\n    %s %s %s>%s %s", e.At.Format("01-02 15:04:05"), e.Event, e.From, e.To, e.Detail)
		}
		return err
	})
	return out
}

func (y *year) sale(c state.Case) *yearSale { return y.shops[c.Shop].sales[c.ShopOrderID] }

// yearEvent is something that happens at a time.
type yearEvent struct {
	at   time.Time
	seq  int
	do   func()
	once bool
}

type yearEvents []yearEvent

func (e yearEvents) Len() int      { return len(e) }
func (e yearEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e yearEvents) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].seq < e[j].seq
}
func (e *yearEvents) Push(x any) { *e = append(*e, x.(yearEvent)) }
func (e *yearEvents) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// at lets something happen once.
func (y *year) at(t time.Time, do func()) { y.push(yearEvent{at: t, do: do, once: true}) }

func (y *year) push(e yearEvent) {
	y.seq++
	e.seq = y.seq
	heap.Push(&y.events, e)
}
