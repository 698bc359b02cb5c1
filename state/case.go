package state

import (
	"maps"
	"slices"
	"time"
)

// Proof is what the tracking of an order shows about when it left.
type Proof string

// The proofs, weakest first. A number alone is a claim; the first physical
// scan is proof, and its time against our request is what counts.
const (
	ProofNone       Proof = "none"
	ProofNumberOnly Proof = "number_only"
	ProofScanBefore Proof = "scan_before_request"
	ProofScanAfter  Proof = "scan_after_request"
)

// Clock names a deadline of a case.
type Clock string

// The clocks. Each holds an absolute UTC time; zero means that it does not
// run.
const (
	ClockUnasked       Clock = "unasked"         // the request should have been placed by now
	ClockAnswerDue     Clock = "answer_due"      // the supplier should have answered by now
	ClockShipWindowEnd Clock = "ship_window_end" // the supplier's site closes an unshipped order here
	ClockProofDue      Clock = "proof_due"       // playbook: five China working days after the refusal
	ClockRefundWarn    Clock = "refund_warn"     // bank days after the closing
	ClockRefundDue     Clock = "refund_due"
	ClockDisputeOpens  Clock = "dispute_opens"
	ClockDisputeCloses Clock = "dispute_closes"
	ClockDisputeDue    Clock = "dispute_due" // the dispute should have been decided by now
	ClockSnooze        Clock = "snooze"      // a person wants to be asked again
)

