package sync

import (
	"fmt"
	"slices"

	"countermand/shop"
	"countermand/state"
)

// want is a supplier order that is to be cancelled. partial is why it cannot
// be cancelled whole.
type want struct {
	state.Mapping
	partial string
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
		switch {
		case went == 0:
		case went >= all:
			out = append(out, want{Mapping: m})
		case !known:
			out = append(out, want{m, fmt.Sprintf("%d of %d items were taken off the shop order, and it is not known which AliExpress order holds them", went, all)})
		default:
			out = append(out, want{m, fmt.Sprintf("only %d of the %d items of this AliExpress order were taken off in the shop", went, all)})
		}
	}
	return out
}

// covers are the shop's lines behind a supplier order, by id, else by SKU. A
// number that says nothing of lines stands for all where it is the only one;
// beside others it is not known which ones it has.
func covers(o shop.Order, m state.Mapping, numbers int) (lines []state.Line, known bool) {
	for _, l := range o.Lines {
		i := slices.IndexFunc(m.Lines, func(have state.Line) bool {
			return have.ID == l.ID || have.ID == "" && have.SKU != "" && have.SKU == l.SKU
		})
		if i >= 0 {
			lines = append(lines, l)
		}
	}
	if len(lines) > 0 {
		return lines, true
	}
	return o.Lines, numbers == 1
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
func (t *txn) settleGone(o shop.Order, s Shop, have []state.Case) error {
	maps, err := t.numbers(o)
	if err != nil {
		return err
	}
	if err := t.wantedAgain(o, have); err != nil {
		return err
	}
	if err := t.unnamed(have, maps); err != nil {
		return err
	}
	at := o.GoneAt
	if at.IsZero() {
		at = o.UpdatedAt
	}
	went, all := count(o.Lines, o.Gone)
	if went == 0 || len(have) == 0 && at.Before(s.Since) {
		return nil
	}
	cn := cancellationOf(o, state.CauseLines)
	if len(maps) == 0 && len(have) == 0 {
		if went < all {
			cn.Partial = fmt.Sprintf("only %d of the %d items of the shop order were taken off", went, all)
		}
		return t.cover(nil, cn, nil, s, state.ByShop)
	}
	wants := touched(o, maps, o.Gone)
	if len(wants) == 0 {
		return nil
	}
	return t.cover(have, cn, wants, s, state.ByShop)
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
