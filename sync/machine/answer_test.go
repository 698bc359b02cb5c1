package machine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/rules"
)

// tells is the end of an attempt whose call the site answered.
func tells(said state.Said, r *state.Reading) state.Event {
	ev := ends(state.AskUnclear, r)
	ev.Asked.Said, ev.Asked.SaidWords = said, "as the site says"
	return ev
}

// nothingLeft is the end of an attempt whose call never got out.
func nothingLeft(r *state.Reading) state.Event {
	ev := ends(state.AskUnclear, r)
	ev.Asked.NothingLeft = true
	return ev
}

// old is the page as it stood before the call.
var old = reads(state.PhaseProcessing)

// stands is a case that the site has said yes to, and whose page does not show it.
var stands = then(marked, []step{{after: time.Minute, ev: tells(state.SaidYes, look(state.PhaseProcessing)), to: state.Requested, check: func(t expect, c state.Case, out Outcome) {
	if !c.RequestedAt.Equal(base) || c.PendingSeen || c.Attempt.Said != state.SaidYes || c.Attempt.SaidWords != "as the site says" {
		t.Errorf("requested %s, seen %t, attempt %+v; want a request since the mark", c.RequestedAt, c.PendingSeen, c.Attempt)
	}
	if n := c.Notice(); n.Basis != state.NoticeRequest || !n.At.Equal(base) {
		t.Errorf("notice %+v", n)
	}
	has("the site said yes: “as the site says”; no page shows it yet")(t, c, out)
	clockAt(state.ClockAnswerDue, base.Add(72*time.Hour))(t, c, out)
}}})

// pastDoubt is what the site may have said where readings decide.
func pastDoubt(said state.Said) []step {
	return then(marked, []step{{after: time.Minute, ev: tells(said, look(state.PhaseProcessing)), to: state.Requesting, raised: AlertDoubt, plans: "read:detail", check: func(t expect, c state.Case, _ Outcome) {
		if c.Attempt.Said != said || !c.Attempt.StartedAt.IsZero() || c.DueAt.IsZero() {
			t.Errorf("attempt %+v, due %s", c.Attempt, c.DueAt)
		}
	}}})
}

var requestAgain = step{to: state.Queued, plans: "request", check: func(t expect, c state.Case, _ Outcome) {
	if calls := c.Attempt.Calls(); !c.Attempt.Reasked || len(calls) != 1 || !calls[0].At.Equal(base) {
		t.Errorf("attempt %+v, want the call kept and the one more request used", c.Attempt)
	}
}}

func personDecides(code state.FindingCode, words string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, out Outcome) {
		t.Helper()
		if c.Findings[0].Code != code || c.Findings[0].Facts["clicked"] != moment(base) {
			t.Errorf("held because of %v", c.Findings)
		}
		has(words)(t, c, out)
	}
}

