package main

import (
	"testing"
	"time"

	"countermand/state"
)

// A case in doubt begins with five lines for whoever decides.
func TestDoubtfulCaseShownToAPerson(t *testing.T) {
	t.Parallel()
	d := serve(t)
	c := state.Case{
		ID: "01JNQ5Z3K0C8V4T2M6R7S9W1X8", Shop: "mystore", ShopOrder: "#1077", Supplier: "aliexpress", SupplierOrder: "8190000000000077", Account: "main",
		Status: state.Held, Cause: state.CauseCancelled, Rule: "mode auto", Proof: state.ProofNone, Amount: usd("12.34"), CancelledAt: in(-40), OpenedAt: in(-40),
		SiteState: "To ship", DetailAt: in(-1), ReadAt: in(-1), Clocks: map[state.Clock]time.Time{state.ClockShipWindowEnd: in(50)},
		Attempt:  state.Attempt{FirstAt: in(-39), DispatchedAt: in(-39), ClickedAt: in(-39), Said: state.SaidUnclear, SaidWords: "Please verify your request"},
		Findings: state.Findings{state.Found(state.AnswerUnclear, "", "clicked", in(-39).Format(time.RFC3339), "words", "Please verify your request", "phase", "processing", "status", "To ship")},
	}
	d.put(t, c)
	golden(t, "cases_show_held.txt", d.call(t, "cases", "show", "#1077").out)
}
