package dossier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/cmd/internal/plain"
	"countermand/state"
	"countermand/supplier"
)

var proofWords = map[state.Proof]string{
	state.ProofNone:       "none: no tracking number",
	state.ProofNumberOnly: "a tracking number without a scan, which proves nothing",
	state.ProofScanBefore: "scanned before the request",
	state.ProofScanAfter:  "scanned after the request",
}

func proofOf(c state.Case) string {
	switch {
	case c.PartSent():
		return "a part was scanned before the request; the other items are in no parcel"
	case c.Proof != state.ProofScanAfter || c.SentAfterRequest():
		return proofWords[c.Proof]
	case noticeWords[c.Notice().Basis] == "":
		return "scanned, but " + noRequestWords(c)
	case c.Notice().Basis == state.NoticeRequest && !c.DayAt(c.RequestedAt).IsZero():
		return "scanned on the day of the request, which proves nothing"
	case c.SurelySentAfter(c.Notice().At).IsZero():
		return "scanned after " + noticeWords[c.Notice().Basis] + ", but an earlier event leaves open when it left"
	}
	return "scanned after " + noticeWords[c.Notice().Basis]
}

func causeWords(c state.Case) string {
	what := "The order was cancelled in the shop"
	switch c.Cause {
	case state.CauseRequested:
		what = "The customer asked to cancel the order"
	case state.CauseLines:
		what = "These items were taken off the order in the shop"
	}
	if !c.CancelledAt.IsZero() {
		what += " on " + c.CancelledAt.UTC().Format(readmeLayout) + " UTC"
	}
	return what + ", so the " + supplier.Title(c.Supplier) + " order behind it was to be cancelled too."
}

var emphasis = strings.NewReplacer("before", "BEFORE", "after", "AFTER")

// comparisons say which dates were held against which.
func comparisons(c state.Case) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, t := range c.Tracking {
		switch n := c.NoticeBy(t.FirstScanAt); {
		case t.FirstScanAt.IsZero():
			say("Parcel %s: the number was seen first on %s; no scan is known.", t.Number, utcWords(t.SeenAt))
		case c.OlderThanOrder(t):
			say("Parcel %s: the first scan, %s, is older than the order itself, so it is another parcel's and proves nothing.", t.Number, utcWords(t.FirstScanAt))
		case noticeWords[n.Basis] == "":
			say("Parcel %s: the first scan is of %s (%s); %s.", t.Number, utcWords(t.FirstScanAt), t.FirstScanCode, noRequestWords(c))
		default:
			say("Parcel %s: the first scan, %s (%s), is %s %s (%s).", t.Number, utcWords(t.FirstScanAt), t.FirstScanCode, emphasis.Replace(distance(c, t.FirstScanAt, n.At)), noticeWords[n.Basis], utcOf(c, n.At))
			if e := t.Doubt(n.At); !e.IsZero() && t.FirstScanAt.After(n.At) {
				say("Parcel %s: an earlier event (%s, %s) is no scan, and leaves open whether it left before.", t.Number, e.Code, utcWords(e.At))
			}
		}
		if t.Gone {
			say("Parcel %s was replaced: the tracking page shows other numbers since %s.", t.Number, utcWords(t.MissingSince))
		}
	}
	due := c.Clocks[state.ClockProofDue]
	if due.IsZero() {
		due = c.Fired[string(state.ClockProofDue)] // it is stopped once it was acted on
	}
	if len(c.Tracking) == 0 && !due.IsZero() {
		say("No tracking number is known. The supplier answered on %s and had until %s, working days in China; the order was last read on %s.", utcOf(c, c.AnsweredAt), utcWords(due), utcWords(c.ReadAt))
	}
	if n := c.NoticeBy(c.ShippedAt); !c.ShippedAt.IsZero() && noticeWords[n.Basis] != "" {
		say("The order was %s. A mark is a claim, no proof.", markWords(c, n.At, noticeWords[n.Basis]))
	}
	if !c.DisputedAt.IsZero() {
		say("The dispute was opened on %s; %s.", utcWords(c.DisputedAt), sentSince(c))
	}
	opens, closes := c.Clocks[state.ClockDisputeOpens], c.Clocks[state.ClockDisputeCloses]
	switch {
	case !opens.IsZero() && !closes.IsZero():
		say("A dispute can be opened from %s to %s.", utcWords(opens), utcWords(closes))
	case !closes.IsZero():
		say("The order was never seen marked shipped, so it may take no dispute; the latest day for one is %s.", utcWords(closes))
	}
	return out
}

