package boltstore

import (
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// TestFindCasesWithWrongIndexRows: what an index says is held against the case itself, and
// a row that leads nowhere may have led to one.
func TestFindCasesWithWrongIndexRows(t *testing.T) {
	t.Parallel()
	s := tempStore(t, Options{})
	save(t, s, "a", "b")
	row := func(name, id string) {
		noError(t, s.db.Update(func(b *bbolt.Tx) error {
			return b.Bucket([]byte(indexCaseName)).Put(join(words(name), []byte(id)), []byte(id))
		}))
	}
	row("n-b", "a")
	row("other", "a")
	for ref, want := range map[string][]string{"N-b": {"b"}, "#n-a": {"a"}, "other": nil} {
		if got, damaged := finds(t, s, ref); !slices.Equal(got, want) || damaged {
			t.Errorf("%s: found %q, damaged %v", ref, got, damaged)
		}
	}
	row("n-b", "gone")
	if got, damaged := finds(t, s, "n-b"); !slices.Equal(got, []string{"b"}) || !damaged {
		t.Errorf("a row that leads nowhere: found %q, damaged %v", got, damaged)
	}
}
