package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/upkeep"
	"countermand/state"
	"countermand/state/boltstore"
)

const day = 24 * time.Hour

// clockRig is a clock that a test sets, on a store of its own.
type clockRig struct {
	*testing.T
	*clockWatch
	wall      time.Time
	up        time.Duration
	replanned int
}

func newClockRig(t *testing.T) *clockRig {
	t.Helper()
	r := &clockRig{T: t, wall: time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC), up: time.Hour}
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{NoSync: true, InitialMmapSize: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r.begins(store, true)
	return r
}

// begins is a start of the daemon on the same store.
func (r *clockRig) begins(store *boltstore.Store, real bool) {
	r.Helper()
	var ids atomic.Int64
	now := func() time.Time { return r.wall }
	r.clockWatch = &clockWatch{
		store: store, now: now, boot: func() time.Duration { return r.up }, real: real, tolerance: clockTolerance, log: zerolog.Nop(),
		replan: func(context.Context) error { r.replanned++; return nil },
		upkeep: upkeep.New(upkeep.Options{Store: store, Now: now, Nudge: func() {}, Log: zerolog.Nop(), NewID: func(t time.Time) string {
			return fmt.Sprintf("%020d%06d", t.UnixNano(), ids.Add(1))
		}}),
	}
	if err := r.begin(r.Context()); err != nil {
		r.Fatal(err)
	}
}

func (r *clockRig) restart() { r.Helper(); r.begins(r.store, r.real) }

// pass is time that goes by on all clocks.
func (r *clockRig) pass(d time.Duration) { r.wall, r.up = r.wall.Add(d), r.up+d }

func (r *clockRig) stamp() {
	r.Helper()
	if err := r.store.Update(r.Context(), func(tx state.Tx) error { return tx.Stamp(r.wall) }); err != nil {
		r.Fatal(err)
	}
}

// wants looks, and says whether the clock is to be in doubt, and how many
// pages that made in all.
func (r *clockRig) wants(what string, doubt bool, pages int) {
	r.Helper()
	r.look(r.Context())
	w, waits := r.wait()
	n, open := 0, 0
	if err := r.store.View(r.Context(), func(tx state.ReadTx) error {
		alerts, _, err := tx.Alerts(state.Page{})
		for _, a := range alerts {
			if a.Kind != string(state.WaitClock) || !a.Page {
				r.Errorf("%s: an alert %+v", what, a)
			}
			if n++; a.ResolvedAt.IsZero() {
				open++
			}
		}
		return err
	}); err != nil {
		r.Fatal(err)
	}
	if waits != doubt || n != pages || (open == 1) != doubt {
		r.Errorf("%s: doubt %v (%s), %d pages, %d open; want %v and %d", what, waits, w.Text, n, open, doubt, pages)
	}
}

func (r *clockRig) value(name string) (v string) {
	r.Helper()
	if err := r.store.View(r.Context(), func(tx state.ReadTx) (err error) { v, err = tx.Value(name); return err }); err != nil {
		r.Fatal(err)
	}
	return v
}

// TestClockThatWasAheadIsRightAgain: the usual story of a machine whose clock
// was a day ahead until it found the net.
func TestClockThatWasAheadIsRightAgain(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	right := r.wall
	r.pass(day)
	r.stamp()
	r.wants("as it was believed", false, 0)
	r.wall = right.Add(time.Hour)
	r.wants("set back", true, 1)
	r.restart()
	r.wants("after a restart", true, 1)
	r.heard(t.Context(), r.wall.Add(time.Minute))
	r.wants("one answer", true, 1)
	r.pass(time.Minute - time.Second)
	r.heard(t.Context(), r.wall)
	r.wants("a second one too soon", true, 1)
	r.pass(time.Second)
	r.heard(t.Context(), r.wall)
	r.wants("twice, a minute apart", false, 1)
	if r.replanned != 1 {
		t.Errorf("planned anew %d times", r.replanned)
	}
	if v := r.value(state.ValueClockAhead); v != "2026-11-03T11:01:00Z 2026-11-04T10:00:00Z\n" {
		t.Errorf("marked: %q", v)
	}
	if newest, err := r.newest(t.Context()); err != nil || !newest.Equal(r.wall) {
		t.Errorf("newest is %s, error %v", newest, err)
	}
	r.restart()
	r.wants("a restart later", false, 1)
}

