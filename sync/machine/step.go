package machine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"countermand/state"
)

// Outcome is everything that follows from one event. It is stored in one
// transaction.
type Outcome struct {
	Case    state.Case
	Entries []state.Entry
	// Plans are effects to plan; Drops are planned effects not wanted any
	// more. One that has started runs to its end.
	Plans []Plan
	Drops []state.EffectKind
	// ReadShop asks for another look at the shop order.
	ReadShop bool
	Alerts   []state.Alert
	// Resolved are keys of alerts that no longer hold.
	Resolved []string
}

// Plan is an effect to be stored.
type Plan struct {
	Kind      state.EffectKind
	Depth     state.Depth
	NotBefore time.Time
	Why       string
}

// RefusedError says that an event does not fit the case. For a decision it is
// the answer to the person; otherwise it is a fault that a person sees.
type RefusedError struct {
	CaseID string
	Status state.Status
	Event  state.EventKind
	Why    string
}

// Error tells what was refused and why.
func (e *RefusedError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("case %s: %s refused: %s", e.CaseID, e.Event, e.Why)
	}
	return fmt.Sprintf("case %s: %s refused: a case that is %s does not take it", e.CaseID, e.Event, statusWord(e.Status))
}

// Alert tells a person of an event that the table does not allow.
func (e *RefusedError) Alert(c state.Case) state.Alert {
	return state.Alert{
		Key: fmt.Sprintf("case/%s/%s/%s/%s", c.ID, AlertFault, e.Status, e.Event), Kind: AlertFault, Page: true, CaseID: c.ID, Account: c.Account,
		Title: CaseTitle(c) + ": " + alertWords[AlertFault].what, Text: e.Error(),
	}
}

func statusWord(s state.Status) string {
	if s == state.StatusStart {
		return "not opened yet"
	}
	return string(s)
}

// Step puts one event through the table. It is pure: same case, event and now
// give the same outcome. An event that the table does not hold for the status
// is a *RefusedError and changes nothing.
func (p Policy) Step(c state.Case, ev state.Event, now time.Time) (Outcome, error) {
	h := p.handlerOf(c.Status, ev.Kind)
	if h == nil {
		return Outcome{}, &RefusedError{CaseID: c.ID, Status: c.Status, Event: ev.Kind}
	}
	if ev.Kind == state.EventReading && ev.Reading == nil {
		return Outcome{}, &RefusedError{CaseID: c.ID, Status: c.Status, Event: ev.Kind, Why: "no reading came with it"}
	}
	if ev.Kind == state.EventReading && p.ClockDoubtful && !c.Status.Ended() && !datedBySite(*ev.Reading) {
		h = readInDoubt
	}
	x := &change{p: p, now: now.UTC().Round(0), ev: ev, c: c.Clone(), start: c.Status}
	x.recount()
	x.assumeAsked()
	if err := h(x); err != nil {
		return Outcome{}, err
	}
	x.alertEstimates(c)
	x.finish()
	x.out.Case = x.c
	return x.out, nil
}

// change is one event at work on one case.
type change struct {
	p     Policy
	now   time.Time
	ev    state.Event
	c     state.Case
	start state.Status
	out   Outcome
	// oldScan is a scan from before the order, which is told of wherever the
	// step ends.
	oldScan bool
	// changed is what a page shows otherwise than before the request.
	changed state.Findings
	// split: the list shows an order that may have been split off this one.
	split bool
	// newRefund: the site names another amount than it did before, or leaves
	// another question about it.
	newRefund bool
}

// refuse builds the answer to an event that the table holds but that does not
// fit now.
func (x *change) refuse(format string, args ...any) error {
	return &RefusedError{CaseID: x.c.ID, Status: x.start, Event: x.ev.Kind, Why: fmt.Sprintf(format, args...)}
}

// say adds to the journal without moving the case.
func (x *change) say(format string, args ...any) { x.entry(x.c.Status, fmt.Sprintf(format, args...)) }

func (x *change) entry(from state.Status, detail string) {
	if x.ev.Note != "" {
		detail += " (note: " + x.ev.Note + ")"
	}
	e := state.Entry{At: x.now, Event: x.ev.Kind, From: from, To: x.c.Status, By: x.ev.By, Who: x.ev.Who, Detail: detail}
	if len(x.out.Entries) == 0 {
		e.Evidence = x.evidence()
	}
	x.out.Entries = append(x.out.Entries, e)
}

