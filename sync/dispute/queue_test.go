package dispute

import (
	"strings"
	"testing"
	"time"

	"countermand/state"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func in(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }

func disputable(id string, opens, closes time.Time) state.Case {
	return state.Case{ID: id, Status: state.Disputable, Clocks: map[state.Clock]time.Time{
		state.ClockDisputeOpens: opens, state.ClockDisputeCloses: closes,
	}}
}

func snoozed(c state.Case, until time.Time) state.Case {
	c.Clocks[state.ClockSnooze] = until
	return c
}

func TestRankOrdersByUrgency(t *testing.T) {
	t.Parallel()
	got := Rank([]state.Case{
		{ID: "waiting", Status: state.Disputed},
		disputable("not-open-late", in(90), in(900)),
		disputable("not-open", in(48), in(900)),
		disputable("no-end", in(-1), time.Time{}),
		disputable("open", in(-1), in(100)),
		disputable("soon", in(-1), in(71)),
		disputable("today", in(-1), in(23)),
		disputable("late", in(-100), in(-1)),
		{ID: "refused", Status: state.Refused},
		{ID: "won", Status: state.Won},
	}, now)
	var ids []string
	for _, it := range got {
		ids = append(ids, it.Case.ID)
	}
	want := []string{"late", "today", "soon", "open", "no-end", "not-open", "not-open-late", "waiting"}
	if d := cmp.Diff(want, ids); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

func TestItemTellsWhatToDo(t *testing.T) {
	t.Parallel()
	with := func(c state.Case, proof state.Proof) state.Case { c.Proof = proof; return c }
	scanned := with(disputable("x", in(-50), in(100)), state.ProofScanAfter)
	scanned.RequestedAt = time.Date(2026, 2, 20, 8, 0, 0, 0, time.UTC)
	scanned.Tracking = []state.Tracking{
		{Number: "LATE", FirstScanAt: time.Date(2026, 2, 25, 8, 0, 0, 0, time.UTC)},
		{Number: "NONE"},
		{Number: "FIRST", FirstScanAt: time.Date(2026, 2, 21, 23, 30, 0, 0, time.FixedZone("CST", 8*3600))},
	}
	maybe := scanned.Clone()
	maybe.RequestedAt = time.Date(2026, 2, 26, 8, 0, 0, 0, time.UTC)
	stored := with(disputable("x", in(-50), in(100)), state.ProofNumberOnly)
	stored.Tracking = []state.Tracking{{Number: "LP1", Warehouse: state.TrackingEvent{Code: "AE_GWMS_IN"}}}
	half := with(disputable("x", in(-50), in(100)), state.ProofNumberOnly)
	half.Tracking = []state.Tracking{{Number: "LP1", FirstScanAt: in(-90)}, {Number: "LP2"}}
	dated := scanned.Clone()
	dated.Days = state.Days{state.FieldRequestedAt: state.DayOf(dated.RequestedAt)}
	tests := []struct {
		name     string
		c        state.Case
		urgency  Urgency
		deadline time.Time
		says     string
	}{
		{"scan after the request", scanned, Open, in(100), "first scan 2026-02-21 15:30 UTC is after our request of 2026-02-20 08:00 UTC"},
		{"a scan after the day of the request", dated, Open, in(100), "is after our request of 2026-02-20"},
		{"scans after what may have been a request", maybe, Open, in(100), "not surely after a request"},
		{"a scan, and nothing was seen to be asked", with(disputable("x", in(-50), in(100)), state.ProofScanAfter), Open, in(100), "not surely after a request"},
		{"a number only", with(disputable("x", in(-50), in(100)), state.ProofNumberOnly), Open, in(100), "no scan"},
		{"a part of the numbers only", half, Open, in(100), "another number has no scan: claim that part"},
		{"a part in parcels", partly(), Open, in(100), "1 of 3 items left before our request"},
		{"a number that a warehouse has seen", stored, Open, in(100), "a warehouse has seen the parcel"},
		{"no number", with(disputable("x", in(-50), in(100)), state.ProofNone), Open, in(100), "no tracking number"},
		{"never marked shipped", with(disputable("x", time.Time{}, in(10)), state.ProofNone), Today, in(10), "no shipped mark"},
		{"an early scan turned up", with(disputable("x", in(-50), in(100)), state.ProofScanBefore), Open, in(100), "disputes proof"},
		{"not open yet: the date it opens", disputable("x", in(60), in(500)), NotOpen, in(60), "wait until"},
		{"opens at this very moment", disputable("x", now, in(500)), Open, in(500), "open a dispute"},
		{"closes at this very moment", disputable("x", in(-60), now), Late, now, "has passed"},
		{"a whole day is left", disputable("x", in(-60), in(24)), Soon, in(24), "open a dispute"},
		{"three days are left", disputable("x", in(-60), in(72)), Open, in(72), "open a dispute"},
		{"closes before it opens", disputable("x", in(60), in(30)), Soon, in(30), "before it opens"},
		{"snoozed", snoozed(disputable("x", in(-50), in(100)), in(30)), Snoozed, in(100), "snoozed until 2026-03-03 18:00 UTC; then: open a dispute"},
		{"a snooze does not hide the last day", snoozed(disputable("x", in(-50), in(20)), in(30)), Today, in(20), "open a dispute"},
		{"a snooze that is over", snoozed(disputable("x", in(-50), in(100)), now), Open, in(100), "open a dispute"},
		{"opened", state.Case{Status: state.Disputed}, Waiting, time.Time{}, "disputes won"},
		{"opened, and an early scan turned up", state.Case{Status: state.Disputed, Proof: state.ProofScanBefore}, Waiting, time.Time{}, "check the proof"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			it := Rank([]state.Case{tt.c}, now)[0]
			if it.Urgency != tt.urgency || !it.Deadline.Equal(tt.deadline) || !strings.Contains(it.NextAction, tt.says) {
				t.Errorf("got %s by %v: %q", it.Urgency, it.Deadline, it.NextAction)
			}
			if strings.Contains(it.NextAction, "\n") {
				t.Errorf("more than one line: %q", it.NextAction)
			}
		})
	}
}

func partly() state.Case {
	c := disputable("x", in(-50), in(100))
	c.Proof = state.ProofNumberOnly
	c.SupplierLines = []state.Line{{Quantity: 3}}
	c.Tracking = []state.Tracking{{Number: "ONE", FirstScanAt: in(-90), Items: 1}}
	return c
}

// The order must not depend on how the store listed the cases.
func TestRankIsTheSameForEveryInputOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.SliceOfN(rapid.IntRange(-100, 100), 2, 8).Draw(t, "hours")
		var cases []state.Case
		for i, h := range hours {
			cases = append(cases, disputable(string(rune('a'+i)), in(-h), in(h)))
		}
		shuffled := rapid.Permutation(cases).Draw(t, "shuffled")
		if d := cmp.Diff(Rank(cases, now), Rank(shuffled, now)); d != "" {
			t.Fatal(d)
		}
	})
}

func TestMoneyAtRisk(t *testing.T) {
	t.Parallel()
	usd := func(v string) state.Money { m, _ := state.ParseMoney(v, "USD"); return m }
	eur, _ := state.ParseMoney("3.50", "EUR")
	got := MoneyAtRisk([]state.Case{
		{Status: state.Disputable, Amount: usd("12.34")},
		{Status: state.Disputed, Amount: usd("10"), Refund: &state.Refund{Amount: usd("4")}},
		{Status: state.Disputable, Amount: eur},
		{Status: state.Disputable},
		{Status: state.Won, Amount: usd("100")},
	})
	if d := cmp.Diff([]state.Money{eur, usd("18.34")}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
