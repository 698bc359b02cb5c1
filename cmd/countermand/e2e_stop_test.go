package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// Stopped in the middle of an attempt the daemon ends well, in its time, with
// its browser; the session outlives it, and the supplier is asked once.
func TestStopped(t *testing.T) {
	t.Parallel()
	rows := []moment{onReasonPage, afterEffect}
	if everything {
		rows = []moment{onDetailPage, onDetailCall, onReasonPage, onReasonsCall, beforeEffect, afterEffect, onReread}
	}
	for _, m := range rows {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			stopped(t, m)
		})
	}
}

func stopped(t *testing.T, m moment) {
	const number = "8190000000040001"
	s := newScene(t, setting{})
	s.order("#4001", number)
	// A case that is through: its session is the one to be kept.
	s.order("#4000", "8190000000040000")
	p := s.start()
	p.cancel("#4000")
	s.await("#4000", state.Requested)
	session := s.session()

	release := m.hold(s.site)
	p.cancel("#4001")
	until(t, "the site holds "+m.kind, func() bool { return s.site.Held(m.kind) > 0 })
	p.term() // while the site still waits
	release()
	if n := len(s.site.Writes()); (n == 2) != m.taken {
		t.Fatalf("%d requests took effect before the stop; the moment is not the one meant", n)
	}

	s.start()
	c := s.await("#4001", state.Requested)
	s.oneCancel("8190000000040000", number)
	s.readAgain("#4001")
	s.oneCancel("8190000000040000", number)
	if !m.marked && slices.ContainsFunc(c.Journal, func(e state.Entry) bool { return strings.Contains(e.Detail, "read before anything else") }) {
		t.Errorf("stopped before its last click, the attempt is not in doubt: %+v", c.Journal)
	}
	if now := s.session(); now != session {
		t.Errorf("the session was %q before the restart and is %q after it: signed in anew", session, now)
	}
}

// session is the one that the account's browser holds, from the file that
// keeps it over a crash. The site gives a new one to who brings none.
func (s *scene) session() string {
	s.t.Helper()
	body, err := os.ReadFile(s.path("data/accounts/main.cookies.json"))
	ok(s.t, err)
	var cookies []struct{ Name, Value string }
	ok(s.t, json.Unmarshal(body, &cookies))
	for _, c := range cookies {
		if c.Name == "x_rehearsal_session" {
			return c.Value
		}
	}
	s.t.Fatalf("no session is kept: %s", body)
	return ""
}

// tells finds an entry of a kind with a word in it.
func tells(journal []state.Entry, kind state.EventKind, word string) bool {
	return slices.ContainsFunc(journal, func(e state.Entry) bool { return e.Event == kind && strings.Contains(e.Detail, word) })
}

// Killed while nothing is under way, and started again on what is there, the
// daemon loses neither the session nor what came in before.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	s.order("#4101", "8190000000041001")
	s.order("#4102", "8190000000041002")
	p := s.start()
	p.cancel("#4101")
	first := s.await("#4101", state.Requested)
	session := s.session()
	release := s.site.Block(aliexpresstest.PageDetail)
	p.cancel("#4102") // stored, and not through
	p.kill()
	release()

	p = s.start()
	s.await("#4102", state.Requested)
	again := s.story("#4101")
	if again.Status != first.Status || !again.RequestedAt.Equal(first.RequestedAt) || len(again.Journal) < len(first.Journal) {
		t.Errorf("after the restart the case is %+v, it was %+v", again, first)
	}
	if now := s.session(); now != session {
		t.Errorf("the session was %q before the kill and is %q after it: signed in anew", session, now)
	}
	s.oneCancel("8190000000041001", "8190000000041002")
	p.term()
}
