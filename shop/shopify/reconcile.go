package shopify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"countermand/shop"
	"countermand/state"
)

const (
	// overlap is how far before the newest change seen a walk begins:
	// the shop's search may show a change later than it dates it.
	overlap = 15 * time.Minute
	// DefaultLookBack is how far back a first walk begins.
	DefaultLookBack = 72 * time.Hour
	// maxEditPages bounds the listing of customers' requests.
	maxEditPages = 40
	// maxAhead is how far before our clock a shop's time is believed: one
	// mistaken time must not take the walk past what is yet to come. Believing
	// less only lists more.
	maxAhead = time.Hour
	// settling is how long before the newest change of a walk an order may have
	// changed once more without its time showing it: the shop's times have
	// seconds, and the next walk knocks for those orders again.
	settling = 2 * time.Second
	// maxKnown bounds what is remembered of the knocks of the walk before.
	maxKnown = 2000
)

// ReconcilerOptions are what a reconciliation needs.
type ReconcilerOptions struct {
	// Shop is its name in our configuration.
	Shop    string
	Lister  shop.Lister
	Sink    shop.Sink
	Cursors shop.CursorStore
	// LookBack is the default where it is zero.
	LookBack time.Duration
	// Tag asks for a cancel, without case; empty: none does.
	Tag string
	// Follows tells of an order that it is worth a knock at each of its
	// changes, whatever it is; nil: none is.
	Follows func(ctx context.Context, orderID string) bool
	// Now is time.Now where it is nil. It only dates knocks and the first
	// walk's beginning: walks go by the shop's own times.
	Now func() time.Time
	Log zerolog.Logger
}

// Reconciler finds changes that no webhook reported: it goes through the orders that
// changed, oldest change first, and knocks for each that is worth it. Where it
// is is saved only after a page's knocks are stored, so it can end at any
// moment and goes on from there, after days as well.
type Reconciler struct {
	o    ReconcilerOptions
	busy sync.Mutex
	// known are the keys of stored knocks, so that a quiet shop's latest
	// changes do not cost a transaction at every walk.
	known map[string]bool
}

// Walk counts what one walk did.
type Walk struct {
	Pages  int
	Orders int
	// Knocks were stored; Repeated were known before.
	Knocks, Repeated int
}

