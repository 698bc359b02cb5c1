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

// WorkingDays counts working days in one calendar. sync/calendar implements it.
type WorkingDays interface {
	// AddWorkingDays gives the end of the nth working day after from, in
	// UTC, and whether a year without published holidays was touched: then it
	// lies between earliest and latest.
	AddWorkingDays(from time.Time, n int) (earliest, latest time.Time, estimated bool)
}

// Policy holds the figures that Step decides by. Durations are real time on
// the daemon's clock.
type Policy struct {
	Mode Mode

	Answer      time.Duration // a silent supplier is alarmed after this
	NumberGrace time.Duration // a number may stay without a scan for so long
	Unasked     time.Duration // a case not asked within this raises a page
	Dispute     time.Duration // from opening a dispute to its decision
	Settle      time.Duration // between the mark, the first and the second reading that decide a doubt

	ShipWindowDays int // China working days from the payment; the page's countdown wins
	ProofDays      int // playbook: five China working days after the refusal
	RefundWarnDays int // bank days after the closing
	RefundDueDays  int

	Supplier WorkingDays // China
	Bank     WorkingDays

	// ClockDoubtful: the time is not known, so no rule may end a case by it, and
	// of a reading only what the site dates itself counts.
	ClockDoubtful bool

	// LostPeriod is set by the engine where a backup was restored.
	LostPeriod LostPeriod

	// Shops holds what differs by shop.
	Shops map[string]ShopPolicy

	// Rules decide before the mode does; nil: there are none.
	Rules Judge
	// Messages are the messages that are written to suppliers.
	Messages map[state.EffectKind]bool

	table map[state.Status]row // nil: the one of this package
}

// handlerOf is the handler of an event in a status; nil: the event is refused.
func (p Policy) handlerOf(s state.Status, ev state.EventKind) handler {
	if p.table != nil {
		return p.table[s][ev]
	}
	return statuses[s].handlers[ev]
}

// Judge is a set of rules that decide how a case is handled. It is pure. An empty
// answer leaves the decision to the mode.
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
		Mode: Observe, Answer: 72 * time.Hour, NumberGrace: 72 * time.Hour, Unasked: 24 * time.Hour, Dispute: 12 * 24 * time.Hour, Settle: 10 * time.Minute,
		ShipWindowDays: 7, ProofDays: 5, RefundWarnDays: 15, RefundDueDays: 20,
	}
}
