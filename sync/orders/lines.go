package orders

import (
	"slices"

	"countermand/shop"
	"countermand/state"
)

// ownLines are the shop's lines that a file names by SKU, all that have it,
// with the quantity that the file gives where it is clear whose it is. A line
// that the shop does not have stays as it is.
func ownLines(o shop.Order, named []state.Line) []state.Line {
	var out []state.Line
	for _, n := range named {
		var own []state.Line
		for _, l := range o.Lines {
			if n.ID == "" && n.SKU != "" && l.SKU == n.SKU {
				own = append(own, l)
			}
		}
		switch {
		case len(own) == 0:
			own = []state.Line{n}
		case len(own) == 1 && n.Quantity > 0:
			own[0].Quantity = n.Quantity
		}
		out = append(out, own...)
	}
	return out
}

// sameLine compares a line of a mapping with one of the shop's.
func sameLine(named, l state.Line) bool {
	return named.ID == l.ID || named.ID == "" && named.SKU != "" && named.SKU == l.SKU
}

// covers are the shop's lines behind a supplier order, by id, else by SKU. A
// number that says nothing of lines stands for all where it is the only one;
// beside others, or where it names a line that the shop does not have, it is
// not known which ones it has.
func covers(o shop.Order, m state.Mapping, numbers int) (lines []state.Line, known bool) {
	for _, l := range o.Lines {
		if slices.ContainsFunc(m.Lines, func(n state.Line) bool { return sameLine(n, l) }) {
			lines = append(lines, l)
		}
	}
	strange := slices.ContainsFunc(m.Lines, func(n state.Line) bool {
		return !slices.ContainsFunc(o.Lines, func(l state.Line) bool { return sameLine(n, l) })
	})
	if len(lines) > 0 {
		return lines, !strange
	}
	return o.Lines, numbers == 1 && !strange
}

// Count adds up the items of some lines, and how many of them were taken off, by
// the ids of the lines.
func Count(lines []state.Line, gone map[string]int) (went, all int) {
	for _, l := range lines {
		went += min(gone[l.ID], l.Quantity)
		all += l.Quantity
	}
	return went, all
}

// GoneItems counts the items that a case stands for, and those of them that went.
func GoneItems(o shop.Order, c state.Case) (went, all int) {
	lines, _ := covers(o, state.Mapping{Lines: c.Lines}, 1)
	return Count(lines, o.Gone)
}
