package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/machine"
)

// yearWant is what the shop says about an order.
type yearWant string

const (
	wantCancelled yearWant = "" // it was cancelled there
	wantEdit      yearWant = "a request on the status page"
	wantTag       yearWant = "a tag"
	wantFlow      yearWant = "a request by Flow"
	wantLines     yearWant = "lines were taken off"
)

const yearTag = "cancel-requested"

// asks tells whether a customer asked, and the shop waits.
func (w yearWant) asks() bool { return w == wantEdit || w == wantTag || w == wantFlow }

// yearWish is the part of a sale that is not cancelled yet.
type yearWish struct {
	want      yearWant
	edit      shop.RequestedEdit
	withdrawn time.Time
	gone      map[string]int
	byPerson  bool // a person wants it cancelled whatever the suppliers say
	declined  int
	tag       string
	document  string
}

// stand makes a sale stand in the shop: the customer only asks, or lines went.
func (s *yearShop) stand(sale *yearSale, n int) {
	rng := s.rng
	sale.cancelled, sale.shown = time.Time{}, time.Time{}
	switch rng.IntN(4) {
	case 0, 1:
		sale.wish.want = wantEdit
		sale.wish.edit = shop.RequestedEdit{ID: fmt.Sprintf("gid://shopify/RequestedOrderEdit/%d", n), Status: shop.EditRequested, RequestedAt: s.y.now}
		for _, l := range sale.lines {
			sale.wish.edit.Removals = append(sale.wish.edit.Removals, shop.Removal{LineID: l.ID, Quantity: l.Quantity})
		}
		if rng.IntN(5) == 0 { // only some of it
			sale.wish.edit.Removals = []shop.Removal{{LineID: sale.lines[0].ID, Quantity: 1}}
		}
	case 2:
		sale.wish.want = wantTag
	case 3:
		sale.wish.want = wantFlow
	}
	if rng.IntN(5) == 0 {
		sale.wish.want = wantLines
		q := sale.lines[0].Quantity
		if rng.IntN(3) == 0 {
			q = 1
		}
		sale.wish.gone = map[string]int{sale.lines[0].ID: q}
	}
	if rng.IntN(6) == 0 {
		s.y.at(s.y.now.Add(yearWithin(rng, time.Minute, 5*24*time.Hour)), func() { s.takeBack(sale) })
	}
	if rng.IntN(10) == 0 {
		s.y.at(s.y.now.Add(yearWithin(rng, time.Hour, 9*24*time.Hour)), func() { s.cancelByHand(sale) })
	}
}

// takeBack is the customer who wants the goods after all.
func (s *yearShop) takeBack(sale *yearSale) {
	if !sale.cancelled.IsZero() || sale.wish.want == wantEdit && sale.wish.edit.Status != shop.EditRequested || sale.wish.want == wantFlow {
		return
	}
	sale.wish.withdrawn, sale.wish.gone = s.y.now, nil
	s.poll(sale)
}

// cancelByHand is the merchant who does not wait.
func (s *yearShop) cancelByHand(sale *yearSale) {
	if !sale.cancelled.IsZero() {
		return
	}
	sale.cancelled, sale.shown = s.y.now, s.y.now
	s.poll(sale)
}

func (s *yearShop) poll(sale *yearSale) {
	s.deliver(s.y.now.Add(yearWithin(s.rng, 0, 2*time.Minute)), state.Knock{Shop: s.name, OrderID: sale.id, Source: "poll"})
}

// announce is how the shop tells of a sale that stands.
func (w yearWish) announce() (topic string) {
	switch w.want {
	case wantCancelled:
		return topicCancelled
	case wantEdit:
		return shop.TopicEditRequested
	case wantFlow:
		return shop.FlowTopic("customer")
	}
	return "orders/updated"
}

// show puts the wish into what the shop answers.
func (w yearWish) show(o *shop.Order, now time.Time) {
	o.EditsRead = true
	if w.want == wantEdit && w.withdrawn.IsZero() {
		o.Edits = []shop.RequestedEdit{w.edit}
	}
	if w.want == wantTag && w.withdrawn.IsZero() {
		o.Tags = []string{yearTag}
	}
	o.Gone = map[string]int{}
	for _, l := range o.Lines {
		o.Left[l.ID] = l.Quantity - w.gone[l.ID]
		if w.gone[l.ID] > 0 {
			o.Gone[l.ID], o.GoneAt = w.gone[l.ID], now
		}
	}
}

