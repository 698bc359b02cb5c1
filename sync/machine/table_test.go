package machine

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countermand/state"
)

// table is what each event does in each status.
var table = func() map[state.Status]row {
	out := map[state.Status]row{}
	for s, r := range everyStatus {
		out[s] = r.handlers
	}
	return out
}()

// Every status has a row, and every row says what is needed of it.
func TestEveryStatusHasARow(t *testing.T) {
	t.Parallel()
	rank := map[int]state.Status{}
	for _, s := range append([]state.Status{state.StatusStart}, state.Statuses...) {
		r, ok := everyStatus[s]
		if !ok || len(r.handlers) == 0 {
			t.Errorf("%q has no row, or one that takes no event", s)
			continue
		}
		if s == state.StatusStart {
			continue
		}
		if other, taken := rank[r.needs]; taken || r.needs < 1 || r.needs > len(state.Statuses) {
			t.Errorf("%s needs a person as much as %q (%d)", s, other, r.needs)
		}
		rank[r.needs] = s
		if StatusText(s) == "" {
			t.Errorf("nothing says what %s means", s)
		}
		if s.Ended() != (r.flag == nil) {
			t.Errorf("%s: a flag belongs to every status that has not ended, and to no other", s)
		}
		if s.Ended() && (len(r.watches) > 0 || r.check != nil || len(r.messages) > 0) {
			t.Errorf("%s has ended, and is still watched, read or written about", s)
		}
	}
	if len(everyStatus) != len(state.Statuses)+1 {
		t.Errorf("%d rows for %d statuses and the beginning", len(everyStatus), len(state.Statuses))
	}
}

func everyStory() []scenario {
	return slices.Concat(noise(), openingStories, modeStories, askingStories, answerStories, oddStories, doubtStories, readingStories, proofStories, parcelStories,
		moneyStories, questionStories, unpaidStories, disputeStories, personStories(), guardStories, changedStories(), changedTotals, clockStories, replacedStories(), contestedStories, scanStories, unreadStories, partStories, replacedNumberStories, markStories,
		tellStories, causeStories, ruleStories, accountStories, wordStories(), pathStories())
}

// noise has every status meet the events that are no news to it, and the ones that may
// come at any time.
func noise() (all []scenario) {
	for _, s := range state.Statuses {
		quiet := func(ev state.Event) step { return step{ev: ev, to: s} }
		steps := reach[s]
		for _, ev := range []state.Event{
			opens("", s == state.Held), mappedEv(""), plain(state.EventTick), reads(state.PhaseUnknown, fromList),
			{Kind: state.EventReadFailed, Failure: &state.Failure{Kind: "unreadable", Detail: "an odd page"}},
			{Kind: state.EventMessaged, Messaged: &state.Messaged{Kind: state.EffectMessageRequest, Sent: true, Detail: "two texts"}},
			{Kind: state.EventShop, By: state.ByEngine, Note: "the tag was set"},
		} {
			if table[s][ev.Kind] != nil && (s != state.Unmapped || ev.Kind != state.EventMapped) {
				steps = then(steps, []step{quiet(ev)})
			}
		}
		all = append(all, scenario{name: "noise in " + string(s), steps: steps})
	}
	return all
}

func TestEveryStatusIsReached(t *testing.T) {
	t.Parallel()
	for _, s := range state.Statuses {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			steps := reach[s]
			if len(steps) == 0 || steps[len(steps)-1].to != s {
				t.Fatalf("no story leads to %s", s)
			}
			play(t, scenario{name: "to " + string(s), steps: steps})
		})
	}
}

func TestEveryEntryIsUsed(t *testing.T) {
	t.Parallel()
	hit := map[pair]bool{}
	for _, s := range everyStory() {
		for p := range play(t, s) {
			hit[p] = true
		}
	}
	for s, row := range table {
		for ev := range row {
			if !hit[pair{s, ev}] {
				t.Errorf("no story puts %s into a case that is %q", ev, s)
			}
		}
	}
}

func TestEveryPairIsDecided(t *testing.T) {
	t.Parallel()
	p := policyOf(Auto)
	for _, s := range append(slices.Clone(state.Statuses), state.StatusStart) {
		for _, ev := range state.EventKinds {
			if table[s][ev] != nil {
				continue
			}
			_, err := p.Step(state.Case{ID: "01CASE", Supplier: "aliexpress", Status: s}, plain(ev), base)
			refused, ok := errors.AsType[*RefusedError](err)
			if !ok || refused.Status != s || refused.Event != ev || refused.CaseID != "01CASE" {
				t.Errorf("%s in %q: got %v, want a refusal that names both", ev, s, err)
			}
		}
	}
	for s, row := range table {
		for ev := range row {
			if (s != state.StatusStart && !s.Known()) || !slices.Contains(state.EventKinds, ev) {
				t.Errorf("the table holds %s in %q, which do not exist", ev, s)
			}
		}
	}
}

// An open case can always be ended, and as long as it is not paused something
// is due or a person was told.
func TestNoDeadEnds(t *testing.T) {
	t.Parallel()
	next := map[state.Status]map[state.Status]bool{}
	for _, s := range everyStory() {
		from := state.StatusStart
		for _, st := range s.steps {
			if st.refused != "" {
				continue
			}
			if next[from] == nil {
				next[from] = map[state.Status]bool{}
			}
			next[from][st.to] = true
			from = st.to
		}
	}
	for _, s := range state.Statuses {
		seen := map[state.Status]bool{s: true}
		queue, ended := []state.Status{s}, false
		for len(queue) > 0 && !ended {
			ended = queue[0].Ended()
			for n := range next[queue[0]] {
				if !seen[n] {
					seen[n], queue = true, append(queue, n)
				}
			}
			queue = queue[1:]
		}
		if !ended {
			t.Errorf("no story leads from %s to an end", s)
		}
		if s.Ended() && len(next[s]) > 1 {
			t.Errorf("%s has ended, and stories lead on to %v", s, next[s])
		}
	}
}

func TestEndedCasesAreLeftAlone(t *testing.T) {
	t.Parallel()
	p := policyOf(Auto)
	for _, s := range state.Statuses {
		if !s.Ended() {
			continue
		}
		c := state.Case{ID: "01CASE", Supplier: "aliexpress", Status: s, EndedAt: base, SupplierOrder: number}
		for ev := range table[s] {
			if ev == state.EventMessaged || ev == state.EventShop {
				continue // what was under way is kept in the journal; told in noise
			}
			out, err := p.Step(c, stamped(state.Event{Kind: ev, Reading: look(state.PhaseClosed)}, base), base.Add(time.Hour))
			if err != nil || len(out.Entries)+len(out.Plans)+len(out.Alerts) > 0 || out.Case.Status != s || !out.Case.DueAt.IsZero() {
				t.Errorf("%s in %s: %+v, %v; want nothing", ev, s, out, err)
			}
		}
	}
}
