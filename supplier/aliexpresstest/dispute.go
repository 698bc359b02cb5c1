package aliexpresstest

import (
	"slices"
	"time"
)

// Judgement is what becomes of a dispute: so long After it was opened it is
// decided. An Amount of zero is a dispute that is lost.
type Judgement struct {
	After time.Duration
	// Amount defaults to what was asked for.
	Amount string
	// To defaults to ToCard.
	To string
}

// dispute is one that was opened here, about one order line.
type dispute struct {
	line     int
	at       time.Time
	reason   string
	amount   string
	received bool
}

// disputeReasons are offered by the dispute form, by whether the parcel has
// arrived. Only the first is known from the real site, and only its caption.
var disputeReasons = map[bool][]string{
	false: {"dispute_tracked", "dispute_not_arrived", "dispute_no_information", "dispute_other"},
	true:  {"dispute_damaged", "dispute_not_as_described", "dispute_other"},
}

// disputeForm answers what the dispute form of one order line shows.
func (s *Site) disputeForm(a ask) result {
	e, i := s.findLine(a.text("tradeOrderLineId"))
	if e == nil || (a.text("tradeOrderId") != "" && a.text("tradeOrderId") != e.ID) {
		return fail(noOrder)
	}
	if !a.view(e, s.now()).disputable(i) {
		return fail(badState)
	}
	e = s.instead(e, e.Trap.FormShowsOther)
	i = min(i, len(e.Lines)-1)
	reasons := func(received bool) []obj {
		out := []obj{}
		for _, code := range disputeReasons[received] {
			out = append(out, obj{"reasonCode": code, "reasonText": a.lang.say(code)})
		}
		return out
	}
	l := e.Lines[i]
	return result{data: obj{"module": obj{
		"tradeOrderId": number(e.ID), "tradeOrderLineId": number(l.ID), "storeName": e.Store, "itemTitle": l.Title,
		"maxRefund":             obj{"amount": decimal(e.share(cents(e.Total), i)), "currency": e.Currency},
		"reasonList":            reasons(false),
		"reasonListForReceived": reasons(true),
	}}}
}

// disputable tells whether the line may be disputed now: the order is shipped
// or completed, or its layout says so, and no dispute about the line is open
// or won.
func (v view) disputable(line int) bool {
	d := v.disputeOf(line)
	return (v.phase == shipped || v.phase == completed || v.Layout == LayoutDispute) && (d == nil || v.verdict(d).code == disputeLost)
}

// disputeOf is the last dispute about a line, nil for none.
func (e *entry) disputeOf(line int) *dispute {
	for i := len(e.disputes) - 1; i >= 0; i-- {
		if e.disputes[i].line == line {
			return &e.disputes[i]
		}
	}
	return nil
}

// submitDispute opens a dispute. It is a write.
func (s *Site) submitDispute(a ask) result {
	now := s.now()
	w := Write{
		At: now, Kind: WriteDispute, OrderID: a.text("tradeOrderId"), LineID: a.text("tradeOrderLineId"), Reason: a.text("reasonCode"),
		Amount: a.text("amount"), Text: a.text("description"), Files: a.list("fileNames"), Trusted: a.trusted(),
	}
	received, _ := a.params["received"].(bool)
	e, i := s.findLine(w.LineID)
	switch {
	case e == nil || e.ID != w.OrderID:
		w.Refused = noOrder
	case !a.view(e, now).disputable(i):
		w.Refused = badState
	case !slices.Contains(disputeReasons[received], w.Reason):
		w.Refused = "FAIL_BIZ_REASON::Please select a reason"
	case w.Text == "":
		w.Refused = "FAIL_BIZ_DESCRIPTION::Please describe the problem"
	case !amountShape.MatchString(w.Amount) || cents(w.Amount) == 0 || cents(w.Amount) > e.share(cents(e.Total), i):
		w.Refused = "FAIL_BIZ_AMOUNT::The amount is not possible"
	default:
		e.disputes = append(e.disputes, dispute{i, now, w.Reason, w.Amount, received})
	}
	s.note(a, w, "")
	if w.Refused != "" {
		return fail(w.Refused)
	}
	return result{data: obj{"module": obj{
		"tradeOrderId": number(e.ID), "tradeOrderLineId": number(w.LineID), "success": true, "reverseOrderLineId": reverseLineID(w.LineID),
	}}}
}

// Codes of a dispute's state.
const (
	disputeOpen = "WAIT_PLATFORM"
	disputeWon  = "REFUND_SUCCESS"
	disputeLost = "CLOSED"
)

// verdict is how a dispute stands.
type verdict struct {
	code string
	key  string // of its caption
	at   time.Time
	won  int64 // cents
}

func (v view) verdict(d *dispute) verdict {
	j := v.Fate.Dispute
	if j == nil || v.now.Before(d.at.Add(j.After)) {
		return verdict{code: disputeOpen, key: "dispute_waiting", at: d.at}
	}
	out := verdict{code: disputeWon, key: "refund_done", at: d.at.Add(j.After), won: cents(firstNonEmpty(j.Amount, d.amount))}
	if out.won == 0 {
		out.code, out.key = disputeLost, "dispute_lost"
	}
	return out
}

// Reverse order numbers are made of the line's: as long, another first digit.
func reverseLineID(line string) string { return "5" + line[1:] }
func reverseID(line string) string     { return "4" + line[1:] }
