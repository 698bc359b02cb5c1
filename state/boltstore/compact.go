package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// compactSuffix names the copy that is being written. One that a crash left
// is worth nothing.
const compactSuffix = ".compact"

// compactStep is how much one transaction of the copy holds, in bytes.
const compactStep = 8 << 20

// compact writes the database anew where most of its file is free pages, since
// bbolt gives none back, and returns the new one in place of the old. The
// copy is locked before it gets the database's name and the old one is let go
// after that, so that nobody else can come in between. Whatever goes wrong
// leaves the old one in use.
func compact(db *bbolt.DB, path string, o Options) *bbolt.DB {
	note := o.Note
	if note == nil {
		note = func(string) {}
	}
	if err := os.Remove(path + compactSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		note("an unfinished copy of the database is left over: " + err.Error())
		return db
	}
	size, worth := worthwhile(db, path, o.CompactFrom)
	if !worth {
		return db
	}
	fresh, err := rewrite(db, path, o)
	if err != nil {
		note(fmt.Sprintf("the database was not made smaller, it stays at %d MB: %v", size>>20, err))
		return db
	}
	after := size
	if info, err := os.Stat(path); err == nil {
		after = info.Size()
	}
	note(fmt.Sprintf("the database was made smaller: %d MB instead of %d MB", after>>20, size>>20))
	if err := db.Close(); err != nil {
		note("the old database file was not closed: " + err.Error())
	}
	return fresh
}

// worthwhile tells whether less than half of a large file is in use.
func worthwhile(db *bbolt.DB, path string, from int64) (size int64, worth bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	var used int64
	err = db.View(func(b *bbolt.Tx) error {
		used = b.Size() - int64(db.Stats().FreePageN)*int64(db.Info().PageSize)
		return nil
	})
	return info.Size(), err == nil && info.Size() >= from && used < info.Size()/2
}

// rewrite makes the copy, syncs it and gives it the database's name. A broken
// page must not be copied: bbolt would leave out what it cannot reach.
func rewrite(db *bbolt.DB, path string, o Options) (fresh *bbolt.DB, err error) {
	if problems, err := pageProblems(context.Background(), db); err != nil || len(problems) > 0 {
		return nil, errors.Join(err, errors.New("its pages are not in order, see countermand verify"))
	}
	// No sync until it is complete: nobody misses an unfinished copy.
	unsynced := o
	unsynced.NoSync = true
	if fresh, err = bbolt.Open(path+compactSuffix, 0o600, unsynced.bolt()); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, fresh.Close(), os.Remove(path+compactSuffix))
			fresh = nil
		}
	}()
	if err = copyAll(fresh, db); err != nil {
		return fresh, err
	}
	if err = fresh.Sync(); err != nil {
		return fresh, err
	}
	fresh.NoSync = o.NoSync
	if o.Place != nil {
		if err = announce(path, path+compactSuffix, o.Place.Machine); err != nil {
			return fresh, err
		}
	}
	if err = os.Rename(path+compactSuffix, path); err != nil {
		return fresh, err
	}
	// Both files are whole and hold the same: whichever name a power failure
	// leaves behind is the right one.
	_ = syncDir(filepath.Dir(path))
	return fresh, nil
}

// copyAll turns a panic of bbolt's into an error.
func copyAll(to, from *bbolt.DB) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("copy the database: %v", r)
		}
	}()
	return bbolt.Compact(to, from, compactStep)
}
