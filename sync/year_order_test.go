package sync

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"countermand/state"
)

// yearFate is what a supplier does with one order.
type yearFate string

const (
	fateAccept     yearFate = "accepts after a while"
	fateSilent     yearFate = "says nothing until the window ends"
	fateKeeps      yearFate = "refuses and never ships"
	fateLeft       yearFate = "refuses, and it had left before"
	fateFake       yearFate = "refuses and gives a number that nobody scans"
	fateLate       yearFate = "refuses and ships afterwards"
	fateNoNumber   yearFate = "refuses and marks it shipped without a number"
	fateRecycled   yearFate = "refuses and gives an old number again"
	fateShipAnyway yearFate = "answers nothing and ships"
	fateShipped    yearFate = "had marked it shipped before"
	fatePickedUp   yearFate = "the courier has it"
	fateClosed     yearFate = "was closed already"
	fateUnknown    yearFate = "the account does not show it"
)

var yearFates = []struct {
	fate   yearFate
	weight int
}{
	{fateAccept, 40}, {fateSilent, 10}, {fateKeeps, 7}, {fateLeft, 8}, {fateFake, 7}, {fateLate, 7}, {fateNoNumber, 4}, {fateRecycled, 2},
	{fateShipAnyway, 6}, {fateShipped, 5}, {fatePickedUp, 2}, {fateClosed, 1}, {fateUnknown, 1},
}

// yearRefusals are the fates in which the supplier says no.
var yearRefusals = map[yearFate]bool{fateKeeps: true, fateLeft: true, fateFake: true, fateLate: true, fateNoNumber: true, fateRecycled: true}

func drawFate(rng *rand.Rand) yearFate {
	n := rng.IntN(100)
	for _, f := range yearFates {
		if n -= f.weight; n < 0 {
			return f.fate
		}
	}
	return fateAccept
}

// yearDeck is what a small year draws its orders from; empty: all there is.
type yearDeck struct {
	fate  yearFate
	hold  bool          // no cancel button for days
	tardy bool          // a number shows after five days or more
	curt  bool          // it is refused before any page shows the request, and none tells of it
	pays  time.Duration // money comes so long after the closing; less than nothing: never
	plain bool          // nothing odd about the shop's orders
}

// yearPay is money that the site gives back.
type yearPay struct {
	at     time.Time
	amount state.Money
	to     state.RefundTo
}

// yearOrder is the truth about one supplier order. Times that are zero never
// come.
type yearOrder struct {
	number, account, store string
	total                  state.Money
	lines                  []state.Line
	owners                 map[string]bool // shop orders whose goods these are
	fate                   yearFate
	placed, paid, verified time.Time // verified: the end of the risk hold
	window                 time.Time // its end
	countdown              bool      // the page shows the window's end
	says                   bool      // the page says that it was refused, and when
	listHides              bool      // the list goes on as if it were pending
	curt                   bool      // it was refused before any page could show the request
	told                   time.Time // the shop's last answer to a call
	renames                bool      // the store has another name once it was asked
	short                  bool      // the parcel lacks an item, which is never sent
	vague                  bool      // the engine cannot know when the request was made
	stored                 time.Time // a warehouse had it
	byDay                  bool      // the page tells the days of shipping and closing, and no hours

	clicks    int // clicks that were made
	reached   int // of those, requests that the supplier has
	reachedAt time.Time
	marked    time.Time // the first click that was about to be made
	allowed   bool      // a person wants it asked once more
	shownFrom time.Time // the pages know of the request from then on
	answered  time.Time
	shipped   time.Time
	closed    time.Time
	number1   string
	numberAt  time.Time
	scan      time.Time
	scanSeen  time.Time
	delivered time.Time
	pays      []yearPay
	deck      yearDeck
	tells     map[string]int // texts that the supplier got, and how often
	sends     []yearSent
	tried     map[string]bool // messages that it was tried to write, by case and kind
	masks     bool            // its page shows texts otherwise than they were written

	looks   []time.Time // at its entry in the list or its page
	served  []yearServed
	odd     []time.Time // readings that told less than they should
	reaches []time.Time
}

// yearWithin draws a duration from a range.
func yearWithin(rng *rand.Rand, from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(rng.Int64N(int64(to-from))).Truncate(time.Second)
}

