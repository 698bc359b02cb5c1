package machine

import (
	"strconv"

	"countermand/state"
)

// WrongOrderError is the guard's finding that a page may show another order
// than the case means.
type WrongOrderError struct {
	Findings state.Findings
	words    string
}

// Error names everything that is off.
func (e *WrongOrderError) Error() string { return e.words }

// RightOrder compares a reading with what the case knows: the number, the
// order's date (not before the shop's order, with a day of grace), the item
// count (not less than the mapped lines'), and amount and store as read
// before. What is not known is not compared. The error, a *[WrongOrderError],
// names everything that is off; what a person has approved passes, another
// number never.
func RightOrder(c state.Case, r state.Reading) error {
	if off := guard(c, r); off != nil {
		return &WrongOrderError{Findings: off, words: words(c, off...)}
	}
	return nil
}

// guard compares a reading with the case; nil for the right order.
func guard(c state.Case, r state.Reading) state.Findings {
	if c.SupplierOrder == "" || r.Number != c.SupplierOrder {
		return state.Findings{state.Found(state.OtherOrder, c.SupplierOrder, "shown", orElse(r.Number, "none"))}
	}
	off := differences(c, r)
	for _, f := range off {
		if !c.Accepted.Contains(f) {
			return off
		}
	}
	return nil
}

func differences(c state.Case, r state.Reading) (off state.Findings) {
	found := func(code state.FindingCode, facts ...string) {
		off = append(off, state.Found(code, c.SupplierOrder, facts...))
	}
	if !r.OrderedAt.IsZero() && !c.ShopOrderedAt.IsZero() && r.OrderedAt.Before(c.ShopOrderedAt.Add(-state.OrderDateGrace)) {
		found(state.OrderedBefore, "placed", moment(r.OrderedAt), "shop_order", moment(c.ShopOrderedAt))
	}
	have, need := state.ItemCount(r.Lines), state.ItemCount(c.Lines)
	switch {
	case have > 0 && need > have:
		found(state.TooFewItems, "have", strconv.Itoa(have), "need", strconv.Itoa(need))
	case have == 0 && need > 0 && r.Complete && r.Source == state.SourceDetail:
		found(state.ItemsUncounted, "need", strconv.Itoa(need))
	}
	if c.Amount.Known() && r.Total.Known() && c.Amount != r.Total {
		found(state.TotalChanged, "total", r.Total.String(), "before", c.Amount.String())
	}
	if c.Store != "" && r.Store != "" && c.Store != r.Store {
		found(state.StoreChanged, "store", r.Store, "before", c.Store)
	}
	return off
}
