package sync_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// lampAndShade is an order of two lines, bought in two supplier orders.
func (f *shopfront) lampAndShade(n int, gone map[string]int, numbers ...string) string {
	id := f.asks(n, true, numbers...)
	f.change(id, func(o *shop.Order) {
		o.Edits, o.Gone, o.GoneAt = nil, gone, f.clock.Now()
	})
	return id
}

func (w *world) statuses() map[string]state.Status {
	out := map[string]state.Status{}
	for _, c := range w.cases() {
		out[c.SupplierOrder] = c.Status
	}
	return out
}

func TestLinesThatWent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		gone    map[string]int
		numbers []string
		plain   bool // the numbers say nothing of lines
		want    map[string]state.Status
		why     string
	}{
		"nothing":                         {map[string]int{}, []string{numberA}, false, map[string]state.Status{}, ""},
		"all of one supplier order":       {map[string]int{"l2": 1}, []string{numberA, numberB}, false, map[string]state.Status{numberB: state.Requested}, ""},
		"a part of one":                   {map[string]int{"l1": 1}, []string{numberA, numberB}, false, map[string]state.Status{numberA: state.Held}, "only 1 of the 2 items"},
		"everything":                      {map[string]int{"l1": 2, "l2": 1}, []string{numberA, numberB}, false, map[string]state.Status{numberA: state.Requested, numberB: state.Requested}, ""},
		"a part, and one number only":     {map[string]int{"l1": 2}, []string{numberA}, true, map[string]state.Status{numberA: state.Held}, "only 2 of the 3 items"},
		"a part, and no number has lines": {map[string]int{"l1": 2}, []string{numberA, numberB}, true, map[string]state.Status{numberA: state.Held, numberB: state.Held}, "it is not known which"},
		"a part, and no number is known":  {map[string]int{"l1": 2}, nil, true, map[string]state.Status{"": state.Unmapped}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA)
			w.site.add(numberB).Lines = []state.Line{{Quantity: 1}}
			id := f.lampAndShade(1042, tc.gone, tc.numbers...)
			if tc.plain {
				f.change(id, func(o *shop.Order) {
					for i := range o.Supplier {
						o.Supplier[i].Lines = nil
					}
				})
				w.site.orders[numberA].Lines = []state.Line{{Quantity: 3}}
			}
			w.knock(id)
			w.quiet()
			got := w.statuses()
			for n, want := range tc.want {
				if got[n] != want {
					t.Errorf("case of %q is %q, want %q", n, got[n], want)
				}
			}
			if len(got) != len(tc.want) {
				t.Errorf("cases %v, want %v", got, tc.want)
			}
			for _, c := range w.cases() {
				if c.Cause != state.CauseLines || c.Status == state.Held && !strings.Contains(machine.HeldWhy(c), tc.why) {
					t.Errorf("cause %q, held because %q; want %q", c.Cause, machine.HeldWhy(c), tc.why)
				}
			}
			f.wrote(t, 0, 0, 0)
		})
	}
}

// What was left alone while it stood in part is asked when the shop cancels
// the whole order.
func TestWholeAfterPart(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.lampAndShade(1042, map[string]int{"l1": 1}, numberA)
	w.knock(id)
	w.quiet()
	w.status(state.Held)
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventIgnore, By: state.ByCLI})
	must(t, err)
	w.knock(id)
	w.quiet()
	w.status(state.Ignored) // as decided
	f.change(id, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(id)
	w.quiet()
	all := w.cases()
	if len(all) != 3 || all[1].Status != state.Requested || w.site.clicks(numberA) != 1 {
		t.Errorf("cases %+v", all)
	}
	if all[2].Status != state.Unmapped || all[2].Lines[0].ID != "l2" { // no number is known of the shade
		t.Errorf("cases %+v", all)
	}
}

func TestLinesThatComeBack(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.lampAndShade(1042, map[string]int{"l1": 1}, numberA)
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) { o.Gone = map[string]int{} })
	w.knock(id)
	w.quiet()
	w.status(state.Ignored)
	f.change(id, func(o *shop.Order) { o.Gone = map[string]int{"l1": 2} })
	w.knock(id)
	w.quiet()
	if all := w.cases(); len(all) != 2 || all[1].Status != state.Requested {
		t.Errorf("cases %+v", all)
	}
}

