package sync_test

import (
	"testing"

	"countermand/shop"
	"countermand/state"
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
