package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/cmd/internal/doctor"
	"countermand/configs"
)

func loginCommand(e *clientEnv) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "login ACCOUNT",
		Short: "Sign in to an AliExpress account, in a browser window",
		Long: `Opens a browser window on the account's own profile, where you sign in; the
profile keeps the session. countermand types nothing. A running daemon lends the
profile meanwhile and goes on by itself afterwards.

Run it as the user that the daemon runs as, on a display: on a desktop, through
ssh -X, or on a virtual one (Xvfb with a VNC server).`,
		Example: `  countermand login main
  sudo -u countermand -E countermand login main --config /etc/countermand/countermand.yaml`,
		Args: oneArg("one account, by its name in the config"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := configs.Load(config)
			if err != nil {
				return &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", config, err)}
			}
			giveBack, err := borrow(cmd.Context(), control.NewClient(c.ControlSocket), args[0], doctor.LoginTimeout+2*time.Minute)
			if err != nil {
				return err
			}
			err = doctor.Login(cmd.Context(), doctor.LoginOptions{
				Open: app.Opener(), Config: c, Account: args[0], Display: e.Getenv("DISPLAY") != "" || e.Getenv("WAYLAND_DISPLAY") != "",
				Out: e.Stdout, Log: zerolog.Nop(),
			})
			return errors.Join(err, giveBack())
		},
	}
	cmd.Flags().StringVar(&config, "config", defaultConfig, "the configuration file")
	return cmd
}

// borrow takes an account's profile from a running daemon; without one it is
// free.
func borrow(ctx context.Context, c *control.Client, account string, d time.Duration) (giveBack func() error, err error) {
	err = c.Lend(ctx, account, d)
	if errors.Is(err, control.ErrUnreachable) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	return func() error {
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return c.TakeBack(back, account)
	}, nil
}
