package machine

import (
	"slices"
	"testing"
	"time"

	"countermand/state"
)

const settle = 10 * time.Minute

// doubted stands in doubt a minute after base.
var doubted = then(marked, []step{inDoubt(plain(state.EventInterrupted))})

func doubtReads(n int) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Attempt.DoubtReads != n {
			t.Errorf("%d readings show it as never asked, want %d", c.Attempt.DoubtReads, n)
		}
		if c.DueAt.IsZero() {
			t.Errorf("is in doubt and never due")
		}
	}
}

// twoLooks are the two complete readings that decide; the second one does what last
// says.
func twoLooks(ev state.Event, last step) []step {
	last.after, last.ev = settle, ev
	return []step{{after: settle, ev: ev, to: state.Requesting, check: doubtReads(1)}, last}
}

// heldAfter are two readings after which a person decides.
func heldAfter(ev state.Event, check func(expect, state.Case, Outcome)) []step {
	return twoLooks(ev, step{to: state.Held, raised: AlertHeld, check: check})
}

// reasked is the doubt settled by two readings: asked once more.
var reasked = then(doubted, []step{
	{due: true, ev: plain(state.EventTick), to: state.Requesting, plans: "read:detail"},
	{ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
	{due: true, ev: plain(state.EventTick), to: state.Requesting, plans: "read:detail"},
	{ev: reads(state.PhaseProcessing), to: state.Queued, plans: "request", check: func(t expect, c state.Case, out Outcome) {
		if !c.Attempt.Reasked || !c.Attempt.DispatchedAt.IsZero() {
			t.Errorf("attempt %+v", c.Attempt)
		}
		if len(out.Resolved) != 1 {
			t.Errorf("resolved %q, want the doubt", out.Resolved)
		}
	}},
})

var doubtStories = []scenario{
	{name: "pending ends the doubt", steps: then(doubted, []step{
		{after: time.Minute, ev: reads(state.PhasePending), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.RequestedAt.Equal(base.Add(2*time.Minute)) || len(c.Raised) != 0 {
				t.Errorf("requested %s, open alerts %v", c.RequestedAt, c.Raised)
			}
		}},
	})},
	{name: "scanned before the request was seen, after a call in doubt", steps: then(doubted, []step{
		{after: 2 * time.Hour, ev: reads(state.PhasePending), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputable, raised: AlertDisputable + " " + AlertShippedAfter, check: has("a call that may have been a request")},
	})},
	{name: "scanned after a request that was in doubt", steps: then(doubted, []step{
		{after: 2 * time.Hour, ev: reads(state.PhasePending), to: state.Requested},
		{after: 2 * day1, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(day1)))), to: state.Disputable, raised: AlertDisputable + " " + AlertShippedAfter, check: has("it left after we asked")},
	})},
	{name: "scanned after a call in doubt, and no request was seen", steps: then(doubted, []step{
		{after: time.Hour, ev: reads(state.PhaseShipped), to: state.Requesting, check: doubtReads(1)},
		{after: time.Hour, ev: reads(state.PhaseShipped), to: state.Held, raised: AlertHeld},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1"))), to: state.Disputable, raised: AlertDisputable, check: func(t expect, c state.Case, out Outcome) {
			has("it left after a call that may have been a request")(t, c, out)
			if c.Flag != "scanned after a call that may have been a request: compare the dates" {
				t.Errorf("flag %q", c.Flag)
			}
		}},
	})},
	{name: "closed ends the doubt", steps: then(doubted, []step{{ev: reads(state.PhaseClosed), to: state.Cancelled}})},
	{name: "never asked, twice, is asked once more", steps: then(reasked, []step{
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested},
	})},
	{name: "doubted again it is held", steps: then(reasked, []step{
		{ev: plain(state.EventBegin), to: state.Requesting, check: doubtReadsLeft},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		inDoubt(ends(state.AskUnclear, nil)),
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request", check: func(t expect, c state.Case, _ Outcome) {
			if c.Attempt.Reasked || !c.Attempt.DispatchedAt.IsZero() {
				t.Errorf("attempt %+v, want a fresh one: a person decided", c.Attempt)
			}
		}},
	})},
	{name: "two readings too close count as one", steps: then(doubted, []step{
		{after: settle - time.Minute - time.Second, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(0)},
		{after: time.Second, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: settle - time.Second, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: time.Second, ev: reads(state.PhaseProcessing), to: state.Queued, plans: "request"},
	})},
	{name: "a reading from before the call says nothing", steps: then(doubted, []step{
		{ev: reads(state.PhaseProcessing, readAt(base.Add(-time.Second))), to: state.Requesting, check: doubtReads(0)},
		{ev: reads(state.PhasePending, readAt(base.Add(-time.Second))), to: state.Requesting},
	})},
	{name: "an incomplete page says nothing", steps: then(doubted, []step{
		{ev: reads(state.PhaseProcessing, incomplete), to: state.Requesting, check: doubtReads(0)},
		{after: settle, ev: reads(state.PhaseProcessing, incomplete), to: state.Requesting, check: doubtReads(0)},
	})},
	{name: "the list says nothing", steps: then(doubted, []step{
		{ev: reads(state.PhasePending, fromList), to: state.Requesting, check: doubtReads(0)},
	})},
	{name: "a page that could not be read says nothing", steps: then(doubted, []step{
		{ev: state.Event{Kind: state.EventReadFailed, Failure: &state.Failure{Kind: "unreadable"}}, to: state.Requesting, check: doubtReads(0)},
		{ev: plain(state.EventReadFailed), refused: "no failure"},
	})},
	{name: "no cancel button leaves the doubt to a person", steps: then(doubted, []step{
		{after: settle, ev: reads(state.PhaseProcessing, noButton), to: state.Requesting, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing, noButton), to: state.Held, raised: AlertHeld, check: has("not certain that the request was placed (a call left at 2026-11-03 10:00 UTC)")},
		{ev: reads(state.PhasePending), to: state.Requested},
	})},
	{name: "no cancel button at first, then one, leaves the doubt to a person", steps: then(doubted, []step{
		{after: settle, ev: reads(state.PhaseProcessing, noButton), to: state.Requesting, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld},
	})},
	{name: "no cancel button between leaves the doubt to a person", steps: then(doubted, []step{
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: time.Minute, ev: reads(state.PhaseProcessing, noButton), to: state.Requesting, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld},
	})},
	{name: "a list that contradicts between leaves the doubt to a person", steps: then(doubted, []step{
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: time.Minute, ev: reads(state.PhaseProcessing, fromList), to: state.Requesting, check: doubtReads(1)},
		{after: time.Minute, ev: reads(state.PhasePending, fromList), to: state.Requesting, check: has("the list shows")},
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld},
	})},
	{name: "a refusal leaves the doubt to a person", steps: then(doubted, heldAfter(reads(state.PhaseProcessing, refusedText), has("The seller declined")))},
	{name: "shipped leaves the doubt to a person", steps: then(doubted, heldAfter(reads(state.PhaseShipped), has("reads as shipped")))},
	{name: "an unknown state leaves the doubt to a person", steps: then(doubted, heldAfter(reads(state.PhaseUnknown), has("reads as unknown")))},
	{name: "another order leaves the doubt to a person", steps: then(doubted, []step{
		{ev: reads(state.PhasePending, otherNumber), to: state.Held, raised: AlertHeld},
	})},
	{name: "a customer who withdraws in doubt is told to a person", steps: then(doubted, []step{
		{ev: plain(state.EventWithdrawn), to: state.Requesting, raised: AlertWithdrawn},
		{after: settle, ev: reads(state.PhaseShipped), to: state.Requesting},
		{after: settle, ev: reads(state.PhaseShipped), to: state.Held, raised: AlertHeld},
		{ev: plain(state.EventWithdrawn), to: state.Held, raised: AlertWithdrawn},
	})},
	{name: "a customer who withdraws after a person allowed another attempt", steps: then(then(doubted, heldAfter(reads(state.PhaseShipped), nil)), []step{
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventWithdrawn), to: state.Held, raised: AlertHeld + " " + AlertWithdrawn},
	})},
	{name: "readings while the attempt runs decide nothing", steps: then(marked, []step{
		{ev: reads(state.PhasePending), to: state.Requesting},
		{ev: decision(state.EventRetry, nil), refused: "an attempt is running"},
	})},
	{name: "a person may have the doubt read at once", steps: then(doubted, []step{
		{ev: decision(state.EventRetry, nil), to: state.Requesting, plans: "read:tracking"},
	})},
	{name: "a paused doubt goes on when resumed", steps: then(doubted, []step{
		{ev: decision(state.EventPause, nil), to: state.Requesting},
		{ev: decision(state.EventRetry, nil), refused: "resume it first"},
		{after: 2 * settle, ev: plain(state.EventTick), to: state.Requesting},
		{ev: decision(state.EventResume, nil), to: state.Requesting},
		{due: true, ev: plain(state.EventTick), to: state.Requesting, plans: "read:detail"},
	})},
}

