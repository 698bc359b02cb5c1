package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
	"countermand/state/boltstore"
)

const (
	// clockTolerance is how far the daemon's clock may be from another one.
	clockTolerance = 5 * time.Minute
	// clockApart is the least time between two answers of a shop that end a
	// doubt: one alone may have been on its way for long.
	clockApart = time.Minute
)

// markDoubt keeps a doubt over restarts.
const markDoubt = "clock/doubt"

// clockDoubt is why the daemon's clock is not believed.
type clockDoubt struct {
	// Key is that of the alert.
	Key string `json:"key"`
	Why string `json:"why"`
}

// clockWatch compares the daemon's clock with its own newest stamp, with how
// long the machine runs, and with what the shops say. A rehearsal's clock is
// compared with the newest stamp alone.
type clockWatch struct {
	store     *boltstore.Store
	upkeep    *upkeep.Upkeep
	now       func() time.Time
	boot      func() time.Duration // since the machine's start, suspends included
	tolerance time.Duration
	real      bool
	replan    func(context.Context) error
	log       zerolog.Logger

	// doubt is read within transactions too, which must not wait for mu.
	doubt atomic.Pointer[clockDoubt]

	mu     sync.Mutex // held over transactions
	stored bool       // the doubt is
	// wall and booted were read together when the clock was last believed.
	wall   time.Time
	booted time.Duration
	// agreed is when, since boot, the first of two shop's answers agreed.
	agreed    time.Duration
	hasAgreed bool
	// confirmed tells whether a shop or a person agreed in this life: the clock
	// of a machine that starts with a wrong year disagrees with nothing else.
	confirmed bool
	// apart is how far a shop's last answer was ahead of the clock, accepted
	// how far it was when a person said that the clock is right.
	apart, accepted time.Duration
}

func (a *App) watchClock(ctx context.Context) error {
	a.watch = &clockWatch{
		store: a.store, upkeep: a.upkeep, now: a.clock.Now, boot: sinceBoot, real: !a.clock.Fast(),
		tolerance: time.Duration(float64(clockTolerance) * a.clock.speed),
		replan:    func(ctx context.Context) error { return a.engine.Replan(ctx) },
		log:       a.o.Log.With().Str("room", "clock").Logger(),
	}
	return a.watch.begin(ctx)
}

// begin takes up a doubt of an earlier life and looks for one of this.
func (w *clockWatch) begin(ctx context.Context) error {
	w.mu.Lock()
	w.believe()
	text, err := state.Get(ctx, w.store, func(tx state.ReadTx) (string, error) { return tx.Value(markDoubt) })
	if err == nil && text != "" {
		var d clockDoubt
		if err = json.Unmarshal([]byte(text), &d); err == nil {
			w.stored = true
			w.doubt.Store(&d)
		}
	}
	w.mu.Unlock()
	if err != nil {
		return fmt.Errorf("read whether the clock is in doubt: %w", err)
	}
	w.look(ctx)
	return nil
}

// believe takes the clock as it is for right.
func (w *clockWatch) believe() { w.wall, w.booted, w.hasAgreed = w.time(), w.boot(), false }

// time is the clock's, without the monotonic reading by which a step of it
// would not be seen.
func (w *clockWatch) time() time.Time { return w.now().UTC().Round(0) }

// wait tells whether new requests wait for the clock.
func (w *clockWatch) wait() (state.Wait, bool) {
	d := w.doubt.Load()
	if d == nil {
		return state.Wait{}, false
	}
	return state.Wait{Code: state.WaitClock, Text: d.Why + "; nothing is deleted either, and readings are only stored. It ends by itself when a shop's clock agrees twice; if the clock is right: countermand clock accept"}, true
}

// look compares the clock with the newest stamp and the machine's uptime. What
// it cannot read now it reads at the next heartbeat.
func (w *clockWatch) look(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	newest, err := w.newest(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Error().Err(err).Msg("the clock was not compared with the newest stamp")
		}
		return
	}
	now := w.time()
	step := now.Sub(w.wall) - (w.boot() - w.booted)
	switch {
	case newest.Sub(now) > w.tolerance:
		w.raise(ctx, fmt.Sprintf("the clock shows %s, and the newest stamp in the database is %s", minute(now), minute(newest)))
	case w.real && step.Abs() > w.tolerance:
		w.raise(ctx, fmt.Sprintf("the clock was set by %s while the daemon ran, to %s", step.Round(time.Second), minute(now)))
	case w.doubt.Load() != nil && !w.stored:
		w.keepDoubt(ctx)
	}
}

