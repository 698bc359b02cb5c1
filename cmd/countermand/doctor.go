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

// errNotInOrder: the doctor found something that keeps countermand from its
// work.
var errNotInOrder = errors.New("not everything is in order")

func doctorCommand(e *clientEnv) *cobra.Command {
	var config string
	var asJSON bool
	o := doctor.Options{Open: app.Opener(), Log: zerolog.Nop()}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether everything is in place",
		Long: `Looks at configuration, disk, browser, calendars, shops and alert channels, and
with --site at AliExpress itself: it opens the order list and one order in each
account's browser, presses nothing, and says part by part what of the site
profile matches, what fell back on an alternative and what is missing. A running
daemon lends the browser profile meanwhile.

Of each shop it lists the webhook subscriptions of countermand's app and what is
missing. --fix makes what is missing, and takes off and makes anew what is sent
to that address and would not work; what is sent elsewhere it leaves alone. That
is all the doctor changes. It wants webhooks.public_url, the address under which
Shopify reaches the daemon.`,
		Example: `  countermand doctor
  countermand doctor --fix              # makes missing webhook subscriptions
  countermand doctor --site
  countermand doctor --site --order 8190000000000000 --record ./seen   # to mend a profile from`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, warnings, err := configs.Load(config)
			if err != nil {
				return &usageError{fmt.Errorf("the config has problems, see countermand config check --config %s: %w", config, err)}
			}
			if !o.Site && (o.Order != "" || o.Record != "") {
				return usagef("--order and --record go with --site")
			}
			client := control.NewClient(c.ControlSocket)
			o.Config, o.Warnings = c, warnings
			o.Borrow = func(ctx context.Context, account string) (func() error, error) {
				return borrow(ctx, client, account, 10*time.Minute)
			}
			found := doctor.Examine(cmd.Context(), o)
			err = e.answer(asJSON, map[string]any{"findings": found}, e.findingsTable(found))
			for _, f := range found {
				if f.Verdict == doctor.Fail && err == nil {
					err = errNotInOrder
				}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&config, "config", defaultConfig, "the configuration file")
	cmd.Flags().BoolVar(&o.Site, "site", false, "look at AliExpress too, without pressing anything")
	cmd.Flags().BoolVar(&o.Fix, "fix", false, "make the webhook subscriptions that are missing, and anew those that would not work")
	cmd.Flags().StringVar(&o.Order, "order", "", "the AliExpress order to open (default: the newest)")
	cmd.Flags().StringVar(&o.Record, "record", "", "a folder for all that was seen")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (e *clientEnv) findingsTable(found []doctor.Check) string {
	t := e.table("")
	for _, f := range found {
		text := f.Detail
		if f.Todo != "" {
			text += " -> " + f.Todo
		}
		t.row(string(f.Verdict), f.Part, text)
	}
	return t.String()
}
