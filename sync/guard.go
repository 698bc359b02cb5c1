package sync

import (
	"errors"
	"fmt"

	"countermand/state"
)

// ErrWrongOrder is the guard's finding that a page may show another order
// than the case means.
var ErrWrongOrder = errors.New("this may not be the right order")

// RightOrder compares a reading with what the case knows: the number, the
// order's date (not before the shop's order, with a day of grace), the item
// count (not less than the mapped lines'), and amount and store as read
// before. What is not known is not compared. A finding that a person has
// approved passes.
func RightOrder(c state.Case, r state.Reading) error {
	err := rightOrder(c, r)
	if err != nil && r.Number == c.SupplierOrder && c.Accepted == err.Error() {
		return nil
	}
	return err
}

func rightOrder(c state.Case, r state.Reading) error {
	if c.SupplierOrder == "" || r.Number != c.SupplierOrder {
		return fmt.Errorf("%w: the page shows order %q, the case means %q", ErrWrongOrder, r.Number, c.SupplierOrder)
	}
	if !r.OrderedAt.IsZero() && !c.ShopOrderedAt.IsZero() && r.OrderedAt.Before(c.ShopOrderedAt.Add(-orderDateGrace)) {
		return fmt.Errorf("%w: placed %s, before the shop's order of %s", ErrWrongOrder, stamp(r.OrderedAt), stamp(c.ShopOrderedAt))
	}
	if have, want := state.ItemCount(r.Lines), state.ItemCount(c.Lines); have > 0 && want > have {
		return fmt.Errorf("%w: it has %d items, the shop's lines need %d", ErrWrongOrder, have, want)
	}
	if c.Amount.Known() && r.Total.Known() && c.Amount != r.Total {
		return fmt.Errorf("%w: its total is %s, it was %s before", ErrWrongOrder, r.Total, c.Amount)
	}
	if c.Store != "" && r.Store != "" && c.Store != r.Store {
		return fmt.Errorf("%w: its store is %q, it was %q before", ErrWrongOrder, r.Store, c.Store)
	}
	return nil
}
