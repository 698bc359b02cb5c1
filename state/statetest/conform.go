package statetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countermand/state"
)

// Backend is one database that the suite may close, hurt and open again.
type Backend interface {
	Open() (state.Store, error)
	// Damage changes the first byte in every stored copy of a marker that the
	// suite put into a record's text. The database is closed meanwhile.
	Damage(marker string) error
}

// Conform tests that a backend is a state.Store in every word of the
// interface. fresh gives a new, empty database.
func Conform(t *testing.T, fresh func(t *testing.T) Backend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Backend)
	}{
		{"case comes back whole", testCaseWhole},
		{"case compare and set", testCaseCompareAndSet},
		{"case refused", testCaseRefused},
		{"case pages", testCasePages},
		{"case status index", testCaseStatus},
		{"case lookups", testCaseLookups},
		{"case found", testFindCases},
		{"many cases found", testFindCasesLimit},
		{"case account index", testCaseAccount},
		{"case due index", testCaseDue},
		{"case times at the ends", testCaseFarTimes},
		{"journal", testJournal},
		{"effect compare and set", testEffectCompareAndSet},
		{"effect lanes", testEffectLanes},
		{"knock dedupe", testKnockDedupe},
		{"knock order", testKnockOrder},
		{"alert raised once", testAlertOnce},
		{"alert listings", testAlertListings},
		{"accounts", testAccounts},
		{"requests", testRequests},
		{"ended cases", testEndedCases},
		{"order forgotten", testForgetOrder},
		{"order not forgotten", testForgetRefused},
		{"alerts forgotten", testForgetAlerts},
		{"mappings", testMappings},
		{"mapped to", testMappedTo},
		{"claims", testClaims},
		{"claims forgotten", testForgetClaims},
		{"damaged claim", testDamagedClaim},
		{"marks", testMarks},
		{"stamp", testStamp},
		{"nothing there", testNothingThere},
		{"bad page", testBadPage},
		{"rollback", testRollback},
		{"context", testContext},
		{"copies", testCopies},
		{"snapshot", testSnapshot},
		{"concurrent updates", testConcurrent},
		{"churn in one transaction", testChurn},
		{"reopen", testReopen},
		{"damaged case", testDamagedCase},
		{"damaged case looked for", testFindDamaged},
		{"damaged work", testDamagedWork},
		{"damaged rest", testDamagedRest},
		{"damage met while writing", testDamageWhileWriting},
		{"damage and age", testDamageForgotten},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, fresh(t))
		})
	}
	t.Run("model", func(t *testing.T) {
		t.Parallel()
		testModel(t, fresh)
	})
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func must(tb tb, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// sound gives an answer that must have come without an error.
func sound[T any](v T, err error) func(tb) T {
	return func(tb tb) T {
		tb.Helper()
		must(tb, err)
		return v
	}
}

// same compares what a person would: times by instant, empty with nil.
func same(tb tb, what string, got, want any) {
	if reflect.DeepEqual(got, want) { // much faster, and nearly always so
		return
	}
	tb.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		tb.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func wants(tb tb, what string, err, target error) {
	tb.Helper()
	if !errors.Is(err, target) {
		tb.Errorf("%s: got error %v, want %v", what, err, target)
	}
}

func open(tb testing.TB, b Backend) state.Store {
	tb.Helper()
	s, err := b.Open()
	must(tb, err)
	tb.Cleanup(func() { s.Close() })
	return s
}

func update(tb tb, s state.Store, fn func(tx state.Tx)) {
	tb.Helper()
	must(tb, s.Update(context.Background(), func(tx state.Tx) error { fn(tx); return nil }))
}

func view(tb tb, s state.Store, fn func(tx state.ReadTx)) {
	tb.Helper()
	must(tb, s.View(context.Background(), func(tx state.ReadTx) error { fn(tx); return nil }))
}

// hour is a time of the suite's day.
func hour(h int) time.Time {
	return time.Date(2026, 3, 2, 0, 0, 0, 7, time.UTC).Add(time.Duration(h) * time.Hour)
}

// caseID sorts by n.
func caseID(n int) string { return fmt.Sprintf("01J%023d", n) }

func aCase(n int, s state.Status) state.Case {
	return state.Case{ID: caseID(n), Shop: "mystore", ShopOrder: fmt.Sprintf("#%d", n), ShopOrderID: fmt.Sprintf("gid://shopify/Order/%d", n), Status: s, OpenedAt: hour(n)}
}

func putCase(tb tb, tx state.Tx, c state.Case) state.Case {
	tb.Helper()
	c.Rev = sound(tx.PutCase(c))(tb)
	return c
}

func putEffect(tb tb, tx state.Tx, e state.Effect) state.Effect {
	tb.Helper()
	e.Rev = sound(tx.PutEffect(e))(tb)
	return e
}

func raise(tb tb, tx state.Tx, a state.Alert) bool {
	tb.Helper()
	return sound(tx.RaiseAlert(a))(tb)
}

func knock(tb tb, tx state.Tx, k state.Knock) bool {
	tb.Helper()
	return sound(tx.AddKnock(k))(tb)
}

// none is an empty listing's ids.
var none []string

// ids names the records of a listing.
func ids[T any](records []T) []string {
	var out []string
	for _, r := range records {
		switch r := any(r).(type) {
		case state.Case:
			out = append(out, r.ID)
		case state.Effect:
			out = append(out, r.ID)
		case state.Alert:
			out = append(out, r.ID)
		case state.Knock:
			out = append(out, r.OrderID)
		}
	}
	return out
}

// pages reads a whole listing in pages of limit, each of which must be full
// but the last.
func pages[T any](tb tb, limit int, list func(state.Page) ([]T, string, error)) []T {
	tb.Helper()
	var all []T
	p := state.Page{Limit: limit}
	for {
		got, next, err := list(p)
		must(tb, err)
		all = append(all, got...)
		if next == "" {
			return all
		}
		if len(got) != limit {
			tb.Fatalf("page after %q: %d of %d records, and more to come", p.After, len(got), limit)
		}
		p.After = next
	}
}
