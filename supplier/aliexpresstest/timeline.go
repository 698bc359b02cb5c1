package aliexpresstest

import "time"

// phase is where an order stands at one moment.
type phase int

const (
	unpaid phase = iota
	verifying
	processing
	pending
	shipped
	completed
	closed
)

// names are what the phases are called in the captions' keys; numbers the
// numeric status, of which only 8 and 9 are known from the real site.
var (
	names   = [...]string{"unpaid", "verifying", "processing", "pending", "shipped", "completed", "closed"}
	numbers = [...]int{1, 2, 5, 6, 8, 9, 10}
	tabs    = [...]string{"unpaid", "processing", "processing", "processing", "shipped", "completed", "completed"}
)

// extension is what one press of "Extend processing time" gives the seller.
const extension = 3 * 24 * time.Hour

// view is an order at one moment, computed from its facts.
type view struct {
	*entry
	now       time.Time
	lang      *language
	phase     phase
	paid      bool
	declined  bool // the seller has said no and the page tells
	windowEnd time.Time
	shippedAt time.Time
	endedAt   time.Time // closed or completed
	parcel    *Shipment // with fixed times, whichever way it was decided
}

// title is the caption of a phase.
func (l *language) title(p phase) string { return l.say("status_" + names[p]) }

// view is an order as this caller sees it.
func (a ask) view(e *entry, now time.Time) view {
	v := e.shownAt(now)
	v.lang = a.lang
	return v
}

// shownAt is the state that is shown, which may be an older one: Order.Stale.
func (e *entry) shownAt(now time.Time) view {
	if e.before == nil || !now.Before(e.staleUntil) {
		return e.at(now)
	}
	e.before.looks = e.looks
	return e.before.at(now)
}

// at computes the order's state. Shipping and closing exclude each other:
// whichever comes first wins, and a tie closes the order.
func (e *entry) at(now time.Time) view {
	v := view{entry: e, now: now, lang: languages[LocaleEnglish], windowEnd: e.WindowEnd, paid: e.paidBy(now)}
	past := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	parcel := e.nextParcel()
	closing := e.closing()
	ships := parcel != nil && (closing.IsZero() || parcel.ShippedAt.Before(closing))
	switch {
	case ships && past(parcel.ShippedAt):
		v.phase, v.parcel, v.shippedAt = shipped, parcel, parcel.ShippedAt
		if done := earliest(e.CompletedAt, e.confirmedAt); past(done) {
			v.phase, v.endedAt = completed, done
		}
	case !ships && past(closing):
		v.phase, v.endedAt = closed, closing
	case !v.paid:
		v.phase = unpaid
	case !e.Fate.RiskHold.IsZero() && now.Before(e.Fate.RiskHold):
		v.phase = verifying
	case e.pendingAt(now):
		v.phase = pending
	default:
		v.phase = processing
		v.declined = e.Fate.Refuse != nil && e.Fate.Refuse.Explicit && past(e.refusedAt(0))
	}
	return v
}

func (e *entry) paidBy(now time.Time) bool {
	paid := earliest(e.PaidAt, e.paidHereAt)
	return !paid.IsZero() && !now.Before(paid)
}

// pendingAt tells whether the last request waits for the seller.
func (e *entry) pendingAt(now time.Time) bool {
	last := len(e.requests) - 1
	if last < 0 {
		return false
	}
	answer := e.refusedAt(last)
	return answer.IsZero() || now.Before(answer)
}

// refusedAt is when the seller says no to the i-th request; zero for never.
func (e *entry) refusedAt(i int) time.Time {
	if e.Fate.Refuse == nil || i >= len(e.requests) {
		return time.Time{}
	}
	return e.requests[i].Add(e.Fate.Refuse.After)
}

// closing is when the order closes unless a parcel leaves before; zero for
// never.
func (e *entry) closing() time.Time {
	t := earliest(e.ClosedAt, e.WindowEnd)
	if e.Fate.Accept > 0 && len(e.requests) > 0 {
		t = earliest(t, e.requests[len(e.requests)-1].Add(e.Fate.Accept))
	}
	return t
}

// nextParcel is the parcel that is marked shipped first, nil for none.
func (e *entry) nextParcel() *Shipment {
	var first *Shipment
	if p := e.Fate.AlreadyShipped; p != nil {
		first = p
	}
	if p := e.lateParcel(); p != nil && (first == nil || p.ShippedAt.Before(first.ShippedAt)) {
		first = p
	}
	return first
}

// lateParcel is what follows the first refusal or the courier's dialog.
func (e *entry) lateParcel() *Shipment {
	late, from := e.Fate.ShipAfterRefusal, e.refusedAt(0)
	if !e.pickedUpAt.IsZero() {
		from = e.pickedUpAt
		if late == nil {
			late = &LateShipment{FirstScanAfter: -2 * time.Hour, Number: "LP00" + e.ID[len(e.ID)-12:]}
		}
	}
	if late == nil || from.IsZero() {
		return nil
	}
	p := &Shipment{Number: late.Number, Carrier: late.Carrier, ShippedAt: from.Add(late.MarkedAfter)}
	p.NumberAt = from.Add(max(late.NumberAfter, late.MarkedAfter))
	if late.FirstScanAfter != 0 {
		p.FirstScanAt = from.Add(late.FirstScanAfter)
	}
	if late.DeliveredAfter != 0 {
		p.DeliveredAt = from.Add(late.DeliveredAfter)
	}
	return p
}

// earliest ignores zero times.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
