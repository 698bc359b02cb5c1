package boltstore

import "countermand/state"

var requests = &table[state.Request]{
	name: "requests", word: "request", text: pairText,
	rev: func(r *state.Request) *uint64 { return &r.Rev },
}

// Request reads what a customer asked for about one shop order.
func (t *readTx) Request(shop, orderID string) (state.Request, error) {
	return requests.get(t, join(words(shop), []byte(orderID)))
}

// PutRequest saves a request.
func (t *writeTx) PutRequest(r state.Request) (uint64, error) {
	return requests.save(t, join(words(r.Shop), []byte(r.ShopOrderID)), r, r.Rev)
}
