package machine

import (
	"slices"
	"time"

	"countermand/state"
)

// messageKinds are the messages to a supplier.
var messageKinds = []state.EffectKind{state.EffectMessageRequest, state.EffectMessageRefusal, state.EffectMessageProof}

// IsMessage tells whether an effect writes to the supplier.
func IsMessage(k state.EffectKind) bool {
	return k == state.EffectMessageRequest || k == state.EffectMessageRefusal || k == state.EffectMessageProof
}

// MessageFits tells whether a message is still true in the case's status.
func MessageFits(c state.Case, kind state.EffectKind) bool {
	if kind == state.EffectMessageRefusal && len(c.Tracking) > 0 {
		return false // it asks for the number
	}
	return slices.Contains(statuses[c.Status].messages, kind)
}

// mayMessage: in observe nothing is written to anybody.
func (x *change) mayMessage(kind state.EffectKind) bool {
	return x.p.Messages[kind] && x.p.Mode != Observe
}

// planMessage plans a message, once.
func (x *change) planMessage(kind state.EffectKind, why string) {
	if _, told := x.c.MessagedAt[kind]; !told && x.mayMessage(kind) && MessageFits(x.c, kind) {
		x.plan(kind, "", x.now, why)
	}
}

func (x *change) dropMessages() {
	for _, kind := range messageKinds {
		x.drop(kind)
	}
}

// dropUntrueMessages takes back messages that a new status has made untrue.
func (x *change) dropUntrueMessages() {
	for _, kind := range messageKinds {
		if !MessageFits(x.c, kind) {
			x.drop(kind)
		}
	}
}

// planMissedMessages plans the messages that were not sent because of a pause.
func (x *change) planMissedMessages() {
	const why = "resumed"
	x.planMessage(state.EffectMessageRequest, why)
	x.planMessage(state.EffectMessageRefusal, why)
	due := x.c.Clocks[state.ClockProofDue]
	missed := func(pt point) bool { return pt.near && pt.clock == state.ClockProofDue && hasFired(x.c, pt) }
	if x.c.Proof == state.ProofNone && due.After(x.now) && slices.ContainsFunc(points(x.c), missed) {
		x.planMessage(state.EffectMessageProof, why)
	}
}

// messaged is the end of an attempt to write to the supplier.
func messaged(x *change) error {
	m := x.ev.Messaged
	if m == nil {
		return x.refuse("no outcome came with it")
	}
	if x.c.MessagedAt == nil {
		x.c.MessagedAt = map[state.EffectKind]time.Time{}
	}
	if !m.Sent {
		if m.Maybe {
			x.c.MessagedAt[m.Kind] = x.now
		}
		x.say("%s was not written: %s", messageWord(m.Kind), m.Detail)
		if !x.c.Status.Ended() {
			x.alert(AlertMessageUnsent)
		}
		return nil
	}
	x.c.MessagedAt[m.Kind] = x.now
	x.say("%s was written: %s", messageWord(m.Kind), m.Detail)
	return nil
}

func messageWord(k state.EffectKind) string {
	switch k {
	case state.EffectMessageRequest:
		return "the message about the request"
	case state.EffectMessageRefusal:
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
