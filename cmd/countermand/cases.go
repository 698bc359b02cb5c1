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

func casesCommand(e *clientEnv) *cobra.Command {
	return group(&cobra.Command{
		Use:   "cases",
		Short: "The cancels under way, and a person's decisions on them",
		Long: "The cancels under way, and a person's decisions on them.\n\n" +
			"A case is named by its id, the start of it, the shop order's name (#1042 or 1042)\n" +
			"or the AliExpress order number. A name that fits two cases is refused.",
		Example: `  countermand cases list --open
  countermand cases show '#1042'
  countermand cases approve 8190000000000000 --note "checked with the customer"`,
	},
		casesList(e), casesShow(e),
		decision(e, "cases", verb{name: "approve", kind: state.EventApprove, short: "Let a held case be asked for cancellation"}),
		decision(e, "cases", verb{name: "retry", kind: state.EventRetry, short: "Look at the order again now"}),
		decision(e, "cases", verb{name: "ignore", kind: state.EventIgnore, short: "Leave the supplier order alone and end the case"}),
		decision(e, "cases", verb{name: "pause", kind: state.EventPause, short: "Do nothing on a case until it is resumed"}),
		decision(e, "cases", verb{name: "resume", kind: state.EventResume, short: "Go on with a paused case"}),
		casesRefund(e),
	)
}

func casesList(e *clientEnv) *cobra.Command {
	var f control.Filter
	c := question(e, &cobra.Command{
		Use:   "list",
		Short: "List cases, newest first",
		Example: `  countermand cases list --open
  countermand cases list --status refused --shop mystore
  countermand cases list --json | jq -r '.cases[] | select(.status == "held") | .id'`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.Cases, error) {
		if f.Status != "" && !f.Status.Known() {
			return control.Cases{}, usagef("--status %q: it is one of %s", f.Status, control.StatusNames())
		}
		return cl.Cases(ctx, f)
	}, e.casesText)
	c.Flags().StringVar((*string)(&f.Status), "status", "", "only cases of this status")
	c.Flags().StringVar(&f.Shop, "shop", "", "only cases of this shop")
	c.Flags().BoolVar(&f.Open, "open", false, "only cases that have not ended")
	return c
}

func (e *clientEnv) casesText(cases control.Cases, now time.Time) string {
	if len(cases.Cases) == 0 {
		return "No cases.\n"
	}
	t := e.table("", "ID", "SHOP", "AMOUNT")
	t.row("ID", "SHOP", "ORDER", "ALIEXPRESS", "STATUS", "AMOUNT", "NEXT", "FLAG")
	for _, c := range cases.Cases {
		next := ""
		if c.Deadline != nil {
			next = plain.Words(c.Deadline.Clock) + " " + countdown(c.Deadline.At, now)
		}
		t.row(c.ID, c.Shop, c.ShopOrder, cmp.Or(c.SupplierOrder, "-"), statusText(c), cmp.Or(amountText(c.Amount), "-"), cmp.Or(next, "-"), c.Flag)
	}
	return t.String()
}

func casesShow(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:   "show ID",
		Short: "Show one case: facts, clocks and its whole story",
		Example: `  countermand cases show '#1042'
  countermand cases show 01JNQ5 --json | jq .journal`,
		Args: oneArg(caseRef),
	}, func(ctx context.Context, cl *control.Client, ref string) (control.Case, error) {
		return cl.Case(ctx, ref)
	}, e.caseText)
}

func casesRefund(e *clientEnv) *cobra.Command {
	var d control.Decision
	var to, at string
	c := decision(e, "cases", verb{
		name: "refund", kind: state.EventRefund, short: "Record that the money came back", decision: &d,
		long:    "Record that the money came back. The amount is in the currency of the AliExpress order; less than its total leaves the case open.",
		example: "  countermand cases refund '#1042' --amount 12.34 --to card\n  countermand cases refund '#1042' --amount 12.34 --to bonus --at 2026-03-02",
		check: func() (err error) {
			d.To = state.RefundTo(to)
			d.At, err = parseTime("at", at, e.Zone)
			switch {
			case err != nil:
				return err
			case d.Amount == "":
				return usagef("--amount is missing: how much came back, such as 12.34")
			case d.To != state.RefundCard && d.To != state.RefundBalance && d.To != state.RefundBonus:
				return usagef("--to %q: want card, balance or bonus", to)
			}
			if _, err := state.ParseMoney(d.Amount, "USD"); err != nil {
				return usagef("--amount: %w", err)
			}
			return nil
		},
	})
	c.Flags().StringVar(&d.Amount, "amount", "", "how much came back, such as 12.34")
	c.Flags().StringVar(&to, "to", "", "where it went: card, balance or bonus")
	c.Flags().StringVar(&at, "at", "", "when it came (default: now)")
	return c
}

// verb is a decision as a command.
type verb struct {
	name, short, long, example string
	kind                       state.EventKind
	// decision holds the values of the verb's own flags, check completes and
	// checks them; both may be missing.
	decision *control.Decision
	check    func() error
}

// decision makes the command of one verb, under cases or disputes.
func decision(e *clientEnv, under string, v verb) *cobra.Command {
	if v.example == "" {
		v.example = fmt.Sprintf("  countermand %s %s '#1042' --note \"as agreed with the customer\"", under, v.name)
	}
	d := v.decision
	if d == nil {
		d = &control.Decision{}
	}
	d.Kind = v.kind
	c := &cobra.Command{
		Use: v.name + " ID", Short: v.short, Long: v.long, Example: v.example, Args: oneArg(caseRef),
		RunE: e.talk(func(ctx context.Context, cl *control.Client, args []string) error {
			if v.check != nil {
				if err := v.check(); err != nil {
					return err
				}
			}
			accepted := ""
			if v.kind == state.EventApprove {
				before, err := cl.Case(ctx, args[0])
				if err != nil {
					return err
				}
				args[0], d.Seen, accepted = before.ID, before.Findings, before.HeldWhy
			}
			after, err := cl.Decide(ctx, args[0], *d)
			if err != nil {
				return err
			}
			text := decidedText(v.name, after)
			if accepted != "" {
				text += "you accepted: " + plain.Line(accepted) + "\n"
			}
			return e.print(text)
		}),
	}
	c.Flags().StringVar(&d.Note, "note", "", "why; kept in the journal")
	return c
}

func decidedText(name string, c control.Case) string {
	s := fmt.Sprintf("%s: %s at %s is %s", name, orders(c.ShopOrder, c.Supplier, c.SupplierOrder), c.Shop, statusText(c))
	if c.Flag != "" {
		s += ": " + c.Flag
	}
	return plain.Line(s) + "\n"
}
