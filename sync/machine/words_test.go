package machine

import (
	"slices"

	"countermand/state"
)

// saysOnly is a check of the whole of what one event wrote into the journal.
func saysOnly(want ...string) func(expect, state.Case, Outcome) {
	return func(t expect, _ state.Case, out Outcome) {
		t.Helper()
		if got := details(out); !slices.Equal(got, want) {
			t.Errorf("journal says %q, want %q", got, want)
		}
	}
}

// wordStories have each status meet, by itself, each event that may come at
// any time and has something to tell.
func wordStories() (all []scenario) {
	for _, s := range state.Statuses {
		told := map[bool]string{true: "", false: AlertMessageUnsent}[s.Ended()]
		meet := func(name string, steps []step, last step) {
			if table[s][last.ev.Kind] == nil {
				return
			}
			last.to = s
			all = append(all, scenario{name: name + " in " + string(s), steps: then(steps, []step{last})})
		}
		meet("work at the shop", reach[s], step{
			ev:    state.Event{Kind: state.EventShop, By: state.ByEngine, Note: "the tag was set"},
			check: saysOnly("the tag was set"),
		})
		meet("a message that was not sent", reach[s], step{
			ev:     state.Event{Kind: state.EventMessaged, By: state.ByEngine, Messaged: &state.Messaged{Kind: state.EffectMessageRefusal, Detail: "the chat is closed"}},
			raised: told, check: saysOnly("the message about the refusal was not written: the chat is closed"),
		})
		if s.Ended() {
			continue
		}
		meet("an odd page", reach[s], step{
			ev:    state.Event{Kind: state.EventReadFailed, By: state.BySupplier, Failure: &state.Failure{Kind: "unreadable", Detail: "an odd page"}},
			check: saysOnly("could not be read (unreadable): an odd page"),
		})
		meet("the order's own cancel", begunBy(reach[s], state.CauseLines), step{
			ev: opens("", s == state.Held),
			check: func(t expect, c state.Case, out Outcome) {
				if c.Cause != state.CauseCancelled || len(out.Entries) != 1 {
					t.Errorf("the cause is %q, journal %q", c.Cause, details(out))
				}
			},
		})
		if !slices.Contains([]state.Status{state.Unmapped, state.Held, state.Queued, state.Requesting}, s) {
			meet("a number named twice", reach[s], step{ev: mappedEv("#7"), raised: AlertConflict, check: saysOnly("AliExpress order " + number + " is also named by #7, and the supplier was asked already")})
		}
	}
	return all
}

// begunBy is a story that another cause opened.
func begunBy(steps []step, cause state.Cause) []step {
	out := slices.Clone(steps)
	cn := *out[0].ev.Cancellation
	cn.Cause = cause
	out[0].ev.Cancellation = &cn
	return out
}