func noButton(r *state.Reading) { r.CancelOffered = false }

func doubtReadsLeft(t expect, c state.Case, _ Outcome) {
	t.Helper()
	if c.Attempt.DoubtReads != 0 || !c.Attempt.DoubtAt.IsZero() {
		t.Errorf("attempt %+v, want the doubt of the one before forgotten", c.Attempt)
	}
}

func TestDoubt(t *testing.T) { t.Parallel(); playAll(t, doubtStories) }

// TestDoubtOfIncompletePages: a page that never shows everything is read less
// and less often, and a person hears of it.
func TestDoubtOfIncompletePages(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Requesting)
	d.do(0, plain(state.EventDispatching))
	d.do(time.Minute, ends(state.AskUnclear, nil))
	n := 0
	d.ticks(d.now.Add(day1), func() state.Event { n++; return reads(state.PhaseProcessing, incomplete) })
	if n < 4 || n > 12 || !slices.Contains(d.got, AlertUnreadable) {
		t.Errorf("read %d times in a day; alerts %v", n, d.got)
	}
	d.do(0, reads(state.PhasePending))
	if d.c.Status != state.Requested {
		t.Errorf("is %s", d.c.Status)
	}
}

// TestMarkOfAClockThatWasAhead: beside it no reading would say anything for a
// year; brought back, the page that shows the request ends the doubt.
func TestMarkOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Requesting)
	d.do(365*24*time.Hour, plain(state.EventDispatching))
	d.do(0, plain(state.EventInterrupted))
	d.now = base.Add(time.Hour)
	if !BringBack(&d.c, d.now) || !d.c.Attempt.NoticeAt().Equal(d.now) {
		t.Errorf("attempt %+v", d.c.Attempt)
	}
	d.do(time.Minute, reads(state.PhasePending))
	if d.c.Status != state.Requested {
		t.Errorf("is %s, attempt %+v", d.c.Status, d.c.Attempt)
	}
}

