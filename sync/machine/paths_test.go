package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/rules"
)

// pathStories go the rarer ways of the diagram: two steps at once, because a
// page tells of both.
func pathStories() []scenario {
	var (
		leftBefore = tracked(parcel("LP1", base.Add(-time.Hour)))
		leftAfter  = tracked(parcel("LP1", base.Add(30*time.Minute)))
		paid       = reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard))
		ignoring   = func(when string) func(*Policy) {
			rules, err := rules.Parse([]rules.Rule{{When: when, Then: "ignore"}})
			if err != nil {
				panic(err)
			}
			return func(p *Policy) { p.Rules = rules }
		}
		failed    = step{ev: ends(state.AskFailed, nil), to: state.Queued, plans: "request"}
		unknown   = step{ev: ends(state.AskUnknown, nil), to: state.Held, raised: AlertHeld, plans: "read:detail"}
		dispatchd = step{ev: plain(state.EventDispatching), to: state.Requesting}
		unclear   = step{ev: ends(state.AskUnclear, nil), to: state.Requesting, raised: AlertDoubt, plans: "read:detail"}
		away      = func(from []step, ev state.Event, to state.Status, raised string, plans ...string) []step {
			return then(from, []step{{after: time.Hour, ev: ev, to: to, raised: raised, plans: strings.Join(plans, " ")}})
		}
	)
	asking := reach[state.Requesting]
	return []scenario{
		{name: "queued, and it left before", steps: away(reach[state.Queued], reads(state.PhaseShipped, leftBefore), state.Shipped, AlertShipped)},
		{name: "held, and it left before", steps: away(reach[state.Held], reads(state.PhaseShipped, leftBefore), state.Shipped, AlertShipped)},
		{name: "queued again, and it left after the attempt", steps: away(then(asking, []step{failed}), reads(state.PhaseShipped, leftAfter), state.Disputable, AlertDisputable)},
		{name: "held, and it left after the attempt", steps: away(then(asking, []step{unknown}), reads(state.PhaseShipped, leftAfter), state.Disputable, AlertDisputable)},
		{name: "the attempt finds it gone since it began", steps: away(asking, ends(state.AskShipped, look(state.PhaseShipped, leftAfter)), state.Disputable, AlertDisputable, "read:tracking")},
		{name: "queued, closed and paid back", steps: away(reach[state.Queued], paid, state.Refunded, "")},
		{name: "held, closed and paid back", steps: away(reach[state.Held], paid, state.Refunded, "")},
		{name: "the attempt finds it closed and paid back", steps: away(then(asking, []step{dispatchd}), ends(state.AskClosed, paid.Reading), state.Refunded, "")},
		{name: "in doubt, closed and paid back", steps: away(then(asking, []step{dispatchd, unclear}), paid, state.Refunded, "")},
		{name: "refused, closed and paid back", steps: away(reach[state.Refused], paid, state.Refunded, "")},
		{name: "disputable, closed and paid back", steps: away(reach[state.Disputable], paid, state.Refunded, "")},
		{name: "mode confirm is set before it was asked", steps: then(reach[state.Queued], []step{
			{config: func(p *Policy) { p.Mode = Confirm }, ev: plain(state.EventBegin), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("mode confirm")},
		})},
		{name: "read for the rules, then left alone", policy: ignoring("supplier.total == 20"), steps: []step{
			{ev: opens("", false), to: state.Queued, plans: "read:detail"},
			{after: time.Minute, ev: reads(state.PhaseProcessing), to: state.Ignored, check: has("rule 1: supplier.total == 20")},
		}},
		{name: "a page that does not show all is not judged yet", policy: ignoring("supplier.items == 3"), steps: []step{
			{ev: opens("", false), to: state.Queued, plans: "read:detail"},
			{after: time.Minute, ev: reads(state.PhaseProcessing, noItems, incomplete), to: state.Queued},
		}},
		{name: "its number makes a rule match", policy: ignoring(`supplier.account == "main"`), steps: []step{
			{ev: opensUnmapped(), to: state.Unmapped, raised: AlertUnmapped},
			{after: time.Hour, ev: mappedEv(""), to: state.Ignored, check: has(`rule 1: supplier.account == "main"`)},
		}},
		{name: "the rest went too, and a rule leaves it alone", policy: ignoring("true"), steps: []step{
			{ev: opens("", true), to: state.Held, raised: AlertHeld, plans: "read:detail"},
			{after: time.Hour, ev: opens("", false), to: state.Ignored, check: has("rule 1: true")},
		}},
	}
}

func TestPaths(t *testing.T) { t.Parallel(); playAll(t, pathStories()) }
