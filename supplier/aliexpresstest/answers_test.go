package aliexpresstest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The first page comes as a script whose every scalar is a string, further
// pages as JSON with numbers and booleans.
func TestListTypesFollowTheTransport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 12 {
		o := paid(strconv.Itoa(8190000000000000+i*20000), Fate{})
		o.PlacedAt = day0.Add(-time.Duration(i) * hour)
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
	}
	script := r.raw("GET", apiList, `{"statusTab":"all"}`, "&type=originaljsonp&callback=mtopjsonp1")
	inner := regexp.MustCompile(`^ ?mtopjsonp1\((.*)\)$`).FindStringSubmatch(script)
	if inner == nil {
		t.Fatalf("not the script that was asked for: %.80s", script)
	}
	first := parse(t, inner[1])
	body := first.tag("pc_om_list_body")
	if body["hasMore"] != "true" || body["pageIndex"] != "1" {
		t.Errorf("body of the script is typed %T %T", body["hasMore"], body["pageIndex"])
	}
	line := first.tag("pc_om_list_order")["orderLines"].([]any)[0].(map[string]any)
	if line["quantity"] != "2" {
		t.Errorf("quantity of the script is %v", line["quantity"])
	}
	linkage, err := json.Marshal(first.get("data", "linkage"))
	if err != nil {
		t.Fatal(err)
	}

	second := r.call("POST", apiList, `{"statusTab":"all","pageIndex":2,"linkage":`+string(linkage)+`}`)
	body = second.tag("pc_om_list_body")
	if body["hasMore"] != false || body.str("pageIndex") != "2" {
		t.Errorf("body of the JSON: %v", body)
	}
	line = second.tag("pc_om_list_order")["orderLines"].([]any)[0].(map[string]any)
	if line["quantity"] != json.Number("2") {
		t.Errorf("quantity of the JSON is %v", line["quantity"])
	}
	keys := append(orderKeys(first), orderKeys(second)...)
	if len(keys) != 12 || keys[0] != "pc_om_list_order_8190000000000000" || keys[11] != "pc_om_list_order_8190000000220000" {
		t.Errorf("pages hold %v", keys)
	}

	// Without the linkage further pages look like the end of the list.
	bare := r.call("POST", apiList, `{"statusTab":"all","pageIndex":2}`)
	if got, _ := bare["data"].(map[string]any); bare.ret() != success || len(got) != 0 {
		t.Errorf("without linkage: %v", bare)
	}
}

// orderKeys are the orders in the order of the page.
func orderKeys(x tree) []string {
	list, _ := x.get("data", "hierarchy", "structure", "pc_om_list_body_410004").([]any)
	var out []string
	for _, k := range list {
		out = append(out, k.(string))
	}
	return out
}

func TestDetailOfAnOrder(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{})
	o.Total, o.Lines = "14.00", append(o.Lines, Line{Title: "Cable", Price: "1.50"})
	r := newRig(t, o)
	raw := r.raw("GET", apiDetail, `{"tradeOrderId":"`+idA+`"}`, "&type=originaljson")
	if !strings.Contains(raw, `"orderId":`+idA) || !strings.Contains(raw, `"tradeOrderId":`+idA) {
		t.Error("IDs are not JSON numbers")
	}
	d := parse(t, raw)
	info := d.tag("detail_simple_order_info_component")
	if info.str("orderCreatTime") != "Oct 19, 2026" || info.str("payTime") != "Oct 19, 2026" {
		t.Errorf("dates are not Los Angeles': %v", info)
	}
	for _, absent := range []string{"orderShipTime", "orderEndTime"} {
		if _, ok := info[absent]; ok {
			t.Errorf("%s is there", absent)
		}
	}
	if price := d.tag("detail_order_price_block").str("totalPrice", "formatPriceInfo"); price != "US $14.00|14|00" {
		t.Errorf("total %q", price)
	}
	product := d.tag("detail_product_block")
	if n := len(product["productVOList"].([]any)); n != 2 || product.str("sellerVO", "sellerName") != "Lotus Gadgets" {
		t.Errorf("%d lines of %v", n, product["sellerVO"])
	}
	if d.str("data", "global", "curTime") != fmt.Sprint(day0.UnixMilli()) {
		t.Errorf("curTime is %s", d.str("data", "global", "curTime"))
	}
}

func TestUnknownOrderIsAnEmptySuccess(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	for _, data := range []string{`{"tradeOrderId":"8190000000009999"}`, `{"orderId":"` + idA + `"}`} {
		d := r.call("GET", apiDetail, data)
		if d.ret() != success || d.tag("detail_order_status_block") != nil || d.tag("detail_root_container") == nil {
			t.Errorf("%s: %s %v", data, d.ret(), d)
		}
	}
	if status, body, _ := r.fetch(r.www + "/p/order/detail.html?orderId=1"); status != 200 || strings.Contains(body, "Processing") {
		t.Errorf("page of an unknown order: %d", status)
	}
}

func TestTraps(t *testing.T) {
	t.Parallel()
	once, always := paid(idA, Fate{}), paid(idB, Fate{})
	once.Trap.ShowsOtherOnce, always.Trap.ShowsOther = idB, idA
	r := newRig(t, once, always)
	shown := func(id string) string { return r.detail(id).tag("detail_order_status_block").str("orderId") }
	if got := []string{shown(idA), shown(idA)}; got[0] != idB || got[1] != idA {
		t.Errorf("once shows %v", got)
	}
	if got := []string{shown(idB), shown(idB)}; got[0] != idA || got[1] != idA {
		t.Errorf("always shows %v", got)
	}
}

