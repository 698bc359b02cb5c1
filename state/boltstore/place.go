package boltstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// placeSuffix names the file beside a database that says where it stands. It
// goes along when the folder is copied, and so tells a copy from the original.
const placeSuffix = ".place"

var keyCounter = []byte("counter")

// Location is where a database stands. The inode is that of the database's own
// file, not of its folder: a folder that is the root of a volume has the same
// number on every volume, and keeps it when a file in it is replaced by another.
// Moving the folder within its file system changes neither, and leaves nothing
// behind that could run.
type Location struct {
	// Machine is a name of the machine, empty where it has none.
	Machine string `json:"machine,omitempty"`
	Inode   uint64 `json:"inode"`
}

// is tells whether two locations are one. An unknown machine does not count.
func (l Location) is(o Location) bool {
	return l.Inode == o.Inode && (l.Machine == "" || o.Machine == "" || l.Machine == o.Machine)
}

// placeFile is what the file holds.
type placeFile struct {
	Location
	// Counter is what the database's own counter was. One that is behind
	// belongs to an older state of it.
	Counter uint64 `json:"counter"`
	// Becomes is the inode of the file that is about to take the database's
	// name: a crash may leave either.
	Becomes uint64 `json:"becomes,omitempty"`
	// Asked is the counter of the start that found the database at another
	// location than this one; zero: there is nothing to ask.
	Asked uint64 `json:"asked,omitempty"`
}

// stands tells whether a file is the one that the place was written for.
func (p placeFile) stands(at Location) bool {
	return p.is(at) || p.Becomes != 0 && Location{p.Machine, p.Becomes}.is(at)
}

// Place is what a store that was opened with Options.Place knows of its place.
type Place struct {
	// Asked names the question whether the database's former place is out of
	// use; zero where there is none. It stays the same until it is answered.
	Asked uint64
	// Was is the former place, zero if it is not known.
	Was Location
	// Restored: this start found the database older than it had been.
	Restored bool
}

// placing keeps the place of an open store.
type placing struct {
	mu   sync.Mutex // held while the file is written, also over a transaction
	file placeFile
	here Location
	// seen is read within transactions too, which must not wait for mu.
	seen atomic.Pointer[Place]
}

// placeOf reads the file beside the database at path. One that cannot be read
// is as good as none: the same question is asked.
func placeOf(path string) (p placeFile, there bool, err error) {
	body, err := os.ReadFile(path + placeSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read the place of the database: %w", err)
	}
	if json.Unmarshal(body, &p) != nil {
		return placeFile{}, false, nil
	}
	return p, true, nil
}

// writePlace writes the file anew, durably.
func writePlace(path string, p placeFile) (err error) {
	defer func() {
		if t := diskError(path, err); t != nil {
			err = t
		}
		if err != nil {
			err = fmt.Errorf("write the place of the database: %w", err)
		}
	}()
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+placeSuffix+"-*") // made 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(body, '\n'))
	err = errors.Join(err, own(f, dir), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path+placeSuffix)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// locationOf is where the file at path stands.
func locationOf(path, machine string) (Location, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Location{}, err
	}
	at := Location{Machine: machine}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		at.Inode = st.Ino
	}
	return at, nil
}

// announce says that the file next is about to take the name of the database at
// path. Where that one does not stand where it stood, the question about it must
// outlive a crash, and nothing is said.
func announce(path, next, machine string) error {
	p, there, err := placeOf(path)
	if err != nil || !there || p.Asked != 0 {
		return err
	}
	from, err := locationOf(path, machine)
	if err != nil || !p.stands(from) {
		return err
	}
	to, err := locationOf(next, "")
	if err != nil {
		return err
	}
	p.Becomes = to.Inode
	return writePlace(path, p)
}

// counterOf reads a database's counter, zero before its first start with a place.
func counterOf(b *bbolt.Tx) uint64 {
	meta := b.Bucket([]byte(bucketMeta))
	if meta == nil {
		return 0
	}
	return keyNumber(meta.Get(keyCounter))
}

