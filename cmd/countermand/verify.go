package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/plain"
	"countermand/cmd/internal/upkeep"
	"countermand/state"
)

// errNotSound: verify found something.
var errNotSound = errors.New("not everything is as it was stored")

func verifyCommand(e *clientEnv) *cobra.Command {
	k := &keeper{clientEnv: e}
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Look through the database, or a backup of it, and its evidence",
		Long: `Reads every page, record and index of the database and every file that a case's
journal names, compares each with its checksum, and prints one line for each
problem. Without FILE it looks at the database of the config: through a copy of
its own where a daemon runs. Files that were deleted for their age (retention in
the config) are no problem, nor are quarantined records whose alert was
acknowledged: they are listed, and the exit code is 0 where nothing else is
wrong. It changes nothing.

What to do: a damaged page or record is mended by countermand restore with a
backup from before. Indexes are built anew by the daemon itself, each night
after its backup. A record in quarantine stays there; once you have seen to what
it was about, acknowledge its alert (countermand alerts ack ID). A changed or missing file of evidence cannot be mended; its
case goes on without it.`,
		Example: `  countermand verify
  countermand verify /mnt/other/countermand.db
  countermand verify --json | jq .problems`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s wants one file at most", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := k.verify(cmd.Context(), args)
			if err != nil {
				return err
			}
			if err = k.answer(asJSON, v, verifiedText(v)); err == nil && !v.OK {
				err = fmt.Errorf("%w: %d problems in %s, see countermand verify --help", errNotSound, len(v.Problems), v.File)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return k.flags(c)
}

func (k *keeper) verify(ctx context.Context, args []string) (upkeep.Verified, error) {
	c, err := k.load()
	if len(args) == 1 {
		o := upkeep.VerifyOptions{File: args[0], Progress: bar(k.Stderr)}
		if err == nil {
			o.DataDir, o.Retention = c.DataDir, c.Retention
		}
		return upkeep.Verify(ctx, o)
	}
	if err != nil {
		return upkeep.Verified{}, err
	}
	o := upkeep.VerifyOptions{File: upkeep.DatabasePath(c.DataDir), DataDir: c.DataDir, Retention: c.Retention, Progress: bar(k.Stderr)}
	v, err := upkeep.Verify(ctx, o)
	if !errors.Is(err, state.ErrInUse) {
		return v, err
	}
	// A daemon has it: look at a copy instead.
	f, err := os.CreateTemp("", "countermand-verify-*.db")
	if err != nil {
		return v, fmt.Errorf("make a file for a copy: %w", err)
	}
	defer os.Remove(f.Name())
	if err := copyInto(ctx, f, k.daemon(c).Backup); err != nil {
		return v, fmt.Errorf("copy the database of the running daemon: %w", err)
	}
	o.File = f.Name()
	v, err = upkeep.Verify(ctx, o)
	v.File = upkeep.DatabasePath(c.DataDir)
	return v, err
}

func verifiedText(v upkeep.Verified) string {
	text := ""
	for _, p := range v.Problems {
		text += plain.Line(p.Part+": "+p.Text) + "\n"
	}
	for _, p := range v.Acknowledged {
		text += plain.Line(p.Part+" (acknowledged): "+p.Text) + "\n"
	}
	switch {
	case !v.EvidenceChecked:
		text += fmt.Sprintf("%s: %d problems; the evidence was not looked at\n", v.File, len(v.Problems))
	default:
		text += fmt.Sprintf("%s: %d cases, %d files of evidence, %d problems\n", v.File, v.Cases, v.Evidence, len(v.Problems))
	}
	return text
}
