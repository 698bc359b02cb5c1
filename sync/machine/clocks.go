package machine

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"countermand/state"
)

// point is one moment of a running clock that must be acted on once.
type point struct {
	clock state.Clock
	near  bool
	name  string
	at    time.Time
}

// points lists the clock points of a case in its status.
func points(c state.Case) []point {
	var out []point
	for _, w := range statuses[c.Status].watches {
		t := c.Clocks[w.clock]
		if t.IsZero() {
			continue
		}
		if w.warn {
			out = append(out, point{w.clock, true, string(w.clock) + "-near", c.EarliestEnd(w.clock).Add(-nearWarning)})
		}
		out = append(out, point{w.clock, false, string(w.clock), t})
	}
	return out
}

// clockJitter is how far a page's countdown wavers from one reading to the
// next; a deadline that truly moved is acted on again.
const clockJitter = time.Hour

// hasFired tells whether a clock point has fired for this deadline.
func hasFired(c state.Case, pt point) bool {
	fired, ok := c.Fired[pt.name]
	if !ok {
		return false
	}
	if pt.clock == state.ClockShipWindowEnd || pt.clock == state.ClockDisputeCloses {
		return pt.at.Sub(fired).Abs() < clockJitter
	}
	return fired.Equal(pt.at)
}

// nearAlerts are what a deadline's last day is told as.
var nearAlerts = map[string]state.Clock{
	AlertWindowEnding: state.ClockShipWindowEnd, AlertProofEnding: state.ClockProofDue, AlertDisputeClosing: state.ClockDisputeCloses,
}

// stillWarns tells whether a warning holds in another status too.
func stillWarns(c state.Case, s state.Status, kind string, now time.Time) bool {
	k, ok := nearAlerts[kind]
	for _, w := range statuses[s].watches {
		if ok && w.clock == k && w.warn && c.Clocks[k].After(now) {
			return true
		}
	}
	return false
}

// resolveWarnings resolves warnings about a deadline that was stopped or moved
// later; a moved one is warned of again.
func (x *change) resolveWarnings() {
	for _, kind := range slices.Sorted(maps.Keys(nearAlerts)) {
		t := x.c.EarliestEnd(nearAlerts[kind])
		if t.IsZero() || t.Add(-nearWarning-clockJitter).After(x.now) {
			x.resolve(kind)
		}
	}
}

// tick is the case being due: clock points first, then the regular check.
func tick(x *change) error {
	x.windowMovedOn() // it may have been counted again
	status := x.c.Status
	for _, pt := range points(x.c) {
		if pt.at.After(x.now) || hasFired(x.c, pt) {
			continue
		}
		if x.c.Fired == nil {
			x.c.Fired = map[string]time.Time{}
		}
		x.c.Fired[pt.name] = pt.at
		// A deadline that passed while the daemon was down needs no warning.
		if pt.near && !x.c.Clocks[pt.clock].After(x.now) {
			continue
		}
		x.fire(pt)
		if x.c.ReadFailures+x.c.PartFailures > 0 {
			x.alert(AlertUnreadable) // the deadline passes unseen
		}
		if x.c.Status != status {
			return nil
		}
	}
	if t := x.c.NextCheckAt; !x.c.Paused && !t.IsZero() && !t.After(x.now) {
		x.read(depthFor(x.c, x.now), "regular check")
		x.c.NextCheckAt = x.now.Add(checkFailed)
	}
	return nil
}

