package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/plain"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
)

func restoreCommand(e *clientEnv) *cobra.Command {
	k := &keeper{clientEnv: e}
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the database; the daemon must be stopped",
		Long: `Looks through the backup FILE, copies it into the data_dir of the config in the
place of the database, and keeps the database from before beside it under another
name for 30 days. Nothing is touched while a daemon runs, or when the backup is
not in order.

What happened after the backup was made is not known to it. The daemon asks the
shops again for what changed since. A case that may have been asked meanwhile is
held until you have looked at its order and approved or ignored it, so that no
supplier is asked twice; what a person decided since has to be decided again.`,
		Example: `  systemctl stop countermand
  countermand restore /var/lib/countermand/backups/countermand-20261122T031700Z.db
  systemctl start countermand`,
		Args: oneArg("one backup file"),
		RunE: func(cmd *cobra.Command, args []string) error { return k.restore(cmd.Context(), args[0]) },
	}
	c.Flags().StringVar(&k.config, "config", defaultConfig, "the configuration file, for data_dir")
	return c
}

func (k *keeper) restore(ctx context.Context, file string) error {
	c, err := k.load()
	if err != nil {
		return err
	}
	r, err := upkeep.Restore(ctx, c.DataDir, file)
	if errors.Is(err, state.ErrInUse) {
		return fmt.Errorf("%w (systemctl stop countermand)", err)
	}
	if err != nil {
		return err
	}
	return k.print(k.restoredText(upkeep.DatabasePath(c.DataDir), file, r))
}

func (k *keeper) restoredText(path, file string, r upkeep.Restored) string {
	var b strings.Builder
	all, open := 0, 0
	for s, n := range r.Cases {
		all += n
		if !s.Ended() {
			open += n
		}
	}
	fmt.Fprintf(&b, "%s is now what %s holds: %d cases, %d of them open\n", path, file, all, open)
	if r.Newest.IsZero() {
		b.WriteString("nothing was ever done with it\n")
	} else {
		fmt.Fprintf(&b, "its last change was on %s; what happened since is not known to it\n", r.Newest.In(k.Zone).Format(time.RFC1123))
	}
	if r.Kept != "" {
		fmt.Fprintf(&b, "the database from before is kept as %s\n", r.Kept)
	}
	if r.Mended {
		b.WriteString("its indexes were not in order and were built anew\n")
	}
	for _, d := range r.Damaged {
		fmt.Fprintf(&b, "damaged: %s\n", plain.Line(d))
	}
	return b.String()
}
