package main

import (
	"strings"
	"time"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/state"
	"countermand/supplier"
)

const momentLayout = "Mon 2 Jan 2006 15:04"

// countdown tells how far t lies from now: "in 2 d 3 h", "45 min ago".
func countdown(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch d := t.Sub(now); {
	case d >= time.Minute:
		return "in " + span(d)
	case d <= -time.Minute:
		return span(-d) + " ago"
	}
	return "now"
}

// span shows a duration in its two largest units, of which the second may be
// nothing.
func span(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(plain.Span(d), " 0 min"), " 0 h")
}

func moneyText(sums []state.Money) string {
	out := make([]string, 0, len(sums))
	for _, m := range sums {
		out = append(out, m.String())
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func amountText(m state.Money) string {
	if !m.Known() {
		return ""
	}
	return m.String()
}

// orders names both orders of a case.
func orders(shopOrder, supplierName, supplierOrder string) string {
	title := supplier.Title(supplierName)
	if supplierOrder == "" {
		return shopOrder + " (no " + title + " order known)"
	}
	return shopOrder + " / " + title + " " + supplierOrder
}

func statusText(c control.Case) string {
	s := plain.Words(c.Status)
	if c.Paused {
		s += " (paused)"
	}
	return s
}
