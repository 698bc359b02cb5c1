package machine

import (
	"slices"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// takenBackEv is the operator naming other supplier orders.
var takenBackEv = plain(state.EventReplaced)

// replacedStories has the operator name other orders in every status.
func replacedStories() []scenario {
	all := slices.Clone(takenBackStories)
	for s, row := range table {
		if row[state.EventReplaced] == nil {
			continue
		}
		steps := []step{{ev: takenBackEv, to: s, raised: AlertReplaced, check: has("but the supplier was asked already")}, silent(time.Hour, takenBackEv, s)}
		switch {
		case s.Ended():
			steps = steps[1:]
		case s == state.Unmapped:
			steps = []step{{ev: takenBackEv, to: state.Ignored, check: has("its lines belong to AliExpress orders that are known by now")}}
		case s == state.Held || s == state.Queued:
			steps = []step{{ev: takenBackEv, to: state.Ignored, check: has("the operator named other AliExpress orders")}}
		case s == state.Requesting:
			steps = []step{{ev: takenBackEv, to: s, check: has("the attempt under way is stopped")}, silent(time.Second, takenBackEv, s)}
		}
		all = append(all, scenario{name: "replaced " + string(s), steps: then(reach[s], steps)})
	}
	return all
}

// stopped is an attempt whose call must not leave.
var stopped = then(begun, []step{
	{ev: takenBackEv, to: state.Requesting},
	{ev: plain(state.EventDispatching), refused: "the operator named other AliExpress orders"},
})

// heldAfterDoubt reads the doubt twice as never asked, which must not queue it.
func heldAfterDoubt(ev state.Event, raised string) []step {
	return then(doubted, []step{
		{ev: ev, to: state.Requesting, raised: raised, check: has("but the supplier may have been asked already")},
		silent(time.Second, ev, state.Requesting),
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Requesting, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld, check: drops(state.EffectRequest)},
	})
}

var takenBackStories = []scenario{
	{name: "a number taken back while it is asked is held, not tried again", steps: then(stopped, []step{
		held(failure(supplier.Browser), true),
		{ev: takenBackEv, to: state.Ignored},
	})},
	{name: "a number taken back under an attempt that is interrupted", steps: then(stopped, []step{held(plain(state.EventInterrupted), true)})},
	{name: "a number taken back while no button is there", steps: then(stopped, []step{held(ends(state.AskNotOffered, nil), true)})},
	{name: "a stopped attempt that a person approves is free again", steps: then(stopped, []step{
		held(failure(supplier.Browser), true),
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
	})},
	{name: "a number taken back in doubt is not asked once more", steps: heldAfterDoubt(takenBackEv, AlertReplaced)},
	{name: "a number taken back after a person allowed another attempt", steps: then(then(doubted, heldAfter(reads(state.PhaseShipped), nil)), []step{
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: takenBackEv, to: state.Held, raised: AlertHeld + " " + AlertReplaced, check: has("the supplier may have been asked")},
	})},
	{name: "a number taken back between two calls", steps: then(marked, []step{
		{ev: takenBackEv, to: state.Requesting, raised: AlertReplaced},
		{ev: plain(state.EventDispatching), refused: "the operator named other AliExpress orders"},
		inDoubt(ends(state.AskFailed, nil)),
	})},
	{name: "a number taken back in doubt that was asked after all", steps: then(doubted, []step{
		{ev: takenBackEv, to: state.Requesting, raised: AlertReplaced},
		{after: time.Minute, ev: reads(state.PhasePending), to: state.Requested},
		{ev: takenBackEv, to: state.Requested, raised: AlertReplaced, check: has("but the supplier was asked already")},
		silent(time.Minute, takenBackEv, state.Requested),
		told(reads(state.PhaseProcessing), AlertRefused),
		silent(time.Minute, takenBackEv, state.Refused),
	})},
	{name: "a number taken back while it is held in doubt", steps: then(then(doubted, heldAfter(reads(state.PhaseShipped), nil)), []step{
		{ev: takenBackEv, to: state.Held, raised: AlertReplaced},
		silent(time.Minute, takenBackEv, state.Held),
	})},
}

var contestedStories = []scenario{
	{name: "a conflict found while the attempt runs stops the call", steps: then(begun, []step{
		{ev: mappedEv("#7"), to: state.Requesting, check: has("also named by #7: the attempt under way is stopped")},
		silent(time.Second, mappedEv("#7"), state.Requesting),
		{ev: plain(state.EventDispatching), refused: "also named by #7"},
		held(failure(supplier.Browser), true),
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		silent(time.Second, mappedEv("#7"), state.Requesting),
		{ev: plain(state.EventDispatching), to: state.Requesting},
	})},
	{name: "a conflict found in doubt leaves it to a person", steps: heldAfterDoubt(mappedEv("#7"), AlertConflict)},
	{name: "a conflict found after the supplier was asked is told once", steps: then(reach[state.Requested], []step{
		silent(0, mappedEv(""), state.Requested),
		{ev: mappedEv("#7"), to: state.Requested, raised: AlertConflict, check: has("also named by #7, and the supplier was asked already")},
		silent(time.Hour, mappedEv("#7"), state.Requested),
		told(reads(state.PhaseProcessing), AlertRefused),
		silent(time.Hour, mappedEv("#7"), state.Refused),
		{ev: mappedEv("#8"), to: state.Refused, raised: AlertConflict},
	})},
	{name: "a conflict that a person approved is told no more", steps: []step{
		{ev: opens("#7", false), to: state.Held, raised: AlertHeld},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested},
		silent(time.Hour, mappedEv("#7"), state.Requested),
	}},
	{name: "a conflict that comes up after an approval holds again", steps: []step{
		{ev: opens("#7", false), to: state.Held, raised: AlertHeld},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: mappedEv("#8"), to: state.Held, raised: AlertHeld, check: drops(state.EffectRequest)},
	}},
}

func TestReplaced(t *testing.T) { t.Parallel(); playAll(t, replacedStories()) }

func TestNumberThatAnotherOrderNames(t *testing.T) { t.Parallel(); playAll(t, contestedStories) }
