package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Archivist is a Backend that can copy its database.
type Archivist interface {
	// Backup writes a whole copy to what begin gives for its size in bytes.
	// An error before begin is one that can still be answered.
	Backup(ctx context.Context, begin func(size int64) io.Writer) error
}

// backupPatience is how long a client may take for each piece of a copy: it
// may hold the database's pages meanwhile.
const backupPatience = 30 * time.Second

// backup sends a copy. One that breaks off midway ends the connection, so that
// nobody takes it for a whole one.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) {
	archive, ok := s.o.Backend.(Archivist)
	if !ok {
		s.answer(func(*http.Request) (any, error) { return nil, NotFound("this daemon makes no backups") })(w, r)
		return
	}
	// The server's time for reading a request would end this one.
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Time{}); err != nil {
		s.o.Log.Debug().Err(err).Msg("backup with a time limit")
	}
	begun := false
	err := archive.Backup(r.Context(), func(size int64) io.Writer {
		begun = true
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		return &hurried{w, rc}
	})
	switch {
	case err != nil && !begun:
		s.answer(func(*http.Request) (any, error) { return nil, err })(w, r)
	case err != nil:
		s.o.Log.Warn().Err(err).Msg("backup not sent whole")
		panic(http.ErrAbortHandler)
	default:
		_ = rc.SetWriteDeadline(time.Time{}) // it could be set
	}
}

// hurried gives each write its own time.
type hurried struct {
	w  io.Writer
	rc *http.ResponseController
}

func (h *hurried) Write(p []byte) (int, error) {
	if err := h.rc.SetWriteDeadline(time.Now().Add(backupPatience)); err != nil {
		return 0, fmt.Errorf("limit the time: %w", err)
	}
	return h.w.Write(p)
}

// Backup writes a copy of the daemon's database to w. It has no time limit but
// that of ctx.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	_, err := c.exchange(ctx, http.MethodPost, "/v1/backup", http.NoBody, w, false)
	return err
}
