package aliexpresstest

import (
	"testing"
	"time"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// Each story starts with a cancel at day0 and then looks at later moments.
func TestOrdersFollowTheirFate(t *testing.T) {
	t.Parallel()
	type look struct {
		after time.Duration
		title string
	}
	refusedAt20h := &Refusal{After: 20 * hour}
	stories := map[string]struct {
		fate   Fate
		change func(*Order)
		result string // of the cancel; "" = refused by the site
		looks  []look
	}{
		"accepted": {fate: Fate{Accept: 26 * hour}, result: opRequested, looks: []look{
			{0, "Cancellation requested"}, {26*hour - 1, "Cancellation requested"}, {26 * hour, "Canceled"}, {90 * day, "Canceled"},
		}},
		"refused quietly": {fate: Fate{Refuse: refusedAt20h}, result: opRequested, looks: []look{
			{19 * hour, "Cancellation requested"}, {20 * hour, "Processing"},
			// never shipped: the window's end (day0-20h+9d) closes it
			{9*day - 20*hour - 1, "Processing"}, {9*day - 20*hour, "Canceled"},
		}},
		"silent": {fate: Fate{Silent: true}, result: opRequested, looks: []look{
			{9*day - 20*hour - 1, "Cancellation requested"}, {9*day - 20*hour, "Canceled"},
		}},
		"accepts too late": {fate: Fate{Accept: 30 * day}, result: opRequested, looks: []look{
			{9*day - 20*hour, "Canceled"},
		}},
		"ships after the refusal": {fate: Fate{Refuse: refusedAt20h, ShipAfterRefusal: &LateShipment{MarkedAfter: 4 * hour, Number: "LP1"}}, result: opRequested, looks: []look{
			{20 * hour, "Processing"}, {24 * hour, "Awaiting delivery"}, {30 * day, "Awaiting delivery"},
		}},
		"ships while asked": {fate: Fate{Silent: true, AlreadyShipped: &Shipment{ShippedAt: day0.Add(5 * hour)}}, result: opRequested, looks: []look{
			{5*hour - 1, "Cancellation requested"}, {5 * hour, "Awaiting delivery"},
		}},
		"accepted before it could ship": {fate: Fate{Accept: 4 * hour, AlreadyShipped: &Shipment{ShippedAt: day0.Add(5 * hour)}}, result: opRequested, looks: []look{
			{4 * hour, "Canceled"}, {6 * hour, "Canceled"},
		}},
		"already shipped": {fate: Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(-hour)}}, looks: []look{
			{0, "Awaiting delivery"}, {60 * day, "Awaiting delivery"},
		}},
		"shipped and over": {fate: Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(-hour)}}, change: func(o *Order) { o.CompletedAt = day0.Add(day) }, looks: []look{
			{day - 1, "Awaiting delivery"}, {day, "Completed"},
		}},
		"picked up":      {fate: Fate{PickedUp: true}, result: opPickedUp, looks: []look{{0, "Awaiting delivery"}}},
		"closed at once": {fate: Fate{InstantClose: true}, result: opClosed, looks: []look{{0, "Canceled"}}},
		"not paid":       {change: func(o *Order) { o.PaidAt = time.Time{} }, result: opClosed, looks: []look{{0, "Canceled"}}},
		"being verified": {fate: Fate{RiskHold: day0.Add(3 * hour)}, looks: []look{
			{0, "Payment being verified"}, {3 * hour, "Processing"},
		}},
		"closed by the site": {change: func(o *Order) { o.ClosedAt = day0.Add(hour) }, result: opRequested, looks: []look{
			{0, "Cancellation requested"}, {hour, "Canceled"},
		}},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := paid(idA, story.fate)
			if story.change != nil {
				story.change(&o)
			}
			r := newRig(t, o)
			if got := r.cancel(idA).str("data", "module", "result"); got != story.result {
				t.Errorf("the cancel answers %q, want %q", got, story.result)
			}
			for _, l := range story.looks {
				r.clock.set(day0.Add(l.after))
				if got := r.title(idA); got != l.title {
					t.Errorf("after %v: %q, want %q", l.after, got, l.title)
				}
			}
		})
	}
}

func TestButtonsFollowThePhase(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{RiskHold: day0.Add(hour), Refuse: &Refusal{After: 2 * hour, Explicit: true},
		ShipAfterRefusal: &LateShipment{MarkedAfter: hour}}))
	expect := func(buttons, reminder string) {
		t.Helper()
		d := r.detail(idA)
		if got := d.buttons(); got != buttons {
			t.Errorf("buttons %q, want %q", got, buttons)
		}
		if got := d.tag("detail_order_status_block").str("reminder"); reminder != "" && got != reminder {
			t.Errorf("reminder %q, want %q", got, reminder)
		}
	}
	expect("REPURCHASE", "")
	r.clock.add(hour)
	expect("EXTEND_PROCESSING CANCEL_ORDER REPURCHASE", "")
	r.cancel(idA)
	expect("EXTEND_PROCESSING REPURCHASE", "Waiting for the seller to respond to your cancellation request")
	r.clock.add(2 * hour)
	expect("EXTEND_PROCESSING CANCEL_ORDER REPURCHASE", "The seller declined your cancellation request")
	r.clock.add(hour)
	expect("CONFIRM_GOODS TRACKING REPURCHASE", "")
}

func TestCountdownGoesWithTheWindow(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(day)}})
	o.WindowEnd = day0.Add(3 * day)
	r := newRig(t, o)
	status := r.detail(idA).tag("detail_order_status_block")
	if got, want := status.str("countDownEndTime"), "1792782000000"; got != want {
		t.Errorf("countdown to %s, want %s", got, want)
	}
	r.clock.add(day)
	if _, ok := r.detail(idA).tag("detail_order_status_block")["countDownEndTime"]; ok {
		t.Error("a shipped order still counts down")
	}
}

// The list and the tabs follow the same state.
func TestListTabs(t *testing.T) {
	t.Parallel()
	r := newRig(t, paid(idA, Fate{Accept: hour, Refund: &Refund{After: hour}}), paid(idB, Fate{}))
	r.cancel(idA)
	r.clock.add(3 * hour)
	count := func(tab string) (n int, first tree) {
		answer := r.call("GET", apiList, `{"statusTab":"`+tab+`"}`)
		components, _ := answer.get("data", "data").(map[string]any)
		for _, c := range components {
			if tree(c.(map[string]any)).str("tag") == "pc_om_list_order" {
				n++
			}
		}
		return n, answer.tag("pc_om_list_order")
	}
	if n, _ := count("all"); n != 2 {
		t.Errorf("%d orders on the first tab", n)
	}
	n, closed := count("completed")
	if n != 1 || closed.str("statusText") != "Canceled" || closed.get("exposeInfo") == nil {
		t.Errorf("the closed order shows as %d × %v", n, closed)
	}
	if n, open := count("processing"); n != 1 || open.str("orderId") != idB {
		t.Errorf("the open tab holds %d × %s", n, open.str("orderId"))
	}
}
