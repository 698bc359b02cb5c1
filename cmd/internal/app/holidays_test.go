package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"countermand/configs"
	"countermand/state"
	"countermand/sync/calendar"
)

// TestHolidayFilesAreReadAgain: when they change and are whole; what cannot be
// read is told until it can, and the days known before go on.
func TestHolidayFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	r := newClockRig(t)
	path := filepath.Join(t.TempDir(), "2027.yaml")
	var china *calendar.Calendar
	taken := 0
	h := &holidays{
		calendar: configs.Calendar{Supplier: "cn", Bank: "us", BankTimezone: "America/New_York", Files: []string{path}},
		take:     func(c, _ *calendar.Calendar) { china = c; taken++ },
		upkeep:   r.upkeep, store: r.store, now: r.now, log: zerolog.Nop(),
	}
	monday := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		text    string // what the file is then; empty: it is gone
		taken   int
		working bool
		open    int // alerts
	}{
		{"year: 2027\noff: [2027-01-01]\n", 1, true, 0},
		{"year: 2027\noff: [2027-01-01, 2027-03-01]\n", 2, false, 0},
		{"year: 2027\noff: [2027-13-01]\n", 2, false, 1},
		{"year: 2027\n", 2, false, 1},
		{"", 2, false, 1},
		{"year: 2027\noff: [2027-01-01, 2027-01-02]\n", 3, true, 0},
	} {
		r.wall = r.wall.Add(time.Minute)
		var err error
		if step.text == "" {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, []byte(step.text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		before := taken
		h.look(t.Context())
		if taken != before {
			t.Errorf("step %d: read at the first look, when it may still be written", i)
		}
		for range 3 {
			h.look(t.Context())
		}
		working, known := china.WorkingDay(monday)
		if taken != step.taken || working != step.working || !known || r.open(AlertHolidays) != step.open {
			t.Errorf("step %d: taken %d times, Monday worked %v (known %v), %d alerts; want %+v", i, taken, working, known, r.open(AlertHolidays), step)
		}
	}
}

// open counts the alerts of a kind that are not resolved.
func (r *clockRig) open(kind string) (n int) {
	r.Helper()
	err := r.store.View(r.Context(), func(tx state.ReadTx) error {
		all, err := tx.DueAlerts(r.wall.AddDate(1, 0, 0), 100)
		for _, a := range all {
			if a.Kind == kind && a.ResolvedAt.IsZero() {
				n++
			}
		}
		return err
	})
	if err != nil {
		r.Fatal(err)
	}
	return n
}
