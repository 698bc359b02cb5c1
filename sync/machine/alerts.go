package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
	"countermand/supplier"
)

// The kinds of alerts that cases and accounts raise.
const (
	AlertUnmapped       = "unmapped"
	AlertHeld           = "held"
	AlertUnasked        = "unasked"
	AlertAnswerOverdue  = "answer_overdue"
	AlertWindowEnding   = "window_ending"
	AlertWindowOver     = "window_over"
	AlertRefused        = "refused"
	AlertShippedAfter   = "shipped_after_request"
	AlertShipped        = "shipped"
	AlertConflict       = "number_twice"
	AlertReplaced       = "replaced_late"
	AlertUnreadable     = "order_unreadable"
	AlertOldScan        = "scan_too_old"
	AlertOrderChanged   = "order_changed"
	AlertSplit          = "order_split"
	AlertProofEnding    = "proof_ending"
	AlertDisputable     = "disputable"
	AlertDisputeOpen    = "dispute_open"
	AlertDisputeClosing = "dispute_closing"
	AlertDisputeClosed  = "dispute_closed"
	AlertDisputeOverdue = "dispute_overdue"
	AlertDisputeRefund  = "dispute_refund"
	AlertSnoozed        = "snooze_over"
	AlertRefundLate     = "refund_late"
	AlertRefundOverdue  = "refund_overdue"
	AlertRefundShort    = "refund_short"
	AlertRefundUnclear  = "refund_unclear"
	AlertNothingPaid    = "nothing_paid"
	AlertClosedForRisk  = "closed_for_risk"
	AlertDoubt          = "request_in_doubt"
	AlertUnknownState   = "unknown_state"
	AlertWithdrawn      = "withdrawn_late"
	AlertFault          = "engine_fault"
	AlertMessageUnsent  = "message_unsent"

	AlertAccountLoggedOut   = "account_logged_out"
	AlertAccountChallenged  = "account_challenged"
	AlertAccountUnreachable = "account_unreachable"
	AlertSiteChanged        = "site_changed"
	AlertShop               = "shop_unreadable"
	AlertRequest            = "request_undecided"
)

// alertWords says of each kind whether it pages and what to do about it.
var alertWords = map[string]struct {
	page bool
	what string
	todo string
}{
	AlertUnmapped:       {true, "no {supplier} order is known", "Find its number and run: countermand map set --shop {shop} --order '{order}' NUMBER"},
	AlertHeld:           {true, "waits for you", "See why with: countermand cases show {id}, then approve or ignore it."},
	AlertUnasked:        {true, "the cancel request could not be placed yet", "countermand goes on trying; if the supplier must know at once, cancel by hand on {supplier}."},
	AlertAnswerOverdue:  {false, "the supplier has not answered", "Write to the supplier; the order is read again by itself."},
	AlertWindowEnding:   {true, "the ship window ends within a day", "Look at the order on {supplier}; remind the supplier not to ship."},
	AlertWindowOver:     {true, "the ship window ended while the case was held", "Look at the order on {supplier}, then approve or ignore the case."},
	AlertRefused:        {true, "the supplier refused the cancel", "Ask the supplier for the tracking number; countermand watches for it."},
	AlertShippedAfter:   {true, "shipped after we asked", "The tracking is being watched; refuse the parcel where you can and prepare a dispute."},
	AlertShipped:        {false, "it left before we asked; the goods are on their way", "Refuse the parcel or arrange a return; nothing more is done here."},
	AlertConflict:       {true, "its {supplier} number is in doubt, and the supplier was asked already", "The journal says why: countermand cases show {id}. The goods of another order may be cancelled with it: ask the supplier to ship those."},
	AlertReplaced:       {true, "you named other {supplier} orders, but the supplier was asked already", "Ask the supplier to ship if the goods are wanted."},
	AlertUnreadable:     {true, "the {supplier} order cannot be read", "Look at it yourself until it can: countermand cases show {id} tells what was seen; see whether the site changed."},
	AlertOldScan:        {true, "the tracking number was scanned before the order existed", "It may belong to another parcel; ask the supplier for the right one."},
	AlertOrderChanged:   {false, "its {supplier} page shows another total, currency, store or date than when it was asked", "The number is the same, so it is read on: countermand cases show {id} tells what changed; look at the order on {supplier}."},
	AlertSplit:          {false, "{supplier} may have split the order, and the other part is not cancelled", "countermand cases show {id} names it. If it holds goods of {order}, name both: countermand map set --shop {shop} --order '{order}' NUMBER NUMBER"},
	AlertProofEnding:    {true, "the time for the proof ends within a day", "Ask the supplier once more for the tracking number."},
	AlertDisputable:     {true, "stands in the dispute queue", "Review it with: countermand disputes show {id}"},
	AlertDisputeOpen:    {false, "a dispute can be opened now", "Open it on {supplier}, then: countermand disputes opened {id}"},
	AlertDisputeClosing: {true, "the time to open a dispute ends within a day", "Open it on {supplier} now, then: countermand disputes opened {id}"},
	AlertDisputeClosed:  {false, "the time to open a dispute is over", "If none was opened: countermand disputes write-off {id}"},
	AlertDisputeOverdue: {false, "the dispute should have been decided by now", "Look at it on {supplier}, then: countermand disputes won {id}, or disputes lost {id}"},
	AlertDisputeRefund:  {false, "a refund came while the dispute was open", "Compare it with what you claimed, then: countermand disputes won {id}, or disputes lost {id}"},
	AlertSnoozed:        {true, "you wanted to be asked again", "Review it with: countermand disputes show {id}"},
	AlertRefundLate:     {false, "the refund is late", "Look at the payment method and at your {supplier} balance."},
	AlertRefundOverdue:  {false, "the refund is overdue", "Write to {supplier}; if the money is there: countermand cases refund {id} --amount … --to …"},
	AlertRefundShort:    {false, "less than the order's total came back", "If that is settled: countermand cases refund {id} --amount … --to … with the whole amount, or disputes write-off {id}"},
	AlertRefundUnclear:  {false, "money is shown that cannot be compared with the order's total", "Look at the payment; if that settles it, say in the order's currency what it was: countermand cases refund {id} --amount … --to …"},
	AlertNothingPaid:    {false, "it closed before anything was paid, so no refund is to come", "Only if your payment method shows a payment for it: write to {supplier}."},
	AlertClosedForRisk:  {false, "it was closed while its payment was verified, by the risk check or as asked", "The money has its own way: what was only reserved is released by your bank and never shown as a refund. Look at the payment method; once it is there: countermand cases refund {id} --amount … --to …"},
	AlertDoubt:          {true, "it is not certain that the request was placed", "countermand reads the order twice before it does anything; you need not act unless it is held."},
	AlertUnknownState:   {false, "the site shows a state that countermand does not know", "Look at the order on {supplier}; nothing was concluded from it."},
	AlertWithdrawn:      {true, "the customer wants to keep the order, but the supplier was asked already", "Decide by hand: ask the supplier to ship, or let the cancel run."},
	AlertMessageUnsent:  {false, "a message to the supplier could not be sent, or not for certain", "Look whether it stands there, else write it yourself on {supplier}; the journal has what went wrong: countermand cases show {id}"},
	AlertFault:          {true, "something happened that the rules do not allow", "See: countermand cases show {id}, and report it."},
}

