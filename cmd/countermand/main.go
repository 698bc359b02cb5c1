// Command countermand mirrors a cancelled shop order at the supplier: the
// daemon, and the commands that talk to it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// version is set by the linker in a release.
var version = ""

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code.
func run(args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.AddCommand(demoCommand(stdout, stderr), runCommand(stderr, getenv), configCommand(stdout, stderr), versionCommand(stdout))
	root.AddCommand(clientCommands(&clientEnv{Stdout: stdout, Stderr: stderr, Getenv: getenv, Zone: time.Local})...)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "countermand: "+strings.Join(strings.Fields(err.Error()), " "))
	}
	return exitCode(err)
}

func rootCommand() *cobra.Command {
	root := group(&cobra.Command{
		Use:           "countermand",
		Short:         "Cancels at AliExpress what was cancelled in the shop, and does not let go until the money is back",
		SilenceUsage:  true,
		SilenceErrors: true,
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w, see %s --help", err, cmd.CommandPath())
	})
	return root
}

func versionCommand(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  countermand version", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(stdout, "countermand "+versionText())
			return err
		},
	}
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