// fire acts on one clock point.
func (x *change) fire(pt point) {
	if pt.near {
		x.fireNear(pt)
		return
	}
	t := x.c.Clocks[pt.clock]
	by := Stamp(t) + x.estimate(pt.clock)
	switch pt.clock {
	case state.ClockUnasked:
		x.say("not asked within %s of %s", x.p.Unasked, Stamp(x.c.AskableAt))
		x.alertAt(AlertUnasked, t)
	case state.ClockAnswerDue:
		x.say("no answer since %s, due %s", StampOf(x.c, x.c.RequestedAt), Stamp(t))
		x.alertAt(AlertAnswerOverdue, t)
		x.read(state.DepthDetail, "answer due")
	case state.ClockShipWindowEnd:
		x.windowOver(t)
	case state.ClockProofDue:
		x.say("proof due %s reached: reading the tracking", by)
		x.read(state.DepthTracking, "proof due")
	case state.ClockRefundWarn:
		x.say("no whole refund by %s", by)
		x.alertAt(AlertRefundLate, t)
		x.read(state.DepthDetail, "refund late")
	case state.ClockRefundDue:
		x.say("no whole refund by %s", by)
		x.alertAt(AlertRefundOverdue, t)
		x.read(state.DepthDetail, "refund overdue")
	case state.ClockDisputeOpens:
		x.say("a dispute can be opened since %s", Stamp(t))
		x.alertAt(AlertDisputeOpen, t)
	case state.ClockDisputeCloses:
		x.say("the dispute window closed %s", Stamp(t))
		x.alertAt(AlertDisputeClosed, t)
	case state.ClockDisputeDue:
		x.say("no end of the dispute opened %s is recorded by %s", Stamp(x.c.DisputedAt), Stamp(t))
		x.alertAt(AlertDisputeOverdue, t)
		x.read(state.DepthTracking, "dispute due")
	case state.ClockSnooze:
		x.say("snoozed until %s: look again", Stamp(t))
		x.stopClocks(state.ClockSnooze)
		x.alertAt(AlertSnoozed, t)
	}
}

func (x *change) fireNear(pt point) {
	t := x.c.Clocks[pt.clock]
	if latest := t; x.c.EarliestEnd(pt.clock).Before(latest) {
		t = x.c.EarliestEnd(pt.clock)
		x.say("%s may end %s, within a day, and ends %s at the latest%s", clockWord(pt.clock), Stamp(t), Stamp(latest), x.estimate(pt.clock))
	} else {
		x.say("%s ends %s, within a day", clockWord(pt.clock), Stamp(t))
	}
	switch pt.clock {
	case state.ClockShipWindowEnd:
		x.alertAt(AlertWindowEnding, t)
		if x.c.Status == state.Requested {
			x.read(state.DepthDetail, "ship window ending")
		}
	case state.ClockProofDue:
		x.alertAt(AlertProofEnding, t)
		x.read(state.DepthTracking, "proof due soon")
		if x.c.Proof == state.ProofNone {
			x.planMessage(state.EffectMessageProof, "the time for the proof ends")
		}
	case state.ClockDisputeCloses:
		x.alertAt(AlertDisputeClosing, t)
	}
}

// windowOver is the end of the ship window: the site closes an unshipped
// order by itself, so what was asked is read; what was never asked goes to a
// person.
func (x *change) windowOver(t time.Time) {
	ended := Stamp(t) + x.estimate(state.ClockShipWindowEnd)
	switch x.c.Status {
	case state.Queued:
		x.hold(false, x.windowPassed(t, "the request could not be placed"))
	case state.Held:
		x.say("the ship window ended %s while the case was held", ended)
		x.alertAt(AlertWindowOver, t)
	default:
		x.say("the ship window ended %s: reading the order", ended)
		x.read(state.DepthDetail, "ship window over")
	}
}

// windowPassed is the finding that the ship window ended before a request could
// be placed.
func (x *change) windowPassed(end time.Time, why string) state.Finding {
	year := ""
	if slices.Contains(x.c.Estimated, state.ClockShipWindowEnd) {
		year = strconv.Itoa(EstimatedYear(x.c, state.ClockShipWindowEnd))
	}
	return state.Found(state.WindowOver, "", "ended", moment(end), "why", why, "estimate_year", year)
}

