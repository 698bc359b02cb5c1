package machine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/calendar"
)

// base is a Tuesday without holidays near it in China.
var base = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)

const number = "8190000000000001"

var china, bank = calendar.China(), mustBank()

func mustBank() *calendar.Calendar {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	c, err := calendar.Bank("us", zone)
	if err != nil {
		panic(err)
	}
	return c
}

func policyOf(mode Mode) Policy {
	p := DefaultPolicy()
	p.Mode, p.Supplier, p.Bank = mode, china, bank
	p.Shops = map[string]ShopPolicy{"mystore": {MapRetryFor: 48 * time.Hour}}
	return p
}

// scenario is a story of one case.
type scenario struct {
	name   string
	policy func(*Policy)
	steps  []step
}

// step is one event and everything that must follow from it. What is not
// named must not happen.
type step struct {
	after   time.Duration // since the step before
	due     bool          // at the case's due time
	config  func(*Policy) // a restart with other settings comes before
	ev      state.Event
	to      state.Status
	refused string // a part of the refusal
	raised  string // kinds of alerts, in order
	plans   string // "request", "read:detail"
	check   func(t expect, c state.Case, out Outcome)
}

// expect reports what does not hold.
type expect interface {
	Helper()
	Errorf(format string, args ...any)
}

type pair struct {
	status state.Status
	event  state.EventKind
}

// play runs a story and gives the pairs of the table that it used.
func play(t expect, s scenario) map[pair]bool {
	t.Helper()
	p := policyOf(Auto)
	if s.policy != nil {
		s.policy(&p)
	}
	hit := map[pair]bool{}
	c, now := state.Case{ID: "01CASE", Supplier: "aliexpress"}, base
	for i, st := range s.steps {
		now = now.Add(st.after)
		if st.due {
			now = c.DueAt
		}
		if st.config != nil {
			st.config(&p)
		}
		ev := stamped(st.ev, now)
		before := c.Clone()
		out, err := p.Step(c, ev, now)
		label := fmt.Sprintf("%s, step %d (%s in %q)", s.name, i, ev.Kind, before.Status)
		if !reflect.DeepEqual(before, c.Clone()) {
			t.Errorf("%s: Step changed the case that it was given", label)
		}
		if table[c.Status][ev.Kind] != nil {
			hit[pair{c.Status, ev.Kind}] = true
		}
		if err != nil {
			if st.refused == "" || !strings.Contains(err.Error(), st.refused) {
				t.Errorf("%s: refused: %v; want %q", label, err, st.refused)
				return hit
			}
			continue
		}
		judge(t, label, st, before, out, now)
		if out.Case.Status != st.to {
			return hit
		}
		c = out.Case
	}
	return hit
}

func judge(t expect, label string, st step, before state.Case, out Outcome, now time.Time) {
	t.Helper()
	if st.refused != "" {
		t.Errorf("%s: was taken; want it refused: %s", label, st.refused)
	}
	if out.Case.Status != st.to {
		t.Errorf("%s: is %s, want %s; journal %q", label, out.Case.Status, st.to, details(out))
	}
	if got := kinds(out.Alerts); got != st.raised {
		t.Errorf("%s: raised %q, want %q", label, got, st.raised)
	}
	if got := planned(out.Plans); got != st.plans {
		t.Errorf("%s: plans %q, want %q", label, got, st.plans)
	}
	if d := out.Case.DueAt; !d.IsZero() && !d.After(now) {
		t.Errorf("%s: due %s, which is not after now (%s)", label, d, now)
	}
	if out.Case.Status != before.Status && len(out.Entries) == 0 {
		t.Errorf("%s: moved from %s to %s without a word in the journal", label, before.Status, out.Case.Status)
	}
	alertsHold(t, label, before, out, now)
	if st.check != nil {
		st.check(t, out.Case, out)
	}
}

// alertsHold: an alert names both orders and what to do; leaving a status
// resolves what was raised in it, except between two attempts and but for the
// warnings of a deadline that still runs.
func alertsHold(t expect, label string, before state.Case, out Outcome, now time.Time) {
	t.Helper()
	for _, a := range out.Alerts {
		if !strings.Contains(a.Title, "#1042") || !strings.Contains(a.Title, out.Case.SupplierOrder) || a.Text == "" || strings.ContainsAny(a.Text, "{}") {
			t.Errorf("%s: alert %s says %q, %q", label, a.Kind, a.Title, a.Text)
		}
		if out.Case.Raised[a.Kind] != a.Key {
			t.Errorf("%s: alert %s is told and not remembered as open", label, a.Kind)
		}
	}
	if out.Case.Status == before.Status || BeingAsked(before.Status) && BeingAsked(out.Case.Status) {
		return
	}
	for kind, key := range before.Raised {
		if stillWarns(out.Case, out.Case.Status, kind, now) {
			continue
		}
		if out.Case.Raised[kind] == key || !slices.Contains(out.Resolved, key) {
			t.Errorf("%s: alert %s outlives %s", label, kind, before.Status)
		}
	}
}

func details(out Outcome) (all []string) {
	for _, e := range out.Entries {
		all = append(all, e.Detail)
	}
	return all
}

func kinds(alerts []state.Alert) string {
	var all []string
	for _, a := range alerts {
		all = append(all, a.Kind)
	}
	return strings.Join(all, " ")
}

func planned(plans []Plan) string {
	var all []string
	for _, p := range plans {
		s := string(p.Kind)
		if p.Depth != "" {
			s += ":" + string(p.Depth)
		}
		all = append(all, s)
	}
	return strings.Join(slices.Compact(all), " ")
}

// stamped gives readings the time of their step, unless they have their own.
func stamped(ev state.Event, now time.Time) state.Event {
	at := func(r *state.Reading) *state.Reading {
		if r == nil || !r.At.IsZero() {
			return r
		}
		copied := *r
		copied.At = now
		return &copied
	}
	ev.Reading = at(ev.Reading)
	if ev.Asked != nil {
		a := *ev.Asked
		a.Reading = at(a.Reading)
		ev.Asked = &a
	}
	return ev
}

func playAll(t *testing.T, stories []scenario) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			play(t, s)
		})
	}
}

// stillRaised: what the case takes for its open alert was raised and not
// resolved again.
func stillRaised(kind string) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, out Outcome) {
		key := c.Raised[kind]
		if slices.Contains(out.Resolved, key) || !slices.ContainsFunc(out.Alerts, func(a state.Alert) bool { return a.Key == key }) {
			t.Errorf("alert %q: raised %v, resolved %q", key, out.Alerts, out.Resolved)
		}
	}
}

// then joins stories.
func then(parts ...[]step) []step { return slices.Concat(parts...) }

func has(want string) func(expect, state.Case, Outcome) {
	return func(t expect, _ state.Case, out Outcome) {
		t.Helper()
		if got := strings.Join(details(out), "\n"); !strings.Contains(got, want) {
			t.Errorf("journal says %q, want %q in it", got, want)
		}
	}
}

func clockAt(k state.Clock, want time.Time) func(expect, state.Case, Outcome) {
	return func(t expect, c state.Case, _ Outcome) {
		t.Helper()
		if got := c.Clocks[k]; !got.Equal(want) {
			t.Errorf("clock %s is %s, want %s", k, got, want)
		}
	}
}

func day(month time.Month, d, hour int) time.Time {
	return time.Date(2026, month, d, hour, 0, 0, 0, time.UTC)
}
