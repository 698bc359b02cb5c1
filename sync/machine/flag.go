package machine

import (
	"fmt"

	"countermand/state"
	"countermand/supplier"
)

func requestingFlag(c state.Case) string {
	switch a := c.Attempt; {
	case a.DispatchedAt.IsZero():
	case a.Said == state.SaidUnclear:
		return "the site's answer is not understood: being read"
	case a.Said == state.SaidAsked:
		return "the site says that a request stands already: being read"
	default:
		return "not certain that the request was placed: being read"
	}
	return "being asked"
}

func refusedFlag(c state.Case) string {
	switch {
	case partUnreadable(c):
		return "the tracking cannot be read: look at it yourself"
	case c.PartSent():
		return proofWord(c, c.Proof)
	case c.Proof == state.ProofNumberOnly:
		return "a tracking number, but no scan yet"
	case c.Proof == state.ProofScanBefore && !c.ShippedAt.IsZero():
		return "scanned before we asked; its parcels are read once more"
	case c.Proof == state.ProofScanBefore:
		return "scanned before we asked, but not marked shipped"
	}
	return "waiting for the tracking number"
}

func disputedFlag(c state.Case) string {
	if c.Refund != nil {
		return "a refund of " + c.Refund.Amount.String() + " was seen: decide won or lost"
	}
	return "dispute open: " + proofWord(c, c.Proof)
}

func refundFlag(c state.Case) string {
	short := c.Refund != nil && c.Refund.Amount.Currency == c.Amount.Currency
	switch {
	case len(c.RefundUnclear) > 0 && (c.Refund == nil || short):
		return "a refund that is not understood: look at it, then confirm it with cases refund"
	case c.Refund == nil && partUnreadable(c):
		return "the refund cannot be read: look at it yourself"
	case c.Refund == nil:
		return "waiting for the refund"
	case !c.Amount.Known() || c.Refund.Amount.Currency != c.Amount.Currency:
		return "a refund of " + c.Refund.Amount.String() + " came; compare it with the order and confirm it with cases refund"
	}
	return "a refund of " + c.Refund.Amount.String() + " came, less than the total of " + c.Amount.String()
}

func disputeFlag(c state.Case) string {
	opens := c.Clocks[state.ClockDisputeOpens]
	switch {
	case c.Proof == state.ProofScanAfter && !c.SentAfterRequest() && c.Notice().Possible():
		return proofWord(c, c.Proof) + ": compare the dates"
	case c.ShippedAt.IsZero() && c.Proof != state.ProofNone:
		return proofWord(c, c.Proof) + ", never marked shipped: dispute if " + supplier.Title(c.Supplier) + " lets you"
	case c.ShippedAt.IsZero():
		return "refused, never marked shipped: dispute if " + supplier.Title(c.Supplier) + " lets you, else the window's end closes it"
	}
	return fmt.Sprintf("%s: open a dispute from %s", proofWord(c, c.Proof), opens.UTC().Format("2 Jan"))
}

// proofWord words a proof of a case: its present one, or the one before.
func proofWord(c state.Case, p state.Proof) string {
	switch p {
	case state.ProofNumberOnly:
		if held, all, _ := c.ParcelItems(); c.PartSent() {
			return fmt.Sprintf("only %d of %d items are in parcels", held, all)
		}
		if c.InWarehouse() {
			return "a number without a scan, seen by a warehouse"
		}
		return "a number without a scan"
	case state.ProofScanBefore:
		return "scanned before we asked"
	case state.ProofScanAfter:
		return scanFlagLate(c)
	}
	return "no proof of shipment"
}

// scanFlagLate is short for what [change.scanWordsLate] tells.
func scanFlagLate(c state.Case) string {
	if c.SentAfterRequest() {
		return "scanned after we asked"
	}
	if !doubtOf(c).IsZero() {
		return "scanned late, but an earlier event proves nothing either way"
	}
	switch c.Notice().Basis {
	case state.NoticeRequest:
		return "scanned on the day on which we asked"
	case state.NoticeFound:
		return "scanned in the time in which the request found standing was made"
	case state.NoticeRefused:
		return "scanned; when the refused request was made is not known"
	case state.NoticeLostPeriod:
		return "scanned; whether it was asked before is not known since a backup was restored"
	case state.NoticeClick:
		return "scanned after a call that may have been a request"
	}
	return "scanned after the first attempt to ask"
}
