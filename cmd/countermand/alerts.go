package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
)

func alertsCommand(e *clientEnv) *cobra.Command {
	return group(&cobra.Command{
		Use:   "alerts",
		Short: "What the daemon wants a person to know",
		Example: `  countermand alerts list --open
  countermand alerts ack 01JNQ5
  countermand alerts test`,
	}, alertsList(e), alertsAck(e), alertsTest(e))
}

func alertsList(e *clientEnv) *cobra.Command {
	var open bool
	c := question(e, &cobra.Command{
		Use:   "list",
		Short: "List alerts, newest first",
		Example: `  countermand alerts list --open
  countermand alerts list --json | jq '.alerts[] | select(.page)'`,
		Args: noArgs,
	}, func(ctx context.Context, cl *control.Client, _ string) (control.Alerts, error) {
		return cl.Alerts(ctx, open)
	}, e.alertsText)
	c.Flags().BoolVar(&open, "open", false, "only those that nobody acknowledged and that still hold")
	return c
}

func (e *clientEnv) alertsText(alerts control.Alerts, now time.Time) string {
	if len(alerts.Alerts) == 0 {
		return "No alerts.\n"
	}
	t := e.table("", "SENT", "KIND")
	t.row("ID", "RAISED", "KIND", "STATE", "SENT", "ALERT")
	for _, a := range alerts.Alerts {
		title := a.Title
		if a.LastError != "" {
			title += " [" + a.LastError + "]"
		}
		t.row(a.ID, countdown(a.RaisedAt, now), plain.Words(a.Kind), alertState(a), strconv.Itoa(a.Deliveries), title)
	}
	return t.String()
}

func alertState(a control.Alert) string {
	switch {
	case !a.ResolvedAt.IsZero():
		return "resolved"
	case !a.AckedAt.IsZero():
		return "seen by " + a.AckedBy
	case a.Page && a.Failures > 0:
		return "PAGE, not sent"
	case a.Page:
		return "PAGE"
	}
	return "digest"
}

func alertsAck(e *clientEnv) *cobra.Command {
	return &cobra.Command{
		Use:     "ack ID",
		Short:   "Say that you have seen an alert; its reminders end",
		Example: "  countermand alerts ack 01JNQ5",
		Args:    oneArg("one alert: its id or the start of it"),
		RunE: e.talk(func(ctx context.Context, cl *control.Client, args []string) error {
			a, err := cl.Ack(ctx, args[0])
			if err != nil {
				return err
			}
			return e.print(plain.Line(fmt.Sprintf("acknowledged by %s: %s", a.AckedBy, a.Title)) + "\n")
		}),
	}
}

func alertsTest(e *clientEnv) *cobra.Command {
	return &cobra.Command{
		Use:     "test",
		Short:   "Send a test message on every channel",
		Example: "  countermand alerts test",
		Args:    noArgs,
		RunE: e.talk(func(ctx context.Context, cl *control.Client, _ []string) error {
			channels, err := cl.TestAlert(ctx)
			if err != nil {
				return err
			}
			return e.channelResults(channels.Channels)
		}),
	}
}

func (e *clientEnv) channelResults(results []control.ChannelResult) error {
	if len(results) == 0 {
		return errors.New("no alert channel is configured: set alerts.urls_file")
	}
	failed := 0
	t := e.table("")
	for _, r := range results {
		if r.OK {
			t.row("channel "+r.Channel, "sent")
			continue
		}
		failed++
		t.row("channel "+r.Channel, "FAILED", r.Error)
	}
	if err := e.print(t.String()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d channels took no message: mend their addresses in alerts.urls_file", failed, len(results))
	}
	return nil
}
