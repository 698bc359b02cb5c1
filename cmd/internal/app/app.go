package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/state"
	"countermand/state/boltstore"
	casesync "countermand/sync"
	"countermand/sync/alert"
)

// Options are what a daemon is made of. Nothing below reads a flag, an
// environment variable or the configuration file.
type Options struct {
	Config  *configs.Config
	Clock   *Clock // nil: the real one
	Version string
	Log     zerolog.Logger
	// OnChange hears of every committed change of a case; it must not block.
	OnChange func(Change)
	// Crash is told each crash point in a rehearsal: see CrashAt; nil: nobody.
	Crash func(point string)
	// Notify tells the service manager, nil: nobody.
	Notify func(state string)
	// Claim says that the data folder is the only one in use, wherever it
	// stood before.
	Claim bool
}

// App is one daemon.
type App struct {
	o      Options
	clock  *Clock
	store  *boltstore.Store
	engine *casesync.Engine
	outbox *alert.Outbox
	shops  []shopClient
	cron   *cron.Cron
	upkeep *upkeep.Upkeep
	watch  *clockWatch
	// outside is the heartbeat for whoever watches this machine, nil: nobody.
	outside *heartbeat

	control *control.Server
	hooks   *server
	console *server

	// ready is what readiness and the watchdog look at first.
	ready      atomic.Bool
	wakeAlerts chan struct{}
	// life ends when the daemon is told to stop.
	life   context.Context //nolint:containedctx // cron jobs take none
	stop   context.CancelCauseFunc
	done   sync.WaitGroup
	clean  cleanups
	failed chan error
	book   *SiteBook
}

// New opens everything and starts nothing. What was opened before an error is
// closed again.
func New(ctx context.Context, o Options) (a *App, err error) {
	a = &App{o: o, clock: o.Clock, wakeAlerts: make(chan struct{}, 1), failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
			defer cancel()
			err = errors.Join(err, a.clean.run(closing))
			a = nil
		}
	}()
	if a.clock == nil {
		a.clock = RealClock()
	}
	a.life, a.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	if a.o.Notify == nil {
		a.o.Notify = func(string) {}
	}
	if err = os.MkdirAll(o.Config.DataDir, 0o700); err != nil {
		return a, fmt.Errorf("make data_dir: %w", err)
	}
	if err = a.openStore(ctx); err != nil {
		return a, err
	}
	if err = a.openEngine(ctx); err != nil {
		return a, err
	}
	if err = a.openAlerts(); err != nil {
		return a, err
	}
	if err = a.listen(); err != nil {
		return a, err
	}
	return a, a.schedule()
}

func (a *App) openStore(ctx context.Context) (err error) {
	note := func(what string) { a.o.Log.Info().Msg(what) }
	if a.store, err = boltstore.Open(upkeep.DatabasePath(a.o.Config.DataDir), boltstore.Options{
		Now: a.clock.Now, CompactFrom: upkeep.CompactFrom, Note: note, Place: &boltstore.PlaceOptions{Machine: upkeep.MachineID("/")},
	}); err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	a.clean.add("database", func(context.Context) error { return a.store.Close() })
	var newest time.Time
	err = a.store.View(ctx, func(tx state.ReadTx) (err error) { newest, err = tx.NewestTime(); return err })
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("read the database's time: %w", err)
	}
	a.clock = a.clock.NotBefore(newest)
	if a.upkeep, err = a.makeUpkeep(); err != nil {
		return err
	}
	if err := a.upkeep.MendIndexes(ctx); err != nil {
		return err
	}
	if a.o.Claim {
		if _, err := a.upkeep.Claim(ctx, "run --claim"); err != nil {
			return fmt.Errorf("claim the data folder: %w", err)
		}
	}
	if err := a.upkeep.TellPlace(ctx); err != nil {
		return err
	}
	return a.watchClock(ctx)
}

// waits is why nothing new is asked of any supplier.
func (a *App) waits() (out []state.Wait) {
	if w, waits := a.upkeep.PlaceWait(); waits {
		out = append(out, w)
	}
	if w, waits := a.watch.wait(); waits {
		out = append(out, w)
	}
	return out
}

