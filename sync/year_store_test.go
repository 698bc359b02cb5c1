package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"countermand/state"
	"countermand/state/boltstore"
)

// yearKill is the end of the process, here and now: nothing that stands after
// it is run. The one who drives the engine recovers it and starts another
// engine on what is on disk.
type yearKill struct{ label string }

// yearWrong is a broken promise.
type yearWrong struct{ what string }

var errYearFault = errors.New("the disk failed")

// yearOdds say how often something goes wrong, in parts of a million.
type yearOdds struct {
	kill      int // the process dies between any two steps
	killClick int // the same, around what cannot be taken back
	refuse    int // an Update fails before anything is done
	lose      int // an Update fails at its end; nothing is stored
	reply     int // an Update is stored, and fails all the same
	twice     int // an Update runs twice, the first time for nothing
	view      int // a View fails
	forget    int // an Update is not stored, and says that it was: no store may do so
}

// yearStore is the real store on a disk that fails. It watches every write.
type yearStore struct {
	path  string
	inner *boltstore.Store
	rng   *rand.Rand
	odds  yearOdds
	watch *yearWatch
	calm  bool
}

var _ state.Store = (*yearStore)(nil)

func newYearStore(dir string, rng *rand.Rand, odds yearOdds, w *yearWatch) (*yearStore, error) {
	s := &yearStore{path: filepath.Join(dir, "countermand.db"), rng: rng, odds: odds, watch: w}
	return s, s.open()
}

func (s *yearStore) open() (err error) {
	s.inner, err = boltstore.Open(s.path, boltstore.Options{NoSync: true, InitialMmapSize: 64 << 20, Now: s.watch.clock})
	return err
}

func (s *yearStore) reopen() error {
	if err := s.inner.Close(); err != nil {
		return err
	}
	return s.open()
}

// Close leaves the file to the driver: an engine that is dropped closes
// nothing.
func (s *yearStore) Close() error { return nil }

// draw tells whether something with these odds happens now.
func (s *yearStore) draw(parts int) bool {
	return !s.calm && parts > 0 && s.rng.IntN(1_000_000) < parts
}

// die ends the process with the odds of a usual moment.
func (s *yearStore) die(label string) {
	if s.draw(s.odds.kill) {
		panic(yearKill{label})
	}
}

// dieHere does so with the odds of a moment that matters most.
func (s *yearStore) dieHere(label string) {
	if s.draw(s.odds.killClick) {
		panic(yearKill{label})
	}
}

// View fails now and then. No context ends it: see (*year).boot.
func (s *yearStore) View(_ context.Context, fn func(state.ReadTx) error) error {
	if s.draw(s.odds.view) {
		return errYearFault
	}
	return s.inner.View(context.Background(), fn)
}

// Update fails in each of the ways that a disk has.
func (s *yearStore) Update(_ context.Context, fn func(state.Tx) error) error {
	s.die("before an update")
	if s.draw(s.odds.refuse) {
		return errYearFault
	}
	if s.draw(s.odds.twice) {
		_ = s.inner.Update(context.Background(), func(tx state.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return errYearFault
		})
	}
	lose, forget := s.draw(s.odds.lose), s.draw(s.odds.forget)
	w := &yearTx{watch: s.watch}
	err := s.inner.Update(context.Background(), func(tx state.Tx) error {
		w.begin(tx)
		if err := fn(w); err != nil {
			return err
		}
		if lose || forget {
			return errYearFault
		}
		return nil
	})
	if forget && errors.Is(err, errYearFault) {
		return nil
	}
	if err != nil {
		return err
	}
	s.watch.committed(w)
	s.die("after an update")
	if s.draw(s.odds.reply) {
		return errYearFault
	}
	return nil
}

// yearTx sees what a transaction writes.
type yearTx struct {
	state.Tx
	watch   *yearWatch
	cases   []state.Case
	entries map[string][]state.Entry
	raised  []state.Alert
}

func (t *yearTx) begin(tx state.Tx) {
	*t = yearTx{Tx: tx, watch: t.watch, entries: map[string][]state.Entry{}}
}

func (t *yearTx) PutCase(c state.Case) (uint64, error) {
	rev, err := t.Tx.PutCase(c)
	if err == nil {
		t.cases = append(t.cases, c.Clone())
	}
	return rev, err
}

func (t *yearTx) AddEntry(id string, e state.Entry) error {
	err := t.Tx.AddEntry(id, e)
	if err == nil {
		t.entries[id] = append(t.entries[id], e)
	}
	return err
}

func (t *yearTx) RaiseAlert(a state.Alert) (bool, error) {
	added, err := t.Tx.RaiseAlert(a)
	if err == nil && added {
		t.raised = append(t.raised, a)
	}
	return added, err
}

// yearImage is all that a case is, to tell whether it changed. A message that a
// crash fell into may come to its end after the case did.
func yearImage(c state.Case) string {
	c.MessagedAt = nil
	text, err := json.Marshal(c)
	if err != nil {
		panic(yearWrong{fmt.Sprintf("case %s cannot be written: %v", c.ID, err)})
	}
	return string(text)
}
