package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"countermand/state"
)

// Options tune a store. The zero value is right for production.
type Options struct {
	// Timeout is how long Open waits for another process to let go of the
	// file; default one second.
	Timeout time.Duration
	// ReadOnly opens an existing file without changing it.
	ReadOnly bool
	// NoSync leaves commits to the operating system. A power failure then
	// loses or breaks the file: simulations only.
	NoSync bool
	// InitialMmapSize is the address space reserved at first, in bytes;
	// default 1 GiB. A file that outgrows it makes writers wait for readers.
	InitialMmapSize int
	// Now stamps quarantined records; default time.Now.
	Now func() time.Time
	// CompactFrom is the size of the file in bytes from which Open writes it
	// anew when more than half of it is free; zero: never.
	CompactFrom int64
	// Place is for the daemon that works on the database: whether it stands
	// where it stood is judged and written down; see Store.Place. nil: neither.
	Place *PlaceOptions
	// Note hears what Open did beyond opening, in a sentence for the log.
	Note func(string)
}

// PlaceOptions say what is known of where the database stands.
type PlaceOptions struct {
	// Machine is a name of this machine, empty if it has none.
	Machine string
}

// Store is a state.Store in one bbolt file. It may be used by many
// goroutines.
type Store struct {
	db   *bbolt.DB
	path string
	now  func() time.Time
	// writer is held by the one Update at a time: unlike bbolt's own lock it
	// can be waited for under a context.
	writer chan struct{}
	// trouble is why the last commit failed, nil when it did not.
	trouble atomic.Pointer[DiskError]

	mu      sync.Mutex
	damaged map[place]bool // seen, not yet in quarantine

	place *placing // nil without Options.Place
}

var _ state.Store = (*Store)(nil)

// batchDelay is how long a batched write waits for others. bbolt's own ten
// milliseconds leave the disk idle most of the time.
const batchDelay = 2 * time.Millisecond

// Open opens the database at path and makes it, with its folder, where there
// is none. It returns state.ErrInUse (wrapped) while another process has it,
// and a DamagedError (wrapped) where its pages cannot be trusted: it reads all
// of them first.
func Open(path string, o Options) (*Store, error) {
	s, err := open(path, o, migrations)
	if _, damaged := errors.AsType[*DamagedError](err); damaged {
		return nil, fmt.Errorf("open database %s: %w: restore the last backup, see countermand restore --help", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return s, nil
}

func open(path string, o Options, steps []migration) (*Store, error) {
	fresh, err := inspect(path)
	switch {
	case err != nil:
		return nil, err
	case fresh && o.ReadOnly:
		return nil, fmt.Errorf("nothing to read there: %w", os.ErrNotExist)
	case fresh:
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
	}
	db, err := lockAndOpen(path, o)
	if err != nil {
		if fresh && !errors.Is(err, state.ErrInUse) { // half a head would be taken for a destroyed database
			err = errors.Join(err, os.Remove(path))
		}
		return nil, err
	}
	var where *placing
	if o.Place != nil && !o.ReadOnly {
		where = &placing{}
		if err := where.look(db, path, o.Place.Machine); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	if o.CompactFrom > 0 && !o.ReadOnly {
		db = compact(db, path, o)
	}
	db.MaxBatchDelay = batchDelay
	s := &Store{db: db, path: path, now: o.Now, writer: make(chan struct{}, 1), damaged: map[place]bool{}, place: where}
	if s.now == nil {
		s.now = time.Now
	}
	err = s.prepare(steps, fresh)
	if err == nil && where != nil {
		err = s.settle(o.Place.Machine)
	}
	if err != nil {
		if t := diskError(path, err); t != nil {
			err = t
		}
		return nil, errors.Join(err, db.Close())
	}
	if note := o.Note; note != nil && s.Place().Restored {
		note("the database is older than the one that stood here: it counts as a restored backup")
	}
	return s, nil
}

// errInUse says who has the file.
var errInUse = fmt.Errorf("another countermand holds it; stop that one first, or talk to it through its control socket: %w", state.ErrInUse)

// lockAndOpen opens the file under its lock. Whoever waited for the lock while
// the file was replaced by another got hold of a file that has no name any
// more: that one must not be written to.
func lockAndOpen(path string, o Options) (db *bbolt.DB, err error) {
	var opened *os.File
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, errors.Join(destroyed(r), opened.Close())
		}
	}()
	b := o.bolt()
	b.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag, mode)
		if err != nil {
			return nil, err
		}
		// bbolt takes the same lock by the same descriptor, after this one.
		if err := lockWithin(f, b.ReadOnly, b.Timeout); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if err := walk(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		opened = f
		return f, nil
	}
	db, err = bbolt.Open(path, 0o600, b)
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, errInUse
	}
	if t := diskError(path, err); t != nil {
		return nil, t
	}
	if err != nil {
		return nil, err
	}
	own, err := opened.Stat()
	if err == nil {
		var named os.FileInfo
		if named, err = os.Stat(path); err == nil && !os.SameFile(own, named) {
			err = fmt.Errorf("it was replaced at this moment, try again: %w", state.ErrInUse)
		}
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// lockEvery is how often a lock that another process has is asked for.
const lockEvery = 50 * time.Millisecond

// lockWithin takes the lock of a database, shared to read it, or says
// berrors.ErrTimeout.
func lockWithin(f *os.File, shared bool, patience time.Duration) error {
	how := syscall.LOCK_EX | syscall.LOCK_NB
	if shared {
		how = syscall.LOCK_SH | syscall.LOCK_NB
	}
	for end := time.Now().Add(patience - lockEvery); ; <-time.After(lockEvery) {
		err := syscall.Flock(int(f.Fd()), how) //nolint:gosec // a descriptor fits
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if time.Now().After(end) {
			return berrors.ErrTimeout
		}
	}
}

func (o Options) bolt() *bbolt.Options {
	b := &bbolt.Options{
		Timeout: o.Timeout, ReadOnly: o.ReadOnly, NoSync: o.NoSync,
		InitialMmapSize: o.InitialMmapSize,
		PreLoadFreelist: true, // Check needs it, also read-only
	}
	if b.Timeout <= 0 {
		b.Timeout = time.Second
	}
	if b.InitialMmapSize <= 0 {
		b.InitialMmapSize = 1 << 30
	}
	return b
}

// destroyed is what bbolt panics about.
func destroyed(r any) error {
	return fmt.Errorf("one of its pages is destroyed (%v): restore the last backup, see countermand restore --help", r)
}

// prepare brings an opened file to today's schema.
func (s *Store) prepare(steps []migration, fresh bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = destroyed(r)
		}
	}()
	if err := s.migrate(steps); err != nil {
		return err
	}
	if fresh {
		// A new name outlives a power failure only once its folder is synced.
		if err := syncDir(filepath.Dir(s.path)); err != nil {
			return err
		}
	}
	return s.db.View(complete)
}