// NewReconciler checks the options.
func NewReconciler(o ReconcilerOptions) (*Reconciler, error) {
	if o.Shop == "" || o.Lister == nil || o.Sink == nil || o.Cursors == nil {
		return nil, errors.New("make a reconciler: shop, lister, sink and cursors are needed")
	}
	if o.LookBack <= 0 {
		o.LookBack = DefaultLookBack
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Reconciler{o: o, known: map[string]bool{}}, nil
}

// fulfilled is an order all of whose goods have left.
const fulfilled = "fulfilled"

// wants tells whether an order is worth a knock. One that stands may name a number
// that another order names too: the goods are not to be cancelled with that one.
func (r *Reconciler) wants(ctx context.Context, o shop.Changed) bool {
	return o.Fulfillment != fulfilled || !o.CancelledAt.IsZero() || o.Reduced || hasTag(o.Tags, r.o.Tag) || r.o.Follows != nil && r.o.Follows(ctx, o.ID)
}

func hasTag(tags []string, tag string) bool {
	return tag != "" && slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// Poll walks to the end of the changes once. While one walk is under way a
// second one returns at once. Errors of the shop are of type *shop.Error in
// the chain; whatever the error, the next Poll goes on where this one ended.
func (r *Reconciler) Poll(ctx context.Context) (Walk, error) {
	var w Walk
	if !r.busy.TryLock() {
		return w, nil
	}
	defer r.busy.Unlock()
	if err := r.walk(ctx, &w); err != nil {
		return w, fmt.Errorf("reconcile shop %s: %w", r.o.Shop, err)
	}
	if err := r.edits(ctx, &w); err != nil {
		return w, fmt.Errorf("reconcile the requests of shop %s: %w", r.o.Shop, err)
	}
	r.o.Log.Debug().Str("shop", r.o.Shop).Int("pages", w.Pages).Int("orders", w.Orders).Int("knocks", w.Knocks).Msg("reconciled")
	return w, nil
}

func (r *Reconciler) walk(ctx context.Context, w *Walk) error {
	at, err := r.begin(ctx)
	if err != nil {
		return err
	}
	before := at.UpTo // what the walk before saw last, not an earlier page of this one
	if at.After != "" {
		before = time.Time{}
	}
	for {
		page, err := r.o.Lister.Changed(ctx, at.Since, at.After)
		if at.After != "" && shop.KindOf(err) == shop.Invalid {
			// The page's cursor may be too old for the shop: begin anew.
			r.o.Log.Warn().Err(err).Str("shop", r.o.Shop).Msg("the walk begins anew")
			at.After = ""
			page, err = r.o.Lister.Changed(ctx, at.Since, "")
		}
		if err != nil {
			return err
		}
		w.Pages++
		for _, o := range page.Orders {
			w.Orders++
			if r.wants(ctx, o) {
				if err := r.knock(ctx, o, changeKey(o, before), w); err != nil {
					return err
				}
			}
			if o.UpdatedAt.After(at.UpTo) {
				at.UpTo = o.UpdatedAt
			}
		}
		if at.After = page.Next; at.After == "" {
			at.Since = r.next(at)
		}
		if err := r.o.Cursors.SaveCursor(ctx, r.o.Shop, at); err != nil {
			return fmt.Errorf("save the cursor: %w", err)
		}
		if at.After == "" {
			return nil
		}
	}
}

// begin loads the cursor. The first one is saved before anything is asked, so
// that it stays where it is however long the first walk takes to succeed.
func (r *Reconciler) begin(ctx context.Context) (shop.Cursor, error) {
	at, err := r.o.Cursors.LoadCursor(ctx, r.o.Shop)
	if err != nil {
		return at, fmt.Errorf("load the cursor: %w", err)
	}
	if !at.Since.IsZero() {
		return at, nil
	}
	at = shop.Cursor{Since: r.o.Now().UTC().Add(-r.o.LookBack).Truncate(time.Second)}
	if err := r.o.Cursors.SaveCursor(ctx, r.o.Shop, at); err != nil {
		return at, fmt.Errorf("save the first cursor: %w", err)
	}
	return at, nil
}

// next is where the walk after a finished one begins: never before this one,
// and not later than what was seen.
func (r *Reconciler) next(at shop.Cursor) time.Time {
	if limit := r.o.Now().UTC().Add(maxAhead); at.UpTo.After(limit) {
		at.UpTo = limit.Truncate(time.Second)
	}
	if since := at.UpTo.Add(-overlap); since.After(at.Since) {
		return since
	}
	return at.Since
}

// changeKey names one change of an order. One that the walk before saw so early
// that the order may have changed again within the same second is another one
// now, once.
func changeKey(o shop.Changed, before time.Time) string {
	key := "poll:" + o.ID + "@" + o.UpdatedAt.UTC().Format(time.RFC3339)
	if !before.IsZero() && !o.UpdatedAt.After(before) && o.UpdatedAt.After(before.Add(-settling)) {
		key += "+"
	}
	return key
}

// editKey names the requests about one order as they are.
func editKey(o shop.Changed) string {
	key := "edit:" + changeKey(o, time.Time{})
	for _, id := range o.Edits {
		key += "," + id[strings.LastIndexByte(id, '/')+1:]
	}
	return key
}

// knock stores a knock for an order. One change of one order is one knock,
// however often it is seen.
func (r *Reconciler) knock(ctx context.Context, o shop.Changed, key string, w *Walk) error {
	topic := ""
	if o.EditRequested {
		topic = shop.TopicEditRequested
	}
	if r.known[key] {
		w.Repeated++
		return nil
	}
	now := r.o.Now().UTC()
	added, err := r.o.Sink.Knock(ctx, state.Knock{
		Shop: r.o.Shop, OrderID: o.ID, Source: "poll", Topic: topic, Key: key, ReceivedAt: now, NotBefore: now,
	})
	if err != nil {
		return fmt.Errorf("store the knock of %s: %w", o.Name, err)
	}
	if len(r.known) >= maxKnown {
		clear(r.known)
	}
	r.known[key] = true
	if added {
		w.Knocks++
	} else {
		w.Repeated++
	}
	return nil
}

// edits knocks for every customer's request that waits. A request need not
// show as a change of its order.
func (r *Reconciler) edits(ctx context.Context, w *Walk) error {
	cursor := ""
	for range maxEditPages {
		page, err := r.o.Lister.WithEdits(ctx, cursor)
		if kind := shop.KindOf(err); kind == shop.Invalid || kind == shop.Unauthorized {
			r.o.Log.Warn().Err(err).Str("shop", r.o.Shop).Msg("the shop does not list requested edits; the webhook tells them")
			return nil
		}
		if err != nil {
			return err
		}
		for _, o := range page.Orders {
			if err := r.knock(ctx, o, editKey(o), w); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
	return nil
}
