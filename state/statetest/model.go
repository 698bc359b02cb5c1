package statetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countermand/state"
)

// model is what the store should hold, without any index.
type model struct {
	cases   map[string]state.Case
	effects map[string]state.Effect
	alerts  map[string]state.Alert
	knocks  []state.Knock
	seen    map[string]bool
}

func (m *model) clone() *model {
	c := &model{cases: map[string]state.Case{}, effects: map[string]state.Effect{}, alerts: map[string]state.Alert{}, seen: map[string]bool{}}
	maps.Copy(c.cases, m.cases)
	maps.Copy(c.effects, m.effects)
	maps.Copy(c.alerts, m.alerts)
	maps.Copy(c.seen, m.seen)
	c.knocks = slices.Clone(m.knocks)
	return c
}

// machine drives a store and its model side by side.
type machine struct {
	b Backend
	s state.Store
	m *model
}

// The small worlds that values are drawn from, so that they meet.
var (
	someNumber = rapid.IntRange(0, 6)
	someWord   = rapid.SampledFrom([]string{"", "a", "ab", "b"})
	someStatus = rapid.SampledFrom(state.Statuses)
	someTime   = rapid.SampledFrom([]time.Time{{}, time.Unix(-1, 0).UTC(), hour(1), hour(1).Add(1), hour(2), hour(3)})
	staleness  = rapid.SampledFrom([]uint64{0, 0, 0, 0, 1})
)

func testModel(t *testing.T, fresh func(t *testing.T) Backend) {
	rapid.Check(t, func(rt *rapid.T) {
		b := fresh(t)
		s, err := b.Open()
		must(rt, err)
		mc := &machine{b: b, s: s, m: (&model{}).clone()}
		defer func() { must(rt, mc.s.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"update": mc.update,
			"fail":   mc.failed,
			"reopen": mc.reopen,
			"":       mc.agree,
		})
	})
}

func (mc *machine) update(rt *rapid.T) {
	next := mc.m.clone()
	must(rt, mc.s.Update(context.Background(), func(tx state.Tx) error {
		steps(rt, tx, next)
		return nil
	}))
	mc.m = next
}

// failed does the same and takes it back.
func (mc *machine) failed(rt *rapid.T) {
	oops := errors.New("oops")
	err := mc.s.Update(context.Background(), func(tx state.Tx) error {
		inside := mc.m.clone()
		steps(rt, tx, inside)
		agree(rt, tx, inside) // before it is taken back
		return oops
	})
	wants(rt, "failed update", err, oops)
}

func (mc *machine) reopen(rt *rapid.T) {
	must(rt, mc.s.Close())
	s, err := mc.b.Open()
	must(rt, err)
	mc.s = s
}

// steps makes a few changes within one transaction.
func steps(rt *rapid.T, tx state.Tx, m *model) {
	all := []func(*rapid.T, state.Tx, *model){stepCase, stepCase, stepEffect, stepDeleteEffect, stepKnock, stepDeleteKnock, stepRaise, stepAlert}
	for range rapid.IntRange(1, 6).Draw(rt, "steps") {
		rapid.SampledFrom(all).Draw(rt, "step")(rt, tx, m)
	}
}

// saved checks a compare-and-set against what the model holds.
func saved(rt *rapid.T, have, given, got uint64, err error) bool {
	if given != have {
		wants(rt, fmt.Sprintf("save at %d over %d", given, have), err, state.ErrConflict)
		return false
	}
	must(rt, err)
	if got <= have {
		rt.Errorf("revision %d after %d", got, have)
	}
	return true
}

func stepCase(rt *rapid.T, tx state.Tx, m *model) {
	c := aCase(someNumber.Draw(rt, "case"), someStatus.Draw(rt, "status"))
	c.Shop, c.ShopOrderID = someWord.Draw(rt, "shop"), someWord.Draw(rt, "order")
	c.Supplier, c.Account, c.SupplierOrder = someWord.Draw(rt, "supplier"), someWord.Draw(rt, "account"), someWord.Draw(rt, "supplier order")
	c.DueAt, c.ShopOrder = someTime.Draw(rt, "due"), someName.Draw(rt, "name")
	c.Rev = m.cases[c.ID].Rev + staleness.Draw(rt, "stale")
	rev, err := tx.PutCase(c)
	if saved(rt, m.cases[c.ID].Rev, c.Rev, rev, err) {
		c.Rev = rev
		m.cases[c.ID] = c
	}
}

