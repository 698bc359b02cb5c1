package sync

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countermand/state"
)

// yearWatch remembers what every committed transaction did, and compares it
// with what must hold at any time. It does not know how the engine works.
type yearWatch struct {
	now   time.Time
	seen  map[string]*yearSeen
	keys  map[string]time.Time // alerts by key
	ended []state.Case         // that nobody judged yet
	moves int
	// due is when each case is due, by what was stored of it.
	due map[string]time.Time
	// holders are the cases about a supplier order.
	holders map[string]map[string]bool
}

// yearSeen is what is known of one case.
type yearSeen struct {
	status  state.Status
	image   string // once it ended
	visited map[state.Status]time.Time
	events  map[state.EventKind]int
	stays   []yearStay
	raised  map[string][]time.Time // alerts by kind
	entered map[state.Status]int
	revoked map[state.Status]int // entered and left in one transaction
	faults  []string
}

func newYearWatch(now time.Time) *yearWatch {
	return &yearWatch{now: now, seen: map[string]*yearSeen{}, keys: map[string]time.Time{}, due: map[string]time.Time{}, holders: map[string]map[string]bool{}}
}

func (w *yearWatch) clock() time.Time { return w.now }

// next is when a case is due next, as the store's index should have it. An
// index that has it otherwise lets the year spin.
func (w *yearWatch) next() (at time.Time) {
	for _, t := range w.due {
		at = earlier(at, t)
	}
	return at
}

func wrong(format string, args ...any) { panic(yearWrong{fmt.Sprintf(format, args...)}) }

func (w *yearWatch) of(id string) *yearSeen {
	s := w.seen[id]
	if s == nil {
		s = &yearSeen{visited: map[state.Status]time.Time{}, events: map[state.EventKind]int{}, raised: map[string][]time.Time{}, entered: map[state.Status]int{}, revoked: map[state.Status]int{}}
		w.seen[id] = s
	}
	return s
}

// committed takes in what is on disk now.
func (w *yearWatch) committed(t *yearTx) {
	last := map[string]state.Case{}
	for _, c := range t.cases {
		last[c.ID] = c
	}
	for _, id := range slices.Sorted(maps.Keys(t.entries)) {
		w.chain(id, t.entries[id])
	}
	for _, id := range slices.Sorted(maps.Keys(last)) {
		w.stored(last[id])
	}
	for _, a := range t.raised {
		if at, twice := w.keys[a.Key]; twice {
			wrong("alert %s was raised at %s and at %s", a.Key, at, w.now)
		}
		w.keys[a.Key] = w.now
		if a.CaseID != "" {
			s := w.of(a.CaseID)
			s.raised[a.Kind] = append(s.raised[a.Kind], w.now)
		}
	}
}

// chain follows the journal: each entry begins where the one before ended.
func (w *yearWatch) chain(id string, entries []state.Entry) {
	s := w.of(id)
	for i, e := range entries {
		if e.From != s.status {
			wrong("case %s was %q and its journal goes on from %q to %q (%s: %s)", id, s.status, e.From, e.To, e.Event, e.Detail)
		}
		if e.To != e.From {
			w.moves++
			s.entered[e.To]++
			s.visited[e.To] = w.now
			s.move(w.now, e.To, e.Event)
			if slices.ContainsFunc(entries[i+1:], func(n state.Entry) bool { return n.To != n.From }) {
				s.revoked[e.To]++
			}
		}
		if e.From == state.Held && e.To == state.Held && strings.HasPrefix(e.Detail, "held: ") {
			s.entered[e.To]++ // for another reason, which is news
		}
		if e.From == e.To && e.Event != state.EventTick && len(e.Detail) > 12 && e.Detail[:12] == "not allowed:" {
			s.faults = append(s.faults, string(e.From)+"/"+string(e.Event)+": "+e.Detail)
		}
		s.status = e.To
		s.events[e.Event]++
	}
}

// stored compares one saved case with what must always hold.
func (w *yearWatch) stored(c state.Case) {
	s := w.of(c.ID)
	if c.Status != s.status {
		wrong("case %s is %s and its journal ends at %q", c.ID, c.Status, s.status)
	}
	if n := c.SupplierOrder; n != "" {
		if w.holders[n] == nil {
			w.holders[n] = map[string]bool{}
		}
		w.holders[n][c.ID] = true
	}
	if w.due[c.ID] = c.DueAt; c.DueAt.IsZero() {
		delete(w.due, c.ID)
	}
	s.mark(w.now, c.Paused, c.Status == state.Held && c.NumberUnsure)
	if s.image != "" {
		if now := yearImage(c); now != s.image {
			wrong("case %s had ended and changed:\n%s\n%s", c.ID, s.image, now)
		}
		return
	}
	if c.Status.Ended() {
		s.image = yearImage(c)
		w.ended = append(w.ended, c)
		if !c.DueAt.IsZero() || c.EndedAt.IsZero() {
			wrong("case %s ended as %s at %s and is due %s", c.ID, c.Status, c.EndedAt, c.DueAt)
		}
		w.money(c, s)
		return
	}
	w.alive(c)
}

// alive: an open case that nobody paused has something to come, or a person
// was told, or the lane has it. Whether that comes in time is for (*year).judge.
func (w *yearWatch) alive(c state.Case) {
	if !c.DueAt.IsZero() && !c.DueAt.After(w.now) {
		wrong("case %s was stored at %s and is due %s", c.ID, w.now, c.DueAt)
	}
	if c.Paused || !c.DueAt.IsZero() {
		return
	}
	switch c.Status {
	case state.Held, state.Unmapped:
		if len(c.Raised) == 0 {
			wrong("case %s is %s for good and nobody was told", c.ID, c.Status)
		}
	case state.Queued: // the lane has it: see (*year).audit
	case state.Requesting:
		if c.Attempt.StartedAt.IsZero() {
			wrong("case %s is requesting, no attempt runs and it is never due", c.ID)
		}
	default:
		wrong("case %s is %s and never due", c.ID, c.Status)
	}
}

// money: nothing counts as refunded that was short, but by a person's word.
func (w *yearWatch) money(c state.Case, s *yearSeen) {
	if c.Status != state.Refunded {
		return
	}
	r := c.Refund
	if r == nil {
		wrong("case %s is refunded without a refund", c.ID)
	}
	if r.ConfirmedBy != "operator" && (r.Amount.Currency != c.Amount.Currency || r.Amount.Units < c.Amount.Units) {
		wrong("case %s is refunded with %s of %s", c.ID, r.Amount, c.Amount)
	}
	if r.ConfirmedBy == "operator" && s.events[state.EventRefund] == 0 {
		wrong("case %s is refunded by the word of nobody", c.ID)
	}
}