// Close waits for running transactions and releases the file.
func (s *Store) Close() error { return s.db.Close() }

// Path is the file's name as it was given to Open.
func (s *Store) Path() string { return s.path }

// Update runs fn in the one write transaction; see state.Store. A context
// that ends while another Update runs ends the waiting; once fn has begun it
// is not looked at any more.
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	if err := s.acquire(ctx); err != nil {
		return fmt.Errorf("wait to write: %w", err)
	}
	defer s.release()
	return s.write(s.db.Update, func(t *writeTx) error { return fn(t) })
}

// Batch is Update for small writes that come many at a time: they share one
// transaction, as the disk's flush is what each costs, and wait up to
// batchDelay for one another. A context that ends later ends no waiting. Where
// one fn fails, the others are run again without it. fn must open no View: both
// would wait for one another where a file grows.
func (s *Store) Batch(ctx context.Context, fn func(state.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait to write: %w", err)
	}
	return s.write(s.db.Batch, func(t *writeTx) error { return fn(t) })
}

// write runs fn and quarantines what it came across, even if fn failed.
func (s *Store) write(commit func(func(*bbolt.Tx) error) error, fn func(*writeTx) error) error {
	var t *writeTx
	var fnErr error
	err := commit(func(b *bbolt.Tx) error {
		t = s.writeTx(b)
		fnErr = fn(t)
		if fnErr == nil {
			fnErr = t.broken
		}
		return fnErr
	})
	if t != nil && s.remember(&t.readTx) {
		s.quarantineDamaged()
	}
	if fnErr != nil {
		return err
	}
	return s.noteCommit(err)
}

func (s *Store) writeTx(b *bbolt.Tx) *writeTx {
	return &writeTx{readTx: readTx{b: b, known: map[place]knownRows{}}, now: s.now().UTC()}
}

// View runs fn on one unchanging state of the database; see state.Store.
func (s *Store) View(ctx context.Context, fn func(state.ReadTx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wait to read: %w", err)
	}
	var t *readTx
	err := s.db.View(func(b *bbolt.Tx) error {
		t = &readTx{b: b}
		return fn(t)
	})
	if t != nil && s.remember(t) {
		s.quarantineIfIdle()
	}
	return err
}

// remember takes over what a transaction came across and tells whether
// anything waits for quarantine.
func (s *Store) remember(t *readTx) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range t.damaged {
		s.damaged[p] = true
	}
	return len(s.damaged) > 0 && !s.db.IsReadOnly()
}

// quarantineIfIdle leaves the work to the running Update where there is one; a
// View inside of it would wait for itself.
func (s *Store) quarantineIfIdle() {
	select {
	case s.writer <- struct{}{}:
		defer s.release()
		s.quarantineDamaged()
	default:
	}
}

func (s *Store) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) release() { <-s.writer }
