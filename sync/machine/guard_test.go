package machine

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
)

func olderThanTheShops(r *state.Reading) { r.OrderedAt = base.Add(-72*time.Hour - time.Second) }
func noItems(r *state.Reading)           { r.Lines = nil }
func uncounted(r *state.Reading)         { r.Lines = []state.Line{{ID: "l9", Title: "Lamp"}} }
func tooFew(r *state.Reading)            { r.Lines = []state.Line{{Quantity: 1}} }
func tooMany(r *state.Reading)           { r.Lines = []state.Line{{Quantity: 2}, {Quantity: 1}} }
func afterTheCancel(r *state.Reading)    { r.OrderedAt = base.Add(day1) }
func otherTotal(r *state.Reading)        { r.Total = usd(21) }
func otherStore(r *state.Reading)        { r.Store = "Other Store" }

var guardStories = []scenario{
	{name: "a finding is held, approved, and passes from then on", steps: then(begun, []step{
		held(ends(state.AskNotOffered, look(state.PhaseProcessing, olderThanTheShops)), true),
		{ev: reads(state.PhaseClosed, olderThanTheShops), to: state.Held},
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending, olderThanTheShops)), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseClosed, olderThanTheShops), to: state.Cancelled},
	})},
	{name: "another finding holds again", steps: then(begun, []step{
		held(ends(state.AskNotOffered, look(state.PhaseProcessing, olderThanTheShops)), true),
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		held(ends(state.AskNotOffered, look(state.PhaseProcessing, olderThanTheShops, tooFew)), true),
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending, olderThanTheShops, tooFew)), to: state.Requested},
	})},
	{name: "more items than went are held, and pass once approved", steps: then(begun, []step{
		held(ends(state.AskNotOffered, look(state.PhaseProcessing, tooMany)), true),
		{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending, tooMany)), to: state.Requested},
	})},
	{name: "placed after the cancel is held", steps: then(begun, []step{
		held(ends(state.AskNotOffered, look(state.PhaseProcessing, afterTheCancel)), true),
	})},
	{name: "once the call has left the number decides", steps: then(begun, []step{
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending, tooMany, afterTheCancel)), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseClosed, tooMany, afterTheCancel), to: state.Cancelled},
	})},
}

// TestTotalOfBeforeTheCall lets the page of the attempt itself show less once
// the call has left: a refund is held against what was paid.
func TestTotalOfBeforeTheCall(t *testing.T) {
	less := func(r *state.Reading) { r.Total, r.Store = usd(5), "Other Store" }
	play(t, scenario{name: "less after the call", steps: then(reach[state.Queued], []step{
		{ev: reads(state.PhaseProcessing), to: state.Queued},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
		{ev: ends(state.AskPending, look(state.PhasePending, less)), to: state.Requested, raised: AlertOrderChanged, check: func(t expect, c state.Case, _ Outcome) {
			if c.Amount != usd(20) || c.Store != "Lucky Store" {
				t.Errorf("keeps %s of %q, want those of before the call", c.Amount, c.Store)
			}
		}},
		{after: time.Hour, ev: reads(state.PhaseClosed, less, paidBack(5, "USD", state.RefundCard)), to: state.Cancelled, raised: AlertRefundShort},
	})})
}

func otherCurrency(r *state.Reading) { r.Total = state.Money{Units: 180_000, Currency: "EUR"} }

