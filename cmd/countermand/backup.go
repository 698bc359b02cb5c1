package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/cmd/internal/upkeep"
	"countermand/configs"
)

func backupCommand(e *clientEnv) *cobra.Command {
	k := &keeper{clientEnv: e}
	return k.flags(&cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the database, while the daemon works or without one",
		Long: `Writes a copy of the database to FILE, as it is at one moment: through the
control socket of the running daemon, or from the data_dir of the config where
none runs. The copy is looked through before it takes the name FILE. A file that
is there is replaced by a copy in order alone: one that is not in order is kept
as FILE.damaged. Where FILE is a link, what it leads to is written.

The daemon makes one by itself every night, in DATA_DIR/backups, and keeps the
last seven. Screenshots and pages are plain files in DATA_DIR/evidence; copy that
folder as you copy others. Sessions of browsers are in no backup.`,
		Example: `  countermand backup /mnt/other/countermand.db
  countermand backup "$(date +%F).db" --config /etc/countermand/countermand.yaml`,
		Args: oneArg("one file to write"),
		RunE: func(cmd *cobra.Command, args []string) error { return k.backup(cmd.Context(), args[0]) },
	})
}

// keeper is what the commands about the database as a whole have in common:
// they talk to the daemon where one runs, and do without it where none does.
type keeper struct {
	*clientEnv
	config, socket string
}

func (k *keeper) flags(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&k.config, "config", defaultConfig, "the configuration file, for data_dir and control_socket")
	c.Flags().StringVar(&k.socket, "socket", "", "the daemon's control socket (default: from --config, else $COUNTERMAND_SOCKET, else "+defaultSocket+")")
	return c
}

// load reads the config for its paths alone: whoever makes backups need not be
// able to read its secrets.
func (k *keeper) load() (*configs.Config, error) {
	c, _, err := configs.Read(k.config)
	if err != nil {
		return nil, &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", k.config, err)}
	}
	return c, nil
}

// daemon gives the way to a running daemon; c may be nil.
func (k *keeper) daemon(c *configs.Config) *control.Client {
	socket := k.socket
	if socket == "" && c != nil {
		socket = c.ControlSocket
	}
	return control.NewClient(cmp.Or(socket, k.Getenv("COUNTERMAND_SOCKET"), defaultSocket))
}

func (k *keeper) backup(ctx context.Context, file string) error {
	c, unread := k.load()
	file, err := target(file)
	if err != nil {
		return err
	}
	dropUnfinished(filepath.Dir(file))
	if same, err := sameFile(c, file); same || err != nil || upkeep.InUse(file) {
		return errors.Join(err, usagef("%s is the database itself, or one that is in use; name another file", file))
	}
	part, err := k.fetch(ctx, k.daemon(c), c, unread, filepath.Dir(file))
	if err != nil {
		return err
	}
	defer os.Remove(part) // it has another name once all went well
	v, err := upkeep.Verify(ctx, upkeep.VerifyOptions{File: part})
	if err != nil {
		return fmt.Errorf("check the backup: %w", err)
	}
	if !v.Sound() {
		if err := nameBackup(part, file+".damaged"); err != nil {
			return err
		}
		return fmt.Errorf("the database is damaged (%s): the copy is %s.damaged, and %s was not touched; see countermand verify --help", plain.Line(v.Problems[0].Text), file, file)
	}
	if err := nameBackup(part, file); err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	text := fmt.Sprintf("%s: %.1f MB, looked through, in order\n", file, float64(info.Size())/1e6)
	if n := len(v.Problems); n > 0 {
		text += fmt.Sprintf("%d records in it stand in quarantine: countermand verify\n", n)
	}
	return k.print(text)
}

// nameBackup gives a copy its name for good: a power failure must not take it.
func nameBackup(part, file string) error {
	err := os.Rename(part, file)
	if err == nil {
		var dir *os.File
		if dir, err = os.Open(filepath.Dir(file)); err == nil {
			err = errors.Join(dir.Sync(), dir.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("name the backup: %w", err)
	}
	return nil
}

// maxLinks is how many links may lead to one another.
const maxLinks = 40

// target follows links, also to what is not there yet: a backup is to lie
// where the link says.
func target(file string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(file)
		if err != nil {
			return file, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(file), to)
		}
		file = to
	}
	return "", usagef("%s: too many links; name the file itself", file)
}

// partPrefix names copies that are not complete, and partStale is after how
// long without a change nobody is at work on one.
const (
	partPrefix = ".countermand-backup-"
	partStale  = time.Hour
)

// dropUnfinished deletes what a backup left that was killed. What cannot be
// deleted does no harm.
func dropUnfinished(dir string) {
	left, _ := os.ReadDir(dir)
	for _, e := range left {
		if !strings.HasPrefix(e.Name(), partPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > partStale {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// fetch gets a copy into a file of a passing name in dir.
func (k *keeper) fetch(ctx context.Context, daemon *control.Client, c *configs.Config, unread error, dir string) (part string, err error) {
	f, err := os.CreateTemp(dir, partPrefix+"*") // made 0600
	if err != nil {
		return "", fmt.Errorf("write the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = copyInto(ctx, f, daemon.Backup)
	switch {
	case !errors.Is(err, control.ErrUnreachable):
		return f.Name(), err
	case c == nil:
		return "", fmt.Errorf("%w; and without a daemon the config is needed: %v", err, unread) //nolint:errorlint // the code is that of the first
	}
	return f.Name(), upkeep.BackupStopped(ctx, c.DataDir, f.Name())
}

// copyInto fills a file and closes it, whole and on disk.
func copyInto(ctx context.Context, f *os.File, from func(context.Context, io.Writer) error) error {
	err := from(ctx, f)
	return errors.Join(err, f.Sync(), f.Close())
}

// sameFile tells whether file is the config's database.
func sameFile(c *configs.Config, file string) (bool, error) {
	if c == nil {
		return false, nil
	}
	there, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", file, err)
	}
	own, err := os.Stat(upkeep.DatabasePath(c.DataDir))
	return err == nil && os.SameFile(there, own), nil
}

// bar draws how far something is, on a terminal only.
func bar(w io.Writer) func(done, total int) {
	if terminalWidth(w) == 0 {
		return nil
	}
	return drawBar(w)
}

const barWidth = 30

func drawBar(w io.Writer) func(done, total int) {
	last := -1
	return func(done, total int) {
		percent := 100
		if total > 0 {
			percent = done * 100 / total
		}
		if percent == last {
			return
		}
		last = percent
		filled := percent * barWidth / 100
		fmt.Fprintf(w, "\revidence [%-*s] %3d %%", barWidth, strings.Repeat("#", filled), percent)
		if done == total {
			fmt.Fprintf(w, "\r%*s\r", barWidth+18, "")
		}
	}
}
