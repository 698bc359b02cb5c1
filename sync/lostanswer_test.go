package sync_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// answering is a client whose call the site answers, and whose page shows nothing of it.
type answering struct {
	*client
	said state.Said
	// told is called once the answer is in.
	told func()
	asks int
	kind supplier.Kind // of what stops the account
}

func (c *answering) Cancel(ctx context.Context, req supplier.CancelRequest) (state.AttemptResult, error) {
	defer c.enter()()
	r, err := c.look(req.Number)
	if err != nil {
		return state.AttemptResult{}, err
	}
	if err := errors.Join(req.Guard(r), req.Dispatch(ctx)); err != nil {
		return state.AttemptResult{Outcome: state.AskFailed, Detail: err.Error(), Reading: &r}, nil
	}
	c.asks++
	if c.told != nil {
		c.told()
	}
	return state.AttemptResult{Outcome: state.AskUnclear, Kind: string(c.kind), Said: c.said, SaidWords: "as the site says", Reading: &r}, nil
}

// TestAnAnswerOutlivesADiskThatFails: what the site answered is not forgotten
// because the disk did not take it at once, else a "no" would be taken for no
// answer, and asked again.
func TestAnAnswerOutlivesADiskThatFails(t *testing.T) {
	t.Parallel()
	for said, want := range map[state.Said]state.Status{
		state.SaidNo: state.Refused, state.SaidYes: state.Requested, state.SaidUnclear: state.Held, state.SaidAsked: state.Held,
	} {
		t.Run(string(said), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA)
			o := w.options()
			store := &brittle{Store: w.store}
			o.Store = store
			c := &answering{client: &client{site: w.site, t: t}, said: said, told: func() {
				bad := w.caseOf(numberA).ID
				store.bad.Store(&bad)
			}}
			a := o.Accounts[lane]
			a.Client = c
			o.Accounts[lane] = a
			w.start(o)
			w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
			w.until("its end cannot be stored", func() bool { return store.bad.Load() != nil && w.idle() })
			c.told = nil
			store.bad.Store(nil)
			for range 2 {
				w.pass(time.Minute)
			}
			steps := 0
			for w.one().Status == state.Requesting && steps < 20 {
				w.pass(5 * time.Minute)
				steps++
			}
			w.pass(time.Minute)
			got := w.one()
			if got.Status != want || c.asks != 1 {
				t.Errorf("%s after %d calls (%s), want %s after one", got.Status, c.asks, machine.HeldWhy(got), want)
			}
			if calls := got.Attempt.Calls(); len(calls) != 1 || calls[0].Said != said {
				t.Errorf("calls %+v", calls)
			}
		})
	}
}

// TestAChallengeAfterTheMarkStopsTheAccount: the case goes by what was answered,
// and no other order is asked there.
func TestAChallengeAfterTheMarkStopsTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	o := w.options()
	c := &answering{client: &client{site: w.site, t: t}, said: state.SaidGateway, kind: supplier.Challenged}
	a := o.Accounts[lane]
	a.Client = c
	o.Accounts[lane] = a
	w.start(o)
	w.knock(w.edge.cancelled(1042, w.clock.Now(), numberA))
	w.knock(w.edge.cancelled(1043, w.clock.Now(), numberB))
	w.until("the account rests", func() bool { return len(w.cases()) == 2 && w.account().State != state.AccountReady })
	if got := w.account(); got.State != state.AccountChallenged || c.asks != 1 {
		t.Errorf("account %s after %d calls", got.State, c.asks)
	}
	if told := w.alerts(machine.AlertAccountChallenged); len(told) != 1 {
		t.Errorf("alerts %+v", told)
	}
}