// alert raises one kind of alert for the status just entered. While one of
// the kind is open, it is not raised again.
func (x *change) alert(kind string) { x.raise(kind, x.now) }

// alertAt raises an alert for a clock; the deadline is part of its key, and one
// that was raised for another deadline holds no longer.
func (x *change) alertAt(kind string, deadline time.Time) {
	if key, open := x.c.Raised[kind]; open && key != x.alertKey(kind, deadline) {
		x.resolve(kind)
	}
	x.raise(kind, deadline)
}

func (x *change) alertKey(kind string, at time.Time) string {
	return fmt.Sprintf("case/%s/%s/%s", x.c.ID, kind, at.UTC().Format(time.RFC3339Nano))
}

func (x *change) raise(kind string, at time.Time) {
	key := x.alertKey(kind, at)
	if _, open := x.c.Raised[kind]; open {
		return
	}
	for slices.Contains(x.out.Resolved, key) { // the same kind anew at the same moment
		key += "+"
	}
	if x.c.Raised == nil {
		x.c.Raised = map[string]string{}
	}
	x.c.Raised[kind] = key
	w := alertWords[kind]
	fill := strings.NewReplacer("{shop}", x.c.Shop, "{order}", x.c.ShopOrder, "{id}", x.c.ID, "{supplier}", x.supplier()).Replace
	what := fill(w.what)
	if kind == AlertHeld && len(x.c.Findings) > 0 {
		what += ": " + HeldWhy(x.c)
	}
	if kind == AlertRefundUnclear && len(x.c.RefundUnclear) > 0 {
		what += ": " + x.words(x.c.RefundUnclear...)
	}
	x.out.Alerts = append(x.out.Alerts, state.Alert{
		Key: key, Kind: kind, Page: w.page, CaseID: x.c.ID, Account: x.c.Account,
		Title: fmt.Sprintf("%s: %s", CaseTitle(x.c), what),
		Text:  fill(w.todo),
	})
}

// resolve closes the open alert of a kind.
func (x *change) resolve(kind string) {
	if key, ok := x.c.Raised[kind]; ok {
		x.out.Resolved = append(x.out.Resolved, key)
		delete(x.c.Raised, kind)
	}
}

// supplier is what people call where the order was bought.
func (x *change) supplier() string { return supplier.Title(x.c.Supplier) }

// CaseTitle names both sides of a case.
func CaseTitle(c state.Case) string {
	if c.SupplierOrder == "" {
		return c.Shop + " " + c.ShopOrder
	}
	return fmt.Sprintf("%s %s (%s %s)", c.Shop, c.ShopOrder, supplier.Title(c.Supplier), c.SupplierOrder)
}
