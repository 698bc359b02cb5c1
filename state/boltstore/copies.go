package boltstore

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// keptSuffix and a time name the database that a restore replaced.
const keptSuffix = ".before-restore-"

// Stream writes a copy of the database as it is now to the writer that begin
// gives for its size in bytes. No page is used again until it ends, and a file
// that outgrows Options.InitialMmapSize meanwhile makes everybody wait: bound
// the time that the writer may take.
func (s *Store) Stream(ctx context.Context, begin func(size int64) io.Writer) error {
	return s.db.View(func(b *bbolt.Tx) error {
		_, err := b.WriteTo(&stoppable{begin(b.Size()), ctx.Err})
		return errors.Join(ctx.Err(), err)
	})
}

// DropCopies deletes what restores and migrations left beside the database at
// path before a time, and returns the names. Copies hold what retention has
// long taken from the database itself.
func DropCopies(path string, before time.Time) (gone []string, err error) {
	copies, _ := filepath.Glob(escapeGlob(path) + ".*")
	for _, name := range copies {
		at, is := madeAt(path, name)
		if !is || !at.Before(before) {
			continue
		}
		if rerr := os.Remove(name); rerr != nil {
			err = errors.Join(err, rerr)
			continue
		}
		gone = append(gone, name)
	}
	return gone, err
}

// madeAt tells when a copy was made. The file of a restore is the database
// itself, so that only its name knows when it was put away.
func madeAt(path, name string) (at time.Time, is bool) {
	suffix := strings.TrimPrefix(name, path)
	if when, ok := strings.CutPrefix(suffix, keptSuffix); ok {
		at, err := time.Parse(keptLayout, when)
		return at, err == nil
	}
	if ok, _ := filepath.Match(".v[0-9]*.bak", suffix); !ok {
		return at, false
	}
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return at, false
	}
	return info.ModTime(), true
}
