package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/state"
	"countermand/supplier"
)

// caseText is one case for a person: facts, dates here and in Beijing, the
// tracking, then the story.
func (e *clientEnv) caseText(c control.Case, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s\n\n", plain.Line(orders(c.ShopOrder, c.Supplier, c.SupplierOrder)), plain.Line(c.Shop))
	if c.Advice != nil {
		b.WriteString("To decide\n" + e.advice(c).String() + "\n")
	}
	b.WriteString(e.facts(c).String())
	b.WriteString("\n" + e.dates(c, now).String())
	if t := e.parcels(c); len(t.rows) > 0 {
		b.WriteString("\nTracking\n" + t.String())
	}
	b.WriteString("\nTimeline\n" + e.timeline(c).String())
	return b.String()
}

// advice tells what is in doubt in five lines.
func (e *clientEnv) advice(c control.Case) *table {
	t, a := e.table("  "), c.Advice
	t.row("found", a.Found)
	t.row("asked", a.Asked)
	t.row("its page", a.Page)
	t.row("follows", a.Follows)
	t.row("you can", a.Can)
	return t
}

func (e *clientEnv) facts(c control.Case) *table {
	t := e.table("  ")
	fact := func(name, value string) {
		if value != "" {
			t.row(name, value)
		}
	}
	fact("status", statusText(c))
	fact("flag", c.Flag)
	fact("to do", c.NextAction)
	fact("case", c.ID)
	fact("account", c.Account)
	fact("store", c.Store)
	fact("amount", amountText(c.Amount))
	if r := c.Refund; r != nil {
		when := ""
		if !r.At.IsZero() {
			when = " on " + r.At.In(e.Zone).Format("2 Jan 2006")
		}
		fact("refund", fmt.Sprintf("%s to %s%s, confirmed by the %s", r.Amount, r.To, when, r.ConfirmedBy))
	}
	fact("proof", plain.Words(c.Proof))
	fact("dispute", c.DisputeID)
	fact("because", causeText(c.Cause))
	fact("reason", c.Reason)
	fact("rule", c.Rule)
	fact("mapped by", c.MappedBy)
	for _, l := range c.Lines {
		item := fmt.Sprintf("%d x %s", l.Quantity, l.Title)
		if l.SKU != "" {
			item += " (" + l.SKU + ")"
		}
		fact("item", item)
	}
	return t
}

// causeText says what in the shop made a case.
func causeText(c state.Cause) string {
	switch c {
	case state.CauseRequested:
		return "the customer asks; the shop waits for the supplier"
	case state.CauseLines:
		return "these lines were taken off in the shop"
	case state.CauseCancelled:
		return "the order was cancelled in the shop"
	}
	return ""
}

// dates lists what happened and what is to come, each in both zones: the
// supplier's days are counted in Beijing.
func (e *clientEnv) dates(c control.Case, now time.Time) *table {
	t := e.table("  ")
	t.row("", "HERE", "BEIJING", "")
	date := func(name string, at time.Time) {
		if day := c.DayAt(at); day != "" {
			t.row(name, day, "", "the day in "+c.Zone)
		} else if !at.IsZero() {
			t.row(name, at.In(e.Zone).Format(momentLayout+" MST"), at.In(plain.Beijing).Format(momentLayout), countdown(at, now))
		}
	}
	date("ordered at "+supplier.Title(c.Supplier), c.OrderedAt)
	date("paid", c.PaidAt)
	date("cancelled in the shop", c.CancelledAt)
	date("requested", c.RequestedAt)
	date("answered", c.AnsweredAt)
	date("marked shipped", c.ShippedAt)
	date("dispute opened", c.DisputedAt)
	date("closed at "+supplier.Title(c.Supplier), c.ClosedAt)
	date("ended", c.EndedAt)
	for _, k := range state.PublicClocks {
		name := plain.Words(k)
		if slices.Contains(c.Estimated, k) {
			name += " (estimated)"
		}
		date(name, c.Clocks[k])
	}
	date("snoozed until", c.SnoozedUntil)
	date("last read", c.ReadAt)
	date("next check", c.NextCheckAt)
	return t
}

func (e *clientEnv) parcels(c control.Case) *table {
	t := e.table("  ")
	for _, p := range c.Tracking {
		scan := "no scan yet"
		if !p.FirstScanAt.IsZero() {
			scan = "first scan " + p.FirstScanAt.In(e.Zone).Format(momentLayout+" MST")
		}
		t.row(p.Number, cmp.Or(p.Carrier, "-"), scan, p.FirstScanCode)
	}
	return t
}

func (e *clientEnv) timeline(c control.Case) *table {
	t := e.table("  ")
	for _, j := range c.Journal {
		by := string(j.By)
		if j.Who != "" {
			by += " (" + j.Who + ")"
		}
		became := ""
		if j.From != j.To {
			became = "-> " + plain.Words(j.To)
		}
		t.row(j.At.In(e.Zone).Format("2006-01-02 15:04 MST"), by, plain.Words(j.Event), became, j.Detail)
		for _, file := range j.Evidence {
			if t.width > 0 {
				file, _, _ = strings.Cut(file, "#") // the checksum is for programs
			}
			t.row("", "", "", "", "evidence "+file)
		}
	}
	return t
}
