package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/state"
)

func statusCommand(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:   "status",
		Short: "The daemon, its accounts, how many cases stand where, the next deadlines",
		Example: `  countermand status
  countermand status --json | jq .counts`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.Status, error) { return cl.Status(ctx) }, e.statusText)
}

func (e *clientEnv) statusText(s control.Status, _ time.Time) string {
	now := s.Daemon.Now
	var b strings.Builder
	fmt.Fprintf(&b, "countermand %s, mode %s, up %s\n", s.Daemon.Version, s.Daemon.Mode, span(now.Sub(s.Daemon.StartedAt)))
	if s.Daemon.Rehearsal {
		fmt.Fprintf(&b, "REHEARSAL: the clock shows %s\n", now.In(e.Zone).Format(momentLayout+" MST"))
	}
	for _, w := range s.Waits {
		fmt.Fprintf(&b, "NEW REQUESTS WAIT: %s\n", plain.Line(w.Text))
	}
	b.WriteString("\nAccounts\n")
	accounts := e.table("  ")
	for _, a := range s.Accounts {
		until := ""
		if a.Until.After(now) {
			until = "until " + a.Until.In(e.Zone).Format("15:04") + " (" + countdown(a.Until, now) + ")"
		}
		accounts.row(a.Name, plain.Words(a.State), until, a.Why)
	}
	b.WriteString(orNone(accounts))
	b.WriteString("\nCases\n")
	counts := e.table("  ")
	for _, status := range state.Statuses {
		if n := s.Counts[status]; n > 0 {
			counts.row(plain.Words(status), strconv.Itoa(n))
		}
	}
	b.WriteString(orNone(counts))
	fmt.Fprintf(&b, "\nMoney at risk  %s\n", moneyText(s.MoneyAtRisk))
	if s.UnackedPages > 0 {
		fmt.Fprintf(&b, "Alerts         %d not acknowledged: countermand alerts list --open\n", s.UnackedPages)
	}
	if s.Quarantined > 0 {
		fmt.Fprintf(&b, "Damaged        %d records could not be read: countermand verify\n", s.Quarantined)
	}
	b.WriteString("\nNext deadlines\n")
	next := e.table("  ")
	for _, d := range s.Deadlines {
		next.row(countdown(d.At, now), plain.Words(d.Clock), d.At.In(e.Zone).Format(momentLayout+" MST"), d.Shop, orders(d.ShopOrder, d.Supplier, d.SupplierOrder))
	}
	b.WriteString(orNone(next))
	return b.String()
}

func orNone(t *table) string {
	if len(t.rows) == 0 {
		return t.indent + "none\n"
	}
	return t.String()
}
