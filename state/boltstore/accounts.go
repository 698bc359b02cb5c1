package boltstore

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"countermand/state"
)

var accounts = &table[state.Account]{
	name: "accounts", word: "account",
	rev: func(a *state.Account) *uint64 { return &a.Rev },
}

var mappings = &table[[]state.Mapping]{
	name: "mappings", word: "mapping", text: pairText,
	indexes: []string{"mapping_number"},
	rows: func(key []byte, list []state.Mapping) (rows []row) {
		for _, m := range list {
			rows = append(rows, row{"mapping_number", join(words(m.SupplierOrder), key)})
		}
		return rows
	},
}

// clock has one record, the newest stamp.
var clock = &table[firstSeen]{name: "clock", word: "stamp"}

var newest = []byte("newest")

// values are words that a room left for itself.
var values = &table[string]{name: "marks", word: "mark"}

// orNone takes a record that is not there for an empty one.
func orNone[T any](v T, err error) (T, error) {
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	return v, err
}

// Value is "" where none was left.
func (t *readTx) Value(name string) (string, error) {
	return orNone(values.get(t, []byte(name)))
}

// PutValue leaves a word in place of the last one.
func (t *writeTx) PutValue(name, value string) error {
	_, err := values.save(t, []byte(name), value, anyRev)
	return err
}

// pairText writes a key of one word and a rest.
func pairText(key []byte) string {
	word, rest, whole := splitPair(key)
	if !whole {
		return hex.EncodeToString(key)
	}
	return word + "/" + rest
}

// splitPair takes such a key apart; one that was cut is not whole.
func splitPair(key []byte) (word, rest string, whole bool) {
	if len(key) < 2 || len(key) < 2+int(binary.BigEndian.Uint16(key)) {
		return "", "", false
	}
	n := 2 + int(binary.BigEndian.Uint16(key))
	return string(key[2:n]), string(key[n:]), true
}

// Account reads one account.
func (t *readTx) Account(name string) (state.Account, error) { return accounts.get(t, []byte(name)) }

// Accounts lists all accounts by name.
func (t *readTx) Accounts() (out []state.Account, err error) {
	for k := range ascend(t.bucket(accounts.name), nil, nil) {
		if a, err := accounts.get(t, k); err == nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// PutAccount saves an account.
func (t *writeTx) PutAccount(a state.Account) (uint64, error) {
	return accounts.save(t, []byte(a.Name), a, a.Rev)
}

// Mappings answers none where the operator said nothing.
func (t *readTx) Mappings(shop, orderName string) ([]state.Mapping, error) {
	return orNone(mappings.get(t, join(words(shop), []byte(orderName))))
}

// MappedTo lists the shop orders that the operator gave a number to.
func (t *readTx) MappedTo(number string) (out []state.ShopOrder, err error) {
	prefix := words(number)
	for _, key := range ascend(t.bucket("mapping_number"), prefix, nil) {
		if shop, name, whole := splitPair(key); whole {
			out = append(out, state.ShopOrder{Shop: shop, Name: name})
		}
	}
	return out, nil
}

// PutMappings replaces what was said before; none takes it back.
func (t *writeTx) PutMappings(shop, orderName string, m []state.Mapping) error {
	key := join(words(shop), []byte(orderName))
	if len(m) == 0 {
		return mappings.remove(t, key)
	}
	_, err := mappings.save(t, key, m, anyRev)
	return err
}

// NewestTime is zero before the first stamp.
func (t *readTx) NewestTime() (time.Time, error) {
	s, err := orNone(clock.get(t, newest))
	return s.At, err
}

// Stamp keeps the later of now and what is stored.
func (t *writeTx) Stamp(now time.Time) error {
	s, err := clock.get(&t.readTx, newest)
	if err == nil && !now.After(s.At) {
		return nil
	}
	return t.Restamp(now)
}

// Restamp stores now, whatever is stored.
func (t *writeTx) Restamp(now time.Time) error {
	_, err := clock.save(t, newest, firstSeen{now}, anyRev)
	return err
}
