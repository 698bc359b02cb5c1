package machine

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countermand/state"
	"countermand/supplier"
)

// What follows is drawn without regard to what is likely: any event may meet
// any case that can be reached.

func drawReading(t *rapid.T, now time.Time) *state.Reading {
	r := look(rapid.SampledFrom([]state.Phase{
		state.PhaseUnknown, state.PhaseUnpaid, state.PhaseRiskHold, state.PhaseProcessing, state.PhaseProcessing, state.PhasePending,
		state.PhasePending, state.PhaseShipped, state.PhaseDelivered, state.PhaseFinished, state.PhaseClosed,
	}).Draw(t, "phase"))
	r.At = now.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "age")) * time.Second)
	if flip(t, "empty page") {
		*r = state.Reading{Number: r.Number, At: r.At, Source: state.SourceDetail, Phase: r.Phase}
	}
	if flip(t, "list") {
		r.Source = state.SourceList
	}
	if flip(t, "incomplete") {
		r.Complete = false
	}
	if flip(t, "no button") {
		r.CancelOffered = false
	}
	if flip(t, "refused") {
		refusedText(r)
	}
	if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
		rapid.SampledFrom([]mod{otherNumber, otherTotal, otherStore, tooFew, olderThanTheShops}).Draw(t, "off")(r)
	}
	if flip(t, "countdown") {
		r.WindowEnd = base.Add(time.Duration(rapid.IntRange(1, 20*24).Draw(t, "window")) * time.Hour)
	}
	if flip(t, "refund") {
		paidBack(rapid.Int64Range(0, 25).Draw(t, "refund amount"), rapid.SampledFrom([]string{"USD", "USD", "EUR", ""}).Draw(t, "currency"), state.RefundCard)(r)
	}
	if rapid.Bool().Draw(t, "tracking read") {
		var parcels []state.Tracking
		for i := range rapid.IntRange(0, 2).Draw(t, "parcels") {
			p := rapid.SampledFrom([]state.Tracking{none("LP"), early("LP"), late("LP")}).Draw(t, "parcel")
			p.Number += string(rune('1' + i))
			parcels = append(parcels, p)
		}
		tracked(parcels...)(r)
	}
	return r
}

func flip(t *rapid.T, label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }

func drawEvent(t *rapid.T, c state.Case, now time.Time) state.Event {
	kinds := state.EventKinds
	if row := table[c.Status]; rapid.IntRange(0, 9).Draw(t, "any event") > 0 {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(k state.EventKind) bool { return row[k] == nil })
		// What leads on comes often, so that walks get far.
		for _, k := range []state.EventKind{state.EventReading, state.EventBegin, state.EventDispatching, state.EventAttemptEnded, state.EventReading, state.EventInterrupted} {
			if row[k] != nil {
				kinds = append(kinds, k, k)
			}
		}
	}
	ev := state.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "event"), By: state.ByEngine}
	whole := rapid.IntRange(0, 19).Draw(t, "whole") > 0
	if !whole {
		return ev
	}
	switch ev.Kind {
	case state.EventCancelled, state.EventMapped:
		ev.Cancellation = cancellation(rapid.IntRange(0, 9).Draw(t, "partial") == 0)
		if ev.Kind == state.EventMapped || rapid.IntRange(0, 3).Draw(t, "mapped") > 0 {
			ev.Mapping = mapping(rapid.SampledFrom([]string{"", "", "", "#7"}).Draw(t, "conflict"))
		}
	case state.EventReading:
		ev.Reading = drawReading(t, now)
	case state.EventReadFailed:
		ev.Failure = &state.Failure{Kind: string(supplier.Unreadable)}
	case state.EventAttemptEnded:
		ev.Asked = &state.AttemptResult{Kind: string(supplier.NotFound), Outcome: rapid.SampledFrom([]state.AskOutcome{
			state.AskPending, state.AskClosed, state.AskPickedUp, state.AskShipped, state.AskRefused, state.AskNotOffered, state.AskWrongOrder,
			state.AskUnknown, state.AskObserved, state.AskFailed, state.AskUnclear, "odd",
		}).Draw(t, "outcome")}
		if rapid.IntRange(0, 3).Draw(t, "with reading") > 0 {
			ev.Asked.Reading = drawReading(t, now)
		}
		ev.Asked.Said = rapid.SampledFrom([]state.Said{"", "", "", state.SaidYes, state.SaidNo, state.SaidAsked, state.SaidUnclear, state.SaidGateway, state.SaidNone, "odd"}).Draw(t, "said")
		ev.Asked.NothingLeft = flip(t, "nothing left")
		if ev.Asked.OthersWork = flip(t, "others work"); !flip(t, "no cool-down") {
			ev.Asked.CoolDown = 30 * time.Minute
		}
	case state.EventRefund, state.EventSnooze, state.EventOpened:
		ev.Decision = &state.Decision{Amount: usd(rapid.Int64Range(-1, 25).Draw(t, "amount")), To: state.RefundCard, Until: now.Add(time.Duration(rapid.IntRange(-5, 100).Draw(t, "until")) * time.Hour)}
	}
	return ev
}

