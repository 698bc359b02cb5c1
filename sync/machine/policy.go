package machine

import (
	"time"

	"countermand/state"
)

// Mode says how much is done without asking a person.
type Mode string

// The modes.
const (
	Observe Mode = "observe" // never clicks a final confirm; says what it would have done
	Confirm Mode = "confirm" // asks a person first
	Auto    Mode = "auto"
)

// Days counts working days in one calendar. sync/calendar implements it.
type Days interface {
	// AddWorkingDays gives the end of the nth working day after from, in
	// UTC, and whether a year without published holidays was touched.
	AddWorkingDays(from time.Time, n int) (end time.Time, estimated bool)
}

// Policy holds the figures that Step decides by. Durations are real time on
// the daemon's clock.
type Policy struct {
	Mode Mode

	Answer      time.Duration // a silent supplier is alarmed after this
	NumberGrace time.Duration // a number may stay without a scan for so long
	Unasked     time.Duration // a case not asked within this raises a page
	Dispute     time.Duration // from opening a dispute to its decision
	Settle      time.Duration // between the two readings of a doubtful request

	ShipWindowDays int // China working days from the payment; the page's countdown wins
	ProofDays      int // playbook: five China working days after the refusal
	RefundWarnDays int // bank days after the closing
	RefundDueDays  int

	Supplier Days // China
	Bank     Days

	// Lost is set by the engine where a backup was restored.
	Lost Lost

	// Shops holds what differs by shop.
	Shops map[string]ShopPolicy

	// Rules decide before the mode does; nil: there are none.
	Rules Judge
	// Tells are the messages that are written to suppliers.
	Tells map[state.EffectKind]bool

	table map[state.Status]row // nil: the one of this package
}

func (p Policy) rows() map[state.Status]row {
	if p.table != nil {
		return p.table
	}
	return table
}

// Judge decides how a case is handled. It is pure. An empty answer leaves it
// to the mode.
type Judge interface {
	Judge(c state.Case, now time.Time) (then state.Then, rule string, err error)
	// NeedsSupplier: the supplier's order must have been read before.
	NeedsSupplier() bool
}

// ShopPolicy is one shop's part of the policy.
type ShopPolicy struct {
	// MapWait delays the alert about an unmapped order, because importers
	// write the number late.
	MapWait time.Duration
	// MapRetryFor is how long an unmapped order is looked at again.
	MapRetryFor time.Duration
}

// DefaultPolicy has the pinned figures and no calendars.
func DefaultPolicy() Policy {
	return Policy{
		Mode: Observe, Answer: 72 * time.Hour, NumberGrace: 72 * time.Hour, Unasked: 24 * time.Hour, Dispute: 12 * 24 * time.Hour, Settle: 2 * time.Minute,
		ShipWindowDays: 7, ProofDays: 5, RefundWarnDays: 15, RefundDueDays: 20,
	}
}

// How often an order is read again. The site bears about forty pages an hour,
// and a sweep of the list serves every open case of the account.
const (
	nearWarning    = 24 * time.Hour // "a deadline under 24 h"
	checkFresh     = 10 * time.Minute
	checkDay       = time.Hour
	checkQuiet     = 3 * time.Hour
	checkProof     = 6 * time.Hour
	checkSlow      = 12 * time.Hour
	checkFailed    = 20 * time.Minute
	detailEvery    = 24 * time.Hour
	lookAgain      = 10 * time.Minute
	lookLater      = 2 * time.Hour
	notOfferedWait = 30 * time.Minute // a risk hold hides the button for up to a day
	orderDateGrace = 24 * time.Hour   // pages show dates, not times, in their own zone
	disputeOpensIn = 10 * 24 * time.Hour
	disputeAfter   = 15 * 24 * time.Hour // after delivery or confirmation
	disputeAtMost  = 90 * 24 * time.Hour // after the order's date
	notFoundTries  = 3
)

// nextCheck is when an order in this state is read next.
func nextCheck(c state.Case, now time.Time) time.Time {
	switch c.Status {
	case state.Requested:
		age := now.Sub(c.RequestedAt)
		switch {
		case age < time.Hour:
			return together(now, checkFresh)
		case age < 24*time.Hour, near(c.Clocks[state.ClockShipWindowEnd], now), near(c.Clocks[state.ClockAnswerDue], now):
			return together(now, checkDay)
		}
		return together(now, checkQuiet)
	case state.Refused:
		switch {
		case near(c.Clocks[state.ClockProofDue], now):
			return now.Add(checkDay)
		case near(c.Clocks[state.ClockDisputeCloses], now):
			return now.Add(checkQuiet)
		}
		return now.Add(checkProof)
	case state.Cancelled:
		return slowly(now, c.Clocks[state.ClockRefundDue])
	case state.Disputable:
		return slowly(now, c.Clocks[state.ClockDisputeCloses])
	case state.Disputed:
		return now.Add(checkSlow)
	case state.Held:
		if c.SupplierOrder == "" || c.Unsure {
			return time.Time{}
		}
		return now.Add(checkSlow)
	}
	return time.Time{}
}

// slowly is twice a day, and oftener near a deadline: not hourly, as each of
// these readings takes several pages.
func slowly(now, deadline time.Time) time.Time {
	if near(deadline, now) {
		return now.Add(checkQuiet)
	}
	return now.Add(checkSlow)
}

// together is about an interval later, at a moment that it shares with all
// other cases: one sweep of the list then serves them all.
func together(now time.Time, interval time.Duration) time.Time {
	return now.Add(interval).Round(interval)
}

// near tells whether a running deadline is within a day, before or after.
func near(t, now time.Time) bool {
	return !t.IsZero() && now.After(t.Add(-nearWarning)) && now.Before(t.Add(nearWarning))
}

// depthFor is how much must be read: tracking is nowhere but on its own page,
// refunds only behind the detail.
func depthFor(c state.Case, now time.Time) state.Depth {
	if c.ReadFailures > 0 && c.Status == state.Requested {
		return state.DepthDetail
	}
	switch c.Status {
	case state.Refused, state.Disputable, state.Disputed:
		return state.DepthTracking
	case state.Cancelled, state.Requesting, state.Held:
		return state.DepthDetail
	}
	if now.Sub(c.DetailAt) >= detailEvery {
		return state.DepthDetail
	}
	return state.DepthList
}
