package sync

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// yearSpoil is an engine, or a world, that we must never have.
type yearSpoil struct {
	name  string
	spoil func(*year)
	want  string // what is found
	also  string // what may be found before that in a usual year
	// A small year of these orders finds it.
	deck  yearDeck
	mode  machine.Mode // none: auto
	cases int          // in each of the usual years; none: 40
	// Years in which all this goes wrong; none: a usual year does.
	odds yearOdds
}

// yearStep is the decision about one event, as Policy.Step makes it.
type yearStep = func(machine.Policy, state.Case, state.Event, time.Time) (machine.Outcome, error)

// yearFigures spoils a figure of the policy.
func yearFigures(fn func(*machine.Policy)) func(*year) {
	return func(y *year) { y.policy = fn }
}

// yearEntry spoils what one event does to a case of one status.
func yearEntry(s state.Status, ev state.EventKind, spoilt yearStep) func(*year) {
	return func(y *year) {
		y.step = func(p machine.Policy, c state.Case, e state.Event, now time.Time) (machine.Outcome, error) {
			if c.Status != s || e.Kind != ev {
				return p.Step(c, e, now)
			}
			return spoilt(p, c.Clone(), e, now)
		}
	}
}

// yearHush spoils every step: alerts of this kind are never raised.
func yearHush(kind string) func(*year) {
	return func(y *year) {
		y.step = func(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
			out, err := p.Step(c, ev, now)
			out.Alerts = slices.DeleteFunc(out.Alerts, func(a state.Alert) bool { return a.Kind == kind })
			return out, err
		}
	}
}

const yearNever = 10 * 365 * 24 * time.Hour

// yearSpoils are found in a small year.
var yearSpoils = []yearSpoil{
	{name: "refund_late never comes", spoil: yearFigures(func(p *machine.Policy) { p.RefundWarnDays = 2000 }), want: "refund_late was due", deck: yearDeck{fate: fateAccept, pays: 40 * 24 * time.Hour}},
	{name: "refund_overdue never comes", spoil: yearFigures(func(p *machine.Policy) { p.RefundDueDays = 2000 }), want: "refund_overdue was due", deck: yearDeck{fate: fateAccept, pays: 40 * 24 * time.Hour}},
	{name: "refund_late comes after a bank day", spoil: yearFigures(func(p *machine.Policy) { p.RefundWarnDays = 1 }), want: "refund_late was", deck: yearDeck{fate: fateAccept}},
	{name: "refund_late comes a bank day late", spoil: yearFigures(func(p *machine.Policy) { p.RefundWarnDays = 16 }), want: "refund_late was due", deck: yearDeck{fate: fateAccept, pays: 40 * 24 * time.Hour}},
	{name: "refund_late comes twice", spoil: yearEntry(state.Cancelled, state.EventTick, yearTwice), want: "refund_late was told", deck: yearDeck{fate: fateAccept, pays: 40 * 24 * time.Hour}},
	{name: "answer_overdue never comes", spoil: yearFigures(func(p *machine.Policy) { p.Answer = yearNever }), want: "answer_overdue was due", deck: yearDeck{fate: fateSilent}},
	{name: "answer_overdue comes after a minute", spoil: yearFigures(func(p *machine.Policy) { p.Answer = time.Minute }), want: "answer_overdue was", deck: yearDeck{fate: fateSilent}},
	{name: "unasked never comes", spoil: yearFigures(func(p *machine.Policy) { p.Unasked = yearNever }), want: "unasked was due", deck: yearDeck{fate: fateAccept, hold: true}},
	{name: "the proof is awaited for 60 days", spoil: yearFigures(func(p *machine.Policy) { p.ProofDays = 60 }), want: "proof_ending was due", deck: yearDeck{fate: fateNoNumber}},
	{name: "the proof is awaited for a day", spoil: yearFigures(func(p *machine.Policy) { p.ProofDays = 1 }), want: "proof_ending was", deck: yearDeck{fate: fateNoNumber}},
	{name: "the proof is awaited for six days", spoil: yearFigures(func(p *machine.Policy) { p.ProofDays = 6 }), want: "proof_ending was due", deck: yearDeck{fate: fateNoNumber}},
	{name: "a number has no grace", spoil: yearFigures(func(p *machine.Policy) { p.NumberGrace = 0 }), want: "the number was there", deck: yearDeck{fate: fateFake, tardy: true}},
	{name: "a number has a month of grace", spoil: yearFigures(func(p *machine.Policy) { p.NumberGrace = 30 * 24 * time.Hour }), want: "the proof was due", deck: yearDeck{fate: fateFake}},
	{name: "no message is written", spoil: yearFigures(func(p *machine.Policy) { p.Messages = nil }), want: "was wanted", deck: yearDeck{fate: fateSilent}},
	{name: "the reminder is not written", spoil: yearFigures(func(p *machine.Policy) { delete(p.Messages, state.EffectMessageProof) }), want: "was wanted", deck: yearDeck{fate: fateNoNumber}},
	{name: "a message is written again", spoil: yearEntry(state.Requested, state.EventMessaged, yearAgain), want: "was sent", deck: yearDeck{fate: fateSilent}},
	{name: "a request is left unread", spoil: yearEntry(state.Requested, state.EventTick, yearAsleep), want: "can be explained until", deck: yearDeck{fate: fateSilent}},
	{name: "no verdict is ever given", spoil: yearEntry(state.Refused, state.EventReading, yearDeaf), want: "the proof was due", also: "though it was closed", deck: yearDeck{fate: fateNoNumber}},
	{name: "a verdict is given at once", spoil: yearEntry(state.Refused, state.EventReading, yearHasty), want: "is in the queue since", deck: yearDeck{fate: fateNoNumber}},
	{name: "an answer is overheard", spoil: yearEntry(state.Requested, state.EventReading, yearDeaf), want: "is requested until", deck: yearDeck{fate: fateAccept}},
	{name: "a person's word is doubled", spoil: yearEntry(state.Cancelled, state.EventRefund, yearDoubled), want: "came back", deck: yearDeck{fate: fateAccept, pays: -1}},
}

