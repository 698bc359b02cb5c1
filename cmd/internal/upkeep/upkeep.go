// Package upkeep looks after the database and its evidence: it deletes what is
// old, makes backups and looks through them, puts a backup in the place of the
// database, and calls a person when records are damaged or the disk is full.
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/state"
	"countermand/state/boltstore"
)

// The alerts about what is stored.
const (
	alertQuarantine = "record_damaged"
	alertMended     = "database_mended"
	alertDamaged    = "database_damaged"
	alertNoBackup   = "backup_failed"
)

// At is when the daily upkeep runs, as a cron specification in UTC: no
// market is awake on both sides. One that was missed is made up for at the
// next start.
const At = "17 3 * * *"

const (
	dailyEvery   = 24 * time.Hour
	dailyTimeout = time.Hour
	// startRest is how long a start is left alone before it makes up for a
	// missed one, in real time: there is more urgent work then.
	startRest = 2 * time.Minute
)

// The marks of upkeep in the store.
const (
	markUpkeep   = "upkeep/ran"      // when it last ran
	markEvidence = "upkeep/evidence" // evidence of cases that ended until then is gone
	markTold     = "upkeep/told"     // the last quarantined record that an alert tells of
	markNoBackup = "upkeep/unbacked" // the key of the alert that no backup is made
)

// CompactFrom is the size of a database file, in bytes, from which a start
// writes it anew when most of it is free.
const CompactFrom = 64 << 20

// Options are what the upkeep works on.
type Options struct {
	Store   *boltstore.Store
	DataDir string
	Keep    configs.Retention
	Now     func() time.Time
	NewID   func(time.Time) string
	// Send reaches a person when nothing can be stored.
	Send  func(ctx context.Context, title, text string) error
	Nudge func() // after an alert was raised
	// Doubt tells whether the clock is in doubt, or nobody has agreed with it
	// yet: nothing is deleted then. It is not asked within a transaction. nil:
	// it never is.
	Doubt func() bool
	// Fatal ends the daemon.
	Fatal func(error)
	Log   zerolog.Logger
}

// Upkeep keeps the store in order for years: it deletes what is old, makes the
// daily backup and checks it, and calls a person when records are damaged or
// the disk cannot be written to.
type Upkeep struct {
	o Options

	// running is held by the daily upkeep, however it was started.
	running sync.Mutex
	// inTrouble tells whether a person was told that the disk cannot be written to.
	beating   sync.Mutex
	inTrouble bool
}

// New makes an upkeep; nothing runs before it is called.
func New(o Options) *Upkeep { return &Upkeep{o: o} }

// MendIndexes checks the indexes of the open cases at the start and rebuilds
// damaged ones. A case that an index lost would never be worked on again.
func (u *Upkeep) MendIndexes(ctx context.Context) error {
	problems, err := u.o.Store.CheckOpen(ctx)
	if err != nil || len(problems) == 0 {
		return err
	}
	return u.mend(ctx, problems)
}

// mend builds the indexes anew and tells of it.
func (u *Upkeep) mend(ctx context.Context, problems []string) error {
	u.o.Log.Error().Strs("problems", problems[:min(len(problems), 20)]).Int("count", len(problems)).Msg("database not in order, its indexes are built anew")
	if err := u.o.Store.Reindex(ctx); err != nil {
		return err
	}
	now := u.o.Now()
	return u.Raise(ctx, state.Alert{
		Key: "database/mended/" + now.UTC().Format(time.RFC3339), Kind: alertMended,
		Title: fmt.Sprintf("the database was not in order and was mended (%d findings)", len(problems)),
		Text:  "The first: " + problems[0] + ". If this comes again, look at the machine's disk and memory, and run: countermand verify",
	})
}