// yearBought is how long after the customer's order a supplier's was placed.
const yearBought = time.Hour

// newYearOrder makes an order that was bought for a shop order some time ago.
func newYearOrder(rng *rand.Rand, deck yearDeck, number, account string, now, ordered time.Time, lines []state.Line) *yearOrder {
	o := &yearOrder{
		number: number, account: account, store: fmt.Sprintf("Store %d", rng.IntN(40)), lines: lines, owners: map[string]bool{}, fate: drawFate(rng),
		total: state.Money{Units: (1 + rng.Int64N(200)) * 10_000, Currency: "USD"}, placed: ordered.Add(yearBought), countdown: rng.IntN(4) > 0,
		says: rng.IntN(2) == 0, listHides: rng.IntN(5) == 0, tells: map[string]int{}, tried: map[string]bool{},
		masks: rng.IntN(5) == 0, renames: rng.IntN(10) == 0, byDay: rng.IntN(4) == 0, short: state.ItemCount(lines) > 1 && rng.IntN(6) == 0,
	}
	o.deck, o.fate = deck, cmp.Or(deck.fate, o.fate)
	o.paid = o.placed.Add(yearWithin(rng, 0, time.Hour))
	switch n := rng.IntN(50); {
	case deck.hold || n == 0: // the button is missing for days
		o.verified = now.Add(yearWithin(rng, 25*time.Hour, 40*time.Hour))
	case n < 6:
		o.verified = now.Add(yearWithin(rng, 0, 20*time.Hour))
	}
	o.window = o.paid.Add(yearWithin(rng, 4*24*time.Hour, 11*24*time.Hour))
	if w := now.Add(12 * time.Hour); o.window.Before(w) {
		o.window = w
	}
	// One that nobody asks about is sent in good time, or never.
	o.ship(rng, now.Add(o.window.Sub(now)*time.Duration(60+rng.IntN(35))/100), true)
	if rng.IntN(12) == 0 {
		o.shipped = time.Time{}
		o.close(rng, o.window.Add(yearWithin(rng, 0, 6*time.Hour)))
	}
	switch o.fate {
	case fateShipped:
		o.closed, o.pays = time.Time{}, nil
		o.ship(rng, now.Add(-yearWithin(rng, 0, 20*time.Hour)), true)
	case fateClosed:
		o.shipped, o.verified = time.Time{}, time.Time{}
		o.close(rng, now.Add(-time.Hour))
	case fateRecycled, fateFake, fateNoNumber:
		o.scan = time.Time{}
	}
	return o
}

