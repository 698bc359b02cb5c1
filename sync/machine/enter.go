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
		x.setClock(state.ClockUnasked, x.now.Add(x.p.Unasked), false)
	}
}

func enterRequested(x *change) {
	x.stopClocks(state.ClockUnasked, state.ClockProofDue, state.ClockDisputeOpens, state.ClockDisputeCloses)
	asked := x.c.RequestedAt
	if x.start == state.Refused { // asked anew, on the site: the first request stays the one that scans are held against
		asked = x.now
	}
	x.setClock(state.ClockAnswerDue, asked.Add(x.p.Answer), false)
}

func enterRefused(x *change) {
	x.stopClocks(state.ClockUnasked, state.ClockAnswerDue)
	if !x.c.ShippedAt.IsZero() { // else the window's end may close the order yet
		x.stopClocks(state.ClockShipWindowEnd)
	}
	if x.p.Supplier != nil {
		due, estimated := x.p.Supplier.AddWorkingDays(x.c.Days.Last(state.FieldAnsweredAt, x.c.AnsweredAt), x.p.ProofDays)
		x.setClock(state.ClockProofDue, due, estimated)
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
	warn, e1 := x.p.Bank.AddWorkingDays(x.c.ClosedAt, x.p.RefundWarnDays)
	due, e2 := x.p.Bank.AddWorkingDays(x.c.Days.Last(state.FieldClosedAt, x.c.ClosedAt), x.p.RefundDueDays)
	x.setClock(state.ClockRefundWarn, warn, e1)
	x.setClock(state.ClockRefundDue, due, e2)
}

func enterDisputable(x *change) {
	x.stopClocks(state.ClockProofDue)
	x.setDisputeWindow(x.ev.Reading)
	x.alert(AlertDisputable)
}

func enterDisputed(x *change) {
	x.stopClocks(state.ClockProofDue, state.ClockSnooze)
	x.setClock(state.ClockDisputeDue, x.c.DisputedAt.Add(x.p.Dispute), false)
}

func enterShipped(x *change) {
	if !x.ev.Kind.Decision() { // a person knows what they decided
		x.alert(AlertShipped)
	}
}
