package statetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countermand/state"
)

// found asks for the ids that a reference may mean, all of them readable.
func found(tb tb, tx state.ReadTx, ref string, limit int) []string {
	tb.Helper()
	return ids(sound(tx.FindCases(ref, limit))(tb))
}

func aNamed(id, name, number string) state.Case {
	return state.Case{ID: id, Shop: "mystore", ShopOrder: name, ShopOrderID: "o" + id, SupplierOrder: number, Status: state.Queued, OpenedAt: hour(1)}
}

func testFindCases(t *testing.T, b Backend) {
	s := open(t, b)
	long, longest := strings.Repeat("x", 255), strings.Repeat("y", 40000)
	var renamed state.Case
	update(t, s, func(tx state.Tx) {
		for _, c := range []state.Case{
			aNamed("01JAAA1", "#1042", "8100"), aNamed("01JAAB2", "#AB-1043", "8100"), aNamed("01JABC3", " ab-1043 ", ""),
			aNamed("01JB", "#01JA", "81"), aNamed("01jBx", "", ""), aNamed("01KÄ", "ÄB", ""), aNamed("02", "##7", "1042"),
			aNamed("03", long, ""), aNamed("04", longest, ""),
		} {
			putCase(t, tx, c)
		}
		renamed = putCase(t, tx, aNamed("05", "#old", "8old"))
	})
	update(t, s, func(tx state.Tx) {
		renamed.ShopOrder, renamed.SupplierOrder = "#new", "8new"
		putCase(t, tx, renamed)
	})
	view(t, s, func(tx state.ReadTx) {
		for ref, want := range map[string][]string{
			"01JAAA1": {"01JAAA1"}, "01jaa": {"01JAAB2", "01JAAA1"}, "01JB": {"01jBx", "01JB"}, "01JBX1": nil, "01kÄ": {"01KÄ"}, "1J": nil,
			"#1042": {"01JAAA1"}, "1042": {"02", "01JAAA1"}, "104": nil, "10420": nil, // a name and a number
			"8100": {"01JAAB2", "01JAAA1"}, "810": nil, "81": {"01JB"},
			"AB-1043": {"01JABC3", "01JAAB2"}, " # ab-1043": {"01JABC3", "01JAAB2"}, "#7": nil, "##7": {"02"},
			"01JA": {"01JB", "01JABC3", "01JAAB2", "01JAAA1"}, // a name and the beginning of ids
			"ÄB":   {"01KÄ"}, "äb": nil, long: {"03"}, longest: nil, "04": {"04"}, strings.Repeat("z", 70000): nil,
			"old": nil, "8old": nil, "new": {"05"}, "8new": {"05"}, "": nil, "#": nil, " ": nil, "\xff": nil,
		} {
			same(t, fmt.Sprintf("%.20q", ref), found(t, tx, ref, 0), want)
		}
		for limit, want := range map[int][]string{1: {"01JB"}, 2: {"01JB", "01JABC3"}, 4: {"01JB", "01JABC3", "01JAAB2", "01JAAA1"}} {
			same(t, fmt.Sprint("at most ", limit), found(t, tx, "01ja", limit), want)
		}
	})
}

func testFindCasesLimit(t *testing.T, b Backend) {
	s := open(t, b)
	update(t, s, func(tx state.Tx) {
		for n := range 120 {
			c := aCase(n, state.Queued)
			c.ShopOrder, c.SupplierOrder = "#7", "8"
			putCase(t, tx, c)
		}
	})
	view(t, s, func(tx state.ReadTx) {
		for _, ref := range []string{"01j", "7", "8"} {
			for limit, n := range map[int]int{0: 100, 7: 7, 200: 120} {
				got := found(t, tx, ref, limit)
				same(t, ref+", newest", got[0], caseID(119))
				same(t, ref+", how many", len(got), n)
			}
		}
	})
}

// testFindDamaged: whoever may be meant and cannot be read is told of, and
// nobody else is kept from being found.
func testFindDamaged(t *testing.T, b Backend) {
	s := hurt(t, b, func(tx state.Tx) {
		for n, number := range []string{"81", "82", "83"} {
			c := aNamed(caseID(n), "#7", number)
			if n == 1 {
				c.Store = marker
			}
			putCase(t, tx, c)
		}
		alone := aNamed("02", "#8", "84")
		alone.Store = marker
		putCase(t, tx, alone)
	})
	for round := range 3 { // where it was, in quarantine, after a restart
		if round == 2 {
			must(t, s.Close())
			s = open(t, b)
		}
		view(t, s, func(tx state.ReadTx) {
			for ref, want := range map[string][]string{
				"#7": {caseID(2), caseID(0)}, "01j": {caseID(2), caseID(0)}, "82": none, caseID(1): none,
				"8": none, "84": none, "0": {caseID(2), caseID(0)}, "02": none,
			} {
				got, err := tx.FindCases(ref, 0)
				wants(t, ref, err, state.ErrCorrupt)
				same(t, ref, ids(got), want)
			}
			same(t, "another", found(t, tx, "83", 0), []string{caseID(2)})
			same(t, "nobody", found(t, tx, "9", 0), none)
		})
	}
	update(t, s, func(tx state.Tx) {
		putCase(t, tx, aNamed(caseID(1), "#9", "89"))
		same(t, "made anew", found(t, tx, "#9", 0), []string{caseID(1)})
		same(t, "its old name", found(t, tx, "#7", 0), []string{caseID(2), caseID(0)})
		same(t, "its old number", found(t, tx, "82", 0), none)
	})
}

// someName is a shop order's name in the model.
var someName = rapid.SampledFrom([]string{"", "#", "#1", "1", " # 1 ", "a", "#AB", "b"})

// agreeFind looks up what the model's values make likely to meet.
func agreeFind(rt *rapid.T, tx state.ReadTx, m *model) {
	plain := func(s string) string {
		return strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), "#")))
	}
	for _, ref := range []string{"", "#", "1", "#1", "A", "ab", "b", "01j", caseID(3), caseID(3)[:25]} {
		means := func(c state.Case) bool {
			byName := plain(ref) != "" && plain(ref) == plain(c.ShopOrder)
			return ref != "" && (byName || ref == c.SupplierOrder || strings.HasPrefix(c.ID, strings.ToUpper(ref)))
		}
		want := pick(m.cases, means, caseDown)
		for _, limit := range []int{0, 2} {
			got, err := tx.FindCases(ref, limit)
			must(rt, err)
			if limit > 0 {
				want = slices.Clone(want[:min(limit, len(want))])
			}
			same(rt, fmt.Sprintf("find %q, at most %d", ref, limit), got, want)
		}
	}
}
