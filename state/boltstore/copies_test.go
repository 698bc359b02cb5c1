package boltstore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDropCopies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "test.db")
	for name, at := range map[string]time.Time{
		"":                                 day.AddDate(-1, 0, 0),
		".before-restore-20260301T235959Z": day.AddDate(1, 0, 0), // its name knows better
		".before-restore-20260302T000000Z": day.AddDate(-1, 0, 0),
		".before-restore-yesterday":        day.AddDate(-1, 0, 0),
		".v1.bak":                          day.Add(-1),
		".v12.bak":                         day,
		".vx.bak":                          day.AddDate(-1, 0, 0),
		".compact":                         day.AddDate(-1, 0, 0),
	} {
		noError(t, os.WriteFile(path+name, nil, 0o600))
		noError(t, os.Chtimes(path+name, at, at))
	}
	noError(t, os.Mkdir(path+".v2.bak", 0o700))
	gone, err := DropCopies(path, day)
	if err != nil || len(gone) != 2 {
		t.Errorf("deleted %q: %v", gone, err)
	}
	onlyFile(t, dir, "test.db", "test.db.before-restore-20260302T000000Z", "test.db.before-restore-yesterday", "test.db.compact", "test.db.v12.bak", "test.db.v2.bak", "test.db.vx.bak")
}

// TestStream sends what a file would hold.
func TestStream(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	save(t, s, "a", "b")
	var out bytes.Buffer
	var size int64
	noError(t, s.Stream(context.Background(), func(n int64) io.Writer { size = n; return &out }))
	path := filepath.Join(t.TempDir(), "copy.db")
	noError(t, os.WriteFile(path, out.Bytes(), 0o600))
	copied, err := Open(path, Options{ReadOnly: true})
	noError(t, err)
	defer copied.Close()
	sound(t, copied)
	if m := missing(t, copied, "b"); len(m) > 0 || size != int64(out.Len()) {
		t.Errorf("%d bytes of %d, missing %q", out.Len(), size, m)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Stream(ended, func(int64) io.Writer { return io.Discard }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
