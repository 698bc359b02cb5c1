package boltstore

import (
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"countermand/state"
)

var updateGolden = flag.Bool("update", false, "write the newest of testdata/v*.db.gz anew")

// newestGolden was written by the present version. The files of older ones
// stay as they are.
const newestGolden = "v3.db.gz"

// The records of the golden files of versions 2 and 3, one of each kind at least.
var (
	goldenCase = state.Case{
		ID: "01J1", Shop: "s", ShopOrder: "#AB-1042", ShopOrderID: "o1", Supplier: "aliexpress", SupplierOrder: "81", Account: "main", Status: state.Requested,
		OpenedAt: day, DueAt: day, Proof: state.ProofNone, Lines: []state.Line{{ID: "1", Title: "Lamp", Quantity: 2}},
		Amount: state.Money{Units: 1234, Currency: "USD"}, Clocks: map[state.Clock]time.Time{state.ClockAnswerDue: day.Add(time.Hour)},
	}
	goldenEnded   = state.Case{ID: "01J2", Shop: "s", Supplier: "aliexpress", ShopOrder: "#1043", ShopOrderID: "o2", Status: state.Ignored, OpenedAt: day, EndedAt: day}
	goldenLost    = state.Case{ID: "01J3", Shop: "s", Supplier: "aliexpress", ShopOrder: "#ab-1042", ShopOrderID: "o3", SupplierOrder: "83", Status: state.Held, OpenedAt: day}
	goldenOld     = state.Case{ID: "01J0", Shop: "s", Supplier: "aliexpress", ShopOrder: "#7", ShopOrderID: "o0", Status: state.Ignored, OpenedAt: day, EndedAt: day}
	goldenEntry   = state.Entry{At: day, Event: state.EventCancelled, To: state.Queued, By: state.ByShop, Detail: "cancelled"}
	goldenEffect  = state.Effect{ID: "01J1.read", CaseID: "01J1", Kind: state.EffectRead, State: state.EffectPlanned, Lane: "main", NotBefore: day, PlannedAt: day}
	goldenKnock   = state.Knock{Seq: 1, Shop: "s", OrderID: "o4", Source: "webhook", Key: "k", ReceivedAt: day, NotBefore: day}
	goldenAlert   = state.Alert{ID: "a1", Key: "k1", Kind: "held", Page: true, CaseID: "01J1", Title: "t", RaisedAt: day, NextAt: day}
	goldenSettled = state.Alert{ID: "a2", Key: "k2", Kind: "disk", Page: true, Title: "t", RaisedAt: day, AckedAt: day, AckedBy: "ada"}
	goldenAccount = state.Account{Name: "main", State: state.AccountReady, Since: day, Fence: 3}
	goldenMapping = []state.Mapping{{SupplierOrder: "81", By: "operator"}}
	goldenClaim   = state.Claim{Shop: "s", OrderID: "o1", Name: "#AB-1042", Numbers: []string{"81", "82"}, At: day}
	goldenRequest = state.Request{Shop: "s", ShopOrderID: "o1", ShopOrder: "#AB-1042", Source: state.RequestByTag, Status: state.RequestAsking, OpenedAt: day}
)

// goldenFound is goldenCase with what is found of one since version 3.
func goldenFound() state.Case {
	c := goldenCase.Clone()
	c.Findings = state.Findings{state.Found(state.FindingWithdrawn, ""), state.Found(state.MaybeAsked, "81", "at", "2026-03-02T00:00:00Z")}
	c.Accepted = state.Findings{state.Found(state.TooFewItems, "81", "have", "1", "need", "2")}
	c.Stop, c.Partial = state.Found(state.NumberTwice, "81", "by", "s #9"), state.Found(state.PartOfOrder, "", "gone", "1", "all", "2")
	return c
}

// TestGolden reads the files that versions 2 and 3 wrote.
func TestGolden(t *testing.T) {
	t.Parallel()
	if *updateGolden {
		writeGolden(t)
	}
	for name, want := range map[string]struct {
		open   state.Case
		claims []state.Claim
	}{"v2.db.gz": {goldenCase, nil}, newestGolden: {goldenFound(), []state.Claim{goldenClaim}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, want.open, want.claims)
		})
	}
}

func golden(t *testing.T, name string, open state.Case, claims []state.Claim) {
	t.Helper()
	path := goldenFile(t, name)
	edit(t, path, func(b *bbolt.Tx) error {
		return b.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			if k, _ := bucket.Cursor().First(); k == nil {
				t.Errorf("%s is empty", name)
			}
			return nil
		})
	})
	s, err := Open(path, Options{})
	noError(t, err)
	defer s.Close()
	sound(t, s)
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		goldenCases(t, tx, open)
		goldenRest(t, tx)
		got, err := tx.Claims("82")
		equal(t, "claims", err, got, claims)
		return nil
	}))
	for ref, want := range map[string]struct {
		ids     []string
		damaged bool
	}{"ab-1042": {[]string{"01J1"}, true}, "#1043": {[]string{"01J2"}, false}, "81": {[]string{"01J1"}, false}, "01j": {[]string{"01J2", "01J1"}, true}} {
		if got, damaged := finds(t, s, ref); !slices.Equal(got, want.ids) || damaged != want.damaged {
			t.Errorf("%s: found %q, damaged %v", ref, got, damaged)
		}
	}
}

