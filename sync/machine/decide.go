package machine

import (
	"time"

	"countermand/state"
)

func (x *change) who() string {
	if x.ev.Who != "" {
		return x.ev.Who
	}
	return "the operator"
}

// approve sends a held case on. What the guard found is accepted as it was
// shown; any other finding will hold the case again.
func approve(x *change) error {
	switch {
	case x.p.Mode == Observe:
		return x.refuse("mode is observe, so nothing is clicked; set mode to confirm or auto first")
	case x.c.SupplierOrder == "":
		return x.refuse("no %s order is known", x.supplier())
	case x.ev.Decision != nil && x.ev.Decision.Seen != nil && !x.ev.Decision.Seen.Equal(x.c.Findings):
		return x.refuse("since you looked it is held for another reason: %s", x.words(x.c.Findings...))
	}
	x.c.Approved, x.c.ApprovedAt, x.c.Accepted, x.c.NumberUnsure = true, x.now, x.c.Findings, false
	x.callIsPast()
	x.c.Attempt.StartedAt, x.c.Attempt.Reasked, x.c.Attempt.NotShown, x.c.Attempt.Broken = time.Time{}, false, 0, 0
	x.c.Attempt.Odd, x.c.Attempt.OddAt = 0, time.Time{}
	if AwaitsRules(x.c) {
		x.c.Rule = "approved by " + x.who()
	}
	x.c.AskableAt = time.Time{} // the time to ask runs from the approval
	x.to(state.Queued, "%s approved: will be asked", x.who())
	x.plan(state.EffectRequest, "", x.now, "approved by "+x.who())
	return nil
}

func ignore(x *change) error {
	x.to(state.Ignored, "%s decided to leave it", x.who())
	return nil
}

func writeOff(x *change) error {
	x.to(state.WrittenOff, "%s gave it up", x.who())
	return nil
}

func pause(x *change) error {
	if x.c.Paused {
		return x.refuse("it is paused already")
	}
	x.c.Paused = true
	x.drop(state.EffectRead)
	x.drop(state.EffectRequest)
	x.dropMessages()
	x.say("%s paused it: deadlines still warn, nothing else happens", x.who())
	return nil
}

func resume(x *change) error {
	if !x.c.Paused {
		return x.refuse("it is not paused")
	}
	x.c.Paused = false
	x.say("%s resumed it", x.who())
	x.planMissedMessages()
	switch {
	case x.c.Status == state.Queued && !AwaitsRules(x.c):
		x.plan(state.EffectRequest, "", x.now, "resumed")
	case !x.c.NextCheckAt.IsZero():
		x.c.NextCheckAt = x.now
	}
	return nil
}

// readNow reads the order at once, tracking included.
func readNow(x *change) error {
	if x.c.Paused {
		return x.refuse("it is paused; resume it first")
	}
	x.say("%s wants it read now", x.who())
	x.read(state.DepthTracking, "asked for by "+x.who())
	return nil
}

func retryUnmapped(x *change) error {
	x.say("%s wants the shop order looked at again", x.who())
	x.out.ReadShop = true
	return nil
}

func retryHeld(x *change) error {
	if x.c.NumberUnsure {
		return x.refuse("it may be the wrong order; approve it if you are sure")
	}
	return readNow(x)
}

func retryQueued(x *change) error {
	if x.c.Paused {
		return x.refuse("it is paused; resume it first")
	}
	if AwaitsRules(x.c) {
		return readNow(x)
	}
	x.say("%s wants it asked now", x.who())
	x.plan(state.EffectRequest, "", x.now, "asked for by "+x.who())
	return nil
}

func retryRequesting(x *change) error {
	if !awaitsReading(x.c.Attempt) {
		return x.refuse("an attempt is running")
	}
	return readNow(x)
}

func opened(x *change) error {
	x.c.DisputedAt = x.now
	if d := x.ev.Decision; d != nil {
		x.c.DisputeID = d.DisputeID
		if !d.At.IsZero() {
			x.c.DisputedAt = d.At.UTC()
		}
	}
	x.to(state.Disputed, "%s opened a dispute%s on %s", x.who(), map[bool]string{true: " " + x.c.DisputeID}[x.c.DisputeID != ""], Stamp(x.c.DisputedAt))
	return nil
}

func proofByOperator(x *change) error {
	x.to(state.Shipped, "%s accepts that it was shipped before the request", x.who())
	return nil
}

func remindSupplier(x *change) error {
	yourself := "write to the supplier yourself"
	if x.c.Status == state.Disputable {
		yourself += ", then snooze the case"
	}
	switch at, told := x.c.MessagedAt[state.EffectMessageProof]; {
	case told:
		return x.refuse("the reminder was sent %s and is not sent twice; %s", Stamp(at), yourself)
	case x.c.Paused:
		return x.refuse("it is paused; resume it first")
	case !x.mayMessage(state.EffectMessageProof):
		return x.refuse("no message is set for it (messages: proof), or the mode is observe; %s", yourself)
	}
	x.say("%s asks for the tracking number once more", x.who())
	x.planMessage(state.EffectMessageProof, "asked for by "+x.who())
	return nil
}

func snooze(x *change) error {
	if x.ev.Decision == nil || !x.ev.Decision.Until.After(x.now) {
		return x.refuse("say until when, in the future: --until 2026-12-01")
	}
	for _, kind := range []string{AlertDisputable, AlertDisputeOverdue, AlertSnoozed} {
		x.resolve(kind)
	}
	x.setClock(state.ClockSnooze, x.ev.Decision.Until)
	x.say("%s wants to be asked again %s", x.who(), Stamp(x.ev.Decision.Until))
	return nil
}

func won(x *change) error {
	x.to(state.Won, "%s: the dispute was won", x.who())
	return nil
}

func lost(x *change) error {
	x.to(state.Lost, "%s: the dispute was lost", x.who())
	return nil
}

// withdrawn is the customer wanting the order after all, before it was asked.
func withdrawn(x *change) error {
	if !x.maybeAskedSince().IsZero() { // the supplier may have it
		return x.afterMaybeAsked(wasWithdrawn, withdrawnLate)
	}
	x.c.Stop = wasWithdrawn
	x.to(state.Ignored, "%s, before the supplier was asked", x.words(wasWithdrawn))
	return nil
}

// withdrawnAsking stops an attempt before its call.
func withdrawnAsking(x *change) error { return x.stopAttempt(AlertWithdrawn, wasWithdrawn) }

func withdrawnLate(x *change) error {
	if x.c.Cause == state.CauseLines { // the shop says it at each look
		x.alertOnce(AlertWithdrawn, wasWithdrawn, "but the supplier was asked already")
		return nil
	}
	x.say("%s, but the supplier was asked already", x.words(wasWithdrawn))
	x.resolve(AlertWithdrawn) // an earlier change of mind
	x.alert(AlertWithdrawn)
	return nil
}
