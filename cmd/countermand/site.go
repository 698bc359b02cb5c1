package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/configs"
)

func siteCommand(e *clientEnv) *cobra.Command {
	cmd := &cobra.Command{
		Use: "site", Short: "See and teach what is known of the supplier's site",
		Example: "  countermand site calls",
	}
	cmd.AddCommand(siteCallsCommand(e))
	return cmd
}

func siteCallsCommand(e *clientEnv) *cobra.Command {
	var asJSON bool
	list := func(cmd *cobra.Command, _ []string) error {
		return e.siteCalls(cmd.Context(), asJSON, nil)
	}
	cmd := &cobra.Command{
		Use:   "calls",
		Short: "List the calls of the site's pages that are known, and those that were met",
		Long: `Lists the calls and documents of the supplier's pages: what each does, and where
that is known from (built-in, learned, own file). Below stand the calls that were
met since the daemon's start and of which nobody knows what they do: how often
each passed as a probable read, how often it was not let through, and why.

A call that is not known may write, so it leaves only in a decided request.
"set NAME read" says that one only reads; "set NAME write" that one writes. No
entry makes a read of a call that is known to write, or lets an operation out that
is never done. A call listed as a preparation was made before the one that asked,
in a request that ended well: it leaves without being noted as a request. What was
learned is kept in DATA_DIR/site/learned.yaml; "forget NAME" takes it back.`,
		Example: `  countermand site calls
  countermand site calls set mtop.aliexpress.trade.order.hint read
  countermand site calls set mtop.aliexpress.trade.order.revoke write --kind cancel
  countermand site calls forget mtop.aliexpress.trade.order.hint`,
		Args: noArgs,
		RunE: list,
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON document")
	in := control.SiteCallSet{}
	set := &cobra.Command{
		Use: "set NAME read|write", Short: "Say what a call does",
		Example: `  countermand site calls set mtop.aliexpress.trade.order.hint read
  countermand site calls set mtop.aliexpress.trade.order.revoke write --kind cancel`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 || args[1] != "read" && args[1] != "write" {
				return usagef("%s wants a call's name, and read or write", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Name, in.Is = args[0], args[1]
			return e.siteCalls(cmd.Context(), asJSON, &in)
		},
	}
	set.Flags().StringVar(&in.Kind, "kind", "", "what a write does: cancel, message or dispute (default cancel)")
	set.Flags().StringSliceVar(&in.Words, "words", nil, "words of operations that a read carries because it asks about them")
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the calls", Example: "  countermand site calls list --json", Args: noArgs, RunE: list},
		set,
		&cobra.Command{
			Use: "forget NAME", Short: "Take back what was said of a call",
			Example: "  countermand site calls forget mtop.aliexpress.trade.order.hint", Args: oneArg("one call, by its name"),
			RunE: func(cmd *cobra.Command, args []string) error {
				return e.siteCalls(cmd.Context(), asJSON, &control.SiteCallSet{Name: args[0]})
			},
		},
	)
	return cmd
}

// siteCalls changes one entry where one is given, and prints the list: through
// the daemon, or in its files where none runs and the config is named.
func (e *clientEnv) siteCalls(ctx context.Context, asJSON bool, change *control.SiteCallSet) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	var out control.SiteCalls
	if change == nil {
		out, err = cl.SiteCalls(ctx)
	} else {
		out, err = cl.SetSiteCall(ctx, *change)
	}
	if errors.Is(err, control.ErrUnreachable) && e.config != "" {
		out, err = siteCallsAlone(ctx, e.config, change)
	}
	if err != nil {
		return err
	}
	return e.answer(asJSON, out, e.siteCallsTable(out))
}

func siteCallsAlone(ctx context.Context, config string, change *control.SiteCallSet) (out control.SiteCalls, err error) {
	c, _, err := configs.Load(config)
	if err != nil {
		return out, &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", config, err)}
	}
	book := app.NewSiteBook(c, time.Now)
	if change != nil {
		if err := book.SetSiteCall(ctx, *change, "cli"); err != nil {
			return out, err
		}
	}
	out.Calls, err = book.SiteCalls(ctx)
	return out, err
}

func (e *clientEnv) siteCallsTable(calls control.SiteCalls) string {
	t := e.table("", "FROM", "PASSED")
	t.row("NAME", "IS", "FROM", "PASSED", "FAILED", "WHY")
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	for _, c := range calls.Calls {
		is := c.Is
		if is == "" {
			is = "?"
		}
		if c.Kind != "" {
			is += " (" + c.Kind + ")"
		}
		if len(c.Words) > 0 {
			is += " of " + strings.Join(c.Words, ", ")
		}
		t.row(c.Name, is, c.From, count(c.Passed), count(c.Failed), c.Why)
	}
	return t.String()
}
