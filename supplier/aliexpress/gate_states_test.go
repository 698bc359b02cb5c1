package aliexpress

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/supplier"
	"countermand/supplier/aliexpresstest"
	"countermand/supplier/chrome"
)

// Pages that try to write by themselves, in every way, to every end and at
// every moment, while the browser is in one state after the other. What is
// pinned is what arrives at the site; that it was tried is counted by the site.

var allTargets = []aliexpresstest.Target{aliexpresstest.TargetOwn, aliexpresstest.TargetNext, aliexpresstest.TargetConfirm, aliexpresstest.TargetExtend}

// volleys are what one page tries: each of its ways once. A form and a reload
// call each other off, so they are apart.
func volleys() [][]aliexpresstest.Way {
	var out [2][]aliexpresstest.Way
	for i, w := range aliexpresstest.Ways() {
		half := i % 2
		switch w {
		case aliexpresstest.WayForm:
			half = 0
		case aliexpresstest.WayKeepaliveLeft:
			half = 1
		}
		out[half] = append(out[half], w)
	}
	return out[:]
}

// aimAt gives each way one of the targets; the turns go through all.
func aimAt(page string, when aliexpresstest.Moment, ways []aliexpresstest.Way, targets []aliexpresstest.Target, turn int) []aliexpresstest.Try {
	var out []aliexpresstest.Try
	for i, w := range ways {
		if when == aliexpresstest.OnLeaving && w == aliexpresstest.WayBeaconLeft {
			continue // it waits for what is happening already
		}
		out = append(out, aliexpresstest.Try{Page: page, When: when, By: w, Of: targets[(i+turn)%len(targets)]})
	}
	return out
}

// everyTurn: each way meets each target, which takes an hour with the race
// detector. Else its neighbours meet the others.
func everyTurn() bool { return os.Getenv("COUNTERMAND_EVERY_TURN") == "1" }

// turns are those of the run.
func turns(targets int) []int {
	if everyTurn() {
		return []int{0, 1, 2, 3}[:targets]
	}
	return []int{0}
}

// watcher compares what pages tried with what arrived.
type watcher struct {
	*rig
	tried, written int
}

func (r *rig) watch() *watcher {
	return &watcher{rig: r, tried: len(r.site.Tried()), written: len(r.site.Writes())}
}

// wantTried waits until every try was made since the watch began.
func (w *watcher) wantTried(t *testing.T, tries []aliexpresstest.Try) {
	t.Helper()
	missing := func() []aliexpresstest.Try {
		made := w.site.Tried()[w.tried:]
		return slices.DeleteFunc(slices.Clone(tries), func(x aliexpresstest.Try) bool {
			return slices.ContainsFunc(made, func(m aliexpresstest.Tried) bool { return m.Try == x })
		})
	}
	tick, limit := time.NewTicker(5*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for len(missing()) > 0 {
		select {
		case <-tick.C:
		case <-limit:
			t.Errorf("never tried: %+v", missing())
			return
		}
	}
}

// arrived gives what has been written since the watch began.
func (w *watcher) arrived() []aliexpresstest.Write { return w.site.Writes()[w.written:] }

// wantNothing fails where a try got through.
func (w *watcher) wantNothing(t *testing.T) {
	t.Helper()
	for _, x := range w.arrived() {
		t.Errorf("it arrived: %+v", x)
	}
}

// everyVolley runs do with each volley at a moment, in each turn.
func (r *rig) everyVolley(t *testing.T, page string, when aliexpresstest.Moment, targets []aliexpresstest.Target, do func(t *testing.T, w *watcher, tries []aliexpresstest.Try)) {
	t.Helper()
	for i, ways := range volleys() {
		for _, turn := range turns(len(targets)) {
			t.Run(fmt.Sprintf("%s %s %d.%d", page, when, i, turn), func(t *testing.T) {
				w := r.watch()
				do(t, w, aimAt(page, when, ways, targets, turn))
				w.wantNothing(t)
			})
		}
	}
}

// trying adds an order whose pages try, behind one that nothing was tried on.
func (r *rig) trying(t *testing.T, l aliexpresstest.Layout, tries []aliexpresstest.Try) string {
	t.Helper()
	r.order(t, nil)
	return r.order(t, func(o *aliexpresstest.Order) { o.Layout, o.Tries = l, tries })
}

// wantSilence ends the browser and fails where anything arrived at all, late
// or by the way.
func (r *rig) wantSilence(t *testing.T) {
	t.Helper()
	if err := r.client.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if w, n := r.site.Writes(), r.site.Calls()[aliexpresstest.CallOperation]; len(w) > 0 || n > 0 {
		t.Errorf("%d calls arrived, writes %+v", n, w)
	}
}

// TestNothingLeavesWhileReading reads orders and lists whose pages try.
func TestNothingLeavesWhileReading(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	first := r.order(t, nil)
	detail, list := aliexpresstest.PageDetail, aliexpresstest.PageList
	r.everyVolley(t, detail, aliexpresstest.OnLoad, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
		number := r.trying(t, aliexpresstest.LayoutPage, tries)
		if got, err := r.client.Read(t.Context(), number, true); err != nil || !got.Complete || got.Number != number {
			t.Errorf("read: %+v, %v", got, err)
		}
		w.wantTried(t, tries)
	})
	r.everyVolley(t, detail, aliexpresstest.OnLeaving, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
		number := r.trying(t, aliexpresstest.LayoutOtherCall, tries)
		if _, err := r.client.Read(t.Context(), number, false); err != nil {
			t.Error(err)
		}
		if err := r.client.Probe(t.Context()); err != nil { // which leaves the order's page
			t.Error(err)
		}
		w.wantTried(t, tries)
	})
	for _, when := range []aliexpresstest.Moment{aliexpresstest.OnLoad, aliexpresstest.OnLeaving} {
		r.everyVolley(t, list, when, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
			r.order(t, nil)
			r.order(t, nil) // the newest, which the list is about
			if err := r.site.SetTries(tries...); err != nil {
				t.Fatal(err)
			}
			if _, err := r.client.Sweep(t.Context(), []string{first}); err != nil {
				t.Error(err)
			}
			if err := r.client.Probe(t.Context()); err != nil {
				t.Error(err)
			}
			w.wantTried(t, tries)
			if err := r.site.SetTries(); err != nil {
				t.Fatal(err)
			}
		})
	}
	r.wantSilence(t)
}

