package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	casesync "countermand/sync"
	"countermand/sync/machine"
)

// TestTheOrderThatNamedANumberFirstIsHeldToo: an order that stands and names
// the same number may be the one whose goods would be cancelled.
func TestTheOrderThatNamedANumberFirstIsHeldToo(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	first, second := f.tagAsk(1042, numberA), f.tagAsk(1043, numberA)
	for _, id := range []string{first, second} {
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.quiet()
	}
	f.change(first, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(first)
	w.quiet()
	if c := w.caseOf(numberA); c.Status != state.Held || !c.NumberUnsure {
		t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
	}
	w.clicked2(0)
}

// namings are the ways in which a second order, which stands, comes to name a number.
var namings = map[string]func(w *world, f *shopfront){
	"by itself": func(w *world, f *shopfront) {
		id := f.tagAsk(1043, numberA)
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
	},
	"by map set": func(w *world, _ *shopfront) { w.mapped("1043", numberA) },
	"by a file": func(w *world, _ *shopfront) {
		_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{"#1043": {{SupplierOrder: numberA}}}, "ann")
		must(w.t, err)
	},
	"in another shop that buys with another account": func(w *world, f *shopfront) {
		id := f.tagAsk(1043, numberA)
		f.change(id, func(o *shop.Order) { o.Tags, o.Shop, o.Supplier[0].Account = nil, "second", "spare" })
		_, err := w.e.Knock(context.Background(), state.Knock{Shop: "second", OrderID: id, Source: "webhook", Key: "second"})
		must(w.t, err)
	},
	"by itself, until its note is wiped": func(w *world, f *shopfront) {
		id := f.tagAsk(1043, numberA)
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.quietShop()
		f.change(id, func(o *shop.Order) { o.Supplier = nil })
		w.knock(id)
		w.quietShop()
		w.knock(id)
	},
	"by itself, beside one that stays": func(w *world, f *shopfront) {
		id := f.tagAsk(1043, numberA, numberB)
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.quietShop()
		f.change(id, func(o *shop.Order) { o.Supplier = o.Supplier[1:] })
		w.knock(id)
	},
	"by itself, and it is read again": func(w *world, f *shopfront) {
		id := f.tagAsk(1043, numberA)
		f.change(id, func(o *shop.Order) { o.Tags = nil })
		w.knock(id)
		w.knock(f.tagAsk(1041, numberB))
		w.knock(id)
	},
}

// quietShop waits until the shop's orders were looked at.
func (w *world) quietShop() {
	w.t.Helper()
	w.until("the inbox is empty", func() bool {
		var knocks []state.Knock
		w.view(func(tx state.ReadTx) (err error) {
			knocks, err = tx.Knocks(w.clock.Now(), 1)
			return err
		})
		return len(knocks) == 0
	})
}

// A number in whose place another one came was mended: it is free for its own order.
func TestMendedNumberIsFreeForItsOwnOrder(t *testing.T) {
	t.Parallel()
	w, f := twoShops(t)
	id := f.tagAsk(1043, numberA)
	f.change(id, func(o *shop.Order) { o.Tags = nil })
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) { o.Supplier = []state.Mapping{{SupplierOrder: numberB, By: "attribute"}} })
	w.knock(id)
	w.quiet()
	w.cancelled(1042, numberA)
	w.clicked2(1)
}

// twoShops is firstWorld with a second shop, which buys with another account.
func twoShops(t *testing.T) (*world, *shopfront) {
	w, f := firstWorld(t, func(o *casesync.Options) {
		o.Shops["second"] = casesync.Shop{Edge: o.Shops["mystore"].Edge, Account: "spare"}
		spare := o.Accounts[lane]
		site := newSite(&clock{t: start})
		site.add(numberA)
		spare.Client = &client{site: site, t: t}
		o.Accounts["spare"] = spare
		o.Policy.Shops["second"] = o.Policy.Shops["mystore"]
	})
	w.site.add(numberA)
	w.site.add(numberB)
	return w, f
}

