package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Buckets that are not a table.
const (
	bucketMeta      = "meta"
	bucketCounts    = "case_counts"
	bucketDamaged   = "damaged"
	indexCaseStatus = "case_status"
	indexCaseName   = "case_name"
)

const application = "countermand"

var (
	keyApplication = []byte("application")
	keyVersion     = []byte("version")
)

// kinds are all tables.
var kinds = []kind{cases, journal, effects, knocks, seen, alerts, accounts, mappings, claims, requests, forgotten, values, clock, quarantine}

// migration brings a database to a version. It runs in one transaction with
// those that follow it.
type migration struct {
	to  uint64
	run func(*bbolt.Tx) error
}

// migrations are the way from an empty file to the present, in order. What one
// of them made stays as it is, whatever later ones make of it.
var migrations = []migration{
	{1, func(b *bbolt.Tx) error { return createBuckets(b, firstBuckets) }},
	{2, nameCases},
	{3, version3},
}

// firstBuckets are those of version 1.
var firstBuckets = []string{
	"meta", "case_counts", "damaged",
	"cases", "case_status", "case_shop", "case_supplier", "case_account", "case_due", "case_ended",
	"journal", "effects", "effect_lane", "knocks", "knock_due", "seen", "seen_at",
	"alerts", "alert_key", "alert_raised", "alert_due", "alert_case", "alert_settled",
	"accounts", "mappings", "mapping_number", "requests", "forgotten", "marks", "clock", "quarantine",
}

func createBuckets(b *bbolt.Tx, names []string) error {
	for _, name := range names {
		if _, err := b.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return b.Bucket([]byte(bucketMeta)).Put(keyApplication, []byte(application))
}

func bucketNames() []string {
	names := []string{bucketMeta, bucketCounts, bucketDamaged}
	for _, k := range kinds {
		names = append(append(names, k.bucket()), k.indexNames()...)
	}
	return names
}

// errForeign: a bbolt file, but somebody else's.
var errForeign = errors.New("it is a bbolt database of another program; name another file")

// schemaVersion reads the version of a database, 0 for an empty one.
func schemaVersion(b *bbolt.Tx) (uint64, error) {
	meta := b.Bucket([]byte(bucketMeta))
	if meta == nil {
		if k, _ := b.Cursor().First(); k != nil {
			return 0, errForeign
		}
		return 0, nil
	}
	version := meta.Get(keyVersion)
	if string(meta.Get(keyApplication)) != application || len(version) != 8 {
		return 0, errForeign
	}
	return binary.BigEndian.Uint64(version), nil
}

// complete tells whether every bucket is there.
func complete(b *bbolt.Tx) error {
	for _, name := range bucketNames() {
		if b.Bucket([]byte(name)) == nil {
			return fmt.Errorf("bucket %s is missing: restore the last backup", name)
		}
	}
	return nil
}

// migrate brings the database to the last version of steps. What was there
// before is kept in a copy beside the file.
func (s *Store) migrate(steps []migration) error {
	want := steps[len(steps)-1].to
	var have uint64
	err := s.db.View(func(b *bbolt.Tx) (err error) {
		have, err = schemaVersion(b)
		return err
	})
	switch {
	case err != nil:
		return err
	case have > want:
		return fmt.Errorf("its schema is version %d and this countermand knows %d: run the newer countermand, or restore a backup from before the upgrade", have, want)
	case have == want:
		return nil
	case s.db.IsReadOnly():
		return fmt.Errorf("its schema is version %d and this countermand wants %d: start the daemon once to bring it up to date (a backup is when it is restored)", have, want)
	}
	if have > 0 {
		if err := s.copyTo(fmt.Sprintf("%s.v%d.bak", s.path, have), nil); err != nil {
			return fmt.Errorf("back up before migrating: %w", err)
		}
	}
	return s.db.Update(func(b *bbolt.Tx) error {
		for _, m := range steps {
			if m.to <= have {
				continue
			}
			if err := m.run(b); err != nil {
				return fmt.Errorf("migrate to version %d: %w", m.to, err)
			}
		}
		return b.Bucket([]byte(bucketMeta)).Put(keyVersion, seqKey(want))
	})
}
