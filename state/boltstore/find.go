package boltstore

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// maxName bounds the names that are looked up, in bytes: a key has no room for
// any, and nobody types a longer one.
const maxName = 255

// plainName is what a shop order's name is looked up by.
func plainName(name string) string {
	return foldASCII(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "#")))
}

// foldASCII leaves other letters alone: what is folded stands in an index, and
// the tables of the others grow with every Unicode.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// finder gathers the cases that a reference may mean.
type finder struct {
	t          *readTx
	limit      int
	ref, id    string // id is ref as the beginning of an id, folded
	name       string
	found      map[string]state.Case
	unreadable map[string]error
}

// FindCases asks the ids, the supplier numbers and the names, each for its
// newest.
func (t *readTx) FindCases(ref string, limit int) ([]state.Case, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	f := &finder{t: t, limit: limit, ref: ref, id: foldASCII(ref), name: plainName(ref), found: map[string]state.Case{}, unreadable: map[string]error{}}
	if ref != "" {
		f.byID()
		f.add(descend(t.bucket("case_supplier"), words(ref), nil))
	}
	if f.name != "" {
		f.byName()
	}
	out := slices.SortedFunc(maps.Values(f.found), func(a, b state.Case) int { return cmp.Compare(b.ID, a.ID) })
	out = out[:min(limit, len(out))]
	var err error
	for _, id := range slices.Sorted(maps.Keys(f.unreadable)) {
		err = errors.Join(err, f.unreadable[id])
	}
	return out, err
}

// add takes the newest cases of a walk until it has enough. Rows alone prove
// nothing: what they lead to must be what is looked for.
func (f *finder) add(walk rows) {
	n := 0
	for _, id := range walk {
		c, err := cases.get(f.t, id)
		switch {
		case errors.Is(err, state.ErrNotFound):
			f.unreadable[string(id)] = fmt.Errorf("%w: case %s stands in an index only", state.ErrCorrupt, id)
		case err != nil:
			f.unreadable[string(id)] = err
		case f.means(c):
			f.found[c.ID] = c
			n++
		}
		if n == f.limit {
			return
		}
	}
}

func (f *finder) means(c state.Case) bool {
	return strings.HasPrefix(foldASCII(c.ID), f.id) || c.SupplierOrder == f.ref || f.named(c)
}

func (f *finder) named(c state.Case) bool {
	return f.name != "" && plainName(c.ShopOrder) == f.name
}

// byID also asks for ids whose records stand in quarantine.
func (f *finder) byID() {
	stored := f.t.bucket(cases.name)
	for _, prefix := range spellings(stored, nil, f.id) {
		f.add(self(descend(stored, prefix, nil)))
	}
	damaged, head := f.t.bucket(bucketDamaged), words(cases.name)
	for _, prefix := range spellings(damaged, head, f.id) {
		for k := range ascend(damaged, prefix, nil) {
			id := k[len(head):]
			if _, err := cases.get(f.t, id); err != nil {
				f.unreadable[string(id)] = err
			}
		}
	}
}

// byName also asks for the other cases of each shop order that it finds: one
// that was damaged when the index was made has no row.
func (f *finder) byName() {
	f.add(descend(f.t.bucket(indexCaseName), words(f.name), nil))
	orders := map[string]bool{}
	for _, c := range f.found {
		if f.named(c) {
			orders[string(words(c.Shop, c.ShopOrderID))] = true
		}
	}
	for order := range orders {
		f.add(descend(f.t.bucket("case_shop"), []byte(order), nil))
	}
}

// spellings lists the beginnings of stored keys that are head and, in any case
// of letters, folded.
func spellings(b *bbolt.Bucket, head []byte, folded string) [][]byte {
	out := [][]byte{head}
	for _, small := range []byte(folded) {
		letters := []byte{small}
		if 'a' <= small && small <= 'z' {
			letters = []byte{small - 'a' + 'A', small}
		}
		var longer [][]byte
		for _, prefix := range out {
			for _, letter := range letters {
				p := append(bytes.Clone(prefix), letter)
				if k, _ := b.Cursor().Seek(p); bytes.HasPrefix(k, p) {
					longer = append(longer, p)
				}
			}
		}
		out = longer
	}
	return out
}
