package sync

import (
	"slices"
	"sort"
	"time"

	"countermand/state"
)

// What a year holds the engine against is reckoned from the truth: when the
// request reached the site, when the supplier answered, closed, shipped and
// paid, what the pages showed and when. Of the engine only the journal is
// believed, which says when a case came to a status, and moves and verdicts
// hold that against the truth in turn.
//
// A deadline is told within three minutes, and an order looked at within the
// time that its status allows. What explains more is known to the world and
// added up, no more: a daemon that was down, an account in trouble and an hour
// after it, a case that a person paused, and a page that told nothing. Where a
// case stood too short to be sure, either is right.

// yearSpan is a stretch of time; its end belongs to it no more.
type yearSpan struct{ from, to time.Time }

// yearStay is a stretch in which a case stood still.
type yearStay struct {
	yearSpan
	status state.Status
	by     state.EventKind // what brought it there; none where only a mark changed
	paused bool
	unsure bool // held, and no reading counts
}

// yearServed is a whole reading that the site gave. One that was void may not
// have been stored, because the process died over it.
type yearServed struct {
	at       time.Time
	tracking bool
	void     bool
	window   bool // it counted the ship window down
	guard    bool // only the guard of a request was given it
}

const (
	// yearBeat: what is due is done within so much time of a running daemon,
	// which looks once a minute.
	yearBeat = 3 * time.Minute
	// yearRest is how long an account rests after its troubles ended: the
	// cool-down is half an hour, a read that failed is tried again within one.
	yearRest = 65 * time.Minute
	// yearOdd is how long a page that told nothing puts off the next look,
	// besides the usual time until then.
	yearOdd = 80 * time.Minute
	// yearList and yearPages: a list is looked at every three hours, a page of
	// its own twice a day, at least.
	yearList  = 4*time.Hour + 35*time.Minute
	yearPages = 12*time.Hour + 10*time.Minute
)

// move notes that a case went on.
func (s *yearSeen) move(now time.Time, to state.Status, by state.EventKind) {
	if n := len(s.stays); n > 0 {
		s.stays[n-1].to = now
	}
	s.stays = append(s.stays, yearStay{yearSpan: yearSpan{from: now}, status: to, by: by})
}

// mark notes what else it is.
func (s *yearSeen) mark(now time.Time, paused, unsure bool) {
	last := &s.stays[len(s.stays)-1]
	switch {
	case last.paused == paused && last.unsure == unsure:
	case last.from.Equal(now):
		last.paused, last.unsure = paused, unsure
	default:
		last.to = now
		s.stays = append(s.stays, yearStay{yearSpan: yearSpan{from: now}, status: last.status, paused: paused, unsure: unsure})
	}
}

// yearLate is the latest by which something is done that takes d of time without
// trouble. Spans are in order.
func yearLate(from time.Time, d time.Duration, troubles ...[]yearSpan) time.Time {
	for end := from.Add(d); ; {
		var hit []yearSpan
		for _, list := range troubles {
			for i := sort.Search(len(list), func(i int) bool { return list[i].to.After(from) }); i < len(list) && list[i].from.Before(end); i++ {
				hit = append(hit, list[i])
			}
		}
		slices.SortFunc(hit, func(a, b yearSpan) int { return a.from.Compare(b.from) })
		next, at := from.Add(d), from
		for _, s := range hit {
			if at = later(at, s.from); s.to.After(at) {
				next, at = next.Add(s.to.Sub(at)), s.to
			}
		}
		if !next.After(end) {
			return end
		}
		end = next
	}
}

// lost notes that nothing ran until then.
func (y *year) lost(to time.Time) {
	y.down = append(y.down, yearSpan{y.now, to})
	y.site.void()
}

// yearTruth is one case beside what is true about its order.
type yearTruth struct {
	y      *year
	c      state.Case
	o      *yearOrder
	s      *yearSeen
	paused []yearSpan
}

// truth is nil for a case whose order is not its own, or not its alone: of
// those nothing is known but that they are held.
func (y *year) truth(c state.Case) *yearTruth {
	o, s := y.site.orders[c.SupplierOrder], y.watch.of(c.ID)
	if o == nil || len(o.owners) != 1 || !o.owners[c.ShopOrderID] || len(y.watch.holders[c.SupplierOrder]) > 1 {
		o = nil
	}
	t := &yearTruth{y: y, c: c, o: o, s: s}
	for _, stay := range t.stays() {
		if stay.paused {
			t.paused = append(t.paused, stay.yearSpan)
		}
	}
	return t
}

