package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

func zoned(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// shownDay is what becomes of a moment that a page tells as a day in its zone,
// and that is read in the account's.
func shownDay(at time.Time, page, account *time.Location) (time.Time, state.Day) {
	y, m, d := at.In(page).Date()
	begin := time.Date(y, m, d, 0, 0, 0, 0, account)
	return begin.UTC(), state.DayOf(begin)
}

// on dates a field of the reading by the day, in UTC.
func on(f state.Field, at *time.Time, month time.Month, d int, r *state.Reading) {
	begin := day(month, d, 0)
	*at, r.Days, r.Zone = begin, r.Days.With(f, state.DayOf(begin)), "UTC"
}

func closedOnDay(d int) mod {
	return func(r *state.Reading) { on(state.FieldClosedAt, &r.ClosedAt, 11, d, r) }
}
func shippedOnDay(d int) mod {
	return func(r *state.Reading) { on(state.FieldShippedAt, &r.ShippedAt, 11, d, r) }
}
func requestedOnDay(d int) mod {
	return func(r *state.Reading) { on(state.FieldRequestedAt, &r.RequestedAt, 11, d, r) }
}
func answeredOnDay(d int) mod {
	return func(r *state.Reading) { on(state.FieldAnsweredAt, &r.AnsweredAt, 11, d, r) }
}

// Whatever zone the page shows its days in, an order that was placed after the
// shop's is not held, and none of its scans is taken for another parcel's.
func TestNoFalseHoldInAnyZone(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{zoned(t, "America/Los_Angeles"), zoned(t, "Europe/Berlin"), zoned(t, "Asia/Shanghai"), zoned(t, "Pacific/Auckland"), time.UTC, time.FixedZone("UTC-8", -8*3600)}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, account := range zones {
		for _, page := range zones {
			for shop := from; shop.Before(from.AddDate(1, 0, 0)); shop = shop.Add(5*time.Hour + 59*time.Minute) {
				for _, later := range []time.Duration{0, time.Minute, 20 * time.Hour} {
					placed := shop.Add(later)
					r := state.Reading{Number: number}
					var d state.Day
					r.OrderedAt, d = shownDay(placed, page, account)
					r.Days = r.Days.With(state.FieldOrderedAt, d)
					c := state.Case{SupplierOrder: number, ShopOrderedAt: shop, OrderedAt: r.OrderedAt, Days: r.Days}
					if off := guard(c, r); off != nil {
						t.Fatalf("account %s, page %s: ordered %s in the shop and %s here, held: %s", account, page, shop, placed, words(c, off...))
					}
					if c.OlderThanOrder(state.Tracking{FirstScanAt: placed}) {
						t.Fatalf("account %s, page %s: ordered %s in the shop and %s here, and a scan then is another parcel's", account, page, shop, placed)
					}
				}
			}
		}
	}
}

// A mark and a closing that are told as days are put before or after a request
// only where the whole day is.
func TestComparedDaysAreTrue(t *testing.T) {
	t.Parallel()
	for _, zone := range []*time.Location{zoned(t, "America/Los_Angeles"), zoned(t, "Europe/Berlin"), zoned(t, "Asia/Shanghai"), zoned(t, "Pacific/Auckland"), time.UTC} {
		for asked := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC); asked.Year() == 2026; asked = asked.Add(7 * time.Hour) {
			for _, apart := range []time.Duration{-49 * time.Hour, -25 * time.Hour, -time.Hour, time.Hour, 25 * time.Hour} {
				at, d := shownDay(asked.Add(apart), zone, zone)
				x := &change{now: asked.Add(100 * time.Hour), c: state.Case{RequestedAt: asked, ShippedAt: at, Days: state.Days{state.FieldShippedAt: d}}}
				if x.markedBefore() && apart > 0 {
					t.Fatalf("%s: asked %s, marked %s later: said to be before", zone, asked, apart)
				}
				if !x.markedBefore() && apart < -26*time.Hour {
					t.Fatalf("%s: asked %s, marked %s later: not said to be before", zone, asked, apart)
				}
				x.c.ShippedAt = time.Time{}
				closed, day, _ := x.closingDate(&state.Reading{ClosedAt: at, Days: state.Days{state.FieldClosedAt: d}})
				if apart > 0 && (!closed.Equal(at) || day != d) {
					t.Fatalf("%s: asked %s, closed %s later: %s %v", zone, asked, apart, closed, day)
				}
				if over := state.Days(nil).With(state.FieldClosedAt, day).Last(state.FieldClosedAt, closed); over.Before(asked) {
					t.Fatalf("%s: asked %s, closed %s later: over %s, before it was asked", zone, asked, apart, over)
				}
			}
		}
	}
}