// livesAt dates an event in a life of the daemon.
func livesAt(life uint64, up time.Duration, ev state.Event) state.Event {
	ev.Life, ev.Up = life, up
	return ev
}

// TestSettleHoldsByAClockThatNobodySets: a clock set on by a day, or a restart on
// such a clock, settles nothing earlier, whether the doubt or a yes waits.
func TestSettleHoldsByAClockThatNobodySets(t *testing.T) {
	t.Parallel()
	const min, set = time.Minute, 24 * time.Hour
	for said, ends := range map[state.Said]state.Status{state.SaidNone: state.Queued, state.SaidYes: state.Refused} {
		for _, restart := range []bool{false, true} {
			d := drivenTo(t, state.Requesting)
			d.do(0, livesAt(7, min, plain(state.EventDispatching)))
			d.do(0, livesAt(7, min, tells(said, look(state.PhaseProcessing))))
			waits := d.c.Status
			life, up := uint64(7), 2*min
			look := func(after, ran time.Duration, first bool) {
				t.Helper()
				up += ran
				d.do(after, livesAt(life, up, reads(state.PhaseProcessing)))
				if d.c.Status != waits || (d.c.Attempt.DoubtReads == 1) != first {
					t.Fatalf("%s, restart %t: %s after %s, %+v", said, restart, d.c.Status, up, d.c.Attempt)
				}
			}
			look(set, min, false)
			if left := d.c.NextCheckAt.Sub(d.now); left != settle-2*min {
				t.Errorf("read again after %s", left)
			}
			look(settle, settle, true)
			if restart {
				life, up = 8, 0
				look(set, min, false)
				look(settle, settle, true)
			}
			look(set, min, true)
			d.do(settle, livesAt(life, up+settle, reads(state.PhaseProcessing)))
			if d.c.Status != ends {
				t.Errorf("%s, restart %t: %s, want %s", said, restart, d.c.Status, ends)
			}
		}
	}
}
