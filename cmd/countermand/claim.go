package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
)

func claimCommand(e *clientEnv) *cobra.Command {
	return question(e, &cobra.Command{
		Use:   "claim",
		Short: "Say that the daemon's data folder is the only one in use",
		Long: `Say that the daemon's data folder is the only one in use.

A data folder that was copied or moved to another machine or disk looks as its
original does. If a daemon still ran there, both would ask suppliers for the same
orders. So the daemon asks nothing new until you have seen that it is switched off
at the old place, and have said so here. Nothing is lost meanwhile: orders are
read, and deadlines watched.

Where no daemon runs yet, start it with countermand run --claim.`,
		Example: `  ssh oldhost systemctl disable --now countermand
  countermand claim
  countermand claim --json | jq .claimed`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.Claimed, error) { return cl.Claim(ctx) },
		func(c control.Claimed, _ time.Time) string {
			if !c.Claimed {
				return fmt.Sprintf("Nothing to answer: %s stands where it stood.\n", c.DataDir)
			}
			return fmt.Sprintf("%s is now the only data folder in use; what waited for this goes on.\n", c.DataDir)
		})
}
