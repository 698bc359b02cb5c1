package machine

import "countermand/state"

func enterUnmapped(x *change) {
	x.c.NextCheckAt = x.now.Add(mapRetry)
	if x.p.Shops[x.c.Shop].MapWait <= 0 {
		x.alert(AlertUnmapped)
	}
}

func enterHeld(x *change) {
	x.drop(state.EffectRequest)
	x.alert(AlertHeld)
	if x.c.SupplierOrder != "" && !x.c.NumberUnsure && x.c.DetailAt.IsZero() {
		x.read(state.DepthDetail, "facts for your decision")
	}
}

func enterQueued(x *change) {
	if x.c.AskableAt.IsZero() {
		x.c.AskableAt = x.now
		x.setClock(state.ClockUnasked, x.now.Add(x.p.Unasked))
	}
}

func enterRequested(x *change) {
	x.stopClocks(state.ClockUnasked, state.ClockProofDue, state.ClockDisputeOpens, state.ClockDisputeCloses)
	asked := x.c.RequestedAt
	if x.start == state.Refused { // asked anew, on the site: the first request stays the one that scans are held against
		asked = x.now
	}
	x.setClock(state.ClockAnswerDue, asked.Add(x.p.Answer))
}

func enterRefused(x *change) {
	x.stopClocks(state.ClockUnasked, state.ClockAnswerDue)
	if !x.c.ShippedAt.IsZero() { // else the window's end may close the order yet
		x.stopClocks(state.ClockShipWindowEnd)
	}
	if x.p.Supplier != nil {
		x.countClock(state.ClockProofDue, x.p.dayCounts(x.c)[state.ClockProofDue])
	}
	x.setDisputeWindow(x.ev.Reading)
	x.alert(AlertRefused)
	if r := x.ev.Reading; r == nil || !r.TrackingRead {
		x.read(state.DepthTracking, "refused: looking for the tracking number")
	}
	x.planMessage(state.EffectMessageRefusal, "the tracking number is asked for")
}

func enterCancelled(x *change) {
	x.drop(state.EffectRequest)
	x.stopClocks(state.ClockUnasked, state.ClockAnswerDue, state.ClockShipWindowEnd, state.ClockProofDue, state.ClockDisputeOpens, state.ClockDisputeCloses, state.ClockSnooze)
	if x.p.Bank == nil {
		return
	}
	all := x.p.dayCounts(x.c)
	x.countClock(state.ClockRefundWarn, all[state.ClockRefundWarn])
	x.countClock(state.ClockRefundDue, all[state.ClockRefundDue])
}

func enterDisputable(x *change) {
	x.stopClocks(state.ClockProofDue)
	x.setDisputeWindow(x.ev.Reading)
	x.alert(AlertDisputable)
}

func enterDisputed(x *change) {
	x.stopClocks(state.ClockProofDue, state.ClockSnooze)
	x.setClock(state.ClockDisputeDue, x.c.DisputedAt.Add(x.p.Dispute))
}

func enterShipped(x *change) {
	if !x.ev.Kind.Decision() { // a person knows what they decided
		x.alert(AlertShipped)
	}
}
