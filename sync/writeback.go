package sync

import (
	"context"
	"errors"
	"fmt"

	"countermand/state"
	"countermand/sync/machine"
)

// TagPrefix begins the tags that are ours in the shop.
const TagPrefix = "countermand:"

// planWriteBack shows in the shop how the cases of an order stand, soon.
func (t *txn) planWriteBack(shopName, orderID string) error {
	s := t.e.o.Shops[shopName]
	if s.Writer == nil || !s.Tags && !s.Metafield || t.e.o.Policy.Mode == machine.Observe {
		return nil
	}
	return t.planAtShop(state.Request{Shop: shopName, ShopOrderID: orderID}, state.EffectWriteBack, t.now.Add(writeBackWait))
}

// writeBack puts the tag and the metafield on the order. It never holds up a
// case: what fails is tried a few times and shown at the next change.
func (l *shopLane) writeBack(ctx context.Context, f state.Effect) error {
	cases, err := state.Get(ctx, l.e.o.Store, func(tx state.ReadTx) ([]state.Case, error) { return tx.CasesByShopOrder(f.Shop, f.OrderID) })
	if err != nil && !errors.Is(err, state.ErrCorrupt) {
		return fmt.Errorf("list the cases of %s: %w", f.OrderID, err)
	}
	if len(cases) == 0 {
		return l.end(ctx, f, nil)
	}
	var failed error
	if l.shop.Tags {
		failed = l.shop.Writer.SetTag(ctx, f.OrderID, TagPrefix, TagPrefix+string(machine.ShownStatus(cases)))
	}
	if l.shop.Metafield {
		doc, err := l.e.o.Document(cases)
		if err == nil {
			err = l.shop.Writer.SetMetafield(ctx, f.OrderID, doc)
		}
		failed = errors.Join(failed, err)
	}
	l.e.crash("written back")
	if failed != nil {
		return l.putOff(ctx, f, failed, "how the cases stand cannot be shown")
	}
	return l.e.update(context.WithoutCancel(ctx), func(t *txn) error {
		now, err := t.Effect(f.ID)
		if missing(err) || err == nil && now.Rev != f.Rev { // planned anew meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		return t.DeleteEffect(f.ID)
	})
}
