package state

import "time"

// EventKind names what happened. Package sync/machine decides by it and the
// status.
type EventKind string

// The events that a case can meet.
const (
	EventCancelled    EventKind = "cancelled"   // the shop cancelled the order; opens the case
	EventMapped       EventKind = "mapped"      // a supplier order number became known
	EventReplaced     EventKind = "replaced"    // the operator named other supplier orders
	EventWithdrawn    EventKind = "withdrawn"   // the customer took a cancel request back
	EventTick         EventKind = "tick"        // the case is due: a clock point or a check
	EventBegin        EventKind = "begin"       // an attempt to ask begins: the intent
	EventDispatching  EventKind = "dispatching" // the call that asks is about to leave
	EventAttemptEnded EventKind = "asked"       // how the attempt ended
	EventInterrupted  EventKind = "interrupted" // the daemon found an attempt that never ended
	EventReading      EventKind = "reading"     // the order was read
	EventReadFailed   EventKind = "read_failed" // the order could not be read; nothing is concluded
	EventMessaged     EventKind = "messaged"    // how an attempt to write to the supplier ended
	EventShop         EventKind = "shop"        // what was done in the shop about the order

	// Decisions of a person.
	EventApprove  EventKind = "approve"
	EventRetry    EventKind = "retry"
	EventIgnore   EventKind = "ignore"
	EventPause    EventKind = "pause"
	EventResume   EventKind = "resume"
	EventRefund   EventKind = "refund"
	EventOpened   EventKind = "opened"
	EventProof    EventKind = "proof"
	EventRemind   EventKind = "ask"
	EventSnooze   EventKind = "snooze"
	EventWon      EventKind = "won"
	EventLost     EventKind = "lost"
	EventWriteOff EventKind = "write_off"
)

// EventKinds lists every kind; with Statuses it spans the table.
var EventKinds = []EventKind{
	EventCancelled, EventMapped, EventReplaced, EventWithdrawn, EventTick, EventBegin, EventDispatching, EventAttemptEnded, EventInterrupted,
	EventReading, EventReadFailed, EventMessaged, EventShop,
	EventApprove, EventRetry, EventIgnore, EventPause, EventResume, EventRefund,
	EventOpened, EventProof, EventRemind, EventSnooze, EventWon, EventLost, EventWriteOff,
}

// Decision tells whether the event is a person's decision.
func (k EventKind) Decision() bool {
	switch k {
	case EventApprove, EventRetry, EventIgnore, EventPause, EventResume, EventRefund, EventOpened, EventProof, EventRemind, EventSnooze, EventWon, EventLost, EventWriteOff:
		return true
	}
	return false
}

// By says which side an event came from.
type By string

// The sides.
const (
	ByEngine   By = "engine"
	ByConsole  By = "console"
	ByCLI      By = "cli"
	ByShop     By = "shop"
	BySupplier By = "supplier"
)

// Event is one thing that happened to one case. Only the field that belongs
// to its kind is set.
type Event struct {
	Kind EventKind
	By   By
	// Who names the person behind a decision.
	Who  string
	Note string
	// Age is how old the attempt is that wants its mark, in real time: a clock
	// that runs fast for a rehearsal does not make it older.
	Age time.Duration
	// Life names the daemon's life in which it came, and Up is how long that has
	// lasted, on a clock that nobody sets; a Life of zero: not known.
	Life         uint64
	Up           time.Duration
	Evidence     []string
	Cancellation *Cancellation
	Mapping      *Mapping
	Reading      *Reading
	Asked        *AttemptResult
	Failure      *Failure
	Decision     *Decision
	Messaged     *Messaged
}

// Cancellation is what the shop says: an order was cancelled, lines were taken off
// it, or the customer asks for either.
type Cancellation struct {
	Shop        string
	ShopOrder   string
	ShopOrderID string
	Reason      string
	OrderedAt   time.Time
	CancelledAt time.Time
	// Lines are all the order's lines, as ordered.
	Lines []Line
	// Partial is why the supplier order cannot be cancelled whole, none when
	// all its lines went.
	Partial Finding
	// Cause is what happened in the shop; empty means that the order was
	// cancelled there.
	Cause Cause
	// HoldWhy is why a person is to look before the supplier is asked.
	HoldWhy Finding
	// AskedAt is when the customer's request was first seen.
	AskedAt time.Time
	// Facts are what rules decide by.
	Facts Facts
}

