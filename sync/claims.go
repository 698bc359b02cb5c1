package sync

import (
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
)

// A number belongs to one shop order. Which one names it is noted for each
// order that is read, also for those that stand: their goods must not go with
// another order's.

func claimMark(number string) string { return "claim/" + number }

// claimText is what is noted of an order under a number.
func claimText(o shop.Order) string { return o.Shop + "\x00" + o.ID + "\x00" + o.Name }

// claim notes the numbers that an order names, and takes back those that it
// does not name any more.
func (t *txn) claim(o shop.Order) error {
	var now []string
	for _, m := range o.Supplier {
		now = append(now, m.SupplierOrder)
	}
	names := "names/" + o.Shop + "/" + o.ID
	before, err := t.Mark(names)
	if err != nil {
		return err
	}
	for _, n := range strings.Fields(before) {
		if slices.Contains(now, n) {
			continue
		}
		if text, err := t.Mark(claimMark(n)); err != nil {
			return err
		} else if text == claimText(o) {
			if err := t.PutMark(claimMark(n), ""); err != nil {
				return err
			}
		}
	}
	for _, n := range now {
		text, err := t.Mark(claimMark(n))
		if err == nil && text == "" {
			err = t.PutMark(claimMark(n), claimText(o))
		}
		if err != nil {
			return err
		}
		if err := t.contest(o, n); err != nil {
			return err
		}
	}
	if all := strings.Join(now, " "); all != before {
		return t.PutMark(names, all)
	}
	return nil
}

// contest puts the number in doubt where another order has a case about it.
func (t *txn) contest(o shop.Order, number string) error {
	cases, err := t.CasesBySupplierOrder(number)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Shop == o.Shop && c.ShopOrderID == o.ID || c.Status.Ended() || c.MappedBy == byOperator {
			continue
		}
		doubt := state.Mapping{SupplierOrder: number, Conflict: namedBy(number, o.Shop+" "+o.Name)}
		if _, err := t.step(c, state.Event{Kind: state.EventMapped, By: state.ByShop, Mapping: &doubt}); err != nil {
			return err
		}
	}
	return nil
}

// namedBy puts a number in doubt that another shop order names as well.
func namedBy(number, who string) state.Finding {
	return state.Found(state.NumberTwice, number, "by", who)
}

// claimant is the other shop order that names a number, "" where none does.
func (t *txn) claimant(number, shopName, orderID string) (string, error) {
	text, err := t.Mark(claimMark(number))
	if err != nil || text == "" {
		return "", err
	}
	who := strings.Split(text, "\x00")
	if len(who) != 3 || who[0] == shopName && who[1] == orderID {
		return "", nil
	}
	said, err := t.Mappings(who[0], plainName(who[2]))
	if err != nil || slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == byOperator && m.SupplierOrder != number }) {
		return "", err // the operator took the number from it
	}
	return who[0] + " " + who[2], nil
}
