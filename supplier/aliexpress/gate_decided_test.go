package aliexpress

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// ownShape is that of the cancel of the pages' own code.
const ownShape = "POST application/x-www-form-urlencoded empty"

// attempt is a decided cancel and what came of it.
type attempt struct {
	*watcher
	number string
	got    state.AttemptResult
	marks  int
	// last: the mark was stored after the last press of the flow, so that its
	// page's own call had been made.
	last bool
}

// decided cancels an order. guard, where set, is asked before each press.
func (w *watcher) decided(t *testing.T, number string, guard func()) *attempt {
	t.Helper()
	a := &attempt{watcher: w, number: number}
	req := request(number, &a.marks)
	req.Guard = func(state.Reading) error {
		if guard != nil {
			guard()
		}
		return nil
	}
	req.Dispatch = func(context.Context) error {
		a.marks++
		w.sink.mu.Lock()
		defer w.sink.mu.Unlock()
		for _, e := range w.sink.kept {
			a.last = a.last || e.Number == number && e.Name == "before-confirm"
		}
		return nil
	}
	var err error
	if a.got, err = w.client.Cancel(t.Context(), req); err != nil {
		t.Errorf("cancel: %v", err)
	}
	return a
}

// wantOne fails where anything but the one cancel of the order has arrived
// since the watch began, or where that was not told.
func (a *attempt) wantOne(t *testing.T) (shape string) {
	t.Helper()
	if a.got.Outcome != state.AskPending || a.got.Said != state.SaidYes || a.marks != 1 {
		t.Errorf("cancel: %+v, %d marks", a.got, a.marks)
	}
	list := a.arrived()
	if len(list) != 1 || list[0].Kind != aliexpresstest.WriteCancel || list[0].OrderID != a.number || list[0].Refused != "" || !list[0].Trusted {
		t.Errorf("arrived for %s: %+v", a.number, list)
		return ""
	}
	return list[0].Shape
}

// wantOwn is wantOne for the call of the page's own code.
func (a *attempt) wantOwn(t *testing.T) {
	t.Helper()
	if shape := a.wantOne(t); shape != ownShape || !a.last {
		t.Errorf("not the page's own call: %s, after the last press: %t", shape, a.last)
	}
}

// wantOneAtMost is for a page that begins to leave under its own call: that
// call does not leave, or it does and its answer may be lost. No other may.
func (a *attempt) wantOneAtMost(t *testing.T) {
	t.Helper()
	if len(a.arrived()) == 0 {
		if out := a.got.Outcome; out != state.AskFailed && out != state.AskUnknown || a.got.Said != state.SaidNothing || a.got.NothingLeft != (a.marks > 0) {
			t.Errorf("nothing arrived, and cancel: %+v, %d marks", a.got, a.marks)
		}
		return
	}
	if a.got.Said == state.SaidUnclear || a.got.Said == state.SaidNone {
		a.got.Said = state.SaidYes // what a reading tells
	}
	a.wantOne(t)
}

// leavers are the ways by which a page begins to leave.
var leavers = []aliexpresstest.Way{aliexpresstest.WayForm, aliexpresstest.WayKeepaliveLeft}

func staying(ways []aliexpresstest.Way) []aliexpresstest.Way {
	return slices.DeleteFunc(slices.Clone(ways), func(w aliexpresstest.Way) bool { return slices.Contains(leavers, w) })
}