// changedStories are orders whose page shows another total, currency, store,
// date or count of items once they were asked, or may have been.
func changedStories() (all []scenario) {
	readAndMarked := then(reach[state.Queued], []step{
		{ev: reads(state.PhaseProcessing), to: state.Queued},
		{ev: plain(state.EventBegin), to: state.Requesting},
		{ev: plain(state.EventDispatching), to: state.Requesting},
	})
	inDoubtOf := then(readAndMarked, []step{inDoubt(plain(state.EventInterrupted))})
	for name, off := range map[string]mod{"total": otherTotal, "currency": otherCurrency, "store": otherStore, "date": olderThanTheShops, "count": tooFew} {
		story := func(what string, steps []step, more ...step) {
			all = append(all, scenario{name: "another " + name + ": " + what, steps: then(steps, more)})
		}
		told := has("the number says whose page it is; but ")
		silent := func(t expect, _ state.Case, out Outcome) {
			if got := strings.Join(details(out), "\n"); strings.Contains(got, "the number says") {
				t.Errorf("is told of twice: %q", got)
			}
		}
		story("pending, told once, then closed", reach[state.Requested],
			step{after: time.Hour, ev: reads(state.PhasePending, off), to: state.Requested, raised: AlertOrderChanged, check: told},
			step{after: time.Hour, ev: reads(state.PhasePending, off), to: state.Requested, check: silent},
			step{after: time.Hour, ev: reads(state.PhaseClosed, off), to: state.Cancelled, check: silent})
		story("closed", reach[state.Requested], step{after: time.Hour, ev: reads(state.PhaseClosed, off), to: state.Cancelled, raised: AlertOrderChanged, check: told})
		story("refused", reach[state.Requested], step{after: time.Hour, ev: reads(state.PhaseProcessing, refusedText, off), to: state.Refused, raised: AlertRefused + " " + AlertOrderChanged, plans: "read:tracking"})
		story("sent before the request", reach[state.Refused], step{after: time.Hour, ev: reads(state.PhaseShipped, tracked(early("LP1")), off), to: state.Shipped, raised: AlertShipped + " " + AlertOrderChanged})
		story("sent after the request", reach[state.Refused], step{after: time.Hour, ev: reads(state.PhaseShipped, tracked(late("LP1")), off), to: state.Disputable, raised: AlertDisputable + " " + AlertOrderChanged})
		story("pending after the call", readAndMarked, step{ev: ends(state.AskPending, look(state.PhasePending, off)), to: state.Requested, raised: AlertOrderChanged, check: told})
		story("said yes", readAndMarked, step{ev: tells(state.SaidYes, look(state.PhaseProcessing, off)), to: state.Requested, raised: AlertOrderChanged})
		story("a guard that trips after the call is held, and read on", readAndMarked,
			step{ev: wrongAfterTheCall(off), to: state.Held, raised: AlertHeld, check: has("a call left at")},
			step{after: time.Hour, ev: reads(state.PhasePending, off), to: state.Requested, raised: AlertOrderChanged})
		story("pending ends the doubt", inDoubtOf, step{ev: reads(state.PhasePending, off), to: state.Requested, raised: AlertOrderChanged, check: told})
		story("in doubt it is never asked again by the number alone", inDoubtOf,
			step{after: settle, ev: reads(state.PhaseProcessing, off), to: state.Held, raised: AlertHeld, check: has("a call left at")},
			step{after: settle, ev: reads(state.PhasePending, off), to: state.Requested, raised: AlertOrderChanged})
		story("approved in doubt it was shown", inDoubtOf,
			step{after: settle, ev: reads(state.PhaseProcessing, noButton), to: state.Requesting},
			step{after: settle, ev: reads(state.PhaseProcessing, noButton), to: state.Held, raised: AlertHeld},
			step{after: settle, ev: reads(state.PhaseProcessing, off), to: state.Held, raised: AlertOrderChanged, check: told},
			step{ev: decision(state.EventApprove, nil), to: state.Queued, plans: "request"},
			step{ev: plain(state.EventBegin), to: state.Requesting, check: func(t expect, c state.Case, _ Outcome) {
				if err := RightOrder(c, *look(state.PhaseProcessing, off)); !isWrongOrder(err) {
					t.Errorf("what was told in doubt passes the next request's guard: %v", err)
				}
			}})
	}
	return all
}

// wrongAfterTheCall is the end of an attempt whose guard refused the page only
// once the call had left.
func wrongAfterTheCall(off mod) state.Event {
	ev := ends(state.AskWrongOrder, nil)
	known := state.Case{SupplierOrder: number, ShopOrderedAt: base.Add(-48 * time.Hour), Lines: orderLines, Amount: usd(20), Store: "Lucky Store"}
	ev.Asked.Findings = guard(known, *look(state.PhaseProcessing, off))
	return ev
}

