package upkeep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"countermand/state"
	"countermand/state/boltstore"
)

const (
	sweepBatch  = 20                  // shop orders that one transaction forgets
	forgetBatch = 1000                // delivery ids, alerts or claims that one transaction forgets
	forgetAfter = 30 * 24 * time.Hour // Shopify repeats a delivery for hours, delays it for a day at most
	// claimsKept is how long it is known at least which numbers a standing order
	// names, whatever the retention of cases: for as long as a supplier order may
	// still be cancelled or disputed.
	claimsKept = 180 * 24 * time.Hour
)

// errDoubt: what is old is not known.
var errDoubt = errors.New("nothing is deleted before a shop's clock agrees with this one: see countermand status, or run countermand clock accept")

func (u *Upkeep) doubtful() bool { return u.o.Doubt != nil && u.o.Doubt() }

// sweep deletes what is older than the configuration wants it kept. Evidence
// goes first and no case outlives its own, so that nothing is left on the disk
// that no record leads to.
func (u *Upkeep) sweep(ctx context.Context) error {
	now := u.o.Now()
	if err := u.dropEvidence(ctx, now.Add(-min(u.o.Keep.Evidence, u.o.Keep.Cases))); err != nil {
		return err
	}
	if err := u.dropOrders(ctx, now.Add(-u.o.Keep.Cases)); err != nil {
		return err
	}
	until := now.Add(-u.o.Keep.Cases)
	return errors.Join(
		u.forget(ctx, func(tx state.Tx) (int, error) {
			return tx.ForgetClaims(now.Add(-max(u.o.Keep.Cases, claimsKept)), forgetBatch)
		}),
		u.forget(ctx, func(tx state.Tx) (int, error) { return tx.ForgetAlerts(until, forgetBatch) }))
}

// forget deletes batches, each in its own transaction, until one is not full.
func (u *Upkeep) forget(ctx context.Context, batch func(state.Tx) (int, error)) error {
	for {
		if u.doubtful() {
			return errDoubt
		}
		var n int
		err := u.o.Store.Update(ctx, func(tx state.Tx) (err error) {
			n, err = batch(tx)
			return err
		})
		if err != nil || n < forgetBatch {
			return err
		}
	}
}