var answerStories = []scenario{
	{name: "yes, and the page shows the old state for minutes", steps: then(stands, []step{
		{after: 7 * time.Minute, ev: old, to: state.Requested, check: doubtReads(0)},
		{due: true, ev: plain(state.EventTick), to: state.Requested, plans: "read:detail"},
		{ev: reads(state.PhasePending), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.PendingSeen || !c.RequestedAt.Equal(base) {
				t.Errorf("seen %t, requested %s", c.PendingSeen, c.RequestedAt)
			}
		}},
		{after: time.Hour, ev: old, to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: has("gone from the page")},
	})},
	{name: "yes, and never a trace of it", steps: then(stands, []step{
		{due: true, ev: plain(state.EventTick), to: state.Requested, plans: "read:detail"},
		{ev: old, to: state.Requested, check: doubtReads(1)},
		{after: settle - time.Second, ev: old, to: state.Requested, check: doubtReads(1)},
		{after: time.Second, ev: old, to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: has("the site said yes to the call of 2026-11-03 10:00 UTC, and twice, 2026-11-03 10:10 UTC and 2026-11-03 10:20 UTC, the page shows no trace")},
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested},
	})},
	{name: "yes, and pages that do not show everything", steps: then(stands, []step{
		{after: settle, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested, check: doubtReads(0)},
		{after: settle, ev: reads(state.PhaseProcessing, incomplete), to: state.Requested, check: doubtReads(0)},
		{after: settle, ev: reads(state.PhaseProcessing, fromList), to: state.Requested, check: doubtReads(0)},
		{after: settle, ev: reads(state.PhaseUnknown), to: state.Requested, raised: AlertUnknownState, check: doubtReads(0)},
		{after: settle, ev: reads(state.PhaseClosed), to: state.Cancelled},
	})},
	{name: "yes, and the page says that it was refused", steps: then(stands, []step{
		{after: time.Minute, ev: reads(state.PhaseProcessing, refusedText), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
	})},
	{name: "yes, and it is shipped", steps: then(stands, []step{
		{after: time.Minute, ev: reads(state.PhaseShipped), to: state.Refused, raised: AlertRefused + " " + AlertShippedAfter, plans: "read:tracking"},
	})},
	{name: "yes, and an old refusal that a person approved is no trace", steps: then(then(begun, []step{
		{ev: endsOnText(state.AskUnknown), to: state.Held, raised: AlertHeld},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: tells(state.SaidYes, look(state.PhaseProcessing, refusedText)), to: state.Requested},
	}), []step{
		{after: settle, ev: reads(state.PhaseProcessing, refusedText), to: state.Requested, check: doubtReads(1)},
		{after: settle, ev: reads(state.PhaseProcessing, refusedText), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
	})},
	{name: "yes, and the page shows it at once", steps: then(marked, []step{
		{after: time.Minute, ev: tells(state.SaidYes, look(state.PhasePending)), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.PendingSeen || !c.RequestedAt.Equal(base) {
				t.Errorf("seen %t, requested %s, want the mark's time", c.PendingSeen, c.RequestedAt)
			}
		}},
	})},
	{name: "no, and the page shows the request all the same", steps: then(marked, []step{
		{ev: tells(state.SaidNo, look(state.PhasePending)), to: state.Requested},
	})},
	{name: "a page that does not show everything ends nothing", steps: then(marked, []step{
		{ev: tells(state.SaidNo, look(state.PhasePending, incomplete)), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
	})},
	{name: "nothing is known of the answer, and the page shows it closed", steps: then(marked, []step{
		{ev: tells(state.SaidUnclear, look(state.PhaseClosed)), to: state.Cancelled},
	})},
	{name: "no", steps: then(marked, []step{
		{after: time.Minute, ev: tells(state.SaidNo, look(state.PhaseProcessing)), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: has("the site refuses: as the site says")},
	})},
	{name: "no, in a page that nobody understands", steps: then(marked, []step{
		{ev: tells(state.SaidNo, &state.Reading{Number: number, Unclear: "the data never came"}), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
	})},
	{name: "asked already, and a page shows it", steps: then(pastDoubt(state.SaidAsked), []step{{ev: reads(state.PhasePending), to: state.Requested}})},
	{name: "asked already, and no page shows it", steps: then(pastDoubt(state.SaidAsked), heldAfter(old, personDecides(state.SaysAsked, "the site says (“as the site says”) to the call that left at 2026-11-03 10:00 UTC that a request stands already")))},
	{name: "not understood, and a page shows it", steps: then(pastDoubt(state.SaidUnclear), []step{{after: settle, ev: old, to: state.Requesting, check: doubtReads(1)}, {after: time.Minute, ev: reads(state.PhasePending), to: state.Requested}})},
	{name: "not understood, and no page shows it", steps: then(pastDoubt(state.SaidUnclear), heldAfter(old, personDecides(state.AnswerUnclear, "is not understood (“as the site says”)")))},
	{name: "an answer of no kind is not understood", steps: then(then(marked, []step{
		{ev: tells("odd", look(state.PhaseProcessing)), to: state.Requesting, raised: AlertDoubt, plans: "read:detail", check: has("not understood")},
	}), heldAfter(old, personDecides(state.AnswerUnclear, "is not understood")))},
	{name: "yes beside the courier's dialog is not understood", steps: then(marked, []step{
		{ev: func() state.Event { ev := tells(state.SaidYes, nil); ev.Asked.Outcome = state.AskPickedUp; return ev }(), to: state.Requesting, raised: AlertDoubt, plans: "read:detail", check: has("not understood")},
	})},
	{name: "the gateway's answer is nobody's refusal", steps: then(pastDoubt(state.SaidGateway), twoLooks(old, requestAgain))},
	{name: "no answer", steps: then(pastDoubt(state.SaidNone), twoLooks(old, requestAgain))},
	{name: "no answer, and something else than never asked", steps: then(pastDoubt(state.SaidNone), heldAfter(reads(state.PhaseRiskHold), personDecides(state.RequestInDoubt, "(a call left at 2026-11-03 10:00 UTC)")))},
	{name: "what held it before a later answer is named too", steps: then(then(pastDoubt(state.SaidNone), twoLooks(old, requestAgain)), []step{
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: ends(state.AskUnknown, nil), to: state.Held, raised: AlertHeld, check: func(t expect, c state.Case, out Outcome) {
			has("a call left at 2026-11-03 10:00 UTC (answer: none), and the site said “as the site says”")(t, c, out)
			if c.Attempt.Said != state.SaidNothing {
				t.Errorf("the answer to the call before stands as this attempt's: %+v", c.Attempt)
			}
		}},
	})},
	{name: "nothing left in spite of the mark", steps: then(marked, []step{
		again(nothingLeft(look(state.PhaseProcessing))),
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		again(nothingLeft(nil)),
		{ev: plain(state.EventWithdrawn), to: state.Ignored},
	})},
	{name: "nothing left, and the page shows somebody's request", steps: then(marked, []step{
		{after: time.Minute, ev: nothingLeft(look(state.PhasePending)), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if !c.RequestedAt.Equal(base.Add(time.Minute)) || !c.Attempt.NoticeAt().IsZero() {
				t.Errorf("requested %s, attempt %+v; want no mark of ours", c.RequestedAt, c.Attempt)
			}
		}},
	})},
	{name: "nothing left of this call, an earlier one may stand", steps: then(then(pastDoubt(state.SaidUnclear), heldAfter(old, nil)), []step{
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: nothingLeft(nil), to: state.Queued, plans: "request", check: func(t expect, c state.Case, _ Outcome) {
			if calls := c.Attempt.Calls(); !c.Attempt.NoticeAt().Equal(base) || len(calls) != 1 || calls[0].Said != state.SaidUnclear {
				t.Errorf("attempt %+v, want the earlier call alone", c.Attempt)
			}
		}},
	})},
	{name: "nothing left cannot be where an answer came", steps: then(marked, []step{
		{ev: func() state.Event { ev := tells(state.SaidYes, nil); ev.Asked.NothingLeft = true; return ev }(), to: state.Requested},
	})},
	{name: "an answer without a mark is a call all the same", steps: then(begun, []step{
		{ev: tells(state.SaidNone, nil), to: state.Requesting, raised: AlertDoubt, plans: "read:detail"},
	})},
	{name: "a guard that trips after the mark", steps: then(marked, []step{
		held(func() state.Event {
			ev := tells(state.SaidYes, nil)
			ev.Asked.Outcome, ev.Asked.Findings = state.AskWrongOrder, state.Findings{state.Found(state.OtherOrder, number, "shown", "82")}
			return ev
		}(), true),
	})},
	{name: "an attempt that lasts too long lets no call leave", steps: then(begun, []step{
		{ev: marksAtAge(attemptAtMost), to: state.Requesting},
	})},
	{name: "an attempt that lasted too long lets no call leave", steps: then(begun, []step{
		{ev: marksAtAge(attemptAtMost + time.Second), refused: "older than 10m0s"},
	})},
	{name: "a mode that became stricter lets no call leave", steps: then(begun, []step{
		{config: func(p *Policy) { p.Mode = Confirm }, ev: plain(state.EventDispatching), refused: "asks a person first"},
	})},
	{name: "a mode that became stricter, and a person approved", steps: then(begun, []step{
		{ev: ends(state.AskUnknown, nil), to: state.Held, raised: AlertHeld, plans: "read:detail"},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{config: func(p *Policy) { p.Mode = Confirm }, ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
	})},
	{name: "a rule that came meanwhile lets no call leave", steps: then(begun, []step{
		{config: asksAbove(10), ev: plain(state.EventDispatching), refused: "rule 1"},
		{ev: ends(state.AskFailed, look(state.PhaseProcessing)), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Held, raised: AlertHeld, check: has("asks you before the supplier is asked")},
	})},
}

