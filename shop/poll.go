package shop

import (
	"context"
	"strings"
	"time"
)

// Topics of knocks that mean more than "look at the order".
const (
	// TopicUninstalled: the app was uninstalled from the shop. The knock names no
	// order, and nothing of the shop can be read any more.
	TopicUninstalled = "app/uninstalled"
	// TopicEditRequested: a customer asks for lines to be taken off.
	TopicEditRequested = "requested_order_edit/created"
	// topicFlow begins the topic of a knock by Flow.
	topicFlow = "flow/"
)

// FlowTopic is the topic of a knock by Flow, which asks for a cancel.
func FlowTopic(reason string) string { return topicFlow + reason }

// FlowReason is the reason in such a topic: customer, declined, fraud,
// inventory, other or staff. ok is false for any other topic.
func FlowReason(topic string) (reason string, ok bool) { return strings.CutPrefix(topic, topicFlow) }

// Changed is an order in a listing of changes: enough to tell whether it is
// worth a look.
type Changed struct {
	ID          string
	Name        string
	UpdatedAt   time.Time
	CancelledAt time.Time
	Tags        []string
	Fulfillment string
	// Reduced: the order was edited, or fewer items stand than were ordered.
	Reduced bool
	// EditRequested: a customer's request waits. Only WithEdits tells it.
	EditRequested bool
	// Edits are the ids of the first of the requests that wait: a further one
	// need not change UpdatedAt. Only WithEdits tells them.
	Edits []string
}

// ChangedPage is one page of a listing. Next is the cursor of the page after
// it, empty at the end.
type ChangedPage struct {
	Orders []Changed
	Next   string
}

// Lister lists what changed in a shop.
type Lister interface {
	// Changed lists the orders that changed at since or later, by the time of
	// their change, oldest first. The cursor is empty for the first page and
	// belongs to the same since.
	Changed(ctx context.Context, since time.Time, cursor string) (ChangedPage, error)
	// WithEdits lists the orders with a customer's request that waits, and
	// nothing where the shop does not tell them.
	WithEdits(ctx context.Context, cursor string) (ChangedPage, error)
}

// Cursor is how far the polling of a shop is. All its times are the shop's own,
// so that a wrong clock of ours cannot skip a change.
type Cursor struct {
	// Since is where the present walk began; zero before the first.
	Since time.Time `json:"since,omitzero"`
	// After is the last page whose knocks are stored, empty between walks.
	After string `json:"after,omitempty"`
	// UpTo is the newest change that was seen.
	UpTo time.Time `json:"up_to,omitzero"`
}

// CursorStore keeps the cursors. LoadCursor gives the zero Cursor where none
// was saved; SaveCursor returns nil only once it is on disk.
type CursorStore interface {
	LoadCursor(ctx context.Context, shop string) (Cursor, error)
	SaveCursor(ctx context.Context, shop string, c Cursor) error
}
