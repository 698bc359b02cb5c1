package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/state"
)

func disputesCommand(e *clientEnv) *cobra.Command {
	return group(&cobra.Command{
		Use:   "disputes",
		Short: "The cases that a person must review",
		Long: "The cases that a person must review, most urgent first.\n\n" +
			"Disputes are opened by hand on the order's page at AliExpress; here you record what was done.",
		Example: `  countermand disputes list
  countermand disputes opened '#1042' --dispute-id 301234567
  countermand disputes export '#1042' --out 1042.zip
  countermand disputes snooze '#1042' --until 2026-03-05`,
	},
		disputesList(e), disputesShow(e), disputesOpened(e),
		decision(e, "disputes", verb{name: "proof", kind: state.EventProof, short: "The supplier proved that it had shipped before the request"}),
		decision(e, "disputes", verb{name: "ask", kind: state.EventRemind, short: "Write to the supplier once more for the tracking number",
			long: "Sends the reminder of messages.proof: please send the tracking number and proof of dispatch. countermand sends it by itself\n" +
				"a day before the time for the proof ends. It is sent once: a second time is refused, and so is one for a paused case or\n" +
				"where messages.proof is empty. What was written and when stands in the journal.",
			example: "  countermand disputes ask '#1042'\n  countermand disputes ask '#1042' --note \"promised it on the phone\"",
		}),
		disputesSnooze(e),
		decision(e, "disputes", verb{name: "won", kind: state.EventWon, short: "The dispute was won"}),
		decision(e, "disputes", verb{name: "lost", kind: state.EventLost, short: "The dispute was lost"}),
		decision(e, "disputes", verb{name: "write-off", kind: state.EventWriteOff, short: "Give the money up and end the case"}),
		disputesExport(e),
	)
}

func disputesList(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:   "list",
		Short: "List the queue, most urgent first",
		Example: `  countermand disputes list
  countermand disputes list --json | jq -r '.disputes[] | [.shop_order, .next_action] | @tsv'`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.Disputes, error) {
		return cl.Disputes(ctx)
	}, e.disputesText)
}

func (e *clientEnv) disputesText(d control.Disputes, now time.Time) string {
	if len(d.Disputes) == 0 {
		return "Nothing to review.\n"
	}
	t := e.table("", "ID", "SHOP", "AMOUNT", "URGENCY")
	t.row("ID", "SHOP", "ORDER", "ALIEXPRESS", "AMOUNT", "URGENCY", "DEADLINE", "TO DO")
	for _, c := range d.Disputes {
		when := ""
		if c.Deadline != nil {
			when = plain.Words(c.Deadline.Clock) + " " + countdown(c.Deadline.At, now)
		}
		t.row(c.ID, c.Shop, c.ShopOrder, cmp.Or(c.SupplierOrder, "-"), cmp.Or(amountText(c.Amount), "-"), plain.Words(c.Urgency), cmp.Or(when, "-"), c.NextAction)
	}
	return t.String() + fmt.Sprintf("\nMoney at risk: %s\n", moneyText(d.MoneyAtRisk))
}

func disputesShow(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:     "show ID",
		Short:   "Show one case of the queue: what to do, the dates to compare, the story",
		Example: "  countermand disputes show '#1042'",
		Args:    oneArg(caseRef),
	}, func(ctx context.Context, cl *control.Client, ref string) (control.Case, error) {
		found, err := cl.Case(ctx, ref)
		if err == nil && found.NextAction == "" {
			err = fmt.Errorf("%s is %s and not in the dispute queue: see countermand cases show %s", found.ShopOrder, statusText(found), found.ID)
		}
		return found, err
	}, e.caseText)
}

func disputesOpened(e *clientEnv) *cobra.Command {
	var d control.Decision
	var at string
	c := decision(e, "disputes", verb{
		name: "opened", kind: state.EventOpened, short: "Record that you opened a dispute at AliExpress", decision: &d,
		example: "  countermand disputes opened '#1042' --dispute-id 301234567",
		check: func() (err error) {
			d.At, err = parseTime("at", at, e.Zone)
			return err
		},
	})
	c.Flags().StringVar(&d.DisputeID, "dispute-id", "", "the dispute's number at AliExpress")
	c.Flags().StringVar(&at, "at", "", "when you opened it (default: now)")
	return c
}

func disputesSnooze(e *clientEnv) *cobra.Command {
	var d control.Decision
	var until string
	c := decision(e, "disputes", verb{
		name: "snooze", kind: state.EventSnooze, short: "Do not remind of a case before a date", decision: &d,
		example: "  countermand disputes snooze '#1042' --until 2026-03-05\n  countermand disputes snooze '#1042' --until \"2026-03-05 09:00\"",
		check: func() (err error) {
			if until == "" {
				return usagef("--until is missing: until when, such as 2026-03-05")
			}
			d.Until, err = parseTime("until", until, e.Zone)
			return err
		},
	})
	c.Flags().StringVar(&until, "until", "", "when to come back to it")
	return c
}
