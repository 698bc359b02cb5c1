package sync_test

import (
	"context"
	"strings"
	"testing"

	"countermand/state"
)

// imported is one file after the other about the order 1042; it gives what the
// last one was told.
func (w *world) imported(files ...[]state.Mapping) (why string) {
	w.t.Helper()
	for _, list := range files {
		refused, err := w.e.MapImport(context.Background(), "mystore", map[string][]state.Mapping{"#1042": list}, "ann")
		must(w.t, err)
		why = refused["#1042"]
	}
	return why
}

// A later file adds to an earlier one; where it may rather mend it, the
// operator hears of it, and nothing is asked before a person has said which.
func TestImportedAgain(t *testing.T) {
	t.Parallel()
	lamp, shade := []state.Line{{SKU: "LAMP", Quantity: 1}}, []state.Line{{SKU: "SHADE", Quantity: 1}}
	a, b := state.Mapping{SupplierOrder: numberA}, state.Mapping{SupplierOrder: numberB}
	with := func(m state.Mapping, lines []state.Line) state.Mapping { m.Lines = lines; return m }
	held := map[string]state.Status{numberA: state.Held, numberB: state.Held}
	asked := map[string]state.Status{numberA: state.Requested, numberB: state.Requested}
	for name, tc := range map[string]struct {
		files [][]state.Mapping
		want  map[string]state.Status
	}{
		"the other parcel":           {[][]state.Mapping{{with(a, lamp)}, {with(b, shade)}}, asked},
		"the same line":              {[][]state.Mapping{{with(a, lamp)}, {with(b, lamp)}}, held},
		"no lines":                   {[][]state.Mapping{{a}, {b}}, held},
		"lines of one":               {[][]state.Mapping{{a}, {with(b, lamp)}}, held},
		"both in the second":         {[][]state.Mapping{{with(a, lamp)}, {with(a, lamp), with(b, shade)}}, asked},
		"both in the third":          {[][]state.Mapping{{with(a, lamp)}, {with(b, lamp)}, {with(b, lamp), with(a, shade)}}, asked},
		"the first again, otherwise": {[][]state.Mapping{{with(a, shade)}, {with(a, lamp)}, {with(b, shade)}}, asked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.site.add(numberA).Lines = []state.Line{{Quantity: 1}}
			w.site.add(numberB).Lines = []state.Line{{Quantity: 1}}
			w.boot()
			why := w.imported(tc.files...)
			if doubt := tc.want[numberA] == state.Held; doubt != strings.Contains(why, "map set") || doubt != strings.Contains(why, numberA) {
				t.Errorf("told %q", why)
			}
			id := w.edge.cancelled(1042, w.clock.Now())
			w.edge.set(func() {
				o := w.edge.orders[id]
				o.Lines = []state.Line{{ID: "l1", SKU: "LAMP", Quantity: 1}, {ID: "l2", SKU: "SHADE", Quantity: 1}}
				w.edge.orders[id] = o
			})
			w.knock(id)
			w.quiet()
			got := w.statuses()
			delete(got, "") // a line that no file names
			if len(got) != 2 || got[numberA] != tc.want[numberA] || got[numberB] != tc.want[numberB] {
				t.Errorf("cases %v", got)
			}
		})
	}
}

// What a person then says settles it, for the cancel that is yet to come.
func TestImportedAgainAfterAPersonDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	w.boot()
	if why := w.imported([]state.Mapping{{SupplierOrder: numberA}}, []state.Mapping{{SupplierOrder: numberB}}); why == "" {
		t.Error("nobody hears of it")
	}
	w.mapped("#1042", numberB)
	w.cancelled(1042)
	w.requestedOnce(numberB)
	if why := w.imported([]state.Mapping{{SupplierOrder: numberA}}); !strings.Contains(why, "which stands") {
		t.Errorf("told %q", why)
	}
}
