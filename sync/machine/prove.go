package machine

import (
	"fmt"
	"slices"
	"time"

	"countermand/state"
)

// track merges what the tracking shows; a number once seen stays, at least as
// history, and of its scans the earliest counts.
func (x *change) track(r *state.Reading) {
	for n, t := range r.Tracking {
		if t.Number == "" {
			if t.FirstScanAt.IsZero() {
				continue
			}
			t.Number = fmt.Sprintf("parcel %d", n+1) // scanned, though the site hides its number
		}
		i := slices.IndexFunc(x.c.Tracking, func(h state.Tracking) bool { return h.Number == t.Number })
		if i < 0 {
			if t.SeenAt.IsZero() {
				t.SeenAt = r.At
			}
			i = len(x.c.Tracking)
			x.c.Tracking = append(x.c.Tracking, state.Tracking{Number: t.Number, Carrier: t.Carrier, SeenAt: t.SeenAt})
			x.say("tracking number %s appeared (%s)", t.Number, orElse(t.Carrier, "carrier unknown"))
		}
		have := &x.c.Tracking[i]
		if !t.FirstScanAt.IsZero() && (have.FirstScanAt.IsZero() || t.FirstScanAt.Before(have.FirstScanAt)) {
			have.FirstScanAt, have.FirstScanCode = t.FirstScanAt.UTC(), t.FirstScanCode
			x.say("first scan of %s: %s (%s)", t.Number, Stamp(t.FirstScanAt), t.FirstScanCode)
			if x.c.OlderThanOrder(*have) {
				x.say("that scan is older than the order itself: it proves nothing")
				x.oldScan = true
			}
		}
		if have.Carrier == "" {
			have.Carrier = t.Carrier
		}
		keepEarliest(&have.DeliveredAt, t.DeliveredAt)
		if t.Items > 0 {
			have.Items = t.Items
		}
		have.Strange, have.Warehouse = have.Strange.Earlier(t.Strange), have.Warehouse.Earlier(t.Warehouse)
	}
	x.replacedNumbers(r)
	x.c.Proof = proof(x.c, noticeAt(x.c, r.At))
}

// goneAfter is how long a tracking number must be missing before it counts as
// replaced: a page may show less than there is.
const goneAfter = 24 * time.Hour

// replacedNumbers sets aside the numbers that whole tracking pages, a day
// apart, leave out. A page without any number, or with a parcel whose number it
// hides, takes nothing back.
func (x *change) replacedNumbers(r *state.Reading) {
	hidden := func(t state.Tracking) bool { return t.Number == "" }
	if !r.TrackingRead || !r.Complete || len(r.Tracking) == 0 || slices.ContainsFunc(r.Tracking, hidden) {
		return
	}
	for i := range x.c.Tracking {
		have := &x.c.Tracking[i]
		switch shown := slices.ContainsFunc(r.Tracking, func(t state.Tracking) bool { return t.Number == have.Number }); {
		case shown && have.Gone:
			x.say("the tracking page shows %s again: it counts again", have.Number)
			fallthrough
		case shown:
			have.MissingSince, have.Gone = time.Time{}, false
		case have.MissingSince.IsZero():
			have.MissingSince = r.At.UTC()
			x.say("the tracking page shows other numbers and not %s", have.Number)
		case !have.Gone && !r.At.Before(have.MissingSince.Add(goneAfter)):
			have.Gone = true
			x.say("%s was replaced: the tracking page has left it out since %s", have.Number, Stamp(have.MissingSince))
		}
	}
}

