package sync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countermand/shop"
	"countermand/state"
	"countermand/supplier"
	"countermand/sync/machine"
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

// midFlight brings a case of order 1042 with numberA to where the supplier is not asked
// yet: it waits in the queue, or an attempt runs.
func midFlight(t *testing.T, running bool, put func(f *shopfront) string, do func(w *world)) *world {
	t.Helper()
	w, f := firstWorld(t)
	w.site.add(numberA)
	w.site.add(numberB)
	if !running {
		w.site.set(func() { w.site.down = trouble(supplier.LoggedOut) })
		w.knock(put(f))
		w.rests()
		do(w)
		w.quietShop()
		w.works()
		return w
	}
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.site.set(func() {
		w.site.at = func(_ context.Context, m moment) error {
			if m == beforeMark {
				once.Do(func() { close(reached); <-release })
			}
			return nil
		}
	})
	w.knock(put(f))
	<-reached
	f.set(func() { f.err = &shop.Error{Kind: shop.Unavailable, Op: "read"} }) // the shop tells nothing in time
	do(w)
	close(release)
	w.until("the attempt has ended", func() bool { return w.statuses()[numberA] != state.Requesting })
	f.set(func() { f.err = nil })
	w.pass(time.Hour)
	return w
}

// TestSaidMeanwhile: what a person says while a case waits or an attempt runs counts at once,
// whatever made the case.
func TestSaidMeanwhile(t *testing.T) {
	t.Parallel()
	sales := map[string]func(f *shopfront) string{
		"a cancel":  func(f *shopfront) string { return f.cancelled(1042, f.clock.Now(), numberA) },
		"a request": func(f *shopfront) string { return f.tagAsk(1042, numberA) },
		"lines": func(f *shopfront) string {
			id := f.tagAsk(1042, numberA)
			f.change(id, func(o *shop.Order) {
				o.Tags, o.Gone, o.GoneAt, o.Left = nil, map[string]int{"l1": 2}, f.clock.Now(), map[string]int{"l1": 0}
			})
			return id
		},
	}
	imports := func(m ...state.Mapping) func(w *world) { return func(w *world) { w.imported(m) } }
	decides := func(k state.EventKind) func(w *world) {
		return func(w *world) {
			_, err := w.e.Decide(context.Background(), w.caseOf(numberA).ID, state.Event{Kind: k, By: state.ByCLI, Who: "ann"})
			if k == state.EventPause {
				must(w.t, err)
			}
		}
	}
	for name, tc := range map[string]struct {
		do   func(w *world)
		want []state.Status // of the first number
	}{
		"map set":              {func(w *world) { w.mapped("#1042", numberB) }, []state.Status{state.Ignored, state.Held}},
		"another one imported": {imports(state.Mapping{SupplierOrder: numberB}), []state.Status{state.Held}},
		"both imported":        {imports(state.Mapping{SupplierOrder: numberA}, state.Mapping{SupplierOrder: numberB}), []state.Status{state.Held}},
		"paused":               {decides(state.EventPause), []state.Status{state.Queued}},
	} {
		for cause, put := range sales {
			for _, running := range []bool{false, true} {
				if running && name == "both imported" { // the order must be read for that
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, running %t", name, cause, running), func(t *testing.T) {
					t.Parallel()
					w := midFlight(t, running, put, tc.do)
					if c := w.caseOf(numberA); !slices.Contains(tc.want, c.Status) {
						t.Errorf("%s: %s", c.Status, machine.HeldWhy(c))
					}
					w.clicked2(0)
				})
			}
		}
	}
	// The same number once more is no news; a case that an attempt runs for cannot be ignored.
	w := midFlight(t, true, sales["a cancel"], imports(state.Mapping{SupplierOrder: numberA}))
	w.clicked2(1)
	w = midFlight(t, false, sales["a cancel"], decides(state.EventIgnore))
	w.clicked2(0)
	w = midFlight(t, true, sales["a cancel"], decides(state.EventIgnore))
	w.clicked2(1)
}