// What was paid is what must come back, whatever the page shows later.
var changedTotals = []scenario{
	{name: "a smaller total after the request makes no part the whole", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, total(15, "USD"), paidBack(15, "USD", state.RefundCard)), to: state.Cancelled, raised: AlertRefundShort + " " + AlertOrderChanged},
	})},
	{name: "of two totals the larger must come back", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhasePending, total(25, "USD")), to: state.Requested, raised: AlertOrderChanged},
		{after: time.Hour, ev: reads(state.PhaseClosed, paidBack(20, "USD", state.RefundCard)), to: state.Cancelled, raised: AlertRefundShort + " " + AlertOrderChanged},
		{after: time.Hour, ev: reads(state.PhaseClosed, paidBack(25, "USD", state.RefundCard)), to: state.Refunded},
	})},
	{name: "a total in another currency cannot be compared with what was paid", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseClosed, total(18, "EUR"), paidBack(18, "EUR", state.RefundCard)), to: state.Cancelled, raised: AlertRefundUnclear + " " + AlertOrderChanged},
		{ev: arrived(usd(20), state.RefundCard), to: state.Refunded},
	})},
}

func total(units int64, currency string) mod {
	return func(r *state.Reading) { r.Total = state.Money{Units: units * 10_000, Currency: currency} }
}

func TestChangedAfterTheRequest(t *testing.T) {
	t.Parallel()
	playAll(t, slices.Concat(changedStories(), changedTotals))
}

func TestGuardInStories(t *testing.T) { t.Parallel(); playAll(t, guardStories) }

