package boltstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// number is the largest that a sound record was given: its revision, or what
// its key ends with where that counts too.
func number(k kind, key, raw []byte) uint64 {
	n := binary.BigEndian.Uint64(raw[revAt:])
	switch k {
	case kind(journal):
		n = max(n, keyNumber(key[max(0, len(key)-8):]))
	case kind(knocks), kind(quarantine):
		n = max(n, keyNumber(key))
	}
	return n
}

// sequences compares what each bucket counted with what was given out. One
// that counted too little would give a number a second time; one that counted
// too far leaves a gap and does no harm.
func (c *checker) sequences() {
	for _, name := range bucketNames() {
		have, top := c.t.bucket(name).Sequence(), c.top[name]
		if have < top {
			c.add("sequence %s: %d, and %d was given out", name, have, top)
		}
		if have > 0 && !counting(name) {
			c.add("sequence %s: %d, and nothing counts there", name, have)
		}
	}
}

// counting tells whether a bucket numbers anything; indexes do not.
func counting(bucket string) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.bucket() == bucket })
}

// liftSequences sets right what sequences complains of.
func (t *writeTx) liftSequences() error {
	for _, name := range bucketNames() {
		if b := t.bucket(name); b.Sequence() > 0 && !counting(name) {
			if err := b.SetSequence(0); err != nil {
				return t.fail(err)
			}
		}
	}
	for _, k := range kinds {
		b, top := t.bucket(k.bucket()), uint64(0)
		for key, raw := range ascend(b, nil, nil) {
			if len(raw) >= bodyAt {
				top = max(top, number(k, key, raw))
			}
		}
		if b.Sequence() < top {
			if err := b.SetSequence(top); err != nil {
				return t.fail(err)
			}
		}
	}
	return nil
}

// checkQuarantine checks that each damaged place leads to its record in quarantine, and that
// the guard rows of such records are still there: without them an order would
// count as new.
func (c *checker) checkQuarantine() {
	for row, seq := range ascend(c.t.bucket(bucketDamaged), nil, nil) {
		w, why := c.t.quarantinedAt(row, seq)
		if why != "" {
			c.add("damaged %x: %s", row, why)
			continue
		}
		for _, g := range w.Guards {
			if !c.t.hasGuardRow(w, g) {
				c.add("quarantine %s: %s %s is not in index %s", seqText(seq), w.Bucket, w.Key, g.Index)
			}
		}
	}
}

// hasGuardRow tells whether a guard row is there; one of an index that there is no
// longer is not missed.
func (t *readTx) hasGuardRow(w quarantined, g guardRow) bool {
	b := t.bucket(g.Index)
	return b == nil || bytes.Equal(b.Get(g.Key), w.Place)
}

// quarantinedAt reads what a row of the bucket of damaged places stands for, and
// says what is wrong with it.
func (t *readTx) quarantinedAt(row, seq []byte) (w quarantined, why string) {
	k, key := splitPlace(row)
	w, err := quarantine.get(t, seq)
	switch {
	case k == nil:
		return w, "it is no place"
	case err != nil:
		return w, err.Error()
	case w.Bucket != k.bucket() || w.Place != nil && !bytes.Equal(w.Place, key) || w.Place == nil && w.Key != k.keyText(key):
		return w, fmt.Sprintf("quarantine %s is of %s %s", seqText(seq), w.Bucket, w.Key)
	}
	return w, ""
}

// splitPlace reads a key of the bucket of damaged places.
func splitPlace(row []byte) (kind, []byte) {
	for _, k := range kinds {
		if head := words(k.bucket()); len(row) > len(head) && bytes.HasPrefix(row, head) {
			return k, row[len(head):]
		}
	}
	return nil, nil
}

// mendQuarantine makes what checkQuarantine complains of agree again. What cannot be
// told any more is set aside anew under what is known of it.
func (t *writeTx) mendQuarantine() error {
	places := pairs(ascend(t.bucket(bucketDamaged), nil, nil))
	for _, p := range pairs(ascend(t.bucket(quarantine.name), nil, nil)) {
		if _, err := quarantine.try(p.key, p.value); err != nil {
			if err := t.rewrapQuarantined(p, places, err); err != nil {
				return err
			}
		}
	}
	for _, p := range places {
		if err := t.mendPlace(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// rewrapQuarantined makes a row of quarantine that cannot be read itself into one that
// can, with the bytes of the old.
func (t *writeTx) rewrapQuarantined(bad pair, places []pair, cause error) error {
	w := t.newQuarantined(quarantine, bad.key, bad.value, "a row of quarantine that is damaged itself: "+cause.Error())
	for _, p := range places {
		if k, key := splitPlace(p.key); k != nil && bytes.Equal(p.value, bad.key) {
			w = t.newQuarantined(k, key, bad.value, "what was set aside of it is damaged too: "+cause.Error())
		}
	}
	_, err := quarantine.write(t, bad.key, w, nil)
	return t.fail(err)
}

func (t *writeTx) mendPlace(row, seq []byte) error {
	w, why := t.quarantinedAt(row, seq)
	if why == "" {
		for _, g := range w.Guards {
			if !t.hasGuardRow(w, g) {
				if err := t.bucket(g.Index).Put(g.Key, w.Place); err != nil {
					return t.fail(err)
				}
			}
		}
		return nil
	}
	if err := t.bucket(bucketDamaged).Delete(row); err != nil {
		return t.fail(err)
	}
	// The number still leads to a quarantined record: then it is the place that is wrong.
	if w.Place != nil && t.bucket(w.Bucket) != nil {
		right := join(words(w.Bucket), w.Place)
		if t.bucket(w.Bucket).Get(w.Place) != nil || t.bucket(bucketDamaged).Get(right) != nil {
			return nil
		}
		if err := t.bucket(bucketDamaged).Put(right, seq); err != nil {
			return t.fail(err)
		}
		return t.mendPlace(right, seq)
	}
	if k, key := splitPlace(row); k != nil && t.bucket(k.bucket()).Get(key) == nil {
		return t.putQuarantined(t.newQuarantined(k, key, nil, "it was set aside, and that is lost"))
	}
	return nil
}

// quarantineMissing quarantines cases that are gone although an index still leads to
// them, so that a person is alerted and their orders do not count as new.
func (t *writeTx) quarantineMissing() error {
	for _, index := range cases.guards {
		for _, p := range pairs(ascend(t.bucket(index), nil, nil)) {
			if !bytes.HasSuffix(p.key, p.value) || len(p.value) == 0 || t.bucket(cases.name).Get(p.value) != nil || t.isDamaged(cases.name, p.value) {
				continue
			}
			if err := t.putQuarantined(t.newQuarantined(cases, p.value, nil, "it is gone, and index "+index+" still leads to it")); err != nil {
				return err
			}
		}
	}
	return nil
}
