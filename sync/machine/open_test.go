package machine

import (
	"testing"
	"time"

	"countermand/state"
)

func mapWait(wait, retry time.Duration) func(*Policy) {
	return func(p *Policy) {
		p.Shops = map[string]ShopPolicy{"mystore": {MapWait: wait, MapRetryFor: retry}}
	}
}

func looks(want bool) func(expect, state.Case, Outcome) {
	return func(t expect, _ state.Case, out Outcome) {
		t.Helper()
		if out.ReadShop != want {
			t.Errorf("looks at the shop again: %t, want %t", out.ReadShop, want)
		}
	}
}

func idle(t expect, c state.Case, _ Outcome) {
	t.Helper()
	if !c.DueAt.IsZero() {
		t.Errorf("due %s, want never", c.DueAt)
	}
}

var openingStories = []scenario{
	{name: "a known number is queued", steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request", check: func(t expect, c state.Case, _ Outcome) {
			if c.SupplierOrder != number || c.Account != "main" || c.MappedBy != "attribute" || c.Proof != state.ProofNone || c.Rule != "mode auto" {
				t.Errorf("opened as %+v", c)
			}
			if !c.AskableAt.Equal(base) || !c.Clocks[state.ClockUnasked].Equal(base.Add(24*time.Hour)) {
				t.Errorf("askable since %s, to be asked by %s", c.AskableAt, c.Clocks[state.ClockUnasked])
			}
		}},
	}},
	{name: "an opening without a cancellation is refused", steps: []step{
		{ev: plain(state.EventCancelled), refused: "no cancellation came with it"},
	}},
	{name: "an unknown number is looked for and then told", policy: mapWait(15*time.Minute, 3*time.Hour), steps: []step{
		{ev: opensUnmapped(), to: state.Unmapped},
		{after: time.Minute, ev: plain(state.EventTick), to: state.Unmapped, check: looks(false)},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, check: looks(true)},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, raised: AlertUnmapped, check: looks(true)},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, check: looks(true)},
		{after: time.Hour, ev: plain(state.EventTick), to: state.Unmapped, check: looks(true)},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, check: looks(true)},
		{after: 48 * time.Hour, ev: plain(state.EventTick), to: state.Unmapped, check: idle},
		{ev: decision(state.EventRetry, nil), to: state.Unmapped, check: looks(true)},
		{ev: mappedEv(""), to: state.Queued, plans: "request"},
	}},
	{name: "whoever stops looking has told", policy: mapWait(72*time.Hour, 20*time.Minute), steps: []step{
		{ev: opensUnmapped(), to: state.Unmapped},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, raised: AlertUnmapped, check: idle},
	}},
	{name: "a paused unmapped case is not looked for", steps: []step{
		{ev: opensUnmapped(), to: state.Unmapped, raised: AlertUnmapped},
		{ev: decision(state.EventPause, nil), to: state.Unmapped, check: idle},
		{after: day1, ev: plain(state.EventTick), to: state.Unmapped, check: looks(false)},
		{ev: decision(state.EventResume, nil), to: state.Unmapped},
		{due: true, ev: plain(state.EventTick), to: state.Unmapped, check: looks(true)},
	}},
	{name: "an empty mapping maps nothing", steps: []step{
		{ev: opensUnmapped(), to: state.Unmapped, raised: AlertUnmapped},
		{ev: plain(state.EventMapped), refused: "no supplier order"},
		{ev: state.Event{Kind: state.EventMapped, Mapping: &state.Mapping{}}, refused: "no supplier order"},
	}},
	{name: "a contested number is held and its readings count for nothing", steps: []step{
		{ev: opens("#7", false), to: state.Held, raised: AlertHeld, check: has("also named by #7")},
		{ev: reads(state.PhaseClosed), to: state.Held},
		{ev: decision(state.EventRetry, nil), refused: "approve it if you are sure"},
		{ev: mappedEv("#8"), to: state.Held},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: mappedEv("#7"), to: state.Queued},
	}},
	{name: "a number that turns out contested is held", steps: then(reach[state.Queued], []step{
		{ev: mappedEv("#7"), to: state.Held, raised: AlertHeld, check: func(t expect, c state.Case, _ Outcome) {
			if !c.NumberUnsure {
				t.Errorf("is sure of a contested number")
			}
		}},
	})},
	{name: "a held case learns that its number is contested", steps: then(reach[state.Held], []step{
		{ev: mappedEv("#7"), to: state.Held, raised: AlertHeld, check: func(t expect, c state.Case, out Outcome) {
			if !c.NumberUnsure || len(c.Findings) != 2 {
				t.Errorf("unsure %t, held because of %q; want both reasons", c.NumberUnsure, HeldWhy(c))
			}
			stillRaised(AlertHeld)(t, c, out)
		}},
	})},
	{name: "a part of an order waits for a person", steps: []step{
		{ev: opens("", true), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("only 1 of the 2 items")},
	}},
	{name: "a part of an order waits for a person also when it is mapped late", steps: []step{
		{ev: opensUnmapped(), to: state.Unmapped, raised: AlertUnmapped},
		{ev: state.Event{Kind: state.EventMapped, Mapping: mapping(""), Cancellation: cancellation(true)}, to: state.Held, raised: AlertHeld, plans: "read:detail"},
	}},
}