func (x *change) evidence() []string {
	all := slices.Clone(x.ev.Evidence)
	if x.ev.Reading != nil {
		all = append(all, x.ev.Reading.Evidence...)
	}
	if x.ev.Asked != nil && x.ev.Asked.Reading != nil {
		all = append(all, x.ev.Asked.Reading.Evidence...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// to moves the case. Alerts of the status that is left are resolved and what
// the new status needs is set up.
func (x *change) to(s state.Status, format string, args ...any) {
	from := x.c.Status
	x.c.Status = s
	x.entry(from, fmt.Sprintf(format, args...))
	if !BeingAsked(from) || !BeingAsked(s) {
		for _, kind := range slices.Sorted(maps.Keys(x.c.Raised)) {
			if !stillWarns(x.c, s, kind, x.now) {
				x.resolve(kind)
			}
		}
	}
	if s != state.Held {
		x.c.Findings = nil
	}
	x.c.NextCheckAt = nextCheck(x.c, x.now)
	if s.Ended() {
		x.c.EndedAt, x.c.NextCheckAt, x.c.Paused = x.now, time.Time{}, false
		x.drop(state.EffectRead)
		x.drop(state.EffectRequest)
	}
	x.dropUntrueMessages()
	if enter := statuses[s].enter; enter != nil {
		enter(x)
	}
}

// BeingAsked tells whether a case is queued or requesting. Alerts stay open while it
// moves between the two.
func BeingAsked(s state.Status) bool { return s == state.Queued || s == state.Requesting }

func (x *change) plan(kind state.EffectKind, depth state.Depth, at time.Time, why string) {
	if x.c.Paused {
		return
	}
	x.out.Plans = append(x.out.Plans, Plan{Kind: kind, Depth: depth, NotBefore: at, Why: why})
}

// read asks for a reading now.
func (x *change) read(depth state.Depth, why string) {
	x.plan(state.EffectRead, depth, x.now, why)
}

func (x *change) drop(kind state.EffectKind) {
	x.out.Plans = slices.DeleteFunc(x.out.Plans, func(p Plan) bool { return p.Kind == kind })
	x.out.Drops = append(x.out.Drops, kind)
}

// setClock starts, moves or (with a zero time) stops a clock that is certain. A
// moved clock may fire again.
func (x *change) setClock(k state.Clock, t time.Time) {
	t = t.UTC()
	delete(x.c.Earliest, k)
	x.c.Estimated = slices.DeleteFunc(x.c.Estimated, func(e state.Clock) bool { return e == k })
	if t.IsZero() {
		delete(x.c.Clocks, k)
		return
	}
	if x.c.Clocks == nil {
		x.c.Clocks = map[state.Clock]time.Time{}
	}
	x.c.Clocks[k] = t
}

// countClock starts or moves a clock that counts working days.
func (x *change) countClock(k state.Clock, n dayCount) {
	earliest, _, estimated := n.in.AddWorkingDays(n.first, n.days)
	_, latest, also := n.in.AddWorkingDays(n.last, n.days)
	x.setClock(k, latest)
	if estimated || also {
		x.c.Estimated = append(x.c.Estimated, k)
	}
	if !earliest.Before(latest) {
		return
	}
	if x.c.Earliest == nil {
		x.c.Earliest = map[state.Clock]time.Time{}
	}
	x.c.Earliest[k] = earliest.UTC()
}

func (x *change) stopClocks(ks ...state.Clock) {
	for _, k := range ks {
		x.setClock(k, time.Time{})
	}
}

// finish computes what follows from the case as it now stands. An alert that
// was resolved in the very step that raised it was no news.
func (x *change) finish() {
	if x.oldScan {
		x.alert(AlertOldScan)
	}
	x.tellChanged()
	if x.split {
		x.alert(AlertSplit)
	}
	x.resolveWarnings()
	x.out.Alerts = slices.DeleteFunc(x.out.Alerts, func(a state.Alert) bool { return slices.Contains(x.out.Resolved, a.Key) })
	if x.c.Flag = ""; statuses[x.c.Status].flag != nil {
		x.c.Flag = statuses[x.c.Status].flag(x.c)
	}
	x.c.DueAt = x.nextDue()
}

// nextDue is the earliest of the next check and the clock points not acted on.
// It is never now or before: a tick that changed nothing must not spin.
func (x *change) nextDue() time.Time {
	var due time.Time
	earliest := func(t time.Time) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	if !x.c.Paused {
		earliest(x.c.NextCheckAt)
	}
	for _, pt := range points(x.c) {
		if !hasFired(x.c, pt) {
			earliest(pt.at)
		}
	}
	if !due.IsZero() && !due.After(x.now) {
		due = x.now.Add(time.Second)
	}
	return due
}
