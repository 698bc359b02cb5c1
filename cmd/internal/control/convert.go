package control

import (
	"slices"
	"time"

	"countermand/state"
	"countermand/sync/dispute"
	"countermand/sync/machine"
)

// CaseOf maps a case without its journal. now decides which deadline is the
// next one.
func CaseOf(c state.Case, now time.Time) Case {
	out := Case{
		ID: c.ID, Shop: c.Shop, ShopOrder: c.ShopOrder, ShopOrderID: c.ShopOrderID, Account: c.Account,
		Supplier: c.Supplier, SupplierOrder: c.SupplierOrder, MappedBy: c.MappedBy, Status: c.Status, Flag: c.Flag, HeldWhy: machine.HeldWhy(c), Findings: c.Findings.With(c.RefundUnclear...),
		Paused: c.Paused, Rule: c.Rule, Cause: c.Cause, Reason: c.Reason, Amount: c.Amount, Store: c.Store, Proof: c.Proof, DisputeID: c.DisputeID,
		OpenedAt: utc(c.OpenedAt), CancelledAt: utc(c.CancelledAt), RequestedAt: utc(c.RequestedAt), RequestedSince: utc(c.RequestedSince), AnsweredAt: utc(c.AnsweredAt),
		ClosedAt: utc(c.ClosedAt), OrderedAt: utc(c.OrderedAt), PaidAt: utc(c.PaidAt), ShippedAt: utc(c.ShippedAt), ReadAt: utc(c.ReadAt),
		EndedAt: utc(c.EndedAt), DisputedAt: utc(c.DisputedAt), NextCheckAt: utc(c.NextCheckAt), SnoozedUntil: utc(c.Clocks[state.ClockSnooze]),
		Clocks: map[state.Clock]time.Time{}, Estimated: []state.Clock{}, Tracking: []state.Tracking{},
	}
	for f, at := range out.byField() {
		if d := c.Days[f]; !at.IsZero() && !d.IsZero() {
			*at, out.Zone = utc(d.End), c.Zone
			out.Days = append(out.Days, f)
		}
	}
	slices.Sort(out.Days)
	if out.Proof == "" {
		out.Proof = state.ProofNone
	}
	for _, k := range state.PublicClocks {
		if at := c.Clocks[k]; !at.IsZero() {
			out.Clocks[k] = utc(at)
		}
	}
	for _, k := range c.Estimated {
		if _, shown := out.Clocks[k]; shown {
			out.Estimated = append(out.Estimated, k)
		}
	}
	if k, at, ok := c.NextDeadline(now); ok {
		out.Deadline = &Deadline{k, utc(at)}
	}
	for _, t := range c.Tracking {
		t.SeenAt, t.FirstScanAt, t.DeliveredAt = utc(t.SeenAt), utc(t.FirstScanAt), utc(t.DeliveredAt)
		t.MissingSince, t.Gone = time.Time{}, false // not told here
		out.Tracking = append(out.Tracking, t)
	}
	for _, l := range c.Lines {
		l.ID = ""
		out.Lines = append(out.Lines, l)
	}
	if a, doubtful := machine.Advise(c); doubtful {
		out.Advice = &a
	}
	if c.Refund != nil {
		r := *c.Refund
		r.At = utc(r.At)
		out.Refund = &r
	}
	return out
}

// byField are the dates of which the site may tell the day alone.
func (c *Case) byField() map[state.Field]*time.Time {
	return map[state.Field]*time.Time{
		state.FieldRequestedAt: &c.RequestedAt, state.FieldAnsweredAt: &c.AnsweredAt, state.FieldClosedAt: &c.ClosedAt,
		state.FieldOrderedAt: &c.OrderedAt, state.FieldPaidAt: &c.PaidAt, state.FieldShippedAt: &c.ShippedAt,
	}
}

// DayAt is the day that a date of the case stands for, as 2006-01-02; empty
// where it is a moment.
func (c Case) DayAt(at time.Time) string {
	for f, have := range c.byField() {
		if zone, err := time.LoadLocation(c.Zone); err == nil && slices.Contains(c.Days, f) && have.Equal(at) {
			return at.Add(-1).In(zone).Format(time.DateOnly)
		}
	}
	return ""
}

// WholeCase maps a case with its journal, oldest entry first.
func WholeCase(c state.Case, journal []state.Entry, now time.Time) Case {
	out := CaseOf(c, now)
	out.Journal = []state.Entry{}
	for _, e := range journal {
		e.At = utc(e.At)
		out.Journal = append(out.Journal, e)
	}
	return out
}

// CasesOf maps a listing.
func CasesOf(cases []state.Case, now time.Time) []Case {
	out := []Case{}
	for _, c := range cases {
		out = append(out, CaseOf(c, now))
	}
	return out
}

// DisputesOf ranks the cases of the queue and maps them.
func DisputesOf(cases []state.Case, now time.Time) Disputes {
	d := Disputes{Disputes: []Case{}, MoneyAtRisk: []state.Money{}}
	var queued []state.Case
	for _, it := range dispute.Rank(cases, now) {
		queued = append(queued, it.Case)
		c := CaseOf(it.Case, now)
		withAction(&c, it)
		d.Disputes = append(d.Disputes, c)
	}
	d.MoneyAtRisk = append(d.MoneyAtRisk, dispute.MoneyAtRisk(queued)...)
	return d
}

func withAction(c *Case, it dispute.Item) {
	c.NextAction, c.Urgency = it.NextAction, string(it.Urgency)
}

// AlertOf maps an alert.
func AlertOf(a state.Alert) Alert {
	return Alert{
		ID: a.ID, Kind: a.Kind, Page: a.Page, Case: a.CaseID, Account: a.Account, Title: a.Title, Text: a.Text,
		RaisedAt: utc(a.RaisedAt), NextAt: utc(a.NextAt), Deliveries: a.Deliveries, DeliveredAt: utc(a.DeliveredAt),
		Failures: a.Failures, LastError: a.LastError, AckedAt: utc(a.AckedAt), AckedBy: a.AckedBy, ResolvedAt: utc(a.ResolvedAt),
	}
}

// utc drops what RFC 3339 readers of scripts stumble over: other zones and
// fractions of a second. Zero stays zero.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
