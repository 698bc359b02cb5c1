package boltstore

import (
	"fmt"
	"time"

	"countermand/state"
)

var claims = &table[state.Claim]{
	name: "claims", word: "claim", text: pairText,
	indexes: []string{"claim_number", "claim_read"},
	guards:  []string{"claim_number"},
	rows: func(key []byte, c state.Claim) []row {
		rows := []row{{"claim_read", join(timeKey(c.At), key)}}
		for _, number := range c.Numbers {
			rows = append(rows, row{"claim_number", join(words(number), key)})
		}
		return rows
	},
}

// Claim reads one shop order's.
func (t *readTx) Claim(shop, orderID string) (state.Claim, error) {
	return claims.get(t, join(words(shop), []byte(orderID)))
}

// Claims lists by shop and order id.
func (t *readTx) Claims(number string) ([]state.Claim, error) {
	out, err := guarded(t, claims, "claim_number", words(number))
	if err != nil {
		return out, fmt.Errorf("claims to supplier order %s: %w", number, err)
	}
	return out, nil
}

// PutClaim takes the place of a damaged one as well.
func (t *writeTx) PutClaim(c state.Claim) error {
	key := join(words(c.Shop), []byte(c.OrderID))
	if len(c.Numbers) == 0 {
		return claims.remove(t, key)
	}
	_, err := claims.save(t, key, c, anyRev)
	return err
}

// ForgetClaims leaves a shop order that has cases, until ForgetOrder has deleted them.
func (t *writeTx) ForgetClaims(before time.Time, limit int) (int, error) {
	return claims.forget(t, "claim_read", before, limit, func(key []byte) bool {
		shop, order, _ := splitPair(key)
		for range ascend(t.bucket("case_shop"), words(shop, order), nil) {
			return true
		}
		return false
	})
}
