package aliexpresstest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const ownForm = "POST application/x-www-form-urlencoded "

// shapesOfWays is how the writes of each way arrive.
var shapesOfWays = map[Way]string{
	WayFetch: ownForm + "empty", WayXHR: ownForm + "empty", WayJSON: "POST application/json empty", WayMultipart: "POST multipart/form-data empty",
	WayPut: "PUT application/x-www-form-urlencoded empty", WayBeacon: ownForm + "empty", WayKeepalive: ownForm + "empty", WayLater: ownForm + "empty",
	WayForm: ownForm + "document", WayFormTab: ownForm + "document", WayPing: "POST text/ping empty",
	WayImage: "GET image", WayScript: "GET script", WayStyle: "GET style", WayFrame: "GET iframe", WayEvents: "GET empty", WayWebSocket: "GET websocket",
	WayWorker: ownForm + "empty", WaySharedWorker: ownForm + "empty", WayServiceWorker: ownForm + "empty",
	WayMoved: ownForm + "empty", WayMovedImage: "GET image", WayLaterLeft: ownForm + "empty", WayBeaconLeft: ownForm + "empty",
	WayKeepaliveLeft: ownForm + "empty", WayTwice: ownForm + "empty",
}

// everyWayArrives walks the ways over orders of one site, each on the load of
// its order's page, with no gate in the way: what is then not seen at a gate
// was held there.
func everyWayArrives(v *visit) {
	id := func(i int) string { return fmt.Sprintf("81900000000%05d", i+1) }
	wanted := map[Way]int{WayTwice: 2, WayBeaconLeft: 0, WayLaterLeft: 0} // before the page is left
	for i, w := range Ways() {
		v.order(id(i), func(o *Order) { o.Tries = []Try{{Page: PageDetail, When: OnLoad, By: w, Of: TargetOwn}} })
		v.detail(id(i))
		n, special := wanted[w]
		if !special {
			n = 1
		}
		if n == 0 {
			v.see(".order-block-title", "Processing")
		}
		eventually(v.T, string(w)+" arrives", func() bool { return len(v.writesOf(id(i))) >= n })
		if err := v.tab.CloseOpened(v.Context()); err != nil {
			v.Error(err)
		}
	}
	v.open(v.site.www + policyPath)
	for i, w := range Ways() {
		want := 1
		if w == WayTwice {
			want = 2
		}
		eventually(v.T, string(w)+" is told and arrives", func() bool { return v.triesOf(id(i)) >= want && len(v.writesOf(id(i))) >= want })
		writes := v.writesOf(id(i))
		if n := v.triesOf(id(i)); n != want || len(writes) != want {
			v.Errorf("%s: tried %d times, arrived %d times, want %d", w, n, len(writes), want)
		}
		if x := writes[0]; x.Kind != WriteCancel || x.Refused != "" || !x.Trusted || x.Reason != reasons[0] || x.Shape != shapesOfWays[w] {
			v.Errorf("%s: arrived as %+v", w, x)
		}
		if got := v.site.Status(id(i)); got != "Cancellation requested" {
			v.Errorf("%s: the order is %q", w, got)
		}
	}
}

func (v *visit) writesOf(order string) []Write {
	return slices.DeleteFunc(v.site.Writes(), func(w Write) bool { return w.OrderID != order })
}

func (v *visit) triesOf(order string) int {
	return len(slices.DeleteFunc(v.site.Tried(), func(x Tried) bool { return x.OrderID != order }))
}

