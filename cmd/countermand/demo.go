package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/demo"
)

func demoCommand(stdout, stderr io.Writer) *cobra.Command {
	o := demo.Options{Version: versionText(), Out: stdout, Progress: stdout, Self: os.Args[0]}
	var speed string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole product at work, weeks in two minutes",
		Long: `Runs the real daemon with a real Chromium between a Shopify and an AliExpress on
this machine, on a fast clock, through ten stories: accepted, silent, refused,
shipped before, fake tracking and more. Nothing outside this machine is touched.`,
		Example: `  countermand demo
  countermand demo --exit          # exit code 0 only if every story ended as it should
  countermand demo --exit --json   # the final cases, for scripts`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := app.ParseSpeed(speed)
			if err != nil {
				return &usageError{fmt.Errorf("--speed: %w", err)}
			}
			o.Speed = s
			if o.JSON {
				o.Progress = stderr
			}
			o.Width = terminalWidth(o.Progress)
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Exit, "exit", false, "end when every story has ended")
	cmd.Flags().StringVar(&speed, "speed", "24h=4s", "how fast the clock runs")
	cmd.Flags().IntVar(&o.Port, "port", 0, "port of the daemon's console on 127.0.0.1 (default: any)")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print the final cases as JSON; the story goes to stderr")
	return cmd
}
