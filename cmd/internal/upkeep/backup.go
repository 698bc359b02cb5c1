package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"countermand/state"
	"countermand/state/boltstore"
)

// The daily backups: their folder in data_dir, how many are kept, and what
// must stay free beside a new one, in bytes.
const (
	backupFolder = "backups"
	backupsKept  = 7
	backupSpare  = 64 << 20
	backupLayout = "20060102T150405Z"
)

// hotPrefix names copies that are on their way to a client.
const hotPrefix = ".hot-"

var backupName = regexp.MustCompile(`^countermand-\d{8}T\d{6}Z\.db$`)

// DatabasePath is the one file of state in a data_dir.
func DatabasePath(dataDir string) string { return filepath.Join(dataDir, "countermand.db") }

// backUp makes the daily backup and looks through it: what is wrong with the
// copy is wrong with the database, and the copy can be read at leisure. That
// upkeep ran is noted in between: whatever ends the process at a look must not
// do so again at each start, with one more copy each time.
func (u *Upkeep) backUp(ctx context.Context) error {
	path, err := u.copyDaily(ctx)
	noted := u.putValue(ctx, markUpkeep, u.o.Now().UTC().Format(time.RFC3339Nano))
	if err != nil {
		return errors.Join(err, noted, u.alertNoBackup(ctx, err))
	}
	if !u.doubtful() { // which is the oldest is told by their names
		noted = errors.Join(noted, pruneBackups(filepath.Dir(path)))
	}
	return errors.Join(noted, u.lookThrough(ctx, path))
}

// errBroken: pages of the database are damaged, so it cannot be read safely.
var errBroken = errors.New("pages of the database are broken: restore the last backup")

func (u *Upkeep) lookThrough(ctx context.Context, path string) error {
	problems, err := checkFile(ctx, path, nil)
	switch {
	case err != nil:
		return errors.Join(err, u.alertNoBackup(ctx, err))
	case len(problems) > 0 && boltstore.PageProblem(problems[0]):
		// The older ones are worth more than this one.
		return errors.Join(errBroken, os.Remove(path), u.alertDamagedBackup(ctx, problems))
	case len(problems) > 0:
		err = u.mend(ctx, problems)
	}
	return errors.Join(err, u.backedUp(ctx))
}

func (u *Upkeep) copyDaily(ctx context.Context) (path string, err error) {
	dir := filepath.Join(u.o.DataDir, backupFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := roomFor(u.o.Store, dir); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "countermand-"+u.o.Now().UTC().Format(backupLayout)+".db")
	err = u.o.Store.Backup(ctx, path)
	u.countOn(ctx)
	return path, err
}

// roomFor refuses a copy that would fill the disk which the database itself
// has to grow on.
func roomFor(s *boltstore.Store, dir string) error {
	size, err := s.Size()
	if err != nil {
		return err
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("free space of %s: %w", dir, err)
	}
	free := int64(st.Bavail * uint64(st.Bsize)) //nolint:gosec // no disk is that large
	if need := size + min(size, backupSpare); free < need {
		return fmt.Errorf("%.1f MB free in %s and %.1f MB needed: make room", float64(free)/1e6, dir, float64(need)/1e6)
	}
	return nil
}

// checkFile looks through a database that nobody has open, and then lets
// further, unless it is nil, read on where that is safe.
func checkFile(ctx context.Context, path string, further func(state.ReadTx) error) (problems []string, err error) {
	s, err := boltstore.Open(path, boltstore.Options{ReadOnly: true})
	if d, damaged := errors.AsType[*boltstore.DamagedError](err); damaged {
		return d.Problems, nil
	}
	if err != nil {
		return nil, err
	}
	problems, err = s.Check(ctx)
	if err == nil && further != nil && !(len(problems) > 0 && boltstore.PageProblem(problems[0])) {
		err = s.View(ctx, further)
	}
	return problems, errors.Join(err, s.Close())
}

