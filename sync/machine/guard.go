package machine

import (
	"slices"
	"strconv"
	"time"

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
// order's date (not before the shop's order, nor after its cancel, with a day of
// grace), the item count (that of the mapped lines), and amount and store as read
// before. What is not known is not compared. Once the supplier was asked the
// number alone decides. The error, a *[WrongOrderError], names everything that is
// off; what a person has approved passes, another number never.
func RightOrder(c state.Case, r state.Reading) error {
	if off := guard(c, r); off != nil && !sameOrder(c, r) {
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
		if !c.Accepted.Contains(f) && (f.Code != state.OrderedBefore || !c.Accepted.Contains(orderedBefore(c, moment(r.OrderedAt)))) {
			return off // a person may have approved a day when it was kept as a moment
		}
	}
	return nil
}

// sameOrder tells whether a page is the order's by its number alone: once it
// was asked, or may have been, a changed total, currency or store voids no
// reading.
func sameOrder(c state.Case, r state.Reading) bool {
	return c.SupplierOrder != "" && r.Number == c.SupplierOrder && mayBeAsked(c)
}

// mayBeAsked tells whether a call that asks has left and no other is to follow by
// itself.
func mayBeAsked(c state.Case) bool {
	switch c.Status {
	case state.StatusStart, state.Unmapped, state.Queued:
		return false
	case state.Requesting:
		return awaitsReading(c.Attempt)
	case state.Held:
		return len(c.Attempt.Calls()) > 0
	}
	return true
}

func orderedBefore(c state.Case, placed string) state.Finding {
	return state.Found(state.OrderedBefore, c.SupplierOrder, "placed", placed, "shop_order", moment(c.ShopOrderedAt))
}

// anotherNumber tells whether the number itself is off, or nobody said what is.
func anotherNumber(found state.Findings) bool {
	return slices.ContainsFunc(found, func(f state.Finding) bool { return f.Code == state.OtherOrder || f.Code == state.WrongOrder })
}

func differences(c state.Case, r state.Reading) (off state.Findings) {
	found := func(code state.FindingCode, facts ...string) {
		off = append(off, state.Found(code, c.SupplierOrder, facts...))
	}
	if !r.OrderedAt.IsZero() && !c.ShopOrderedAt.IsZero() && r.Days.Last(state.FieldOrderedAt, r.OrderedAt).Before(c.ShopOrderedAt.Add(-state.OrderDateGrace)) {
		off = append(off, orderedBefore(c, orElse(r.Days[state.FieldOrderedAt].Date, moment(r.OrderedAt))))
	}
	if wanted := orTime(c.CancelledAt, c.OpenedAt); !callLeft(c) && !wanted.IsZero() && r.OrderedAt.After(wanted.Add(state.OrderDateGrace)) {
		found(state.OrderedAfter, "placed", moment(r.OrderedAt), "cancelled", moment(wanted))
	}
	have, need := state.ItemCount(r.Lines), state.ItemCount(c.Lines)
	switch least, most := state.LeastItems(r.Lines), mostItems(c); {
	case !callLeft(c) && have > 0 && most > 0 && least > most:
		found(state.TooManyItems, "have", strconv.Itoa(least), "went", strconv.Itoa(most))
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

// callLeft tells whether the call that asks has left. From then on the number alone
// decides whose page it is: what was asked goes on, whatever else is found.
func callLeft(c state.Case) bool {
	switch c.Status {
	case state.StatusStart, state.Unmapped, state.Held, state.Queued:
		return false
	case state.Requesting:
		return !c.Attempt.DispatchedAt.IsZero()
	}
	return true
}

// mostItems is how many items the supplier order can have at most, if all its goods
// are to go: those of the lines it covers, or of the whole shop order where it is
// not known which. Zero: not known.
func mostItems(c state.Case) (n int) {
	for _, l := range c.Lines {
		if l.Quantity == 0 {
			return c.ShopItems
		}
		n += l.Quantity
	}
	if n == 0 {
		return c.ShopItems
	}
	return n
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}
