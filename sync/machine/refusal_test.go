package machine

import (
	"testing"
	"time"

	"countermand/state"
)

// refusedBy is the shape of an attempt that finds an earlier refusal.
func refusedBy(mods ...mod) state.Event {
	return ends(state.AskRefused, look(state.PhaseProcessing, append([]mod{refusedText}, mods...)...))
}

var foundRefused = step{ev: refusedBy(), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: func(t expect, c state.Case, out Outcome) {
	has("an earlier request that was refused: “The seller declined your request”; nothing was clicked")(t, c, out)
	if !c.RequestedAt.IsZero() || !c.Attempt.StartedAt.IsZero() || !c.Attempt.DispatchedAt.IsZero() || c.Clocks[state.ClockProofDue].IsZero() {
		t.Errorf("requested %s, attempt %+v, clocks %v", c.RequestedAt, c.Attempt, c.Clocks)
	}
}}

var earlierStories = []scenario{
	{name: "refused before we asked", steps: then(begun, []step{
		foundRefused,
		{ev: plain(state.EventBegin), refused: "does not take it"},
		{ev: decision(state.EventApprove, nil), refused: "does not take it"},
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested, check: has("stands again")},
	})},
	{name: "a scan does not say whether it left before an unknown request", steps: then(begun, []step{
		foundRefused,
		{after: time.Hour, ev: reads(state.PhaseShipped), to: state.Refused, raised: AlertShippedAfter, check: has("that a request was refused was read 2026-11-03 10:00 UTC")},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Hour)))), to: state.Disputable, raised: AlertDisputable,
			check: func(t expect, c state.Case, out Outcome) {
				has("when the request was made that was refused is not known")(t, c, out)
				if c.Flag != "scanned; when the refused request was made is not known: compare the dates" {
					t.Errorf("flag %q", c.Flag)
				}
			}},
	})},
	{name: "the site tells when it was asked", steps: then(begun, []step{
		{ev: refusedBy(func(r *state.Reading) {
			r.RequestedAt, r.AnsweredAt = base.Add(-2*time.Hour), base.Add(-time.Hour)
		}), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: func(t expect, c state.Case, _ Outcome) {
			if !c.RequestedAt.Equal(base.Add(-2*time.Hour)) || !c.AnsweredAt.Equal(base.Add(-time.Hour)) || c.Attempt.NotOurs {
				t.Errorf("requested %s, answered %s, attempt %+v", c.RequestedAt, c.AnsweredAt, c.Attempt)
			}
		}},
		{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-3*time.Hour)))), to: state.Shipped, raised: AlertShipped},
	})},
	{name: "refused to somebody else, and shipped when we come to ask", steps: then(begun, []step{
		{ev: ends(state.AskShipped, look(state.PhaseShipped, refusedText, tracked(parcel("LP1", base.Add(-2*time.Hour))))), to: state.Disputable, raised: AlertDisputable, plans: "read:tracking", check: has("when the request was made that was refused is not known")},
	})},
	{name: "refused to somebody else, and shipped while held", steps: then(reach[state.Held], []step{
		{after: time.Minute, ev: reads(state.PhaseShipped, refusedText, tracked(parcel("LP1", base.Add(-2*time.Hour)))), to: state.Disputable, raised: AlertDisputable, check: has("the page tells of an earlier request that was refused: “The seller declined your request”")},
	})},
	{name: "refused to somebody else, with a scan already", steps: then(begun, []step{
		{ev: refusedBy(tracked(parcel("LP1", base.Add(-2*time.Hour)))), to: state.Disputable, raised: AlertDisputable, plans: "read:tracking"},
	})},
	{name: "refused, which the reading does not show", steps: then(begun, []step{again(ends(state.AskRefused, look(state.PhaseProcessing)))})},
	{name: "refused, without a reading", steps: then(begun, []step{again(ends(state.AskRefused, nil))})},
	{name: "refused after the mark", steps: then(marked, []step{inDoubt(refusedBy())})},
	{name: "a doubtful request is held with the page's words", steps: then(marked, []step{
		inDoubt(plain(state.EventInterrupted)),
		{after: 10 * time.Minute, ev: reads(state.PhaseProcessing, refusedText), to: state.Requesting},
		{after: 10 * time.Minute, ev: reads(state.PhaseProcessing, refusedText), to: state.Held, raised: AlertHeld, check: has("and the page says “The seller declined your request”")},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request", check: func(t expect, c state.Case, out Outcome) {
			if len(c.Accepted) == 0 {
				t.Errorf("what a person has seen is not kept")
			}
		}},
	})},
	{name: "our own request, which read as never placed", steps: then(marked, []step{
		inDoubt(plain(state.EventInterrupted)),
		{after: 10 * time.Minute, ev: reads(state.PhaseProcessing), to: state.Requesting},
		{after: 10 * time.Minute, ev: reads(state.PhaseProcessing), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{after: time.Minute, ev: refusedBy(), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: func(t expect, c state.Case, _ Outcome) {
			if c.Attempt.NotOurs || !c.Attempt.ClickedAt.Equal(c.Attempt.FirstAt) {
				t.Errorf("attempt %+v", c.Attempt)
			}
		}},
	})},
}

func TestRefusedEarlier(t *testing.T) { t.Parallel(); playAll(t, earlierStories) }
