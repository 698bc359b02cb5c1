package boltstore

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// Each migration reads the records as the version before it wrote them, by
// types of its own: those of package state are today's. A record that cannot be
// read stays where it is, for whoever comes across it.

// namedCase is what version 1 and 2 need of a case.
type namedCase struct {
	ShopOrder string `json:"shop_order"`
}

func oldCase(b *bbolt.Tx, id []byte) (c namedCase, err error) {
	_, err = decode("cases", id, b.Bucket([]byte("cases")).Get(id), &c)
	return c, err
}

// nameCases is version 2: the index of cases by their shop order's name.
func nameCases(b *bbolt.Tx) error {
	index, err := b.CreateBucketIfNotExists([]byte(indexCaseName))
	if err != nil {
		return err
	}
	for id := range ascend(b.Bucket([]byte("cases")), nil, nil) {
		c, err := oldCase(b, id)
		if err != nil {
			continue
		}
		if name := plainName(c.ShopOrder); name != "" && len(name) <= maxName {
			if err := index.Put(join(words(name), id), id); err != nil {
				return err
			}
		}
	}
	return nil
}

// version3 makes records of what version 2 kept as text.
func version3(b *bbolt.Tx) error {
	if err := createBuckets(b, []string{"claims", "claim_number", "claim_read"}); err != nil {
		return err
	}
	if err := claimsOfMarks(b); err != nil {
		return err
	}
	return findingsOfSentences(b)
}

// claimsOfMarks moves the claims to their own bucket. Among the marks each stood
// twice: an order's numbers under names/SHOP/ORDERID, and under claim/NUMBER the
// order that named it first.
func claimsOfMarks(b *bbolt.Tx) error {
	marks := b.Bucket([]byte("marks"))
	var noted firstSeen
	if _, err := decode("clock", newest, b.Bucket([]byte("clock")).Get(newest), &noted); err != nil {
		noted.At = time.Now().UTC()
	}
	found, moved := map[[2]string]*state.Claim{}, [][]byte{}
	note := func(shop, orderID, name string, numbers ...string) {
		c := found[[2]string{shop, orderID}]
		if c == nil {
			c = &state.Claim{Shop: shop, OrderID: orderID, At: noted.At}
			found[[2]string{shop, orderID}] = c
		}
		c.Name, c.Numbers = cmp.Or(name, c.Name), append(c.Numbers, numbers...)
	}
	for key, raw := range ascend(marks, nil, nil) {
		var text string
		if _, err := decode("marks", key, raw, &text); err != nil {
			continue
		}
		kind, of, _ := strings.Cut(string(key), "/")
		switch who := strings.Split(text, "\x00"); kind {
		case "claim":
			if len(who) == 3 { // else it was taken back
				note(who[0], who[1], who[2], of)
			}
		case "names":
			shop, orderID, _ := strings.Cut(of, "/")
			note(shop, orderID, "", strings.Fields(text)...)
		default:
			continue
		}
		moved = append(moved, slices.Clone(key))
	}
	t := &writeTx{readTx: readTx{b: b}}
	for _, c := range found {
		c.Name = cmp.Or(c.Name, nameInCases(b, c.Shop, c.OrderID), c.OrderID)
		slices.Sort(c.Numbers)
		c.Numbers = slices.Compact(c.Numbers)
		if err := t.PutClaim(*c); err != nil {
			return err
		}
	}
	for _, key := range moved {
		if err := marks.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// nameInCases is what the cases of a shop order call it.
func nameInCases(b *bbolt.Tx, shop, orderID string) string {
	for _, id := range ascend(b.Bucket([]byte("case_shop")), words(shop, orderID), nil) {
		if c, err := oldCase(b, id); err == nil {
			return c.ShopOrder
		}
	}
	return ""
}