// witness follows a case from outside and knows what must never happen.
type witness struct {
	mark    time.Time   // of the call that may have left; zero: none is open
	said    state.Said  // the site's answer to it
	shows   []time.Time // readings since then that show the order as never asked
	unasked int         // requests allowed again without a person
}

func (w *witness) see(t *rapid.T, p Policy, before state.Case, ev state.Event, out Outcome, now time.Time) {
	after := out.Case
	for _, plan := range out.Plans {
		if plan.Kind == state.EffectRequest && after.Status != state.Queued {
			t.Fatalf("a request is planned for a case that is %s", after.Status)
		}
	}
	if ev.Asked != nil && ev.Asked.NothingLeft && ev.Asked.Said == state.SaidNothing {
		w.mark = time.Time{} // the mark was taken back
	}
	r := readingOf(ev)
	if !w.mark.IsZero() && ev.Kind == state.EventReading && r != nil && !r.At.Before(w.mark.Add(p.Settle)) && RightOrder(before, *r) == nil &&
		r.Source == state.SourceDetail && r.Complete && r.Phase == state.PhaseProcessing && r.CancelOffered && r.RefusedText == "" {
		w.shows = append(w.shows, r.At)
	}
	if before.Status == state.Requesting && !before.Stop.IsZero() && (ev.Kind == state.EventDispatching || after.Status == state.Queued) {
		t.Fatalf("%s goes on with an attempt that was stopped: %s", ev.Kind, before.Stop.Code)
	}
	if ev.Kind == state.EventApprove {
		*w = witness{}
	}
	if !w.mark.IsZero() && after.Status == state.Queued {
		if n := len(w.shows); n < 2 || w.shows[n-1].Sub(w.shows[0]) < p.Settle {
			t.Fatalf("queued again after the call of %s on readings of %v", w.mark, w.shows)
		}
		if w.said != state.SaidNone && w.said != state.SaidGateway {
			t.Fatalf("queued again without a person although the site said %q to the call of %s", w.said, w.mark)
		}
		if w.unasked++; w.unasked > 1 {
			t.Fatalf("asked again twice without a person")
		}
		w.mark, w.shows = time.Time{}, nil
	}
	if d := after.Attempt.DispatchedAt; after.Status == state.Requesting && !d.IsZero() && w.mark.IsZero() {
		w.mark, w.shows = d, nil
	}
	if w.said = after.Attempt.Said; after.Status == state.Held && !w.mark.IsZero() && !strings.Contains(HeldWhy(after), " call ") {
		t.Fatalf("held after the call of %s without a word of it: %s", w.mark, HeldWhy(after))
	}
	if after.Status == state.Requesting && after.Attempt.StartedAt.IsZero() && after.Attempt.DispatchedAt.IsZero() {
		t.Fatalf("neither an attempt nor a doubt: %+v", after.Attempt)
	}
}

func readingOf(ev state.Event) *state.Reading {
	if ev.Asked != nil {
		return ev.Asked.Reading
	}
	return ev.Reading
}

