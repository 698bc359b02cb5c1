package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

// Archivist is a Backend that hands out copies of its database.
type Archivist interface {
	// Backup gives a whole copy, to be closed by the caller.
	Backup(ctx context.Context) (*os.File, error)
}

// backup sends a copy. It is on disk before the first byte is sent: a client
// that reads slowly must not hold the database's pages.
func (s *Server) backup(w http.ResponseWriter, r *http.Request) {
	archive, ok := s.o.Backend.(Archivist)
	if !ok {
		s.answer(func(*http.Request) (any, error) { return nil, NotFound("this daemon makes no backups") })(w, r)
		return
	}
	// The server's time for reading a request would end this one.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
		s.o.Log.Debug().Err(err).Msg("backup with a time limit")
	}
	f, err := archive.Backup(r.Context())
	if err != nil {
		s.answer(func(*http.Request) (any, error) { return nil, err })(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		s.answer(func(*http.Request) (any, error) { return nil, fmt.Errorf("back up: %w", err) })(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	if _, err := io.Copy(w, f); err != nil {
		s.o.Log.Warn().Err(err).Msg("backup not sent whole")
	}
}

// Backup writes a copy of the daemon's database to w. It has no time limit but
// that of ctx.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	_, err := c.stream(ctx, http.MethodPost, "/v1/backup", w)
	return err
}
