package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/configs"
)

// defaultConfig is where the packages and the systemd unit put the file.
const defaultConfig = "/etc/countermand/countermand.yaml"

func runCommand(stderr io.Writer, getenv func(string) string) *cobra.Command {
	var config, from, speed string
	var claim bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon",
		Long: `Run the daemon in the foreground: it takes the shops' webhooks, asks the
suppliers, watches the deadlines and alerts you. systemd starts it with the unit
that comes with countermand; SIGTERM stops it without losing a session.

A rehearsal runs it on a fast clock. It is refused unless every endpoint and
host in the config is on this machine.

A data folder that was copied or moved here asks nothing new of suppliers until you
say that the old one is not in use: with countermand claim, or with --claim.`,
		Example: `  countermand run --config /etc/countermand/countermand.yaml
  countermand run --config rehearsal.yaml --rehearse-from 2026-11-02T08:00:00Z --rehearse-speed 24h=5s`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, warnings, err := configs.Load(config)
			if err != nil {
				return &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", config, err)}
			}
			clock, err := rehearsal(c, from, speed)
			if err != nil {
				return err
			}
			crash, err := app.CrashAt(getenv("COUNTERMAND_CRASH_AT")) // tests end a rehearsal with it
			if err != nil {
				return &usageError{err}
			}
			var shown func() time.Time // a rehearsal's time, beside the real one
			if clock != nil {
				shown = clock.Now
			}
			log := app.NewLog(c.Log, stderr, getenv("JOURNAL_STREAM") != "", shown)
			for _, w := range warnings {
				log.Warn().Str("config", config).Msg(w.String())
			}
			return runDaemon(cmd.Context(), app.Options{Config: c, Clock: clock, Version: versionText(), Log: log, Notify: notify, Crash: crash, Claim: claim})
		},
	}
	cmd.Flags().StringVar(&config, "config", defaultConfig, "the configuration file")
	cmd.Flags().BoolVar(&claim, "claim", false, "say that this data folder is the only one in use (as countermand claim does)")
	cmd.Flags().StringVar(&from, "rehearse-from", "", "what the rehearsal's clock shows at the start, such as 2026-11-02T08:00:00Z")
	cmd.Flags().StringVar(&speed, "rehearse-speed", "", "how fast the rehearsal's clock runs, such as 24h=5s")
	return cmd
}

// runDaemon runs until a signal or a broken listener ends it.
func runDaemon(ctx context.Context, o app.Options) error {
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	err = a.Start()
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-a.Failed():
		}
	}
	return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

// rehearsal makes the clock; nil is the real one.
func rehearsal(c *configs.Config, from, speed string) (*app.Clock, error) {
	if from == "" && speed == "" {
		return nil, nil
	}
	if from == "" || speed == "" {
		return nil, usagef("a rehearsal wants both --rehearse-from and --rehearse-speed")
	}
	if !configs.Loopback(c) {
		return nil, usagef("a rehearsal is refused unless every shops[].endpoint and accounts[].hosts in the config is on this machine (http://127.0.0.1:PORT)")
	}
	t, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return nil, usagef("--rehearse-from %q: want a time such as 2026-11-02T08:00:00Z", from)
	}
	s, err := app.ParseSpeed(speed)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--rehearse-speed: %w", err)}
	}
	return app.FastClock(t, s), nil
}

// notify tells systemd; without it there is nobody to tell.
func notify(state string) { _, _ = systemd.SdNotify(false, state) }