// TestNoOrderThatNamesANumberIsForgotten: however a standing order came to name it, and
// whenever, no other one's cancel asks for it without a person, also where the operator
// gave it to that one.
func TestNoOrderThatNamesANumberIsForgotten(t *testing.T) {
	t.Parallel()
	held := func(t *testing.T, w *world) {
		t.Helper()
		w.quiet()
		if c := w.caseOf(numberA); c.Status != state.Held || !c.NumberUnsure || !strings.Contains(machine.HeldWhy(c), "1043") {
			t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
		}
		w.clicked2(0)
	}
	for name, naming := range namings {
		t.Run(name+", before", func(t *testing.T) {
			t.Parallel()
			w, f := twoShops(t)
			naming(w, f)
			w.quiet()
			w.cancelled(1042, numberA)
			held(t, w)
		})
		t.Run(name+", before the operator's word", func(t *testing.T) {
			t.Parallel()
			w, f := twoShops(t)
			naming(w, f)
			w.quiet()
			w.cancelled(1042)
			w.mapped("#1042", numberA)
			held(t, w)
		})
		t.Run(name+", while it waits", func(t *testing.T) {
			t.Parallel()
			w, f := twoShops(t)
			w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
			w.knock(f.cancelled(1042, w.clock.Now(), numberA))
			w.rests()
			naming(w, f)
			w.until("it is seen", func() bool { return w.statuses()[numberA] == state.Held })
			w.works()
			held(t, w)
		})
	}
}

// TestApprovedDespiteOneOrderOnly: who was told of one other order was not told of the
// next.
func TestApprovedDespiteOneOrderOnly(t *testing.T) {
	t.Parallel()
	w, f := twoShops(t)
	namings["by itself"](w, f)
	w.quiet()
	w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
	w.knock(f.cancelled(1042, w.clock.Now(), numberA))
	w.until("it is held", func() bool { return w.statuses()[numberA] == state.Held })
	decide := func() {
		t.Helper()
		_, err := w.e.Decide(context.Background(), w.caseOf(numberA).ID, state.Event{Kind: state.EventApprove, By: state.ByCLI})
		must(t, err)
	}
	decide()
	w.rests()
	third := f.tagAsk(1044, numberA)
	f.change(third, func(o *shop.Order) { o.Tags = nil })
	w.knock(third)
	w.until("the next is told of", func() bool {
		return strings.Contains(machine.HeldWhy(w.caseOf(numberA)), "mystore #1043, mystore #1044")
	})
	w.works()
	w.clicked2(0)
	decide()
	w.knock("gid://shopify/Order/1042") // nothing is new
	w.knock(third)
	w.quiet()
	w.clicked2(1)
}

// TestForgottenOrderNamesItsNumber: an order whose cases were deleted because of their age
// may have been bought together with one that is cancelled now.
func TestForgottenOrderNamesItsNumber(t *testing.T) {
	t.Parallel()
	w, f := twoShops(t)
	w.cancelled(1043, numberB)
	w.site.set(func() { w.site.orders[numberB].close() })
	w.pass(30 * time.Minute)
	c := w.caseOf(numberB)
	_, err := w.e.Decide(context.Background(), c.ID, state.Event{Kind: state.EventRefund, By: state.ByCLI, Decision: &state.Decision{Amount: usd(20), To: state.RefundCard}})
	must(t, err)
	w.settle()
	must(t, w.store.Update(context.Background(), func(tx state.Tx) error {
		gone, err := tx.ForgetOrder(c.Shop, c.ShopOrderID, w.clock.Now(), w.clock.Now())
		if err == nil && len(gone) != 1 {
			t.Errorf("%d cases are forgotten", len(gone))
		}
		return err
	}))
	f.change(c.ShopOrderID, func(o *shop.Order) { o.Supplier[0].SupplierOrder = numberA })
	w.knock(c.ShopOrderID)
	w.quiet()
	w.cancelled(1042, numberA)
	if c := w.caseOf(numberA); c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "#1043") {
		t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
	}
}

func TestCasesSayWhereTheirShopBuys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.boot()
	w.cancelled(1042, numberA)
	w.cancelled(1043) // without a number
	cases := w.cases()
	for _, c := range cases {
		if c.Supplier != "aliexpress" {
			t.Errorf("case of %s: %q", c.ShopOrder, c.Supplier)
		}
	}
	if len(cases) != 2 {
		t.Errorf("%d cases", len(cases))
	}
}

// TestTwoSuppliersWithTheSameNumber: a person decides about both.
func TestTwoSuppliersWithTheSameNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mode = machine.Confirm
	w.site.add(numberA)
	e := w.boot()
	w.cancelled(1042, numberA)
	w.stop(e)
	o := w.options()
	elsewhere := o.Accounts[lane]
	elsewhere.Supplier = "elsewhere"
	o.Accounts[lane] = elsewhere
	w.start(o)
	w.cancelled(1043, numberA)
	suppliers := map[string]bool{}
	for _, c := range w.cases() {
		if suppliers[c.Supplier] = true; c.Status != state.Held || !c.NumberUnsure {
			t.Errorf("case of %s is %s: %s", c.ShopOrder, c.Status, machine.HeldWhy(c))
		}
	}
	if len(suppliers) != 2 {
		t.Errorf("suppliers %v", suppliers)
	}
}