// markWords hold the shipped mark against the request. On the day itself nobody
// knows which came first; a date of an older record may be a day too.
func markWords(c state.Case, asked time.Time, what string) string {
	when, day := utcOf(c, c.ShippedAt), c.DayAt(c.ShippedAt)
	askedBy, over := asked, c.ShippedAt.Add(24*time.Hour)
	if d := c.DayAt(asked); !d.IsZero() {
		askedBy = d.End
	}
	if !day.IsZero() {
		over = day.End
	}
	switch {
	case c.ShippedGuess:
		return "seen marked shipped first on " + when + "; the site tells no time of it"
	case !c.ShippedAt.Before(askedBy) && !day.IsZero():
		return "marked shipped on " + when + ", a later day than that of " + what
	case !c.ShippedAt.Before(askedBy):
		return "marked shipped on " + when + ", " + plain.Span(c.ShippedAt.Sub(asked)) + " after " + what
	case over.After(asked):
		return "marked shipped on the day of " + what + ", " + when
	case !day.IsZero():
		return "marked shipped on " + when + ", an earlier day than that of " + what
	}
	return "marked shipped on " + when + ", " + plain.Span(asked.Sub(c.ShippedAt)) + " before " + what
}

// sentSince names the parcels whose first scan is later than the dispute: the
// money of what is sent after the day on which one was opened is the buyer's
// (playbook).
func sentSince(c state.Case) string {
	var late []string
	for _, t := range c.Tracking {
		if t.FirstScanAt.After(c.DisputedAt) {
			late = append(late, t.Number+" ("+utcWords(t.FirstScanAt)+")")
		}
	}
	if len(late) == 0 {
		return "no first scan is known to be later"
	}
	return "first scanned AFTER that: " + strings.Join(late, ", ")
}

// utcOf writes a date of a case: only its day, where the site told no hour.
func utcOf(c state.Case, at time.Time) string {
	if d := c.DayAt(at); !d.IsZero() {
		return d.Date
	}
	return utcWords(at)
}

func utcWords(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return t.UTC().Format(readmeLayout) + " UTC"
}

// disputeText words what the operator may tell AliExpress, in English, one
// paragraph a line; "" where there is nothing to claim. It says nothing that
// is not known.
func disputeText(c state.Case) string {
	var ground string
	switch {
	case c.Status == state.Cancelled:
		ground = refundGround(c)
	case slices.Contains([]state.Status{state.Refused, state.Disputable, state.Disputed}, c.Status):
		ground = shippingGround(c)
	default:
		return ""
	}
	paragraphs := []string{"Order " + c.SupplierOrder + ordered(c) + ".", requestWords(c), ground, demand(c)}
	for i, p := range paragraphs {
		paragraphs[i] = plain.Line(p)
	}
	return strings.Join(paragraphs, "\n")
}

func noDisputeText(c state.Case) string {
	if c.Status.Ended() {
		return "the case has ended."
	}
	return "as it stands (" + plain.Words(c.Status) + ") there is nothing to dispute yet."
}

func ordered(c state.Case) (s string) {
	if !c.OrderedAt.IsZero() {
		s = ", placed on " + zonesOf(c, c.OrderedAt)
	}
	if c.Amount.Known() {
		s += ", total " + c.Amount.String()
	}
	return s
}

func requestWords(c state.Case) string {
	switch n := c.Notice(); {
	case !c.RequestedAt.IsZero():
	case n.Basis == state.NoticeRefused && slices.ContainsFunc(c.Attempt.Calls(), func(call state.Call) bool { return call.Said == state.SaidAsked }):
		return "I wanted to cancel this order; the site said that a cancel request stands already."
	case n.Basis == state.NoticeRefused:
		return "I wanted to cancel this order; its page tells of a cancel request that was refused."
	case n.Basis == state.NoticeLostPeriod:
		return "I wanted to cancel this order."
	case n.Basis == state.NoticeClick:
		return "I tried to cancel this order on " + zonesOf(c, n.At) + "."
	default:
		return "I wanted to cancel this order; a cancel request could not be placed on the site."
	}
	s := "I asked to cancel this order on " + zonesOf(c, c.RequestedAt)
	if !c.RequestedSince.IsZero() {
		s += " at the latest"
	}
	if at := c.MessagedAt[state.EffectMessageRequest]; !at.IsZero() {
		s += ", and wrote so to the seller on " + bothZones(at)
	}
	switch {
	case c.AnsweredAt.IsZero():
		return s + "."
	case c.Status == state.Cancelled:
		return s + ". The request was answered on " + zonesOf(c, c.AnsweredAt) + "."
	}
	return s + ". The seller did not accept; the answer is of " + zonesOf(c, c.AnsweredAt) + "."
}