// TestOnlyTheCancelLeavesWhenDecided cancels orders whose pages try to write
// something else: the one cancel is all that arrives.
func TestOnlyTheCancelLeavesWhenDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 8 * time.Second })
	r.order(t, nil)
	others := allTargets[1:]
	for _, c := range []struct {
		page   string
		when   aliexpresstest.Moment
		layout aliexpresstest.Layout
		extra  bool
	}{
		{aliexpresstest.PageDetail, aliexpresstest.OnLoad, aliexpresstest.LayoutPage, false},
		{aliexpresstest.PageDetail, aliexpresstest.AfterOpening, aliexpresstest.LayoutDialog, false},
		{aliexpresstest.PageDetail, aliexpresstest.AfterConfirming, aliexpresstest.LayoutDialog, false},
		{aliexpresstest.PageDetail, aliexpresstest.OnLeaving, aliexpresstest.LayoutPage, false},
		{aliexpresstest.PageDetail, aliexpresstest.OnLoad, aliexpresstest.LayoutDialog, true},
		{aliexpresstest.PageDetail, aliexpresstest.AfterOpening, aliexpresstest.LayoutPage, true},
		{aliexpresstest.PageDetail, aliexpresstest.OnLeaving, aliexpresstest.LayoutDialog, true},
		{aliexpresstest.PageCancel, aliexpresstest.OnLoad, aliexpresstest.LayoutPage, true},
		{aliexpresstest.PageCancel, aliexpresstest.AfterConfirming, aliexpresstest.LayoutPage, true},
		{aliexpresstest.PageCancel, aliexpresstest.OnLeaving, aliexpresstest.LayoutNewTab, true},
	} {
		if c.extra && !everything() {
			continue
		}
		pressed := c.when == aliexpresstest.AfterOpening || c.when == aliexpresstest.AfterConfirming
		play := func(t *testing.T, ways []aliexpresstest.Way, turn int) *attempt {
			t.Helper()
			w, tries := r.watch(), aimAt(c.page, c.when, ways, others, turn)
			a := w.decided(t, r.trying(t, c.layout, tries), nil)
			w.wantTried(t, tries)
			return a
		}
		for _, turn := range turns(len(others)) {
			for i, ways := range volleys() {
				if pressed {
					ways = staying(ways)
				}
				t.Run(fmt.Sprintf("%s %s %s %d.%d", c.page, c.when, c.layout, i, turn), func(t *testing.T) { play(t, ways, turn).wantOwn(t) })
			}
			for i, way := range leavers {
				if pressed && (i == 0 || everything()) {
					t.Run(fmt.Sprintf("%s %s %s %s.%d", c.page, c.when, c.layout, way, turn), func(t *testing.T) {
						play(t, leavers[i:i+1], turn).wantOneAtMost(t)
					})
				}
			}
		}
	}
}

// TestTheCancelLeavesOnceWhenDecided cancels orders whose pages try the very
// same by themselves.
func TestTheCancelLeavesOnceWhenDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 8 * time.Second })
	few := []aliexpresstest.Way{aliexpresstest.WayFetch, aliexpresstest.WayForm, aliexpresstest.WayScript}
	for m, when := range []aliexpresstest.Moment{aliexpresstest.OnLoad, aliexpresstest.AfterOpening, aliexpresstest.AfterConfirming, aliexpresstest.OnLeaving} {
		layout := aliexpresstest.LayoutDialog
		if when == aliexpresstest.OnLeaving {
			layout = aliexpresstest.LayoutPage
		}
		for i, way := range aliexpresstest.Ways() {
			if !slices.Contains(few, way) && !everyTurn() && (!everything() || i%4 != m) { // each at one of the moments
				continue
			}
			tries := aimAt(aliexpresstest.PageDetail, when, []aliexpresstest.Way{way}, allTargets[:1], 0)
			if len(tries) == 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", when, way), func(t *testing.T) {
				w := r.watch()
				a := w.decided(t, r.trying(t, layout, tries), nil)
				w.wantTried(t, tries)
				switch leaves := slices.Contains(leavers, way); {
				case leaves && (when == aliexpresstest.AfterOpening || when == aliexpresstest.AfterConfirming):
					a.wantOneAtMost(t)
				case when == aliexpresstest.AfterOpening, when == aliexpresstest.OnLoad && way == aliexpresstest.WayTwice: // half a second later
					// A listed call may be the effect of the press that opens: then that
					// is the one, and the page's own finds it answered.
					t.Logf("left after the last press: %t, as %s", a.last, a.wantOne(t))
				default:
					a.wantOwn(t)
				}
			})
		}
	}
}

// TestNothingOfAnotherOrderLeavesWhenDecided has a page of another order in a
// tab of its own, which tries all the while.
func TestNothingOfAnotherOrderLeavesWhenDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *Options) { o.StepTimeout = 8 * time.Second })
	if err := r.client.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, ways := range volleys() {
		for _, turn := range turns(len(allTargets)) {
			t.Run(fmt.Sprintf("%d.%d", i, turn), func(t *testing.T) {
				other, err := r.client.b.NewTab(t.Context()) // a new one: some ways are tried once per tab
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				w := r.watch()
				tries := append(aimAt(aliexpresstest.PageDetail, aliexpresstest.OnLoad, ways, allTargets, turn),
					aimAt(aliexpresstest.PageDetail, aliexpresstest.OnLeaving, ways, allTargets, turn)...)
				strange, number := r.trying(t, aliexpresstest.LayoutDialog, tries), r.order(t, nil)
				asked := 0
				a := w.decided(t, number, func() {
					// Before each press, and so between them.
					asked++
					if err := other.Navigate(t.Context(), r.client.url(r.client.p.URLs.Detail, strange, "")); err != nil {
						t.Error(err)
					}
				})
				w.wantTried(t, tries)
				if a.wantOwn(t); asked < 3 {
					t.Errorf("asked %d times", asked)
				}
			})
		}
	}
}
