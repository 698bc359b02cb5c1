package state

import "time"

// RequestSource is how a customer's wish reached us.
type RequestSource string

// The sources.
const (
	RequestByEdit RequestSource = "edit" // the shop's own requests, made on the order's status page
	RequestByTag  RequestSource = "tag"
	RequestByFlow RequestSource = "flow" // Shopify Flow, or whoever else holds its secret
)

// RequestStatus is how far a request is.
type RequestStatus string

// The states of a request.
const (
	RequestAsking     RequestStatus = "asking"     // the suppliers are asked
	RequestCancelling RequestStatus = "cancelling" // all accepted: the shop's order is being cancelled
	RequestDeclining  RequestStatus = "declining"  // refused: the customer is being told
	RequestOpen       RequestStatus = "open"       // left to a person: mixed answers, or the shop refused
	RequestDone       RequestStatus = "done"       // the shop's order is cancelled
	RequestDeclined   RequestStatus = "declined"
	RequestWithdrawn  RequestStatus = "withdrawn"
)

// Ended tells whether nothing more is done about the request.
func (s RequestStatus) Ended() bool {
	return s == RequestDone || s == RequestDeclined || s == RequestWithdrawn
}

// Request is a customer's wish to cancel that is put to the suppliers before
// the shop is touched. It joins the cases of one shop order: the order is
// cancelled only when all have accepted.
type Request struct {
	Shop        string `json:"shop"`
	ShopOrderID string `json:"shop_order_id"` // the GraphQL id
	// Rev is the revision the request was read at.
	Rev       uint64        `json:"-"`
	ShopOrder string        `json:"shop_order"` // "#1042"
	Source    RequestSource `json:"source"`
	// EditIDs are the shop's ids of what the customer asked for on the order's
	// own page.
	EditIDs []string `json:"edit_ids,omitempty"`
	// Reason in lower case, as a Cancellation has it.
	Reason string        `json:"reason,omitempty"`
	Status RequestStatus `json:"status"`
	// Why says in words what the last step was and what a person should know.
	Why string `json:"why,omitempty"`
	// Partial: only some lines are wanted back, which the shop cannot cancel.
	Partial  bool      `json:"partial,omitempty"`
	OpenedAt time.Time `json:"opened_at"`
	EndedAt  time.Time `json:"ended_at,omitzero"`
	// Sent is when the cancel was first sent to the shop.
	Sent time.Time `json:"sent,omitzero"`
	// ByHand: only a person's decision moves it on.
	ByHand bool `json:"by_hand,omitempty"`
	// CancelAnyway: a person wants the shop's order cancelled, whatever the
	// customer's request says by now.
	CancelAnyway bool `json:"decided,omitempty"`
	// ShopRefused: the shop did not take the cancel; a person may try it again.
	ShopRefused bool `json:"refused,omitempty"`
	// TagGone: the tag was taken off since, so that another one is news.
	TagGone bool `json:"tag_gone,omitempty"`
	// Alert is the key of the alert that stands open about it.
	Alert string `json:"alert,omitempty"`
}
