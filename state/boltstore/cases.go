package boltstore

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"countermand/state"
)

var cases = &table[state.Case]{
	name: "cases", word: "case",
	indexes: []string{indexCaseStatus, "case_shop", "case_supplier", indexCaseName, "case_account", "case_due", "case_ended"},
	guards:  []string{"case_shop", "case_supplier", indexCaseName},
	rows:    caseRows,
	rev:     func(c *state.Case) *uint64 { return &c.Rev },
}

func caseRows(id []byte, c state.Case) []row {
	rows := []row{
		{indexCaseStatus, join(words(string(c.Status)), id)},
		{"case_shop", join(words(c.Shop, c.ShopOrderID), id)},
	}
	if name := plainName(c.ShopOrder); name != "" && len(name) <= maxName {
		rows = append(rows, row{indexCaseName, join(words(name), id)})
	}
	if c.SupplierOrder != "" {
		rows = append(rows, row{"case_supplier", join(words(c.SupplierOrder), id)})
		if !c.Status.Ended() {
			rows = append(rows, row{"case_account", join(words(c.Account), id)})
		}
	}
	if !c.DueAt.IsZero() {
		rows = append(rows, row{"case_due", join(timeKey(c.DueAt), id)})
	}
	if c.Status.Ended() && !c.EndedAt.IsZero() {
		rows = append(rows, row{"case_ended", join(timeKey(c.EndedAt), id)})
	}
	return rows
}

var journal = &table[state.Entry]{name: "journal", word: "journal entry", text: func(key []byte) string {
	if len(key) < 10 {
		return hex.EncodeToString(key)
	}
	return string(key[2:len(key)-8]) + "/" + seqText(key[len(key)-8:])
}}

// seqText, like every text of a key, takes a broken one as well.
func seqText(key []byte) string {
	if len(key) != 8 {
		return hex.EncodeToString(key)
	}
	return strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
}

// Case reads one case.
func (t *readTx) Case(id string) (state.Case, error) { return cases.get(t, []byte(id)) }

// Cases lists newest first.
func (t *readTx) Cases(p state.Page) ([]state.Case, string, error) {
	return listPage(t, cases, cases.name, nil, descend, false, p)
}

// CasesByStatus lists newest first.
func (t *readTx) CasesByStatus(s state.Status, p state.Page) ([]state.Case, string, error) {
	return listPage(t, cases, indexCaseStatus, words(string(s)), descend, false, p)
}

// CasesByShopOrder lists all cases of a shop order, oldest first.
func (t *readTx) CasesByShopOrder(shop, orderID string) ([]state.Case, error) {
	out, err := guarded(t, cases, "case_shop", words(shop, orderID))
	if err != nil {
		return out, fmt.Errorf("cases of %s order %s: %w", shop, orderID, err)
	}
	return out, nil
}

// CasesBySupplierOrder lists all cases of a supplier order, oldest first. Two
// suppliers hardly ever give the same number, so the index has the number alone;
// a damaged case may be of any supplier.
func (t *readTx) CasesBySupplierOrder(supplier, number string) ([]state.Case, error) {
	out, err := guarded(t, cases, "case_supplier", words(number))
	out = slices.DeleteFunc(out, func(c state.Case) bool { return supplier != "" && c.Supplier != supplier })
	if err != nil {
		return out, fmt.Errorf("cases of supplier order %s: %w", number, err)
	}
	return out, nil
}

// OpenCasesByAccount lists oldest first.
func (t *readTx) OpenCasesByAccount(account string, p state.Page) ([]state.Case, string, error) {
	return listPage(t, cases, "case_account", words(account), ascend, false, p)
}

// DueCases lists earliest first.
func (t *readTx) DueCases(at time.Time, limit int) ([]state.Case, error) {
	out, _ := collect(t, cases, upTo(ascend(t.bucket("case_due"), nil, nil), 0, at), limit)
	return out, nil
}

// NextDue reads the case that is due first: one that cannot be read is never
// due.
func (t *readTx) NextDue() (time.Time, bool, error) {
	first, _ := collect(t, cases, ascend(t.bucket("case_due"), nil, nil), 1)
	if len(first) == 0 {
		return time.Time{}, false, nil
	}
	return first[0].DueAt, true, nil
}

// CountByStatus leaves out the statuses that no case has.
func (t *readTx) CountByStatus() (map[state.Status]int, error) {
	counts := map[state.Status]int{}
	for k, v := range ascend(t.bucket(bucketCounts), nil, nil) {
		if len(v) == 8 {
			counts[state.Status(k)] = int(binary.BigEndian.Uint64(v))
		}
	}
	return counts, nil
}

// Journal lists oldest first.
func (t *readTx) Journal(caseID string) ([]state.Entry, error) {
	var out []state.Entry
	for k := range ascend(t.bucket(journal.name), words(caseID), nil) {
		if e, err := journal.get(t, k); err == nil {
			out = append(out, e)
		}
	}
	return out, nil
}

// PutCase refuses a status that no case can stand in.
func (t *writeTx) PutCase(c state.Case) (uint64, error) {
	if !c.Status.Known() {
		return 0, fmt.Errorf("save case %s: %q is not a status", c.ID, c.Status)
	}
	return cases.save(t, []byte(c.ID), c, c.Rev)
}

// AddEntry appends to a case's journal.
func (t *writeTx) AddEntry(caseID string, e state.Entry) error {
	if err := cases.checkKey([]byte(caseID)); err != nil {
		return fmt.Errorf("save journal entry of a case: %w", err)
	}
	seq, err := t.next(journal.name, words(caseID))
	if err != nil {
		return err
	}
	_, err = journal.save(t, join(words(caseID), seqKey(seq)), e, 0)
	return err
}
