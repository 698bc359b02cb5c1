package sync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"countermand/shop"
	"countermand/state"
)

// yearSale is the truth about one shop order.
type yearSale struct {
	shop, id, name     string
	ordered, cancelled time.Time
	shown              time.Time // the API knows of the cancel from here on
	lines              []state.Line
	numbers            []yearNumber
	truth              []string // the numbers of its goods
	wish               yearWish
	opened             time.Time
}

// yearNumber is a number that stands in the shop order from some time on.
type yearNumber struct {
	number      string
	from, until time.Time
	lines       []state.Line
}

// yearShop is one shop: its edge, and its deliveries that repeat until they
// are taken.
type yearShop struct {
	y     *year
	name  string
	rng   *rand.Rand
	sales map[string]*yearSale
	asked []*yearSale // whose customers asked
}

// Order answers from the truth, when it answers.
func (s *yearShop) Order(_ context.Context, id string) (shop.Order, error) {
	s.y.store.die("before the shop is asked")
	op := "read order " + id
	switch s.rng.IntN(400) {
	case 0:
		return shop.Order{}, &shop.Error{Kind: shop.Unavailable, Op: op}
	case 1:
		return shop.Order{}, &shop.Error{Kind: shop.Throttled, Op: op, RetryAfter: 90 * time.Second}
	}
	sale := s.sales[id]
	if sale == nil {
		return shop.Order{}, &shop.Error{Kind: shop.NotFound, Op: op}
	}
	o := shop.Order{Shop: s.name, ID: id, Name: sale.name, CreatedAt: sale.ordered, Reason: "customer", Lines: sale.lines, Left: map[string]int{}}
	if !sale.cancelled.IsZero() && !s.y.now.Before(sale.shown) {
		o.CancelledAt = sale.cancelled
	}
	sale.wish.show(&o, sale.opened)
	for _, n := range sale.numbers {
		if !s.y.now.Before(n.from) && (n.until.IsZero() || s.y.now.Before(n.until)) {
			o.Supplier = append(o.Supplier, state.Mapping{SupplierOrder: n.number, By: "attribute", Lines: n.lines})
		}
	}
	return o, nil
}

// deliver brings a knock, again and again until it is taken.
func (s *yearShop) deliver(at time.Time, k state.Knock) {
	s.y.at(at, func() {
		err := s.y.engine(func() error {
			_, err := s.y.e.Knock(context.Background(), k)
			return err
		})
		if err != nil {
			s.deliver(s.y.now.Add(time.Minute), k)
		}
	})
}

// sell draws one cancelled order and everything that will happen around it.
// It gives the number of cases that it makes.
func (s *yearShop) sell(n int) int {
	rng, now := s.rng, s.y.now
	sale := &yearSale{
		shop: s.name, id: fmt.Sprintf("gid://shopify/Order/%d", n), name: fmt.Sprintf("#%d", n), cancelled: now, shown: now, opened: now,
		ordered: now.Add(-yearWithin(rng, 3*time.Hour, 50*time.Hour)),
	}
	s.sales[sale.id] = sale
	many := 1
	if rng.IntN(12) == 0 {
		many = 2
	}
	for i := range many {
		l := []state.Line{{ID: fmt.Sprintf("l%d", i), Title: "Lamp", Quantity: 1 + rng.IntN(3)}}
		sale.lines = append(sale.lines, l...)
		number := fmt.Sprintf("81%013d%d", n, i)
		o := newYearOrder(rng, s.y.deck, number, s.account(), now, sale.ordered, l)
		o.owners[sale.id] = true
		s.y.site.orders[number] = o
		sale.truth = append(sale.truth, number)
		if rng.IntN(25) == 0 {
			s.y.at(now.Add(yearWithin(rng, time.Minute, 9*time.Hour)), func() { s.byHand(o) })
		}
		sale.numbers = append(sale.numbers, yearNumber{number: number, lines: l})
	}
	if !s.y.deck.plain {
		s.twist(sale, n)
	}
	if rng.IntN(7) == 0 && !s.y.deck.plain {
		s.stand(sale, n)
		if sale.wish.want.asks() {
			s.asked = append(s.asked, sale)
		}
	} else if rng.IntN(30) == 0 {
		sale.shown = now.Add(yearWithin(rng, 0, 5*time.Minute))
	}
	for i := range 1 + rng.IntN(2) {
		s.deliver(now.Add(yearWithin(rng, 0, 3*time.Minute)), state.Knock{Shop: s.name, OrderID: sale.id, Source: "webhook", Topic: sale.wish.announce(), Key: fmt.Sprintf("%d-%d", n, i)})
	}
	if rng.IntN(4) == 0 { // the poll sees the order change now and then
		s.deliver(now.Add(yearWithin(rng, time.Hour, 9*24*time.Hour)), state.Knock{Shop: s.name, OrderID: sale.id, Source: "poll"})
	}
	return many
}

// byHand: the operator asks on the supplier's site, about an order that has a
// case.
func (s *yearShop) byHand(o *yearOrder) {
	if o.reached == 0 && o.fate != fatePickedUp && o.phase(s.y.now) == state.PhaseProcessing && len(s.y.watch.holders[o.number]) > 0 {
		o.reach(s.rng, s.y.now)
		o.vague = true
	}
}

// account is where an order is bought. The second shop buys with both.
func (s *yearShop) account() string {
	if s.name == "second" && s.rng.IntN(4) == 0 {
		return s.y.accountOf("mystore")
	}
	return s.y.accountOf(s.name)
}

// twist is what goes wrong with the numbers of an order.
func (s *yearShop) twist(sale *yearSale, n int) {
	rng, now := s.rng, s.y.now
	first := &sale.numbers[0]
	switch p := rng.IntN(100); {
	case p < 8: // an importer writes them late
		for i := range sale.numbers {
			sale.numbers[i].from = now.Add(yearWithin(rng, 10*time.Minute, 60*time.Hour))
		}
	case p < 10: // nobody ever writes them
		sale.numbers = nil
	case p < 12: // the number of somebody else's order, which is older or smaller
		other := s.stranger(n)
		first.number = other.number
	case p < 14: // the number of another cancelled order
		if other := s.another(sale); other != "" {
			first.number = other
		}
	case p < 16: // it is put right while we work
		other := s.stranger(n)
		wrong := yearNumber{number: other.number, lines: first.lines, until: now.Add(yearWithin(rng, time.Hour, 9*time.Hour))}
		first.from = wrong.until
		sale.numbers = append(sale.numbers, wrong)
	}
}

// stranger is an order whose goods are wanted. What tells it apart is its
// date.
func (s *yearShop) stranger(n int) *yearOrder {
	now := s.y.now
	o := newYearOrder(s.rng, s.y.deck, fmt.Sprintf("82%014d", n), s.account(), now, now.Add(-20*24*time.Hour), []state.Line{{ID: "x", Quantity: 9}})
	o.verified = time.Time{}
	if o.fate == fateClosed {
		o.fate, o.closed, o.pays = fateAccept, time.Time{}, nil
	}
	s.y.site.orders[o.number] = o
	return o
}

// another picks a recent order's number, the one that the last sale had.
func (s *yearShop) another(sale *yearSale) string {
	last := s.y.lastNumber
	if last == "" {
		return ""
	}
	s.y.site.orders[last].owners[sale.id] = true // both are cancelled, so no harm is done
	return last
}
