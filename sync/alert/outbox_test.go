package alert

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"countermand/state"
	"countermand/state/boltstore"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// hand is a clock that a test moves.
type hand struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.t
}

func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.t = h.t.Add(d)
}

// recorder is a sender that answers with what a test wants.
type recorder struct {
	got    []Message
	err    error
	during func()
}

func (r *recorder) Send(_ context.Context, m Message) error {
	if r.during != nil {
		r.during()
	}
	if r.err == nil {
		r.got = append(r.got, m)
	}
	return r.err
}

func (r *recorder) titles() []string {
	var out []string
	for _, m := range r.got {
		out = append(out, m.Title)
	}
	return out
}

// bench is an outbox on a real store.
type bench struct {
	t     *testing.T
	path  string
	store *boltstore.Store
	clock *hand
	send  *recorder
	box   *Outbox
}

func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, path: filepath.Join(t.TempDir(), "db"), clock: &hand{t: start}, send: &recorder{}}
	b.open(b.send, change...)
	t.Cleanup(func() { check(t, b.store.Close()) })
	return b
}

func (b *bench) open(send Sender, change ...func(*Options)) {
	b.t.Helper()
	var err error
	b.store, err = boltstore.Open(b.path, boltstore.Options{NoSync: true, InitialMmapSize: 1 << 20})
	check(b.t, err)
	o := Options{Store: b.store, Send: send, Now: b.clock.now, RepeatEvery: 4 * time.Hour, Log: zerolog.Nop()}
	for _, c := range change {
		c(&o)
	}
	b.box, err = New(o)
	check(b.t, err)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// raise stores an alert as the engine does.
func (b *bench) raise(id, kind string, page bool) {
	b.t.Helper()
	a := state.Alert{ID: id, Key: "key/" + id, Kind: kind, Page: page, Title: kind + " " + id, Text: "do this", RaisedAt: b.clock.now()}
	if page {
		a.NextAt = a.RaisedAt
	}
	check(b.t, b.store.Update(b.t.Context(), func(tx state.Tx) error {
		_, err := tx.RaiseAlert(a)
		return err
	}))
}

// resolve marks an alert as the engine does.
func (b *bench) resolve(id string) {
	b.t.Helper()
	check(b.t, b.box.save(b.t.Context(), id, func(a *state.Alert) {
		a.ResolvedAt = b.clock.now()
		if a.Deliveries > 0 {
			a.NextAt = a.ResolvedAt
		}
	}))
}

func (b *bench) alert(id string) (a state.Alert) {
	b.t.Helper()
	check(b.t, b.store.View(b.t.Context(), func(tx state.ReadTx) (err error) {
		a, err = tx.Alert(id)
		return err
	}))
	return a
}

func (b *bench) deliver(want Round) {
	b.t.Helper()
	got, err := b.box.Deliver(b.t.Context())
	check(b.t, err)
	if got != want {
		b.t.Fatalf("round %+v, want %+v", got, want)
	}
}

func TestPageIsDeliveredAndRepeatedUntilAcknowledged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	b.deliver(Round{Delivered: 1})
	b.deliver(Round{})
	a := b.alert("A1")
	if a.Deliveries != 1 || !a.DeliveredAt.Equal(start) || !a.NextAt.Equal(start.Add(4*time.Hour)) {
		t.Fatalf("after the delivery: %+v", a)
	}
	b.clock.move(4 * time.Hour)
	b.deliver(Round{Delivered: 1})
	got, err := b.box.Ack(t.Context(), "A1", "anna")
	check(t, err)
	if got.AckedBy != "anna" || !got.NextAt.IsZero() {
		t.Fatalf("acknowledged: %+v", got)
	}
	b.clock.move(24 * time.Hour)
	b.deliver(Round{})
	if d := cmp.Diff([]string{"refused A1", "reminder 1: refused A1"}, b.send.titles()); d != "" {
		t.Error(d)
	}
}

func TestSecondAckChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	first, err := b.box.Ack(t.Context(), "A1", "anna")
	check(t, err)
	b.clock.move(time.Hour)
	second, err := b.box.Ack(t.Context(), "A1", "bert")
	check(t, err)
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	if _, err := b.box.Ack(t.Context(), "A9", "anna"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("unknown alert: %v", err)
	}
}