// Raise stores an alert unless its key was raised before.
func (u *Upkeep) Raise(ctx context.Context, alerts ...state.Alert) error {
	err := u.o.Store.Update(ctx, func(tx state.Tx) error {
		for _, a := range alerts {
			a.RaisedAt = u.o.Now().UTC()
			a.ID = u.o.NewID(a.RaisedAt)
			if a.Page {
				a.NextAt = a.RaisedAt
			}
			if _, err := tx.RaiseAlert(a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("raise alert %s: %w", alerts[0].Kind, err)
	}
	u.o.Nudge()
	return nil
}

// Beat checks the disk and the quarantine, which must not wait for the daily
// upkeep. It costs two reads.
func (u *Upkeep) Beat(ctx context.Context) {
	u.beating.Lock()
	defer u.beating.Unlock()
	u.watchDisk(ctx)
	if err := u.alertQuarantined(ctx); err != nil && !errors.Is(err, state.ErrDisk) && ctx.Err() == nil {
		u.o.Log.Error().Err(err).Msg("damaged records not told of, tried again at the next tick")
	}
}

// watchDisk tells a person once that the disk cannot be written to, and once that
// it can again. It cannot be an alert of the outbox: those are stored.
func (u *Upkeep) watchDisk(ctx context.Context) {
	t := u.o.Store.DiskError()
	if t != nil && t.Broken {
		u.o.Fatal(fmt.Errorf("stop, because it is not certain what the disk holds: %w", t))
	}
	if (t != nil) == u.inTrouble {
		return
	}
	u.inTrouble = t != nil
	title, text := "countermand goes on: the disk takes data again", "What was missed meanwhile is being caught up."
	if t != nil {
		title = "countermand stands still: nothing can be stored"
		text = t.Error() + ". No supplier is asked meanwhile, deadlines pass unwatched, and Shopify's webhooks are refused, so that Shopify sends them again. countermand goes on by itself once the disk takes data."
		u.o.Log.Error().Err(t).Msg("nothing can be stored: nothing is asked, webhooks are answered 503; goes on by itself once the disk takes data")
	} else {
		u.o.Log.Info().Msg("the disk takes data again")
	}
	sending, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := u.o.Send(sending, title, text); err != nil {
		u.o.Log.Warn().Err(err).Msg("nobody was told of the disk")
	}
}

// alertQuarantined raises one alert for each record that was set aside.
func (u *Upkeep) alertQuarantined(ctx context.Context) error {
	for {
		var rows []state.Quarantined
		var more string
		err := u.o.Store.View(ctx, func(tx state.ReadTx) error {
			after, err := tx.Value(markTold)
			if err == nil {
				rows, more, err = tx.Quarantine(state.Page{After: after})
			}
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		var alerts []state.Alert
		for _, q := range rows {
			u.o.Log.Error().Str("bucket", q.Bucket).Str("key", q.Key).Str("why", q.Why).Msg("a stored record cannot be read and was set aside")
			alerts = append(alerts, quarantineAlert(q))
		}
		if err := u.Raise(ctx, alerts...); err != nil {
			return err
		}
		last := fmt.Sprint(rows[len(rows)-1].Seq)
		if err := u.putValue(ctx, markTold, last); err != nil || more == "" {
			return err
		}
	}
}

func quarantineAlert(q state.Quarantined) state.Alert {
	a := state.Alert{
		Key: fmt.Sprintf("quarantine/%d", q.Seq), Kind: alertQuarantine, Page: true,
		Title: fmt.Sprintf("a stored record is damaged: %s %s", q.Bucket, q.Key),
		Text:  fmt.Sprintf("It was set aside as it is (%s). See what else is damaged: countermand verify. A backup from before may hold it whole: countermand restore --help. Once you have seen to it, acknowledge this alert: verify then no longer counts it as a problem.", q.Why),
	}
	if q.Bucket == "cases" {
		a.Title = "a case cannot be read any more: " + q.Key
		a.Text = "Nothing is done about its orders; look after them by hand. " + a.Text
	}
	return a
}

func (u *Upkeep) putValue(ctx context.Context, name, value string) error {
	return u.o.Store.Update(ctx, func(tx state.Tx) error { return tx.PutValue(name, value) })
}

// timeValue reads a time that was left as a mark, zero where there is none.
func (u *Upkeep) timeValue(ctx context.Context, name string) (time.Time, error) {
	return state.Get(ctx, u.o.Store, func(tx state.ReadTx) (time.Time, error) { return readTimeValue(tx, name) })
}

func readTimeValue(tx state.ReadTx, name string) (time.Time, error) {
	text, err := tx.Value(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, text)
}

// runIfMissed runs the daily upkeep at a start that comes a day after the last.
func (u *Upkeep) runIfMissed(ctx context.Context) {
	last, err := u.timeValue(ctx, markUpkeep)
	if err != nil {
		u.o.Log.Error().Err(err).Msg("last upkeep not known")
	}
	if u.o.Now().Sub(last) >= dailyEvery {
		u.Daily(ctx)
	}
}

// RunMissed runs a daily upkeep that was missed, a while after the start.
func (u *Upkeep) RunMissed(ctx context.Context) {
	rest := time.NewTimer(startRest)
	defer rest.Stop()
	select {
	case <-ctx.Done():
	case <-rest.C:
		u.runIfMissed(ctx)
	}
}

// Daily deletes what is old, then makes the backup, which is smaller then.
func (u *Upkeep) Daily(ctx context.Context) {
	if !u.running.TryLock() {
		return
	}
	defer u.running.Unlock()
	ctx, cancel := context.WithTimeout(ctx, dailyTimeout)
	defer cancel()
	if err := u.sweep(ctx); err != nil && ctx.Err() == nil {
		u.o.Log.Error().Err(err).Msg("old cases not all deleted, tried again tomorrow")
	}
	err := u.backUp(ctx)
	if err != nil && ctx.Err() == nil {
		u.o.Log.Error().Err(err).Msg("backup not made or not in order, tried again tomorrow")
	}
	if errors.Is(err, errBroken) {
		return
	}
	if err := u.dropUnowned(ctx); err != nil && ctx.Err() == nil {
		u.o.Log.Error().Err(err).Msg("not everything deleted that nothing leads to, tried again tomorrow")
	}
}
