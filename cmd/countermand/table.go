package main

import (
	"io"
	"os"
	"slices"
	"strings"

	pretty "github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"countermand/cmd/internal/plain"
)

// Widths in columns of a terminal.
const (
	leastTerminal = 80 // a narrower one breaks the lines itself
	columnGap     = 2
	leastText     = 16 // words are not broken into shorter lines than this,
	leastLast     = 24 // nor those of the last column, which holds the sentences,
	longestWord   = 30 // nor is a word, such as an id, broken that is no longer;
	leastCell     = 8  // where that does not help this is the bound
)

// table aligns rows in columns. Where it does not fit the terminal, columns
// that can be spared are left out and long cells are broken into lines. Cells
// come from web pages too: what could drive the terminal does not pass.
type table struct {
	indent string
	// width is the terminal's, 0 for no limit.
	width int
	// spare are the columns that are left out first, by their heads in the
	// first row.
	spare []string
	rows  [][]string
}

// table makes a table for the terminal. What goes into a file or another
// program, or is wanted --wide, is never broken and lacks nothing.
func (e *clientEnv) table(indent string, spare ...string) *table {
	t := &table{indent: indent, spare: spare}
	if w := terminalWidth(e.Stdout); w > 0 && !e.wide {
		t.width = max(w, leastTerminal)
	}
	return t
}

// terminalWidth is how many columns the terminal behind w has, 0 where there is
// none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return leastTerminal
	}
	return columns
}

func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = plain.Line(cell)
	}
	t.rows = append(t.rows, cells)
}

func (t *table) String() string {
	if len(t.rows) == 0 {
		return ""
	}
	widths := t.fit()
	w := pretty.NewWriter()
	w.SetStyle(pretty.Style{Box: pretty.BoxStyle{PaddingRight: strings.Repeat(" ", columnGap)}})
	w.SuppressTrailingSpaces()
	for _, r := range t.rows {
		row := pretty.Row{}
		for i, cell := range r {
			if widths[i] > 0 {
				row = append(row, text.WrapSoft(cell, widths[i]))
			}
		}
		w.AppendRow(row)
	}
	out := t.indent + strings.ReplaceAll(w.Render(), "\n", "\n"+t.indent) + "\n"
	var missing []string
	for i, name := range t.rows[0] {
		if widths[i] == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		out += "Left out for want of room: " + strings.Join(missing, ", ") + "; --wide shows all.\n"
	}
	return out
}

// fit gives each column its width, 0 where it is left out.
func (t *table) fit() []int {
	widths, words := t.measure()
	if t.width == 0 {
		return widths
	}
	least := make([]int, len(widths))
	for i, w := range widths {
		floor := leastText
		if i == len(widths)-1 {
			floor = leastLast
		}
		least[i] = min(w, max(words[i], floor))
	}
	room := func(columns []int) int {
		n := t.width - len(t.indent) + columnGap
		for i, w := range columns {
			if widths[i] > 0 {
				n -= w + columnGap
			}
		}
		return n
	}
	for _, name := range t.spare {
		if room(least) < 0 {
			widths[slices.Index(t.rows[0], name)] = 0
		}
	}
	// The widest gives way first, so that short cells stay whole.
	for _, floors := range [][]int{least, words, make([]int, len(widths))} {
		for room(widths) < 0 && narrow(widths, floors) {
		}
	}
	return widths
}

// measure gives the width of each column's longest cell and longest word.
func (t *table) measure() (widths, words []int) {
	for _, r := range t.rows {
		for i, cell := range r {
			if i == len(widths) {
				widths, words = append(widths, 1), append(words, 0)
			}
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(cell))
			for word := range strings.FieldsSeq(cell) {
				words[i] = max(words[i], min(longestWord, text.StringWidthWithoutEscSequences(word)))
			}
		}
	}
	return widths, words
}

// narrow takes something off the widest column that is wider than its floor.
func narrow(widths, floors []int) bool {
	found := -1
	for i, w := range widths {
		if w > max(floors[i], leastCell) && (found < 0 || w > widths[found]) {
			found = i
		}
	}
	if found >= 0 {
		widths[found]--
	}
	return found >= 0
}
