// Package dispute orders the cases that a person must review: which first,
// by when, and what to do in one line. It is pure: what it says follows from
// the cases and the given time. It submits nothing; a dispute is opened by
// the operator, at the site.
package dispute

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"countermand/state"
)

// Urgency says how soon a person must act on a case of the queue.
type Urgency string

// The urgencies, most urgent first. A dispute whose time has run out comes
// first: only the site's own support can help then, and each day counts.
const (
	Late    Urgency = "late"     // the last day to open a dispute has passed
	Today   Urgency = "today"    // less than a day is left
	Soon    Urgency = "soon"     // less than three days are left
	Open    Urgency = "open"     // may be opened now, there is time or no known end
	NotOpen Urgency = "not_open" // the site does not take a dispute yet
	Snoozed Urgency = "snoozed"  // a person wants to be asked again later
	Waiting Urgency = "waiting"  // opened; its decision is awaited
)

var rank = map[Urgency]int{Late: 0, Today: 1, Soon: 2, Open: 3, NotOpen: 4, Snoozed: 5, Waiting: 6}

// Item is one row of the queue.
type Item struct {
	Case state.Case
	// NextAction is what a person should do, in one line.
	NextAction string
	// Deadline is when it must have been done, or, for a case that is not
	// open yet, when it can be done first. Zero: no date is known.
	Deadline time.Time
	Urgency  Urgency
}

// Queued tells whether a case of status s stands in the queue.
func Queued(s state.Status) bool { return s == state.Disputable || s == state.Disputed }

// Rank picks the cases of the queue and orders them, most urgent first; equal
// ones by their id, which is the order they were opened in.
func Rank(cases []state.Case, now time.Time) []Item {
	var items []Item
	for _, c := range cases {
		if Queued(c.Status) {
			items = append(items, itemOf(c, now))
		}
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(
			cmp.Compare(rank[a.Urgency], rank[b.Urgency]),
			compareDeadline(a.Deadline, b.Deadline),
			cmp.Compare(a.Case.ID, b.Case.ID),
		)
	})
	return items
}

// compareDeadline puts a known date before an unknown one.
func compareDeadline(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// MoneyAtRisk sums what is still out over the cases, one amount for each
// currency.
func MoneyAtRisk(cases []state.Case) []state.Money {
	amounts := make([]state.Money, 0, len(cases))
	for _, c := range cases {
		amounts = append(amounts, c.AtRisk())
	}
	return state.Totals(amounts...)
}

// itemOf lets a snooze sink a case, but not below its last day.
func itemOf(c state.Case, now time.Time) Item {
	it := nextAction(c, now)
	until := c.Clocks[state.ClockSnooze]
	if until.After(now) && (it.Urgency == Soon || it.Urgency == Open || it.Urgency == NotOpen) {
		it.Urgency = Snoozed
		it.NextAction = "snoozed until " + day(until) + "; then: " + it.NextAction
	}
	return it
}

func nextAction(c state.Case, now time.Time) Item {
	it := Item{Case: c}
	opens, closes := c.Clocks[state.ClockDisputeOpens], c.Clocks[state.ClockDisputeCloses]
	switch {
	case c.Status == state.Disputed:
		it.Urgency = Waiting
		it.NextAction = "wait for the decision, then record it: disputes won or disputes lost"
		if c.Proof == state.ProofScanBefore {
			it.NextAction = "a scan before our request turned up: check the proof before it is decided"
		}
	case !closes.IsZero() && !closes.After(now):
		it.Urgency, it.Deadline = Late, closes
		it.NextAction = "the last day to open a dispute has passed: ask the site's support, else disputes write-off"
	case opens.After(now) && !closes.IsZero() && !closes.After(opens):
		it.Urgency, it.Deadline = urgencyOf(closes, now), closes
		it.NextAction = "a dispute would close before it opens: ask the site's support now"
	case opens.After(now):
		it.Urgency, it.Deadline = NotOpen, opens
		it.NextAction = "wait until the site takes a dispute; meanwhile ask the supplier to close the order"
	default:
		it.Urgency, it.Deadline = urgencyOf(closes, now), closes
		it.NextAction = openNow(c)
	}
	return it
}

func urgencyOf(closes, now time.Time) Urgency {
	switch left := closes.Sub(now); {
	case closes.IsZero():
		return Open
	case left < 24*time.Hour:
		return Today
	case left < 72*time.Hour:
		return Soon
	}
	return Open
}

// openNow names the argument that the dispute rests on.
func openNow(c state.Case) string {
	switch c.Proof {
	case state.ProofScanAfter:
		if at := c.ScanAfterRequest(); !at.IsZero() {
			return fmt.Sprintf("open a dispute: first scan %s is after our request of %s", day(at), orDay(c, c.RequestedAt))
		}
		return "it was scanned, but not surely after a request of ours: compare the dates, then decide"
	case state.ProofScanBefore:
		return "a scan before our request turned up: check the proof, then disputes proof"
	case state.ProofNumberOnly:
		if held, all, _ := c.ParcelItems(); c.PartSent() {
			return fmt.Sprintf("%d of %d items left before our request, the others are in no parcel: claim those, or disputes proof", held, all)
		}
		if c.InWarehouse() {
			return "the tracking number has no scan, but a warehouse has seen the parcel: look at the tracking, then decide"
		}
		if slices.ContainsFunc(c.Tracking, func(t state.Tracking) bool { return !t.FirstScanAt.IsZero() && !c.OlderThanOrder(t) }) {
			return "a part was scanned before our request, another number has no scan: claim that part, or disputes proof"
		}
		return "open a dispute: the tracking number has no scan"
	}
	if c.Clocks[state.ClockDisputeOpens].IsZero() {
		return "no tracking number and no shipped mark: open a dispute if the order page offers one, else ask the site's support"
	}
	return "open a dispute: no tracking number was given"
}

// day shows the moment in UTC: two times are compared, so both need one zone.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// orDay shows only the day where the site told no hour.
func orDay(c state.Case, t time.Time) string {
	if d := c.DayAt(t); !d.IsZero() {
		return d.Date
	}
	return day(t)
}