// yearWriter writes to one shop.
type yearWriter struct{ *yearShop }

var _ shop.Writer = yearWriter{}

var errYearWrite = &shop.Error{Kind: shop.Unavailable, Op: "write"}

// Cancel cancels an order at once, later, or not at all.
func (w yearWriter) Cancel(_ context.Context, c shop.CancelOrder) (shop.Cancelled, error) {
	y, sale := w.y, w.sales[c.ID]
	y.store.dieHere("before the shop cancel")
	switch {
	case !sale.cancelled.IsZero() && !y.now.Before(sale.cancelled):
		return shop.Cancelled{Outcome: shop.CancelDone, At: sale.cancelled}, nil
	case !sale.cancelled.IsZero(): // under way
		return shop.Cancelled{Outcome: shop.CancelUnclear, Err: errYearWrite}, nil
	}
	y.mayCancel(sale)
	switch n := w.rng.IntN(100); {
	case n < 4:
		return shop.Cancelled{}, errYearWrite
	case n < 7:
		return shop.Cancelled{Outcome: shop.CancelRefused, Problems: []shop.Problem{{Message: "the order cannot be cancelled"}}}, nil
	case n < 9: // lost on its way
		return shop.Cancelled{Outcome: shop.CancelUnclear, Err: errYearWrite}, nil
	case n < 13:
		sale.cancelled = y.now.Add(yearWithin(w.rng, time.Second, 100*time.Second))
		sale.shown = sale.cancelled
		y.store.dieHere("after the shop cancel")
		return shop.Cancelled{Outcome: shop.CancelUnclear, Err: errYearWrite}, nil
	}
	sale.cancelled, sale.shown = y.now, y.now
	y.store.dieHere("after the shop cancel")
	return shop.Cancelled{Outcome: shop.CancelDone, At: y.now, Financial: "refunded"}, nil
}

// mayCancel: the shop's order is cancelled only when every supplier has closed
// its order, or when a person said so; never when the customer took it back.
func (y *year) mayCancel(sale *yearSale) {
	if y.mode == machine.Observe || !sale.wish.want.asks() {
		wrong("%s is cancelled in the shop (%s, mode %s)", sale.name, sale.wish.want, y.mode)
	}
	if !sale.wish.withdrawn.IsZero() && !y.cancelled[sale.id] && !sale.wish.byPerson {
		wrong("%s is cancelled in the shop although the customer took the request back at %s", sale.name, sale.wish.withdrawn)
	}
	y.cancelled[sale.id] = true
	if sale.wish.byPerson {
		return
	}
	y.view(func(tx state.ReadTx) error {
		cases, err := tx.CasesByShopOrder(sale.shop, sale.id)
		for _, c := range cases {
			if c.Status == state.Refunded && y.watch.of(c.ID).events[state.EventRefund] > 0 {
				continue // a person has the money: that is an answer, too
			}
			if o := y.site.orders[c.SupplierOrder]; c.Status != state.Ignored && (o == nil || !come(o.closed, y.now)) {
				wrong("%s is cancelled in the shop and order %s is not (case %s is %s)", sale.name, c.SupplierOrder, c.ID, c.Status)
			}
		}
		return err
	})
}

// fails is a write that breaks off, perhaps after it was carried out.
func (w yearWriter) fails(do func()) error {
	w.y.store.die("before a write to the shop")
	switch w.rng.IntN(60) {
	case 0:
		return errYearWrite
	case 1:
		do()
		return errYearWrite
	}
	do()
	w.y.store.die("after a write to the shop")
	return nil
}

func (w yearWriter) SetTag(_ context.Context, id, prefix, tag string) error {
	if !strings.HasPrefix(tag, prefix) {
		return errors.New("another tag")
	}
	return w.fails(func() { w.sales[id].wish.tag = tag })
}

func (w yearWriter) SetMetafield(_ context.Context, id string, doc json.RawMessage) error {
	return w.fails(func() { w.sales[id].wish.document = string(doc) })
}

