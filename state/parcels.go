package state

import "slices"

// ParcelItems counts the items in the parcels that the page shows against those
// of the order; short where each parcel tells and together they hold fewer. Of a
// number that is missing nothing counts: its goods may lie under the one that
// took its place.
func (c Case) ParcelItems() (held, all int, short bool) {
	all = LeastItems(c.SupplierLines)
	for _, t := range c.Tracking {
		switch {
		case t.Gone || !t.MissingSince.IsZero():
		case t.Items == 0:
			return 0, all, false
		default:
			held += t.Items
		}
	}
	return held, all, held > 0 && held < all
}

// PartSent tells whether every parcel was scanned before the request and only
// items lack that are in none.
func (c Case) PartSent() bool {
	_, _, short := c.ParcelItems()
	return short && c.Proof == ProofNumberOnly && !slices.ContainsFunc(c.Tracking, func(t Tracking) bool {
		return !t.Gone && (t.FirstScanAt.IsZero() || c.OlderThanOrder(t))
	})
}