// Start begins the work and returns once the daemon is ready.
func (a *App) Start() error {
	ctx := a.life
	if err := a.engine.Start(ctx); err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	a.clean.add("engine", a.engine.Stop)
	var delivering sync.WaitGroup
	delivering.Go(func() { a.deliver(ctx) })
	a.clean.add("alerts", func(context.Context) error { delivering.Wait(); return nil })
	a.serve("control socket", a.control.Serve)
	a.serve("webhooks", a.hooks.serve)
	a.serve("console", a.console.serve)
	var caughtUp sync.WaitGroup
	caughtUp.Go(func() { a.upkeep.RunMissed(ctx) })
	a.clean.add("upkeep", func(context.Context) error { caughtUp.Wait(); return nil })
	a.cron.Start()
	a.clean.add("cron", func(context.Context) error { <-a.cron.Stop().Done(); return nil })
	a.ready.Store(true)
	a.o.Notify("READY=1\nSTATUS=mode " + a.o.Config.Mode)
	a.o.Log.Info().Str("version", a.o.Version).Str("mode", a.o.Config.Mode).Str("webhooks", a.hooks.addr()).Str("console", a.console.addr()).
		Str("control", a.o.Config.ControlSocket).Msg("countermand is ready")
	return nil
}

func (a *App) makeUpkeep() (*upkeep.Upkeep, error) {
	send, err := sender(a.o.Config.Alerts.URLsFile, a.clock.Fast(), a.o.Log)
	if err != nil {
		return nil, err
	}
	return upkeep.New(upkeep.Options{
		Store: a.store, DataDir: a.o.Config.DataDir, Keep: a.o.Config.Retention, Now: a.clock.Now, NewID: newIDs(),
		Send: func(ctx context.Context, title, text string) error {
			return send.Send(ctx, alert.Message{Title: title, Text: text})
		},
		Nudge: a.nudgeAlerts, Log: a.o.Log.With().Str("room", "upkeep").Logger(),
		Doubt: func() bool { return !a.watch.mayDelete(a.life) },
		Fatal: a.fail,
	}), nil
}

func (a *App) serve(name string, serve func() error) {
	a.done.Go(func() {
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			a.fail(fmt.Errorf("serve %s: %w", name, err))
		}
	})
}

// fail ends the daemon; after the first errors nobody listens any more.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// Failed gives the error of a listener that broke.
func (a *App) Failed() <-chan error { return a.failed }

// stopTimeout fits into the service's TimeoutStopSec of 60 seconds: a request
// under way is brought to its outcome and every session is kept.
const stopTimeout = 50 * time.Second

// Stop ends the daemon: no new work, the running attempt to its outcome, the
// sessions kept, the browsers closed, the database last.
func (a *App) Stop(ctx context.Context) error {
	a.o.Notify("STOPPING=1")
	a.ready.Store(false)
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if a.stop != nil {
		a.stop(casesync.ErrStopping)
	}
	err := a.clean.run(ctx)
	a.done.Wait()
	a.o.Log.Info().Err(err).Msg("countermand has stopped")
	return err
}

// Clock is the daemon's clock.
func (a *App) Clock() *Clock { return a.clock }

// WebhooksAddr is where webhooks are received, "127.0.0.1:8780".
func (a *App) WebhooksAddr() string { return a.hooks.addr() }

// ConsoleAddr is where health and metrics are.
func (a *App) ConsoleAddr() string { return a.console.addr() }

// deliver sends alerts as soon as they are raised, and whenever cron asks.
func (a *App) deliver(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wakeAlerts:
		}
		for {
			round, err := a.outbox.Deliver(ctx)
			if err != nil && ctx.Err() == nil {
				a.o.Log.Error().Err(err).Msg("alerts not delivered, tried again at the next tick")
			}
			if err != nil || round.Delivered == 0 {
				break
			}
		}
	}
}

func (a *App) nudgeAlerts() {
	select {
	case a.wakeAlerts <- struct{}{}:
	default:
	}
}

// cleanups are undone in the reverse order of their registration.
type cleanups []cleanup

type cleanup struct {
	name string
	run  func(context.Context) error
}

func (c *cleanups) add(name string, run func(context.Context) error) {
	*c = append(*c, cleanup{name, run})
}

func (c *cleanups) run(ctx context.Context) error {
	var errs []error
	for _, one := range slices.Backward(*c) {
		if err := one.run(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", one.name, err))
		}
	}
	*c = nil
	return errors.Join(errs...)
}

// Change is one committed step of a case, as OnChange hears of it.
type Change = casesync.Change