func (w yearWriter) ResolveEdit(_ context.Context, id string) error {
	sale := w.byEdit(id)
	if sale.cancelled.IsZero() {
		wrong("%s: the request is marked as done and the order stands", sale.name)
	}
	return w.fails(func() { sale.wish.edit.Status = shop.EditResolved })
}

func (w yearWriter) DeclineEdit(_ context.Context, id, _ string) error {
	sale := w.byEdit(id)
	return w.fails(func() {
		if sale.wish.edit.Status == shop.EditRequested {
			sale.wish.edit.Status = shop.EditDeclined
			sale.wish.declined++
		}
	})
}

func (w yearWriter) byEdit(id string) *yearSale {
	for _, s := range w.sales {
		if s.wish.edit.ID == id {
			return s
		}
	}
	wrong("%s: no such request: %q", w.name, id)
	return nil
}

// requests are those of customers that have not ended.
func (y *year) requests() (open []state.Request) {
	y.view(func(tx state.ReadTx) error {
		for _, name := range yearShops {
			for _, sale := range y.shops[name].asked {
				r, err := tx.Request(sale.shop, sale.id)
				if errors.Is(err, state.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				if !r.Status.Ended() {
					open = append(open, r)
				}
			}
		}
		return nil
	})
	return open
}

// attend is a person's decision about a request that was left to them.
func (y *year) attend(r state.Request) {
	if r.Status != state.RequestOpen || y.rng.IntN(3) > 0 {
		return
	}
	s := y.shops[r.Shop]
	sale := s.sales[r.ShopOrderID]
	switch y.rng.IntN(3) {
	case 0:
		s.cancelByHand(sale)
	case 1:
		if sale.wish.want == wantEdit && sale.wish.edit.Status == shop.EditRequested {
			sale.wish.edit.Status = shop.EditDeclined
		} else {
			s.takeBack(sale)
		}
		s.poll(sale)
	case 2:
		var cases []state.Case
		y.view(func(tx state.ReadTx) (err error) {
			cases, err = tx.CasesByShopOrder(r.Shop, r.ShopOrderID)
			return err
		})
		for _, c := range cases {
			if a := c.Status.Answer(); a == state.AnswerAccepted || a == state.AnswerRefused {
				sale.wish.byPerson = true
				y.decide(c, state.Event{Kind: state.EventApprove})
				return
			}
		}
	}
}

// wishes: each request ended as the shop shows it.
func (y *year) wishes(tx state.ReadTx) error {
	for _, name := range yearShops {
		for _, sale := range y.shops[name].asked {
			r, err := tx.Request(sale.shop, sale.id)
			if errors.Is(err, state.ErrNotFound) {
				if sale.wish.withdrawn.IsZero() && sale.cancelled.IsZero() {
					wrong("%s: the customer asked and there is no request", sale.name)
				}
				continue
			}
			if err != nil {
				return err
			}
			switch cancelled := !sale.cancelled.IsZero(); {
			case !r.Status.Ended():
				wrong("%s: the request is %s at the end: %s", sale.name, r.Status, r.Why)
			case r.Status == state.RequestDone && !cancelled:
				wrong("%s: the request is done and the order stands: %s", sale.name, r.Why)
			case r.Status == state.RequestDone && sale.wish.want == wantEdit && sale.wish.withdrawn.IsZero() && sale.wish.edit.Status == shop.EditRequested:
				wrong("%s: the request is done and the shop does not say so", sale.name)
			case r.Status == state.RequestDeclined && sale.wish.want == wantEdit && sale.wish.edit.Status == shop.EditRequested:
				wrong("%s: the request was declined and the customer was not told", sale.name)
			case sale.wish.declined > 1:
				wrong("%s: the customer was told %d times", sale.name, sale.wish.declined)
			}
			if err := y.shows(tx, sale); err != nil {
				return err
			}
		}
	}
	return nil
}

// shows: in the end the shop shows how the cases stand.
func (y *year) shows(tx state.ReadTx, sale *yearSale) error {
	cases, err := tx.CasesByShopOrder(sale.shop, sale.id)
	if err != nil || len(cases) == 0 || y.mode == machine.Observe {
		return err
	}
	if want := TagPrefix + string(machine.ShownStatus(cases)); sale.wish.tag != want {
		wrong("%s shows %q in the shop, want %q", sale.name, sale.wish.tag, want)
	}
	return nil
}
