package machine

import (
	"slices"
	"time"

	"countermand/state"
)

// tells are the messages to a supplier.
var tells = []state.EffectKind{state.EffectTellRequest, state.EffectTellRefusal, state.EffectTellProof}

// IsMessage tells whether an effect writes to the supplier.
func IsMessage(k state.EffectKind) bool {
	return k == state.EffectTellRequest || k == state.EffectTellRefusal || k == state.EffectTellProof
}

// MessageFits tells whether a message is still true in the case's status.
func MessageFits(c state.Case, kind state.EffectKind) bool {
	if kind == state.EffectTellRefusal && len(c.Tracking) > 0 {
		return false // it asks for the number
	}
	return slices.Contains(statuses[c.Status].messages, kind)
}

// mayTell: in observe nothing is written to anybody.
func (x *change) mayTell(kind state.EffectKind) bool {
	return x.p.Tells[kind] && x.p.Mode != Observe
}

// tellSupplier plans a message, once.
func (x *change) tellSupplier(kind state.EffectKind, why string) {
	if _, told := x.c.Told[kind]; !told && x.mayTell(kind) && MessageFits(x.c, kind) {
		x.plan(kind, "", x.now, why)
	}
}

func (x *change) dropTells() {
	for _, kind := range tells {
		x.drop(kind)
	}
}

// dropOldTells takes back messages that a new status has made untrue.
func (x *change) dropOldTells() {
	for _, kind := range tells {
		if !MessageFits(x.c, kind) {
			x.drop(kind)
		}
	}
}

// retell plans the messages that were not sent because of a pause.
func (x *change) retell() {
	const why = "resumed"
	x.tellSupplier(state.EffectTellRequest, why)
	x.tellSupplier(state.EffectTellRefusal, why)
	due := x.c.Clocks[state.ClockProofDue]
	missed := func(pt point) bool { return pt.near && pt.clock == state.ClockProofDue && acted(x.c, pt) }
	if x.c.Proof == state.ProofNone && due.After(x.now) && slices.ContainsFunc(points(x.c), missed) {
		x.tellSupplier(state.EffectTellProof, why)
	}
}

// messaged is the end of an attempt to write to the supplier.
func messaged(x *change) error {
	m := x.ev.Messaged
	if m == nil {
		return x.refuse("no outcome came with it")
	}
	if x.c.Told == nil {
		x.c.Told = map[state.EffectKind]time.Time{}
	}
	if !m.Sent {
		if m.Maybe {
			x.c.Told[m.Kind] = x.now
		}
		x.say("%s was not written: %s", tellWord(m.Kind), m.Detail)
		if !x.c.Status.Ended() {
			x.alert(AlertUntold)
		}
		return nil
	}
	x.c.Told[m.Kind] = x.now
	x.say("%s was written: %s", tellWord(m.Kind), m.Detail)
	return nil
}

func tellWord(k state.EffectKind) string {
	switch k {
	case state.EffectTellRequest:
		return "the message about the request"
	case state.EffectTellRefusal:
		return "the message about the refusal"
	}
	return "the reminder to send the tracking number"
}

// shopDone notes in the journal what was done in the shop.
func shopDone(x *change) error {
	if x.ev.Note == "" {
		return x.refuse("it does not say what was done")
	}
	detail := x.ev.Note
	x.ev.Note = ""
	x.say("%s", detail)
	return nil
}