func TestTrackingTellsClaimFromScan(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{Refuse: &Refusal{After: hour}, ShipAfterRefusal: &LateShipment{
		MarkedAfter: hour, NumberAfter: 2 * hour, FirstScanAfter: 3 * day, DeliveredAfter: 5 * day, Number: "LP7", Carrier: "Cainiao",
	}}), paid(idB, Fate{PickedUp: true}))
	r.cancel(idA)
	r.clock.add(2 * hour)
	if got := r.tracking(idA); r.title(idA) != "Awaiting delivery" || len(got) != 0 {
		t.Errorf("marked shipped without a number: %v", got)
	}
	r.clock.add(hour)
	if got := codes(t, r.tracking(idA)); got != "LP7: AE_ORDER_SHIPPED AE_ORDER_PAID AE_ORDER_PLACED" {
		t.Errorf("number only: %s", got)
	}
	r.clock.set(day0.Add(hour + 3*day))
	if got := codes(t, r.tracking(idA)); !strings.HasPrefix(got, "LP7: AE_PICK_UP_SUCCESS AE_ORDER_SHIPPED") {
		t.Errorf("after the first scan: %s", got)
	}
	r.clock.add(5 * day)
	if got := codes(t, r.tracking(idA)); !strings.HasPrefix(got, "LP7: AE_GTMS_SIGNED AE_LH_HO_IN_SUCCESS") {
		t.Errorf("delivered: %s", got)
	}

	r.cancel(idB)
	node := r.tracking(idB)[0].(map[string]any)["detailList"].([]any)
	if got := codes(t, r.tracking(idB)); !strings.Contains(got, "AE_PICK_UP_SUCCESS") || len(node) < 4 {
		t.Errorf("picked up: %s", got)
	}
}

// codes renders a single parcel's nodes, newest first.
func codes(t *testing.T, parcels []any) string {
	t.Helper()
	if len(parcels) != 1 {
		t.Fatalf("%d parcels", len(parcels))
	}
	p := tree(parcels[0].(map[string]any))
	out := p.str("mailNo") + ":"
	last := ""
	for _, n := range p["detailList"].([]any) {
		n := tree(n.(map[string]any))
		if at := n.str("time"); last != "" && at > last {
			t.Errorf("node %s is out of order", n.str("trackingPrimaryCode"))
		}
		last = n.str("time")
		out += " " + n.str("trackingPrimaryCode")
	}
	return out
}

func TestRefund(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{Accept: hour, Refund: &Refund{After: day, Amount: "10.00", To: ToBonus}})
	o.Lines = []Line{{Price: "1.00"}, {Price: "2.00"}}
	r := newRig(t, o)
	module := func(line string) tree {
		t.Helper()
		m, _ := r.call("POST", apiRefund, `{"tradeOrderLineId":"`+line+`"}`).get("data", "module").(map[string]any)
		return m
	}
	const line1, line2 = "8190000000000101", "8190000000000201"
	r.cancel(idA)
	if m := module(line1); m["reverseFinishInfo"] != nil || m.str("tradeOrderId") != idA || m.str("tradeOrderLineId") != line1 {
		t.Errorf("before the closing: %v", m)
	}
	r.clock.add(hour)
	if got := module(line1).str("reverseFinishInfo", "refundInfo", "refundNewestStatus"); got != "PROCESSING" {
		t.Errorf("before it is due: %q", got)
	}
	r.clock.add(day)
	for line, want := range map[string]string{line1: "3.33", line2: "6.67"} {
		info := tree(module(line).get("reverseFinishInfo", "refundInfo").(map[string]any))
		channel := tree(info["refundChannelDetails"].([]any)[0].(map[string]any))
		if info.str("refundNewestStatus") != "SUCCESS" || info.str("refundNewestTime") != fmt.Sprint(day0.Add(hour+day).UnixMilli()) ||
			info.str("refundDetails", "cashMoney", "amount") != want || channel.str("channel") != "BONUS" {
			t.Errorf("line %s: %v", line, info)
		}
	}
	whole := r.call("POST", apiRefund, `{"tradeOrderId":"`+idA+`","tradeOrderLineId":""}`)
	if got := whole.str("data", "module", "reverseFinishInfo", "refundInfo", "refundDetails", "cashMoney", "amount"); got != "10.00" {
		t.Errorf("the whole order: %q", got)
	}
	if got := r.call("POST", apiRefund, `{"tradeOrderId":"`+idB+`","tradeOrderLineId":"`+line1+`"}`).ret(); !strings.HasPrefix(got, "FAIL_BIZ") {
		t.Errorf("a line of another order: %s", got)
	}
}

func TestAddRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{}))
	for name, o := range map[string]Order{
		"bad ID":      {ID: "12"},
		"there":       {ID: idA},
		"two fates":   paid(idB, Fate{Accept: hour, Silent: true}),
		"bad total":   {ID: idB, Total: "12,30"},
		"bad price":   {ID: idB, Lines: []Line{{Price: "x"}}},
		"bad target":  paid(idB, Fate{Refund: &Refund{To: "cash"}}),
		"bad line ID": {ID: idB, Lines: []Line{{ID: "7"}}},
	} {
		if err := r.Add(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
