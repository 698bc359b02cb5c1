package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
)

func disputesExport(e *clientEnv) *cobra.Command {
	x := &export{clientEnv: e}
	c := &cobra.Command{
		Use:   "export ID --out FILE.zip",
		Short: "Pack a case's evidence, journal and dates into a ZIP file",
		Long: `Packs the file of one case, whatever its status, for a dispute or for your records:

  README.txt    what the case is, the rule that fired and the dates it compared in UTC, Beijing and your zone, a text for
                the site's dispute form, and which of the evidence that it asks for is there
  case.json     the case, as countermand cases show --json prints it
  journal.csv   what happened, when, and who decided it
  tracking.csv  the parcels and their first scans, held against the request
  evidence/     every screenshot, page and answer that the journal names
  SHA256SUMS    for sha256sum -c SHA256SUMS

Each file is held against the checksum in the journal while it is packed. One that is missing is told of; one that was changed is
told of and makes the exit code 1. Both stand at the head of README.txt. The daemon reads the evidence, so whoever may use its
socket can export. Nothing is submitted.`,
		Example: `  countermand disputes export '#1042' --out 1042.zip
  countermand disputes export 8190000000000000 --out - > case.zip
  TZ=Asia/Tokyo countermand disputes export '#1042' --out 1042.zip --force`,
		Args: oneArg(caseRef),
		RunE: func(cmd *cobra.Command, args []string) error { return x.run(cmd.Context(), args[0]) },
	}
	c.Flags().StringVar(&x.out, "out", "", "the file to write; - is the standard output")
	c.Flags().BoolVar(&x.force, "force", false, "replace a file that is there")
	return c
}

// export fetches the file of a case.
type export struct {
	*clientEnv
	out   string
	force bool
}

func (x *export) run(ctx context.Context, ref string) error {
	if x.out == "" {
		return usagef("--out is missing: the file to write, such as 1042.zip, or - for the standard output")
	}
	if err := x.vacant(); err != nil {
		return err
	}
	cl, err := x.client()
	if err != nil {
		return err
	}
	fetch := func(ctx context.Context, w io.Writer) (p control.Packed, err error) {
		return cl.Export(ctx, ref, zoneName(x.Zone), w)
	}
	var p control.Packed
	if x.out == "-" {
		p, err = fetch(ctx, x.Stdout)
	} else if p, err = x.write(ctx, fetch); err == nil {
		err = x.print(fmt.Sprintf("%s: %d files of evidence\n", x.out, p.Evidence))
	}
	if err != nil {
		return err
	}
	return x.told(p)
}

// vacant refuses a name that is taken.
func (x *export) vacant() error {
	if x.out == "-" {
		return nil
	}
	info, err := os.Lstat(x.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at %s: %w", x.out, err)
	case info.IsDir():
		return usagef("%s is a folder; name a file in it", x.out)
	case !x.force:
		return usagef("%s is there already; name another file, or replace it with --force", x.out)
	}
	return nil
}

// write fills a file of a passing name, which takes its own once it is whole.
func (x *export) write(ctx context.Context, fetch func(context.Context, io.Writer) (control.Packed, error)) (p control.Packed, err error) {
	f, err := renameio.NewPendingFile(x.out, renameio.WithTempDir(filepath.Dir(x.out))) // mode 0600
	if err != nil {
		return p, fmt.Errorf("write the export: %w", err)
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }()
	if p, err = fetch(ctx, f); err != nil {
		return p, err
	}
	if err := x.vacant(); err != nil { // somebody may have been quicker
		return p, err
	}
	return p, f.CloseAtomicallyReplace()
}

// told says what is wrong with the evidence: a file that retention took is no
// failure, one that was changed is.
func (x *export) told(p control.Packed) error {
	x.lines("MISSING", p.Missing, p.MissingCount)
	x.lines("CHANGED", p.Changed, p.ChangedCount)
	if p.ChangedCount > 0 {
		return fmt.Errorf("%d files of evidence are not what they were when they were kept: the archive was written, do not hand these in, and see countermand verify", p.ChangedCount)
	}
	return nil
}

func (x *export) lines(word string, list []string, count int) {
	for _, l := range list {
		fmt.Fprintln(x.Stderr, word+": "+plain.Line(l))
	}
	if more := count - len(list); more > 0 {
		fmt.Fprintf(x.Stderr, "%s: %d more, see README.txt\n", word, more)
	}
}

// zoneName is what the daemon is told of the operator's zone. Where the system
// does not name its zone the offset has to do.
func zoneName(zone *time.Location) string {
	name := zone.String()
	if name != "Local" {
		return name
	}
	if to, err := os.Readlink("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(to, "/zoneinfo/"); ok {
			return name
		}
	}
	return time.Now().In(zone).Format("-07:00")
}
