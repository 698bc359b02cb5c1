// Package alert is the outbox: it brings what the engine raised to a person.
//
// Pages are delivered at once and again until somebody acknowledges them;
// everything else goes into one digest. Alerts are rows of the store, raised
// in the transaction of what they tell about, so none is lost with a crash.
// The send itself happens outside any transaction and its outcome is stored
// after it: a crash between the two delivers a page twice, never not at all.
//
// An alert counts as delivered once one channel took it; what went wrong at
// the others stays in its LastError. The addresses of channels carry secrets:
// no error and no log line of this package shows one.
package alert

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"countermand/state"
)

// How long a page waits after a send that failed at every channel: doubling
// from the first to the last. Durations of the daemon's clock.
const (
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
)

// perRound bounds the pages of one Deliver, listed how many alerts List gives.
const (
	perRound = 50
	listed   = 1000
)

// Message is what a channel gets.
type Message struct {
	Title string
	Text  string
}

// Sender brings a message to a person. An error means that nobody got it.
// *Undelivered tells more where only some channels failed.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Result is how one channel took a message.
type Result struct {
	// Channel names it without its address: "1 (ntfy)".
	Channel string
	Err     error
}

// Undelivered says which channels failed. Delivered counts those that did
// not.
type Undelivered struct {
	Delivered int
	Failed    []Result
}

// Error names the failed channels.
func (u *Undelivered) Error() string {
	errs := make([]error, 0, len(u.Failed))
	for _, r := range u.Failed {
		errs = append(errs, fmt.Errorf("channel %s: %w", r.Channel, r.Err))
	}
	return oneLine(errors.Join(errs...).Error())
}

// Options are what an Outbox needs. Store, Send and Now are required.
type Options struct {
	Store state.Store
	Send  Sender
	Now   func() time.Time
	// RepeatEvery is the time between reminders of a page that nobody
	// acknowledged; zero: no reminders.
	RepeatEvery time.Duration
	// Quiet hours hold pages back, except urgent ones.
	Quiet Quiet
	// Urgent tells which pages break quiet hours; nil: those about a
	// deadline (Deadline).
	Urgent func(state.Alert) bool
	// Zone is where the digest's times are shown; nil: UTC.
	Zone *time.Location
	Log  zerolog.Logger
}

// Outbox delivers alerts. Its methods may be called from any goroutine.
type Outbox struct {
	o Options
	// sending keeps two rounds from delivering the same page.
	sending sync.Mutex
}

// New checks the options.
func New(o Options) (*Outbox, error) {
	if o.Store == nil || o.Send == nil || o.Now == nil {
		return nil, errors.New("alert outbox: Store, Send and Now are required")
	}
	if o.RepeatEvery < 0 {
		return nil, fmt.Errorf("alert outbox: repeat_every %s is negative", o.RepeatEvery)
	}
	if o.Urgent == nil {
		o.Urgent = func(a state.Alert) bool { return Deadline(a.Kind) }
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Outbox{o: o}, nil
}

// Round is what one Deliver did.
type Round struct {
	Delivered int // pages, reminders and resolved notes that a channel took
	Failed    int // put off after a failure
	Postponed int // put off to the end of the quiet hours
}

// Deliver sends what is due. It ends early when every channel failed, because
// the next alert would only wait for the same time-outs. The error is about
// the store or the context; a failed send is recorded with its alert.
func (b *Outbox) Deliver(ctx context.Context) (Round, error) {
	b.sending.Lock()
	defer b.sending.Unlock()
	var r Round
	due, err := state.Get(ctx, b.o.Store, func(tx state.ReadTx) ([]state.Alert, error) { return tx.DueAlerts(b.o.Now(), perRound) })
	if err != nil {
		return r, fmt.Errorf("list due alerts: %w", err)
	}
	for _, a := range due {
		failed := r.Failed
		if err := b.deliver(ctx, a, &r); err != nil {
			return r, err
		}
		if r.Failed > failed {
			return r, nil
		}
	}
	return r, nil
}

func (b *Outbox) deliver(ctx context.Context, a state.Alert, r *Round) error {
	now := b.o.Now()
	if silent(a) {
		return b.save(ctx, a.ID, func(cur *state.Alert) { cur.NextAt = time.Time{} })
	}
	if until, quiet := b.o.Quiet.Until(now); quiet && !b.o.Urgent(a) {
		r.Postponed++
		return b.save(ctx, a.ID, func(cur *state.Alert) { cur.NextAt = until })
	}
	err := b.o.Send.Send(ctx, messageOf(a))
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("deliver alert %s: %w", a.ID, context.Cause(ctx))
	}
	ctx = context.WithoutCancel(ctx) // what was sent is recorded, or it would be sent again
	if !reached(err) {
		r.Failed++
		b.o.Log.Warn().Str("alert", a.ID).Str("kind", a.Kind).Err(err).Msg("alert not delivered, will be tried again")
		return b.save(ctx, a.ID, func(cur *state.Alert) { failed(cur, now, err) })
	}
	r.Delivered++
	if err != nil {
		b.o.Log.Warn().Str("alert", a.ID).Str("kind", a.Kind).Err(err).Msg("alert not delivered to every channel")
	}
	return b.save(ctx, a.ID, func(cur *state.Alert) { b.delivered(cur, a, err) })
}

// reached tells whether a send came through on at least one channel.
func reached(err error) bool {
	u, partly := errors.AsType[*Undelivered](err)
	return err == nil || partly && u.Delivered > 0
}

// silent tells whether a due alert has nothing more to say: acknowledged, or
// over before anybody heard of it.
func silent(a state.Alert) bool {
	if a.ResolvedAt.IsZero() {
		return !a.AckedAt.IsZero()
	}
	return a.Deliveries == 0
}

// delivered notes a send that went out as sent. What happened to the alert
// meanwhile counts: an acknowledgement ends the reminders, a resolution asks
// for its own note.
func (b *Outbox) delivered(cur *state.Alert, sent state.Alert, partly error) {
	now := b.o.Now()
	cur.Deliveries++
	cur.DeliveredAt = now
	cur.Failures, cur.LastError = 0, ""
	if partly != nil {
		cur.LastError = partly.Error()
	}
	cur.NextAt = time.Time{}
	switch {
	case !cur.ResolvedAt.IsZero():
		if sent.ResolvedAt.IsZero() {
			cur.NextAt = now
		}
	case cur.Page && cur.AckedAt.IsZero() && b.o.RepeatEvery > 0:
		cur.NextAt = now.Add(b.o.RepeatEvery)
	}
}

// failed puts an alert off. Failures counts those in a row.
func failed(cur *state.Alert, now time.Time, err error) {
	cur.Failures++
	cur.LastError = err.Error()
	cur.NextAt = now.Add(retryIn(cur.Failures))
	if silent(*cur) {
		cur.NextAt = time.Time{}
	}
}

func retryIn(failures int) time.Duration {
	return min(firstRetry<<min(max(failures-1, 0), 7), lastRetry)
}

// save changes an alert as it is now, not as it was when it was listed.
func (b *Outbox) save(ctx context.Context, id string, change func(*state.Alert)) error {
	err := b.o.Store.Update(ctx, func(tx state.Tx) error {
		a, err := tx.Alert(id)
		if err != nil {
			return err
		}
		change(&a)
		_, err = tx.PutAlert(a)
		return err
	})
	if err != nil {
		return fmt.Errorf("save alert %s: %w", id, err)
	}
	return nil
}
