package state

import (
	"strings"
	"time"
)

// EffectKind is a piece of work outside the store.
type EffectKind string

// The effects. A read may be done again at will; a request never without a
// reading that shows it did not take.
const (
	EffectRead    EffectKind = "read"
	EffectRequest EffectKind = "request"

	// Messages to the supplier. What stands there already is not sent again.
	EffectMessageRequest EffectKind = "message_request" // that the order is to be cancelled
	EffectMessageRefusal EffectKind = "message_refusal" // to give the tracking number
	EffectMessageProof   EffectKind = "message_proof"   // once more, before the time for the proof ends

	// Work at the shop, in the lane of the shop. Each can be done again: what
	// was carried out is read first.
	EffectShopCancel     EffectKind = "shop_cancel" // cancel the order that all suppliers accepted
	EffectResolveRequest EffectKind = "resolve"     // mark the customer's request as done
	EffectDeclineRequest EffectKind = "decline"     // decline it
	EffectWriteBack      EffectKind = "write_back"  // show in the shop how the cases stand
)

// EffectState is how far an effect got. Effects that ended are deleted: the
// journal tells what came of them.
type EffectState string

// The states of an effect.
const (
	EffectPlanned    EffectState = "planned"
	EffectStarted    EffectState = "started"    // the intent is on disk
	EffectDispatched EffectState = "dispatched" // the mark is on disk
)

// Depth is how much a read effect must read.
type Depth string

// The depths, each including the one before.
const (
	DepthList     Depth = "list"
	DepthDetail   Depth = "detail"
	DepthTracking Depth = "tracking"
)

// Effect is one open piece of work of a case. A case has at most one of each
// kind, so its id is the case's id and the kind.
type Effect struct {
	ID     string      `json:"id"`
	Rev    uint64      `json:"-"`
	CaseID string      `json:"case_id"`
	Kind   EffectKind  `json:"kind"`
	State  EffectState `json:"state"`
	// Lane is what the effect waits in: the name of the account. One lane
	// does one thing at a time.
	Lane  string `json:"lane"`
	Depth Depth  `json:"depth,omitempty"`
	Why   string `json:"why,omitempty"`
	// Shop and OrderID say what work at the shop is about; CaseID is empty.
	Shop    string `json:"shop,omitempty"`
	OrderID string `json:"order_id,omitempty"`
	// Texts are the texts of a message, kept so that another try sends the same.
	Texts []string `json:"texts,omitempty"`
	// NotBefore orders the lane.
	NotBefore time.Time `json:"not_before"`
	PlannedAt time.Time `json:"planned_at"`
	StartedAt time.Time `json:"started_at,omitzero"`
	// Fence is the lease of the account under which the effect was started.
	Fence uint64 `json:"fence,omitempty"`
	Tries int    `json:"tries,omitempty"`
}

// EffectID is the id of a case's effect of one kind.
func EffectID(caseID string, kind EffectKind) string { return caseID + "." + string(kind) }

// ParseEffectID takes an id of EffectID apart.
func ParseEffectID(id string) (caseID string, kind EffectKind) {
	caseID, word, _ := strings.Cut(id, ".") // no case's id has a dot
	return caseID, EffectKind(word)
}

// ShopEffectID is the id of a shop order's effect of one kind.
func ShopEffectID(shop, orderID string, kind EffectKind) string {
	return shop + "/" + orderID + "." + string(kind)
}

// ShopLane is where work at a shop waits. No account is named like it.
func ShopLane(shop string) string { return "shop:" + shop }

// Knock is a sign from the shop's edge that an order should be looked at. It
// carries no payload: what counts is read from the shop.
type Knock struct {
	// Seq is the store's own number, ascending in the order of arrival.
	Seq  uint64 `json:"seq"`
	Shop string `json:"shop"`
	// OrderID is the GraphQL id.
	OrderID string `json:"order_id"`
	// Source is "webhook", "poll", "flow" or "engine".
	Source string `json:"source"`
	Topic  string `json:"topic,omitempty"`
	// Key is the delivery's own id; a second knock with the same shop and
	// key is the same knock. Empty: never deduplicated.
	Key        string    `json:"key,omitempty"`
	ReceivedAt time.Time `json:"received_at"`
	NotBefore  time.Time `json:"not_before"`
	Tries      int       `json:"tries,omitempty"`
	LastError  string    `json:"last_error,omitempty"`
}

// Alert is something that a person must know. It is raised once; reminders
// are deliveries of the same alert.
type Alert struct {
	ID string `json:"id"`
	// Rev is the revision the alert was read at.
	Rev uint64 `json:"-"`
	// Key makes an alert unique: one key is raised once.
	Key  string `json:"key"`
	Kind string `json:"kind"`
	// Page means: at once and again until acknowledged. Else it waits for
	// the digest.
	Page    bool   `json:"page"`
	CaseID  string `json:"case_id,omitempty"`
	Account string `json:"account,omitempty"`
	// Title and Text name the shop order and the supplier order, or the
	// account.
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	RaisedAt time.Time `json:"raised_at"`
	// NextAt is when it is to be delivered; zero: not again.
	NextAt      time.Time `json:"next_at,omitzero"`
	Deliveries  int       `json:"deliveries,omitempty"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	Failures    int       `json:"failures,omitempty"`
	LastError   string    `json:"last_error,omitempty"`
	AckedAt     time.Time `json:"acked_at,omitzero"`
	AckedBy     string    `json:"acked_by,omitempty"`
	ResolvedAt  time.Time `json:"resolved_at,omitzero"`
}

// AccountState is whether an account can be worked.
type AccountState string

// The states of an account. While it is not ready its cases wait.
const (
	AccountReady      AccountState = "ready"
	AccountLoggedOut  AccountState = "logged_out"
	AccountChallenged AccountState = "challenged"
	AccountPaused     AccountState = "paused"
)

// Account is what is remembered of an AliExpress buyer account.
type Account struct {
	Name  string       `json:"name"`
	Rev   uint64       `json:"-"`
	State AccountState `json:"state"`
	// Until is the end of a cool-down.
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Lent: paused because a person uses the profile. Such an account is
	// taken back by itself.
	Lent bool `json:"lent,omitempty"`
	// Fence counts the leases: each start of the daemon takes the next one,
	// and an outcome under an older one is not believed.
	Fence uint64 `json:"fence"`
	// OddSince is since when pages of orders that are to be asked are not
	// understood; zero: they are. OddCase is the first such case, and OddMany tells
	// that another order's was not either: then only one is tried at a time, and
	// none before AskFrom. WorksAt is when an order was asked last.
	OddSince time.Time `json:"odd_since,omitzero"`
	OddCase  string    `json:"odd_case,omitempty"`
	OddMany  bool      `json:"odd_many,omitempty"`
	AskFrom  time.Time `json:"ask_from,omitzero"`
	WorksAt  time.Time `json:"works_at,omitzero"`
	// WriteFrom is when writing to a supplier is tried again, whose page was not
	// understood.
	WriteFrom time.Time `json:"write_from,omitzero"`
	// Owner and LeaseUntil say who works the account now.
	Owner      string    `json:"owner,omitempty"`
	LeaseUntil time.Time `json:"lease_until,omitzero"`
}

// Quarantined is a record that could not be read. It is kept as it was.
type Quarantined struct {
	// Seq is the store's own number, ascending. The listing fills it.
	Seq    uint64    `json:"seq,omitempty"`
	Bucket string    `json:"bucket"`
	Key    string    `json:"key"`
	Why    string    `json:"why"`
	At     time.Time `json:"at"`
	Raw    []byte    `json:"raw"`
}
