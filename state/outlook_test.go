package state

import (
	"slices"
	"testing"
	"time"
)

var outlookNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestNextDeadline(t *testing.T) {
	t.Parallel()
	in := func(h int) time.Time { return outlookNow.Add(time.Duration(h) * time.Hour) }
	tests := []struct {
		name   string
		status Status
		clocks map[Clock]time.Time
		want   Clock
	}{
		{"the earliest to come", Requested, map[Clock]time.Time{ClockAnswerDue: in(5), ClockShipWindowEnd: in(3)}, ClockShipWindowEnd},
		{"what is to come before what has passed", Requested, map[Clock]time.Time{ClockAnswerDue: in(-5), ClockShipWindowEnd: in(30)}, ClockShipWindowEnd},
		{"the latest passed when nothing comes", Cancelled, map[Clock]time.Time{ClockRefundWarn: in(-50), ClockRefundDue: in(-5)}, ClockRefundDue},
		{"clocks of an earlier status do not count", Cancelled, map[Clock]time.Time{ClockAnswerDue: in(5)}, ""},
		{"the engine's own clock does not count", Queued, map[Clock]time.Time{ClockUnasked: in(1)}, ""},
		{"an ended case waits for nothing", Refunded, map[Clock]time.Time{ClockRefundDue: in(5)}, ""},
		{"a zero time does not run", Refused, map[Clock]time.Time{ClockProofDue: {}}, ""},
	}
	shipped := Case{Status: Refused, ShippedAt: in(-1), Clocks: map[Clock]time.Time{ClockShipWindowEnd: in(1), ClockProofDue: in(5)}}
	if k, _, _ := shipped.NextDeadline(outlookNow); k != ClockProofDue {
		t.Errorf("shipped: the window to ship is over, got %q", k)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k, at, ok := Case{Status: tt.status, Clocks: tt.clocks}.NextDeadline(outlookNow)
			if k != tt.want || ok != (tt.want != "") || !at.Equal(tt.clocks[tt.want]) {
				t.Errorf("got %q at %v (%v), want %q", k, at, ok, tt.want)
			}
		})
	}
}

func TestUrgency(t *testing.T) {
	t.Parallel()
	in := func(h int) time.Time { return outlookNow.Add(time.Duration(h) * time.Hour) }
	passed := 24 // hours that a passed deadline counts as
	for _, tt := range []struct {
		name string
		c    Case
		want int // hours from now; 0: none
	}{
		{"the earliest to come", Case{Status: Requested, Clocks: map[Clock]time.Time{ClockAnswerDue: in(5), ClockShipWindowEnd: in(3)}}, 3},
		{"a passed one that nobody has read since", Case{Status: Cancelled, DetailAt: in(-9), Clocks: map[Clock]time.Time{ClockRefundDue: in(-5)}}, passed},
		{"a passed one that was read", Case{Status: Cancelled, DetailAt: in(-4), Clocks: map[Clock]time.Time{ClockRefundDue: in(-5)}}, 0},
		{"what comes today before what has passed", Case{Status: Requested, Clocks: map[Clock]time.Time{ClockAnswerDue: in(-5), ClockShipWindowEnd: in(20)}}, 20},
		{"what has passed before what comes later", Case{Status: Requested, Clocks: map[Clock]time.Time{ClockAnswerDue: in(-5), ClockShipWindowEnd: in(30)}}, passed},
		{"a proof that is not judged", Case{Status: Refused, DetailAt: in(-1), Clocks: map[Clock]time.Time{ClockProofDue: in(-5), ClockDisputeCloses: in(900)}}, passed},
		{"that a dispute opens is no deadline", Case{Status: Disputable, Clocks: map[Clock]time.Time{ClockDisputeOpens: in(5)}}, 0},
		{"a window of what is shipped", Case{Status: Refused, ShippedAt: in(-1), Clocks: map[Clock]time.Time{ClockShipWindowEnd: in(1)}}, 0},
		{"nothing awaited", Case{Status: Held}, 0},
	} {
		if at, ok := tt.c.Urgency(outlookNow); ok != (tt.want != 0) || ok && !at.Equal(in(tt.want)) {
			t.Errorf("%s: %v (%v), want in %d hours", tt.name, at, ok, tt.want)
		}
	}
}

func TestAtRisk(t *testing.T) {
	t.Parallel()
	usd := func(n int64) Money { return Money{Units: n * moneyScale, Currency: "USD"} }
	tests := []struct {
		name string
		c    Case
		want Money
	}{
		{"open", Case{Status: Requested, Amount: usd(12)}, usd(12)},
		{"part came back", Case{Status: Cancelled, Amount: usd(12), Refund: &Refund{Amount: usd(5)}}, usd(7)},
		{"all came back", Case{Status: Cancelled, Amount: usd(12), Refund: &Refund{Amount: usd(12)}}, Money{}},
		{"another currency is not set off", Case{Status: Cancelled, Amount: usd(12), Refund: &Refund{Amount: Money{Units: 1, Currency: "EUR"}}}, usd(12)},
		{"ended", Case{Status: Lost, Amount: usd(12)}, Money{}},
		{"never read", Case{Status: Unmapped}, Money{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.c.AtRisk(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTotalsKeepsCurrenciesApart(t *testing.T) {
	t.Parallel()
	got := Totals(Money{10, "USD"}, Money{}, Money{5, "EUR"}, Money{7, "USD"})
	if want := []Money{{5, "EUR"}, {17, "USD"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if Totals() != nil {
		t.Error("no amounts must give no totals")
	}
}
