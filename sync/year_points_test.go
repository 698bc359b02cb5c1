package sync

import (
	"maps"
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/machine"
)

// yearPoint is a deadline by the truth, of which a person must hear once: when
// it comes while the case stands in one of these spells, and never before.
type yearPoint struct {
	kind   string
	at     time.Time
	until  time.Time // a warning is no use later
	spells []yearSpan
	// perhaps and surely are when it could be known, and when it must have
	// been; zero: from the beginning.
	perhaps, surely time.Time
	moot            time.Time                 // from then on it may have been known to be none
	by              func(time.Time) time.Time // when it must have been told
}

// yearTold is when a point may be told, and whether it must be.
type yearTold struct {
	from, by time.Time
	must     bool
}

// told works out when the truth allows a point to be told. Of a spell that was
// too short either is right.
func (p yearPoint) told() (w yearTold) {
	for _, s := range p.spells {
		from := later(later(p.at, p.perhaps), s.from)
		if from.After(s.to) || !p.until.IsZero() && !from.Before(p.until) {
			continue
		}
		if w.from.IsZero() {
			w.from = from
		}
		w.by = s.to
		if !p.perhaps.IsZero() && p.surely.IsZero() {
			continue
		}
		by := p.by(later(from, p.surely))
		end := s.to
		for _, t := range []time.Time{p.moot, p.until} {
			if !t.IsZero() {
				end = earlier(end, t)
			}
		}
		if end.After(by) {
			w.by, w.must = by, true
			break
		}
	}
	return w
}

