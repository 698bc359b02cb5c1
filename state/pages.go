package state

import (
	"context"
	"iter"
)

// All goes through a listing page by page. An error is the last that it gives.
func All[T any](list func(Page) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p := (Page{}); ; {
			rows, next, err := list(p)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if p.After = next; next == "" {
				return
			}
		}
	}
}

// AllOf goes through a listing of what belongs to one key: a status, a lane, an
// account.
func AllOf[K, T any](list func(K, Page) ([]T, string, error), key K) iter.Seq2[T, error] {
	return All(func(p Page) ([]T, string, error) { return list(key, p) })
}

// OpenCases goes through the cases that have not ended, status by status.
func OpenCases(tx interface {
	CasesByStatus(s Status, p Page) ([]Case, string, error)
}) iter.Seq2[Case, error] {
	return func(yield func(Case, error) bool) {
		for _, s := range Statuses {
			if s.Ended() {
				continue
			}
			for c, err := range AllOf(tx.CasesByStatus, s) {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
	}
}

// Get reads one thing in a transaction of its own.
func Get[T any](ctx context.Context, s Store, read func(ReadTx) (T, error)) (v T, err error) {
	err = s.View(ctx, func(tx ReadTx) (err error) {
		v, err = read(tx)
		return err
	})
	return v, err
}