func marksAtAge(d time.Duration) state.Event {
	ev := plain(state.EventDispatching)
	ev.Age = d
	return ev
}

// endsOnText is an end on a page with an old sentence about a refusal.
func endsOnText(o state.AskOutcome) state.Event {
	return ends(o, look(state.PhaseProcessing, refusedText))
}

func TestAnswers(t *testing.T) { t.Parallel(); playAll(t, answerStories) }

// TestInterruptionsHoldNothing: however often an attempt is cut off before its
// mark, the case is not held for it, nor is an account that fails to show the
// order once after all of them.
func TestInterruptionsHoldNothing(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Requesting)
	for range 50 {
		d.do(time.Minute, plain(state.EventInterrupted))
		d.do(0, plain(state.EventBegin))
	}
	d.do(time.Minute, failure("not_found"))
	if d.c.Status != state.Queued || len(d.c.Attempt.Calls()) > 0 {
		t.Errorf("is %s (%s) after 50 interruptions, attempt %+v", d.c.Status, HeldWhy(d.c), d.c.Attempt)
	}
}

// asksAbove is a rule by which a person is asked about larger orders.
func asksAbove(total int) func(*Policy) {
	set, err := rules.Parse([]rules.Rule{{When: fmt.Sprintf("supplier.total > %d", total), Then: "confirm"}})
	if err != nil {
		panic(err)
	}
	return func(p *Policy) { p.Rules = set }
}