func TestRightOrder(t *testing.T) {
	t.Parallel()
	known := state.Case{SupplierOrder: number, ShopOrderedAt: base.Add(-48 * time.Hour), Lines: orderLines, Amount: usd(20), Store: "Lucky Store", CancelledAt: base.Add(-time.Minute), ShopItems: 3}
	with := func(change func(*state.Case)) state.Case { c := known.Clone(); change(&c); return c }
	asked := with(func(c *state.Case) { c.Status = state.Refused })
	doubted := with(func(c *state.Case) { c.Status, c.Attempt.DispatchedAt = state.Requesting, base })
	again := with(func(c *state.Case) { c.Status, c.Attempt.ClickedAt = state.Requesting, base })
	vague := with(func(c *state.Case) { c.Lines = nil })
	strange := with(func(c *state.Case) { c.Lines = []state.Line{{SKU: "LAMP"}} })
	older := with(func(c *state.Case) { c.Lines, c.ShopItems = nil, 0 })
	wish := with(func(c *state.Case) { c.CancelledAt, c.OpenedAt = time.Time{}, base })
	for name, tt := range map[string]struct {
		c    state.Case
		mods []mod
		want string
	}{
		"all as known":                  {c: known},
		"a day of grace":                {c: known, mods: []mod{func(r *state.Reading) { r.OrderedAt = base.Add(-72 * time.Hour) }}},
		"more items":                    {c: known, mods: []mod{tooMany}, want: "it has 3 items, of which only 2 are to be cancelled"},
		"a line uncounted":              {c: known, mods: []mod{func(r *state.Reading) { r.Lines = []state.Line{{Quantity: 2}, {ID: "l9"}} }}, want: "it has 3 items"},
		"more, asked already":           {c: asked, mods: []mod{tooMany, afterTheCancel}},
		"more, in doubt":                {c: doubted, mods: []mod{tooMany, afterTheCancel}},
		"more, call past":               {c: again, mods: []mod{tooMany}, want: "it has 3 items"},
		"as many as the shop":           {c: vague, mods: []mod{tooMany}},
		"more than the shop":            {c: vague, mods: []mod{func(r *state.Reading) { r.Lines = []state.Line{{Quantity: 4}} }}, want: "it has 4 items, of which only 3"},
		"more, quantity unknown":        {c: strange, mods: []mod{func(r *state.Reading) { r.Lines = []state.Line{{Quantity: 4}} }}, want: "it has 4 items, of which only 3"},
		"more, of an older version":     {c: older, mods: []mod{tooMany}},
		"placed after the cancel":       {c: known, mods: []mod{afterTheCancel}, want: "placed 2026-11-04 10:00 UTC, after the shop's order was cancelled (2026-11-03 09:59 UTC)"},
		"placed within a day of it":     {c: known, mods: []mod{func(r *state.Reading) { r.OrderedAt = base.Add(day1 - time.Minute) }}},
		"placed after it was asked for": {c: wish, mods: []mod{func(r *state.Reading) { r.OrderedAt = base.Add(day1 + time.Second) }}, want: "after the shop's order was cancelled (2026-11-03 10:00 UTC)"},
		"items not shown yet":           {c: known, mods: []mod{incomplete, noItems}},
		"items not listed":              {c: known, mods: []mod{fromList, noItems}},
		"date not shown":                {c: known, mods: []mod{func(r *state.Reading) { r.OrderedAt = time.Time{} }}},
		"total not shown":               {c: known, mods: []mod{func(r *state.Reading) { r.Total = state.Money{} }}},
		"store not shown":               {c: known, mods: []mod{func(r *state.Reading) { r.Store = "" }}},
		"nothing known before":          {c: state.Case{SupplierOrder: number}, mods: []mod{otherTotal, otherStore, tooFew, noItems, olderThanTheShops}},
		"another number":                {c: known, mods: []mod{otherNumber}, want: "the page shows order"},
		"no number":                     {c: known, mods: []mod{func(r *state.Reading) { r.Number = "" }}, want: "the page shows order"},
		"unmapped":                      {c: state.Case{}, mods: []mod{func(r *state.Reading) { r.Number = "" }}, want: "the page shows order"},
		"too old":                       {c: known, mods: []mod{olderThanTheShops}, want: "placed 2026-10-31 09:59 UTC, before the shop's order of 2026-11-01 10:00 UTC"},
		"too few":                       {c: known, mods: []mod{tooFew}, want: "it has 1 items, the shop's lines need 2"},
		"another total":                 {c: known, mods: []mod{otherTotal}, want: "its total is 21.00 USD, it was 20.00 USD before"},
		"another currency":              {c: known, mods: []mod{func(r *state.Reading) { r.Total.Currency = "EUR" }}, want: "its total is 20.00 EUR"},
		"another store":                 {c: known, mods: []mod{otherStore}, want: "its store is “Other Store”, it was “Lucky Store” before"},
		"items not shown":               {c: known, mods: []mod{noItems}, want: "its items cannot be counted, the shop's lines need 2"},
		"items uncounted":               {c: known, mods: []mod{uncounted}, want: "its items cannot be counted"},
		"several":                       {c: known, mods: []mod{tooFew, otherStore}, want: "need 2; its store"},
	} {
		err := RightOrder(tt.c, *look(state.PhaseProcessing, tt.mods...))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (!isWrongOrder(err) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func isWrongOrder(err error) bool {
	_, ok := errors.AsType[*WrongOrderError](err)
	return ok
}

// Approving one finding must not hide another, nor pass another number.
func TestAcceptedFindingHidesNoOther(t *testing.T) {
	t.Parallel()
	c := state.Case{SupplierOrder: number, ShopOrderedAt: base.Add(-48 * time.Hour), Lines: orderLines}
	err := RightOrder(c, *look(state.PhaseProcessing, olderThanTheShops))
	if err == nil {
		t.Fatal("an old order passes")
	}
	c.Accepted = guard(c, *look(state.PhaseProcessing, olderThanTheShops))
	if err := RightOrder(c, *look(state.PhaseProcessing, olderThanTheShops)); err != nil {
		t.Errorf("the accepted finding does not pass: %v", err)
	}
	if RightOrder(c, *look(state.PhaseProcessing, olderThanTheShops, tooFew)) == nil {
		t.Error("an accepted date hides that items are missing")
	}
	other := *look(state.PhaseProcessing, otherNumber)
	c.Accepted = guard(c, other)
	if RightOrder(c, other) == nil {
		t.Error("another number was accepted")
	}
}
