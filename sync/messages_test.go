package sync_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// chat is where a supplier is written to. The daemon dies over the first text.
type chat struct {
	mu     sync.Mutex
	stands []string
	sends  int
	looks  int
	died   chan struct{} // closed when it hangs
	before bool          // it dies before the text is sent
	masks  bool          // it shows texts otherwise than they were written
	blind  error         // looks answer with it
}

func (c *chat) Message(ctx context.Context, req supplier.MessageRequest) (supplier.MessageResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks++; c.blind != nil && c.sends > 0 {
		return supplier.MessageResult{}, c.blind
	}
	for _, text := range c.stands {
		if text == req.Texts[0] {
			return supplier.MessageResult{Outcome: supplier.MessageAlready, Detail: "seen there"}, nil
		}
	}
	if req.Observe {
		return supplier.MessageResult{Outcome: supplier.MessageObserved, Detail: "would send"}, nil
	}
	if err := req.Dispatch(ctx); err != nil {
		return supplier.MessageResult{Outcome: supplier.MessageFailed, Detail: err.Error()}, nil
	}
	if !c.before {
		c.sends++
		if c.stands = append(c.stands, req.Texts[0]); c.masks {
			c.stands[len(c.stands)-1] = "please cancel ***"
		}
	}
	select {
	case <-c.died:
		return supplier.MessageResult{Outcome: supplier.MessageSent}, nil
	default:
	}
	close(c.died)
	<-ctx.Done()
	return supplier.MessageResult{}, ctx.Err()
}

// TestMessageInterruptedByACrashIsNotSentAgain: a message that the daemon died over, after its mark, is
// looked for and never sent again: the site may show it otherwise than it was
// written. What is not found is a person's.
func TestMessageInterruptedByACrashIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		chat   *chat
		sends  int
		paused bool
		told   bool // a person is to look
	}{
		"it stands there":              {chat: &chat{}, sends: 1},
		"shown otherwise":              {chat: &chat{masks: true}, sends: 1, told: true},
		"not sent yet":                 {chat: &chat{before: true}, told: true},
		"the page cannot be read":      {chat: &chat{blind: errors.New("no page")}, sends: 1, told: true},
		"paused meanwhile":             {chat: &chat{}, sends: 1, paused: true, told: true},
		"paused meanwhile, not found":  {chat: &chat{masks: true}, sends: 1, paused: true, told: true},
		"the session is gone for long": {chat: &chat{blind: &supplier.Error{Kind: supplier.UnknownPage}}, sends: 1, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			tt.chat.died = make(chan struct{})
			o := w.options()
			o.Policy.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true}
			o.Texts = func(state.EffectKind, state.Case) ([]string, error) {
				return []string{"please cancel 8190000000000001"}, nil
			}
			a := o.Accounts[lane]
			a.Messenger = tt.chat
			o.Accounts[lane] = a
			first := w.start(o)
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			<-tt.chat.died
			w.stop(first)
			if tt.paused {
				o.Accounts[lane] = casesync.Account{Supplier: a.Supplier, Client: a.Client, CoolDown: coolDown} // nobody writes while the person decides
				second := w.start(o)
				decide := func(k state.EventKind) {
					_, err := w.e.Decide(context.Background(), w.one().ID, state.Event{Kind: k, By: state.ByCLI, Who: "ann"})
					must(t, err)
				}
				decide(state.EventPause)
				w.pass(time.Minute)
				decide(state.EventResume)
				w.stop(second)
				o.Accounts[lane] = a
			}
			w.start(o)
			for range 6 {
				w.pass(10 * time.Minute)
			}
			c := w.one()
			if _, told := c.MessagedAt[state.EffectMessageRequest]; !told {
				t.Errorf("it may be written later: %+v", c.MessagedAt)
			}
			if got := len(w.alerts(machine.AlertMessageUnsent)); (got == 1) != tt.told || got > 1 {
				t.Errorf("%d alerts, want a person told: %t", got, tt.told)
			}
			if tt.chat.sends != tt.sends {
				t.Errorf("sent %d times, want %d: %q", tt.chat.sends, tt.sends, tt.chat.stands)
			}
			if journal := w.journal(c.ID); tt.told != strings.Contains(journal[len(journal)-1].Detail, "look before you write it") && !tt.paused {
				t.Errorf("the journal ends with %+v", journal[len(journal)-1])
			}
		})
	}
}

// oddChat is a page for messages that is not understood, until it is.
type oddChat struct {
	mu    sync.Mutex
	looks int
	odd   error // nil: it is told as an outcome
	works bool
}

func (c *oddChat) looked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.looks
}

func (c *oddChat) Message(context.Context, supplier.MessageRequest) (supplier.MessageResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	switch {
	case c.works:
		return supplier.MessageResult{Outcome: supplier.MessageSent}, nil
	case c.odd != nil:
		return supplier.MessageResult{}, c.odd
	}
	return supplier.MessageResult{Outcome: supplier.MessageUnknown, Detail: "no field to write in is found"}, nil
}

// TestAnOddMessagePageIsTriedOnceADay: for all orders of the account together;
// whose message is not written meanwhile is told at once.
func TestAnOddMessagePageIsTriedOnceADay(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]error{"an outcome": nil, "an error": &supplier.Error{Kind: supplier.UnknownPage, Op: "write"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.options()
			o.Policy.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true}
			o.Texts = func(state.EffectKind, state.Case) ([]string, error) { return []string{"please cancel"}, nil }
			a, c := o.Accounts[lane], &oddChat{odd: odd}
			a.Messenger = c
			o.Accounts[lane] = a
			w.start(o)
			ask := func(i int, number string) {
				w.site.add(number)
				w.cancelled(i, number)
				w.quiet()
			}
			ask(1042, numberA)
			ask(1043, numberB)
			w.pass(23 * time.Hour)
			if got := len(w.alerts(machine.AlertMessageUnsent)); c.looked() != 1 || got != 2 {
				t.Errorf("looked %d times, told of %d messages; want one look and both told", c.looked(), got)
			}
			w.pass(2 * time.Hour)
			c.mu.Lock()
			c.works = true
			c.mu.Unlock()
			ask(1044, numberC)
			ask(1045, "8190000000000004")
			if got := c.looked(); got != 3 {
				t.Errorf("looked %d times after a day, want at both orders", got)
			}
			if got := len(w.alerts(machine.AlertMessageUnsent)); got != 2 {
				t.Errorf("told of %d messages, want those of the first day", got)
			}
		})
	}
}
