package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
)

// A request that countermand did not make lies between the last complete page
// without it, else the order's date, and the page that shows it: only a scan
// before all of that acquits, only one after all of it accuses.
func TestRequestFoundStanding(t *testing.T) {
	t.Parallel()
	quiet := func(mods ...mod) step {
		return step{after: time.Hour, ev: reads(state.PhaseProcessing, mods...), to: state.Held}
	}
	found := step{after: 9 * time.Hour, ev: reads(state.PhasePending), to: state.Requested}
	grace := base.Add(-day1 - state.OrderDateGrace)
	for name, tt := range map[string]struct {
		steps []step
		since time.Time // zero: the request is our own
		seen  time.Time
	}{
		"a page without it before":    {then(reach[state.Held], []step{quiet(), found}), base.Add(time.Hour), base.Add(10 * time.Hour)},
		"two pages without it before": {then(reach[state.Held], []step{quiet(), quiet(), found}), base.Add(2 * time.Hour), base.Add(11 * time.Hour)},
		"never read before":           {then(reach[state.Held], []step{found}), grace, base.Add(9 * time.Hour)},
		"only half a page before":     {then(reach[state.Held], []step{quiet(incomplete), found}), grace, base.Add(10 * time.Hour)},
		"only the list before":        {then(reach[state.Held], []step{quiet(fromList), found}), grace, base.Add(10 * time.Hour)},
		"a page of the future before": {then(reach[state.Held], []step{quiet(readAt(base.Add(40 * day1))), found}), grace, base.Add(10 * time.Hour)},
		"found as we come to ask":     {then(begun, []step{{after: time.Hour, ev: ends(state.AskPending, look(state.PhasePending)), to: state.Requested}}), grace, base.Add(time.Hour)},
		"the site says that it stood": {then(pastDoubt(state.SaidAsked), []step{{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested}}), grace, base.Add(time.Hour + time.Minute)},
		"the site says so, and a page before did not": {then(reach[state.Queued], []step{
			{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Queued},
			{after: time.Hour, ev: plain(state.EventBegin), to: state.Requesting},
			{ev: plain(state.EventDispatching), to: state.Requesting},
			{after: time.Minute, ev: tells(state.SaidAsked, look(state.PhaseProcessing)), to: state.Requesting},
			{after: time.Hour, ev: reads(state.PhasePending), to: state.Requested},
		}), base.Add(time.Hour), base.Add(3*time.Hour + time.Minute)},
		"our own, seen at once":             {reach[state.Requested], time.Time{}, base},
		"our own, seen after a doubt":       {then(marked, []step{inDoubt(plain(state.EventInterrupted)), {after: time.Hour, ev: reads(state.PhasePending), to: state.Requested}}), time.Time{}, base.Add(time.Hour + time.Minute)},
		"our own by the site's word":        {stands, time.Time{}, base},
		"found, and the site tells of when": {then(reach[state.Held], []step{{after: time.Hour, ev: reads(state.PhasePending, func(r *state.Reading) { r.RequestedAt = base.Add(-time.Hour) }), to: state.Requested}}), time.Time{}, base.Add(-time.Hour)},
	} {
		d := played(t, tt.steps)
		if !d.c.RequestedSince.Equal(tt.since) || !d.c.RequestedAt.Equal(tt.seen) {
			t.Errorf("%s: made between %s and %s, want %s and %s", name, d.c.RequestedSince, d.c.RequestedAt, tt.since, tt.seen)
		}
		if tt.since.IsZero() || tt.since.Equal(grace) { // before that every scan is another parcel's
			continue
		}
		for _, scan := range []struct {
			at      time.Time
			to      state.Status
			accuses bool
			want    string
		}{
			{tt.since, state.Shipped, false, "it left before we asked (" + Stamp(tt.since) + ")"},
			{tt.since.Add(time.Second), state.Disputable, false, "it left between " + Stamp(tt.since) + " and " + Stamp(tt.seen)},
			{tt.seen, state.Disputable, false, "a person must judge"},
			{tt.seen.Add(time.Second), state.Disputable, true, "it left after we asked (" + Stamp(tt.seen) + ")"},
		} {
			after := *d
			after.all, after.c = nil, d.c.Clone()
			after.do(day1, reads(state.PhaseShipped, tracked(parcel("LP1", scan.at))))
			said := strings.Join(after.all, "\n")
			if after.c.Status != scan.to || after.c.SentAfterRequest() != scan.accuses || !strings.Contains(said, scan.want) {
				t.Errorf("%s, scanned %s: %s, accuses %t, flag %q, journal %q", name, scan.at, after.c.Status, after.c.SentAfterRequest(), after.c.Flag, said)
			}
			if scan.to == state.Disputable && !scan.accuses && after.c.Flag != "scanned in the time in which the request found standing was made: compare the dates" {
				t.Errorf("%s, scanned %s: flag %q", name, scan.at, after.c.Flag)
			}
		}
	}
}

