package demo

import (
	"time"

	"countermand/supplier/aliexpresstest"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// begin is a Monday without holidays around it, in China or at a US bank.
var begin = time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)

// story is one customer's cancel and what becomes of it.
type story struct {
	order string // the shop's
	title string
	// number is the AliExpress order behind it; empty: the shop order names
	// none.
	number string
	// after is when the customer cancels, counted from the beginning.
	after time.Duration
	item  string
	price string
	store string
	// layout and fate are the supplier's side; times are made from the moment
	// of the cancel.
	layout aliexpresstest.Layout
	// window is when AliExpress closes the order by itself, counted from the
	// cancel.
	window time.Duration
	fate   func(cancel time.Time) aliexpresstest.Fate
	// asks: the customer asks for the cancel, and the shop's order stands
	// until the supplier has answered.
	asks bool
	// ends is the status that the case is to reach; shop is what is to become
	// of the shop's order where the customer asked: cancelled or declined.
	ends, shop string
}

// stories are told one a day or so, so that the account, which does one thing
// at a time, keeps up with the fast clock.
var stories = []story{
	{
		order: "#1001", number: "8190000000010001", title: "the supplier accepts, the money comes back",
		item: "Desk lamp, walnut", price: "23.40", store: "Lumen Home Store", ends: "refunded",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{Accept: 30 * hour, Refund: &aliexpresstest.Refund{After: 5 * day}}
		},
	},
	{
		order: "#1002", number: "8190000000010002", title: "the supplier stays silent until the ship window closes the order", after: 8 * hour,
		item: "Yoga mat, 6 mm", price: "17.90", store: "Stretch Sports Store", layout: aliexpresstest.LayoutDialog, window: 8 * day, ends: "refunded",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{Silent: true, Refund: &aliexpresstest.Refund{After: 3 * day, To: aliexpresstest.ToBalance}}
		},
	},
	{
		order: "#1003", number: "8190000000010003", title: "the supplier refuses and never shows a tracking number", after: 20 * hour,
		item: "Phone tripod", price: "12.34", store: "Camera Corner Store", ends: "disputable",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{Refuse: &aliexpresstest.Refusal{After: 26 * hour, Explicit: true}}
		},
	},
	{
		order: "#1004", title: "nobody wrote down which AliExpress order it was", after: 26 * hour,
		item: "Pet brush", price: "6.80", ends: "unmapped",
	},
	{
		order: "#1005", number: "8190000000010005", title: "already shipped before the customer cancelled", after: 34 * hour,
		item: "Travel mug", price: "14.10", store: "Kettle & Cup Store", ends: "shipped",
		fate: func(cancel time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{AlreadyShipped: &aliexpresstest.Shipment{ShippedAt: cancel.Add(-40 * hour), FirstScanAt: cancel.Add(-28 * hour), Number: "LP00810001005CN", Carrier: "AliExpress standard shipping"}}
		},
	},
	{
		order: "#1006", number: "8190000000010006", title: "refused, but it had truly left before we asked", after: 46 * hour,
		item: "Cable organiser", price: "8.75", store: "Tidy Desk Store", ends: "shipped",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{
				Refuse:           &aliexpresstest.Refusal{After: 24 * hour},
				ShipAfterRefusal: &aliexpresstest.LateShipment{MarkedAfter: 20 * hour, NumberAfter: 20 * hour, FirstScanAfter: -3 * day, Number: "LP00810001006CN", Carrier: "Yanwen"},
			}
		},
	},
	{
		order: "#1007", number: "8190000000010007", title: "refused, then a tracking number that nobody ever scans", after: 58 * hour,
		item: "LED strip, 5 m", price: "19.99", store: "Bright Light Store", ends: "disputable",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{
				Refuse:           &aliexpresstest.Refusal{After: 20 * hour, Explicit: true},
				ShipAfterRefusal: &aliexpresstest.LateShipment{MarkedAfter: 2 * day, NumberAfter: 2 * day, Number: "YT2630900010077", Carrier: "Yun Express"},
			}
		},
	},
	{
		order: "#1008", number: "8190000000010008", title: "refused, and shipped after we had asked", after: 70 * hour,
		item: "Garden gloves", price: "9.20", store: "Green Thumb Store", ends: "disputable",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{
				Refuse:           &aliexpresstest.Refusal{After: 22 * hour},
				ShipAfterRefusal: &aliexpresstest.LateShipment{MarkedAfter: day, NumberAfter: day, FirstScanAfter: 36 * hour, Number: "LP00810001008CN", Carrier: "Cainiao"},
			}
		},
	},
	{
		order: "#1009", number: "8190000000010009", title: "the customer asks, the supplier accepts, then the shop cancels", after: 82 * hour, asks: true,
		item: "Wall clock", price: "21.50", store: "Tick Tock Store", ends: "refunded", shop: "cancelled",
		fate: func(time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{Accept: 20 * hour, Refund: &aliexpresstest.Refund{After: 4 * day}}
		},
	},
	{
		order: "#1010", number: "8190000000010010", title: "the customer asks, but it has left already: the shop's order stands", after: 94 * hour, asks: true,
		item: "Bath mat", price: "11.30", store: "Soft Home Store", ends: "shipped", shop: "declined",
		fate: func(cancel time.Time) aliexpresstest.Fate {
			return aliexpresstest.Fate{AlreadyShipped: &aliexpresstest.Shipment{ShippedAt: cancel.Add(-40 * hour), FirstScanAt: cancel.Add(-28 * hour), Number: "LP00810001010CN", Carrier: "AliExpress standard shipping"}}
		},
	},
}
