package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	casesync "countermand/sync"
	"countermand/sync/machine"
	"countermand/sync/rules"
)

// One line of two has a number; its supplier accepts.
func TestShopOrderIsNotCancelledWhileALineHasNoNumber(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA) // covers l1 only; l2 has no number (yet)
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
	t.Logf("request %+v, alerts %d", w.request(id), len(w.alerts(machine.AlertRequest))+len(w.alerts(machine.AlertUnmapped)))
}

// The same of an order that the shop cancelled: the other line has no case.
func TestLineWithoutNumberOfACancelledOrderGetsACase(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, true, numberA)
	f.change(id, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(id)
	w.quiet()
	if all := w.cases(); len(all) != 2 {
		t.Errorf("nobody hears of the line without a number: %d cases, %d alerts unmapped", len(all), len(w.alerts(machine.AlertUnmapped)))
	}
}

// A request for a line that no known supplier order covers.
func TestRequestForALineWithoutNumberIsNotForgotten(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.asks(1042, false, numberA) // asks for l1
	f.change(id, func(o *shop.Order) {
		o.Supplier[0].Lines = []state.Line{{ID: "l2", Title: "Shade", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	for range 5 {
		w.pass(day)
	}
	if r := w.request(id); r.Status == state.RequestAsking && len(w.cases()) == 0 && len(w.alerts(machine.AlertRequest))+len(w.alerts(machine.AlertUnmapped)) == 0 {
		t.Errorf("nobody hears of it: %+v", r)
	}
}

// A line that was shipped and returned long ago is asked for.
func TestReturnedLineIsNotAskedFor(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) {
		o.Left = map[string]int{"l1": 0, "l2": 1} // l1 came back: it is not in Gone
		o.Gone = map[string]int{}
		o.Edits[0].Removals = []shop.Removal{{LineID: "l2", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	w.clicked(0, 1)
}

// Lines are taken off while a request about others waits for a person.
func TestLineRemovedWhileARequestIsOpenIsAsked(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, false, numberA, numberB) // l1
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.wantRequest(id, state.RequestOpen, "whole orders only")
	f.change(id, func(o *shop.Order) {
		o.Gone, o.GoneAt = map[string]int{"l2": 1}, f.clock.Now()
		o.Left = map[string]int{"l1": 2, "l2": 0}
	})
	w.knock(id)
	w.quiet()
	w.pass(3 * day)
	w.clicked(1, 1)
}

// A line is added to the order after the customer asked for all the rest.
func TestShopOrderIsNotCancelledWithALineAddedLater(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	w.knock(id)
	w.quiet()
	f.change(id, func(o *shop.Order) {
		o.Lines = append(append([]state.Line{}, o.Lines...), state.Line{ID: "l3", Title: "Bulb", Quantity: 1})
		o.Left = map[string]int{"l1": 2, "l2": 1, "l3": 1}
	})
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA, numberB)
	w.pass(time.Hour)
	f.wrote(t, 0, 0, 0)
}

// The number is named by another order, which stands.
func TestNumberThatAStandingOrderNamesIsNotAsked(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 4}} // the goods of both
	other := f.tagAsk(1043, numberA)
	f.change(other, func(o *shop.Order) { o.Tags = nil })
	w.knock(other) // orders/updated: the order is read, number and all
	w.quiet()
	w.cancelled(1042, numberA)
	w.clicked2(0)
}

func withRules(list ...rules.Rule) func(*casesync.Options) {
	return func(o *casesync.Options) {
		rules, err := rules.Parse(list)
		if err != nil {
			panic(err)
		}
		o.Policy.Rules = rules
	}
}

// An order that was tagged since it was first read is judged as it is now.
func TestRulesSeeTheShopOrderAsItIsNow(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t, withRules(rules.Rule{When: `"keep" in order.tags`, Then: "ignore"}))
	w.site.add(numberA)
	id := f.cancelled(1042, w.clock.Now())
	f.change(id, func(o *shop.Order) { o.Total, o.Financial = usd(20), "paid" })
	w.knock(id)
	w.quiet()
	w.status(state.Unmapped)
	f.change(id, func(o *shop.Order) {
		o.Tags = append(o.Tags, "keep")
		o.Supplier = []state.Mapping{{SupplierOrder: numberA, By: "attribute", Lines: lines}}
	})
	w.knock(id)
	w.quiet()
	w.clicked2(0)
}

// One supplier accepts, the other refuses, and a person takes the lines off.
func TestRequestEndsWhenItsLinesWereRemovedByHand(t *testing.T) {
	t.Parallel()
	w, f := twoSuppliers(t)
	id := f.asks(1042, true, numberA, numberB)
	f.change(id, func(o *shop.Order) { o.Edits = nil; o.Tags = []string{"cancel-requested"} })
	w.knock(id)
	w.quiet()
	w.answers(closes, numberA)
	w.answers(refuses, numberB)
	w.wantRequest(id, state.RequestOpen, "take the lines off in Shopify")
	// The operator does as told, and takes the tag off as it is done.
	f.change(id, func(o *shop.Order) {
		o.Gone, o.GoneAt = map[string]int{"l1": 2}, f.clock.Now()
		o.Left = map[string]int{"l1": 0, "l2": 1}
		o.Tags = nil
	})
	w.knock(id)
	w.settle()
	if r := w.request(id); !r.Status.Ended() {
		t.Errorf("%s (%s), %d alerts", r.Status, r.Why, len(w.alerts(machine.AlertRequest)))
	}
}

// A second file names the order's other supplier order.
func TestSecondImportKeepsTheFirstNumber(t *testing.T) {
	t.Parallel()
	w, _ := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	for _, n := range []string{numberA, numberB} {
		_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{"1042": {{SupplierOrder: n}}}, "ann")
		must(t, err)
	}
	w.cancelled(1042)
	if got := w.statuses(); len(got) != 2 && got[numberB] != state.Held {
		t.Errorf("cases %v: the first file's number is forgotten", got)
	}
}

