package main

import (
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
