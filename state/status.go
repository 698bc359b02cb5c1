package state

import "slices"

// Status is where a case stands. Package sync/machine decides every change of
// it, and holds what else differs from one status to another.
type Status string

// The statuses of a case, in the order of a case's life.
const (
	Unmapped    Status = "unmapped"    // no supplier order known
	Held        Status = "held"        // wants a person
	Queued      Status = "queued"      // to be asked
	Requesting  Status = "requesting"  // the intent is stored, the outcome is not known yet
	Requested   Status = "requested"   // the supplier has the request
	Cancelled   Status = "cancelled"   // closed at the supplier, refund awaited
	Refunded    Status = "refunded"    // the money is back (ended)
	Refused     Status = "refused"     // the supplier said no; the proof clock runs
	Shipped     Status = "shipped"     // proved shipped before we asked (ended)
	Disputable  Status = "disputable"  // in the dispute queue
	Disputed    Status = "disputed"    // the operator opened a dispute
	Won         Status = "won"         // dispute won (ended)
	Lost        Status = "lost"        // dispute lost (ended)
	WrittenOff  Status = "written_off" // given up by the operator (ended)
	Ignored     Status = "ignored"     // the operator said: leave it (ended)
	StatusStart Status = ""            // a case that does not exist yet
)

// Statuses lists every status of a stored case in the order of its life.
var Statuses = []Status{Unmapped, Held, Queued, Requesting, Requested, Cancelled, Refunded, Refused, Shipped, Disputable, Disputed, Won, Lost, WrittenOff, Ignored}

// Answer is what a status says of the supplier's answer to the customer's wish.
type Answer string

// The answers.
const (
	AnswerNone     Answer = ""         // none yet
	AnswerAccepted Answer = "accepted" // the supplier order is closed
	AnswerRefused  Answer = "declined" // the supplier refused, or had shipped
	AnswerLeftOut  Answer = "left_out" // a person left the order alone
)

// facts are what everybody must know of a status.
var facts = map[Status]struct {
	ended  bool
	answer Answer
	// person: a person is waited for.
	person bool
	// awaits are the clocks that matter to a person; the others keep the time
	// they had and are history.
	awaits []Clock
}{
	Unmapped:   {person: true, awaits: []Clock{ClockShipWindowEnd}},
	Held:       {person: true, awaits: []Clock{ClockShipWindowEnd}},
	Queued:     {awaits: []Clock{ClockShipWindowEnd}},
	Requesting: {awaits: []Clock{ClockShipWindowEnd}},
	Requested:  {awaits: []Clock{ClockAnswerDue, ClockShipWindowEnd}},
	Cancelled:  {answer: AnswerAccepted, awaits: []Clock{ClockRefundWarn, ClockRefundDue}},
	Refunded:   {ended: true, answer: AnswerAccepted},
	Refused:    {answer: AnswerRefused, awaits: []Clock{ClockProofDue, ClockShipWindowEnd, ClockDisputeCloses}},
	Shipped:    {ended: true, answer: AnswerRefused},
	Disputable: {person: true, answer: AnswerRefused, awaits: []Clock{ClockDisputeOpens, ClockDisputeCloses}},
	Disputed:   {answer: AnswerRefused, awaits: []Clock{ClockDisputeDue}},
	Won:        {ended: true, answer: AnswerRefused},
	Lost:       {ended: true, answer: AnswerRefused},
	WrittenOff: {ended: true, answer: AnswerRefused},
	Ignored:    {ended: true, answer: AnswerLeftOut},
}

// Ended tells whether nothing more is expected to happen to the case.
func (s Status) Ended() bool { return facts[s].ended }

// Answer is what the status says of the supplier's answer.
func (s Status) Answer() Answer { return facts[s].answer }

// NeedsPerson tells whether the case goes no further without a person.
func (s Status) NeedsPerson() bool { return facts[s].person }

// Known tells whether s is one of the statuses above.
func (s Status) Known() bool { return slices.Contains(Statuses, s) }