func TestNoReminderWithoutRepeat(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.RepeatEvery = 0 })
	b.raise("A1", "refused", true)
	b.deliver(Round{Delivered: 1})
	if a := b.alert("A1"); !a.NextAt.IsZero() {
		t.Errorf("a reminder is planned: %+v", a)
	}
}

func TestFailureBacksOffAndSucceedsLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	b.send.err = errors.New("no route")
	for n, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		b.deliver(Round{Failed: 1})
		a := b.alert("A1")
		if a.Failures != n+1 || a.LastError != "no route" || !a.NextAt.Equal(b.clock.now().Add(wait)) || a.Deliveries != 0 {
			t.Fatalf("after failure %d: %+v", n+1, a)
		}
		b.deliver(Round{})
		b.clock.move(wait)
	}
	b.send.err = nil
	b.deliver(Round{Delivered: 1})
	if a := b.alert("A1"); a.Failures != 0 || a.LastError != "" || a.Deliveries != 1 {
		t.Errorf("after the success: %+v", a)
	}
}

func TestBackOffGrowsToAnHourAndNoFurther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1<<20).Draw(t, "failures")
		a, b := retryIn(n), retryIn(n+1)
		if a < firstRetry || b < a || b > lastRetry || (a < lastRetry && b != min(2*a, lastRetry)) {
			t.Fatalf("%d failures wait %s, one more %s", n, a, b)
		}
	})
}

func TestOneChannelIsEnough(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	b.send.err = &Undelivered{Delivered: 1, Failed: []Result{{Channel: "2 (ntfy)", Err: errors.New("refused")}}}
	b.deliver(Round{Delivered: 1})
	if a := b.alert("A1"); a.Deliveries != 1 || a.LastError != "channel 2 (ntfy): refused" {
		t.Errorf("%+v", a)
	}
	b.clock.move(4 * time.Hour)
	b.send.err = &Undelivered{Failed: []Result{{Channel: "1 (smtp)", Err: errors.New("refused")}}}
	b.deliver(Round{Failed: 1})
}

func TestRoundEndsWhenNobodyIsReached(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"A1", "A2", "A3"} {
		b.raise(id, "refused", true)
		b.clock.move(time.Second)
	}
	b.send.err = errors.New("no route")
	b.deliver(Round{Failed: 1})
	b.deliver(Round{Failed: 1})
	b.send.err = nil
	b.deliver(Round{Delivered: 1})
	b.clock.move(time.Minute)
	b.deliver(Round{Delivered: 2})
}

func TestResolved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "account_logged_out", true)
	b.raise("A2", "account_challenged", true)
	b.deliver(Round{Delivered: 2})
	b.raise("A3", "refused", true)
	b.resolve("A1")
	b.resolve("A3") // before anybody heard of it
	_, err := b.box.Ack(t.Context(), "A1", "anna")
	check(t, err)
	b.deliver(Round{Delivered: 1})
	b.clock.move(4 * time.Hour)
	b.deliver(Round{Delivered: 1})
	want := []string{"account_logged_out A1", "account_challenged A2", "resolved: account_logged_out A1", "reminder 1: account_challenged A2"}
	if d := cmp.Diff(want, b.send.titles()); d != "" {
		t.Error(d)
	}
	if a := b.alert("A3"); a.Deliveries != 0 || !a.NextAt.IsZero() {
		t.Errorf("%+v", a)
	}
}

