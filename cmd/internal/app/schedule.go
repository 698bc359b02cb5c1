package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"

	"countermand/cmd/internal/upkeep"
	"countermand/state"
)

// The periods of the cron table, on the daemon's clock. Cron only enqueues:
// what is due is found in the store, so a run that was missed costs nothing.
const (
	heartbeatEvery = 15 * time.Second
	forgetEvery    = 24 * time.Hour
)

// schedule fills the cron table. SkipIfStillRunning stands before Recover:
// the other way round, one panic would end the job for good.
func (a *App) schedule() error {
	log := cronLog{a.o.Log.With().Str("room", "cron").Logger()}
	a.cron = cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	off := a.watchHolidays()
	a.cron.Schedule(every{a.clock, heartbeatEvery, leastPeriod}, cron.FuncJob(func() {
		a.engine.Heartbeat()
		a.nudgeAlerts()
		a.watch.look(a.life)
		off.look(a.life)
		a.upkeep.Beat(a.life)
		a.watchdog()
	}))
	if a.outside != nil {
		a.cron.Schedule(cron.Every(pingLook), cron.FuncJob(func() { a.outside.look(a.life, time.Now()) }))
	}
	nightly, err := parseCron("UTC", upkeep.At)
	if err != nil {
		return fmt.Errorf("read the time of the upkeep: %w", err)
	}
	a.cron.Schedule(mapped{a.clock, nightly}, cron.FuncJob(func() { a.upkeep.Daily(a.life) }))
	a.cron.Schedule(every{a.clock, forgetEvery, leastPeriod}, cron.FuncJob(a.upkeep.ForgetDeliveries))
	if err := a.schedulePolls(); err != nil {
		return err
	}
	a.scheduleWatches()
	return a.scheduleDigest(log)
}

func (a *App) scheduleDigest(log cronLog) error {
	c := a.o.Config.Alerts
	if c.Digest == "" {
		return nil
	}
	spec, err := parseCron(c.Timezone, c.Digest)
	if err != nil {
		return fmt.Errorf("read alerts.digest: %w", err)
	}
	a.cron.Schedule(mapped{a.clock, spec}, cron.FuncJob(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := a.outbox.Digest(ctx); err != nil {
			log.log.Error().Err(err).Msg("digest not sent, its alerts go into the next one")
		}
	}))
	return nil
}

// parseCron reads five fields in a zone. The parser panics on some malformed
// specifications.
func parseCron(zone, spec string) (s cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%q is not a cron specification", spec)
		}
	}()
	return cron.ParseStandard("CRON_TZ=" + zone + " " + spec)
}

// watchdog tells the service manager that the daemon works. A daemon that
// does not is restarted with all its stacks in the journal.
func (a *App) watchdog() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := a.check(ctx)
	switch {
	case errors.Is(err, state.ErrDisk): // a new start would find the same disk
		a.o.Notify("WATCHDOG=1\nSTATUS=" + err.Error())
		return
	case err != nil:
		a.o.Log.Error().Err(err).Msg("not healthy")
		return
	}
	a.o.Notify("WATCHDOG=1")
}

// cronLog brings cron's words into our log.
type cronLog struct{ log zerolog.Logger }

// Info is cron's chatter.
func (l cronLog) Info(msg string, kv ...any) { l.log.Trace().Fields(kv).Msg(msg) }

// Error is a job that panicked.
func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error().Err(err).Fields(kv).Msg(msg)
}
