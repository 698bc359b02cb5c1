package aliexpresstest

import (
	"slices"
	"strings"
	"time"
)

// node is a kind of tracking entry and when it comes after the first scan.
type node struct {
	code, second, stage, name, text string
	after                           time.Duration
}

// journey is what a parcel goes through from its first scan on.
var journey = []node{
	{"AE_PICK_UP_SUCCESS", "AE_PICK_UP_SUCCESS", "1100", "Collected by carrier", "The courier has collected the parcel.", 0},
	{"AE_SC_INBOUND_SUCCESS", "AE_SC_INBOUND_SUCCESS", "1200", "In transit", "Arrived at the sorting centre.", 9 * time.Hour},
	{"AE_SC_OUTBOUND_SUCCESS", "AE_SC_OUTBOUND_SUCCESS", "1200", "In transit", "Left the sorting centre.", 16 * time.Hour},
	{"AE_LH_HO_IN_SUCCESS", "AE_LH_HO_IN_SUCCESS", "1400", "In transit", "Handed over at the airport of origin.", 30 * time.Hour},
	{"AE_LH_DEPART", "AE_LH_DEPART_SUCCESS", "1400", "In transit", "Departed from the country of origin.", 72 * time.Hour},
	{"AE_CC_IM_START", "AE_CC_IM_START", "1600", "Customs clearance started", "Import clearance has begun.", 120 * time.Hour},
	{"AE_GTMS_ACCEPT", "AE_GTMS_ACCEPT", "1700", "In transit", "Taken over by the local carrier.", 168 * time.Hour},
}

var (
	placedNode    = node{"AE_ORDER_PLACED", "AE_ORDER_PLACED", "100", "Order placed", "The order was placed.", 0}
	paidNode      = node{"AE_ORDER_PAID", "AE_ORDER_PAID", "200", "Paid", "The payment has arrived.", 0}
	shippedNode   = node{"AE_ORDER_SHIPPED", "AE_ORDER_SHIPPED", "1000", "Shipped", "The seller says that the parcel is on its way.", 0}
	deliveredNode = node{"AE_GTMS_SIGNED", "AE_GTMS_SIGNED", "1700", "Delivered", "The parcel was delivered.", 0}
)

// trackingDetail answers the parcels of an order: none until a number shows.
func (s *Site) trackingDetail(a ask) result {
	e := s.find(a.text("tradeOrderId"))
	if e == nil {
		return fail(noOrder)
	}
	lines := []obj{}
	now := s.now()
	if v := a.view(e, now); v.numberShows(now) {
		lines = append(lines, s.parcelFields(v, now))
	}
	return result{data: obj{"module": obj{
		"isTrackingV2": true, "trackingDetailLineList": lines,
		"logisticsReceiverInfo": obj{"contactName": "Jo Rehearsal", "city": "Nowhere", "province": "Oregon", "country": "United States", "zipCode": "00000"},
	}}}
}

func (v view) numberShows(now time.Time) bool {
	if v.parcel == nil || v.parcel.Number == "" {
		return false
	}
	return !now.Before(v.parcel.ShippedAt) && !now.Before(v.parcel.NumberAt)
}

func (s *Site) parcelFields(v view, now time.Time) obj {
	carrier := firstNonEmpty(v.parcel.Carrier, "AliExpress standard shipping")
	items := make([]obj, len(v.Lines))
	for i, l := range v.Lines {
		items[i] = obj{"itemId": number("1005" + l.ID[len(l.ID)-12:]), "skuId": "1200" + l.ID[len(l.ID)-12:], "itemTitle": l.Title, "skuDesc": l.SKU, "count": l.Qty}
	}
	eta := v.shippedAt.Add(14 * 24 * time.Hour)
	return obj{
		"mailNo": v.parcel.Number, "originMailNo": v.parcel.Number, "blockMailNo": false,
		"logisticsCarrierName": carrier, "logisticsCpInfo": obj{"cpName": carrier, "cpWebSiteUrl": s.www + "/p/carrier.html"},
		"packageItemList": items, "displayQuantity": len(items), "packageMinCreateTime": v.shippedAt.UnixMilli(),
		"etaInfo": obj{
			"beginEtaTime": eta.UnixMilli(), "endEtaTime": eta.Add(6 * 24 * time.Hour).UnixMilli(),
			"etaTimeText": eta.In(s.zone).Format("Jan. 2") + " - " + eta.Add(6*24*time.Hour).In(s.zone).Format("Jan. 2"),
		},
		"detailList": s.nodes(v, now),
	}
}

// nodes gives the parcel's entries up to now, newest first.
func (s *Site) nodes(v view, now time.Time) []obj {
	type stamped struct {
		node
		at time.Time
	}
	all := []stamped{{placedNode, v.PlacedAt}, {paidNode, earliest(v.PaidAt, v.paidHereAt)}, {shippedNode, v.shippedAt}}
	if scan := v.parcel.FirstScanAt; !scan.IsZero() {
		for _, n := range journey {
			at := scan.Add(n.after)
			if d := v.parcel.DeliveredAt; d.IsZero() || n.after == 0 || at.Before(d) {
				all = append(all, stamped{n, at})
			}
		}
	}
	if d := v.parcel.DeliveredAt; !d.IsZero() {
		all = append(all, stamped{deliveredNode, d})
	}
	slices.Reverse(all) // of one moment, the later step comes first
	slices.SortStableFunc(all, func(a, b stamped) int { return b.at.Compare(a.at) })
	out := []obj{}
	for _, n := range all {
		if n.at.IsZero() || n.at.After(now) {
			continue
		}
		out = append(out, obj{
			"time": n.at.UnixMilli(), "timeText": n.at.In(s.zone).Format("Mon | Jan. 2 15:04"), "fulfillStage": n.stage,
			"trackingName": n.name, "trackingDetailDesc": n.text, "trackingPrimaryCode": n.code, "trackingSecondCode": n.second,
			"tags": []string{strings.ToLower(n.stage)},
		})
	}
	return out
}
