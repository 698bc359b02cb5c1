package main

import (
	"fmt"
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

// span shows a duration in its two largest units.
func span(d time.Duration) string {
	days, hours, minutes := d/(24*time.Hour), d%(24*time.Hour)/time.Hour, d%time.Hour/time.Minute
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case days > 0:
		return fmt.Sprintf("%d d", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	}
	return "less than a minute"
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
