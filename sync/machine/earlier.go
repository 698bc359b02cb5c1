package machine

import (
	"time"

	"countermand/state"
)

// refusedEarlier is a page that speaks of a refusal before anything was
// clicked: somebody asked who is not known here, such as the operator by hand.
// To ask again is theirs to do, so the case goes on as any refused one.
func (x *change) refusedEarlier(r *state.Reading) {
	x.c.Attempt.StartedAt = time.Time{}
	x.askedEarlier(r)
	x.refused(r, "the page tells of an earlier request that was refused: “%s”; nothing was clicked", r.RefusedText)
}

// askedEarlier settles what a page with a refusal says of the request, and
// holds the scans against that.
func (x *change) askedEarlier(r *state.Reading) {
	a := &x.c.Attempt
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
		a.Earlier, a.ClickedAt = true, placed.Add(-state.OrderDateGrace)
	}
	x.c.Proof = proof(x.c, noticeAt(x.c, r.At))
}
