package shopify_test

import (
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"countermand/shop"
	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

// removalShop has one order of two lamps, a chair and three cups, on a clock
// of its own: one hour passes between two of its changes.
type removalShop struct {
	t     *testing.T
	shop  *shopifytest.Shop
	order shopifytest.Order
	hour  atomic.Int64
}

func newRemovalShop(t *testing.T) *removalShop {
	r := &removalShop{t: t}
	r.shop = newShop(t, shopifytest.Options{Now: r.now})
	r.order = r.shop.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{
		{Title: "Lamp", Quantity: 2}, {Title: "Chair"}, {Title: "Cup", Quantity: 3},
	}})
	return r
}

func (r *removalShop) now() time.Time { return orderDay.Add(time.Duration(r.hour.Load()) * time.Hour) }

func (r *removalShop) do(_ shopifytest.Order, err error) time.Time {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	at := r.now()
	r.hour.Add(1)
	return at
}

func (r *removalShop) refund(line, n int, restock string, shipped bool) time.Time {
	r.t.Helper()
	return r.do(r.shop.Refund(r.order.Name, shopifytest.RefundLine{LineID: r.order.Lines[line].ID, Quantity: n, Restock: restock, Shipped: shipped}))
}

func (r *removalShop) ship(line, n int) {
	r.t.Helper()
	r.do(r.shop.Ship(r.order.Name, shopifytest.ShippedLine{LineID: r.order.Lines[line].ID, Quantity: n}))
}

func (r *removalShop) edit(line, n int) time.Time {
	r.t.Helper()
	return r.do(r.shop.EditLine(r.order.Name, r.order.Lines[line].ID, n))
}

func (r *removalShop) cancelParcels() { r.do(r.shop.CancelFulfillments(r.order.Name)) }

// What was taken off before it left is gone; what came back, or was refunded
// after it had left, is not.
func TestRemovedLines(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		story func(r *removalShop) (at time.Time)
		want  [3]int
	}{
		"nothing":                     {func(*removalShop) (at time.Time) { return at }, [3]int{}},
		"refunded before it left":     {func(r *removalShop) time.Time { return r.refund(0, 2, "CANCEL", false) }, [3]int{2, 0, 0}},
		"refunded without restocking": {func(r *removalShop) time.Time { return r.refund(1, 1, "NO_RESTOCK", false) }, [3]int{0, 1, 0}},
		"edited to nothing":           {func(r *removalShop) time.Time { return r.edit(2, 0) }, [3]int{0, 0, 3}},
		"edited to less":              {func(r *removalShop) time.Time { return r.edit(2, 1) }, [3]int{0, 0, 2}},
		"shipped":                     {func(r *removalShop) (at time.Time) { r.ship(0, 2); return at }, [3]int{}},
		"shipped and sent back":       {func(r *removalShop) (at time.Time) { r.ship(0, 2); r.refund(0, 2, "RETURN", false); return at }, [3]int{}},
		"shipped and paid back":       {func(r *removalShop) (at time.Time) { r.ship(0, 2); r.refund(0, 1, "NO_RESTOCK", true); return at }, [3]int{}},
		"another line left":           {func(r *removalShop) time.Time { r.ship(0, 2); return r.refund(1, 1, "NO_RESTOCK", false) }, [3]int{0, 1, 0}},
		"another line left, edited":   {func(r *removalShop) time.Time { r.ship(0, 2); return r.edit(2, 0) }, [3]int{0, 0, 3}},
		"one of two left":             {func(r *removalShop) time.Time { r.ship(0, 1); return r.refund(0, 1, "NO_RESTOCK", false) }, [3]int{1, 0, 0}},
		"the other of two left":       {func(r *removalShop) (at time.Time) { r.ship(0, 1); r.refund(0, 1, "NO_RESTOCK", true); return at }, [3]int{}},
		"both ways": {func(r *removalShop) time.Time {
			r.ship(2, 2)
			r.refund(2, 1, "RETURN", false)
			return r.refund(2, 1, "CANCEL", false)
		}, [3]int{0, 0, 1}},
		"the return came last": {func(r *removalShop) (at time.Time) {
			at = r.refund(2, 1, "CANCEL", false)
			r.ship(2, 2)
			r.refund(2, 2, "RETURN", false)
			return at
		}, [3]int{0, 0, 1}},
		"edited, refunded": {func(r *removalShop) time.Time { r.edit(0, 0); return r.refund(1, 1, "CANCEL", false) }, [3]int{2, 1, 0}},
		"refunded, edited": {func(r *removalShop) time.Time { r.refund(1, 1, "CANCEL", false); return r.edit(0, 0) }, [3]int{2, 1, 0}},
		"the parcel came to nothing": {func(r *removalShop) time.Time {
			r.ship(0, 2)
			r.cancelParcels()
			return r.refund(0, 2, "NO_RESTOCK", false)
		}, [3]int{2, 0, 0}},
		"it left, whatever the shop's word for it": {func(r *removalShop) (at time.Time) {
			r.ship(0, 2)
			r.refund(0, 2, "NO_RESTOCK", true)
			mustChange(r.shop, r.order.Name, func(o *shopifytest.Order) { o.Fulfillment = "UNFULFILLED" })
			return at
		}, [3]int{}},
		"edited, and much came back since": {func(r *removalShop) time.Time {
			at := r.edit(0, 0)
			r.ship(2, 3)
			for range 3 {
				r.refund(2, 1, "RETURN", false)
			}
			for range 2 * shopify.PageAgreements {
				r.do(r.shop.Refund(r.order.Name)) // of money alone
			}
			return at
		}, [3]int{2, 0, 0}},
		"a second parcel for the rest": {func(r *removalShop) time.Time {
			r.ship(0, 2)
			r.cancelParcels()
			r.ship(1, 1)
			return r.refund(0, 2, "NO_RESTOCK", false)
		}, [3]int{2, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRemovalShop(t)
			at := tc.story(r)
			got, err := newClient(t, r.shop.URL()).Order(t.Context(), r.order.GID())
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{}
			for i, n := range tc.want {
				if n > 0 {
					want[r.order.Lines[i].GID()] = n
				}
			}
			if !maps.Equal(got.Gone, want) || !got.GoneAt.Equal(at) || got.GoneUndated {
				t.Errorf("gone %v at %s, want %v at %s", got.Gone, got.GoneAt, want, at)
			}
		})
	}
}