var modeStories = []scenario{
	{name: "confirm asks a person first", policy: func(p *Policy) { p.Mode = Confirm }, steps: []step{
		{ev: opens("", false), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("mode confirm")},
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Held},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request", check: has("ann approved")},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested},
	}},
	{name: "observe clicks nothing and says what it would have done", policy: func(p *Policy) { p.Mode = Observe }, steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting, check: func(t expect, c state.Case, _ Outcome) {
			if !c.Attempt.FirstAt.IsZero() {
				t.Errorf("looking counts as a first attempt")
			}
		}},
		{ev: plain(state.EventDispatching), refused: "mode observe"},
		{ev: ends(state.AskObserved, look(state.PhaseProcessing)), to: state.Held, raised: AlertHeld, check: func(t expect, c state.Case, _ Outcome) {
			if HeldWhy(c) != "mode observe, so nothing was clicked: as told" {
				t.Errorf("held because of %q", HeldWhy(c))
			}
		}},
		{ev: decision(state.EventApprove, nil), refused: "mode is observe"},
		{ev: reads(state.PhaseClosed), to: state.Cancelled},
	}},
}

func TestOpening(t *testing.T) { t.Parallel(); playAll(t, openingStories) }

func TestModes(t *testing.T) { t.Parallel(); playAll(t, modeStories) }

// A queue that was filled under auto asks first once the mode is confirm, and
// a person's approval outlives the change.
func TestModeChangesUnderAQueuedCase(t *testing.T) {
	t.Parallel()
	auto, confirm := policyOf(Auto), policyOf(Confirm)
	out, err := auto.Step(state.Case{ID: "01CASE", Supplier: "aliexpress"}, opens("", false), base)
	if err != nil {
		t.Fatal(err)
	}
	held, err := confirm.Step(out.Case, plain(state.EventBegin), base)
	if err != nil || held.Case.Status != state.Held || held.Case.Attempt.Tries != 0 {
		t.Fatalf("begins as %+v, %v; want it held before any attempt", held.Case, err)
	}
	approved, err := confirm.Step(held.Case, decision(state.EventApprove, nil), base)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := confirm.Step(approved.Case, plain(state.EventBegin), base)
	if err != nil || begun.Case.Status != state.Requesting {
		t.Fatalf("approved, it begins as %s, %v", begun.Case.Status, err)
	}
}

func TestApproveNeedsANumber(t *testing.T) {
	t.Parallel()
	_, err := policyOf(Auto).Step(state.Case{ID: "01CASE", Supplier: "aliexpress", Status: state.Held}, decision(state.EventApprove, nil), base)
	if err == nil {
		t.Error("approved a case without a supplier order")
	}
}

// askedByAnother is what the shop says of an order that an earlier case, left
// alone since, had asked about.
func askedByAnother(conflict string, partial bool) state.Event {
	ev := opens(conflict, partial)
	ev.Mapping.NoticeAt, ev.Mapping.NoticeCase = base.Add(-time.Hour), "01EARLIER"
	return ev
}

var askedByAnotherStories = []scenario{
	{name: "a part went, then the rest", steps: []step{
		{ev: askedByAnother("", true), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("case 01EARLIER")},
		{after: time.Hour, ev: opens("", false), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("case 01EARLIER")},
		{after: time.Hour, ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
	}},
	{name: "its number is in doubt, too", steps: []step{
		{ev: askedByAnother("another order names it", false), to: state.Held, raised: AlertHeld, check: has("case 01EARLIER")},
	}},
}

func TestAskedByAnother(t *testing.T) { t.Parallel(); playAll(t, askedByAnotherStories) }
