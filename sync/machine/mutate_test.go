package machine

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"countermand/state"
)

// witnessed is set by a story that finds something wrong.
type witnessed bool

func (*witnessed) Helper()                 {}
func (w *witnessed) Errorf(string, ...any) { *w = true }

// Every entry of the table matters: taken out, made to do nothing, or made to
// do what another event of its status does, some story notices.
func TestEveryMutationIsNoticed(t *testing.T) {
	t.Parallel()
	using := map[pair][]scenario{}
	for _, s := range everyStory() {
		for p := range play(new(deaf), s) {
			using[p] = append(using[p], s)
		}
	}
	for s, entries := range table {
		t.Run("in "+statusWord(s), func(t *testing.T) {
			t.Parallel()
			for ev, h := range entries {
				for name, other := range mutations(entries, h) {
					at := pair{s, ev}
					if mutant := mutated(at, other); !slices.ContainsFunc(using[at], func(story scenario) bool { return notices(story, mutant) }) {
						t.Errorf("no story notices that %s in %q is %s", ev, s, name)
					}
				}
			}
		})
	}
}

// mutations are all that an entry could be mistaken for, by name.
func mutations(entries row, h handler) map[string]handler {
	out, had := map[string]handler{"taken out": nil}, map[uintptr]bool{pointer(h): true}
	add := func(name string, other handler) {
		if p := pointer(other); !had[p] {
			had[p], out[name] = true, other
		}
	}
	add("made to do nothing", nothing)
	for _, ev := range slices.Sorted(maps.Keys(entries)) {
		add("taken for "+string(ev), entries[ev])
	}
	return out
}

func pointer(h handler) uintptr { return reflect.ValueOf(h).Pointer() }

func mutated(at pair, h handler) map[state.Status]row {
	out := maps.Clone(table)
	out[at.status] = maps.Clone(table[at.status])
	if delete(out[at.status], at.event); h != nil {
		out[at.status][at.event] = h
	}
	return out
}

// notices tells whether a story finds another table wrong. One that breaks
// down, because a handler got an event without what it needs, does.
func notices(s scenario, t map[state.Status]row) (found bool) {
	var w witnessed
	defer func() { found = recover() != nil || bool(w) }()
	play(&w, with(s, t))
	return bool(w)
}
