package sync

import (
	"time"

	"countermand/state"
)

// refusedEarlier is a page that speaks of a refusal before anything was
// clicked: somebody asked who is not known here, such as the operator by hand.
// To ask again is theirs to do, so the case goes on as any refused one.
func (x *change) refusedEarlier(r *state.Reading) {
	a := &x.c.Attempt
	a.StartedAt = time.Time{}
	switch {
	case !r.RequestedAt.IsZero():
		x.c.RequestedAt = r.RequestedAt.UTC()
	case !a.Heard().IsZero():
	case a.Reasked: // our own, which read as never placed for a while
		a.ClickedAt = a.FirstAt
	default:
		placed := x.c.OrderedAt // it cannot be older
		if placed.IsZero() {
			placed = x.c.ShopOrderedAt
		}
		a.Earlier, a.ClickedAt = true, placed.Add(-orderDateGrace)
	}
	x.refused(r, "the page tells of an earlier request that was refused: “%s”; nothing was clicked", r.RefusedText)
}

// unknownAsk: when the request was made that was refused is not known. Then no
// scan shows that it left before; a person compares.
func unknownAsk(c state.Case) bool { return c.Attempt.Earlier && c.RequestedAt.IsZero() }
