package main

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCountdown(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "now", 59 * time.Second: "now", -59 * time.Second: "now", time.Minute: "in 1 min", -90 * time.Minute: "1 h 30 min ago",
		2 * time.Hour: "in 2 h", 51*time.Hour + 59*time.Minute: "in 2 d 3 h", 48 * time.Hour: "in 2 d", -240 * time.Hour: "10 d ago",
	} {
		if got := countdown(now.Add(d), now); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	if got := countdown(time.Time{}, now); got != "" {
		t.Errorf("an unknown time: %q", got)
	}
}

// No cell may break a table's lines or drive the terminal.
func TestTableKeepsItsLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "cells")
		tab := table{indent: "  "}
		tab.row(cells...)
		tab.row("x", "y")
		s := tab.String()
		if strings.Count(s, "\n") != 2 || strings.ContainsAny(s, "\x1b\r\t\v\f\u202e") {
			t.Fatalf("%q", s)
		}
	})
}