// A cancelled order is gone whole, and neither it nor one that stands whole
// costs a second question.
func TestRemovedLinesOfAPlainOrderCostNoQuery(t *testing.T) {
	t.Parallel()
	r := newRemovalShop(t)
	c := newClient(t, r.shop.URL())
	if _, err := c.Order(t.Context(), r.order.GID()); err != nil {
		t.Fatal(err)
	}
	at := r.do(r.shop.Cancel(r.order.Name, "CUSTOMER"))
	got, err := c.Order(t.Context(), r.order.GID())
	if err != nil || len(got.Gone) != 3 || got.Gone[r.order.Lines[2].GID()] != 3 || !got.GoneAt.Equal(at) {
		t.Errorf("gone %v at %s: %v", got.Gone, got.GoneAt, err)
	}
	if asked := r.shop.Queries(); len(asked) != 2 {
		t.Errorf("asked %q", asked)
	}
}

// A refund of many lines comes in pages, and so does a parcel.
func TestRemovedLinesOfALongOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopifytest.Options{})
	o := shopifytest.Order{}
	for range 2 * (shopify.PageLines + 1) {
		o.Lines = append(o.Lines, shopifytest.Line{Title: "Cup"})
	}
	o = s.AddOrder(o)
	var parcel []shopifytest.ShippedLine
	var refund []shopifytest.RefundLine
	for i, l := range o.Lines {
		if left := i%2 == 0; left {
			parcel = append(parcel, shopifytest.ShippedLine{LineID: l.ID, Quantity: 1})
		}
		refund = append(refund, shopifytest.RefundLine{LineID: l.ID, Quantity: 1, Restock: "NO_RESTOCK", Shipped: i%2 == 0})
	}
	if _, err := s.Ship(o.Name, parcel...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Refund(o.Name, refund...); err != nil {
		t.Fatal(err)
	}
	got, err := newClient(t, s.URL()).Order(t.Context(), o.GID())
	if err != nil || len(got.Gone) != shopify.PageLines+1 {
		t.Fatalf("%d are gone: %v", len(got.Gone), err)
	}
	for i, l := range o.Lines {
		if got.Gone[l.GID()] != i%2 {
			t.Errorf("of line %d %d are gone", i, got.Gone[l.GID()])
		}
	}
}

// Without the time of an edit what the refunds tell stands, which may be
// nothing; without the refunds it is not known whether something went.
func TestRemovedLinesAreNotGuessed(t *testing.T) {
	t.Parallel()
	r := newRemovalShop(t)
	r.edit(0, 0)
	c := newClient(t, r.shop.URL())
	r.shop.FailOperation("readAgreements", http.StatusForbidden)
	got, err := c.Order(t.Context(), r.order.GID())
	if err != nil || len(got.Gone) != 1 || !got.GoneAt.IsZero() || !got.GoneUndated {
		t.Errorf("gone %v at %s: %v", got.Gone, got.GoneAt, err)
	}
	at := r.refund(1, 1, "CANCEL", false)
	got, err = c.Order(t.Context(), r.order.GID())
	if err != nil || len(got.Gone) != 2 || !got.GoneAt.Equal(at) || !got.GoneUndated {
		t.Errorf("gone %v at %s, want %s: %v", got.Gone, got.GoneAt, at, err)
	}
	for _, op := range []string{"readRefund", "readRemovals"} {
		r.shop.FailOperation(op, http.StatusForbidden)
		if _, err := c.Order(t.Context(), r.order.GID()); shop.KindOf(err) != shop.Unauthorized {
			t.Errorf("without %s: %v", op, err)
		}
		r.shop.FailOperation(op, 0)
	}
}