func stepEffect(rt *rapid.T, tx state.Tx, m *model) {
	e := anEffect(someNumber.Draw(rt, "effect"), someWord.Draw(rt, "lane"), someTime.Draw(rt, "not before"))
	e.Rev = m.effects[e.ID].Rev + staleness.Draw(rt, "stale")
	rev, err := tx.PutEffect(e)
	if saved(rt, m.effects[e.ID].Rev, e.Rev, rev, err) {
		e.Rev = rev
		m.effects[e.ID] = e
	}
}

func stepDeleteEffect(rt *rapid.T, tx state.Tx, m *model) {
	id := anEffect(someNumber.Draw(rt, "effect"), "", hour(0)).ID
	must(rt, tx.DeleteEffect(id))
	delete(m.effects, id)
}

func stepKnock(rt *rapid.T, tx state.Tx, m *model) {
	k := state.Knock{Shop: someWord.Draw(rt, "shop"), Key: someWord.Draw(rt, "key"), OrderID: fmt.Sprint(len(m.knocks), "-", len(m.seen)), NotBefore: someTime.Draw(rt, "not before"), ReceivedAt: hour(1)}
	added, err := tx.AddKnock(k)
	must(rt, err)
	mark := k.Shop + "|" + k.Key
	same(rt, "knock is new", added, k.Key == "" || !m.seen[mark])
	if added {
		m.knocks = append(m.knocks, k)
		m.seen[mark] = k.Key != ""
	}
}

// stepDeleteKnock takes the first knock that is due.
func stepDeleteKnock(rt *rapid.T, tx state.Tx, m *model) {
	due, err := tx.Knocks(hour(99), 1)
	must(rt, err)
	want := m.dueKnocks(hour(99))
	if len(want) == 0 {
		same(rt, "knocks", ids(due), none)
		return
	}
	must(rt, tx.DeleteKnock(due[0].Seq))
	i := slices.IndexFunc(m.knocks, func(k state.Knock) bool { return k == want[0] })
	m.knocks = slices.Delete(m.knocks, i, i+1)
}

func stepRaise(rt *rapid.T, tx state.Tx, m *model) {
	id := fmt.Sprint("a", len(m.alerts))
	a := anAlert(id, fmt.Sprint("k", someNumber.Draw(rt, "key")), 0)
	a.RaisedAt, a.NextAt = someTime.Draw(rt, "raised"), someTime.Draw(rt, "next")
	added, err := tx.RaiseAlert(a)
	must(rt, err)
	known := slices.ContainsFunc(slices.Collect(maps.Values(m.alerts)), func(o state.Alert) bool { return o.Key == a.Key })
	same(rt, "alert is new", added, !known)
	if added {
		a, err = tx.Alert(id)
		must(rt, err)
		m.alerts[id] = a
	}
}

func stepAlert(rt *rapid.T, tx state.Tx, m *model) {
	a, ok := m.alerts[fmt.Sprint("a", someNumber.Draw(rt, "alert"))]
	if !ok {
		return
	}
	have := a.Rev
	a.NextAt, a.Rev = someTime.Draw(rt, "next"), have+staleness.Draw(rt, "stale")
	rev, err := tx.PutAlert(a)
	if saved(rt, have, a.Rev, rev, err) {
		a.Rev = rev
		m.alerts[a.ID] = a
	}
}

func (m *model) dueKnocks(at time.Time) []state.Knock {
	due := slices.DeleteFunc(slices.Clone(m.knocks), func(k state.Knock) bool { return k.NotBefore.After(at) })
	slices.SortStableFunc(due, func(a, b state.Knock) int { return a.NotBefore.Compare(b.NotBefore) })
	return due
}

// pick filters and sorts the model's records as a listing should.
func pick[T any](m map[string]T, in func(T) bool, order func(a, b T) int) []T {
	out := slices.DeleteFunc(slices.Collect(maps.Values(m)), func(v T) bool { return !in(v) })
	slices.SortFunc(out, order)
	return out
}

func caseUp(a, b state.Case) int   { return cmp.Compare(a.ID, b.ID) }
func caseDown(a, b state.Case) int { return cmp.Compare(b.ID, a.ID) }

func caseByDue(a, b state.Case) int { return cmp.Or(a.DueAt.Compare(b.DueAt), caseUp(a, b)) }

// agree asks the store everything, and itself whether its indexes fit.
func (mc *machine) agree(rt *rapid.T) {
	must(rt, mc.s.View(context.Background(), func(tx state.ReadTx) error { agree(rt, tx, mc.m); return nil }))
	if c, ok := mc.s.(interface {
		Check(context.Context) ([]string, error)
	}); ok {
		problems, err := c.Check(context.Background())
		must(rt, err)
		same(rt, "problems", problems, []string(nil))
	}
}