// dayStories begin with a request at base, the third of November at ten.
var dayStories = []scenario{
	{name: "closed on the day of the request", steps: then(reach[state.Requested], []step{
		{after: 3 * day1, ev: reads(state.PhaseClosed, closedOnDay(3)), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			saysOnly("the supplier accepted: the order is closed (asked 2026-11-03 10:00 UTC, closed 2026-11-03)")(t, c, out)
			if c.Days[state.FieldClosedAt].Date != "2026-11-03" || c.Days[state.FieldAnsweredAt].Date != "2026-11-03" || c.Zone != "UTC" {
				t.Errorf("days %v in %q", c.Days, c.Zone)
			}
		}},
	})},
	{name: "closed on a day before the request", steps: then(reach[state.Requested], []step{
		{after: 3 * day1, ev: reads(state.PhaseClosed, closedOnDay(2)), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			if !c.ClosedAt.Equal(base) || !c.Days[state.FieldClosedAt].IsZero() {
				t.Errorf("closed %s, days %v; want the request's time", c.ClosedAt, c.Days)
			}
		}},
	})},
	{name: "closed on the window's last day", steps: then(windowOfFiveDays, []step{
		{after: 8 * day1, ev: reads(state.PhaseClosed, closedOnDay(8)), to: state.Cancelled, check: has("closed on the day on which the ship window ended, 2026-11-08 10:00 UTC")},
	})},
	{name: "closed on the day before the window's end", steps: then(windowOfFiveDays, []step{
		{after: 8 * day1, ev: reads(state.PhaseClosed, closedOnDay(7)), to: state.Cancelled, check: has("the supplier accepted")},
	})},
	{name: "a read closing is a moment again", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, answeredOnDay(3)), to: state.Refused, raised: AlertRefused, plans: "read:tracking"},
		{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested},
		{after: time.Hour, ev: reads(state.PhaseClosed), to: state.Cancelled, check: func(t expect, c state.Case, _ Outcome) {
			if len(c.Days) > 0 {
				t.Errorf("days %v", c.Days)
			}
		}},
	})},
	{name: "the proof is due by the end of the day of the answer", steps: then(reach[state.Requested], []step{
		{after: time.Hour, ev: reads(state.PhaseProcessing, answeredOnDay(3)), to: state.Refused, raised: AlertRefused, plans: "read:tracking", check: clockAt(state.ClockProofDue, day(11, 11, 16))},
	})},
	{name: "the ship window counts from the end of the day of the payment", steps: then(marked, []step{
		{after: time.Minute, ev: ends(state.AskPending, look(state.PhasePending, func(r *state.Reading) { on(state.FieldPaidAt, &r.PaidAt, 11, 2, r) })), to: state.Requested, check: clockAt(state.ClockShipWindowEnd, day(11, 12, 16))},
	})},
	{name: "and its end is near counted from the beginning of that day", steps: then(marked, []step{
		{after: time.Minute, ev: ends(state.AskPending, look(state.PhasePending, func(r *state.Reading) { on(state.FieldPaidAt, &r.PaidAt, 11, 2, r) })), to: state.Requested, check: func(t expect, c state.Case, _ Outcome) {
			if got, want := c.EarliestEnd(state.ClockShipWindowEnd), day(11, 11, 16); !got.Equal(want) {
				t.Errorf("the window may end %s, want %s", got, want)
			}
		}},
	})},
	{name: "a late refund warns from the day's beginning and is overdue from its end", steps: then(reach[state.Requested], []step{
		{after: 3 * day1, ev: reads(state.PhaseClosed, closedOnDay(4)), to: state.Cancelled, check: func(t expect, c state.Case, out Outcome) {
			_, warn, _ := bank.AddWorkingDays(day(11, 4, 0), 15)
			_, due, _ := bank.AddWorkingDays(day(11, 4, 23), 20)
			clockAt(state.ClockRefundWarn, warn)(t, c, out)
			clockAt(state.ClockRefundDue, due)(t, c, out)
		}},
	})},
	{name: "received on a day: the dispute closes counted from its beginning", steps: then(reach[state.Refused], []step{
		{after: 4 * day1, ev: reads(state.PhaseFinished, func(r *state.Reading) { on(state.FieldFinishedAt, &r.FinishedAt, 11, 5, r) }), to: state.Refused, raised: AlertShippedAfter, check: func(t expect, c state.Case, out Outcome) {
			clockAt(state.ClockDisputeCloses, day(11, 20, 0))(t, c, out)
			has("delivered or confirmed 2026-11-05")(t, c, out)
		}},
	})},
	{name: "a dispute opens after the whole day of the mark", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, shippedOnDay(4)), to: state.Refused, raised: AlertShippedAfter, check: func(t expect, c state.Case, out Outcome) {
			clockAt(state.ClockDisputeOpens, day(11, 15, 0))(t, c, out)
			has("marked shipped 2026-11-04, after we asked 2026-11-03 10:00 UTC")(t, c, out)
		}},
	})},
	{name: "marked shipped on the day of the request", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, shippedOnDay(3)), to: state.Refused, raised: AlertShippedAfter, check: has("marked shipped 2026-11-03, on the day on which we asked (2026-11-03 10:00 UTC)")},
	})},
	{name: "marked shipped on the day before the request", steps: then(reach[state.Refused], []step{
		{after: day1, ev: reads(state.PhaseShipped, shippedOnDay(2)), to: state.Refused, check: has("marked shipped 2026-11-02, before we asked 2026-11-03 10:00 UTC")},
	})},
}

