package sync

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countermand/state"
	"countermand/state/statetest"
	"countermand/sync/machine"
)

// backlogged is a lane with due work and nobody who does it.
func backlogged(t *testing.T, now time.Time) *lane {
	t.Helper()
	return &lane{e: &Engine{o: Options{Store: statetest.Open(t), Now: func() time.Time { return now }}}, name: "main"}
}

// put plans work, each of a case of its own, and gives its ids.
func (l *lane) put(t *testing.T, works ...work) (ids []string) {
	t.Helper()
	err := l.e.o.Store.Update(context.Background(), func(tx state.Tx) error {
		ids = nil
		for i, w := range works {
			c := w.c
			c.ID, c.Shop, c.ShopOrder, c.ShopOrderID = fmt.Sprintf("01CASE%05d", i), "mystore", fmt.Sprint("#", i), fmt.Sprint("gid://", i)
			c.Account, c.SupplierOrder, c.OpenedAt = "main", fmt.Sprint(8190000000000000+i), base
			if c.Status != state.StatusStart { // else it cannot be read
				if _, err := tx.PutCase(c); err != nil {
					return err
				}
			}
			f := state.Effect{ID: state.EffectID(c.ID, w.kind), CaseID: c.ID, Kind: w.kind, State: state.EffectPlanned, Lane: "main", Depth: state.DepthTracking, NotBefore: w.since, PlannedAt: w.since}
			if _, err := tx.PutEffect(f); err != nil {
				return err
			}
			ids = append(ids, f.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

type work struct {
	c     state.Case
	kind  state.EffectKind
	since time.Time
}

func readOf(c state.Case, since time.Time) work { return work{c, state.EffectRead, since} }

func dueBy(s state.Status, k state.Clock, at time.Time) state.Case {
	return state.Case{Status: s, Clocks: map[state.Clock]time.Time{k: at}}
}

// A request is found behind any number of readings that are due for longer.
func TestRequestBehindManyReadings(t *testing.T) {
	t.Parallel()
	l := backlogged(t, base)
	works := make([]work, readBatch+50, readBatch+51)
	for i := range works {
		works[i] = readOf(state.Case{Status: state.Refused}, base.Add(-time.Hour))
	}
	ids := l.put(t, append(works, work{state.Case{Status: state.Queued}, state.EffectRequest, base})...)
	if all, err := l.pick(context.Background(), ids, len(ids), fairReads, 0); err != nil || len(all) != len(ids) {
		t.Errorf("%d of %d are picked: %v", len(all), len(ids), err)
	}
	if got := l.picks(t); got[0] != ids[len(ids)-1] || !l.askDue(context.Background()) {
		t.Errorf("of %d due effects %s comes first, and requests are due: %t", len(ids), got[0], l.askDue(context.Background()))
	}
}

// picks gives the ids of what would be done now.
func (l *lane) picks(t *testing.T) (ids []string) {
	t.Helper()
	got, _, err := l.next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range got {
		ids = append(ids, f.ID)
	}
	return ids
}

// What can still be missed is read first, what waits for nothing last.
func TestIdleIsReadLast(t *testing.T) {
	t.Parallel()
	now := base.Add(60 * day1)
	soon := dueBy(state.Refused, state.ClockProofDue, now.Add(2*time.Hour))
	soon.ShopOrderedAt = now.Add(-9 * day1)
	read := func(c state.Case) state.Case {
		c.DetailAt, c.ShopOrderedAt = now.Add(-time.Hour), base
		return c
	}
	for name, idle := range map[string]state.Case{
		"disputed":                {Status: state.Disputed, ShopOrderedAt: base},
		"refund long overdue":     read(dueBy(state.Cancelled, state.ClockRefundDue, base.Add(30*day1))),
		"overdue and not read":    dueBy(state.Cancelled, state.ClockRefundDue, base.Add(30*day1)),
		"dispute long possible":   dueBy(state.Disputable, state.ClockDisputeOpens, base.Add(10*day1)),
		"a window of its own":     dueBy(state.Requested, state.ClockShipWindowEnd, now.Add(3*time.Hour)),
		"a guessed window passed": {Status: state.Queued, ShopOrderedAt: base},
	} {
		if deadlineOf(idle, now).Before(deadlineOf(soon, now)) {
			t.Errorf("%s (%s) is read before a proof that is due in two hours (%s)", name, machine.Stamp(deadlineOf(idle, now)), machine.Stamp(deadlineOf(soon, now)))
		}
	}
	passed, later := dueBy(state.Refused, state.ClockProofDue, now.Add(-day1)), dueBy(state.Disputable, state.ClockDisputeCloses, now.Add(30*day1))
	for _, pair := range [][2]state.Case{{passed, later}, {later, {Status: state.Disputed}}, {{Status: state.Queued, ShopOrderedAt: base}, later}} {
		if !deadlineOf(pair[0], now).Before(deadlineOf(pair[1], now)) {
			t.Errorf("%+v (%s) is not before %+v (%s)", pair[0], machine.Stamp(deadlineOf(pair[0], now)), pair[1], machine.Stamp(deadlineOf(pair[1], now)))
		}
	}
}

// A stream of what is urgent leaves a place for what waits longest, among
// readings and among requests.
func TestNothingWaitsForEver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind  state.EffectKind
		s     state.Status
		clock state.Clock
		turns int // of picking one
	}{
		{state.EffectRead, state.Refused, state.ClockProofDue, 1},
		{state.EffectRequest, state.Queued, state.ClockShipWindowEnd, askRun},
		{state.EffectMessageRefusal, state.Refused, state.ClockProofDue, askRun},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			t.Parallel()
			l := backlogged(t, base)
			works := []work{{state.Case{Status: tt.s, ShopOrderedAt: base}, tt.kind, base.Add(-day1)}}
			for range 20 {
				works = append(works, work{dueBy(tt.s, tt.clock, base.Add(time.Hour)), tt.kind, base})
			}
			first := l.put(t, works...)[0]
			for turn := 1; ; turn++ {
				got := l.picks(t)
				if tt.turns == 1 && got[0] != first && got[fairReads-1] == first || tt.turns == turn && got[0] == first {
					return
				}
				if got[0] == first || turn >= tt.turns {
					t.Fatalf("turn %d of %d: %q first, and what waits longest is %s", turn, tt.turns, got[0], first)
				}
				l.asked++
			}
		})
	}
}

// Work of a case that cannot be read holds nothing up.
func TestWorkWithoutACaseIsLeftOut(t *testing.T) {
	t.Parallel()
	for asked := range 2 * askRun {
		l := backlogged(t, base)
		ids := l.put(t, work{kind: state.EffectRequest, since: base.Add(-time.Hour)}, work{kind: state.EffectRead, since: base.Add(-time.Hour)}, readOf(state.Case{Status: state.Refused}, base))
		l.asked = asked
		if got := l.picks(t); len(got) != 1 || got[0] != ids[2] {
			t.Errorf("after %d requests: picks %q, want %s", asked, got, ids[2])
		}
	}
}

// TestMessagesComeAfterWhatCannotWait: requests, calls in doubt and deadlines; a
// regular check waits for a message.
func TestMessagesComeAfterWhatCannotWait(t *testing.T) {
	t.Parallel()
	message := work{state.Case{Status: state.Requested}, state.EffectMessageRequest, base.Add(-time.Hour)}
	for name, tt := range map[string]struct {
		other   work
		message bool // it comes first
	}{
		"a request":               {other: work{state.Case{Status: state.Queued}, state.EffectRequest, base}},
		"a call in doubt":         {other: readOf(state.Case{Status: state.Requesting, ShopOrderedAt: base}, base)},
		"a window's last day":     {other: readOf(dueBy(state.Requested, state.ClockShipWindowEnd, base.Add(3*time.Hour)), base)},
		"a proof that is due":     {other: readOf(dueBy(state.Refused, state.ClockProofDue, base.Add(-time.Minute)), base)},
		"a check":                 {other: readOf(dueBy(state.Requested, state.ClockShipWindowEnd, base.Add(3*day1)), base), message: true},
		"a check without a clock": {other: readOf(state.Case{Status: state.Disputed}, base), message: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for asked := range askRun {
				l := backlogged(t, base)
				ids := l.put(t, message, tt.other)
				l.asked = asked
				if got := l.picks(t); (got[0] == ids[0]) != tt.message {
					t.Errorf("after %d: %s comes first", asked, got[0])
				}
			}
			l := backlogged(t, base)
			l.put(t, message)
			if l.askDue(context.Background()) {
				t.Error("readings give way to a message")
			}
		})
	}
}

// TestAMessageLeavesRoomForARequest: the hour's budget is not written away.
func TestAMessageLeavesRoomForARequest(t *testing.T) {
	t.Parallel()
	l := backlogged(t, base)
	l.account.Room = func(n int) bool { return n <= messageCost+requestCost-1 }
	work := []job{{Effect: state.Effect{Kind: state.EffectMessageRequest}}}
	if worked, err := l.work(context.Background(), work, 1); worked || err != nil {
		t.Errorf("it is written: %v, %v", worked, err)
	}
}
