package aliexpresstest

import (
	"fmt"
	"strconv"
	"strings"
)

// cents reads a decimal that amountShape has let through.
func cents(amount string) int64 {
	whole, frac, _ := strings.Cut(amount, ".")
	n, _ := strconv.ParseInt(whole+(frac + "00")[:2], 10, 64)
	return n
}

func decimal(c int64) string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

func (o *Order) linesTotal() int64 {
	var sum int64
	for _, l := range o.Lines {
		sum += cents(l.Price) * int64(l.Qty)
	}
	return sum
}

// share is the part of an amount of the whole order that falls on one line;
// the last line takes what rounding leaves.
func (o *Order) share(amount int64, line int) int64 {
	all := o.linesTotal()
	if all == 0 || len(o.Lines) == 1 {
		return amount
	}
	part := func(i int) int64 { return amount * cents(o.Lines[i].Price) * int64(o.Lines[i].Qty) / all }
	if line < len(o.Lines)-1 {
		return part(line)
	}
	rest := amount
	for i := range line {
		rest -= part(i)
	}
	return rest
}
