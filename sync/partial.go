package sync

import (
	"slices"
	"strconv"

	"countermand/shop"
	"countermand/state"
)

// want is a supplier order that is to be cancelled. partial is why it cannot
// be cancelled whole.
type want struct {
	state.Mapping
	partial state.Finding
}

// wanted is what is to be cancelled of a shop order.
type wanted struct {
	maps   []state.Mapping // all supplier orders that are known of it
	orders []want          // those that are to go
	rest   []state.Line    // lines that are to go, of which none is known
}

// uncovered are the lines that are to go (nil: all) and belong to no supplier
// order that is known, where each of these says which of the shop's lines it
// has.
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

// sameLine compares a line of a mapping with one of the shop's.
func sameLine(named, l state.Line) bool {
	return named.ID == l.ID || named.ID == "" && named.SKU != "" && named.SKU == l.SKU
}

// wholes wants supplier orders cancelled altogether.
func wholes(maps []state.Mapping) (out []want) {
	for _, m := range maps {
		out = append(out, want{Mapping: m})
	}
	return out
}

// touched are the supplier orders of which lines went, by the ids of the
// shop's lines. It is empty while nothing of them did.
func touched(o shop.Order, maps []state.Mapping, gone map[string]int) (out []want) {
	for _, m := range maps {
		lines, known := covers(o, m, len(maps))
		went, all := count(lines, gone)
		orderWent, orderAll := count(o.Lines, gone)
		switch {
		case went == 0:
		case known && went >= all, orderWent >= orderAll:
			out = append(out, want{Mapping: m})
		case !known:
			out = append(out, want{m, part(state.PartUnclear, went, all)})
		default:
			out = append(out, want{m, part(state.PartOfOrder, went, all)})
		}
	}
	return out
}

// part is why a supplier order cannot be cancelled whole.
func part(code state.FindingCode, gone, all int) state.Finding {
	return state.Found(code, "", "gone", strconv.Itoa(gone), "all", strconv.Itoa(all))
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

func count(lines []state.Line, gone map[string]int) (went, all int) {
	for _, l := range lines {
		went += min(gone[l.ID], l.Quantity)
		all += l.Quantity
	}
	return went, all
}

// settleGone opens or moves the cases of an order that stands while lines of
// it went.
func (t *txn) settleGone(o shop.Order, s Shop, have []state.Case, maps []state.Mapping) error {
	if err := t.wantedAgain(o, have); err != nil {
		return err
	}
	went, all := count(o.Lines, o.Gone)
	old := o.CreatedAt.Before(s.Since)
	before := !o.GoneAt.IsZero() && o.GoneAt.Before(s.Since)
	if went == 0 || len(have) == 0 && before && !o.GoneUndated {
		return nil
	}
	cn := cancellationOf(o, state.CauseLines)
	if old && (o.GoneAt.IsZero() || before) {
		cn.Doubt = state.Found(state.LinesBeforeStart, "")
	}
	if len(maps) == 0 && went < all {
		cn.Partial = part(state.PartOfShop, went, all)
	}
	w := wanted{maps: maps, orders: touched(o, maps, o.Gone), rest: uncovered(o, maps, o.Gone)}
	if len(maps) > 0 && len(w.orders)+len(w.rest) == 0 {
		return nil
	}
	return t.cover(have, cn, w, s, state.ByShop)
}

// wantedAgain ends the cases of lines that came back before the supplier was
// asked.
func (t *txn) wantedAgain(o shop.Order, have []state.Case) error {
	for i, c := range have {
		if c.Cause != state.CauseLines || c.Status.Ended() {
			continue
		}
		lines, _ := covers(o, state.Mapping{Lines: c.Lines}, 1)
		if went, _ := count(lines, o.Gone); went > 0 {
			continue
		}
		next, err := t.step(c, state.Event{Kind: state.EventWithdrawn, By: state.ByShop})
		if err != nil {
			return err
		}
		have[i] = next
	}
	return nil
}
