package sync_test

import (
	"strings"
	"testing"

	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
)

// An importer that mends a number: the old one is not asked any more without a
// person, the new one is.
func TestNumberReplacedInTheShop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.site.add(numberA)
	w.site.add(numberB)
	w.site.set(func() { w.site.down = &supplier.Error{Kind: supplier.LoggedOut, Op: "ask"} })
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.knock(id)
	w.until("it waits", func() bool { return len(w.cases()) == 1 })
	w.edge.set(func() {
		o := w.edge.orders[id]
		o.Supplier = []state.Mapping{{SupplierOrder: numberB, By: "attribute", Lines: lines}}
		w.edge.orders[id] = o
	})
	w.knock(id)
	w.until("both have a case", func() bool { return len(w.cases()) == 2 })
	w.rests()
	w.works()
	got := w.cases()
	if got[0].Status != state.Held || !strings.Contains(machine.HeldWhy(got[0]), "does not name AliExpress order "+numberA) || got[1].Status != state.Requested {
		t.Errorf("cases %+v", got)
	}
	w.clicked(0, 1)
}

// After the request a person is told, once.
func TestNumberRemovedInTheShopAfterTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.boot()
	w.site.add(numberA)
	id := w.edge.cancelled(1042, w.clock.Now(), numberA)
	w.knock(id)
	w.quiet()
	w.edge.set(func() {
		o := w.edge.orders[id]
		o.Supplier = nil
		w.edge.orders[id] = o
	})
	for range 3 {
		w.knock(id)
		w.quiet()
	}
	w.requestedOnce(numberA)
	if a := w.alerts(machine.AlertConflict); len(a) != 1 {
		t.Errorf("alerts %+v", a)
	}
}