// tried waits for so many tries and gives them in short, sorted.
func (v *visit) tried(n int) string {
	v.Helper()
	defer func() {
		if v.Failed() {
			v.Logf("tried: %+v", v.site.Tried())
		}
	}()
	eventually(v.T, fmt.Sprint(n, " tries"), func() bool { return len(v.site.Tried()) >= n })
	var out []string
	for _, x := range v.site.Tried() {
		out = append(out, fmt.Sprintf("%s %s of %s on %s, %s", x.By, x.Kind, x.OrderID, x.On, x.When))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// writtenAll waits for writes and gives their kinds and orders, sorted.
func (v *visit) writtenAll(n int) string {
	v.Helper()
	eventually(v.T, fmt.Sprint(n, " writes"), func() bool { return len(v.site.Writes()) >= n })
	var out []string
	for _, w := range v.site.Writes() {
		out = append(out, w.Kind+" "+w.OrderID+" "+w.Reason)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func (v *visit) equal(what, got, want string) {
	v.Helper()
	if got != want {
		v.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// triesAfterPresses walks the way to a cancelled order; each press springs
// what waits for it, and the own cancel is the page's call once more, with the
// reason that was chosen.
func triesAfterPresses(v *visit) {
	v.order(idA, func(o *Order) {
		o.Layout = LayoutDialog
		o.Tries = []Try{
			{When: AfterOpening, By: WayFetch, Of: TargetExtend},
			{Page: PageDetail, When: AfterConfirming, By: WayFetch, Of: TargetOwn, After: 300 * time.Millisecond},
			{Page: PageCancel, When: OnLoad, By: WayFetch, Of: TargetConfirm}, // of a page that the dialog has no need of
		}
	})
	v.detail(idA)
	v.see(".order-block-title", "Processing")
	v.equal("tried on load", v.tried(0), "")
	v.press(detailButton, "Cancel order")
	v.equal("tried after the opening press", v.tried(1), "fetch extend of "+idA+" on page/detail, opening")
	v.press(".comet-v2-select", "")
	v.press(".comet-v2-menu-item", "Other reasons")
	v.press(submitButton, "Submit")
	v.equal("written before the confirming press", v.writtenAll(1), "extend "+idA+" ")
	v.press(dialogButton, "Confirm")
	v.see(resultTitle, "request has been submitted")
	v.tried(2)
	reason := v.site.Writes()[1].Reason
	again := "cancel " + idA + " " + reason
	v.equal("written", v.writtenAll(3), again+"; "+again+"; extend "+idA+" ")
	if w := v.site.Writes(); reason == reasons[0] || w[1].Shape != w[2].Shape || w[2].Refused == "" {
		v.Errorf("the page's own call and the try: %+v", w)
	}
}

// triesOfOtherPages: the form's page and the list try as well, and the page
// that is left; the site's own tries count on all.
func triesOfOtherPages(v *visit) {
	shipped := func(o *Order) { o.Fate.AlreadyShipped = &Shipment{ShippedAt: time.Now().Add(-hour)} }
	v.order(idA, shipped)
	v.order(idB, func(o *Order) {
		o.PaidAt = o.PaidAt.Add(-hour)
		o.Tries = []Try{{Page: PageList, When: OnLeaving, By: WayKeepalive, Of: TargetOwn}}
	})
	const idC = "8190000000030001"
	v.order(idC, func(o *Order) { o.PaidAt = o.PaidAt.Add(-2 * hour) })
	if err := v.site.SetTries(Try{Page: PageList, When: OnLoad, By: WayImage, Of: TargetConfirm}, Try{Page: PageCancel, When: OnLoad, By: WayBeacon, Of: TargetNext}); err != nil {
		v.Fatal(err)
	}
	v.open(v.site.www + "/p/order/index.html")
	list := "image confirm_goods of " + idA + " on page/list, load"
	v.equal("tried on the list", v.tried(1), list)
	v.open(v.site.mobile + "/p/refund-cancel/index.html?tradeOrderId=" + idC) // after the last comes the first
	form, left := "beacon cancel of "+idA+" on page/cancel, load", "keepalive cancel of "+idB+" on page/list, leaving"
	v.equal("tried in the end", v.tried(3), strings.Join([]string{form, list, left}, "; "))
	v.equal("written", v.writtenAll(3), "cancel "+idA+" "+reasons[0]+"; cancel "+idB+" "+reasons[0]+"; confirm_goods "+idA+" ")
	if err := v.site.SetTries(); err != nil {
		v.Fatal(err)
	}
}

// triesOfAClosedTab: the tab takes no leave, the beacon does.
func triesOfAClosedTab(v *visit) {
	v.order(idA, func(o *Order) { o.Tries = []Try{{When: OnLoad, By: WayBeaconLeft, Of: TargetOwn}} })
	tab, err := v.browser.NewTab(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	first := v.tab
	v.tab = tab
	v.detail(idA)
	v.see(".order-block-title", "Processing")
	v.equal("tried", v.tried(0), "")
	tab.Close()
	v.tab = first
	v.equal("tried", v.tried(1), "beacon left cancel of "+idA+" on page/detail, load")
	v.equal("written", v.writtenAll(1), "cancel "+idA+" "+reasons[0])
}