// Line is one item, of the shop's order or of the supplier's.
type Line struct {
	// ID is the line's own id at the shop or the supplier.
	ID       string `json:"id,omitempty"`
	Title    string `json:"title,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Quantity int    `json:"quantity"`
}

// ItemCount sums the quantities of lines.
func ItemCount(lines []Line) int {
	n := 0
	for _, l := range lines {
		n += l.Quantity
	}
	return n
}

// LeastItems counts a line whose quantity is not shown as one item.
func LeastItems(lines []Line) (n int) {
	for _, l := range lines {
		n += max(1, l.Quantity)
	}
	return n
}

// Tracking is one parcel as the site shows it.
type Tracking struct {
	Number  string `json:"number"`
	Carrier string `json:"carrier,omitempty"`
	// SeenAt is when we first saw this number.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// FirstScanAt is the time of the first physical scan; label prints and
	// warehouse notices do not count.
	FirstScanAt time.Time `json:"first_scan_at,omitzero"`
	// FirstScanCode is the site's locale-free code of that scan.
	FirstScanCode string    `json:"first_scan_code,omitempty"`
	DeliveredAt   time.Time `json:"delivered_at,omitzero"`
	// Items is how many of the order's items it holds; zero where the page does
	// not tell.
	Items int `json:"items,omitempty"`
	// Strange is the earliest event that is not understood, Warehouse the
	// earliest that tells of a warehouse or of handing over to a carrier.
	// Neither proves anything, and neither lets a later scan accuse.
	Strange   TrackingEvent `json:"strange,omitzero"`
	Warehouse TrackingEvent `json:"warehouse,omitzero"`
	// MissingSince is the first whole tracking page, in UTC, that shows other
	// numbers and not this one; zero while it is shown.
	MissingSince time.Time `json:"missing_since,omitzero"`
	// Gone: pages a day apart left it out, so it was replaced and is history.
	Gone bool `json:"gone,omitempty"`
}

// TrackingEvent is one event of a parcel, by the site's code or words. The zero
// value is none. At is zero where the site's time of it cannot be read: it may
// then be the first of all.
type TrackingEvent struct {
	At   time.Time `json:"at,omitzero"`
	Code string    `json:"code,omitempty"`
}

// IsZero tells whether there is no such event.
func (e TrackingEvent) IsZero() bool { return e.Code == "" }

// Earlier is the earlier of two events.
func (e TrackingEvent) Earlier(other TrackingEvent) TrackingEvent {
	if e.IsZero() || !other.IsZero() && other.At.Before(e.At) {
		return other
	}
	return e
}

// RefundTo is where the money went.
type RefundTo string

// The destinations that the site names.
const (
	RefundCard    RefundTo = "card"
	RefundBalance RefundTo = "balance"
	RefundBonus   RefundTo = "bonus"
	RefundUnknown RefundTo = "unknown"
)

// Refund is money that came back.
type Refund struct {
	Amount Money     `json:"amount,omitzero"`
	To     RefundTo  `json:"to"`
	At     time.Time `json:"at,omitzero"`
	// ConfirmedBy is "site" or "operator".
	ConfirmedBy string `json:"confirmed_by"`
}

// Attempt is what is known of placing the cancel request. It outlives a crash
// and decides whether a request may be made again.
type Attempt struct {
	// FirstAt is when the first attempt began; "before the request" means
	// before it while nothing has been asked.
	FirstAt time.Time `json:"first_at,omitzero"`
	// Tries counts the attempts that were begun, also those from which nothing
	// left. Nothing is concluded from it.
	Tries int `json:"tries,omitempty"`
	// Broken counts attempts in a row that broke off before anything left: waits
	// grow by it.
	Broken int `json:"broken,omitempty"`
	// NotShown counts attempts in a row that ended because the account does not
	// show the order.
	NotShown int `json:"not_shown,omitempty"`
	// StartedAt is when the running attempt's intent was stored.
	StartedAt time.Time `json:"started_at,omitzero"`
	// DispatchedAt is the mark: the call that asks was about to leave. Without
	// it nothing left. Set, only what the site said or a reading may decide what
	// follows.
	DispatchedAt time.Time `json:"dispatched_at,omitzero"`
	// Odd counts attempts in a row that ended on a page that is not understood,
	// before anything left; OddAt is when the first of them did.
	Odd   int       `json:"odd,omitempty"`
	OddAt time.Time `json:"odd_at,omitzero"`
	// Said and SaidWords are what the site answered to that call.
	Said      Said   `json:"said,omitempty"`
	SaidWords string `json:"said_words,omitempty"`
	// Before are the calls of earlier attempts, the oldest first.
	Before []Call `json:"before,omitempty"`
	// ClickedAt is the first mark that readings have not shown to be without
	// effect: since then the supplier may know. Another attempt keeps it.
	ClickedAt time.Time `json:"clicked_at,omitzero"`
	// DoubtReads counts the complete readings of the order's own page that
	// decide what neither the site's answer nor a page has shown: two, a settle
	// time apart, the first at least as long after the mark. DoubtAt is the
	// first one's time.
	DoubtReads int       `json:"doubt_reads,omitempty"`
	DoubtAt    time.Time `json:"doubt_at,omitzero"`
	// Life is the daemon's life in which MarkUp and DoubtUp are counted: how long
	// it had lasted at the mark and at the first of those readings. The settle
	// times hold by them too: the wall clock may be set.
	Life    uint64        `json:"life,omitempty"`
	MarkUp  time.Duration `json:"mark_up,omitempty"`
	DoubtUp time.Duration `json:"doubt_up,omitempty"`
	// DoubtOther: one of them, or a page between them, shows anything else than
	// an order that was never asked.
	DoubtOther bool `json:"doubt_other,omitempty"`
	// Reasked is set once a doubtful request was allowed again: never twice.
	Reasked bool `json:"reasked,omitempty"`
	// NotOurs: the page told of the refusal of a request that is not ours. When
	// that was made is not known; ClickedAt is the earliest that it can be of.
	NotOurs bool `json:"earlier,omitempty"`
	// InLostPeriod: a request may have been made in the lost period of a restored backup;
	// ClickedAt is where that begins.
	InLostPeriod bool `json:"lost,omitempty"`
	// AskedBy is an earlier case about the order that asked, at ClickedAt, and
	// was left alone since: only a person asks again.
	AskedBy string `json:"asked_by,omitempty"`
}

// Call is a call that asks the supplier: when its mark was stored, and what the
// site answered.
type Call struct {
	At    time.Time `json:"at"`
	Said  Said      `json:"said,omitempty"`
	Words string    `json:"words,omitempty"`
}

// Calls are the calls that may have reached the supplier and those that were
// read as without effect, the oldest first. What is not our own is not among
// them: a refused request of somebody's, a lost period, an earlier case.
func (a Attempt) Calls() []Call {
	all := slices.Clone(a.Before)
	has := func(at time.Time) bool { return slices.ContainsFunc(all, func(c Call) bool { return c.At.Equal(at) }) }
	if !a.DispatchedAt.IsZero() && !has(a.DispatchedAt) {
		all = append(all, Call{a.DispatchedAt, a.Said, a.SaidWords})
	}
	ours := !a.NotOurs && !a.InLostPeriod && a.AskedBy == ""
	if ours && len(a.Before) == 0 && !a.ClickedAt.IsZero() && !has(a.ClickedAt) { // of a version that kept no list
		all = slices.Insert(all, 0, Call{At: a.ClickedAt})
	}
	return all
}

// NoticeAt is since when the supplier may know of the request; zero if it
// cannot.
func (a Attempt) NoticeAt() time.Time {
	if a.ClickedAt.IsZero() || !a.DispatchedAt.IsZero() && a.DispatchedAt.Before(a.ClickedAt) {
		return a.DispatchedAt
	}
	return a.ClickedAt
}

// Case is one supplier order that must be cancelled because of one
// cancellation in the shop.
type Case struct {
	ID string `json:"id"`
	// Rev is the revision the case was read at; the store keeps it and
	// refuses to save over a newer one.
	Rev uint64 `json:"-"`

	Shop        string `json:"shop"`
	ShopOrder   string `json:"shop_order"`    // the name a merchant knows, "#1042"
	ShopOrderID string `json:"shop_order_id"` // the GraphQL id
	// Supplier is where its shop buys, by the name in the registry of
	// suppliers.
	Supplier string `json:"supplier"`
	Account  string `json:"account,omitempty"`
	// SupplierOrder is empty while unmapped.
	SupplierOrder string `json:"supplier_order,omitempty"`
	// MappedBy tells where the number came from: attribute, note, tag,
	// import, operator.
	MappedBy string `json:"mapped_by,omitempty"`

	Status Status `json:"status"`
	Flag   string `json:"flag,omitempty"`
	// Findings are why the case is held.
	Findings Findings `json:"findings,omitempty"`
	Paused   bool     `json:"paused,omitempty"`
	// Rule names what decided how the case is handled: the mode, or a rule
	// of the configuration.
	Rule string `json:"rule,omitempty"`
	// Then is what it decided; empty until it has.
	Then Then `json:"then,omitempty"`
	// Facts are what rules decide by.
	Facts Facts `json:"facts,omitzero"`
	// Cause is why the supplier order is to be cancelled.
	Cause Cause `json:"cause,omitempty"`
	// Partial is why the supplier order cannot be cancelled whole.
	Partial Finding `json:"partial,omitzero"`
	// Candidates are further accounts that may hold the supplier order.
	Candidates []string `json:"candidates,omitempty"`
	// MessagedAt is when each message to the supplier was sent, or may have been sent: it
	// is not sent again.
	MessagedAt map[EffectKind]time.Time `json:"told,omitempty"`
	// Approved is set by a person: the case may be asked without another
	// question, whatever the mode asks for.
	Approved   bool      `json:"approved,omitempty"`
	ApprovedAt time.Time `json:"approved_at,omitzero"` // the last time
	// Accepted are the findings that a person has approved, or was told of after
	// the request; any other finding holds the case.
	Accepted Findings `json:"accepted,omitempty"`
	// Stop is why the call of the attempt under way must not leave.
	Stop Finding `json:"stop,omitzero"`
	// NumberUnsure means that the number may not be this order's: readings decide
	// nothing until a person has approved.
	NumberUnsure bool `json:"unsure,omitempty"`

	// Reason is the shop's reason for the cancel, in lower case.
	Reason string `json:"reason,omitempty"`
	// ShopOrderedAt is when the customer ordered.
	ShopOrderedAt time.Time `json:"shop_ordered_at,omitzero"`
	CancelledAt   time.Time `json:"cancelled_at,omitzero"` // in the shop
	Lines         []Line    `json:"lines,omitempty"`       // the shop's lines that this supplier order covers
	// ShopItems is how many items the shop order has, all its lines together; zero in
	// cases of older versions.
	ShopItems int `json:"shop_items,omitempty"`

	OpenedAt time.Time `json:"opened_at"`
	// AskableAt is when the case first stood in the queue.
	AskableAt   time.Time `json:"askable_at,omitzero"`
	RequestedAt time.Time `json:"requested_at,omitzero"`
	// RequestedSince is set for a request that was found standing and that
	// countermand did not make: made since then, and by RequestedAt at the latest.
	RequestedSince time.Time `json:"requested_since,omitzero"`
	AnsweredAt     time.Time `json:"answered_at,omitzero"`
	ClosedAt       time.Time `json:"closed_at,omitzero"` // at the supplier
	EndedAt        time.Time `json:"ended_at,omitzero"`
	// Days are those of the case's dates that the site tells without an hour, in
	// Zone, the IANA zone of its pages.
	Days Days   `json:"days,omitempty"`
	Zone string `json:"zone,omitempty"`

	Attempt Attempt `json:"attempt,omitzero"`
	// PendingSeen is set once a reading showed our request pending: only
	// then may a single page without it mean a refusal.
	PendingSeen bool `json:"pending_seen,omitempty"`
	// QuietAt is the last complete reading of the order's own page that showed
	// neither a request nor a refusal.
	QuietAt time.Time `json:"quiet_at,omitzero"`

	// What the supplier's pages told so far.
	Amount        Money     `json:"amount,omitzero"`
	Store         string    `json:"store,omitempty"`
	SupplierLines []Line    `json:"supplier_lines,omitempty"`
	OrderedAt     time.Time `json:"ordered_at,omitzero"`
	PaidAt        time.Time `json:"paid_at,omitzero"`
	// PhaseBefore is what the last whole page showed that did not show it closed:
	// what closes unpaid, or while its payment is verified, has another end.
	PhaseBefore Phase `json:"phase_before,omitempty"`
	// UnpaidAt is the last whole page that showed it unpaid.
	UnpaidAt  time.Time `json:"unpaid_at,omitzero"`
	ShippedAt time.Time `json:"shipped_at,omitzero"`
	// ShippedGuess: ShippedAt is only our first reading that shows the mark; the
	// site's own time, once it tells one, takes its place.
	ShippedGuess bool `json:"shipped_guess,omitempty"`
	// ReceivedAt is when the goods were delivered or confirmed, at the latest:
	// the page's date, else our first reading that says so. In UTC.
	ReceivedAt time.Time `json:"received_at,omitzero"`
	SiteState  string    `json:"site_state,omitempty"`
	ListText   string    `json:"list_text,omitempty"` // the caption in the order list
	// ReadFailures counts readings in a row that gave nothing.
	ReadFailures int `json:"read_failures,omitempty"`
	// PartFailures counts readings in a row without the part that matters: the
	// tracking, or the refunds of a closed order.
	PartFailures int        `json:"part_failures,omitempty"`
	ReadAt       time.Time  `json:"read_at,omitzero"`
	Proof        Proof      `json:"proof"`
	Tracking     []Tracking `json:"tracking,omitempty"`
	Refund       *Refund    `json:"refund,omitempty"`
	// RefundSeen is the amount that the site named last, also where a person's
	// word stands against it: each is told of once.
	RefundSeen Money `json:"refund_seen,omitzero"`
	// RefundUnclear are the questions that the refund pages leave; those that a
	// person has answered stand among Accepted.
	RefundUnclear Findings `json:"refund_unclear,omitempty"`
	DisputeID     string   `json:"dispute_id,omitempty"`
	// DisputedAt is when the dispute was opened, by the word of the person who
	// did, in UTC: a parcel sent after that day is the buyer's (playbook).
	DisputedAt time.Time `json:"disputed_at,omitzero"`

	Clocks    map[Clock]time.Time `json:"clocks,omitempty"`
	Estimated []Clock             `json:"estimated,omitempty"`
	// Earliest is when an estimated clock may end already; Clocks holds when it
	// ends at the latest.
	Earliest map[Clock]time.Time `json:"earliest,omitempty"`
	// Fired remembers which clock points were acted on, by the due time they
	// fired for, so that each is acted on once. Keys are clock names and
	// "CLOCK-near" for the warning before.
	Fired map[string]time.Time `json:"fired,omitempty"`

	// Raised holds the key of each kind of alert that is not resolved yet.
	Raised map[string]string `json:"raised,omitempty"`

	// DetailAt is when the detail page was last read; the list alone may hide
	// a refusal.
	DetailAt    time.Time `json:"detail_at,omitzero"`
	NextCheckAt time.Time `json:"next_check_at,omitzero"`
	// DueAt is when the engine must look at the case again: the earliest of
	// the next check and the next clock point. Zero: never. The store's due
	// index follows it.
	DueAt time.Time `json:"due_at,omitzero"`
}

// Cause is what in the shop made a case.
type Cause string

// The causes, each outranking the one before.
const (
	CauseLines     Cause = "lines"     // lines were taken off an order that stands
	CauseRequested Cause = "requested" // the customer asked; the shop waits for the suppliers' answers
	CauseCancelled Cause = "cancelled" // the order was cancelled in the shop
)

// Rank orders the causes; a case without one stands for a cancelled order.
func (c Cause) Rank() int {
	switch c {
	case CauseLines:
		return 1
	case CauseRequested:
		return 2
	}
	return 3
}

// Then is how a case is to be handled.
type Then string

// What rules and modes decide.
const (
	ThenAuto    Then = "auto"
	ThenConfirm Then = "confirm"
	ThenIgnore  Then = "ignore"
)

// Facts are what rules know of a shop order. Nothing personal is among them.
type Facts struct {
	Total       Money    `json:"total,omitzero"`
	Tags        []string `json:"tags,omitempty"`
	Products    []string `json:"products,omitempty"` // titles of the lines
	Vendors     []string `json:"vendors,omitempty"`
	Country     string   `json:"country,omitempty"` // ISO code that the parcel goes to
	Fulfillment string   `json:"fulfillment,omitempty"`
	Financial   string   `json:"financial,omitempty"`
}

// Clone returns a copy that shares nothing with c.
func (c Case) Clone() Case {
	c.Lines = append([]Line(nil), c.Lines...)
	c.SupplierLines = append([]Line(nil), c.SupplierLines...)
	c.Tracking = append([]Tracking(nil), c.Tracking...)
	c.Estimated = append([]Clock(nil), c.Estimated...)
	c.Candidates = append([]string(nil), c.Candidates...)
	c.Attempt.Before = append([]Call(nil), c.Attempt.Before...)
	c.Findings, c.Accepted = c.Findings.Clone(), c.Accepted.Clone()
	c.RefundUnclear = c.RefundUnclear.Clone()
	c.Partial, c.Stop = c.Partial.clone(), c.Stop.clone()
	c.Facts.Tags = append([]string(nil), c.Facts.Tags...)
	c.Facts.Products = append([]string(nil), c.Facts.Products...)
	c.Facts.Vendors = append([]string(nil), c.Facts.Vendors...)
	if c.Refund != nil {
		r := *c.Refund
		c.Refund = &r
	}
	c.Clocks = maps.Clone(c.Clocks)
	c.Earliest = maps.Clone(c.Earliest)
	c.Fired = maps.Clone(c.Fired)
	c.Raised = maps.Clone(c.Raised)
	c.Days = maps.Clone(c.Days)
	c.MessagedAt = maps.Clone(c.MessagedAt)
	return c
}

// Entry is one line of a case's journal. Entries are only ever added.
type Entry struct {
	At    time.Time `json:"at"`
	Event EventKind `json:"event"`
	From  Status    `json:"from"`
	To    Status    `json:"to"`
	By    By        `json:"by"`
	// Who is the person behind a decision, where there was one.
	Who string `json:"who,omitempty"`
	// Detail says which rule fired and which dates it compared, in words an
	// operator reads.
	Detail   string   `json:"detail,omitempty"`
	Evidence []string `json:"evidence,omitempty"`
}
