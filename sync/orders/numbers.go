package orders

import (
	"cmp"
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// Where a number comes from that the shop order itself does not name
// ([state.Mapping.By]).
const (
	ByOperator = "operator" // a person gave it
	ByImport   = "import"   // it stands in a file
)

// Merge joins what a file says of an order with what earlier files said. A number
// that the new file does not repeat may be of another parcel or be corrected by
// the new file: where the lines do not tell, a person decides.
func Merge(list, have []state.Mapping) (out []state.Mapping, why state.Finding) {
	out = slices.Clone(list)
	var stay []string
	for _, m := range have {
		if !slices.ContainsFunc(list, func(n state.Mapping) bool { return n.SupplierOrder == m.SupplierOrder }) {
			out, stay = append(out, m), append(stay, m.SupplierOrder)
		}
	}
	if len(stay) > 0 && !apart(out) {
		why = state.Found(state.ImportUnclear, "", "others", strings.Join(stay, ", "))
	}
	for i := range out {
		out[i].By, out[i].Conflict = ByImport, why
	}
	return out, why
}

// apart tells whether each number has lines of its own.
func apart(list []state.Mapping) bool {
	owner := map[string]string{}
	for _, m := range list {
		for _, l := range m.Lines {
			if other, taken := owner[l.SKU]; taken && other != m.SupplierOrder {
				return false
			}
			owner[l.SKU] = m.SupplierOrder
		}
	}
	return !slices.ContainsFunc(list, func(m state.Mapping) bool { return len(m.Lines) == 0 })
}

// Numbers are the supplier orders of a shop order: what the operator said,
// else what the order itself names, else what was imported. An import that
// names another number than the order puts both in doubt, and a number of which
// no line is the shop order's may be another order's. said is what is stored of the
// order.
func Numbers(o shop.Order, said []state.Mapping) []state.Mapping {
	out := numbers(o, said)
	for i, m := range out {
		if m.Conflict.IsZero() {
			out[i].Conflict = foreign(o, m)
		}
	}
	return out
}

func numbers(o shop.Order, said []state.Mapping) []state.Mapping {
	out := slices.Clone(o.Supplier)
	said = slices.Clone(said)
	for i := range said {
		said[i].Lines = ownLines(o, said[i].Lines)
	}
	if len(said) > 0 && len(out) == 0 || slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == ByOperator }) {
		return said
	}
	for _, m := range said {
		if slices.ContainsFunc(out, func(have state.Mapping) bool { return have.SupplierOrder == m.SupplierOrder }) {
			continue
		}
		for i := range out {
			out[i].Conflict = state.Found(state.ImportDiffers, out[i].SupplierOrder, "other", m.SupplierOrder)
		}
	}
	return out
}

// foreign is the finding that a number names lines, and none of them is the shop
// order's.
func foreign(o shop.Order, m state.Mapping) state.Finding {
	var skus []string
	for _, n := range m.Lines {
		if slices.ContainsFunc(o.Lines, func(l state.Line) bool { return sameLine(n, l) }) {
			return state.Finding{}
		}
		skus = append(skus, cmp.Or(n.SKU, n.ID, n.Title))
	}
	if len(skus) == 0 {
		return state.Finding{}
	}
	return state.Found(state.LinesForeign, m.SupplierOrder, "skus", strings.Join(skus, ", "))
}

// Superseded tells whether another case about the supplier order of an ended one may be
// opened: its number was taken back, the order was wanted again, or it was
// ignored and the shop now says more.
func Superseded(c state.Case, cn *state.Cancellation) bool {
	return c.Status == state.Ignored && (c.Stop.Code == state.FindingReplaced || c.Stop.Code == state.FindingWithdrawn || c.Cause.Rank() < cn.Cause.Rank() || c.EndedAt.Before(cn.AskedAt))
}

// GaveNumberBack tells whether a case ended before the supplier could know of it, because
// the operator named other orders or the order was wanted again.
func GaveNumberBack(c state.Case) bool {
	return !c.Notice().Possible() && c.Status == state.Ignored && (c.Stop.Code == state.FindingReplaced || c.Stop.Code == state.FindingWithdrawn)
}

// PlainName is an order's name without the sign that Shopify puts before it:
// people leave it out.
func PlainName(name string) string { return strings.TrimPrefix(strings.TrimSpace(name), "#") }
