package sync

import (
	"maps"
	"slices"
	"time"

	"countermand/state"
)

// yearWord is what a person said came back.
type yearWord struct {
	at     time.Time
	amount state.Money
}

// paid is what must stand as the refund of a case: what the site showed when it
// was last read, but a person's word stands against less than the whole.
func (t *yearTruth) paid(read time.Time) state.Money {
	var site, said state.Money
	if r := t.o.refund(read); r != nil {
		site = r.Amount
	}
	if words := t.y.words[t.c.ID]; len(words) > 0 {
		said = words[len(words)-1].amount
	}
	whole := func(m state.Money) bool { return m.Currency == t.o.total.Currency && m.Units >= t.o.total.Units }
	switch {
	case said.Currency == "":
		return site
	case whole(site) && !whole(said):
		return site
	}
	return said
}

// money holds what an ended case says came back against what the site paid and
// what a person said.
func (t *yearTruth) money() {
	end := t.s.stays[len(t.s.stays)-1].from
	var perhaps, surely time.Time
	for _, r := range t.o.served {
		if r.at.After(end) || !t.hears(r.at) {
			continue
		}
		if perhaps = r.at; !r.void {
			surely = r.at
		}
	}
	var have state.Money
	if t.c.Refund != nil {
		have = t.c.Refund.Amount
	}
	want := t.paid(surely)
	if have != want && have == t.paid(perhaps) {
		want = have // the last reading was stored after all
	}
	if have != want {
		wrong("case %s says that %s came back of %s; the site showed and people said %s%s", t.c.ID, have, t.o.total, want, t.y.tale(t.c))
	}
	if t.c.Status == state.Refunded && want != t.o.total {
		wrong("case %s is refunded with %s of %s%s", t.c.ID, want, t.o.total, t.y.tale(t.c))
	}
	t.y.sums.add(t.c, want)
}

// yearSums are the books: by status and currency, what the cases say and what
// is true.
type yearSums struct{ said, truly map[string]int64 }

func (b *yearSums) add(c state.Case, truly state.Money) {
	if b.said == nil {
		b.said, b.truly = map[string]int64{}, map[string]int64{}
	}
	if c.Refund != nil {
		b.said[string(c.Status)+" "+c.Refund.Amount.Currency] += c.Refund.Amount.Units
	}
	if truly.Currency != "" {
		b.truly[string(c.Status)+" "+truly.Currency] += truly.Units
	}
}

// balance closes the books.
func (b *yearSums) balance() {
	for _, k := range slices.Sorted(maps.Keys(b.truly)) {
		if b.said[k] != b.truly[k] {
			wrong("the refunds of cases that are %s add up to %d, it was %d", k, b.said[k], b.truly[k])
		}
	}
	if len(b.said) != len(b.truly) {
		wrong("refunds were booked as %v, they were %v", b.said, b.truly)
	}
}
