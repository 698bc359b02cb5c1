package sync

import (
	"slices"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/orders"
)

// storeClaim stores which numbers a shop order names, also where it is not cancelled:
// its goods must not be cancelled with those of another order. Numbers are compared whichever
// supplier's they are: should two suppliers give the same one, a person decides.
func (t *txn) storeClaim(o shop.Order) error {
	c := state.Claim{Shop: o.Shop, OrderID: o.ID, Name: o.Name, At: t.now}
	for _, m := range o.Supplier {
		c.Numbers = append(c.Numbers, m.SupplierOrder)
	}
	if err := t.PutClaim(c); err != nil {
		return err
	}
	for _, n := range c.Numbers {
		if err := t.doubtOtherCases(o, n); err != nil {
			return err
		}
	}
	return nil
}

// doubtOtherCases puts the number in doubt where another order has a case about it.
func (t *txn) doubtOtherCases(o shop.Order, number string) error {
	cases, err := t.CasesBySupplierOrder("", number)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.Shop == o.Shop && c.ShopOrderID == o.ID || c.Status.Ended() || c.MappedBy == orders.ByOperator {
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

// otherClaim is another shop order that names a number, "" where none does.
func (t *txn) otherClaim(number, shopName, orderID string) (string, error) {
	all, err := t.Claims(number)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if c.Shop == shopName && c.OrderID == orderID {
			continue
		}
		said, err := t.Mappings(c.Shop, orders.PlainName(c.Name))
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == orders.ByOperator && m.SupplierOrder != number }) { // else the operator took it from that one
			return c.Shop + " " + c.Name, nil
		}
	}
	return "", nil
}
