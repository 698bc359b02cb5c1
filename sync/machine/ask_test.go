package machine

import (
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

var (
	begun  = reach[state.Requesting]
	marked = then(begun, []step{{ev: plain(state.EventDispatching), to: state.Requesting, check: has("the call that asks is about to leave")}})
)

// inDoubt is a step after which only readings decide.
func inDoubt(ev state.Event) step {
	return step{after: time.Minute, ev: ev, to: state.Requesting, raised: AlertDoubt, plans: "read:detail", check: func(t expect, c state.Case, _ Outcome) {
		if c.Attempt.DispatchedAt.IsZero() || !c.Attempt.StartedAt.IsZero() || c.DueAt.IsZero() {
			t.Errorf("attempt %+v due %s; want a mark, no running attempt and a next reading", c.Attempt, c.DueAt)
		}
	}}
}

// again is an attempt that may simply be done again.
func again(ev state.Event) step {
	return step{ev: ev, to: state.Queued, plans: "request", check: func(t expect, c state.Case, out Outcome) {
		if a := c.Attempt; !a.StartedAt.IsZero() || !a.DispatchedAt.IsZero() || !a.NoticeAt().IsZero() || len(a.Calls()) > 0 || !c.RequestedAt.IsZero() {
			t.Errorf("attempt %+v, requested %s; want nothing left of it", c.Attempt, c.RequestedAt)
		}
	}}
}

func held(ev state.Event, unsure bool) step {
	return step{ev: ev, to: state.Held, raised: AlertHeld, check: func(t expect, c state.Case, _ Outcome) {
		if c.NumberUnsure != unsure || len(c.Findings) == 0 {
			t.Errorf("unsure %t because of %q, want unsure %t", c.NumberUnsure, HeldWhy(c), unsure)
		}
	}}
}

func heldAndRead(ev state.Event, unsure bool) step {
	s := held(ev, unsure)
	s.plans = "read:detail"
	return s
}

func failure(kind supplier.Kind) state.Event {
	ev := ends(state.AskFailed, nil)
	ev.Asked.Kind = string(kind)
	return ev
}

func otherNumber(r *state.Reading) { r.Number = "8190000000000099" }

func shippedOn(t time.Time) mod { return func(r *state.Reading) { r.ShippedAt = t } }

var askingStories = []scenario{
	{name: "pending", steps: then(marked, []step{
		{after: time.Minute, ev: ends(state.AskPending, look(state.PhasePending, func(r *state.Reading) { r.RequestedAt = base.Add(30 * time.Second) })), to: state.Requested,
			check: func(t expect, c state.Case, out Outcome) {
				if !c.RequestedAt.Equal(base.Add(30*time.Second)) || !c.PendingSeen || !c.Clocks[state.ClockUnasked].IsZero() {
					t.Errorf("requested at %s, seen %t, clocks %v", c.RequestedAt, c.PendingSeen, c.Clocks)
				}
				has("reason “changed my mind”")(t, c, out)
				clockAt(state.ClockAnswerDue, base.Add(72*time.Hour+30*time.Second))(t, c, out)
				clockAt(state.ClockShipWindowEnd, day(11, 11, 16))(t, c, out)
			}},
	})},
	{name: "a request that stands already", steps: then(begun, []step{
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.RequestedAt.Equal(base) {
				t.Errorf("requested at %s, want the time of the reading", c.RequestedAt)
			}
		}},
	})},
	{name: "closed", steps: then(marked, []step{{ev: ends(state.AskClosed, look(state.PhaseClosed)), to: state.Cancelled}})},
	{name: "closed before", steps: then(begun, []step{{ev: ends(state.AskClosed, look(state.PhaseClosed)), to: state.Cancelled}})},
	{name: "pending without a reading", steps: then(begun, []step{again(ends(state.AskPending, nil))})},
	{name: "pending, which the reading does not show", steps: then(marked, []step{inDoubt(ends(state.AskPending, look(state.PhaseProcessing)))})},
	{name: "closed, which the reading does not show", steps: then(marked, []step{inDoubt(ends(state.AskClosed, look(state.PhaseUnknown)))})},
	{name: "shipped, which no reading shows", steps: then(begun, []step{again(ends(state.AskShipped, nil))})},
	{name: "picked up", steps: then(marked, []step{
		{after: time.Minute, ev: ends(state.AskPickedUp, look(state.PhaseProcessing)), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: func(t expect, c state.Case, _ Outcome) {
			if !c.AnsweredAt.Equal(base.Add(time.Minute)) || !c.RequestedAt.IsZero() {
				t.Errorf("answered %s, requested %s", c.AnsweredAt, c.RequestedAt)
			}
		}},
	})},
	{name: "picked up before we asked", steps: then(marked, []step{
		{ev: ends(state.AskPickedUp, look(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Hour))))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "picked up without a reading", steps: then(begun, []step{
		{ev: ends(state.AskPickedUp, nil), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
	})},
	{name: "shipped before it could be asked", steps: then(begun, []step{
		{ev: ends(state.AskShipped, look(state.PhaseShipped)), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: has("before it could be asked")},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Second)))), to: state.Shipped, raised: AlertShipped, check: has("it left before we asked (2026-11-03 10:00 UTC)")},
	})},
	{name: "shipped after the first attempt", steps: then(begun, []step{
		{ev: ends(state.AskShipped, look(state.PhaseShipped)), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(time.Minute)))), to: state.Disputable, raised: AlertDisputable, check: has("it left after the first attempt to ask")},
	})},
	{name: "shipped after the mark", steps: then(marked, []step{inDoubt(ends(state.AskShipped, look(state.PhaseShipped)))})},
	{name: "not offered", steps: then(begun, []step{
		again(ends(state.AskNotOffered, look(state.PhaseRiskHold))),
		{after: 30 * time.Minute, ev: plain(state.EventBegin), to: state.Requesting, check: func(t expect, c state.Case, _ Outcome) {
			if c.Attempt.Tries != 2 || !c.Attempt.FirstAt.Equal(base) {
				t.Errorf("attempt %+v, want a second one and the first one's time", c.Attempt)
			}
		}},
	})},
	{name: "not offered after the mark", steps: then(marked, []step{inDoubt(ends(state.AskNotOffered, nil))})},
	{name: "wrong order", steps: then(begun, []step{held(ends(state.AskWrongOrder, nil), true)})},
	{name: "wrong order by its reading", steps: then(begun, []step{held(ends(state.AskNotOffered, look(state.PhaseProcessing, otherNumber)), true)})},
	{name: "wrong order after the mark", steps: then(marked, []step{held(ends(state.AskUnclear, look(state.PhaseProcessing, otherNumber)), true)})},
	{name: "wrong order claimed after the mark", steps: then(marked, []step{inDoubt(ends(state.AskWrongOrder, nil))})},
	{name: "an unknown page", steps: then(begun, []step{heldAndRead(ends(state.AskUnknown, nil), false)})},
	{name: "an unknown page after the mark", steps: then(marked, []step{inDoubt(ends(state.AskUnknown, nil))})},
	{name: "observed", steps: then(begun, []step{held(ends(state.AskObserved, look(state.PhaseProcessing)), false)})},
	{name: "observed after the mark", steps: then(marked, []step{inDoubt(ends(state.AskObserved, nil))})},
	{name: "failed", steps: then(begun, []step{again(failure(supplier.Unreachable))})},
	{name: "failed after the mark", steps: then(marked, []step{inDoubt(failure(supplier.Browser))})},
	{name: "unclear", steps: then(marked, []step{inDoubt(ends(state.AskUnclear, nil))})},
	{name: "unclear without a mark", steps: then(begun, []step{again(ends(state.AskUnclear, look(state.PhaseProcessing)))})},
	{name: "an outcome of no kind", steps: then(begun, []step{again(ends("odd", nil))})},
	{name: "no outcome", steps: then(begun, []step{{ev: plain(state.EventAttemptEnded), refused: "no outcome"}})},
	{name: "an account that does not show the order", steps: then(begun, []step{
		again(failure(supplier.NotFound)), {ev: plain(state.EventBegin), to: state.Requesting},
		again(failure(supplier.NotFound)), {ev: plain(state.EventBegin), to: state.Requesting},
		held(failure(supplier.NotFound), true),
	})},
	{name: "interrupted before the mark", steps: then(begun, []step{again(plain(state.EventInterrupted))})},
	{name: "interrupted after the mark", steps: then(marked, []step{inDoubt(plain(state.EventInterrupted))})},
	{name: "two calls of one attempt carry one mark", steps: then(marked, []step{
		{after: time.Minute, ev: plain(state.EventDispatching), to: state.Requesting, check: func(t expect, c state.Case, out Outcome) {
			if !c.Attempt.DispatchedAt.Equal(base) || len(out.Entries) > 0 {
				t.Errorf("mark moved to %s", c.Attempt.DispatchedAt)
			}
		}},
	})},
	{name: "no mark without an attempt", steps: then(marked, []step{
		inDoubt(plain(state.EventInterrupted)),
		{ev: plain(state.EventDispatching), refused: "no attempt runs"},
	})},
	{name: "a pause stops the call", steps: then(begun, []step{
		{ev: decision(state.EventPause, nil), to: state.Requesting},
		{ev: plain(state.EventDispatching), refused: "paused"},
		{ev: failure(supplier.Browser), to: state.Queued},
		{ev: plain(state.EventBegin), refused: "paused"},
		{ev: decision(state.EventResume, nil), to: state.Queued, plans: "request"},
	})},
	{name: "what stands at the supplier already is taken over", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhasePending), to: state.Requested, check: drops(state.EffectRequest)},
	})},
	{name: "what is closed already needs no request", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseClosed), to: state.Cancelled, check: drops(state.EffectRequest)},
	})},
	{name: "what is shipped already needs no request", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseProcessing), to: state.Queued},
		{ev: reads(state.PhaseShipped, shippedOn(base.Add(-time.Hour))), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: drops(state.EffectRequest)},
		{after: day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Hour)))), to: state.Shipped, raised: AlertShipped},
	})},
}

func drops(kind state.EffectKind) func(expect, state.Case, Outcome) {
	return func(t expect, _ state.Case, out Outcome) {
		t.Helper()
		for _, d := range out.Drops {
			if d == kind {
				return
			}
		}
		t.Errorf("drops %v, want %s among them", out.Drops, kind)
	}
}

func TestAsking(t *testing.T) { t.Parallel(); playAll(t, askingStories) }

func TestBackOffGrowsToAnHour(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for tries := range 40 {
		got := Backoff(tries)
		if got < last || got < time.Minute || got > time.Hour {
			t.Errorf("try %d waits %s after %s", tries, got, last)
		}
		last = got
	}
	if last != time.Hour {
		t.Errorf("never waits an hour, but %s", last)
	}
}
