package machine

import (
	"strings"
	"testing"
	"time"

	"countermand/state"
	"countermand/sync/rules"
)

// restored: the backup's last change was two days before base, the first start
// on it is at base.
func restored(p *Policy) { p.LostPeriod = LostPeriod{From: base.Add(-2 * day1), To: base} }

// TestLostTimeHolds: what may have been asked in a time of which nothing is
// known is not asked again without a person.
func TestLostTimeHolds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		c    state.Case
		held bool
		from time.Time
	}{
		"queued in the backup": {state.Case{OpenedAt: base.Add(-5 * day1), CancelledAt: base.Add(-5 * day1)}, true, base.Add(-2 * day1)},
		"approved before":      {state.Case{OpenedAt: base.Add(-5 * day1), CancelledAt: base.Add(-5 * day1), Approved: true, ApprovedAt: base.Add(-4 * day1)}, true, base.Add(-2 * day1)},
		"cancelled meanwhile":  {state.Case{OpenedAt: base.Add(time.Hour), CancelledAt: base.Add(-day1)}, true, base.Add(-day1)},
		"asked for meanwhile":  {state.Case{OpenedAt: base.Add(time.Hour), ShopOrderedAt: base.Add(-9 * day1), Cause: state.CauseRequested}, true, base.Add(-2 * day1)},
		"cancelled after":      {state.Case{OpenedAt: base.Add(2 * time.Hour), CancelledAt: base.Add(time.Hour)}, false, time.Time{}},
		"asked for later":      {state.Case{OpenedAt: base.Add(3 * day1), ShopOrderedAt: base.Add(-9 * day1), Cause: state.CauseRequested}, false, time.Time{}},
		"approved after":       {state.Case{OpenedAt: base.Add(-5 * day1), CancelledAt: base.Add(-5 * day1), Approved: true, ApprovedAt: base.Add(time.Minute)}, false, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.c
			c.ID, c.Status, c.SupplierOrder, c.Then, c.Rule = "01CASE", state.Queued, number, state.ThenAuto, "mode auto"
			p := policyOf(Auto)
			restored(&p)
			out, err := p.Step(c, plain(state.EventBegin), base.Add(4*day1))
			if err != nil {
				t.Fatal(err)
			}
			if held := out.Case.Status == state.Held; held != tt.held || held && !strings.Contains(HeldWhy(out.Case), "backup") {
				t.Errorf("is %s because %q", out.Case.Status, HeldWhy(out.Case))
			}
			if from := out.Case.Attempt.ClickedAt; !from.Equal(tt.from) {
				t.Errorf("taken for asked since %s, want %s", from, tt.from)
			}
			if out, err = p.Step(c, plain(state.EventWithdrawn), base.Add(4*day1)); err != nil || (out.Case.Status == state.Ignored) == tt.held {
				t.Errorf("withdrawn: %s, %v", out.Case.Status, err)
			}
		})
	}
}

// TestLostTimeProvesNothing: a scan from that time is not taken for one from
// before the request.
func TestLostTimeProvesNothing(t *testing.T) {
	t.Parallel()
	d := drivenTo(t, state.Queued, func(p *Policy) { p.LostPeriod = LostPeriod{From: base.Add(-day1), To: base.Add(time.Minute)} })
	d.do(time.Minute, plain(state.EventBegin))
	d.do(time.Hour, decision(state.EventApprove, nil))
	d.do(0, plain(state.EventBegin))
	d.do(0, plain(state.EventDispatching))
	d.do(time.Minute, ends(state.AskPending, look(state.PhasePending)))
	d.do(time.Hour, reads(state.PhaseShipped, tracked(parcel("LP1", base.Add(30*time.Minute)))))
	if d.c.Status != state.Disputable {
		t.Errorf("scanned in the lost time, it is %s: %q", d.c.Status, d.all)
	}
}

// TestLostTimeIsNoTimeBefore: a scan of the lost time does not show that the
// parcel left before it was asked, wherever the case stood in the backup.
func TestLostTimeIsNoTimeBefore(t *testing.T) {
	t.Parallel()
	lostDay := func(p *Policy) { p.LostPeriod = LostPeriod{From: base.Add(time.Hour), To: base.Add(3 * day1)} }
	scan := tracked(parcel("LP1", base.Add(2*day1)))
	after := 3*day1 + time.Hour
	for name, story := range map[string]func(*driven){
		"held in the backup": func(d *driven) {
			d.p.Mode = Confirm
			d.do(0, opens("", false))
			lostDay(&d.p)
			d.do(after, reads(state.PhaseShipped, refusedText, scan))
		},
		"approved after": func(d *driven) {
			d.p.Mode = Confirm
			d.do(0, opens("", false))
			lostDay(&d.p)
			d.do(after, decision(state.EventApprove, nil))
			if d.do(time.Minute, plain(state.EventBegin)); d.c.Status != state.Requesting {
				t.Errorf("approved, and it is %s", d.c.Status)
			}
			d.do(time.Minute, ends(state.AskShipped, look(state.PhaseShipped, scan)))
		},
		"opened after": func(d *driven) {
			d.p.Mode = Confirm
			lostDay(&d.p)
			d.do(after, opens("", false))
			d.do(time.Minute, reads(state.PhaseShipped, scan))
		},
		"rules that want the page": func(d *driven) {
			rules, err := rules.Parse([]rules.Rule{{When: "supplier.total > 1000", Then: "ignore"}})
			if err != nil {
				t.Error(err)
			}
			d.p.Rules = rules
			lostDay(&d.p)
			d.do(after, opens("", false))
			d.do(time.Minute, reads(state.PhaseShipped, scan))
		},
		"read as never asked": func(d *driven) {
			d.p.Mode = Confirm
			d.do(0, opens("", false))
			lostDay(&d.p)
			d.do(after, decision(state.EventApprove, nil))
			d.do(0, plain(state.EventBegin))
			d.do(0, plain(state.EventDispatching))
			d.do(0, ends(state.AskUnclear, nil))
			d.do(settle, reads(state.PhaseProcessing))
			d.do(settle, reads(state.PhaseProcessing))
			d.do(settle, reads(state.PhaseShipped, scan))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &driven{t: t, p: policyOf(Auto), c: state.Case{ID: "01CASE", Supplier: "aliexpress"}, now: base}
			story(d)
			last := d.all[len(d.all)-1]
			if d.c.Status != state.Disputable || !strings.Contains(last, "a backup was restored") || strings.Contains(last, "after we asked") {
				t.Errorf("is %s: %q", d.c.Status, d.all)
			}
			if want := "scanned; whether it was asked before is not known since a backup was restored: compare the dates"; d.c.Flag != want {
				t.Errorf("flag %q", d.c.Flag)
			}
		})
	}
}