// TestClockThatIsSet: a step of the clock is no suspend, and a suspend is none.
func TestClockThatIsSet(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	r.pass(9 * time.Hour) // the boot clock runs on in a suspend
	r.wants("after a suspend", false, 0)
	r.wall = r.wall.Add(5 * time.Minute)
	r.wants("within the tolerance", false, 0)
	r.wall = r.wall.Add(time.Second)
	r.wants("set forward", true, 1)
	for range 2 {
		r.heard(t.Context(), r.wall)
		r.pass(time.Hour)
	}
	r.wants("the shop agrees", false, 1)
	if r.replanned != 0 || r.value(state.ValueClockAhead) != "" {
		t.Error("nothing lies ahead of a clock that was set forward")
	}
}

// TestClockThatSteps: back and forth by whatever is more than the tolerance,
// while the daemon runs and, back, over a restart. Nothing is deleted meanwhile;
// what lay ahead is marked once, and counts no more.
func TestClockThatSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{-time.Hour, -5 * day, 6 * time.Minute, 730 * day} {
		for _, restarted := range []bool{false, true} {
			if restarted && step > 0 {
				continue // a daemon that was off for long looks the same: see TestNothingIsDeletedByAClockThatNobodyConfirmed
			}
			t.Run(fmt.Sprint(step, restarted), func(t *testing.T) {
				t.Parallel()
				r := newClockRig(t)
				r.stamp()
				r.heard(t.Context(), r.wall)
				stamped := r.wall
				if r.wall = r.wall.Add(step); restarted {
					r.restart()
				}
				if r.mayDelete(t.Context()) {
					t.Error("something may be deleted right after the step")
				}
				r.wants("stepped", true, 1)
				r.stamp() // the engine writes on
				r.heard(t.Context(), r.wall)
				if r.mayDelete(t.Context()) {
					t.Error("something may be deleted after one answer")
				}
				r.pass(clockApart)
				r.heard(t.Context(), r.wall)
				r.wants("the shop agrees", false, 1)
				if !r.mayDelete(t.Context()) {
					t.Error("nothing may be deleted by a clock that is right")
				}
				marked := r.value(state.ValueClockAhead)
				if ahead := stamped.After(r.wall); ahead != strings.Contains(marked, stamped.Format(time.RFC3339Nano)) || !ahead && marked != "" {
					t.Errorf("marked %q", marked)
				}
				if newest, err := r.newest(t.Context()); err != nil || newest.After(r.wall) {
					t.Errorf("newest is %s, error %v", newest, err)
				}
			})
		}
	}
}

// TestNothingIsDeletedByAClockThatNobodyConfirmed: a machine that starts with a
// clock two years ahead disagrees with nothing but the shops, which may not
// answer for a night.
func TestNothingIsDeletedByAClockThatNobodyConfirmed(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	r.stamp()
	right := r.wall
	r.wall = right.Add(730 * day)
	r.restart()
	for range 10 {
		if r.stamp(); r.mayDelete(t.Context()) {
			t.Fatal("something may be deleted")
		}
		r.pass(time.Hour)
	}
	r.heard(t.Context(), right.Add(10*time.Hour))
	r.wants("the shop disagrees", true, 1)
	r.wall = right.Add(10 * time.Hour)
	for range 2 {
		r.heard(t.Context(), r.wall)
		r.pass(clockApart)
	}
	r.wants("set right", false, 1)
	if !r.mayDelete(t.Context()) || !strings.Contains(r.value(state.ValueClockAhead), "2028-11") {
		t.Errorf("marked %q", r.value(state.ValueClockAhead))
	}
	r.restart()
	if r.mayDelete(t.Context()) {
		t.Error("deleted after a restart, before a shop was heard")
	}
	if _, err := r.accept(t.Context(), "anna"); err != nil || !r.mayDelete(t.Context()) {
		t.Errorf("a person's word does not count: %v", err)
	}
}

