package state

import "time"

// Phase is what a reading says about a supplier order, in the words that the
// engine decides on.
type Phase string

// The phases. PhaseUnknown is an answer of its own: nothing follows from it.
const (
	PhaseUnknown    Phase = "unknown"
	PhaseUnpaid     Phase = "unpaid"
	PhaseRiskHold   Phase = "risk_hold"  // paid, being verified; the seller has not seen it
	PhaseProcessing Phase = "processing" // paid, not marked shipped
	PhasePending    Phase = "pending"    // a cancel request waits for the seller
	PhaseShipped    Phase = "shipped"    // marked shipped
	PhaseDelivered  Phase = "delivered"
	PhaseFinished   Phase = "finished" // confirmed by the buyer or by time
	PhaseClosed     Phase = "closed"   // cancelled or closed unshipped
)

// Source is which page a reading came from.
type Source string

// The sources. A list entry may hide a refusal, so nothing is concluded from
// its silence.
const (
	SourceList   Source = "list"
	SourceDetail Source = "detail"
)

// Reading is one look at a supplier order.
type Reading struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	// Zone is the IANA zone the page was shown in.
	Zone   string `json:"zone,omitempty"`
	Source Source `json:"source"`
	// Complete means that everything this page is to show was there, so that
	// what is absent may count as absent. An empty page is never complete.
	Complete bool `json:"complete"`
	// Unclear is why nothing, or less, was concluded: the page's data and what
	// it shows contradict each other, or its data never came.
	Unclear string `json:"doubt,omitempty"`

	Phase Phase `json:"phase"`
	// PhaseBefore is what the same attempt read before it asked.
	PhaseBefore Phase `json:"phase_before,omitempty"`
	// StatusText is the site's own caption, for people.
	StatusText string `json:"status_text,omitempty"`
	// ListText is the caption of the list entry that led to this reading.
	ListText string `json:"list_text,omitempty"`
	// CancelOffered: the Cancel order button is there.
	CancelOffered bool `json:"cancel_offered,omitempty"`
	// RefusedText is the site's own sentence where it says that the seller
	// refused the cancel.
	RefusedText string `json:"refused_text,omitempty"`

	// Days are those of the dates below that the page tells without an hour.
	Days      Days      `json:"days,omitempty"`
	OrderedAt time.Time `json:"ordered_at,omitzero"`
	PaidAt    time.Time `json:"paid_at,omitzero"`
	ShippedAt time.Time `json:"shipped_at,omitzero"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	// FinishedAt is when a finished order was confirmed, by the buyer or by
	// time.
	FinishedAt time.Time `json:"finished_at,omitzero"`
	// RequestedAt and AnsweredAt are the site's own times of the cancel request
	// and of its answer, where a supplier's pages tell them.
	RequestedAt time.Time `json:"requested_at,omitzero"`
	AnsweredAt  time.Time `json:"answered_at,omitzero"`
	// WindowEnd is the page's own countdown; to the end of the ship window only
	// while the order is paid and not shipped.
	WindowEnd time.Time `json:"window_end,omitzero"`
	// DisputeCloses is until when a dispute may be opened, in the page's words.
	DisputeCloses time.Time `json:"dispute_closes,omitzero"`

	Total Money  `json:"total,omitzero"`
	Store string `json:"store,omitempty"`
	Lines []Line `json:"lines,omitempty"`
	// Siblings are other orders of the same payment and store, as the list shows
	// them: a supplier may split an order after it was paid.
	Siblings []string `json:"siblings,omitempty"`

	// TrackingRead means that the tracking page was read to its end: no
	// number then means that there is none.
	TrackingRead bool       `json:"tracking_read,omitempty"`
	Tracking     []Tracking `json:"tracking,omitempty"`
	// RefundRead means that the refund pages were read to their end.
	RefundRead bool    `json:"refund_read,omitempty"`
	Refund     *Refund `json:"refund,omitempty"`
	// RefundUnclear are the questions that they leave: money that is shown and
	// cannot be counted. What Refund holds beside them is a part at least.
	RefundUnclear Findings `json:"refund_unclear,omitempty"`
	// Unread says which page beside the order's own could not be read, and
	// why: what it would have told is left out, which proves nothing.
	Unread string `json:"unread,omitempty"`

	Evidence []string `json:"evidence,omitempty"`
}
