package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countermand/state"
)

// ErrWrongOrder is the guard's finding that a page may show another order
// than the case means.
var ErrWrongOrder = errors.New("this may not be the right order")

// RightOrder compares a reading with what the case knows: the number, the
// order's date (not before the shop's order, with a day of grace), the item
// count (not less than the mapped lines'), and amount and store as read
// before. What is not known is not compared. The error names everything that
// is off; what a person has approved passes, another number never.
func RightOrder(c state.Case, r state.Reading) error {
	if c.SupplierOrder == "" || r.Number != c.SupplierOrder {
		return fmt.Errorf("%w: the page shows order %q, the case means %q", ErrWrongOrder, r.Number, c.SupplierOrder)
	}
	off := findings(c, r)
	if !slices.ContainsFunc(off, func(f string) bool { return !strings.Contains(c.Accepted, f) }) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrWrongOrder, strings.Join(off, "; "))
}

func findings(c state.Case, r state.Reading) (off []string) {
	if !r.OrderedAt.IsZero() && !c.ShopOrderedAt.IsZero() && r.OrderedAt.Before(c.ShopOrderedAt.Add(-orderDateGrace)) {
		off = append(off, fmt.Sprintf("placed %s, before the shop's order of %s", Stamp(r.OrderedAt), Stamp(c.ShopOrderedAt)))
	}
	have, want := state.ItemCount(r.Lines), state.ItemCount(c.Lines)
	switch {
	case have > 0 && want > have:
		off = append(off, fmt.Sprintf("it has %d items, the shop's lines need %d", have, want))
	case have == 0 && want > 0 && r.Complete && r.Source == state.SourceDetail:
		off = append(off, fmt.Sprintf("its items cannot be counted, the shop's lines need %d", want))
	}
	if c.Amount.Known() && r.Total.Known() && c.Amount != r.Total {
		off = append(off, fmt.Sprintf("its total is %s, it was %s before", r.Total, c.Amount))
	}
	if c.Store != "" && r.Store != "" && c.Store != r.Store {
		off = append(off, fmt.Sprintf("its store is %q, it was %q before", r.Store, c.Store))
	}
	return off
}
