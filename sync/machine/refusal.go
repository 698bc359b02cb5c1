package machine

import (
	"fmt"
	"time"

	"countermand/state"
)

func (x *change) refused(r *state.Reading, format string, args ...any) {
	x.c.AnsweredAt, x.c.Days = r.At, x.c.Days.With(state.FieldAnsweredAt, state.Day{})
	if !r.AnsweredAt.IsZero() {
		x.c.AnsweredAt, x.c.Days = r.AnsweredAt, x.c.Days.With(state.FieldAnsweredAt, r.Days[state.FieldAnsweredAt])
	}
	var shipped time.Time
	if shippedPhase(r.Phase) {
		shipped = x.c.ShippedAt
	}
	x.to(state.Refused, "%s%s", fmt.Sprintf(format, args...), x.comparedDates(namedDate{"asked", x.c.RequestedAt},
		namedDate{"answered", r.AnsweredAt}, namedDate{"marked shipped", shipped}, namedDate{"read", r.At}))
	x.concludeFromProof(r)
}

// refusedEarlier is a page that speaks of a refusal before anything was
// clicked: somebody asked who is not known here, such as the operator by hand.
// To ask again is theirs to do, so the case goes on as any refused one.
func (x *change) refusedEarlier(r *state.Reading) {
	x.c.Attempt.StartedAt = time.Time{}
	x.noteEarlierRequest(r)
	x.refused(r, "the page tells of an earlier request that was refused: “%s”; nothing was clicked", r.RefusedText)
}

// noteEarlierRequest works out from a page with a refusal when the request was made,
// and compares the scans with that.
func (x *change) noteEarlierRequest(r *state.Reading) {
	a := &x.c.Attempt
	switch {
	case !r.RequestedAt.IsZero():
		x.c.RequestedAt, x.c.Days = r.RequestedAt.UTC(), x.c.Days.With(state.FieldRequestedAt, r.Days[state.FieldRequestedAt])
	case stoodAlready(*a):
		if since := x.lastWithout(r); since.Before(a.NoticeAt()) {
			a.NotOurs, a.ClickedAt = true, since
		}
	case !a.NoticeAt().IsZero():
	case a.Reasked: // our own, which read as never placed for a while
		a.ClickedAt = a.FirstAt
	default:
		a.NotOurs, a.ClickedAt = true, x.lastWithout(r)
	}
	x.c.Proof = proof(x.c, noticeAt(x.c, r.At))
}

// refusedAsShipped is the shipped mark on an order that was asked, or was to
// be asked. Whether it really left, and when, the scans must show.
func (x *change) refusedAsShipped(r *state.Reading) {
	x.drop(state.EffectRequest)
	x.c.Attempt.StartedAt = time.Time{}
	if r == nil {
		r = &state.Reading{At: x.now}
	}
	if (r.RefusedText != "" || stoodAlready(x.c.Attempt)) && x.c.RequestedAt.IsZero() {
		x.noteEarlierRequest(r)
	}
	after := !x.c.RequestedAt.IsZero()
	words := " although it was asked"
	switch {
	case !after && x.c.Attempt.NotOurs:
		words = fmt.Sprintf(", and the page tells of an earlier request that was refused: “%s”", r.RefusedText)
	case !after && !x.c.Attempt.NoticeAt().IsZero():
		words = ", and it may have been asked before"
	case !after:
		words = " before it could be asked"
	case x.markedBefore():
		words = " on a day before it was asked"
	}
	x.refused(r, "marked shipped (“%s”)%s", r.StatusText, words)
	if after && !x.markedBefore() && x.c.Status != state.Shipped {
		x.alert(AlertShippedAfter)
	}
}

// shippedMeanwhile tells a person of an order that was marked shipped after the
// refusal.
func (x *change) shippedMeanwhile(marked bool) {
	if marked || x.c.ShippedAt.IsZero() || x.c.Proof == state.ProofScanBefore {
		return
	}
	if x.c.RequestedAt.IsZero() && x.c.Notice().Undated() { // a person compares
		x.say("marked shipped %s; that a request was refused was read %s", StampOf(x.c, x.c.ShippedAt), StampOf(x.c, x.c.AnsweredAt))
		x.alert(AlertShippedAfter)
	}
	if x.c.RequestedAt.IsZero() {
		return
	}
	mark, asked := StampOf(x.c, x.c.ShippedAt), noticeAt(x.c, x.now)
	switch {
	case x.markedBefore():
		x.say("marked shipped %s, before we asked %s: the scans decide", mark, StampOf(x.c, asked))
		return
	case x.c.ShippedGuess:
		x.say("marked shipped, first seen so %s, after we asked %s", mark, StampOf(x.c, x.c.RequestedAt))
	case !x.c.ShippedAt.Before(x.c.Days.End(state.FieldRequestedAt, x.c.RequestedAt)):
		x.say("marked shipped %s, after we asked %s", mark, StampOf(x.c, x.c.RequestedAt))
	case x.c.ShippedAt.Before(asked):
		x.say("marked shipped %s, on the day on which we asked (%s): the scans decide", mark, StampOf(x.c, asked))
	default:
		x.say("marked shipped %s, when it may have been asked (since %s): the scans decide", mark, StampOf(x.c, asked))
	}
	x.alert(AlertShippedAfter)
}
