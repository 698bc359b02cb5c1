package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

const (
	knockBatch    = 16
	knockParallel = 4 // shops answer at their own pace; one must not hold up the rest
	knockAlarm    = 4 // tries before a person hears of it
	// A webhook may come before the shop's own API knows of the cancel.
	stillStandsTries = 8 // looks at an order that still stands although a webhook says that it was cancelled
	knockGiveUp      = 6 // tries after which an order that the shop does not know is let go
)

// Knock stores a sign from a shop, for webhooks, Flow and polls alike. It returns
// nil once the knock is on disk; one whose sender gave up may be stored all the
// same.
func (e *Engine) Knock(ctx context.Context, k state.Knock) (added bool, err error) {
	if _, ok := e.o.Shops[k.Shop]; !ok {
		return false, fmt.Errorf("knock: no shop %q is configured", k.Shop)
	}
	err = e.o.Batch(ctx, func(tx state.Tx) (err error) {
		now := e.o.Now().UTC().Round(0)
		if err := tx.Stamp(now); err != nil {
			return fmt.Errorf("stamp the transaction: %w", err)
		}
		k.ReceivedAt, k.NotBefore = now, now
		added, err = tx.AddKnock(k)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store knock of %s: %w", k.Shop, err)
	}
	e.crash("knock stored")
	if added {
		nudge(e.wakeInbox)
	}
	return added, nil
}

var _ shop.Sink = (*Engine)(nil)

// drainInbox works the knocks that are due.
func (e *Engine) drainInbox(ctx context.Context) error {
	for ctx.Err() == nil {
		knocks, err := state.Get(ctx, e.o.Store, func(tx state.ReadTx) ([]state.Knock, error) { return tx.Knocks(e.o.Now(), knockBatch) })
		if err != nil {
			return fmt.Errorf("open the inbox: %w", err)
		}
		if len(knocks) == 0 {
			return nil
		}
		var g errgroup.Group // one that fails must not end the others
		g.SetLimit(knockParallel)
		for _, same := range byOrder(knocks) {
			g.Go(func() error { return e.readOrder(ctx, same) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// byOrder puts the knocks about one order together: one look answers them all,
// which keeps a burst of them off the shop's budget.
func byOrder(knocks []state.Knock) [][]state.Knock {
	var out [][]state.Knock
	at := map[[2]string]int{}
	for _, k := range knocks {
		key := [2]string{k.Shop, k.OrderID}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], k)
	}
	return out
}

// readOrder reads the order behind some knocks and opens or moves its cases.
func (e *Engine) readOrder(ctx context.Context, knocks []state.Knock) error {
	k := knocks[0]
	if k.Topic == shop.TopicUninstalled {
		return e.uninstalled(ctx, knocks)
	}
	s, ok := e.o.Shops[k.Shop]
	if !ok {
		return e.knocksFailed(ctx, knocks, &shop.Error{Kind: shop.Invalid, Op: "look at " + k.OrderID, Detail: "shop " + k.Shop + " is not configured any more"})
	}
	o, err := s.Edge.Order(ctx, k.OrderID)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return e.knocksFailed(ctx, knocks, err)
	}
	err = e.update(ctx, func(t *txn) error {
		if err := t.reconcile(o, s, knocks); err != nil {
			return fmt.Errorf("bring the cases of %s %s up to date: %w", o.Shop, o.Name, err)
		}
		for _, k := range knocks {
			end := t.endKnock
			if o.CancelledAt.IsZero() && k.Topic == topicCancelled {
				end = t.stillStands
			}
			if err := end(k); err != nil {
				return err
			}
		}
		return nil
	})
	e.crash("order settled")
	if err != nil && !errors.Is(err, state.ErrDisk) && ctx.Err() == nil { // the others go on
		return e.knocksFailed(ctx, knocks, err)
	}
	return err
}

// uninstalled calls a person: a shop that took the app off tells nothing more.
func (e *Engine) uninstalled(ctx context.Context, knocks []state.Knock) error {
	return e.update(ctx, func(t *txn) error {
		for _, k := range knocks {
			err := t.raise(state.Alert{
				Key: knockAlert(k, true), Kind: machine.AlertShop, Page: true,
				Title: k.Shop + ": the app was uninstalled from the shop",
				Text:  "Its cancels are not heard of any more. Install the app again, or take the shop out of the configuration.",
			})
			if err != nil {
				return err
			}
			if err := t.DeleteKnock(k.Seq); err != nil {
				return err
			}
		}
		return nil
	})
}

// topicCancelled is the webhook that claims a cancel.
const topicCancelled = "orders/cancelled"

// stillStands keeps a knock about a cancel that the shop's API does not show yet.
// When the last try still shows an order that stands, a person is told.
func (t *txn) stillStands(k state.Knock) error {
	k.Tries++
	if k.Tries < stillStandsTries {
		k.NotBefore = t.now.Add(machine.Backoff(k.Tries))
		k.LastError = "the order is not cancelled"
		return t.PutKnock(k)
	}
	err := t.raise(state.Alert{
		Key: knockAlert(k, true), Kind: machine.AlertShop,
		Title: fmt.Sprintf("%s: order %s was announced as cancelled but stands", k.Shop, k.OrderID),
		Text:  "Look at the order in Shopify; the supplier was not asked.",
	})
	if err != nil {
		return err
	}
	return t.endKnock(k)
}

// knocksFailed puts off the knocks about one order. The one that was tried
// most stands for them all, so that newer ones do not begin the count anew;
// those of which nothing in the shop would tell again wait beside it.
func (e *Engine) knocksFailed(ctx context.Context, knocks []state.Knock, cause error) error {
	slices.SortStableFunc(knocks, func(a, b state.Knock) int { return cmp.Compare(b.Tries, a.Tries) })
	e.o.Log.Warn().Err(cause).Str("shop", knocks[0].Shop).Str("order", knocks[0].OrderID).Int("tries", knocks[0].Tries+1).Msg("shop order not read")
	return e.update(ctx, func(t *txn) error {
		first, gone, err := t.knockFailed(knocks[0], cause)
		if err != nil {
			return err
		}
		waits := map[string]bool{first.Topic: true}
		for _, k := range knocks[1:] {
			if gone || waits[k.Topic] || !onlySource(k) {
				err = t.endKnock(k)
			} else {
				waits[k.Topic] = true
				k.NotBefore, k.LastError = first.NotBefore, first.LastError
				err = t.keepKnock(k)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// onlySource tells whether a knock carries what the order itself does not show:
// that Flow asked for a cancel, or that a webhook reported one.
func onlySource(k state.Knock) bool {
	_, flow := shop.FlowReason(k.Topic)
	return flow || k.Topic == topicCancelled
}

// knockFailed puts a knock off. Only an order that the shop positively does
// not know is let go, with a word to the operator: Shopify's own test
// notifications name such orders.
func (t *txn) knockFailed(k state.Knock, cause error) (off state.Knock, gone bool, err error) {
	k.Tries++
	k.LastError = cause.Error()
	k.NotBefore = t.now.Add(max(machine.Backoff(k.Tries), retryAfter(cause)))
	kind := shop.KindOf(cause)
	gone = kind == shop.NotFound && k.Tries >= knockGiveUp
	if k.Tries >= knockAlarm && kind != shop.NotFound || gone || (kind == shop.Unauthorized && k.Tries == 1) {
		a := state.Alert{
			Key: knockAlert(k, gone), Kind: machine.AlertShop, Page: !gone,
			Title: fmt.Sprintf("%s: order %s cannot be read", k.Shop, k.OrderID),
			Text:  cause.Error(),
		}
		if gone {
			a.Text = "The shop says that there is no such order; it is not looked at again. A test notification looks like this."
		}
		if err := t.raise(a); err != nil {
			return k, gone, err
		}
	}
	if gone {
		return k, true, t.endKnock(k)
	}
	return k, false, t.keepKnock(k)
}

// keepKnock puts a knock off. One that is gone was worked all the same: the
// answer of the disk was lost.
func (t *txn) keepKnock(k state.Knock) error {
	if err := t.PutKnock(k); err != nil && !missing(err) {
		return err
	}
	return nil
}

// knockAlert is the key of the alert about a knock that cannot be worked.
func knockAlert(k state.Knock, gone bool) string {
	return fmt.Sprintf("shop/%s/%s/%d/%t", k.Shop, k.OrderID, k.Seq, gone)
}

// endKnock forgets a knock and the alert that it could not be worked.
func (t *txn) endKnock(k state.Knock) error {
	if k.Tries > 0 {
		if err := t.resolve(knockAlert(k, false), ""); err != nil {
			return err
		}
	}
	return t.DeleteKnock(k.Seq)
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*shop.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}