// mayDelete tells whether it is known by now how old a thing is. It looks anew: a
// nightly job may begin the moment after the clock was set.
func (w *clockWatch) mayDelete(ctx context.Context) bool {
	w.look(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doubt.Load() == nil && (w.confirmed || !w.real)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func (w *clockWatch) newest(ctx context.Context) (time.Time, error) {
	newest, err := state.Get(ctx, w.store, func(tx state.ReadTx) (time.Time, error) { return tx.NewestTime() })
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	return newest, err
}

// heard compares the clock with a shop's.
func (w *clockWatch) heard(ctx context.Context, date time.Time) {
	if !w.real {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.time()
	w.apart = date.Sub(now)
	if (w.apart - w.accepted).Abs() > w.tolerance {
		w.hasAgreed = false
		w.raise(ctx, fmt.Sprintf("the clock shows %s, and Shopify's %s", minute(now), minute(date)))
		return
	}
	switch boot := w.boot(); {
	case w.doubt.Load() == nil:
		w.confirmed = true
	case !w.hasAgreed:
		w.agreed, w.hasAgreed = boot, true
	case boot-w.agreed >= clockApart:
		if _, err := w.settle(ctx, "The shop's clock agrees again."); err != nil {
			w.log.Error().Err(err).Msg("the clock is right again, but this could not be stored: tried again at the shop's next answer")
		}
	}
}

// raise begins a doubt; one that stands is enough.
func (w *clockWatch) raise(ctx context.Context, why string) {
	if w.doubt.Load() != nil {
		if !w.stored {
			w.keepDoubt(ctx)
		}
		return
	}
	w.hasAgreed, w.stored, w.confirmed = false, false, false
	w.doubt.Store(&clockDoubt{Key: "clock/" + w.time().Format(time.RFC3339Nano), Why: why})
	w.log.Error().Str("why", why).Msg("the clock is in doubt: nothing new is asked and nothing deleted")
	w.keepDoubt(ctx)
}

// keepDoubt stores the doubt and calls a person; what fails is tried again at the
// next heartbeat.
func (w *clockWatch) keepDoubt(ctx context.Context) {
	d := w.doubt.Load()
	text, err := json.Marshal(d)
	if err == nil {
		err = w.upkeep.Raise(ctx, state.Alert{
			Key: d.Key, Kind: string(state.WaitClock), Page: true, Title: "the clock is in doubt: nothing new is asked",
			Text: d.Why + ". No deadline is judged and nothing deleted meanwhile, and readings are only stored. Set the machine's clock (timedatectl). It goes on by itself when a shop's clock agrees twice, a minute apart; if the clock is right as it is: countermand clock accept",
		})
	}
	if err == nil {
		err = w.store.Update(ctx, func(tx state.Tx) error { return tx.PutValue(markDoubt, string(text)) })
	}
	if w.stored = err == nil; err != nil {
		w.log.Error().Err(err).Msg("the doubt about the clock was not stored, tried again at the next heartbeat")
	}
}

// settle ends a doubt: what was planned too far ahead is brought back, and
// stamps that lie ahead are marked and count no longer as newest.
func (w *clockWatch) settle(ctx context.Context, became string) (ahead time.Time, err error) {
	d := w.doubt.Load()
	newest, err := w.newest(ctx)
	if err != nil {
		return ahead, err
	}
	if newest.After(w.time()) {
		ahead = newest
		if err := w.replan(ctx); err != nil {
			return ahead, err
		}
	}
	err = w.store.Update(ctx, func(tx state.Tx) error {
		now := w.time()
		if newest, err := tx.NewestTime(); err == nil && newest.After(now) {
			marked, err := tx.Value(state.ValueClockAhead)
			if err != nil {
				return err
			}
			marked += now.Format(time.RFC3339Nano) + " " + newest.UTC().Format(time.RFC3339Nano) + "\n"
			if err := errors.Join(tx.PutValue(state.ValueClockAhead, marked), tx.Restamp(now)); err != nil {
				return err
			}
		}
		return tx.PutValue(markDoubt, "")
	})
	if err != nil {
		return ahead, fmt.Errorf("end the doubt about the clock: %w", err)
	}
	w.believe()
	w.confirmed = true
	w.doubt.Store(nil)
	w.log.Info().Str("why", became).Msg("the clock is believed again")
	return ahead, w.upkeep.Resolve(ctx, d.Key, became)
}

// accept is a person's word that the clock is right.
func (w *clockWatch) accept(ctx context.Context, who string) (control.ClockAccepted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := control.ClockAccepted{Now: w.time()}
	if w.doubt.Load() == nil {
		w.confirmed = true
		return out, nil
	}
	before := w.accepted
	w.accepted = w.apart
	ahead, err := w.settle(ctx, who+" says that the clock is right.")
	if err != nil && w.doubt.Load() != nil {
		w.accepted = before
	}
	out.Accepted, out.AheadUntil = w.doubt.Load() == nil, ahead
	return out, err
}

// AcceptClock ends a doubt about the clock.
func (b backend) AcceptClock(ctx context.Context, who string) (control.ClockAccepted, error) {
	out, err := b.watch.accept(ctx, who)
	b.Heartbeat() // what waited goes on
	return out, err
}