// equal compares what is stored with what was; the store's revisions are its
// own.
func equal[T any](t *testing.T, what string, err error, got, want T) {
	t.Helper()
	revs := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Rev" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, revs); diff != "" || err != nil {
		t.Errorf("%s: %v\n%s", what, err, diff)
	}
}

func goldenCases(t *testing.T, tx state.ReadTx, open state.Case) {
	t.Helper()
	all, _, err := tx.Cases(state.Page{})
	equal(t, "cases", err, all, []state.Case{goldenEnded, open})
	queued, _, err := tx.CasesByStatus(state.Requested, state.Page{})
	equal(t, "by status", err, queued, []state.Case{open})
	own, err := tx.CasesByShopOrder("s", "o1")
	equal(t, "by shop order", err, own, []state.Case{open})
	held, _, err := tx.OpenCasesByAccount("main", state.Page{})
	equal(t, "by account", err, held, []state.Case{open})
	due, err := tx.DueCases(day, 0)
	equal(t, "due", err, due, []state.Case{open})
	ended, _, err := tx.EndedCases(day.Add(-1), day, state.Page{})
	equal(t, "ended", err, ended, []state.Case{goldenEnded})
	counts, err := tx.CountByStatus()
	equal(t, "counts", err, counts, map[state.Status]int{state.Requested: 1, state.Ignored: 1})
	entries, err := tx.Journal("01J1")
	equal(t, "journal", err, entries, []state.Entry{goldenEntry})
	gone, err := tx.Forgotten("s", "o0")
	equal(t, "forgotten", err, gone, true)
	if _, err := tx.Case("01J3"); !errors.Is(err, state.ErrCorrupt) {
		t.Errorf("the damaged case: %v", err)
	}
}

func goldenRest(t *testing.T, tx state.ReadTx) {
	t.Helper()
	work, err := tx.DueEffects("main", day, 0)
	equal(t, "effects", err, work, []state.Effect{goldenEffect})
	knocks, err := tx.Knocks(day, 0)
	equal(t, "knocks", err, knocks, []state.Knock{goldenKnock})
	alerts, _, err := tx.Alerts(state.Page{})
	equal(t, "alerts", err, alerts, []state.Alert{goldenSettled, goldenAlert})
	account, err := tx.Account("main")
	equal(t, "account", err, account, goldenAccount)
	mapped, err := tx.Mappings("s", "#AB-1042")
	equal(t, "mappings", err, mapped, goldenMapping)
	orders, err := tx.MappedTo("81")
	equal(t, "mapped to", err, orders, []state.ShopOrder{{Shop: "s", Name: "#AB-1042"}})
	request, err := tx.Request("s", "o1")
	equal(t, "request", err, request, goldenRequest)
	mark, err := tx.Value("m")
	equal(t, "mark", err, mark, "word")
	stamp, err := tx.NewestTime()
	equal(t, "stamp", err, stamp, day)
	bad, _, err := tx.Quarantine(state.Page{})
	if err != nil || len(bad) != 1 || bad[0].Key != "01J3" {
		t.Errorf("quarantine %+v: %v", bad, err)
	}
}

func fillGolden(tx state.Tx) error {
	var errs []error
	put := func(_ any, err error) { errs = append(errs, err) }
	for _, c := range []state.Case{goldenFound(), goldenEnded, goldenLost, goldenOld} {
		put(tx.PutCase(c))
	}
	put(nil, tx.AddEntry("01J1", goldenEntry))
	put(tx.PutEffect(goldenEffect))
	put(tx.AddKnock(goldenKnock))
	put(tx.RaiseAlert(goldenAlert))
	put(tx.RaiseAlert(goldenSettled))
	put(tx.PutAccount(goldenAccount))
	put(nil, tx.PutMappings("s", "#AB-1042", goldenMapping))
	put(nil, tx.PutClaim(goldenClaim))
	put(tx.PutRequest(goldenRequest))
	put(nil, tx.PutValue("m", "word"))
	put(nil, tx.Stamp(day))
	put(tx.ForgetOrder("s", "o0", day, day))
	return errors.Join(errs...)
}

func writeGolden(t *testing.T) {
	t.Helper()
	path, copied := filepath.Join(t.TempDir(), "test.db"), filepath.Join(t.TempDir(), "copy.db")
	s, err := Open(path, Options{})
	noError(t, err)
	noError(t, s.Update(context.Background(), fillGolden))
	noError(t, s.Close())
	editCase(t, path, "01J3")
	s, err = Open(path, Options{Now: func() time.Time { return day }})
	noError(t, err)
	noError(t, s.Reindex(context.Background()))
	noError(t, s.Backup(context.Background(), copied))
	noError(t, s.Close())
	raw, err := os.ReadFile(copied)
	noError(t, err)
	f, err := os.Create(filepath.Join("testdata", newestGolden))
	noError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write(raw)
	noError(t, errors.Join(err, z.Close(), f.Close()))
}