// TestNothingLeavesInARehearsal walks cancel flows, of which not even the
// page's own call arrives.
func TestNothingLeavesInARehearsal(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 8 * time.Second })
	r.order(t, nil)
	rehearse := func(t *testing.T, l aliexpresstest.Layout, tries []aliexpresstest.Try) {
		t.Helper()
		number := r.trying(t, l, tries)
		got, err := r.client.Rehearse(t.Context(), supplier.RehearseRequest{Number: number, CaseID: "case-" + number})
		// Where the page loads itself anew, its own form is gone.
		gone := slices.ContainsFunc(tries, func(x aliexpresstest.Try) bool {
			return x.By == aliexpresstest.WayKeepaliveLeft && x.When == aliexpresstest.AfterOpening
		})
		if err != nil || !got.Reached && !gone || len(got.Steps) == 0 {
			t.Errorf("rehearse: %+v, %v", got, err)
		}
	}
	for _, when := range []aliexpresstest.Moment{aliexpresstest.OnLoad, aliexpresstest.AfterOpening, aliexpresstest.AfterConfirming, aliexpresstest.OnLeaving} {
		layouts := []aliexpresstest.Layout{aliexpresstest.LayoutDialog}
		if when == aliexpresstest.OnLeaving {
			layouts = []aliexpresstest.Layout{aliexpresstest.LayoutPage} // the press that opens leaves the page
		}
		for _, l := range layouts {
			r.everyVolley(t, aliexpresstest.PageDetail, when, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
				rehearse(t, l, tries)
				w.wantTried(t, tries)
			})
		}
	}
	for _, when := range []aliexpresstest.Moment{aliexpresstest.OnLoad, aliexpresstest.AfterConfirming} {
		if when == aliexpresstest.AfterConfirming && !everything() {
			continue
		}
		r.everyVolley(t, aliexpresstest.PageCancel, when, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
			rehearse(t, aliexpresstest.LayoutPage, tries)
			w.wantTried(t, tries)
		})
	}
	r.wantSilence(t)
}

// person is somebody's pointer on a tab.
type person struct {
	*testing.T
	tab *chrome.Tab
}

// points presses what shows a text, as soon as it can be pressed.
func (p person) points(selector, text string) {
	p.Helper()
	err := p.tab.WaitFor(p.Context(), "point at "+text, func(ctx context.Context) (bool, error) {
		v, err := p.tab.Look(ctx, map[string]chrome.Query{"it": {Selectors: []string{selector}}})
		if err != nil {
			return false, err
		}
		for _, e := range v.Found["it"] {
			if !e.Visible || !e.Enabled || !strings.Contains(e.Text, text) {
				continue
			}
			x, y := e.Box.X+e.Box.Width/2, e.Box.Y+e.Box.Height/2
			for _, what := range []chrome.Pointer{chrome.PointerMove, chrome.PointerDown, chrome.PointerUp} {
				if err := p.tab.Point(ctx, what, x, y); err != nil {
					return false, err
				}
			}
			return true, nil
		}
		return false, nil
	})
	if err != nil {
		p.Fatalf("point at %s %q: %v", selector, text, err)
	}
}

// TestNothingLeavesAtLogin has a person go to an order and press everything
// that cancels it, in a browser that was opened for signing in.
func TestNothingLeavesAtLogin(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.order(t, nil)
	for _, when := range []aliexpresstest.Moment{aliexpresstest.OnLoad, aliexpresstest.AfterOpening, aliexpresstest.AfterConfirming, aliexpresstest.OnLeaving} {
		r.everyVolley(t, aliexpresstest.PageDetail, when, allTargets, func(t *testing.T, w *watcher, tries []aliexpresstest.Try) {
			number := r.trying(t, aliexpresstest.LayoutDialog, tries)
			tab, err := r.client.OpenLogin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p := person{t, tab}
			if err := tab.Navigate(t.Context(), r.client.url(r.client.p.URLs.Detail, number, "")); err != nil {
				t.Fatal(err)
			}
			if when == aliexpresstest.AfterOpening || when == aliexpresstest.AfterConfirming {
				p.points(".order-status .order-block-btns button", "Cancel order")
			}
			if when == aliexpresstest.AfterConfirming {
				p.points(".comet-v2-select", "")
				p.points(".comet-v2-menu-item", "Other reasons")
				p.points(`[data-pl="buyersubmit_btn_submit"]`, "Submit")
				p.points(".comet-v2-modal-footer button", "Confirm") // by which the page asks, too
			}
			if when == aliexpresstest.OnLeaving {
				p.points(".order-block-title", "Processing")
				if err := tab.Navigate(t.Context(), r.client.url(r.client.p.URLs.List, "", "")); err != nil {
					t.Fatal(err)
				}
			}
			w.wantTried(t, tries)
		})
	}
	r.wantSilence(t)
}
