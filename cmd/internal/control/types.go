// Package control is how the command line talks to a running daemon: JSON
// over HTTP on a Unix socket, whose file mode says who may. The JSON types
// that scripts rely on live here, beside the server and its client.
package control

import (
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// Case is a case as scripts see it. Times are RFC 3339 in UTC, to the second
// (jq and many others read no fractions); unknown ones are left out.
type Case struct {
	ID            string       `json:"id"`
	Shop          string       `json:"shop"`
	ShopOrder     string       `json:"shop_order"`
	ShopOrderID   string       `json:"shop_order_id"`
	Account       string       `json:"account,omitempty"`
	Supplier      string       `json:"supplier"`
	SupplierOrder string       `json:"supplier_order,omitempty"`
	MappedBy      string       `json:"mapped_by,omitempty"`
	Status        state.Status `json:"status"`
	Flag          string       `json:"flag,omitempty"`
	// HeldWhy says Findings in words.
	HeldWhy  string         `json:"held_why,omitempty"`
	Findings state.Findings `json:"findings,omitempty"`
	Paused   bool           `json:"paused,omitempty"`
	Rule     string         `json:"rule,omitempty"`
	// Cause is what in the shop made the case: cancelled, requested (the
	// customer asks, the shop waits) or lines (only these went).
	Cause     state.Cause `json:"cause,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Amount    state.Money `json:"amount,omitzero"`
	Store     string      `json:"store,omitempty"`
	Proof     state.Proof `json:"proof"`
	DisputeID string      `json:"dispute_id,omitempty"`

	OpenedAt    time.Time `json:"opened_at,omitzero"`
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	RequestedAt time.Time `json:"requested_at,omitzero"`
	// RequestedSince is set for a request that was found standing: made since
	// then, and by RequestedAt at the latest.
	RequestedSince time.Time `json:"requested_since,omitzero"`
	AnsweredAt     time.Time `json:"answered_at,omitzero"`
	ClosedAt       time.Time `json:"closed_at,omitzero"`
	OrderedAt      time.Time `json:"ordered_at,omitzero"`
	PaidAt         time.Time `json:"paid_at,omitzero"`
	ShippedAt      time.Time `json:"shipped_at,omitzero"`
	ReadAt         time.Time `json:"read_at,omitzero"`
	// Days names those of these dates of which the site told only the day, in
	// Zone: the field holds its end.
	Days    []state.Field `json:"days,omitempty"`
	Zone    string        `json:"zone,omitempty"`
	EndedAt time.Time     `json:"ended_at,omitzero"`
	// DisputedAt is when a person opened the dispute.
	DisputedAt  time.Time `json:"disputed_at,omitzero"`
	NextCheckAt time.Time `json:"next_check_at,omitzero"`

	Clocks    map[state.Clock]time.Time `json:"clocks"`
	Estimated []state.Clock             `json:"estimated_clocks"`
	// Deadline is the next clock point that matters in this status.
	Deadline *Deadline        `json:"deadline,omitempty"`
	Tracking []state.Tracking `json:"tracking"`
	Lines    []state.Line     `json:"lines,omitempty"`
	Refund   *state.Refund    `json:"refund,omitempty"`
	// SnoozedUntil is when a person wants to be asked again.
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	// Advice is set on a case in doubt.
	Advice *machine.Advice `json:"advice,omitempty"`
	// NextAction and Urgency are set in the dispute queue.
	NextAction string `json:"next_action,omitempty"`
	Urgency    string `json:"urgency,omitempty"`
	// Journal is left out of listings.
	Journal []state.Entry `json:"journal,omitzero"`
}

// Deadline is one clock point.
type Deadline struct {
	Clock state.Clock `json:"clock"`
	At    time.Time   `json:"at"`
}

// Cases is the document of `cases list --json`.
type Cases struct {
	Cases []Case `json:"cases"`
}

// Disputes is the document of `disputes list --json`, most urgent first.
type Disputes struct {
	Disputes    []Case        `json:"disputes"`
	MoneyAtRisk []state.Money `json:"money_at_risk"`
}

// Alert is an alert as scripts see it.
type Alert struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Page        bool      `json:"page"`
	Case        string    `json:"case,omitempty"`
	Account     string    `json:"account,omitempty"`
	Title       string    `json:"title"`
	Text        string    `json:"text,omitempty"`
	RaisedAt    time.Time `json:"raised_at"`
	NextAt      time.Time `json:"next_at,omitzero"`
	Deliveries  int       `json:"deliveries"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Failures    int       `json:"failures,omitempty"`
	LastError   string    `json:"last_error,omitempty"`
	AckedAt     time.Time `json:"acked_at,omitzero"`
	AckedBy     string    `json:"acked_by,omitempty"`
	ResolvedAt  time.Time `json:"resolved_at,omitzero"`
}

// Alerts is the document of `alerts list --json`, newest first.
type Alerts struct {
	Alerts []Alert `json:"alerts"`
}

// ChannelResult is how one alert channel took a test message.
type ChannelResult struct {
	Channel string `json:"channel"`
	OK      bool   `json:"ok"`
	Error   string `json:"error,omitempty"`
}

// Channels is the document of `alerts test --json`.
type Channels struct {
	Channels []ChannelResult `json:"channels"`
}

// Status is the document of `status --json`.
type Status struct {
	Daemon      Daemon               `json:"daemon"`
	Accounts    []Account            `json:"accounts"`
	Counts      map[state.Status]int `json:"counts"`
	MoneyAtRisk []state.Money        `json:"money_at_risk"`
	// Deadlines are the next ones over all open cases, soonest first.
	Deadlines []CaseDeadline `json:"deadlines"`
	// UnackedPages counts the pages that nobody acknowledged.
	UnackedPages int `json:"unacknowledged_pages"`
	// Quarantined counts records that could not be read.
	Quarantined int `json:"quarantined"`
	// Waits is why nothing new is asked of any supplier; empty: it is.
	Waits []state.Wait `json:"requests_wait"`
}

// Claimed is the document of `claim --json`.
type Claimed struct {
	// Claimed is false where the daemon had not asked.
	Claimed bool   `json:"claimed"`
	DataDir string `json:"data_dir"`
}

// ClockAccepted is the document of `clock accept --json`.
type ClockAccepted struct {
	// Accepted is false where the clock was not in doubt.
	Accepted bool `json:"accepted"`
	// Now is what the clock shows; AheadUntil, where it is there, up to when
	// stamps lie ahead that no longer count.
	Now        time.Time `json:"now"`
	AheadUntil time.Time `json:"ahead_until,omitzero"`
}

// Daemon is the process that answers.
type Daemon struct {
	Version   string    `json:"version"`
	Mode      string    `json:"mode"`
	PID       int       `json:"pid"`
	StartedAt time.Time `json:"started_at"`
	// Now is the daemon's clock; in a rehearsal not the real time.
	Now       time.Time `json:"now"`
	Rehearsal bool      `json:"rehearsal,omitempty"`
}

// Account is the state of a buyer account.
type Account struct {
	Name  string             `json:"name"`
	State state.AccountState `json:"state"`
	Until time.Time          `json:"until,omitzero"`
	Since time.Time          `json:"since,omitzero"`
	Why   string             `json:"why,omitempty"`
}

// CaseDeadline is a deadline with the case it belongs to.
type CaseDeadline struct {
	Case          string       `json:"case"`
	Shop          string       `json:"shop"`
	ShopOrder     string       `json:"shop_order"`
	Supplier      string       `json:"supplier"`
	SupplierOrder string       `json:"supplier_order,omitempty"`
	Status        state.Status `json:"status"`
	Clock         state.Clock  `json:"clock"`
	At            time.Time    `json:"at"`
}

// Decision is the body of a decision. Amounts are plain decimals in the case's
// currency.
type Decision struct {
	Kind      state.EventKind `json:"kind"`
	Note      string          `json:"note,omitempty"`
	Amount    string          `json:"amount,omitempty"`
	To        state.RefundTo  `json:"to,omitempty"`
	At        time.Time       `json:"at,omitzero"`
	Until     time.Time       `json:"until,omitzero"`
	DisputeID string          `json:"dispute_id,omitempty"`
	// Seen are the findings that an approval is about.
	Seen state.Findings `json:"seen,omitempty"`
}

// maxLoan bounds a loan, in seconds; whoever needs longer asks again.
const maxLoan = 3600

// Loan is the body of a request for an account's browser profile.
type Loan struct {
	Seconds int `json:"seconds"`
}

// MapSet is the body of a mapping.
type MapSet struct {
	Shop           string   `json:"shop"`
	Order          string   `json:"order"`
	SupplierOrders []string `json:"supplier_orders"`
}

// MaxImport bounds the orders of one MapImport; whoever has more asks again.
const MaxImport = 500

// MapImport is the body of a part of a file of mappings.
type MapImport struct {
	Shop   string        `json:"shop"`
	Orders []ImportOrder `json:"orders"`
}

// ImportOrder is what a file says of one shop order.
type ImportOrder struct {
	Order          string         `json:"order"`
	SupplierOrders []ImportNumber `json:"supplier_orders"`
	// Rows are where it stands in the file; the daemon does not look at them.
	Rows []int `json:"rows,omitempty"`
}

// ImportNumber is a supplier order with the lines that it covers, empty where
// that is not known. A quantity of 0 is not known either.
type ImportNumber struct {
	Number string       `json:"number"`
	Lines  []state.Line `json:"lines,omitempty"`
}

// MapImported is the answer to a MapImport.
type MapImported struct {
	Stored int `json:"stored"`
	// Refused are the orders that were left as they were, by their names, and
	// why.
	Refused map[string]string `json:"refused"`
}
