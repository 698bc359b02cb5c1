package machine

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// telling writes all messages.
func telling(p *Policy) {
	p.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true, state.EffectMessageRefusal: true, state.EffectMessageProof: true}
}

func messagedEv(kind state.EffectKind, sent bool) state.Event {
	return state.Event{Kind: state.EventMessaged, By: state.ByEngine, Messaged: &state.Messaged{Kind: kind, Sent: sent, Detail: "two texts"}}
}

// toldPending is a request that the supplier has.
var toldPending = []step{
	{ev: opens("", false), to: state.Queued, plans: "request"},
	{ev: plain(state.EventBegin), to: state.Requesting},
	{ev: plain(state.EventDispatching), to: state.Requesting},
	{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested, plans: "message_request"},
}

var tellStories = []scenario{
	{name: "each message is sent once", policy: telling, steps: then(toldPending, []step{
		{ev: messagedEv(state.EffectMessageRequest, true), to: state.Requested, check: has("the message about the request was written: two texts")},
		{ev: decision(state.EventPause, nil), to: state.Requested, check: drops(state.EffectMessageRequest)},
		{ev: decision(state.EventResume, nil), to: state.Requested}, // told already
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Refused, raised: AlertRefused, plans: "read:tracking message_refusal"},
		{ev: messagedEv(state.EffectMessageRefusal, true), to: state.Refused},
		{ev: decision(state.EventRemind, nil), to: state.Refused, plans: "message_proof", check: has("ann asks for the tracking number once more")},
		{ev: messagedEv(state.EffectMessageProof, true), to: state.Refused},
		{ev: decision(state.EventRemind, nil), refused: "is not sent twice"},
	})},
	{name: "a message that was not sent is told once resumed", policy: telling, steps: then(toldPending, []step{
		{ev: decision(state.EventPause, nil), to: state.Requested},
		{ev: decision(state.EventRemind, nil), refused: "does not take it"},
		{ev: decision(state.EventResume, nil), to: state.Requested, plans: "message_request"},
		{ev: messagedEv(state.EffectMessageRequest, false), to: state.Requested, raised: AlertMessageUnsent, check: has("was not written: two texts")},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: drops(state.EffectMessageRequest)},
	})},
	{name: "the last reminder comes a day before the proof is due", policy: telling, steps: then(toldPending, []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Refused, raised: AlertRefused, plans: "read:tracking message_refusal"},
		{ev: decision(state.EventPause, nil), to: state.Refused},
		{ev: decision(state.EventRemind, nil), refused: "resume it first"},
		{ev: decision(state.EventResume, nil), to: state.Refused, plans: "message_refusal"},
		{after: 7 * day1, ev: plain(state.EventTick), to: state.Refused, raised: AlertProofEnding, plans: "read:tracking message_proof read:tracking"},
	})},
	{name: "a number that is there is not asked for", policy: telling, steps: then(toldPending, []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, func(r *state.Reading) {
			r.TrackingRead, r.Tracking = true, []state.Tracking{{Number: "LP1"}}
		}), to: state.Refused, raised: AlertRefused},
	})},
	{name: "no message without a text", steps: then(reach[state.Refused], []step{
		{ev: decision(state.EventRemind, nil), refused: "no message is set for it"},
	})},
	{name: "no message without a text, in the queue", steps: then(reach[state.Disputable], []step{
		{ev: decision(state.EventRemind, nil), refused: "no message is set for it"},
	})},
	{name: "in observe nothing is written", policy: func(p *Policy) { telling(p); p.Mode = Observe }, steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{ev: reads(state.PhasePending), to: state.Requested},
		{ev: decision(state.EventResume, nil), refused: "not paused"},
	}},
	{name: "an attempt to write says how it ended", steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{ev: plain(state.EventMessaged), refused: "no outcome"},
		{ev: plain(state.EventShop), refused: "does not say what"},
	}},
}