// TestShopDisagrees until a person says that the clock is right.
func TestShopDisagrees(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	r.heard(t.Context(), r.wall.Add(-5*time.Minute))
	r.wants("within the tolerance", false, 0)
	r.heard(t.Context(), r.wall.Add(-6*time.Minute))
	r.wants("too far", true, 1)
	r.heard(t.Context(), r.wall)
	r.pass(time.Hour)
	r.heard(t.Context(), r.wall.Add(-6*time.Minute))
	r.pass(time.Hour)
	r.heard(t.Context(), r.wall)
	r.wants("agreed, disagreed, agreed", true, 1)
	r.heard(t.Context(), r.wall.Add(-6*time.Minute))
	if out, err := r.accept(t.Context(), "anna"); err != nil || !out.Accepted || !out.Now.Equal(r.wall) {
		t.Errorf("%+v, error %v", out, err)
	}
	r.heard(t.Context(), r.wall.Add(-7*time.Minute))
	r.wants("accepted", false, 1)
	r.heard(t.Context(), r.wall.Add(time.Hour))
	r.wants("another disagreement", true, 2)
	if out, err := r.accept(t.Context(), "anna"); err != nil || !out.Accepted {
		t.Errorf("%+v, error %v", out, err)
	}
	if out, err := r.accept(t.Context(), "anna"); err != nil || out.Accepted {
		t.Errorf("not asked: %+v, error %v", out, err)
	}
}

// TestAcceptedClockMarksWhatLiesAhead: a person's word does what the shop's does.
func TestAcceptedClockMarksWhatLiesAhead(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	ahead := r.wall.Add(day)
	r.wall = ahead
	r.stamp()
	r.wall = ahead.Add(-day)
	r.wants("behind its stamp", true, 1)
	out, err := r.accept(t.Context(), "anna")
	if err != nil || !out.AheadUntil.Equal(ahead) || r.replanned != 1 || !strings.Contains(r.value(state.ValueClockAhead), "2026-11-04") {
		t.Errorf("%+v, error %v, planned anew %d times", out, err, r.replanned)
	}
	r.wants("accepted", false, 1)
}

// TestFastClockIsComparedWithItsStampAlone.
func TestFastClockIsComparedWithItsStampAlone(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	r.begins(r.store, false)
	r.heard(t.Context(), r.wall.AddDate(1, 0, 0))
	r.wall = r.wall.Add(day)
	r.wants("a day in a moment", false, 0)
	r.stamp()
	r.wall = r.wall.Add(-day)
	r.wants("set back", true, 1)
}

// TestDaemonHearsTheShopsClock: the Date of a shop's answer reaches the watch,
// and what begins waits for it.
func TestDaemonHearsTheShopsClock(t *testing.T) {
	t.Parallel()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		http.Error(w, "{}", http.StatusInternalServerError)
	}))
	defer shop.Close()
	c := config(t, `endpoint: "http://127.0.0.1:1"`, fmt.Sprintf("endpoint: %q", shop.URL))
	a, err := New(t.Context(), Options{Config: c, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if w := a.engine.Waits(); len(w) != 0 {
		t.Errorf("waits for %v before anything was heard", w)
	}
	if _, err := a.shops[0].Order(t.Context(), "gid://shopify/Order/1"); err == nil {
		t.Error("the shop answers an error")
	}
	if w := a.engine.Waits(); len(w) != 1 || w[0].Code != state.WaitClock || !strings.Contains(w[0].Text, "Shopify's") {
		t.Errorf("waits for %v", w)
	}
}