// A request about some lines only asks their supplier; the shop's order is
// left to a person, as it cannot be cancelled in part.
func TestRequestForSomeLines(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	id := f.asks(1042, false, numberA, numberB)
	w.knock(id)
	w.quiet()
	if got := w.statuses(); got[numberA] != state.Requested || len(got) != 1 {
		t.Fatalf("cases %v", got)
	}
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestOpen, "cancels whole orders only")
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventApprove, By: state.ByCLI})
	if refused, ok := errors.AsType[*machine.RefusedError](err); !ok || !strings.Contains(refused.Why, "only some lines") {
		t.Errorf("approved: %v", err)
	}
	f.change(id, func(o *shop.Order) {
		o.Edits[0].Status = shop.EditResolved
		o.Gone, o.GoneAt, o.Left = map[string]int{"l1": 2}, f.clock.Now(), map[string]int{"l2": 1}
	})
	w.knock(id)
	w.settle()
	w.wantRequest(id, state.RequestDone, "by a person")
	f.wrote(t, 0, 0, 0)
}

// The merchant cancels while the suppliers are asked.
func TestCancelledInTheShopMeanwhile(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Supplier[0].Lines = nil })
	w.site.orders[numberA].Lines = []state.Line{{Quantity: 3}}
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(id)
	w.settle()
	w.wantRequest(id, state.RequestDone, "was cancelled")
	f.wrote(t, 0, 1, 0)
	w.answers(refuses, numberA)
	w.status(state.Refused) // an ordinary case from then on
	f.wrote(t, 0, 1, 0)
}

func TestFlowAsks(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.cancelled(1042, w.clock.Now(), numberA)
	f.change(id, func(o *shop.Order) { o.CancelledAt = time.Time{} })
	w.knock(id)
	w.quiet()
	if all := w.cases(); len(all) != 0 {
		t.Fatalf("an order that stands has cases: %+v", all)
	}
	_, err := w.e.Knock(context.Background(), state.Knock{Shop: "mystore", OrderID: id, Source: "flow", Topic: shop.FlowTopic("fraud")})
	must(t, err)
	w.quiet()
	w.status(state.Requested)
	w.answers(closes, numberA)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	if o := f.orders[id]; o.Reason != "fraud" {
		t.Errorf("cancelled because of %q", o.Reason)
	}
}

func TestRefusalLeftOpen(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, func(o *casesync.Options) {
		s := o.Shops["mystore"]
		s.First.Decline = false
		o.Shops["mystore"] = s
	})
	w.site.add(numberA)
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.Lines, o.Edits[0].Removals = o.Lines[:1], o.Edits[0].Removals[:1] })
	w.knock(id)
	w.quiet()
	w.answers(refuses, numberA)
	w.wantRequest(id, state.RequestOpen, "left open until")
	f.wrote(t, 0, 0, 0)
	_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: state.EventIgnore, By: state.ByCLI})
	must(t, err)
	w.until("the customer is told", func() bool { return w.request(id).Status == state.RequestDeclined })
	f.wrote(t, 0, 0, 1)
}

// A request without a number waits for one.
func TestRequestUnmapped(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	id := f.asks(1042, true)
	w.knock(id)
	w.quiet()
	w.status(state.Unmapped)
	w.mapped("#1042", numberA)
	w.quiet()
	w.status(state.Requested)
	w.answers(closes, numberA)
	w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
	w.settle()
	f.wrote(t, 1, 1, 0)
}