// The file names a SKU that two of the shop's lines have; one of them went.
func TestSKUOfTwoLinesIsHeld(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]int{"without quantities": 0, "with them": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA).Lines = []state.Line{{Quantity: 2}}
			_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
				"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "LAMP", Quantity: q}}}},
			}, "ann")
			must(t, err)
			id := f.lampAndShade(1042, map[string]int{"l1": 1})
			f.change(id, func(o *shop.Order) {
				o.Lines = []state.Line{{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 1}, {ID: "l2", Title: "Lamp, engraved", SKU: "LAMP", Quantity: 1}}
				o.Left = map[string]int{"l1": 0, "l2": 1}
			})
			w.knock(id)
			w.quiet()
			w.status(state.Held)
			w.clicked2(0)
		})
	}
}

// A line went whose number is not known; that of the other line is.
func TestRemovedLineWithoutNumberIsNotForgotten(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA)
	id := f.lampAndShade(1042, map[string]int{"l2": 1}, numberA) // A covers l1; the number of l2 is not known
	w.knock(id)
	w.quiet()
	for range 5 {
		w.pass(day)
	}
	if len(w.cases()) == 0 && len(w.every()) == 0 {
		t.Error("the line that went is forgotten")
	}
}

// Only one line carries the number, and the page has the goods of both, or those of an
// order that was never read as well.
func TestMoreItemsThanWentAreHeld(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		gone    map[string]int // nil: the whole order is cancelled
		plain   bool           // the number says nothing of lines
		has     int
		clicked int
	}{
		"the line that carries it went":  {gone: map[string]int{"l1": 2}, has: 3},
		"the whole order went":           {has: 3},
		"the goods of two orders":        {plain: true, has: 5},
		"just that line":                 {gone: map[string]int{"l1": 2}, has: 2, clicked: 1},
		"just the order":                 {plain: true, has: 3, clicked: 1},
		"all lines, one after the other": {gone: map[string]int{"l1": 2, "l2": 1}, plain: true, has: 3, clicked: 1},
		"all lines, and more":            {gone: map[string]int{"l1": 2, "l2": 1}, plain: true, has: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := firstWorld(t)
			w.site.add(numberA).Lines = []state.Line{{Quantity: 2}, {Quantity: tc.has - 2}}
			if tc.has == 2 {
				w.site.orders[numberA].Lines = []state.Line{{Quantity: 2}}
			}
			id := f.lampAndShade(1042, tc.gone, numberA)
			f.change(id, func(o *shop.Order) {
				if tc.plain {
					o.Supplier = []state.Mapping{{SupplierOrder: numberA, By: "attribute"}}
				}
				if tc.gone == nil {
					o.CancelledAt = f.clock.Now()
				}
			})
			w.knock(id)
			w.quiet()
			w.clicked2(tc.clicked)
			if c := w.caseOf(numberA); tc.clicked == 0 && (c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "are to be cancelled in the shop")) {
				t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
			}
		})
	}
}

// The order was bought days after the shop's was cancelled: somebody wanted it.
func TestOrderBoughtAfterTheCancelIsHeld(t *testing.T) {
	t.Parallel()
	w, _ := firstWorld(t)
	w.site.add(numberA).OrderedAt = start.Add(2 * day)
	w.cancelled(1042)
	w.clock.add(3 * day)
	w.mapped("#1042", numberA)
	w.quiet()
	w.clicked2(0)
	if c := w.caseOf(numberA); c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "after the shop's order was cancelled") {
		t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
	}
}

// All that a file says of the number is another order's, and the page has as many items:
// not asked, in a whole cancel either.
func TestForeignSKUsAreHeldInAWholeCancel(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
		"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "DESK", Quantity: 3}}}},
	}, "ann")
	must(t, err)
	id := f.lampAndShade(1042, nil)
	f.change(id, func(o *shop.Order) { o.CancelledAt = f.clock.Now() })
	w.knock(id)
	w.quiet()
	if c := w.caseOf(numberA); c.Status != state.Held || !strings.Contains(machine.HeldWhy(c), "said to hold DESK") {
		t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
	}
	w.clicked2(0)
}

// The file names two SKUs of one AliExpress order; the shop's line of the
// second has another SKU by now and stands.
func TestUnknownSKUIsNotAsked(t *testing.T) {
	t.Parallel()
	w, f := firstWorld(t)
	w.site.add(numberA).Lines = []state.Line{{Quantity: 3}}
	_, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{
		"1042": {{SupplierOrder: numberA, Lines: []state.Line{{SKU: "LAMP", Quantity: 2}, {SKU: "SHADE-OLD", Quantity: 1}}}},
	}, "ann")
	must(t, err)
	id := f.lampAndShade(1042, map[string]int{"l1": 2})
	f.change(id, func(o *shop.Order) {
		o.Lines = []state.Line{{ID: "l1", Title: "Lamp", SKU: "LAMP", Quantity: 2}, {ID: "l2", Title: "Shade", SKU: "SHADE", Quantity: 1}}
	})
	w.knock(id)
	w.quiet()
	w.clicked2(0)
}
