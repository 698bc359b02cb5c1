package site

import (
	"testing"

	"countermand/state"
)

func TestContradictions(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	r := state.Reading{Number: "8190000000000001", StatusText: "Processing", Phase: state.PhaseProcessing}
	pending := "Waiting for the seller to respond to your cancellation request"
	for name, c := range map[string]struct {
		d    Shown
		want bool
	}{
		"the same":          {Shown{Number: r.Number, caption: "processing"}, false},
		"nothing shown":     {Shown{}, false},
		"another order":     {Shown{Number: "8190000000000002", caption: "Processing"}, true},
		"another state":     {Shown{Number: r.Number, caption: "Awaiting delivery"}, true},
		"unknown caption":   {Shown{Number: r.Number, caption: "Being packed"}, true},
		"another language":  {Shown{Number: r.Number, caption: "Procesando"}, false},
		"pending sentence":  {Shown{Number: r.Number, caption: "Processing", reminder: pending}, true},
		"harmless sentence": {Shown{Number: r.Number, caption: "Processing", reminder: "The seller is preparing your order."}, false},
	} {
		if why := c.d.contradicts(p, r); (why != "") != c.want {
			t.Errorf("%s: %q", name, why)
		}
	}
	declined := Shown{Number: r.Number, caption: "Processing", reminder: "The seller declined your cancellation request"}
	if why := declined.Check(p, &r); why != "" || r.RefusedText != declined.reminder {
		t.Errorf("a refusal that only the page shows: %+v, %q", r, why)
	}
	r.Complete = true
	why := Shown{Number: "8190000000000002"}.Check(p, &r)
	if why == "" || r.Complete || r.Phase != state.PhaseUnknown || r.RefusedText != "" || r.Unclear != why {
		t.Errorf("doubted: %+v", r)
	}
}

func TestShownMoney(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	for in, want := range map[string]string{
		"Total: US $1,204.50": "1204.50 USD", "Total: R$1.132,74": "1132.74 BRL", "Total: CLP $31.990": "31990 CLP", "€5": "5.00 EUR",
		"12.34": "unknown", "US $": "unknown", "": "unknown",
	} {
		if got := p.shownMoney(in).String(); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestSeveralNumbersAreNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"8190000000000001 8190000000000002", "Order 8190000000000001,8190000000000002", "8190000000000001/8190000000000002"} {
		if got := NumberIn(s); got != "" {
			t.Errorf("%q holds two numbers, numberIn gives %q", s, got)
		}
	}
}

func TestMoneyAndDateAreCrossChecked(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	d, err := p.ParseDetail(parsed(t, "ok_detail_processing.json"), readAt, zone(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]Shown{
		"total": {Number: d.Reading.Number, caption: "Processing", total: "US $99.99", date: "Jul 15, 2026"},
		"date":  {Number: d.Reading.Number, caption: "Processing", total: "US $12.34", date: "Mar 1, 2026"},
	} {
		if why := page.contradicts(p, d.Reading); why == "" {
			t.Errorf("%s: the page shows %+v, the data %s of %s: no contradiction", name, page, d.Reading.Total, d.Reading.OrderedAt)
		}
	}
}