func shippingGround(c state.Case) string {
	var s string
	n := c.Notice()
	switch {
	case c.Proof == state.ProofScanAfter && c.SentAfterRequest() && scannedBy(c, c.RequestedAt):
		s = "A part of the order was sent only after my request: " + scans(c) + "."
	case c.Proof == state.ProofScanAfter && c.SentAfterRequest():
		s = "The parcel was sent only after my request: " + scans(c) + "."
	case c.Proof == state.ProofScanAfter && (n.Basis == state.NoticeClick || n.Basis == state.NoticeAttempt) && !c.SurelySentAfter(n.At).IsZero():
		s = "The parcel was sent only after I tried to cancel on " + zonesOf(c, n.At) + ": " + scans(c) + "."
	case c.PartSent():
		held, all, _ := c.ParcelItems()
		s = fmt.Sprintf("By the tracking page only %d of the %d items are in parcels that were sent: %s.", held, all, scans(c))
	case c.Proof == state.ProofNumberOnly && scannedBy(c, c.Notice().At):
		s = "It is not proved that all of the order was sent: " + scans(c) + "."
	case c.Proof == state.ProofNumberOnly && !c.InWarehouse():
		s = "The seller names a tracking number, but it proves no shipment of this order: " + scans(c) + "."
	case c.Proof != state.ProofNone:
		s = "The tracking shows: " + scans(c) + "."
	default:
		s = "No tracking number was given, so there is no proof that anything was sent."
	}
	var told []string
	for _, k := range []state.EffectKind{state.EffectMessageRefusal, state.EffectMessageProof} {
		if at := c.MessagedAt[k]; !at.IsZero() {
			told = append(told, bothZones(at))
		}
	}
	if len(told) > 0 {
		s += " I asked the seller for the tracking number and proof of shipment on " + strings.Join(told, " and on ") + "."
	}
	return s
}

// scannedBy tells whether a parcel of the order was scanned until a moment.
func scannedBy(c state.Case, until time.Time) bool {
	return slices.ContainsFunc(c.Tracking, func(t state.Tracking) bool {
		return !t.FirstScanAt.IsZero() && !t.FirstScanAt.After(until) && !c.OlderThanOrder(t)
	})
}

func scans(c state.Case) string {
	var out []string
	for _, t := range c.Tracking {
		switch {
		case t.FirstScanAt.IsZero() && t.Gone:
			out = append(out, fmt.Sprintf("%s never scanned and replaced by another number since %s", t.Number, bothZones(t.MissingSince)))
		case t.FirstScanAt.IsZero() && !t.Warehouse.IsZero():
			out = append(out, fmt.Sprintf("%s without a scan, but seen by a warehouse (%s, %s)", t.Number, t.Warehouse.Code, utcWords(t.Warehouse.At)))
		case t.FirstScanAt.IsZero():
			out = append(out, t.Number+" never scanned")
		case c.OlderThanOrder(t):
			out = append(out, fmt.Sprintf("%s first scanned on %s, before the order was placed", t.Number, bothZones(t.FirstScanAt)))
		default:
			out = append(out, fmt.Sprintf("%s first scanned on %s", t.Number, bothZones(t.FirstScanAt)))
		}
	}
	return strings.Join(out, "; ")
}

func refundGround(c state.Case) string {
	s := "The order was closed"
	if !c.ClosedAt.IsZero() {
		s += " on " + zonesOf(c, c.ClosedAt)
	}
	if f := c.Refund; f != nil {
		return fmt.Sprintf("%s, but only %s came back (to: %s).", s, f.Amount, f.To)
	}
	return s + ", but the refund has not arrived."
}

func demand(c state.Case) string {
	switch left := c.AtRisk(); {
	case !c.Amount.Known():
		return "I ask for a full refund. Evidence is attached."
	case left.Known() && left != c.Amount:
		return fmt.Sprintf("I ask for the refund of the remaining %s. Evidence is attached.", left)
	}
	return fmt.Sprintf("I ask for a full refund of %s. Evidence is attached.", c.Amount)
}

// zonesOf writes a date of a case for AliExpress; a day is one in the zone of
// its page.
func zonesOf(c state.Case, at time.Time) string {
	if d, err := time.Parse(time.DateOnly, c.DayAt(at).Date); err == nil {
		return d.Format("2 January 2006")
	}
	return bothZones(at)
}

// bothZones writes a time for AliExpress: its staff live in Beijing's.
func bothZones(t time.Time) string {
	return t.UTC().Format("2 January 2006 15:04 UTC") + " (" + t.In(plain.Beijing).Format("2 January 15:04") + " Beijing)"
}
