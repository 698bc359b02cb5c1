package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in the configuration, or, among Warnings, something to
// know.
type Problem struct {
	File string
	// Line and Column count from 1. They are 0 where the file as a whole is
	// meant; a key that is missing is reported where its section stands.
	Line, Column int
	// Path is the field: shops[0].domain.
	Path string
	// Text says what is wrong and what to do.
	Text string
}

// String is the form that editors jump to: file:line:column: path: text.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		s += ": " + p.Path
	}
	return s + ": " + p.Text
}

// Problems is why a configuration is refused: everything found, in the order
// of the file. It is never empty when it is an error.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.String()
	}
	return strings.Join(out, "\n")
}

// Warnings do not stop the program: an operator should know them.
type Warnings []Problem

func inFileOrder(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