// pruneBackups keeps the newest daily backups, and nothing that a crash left
// half done.
func pruneBackups(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var daily, drop []string
	for _, e := range entries {
		switch name := e.Name(); {
		case backupName.MatchString(name):
			daily = append(daily, name)
		case strings.HasPrefix(name, hotPrefix) || strings.HasPrefix(name, "countermand-") && strings.Contains(name, ".db.part-"):
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > dailyEvery { // else it may be at work
				drop = append(drop, name)
			}
		}
	}
	slices.Sort(daily) // by time, as the names have it
	drop = append(drop, daily[:max(0, len(daily)-backupsKept)]...)
	var errs []error
	for _, name := range drop {
		errs = append(errs, os.Remove(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// alertNoBackup calls attention to backups that fail, once until one succeeds.
func (u *Upkeep) alertNoBackup(ctx context.Context, cause error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	key, err := u.openNoBackup(ctx)
	if err != nil || key != "" {
		return err
	}
	key = "backup/failed/" + u.o.Now().UTC().Format(time.RFC3339)
	if err := u.putValue(ctx, markNoBackup, key); err != nil {
		return err
	}
	return u.Raise(ctx, state.Alert{
		Key: key, Kind: alertNoBackup, Title: "the daily backup was not made",
		Text: cause.Error() + ". It is tried again each day; the last good ones are in " + filepath.Join(u.o.DataDir, backupFolder) + ".",
	})
}

func (u *Upkeep) openNoBackup(ctx context.Context) (string, error) {
	return state.Get(ctx, u.o.Store, func(tx state.ReadTx) (string, error) { return tx.Value(markNoBackup) })
}

// backedUp ends the alert that no backup is made.
func (u *Upkeep) backedUp(ctx context.Context) error {
	key, err := u.openNoBackup(ctx)
	if err != nil || key == "" {
		return err
	}
	return u.o.Store.Update(ctx, func(tx state.Tx) error {
		a, err := tx.AlertByKey(key)
		if err == nil && a.ResolvedAt.IsZero() {
			a.ResolvedAt = u.o.Now().UTC()
			_, err = tx.PutAlert(a)
		}
		if err != nil && !errors.Is(err, state.ErrNotFound) && !errors.Is(err, state.ErrCorrupt) {
			return err
		}
		return tx.PutValue(markNoBackup, "")
	})
}

// alertDamagedBackup calls a person to a database with broken pages.
func (u *Upkeep) alertDamagedBackup(ctx context.Context, problems []string) error {
	u.o.Log.Error().Strs("problems", problems[:min(len(problems), 20)]).Msg("database damaged: restore the last backup")
	return u.Raise(ctx, state.Alert{
		Key: "database/damaged/" + u.o.Now().UTC().Format(time.DateOnly), Kind: alertDamaged, Page: true,
		Title: "the database is damaged: restore the last backup",
		Text: fmt.Sprintf("%s. Stop countermand, run: countermand restore FILE with the newest file of %s, and start it again. Look at the machine's disk and memory.",
			problems[0], filepath.Join(u.o.DataDir, backupFolder)),
	})
}

// A copy that goes to a client straight from the database holds its pages: one
// up to a size at which the file cannot outgrow the address space that it has,
// and no longer than this.
const (
	directMax  = 512 << 20
	directTime = 2 * time.Minute
)

// Backup copies the database into a file first, so that a slow client holds up
// nobody. Where the disk has no room for that it sends the database itself:
// above all from a full disk a copy must be had.
func (u *Upkeep) Backup(ctx context.Context, begin func(size int64) io.Writer) error {
	dir := filepath.Join(u.o.DataDir, backupFolder)
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = roomFor(u.o.Store, dir)
	}
	if err != nil {
		return u.direct(ctx, begin, err)
	}
	f, err := u.staged(ctx, filepath.Join(dir, hotPrefix+u.o.NewID(time.Now())))
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	_, err = io.Copy(begin(info.Size()), f)
	return err
}

// staged gives a copy as an open file that has no name any more: it is gone
// when it is closed, whatever happens to this process.
func (u *Upkeep) staged(ctx context.Context, path string) (*os.File, error) {
	if err := u.o.Store.Backup(ctx, path); err != nil {
		return nil, err
	}
	u.countOn(ctx)
	f, err := os.Open(path)
	return f, errors.Join(err, os.Remove(path))
}

func (u *Upkeep) direct(ctx context.Context, begin func(size int64) io.Writer, noRoom error) error {
	if size, err := u.o.Store.Size(); err != nil || size > directMax {
		return fmt.Errorf("back up: %w", errors.Join(err, noRoom))
	}
	u.o.Log.Warn().Err(noRoom).Msg("no room to make the copy first, the database is sent as it is read")
	ctx, cancel := context.WithTimeout(ctx, directTime)
	defer cancel()
	defer u.countOn(context.WithoutCancel(ctx))
	return u.o.Store.Stream(ctx, begin)
}

// BackupStopped copies the database of a data_dir on which no daemon runs.
func BackupStopped(ctx context.Context, dataDir, file string) error {
	s, err := boltstore.Open(DatabasePath(dataDir), boltstore.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(s.Backup(ctx, file), s.Close())
}

// InUse tells whether a file is a database that somebody has open: it must not
// be replaced.
func InUse(file string) bool { return boltstore.InUse(file) }

// Restored says what Restore did.
type Restored = boltstore.Restored

// Restore puts a backup in the place of a data_dir's database.
func Restore(ctx context.Context, dataDir, file string) (Restored, error) {
	return boltstore.Restore(ctx, file, DatabasePath(dataDir), MachineID("/"), time.Now())
}
