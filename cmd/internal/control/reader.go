package control

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"countermand/state"
)

// How far Status looks: the next deadlines, and the newest alerts.
const (
	statusDeadlines = 10
	newestAlerts    = 1000
)

// Reader answers a Backend's questions about cases and status from a store.
// The daemon embeds it and adds alerts and decisions.
type Reader struct {
	// Store is only read.
	Store interface {
		View(ctx context.Context, fn func(state.ReadTx) error) error
	}
	Clock func() time.Time
	// Waits is what Status says about new requests; nil: nothing.
	Waits func() []state.Wait
	// Daemon is what Status says about the process; Now is filled in.
	Daemon Daemon
}

// Now is the daemon's clock.
func (r Reader) Now() time.Time { return r.Clock() }

// Cases lists newest first.
func (r Reader) Cases(ctx context.Context, f Filter) ([]state.Case, error) {
	var out []state.Case
	err := r.Store.View(ctx, func(tx state.ReadTx) error {
		out = nil
		for c, err := range f.listing(tx) {
			if err != nil {
				return err
			}
			if (f.Shop == "" || c.Shop == f.Shop) && !(f.Open && c.Status.Ended()) {
				out = append(out, c)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	slices.SortStableFunc(out, func(a, b state.Case) int { return cmp.Compare(b.ID, a.ID) })
	return out, nil
}

// listing is what a filter has to look through. The open cases are few, of the
// ended ones there may be years.
func (f Filter) listing(tx state.ReadTx) iter.Seq2[state.Case, error] {
	switch {
	case f.Status != "":
		return state.AllOf(tx.CasesByStatus, f.Status)
	case f.Open:
		return state.OpenCases(tx)
	}
	return state.All(tx.Cases)
}

// Case gives one case and its journal.
func (r Reader) Case(ctx context.Context, id string) (c state.Case, journal []state.Entry, err error) {
	err = r.Store.View(ctx, func(tx state.ReadTx) (err error) {
		if c, err = tx.Case(id); err != nil {
			return err
		}
		journal, err = tx.Journal(id)
		return err
	})
	if err != nil {
		return state.Case{}, nil, fmt.Errorf("read case %s: %w", id, err)
	}
	return c, journal, nil
}

// Find lists the cases that a reference may mean.
func (r Reader) Find(ctx context.Context, ref string, limit int) (found []state.Case, err error) {
	err = r.Store.View(ctx, func(tx state.ReadTx) (err error) {
		found, err = tx.FindCases(ref, limit)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("find case %s: %w", ref, err)
	}
	return found, nil
}

// Status sums up the store at one moment.
func (r Reader) Status(ctx context.Context) (Status, error) {
	now := r.Clock()
	var s Status
	err := r.Store.View(ctx, func(tx state.ReadTx) error {
		s = Status{Daemon: r.Daemon, Accounts: []Account{}, Deadlines: []CaseDeadline{}, MoneyAtRisk: []state.Money{}}
		return s.fill(tx, now)
	})
	if err != nil {
		return Status{}, fmt.Errorf("sum up the status: %w", err)
	}
	s.Daemon.Now, s.Daemon.StartedAt = utc(now), utc(s.Daemon.StartedAt)
	s.Waits = []state.Wait{}
	if r.Waits != nil {
		s.Waits = append(s.Waits, r.Waits()...)
	}
	return s, nil
}

func (s *Status) fill(tx state.ReadTx, now time.Time) error {
	accounts, err := tx.Accounts()
	if err != nil {
		return err
	}
	for _, a := range accounts {
		s.Accounts = append(s.Accounts, Account{a.Name, a.State, utc(a.Until), utc(a.Since), a.Why})
	}
	if s.Counts, err = tx.CountByStatus(); err != nil {
		return err
	}
	if err := s.fillCases(tx, now); err != nil {
		return err
	}
	seen := 0
	for a, err := range state.All(tx.Alerts) {
		if err != nil {
			return err
		}
		if a.Page && a.AckedAt.IsZero() && a.ResolvedAt.IsZero() {
			s.UnackedPages++
		}
		if seen++; seen == newestAlerts {
			break
		}
	}
	for _, err := range state.All(tx.Quarantine) {
		if err != nil {
			return err
		}
		s.Quarantined++
	}
	return nil
}

func (s *Status) fillCases(tx state.ReadTx, now time.Time) error {
	var amounts []state.Money
	for c, err := range state.OpenCases(tx) {
		if err != nil {
			return err
		}
		amounts = append(amounts, c.AtRisk())
		if k, at, ok := c.NextDeadline(now); ok && at.After(now) {
			s.Deadlines = append(s.Deadlines, CaseDeadline{c.ID, c.Shop, c.ShopOrder, c.Supplier, c.SupplierOrder, c.Status, k, utc(at)})
		}
	}
	s.MoneyAtRisk = append(s.MoneyAtRisk, state.Totals(amounts...)...)
	slices.SortStableFunc(s.Deadlines, func(a, b CaseDeadline) int { return a.At.Compare(b.At) })
	s.Deadlines = s.Deadlines[:min(statusDeadlines, len(s.Deadlines))]
	return nil
}
