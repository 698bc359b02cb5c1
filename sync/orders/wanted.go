package orders

import (
	"slices"
	"strconv"

	"countermand/shop"
	"countermand/state"
)

// Cancellation is what the shop says of an order.
func Cancellation(o shop.Order, cause state.Cause) *state.Cancellation {
	cn := &state.Cancellation{
		Shop: o.Shop, ShopOrder: o.Name, ShopOrderID: o.ID, Reason: o.Reason, OrderedAt: o.CreatedAt, CancelledAt: o.CancelledAt, Lines: o.Lines, Cause: cause,
		Facts: state.Facts{Total: o.Total, Tags: o.Tags, Vendors: o.Vendors, Country: o.Country, Fulfillment: o.Fulfillment, Financial: o.Financial},
	}
	for _, l := range o.Lines {
		cn.Facts.Products = append(cn.Facts.Products, l.Title)
	}
	return cn
}

// ToCancel is a supplier order that is to be cancelled. Partial is why it cannot
// be cancelled whole.
type ToCancel struct {
	state.Mapping
	Partial state.Finding
}

// Cancels is what is to be cancelled of a shop order.
type Cancels struct {
	Maps   []state.Mapping // all supplier orders that are known of it
	Orders []ToCancel      // those that are to go
	Rest   []state.Line    // lines that are to go, of which none is known
}

// uncovered are the lines to be cancelled (gone nil: all) that belong to no known
// supplier order; none where a known one does not say which lines it has.
func uncovered(o shop.Order, maps []state.Mapping, gone map[string]int) (rest []state.Line) {
	vague := slices.ContainsFunc(maps, func(m state.Mapping) bool {
		_, known := covers(o, m, 2)
		return !known
	})
	if len(maps) == 0 || vague {
		return nil
	}
	for _, l := range o.Lines {
		has := slices.ContainsFunc(maps, func(m state.Mapping) bool {
			return slices.ContainsFunc(m.Lines, func(n state.Line) bool { return sameLine(n, l) })
		})
		if !has && (gone == nil || gone[l.ID] > 0) {
			rest = append(rest, l)
		}
	}
	return rest
}

// Whole wants a shop order cancelled altogether.
func Whole(o shop.Order, maps []state.Mapping) Cancels {
	return Cancels{Maps: maps, Orders: All(maps), Rest: uncovered(o, maps, nil)}
}

// InPart wants cancelled what is gone of a shop order, by the ids of its lines.
func InPart(o shop.Order, maps []state.Mapping, gone map[string]int) Cancels {
	return Cancels{Maps: maps, Orders: touched(o, maps, gone), Rest: uncovered(o, maps, gone)}
}

// All wants supplier orders cancelled altogether.
func All(maps []state.Mapping) (out []ToCancel) {
	for _, m := range maps {
		out = append(out, ToCancel{Mapping: m})
	}
	return out
}

// touched are the supplier orders of which lines were taken off, by the ids of
// the shop's lines.
func touched(o shop.Order, maps []state.Mapping, gone map[string]int) (out []ToCancel) {
	for _, m := range maps {
		lines, known := covers(o, m, len(maps))
		went, all := Count(lines, gone)
		orderWent, orderAll := Count(o.Lines, gone)
		switch {
		case went == 0:
		case known && went >= all, orderWent >= orderAll:
			out = append(out, ToCancel{Mapping: m})
		case !known:
			out = append(out, ToCancel{m, Partial(state.PartUnclear, went, all)})
		default:
			out = append(out, ToCancel{m, Partial(state.PartOfOrder, went, all)})
		}
	}
	return out
}

// Partial is why a supplier order cannot be cancelled whole.
func Partial(code state.FindingCode, gone, all int) state.Finding {
	return state.Found(code, "", "gone", strconv.Itoa(gone), "all", strconv.Itoa(all))
}
