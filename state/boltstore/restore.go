package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	berrors "go.etcd.io/bbolt/errors"

	"countermand/state"
)

// restoreSuffix names the copy of a backup until it takes the database's
// place; keptLayout is the time in the name of what was there before.
const (
	restoreSuffix = ".restoring"
	keptLayout    = "20060102T150405Z"
)

// Restored says what Restore did.
type Restored struct {
	// Kept is where the database from before is now, empty if there was none.
	Kept string
	// Newest is the time of the last change in the backup.
	Newest time.Time
	// Cases by status, as the backup has them.
	Cases map[state.Status]int
	// Mended: its indexes were built anew, and what could not be read was set
	// aside. Damaged is what is still wrong: records, never pages.
	Mended  bool
	Damaged []string

	counter uint64
}

// Restore puts a backup in the place of the database at path. The backup is
// copied, brought to today's schema and checked whole before anything is
// touched; then the database gets another name beside, and at no moment is
// there none. It returns state.ErrInUse (wrapped) while somebody has it open.
// machine is as in PlaceOptions.
func Restore(ctx context.Context, backup, path, machine string, now time.Time) (r Restored, err error) {
	if err = os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	unlock, old, err := lockFile(path)
	if err != nil {
		return r, fmt.Errorf("restore to %s: %w", path, err)
	}
	defer unlock()
	defer cleanRestore(path) // what an earlier one left, too
	cleanRestore(path)
	if err = inspectOld(backup); err == nil {
		err = copyFile(backup, path+restoreSuffix, ctx.Err)
	}
	if err != nil {
		return r, fmt.Errorf("copy backup %s: %w", backup, err)
	}
	place, err := placeBefore(path, machine, old)
	if err != nil {
		return r, fmt.Errorf("restore to %s: %w", path, err)
	}
	if err = r.verify(ctx, path+restoreSuffix, place.Counter); err != nil {
		return r, fmt.Errorf("look through backup %s: %w", backup, err)
	}
	if old {
		r.Kept = path + keptSuffix + now.UTC().Format(keptLayout)
		if err = keep(path, r.Kept); err != nil {
			return r, fmt.Errorf("keep the old database: %w", err)
		}
	}
	if err = announce(path, path+restoreSuffix, machine); err == nil {
		err = os.Rename(path+restoreSuffix, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err == nil {
		err = placeAfter(path, machine, place, r.counter)
	}
	if err != nil {
		return r, fmt.Errorf("put the backup in place: %w", err)
	}
	return r, nil
}

// lockFile takes the lock that every countermand takes on its database, and
// makes an empty file to be locked where there is none.
func lockFile(path string) (unlock func(), old bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = lockWithin(f, false, 0)
	if errors.Is(err, berrors.ErrTimeout) {
		err = fmt.Errorf("a countermand is running on it; stop that one first: %w", state.ErrInUse)
	}
	info, serr := f.Stat()
	if err = errors.Join(err, serr); err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	return func() {
		// An empty file is one of ours that nothing came of.
		if now, err := os.Stat(path); err == nil && os.SameFile(now, info) && now.Size() == 0 {
			_ = os.Remove(path)
		}
		f.Close()
	}, info.Size() > 0, nil
}

func cleanRestore(path string) {
	left, _ := filepath.Glob(escapeGlob(path) + restoreSuffix + "*")
	for _, name := range left {
		_ = os.Remove(name)
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// copyFile writes a private copy that belongs to the owner of the folder: root
// may restore what another user's daemon is to open.
func copyFile(path, name string, stop func() error) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(&stoppable{to, stop}, from)
	return errors.Join(err, own(to, filepath.Dir(name)), to.Sync(), to.Close())
}

// inspectOld refuses a file that is not there or holds nothing: as a backup it
// would be an empty database.
func inspectOld(path string) error {
	fresh, err := inspect(path)
	if err == nil && fresh {
		err = fmt.Errorf("nothing is there: %w", os.ErrNotExist)
	}
	return err
}

func own(f *os.File, dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(st.Uid), int(st.Gid))
	}
	return nil
}

// placeBefore is the place of the database that is about to be replaced. Where
// that one stood elsewhere before, the restore does not answer the question
// whether it is still in use there.
func placeBefore(path, machine string, old bool) (placeFile, error) {
	p, there, err := placeOf(path)
	if err != nil || !there || !old {
		return p, err
	}
	here, err := locationOf(path, machine)
	switch {
	case err != nil || p.stands(here):
		p.Asked = 0
	case p.Asked == 0:
		p.Asked = p.Counter + 1
	}
	p.Counter++ // a crash may have left the database one ahead of the file
	return p, err
}

// placeAfter writes down that a restored database stands at path.
func placeAfter(path, machine string, p placeFile, counter uint64) (err error) {
	p.Counter, p.Becomes = counter, 0
	if p.Asked == 0 {
		if p.Location, err = locationOf(path, machine); err != nil {
			return err
		}
	}
	return writePlace(path, p)
}

// verify opens the copy as the daemon will and looks through all of it. Its
// counter comes after the one given.
func (r *Restored) verify(ctx context.Context, path string, after uint64) (err error) {
	s, err := open(path, Options{}, migrations)
	if d, damaged := errors.AsType[*DamagedError](err); damaged {
		return allowOlder(d)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	problems, err := s.Check(ctx)
	if err == nil && len(problems) > 0 && !PageProblem(problems[0]) {
		r.Mended = true
		if err = s.Reindex(ctx); err == nil {
			problems, err = s.Check(ctx)
		}
	}
	switch {
	case err != nil:
		return err
	case len(problems) > 0 && PageProblem(problems[0]):
		return allowOlder(&DamagedError{problems})
	}
	r.Damaged = problems
	return s.Update(ctx, func(tx state.Tx) error {
		r.Cases, err = tx.CountByStatus()
		if err != nil {
			return err
		}
		if r.Newest, err = tx.NewestTime(); err != nil {
			return err
		}
		// What came after is unknown to it, and the engine must know that.
		if err := markRestored(tx); err != nil {
			return err
		}
		t := tx.(*writeTx)
		r.counter = max(counterOf(t.b), after) + 1
		return putCounter(t.b, r.counter)
	})
}

// lostPeriodStart is since when records are gone from a backup whose last change was
// at newest: one that was made after an earlier restore lacks what that one
// lost as well.
func lostPeriodStart(tx state.ReadTx, newest time.Time) (time.Time, error) {
	mark, err := tx.Value(state.ValueRestored)
	if err != nil {
		return newest, err
	}
	from, _, _ := strings.Cut(mark, " ")
	if earlier, err := time.Parse(time.RFC3339Nano, from); err == nil && earlier.Before(newest) {
		return earlier, nil
	}
	return newest, nil
}

func allowOlder(damaged error) error {
	return fmt.Errorf("%w; take an older backup (countermand verify FILE tells all that is wrong with one)", damaged)
}

// keep gives the database a second name, or copies it where the file system
// knows no second names.
func keep(path, name string) error {
	if err := os.Link(path, name); err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	return copyFile(path, name, nil)
}

// InUse tells whether a process has the database at path open.
func InUse(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() // and the lock with it
	return errors.Is(lockWithin(f, false, 0), berrors.ErrTimeout)
}