// What happens while a send is under way must not be overwritten by it.
func TestChangesDuringTheSendCount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		during func(*bench)
		holds  func(state.Alert) bool
	}{
		{"acknowledged", nil, func(b *bench) { _, err := b.box.Ack(b.t.Context(), "A1", "anna"); check(b.t, err) },
			func(a state.Alert) bool { return a.AckedBy == "anna" && a.Deliveries == 1 && a.NextAt.IsZero() }},
		{"acknowledged, and the send fails", errors.New("no route"), func(b *bench) { _, err := b.box.Ack(b.t.Context(), "A1", "anna"); check(b.t, err) },
			func(a state.Alert) bool { return a.AckedBy == "anna" && a.Failures == 1 && a.NextAt.IsZero() }},
		{"resolved: its note follows", nil, func(b *bench) { b.resolve("A1") },
			func(a state.Alert) bool { return a.Deliveries == 1 && a.NextAt.Equal(start) }},
		{"resolved, and the send fails", errors.New("no route"), func(b *bench) { b.resolve("A1") },
			func(a state.Alert) bool { return a.Deliveries == 0 && a.NextAt.IsZero() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.raise("A1", "refused", true)
			b.send.err, b.send.during = tt.err, func() { tt.during(b) }
			_, err := b.box.Deliver(t.Context())
			check(t, err)
			if a := b.alert("A1"); !tt.holds(a) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// A shutdown is no failure: the alert stays as it was.
func TestShutdownIsNoFailure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	before := b.alert("A1")
	ctx, cancel := context.WithCancelCause(t.Context())
	stopping := errors.New("stopping")
	b.send.err, b.send.during = context.Canceled, func() { cancel(stopping) }
	if _, err := b.box.Deliver(ctx); !errors.Is(err, stopping) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(before, b.alert("A1")); d != "" {
		t.Error(d)
	}
}

func TestRestartDeliversWhatWasLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	b.raise("A2", "held", true)
	b.send.err = errors.New("no route")
	b.deliver(Round{Failed: 1})
	check(t, b.store.Close())
	again := &recorder{}
	b.open(again)
	b.clock.move(time.Minute)
	b.deliver(Round{Delivered: 2})
	if len(again.got) != 2 {
		t.Errorf("got %v", again.titles())
	}
	b.deliver(Round{})
}

// failing is a store whose writes break: the process dying after the send.
type failing struct{ state.Store }

func (failing) Update(context.Context, func(state.Tx) error) error { return errors.New("disk full") }

func TestCrashAfterTheSendRepeatsAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.raise("A1", "refused", true)
	whole := b.box.o.Store
	b.box.o.Store = failing{whole}
	if _, err := b.box.Deliver(t.Context()); err == nil {
		t.Fatal("the broken store was not told")
	}
	b.box.o.Store = whole
	b.deliver(Round{Delivered: 1})
	if d := cmp.Diff([]string{"refused A1", "refused A1"}, b.send.titles()); d != "" {
		t.Error(d)
	}
}

func TestQuietHoursHoldBackWhatCanWait(t *testing.T) {
	t.Parallel()
	quiet, err := ParseQuiet("11:00-14:30", time.UTC)
	check(t, err)
	b := newBench(t, func(o *Options) { o.Quiet = quiet })
	b.raise("A1", "refused", true)
	b.raise("A2", "dispute_closing", true)
	b.deliver(Round{Delivered: 1, Postponed: 1})
	b.clock.move(2 * time.Hour)
	b.deliver(Round{})
	b.clock.move(30 * time.Minute)
	b.deliver(Round{Delivered: 1})
	if d := cmp.Diff([]string{"dispute_closing A2", "refused A1"}, b.send.titles()); d != "" {
		t.Error(d)
	}
}

func TestListIsNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 230 { // several pages of the store
		b.raise(fmt.Sprintf("A%03d", i), "refund_late", false)
		b.clock.move(time.Second)
	}
	_, err := b.box.Ack(t.Context(), "A229", "anna")
	check(t, err)
	b.resolve("A000")
	all, err := b.box.List(t.Context(), false)
	check(t, err)
	open, err := b.box.List(t.Context(), true)
	check(t, err)
	if len(all) != 230 || all[0].ID != "A229" || all[229].ID != "A000" || len(open) != 228 || open[0].ID != "A228" || open[227].ID != "A001" {
		t.Errorf("%d alerts, %d open", len(all), len(open))
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, change := range map[string]func(*Options){
		"no store":        func(o *Options) { o.Store = nil },
		"no sender":       func(o *Options) { o.Send = nil },
		"no clock":        func(o *Options) { o.Now = nil },
		"negative repeat": func(o *Options) { o.RepeatEvery = -1 },
	} {
		o := b.box.o
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
