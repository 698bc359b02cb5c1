package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"countermand/cmd/internal/upkeep"
	"countermand/configs"
	"countermand/state"
	"countermand/sync/calendar"
)

// AlertHolidays tells that a file of calendar.files was changed and is not taken.
const AlertHolidays = "calendar_unreadable"

// markHolidays keeps the key of that alert while it stands.
const markHolidays = "calendar/unreadable"

// holidays takes the files of calendar.files anew when they change. One that is
// not right is told, and the days known before go on.
type holidays struct {
	calendar configs.Calendar
	take     func(china, bank *calendar.Calendar)
	upkeep   *upkeep.Upkeep
	store    state.Store
	now      func() time.Time
	log      zerolog.Logger

	// read is what the files were when they were read, seen when they were
	// looked at last.
	read, seen string
}

func (a *App) watchHolidays() *holidays {
	return &holidays{
		calendar: a.o.Config.Calendar, upkeep: a.upkeep, store: a.store, now: a.clock.Now, log: a.o.Log.With().Str("room", "calendar").Logger(),
		take: func(china, bank *calendar.Calendar) { a.engine.TakeDays(china, bank) },
	}
}

// look reads the files where they changed since, and not since the last look: one
// that is being written is left alone.
func (h *holidays) look(ctx context.Context) {
	if len(h.calendar.Files) == 0 {
		return
	}
	is := h.state()
	whole := is == h.seen
	if h.seen = is; !whole || is == h.read {
		return
	}
	err := h.reread()
	if err == nil {
		h.log.Info().Strs("files", h.calendar.Files).Msg("the days off were read")
	} else {
		h.log.Error().Err(err).Msg("the days off cannot be read, those known before go on")
	}
	if err := h.tell(ctx, err); err != nil {
		h.log.Error().Err(err).Msg("it was not told whether the days off can be read, tried again at the next look")
		return
	}
	h.read = is
}

// state is by what a change of the files is known.
func (h *holidays) state() string {
	var b strings.Builder
	for _, path := range h.calendar.Files {
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&b, "%s: %v\n", path, err)
			continue
		}
		fmt.Fprintf(&b, "%s: %d %s\n", path, info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
	}
	return b.String()
}

func (h *holidays) reread() error {
	c, err := h.calendar.Reread()
	if err != nil {
		return err
	}
	china, bank, err := calendars(c)
	if err != nil {
		return err
	}
	h.take(china, bank)
	return nil
}

// tell calls a person for files that cannot be read, and ends that once they can.
func (h *holidays) tell(ctx context.Context, problem error) error {
	told, err := state.Get(ctx, h.store, func(tx state.ReadTx) (string, error) { return tx.Value(markHolidays) })
	if err != nil {
		return fmt.Errorf("read whether the days off can be read: %w", err)
	}
	if told != "" {
		if err := h.upkeep.Resolve(ctx, told, "The files were changed since."); err != nil {
			return err
		}
	}
	key := ""
	if problem != nil {
		key = "calendar/unreadable/" + h.now().UTC().Format(time.RFC3339Nano)
		if err := h.upkeep.Raise(ctx, state.Alert{
			Key: key, Kind: AlertHolidays, Page: true, Title: "a file of days off cannot be read: deadlines are counted without it",
			Text: problem.Error() + ". The days known before go on. Mend the file: it is read again by itself; countermand config check says whether it is right.",
		}); err != nil {
			return err
		}
	}
	if key == told {
		return nil
	}
	if err := h.store.Update(ctx, func(tx state.Tx) error { return tx.PutValue(markHolidays, key) }); err != nil {
		return fmt.Errorf("store whether the days off can be read: %w", err)
	}
	return nil
}