// dropEvidence deletes the files of cases that ended at or before a time. An
// ended case never opens again, so nothing can be added meanwhile; what a
// crash interrupts is done again. The mark says afterwards how far it came,
// and keeps verify from missing the files.
func (u *Upkeep) dropEvidence(ctx context.Context, until time.Time) error {
	from, err := u.timeValue(ctx, markEvidence)
	if err != nil || !until.After(from) {
		return err
	}
	n := 0
	err = u.eachEnded(ctx, from, until, func(ended []state.Case) error {
		n += len(ended)
		for _, c := range ended {
			if err := u.removeEvidence(ctx, c, until); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete old evidence: %w", err)
	}
	if n > 0 {
		u.o.Log.Info().Int("cases", n).Time("ended_until", until).Msg("evidence of old cases deleted")
	}
	return u.putValue(ctx, markEvidence, until.UTC().Format(time.RFC3339Nano))
}

// removeEvidence deletes a case's folder, and that of its supplier order's
// readings, which all cases of the number share, with the last of them.
func (u *Upkeep) removeEvidence(ctx context.Context, c state.Case, until time.Time) error {
	folders := []string{unsafeName.ReplaceAllString(c.ID, "_")}
	if c.SupplierOrder != "" {
		last := true
		err := u.o.Store.View(ctx, func(tx state.ReadTx) error {
			same, err := tx.CasesBySupplierOrder("", c.SupplierOrder)
			for _, o := range same {
				last = last && o.Status.Ended() && !o.EndedAt.IsZero() && !o.EndedAt.After(until)
			}
			return err
		})
		switch {
		case errors.Is(err, state.ErrCorrupt): // a damaged case may be an open one
		case err != nil:
			return err
		case last:
			folders = append(folders, "order-"+unsafeName.ReplaceAllString(c.SupplierOrder, "_"))
		}
	}
	for _, folder := range folders {
		if folder == "" { // that would be all of it
			continue
		}
		if err := os.RemoveAll(filepath.Join(u.o.DataDir, "evidence", folder)); err != nil {
			return err
		}
	}
	return nil
}

// dropOrders forgets the shop orders whose last case ended at or before a
// time.
func (u *Upkeep) dropOrders(ctx context.Context, until time.Time) error {
	n := 0
	err := u.eachEnded(ctx, time.Time{}, until, func(ended []state.Case) error {
		var gone int
		err := u.o.Store.Update(ctx, func(tx state.Tx) error {
			gone = 0
			for _, c := range ended {
				cases, err := tx.ForgetOrder(c.Shop, c.ShopOrderID, until, u.o.Now())
				if errors.Is(err, state.ErrCorrupt) {
					continue // a person was called for it
				}
				if err != nil {
					return err
				}
				gone += len(cases)
			}
			return nil
		})
		n += gone
		return err
	})
	if err != nil {
		return fmt.Errorf("delete old cases: %w", err)
	}
	if n > 0 {
		u.o.Log.Info().Int("cases", n).Time("ended_until", until).Msg("old cases deleted")
	}
	return nil
}

// copiesKept is how long the database that a restore or a migration put aside
// stays beside the present one, unless retention is shorter.
const copiesKept = 30 * 24 * time.Hour

// dropUnowned deletes what no record leads to any more: copies of the database,
// and evidence of cases that there are none of, because a restore took them
// back or a crash came between the file and the journal. Files are as old as
// the disk says, also while a rehearsal's clock runs.
func (u *Upkeep) dropUnowned(ctx context.Context) error {
	if u.doubtful() {
		return errDoubt
	}
	now := time.Now()
	gone, err := boltstore.DropCopies(DatabasePath(u.o.DataDir), now.Add(-min(copiesKept, u.o.Keep.Cases)))
	if len(gone) > 0 {
		u.o.Log.Info().Strs("files", gone).Msg("old copies of the database deleted")
	}
	if err != nil {
		return fmt.Errorf("delete old copies of the database: %w", err)
	}
	folders, err := os.ReadDir(filepath.Join(u.o.DataDir, "evidence"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look for evidence without a case: %w", err)
	}
	until, n := now.Add(-min(u.o.Keep.Evidence, u.o.Keep.Cases)), 0
	for _, f := range folders {
		stray, err := u.isUnowned(ctx, f)
		if err == nil && stray {
			var files int
			files, err = dropOld(filepath.Join(u.o.DataDir, "evidence", f.Name()), until)
			n += files
		}
		if err != nil {
			return fmt.Errorf("delete evidence without a case: %w", err)
		}
	}
	if n > 0 {
		u.o.Log.Info().Int("files", n).Msg("old evidence without a case deleted")
	}
	return nil
}

// isUnowned tells whether no case leads to a folder of evidence. A damaged case
// leads to its own, and a name that was made safe may be anybody's.
func (u *Upkeep) isUnowned(ctx context.Context, f os.DirEntry) (stray bool, err error) {
	if !f.IsDir() || strings.Contains(f.Name(), "_") {
		return false, ctx.Err()
	}
	err = u.o.Store.View(ctx, func(tx state.ReadTx) error {
		number, readings := strings.CutPrefix(f.Name(), "order-")
		if !readings {
			_, err := tx.Case(f.Name())
			stray = errors.Is(err, state.ErrNotFound)
			return nil
		}
		same, err := tx.CasesBySupplierOrder("", number)
		stray = err == nil && len(same) == 0
		return nil
	})
	return stray, err
}

// dropOld deletes the files of a folder that are older than until, and the
// folder with the last of them.
func dropOld(folder string, until time.Time) (n int, err error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	left := len(files)
	for _, f := range files {
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() || info.ModTime().After(until) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, f.Name())); err != nil {
			return n, err
		}
		n, left = n+1, left-1
	}
	if left == 0 {
		if info, err := os.Stat(folder); err == nil && (n > 0 || info.ModTime().Before(until)) {
			err = os.Remove(folder)
			if err != nil && !errors.Is(err, syscall.ENOTEMPTY) { // a new one came in
				return n, err
			}
		}
	}
	return n, nil
}

// eachEnded visits ended cases in small batches, each outside of the
// transaction that found it.
func (u *Upkeep) eachEnded(ctx context.Context, from, until time.Time, visit func([]state.Case) error) error {
	p := state.Page{Limit: sweepBatch}
	for {
		if u.doubtful() {
			return errDoubt
		}
		var batch []state.Case
		err := u.o.Store.View(ctx, func(tx state.ReadTx) (err error) {
			batch, p.After, err = tx.EndedCases(from, until, p)
			return err
		})
		if err != nil {
			return err
		}
		if err := visit(batch); err != nil || p.After == "" {
			return err
		}
	}
}

// ForgetDeliveries drops delivery ids that Shopify cannot repeat any more.
func (u *Upkeep) ForgetDeliveries() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := u.forget(ctx, func(tx state.Tx) (int, error) { return tx.ForgetKeys(u.o.Now().Add(-forgetAfter), forgetBatch) })
	if err != nil {
		u.o.Log.Error().Err(err).Msg("old delivery ids not dropped, tried again tomorrow")
	}
}
