package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/configs"
)

func configCommand(stdout, stderr io.Writer) *cobra.Command {
	var path string
	check := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration file and print every problem with its line",
		Example: `  countermand config check --config /etc/countermand/countermand.yaml
  countermand config check --config ./countermand.yaml && systemctl restart countermand`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			c, warnings, err := configs.Load(path)
			for _, w := range warnings {
				fmt.Fprintln(stderr, "warning: "+w.String())
			}
			problems, ok := errors.AsType[configs.Problems](err)
			if !ok && err != nil {
				return &usageError{err}
			}
			for _, p := range problems {
				fmt.Fprintln(stderr, p.String())
			}
			if len(problems) > 0 {
				return usagef("%d to mend in %s", len(problems), path)
			}
			if err := app.Check(c); err != nil {
				return &usageError{fmt.Errorf("mend %s: %w", path, err)}
			}
			_, err = fmt.Fprintln(stdout, path+" is in order")
			return err
		},
	}
	check.Flags().StringVar(&path, "config", defaultConfig, "the configuration file")
	example := &cobra.Command{
		Use:     "example",
		Short:   "Print a commented configuration to begin with",
		Example: `  countermand config example > countermand.yaml`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := stdout.Write(configs.Example)
			return err
		},
	}
	return group(&cobra.Command{Use: "config", Short: "Look after the configuration"}, check, example)
}