// A call that left is named, whatever else is known of it.
func TestFindingsNameTheirCall(t *testing.T) {
	t.Parallel()
	for _, code := range []state.FindingCode{state.RequestInDoubt, state.DoubtedTwice, state.AnswerUnclear, state.SaysAsked, state.CallLeft} {
		said := HeldWhy(state.Case{Findings: state.Findings{state.Found(code, "", "clicked", moment(base))}})
		if !strings.Contains(said, " call ") || !strings.Contains(said, Stamp(base)) {
			t.Errorf("%s says %q", code, said)
		}
	}
}

// TestUnseenAnswer is a doubt of a version that kept no answers: none was seen, and
// none that is known not to have come.
func TestUnseenAnswer(t *testing.T) {
	c := drivenTo(t, state.Requesting)
	c.do(0, plain(state.EventDispatching))
	c.do(time.Minute, plain(state.EventInterrupted))
	c.c.Attempt.Said = state.SaidNothing
	c.do(settle, old)
	c.do(settle, old)
	if c.c.Status != state.Held || c.c.Findings[0].Code != state.AnswerUnclear {
		t.Errorf("is %s for %v, want it held", c.c.Status, c.c.Findings)
	}
}

// TestPageThatSpoke has an attempt end with what a page showed, in doubt or no
// longer there: should the order read as never asked afterwards, a person decides.
func TestPageThatSpoke(t *testing.T) {
	inDoubt := func(r *state.Reading) { r.Unclear = "the data and the page differ" }
	for _, o := range []state.AskOutcome{state.AskPending, state.AskClosed, state.AskShipped, state.AskRefused} {
		for _, said := range []state.Said{state.SaidNothing, state.SaidNone, state.SaidGateway} {
			c := drivenTo(t, state.Requesting)
			c.do(0, plain(state.EventDispatching))
			ev := ends(o, look(state.PhasePending, inDoubt))
			ev.Asked.Said = said
			c.do(time.Minute, ev)
			c.do(settle, reads(state.PhaseProcessing))
			c.do(settle, reads(state.PhaseProcessing))
			if c.c.Status != state.Held {
				t.Errorf("%s, said %q: is %s, want it held", o, said, c.c.Status)
			}
		}
	}
}
