package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"
)

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

// A table fits the terminal, also with wide characters, and no text is lost.
func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(leastTerminal, 200).Draw(t, "width")
		tab := table{indent: "  ", width: width}
		columns := rapid.IntRange(1, 7).Draw(t, "columns")
		cell := rapid.StringMatching(`([a-z]{1,12}|[0-9A-Z]{1,40}|[订单取消]{1,9}| ){0,15}`)
		want := ""
		for range 3 {
			cells := rapid.SliceOfN(cell, columns, columns).Draw(t, "cells")
			want += strings.Join(cells, "")
			tab.row(cells...)
		}
		got := tab.String()
		for line := range strings.Lines(got) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("%d of %d columns: %q", n, width, line)
			}
		}
		if letters(got) != letters(want) {
			t.Fatalf("%s lacks something of %q", got, want)
		}
	})
}

// letters lists the characters of a text in an order of their own.
func letters(s string) string {
	all := []rune(strings.Join(strings.Fields(s), ""))
	slices.Sort(all)
	return string(all)
}

// Columns that can be spared are left out where there is no room, and named.
func TestTableLeavesOutWhatCanBeSpared(t *testing.T) {
	t.Parallel()
	id, number, flag := strings.Repeat("I", 30), strings.Repeat("8", 30), strings.Repeat("wait ", 20)
	for width, whole := range map[int]bool{0: true, 200: true, 80: false} {
		tab := table{width: width, spare: []string{"ID", "NUMBER"}}
		tab.row("ID", "NUMBER", "FLAG")
		tab.row(id, number, flag)
		got := tab.String()
		if strings.Contains(got, id) != whole || strings.HasSuffix(got, "Left out for want of room: ID; --wide shows all.\n") == whole || !strings.Contains(got, number) || strings.Count(got, "wait") != 20 {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}
