package aliexpress

import (
	"time"

	"countermand/state"
)

// parseTracking reads the tracking page's parcels. ok is false where the list
// of parcels is not there at all: then nothing is known, not even that there
// is none.
func (p Profile) parseTracking(a answer) (parcels []state.Tracking, ok bool) {
	list := a.Data.get("module", "trackingDetailLineList")
	if _, isList := list.v.([]any); !isList {
		return nil, false
	}
	for _, l := range list.list() {
		t := state.Tracking{Number: l.get("mailNo").str(), Carrier: l.get("logisticsCpInfo", "cpName").str()}
		if t.Number == "" {
			t.Number = l.get("originMailNo").str()
		}
		if t.Carrier == "" {
			t.Carrier = l.get("logisticsCarrierName").str()
		}
		for _, event := range l.get("detailList").list() {
			p.noteScan(&t, event)
		}
		if t.Number != "" || !t.FirstScanAt.IsZero() {
			parcels = append(parcels, t)
		}
	}
	return parcels, true
}

// noteScan keeps the earliest physical scan and the delivery. The site lists
// events newest first, but not reliably.
func (p Profile) noteScan(t *state.Tracking, event node) {
	code, at := event.get("trackingPrimaryCode").str(), millis(event.get("time"))
	if code == "" {
		code = event.get("trackingSecondCode").str()
	}
	if at.IsZero() || hasPrefix(code, p.Scans.Never) {
		return
	}
	if hasPrefix(code, p.Scans.Physical) && earlier(t.FirstScanAt, at).Equal(at) {
		t.FirstScanAt, t.FirstScanCode = at, code
	}
	if hasPrefix(code, p.Scans.Delivered) {
		t.DeliveredAt = earlier(t.DeliveredAt, at)
	}
}

// earlier gives the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