// ofCause is the shop saying why; gone: so many of three items only.
func ofCause(cause state.Cause, gone string) state.Event {
	ev := opens("", false)
	cn := *ev.Cancellation
	if gone != "" {
		cn.Partial = state.Found(state.PartOfOrder, "", "gone", gone, "all", "3")
	}
	if cn.Cause = cause; cause != state.CauseCancelled {
		cn.CancelledAt = time.Time{}
	}
	ev.Cancellation = &cn
	return ev
}

var causeStories = []scenario{
	{name: "lines went, then the rest", steps: []step{
		{ev: ofCause(state.CauseLines, "1"), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("cannot be cancelled in part")},
		{ev: ofCause(state.CauseLines, "2"), to: state.Held},
		{ev: ofCause(state.CauseLines, ""), to: state.Queued, plans: "request", check: has("all its lines went by now")},
		{ev: ofCause(state.CauseCancelled, ""), to: state.Queued, check: func(t expect, c state.Case, out Outcome) {
			if has("was cancelled in the shop")(t, c, out); c.Cause != state.CauseCancelled || c.CancelledAt.IsZero() {
				t.Errorf("cause %q, cancelled %s", c.Cause, c.CancelledAt)
			}
		}},
		{ev: ofCause(state.CauseLines, ""), to: state.Queued},
	}},
	{name: "lines went, then the whole order", steps: []step{
		{ev: ofCause(state.CauseLines, "1"), to: state.Held, raised: AlertHeld, plans: "read:detail"},
		{ev: ofCause(state.CauseCancelled, ""), to: state.Queued, plans: "request"},
	}},
	{name: "what a person approved is not decided again", steps: []step{
		{ev: ofCause(state.CauseLines, "1"), to: state.Held, raised: AlertHeld, plans: "read:detail"},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: ofCause(state.CauseCancelled, ""), to: state.Queued},
	}},
	{name: "lines went that come back", steps: []step{
		{ev: ofCause(state.CauseLines, ""), to: state.Queued, plans: "request"},
		{ev: plain(state.EventWithdrawn), to: state.Ignored, check: has("wanted after all, before the supplier was asked")},
	}},
	{name: "a customer's request says so", steps: []step{
		{ev: ofCause(state.CauseRequested, ""), to: state.Queued, plans: "request", check: has("the customer asks for #1042 to be cancelled")},
	}},
	{name: "a second change of mind is told too, were it at the same moment", steps: then(reach[state.Requested], []step{
		{ev: plain(state.EventWithdrawn), to: state.Requested, raised: AlertWithdrawn},
		{ev: plain(state.EventWithdrawn), to: state.Requested, raised: AlertWithdrawn, check: stillRaised(AlertWithdrawn)},
	})},
	{name: "no cancellation came with it", steps: then(reach[state.Queued], []step{{ev: plain(state.EventCancelled), refused: "no cancellation"}})},
}

// ruling is a judge that always says the same.
type ruling struct {
	then  state.Then
	err   error
	needs bool
}

func (r ruling) Judge(state.Case, time.Time) (state.Then, string, error) {
	if r.then == "" && r.err == nil {
		return "", "", nil
	}
	return r.then, "rule 1: order.total > 100", r.err
}
func (r ruling) NeedsSupplier() bool { return r.needs }

func ruled(r ruling, mode Mode) func(*Policy) {
	return func(p *Policy) { p.Rules, p.Mode = r, mode }
}

func ruleIs(want string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Rule != want {
			t.Errorf("rule %q, want %q", c.Rule, want)
		}
	}
}