// ship sets the parcel's way; scanned tells whether it has one.
func (o *yearOrder) ship(rng *rand.Rand, at time.Time, scanned bool) {
	const day = 24 * time.Hour
	o.shipped, o.scan, o.scanSeen, o.delivered = at, time.Time{}, time.Time{}, time.Time{}
	o.number1, o.numberAt = "LP"+o.number[8:], at.Add(yearWithin(rng, 0, 2*day))
	if o.deck.tardy || rng.IntN(6) == 0 {
		o.numberAt = at.Add(yearWithin(rng, 5*day, 7*day))
	}
	if scanned {
		o.scan = at.Add(yearWithin(rng, 0, 2*day))
		o.scanSeen = later(o.numberAt, o.scan).Add(yearWithin(rng, 0, 6*time.Hour))
		o.delivered = o.scan.Add(yearWithin(rng, 9*day, 30*day))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// close ends the order and draws what is paid back, where and when.
func (o *yearOrder) close(rng *rand.Rand, at time.Time) {
	const day = 24 * time.Hour
	o.closed = at
	to := []state.RefundTo{state.RefundCard, state.RefundCard, state.RefundBalance, state.RefundBonus}[rng.IntN(4)]
	part := state.Money{Units: 1 + rng.Int64N(o.total.Units-1), Currency: o.total.Currency}
	rest := state.Money{Units: o.total.Units - part.Units, Currency: o.total.Currency}
	soon, late := at.Add(yearWithin(rng, day/2, 9*day)), at.Add(yearWithin(rng, 22*day, 40*day))
	switch n := rng.IntN(100); {
	case o.deck.pays > 0:
		o.pays = []yearPay{{at.Add(o.deck.pays), o.total, to}}
	case o.deck.pays < 0:
	case n < 78:
		o.pays = []yearPay{{soon, o.total, to}}
	case n < 85:
		o.pays = []yearPay{{late, o.total, to}}
	case n < 90:
		o.pays = []yearPay{{soon, part, to}}
	case n < 95:
		o.pays = []yearPay{{soon, part, to}, {late, rest, to}}
	case n < 97:
		o.pays = []yearPay{{soon, state.Money{Units: o.total.Units, Currency: "EUR"}, to}}
	}
}

// reach is a request that the supplier has from now on.
func (o *yearOrder) reach(rng *rand.Rand, now time.Time) {
	const day = 24 * time.Hour
	o.reached++
	o.reaches = append(o.reaches, now)
	o.reachedAt, o.shownFrom = now, now
	if rng.IntN(10) == 0 {
		o.shownFrom = now.Add(yearWithin(rng, 0, 100*time.Second))
	}
	left := o.window.Sub(now)
	most := day // most suppliers answer soon
	if rng.IntN(3) == 0 {
		most = 5 * day
	}
	o.answered = now.Add(yearWithin(rng, 10*time.Minute, min(most, max(left-time.Hour, 11*time.Minute))))
	o.shipped, o.closed, o.pays = time.Time{}, time.Time{}, nil
	fate := o.fate
	if o.reached > 1 {
		fate = fateAccept
	}
	if o.curt = yearRefusals[fate] && (o.deck.curt || rng.IntN(8) == 0); o.curt {
		o.answered = now
	}
	o.says = o.says && !o.deck.curt
	switch fate {
	case fateSilent:
		o.answered = later(o.window, now).Add(yearWithin(rng, 0, 6*time.Hour))
		o.close(rng, o.answered)
	case fateKeeps:
		o.close(rng, later(o.window, o.answered.Add(time.Hour)).Add(yearWithin(rng, 0, 6*time.Hour)))
	case fateLeft:
		o.ship(rng, o.answered, true)
		o.scan = now.Add(-yearWithin(rng, time.Second, now.Sub(o.placed)))
	case fateFake:
		o.ship(rng, o.answered.Add(yearWithin(rng, 0, day)), false)
	case fateLate:
		o.ship(rng, o.answered.Add(yearWithin(rng, time.Hour, 3*day)), true)
	case fateNoNumber:
		o.ship(rng, o.answered.Add(yearWithin(rng, 0, day)), false)
		o.numberAt = time.Time{}
	case fateRecycled:
		o.ship(rng, o.answered, true)
		o.scan, o.delivered = o.placed.Add(-yearBought-yearWithin(rng, time.Second, 10*day)), time.Time{}
	case fateShipAnyway:
		o.ship(rng, o.answered, true)
	default:
		o.close(rng, o.answered)
	}
	if o.stored = (time.Time{}); !o.shipped.IsZero() && rng.IntN(5) == 0 {
		o.stored = now.Add(-yearWithin(rng, time.Minute, 20*time.Hour))
	}
}

// accused tells whether it is true that the parcel left after the request.
func (o *yearOrder) accused() bool {
	return len(o.reaches) > 0 && o.scan.After(o.reaches[0]) && (o.stored.IsZero() || o.stored.After(o.reaches[0]))
}

// inDoubt tells whether it was scanned after a click was about to be made: if
// it was, and reached the supplier, nobody may be able to tell.
func (o *yearOrder) inDoubt() bool { return !o.marked.IsZero() && o.scan.After(o.marked) }

// untold: no page ever shows the request nor its refusal, and no answer told of
// it: nobody can know.
func (o *yearOrder) untold() bool { return o.curt && !o.says && o.told.IsZero() }

// hasHeard tells whether a request had reached the supplier by then.
func (o *yearOrder) hasHeard(by time.Time) bool { return len(o.reaches) > 0 && !o.reaches[0].After(by) }

func come(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

func (o *yearOrder) phase(now time.Time) state.Phase {
	switch {
	case come(o.closed, now):
		return state.PhaseClosed
	case come(o.shipped, now):
		if come(o.delivered, now) {
			return state.PhaseDelivered
		}
		return state.PhaseShipped
	case o.reached > 0 && now.Before(o.answered) && !now.Before(o.shownFrom):
		return state.PhasePending
	case now.Before(o.verified):
		return state.PhaseRiskHold
	}
	return state.PhaseProcessing
}

var yearCaptions = map[state.Phase]string{
	state.PhaseClosed: "Canceled", state.PhaseShipped: "Shipped", state.PhaseDelivered: "Delivered", state.PhasePending: "Cancellation requested",
	state.PhaseRiskHold: "Being verified", state.PhaseProcessing: "To ship",
}

func (o *yearOrder) caption(now time.Time) string {
	p := o.phase(now)
	if p == state.PhaseProcessing && o.reached > 0 && o.listHides {
		p = state.PhasePending
	}
	return yearCaptions[p]
}

// refused tells whether the supplier has said no.
func (o *yearOrder) refused(now time.Time) bool {
	return o.reached > 0 && !now.Before(o.answered) && !come(o.closed, now)
}

// paid back until now.
func (o *yearOrder) refund(now time.Time) *state.Refund {
	var r *state.Refund
	for _, p := range o.pays {
		if !come(p.at, now) {
			continue
		}
		if r == nil {
			r = &state.Refund{ConfirmedBy: "site", Amount: state.Money{Currency: p.amount.Currency}}
		}
		r.Amount.Units += p.amount.Units
		r.To, r.At = p.to, p.at
	}
	return r
}

// tellDate puts a date on the page, in the page's zone.
func (o *yearOrder) tellDate(r *state.Reading, f state.Field, at *time.Time, when time.Time) {
	*at = when
	if !o.byDay {
		return
	}
	begin, _ := o.span(when)
	*at, r.Zone, r.Days = begin.UTC(), yearPageZone.String(), r.Days.With(f, state.DayOf(begin))
}

// span is the first and the last moment that a date on the page can mean.
func (o *yearOrder) span(at time.Time) (first, last time.Time) {
	if !o.byDay {
		return at, at
	}
	y, m, d := at.In(yearPageZone).Date()
	first = time.Date(y, m, d, 0, 0, 0, 0, yearPageZone)
	return first, first.AddDate(0, 0, 1).Add(-1)
}

// page is what the order's pages show now.
func (o *yearOrder) page(now time.Time, tracking bool) state.Reading {
	r := state.Reading{
		Number: o.number, At: now, Source: state.SourceDetail, Complete: true, Phase: o.phase(now), OrderedAt: o.placed, PaidAt: o.paid,
		Total: o.total, Store: o.store, Lines: o.lines, TrackingRead: tracking, Refund: o.refund(now),
	}
	if o.renames && o.reached > 0 {
		r.Store += " Official"
	}
	r.StatusText = yearCaptions[r.Phase]
	r.CancelOffered = r.Phase == state.PhaseProcessing && (o.reached == 0 || now.Before(o.shownFrom) || o.curt && !o.says)
	if o.countdown && r.Phase != state.PhaseClosed && r.Phase != state.PhaseShipped && r.Phase != state.PhaseDelivered {
		r.WindowEnd = o.window
	}
	if come(o.closed, now) {
		o.tellDate(&r, state.FieldClosedAt, &r.ClosedAt, o.closed)
	}
	if come(o.shipped, now) {
		o.tellDate(&r, state.FieldShippedAt, &r.ShippedAt, o.shipped)
	}
	if o.says && o.reached > 0 && !now.Before(o.shownFrom) {
		r.RequestedAt = o.reachedAt
		if o.refused(now) {
			r.AnsweredAt, r.RefusedText = o.answered, "The seller declined the cancellation"
		}
	}
	if tracking && come(o.numberAt, now) && come(o.shipped, now) {
		t := state.Tracking{Number: o.number1, Carrier: "Cainiao", Items: state.ItemCount(o.lines)}
		if o.short {
			t.Items--
		}
		if come(o.stored, now) {
			t.Warehouse = state.TrackingEvent{At: o.stored, Code: "AE_GWMS_OUTBOUND"}
		}
		if come(o.scanSeen, now) {
			t.FirstScanAt, t.FirstScanCode = o.scan, "AE_PICK_UP_SUCCESS"
		}
		if come(o.delivered, now) {
			t.DeliveredAt = o.delivered
		}
		r.Tracking = []state.Tracking{t}
	}
	return r
}
