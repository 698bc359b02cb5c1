package machine

import (
	"countermand/state"
	"countermand/supplier"
)

// notUnderstood handles a page that is not known, before anything left. It may be
// the site that changed, of which the account tells once, so the case stays in the
// queue and is tried again. It is a person's where other orders work, and where
// only a person may go on: the page tells of a refusal, or offers what must never
// be clicked.
func (x *change) notUnderstood(r *state.AttemptResult) {
	a, said := &x.c.Attempt, "" // whoever approves has seen it: see [countermand/supplier.CancelRequest]
	if r.Reading != nil {
		said = r.Reading.RefusedText
	}
	if said != "" || r.OthersWork || r.CoolDown <= 0 || r.Kind == string(supplier.Unsafe) {
		a.Odd = 0
		x.hold(false, state.Found(state.UnknownPage, "", "detail", r.Detail, "refused", said))
		return
	}
	if a.Odd++; a.Odd == 1 {
		a.OddAt = x.now
	}
	x.backToQueue(r.CoolDown, "its page is not understood: %s", r.Detail)
}

func queuedFlag(c state.Case) string {
	if c.Attempt.Odd > 0 {
		return "its page is not understood: tried again by itself, or cancel it by hand"
	}
	return "will be asked"
}