// Mapping is one supplier order behind a shop order.
type Mapping struct {
	SupplierOrder string `json:"supplier_order"`
	Account       string `json:"account,omitempty"`
	// Candidates are further accounts that may hold it.
	Candidates []string `json:"candidates,omitempty"`
	// By tells where the number came from: attribute, note, tag, import,
	// operator.
	By string `json:"by,omitempty"`
	// Lines that this supplier order covers; empty when that is not known.
	Lines []Line `json:"lines,omitempty"`
	// Conflict is why the number cannot be trusted, none when it can: for
	// instance another shop order holds the same number.
	Conflict Finding `json:"conflict,omitzero"`
	// NoticeAt is since when the supplier may know of a request that an earlier
	// case made, NoticeCase; zero: there was none.
	NoticeAt   time.Time `json:"heard_at,omitzero"`
	NoticeCase string    `json:"heard_by,omitempty"`
}

// Claim is a shop order, cancelled or not, with the supplier orders that it
// names itself.
type Claim struct {
	Shop    string `json:"shop"`
	OrderID string `json:"order_id"` // the GraphQL id
	Name    string `json:"name"`     // "#1042"
	// Numbers are the supplier orders, each once, and those that it named before and
	// put none in the place of.
	Numbers []string `json:"numbers"`
	// At is when the order was last read.
	At time.Time `json:"at"`
}

// ShopOrder names an order as a merchant does.
type ShopOrder struct {
	Shop, Name string
}

// AskOutcome is how an attempt to place the cancel request ended.
type AskOutcome string

// The outcomes. Whatever left and was not seen to take is unclear.
const (
	AskPending    AskOutcome = "pending"     // re-read: the supplier has the request
	AskClosed     AskOutcome = "closed"      // re-read: the order is closed
	AskPickedUp   AskOutcome = "picked_up"   // the site refused: the courier has it
	AskShipped    AskOutcome = "shipped"     // marked shipped; nothing was clicked
	AskRefused    AskOutcome = "refused"     // the page says that the seller refused an earlier request; nothing was clicked
	AskNotOffered AskOutcome = "not_offered" // no cancel button; nothing was clicked
	AskWrongOrder AskOutcome = "wrong_order" // the page may show another order; nothing was dispatched
	AskUnknown    AskOutcome = "unknown"     // a page we do not know; nothing was dispatched
	AskObserved   AskOutcome = "observed"    // observe mode: what would have been done
	AskFailed     AskOutcome = "failed"      // broke before anything left; may be done again
	AskUnclear    AskOutcome = "unclear"     // broke after the mark; what the site said decides, else readings
)

// Said is what the site answered to the call that asks it to cancel.
type Said string

// The answers. A second request without a person is possible only after
// SaidGateway and SaidNone: whatever else came, the shop has spoken.
const (
	SaidNothing Said = ""               // no call that asks has left
	SaidYes     Said = "yes"            // the request stands
	SaidNo      Said = "no"             // the seller's or the courier's, or the order is shipped
	SaidAsked   Said = "already asked"  // a request stands already
	SaidUnclear Said = "not understood" // an answer that is not known
	SaidGateway Said = "not the shop's" // token, session, limit, captcha: nobody's refusal
	SaidNone    Said = "none"           // the call left and no answer was seen
)

// AttemptResult is an attempt's end.
type AttemptResult struct {
	Outcome AskOutcome
	// Said is what the site answered to the last call that asks; SaidWords are
	// its own words.
	Said      Said
	SaidWords string
	// NothingLeft: the mark was stored, and it is certain that nothing left all
	// the same. The mark is taken back.
	NothingLeft bool
	// Kind is the supplier's error kind behind a failed attempt, or that of what
	// stops the account beside any outcome.
	Kind   string
	Detail string
	// CoolDown is after what time an order whose page is not understood is tried
	// again; zero: a person decides at once. OthersWork: another order of the
	// account was asked since this one's page was first not understood.
	CoolDown   time.Duration
	OthersWork bool
	// Reason is the reason chosen in the form; Offered are all that the page
	// offered.
	Reason  string
	Offered []string
	// Findings are what the right-order guard found, where it stopped it.
	Findings Findings
	// Reading is the last reading of the order, where there is one.
	Reading *Reading
	// WindowEnd is the end of the ship window as the page counted it down before
	// anything was asked; zero where it did not.
	WindowEnd time.Time
}

// Failure is why an order could not be read.
type Failure struct {
	Kind   string
	Detail string
}

// Decision carries what a person gave with a decision.
type Decision struct {
	Amount    Money
	To        RefundTo
	At        time.Time
	Until     time.Time
	DisputeID string
	// Seen is why the case was held when the person looked; nil if that is
	// not known.
	Seen Findings
}

// Messaged is the end of an attempt to write to the supplier.
type Messaged struct {
	// Kind is the effect's: which message it was.
	Kind EffectKind
	// Sent: read again, it stands there. Otherwise Detail says why not.
	Sent bool
	// Maybe: it may stand there all the same, so it is not sent again.
	Maybe  bool
	Detail string
	// Texts are what was written, or would have been.
	Texts []string
}
