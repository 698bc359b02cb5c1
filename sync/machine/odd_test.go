package machine

import (
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// odd is the end of an attempt on a page that is not understood.
func odd(change func(*state.AttemptResult)) state.Event {
	ev := ends(state.AskUnknown, look(state.PhaseProcessing))
	ev.Asked.CoolDown = 30 * time.Minute
	if change != nil {
		change(ev.Asked)
	}
	return ev
}

// oddly stays in the queue and is tried again later.
func oddly(times int) step {
	return step{ev: odd(nil), to: state.Queued, plans: "request", check: func(t expect, c state.Case, out Outcome) {
		if c.Attempt.Odd != times || c.Attempt.OddAt.IsZero() || out.Plans[0].NotBefore.Sub(out.Entries[0].At) != 30*time.Minute {
			t.Errorf("attempt %+v, plans %+v", c.Attempt, out.Plans)
		}
		if c.Flag != "its page is not understood: tried again by itself, or cancel it by hand" {
			t.Errorf("flag %q", c.Flag)
		}
	}}
}

var oddStories = []scenario{
	{name: "a page that is not understood, and later is", steps: then(begun, []step{
		oddly(1), {after: 30 * time.Minute, ev: plain(state.EventBegin), to: state.Requesting},
		oddly(2), {after: 30 * time.Minute, ev: plain(state.EventBegin), to: state.Requesting},
		{ev: ends(state.AskNotOffered, look(state.PhaseRiskHold)), to: state.Queued, plans: "request", check: func(t expect, c state.Case, _ Outcome) {
			if c.Attempt.Odd != 0 || !c.Attempt.OddAt.IsZero() || c.Flag != "will be asked" {
				t.Errorf("attempt %+v, flag %q", c.Attempt, c.Flag)
			}
		}},
	})},
	{name: "a page that is not understood although others are", steps: then(begun, []step{
		oddly(1), {after: 30 * time.Minute, ev: plain(state.EventBegin), to: state.Requesting},
		held(odd(func(r *state.AttemptResult) { r.OthersWork = true }), false),
	})},
	{name: "a page that is not understood and tells of a refusal", steps: then(begun, []step{
		held(odd(func(r *state.AttemptResult) { refusedText(r.Reading) }), false),
	})},
	{name: "a page that offers what must never be clicked", steps: then(begun, []step{
		held(odd(func(r *state.AttemptResult) { r.Kind = string(supplier.Unsafe) }), false),
	})},
	{name: "a page that is not understood until the window is over", steps: then(begun, []step{
		oddly(1), {after: windowEnd.Sub(base) - time.Second, ev: plain(state.EventBegin), to: state.Requesting},
		func() step { s := held(odd(nil), false); s.after = time.Minute; return s }(),
	})},
}

func TestOddPages(t *testing.T) { t.Parallel(); playAll(t, oddStories) }