func agree(rt *rapid.T, tx state.ReadTx, m *model) {
	agreeCases(rt, tx, m)
	agreeFind(rt, tx, m)
	agreeDue(rt, tx, m)
	for _, lane := range []string{"", "a", "ab", "b"} {
		in := func(e state.Effect) bool { return e.Lane == lane }
		order := func(a, b state.Effect) int { return cmp.Or(a.NotBefore.Compare(b.NotBefore), cmp.Compare(a.ID, b.ID)) }
		list := func(p state.Page) ([]state.Effect, string, error) { return tx.LaneEffects(lane, p) }
		same(rt, "lane "+lane, pages(rt, 2, list), pick(m.effects, in, order))
	}
	newest := func(a, b state.Alert) int { return cmp.Or(b.RaisedAt.Compare(a.RaisedAt), cmp.Compare(b.ID, a.ID)) }
	same(rt, "alerts", pages(rt, 2, tx.Alerts), pick(m.alerts, func(state.Alert) bool { return true }, newest))
}

func agreeCases(rt *rapid.T, tx state.ReadTx, m *model) {
	all := func(state.Case) bool { return true }
	same(rt, "cases", pages(rt, 2, tx.Cases), pick(m.cases, all, caseDown))
	counts := map[state.Status]int{}
	for _, s := range state.Statuses {
		want := pick(m.cases, func(c state.Case) bool { return c.Status == s }, caseDown)
		list := func(p state.Page) ([]state.Case, string, error) { return tx.CasesByStatus(s, p) }
		same(rt, "status "+string(s), pages(rt, 1, list), want)
		if len(want) > 0 {
			counts[s] = len(want)
		}
	}
	same(rt, "counts", sound(tx.CountByStatus())(rt), counts)
	for _, w := range []string{"", "a", "ab", "b"} {
		for _, supplier := range []string{"", "a", "ab", "b"} {
			bySupplier, err := tx.CasesBySupplierOrder(supplier, w)
			must(rt, err)
			of := func(c state.Case) bool {
				return w != "" && c.SupplierOrder == w && (supplier == "" || c.Supplier == supplier)
			}
			same(rt, "supplier order "+supplier+" "+w, bySupplier, pick(m.cases, of, caseUp))
		}
		open := func(c state.Case) bool { return c.Account == w && c.SupplierOrder != "" && !c.Status.Ended() }
		list := func(p state.Page) ([]state.Case, string, error) { return tx.OpenCasesByAccount(w, p) }
		same(rt, "account "+w, pages(rt, 2, list), pick(m.cases, open, caseUp))
		for _, o := range []string{"", "a", "ab", "b"} {
			same(rt, "shop order "+w+" "+o, sound(tx.CasesByShopOrder(w, o))(rt), pick(m.cases, func(c state.Case) bool { return c.Shop == w && c.ShopOrderID == o }, caseUp))
		}
	}
}

func agreeDue(rt *rapid.T, tx state.ReadTx, m *model) {
	for _, at := range []time.Time{{}, time.Unix(-1, 0), hour(1), hour(2), hour(9)} {
		due, err := tx.DueCases(at, 0)
		must(rt, err)
		same(rt, "due", due, pick(m.cases, func(c state.Case) bool { return !c.DueAt.IsZero() && !c.DueAt.After(at) }, caseByDue))
		knocks, err := tx.Knocks(at, 0)
		must(rt, err)
		same(rt, "knocks", ids(knocks), ids(m.dueKnocks(at)))
		alerts, err := tx.DueAlerts(at, 0)
		must(rt, err)
		byNext := func(a, b state.Alert) int { return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID)) }
		same(rt, "due alerts", alerts, pick(m.alerts, func(a state.Alert) bool { return !a.NextAt.IsZero() && !a.NextAt.After(at) }, byNext))
		for _, lane := range []string{"a", "ab"} {
			effects, err := tx.DueEffects(lane, at, 0)
			must(rt, err)
			in := func(e state.Effect) bool { return e.Lane == lane && !e.NotBefore.After(at) }
			order := func(a, b state.Effect) int { return cmp.Or(a.NotBefore.Compare(b.NotBefore), cmp.Compare(a.ID, b.ID)) }
			same(rt, "due effects", effects, pick(m.effects, in, order))
			same(rt, "ids of due effects", sound(tx.DueEffectIDs(lane, at))(rt), ids(effects))
		}
	}
	scheduled := pick(m.cases, func(c state.Case) bool { return !c.DueAt.IsZero() }, caseByDue)
	next, ok, err := tx.NextDue()
	must(rt, err)
	same(rt, "anything due", ok, len(scheduled) > 0)
	if ok {
		same(rt, "next due", next, scheduled[0].DueAt)
	}
}