var ruleStories = []scenario{
	{name: "a rule outranks the mode", policy: ruled(ruling{then: state.ThenAuto}, Confirm), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request", check: ruleIs("rule 1: order.total > 100")},
		{ev: plain(state.EventBegin), to: state.Requesting},
	}},
	{name: "a rule that let it pass is gone before it begins", policy: ruled(ruling{then: state.ThenAuto}, Confirm), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{config: ruled(ruling{}, Confirm), ev: plain(state.EventBegin), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("mode confirm: asks you")},
	}},
	{name: "a rule that let it pass is gone before the call", policy: ruled(ruling{then: state.ThenAuto}, Confirm), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{config: func(p *Policy) { p.Rules = nil }, ev: plain(state.EventDispatching), refused: "asks a person first"},
	}},
	{name: "a rule that leaves it came before it begins", policy: ruled(ruling{}, Auto), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "request"},
		{config: ruled(ruling{then: state.ThenIgnore}, Auto), ev: plain(state.EventBegin), to: state.Held, raised: AlertHeld, plans: "read:detail"},
	}},
	{name: "a rule asks", policy: ruled(ruling{then: state.ThenConfirm}, Auto), steps: []step{
		{ev: opens("", false), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("rule 1: order.total > 100: asks you")},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
	}},
	{name: "a rule leaves it", policy: ruled(ruling{then: state.ThenIgnore}, Auto), steps: []step{
		{ev: opens("", false), to: state.Ignored, check: has("left alone by rule 1")},
	}},
	{name: "no rule fits", policy: ruled(ruling{}, Confirm), steps: []step{
		{ev: opens("", false), to: state.Held, raised: AlertHeld, plans: "read:detail", check: ruleIs("mode confirm")},
	}},
	{name: "a rule that cannot tell asks a person", policy: ruled(ruling{err: errors.New("the total is not known")}, Auto), steps: []step{
		{ev: opens("", false), to: state.Held, raised: AlertHeld, plans: "read:detail", check: has("the total is not known")},
	}},
	{name: "rules about the supplier's order have it read first", policy: ruled(ruling{then: state.ThenConfirm, needs: true}, Auto), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "read:detail", check: has("read first")},
		{ev: decision(state.EventRetry, nil), to: state.Queued, plans: "read:tracking"},
		{ev: decision(state.EventPause, nil), to: state.Queued},
		{ev: decision(state.EventResume, nil), to: state.Queued},
		{due: true, ev: plain(state.EventTick), to: state.Queued, plans: "read:detail"},
		{ev: reads(state.PhaseProcessing), to: state.Held, raised: AlertHeld, check: ruleIs("rule 1: order.total > 100")},
	}},
	{name: "rules let it go on once it was read", policy: ruled(ruling{then: state.ThenAuto, needs: true}, Auto), steps: []step{
		{ev: opens("", false), to: state.Queued, plans: "read:detail"},
		{ev: reads(state.PhaseProcessing), to: state.Queued, plans: "request"},
	}},
}

// inAccounts opens a case that one of three accounts may hold.
func inAccounts() state.Event {
	ev := opens("", false)
	m := *ev.Mapping
	m.Candidates = []string{"second", "third"}
	ev.Mapping = &m
	return ev
}

func account(want string, left int) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if c.Account != want || len(c.Candidates) != left {
			t.Errorf("account %s with %v, want %s and %d", c.Account, c.Candidates, want, left)
		}
	}
}

func notShown() state.Event {
	return state.Event{Kind: state.EventAttemptEnded, By: state.ByEngine, Asked: &state.AttemptResult{Outcome: state.AskFailed, Kind: string(supplier.NotFound), Detail: "no such order"}}
}

func notShownRead() state.Event {
	return state.Event{Kind: state.EventReadFailed, By: state.BySupplier, Failure: &state.Failure{Kind: string(supplier.NotFound), Detail: "no such order"}}
}

var accountStories = []scenario{
	{name: "the account that has the order is found", steps: []step{
		{ev: inAccounts(), to: state.Queued, plans: "request", check: account("main", 2)},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: notShown(), to: state.Queued, plans: "request", check: account("second", 2)},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested, check: account("second", 0)},
	}},
	{name: "no account shows the order", steps: func() []step {
		all := []step{{ev: inAccounts(), to: state.Queued, plans: "request"}}
		for range 8 {
			all = append(all, step{ev: plain(state.EventBegin), to: state.Requesting}, step{ev: notShown(), to: state.Queued, plans: "request"})
		}
		return append(all, step{ev: plain(state.EventBegin), to: state.Requesting},
			step{ev: notShown(), to: state.Held, raised: AlertHeld, check: has("none of the accounts")})
	}()},
	{name: "a held case is looked for in each account", steps: []step{
		{ev: func() state.Event {
			ev := inAccounts()
			cn := *ev.Cancellation
			cn.Partial = state.Found(state.PartOfOrder, "", "gone", "1", "all", "3")
			ev.Cancellation = &cn
			return ev
		}(), to: state.Held, raised: AlertHeld, plans: "read:detail"},
		{ev: notShownRead(), to: state.Held, plans: "read:detail", check: account("second", 2)},
		{ev: reads(state.PhaseProcessing), to: state.Held, check: account("second", 0)},
	}},
}

