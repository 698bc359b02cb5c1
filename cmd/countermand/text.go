package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"countermand/cmd/internal/control"
	"countermand/state"
)

// beijing has no summer time, so it needs no zone database.
var beijing = time.FixedZone("Beijing", 8*60*60)

const momentLayout = "Mon 2 Jan 2006 15:04"

// clean puts a text on one line and takes out what a terminal would obey.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

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

// words makes a name of the JSON readable: "answer_due" is "answer due".
func words[T ~string](name T) string { return strings.ReplaceAll(string(name), "_", " ") }

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
func orders(shopOrder, supplierOrder string) string {
	if supplierOrder == "" {
		return shopOrder + " (no AliExpress order known)"
	}
	return shopOrder + " / AliExpress " + supplierOrder
}

func statusText(c control.Case) string {
	s := words(c.Status)
	if c.Paused {
		s += " (paused)"
	}
	return s
}

// dash shows an empty cell.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
