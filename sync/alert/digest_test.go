package alert

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countermand/state"
)

func (b *bench) put(cases ...state.Case) {
	b.t.Helper()
	check(b.t, b.store.Update(b.t.Context(), func(tx state.Tx) error {
		for _, c := range cases {
			if _, err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	}))
}

func usd(s string) state.Money {
	m, err := state.ParseMoney(s, "USD")
	if err != nil {
		panic(err)
	}
	return m
}

func orderCase(n int, s state.Status, clocks map[state.Clock]time.Time) state.Case {
	return state.Case{
		ID: fmt.Sprintf("01J%04d", n), Shop: "mystore", ShopOrder: fmt.Sprintf("#%d", n), SupplierOrder: fmt.Sprintf("81900000%04d", n),
		Status: s, Amount: usd("10"), Proof: state.ProofNone, Clocks: clocks, OpenedAt: start,
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	check(t, err)
	b := newBench(t, func(o *Options) { o.Zone = berlin })
	held := orderCase(1, state.Held, nil)
	held.Flag = "waits for\nyour decision"
	eur := orderCase(3, state.Cancelled, map[state.Clock]time.Time{state.ClockRefundDue: start.Add(30 * time.Hour)})
	eur.Amount = state.Money{Units: 55_000, Currency: "EUR"}
	b.put(held, eur,
		orderCase(2, state.Requested, map[state.Clock]time.Time{state.ClockAnswerDue: start.Add(3 * time.Hour), state.ClockShipWindowEnd: start.Add(50 * time.Hour)}),
		orderCase(4, state.Refunded, nil),
	)
	b.raise("A1", "refund_late", false)
	b.raise("A2", "refused", true)
	b.raise("A3", "answer_overdue", false)
	b.resolve("A3")
	check(t, b.box.Digest(t.Context()))
	want := Message{
		Title: "countermand: 1 to review, 3 open, 5.50 EUR, 20.00 USD at risk",
		Text: `Open: 1 held, 1 requested, 1 cancelled
Money at risk: 5.50 EUR, 20.00 USD
Alerts not acknowledged: 1 (countermand alerts list --open)

Needs you:
- mystore #1 / supplier order 819000000001, held: waits for your decision

Next deadlines:
- Mon 2 Mar 16:00 CET: answer due, mystore #2 / supplier order 819000000002
- Tue 3 Mar 19:00 CET: refund due, mystore #3 / supplier order 819000000003

Since the last digest:
- refund_late A1`,
	}
	if d := cmp.Diff([]Message{want}, b.send.got); d != "" {
		t.Error(d)
	}
	b.deliver(Round{Delivered: 1}) // the page alone
}

func TestDigestTellsAnAlertOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 150 { // more than one page of the store
		b.raise(fmt.Sprintf("A%03d", i), "refund_late", false)
		b.clock.move(time.Second)
	}
	b.send.err = errors.New("no route")
	if err := b.box.Digest(t.Context()); err == nil || !strings.Contains(err.Error(), "no route") {
		t.Fatalf("got %v", err)
	}
	b.send.err = nil
	check(t, b.box.Digest(t.Context()))
	b.raise("A200", "refund_short", false)
	check(t, b.box.Digest(t.Context()))
	check(t, b.box.Digest(t.Context()))
	texts := b.send.got
	if len(texts) != 3 || !strings.Contains(texts[0].Text, "- and 140 more") {
		t.Fatalf("got %q", texts)
	}
	if !strings.HasSuffix(texts[1].Text, "Since the last digest:\n- refund_short A200") {
		t.Errorf("second digest: %q", texts[1].Text)
	}
	if texts[2].Text != "No open cases." || texts[2].Title != "countermand: 0 to review, 0 open" {
		t.Errorf("third digest: %q", texts[2])
	}
}

func TestDigestReachesSomebody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refund_late", false)
	b.send.err = &Undelivered{Delivered: 1, Failed: []Result{{Channel: "2 (ntfy)", Err: errors.New("refused")}}}
	check(t, b.box.Digest(t.Context()))
	if a := b.alert("A1"); a.Deliveries != 1 {
		t.Errorf("not marked: %+v", a)
	}
}