func TestMessages(t *testing.T) { t.Parallel(); playAll(t, tellStories) }
func TestCauses(t *testing.T)   { t.Parallel(); playAll(t, causeStories) }
func TestRules(t *testing.T)    { t.Parallel(); playAll(t, ruleStories) }
func TestAccounts(t *testing.T) { t.Parallel(); playAll(t, accountStories) }

func TestReminderOutlivesAPause(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused, withTells)
	d.do(0, state.Event{Kind: state.EventMessaged, By: state.ByEngine, Messaged: &state.Messaged{Kind: state.EffectMessageRefusal, Sent: true}})
	d.ticks(proofDue.Add(-25*time.Hour), func() state.Event { return reads(state.PhaseProcessing, tracked()) })
	d.do(0, decision(state.EventPause, nil))
	d.do(2*time.Hour, plain(state.EventTick))
	var plans []Plan
	plans = append(plans, d.do(time.Hour, decision(state.EventResume, nil)).Plans...)
	for range 20 {
		plans = append(plans, d.do(time.Hour, plain(state.EventTick)).Plans...)
	}
	if !slices.ContainsFunc(plans, func(p Plan) bool { return p.Kind == state.EffectMessageProof }) {
		t.Errorf("paused for three hours at the wrong moment: the reminder is never written; planned %q", planned(plans))
	}
}

func TestResumeKeepsToWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Requested, withTells)
	d.do(time.Hour, reads(state.PhaseShipped, tracked(none("LP1"))))
	d.do(time.Hour, decision(state.EventPause, nil))
	if out := d.do(time.Hour, decision(state.EventResume, nil)); strings.Contains(planned(out.Plans), string(state.EffectMessageRefusal)) {
		t.Errorf("the number LP1 is known, resume plans %q", planned(out.Plans))
	}
}

func TestMessagesEndWithTheirStatus(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused, withTells) // message_refusal is planned
	if out := d.do(time.Hour, reads(state.PhasePending)); !slices.Contains(out.Drops, state.EffectMessageRefusal) {
		t.Errorf("%s again; the message “was declined” still goes out: drops %v", d.c.Status, out.Drops)
	}
	d = drivenTo(t, state.Disputable, withTells)
	if out := d.do(time.Hour, decision(state.EventOpened, nil)); !slices.Contains(out.Drops, state.EffectMessageProof) {
		t.Errorf("%s; “without it a dispute will be opened” still goes out: drops %v", d.c.Status, out.Drops)
	}
}

func TestSnoozeIsAdvisedWhereItIsTaken(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused, withTells)
	d.do(0, state.Event{Kind: state.EventMessaged, By: state.ByEngine, Messaged: &state.Messaged{Kind: state.EffectMessageProof, Sent: true}})
	_, err := d.p.Step(d.c, decision(state.EventRemind, nil), d.now)
	_, err2 := d.p.Step(d.c, decision(state.EventSnooze, &state.Decision{Until: d.now.Add(day1)}), d.now)
	if err != nil && strings.Contains(err.Error(), "snooze") && err2 != nil {
		t.Errorf("%q, but %q", err, err2)
	}
}

func TestFlagTellsAScanWithoutMark(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Refused)
	d.do(at(proofDue)+time.Hour, reads(state.PhaseProcessing, tracked()))
	was := d.c.Flag
	d.do(day1, reads(state.PhaseProcessing, tracked(late("LP1"))))
	if d.c.Proof != state.ProofScanAfter || d.c.Flag == was {
		t.Errorf("proof is %s now, the flag still %q", d.c.Proof, d.c.Flag)
	}
}
