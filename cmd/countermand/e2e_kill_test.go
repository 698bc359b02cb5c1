package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/cmd/internal/control"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// moment is a point of an attempt at which the site can be made to wait.
type moment struct {
	name string
	// hold makes the site wait there, kind is what it then holds.
	hold func(*aliexpresstest.Site) (release func())
	kind string
	// marked: the call that asks was about to leave, so that what became of it
	// is in doubt. taken: the request had its effect.
	marked, taken bool
}

func before(kind string) func(*aliexpresstest.Site) func() {
	return func(s *aliexpresstest.Site) func() { return s.Block(kind) }
}

func after(kind string) func(*aliexpresstest.Site) func() {
	return func(s *aliexpresstest.Site) func() { return s.BlockReply(kind) }
}

// reread holds the reading that follows the request, and only that.
func reread(s *aliexpresstest.Site) func() {
	release := make(chan func(), 1)
	s.OnRequest(func(kind, _ string) {
		if kind == aliexpresstest.CallOperation && len(release) == 0 {
			release <- s.Block(aliexpresstest.PageDetail)
		}
	})
	return func() {
		s.OnRequest(nil)
		(<-release)()
	}
}

var (
	onDetailPage  = moment{"detail page", before(aliexpresstest.PageDetail), aliexpresstest.PageDetail, false, false}
	onDetailCall  = moment{"detail call", after(aliexpresstest.CallDetail), aliexpresstest.CallDetail, false, false}
	onReasonPage  = moment{"reason page", before(aliexpresstest.PageCancel), aliexpresstest.PageCancel, false, false}
	onReasonsCall = moment{"reasons call", before(aliexpresstest.CallReasons), aliexpresstest.CallReasons, false, false}
	beforeEffect  = moment{"before the effect", before(aliexpresstest.CallOperation), aliexpresstest.CallOperation, true, false}
	afterEffect   = moment{"after the effect", after(aliexpresstest.CallOperation), aliexpresstest.CallOperation, true, true}
	onReread      = moment{"reading afterwards", reread, aliexpresstest.PageDetail, true, true}
)

// ending is what the seller does, and where the case then stands.
type ending struct {
	name  string
	order []func(*aliexpresstest.Order)
	// first is where the case stands once the daemon has found out about the
	// request; then the seller makes up his mind, and last is the end.
	first state.Status
	then  func(asked time.Duration) aliexpresstest.Fate
	last  state.Status
}

func stays(time.Duration) aliexpresstest.Fate { return aliexpresstest.Fate{Silent: true} }

var (
	silent  = ending{"silent", nil, state.Requested, stays, state.Requested}
	dialog  = ending{"dialog layout", []func(*aliexpresstest.Order){inDialog}, state.Requested, stays, state.Requested}
	closes  = ending{"closes at once", []func(*aliexpresstest.Order){fate(aliexpresstest.Fate{InstantClose: true})}, state.Cancelled, nil, state.Cancelled}
	accepts = ending{"accepts", nil, state.Requested, func(asked time.Duration) aliexpresstest.Fate {
		return aliexpresstest.Fate{Accept: asked}
	}, state.Cancelled}
	refuses = ending{"refuses", nil, state.Requested, func(asked time.Duration) aliexpresstest.Fate {
		return aliexpresstest.Fate{Refuse: &aliexpresstest.Refusal{After: asked, Explicit: true}}
	}, state.Refused}
	whispers = ending{"refuses without a word", nil, state.Requested, func(asked time.Duration) aliexpresstest.Fate {
		return aliexpresstest.Fate{Refuse: &aliexpresstest.Refusal{After: asked}}
	}, state.Refused}
)

// However an attempt is cut off, the supplier is asked once: never twice, and
// never not at all.
func TestKilled(t *testing.T) {
	t.Parallel()
	rows := []struct {
		moment
		ending
	}{{onReasonPage, refuses}, {beforeEffect, dialog}, {afterEffect, closes}}
	if everything {
		rows = nil
		for _, m := range []moment{onDetailPage, onDetailCall, onReasonPage, onReasonsCall, beforeEffect, afterEffect, onReread} {
			for _, e := range []ending{silent, dialog, closes, accepts, refuses, whispers} {
				if m.kind != aliexpresstest.PageCancel || e.name != dialog.name { // a dialog has no page
					rows = append(rows, struct {
						moment
						ending
					}{m, e})
				}
			}
		}
	}
	for _, r := range rows {
		t.Run(r.moment.name+", "+r.ending.name, func(t *testing.T) {
			t.Parallel()
			killed(t, r.moment, r.ending)
		})
	}
}

func killed(t *testing.T, m moment, e ending) {
	const number = "8190000000020001"
	s := newScene(t, setting{})
	s.order("#2001", number, e.order...)
	release := m.hold(s.site)
	p := s.start()
	p.cancel("#2001")
	until(t, "the site holds "+m.kind, func() bool { return s.site.Held(m.kind) > 0 })
	if c := s.story("#2001"); c.Status != state.Requesting {
		t.Fatalf("the attempt is under way and the case is %s", c.Status)
	}
	p.kill()
	until(t, "the site notices that the browser is gone", func() bool { return s.site.Held(m.kind) == 0 })
	release()
	if n := len(s.site.Writes()); (n == 1) != m.taken {
		t.Fatalf("%d requests took effect before the kill; the moment is not the one meant", n)
	}

	s.start()
	c := s.await("#2001", e.first)
	s.oneCancel(number)
	tellsOfInterruption(t, c, m)
	if e.then != nil {
		asked := s.site.Writes()[0].At
		ok(t, s.site.Change(number, func(o *aliexpresstest.Order) { o.Fate = e.then(s.clock.Now().Sub(asked)) }))
	}
	s.readAgain("#2001")
	s.await("#2001", e.last)
	s.oneCancel(number)
}

// tellsOfInterruption looks for what the journal has to say: the cut, and
// after the mark a reading before anything else was done.
func tellsOfInterruption(t *testing.T, c control.Case, m moment) {
	t.Helper()
	events := func(es []state.Entry) (out []state.EventKind) {
		for _, e := range es {
			out = append(out, e.Event)
		}
		return out
	}
	all := events(c.Journal)
	cut := slices.Index(all, state.EventInterrupted)
	if cut < 0 {
		t.Fatalf("the journal does not tell of the interruption: %v", all)
	}
	if marked := slices.Contains(all[:cut], state.EventDispatching); marked != m.marked {
		t.Fatalf("before the cut the mark was set: %t, want %t: %v", marked, m.marked, all)
	}
	next := all[cut+1:]
	if !m.marked {
		if len(next) == 0 || next[0] != state.EventBegin {
			t.Errorf("cut off before the mark, the attempt is to be made again: %v", all)
		}
		return
	}
	if !strings.Contains(c.Journal[cut].Detail, "read before anything else") || len(next) == 0 || next[0] != state.EventReading {
		t.Errorf("cut off after the mark, the order is to be read: %v %+v", all, c.Journal[cut])
	}
	reads := 0
	for _, k := range next {
		if k == state.EventBegin {
			break
		}
		if k == state.EventReading {
			reads++
		}
	}
	if again := slices.Contains(next, state.EventBegin); again == m.taken || again && reads < 2 {
		t.Errorf("asked again: %t, after %d readings; the request had taken effect: %t: %v", again, reads, m.taken, all)
	}
}
