package main

import (
	"archive/zip"
	"io/fs"
	"strings"
	"testing"
	"time"

	"countermand/cmd/internal/control"
	"countermand/state"
	"countermand/supplier/aliexpresstest"
)

// A refusal starts the clock of the proof: five working days in China. Without
// a tracking number by then the case stands in the dispute queue.
func TestRefusal(t *testing.T) {
	t.Parallel()
	s := newScene(t, setting{speed: "24h=3s"})
	number := "8190000000060001"
	s.order("#6001", number, fate(aliexpresstest.Fate{Refuse: &aliexpresstest.Refusal{After: 30 * time.Hour, Explicit: true}}))
	p := s.start()
	p.cancel("#6001")
	c := s.await("#6001", state.Refused)
	if want := fifthWorkingDay(c.AnsweredAt); !c.Clocks[state.ClockProofDue].Equal(want) {
		t.Errorf("answered %s, proof due %s, want %s", c.AnsweredAt, c.Clocks[state.ClockProofDue], want)
	}
	// What the site tells no time of is dated by its reading, so the answer is
	// held against the site's own log.
	if w := s.site.Writes(); len(w) != 1 || c.AnsweredAt.Sub(w[0].At) < 30*time.Hour || !c.AnsweredAt.After(c.RequestedAt) || c.Proof != state.ProofNone {
		t.Errorf("writes %+v, requested %s, answered %s, proof %s", w, c.RequestedAt, c.AnsweredAt, c.Proof)
	}
	until(t, "the refusal is told", func() bool { return s.alerted("refused", c.ID) && s.phone.rang("#6001", number, "refused") })

	due := c.Clocks[state.ClockProofDue]
	c = s.await("#6001", state.Disputable)
	if last := c.Journal[len(c.Journal)-1]; last.At.Before(due) {
		t.Errorf("disputable at %s, before the proof was due at %s", last.At, due)
	}
	until(t, "the dispute queue is told", func() bool { return s.alerted("disputable", c.ID) && s.phone.rang("#6001", number, "dispute queue") })
	var queue control.Disputes
	s.document(&queue, "disputes", "list", "--json")
	if len(queue.Disputes) != 1 || queue.Disputes[0].ID != c.ID || queue.Disputes[0].NextAction == "" || len(queue.MoneyAtRisk) != 1 || queue.MoneyAtRisk[0].String() != "23.40 USD" {
		t.Errorf("the dispute queue: %+v", queue)
	}
	s.oneCancel(number)
	s.exported("#6001", number)
}

// exported packs the file of a case that was asked, refused and read by the
// real browser.
func (s *scene) exported(order, number string) {
	s.t.Helper()
	file := s.path("case.zip")
	s.wants("export", s.cli("disputes", "export", order, "--out", file), exitDone, "case.zip: ", " files of evidence")
	z, err := zip.OpenReader(file)
	ok(s.t, err)
	defer z.Close()
	text, err := fs.ReadFile(z, "README.txt")
	ok(s.t, err)
	for _, part := range []string{"The rule that fired last: ", "[x] Date of the cancel request: ", "[x] Screenshots of the request:", "[ ] Messages to the seller: countermand wrote none", "No tracking number is known. The supplier answered on ", "Order " + number, "No tracking number was given"} {
		if !strings.Contains(string(text), part) {
			s.t.Errorf("%q is not in README.txt:\n%s", part, text)
		}
	}
	if strings.Contains(string(text), "!!!") {
		s.t.Errorf("evidence is missing or changed:\n%s", text)
	}
}

// fifthWorkingDay is the end, in China, of the fifth working day after a day
// without holidays near it.
func fifthWorkingDay(answered time.Time) time.Time {
	shanghai := time.FixedZone("Shanghai", 8*60*60)
	t := answered.In(shanghai)
	d := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, shanghai)
	for n := 0; n < 5; {
		d = d.AddDate(0, 0, 1)
		if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
			n++
		}
	}
	return d.AddDate(0, 0, 1)
}
