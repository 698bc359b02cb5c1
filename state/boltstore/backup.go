package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Backup writes a copy of the database as it is now, while it is in use. The
// file at path is replaced once the copy is complete and on disk. A reader
// holds the copy's pages meanwhile: let path be a local disk.
func (s *Store) Backup(ctx context.Context, path string) error {
	own, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if there, err := os.Stat(path); err == nil && os.SameFile(own, there) {
		return fmt.Errorf("back up to %s: that is the database itself; name another file", path)
	}
	if err := s.copyTo(path, ctx.Err); err != nil {
		// bbolt's own error no longer wraps what stopped the writing.
		return fmt.Errorf("back up to %s: %w", path, cmp.Or(ctx.Err(), err))
	}
	return nil
}

// Size is what a copy takes, in bytes. The file itself may be larger.
func (s *Store) Size() (n int64, err error) {
	err = s.db.View(func(b *bbolt.Tx) error { n = b.Size(); return nil })
	return n, err
}

// copyTo writes the copy under a temporary name and renames it. stop is asked
// before every write.
func (s *Store) copyTo(path string, stop func() error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // made 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = s.db.View(func(b *bbolt.Tx) error {
		_, err := b.WriteTo(&stoppable{f, stop})
		return err
	})
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

type stoppable struct {
	w    io.Writer
	stop func() error
}

func (s *stoppable) Write(p []byte) (int, error) {
	if s.stop != nil {
		if err := s.stop(); err != nil {
			return 0, err
		}
	}
	return s.w.Write(p)
}