// A crash around the shop's cancel: it is looked at before it is sent again.
func TestCrashAroundTheShopsCancel(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"shop cancel stored", "shop cancel sent"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			died := make(chan struct{})
			var once sync.Once
			w, f := firstWorld(t, func(o *casesync.Options) {
				o.Crash = func(p string) {
					if p == point {
						once.Do(func() { close(died); runtime.Goexit() })
					}
				}
			})
			w.site.add(numberA)
			id := f.cancelled(1042, w.clock.Now(), numberA)
			f.change(id, func(o *shop.Order) { o.CancelledAt = time.Time{}; o.Tags = []string{"cancel-requested"} })
			w.knock(id)
			w.until("it is asked", func() bool { all := w.cases(); return len(all) == 1 && all[0].Status == state.Requested })
			w.site.set(func() { w.site.orders[numberA].close() })
			w.clock.add(30 * time.Minute)
			w.until("the engine died", func() bool {
				select {
				case <-died:
					return true
				default:
					return false
				}
			})
			w.stop(w.e)
			o := w.options()
			o.Shops["mystore"] = casesync.Shop{Edge: f, Writer: f, Account: lane, First: casesync.SupplierFirst{Enabled: true, Tag: "cancel-requested", Refund: shop.RefundNone}}
			w.start(o)
			w.pass(3 * time.Minute)
			w.until("the shop is cancelled", func() bool { return w.request(id).Status == state.RequestDone })
			f.wrote(t, 1, 0, 0)
		})
	}
}

// What cannot be shown in the shop holds nothing up, and in observe nothing is
// written there at all.
func TestWriteBackNeverBlocks(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]machine.Mode{"failing": machine.Auto, "observing": machine.Observe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t, func(o *casesync.Options) { o.Policy.Mode = mode })
			w.site.add(numberA)
			id := f.cancelled(1042, w.clock.Now(), numberA)
			f.set(func() { f.fail = &shop.Error{Kind: shop.Unavailable, Op: "tag"} })
			w.knock(id)
			w.quiet()
			w.pass(time.Hour)
			for range 8 {
				w.pass(time.Hour)
			}
			if mode == machine.Auto {
				w.requestedOnce(numberA)
				f.set(func() { f.fail = nil })
				w.answers(closes, numberA)
				w.pass(3 * time.Hour)
				w.settle()
				if got := f.tags(id); !slices.Equal(got, []string{"countermand:cancelled"}) {
					t.Errorf("tags %q", got)
				}
				return
			}
			w.status(state.Held)
			f.set(func() { f.fail = nil })
			w.pass(time.Hour)
			if got := f.tags(id); len(got) > 0 || len(f.docs) > 0 {
				t.Errorf("observing wrote %q, %v", got, f.docs)
			}
		})
	}
}

// Lines by SKU become the shop's own, with the file's quantity where it has one.
func TestImportedLines(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 2}}
	w.site.add(numberB).Lines = []state.Line{{Quantity: 1}}
	_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
		"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "LAMP"}}}, {SupplierOrder: numberB, Lines: []state.Line{{SKU: "SHADE", Quantity: 1}}}},
	}, "ann")
	must(t, err)
	id := f.lampAndShade(1042, map[string]int{"l1": 2})
	f.change(id, func(o *shop.Order) {
		o.Lines = slices.Clone(o.Lines)
		o.Lines[0].SKU, o.Lines[1].SKU = "LAMP", "SHADE"
	})
	w.knock(id)
	w.quiet()
	all := w.cases()
	if len(all) != 1 || all[0].SupplierOrder != numberA || all[0].Status != state.Requested || state.ItemCount(all[0].Lines) != 2 || all[0].Lines[0].ID != "l1" {
		t.Errorf("cases %+v", all)
	}
}

func TestImportedNumbers(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	refused, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
		"#1042": {{SupplierOrder: numberA, Lines: lines}}, "#1043": {{SupplierOrder: numberB}}, "1044": {{SupplierOrder: numberA}},
	}, "ann")
	must(t, err)
	if len(refused) != 0 {
		t.Errorf("refused %v", refused)
	}
	w.cancelled(1042)
	if c := w.one(); c.SupplierOrder != numberA || c.MappedBy != "import" || c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "1044") {
		t.Errorf("case %+v", c) // two orders name the number
	}
	w.cancelled(1043, numberB)
	if got := w.statuses(); got[numberB] != state.Requested {
		t.Errorf("cases %v", got)
	}
	// What a person said stands; what the order says and the file does not is in doubt.
	w.mapped("#1045", numberB)
	refused, err = w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{"#1045": {{SupplierOrder: numberA}}, "#1046": {{SupplierOrder: "8190000000000009"}}}, "ann")
	must(t, err)
	if len(refused) != 1 || !strings.Contains(refused["#1045"], "map set") {
		t.Errorf("refused %v", refused)
	}
	w.knock(f.cancelled(1046, w.clock.Now(), "8190000000000008"))
	w.quiet()
	if got := w.statuses(); got["8190000000000008"] != state.Held {
		t.Errorf("cases %v", got)
	}
}