// A parcel of which only the order's date bounds the request is a person's.
func TestRequestFoundStandingOnTheFirstPage(t *testing.T) {
	t.Parallel()
	d := played(t, then(reach[state.Held], []step{{after: day1, ev: reads(state.PhasePending), to: state.Requested}}))
	d.do(day1, reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(-20*time.Hour)))))
	if d.c.Status != state.Disputable || d.c.SentAfterRequest() {
		t.Errorf("%s (%s), accuses %t: %q", d.c.Status, d.c.Flag, d.c.SentAfterRequest(), d.all)
	}
}

// A refusal that is found lies no further back than the last page without it.
func TestRefusalFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		scan time.Time
		to   state.Status
	}{
		"scanned before the page without it": {base.Add(time.Hour), state.Shipped},
		"scanned since":                      {base.Add(time.Hour + time.Second), state.Disputable},
		"scanned after the page that shows":  {base.Add(3 * time.Hour), state.Disputable},
	} {
		d := played(t, then(reach[state.Queued], []step{
			{after: time.Hour, ev: reads(state.PhaseProcessing), to: state.Queued},
			{after: time.Hour, ev: plain(state.EventBegin), to: state.Requesting},
			{ev: refusedBy(), to: state.Refused},
		}))
		d.do(day1, reads(state.PhaseShipped, tracked(parcel("LP1", tt.scan))))
		if d.c.Status != tt.to || d.c.SentAfterRequest() {
			t.Errorf("%s: %s (%s), accuses %t: %q", name, d.c.Status, d.c.Flag, d.c.SentAfterRequest(), d.all)
		}
	}
}

// played brings a case through the steps of a story.
func played(t *testing.T, steps []step) *driven {
	t.Helper()
	d := &driven{t: t, p: policyOf(Auto), c: state.Case{ID: "01CASE", Supplier: "aliexpress"}, now: base}
	for _, st := range steps {
		d.do(st.after, st.ev)
	}
	d.all, d.got = nil, nil
	return d
}

// TestStoodBeforeAndApproved has a person approve another request where the site
// said that one stands already: what it said then holds on.
func TestStoodBeforeAndApproved(t *testing.T) {
	c := drivenTo(t, state.Requesting)
	c.do(0, plain(state.EventDispatching))
	c.do(time.Minute, tells(state.SaidAsked, look(state.PhaseProcessing)))
	c.do(settle, old)
	c.do(settle, old)
	c.do(time.Hour, decision(state.EventApprove, nil))
	c.do(time.Hour, reads(state.PhasePending))
	if n := c.c.Notice(); c.c.Status != state.Requested || n.Basis != state.NoticeFound || !n.At.Before(base) {
		t.Errorf("is %s, notice %+v; want a request from before the call", c.c.Status, n)
	}
}

// TestStoodBeforeAndSent has an order leave between the last page without a
// request and the call to which the site said that one stands already.
func TestStoodBeforeAndSent(t *testing.T) {
	c := drivenTo(t, state.Queued)
	c.do(time.Minute, reads(state.PhaseProcessing))
	c.do(day1, plain(state.EventBegin))
	c.do(0, plain(state.EventDispatching))
	c.do(time.Minute, tells(state.SaidAsked, look(state.PhaseProcessing)))
	sent := reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(2*time.Hour))))
	for range 3 {
		ev := sent
		r := *sent.Reading
		ev.Reading = &r
		c.do(time.Hour, ev)
	}
	if c.c.Status != state.Disputable || c.c.SentAfterRequest() {
		t.Errorf("is %s (%s), accuses %t: %q; want a person to judge", c.c.Status, c.c.Flag, c.c.SentAfterRequest(), c.all)
	}
}