// clockWord names a clock for people.
func clockWord(k state.Clock) string {
	switch k {
	case state.ClockShipWindowEnd:
		return "the ship window"
	case state.ClockProofDue:
		return "the time for the proof"
	case state.ClockDisputeCloses:
		return "the time to open a dispute"
	}
	return string(k)
}

// setShipWindow follows the page's countdown; without one it counts working
// days from the payment.
func (x *change) setShipWindow(r *state.Reading) {
	if !x.c.ShippedAt.IsZero() || x.c.Status == state.Cancelled {
		x.stopClocks(state.ClockShipWindowEnd)
		return
	}
	if end := ShipWindowEnd(*r); !end.IsZero() {
		x.setClock(state.ClockShipWindowEnd, end)
		return
	}
	if _, running := x.c.Clocks[state.ClockShipWindowEnd]; running || x.c.PaidAt.IsZero() || x.p.Supplier == nil {
		return
	}
	x.countClock(state.ClockShipWindowEnd, x.p.dayCounts(x.c)[state.ClockShipWindowEnd])
}

// ShipWindowEnd is when the seller's time to ship ends by a page's countdown; zero
// where it counts down another time: of an unpaid order that to pay, of one on
// hold that of the check, of a request that of the answer, of a shipped one that
// of the delivery.
func ShipWindowEnd(r state.Reading) time.Time {
	if r.Phase != state.PhaseProcessing {
		return time.Time{}
	}
	return r.WindowEnd
}

// windowMovedOn sends a case on that is held for nothing but the end of its ship
// window, once the window ends later than was known. A call that left, or
// anything else found since, stays a person's.
func (x *change) windowMovedOn() {
	end := x.c.Clocks[state.ClockShipWindowEnd]
	f := x.c.Findings
	if x.c.Status != state.Held || x.c.NumberUnsure || len(f) != 1 || f[0].Code != state.WindowOver || !end.After(x.now) {
		return
	}
	if hasFired(x.c, point{clock: state.ClockShipWindowEnd, name: string(state.ClockShipWindowEnd), at: end}) {
		return // the countdown wavers
	}
	from := "the ship window ends " + Stamp(end) + x.estimate(state.ClockShipWindowEnd) + ", later than when it was held"
	if AwaitsRules(x.c) {
		x.applyRules(from)
		return
	}
	x.to(state.Queued, "%s: will be asked", from)
	x.plan(state.EffectRequest, "", x.now, "the ship window goes on")
}

// setDisputeWindow: from ten days after the shipped mark until the earliest of
// what the page says, delivery or confirmation plus fifteen days, the order's
// date plus ninety.
func (x *change) setDisputeWindow(r *state.Reading) {
	if !x.c.ShippedAt.IsZero() {
		opens := x.c.Days.End(state.FieldShippedAt, x.c.ShippedAt).Add(disputeOpensIn)
		x.setClock(state.ClockDisputeOpens, opens)
		if opens.After(x.now) { // the site's own time of the mark was later
			x.resolve(AlertDisputeOpen)
		}
	}
	var closes time.Time
	earliest := func(t time.Time) {
		if !t.IsZero() && (closes.IsZero() || t.Before(closes)) {
			closes = t
		}
	}
	if r != nil && !r.DisputeCloses.IsZero() {
		earliest(r.DisputeCloses)
	} else {
		earliest(x.c.Clocks[state.ClockDisputeCloses]) // what the page said before still holds
	}
	for _, t := range x.c.Tracking {
		if !t.DeliveredAt.IsZero() && !x.c.OlderThanOrder(t) { // else another parcel's
			earliest(t.DeliveredAt.Add(disputeAfter))
		}
	}
	if !x.c.ReceivedAt.IsZero() {
		earliest(x.c.ReceivedAt.Add(disputeAfter))
	}
	if !x.c.OrderedAt.IsZero() {
		earliest(x.c.OrderedAt.Add(disputeAtMost))
	}
	if !closes.IsZero() {
		x.setClock(state.ClockDisputeCloses, closes)
	}
}

// Stamp writes a time for the journal.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