func putCounter(b *bbolt.Tx, n uint64) error {
	return b.Bucket([]byte(bucketMeta)).Put(keyCounter, binary.BigEndian.AppendUint64(nil, n))
}

// judgePlace compares a database with the file beside it. A counter that is
// behind means that an older state of it was put there, by whatever means: a
// restore. One that is not lost nothing; at another place it may be a copy
// whose original is still in use. Where a file was and is gone, both are
// possible.
func judgePlace(p placeFile, there bool, have uint64, here Location) (restored, elsewhere bool) {
	switch {
	case !there:
		return have > 0, have > 0
	case have < p.Counter: // an older file in the same place is another inode
		other := p.Machine != "" && here.Machine != "" && p.Machine != here.Machine
		return true, other || p.Asked != 0 && !p.stands(here)
	}
	return false, !p.stands(here)
}

// look judges the place of a database that was opened and not yet changed.
func (w *placing) look(db *bbolt.DB, path, machine string) error {
	left, _ := filepath.Glob(escapeGlob(path+placeSuffix) + "-*")
	for _, name := range left { // of a crash: we hold the database's lock
		_ = os.Remove(name)
	}
	p, there, err := placeOf(path)
	if err != nil {
		return err
	}
	if w.here, err = locationOf(path, machine); err != nil {
		return err
	}
	var have uint64
	if err := db.View(func(b *bbolt.Tx) error { have = counterOf(b); return nil }); err != nil {
		return err
	}
	restored, elsewhere := judgePlace(p, there, have, w.here)
	w.file = placeFile{Location: p.Location, Counter: max(p.Counter, have) + 1, Asked: p.Asked}
	w.seen.Store(&Place{Restored: restored})
	switch {
	case !elsewhere:
		w.file.Asked = 0
	case w.file.Asked == 0:
		w.file.Asked = w.file.Counter
	}
	return nil
}

// settle stores what look found: the counter and a restore in the database
// first, so that the file is never ahead of it.
func (s *Store) settle(machine string) (err error) {
	w := s.place
	if w.here, err = locationOf(s.path, machine); err != nil { // it may have been rewritten
		return err
	}
	restored := w.seen.Load().Restored
	err = s.write(s.db.Update, func(t *writeTx) error {
		if restored {
			if err := markRestored(t); err != nil {
				return err
			}
		}
		return putCounter(t.b, w.file.Counter)
	})
	if err != nil {
		return err
	}
	if w.file.Asked == 0 {
		w.file.Location = w.here
	}
	w.seen.Store(&Place{Asked: w.file.Asked, Was: w.file.Location, Restored: restored})
	return writePlace(s.path, w.file)
}

// markRestored says since when records are gone, for the engine.
func markRestored(t state.Tx) error {
	newest, err := t.NewestTime()
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	from, err := lostPeriodStart(t, newest)
	if err != nil {
		return err
	}
	return t.PutValue(state.ValueRestored, from.UTC().Format(time.RFC3339Nano))
}

// Place is what is known of the database's place.
func (s *Store) Place() Place {
	if s.place == nil {
		return Place{}
	}
	return *s.place.seen.Load()
}

// Claim answers the question of Place: the database stands here, and nowhere
// else is it in use.
func (s *Store) Claim() error {
	w := s.place
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.file
	next.Location, next.Asked = w.here, 0
	if err := writePlace(s.path, next); err != nil {
		return err
	}
	w.file = next
	w.seen.Store(&Place{Was: w.here, Restored: w.seen.Load().Restored})
	return nil
}

// Advance moves the counter on. Whatever copy of the database was made before
// is recognised as older from then on.
func (s *Store) Advance(ctx context.Context) error {
	w := s.place
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.file
	next.Counter++
	err := s.Update(ctx, func(tx state.Tx) error { return putCounter(tx.(*writeTx).b, next.Counter) })
	if err != nil {
		return fmt.Errorf("count on: %w", err)
	}
	if err := writePlace(s.path, next); err != nil {
		return err
	}
	w.file = next
	return nil
}