// pen writes to suppliers and remembers what it wrote.
type pen struct {
	mu     sync.Mutex
	sent   []string
	fail   int
	tries  int
	result supplier.MessageOutcome
}

func (p *pen) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.fail > 0 {
		p.fail--
		return supplier.MessageResult{}, &supplier.Error{Kind: supplier.Unreachable, Op: "write"}
	}
	if err := req.Guard(state.Reading{Number: req.Number}); err != nil {
		return supplier.MessageResult{}, err
	}
	if p.result == supplier.MessageUnknown {
		return supplier.MessageResult{Outcome: p.result, Detail: "an odd page"}, nil
	}
	if err := req.Dispatch(ctx); err != nil {
		return supplier.MessageResult{}, err
	}
	for _, text := range req.Texts {
		if !slices.Contains(p.sent, text) {
			p.sent = append(p.sent, text)
		}
	}
	if p.result == supplier.MessageUnclear { // they stand there, but that was not seen
		p.result = ""
		return supplier.MessageResult{Outcome: supplier.MessageUnclear, Detail: "lost"}, nil
	}
	return supplier.MessageResult{Outcome: supplier.MessageSent, Detail: "seen there", Evidence: []string{"chat.png"}}, nil
}

func TestSupplierIsTold(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*pen{"at once": {}, "after failures": {fail: 2}, "unclear": {result: supplier.MessageUnclear}, "an odd page": {result: supplier.MessageUnknown}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			odd, unclear := p.result == supplier.MessageUnknown, p.result == supplier.MessageUnclear
			n := 0
			w, _ := firstWorld(t, func(o *casesync.Options) {
				o.Policy.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true, state.EffectMessageRefusal: true}
				a := o.Accounts[lane]
				a.Messenger = p
				o.Accounts[lane] = a
				o.Texts = func(k state.EffectKind, c state.Case) ([]string, error) {
					n++
					return []string{fmt.Sprintf("%s %s, wording %d", k, c.SupplierOrder, n)}, nil
				}
			})
			w.site.add(numberA)
			w.cancelled(1042, numberA)
			for range 5 {
				w.pass(3 * time.Minute)
			}
			if c := w.one(); odd != (c.MessagedAt[state.EffectMessageRequest].IsZero()) {
				t.Errorf("told %v", c.MessagedAt)
			}
			w.answers(refuses, numberA)
			w.pass(time.Minute)
			c := w.one()
			if odd || unclear {
				if len(w.alerts(machine.AlertMessageUnsent)) == 0 {
					t.Error("nobody heard that nothing was written")
				}
				if journal := fmt.Sprint(w.journal(c.ID)); unclear && (p.tries != 2 || !strings.Contains(journal, "look before you write")) {
					t.Errorf("what may stand there was tried again: %d; journal %s", p.tries, journal)
				}
				return
			}
			if len(p.sent) != 2 || !strings.HasPrefix(p.sent[0], "message_request") || !strings.HasPrefix(p.sent[1], "message_refusal") || len(c.MessagedAt) != 2 {
				t.Errorf("sent %q, told %v", p.sent, c.MessagedAt)
			}
			if n != 2 {
				t.Errorf("worded %d times: a second wording would be sent beside the first", n)
			}
			journal := fmt.Sprint(w.journal(c.ID))
			if !strings.Contains(journal, "seen there") || !strings.Contains(journal, "chat.png") {
				t.Errorf("journal %s", journal)
			}
			w.clicked2(1)
		})
	}
}

func (w *world) clicked2(want int) {
	w.t.Helper()
	if n := w.site.clicks(numberA); n != want {
		w.t.Errorf("%d requests, want %d", n, want)
	}
}
