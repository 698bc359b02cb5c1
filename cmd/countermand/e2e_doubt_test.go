package main

import (
	"slices"
	"strings"
	"testing"

	"countermand/cmd/internal/control"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// A request whose answer never came is in doubt like one that a crash cut off:
// the order is read, and only one that reads as never asked is asked again.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	p := s.start()
	attempts := func(c control.Case) (n int) {
		for _, e := range c.Journal {
			if e.Event == state.EventDispatching {
				n++
			}
		}
		return n
	}

	s.order("#8001", "8190000000080001")
	s.site.DropReply(aliexpresstest.CallOperation, 1) // it took, and nobody heard
	p.cancel("#8001")
	if n := attempts(s.await("#8001", state.Requested)); n != 1 {
		t.Errorf("the request that took was made %d times", n)
	}
	s.oneCancel("8190000000080001")

	if !everything {
		return
	}
	s.order("#8002", "8190000000080002", inDialog)
	s.site.FailCalls(aliexpresstest.CallOperation, 1, "FAIL_SYS_SERVICE_TIMEOUT::the service does not answer") // a no that nobody knows; it did not take
	p.cancel("#8002")
	c := s.await("#8002", state.Held)
	if n := attempts(c); n != 1 || !strings.Contains(c.HeldWhy, "FAIL_SYS_SERVICE_TIMEOUT") {
		t.Errorf("after an answer that is not understood: %d requests, held because %q", n, c.HeldWhy)
	}
	s.oneCancel("8190000000080001")
	first := slices.IndexFunc(c.Journal, func(e state.Entry) bool { return e.Event == state.EventReading })
	if first < 0 || !s.alerted("request_in_doubt", c.ID) {
		t.Errorf("the doubt was not told: %+v", c.Journal)
	}
}