// yearTwice tells of each late refund once more.
func yearTwice(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	out, err := p.Step(c, ev, now)
	if key, open := out.Case.Raised[machine.AlertRefundLate]; err == nil && open && now.Sub(out.Case.Clocks[state.ClockRefundWarn]) > time.Hour {
		out.Resolved = append(out.Resolved, key)
		out.Case.Raised[machine.AlertRefundLate] = key + "+"
		out.Alerts = append(out.Alerts, state.Alert{Key: key + "+", Kind: machine.AlertRefundLate, CaseID: c.ID})
	}
	return out, err
}

// yearAgain forgets that a message was written.
func yearAgain(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	out, err := p.Step(c, ev, now)
	clear(out.Case.MessagedAt)
	out.Plans = append(out.Plans, machine.Plan{Kind: ev.Messaged.Kind, NotBefore: now, Why: "again"})
	return out, err
}

// yearAsleep looks at the order once a month.
func yearAsleep(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	c.NextCheckAt = now.Add(30 * 24 * time.Hour)
	return p.Step(c, ev, now)
}

// yearDeaf reads and concludes nothing: it takes each page for an entry of the
// list that did not change.
func yearDeaf(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	ev.Reading = &state.Reading{Number: c.SupplierOrder, Source: state.SourceList, At: ev.Reading.At}
	return p.Step(c, ev, now)
}

// yearHasty waits for no proof.
func yearHasty(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	out, err := p.Step(c, ev, now)
	if out.Case.Status == state.Refused {
		out.Case.Status = state.Disputable
		out.Entries = append(out.Entries, state.Entry{At: now, Event: ev.Kind, From: state.Refused, To: state.Disputable, By: ev.By, Detail: "at once"})
	}
	return out, err
}

// yearForgets hears no yes to a call that left.
func yearForgets(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	if asked := *ev.Asked; asked.Said == state.SaidYes {
		asked.Said, asked.SaidWords = state.SaidNone, ""
		ev.Asked = &asked
	}
	return p.Step(c, ev, now)
}

// yearDoubled counts twice what a person says came back.
func yearDoubled(p machine.Policy, c state.Case, ev state.Event, now time.Time) (machine.Outcome, error) {
	out, err := p.Step(c, ev, now)
	if out.Case.Refund != nil {
		out.Case.Refund.Amount.Units *= 2
	}
	return out, err
}

// yearOften is a machine that dies much.
var yearOften = yearOdds{kill: 500, killClick: 100_000}

func forgetful() yearOdds {
	o := yearOften
	o.forget = 30_000
	return o
}

// TestYearNotices: a year that breaks a promise is found out.
func TestYearNotices(t *testing.T) {
	t.Parallel()
	all := os.Getenv("COUNTERMAND_TEST_ALL") != ""
	long := []yearSpoil{
		{name: "a doubt that is settled too soon", odds: yearOften, spoil: yearFigures(func(p *machine.Policy) { p.Settle = 0 })}, // and so one thing or another goes wrong
		{name: "money that is counted as complete", odds: yearOften, spoil: func(y *year) { y.site.lies = true }, want: "came back"},
	}
	rows := append([]yearSpoil{
		{name: "a disk that forgets", odds: forgetful(), cases: 8, spoil: func(*year) {}},
		{name: "the shop's yes is forgotten", spoil: yearEntry(state.Requesting, state.EventAttemptEnded, yearForgets), want: "is asked again", deck: yearDeck{fate: fateKeeps, curt: true}},
	}, yearSpoils...)
	if all {
		rows = append(rows, long...)
		for _, r := range yearSpoils {
			r.name, r.deck, r.odds = "in a usual year, "+r.name, yearDeck{}, yearUsual
			rows = append(rows, r)
		}
		for _, kind := range yearKinds {
			r := yearSpoil{name: "nobody hears of " + kind, spoil: yearHush(kind), want: kind + " was due", odds: yearUsual}
			if kind == machine.AlertWindowOver { // much is held
				r.mode = machine.Confirm
			}
			rows = append(rows, r)
		}
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			err := r.play(t)
			found := func(what string) bool { return what != "" && strings.Contains(err.Error(), what) }
			if err == nil || r.want != "" && !found(r.want) && !(r.deck == yearDeck{} && found(r.also)) {
				t.Errorf("found %v, want %q", err, r.want)
			}
		})
	}
}

// play gives what the first years find.
func (r yearSpoil) play(t *testing.T) (err error) {
	years, cases := 19, cmp.Or(r.cases, 40)
	if r.deck != (yearDeck{}) {
		years, cases = 4, 3
		r.deck.plain = true
	}
	for seed := 1; seed <= years && err == nil; seed++ {
		y, e := newYear(uint64(seed), t.TempDir(), cases, cmp.Or(r.mode, machine.Auto), r.odds)
		if e != nil {
			t.Fatal(e)
		}
		y.deck = r.deck
		r.spoil(y)
		err = y.run()
		if e := y.store.inner.Close(); e != nil {
			t.Error(e)
		}
	}
	return err
}
