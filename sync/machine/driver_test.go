package machine

import (
	"slices"
	"testing"
	"time"

	"countermand/state"
)

// driven is a case that is put through Step, one event after the other.
type driven struct {
	t   *testing.T
	p   Policy
	c   state.Case
	now time.Time
	all []string // details of the journal
	got []string // alerts
}

// drivenTo brings a case to a status.
func drivenTo(t *testing.T, s state.Status, more ...func(*Policy)) *driven {
	d := &driven{t: t, p: policyOf(Auto), c: state.Case{ID: "01CASE", Supplier: "aliexpress"}, now: base}
	for _, f := range more {
		f(&d.p)
	}
	for _, st := range reach[s] {
		d.do(st.after, st.ev)
	}
	if d.c.Status != s {
		t.Fatalf("is %s", d.c.Status)
	}
	d.all, d.got = nil, nil
	return d
}

func (d *driven) do(after time.Duration, ev state.Event) Outcome {
	d.t.Helper()
	d.now = d.now.Add(after)
	out, err := d.p.Step(d.c, stamped(ev, d.now), d.now)
	if err != nil {
		d.t.Fatalf("%s: %v", ev.Kind, err)
	}
	d.c = out.Case
	d.all = append(d.all, details(out)...)
	for _, a := range out.Alerts {
		d.got = append(d.got, a.Kind)
	}
	return out
}

// ticks runs the case's own due times until a moment; read answers each read.
func (d *driven) ticks(until time.Time, read func() state.Event) {
	d.t.Helper()
	for !d.c.DueAt.IsZero() && !d.c.DueAt.After(until) {
		d.now = d.c.DueAt
		out := d.do(0, plain(state.EventTick))
		if read != nil && slices.ContainsFunc(out.Plans, func(p Plan) bool { return p.Kind == state.EffectRead }) {
			d.do(0, read())
		}
	}
	d.now = until
}

func withTells(p *Policy) {
	p.Messages = map[state.EffectKind]bool{state.EffectMessageRequest: true, state.EffectMessageRefusal: true, state.EffectMessageProof: true}
}