// stays are those until now.
func (t *yearTruth) stays() []yearStay {
	out := slices.Clone(t.s.stays)
	if n := len(out); n > 0 {
		out[n-1].to = t.y.now
	}
	return out
}

// spells are the times of a case in such a state.
func (t *yearTruth) spells(ok func(yearStay) bool) (out []yearSpan) {
	for _, stay := range t.stays() {
		n := len(out)
		switch {
		case !ok(stay):
		case n > 0 && out[n-1].to.Equal(stay.from):
			out[n-1].to = stay.to
		default:
			out = append(out, stay.yearSpan)
		}
	}
	return out
}

func (t *yearTruth) in(statuses ...state.Status) []yearSpan {
	return t.spells(func(s yearStay) bool { return slices.Contains(statuses, s.status) })
}

// entries are the moments at which the case came to a status.
func (t *yearTruth) entries(status state.Status) (out []yearStay) {
	for _, stay := range t.stays() {
		if stay.status == status && stay.by != "" {
			out = append(out, stay)
		}
	}
	return out
}

// beat is the latest by which a running daemon does what is due.
func (t *yearTruth) beat(at time.Time) time.Time { return yearLate(at, yearBeat, t.y.down) }

// read is the latest by which the order is read that is read so often: not
// while the account is in trouble, or another one where it may be looked for,
// nor while the case is paused.
func (t *yearTruth) read(at time.Time, d time.Duration) time.Time {
	var odd []yearSpan
	for _, o := range t.o.odd {
		odd = append(odd, yearSpan{o, o.Add(d + yearOdd)})
	}
	troubles := [][]yearSpan{t.y.down, t.paused, odd, t.y.site.rests[t.o.account]}
	if t.c.Shop == "second" { // it buys with both
		troubles = append(troubles, t.y.site.rests["main"], t.y.site.rests["spare"])
	}
	return yearLate(at, d, troubles...)
}

// shown is when a reading was given that may have shown what was to be seen
// since then, and when one that was surely stored.
func (t *yearTruth) shown(since time.Time, tracking bool) (perhaps, surely time.Time) {
	if since.IsZero() {
		return
	}
	return t.when(func(r yearServed) bool { return !r.guard && !r.at.Before(since) && (!tracking || r.tracking) })
}

// when is the same of the readings that show a thing.
func (t *yearTruth) when(shows func(yearServed) bool) (perhaps, surely time.Time) {
	for _, r := range t.o.served {
		if !shows(r) || !t.hears(r.at) {
			continue
		}
		if perhaps.IsZero() {
			perhaps = r.at
		}
		if !r.void {
			return perhaps, r.at
		}
	}
	return perhaps, time.Time{}
}

// hears tells whether a reading says something to the case: not where its
// number is in doubt. What ends a stay still belongs to it.
func (t *yearTruth) hears(at time.Time) bool {
	for _, stay := range t.stays() {
		if !at.Before(stay.from) && !at.After(stay.to) && stay.status != state.Unmapped && !stay.unsure && !stay.status.Ended() {
			return true
		}
	}
	return false
}

// asked is when the supplier was asked, or when that was first tried, as a
// parcel's scan is held against it.
func (t *yearTruth) asked() time.Time {
	if len(t.o.reaches) > 0 {
		return t.o.reaches[0]
	}
	for _, e := range t.entries(state.Requesting) {
		return e.from
	}
	return time.Time{}
}

// answered is the site's own time of the refusal that brought the case here,
// where it tells one, else the time of the reading.
func (t *yearTruth) answered(entry time.Time) time.Time {
	if t.o.says && t.o.reached > 0 && !t.o.answered.After(entry) {
		return t.o.answered
	}
	return entry
}

// counted is shown for a page that counts the ship window down.
func (t *yearTruth) counted() (perhaps, surely time.Time) {
	return t.when(func(r yearServed) bool { return r.window })
}

// closes is the last moment for a dispute that is known by then.
func (t *yearTruth) closes() (at, perhaps, surely time.Time) {
	at = t.o.placed.Add(90 * 24 * time.Hour)
	perhaps, surely = t.shown(t.o.placed, false)
	if d := t.o.delivered.Add(15 * 24 * time.Hour); !t.o.delivered.IsZero() && d.Before(at) {
		if p, s := t.shown(t.o.delivered, true); !p.IsZero() {
			return d, p, s
		}
	}
	return at, perhaps, surely
}

// whole is when the whole amount is back, zero if it never is.
func (o *yearOrder) whole() time.Time {
	var units int64
	for _, p := range o.pays {
		if p.amount.Currency == o.total.Currency {
			units += p.amount.Units
		}
		if units >= o.total.Units {
			return p.at
		}
	}
	return time.Time{}
}
