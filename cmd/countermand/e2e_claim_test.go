package main

import (
	"os"
	"strings"
	"testing"

	"countermand/cmd/internal/control"
	"countermand/state"
)

// copyData puts a copy of the daemon's data folder in its place, as a move to
// another disk does.
func (s *scene) copyData() {
	s.t.Helper()
	ok(s.t, os.CopyFS(s.path("copied"), os.DirFS(s.path("data"))))
	ok(s.t, os.RemoveAll(s.path("data")))
	ok(s.t, os.Rename(s.path("copied"), s.path("data")))
}

// TestCopiedFolderWaitsForAClaim: on a copy of the data folder nothing is asked
// and nothing held until a person says that the original is out of use.
func TestCopiedFolderWaitsForAClaim(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	const number = "8190000000099010"
	s.order("#9910", number)
	p := s.start()
	p.term()
	s.copyData()
	p = s.start()
	p.cancel("#9910")
	s.await("#9910", state.Queued)
	until(t, "status says that requests wait", func() bool {
		w := s.status().Waits
		return len(w) == 1 && w[0].Code == state.WaitPlace
	})
	s.wants("status", s.cli("status"), exitDone, "NEW REQUESTS WAIT", "countermand claim")
	s.wants("the alert", s.cli("alerts", "list", "--open"), exitDone, "place changed")
	p.term() // the question outlives a restart
	s.start()
	s.noWrite()
	if c := s.await("#9910", state.Queued); c.HeldWhy != "" {
		t.Errorf("held because %q", c.HeldWhy)
	}
	var claimed control.Claimed
	s.document(&claimed, "claim", "--json")
	if !claimed.Claimed || !strings.HasSuffix(claimed.DataDir, "data") {
		t.Errorf("%+v", claimed)
	}
	s.await("#9910", state.Requested)
	s.oneCancel(number)
	if w := s.status().Waits; len(w) != 0 {
		t.Errorf("still waits: %+v", w)
	}
	s.wants("a second claim", s.cli("claim"), exitDone, "Nothing to answer")
}

// TestRunWithClaim: who starts the daemon may answer at once.
func TestRunWithClaim(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	const number = "8190000000099011"
	s.order("#9911", number)
	p := s.start()
	p.term()
	s.copyData()
	s.flags = []string{"--claim"}
	p = s.start()
	p.cancel("#9911")
	s.await("#9911", state.Requested)
	s.oneCancel(number)
	p.term()
	s.flags = nil
	s.start()
	if w := s.status().Waits; len(w) != 0 {
		t.Errorf("after the claim: %+v", w)
	}
}

// TestOlderDatabasePutBackByHand is a restore, by whatever means: what may have
// been asked since is held.
func TestOlderDatabasePutBackByHand(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{})
	const number = "8190000000099012"
	s.order("#9912", number)
	p := s.start()
	s.wants("hot backup", s.keep("backup", s.path("b.db")), exitDone, "in order")
	p.cancel("#9912")
	s.await("#9912", state.Requested)
	p.term()
	ok(t, os.Rename(s.path("b.db"), s.path("data/countermand.db")))
	p = s.start()
	p.knock("#9912")
	if c := s.await("#9912", state.Held); !strings.Contains(c.HeldWhy, "backup") {
		t.Errorf("held because %q", c.HeldWhy)
	}
	s.oneCancel(number)
}
