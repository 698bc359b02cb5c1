package boltstore

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countermand/state"
)

// Beginnings of every kind of sentence that the engine of version 2 stored,
// by the field that it stood in.
var (
	heldWhy2 = []string{
		"AliExpress order 8190000000000001 is also named by mystore #1002",
		"AliExpress order 8190000000000007 was given to mystore 1011 by the operator",
		"an earlier file names 8190000000000008 for it",
		"it is not clear which AliExpress order belongs to it: an imported file names",
		"the shop order does not name AliExpress order 8190000000000015 any more",
		`the shop order names account "unknown" for AliExpress order`,
		"a stored record of this shop order is damaged",
		"lines of an order from before countermand's first start were taken off",
		"the order is from before countermand's first start",
		"only 2 of the 3 items of this AliExpress order were taken off in the shop; an AliExpress order cannot be cancelled in part by itself; AliExpress order",
		"2 of 3 items were taken off the shop order",
		"the supplier was asked about AliExpress order 8190000000000093 before",
		"mode confirm: asks you",
		"rule 1: order.total > 100: asks you",
		"rule 1: order.total > 100: cannot be judged, so you are asked: order.total is not known: asks you",
		"mode observe, so nothing was clicked",
		"the order is wanted after all, but the supplier may have been asked",
		"the operator named other AliExpress orders for this shop order, but the supplier may have been asked",
		`this may not be the right order: the page shows order "8190000099999999"`,
		"this may not be the right order: placed",
		"this may not be the right order: its items cannot be counted",
		"this may not be the right order: its total is 35.00 USD",
		`read order 8190000000000060: wrong_order: asked for order`,
		"the data are of order",
		"the page is not one that countermand knows",
		"the account main does not show order",
		"none of the accounts other, main does not show order",
		"the attempt broke off before its last click",
		"no cancel button yet",
		"the account main does not show the order: the account other is asked; the ship window ended",
		"the attempt was interrupted before its last click",
		"twice, 2026-",
		"it is not certain that the request was placed",
		"the request was placed twice in doubt",
		"the ship window ended",
		"a backup was restored",
	}
	accepted2 = []string{
		"AliExpress order 8190000000000090 is also named by mystore #9002; AliExpress order 8190000000000090 is also named by mystore #9003; the operator named other",
		"the operator named other AliExpress orders for this shop order",
		"the order is wanted after all",
		"this may not be the right order: placed 2026-",
		`this may not be the right order: its store is "Another Store"`,
		"it is not certain that the request was placed (clicked 2026-10-06 01:06 UTC), and the order now reads as processing (“Awaiting shipment”, and the page says “The seller",
		"the page is not one that countermand knows: the order's page is not understood (status “Frozen”, and “The seller",
		"the ship window ended 2026-10-05 23:02 UTC (an estimate: the days off of 2026 are not known)",
		"only 2 of the 3 items",
		"a backup was restored",
	}
	stop2 = []string{"the order is wanted after all", "the operator named other AliExpress orders for this shop order", "AliExpress order 8190000000000084 is also named by mystore #9001"}
)

// TestVersion2OfTheEngine reads a file that the engine wrote at version 2.
func TestVersion2OfTheEngine(t *testing.T) {
	t.Parallel()
	s, err := Open(goldenFile(t, "v2-engine.db.gz"), Options{})
	noError(t, err)
	defer s.Close()
	sound(t, s)
	var held, accepted, stop []string
	statuses := map[state.Status]int{}
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		claimsOfEngine(t, tx)
		all, _, err := tx.Cases(state.Page{Limit: 1000})
		for _, c := range all {
			held, accepted, stop = append(held, c.HeldWhy), append(accepted, c.Accepted), append(stop, c.Stop)
			statuses[c.Status]++
		}
		return err
	}))
	if len(held) != 117 || len(statuses) != len(state.Statuses) {
		t.Errorf("%d cases, statuses %v", len(held), statuses)
	}
	for _, f := range []struct {
		name      string
		have, all []string
	}{{"held", held, heldWhy2}, {"accepted", accepted, accepted2}, {"stop", stop, stop2}} {
		for _, begins := range f.all {
			if !slices.ContainsFunc(f.have, func(s string) bool { return strings.HasPrefix(s, begins) }) {
				t.Errorf("%s: no case has %q", f.name, begins)
			}
		}
	}
}

// claimsOfEngine looks for claims that version 2 kept among the marks, those of
// orders too that named a number when another did already.
func claimsOfEngine(t *testing.T, tx state.ReadTx) {
	t.Helper()
	for number, want := range map[string][]string{
		"8190000000000001": {"#1001", "#1002"},                                                      // both with cases
		"8190000000000004": {"#1007", "gid://shopify/Order/5001008", "gid://shopify/Order/5001009"}, // none has one
		"8190000000000005": nil,                                                                     // taken back
		"8190000000000006": {"#1010"},
	} {
		var got []string
		claims, err := tx.Claims(number)
		for _, c := range claims {
			got = append(got, c.Name)
			if c.Shop != "mystore" || !slices.Contains(c.Numbers, number) || c.At.IsZero() {
				t.Errorf("claim %+v", c)
			}
		}
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s is named by %q, want %q: %v", number, got, want, err)
		}
	}
	if m, err := tx.Mark("claim/8190000000000001"); m != "" || err != nil {
		t.Errorf("a claim among the marks: %q, %v", m, err)
	}
	if m, err := tx.Mark(state.MarkRestored); m == "" || err != nil {
		t.Errorf("the other marks: %q, %v", m, err)
	}
}
