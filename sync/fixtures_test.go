package sync

import (
	"time"

	"countermand/state"
	"countermand/sync/calendar"
	"countermand/sync/machine"
)

// base is a Tuesday without holidays near it in China.
var base = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

const (
	number = "8190000000000001"
	day1   = 24 * time.Hour
)

// policyOf has the pinned figures and both calendars.
func policyOf(mode machine.Mode) machine.Policy {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	p := machine.DefaultPolicy()
	p.Mode, p.Supplier = mode, calendar.China()
	if p.Bank, err = calendar.Bank("us", zone); err != nil {
		panic(err)
	}
	p.Shops = map[string]machine.ShopPolicy{"mystore": {MapRetryFor: 48 * time.Hour}}
	return p
}

// earlier is the first of two times; a zero one does not count.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// refusal shows an order that was asked and goes on.
func refusal(at time.Time) state.Event {
	return state.Event{Kind: state.EventReading, By: state.BySupplier, Reading: &state.Reading{
		Number: number, Source: state.SourceDetail, Complete: true, At: at, Phase: state.PhaseProcessing, StatusText: "processing", CancelOffered: true,
	}}
}
