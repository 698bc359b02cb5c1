package sync

import (
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// judge holds one case against the truth. What an open case may yet become is
// left out; what is too late already is not.
func (y *year) judge(c state.Case) {
	t := y.truth(c)
	t.deadlines()
	if t.o == nil {
		return
	}
	t.moves()
	t.looked()
	t.verdicts()
	t.written()
	if c.Status.Ended() {
		t.money()
		t.o.looks = nil // they are many
	}
}

// judgeEnded does so with the cases that ended since the last time.
func (y *year) judgeEnded() {
	ended := y.watch.ended
	y.watch.ended = nil
	for _, c := range ended {
		y.judge(c)
	}
}

// yearMove is what moves a case on: from a moment on the site shows it, and
// within so much time without trouble it is read.
type yearMove struct {
	status state.Status
	from   time.Time
	within time.Duration
	why    string
}

// moves: a case goes on once the site shows why it must.
func (t *yearTruth) moves() {
	for _, m := range t.movers() {
		if m.from.IsZero() {
			continue
		}
		for _, s := range t.spells(func(s yearStay) bool { return s.status == m.status && !s.unsure }) {
			since := later(s.from, m.from)
			if !since.Before(s.to) || m.status == state.Queued && t.o.hasHeard(s.from) { // its page offers no button any more
				continue
			}
			if by := t.read(since, m.within); s.to.After(by) {
				wrong("case %s is %s until %s, though %s %s, which can be explained until %s%s", t.c.ID, m.status, machine.Stamp(s.to), m.why, machine.Stamp(m.from), machine.Stamp(by), t.y.tale(t.c))
			}
		}
	}
}

// yearDoubts is as long as two doubts in a row may last: each takes two readings,
// a settle time after the mark and another one later.
const yearDoubts = 50 * time.Minute

func (t *yearTruth) movers() []yearMove {
	o := t.o
	refused, shipped := o.answered, o.shipped
	if !o.closed.IsZero() && !o.closed.After(o.answered) || o.reached == 0 {
		refused = time.Time{} // that was no refusal
	}
	hidden := yearList
	if o.listHides && (shipped.IsZero() || shipped.After(o.answered)) {
		hidden += 24 * time.Hour // only the page of its own shows it
	}
	out := []yearMove{
		{state.Requested, o.closed, yearList, "it was closed"},
		{state.Requested, shipped, yearList, "it was marked shipped"},
		{state.Requested, refused, hidden, "it was refused"},
		{state.Requesting, o.placed, yearDoubts, "a request is in doubt for minutes only, since"},
		{state.Refused, o.closed, 6*time.Hour + 10*time.Minute, "it was closed"},
		{state.Disputable, o.closed, yearPages, "it was closed"},
		{state.Cancelled, o.whole(), yearPages, "the money was back"},
		{state.Queued, later(o.placed, o.verified), 70 * time.Minute, "it can be asked since"},
	}
	if o.fate != fateUnknown {
		out = append(out, yearMove{state.Held, o.closed, yearPages, "it was closed"}, yearMove{state.Held, shipped, yearPages, "it was marked shipped"})
	}
	return out
}

// looked: no open case stands still for more than half a day, unread and
// without a word to a person, so each moves in the half day before any deadline
// of its. One that waits because of its number does not: the person was told.
func (t *yearTruth) looked() {
	for _, status := range []state.Status{state.Held, state.Requested, state.Refused, state.Cancelled, state.Disputable, state.Disputed} {
		for _, s := range t.spells(func(s yearStay) bool { return s.status == status && !s.unsure }) {
			t.lookedIn(s)
		}
	}
}

func (t *yearTruth) lookedIn(s yearSpan) {
	last := s.from
	moved := append(slices.Clone(t.o.looks), s.to)
	for _, raised := range t.s.raised {
		moved = append(moved, raised...)
	}
	slices.SortFunc(moved, time.Time.Compare)
	for _, at := range moved {
		if !at.After(last) || at.After(s.to) {
			continue
		}
		if at.Sub(last) > yearPages {
			if by := t.read(last, yearPages); at.After(by) {
				wrong("case %s: its order lay unread from %s to %s, which can be explained until %s%s", t.c.ID, machine.Stamp(last), machine.Stamp(at), machine.Stamp(by), t.y.tale(t.c))
			}
		}
		last = at
	}
}

// verdicts: a refused case goes to the dispute queue when the time for the
// proof is over, not before, unless a scan shows that it left after we asked.
func (t *yearTruth) verdicts() {
	for _, s := range t.in(state.Refused) {
		due := yearChinaDays(t.answered(s.from), 5)
		perhaps, surely := t.number(s)
		next := t.after(s)
		if next == state.Disputable {
			grace := due
			if !perhaps.IsZero() && !perhaps.After(s.to) && !t.partly() {
				grace = later(due, perhaps.Add(72*time.Hour))
			}
			if s.to.Before(grace) && !t.scannedAfter(s.to) && !t.o.vague {
				wrong("case %s is in the queue since %s; the proof was due %s, the number was there %s%s", t.c.ID, machine.Stamp(s.to), machine.Stamp(grace), machine.Stamp(perhaps), t.y.tale(t.c))
			}
		}
		by := t.read(later(due, s.from), yearTurn)
		if !perhaps.IsZero() && !perhaps.After(by) && !t.partly() {
			if surely.IsZero() {
				continue
			}
			by = t.read(later(later(due, surely.Add(72*time.Hour)), s.from), yearTurn)
		}
		if !t.o.scanSeen.IsZero() && t.proves() && !t.partly() {
			by = earlier(by, t.read(later(t.o.scanSeen, s.from), 6*time.Hour+10*time.Minute))
		}
		if s.to.After(by) {
			wrong("case %s is refused since %s and still %s; the proof was due %s, which can be explained until %s%s", t.c.ID, machine.Stamp(s.from), machine.Stamp(s.to), machine.Stamp(due), machine.Stamp(by), t.y.tale(t.c))
		}
	}
}

// yearTurn is how soon the tracking is read at its deadline.
const yearTurn = 10 * time.Minute

// number is when a tracking number was first read.
func (t *yearTruth) number(yearSpan) (perhaps, surely time.Time) {
	if t.o.numberAt.IsZero() || t.o.shipped.IsZero() {
		return
	}
	return t.shown(later(t.o.numberAt, t.o.shipped), true)
}

// proves tells whether a scan can be this parcel's: an old number given again
// was scanned before the order was placed.
func (t *yearTruth) proves() bool {
	return !t.o.scan.IsZero() && !t.o.shipped.IsZero() && !t.o.scan.Before(t.o.placed.Add(-yearBought))
}

// partly: what was sent left before the request, and an item is in no parcel.
func (t *yearTruth) partly() bool {
	return t.o.short && t.proves() && (t.asked().IsZero() || !t.o.scan.After(t.asked()))
}

// scannedAfter tells whether a scan from after the request had been read.
func (t *yearTruth) scannedAfter(now time.Time) bool {
	seen, _ := t.shown(t.o.scanSeen, true)
	return t.proves() && !seen.IsZero() && !seen.After(now) && (t.o.scan.After(t.asked()) || t.o.inDoubt())
}

// after is what a refused case became at the end of a spell, "" while it lasts.
func (t *yearTruth) after(s yearSpan) state.Status {
	for i, stay := range t.s.stays[1:] {
		if was := t.s.stays[i]; was.status == state.Refused && stay.status != state.Refused && stay.from.Equal(s.to) {
			return stay.status
		}
	}
	return ""
}