// deadlines holds the alerts of a case against the truth: each deadline that
// passed was told once and in time, and none that did not pass.
func (t *yearTruth) deadlines() {
	points := map[string][]yearPoint{}
	for _, k := range yearKinds {
		if t.o != nil || k == machine.AlertUnmapped || k == machine.AlertUnasked || k == machine.AlertSnoozed {
			points[k] = nil
		}
	}
	for _, p := range t.points() {
		if !slices.ContainsFunc(points[p.kind], func(q yearPoint) bool { return q.at.Equal(p.at) }) {
			points[p.kind] = append(points[p.kind], p)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(points)) {
		of := points[kind]
		raised := slices.Clone(t.s.raised[kind])
		for _, p := range of {
			w := p.told()
			i := slices.IndexFunc(raised, func(at time.Time) bool { return !w.from.IsZero() && !at.Before(w.from) && !at.After(w.by) })
			switch {
			case i >= 0:
				raised = slices.Delete(raised, i, i+1)
			case w.must:
				wrong("case %s: %s was due %s and not told by %s; alerts %v%s", t.c.ID, kind, machine.Stamp(p.at), machine.Stamp(w.by), t.s.raised[kind], t.y.tale(t.c))
			}
		}
		if len(raised) > 0 {
			wrong("case %s: %s was told at %s, when nothing of the kind was due; the truth has %s%s", t.c.ID, kind, machine.Stamp(raised[0]), pointWords(of), t.y.tale(t.c))
		}
	}
}

func pointWords(points []yearPoint) (out string) {
	for _, p := range points {
		w := p.told()
		out += machine.Stamp(p.at) + " (to be told from " + machine.Stamp(w.from) + " to " + machine.Stamp(w.by) + ") "
	}
	return out
}

// yearKinds are all alerts that the truth answers for; what else is told is
// counted by status.
var yearKinds = []string{
	machine.AlertUnmapped, machine.AlertUnasked, machine.AlertAnswerOverdue, machine.AlertWindowEnding, machine.AlertWindowOver, machine.AlertProofEnding, machine.AlertDisputeOpen,
	machine.AlertDisputeClosing, machine.AlertDisputeClosed, machine.AlertSnoozed, machine.AlertRefundLate, machine.AlertRefundOverdue, machine.AlertRefundShort, machine.AlertRefundUnclear,
}

// points are the deadlines of a case.
func (t *yearTruth) points() []yearPoint {
	out := slices.Concat(t.asking(), t.snoozes())
	if t.o == nil {
		return out
	}
	return slices.Concat(out, t.answers(), t.windows(), t.proofs(), t.disputes(), t.refunds(), t.shorts())
}

// asking: the number must be known, and the supplier be asked, within a time.
func (t *yearTruth) asking() (out []yearPoint) {
	for _, e := range t.entries(state.Unmapped) {
		wait := map[string]time.Duration{"second": 6 * time.Hour}[t.c.Shop]
		looks := func(at time.Time) time.Time { return yearLate(at, 2*time.Hour+10*time.Minute, t.y.down, t.paused) }
		out = append(out, yearPoint{kind: machine.AlertUnmapped, at: e.from.Add(wait), spells: t.in(state.Unmapped), by: looks})
	}
	var from []time.Time // a person's approval gives it its time anew
	for i, e := range t.entries(state.Queued) {
		if i == 0 || e.by == state.EventApprove {
			from = append(from, e.from)
		}
	}
	for i, at := range from {
		p := yearPoint{kind: machine.AlertUnasked, at: at.Add(24 * time.Hour), by: t.beat}
		for _, s := range t.in(state.Queued, state.Requesting) {
			if i+1 == len(from) || s.to.Before(from[i+1]) {
				p.spells = append(p.spells, s)
			}
		}
		out = append(out, p)
	}
	return out
}

// answers: a supplier has 72 hours from the moment at which the request
// reached it, by the site's word where it tells, else by our first sight.
func (t *yearTruth) answers() (out []yearPoint) {
	var first time.Time
	for _, e := range t.entries(state.Requested) {
		first = earlier(first, e.from)
		asked := first
		i := slices.IndexFunc(t.stays(), func(s yearStay) bool { return s.to.Equal(e.from) && s.status == state.Refused })
		switch {
		case i >= 0:
			asked = e.from
		case t.o.says:
			for _, r := range t.o.reaches {
				if !r.After(e.from) {
					asked = r
				}
			}
		}
		out = append(out, yearPoint{kind: machine.AlertAnswerOverdue, at: asked.Add(72 * time.Hour), spells: t.in(state.Requested), by: t.beat})
	}
	return out
}

// windows: the last day in which an order can be asked, or may be sent: by the
// page's countdown, and until one was shown by the seventh working day. Once a
// page showed that it was sent, there is none.
func (t *yearTruth) windows() []yearPoint {
	perhaps, surely := t.shown(t.o.placed, false)
	sent, _ := t.shown(t.o.shipped, false)
	known, counted := t.counted()
	moot := sent
	if !known.IsZero() {
		moot = earlier(sent, known)
	}
	return append(t.window(t.o.window, known, counted, sent), t.window(yearChinaDays(t.o.paid, 7), perhaps, surely, moot)...)
}

// window: one end of it, which could be known at a time.
func (t *yearTruth) window(end, perhaps, surely, sent time.Time) (out []yearPoint) {
	if perhaps.IsZero() {
		return nil
	}
	out = append(out, yearPoint{
		kind: machine.AlertWindowEnding, at: end.Add(-24 * time.Hour), until: end, perhaps: perhaps, surely: surely, moot: sent,
		spells: t.unsent(state.Held, state.Queued, state.Requesting, state.Requested), by: t.beat,
	})
	for _, s := range t.unsent(state.Held) {
		p := yearPoint{kind: machine.AlertWindowOver, at: end, perhaps: perhaps, surely: surely, moot: sent, spells: []yearSpan{s}, by: t.beat}
		if !s.from.Before(end.Add(-yearBeat)) {
			p.surely = time.Time{} // it may have been held because of that
		}
		if s.to.After(end) {
			return append(out, p)
		}
	}
	return out
}

// unsent is the part of spells in which no page that was surely stored had
// shown the shipped mark.
func (t *yearTruth) unsent(statuses ...state.Status) (out []yearSpan) {
	_, sent := t.shown(t.o.shipped, false)
	for _, s := range t.in(statuses...) {
		if !sent.IsZero() {
			s.to = earlier(s.to, sent)
		}
		if !s.to.Before(s.from) {
			out = append(out, s)
		}
	}
	return out
}

// proofs: the day before the time for the proof ends.
func (t *yearTruth) proofs() (out []yearPoint) {
	for _, s := range t.in(state.Refused) {
		due := yearChinaDays(t.answered(s.from), 5)
		out = append(out, yearPoint{kind: machine.AlertProofEnding, at: due.Add(-24 * time.Hour), until: due, spells: []yearSpan{s}, by: t.beat})
	}
	return out
}

// disputes: from ten days after the shipped mark, until the first of the
// delivery's fifteenth and the order's ninetieth day.
func (t *yearTruth) disputes() (out []yearPoint) {
	if perhaps, surely := t.shown(t.o.shipped, false); !perhaps.IsZero() {
		_, marked := t.o.span(t.o.shipped)
		out = append(out, yearPoint{
			kind: machine.AlertDisputeOpen, at: marked.Add(10 * 24 * time.Hour), perhaps: perhaps, surely: surely, spells: t.in(state.Disputable), by: t.beat,
		})
	}
	end, perhaps, surely := t.closes()
	if perhaps.IsZero() {
		return out
	}
	p := yearPoint{kind: machine.AlertDisputeClosed, at: end, perhaps: perhaps, surely: surely, spells: t.in(state.Refused, state.Disputable), by: t.beat}
	near := p
	near.kind, near.at, near.until = machine.AlertDisputeClosing, end.Add(-24*time.Hour), end
	return append(out, p, near)
}

// snoozes: a person wanted to be asked again. A later wish takes an earlier
// one's place, and so does any other status.
func (t *yearTruth) snoozes() (out []yearPoint) {
	all := t.y.snoozes[t.c.ID]
	for i, z := range all {
		var spells []yearSpan
		for _, status := range []state.Status{state.Disputable, state.Disputed} {
			for _, s := range t.in(status) {
				if z.from.Before(s.from) || !z.from.Before(s.to) {
					continue
				}
				if i+1 < len(all) {
					s.to = earlier(s.to, all[i+1].from)
				}
				spells = append(spells, s)
			}
		}
		out = append(out, yearPoint{kind: machine.AlertSnoozed, at: z.to, spells: spells, by: t.beat})
	}
	return out
}

// refunds: fifteen and twenty bank days from the closing. Where the money is
// back by then, the case has ended.
func (t *yearTruth) refunds() (out []yearPoint) {
	if t.o.closed.IsZero() {
		return nil
	}
	first, last := t.o.span(t.o.closed)
	late := yearPoint{kind: machine.AlertRefundLate, at: yearBankDays(first, 15), spells: t.in(state.Cancelled), by: t.beat}
	overdue := late
	overdue.kind, overdue.at = machine.AlertRefundOverdue, yearBankDays(last, 20)
	return []yearPoint{late, overdue}
}

// shorts: less came back than was paid, or something else.
func (t *yearTruth) shorts() (out []yearPoint) {
	cancelled := t.in(state.Cancelled)
	seen := func(at time.Time) time.Time { return t.read(at, yearPages) }
	var short *yearPoint
	if len(t.o.pays) > 0 && t.o.pays[0].amount != t.o.total {
		p := yearPoint{kind: machine.AlertRefundShort, at: t.o.pays[0].at, spells: cancelled, by: seen}
		if t.o.pays[0].amount.Currency != t.o.total.Currency {
			p.kind = machine.AlertRefundUnclear
			out = append(out, p)
		} else {
			short = &p
		}
	}
	for _, w := range t.y.words[t.c.ID] {
		if w.amount.Units < t.o.total.Units && (short == nil || w.at.Before(short.at)) {
			short = &yearPoint{kind: machine.AlertRefundShort, at: w.at, spells: cancelled, by: t.beat}
		}
	}
	if short != nil {
		out = append(out, *short)
	}
	return out
}
