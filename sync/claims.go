package sync

import (
	"slices"
	"strings"

	"countermand/shop"
	"countermand/state"
	"countermand/sync/orders"
)

// storeClaim stores which numbers a shop order names, also where it is not cancelled:
// its goods must not be cancelled with those of another order. Numbers are compared whichever
// supplier's they are: should two suppliers give the same one, a person decides. A number
// that is gone, and no other came for it, is still its own: a note that was wiped tells
// nothing of whose goods they are.
func (t *txn) storeClaim(o shop.Order) error {
	before, err := t.Claim(o.Shop, o.ID)
	if err != nil && !missing(err) {
		return err
	}
	c := state.Claim{Shop: o.Shop, OrderID: o.ID, Name: o.Name, At: t.now}
	mended := false
	for _, m := range o.Supplier {
		c.Numbers = append(c.Numbers, m.SupplierOrder)
		mended = mended || !slices.Contains(before.Numbers, m.SupplierOrder)
	}
	for _, n := range before.Numbers {
		if !mended && !slices.Contains(c.Numbers, n) {
			c.Numbers = append(c.Numbers, n)
		}
	}
	if err := t.PutClaim(c); err != nil {
		return err
	}
	for _, n := range c.Numbers {
		if err := t.doubtOthers(n, o.Shop, o.Name, true); err != nil {
			return err
		}
	}
	return nil
}

// doubtOthers puts a number in doubt in the open cases of other shop orders than the one
// that names it; itself tells that the order does so itself, and not the operator for it.
func (t *txn) doubtOthers(number, shopName, order string, itself bool) error {
	cases, err := t.CasesBySupplierOrder("", number)
	if err != nil {
		return err
	}
	who := orderName(shopName, order)
	var also []string
	if itself {
		also = []string{shopName + " " + order}
	}
	for _, c := range cases {
		if orderName(c.Shop, c.ShopOrder) == who || c.Status.Ended() {
			continue
		}
		doubt := state.Mapping{SupplierOrder: number}
		if doubt.Conflict, err = t.doubt(number, c.Shop, c.ShopOrder, also...); err != nil {
			return err
		}
		if doubt.Conflict.IsZero() {
			continue
		}
		if _, err := t.step(c, state.Event{Kind: state.EventMapped, By: state.ByShop, Mapping: &doubt}); err != nil {
			return err
		}
	}
	return nil
}

// doubt is the finding that other shop orders than this one name a number: by
// themselves, by a case, or because the operator or a file gave it to them. It names
// all of them: one more is another finding. also names one of which nothing is stored
// yet.
func (t *txn) doubt(number, shopName, order string, also ...string) (state.Finding, error) {
	own := orderName(shopName, order)
	given, err := t.MappedTo(number)
	if err != nil {
		return state.Finding{}, err
	}
	var to []string
	for _, o := range given {
		to = append(to, o.Shop+" "+o.Name)
	}
	by, err := t.claimants(number)
	if err != nil {
		return state.Finding{}, err
	}
	cases, err := t.CasesBySupplierOrder("", number)
	if err != nil {
		return state.Finding{}, err
	}
	for _, c := range cases {
		if !orders.GaveNumberBack(c) {
			by = append(by, c.Shop+" "+c.ShopOrder)
		}
	}
	if by = others(own, append(by, also...)); len(by) > 0 {
		return state.Found(state.NumberTwice, number, "by", strings.Join(others(own, append(by, to...)), ", ")), nil
	}
	if to = others(own, to); len(to) > 0 {
		return state.Found(state.NumberGiven, number, "to", strings.Join(to, ", ")), nil
	}
	return state.Finding{}, nil
}

// claimants are the shop orders that name a number, but for those to which the operator
// gave other ones.
func (t *txn) claimants(number string) (by []string, err error) {
	all, err := t.Claims(number)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		said, err := t.Mappings(c.Shop, orders.PlainName(c.Name))
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(said, func(m state.Mapping) bool { return m.By == orders.ByOperator }) { // else what was given counts
			by = append(by, c.Shop+" "+c.Name)
		}
	}
	return by, nil
}

// orderName is a shop order however its name is written.
func orderName(shopName, order string) string { return shopName + " " + orders.PlainName(order) }

// others are the orders of a list but for one's own, sorted, each once.
func others(own string, list []string) (out []string) {
	seen := map[string]bool{own: true}
	for _, name := range list {
		shopName, order, _ := strings.Cut(name, " ")
		if plain := orderName(shopName, order); !seen[plain] {
			seen[plain] = true
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
