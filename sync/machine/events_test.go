package machine

import (
	"time"

	"countermand/state"
)

func usd(units int64) state.Money { return state.Money{Units: units * 10_000, Currency: "USD"} }

var orderLines = []state.Line{{ID: "l1", Title: "Lamp", Quantity: 2}}

func cancellation(partial bool) *state.Cancellation {
	var why state.Finding
	if partial {
		why = state.Found(state.PartOfOrder, "", "gone", "1", "all", "2")
	}
	return &state.Cancellation{
		Shop: "mystore", ShopOrder: "#1042", ShopOrderID: "gid://shopify/Order/1", Reason: "customer",
		OrderedAt: base.Add(-48 * time.Hour), CancelledAt: base.Add(-time.Minute), Lines: orderLines, Partial: why,
	}
}

// named puts the number in doubt that somebody else names too.
func named(by string) state.Finding {
	if by == "" {
		return state.Finding{}
	}
	return state.Found(state.NumberTwice, number, "by", by)
}

func mapping(conflict string) *state.Mapping {
	return &state.Mapping{SupplierOrder: number, Account: "main", By: "attribute", Lines: orderLines, Conflict: named(conflict)}
}

func mappedEv(conflict string) state.Event {
	return state.Event{Kind: state.EventMapped, By: state.ByShop, Mapping: mapping(conflict), Cancellation: cancellation(false)}
}

// opens is the shop's cancel of an order whose number is known.
func opens(conflict string, partial bool) state.Event {
	return state.Event{Kind: state.EventCancelled, By: state.ByShop, Cancellation: cancellation(partial), Mapping: mapping(conflict)}
}

func opensUnmapped() state.Event {
	return state.Event{Kind: state.EventCancelled, By: state.ByShop, Cancellation: cancellation(false)}
}

func plain(k state.EventKind) state.Event { return state.Event{Kind: k, By: state.ByEngine} }

func decision(k state.EventKind, d *state.Decision) state.Event {
	return state.Event{Kind: k, By: state.ByCLI, Who: "ann", Decision: d}
}

type mod func(*state.Reading)

// look is a whole reading of the order's page as it stands before anything.
func look(p state.Phase, mods ...mod) *state.Reading {
	r := &state.Reading{
		Number: number, Source: state.SourceDetail, Complete: true, Phase: p, StatusText: string(p),
		CancelOffered: p == state.PhaseProcessing, OrderedAt: base.Add(-24 * time.Hour), PaidAt: base.Add(-23 * time.Hour),
		Total: usd(20), Store: "Lucky Store", Lines: orderLines, Evidence: []string{"page.html"},
	}
	for _, m := range mods {
		m(r)
	}
	return r
}

func reads(p state.Phase, mods ...mod) state.Event {
	return state.Event{Kind: state.EventReading, By: state.BySupplier, Reading: look(p, mods...)}
}

func ends(o state.AskOutcome, r *state.Reading) state.Event {
	return state.Event{Kind: state.EventAttemptEnded, By: state.BySupplier, Asked: &state.AttemptResult{Outcome: o, Reading: r, Detail: "as told", Reason: "changed my mind"}}
}

func incomplete(r *state.Reading) { r.Complete = false }

func fromList(r *state.Reading) { r.Source, r.Complete = state.SourceList, true }

func readAt(t time.Time) mod { return func(r *state.Reading) { r.At = t } }

func refusedText(r *state.Reading) { r.RefusedText = "The seller declined your request" }

func paidBack(units int64, currency string, to state.RefundTo) mod {
	return func(r *state.Reading) {
		r.Refund = &state.Refund{Amount: state.Money{Units: units * 10_000, Currency: currency}, To: to, ConfirmedBy: "site"}
	}
}

// tracked is a tracking page read to its end.
func tracked(parcels ...state.Tracking) mod {
	return func(r *state.Reading) { r.TrackingRead, r.Tracking = true, parcels }
}

func parcel(num string, scan time.Time) state.Tracking {
	t := state.Tracking{Number: num, Carrier: "Cainiao"}
	if !scan.IsZero() {
		t.FirstScanAt, t.FirstScanCode = scan, "AE_PICK_UP_SUCCESS"
	}
	return t
}

// reach leads to each status. Asked and answered are an hour apart: the
// request stands at base, the refusal an hour later.
var reach = func() map[state.Status][]step {
	m := map[state.Status][]step{
		state.Unmapped: {{ev: opensUnmapped(), to: state.Unmapped, raised: AlertUnmapped}},
		state.Held:     {{ev: opens("", true), to: state.Held, raised: AlertHeld, plans: "read:detail"}},
		state.Queued:   {{ev: opens("", false), to: state.Queued, plans: "request"}},
	}
	add := func(s, from state.Status, steps ...step) { m[s] = then(m[from], steps) }
	add(state.Requesting, state.Queued, step{ev: plain(state.EventBegin), to: state.Requesting})
	add(state.Requested, state.Requesting,
		step{ev: plain(state.EventDispatching), to: state.Requesting},
		step{ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested})
	add(state.Cancelled, state.Requested, step{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled})
	add(state.Refunded, state.Cancelled, step{after: day1, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Refunded})
	add(state.Refused, state.Requested, step{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Refused, raised: AlertRefused, plans: "read:tracking"})
	add(state.Shipped, state.Refused, step{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-time.Hour)))), to: state.Shipped, raised: AlertShipped})
	add(state.Disputable, state.Refused, step{after: time.Hour, ev: reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(time.Hour)))), to: state.Disputable, raised: AlertDisputable})
	add(state.Disputed, state.Disputable, step{ev: decision(state.EventOpened, &state.Decision{DisputeID: "D1"}), to: state.Disputed})
	add(state.Won, state.Disputed, step{ev: decision(state.EventWon, nil), to: state.Won})
	add(state.Lost, state.Disputed, step{ev: decision(state.EventLost, nil), to: state.Lost})
	add(state.WrittenOff, state.Disputed, step{ev: decision(state.EventWriteOff, nil), to: state.WrittenOff})
	add(state.Ignored, state.Held, step{ev: decision(state.EventIgnore, nil), to: state.Ignored})
	return m
}()

const day1 = 24 * time.Hour