func TestDaysInStories(t *testing.T) { t.Parallel(); playAll(t, dayStories) }

// Of a request that the site dates by the day a scan on that day says nothing.
func TestScanOnTheDayOfTheRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scan    time.Time
		to      state.Status
		accuses bool
		want    string
	}{
		"the evening before": {day(11, 2, 23), state.Shipped, false, "it left before we asked (2026-11-03)"},
		"its first moment":   {day(11, 3, 0), state.Disputable, false, "it was scanned on the day on which we asked (2026-11-03): a person must judge"},
		"its last hour":      {day(11, 3, 23), state.Disputable, false, "a person must judge"},
		"the next day":       {day(11, 4, 0), state.Disputable, true, "it left after we asked (2026-11-03)"},
	} {
		d := played(t, then(reach[state.Held], []step{
			{after: day1, ev: reads(state.PhasePending, requestedOnDay(3)), to: state.Requested},
		}))
		d.do(3*day1, reads(state.PhaseShipped, tracked(parcel("LP1", tt.scan))))
		if d.c.Status != tt.to || d.c.SentAfterRequest() != tt.accuses || !strings.Contains(strings.Join(d.all, "\n"), tt.want) {
			t.Errorf("%s: %s, accuses %t, flag %q, journal %q", name, d.c.Status, d.c.SentAfterRequest(), d.c.Flag, d.all)
		}
	}
}

// What was approved when the page's day was kept as a moment stays approved.
func TestApprovedDateOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	r := *look(state.PhaseProcessing, func(r *state.Reading) { on(state.FieldOrderedAt, &r.OrderedAt, 10, 20, r) })
	c := state.Case{SupplierOrder: number, ShopOrderedAt: base.Add(-48 * time.Hour), Lines: orderLines}
	if err := RightOrder(c, r); err == nil || !strings.Contains(err.Error(), "placed 2026-10-20, before the shop's order") {
		t.Errorf("an old order: %v", err)
	}
	c.Accepted = state.Findings{state.Found(state.OrderedBefore, number, "placed", "2026-10-20T00:00:00Z", "shop_order", moment(c.ShopOrderedAt))}
	if err := RightOrder(c, r); err != nil {
		t.Errorf("approved: %v", err)
	}
}
