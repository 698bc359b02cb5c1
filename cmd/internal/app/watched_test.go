package app

import (
	"context"
	"sync/atomic"
	"time"

	"countermand/state"
	"countermand/state/boltstore"
)

// watched is a store that tells of each transaction that ended, and counts the
// cases that were read.
type watched struct {
	*boltstore.Store
	ended chan struct{}
	cases atomic.Int64
}

// Update tells when it is done.
func (w *watched) Update(ctx context.Context, fn func(state.Tx) error) error {
	defer w.tell()
	return w.Store.Update(ctx, func(tx state.Tx) error { return fn(watchedTx{tx, watchedRead{tx, w}}) })
}

// View tells when it is done.
func (w *watched) View(ctx context.Context, fn func(state.ReadTx) error) error {
	defer w.tell()
	return w.Store.View(ctx, func(tx state.ReadTx) error { return fn(watchedRead{tx, w}) })
}

func (w *watched) tell() {
	select {
	case w.ended <- struct{}{}:
	default: // nobody listens
	}
}

type watchedRead struct {
	state.ReadTx
	w *watched
}

type watchedTx struct {
	state.Tx
	r watchedRead
}

func (t watchedRead) one(c state.Case, err error) (state.Case, error) {
	t.w.cases.Add(1)
	return c, err
}

func (t watchedRead) some(c []state.Case, err error) ([]state.Case, error) {
	t.w.cases.Add(int64(len(c)))
	return c, err
}

func (t watchedRead) page(c []state.Case, next string, err error) ([]state.Case, string, error) {
	t.w.cases.Add(int64(len(c)))
	return c, next, err
}

func (t watchedRead) Case(id string) (state.Case, error) { return t.one(t.ReadTx.Case(id)) }
func (t watchedRead) Cases(p state.Page) ([]state.Case, string, error) {
	return t.page(t.ReadTx.Cases(p))
}
func (t watchedRead) CasesByStatus(s state.Status, p state.Page) ([]state.Case, string, error) {
	return t.page(t.ReadTx.CasesByStatus(s, p))
}
func (t watchedRead) OpenCasesByAccount(a string, p state.Page) ([]state.Case, string, error) {
	return t.page(t.ReadTx.OpenCasesByAccount(a, p))
}
func (t watchedRead) DueCases(at time.Time, limit int) ([]state.Case, error) {
	return t.some(t.ReadTx.DueCases(at, limit))
}

func (t watchedTx) Case(id string) (state.Case, error)               { return t.r.Case(id) }
func (t watchedTx) Cases(p state.Page) ([]state.Case, string, error) { return t.r.Cases(p) }
func (t watchedTx) DueCases(at time.Time, limit int) ([]state.Case, error) {
	return t.r.DueCases(at, limit)
}
func (t watchedTx) CasesByStatus(s state.Status, p state.Page) ([]state.Case, string, error) {
	return t.r.CasesByStatus(s, p)
}
func (t watchedTx) OpenCasesByAccount(a string, p state.Page) ([]state.Case, string, error) {
	return t.r.OpenCasesByAccount(a, p)
}
