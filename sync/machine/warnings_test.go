package machine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
)

func TestDisputeClosingIsToldInTheQueue(t *testing.T) {
	t.Parallel()
	closes := base.Add(3 * day1)
	page := func(r *state.Reading) { r.DisputeCloses = closes }
	d := drivenTo(t, state.Refused)
	d.do(time.Hour, reads(state.PhaseShipped, page, tracked(none("LP1"))))
	d.ticks(closes.Add(-23*time.Hour), nil)
	if d.c.Raised[AlertDisputeClosing] == "" {
		t.Fatalf("not even told while refused: %v", d.got)
	}
	d.do(0, reads(state.PhaseShipped, page, tracked(late("LP1"))))
	d.got = nil
	d.ticks(closes.Add(-time.Hour), nil)
	if d.c.Status == state.Disputable && d.c.Raised[AlertDisputeClosing] == "" {
		t.Errorf("an hour before the dispute closes no page of it is open; open %v, raised in the queue %v", d.c.Raised, d.got)
	}
}

func TestWindowEndingOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	end := base.Add(2 * day1)
	w := func(r *state.Reading) { r.WindowEnd = end }
	d := drivenTo(t, state.Queued)
	d.do(0, reads(state.PhaseProcessing, w))
	d.ticks(end.Add(-23*time.Hour), nil)
	if d.c.Raised[AlertWindowEnding] == "" {
		t.Fatal("not told while queued")
	}
	d.do(0, plain(state.EventBegin))
	d.do(0, plain(state.EventDispatching))
	d.do(0, ends(state.AskPending, look(state.PhasePending, w)))
	d.got = nil
	d.ticks(end.Add(-time.Hour), func() state.Event { return reads(state.PhasePending, w) })
	if d.c.Raised[AlertWindowEnding] == "" {
		t.Errorf("%s, the window ends in an hour, no page is open: %v", d.c.Status, d.c.Raised)
	}
}

func TestMovedDeadlineWarnsAgain(t *testing.T) {
	t.Parallel()
	end := base.Add(2 * day1)
	w := func(r *state.Reading) { r.WindowEnd = end }
	rd := func() state.Event { return reads(state.PhaseProcessing, w) }
	d := drivenTo(t, state.Held)
	d.do(time.Minute, rd())
	d.ticks(end.Add(-time.Hour), rd)
	if !slices.Contains(d.got, AlertWindowEnding) {
		t.Fatalf("not told of the first: %v", d.got)
	}
	end = end.Add(6 * day1) // the seller extended it
	d.do(0, rd())
	d.got, d.all = nil, nil
	d.ticks(end.Add(-time.Hour), rd)
	if !slices.Contains(d.got, AlertWindowEnding) {
		t.Errorf("the window moved by six days; its new last day raised %v; journal %q", d.got, d.all)
	}
}

func TestWindowOverWhileAsking(t *testing.T) {
	t.Parallel()
	end := base.Add(day1)
	w := func(r *state.Reading) { r.WindowEnd = end }
	d := drivenTo(t, state.Queued)
	d.do(0, reads(state.PhaseProcessing, w))
	d.ticks(end.Add(-time.Minute), nil)
	d.do(0, plain(state.EventBegin))
	d.do(time.Minute, plain(state.EventTick))
	d.do(time.Minute, ends(state.AskNotOffered, look(state.PhaseProcessing, w)))
	for range 200 {
		d.ticks(d.now.Add(30*time.Minute), nil)
		if d.c.Status != state.Queued {
			break
		}
		d.do(0, plain(state.EventBegin))
		d.do(time.Minute, ends(state.AskNotOffered, look(state.PhaseProcessing, w)))
	}
	if d.c.Status != state.Held {
		t.Errorf("%s after the window ended it is %s and goes on asking (attempt %d)", d.now.Sub(end), d.c.Status, d.c.Attempt.Tries)
	}
}

func TestAnswerDueOfASecondRequest(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	d.do(4*day1, reads(state.PhasePending))
	if due := d.c.Clocks[state.ClockAnswerDue]; due.Before(d.now) {
		t.Errorf("a request stands again since %s at the latest; answer_due is %s, over before it began", Stamp(d.now), Stamp(due))
	}
}

func TestApprovalRemembersTheFirstCall(t *testing.T) {
	t.Parallel()
	d := heldInDoubt(t)
	d.do(0, plain(state.EventBegin))
	d.do(time.Minute, ends(state.AskPending, look(state.PhasePending)))
	d.all = nil
	d.do(time.Hour, reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(day1)))))
	if d.c.Status == state.Shipped {
		t.Errorf("clicked %s, scanned %s: %q", Stamp(base), Stamp(base.Add(day1)), d.all)
	}
}

func TestWithdrawnAfterAnApprovedDoubt(t *testing.T) {
	t.Parallel()
	d := heldInDoubt(t)
	d.do(time.Minute, plain(state.EventWithdrawn))
	if d.c.Status != state.Held || !slices.Contains(d.got, AlertWithdrawn) {
		t.Errorf("is %s; the supplier may have the request of %s: %q, alerts %v", d.c.Status, Stamp(base), d.all[len(d.all)-1], d.got)
	}
}

// TestApprovesWhatWasShown: a conflict that came since a person looked is not
// accepted unseen, and whoever was told the first reason is told it too.
func TestApprovesWhatWasShown(t *testing.T) {
	t.Parallel()
	d := &driven{t: t, p: policyOf(Confirm), c: state.Case{ID: "01CASE", Supplier: "aliexpress"}, now: base}
	d.do(0, opens("", false))
	seen := d.c.Findings
	d.got = nil
	d.do(time.Minute, mappedEv("mystore #999"))
	if !slices.Contains(d.got, AlertHeld) {
		t.Errorf("nobody was told of the conflict: %v", d.got)
	}
	_, err := d.p.Step(d.c, decision(state.EventApprove, &state.Decision{Seen: seen}), d.now)
	if err == nil || !strings.Contains(err.Error(), "#999") {
		t.Errorf("seen %v; approved %v: %v", seen, d.c.Findings, err)
	}
	if _, err := d.p.Step(d.c, decision(state.EventApprove, &state.Decision{Seen: d.c.Findings}), d.now); err != nil {
		t.Error(err)
	}
}

// Held in doubt after a call; a person approves days later and the
// request is found standing: the first call is what scans are held against.
func heldInDoubt(t *testing.T) *driven {
	d := drivenTo(t, state.Requesting)
	d.do(0, plain(state.EventDispatching))
	d.do(time.Minute, ends(state.AskUnclear, nil))
	d.do(settle, reads(state.PhaseRiskHold))
	d.do(settle, reads(state.PhaseRiskHold))
	if d.c.Status != state.Held {
		t.Fatalf("is %s", d.c.Status)
	}
	d.do(3*day1, decision(state.EventApprove, nil))
	return d
}
