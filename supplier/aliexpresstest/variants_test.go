package aliexpresstest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestInstantLayoutNeedsNoReason(t *testing.T) {
	t.Parallel()
	instant, caught := paid(idA, Fate{Refuse: &Refusal{After: hour}}), paid(idB, Fate{PickedUp: true})
	instant.Layout, caught.Layout = LayoutInstant, LayoutInstant
	r := newRig(t, instant, caught)
	ask := func(id string) string {
		return r.call("POST", apiOperation, `{"tradeOrderId":"`+id+`","operation":"CANCEL_ORDER","isTrusted":true}`).str("data", "module", "result")
	}
	if got := ask(idA); got != opClosed || r.title(idA) != "Canceled" {
		t.Errorf("%q, %q", got, r.title(idA))
	}
	if got := ask(idB); got != opPickedUp || r.title(idB) != "Awaiting delivery" {
		t.Errorf("picked up: %q, %q", got, r.title(idB))
	}
	for _, bad := range []func(*Order){func(o *Order) { o.Layout = "cards" }, func(o *Order) { o.MessagePage = "pager" },
		func(o *Order) { o.Fate.Dispute = &Judgement{Amount: "a lot"} }} {
		if r.Change(idA, bad) == nil {
			t.Error("nonsense is taken")
		}
	}
}

func TestLayoutIsTold(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		o := paid(idA, Fate{})
		o.Layout = l
		r := newRig(t, o)
		if got := r.detail(idA).tag("detail_order_status_block").str("cancelLayout"); got != string(l) {
			t.Errorf("%s: the detail tells %q", l, got)
		}
		form := r.call("GET", apiReasons, `{"tradeOrderId":"`+idA+`","scene":"cancel"}`)
		if got := form.str("data", "module", "cancelLayout"); got != string(l) {
			t.Errorf("%s: the form tells %q", l, got)
		}
	}
}

func TestButtonsChangePlaces(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{})
	o.Nuisance = Nuisance{SwapButtons: true}
	r := newRig(t, o, paid(idB, Fate{}))
	const here, there = "EXTEND_PROCESSING CANCEL_ORDER REPURCHASE", "CANCEL_ORDER EXTEND_PROCESSING REPURCHASE"
	for i, want := range []string{here, there, here, there} {
		if got := r.detail(idA).buttons(); got != want {
			t.Errorf("look %d: %s", i, got)
		}
	}
	r.SetNuisance(Nuisance{Decoys: true})
	if got := r.detail(idB).buttons(); got != "CANCEL_POLICY "+here {
		t.Errorf("with the decoy: %s", got)
	}
	decoy := tree(r.detail(idB).tag("detail_order_status_block")["buttonVOList"].([]any)[0].(map[string]any))
	if decoy.str("text") != "Cancellation policy" || decoy.str("href") != r.www+policyPath {
		t.Errorf("decoy: %v", decoy)
	}
	if status, _, _ := r.fetch(decoy.str("href")); status != http.StatusOK || r.Calls()[PagePolicy] != 1 {
		t.Errorf("the decoy leads to %d, %v", status, r.Calls())
	}
}

// The stage of a page is its order's, with the site's on top.
func TestNuisancesReachThePages(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{})
	o.Nuisance = Nuisance{Overlay: Forever, LateButtons: 300 * time.Millisecond}
	r := newRig(t, o)
	r.SetNuisance(Nuisance{Overlay: time.Second, Robot: true, Loading: 2 * time.Second})
	r.SetMobileCards(true)
	stage := func(u string) tree {
		t.Helper()
		_, body, _ := r.fetch(u)
		_, after, ok := strings.Cut(body, "window.stage = ")
		if !ok {
			return nil
		}
		after, _, _ = strings.Cut(after, ";\n")
		return parse(t, after)
	}
	detail, list, form := stage(r.www+"/p/order/detail.html?orderId="+idA), stage(r.www+"/p/order/index.html"), stage(r.mobile+"/p/refund-cancel/index.html?tradeOrderId="+idA)
	if detail.str("overlay") != "-1" || detail.str("lateButtons") != "300" || detail.str("loading") != "2000" || detail["robot"] != true || detail["cookies"] != false {
		t.Errorf("detail: %v", detail)
	}
	if list.str("overlay") != "1000" || list["mobileCards"] != true || list.str("lateButtons") != "0" {
		t.Errorf("list: %v", list)
	}
	if form.str("overlay") != "-1" {
		t.Errorf("form: %v", form)
	}
	if login := stage(r.login + "/"); login.str("overlay") != "0" || login["robot"] != false {
		t.Errorf("login: %v", login)
	}
}

// allPages walks the list as its page does and gives the orders' numbers.
func (r *rig) allPages(data string) (ids []string, pages int) {
	r.t.Helper()
	answer := r.call("GET", apiList, data)
	for pages = 1; ; pages++ {
		for _, key := range orderKeys(answer) {
			ids = append(ids, strings.TrimPrefix(key, "pc_om_list_order_"))
		}
		if answer.tag("pc_om_list_body")["hasMore"] != true {
			return ids, pages
		}
		linkage, err := json.Marshal(answer.get("data", "linkage"))
		if err != nil {
			r.t.Fatal(err)
		}
		answer = r.call("POST", apiList, `{"pageIndex":`+strconv.Itoa(pages+1)+`,"linkage":`+string(linkage)+`}`)
	}
}

func TestManyOrdersAreWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var want []string
	for i := range 57 {
		o := paid(strconv.Itoa(8190000000000000+i*20000), Fate{})
		o.PlacedAt = day0.Add(-time.Duration(i) * hour)
		if err := r.Add(o); err != nil {
			t.Fatal(err)
		}
		want = append(want, o.ID)
	}
	got, pages := r.allPages(`{}`)
	if pages != 6 || !slices.Equal(got, want) {
		t.Errorf("%d pages hold %v", pages, got)
	}
	if n := r.Calls()[CallList]; n != 6 {
		t.Errorf("%d list calls", n)
	}
	r.ShuffleList(true)
	first, _ := r.allPages(`{}`)
	second, _ := r.allPages(`{}`)
	if !slices.Equal(first, want) || slices.Equal(second, want) {
		t.Errorf("shuffled: %v then %v", first[:2], second[:2])
	}
	slices.Reverse(second)
	if !slices.Equal(second, want) {
		t.Error("the turned list is not whole")
	}
}

func TestTrapsOfTheForms(t *testing.T) {
	t.Parallel()
	o := paid(idA, Fate{AlreadyShipped: &Shipment{ShippedAt: day0.Add(hour)}})
	o.Trap = Trap{FormShowsOther: idB, MessagesShowOther: idB}
	r := newRig(t, o, paid(idB, Fate{}))
	id := func(answer tree) string { return answer.str("data", "module", "tradeOrderId") }
	if got := id(r.call("GET", apiReasons, `{"tradeOrderId":"`+idA+`","scene":"cancel"}`)); got != idB {
		t.Errorf("the cancel form is of %s", got)
	}
	if got := id(r.call("GET", apiMessages, `{"tradeOrderId":"`+idA+`"}`)); got != idB {
		t.Errorf("the messages are of %s", got)
	}
	r.clock.add(hour)
	if got := id(r.call("GET", apiReasons, `{"tradeOrderId":"`+idA+`","tradeOrderLineId":"8190000000000101","scene":"dispute"}`)); got != idB {
		t.Errorf("the dispute form is of %s", got)
	}
}
