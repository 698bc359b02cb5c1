package site

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"countermand/state"
)

// ParseTracking reads the tracking page's parcels, as it was seen at a time. No
// number and no scan is a finding that deadlines act upon, so whatever is not as
// it should be is an error: then nothing is known, not even that there is none.
func (p Profile) ParseTracking(a Answer, seen time.Time) (parcels []state.Tracking, err error) {
	list := a.data.get("module", "trackingDetailLineList")
	if !list.there() {
		return nil, fmt.Errorf("%w: the tracking answer has no list of parcels", ErrShape)
	}
	lines, err := list.items()
	for _, l := range lines {
		t, err := p.parcel(l, seen)
		if err != nil {
			return nil, fmt.Errorf("read a parcel: %w", err)
		}
		if t.Number != "" || !t.FirstScanAt.IsZero() || t.Items > 0 { // goods in a parcel that is yet to come
			parcels = append(parcels, t)
		}
	}
	return parcels, err
}

func (p Profile) parcel(l node, seen time.Time) (state.Tracking, error) {
	number, err := l.get("mailNo").text()
	origin, err2 := l.get("originMailNo").text()
	events, err3 := l.get("detailList").items()
	if err := errors.Join(err, err2, err3); err != nil {
		return state.Tracking{}, err
	}
	t := state.Tracking{
		Number: cmp.Or(number, origin), Carrier: cmp.Or(l.get("logisticsCpInfo", "cpName").str(), l.get("logisticsCarrierName").str()),
		Items: parcelItems(l),
	}
	for _, event := range events {
		code, known, err := p.scanCode(event)
		if err == nil {
			err = p.noteScan(&t, code, event.get("time"), seen)
		}
		if err != nil {
			return t, err
		}
		if !known {
			words := Clip(event.get("trackingName").str())
			t.Strange = t.Strange.Earlier(state.TrackingEvent{At: past(event.get("time"), seen), Code: cmp.Or(code, words, "no code")})
		}
	}
	switch {
	case !l.isObject():
		return t, fmt.Errorf("%w: %s stands where a parcel is due", ErrShape, l.kind())
	case !t.Strange.IsZero() && t.FirstScanAt.IsZero():
		// It may be the very scan that a claim would deny.
		return t, fmt.Errorf("%w: the event %q is not in the profile (scans)", ErrShape, t.Strange.Code)
	}
	return t, nil
}

// parcelItems counts what is in a parcel: the items listed, else the number that
// the page shows beside it, which may be that of the kinds alone. Zero where
// neither is readable.
func parcelItems(l node) (sum int) {
	for _, i := range l.get("packageItemList").list() {
		n := quantity(i.get("count"))
		if n == 0 {
			return 0
		}
		sum += n
	}
	return cmp.Or(sum, quantity(l.get("displayQuantity")))
}

// scanCode gives the first of an event's two codes that the profile knows;
// known is false where it knows neither, or where there is none.
func (p Profile) scanCode(event node) (code string, known bool, err error) {
	first, err := event.get("trackingPrimaryCode").text()
	second, err2 := event.get("trackingSecondCode").text()
	if !event.isObject() {
		err = fmt.Errorf("%w: %s stands where an event is due", ErrShape, event.kind())
	}
	for _, c := range []string{first, second} {
		if p.inWarehouse(c) || hasPrefix(c, p.Scans.Physical) || hasPrefix(c, p.Scans.Never) || hasPrefix(c, p.Scans.Delivered) {
			return c, true, errors.Join(err, err2)
		}
	}
	return cmp.Or(first, second), false, errors.Join(err, err2)
}

// inWarehouse tells whether a code is a warehouse's. An operator's file of an
// older version has the best known ones among those that are no scan.
func (p Profile) inWarehouse(code string) bool {
	return hasPrefix(code, p.Scans.Warehouse) || hasPrefix(code, []string{"AE_GWMS_"})
}

// noteScan keeps the earliest physical scan, the earliest warehouse event and
// the delivery. The site lists events newest first, but not reliably.
func (p Profile) noteScan(t *state.Tracking, code string, when node, seen time.Time) error {
	if p.inWarehouse(code) {
		t.Warehouse = t.Warehouse.Earlier(state.TrackingEvent{At: past(when, seen), Code: code})
		return nil
	}
	physical, delivered := hasPrefix(code, p.Scans.Physical), hasPrefix(code, p.Scans.Delivered)
	if hasPrefix(code, p.Scans.Never) || !physical && !delivered {
		return nil
	}
	at := past(when, seen)
	if at.IsZero() {
		return fmt.Errorf("%w: the scan %s has no time that can be read (%q)", ErrShape, code, Clip(when.str()))
	}
	if physical && earlier(t.FirstScanAt, at).Equal(at) {
		t.FirstScanAt, t.FirstScanCode = at, code
	}
	if delivered {
		t.DeliveredAt = earlier(t.DeliveredAt, at)
	}
	return nil
}

// past reads when an event was; zero for a time that has not come: it is none.
func past(when node, seen time.Time) time.Time {
	if at := millis(when); !at.After(seen.Add(24 * time.Hour)) {
		return at
	}
	return time.Time{}
}

// earlier gives the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
