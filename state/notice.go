package state

import (
	"slices"
	"time"
)

// NoticeBasis is what a [Notice] rests on.
type NoticeBasis string

// The bases, the surest last.
const (
	NoNotice         NoticeBasis = ""
	NoticeAttempt    NoticeBasis = "attempt" // the first attempt; nothing was asked
	NoticeLostPeriod NoticeBasis = "lost"    // a backup was restored; At is where the lost time begins
	NoticeRefused    NoticeBasis = "refused" // the page tells of a refused request that is not ours; At is the earliest that it can be of
	NoticeFound      NoticeBasis = "found"   // a request that is not ours was found standing; At is the earliest that it can be of
	NoticeClick      NoticeBasis = "click"   // a call that may have been a request
	NoticeRequest    NoticeBasis = "request" // a request that was seen to stand
)

// Notice is since when the supplier could know that the order is to be
// cancelled. Scans and the shipped mark are held against it wherever they are
// judged or shown. At is UTC; zero without a basis.
type Notice struct {
	At    time.Time
	Basis NoticeBasis
}

// Possible tells whether the supplier may know at all.
func (n Notice) Possible() bool { return n.Basis != NoNotice && n.Basis != NoticeAttempt }

// Undated tells whether nobody knows when, or perhaps whether, a request was
// made: At is then the earliest that it can have been.
func (n Notice) Undated() bool { return n.Basis == NoticeLostPeriod || n.Basis == NoticeRefused }

// Notice is the earliest moment from which the supplier could know.
func (c Case) Notice() Notice {
	a := c.Attempt
	switch heard, since := a.NoticeAt(), c.RequestedSince; {
	case !since.IsZero() && (heard.IsZero() || since.Before(heard)):
		return Notice{since, NoticeFound}
	case !heard.IsZero() && (c.RequestedAt.IsZero() || heard.Before(c.RequestedAt)):
		switch {
		case a.NotOurs:
			return Notice{heard, NoticeRefused}
		case a.InLostPeriod:
			return Notice{heard, NoticeLostPeriod}
		}
		return Notice{heard, NoticeClick}
	case !c.RequestedAt.IsZero():
		return Notice{c.RequestedAt, NoticeRequest}
	case !a.FirstAt.IsZero():
		return Notice{a.FirstAt, NoticeAttempt}
	}
	return Notice{}
}

// NoticeBy is the notice that a date is compared with: the request where it
// was seen to stand by then, else the earliest.
func (c Case) NoticeBy(at time.Time) Notice {
	if !c.RequestedAt.IsZero() && at.After(c.Days.Last(FieldRequestedAt, c.RequestedAt)) {
		return Notice{c.RequestedAt, NoticeRequest}
	}
	return c.Notice()
}

// OrderDateGrace is what the date of an order leaves open: pages show dates,
// not times, in a zone of their own.
const OrderDateGrace = 24 * time.Hour

// PlacedFrom is the earliest moment at which the order can have been placed,
// zero where nothing is known. The page's date leaves a day open; the shop's is
// exact, and nobody buys for a customer who has not ordered yet. Only an order
// whose date is surely older than the shop's (a person has approved it) is not
// bound by that.
func (c Case) PlacedFrom() time.Time {
	if c.OrderedAt.IsZero() {
		return c.ShopOrderedAt
	}
	from, latest := c.OrderedAt.Add(-OrderDateGrace), c.OrderedAt.Add(pageDay+OrderDateGrace)
	if c.ShopOrderedAt.After(from) && !c.ShopOrderedAt.After(latest) {
		return c.ShopOrderedAt
	}
	return from
}

// pageDay is what a date without an hour leaves open.
const pageDay = 24 * time.Hour

// OlderThanOrder tells whether a parcel was scanned before the order can have
// been placed: the scan is another parcel's and proves nothing. An old number
// given again is a known trick.
func (c Case) OlderThanOrder(t Tracking) bool {
	return !t.FirstScanAt.IsZero() && t.FirstScanAt.Before(c.PlacedFrom())
}

// Doubt is the event by which a parcel may have left until a moment, whatever
// its first scan says: one that is not understood, or a warehouse's.
func (t Tracking) Doubt(until time.Time) TrackingEvent {
	var doubt TrackingEvent
	for _, e := range []TrackingEvent{t.Strange, t.Warehouse} {
		if !e.IsZero() && !e.At.After(until) {
			doubt = doubt.Earlier(e)
		}
	}
	return doubt
}

// SurelySentAfter is the earliest first scan of a parcel that left after a
// moment, by all that its tracking tells; zero where there is none.
func (c Case) SurelySentAfter(at time.Time) (first time.Time) {
	for _, t := range c.Tracking {
		late := t.FirstScanAt.After(at) && t.Doubt(at).IsZero()
		if late && (first.IsZero() || t.FirstScanAt.Before(first)) {
			first = t.FirstScanAt
		}
	}
	return first
}

// ScanAfterRequest is the earliest first scan of a parcel that surely left
// after a request that was seen to stand, zero where there is none. What may
// have been a request is none.
func (c Case) ScanAfterRequest() time.Time {
	if c.RequestedAt.IsZero() {
		return time.Time{}
	}
	return c.SurelySentAfter(c.Days.Last(FieldRequestedAt, c.RequestedAt))
}

// SentAfterRequest tells whether there is such a scan.
func (c Case) SentAfterRequest() bool { return !c.ScanAfterRequest().IsZero() }

// InWarehouse tells whether a parcel without a scan was seen by a warehouse or
// handed over: no proof, and no ground to say that nothing was sent.
func (c Case) InWarehouse() bool {
	return slices.ContainsFunc(c.Tracking, func(t Tracking) bool { return t.FirstScanAt.IsZero() && !t.Warehouse.IsZero() })
}
