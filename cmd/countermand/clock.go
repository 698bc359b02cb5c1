package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
)

func clockCommand(e *clientEnv) *cobra.Command {
	return group(&cobra.Command{
		Use:     "clock",
		Short:   "The daemon's clock, where it is in doubt",
		Example: "  countermand clock accept",
	}, clockAccept(e))
}

func clockAccept(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:   "accept",
		Short: "Say that the daemon's clock is right",
		Long: `Say that the daemon's clock is right.

A clock that disagrees by more than five minutes with the newest stamp in the
database, with how long the machine has run, or with Shopify's, is not believed:
nothing new is asked of suppliers, no order is read, no deadline judged and nothing
deleted.
That ends by itself when a shop's clock agrees twice, a minute apart. Set the
machine's clock first (timedatectl); say this only where it is right already.

Stamps that lie ahead of it are kept and marked, and no longer count.`,
		Example: `  timedatectl
  countermand clock accept
  countermand clock accept --json | jq .accepted`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.ClockAccepted, error) {
		return cl.AcceptClock(ctx)
	}, func(c control.ClockAccepted, _ time.Time) string {
		shows := c.Now.In(e.Zone).Format(momentLayout + " MST")
		switch {
		case !c.Accepted:
			return fmt.Sprintf("Nothing to answer: the clock shows %s and is not in doubt.\n", shows)
		case c.AheadUntil.IsZero():
			return fmt.Sprintf("The clock is right: %s. What waited for this goes on.\n", shows)
		}
		return fmt.Sprintf("The clock is right: %s. Stamps up to %s were made by a wrong one and no longer count. What waited for this goes on.\n", shows, c.AheadUntil.In(e.Zone).Format(momentLayout+" MST"))
	})
}
