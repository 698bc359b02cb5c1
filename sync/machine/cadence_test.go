package machine

import (
	"testing"
	"time"

	"countermand/state"
)

// Cases that were asked at any time are looked at together, so that a sweep of
// the list serves them all; none waits much longer than its interval, and none
// is looked at again at once.
func TestChecksFallTogether(t *testing.T) {
	t.Parallel()
	base := time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)
	for _, age := range []struct {
		of, interval time.Duration
	}{{0, checkFresh}, {2 * time.Hour, checkDay}, {48 * time.Hour, checkQuiet}} {
		moments := map[time.Time]bool{}
		for n := range 50 {
			now := base.Add(time.Duration(n) * age.interval / 50)
			next := nextCheck(state.Case{Status: state.Requested, RequestedAt: now.Add(-age.of)}, now)
			if wait := next.Sub(now); wait < age.interval/2 || wait > age.interval*3/2 {
				t.Errorf("at %s, asked %s ago, the next check is in %s", now, age.of, wait)
			}
			moments[next] = true
		}
		if len(moments) != 2 {
			t.Errorf("asked %s ago: within an interval the next checks are set to %v, want two moments", age.of, moments)
		}
		for m := range moments {
			late := m.Add(age.interval / 3) // the sweep took its time
			if again := nextCheck(state.Case{Status: state.Requested, RequestedAt: late.Add(-age.of)}, late); !again.Equal(m.Add(age.interval)) {
				t.Errorf("a check at %s, done at %s, leads to one at %s", m, late, again)
			}
		}
	}
}

// Near a deadline an order is read oftener, and again afterwards as before.
func TestOftenNearADeadline(t *testing.T) {
	t.Parallel()
	asked := base.Add(-20 * day1)
	for _, tt := range []struct {
		c           state.Case
		clock       state.Clock
		near, usual time.Duration
	}{
		{state.Case{Status: state.Requested, RequestedAt: asked}, state.ClockShipWindowEnd, checkDay, checkQuiet},
		{state.Case{Status: state.Requested, RequestedAt: asked}, state.ClockAnswerDue, checkDay, checkQuiet},
		{state.Case{Status: state.Refused}, state.ClockProofDue, checkDay, checkProof},
		{state.Case{Status: state.Refused}, state.ClockDisputeCloses, checkQuiet, checkProof},
		{state.Case{Status: state.Cancelled}, state.ClockRefundDue, checkQuiet, checkSlow},
		{state.Case{Status: state.Disputable}, state.ClockDisputeCloses, checkQuiet, checkSlow},
		{state.Case{Status: state.Disputed}, state.ClockDisputeCloses, checkSlow, checkSlow}, // history
	} {
		for lead, want := range map[time.Duration]time.Duration{-2 * day1: tt.usual, -23 * time.Hour: tt.near, time.Hour: tt.near, 2 * day1: tt.usual} {
			c := tt.c
			c.Clocks = map[state.Clock]time.Time{tt.clock: base.Add(-lead)}
			if got := nextCheck(c, base).Sub(base); got > want || got < want/2 {
				t.Errorf("%s, %s of %s: read again after %s, want about %s", c.Status, lead, tt.clock, got, want)
			}
		}
	}
}