// proof judges the tracking against the moment of the request. A parcel
// without a scan leaves the matter open, and so do parcels that hold fewer items
// than the order; one scanned after the request decides it, whatever the others
// show. Of a number that was replaced only such a scan still counts: it was
// sent, whatever stands there now.
func proof(c state.Case, asked time.Time) state.Proof {
	if len(c.Tracking) == 0 {
		return state.ProofNone
	}
	if c.Notice().Basis == state.NoticeRequest && !c.DayAt(asked).IsZero() {
		asked = asked.Add(-1) // a scan on the day of the request is not before it
	}
	out := state.ProofScanBefore
	for _, t := range c.Tracking {
		switch {
		case scanned(c, t) && t.FirstScanAt.After(asked):
			return state.ProofScanAfter
		case !scanned(c, t) && !t.Gone:
			if out == state.ProofScanBefore {
				out = state.ProofNumberOnly
			}
		}
	}
	if _, _, short := c.ParcelItems(); short {
		return state.ProofNumberOnly
	}
	return out
}

// scanned tells whether a parcel has a scan that can be this order's.
func scanned(c state.Case, t state.Tracking) bool {
	return !t.FirstScanAt.IsZero() && !c.OlderThanOrder(t)
}

// noticeAt is since when the supplier could know; now, where nothing was ever
// tried.
func noticeAt(c state.Case, now time.Time) time.Time {
	if n := c.Notice(); !n.At.IsZero() {
		return n.At
	}
	return now
}

// showsPart tells whether a page itself shows that not all goods have left: some
// lie in a parcel without a number and a scan, or its parcels hold fewer than the
// order. Those of earlier pages may be the same goods under other numbers.
func showsPart(c state.Case, r *state.Reading) bool {
	held, counted := 0, true
	for _, t := range r.Tracking {
		if t.Number == "" && t.FirstScanAt.IsZero() {
			return true
		}
		held, counted = held+t.Items, counted && t.Items > 0
	}
	return counted && held > 0 && held < state.LeastItems(c.SupplierLines)
}

// concludeFromProof decides by the tracking where a refused case goes: shipped before the
// request, or into the dispute queue.
func (x *change) concludeFromProof(r *state.Reading) {
	scans := scanWords(x.c)
	switch x.c.Proof {
	case state.ProofScanBefore:
		if r == nil || !shippedPhase(r.Phase) || !r.TrackingRead || showsPart(x.c, r) {
			break // a scan of an order that is not marked shipped: the page or the parcel is another's
		}
		x.to(state.Shipped, "it left before we asked (%s): %s", StampOf(x.c, noticeAt(x.c, x.now)), scans)
		return
	case state.ProofScanAfter:
		x.to(state.Disputable, "%s: %s", x.scanWordsLate(), scans)
		return
	}
	due := x.c.Clocks[state.ClockProofDue]
	if r == nil || !r.TrackingRead || due.IsZero() || r.At.Before(due) {
		return
	}
	if x.c.Proof == state.ProofNone {
		x.to(state.Disputable, "no tracking number by %s%s", Stamp(due), x.estimate(state.ClockProofDue))
		return
	}
	if x.c.Proof == state.ProofScanBefore || x.c.PartSent() {
		x.to(state.Disputable, "not all of it is proved to have left by %s%s (the page says “%s”): %s", Stamp(due), x.estimate(state.ClockProofDue), r.StatusText, scans)
		return
	}
	grace := x.graceEnd(due)
	if r.At.Before(grace) {
		x.c.NextCheckAt = earlier(x.c.NextCheckAt, grace)
		return
	}
	from := ""
	if grace.Equal(due) {
		from = x.estimate(state.ClockProofDue)
	}
	x.to(state.Disputable, "a number but no scan by %s%s: %s", Stamp(grace), from, scans)
}