// evident: what costs money is concluded only from what a page or a person
// said.
func evident(t *rapid.T, before state.Case, ev state.Event, after state.Case, now time.Time) {
	if after.Status == before.Status && after.RequestedAt.Equal(before.RequestedAt) {
		return
	}
	r := readingOf(ev)
	if r == nil {
		r = &state.Reading{}
	}
	told := after.Status == state.Refused && r.RefusedText != "" && after.RequestedAt.Equal(r.RequestedAt)
	yes := ev.Asked != nil && ev.Asked.Said == state.SaidYes && after.RequestedAt.Equal(after.Attempt.DispatchedAt)
	told = told || yes
	if !after.RequestedAt.Equal(before.RequestedAt) && r.Phase != state.PhasePending && !told {
		t.Fatalf("requested at %s on a page that says %q", after.RequestedAt, r.Phase)
	}
	if after.Status == before.Status {
		return
	}
	if ev.Kind == state.EventReading && r.Source == state.SourceList {
		t.Fatalf("a list entry moved it from %s to %s", before.Status, after.Status)
	}
	positive := after.Status == state.Refunded || r.RefusedText != "" || r.Phase == state.PhaseClosed || r.Phase == state.PhasePending || shippedPhase(r.Phase)
	trusted := RightOrder(before, *r) == nil ||
		ev.Asked != nil && !after.Attempt.DispatchedAt.IsZero() && r.Number == before.SupplierOrder // the call has left: the number decides
	if ev.Kind == state.EventReading && trusted && !r.Complete && !positive && !r.TrackingRead {
		t.Fatalf("an incomplete page without a statement moved it from %s to %s", before.Status, after.Status)
	}
	ok := true
	switch after.Status {
	case state.Requested:
		ok = yes || trusted && r.Phase == state.PhasePending
	case state.Cancelled:
		ok = trusted && r.Phase == state.PhaseClosed
	case state.Refunded:
		paid := after.Refund
		ok = ev.Kind == state.EventRefund || trusted && paid != nil && after.Amount.Known() && paid.Amount.Currency == after.Amount.Currency && paid.Amount.Units >= after.Amount.Units
	case state.Refused:
		a := before.Attempt
		twice := a.Said == state.SaidYes && a.DoubtReads == 1 && !a.DoubtAt.Before(a.DispatchedAt.Add(settle)) && !r.At.Before(a.DoubtAt.Add(settle))
		gone := r.Complete && (r.Phase == state.PhaseProcessing || r.Phase == state.PhaseRiskHold) && (before.PendingSeen || twice)
		ok = ev.Asked != nil && (ev.Asked.Outcome == state.AskPickedUp || ev.Asked.Said == state.SaidNo) || trusted && (shippedPhase(r.Phase) || r.RefusedText != "" || gone)
	case state.Shipped:
		ok = ev.Kind == state.EventProof || after.Proof == state.ProofScanBefore && shippedPhase(r.Phase)
	case state.Disputable:
		due := after.Proof == state.ProofScanAfter || r.TrackingRead && !r.At.Before(before.Clocks[state.ClockProofDue])
		ok = due && (after.Proof != state.ProofScanBefore || !shippedPhase(r.Phase))
	case state.Won, state.Lost, state.WrittenOff, state.Disputed:
		ok = ev.Kind.Decision()
	case state.Ignored:
		ok = ev.Kind.Decision() || (ev.Kind == state.EventWithdrawn || ev.Kind == state.EventReplaced) && before.Attempt.DispatchedAt.IsZero()
	}
	if !ok {
		t.Fatalf("%s made it %s (was %s) on %+v", ev.Kind, after.Status, before.Status, *r)
	}
}

func TestAnySequenceOfEventsKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := policyOf(rapid.SampledFrom([]Mode{Auto, Auto, Auto, Confirm, Observe}).Draw(t, "mode"))
		c, now, w := state.Case{ID: "01CASE", Supplier: "aliexpress"}, base, &witness{}
		for range rapid.IntRange(1, 60).Draw(t, "length") {
			now = drawTime(t, c, now)
			ev := drawEvent(t, c, now)
			out, err := p.Step(c, ev, now)
			twice, err2 := p.Step(c, ev, now)
			if !reflect.DeepEqual(out, twice) || !reflect.DeepEqual(err, err2) {
				t.Fatalf("%s in %s is not decided the same way twice", ev.Kind, c.Status)
			}
			if err != nil {
				if _, ok := errors.AsType[*RefusedError](err); !ok {
					t.Fatalf("%s in %s: %v is no refusal", ev.Kind, c.Status, err)
				}
				continue
			}
			if d := out.Case.DueAt; !d.IsZero() && !d.After(now) {
				t.Fatalf("due %s at %s", d, now)
			}
			if c.Status.Ended() && (!reflect.DeepEqual(c, out.Case) || len(out.Entries)+len(out.Plans)+len(out.Alerts) > 0) {
				t.Fatalf("%s changed a case that is %s", ev.Kind, c.Status)
			}
			if out.Case.Paused && len(out.Plans) > 0 {
				t.Fatalf("%s plans %v for a paused case", ev.Kind, out.Plans)
			}
			evident(t, c, ev, out.Case, now)
			w.see(t, p, c, ev, out, now)
			lookedAfter(t, out.Case)
			c = out.Case
		}
	})
}

// lookedAfter: an open case that is not paused is due some time, unless a person
// was told that it waits for them or an attempt is at work.
func lookedAfter(t *rapid.T, c state.Case) {
	if c.Status.Ended() || c.Paused || !c.DueAt.IsZero() {
		return
	}
	_, told := c.Raised[AlertHeld]
	_, unmapped := c.Raised[AlertUnmapped]
	if !told && !unmapped && c.Attempt.StartedAt.IsZero() && c.Status != state.Queued {
		t.Fatalf("a case that is %s is never looked at again and nobody was told", c.Status)
	}
}

func drawTime(t *rapid.T, c state.Case, now time.Time) time.Time {
	switch rapid.IntRange(0, 3).Draw(t, "when") {
	case 0:
		return now
	case 1:
		if c.DueAt.After(now) {
			return c.DueAt
		}
		return now.Add(time.Second)
	case 2:
		return now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second)
	}
	return now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "hours")) * time.Hour)
}
