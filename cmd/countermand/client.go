package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/configs"
)

// defaultSocket is where a daemon listens whose config says nothing else.
const defaultSocket = "/run/countermand/control.sock"

// clientEnv is what the commands that talk to a running daemon need of their
// surroundings.
type clientEnv struct {
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Zone is where times are shown and dates without a zone are read.
	Zone *time.Location

	socket, config string // the flags
	wide           bool
}

// clientCommands are the commands that talk to a running daemon.
func clientCommands(e *clientEnv) []*cobra.Command {
	cmds := []*cobra.Command{statusCommand(e), casesCommand(e), disputesCommand(e), mapCommand(e), alertsCommand(e), rehearseCommand(e), siteCommand(e), claimCommand(e), clockCommand(e)}
	doctor := doctorCommand(e)
	for _, c := range append(cmds, doctor) {
		c.PersistentFlags().BoolVar(&e.wide, "wide", false, "print tables whole, however narrow the terminal is")
	}
	// These take the daemon's place for a while and so want its config.
	local := []*cobra.Command{loginCommand(e), doctor, backupCommand(e), restoreCommand(e), verifyCommand(e)}
	for _, c := range cmds {
		c.PersistentFlags().StringVar(&e.socket, "socket", "", "the daemon's control socket (default: from --config, else $COUNTERMAND_SOCKET, else "+defaultSocket+")")
		c.PersistentFlags().StringVar(&e.config, "config", "", "a config file that names the control socket")
	}
	return append(cmds, local...)
}

// client picks the socket: flag, config, environment, default. The files that a
// config names are not looked at, because who may use the socket need not read
// them.
func (e *clientEnv) client() (*control.Client, error) {
	path := e.socket
	if path == "" && e.config != "" {
		c, _, err := configs.Read(e.config)
		if err != nil {
			return nil, &usageError{fmt.Errorf("read control_socket: %w", err)}
		}
		path = c.ControlSocket
	}
	return control.NewClient(cmp.Or(path, e.Getenv("COUNTERMAND_SOCKET"), defaultSocket)), nil
}

// print writes a whole text; a full disk or a closed pipe is
// an error like any other.
func (e *clientEnv) print(s string) error {
	if _, err := io.WriteString(e.Stdout, s); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// answer prints a document, or what it says as text.
func (e *clientEnv) answer(asJSON bool, doc any, text string) error {
	if !asJSON {
		return e.print(text)
	}
	if err := plain.JSON(e.Stdout, doc); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// talk makes the run of a command that talks to the daemon.
func (e *clientEnv) talk(do func(ctx context.Context, cl *control.Client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		cl, err := e.client()
		if err != nil {
			return err
		}
		return do(cmd.Context(), cl, args)
	}
}

// question makes a command that asks the daemon and prints the answer, as text
// or as one JSON document.
func question[T any](e *clientEnv, c *cobra.Command, ask func(ctx context.Context, cl *control.Client, arg string) (T, error), text func(answer T, now time.Time) string) *cobra.Command {
	var asJSON bool
	c.RunE = e.talk(func(ctx context.Context, cl *control.Client, args []string) error {
		answer, err := ask(ctx, cl, strings.Join(args, ""))
		if err != nil {
			return err
		}
		return e.answer(asJSON, answer, text(answer, cl.Now()))
	})
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// usageError is a mistake in the command or the config: exit code 2.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }

func (u *usageError) Unwrap() error { return u.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// The exit codes that scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// exitCode says what an error means to a script.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if errors.Is(err, control.ErrUnreachable) {
		return exitUnreachable
	}
	if refused, ok := errors.AsType[*control.Error](err); ok && refused.Code == http.StatusBadRequest {
		return exitUsage
	}
	return exitFailed
}

// group is a command that only holds others. Without a known one of them it is
// a mistake; cobra alone would print the help and report success.
func group(c *cobra.Command, children ...*cobra.Command) *cobra.Command {
	c.AddCommand(children...)
	c.Args, c.SuggestionsMinimumDistance = cobra.ArbitraryArgs, 2
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s what? See %s --help", cmd.CommandPath(), cmd.CommandPath())
		}
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			return usagef("no command %q, did you mean %s %s?", cmd.CommandPath()+" "+args[0], cmd.CommandPath(), near[0])
		}
		return usagef("no command %q, see %s --help", cmd.CommandPath()+" "+args[0], cmd.CommandPath())
	}
	return c
}

// noArgs and oneArg count the words after a command.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no %q", cmd.CommandPath(), args[0])
	}
	return nil
}

func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usagef("%s wants %s, and nothing else", cmd.CommandPath(), what)
		}
		return nil
	}
}

// caseRef words what oneArg expects where a case is meant.
const caseRef = "one case: its id, the start of it, the shop order's name or the AliExpress order number"

// timeForms are the ways of giving a time, the exact one first.
var timeForms = []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly}

// parseTime reads a time; without a zone it is meant in zone.
func parseTime(flag, s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, s, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--%s %q: want a time such as 2026-03-02, \"2026-03-02 15:04\" or 2026-03-02T15:04:05Z", flag, s)
}