// scanWordsLate says for the journal what a scan is later than. "It left after we
// asked" is said only of a request that a reading showed.
func (x *change) scanWordsLate() string {
	n, seen, maybe := x.c.Notice(), x.c.RequestedAt, StampOf(x.c, noticeAt(x.c, x.now))
	switch {
	case x.c.SentAfterRequest():
		return fmt.Sprintf("it left after we asked (%s)", StampOf(x.c, seen))
	case !doubtOf(x.c).IsZero():
		return fmt.Sprintf("the first scan is later than the request (%s), but by an earlier event (%s) it may have left before: a person must judge", maybe, eventWords(doubtOf(x.c)))
	case n.Basis == state.NoticeFound:
		return fmt.Sprintf("it left between %s and %s, and the request that was found standing was made then too: a person must judge", maybe, StampOf(x.c, seen))
	case n.Basis == state.NoticeRefused && seen.IsZero():
		return fmt.Sprintf("when the request was made that was refused is not known (read %s): compare it with the scans", StampOf(x.c, x.c.AnsweredAt))
	case n.Basis == state.NoticeRefused:
		return fmt.Sprintf("it left before the request that was seen to stand (%s), and when an earlier one was made is not known: a person must judge", StampOf(x.c, seen))
	case n.Basis == state.NoticeLostPeriod && seen.IsZero():
		return fmt.Sprintf("a backup was restored, and whether it was asked since %s is not known: a person must judge", maybe)
	case n.Basis == state.NoticeLostPeriod:
		return fmt.Sprintf("it left before the request that was seen to stand (%s); a backup was restored, and whether it was asked before, since %s, is not known: a person must judge", StampOf(x.c, seen), maybe)
	case n.Basis == state.NoticeRequest:
		return fmt.Sprintf("it was scanned on the day on which we asked (%s): a person must judge", maybe)
	case !seen.IsZero():
		return fmt.Sprintf("it left between a call that may have been a request (%s) and the request that was seen to stand (%s): a person must judge", maybe, StampOf(x.c, seen))
	case n.Basis == state.NoticeClick:
		return fmt.Sprintf("it left after a call that may have been a request (%s): a person must judge", maybe)
	}
	return fmt.Sprintf("it left after the first attempt to ask (%s)", maybe)
}

// graceEnd is the later of the proof's due time and the first number's first
// sight plus the grace: one number after the other puts nothing off.
func (x *change) graceEnd(due time.Time) time.Time {
	var seen time.Time
	for _, t := range x.c.Tracking {
		if !scanned(x.c, t) && !t.SeenAt.IsZero() {
			seen = earlier(seen, t.SeenAt)
		}
	}
	if end := seen.Add(x.p.NumberGrace); !seen.IsZero() && end.After(due) {
		return end
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// doubtOf is the event by which a parcel that was scanned late may have left
// before the supplier could know, the zero one where there is none.
func doubtOf(c state.Case) (doubt state.TrackingEvent) {
	asked := c.Notice().At
	if last := c.Days.Last(state.FieldRequestedAt, c.RequestedAt); last.After(asked) {
		asked = last
	}
	for _, t := range c.Tracking {
		if t.FirstScanAt.After(asked) {
			doubt = doubt.Earlier(t.Doubt(asked))
		}
	}
	return doubt
}

// eventWords says when an event was, and that nothing follows from it.
func eventWords(e state.TrackingEvent) string { return e.Code + ", " + Stamp(e.At) }

// scanWords lists the scans that a verdict used, and the events that prove
// nothing.
func scanWords(c state.Case) string {
	var out string
	for i, t := range c.Tracking {
		if i > 0 {
			out += "; "
		}
		if t.FirstScanAt.IsZero() {
			out += t.Number + " never scanned"
		} else {
			out += fmt.Sprintf("%s first scanned %s (%s)", t.Number, Stamp(t.FirstScanAt), t.FirstScanCode)
		}
		if c.OlderThanOrder(t) {
			out += ", before the order was placed"
		}
		if !t.Strange.IsZero() {
			out += ", an event that is not understood (" + eventWords(t.Strange) + ")"
		}
		if !t.Warehouse.IsZero() {
			out += ", at a warehouse (" + eventWords(t.Warehouse) + ")"
		}
		if t.Gone {
			out += ", replaced since " + Stamp(t.MissingSince)
		}
	}
	if held, all, short := c.ParcelItems(); short {
		out += fmt.Sprintf("; the parcels hold %d of the order's %d items", held, all)
	}
	return out
}
