package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countermand/state"
)

// How many rows a part of the digest shows before "and n more".
const (
	digestCases     = 8
	digestDeadlines = 5
	digestAlerts    = 10
)

// digest is what the store says at one moment.
type digest struct {
	counts    map[state.Status]int
	needs     []state.Case
	risk      []state.Money
	deadlines []deadline
	fresh     []state.Alert // not pages, not told yet, newest first
	pages     int           // not acknowledged
}

type deadline struct {
	c     state.Case
	clock state.Clock
	at    time.Time
}

// Digest sends one message: what needs a person, counts, money at risk, the
// next deadlines, and the alerts since the last digest that are not pages.
// These are marked as delivered only once a channel took the message, so a
// digest that failed is made good by the next one.
func (b *Outbox) Digest(ctx context.Context) error {
	b.sending.Lock()
	defer b.sending.Unlock()
	now := b.o.Now()
	d, err := state.Get(ctx, b.o.Store, func(tx state.ReadTx) (digest, error) { return collect(tx, now) })
	if err != nil {
		return fmt.Errorf("collect the digest: %w", err)
	}
	sendErr := b.o.Send.Send(ctx, d.message(b.o.Zone))
	if !reached(sendErr) {
		return fmt.Errorf("send the digest: %w", sendErr)
	}
	if sendErr != nil {
		b.o.Log.Warn().Err(sendErr).Msg("digest not delivered to every channel")
	}
	return b.markTold(ctx, d.fresh)
}

// markTold stamps the alerts of a digest that was sent.
func (b *Outbox) markTold(ctx context.Context, told []state.Alert) error {
	if len(told) == 0 {
		return nil
	}
	err := b.o.Store.Update(ctx, func(tx state.Tx) error {
		for _, t := range told {
			a, err := tx.Alert(t.ID)
			if err != nil {
				return err
			}
			a.Deliveries++
			a.DeliveredAt = b.o.Now()
			if _, err := tx.PutAlert(a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark the digest's alerts: %w", err)
	}
	return nil
}

func collect(tx state.ReadTx, now time.Time) (digest, error) {
	var d digest
	var err error
	if d.counts, err = tx.CountByStatus(); err != nil {
		return d, err
	}
	var amounts []state.Money
	for c, err := range state.OpenCases(tx) {
		if err != nil {
			return d, err
		}
		amounts = append(amounts, c.AtRisk())
		if k, at, ok := c.NextDeadline(now); ok && at.After(now) {
			d.deadlines = append(d.deadlines, deadline{c, k, at})
		}
		if c.Status.NeedsPerson() {
			d.needs = append(d.needs, c)
		}
	}
	d.risk = state.Totals(amounts...)
	slices.SortStableFunc(d.deadlines, func(a, b deadline) int { return a.at.Compare(b.at) })
	return d, d.collectAlerts(tx)
}

// collectAlerts reads back to the first page of alerts that a digest told
// whole: what is older was told before.
func (d *digest) collectAlerts(tx state.ReadTx) error {
	var page state.Page
	for {
		alerts, next, err := tx.Alerts(page)
		if err != nil {
			return err
		}
		fresh := len(d.fresh)
		open := d.pages
		for _, a := range alerts {
			switch {
			case a.Page && isOpen(a):
				d.pages++
			case !a.Page && a.DeliveredAt.IsZero() && isOpen(a):
				d.fresh = append(d.fresh, a)
			}
		}
		if next == "" || (len(d.fresh) == fresh && d.pages == open) {
			return nil
		}
		page.After = next
	}
}

func (d *digest) message(zone *time.Location) Message {
	open := 0
	var counts []string
	for _, s := range state.Statuses {
		if n := d.counts[s]; n > 0 && !s.Ended() {
			open += n
			counts = append(counts, fmt.Sprintf("%d %s", n, s))
		}
	}
	title := fmt.Sprintf("countermand: %d to review, %d open", len(d.needs), open)
	if len(d.risk) > 0 {
		title += ", " + amounts(d.risk) + " at risk"
	}
	var t strings.Builder
	if open == 0 {
		t.WriteString("No open cases.\n")
	} else {
		fmt.Fprintf(&t, "Open: %s\n", strings.Join(counts, ", "))
	}
	if len(d.risk) > 0 {
		fmt.Fprintf(&t, "Money at risk: %s\n", amounts(d.risk))
	}
	if d.pages > 0 {
		fmt.Fprintf(&t, "Alerts not acknowledged: %d (countermand alerts list --open)\n", d.pages)
	}
	section(&t, "Needs you", digestCases, d.needs, needLine)
	section(&t, "Next deadlines", digestDeadlines, d.deadlines, func(n deadline) string {
		return fmt.Sprintf("%s: %s, %s", n.at.In(zone).Format(timeLayout), strings.ReplaceAll(string(n.clock), "_", " "), orderNames(n.c))
	})
	section(&t, "Since the last digest", digestAlerts, d.fresh, func(a state.Alert) string { return oneLine(a.Title) })
	return Message{Title: cut(title, maxTitle), Text: cut(strings.TrimSpace(t.String()), maxText)}
}

func section[T any](t *strings.Builder, head string, most int, rows []T, line func(T) string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s:\n", head)
	for i, r := range rows {
		if i == most {
			fmt.Fprintf(t, "- and %d more\n", len(rows)-most)
			return
		}
		fmt.Fprintf(t, "- %s\n", line(r))
	}
}

func needLine(c state.Case) string {
	s := fmt.Sprintf("%s, %s", orderNames(c), c.Status)
	if c.Flag != "" {
		s += ": " + oneLine(c.Flag)
	}
	return s
}

func orderNames(c state.Case) string {
	s := c.Shop + " " + c.ShopOrder
	if c.SupplierOrder != "" {
		s += " / supplier order " + c.SupplierOrder
	}
	return s
}

func amounts(sums []state.Money) string {
	var out []string
	for _, m := range sums {
		out = append(out, m.String())
	}
	return strings.Join(out, ", ")
}
