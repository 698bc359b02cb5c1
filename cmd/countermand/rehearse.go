package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/cmd/internal/doctor"
	"countermand/cmd/internal/plain"
	"countermand/configs"
	"countermand/supplier"
)

// errNotReached: a rehearsal ended before the call that would ask.
var errNotReached = errors.New("the rehearsal did not come to the call that would ask")

func rehearseCommand(e *clientEnv) *cobra.Command {
	var r control.Rehearse
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rehearse ORDER",
		Short: "Walk an order's cancel flow to its last call, which is dropped",
		Long: `Opens an order's page at the supplier, presses the cancel button, chooses the reason
and submits, as the daemon would, up to the call that would ask the supplier.
That call does not leave: it is printed and kept. Nothing is asked, whatever the
mode, and the case stays as it is. Do this before you set mode: auto.

ORDER is the order of an open case: the case's id, the shop order's name or the
supplier's number. --any takes the number of any order of an account. Think
twice: the form of an order that nobody wants cancelled is opened then.

It goes through the running daemon, with its session, pace and hourly budget, and
so takes some minutes. Without a daemon (--config) the account's browser is
started for it.

A call on the way of which nobody knows what it does is dropped too, and ends the
rehearsal with exit code 1. Where it only reads, say so with "countermand site
calls set NAME read", and the next rehearsal goes further.`,
		Example: `  countermand rehearse '#1042'
  countermand rehearse 8190000000000000 --json
  countermand rehearse 8190000000000000 --any --account main`,
		Args: oneArg("one order"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.Order = args[0]
		cl, err := e.client()
		if err != nil {
			return err
		}
		out, err := cl.Rehearse(cmd.Context(), r)
		if errors.Is(err, control.ErrUnreachable) && e.config != "" {
			out, err = rehearseAlone(cmd.Context(), e.config, r)
		}
		if err != nil {
			return err
		}
		if err := e.answer(asJSON, out, rehearsalText(out)); err != nil {
			return err
		}
		if !out.Reached {
			return errNotReached
		}
		return nil
	}
	cmd.Flags().StringVar(&r.Account, "account", "", "the account that has the order")
	cmd.Flags().StringVar(&r.Shop, "shop", "", "the shop, where orders of several have the name")
	cmd.Flags().BoolVar(&r.Any, "any", false, "also an order that no open case is about")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// rehearseAlone walks without a daemon. Only a daemon knows the cases, so the
// order must be taken as any.
func rehearseAlone(ctx context.Context, config string, r control.Rehearse) (supplier.Rehearsal, error) {
	none := supplier.Rehearsal{}
	c, _, err := configs.Load(config)
	if err != nil {
		return none, &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", config, err)}
	}
	if !r.Any {
		return none, fmt.Errorf("%w, and only it knows the cases: start it, or say --any", control.ErrUnreachable)
	}
	if r.Account == "" && len(c.Accounts) == 1 {
		r.Account = c.Accounts[0].Name
	}
	return doctor.Rehearse(ctx, doctor.RehearseOptions{Open: app.Opener(), Config: c, Account: r.Account, Number: r.Order, Log: zerolog.Nop()})
}

// rehearsalText tells a rehearsal step by step.
func rehearsalText(r supplier.Rehearsal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Rehearsal of order %s: nothing was asked\n\n", r.Number)
	for i, s := range r.Steps {
		fmt.Fprintf(&b, "%3d. %s", i+1, plain.Line(s.Did))
		if s.By != "" {
			fmt.Fprintf(&b, "  (%s)", plain.Line(s.By))
		}
		b.WriteString("\n")
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "\nReason: %s\n", plain.Line(r.Reason))
	}
	switch {
	case r.Call != nil && r.Reached:
		b.WriteString("\nThis call would have asked the supplier. It was dropped:\n")
	case r.Call != nil:
		b.WriteString("\nIt ended at this call, which was dropped:\n")
	}
	if r.Call != nil {
		fmt.Fprintf(&b, "  %s %s\n", r.Call.Method, plain.Line(r.Call.Address))
		for _, f := range r.Call.Fields {
			fmt.Fprintf(&b, "    %s = %s\n", plain.Line(f.Key), plain.Line(f.Value))
		}
	}
	if r.Detail != "" {
		fmt.Fprintf(&b, "\n%s\n", plain.Line(r.Detail))
	}
	for _, f := range r.Failed {
		fmt.Fprintf(&b, "Not let through: %s\n", plain.Line(f))
	}
	for _, ref := range r.Evidence {
		fmt.Fprintf(&b, "Kept: %s\n", plain.Line(ref))
	}
	return b.String()
}
