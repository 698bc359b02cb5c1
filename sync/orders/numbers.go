package orders

import (
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
// names another number than the order puts both in doubt. said is what is
// stored of the order.
func Numbers(o shop.Order, said []state.Mapping) []state.Mapping {
	if len(said) == 0 {
		return o.Supplier
	}
	said = slices.Clone(said)
	for i := range said {
		said[i].Lines = ownLines(o, said[i].Lines)
	}
	if len(o.Supplier) == 0 || slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == ByOperator }) {
		return said
	}
	out := slices.Clone(o.Supplier)
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
