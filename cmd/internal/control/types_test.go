package control

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countermand/state"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds a document against a file: scripts rely on its shape.
func golden(t *testing.T, name string, doc any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	check(t, enc.Encode(doc))
	path := filepath.Join("testdata", name)
	if *update {
		check(t, os.MkdirAll("testdata", 0o755))
		check(t, os.WriteFile(path, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func TestCaseInJSON(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("CST", 8*3600)
	usd := func(s string) state.Money { m, _ := state.ParseMoney(s, "USD"); return m }
	full := state.Case{
		ID: "01JNQ5Z3K0C8V4T2M6R7S9W1XY", Rev: 7, Shop: "mystore", ShopOrder: "#1042", ShopOrderID: "gid://shopify/Order/820982911946154508",
		Account: "main", Supplier: "aliexpress", SupplierOrder: "8190000000000000", MappedBy: "attribute", Status: state.Refused, Flag: "waiting for the tracking number",
		Paused: true, Rule: "mode auto", Approved: true, Reason: "customer", Amount: usd("12.34"), Store: "Best Store",
		Proof: state.ProofNumberOnly, OpenedAt: in(-90), CancelledAt: in(-91), RequestedAt: in(-80).Add(123 * time.Millisecond), AnsweredAt: in(-10).In(shanghai),
		OrderedAt: in(-120), PaidAt: in(-119), ShippedAt: in(-12), ReadAt: in(-1), NextCheckAt: in(1), DueAt: in(1),
		Lines: []state.Line{{ID: "gid://shopify/LineItem/1", Title: "Lamp <LED>", SKU: "L-1", Quantity: 2}},
		Clocks: map[state.Clock]time.Time{
			state.ClockUnasked: in(-60), state.ClockAnswerDue: in(-8), state.ClockShipWindowEnd: in(20), state.ClockProofDue: in(51),
			state.ClockDisputeOpens: in(200), state.ClockDisputeCloses: in(2000), state.ClockRefundWarn: {}, state.ClockSnooze: in(3),
		},
		Estimated: []state.Clock{state.ClockProofDue, state.ClockUnasked},
		Tracking:  []state.Tracking{{Number: "LP001", Carrier: "Cainiao", SeenAt: in(-11)}, {Number: "LP002", FirstScanAt: in(-2), FirstScanCode: "AE_GOT"}},
		Refund:    &state.Refund{Amount: usd("5"), To: state.RefundBalance, At: in(-1), ConfirmedBy: "site"},
		DisputeID: "301", DisputedAt: in(-1),
	}
	journal := []state.Entry{
		{At: in(-90), Event: state.EventCancelled, To: state.Queued, By: state.ByShop, Detail: "cancelled in the shop"},
		{At: in(-10), Event: state.EventReading, From: state.Requested, To: state.Refused, By: state.BySupplier, Detail: "no longer pending", Evidence: []string{"01J/read-1.png"}},
	}
	golden(t, "case.json", WholeCase(full, journal, now))
	golden(t, "cases_new.json", Cases{CasesOf([]state.Case{{ID: "01J", Shop: "mystore", ShopOrder: "#1", ShopOrderID: "gid://shopify/Order/1", Supplier: "aliexpress", Status: state.Unmapped, OpenedAt: now}}, now)})
	golden(t, "empty.json", []any{Cases{CasesOf(nil, now)}, DisputesOf(nil, now)})
}

func TestDisputesInJSON(t *testing.T) {
	t.Parallel()
	urgent := caseOf("01J2", "#2", "8190000000000002", state.Disputable)
	urgent.Clocks = map[state.Clock]time.Time{state.ClockDisputeOpens: in(-50), state.ClockDisputeCloses: in(10)}
	d := DisputesOf([]state.Case{caseOf("01J1", "#1", "8190000000000001", state.Disputed), urgent, caseOf("01J3", "#3", "8190000000000003", state.Won)}, now)
	golden(t, "disputes.json", d)
}

// A date of which the site told the day alone holds that day's end, and is
// named; the rest are moments.
func TestDaysInJSON(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	check(t, err)
	begin := time.Date(2026, 11, 3, 0, 0, 0, 0, zone)
	c := caseOf("01J1", "#1", "8190000000000001", state.Cancelled)
	c.Zone, c.RequestedAt, c.ClosedAt, c.AnsweredAt = "Asia/Shanghai", begin.Add(10*time.Hour), begin.UTC(), begin.UTC()
	c.Days = state.Days{state.FieldClosedAt: state.DayOf(begin), state.FieldAnsweredAt: state.DayOf(begin), state.FieldShippedAt: state.DayOf(begin)}
	got := CaseOf(c, now)
	b, err := json.Marshal(struct {
		A, C, R time.Time
		Days    []state.Field
		Zone    string
	}{got.AnsweredAt, got.ClosedAt, got.RequestedAt, got.Days, got.Zone})
	check(t, err)
	const want = `{"A":"2026-11-03T16:00:00Z","C":"2026-11-03T16:00:00Z","R":"2026-11-03T02:00:00Z","Days":["answered_at","closed_at"],"Zone":"Asia/Shanghai"}`
	if string(b) != want {
		t.Errorf("got %s, want %s", b, want)
	}
	if got.DayAt(got.ClosedAt) != "2026-11-03" || got.DayAt(got.RequestedAt) != "" {
		t.Errorf("shown as %q and %q", got.DayAt(got.ClosedAt), got.DayAt(got.RequestedAt))
	}
	c.Days = nil
	if got := CaseOf(c, now); got.Days != nil || got.Zone != "" || !got.ClosedAt.Equal(begin) {
		t.Errorf("without days: %v, %q, %s", got.Days, got.Zone, got.ClosedAt)
	}
}
