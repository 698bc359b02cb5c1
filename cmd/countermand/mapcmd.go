package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
	"countermand/supplier"
)

func mapCommand(e *clientEnv) *cobra.Command {
	return group(&cobra.Command{
		Use:   "map",
		Short: "Say which AliExpress orders belong to a shop order",
		Example: "  countermand map set --shop mystore --order '#1042' 8190000000000000\n" +
			"  countermand map import --shop mystore orders.csv",
	}, mapSet(e), mapImport(e))
}

func mapSet(e *clientEnv) *cobra.Command {
	var m control.MapSet
	c := &cobra.Command{
		Use:   "set --shop N --order NAME AE_ID...",
		Short: "Set the AliExpress orders of one shop order",
		Long: "Set the AliExpress orders of one shop order. One checkout becomes one AliExpress order\n" +
			"for each seller, so there may be several. Whether a number is the right one is still\n" +
			"checked on its page before anything is asked.",
		Example: `  countermand map set --shop mystore --order '#1042' 8190000000000000
  countermand map set --shop mystore --order '#1042' 8190000000000000 8190000000000001`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s wants at least one AliExpress order number", cmd.CommandPath())
			}
			return nil
		},
		RunE: e.talk(func(ctx context.Context, cl *control.Client, args []string) error {
			m.SupplierOrders = args
			if err := checkMapping(m); err != nil {
				return err
			}
			cases, err := cl.MapSet(ctx, m)
			if err != nil {
				return err
			}
			if len(cases.Cases) == 0 {
				return e.print(plain.Line("Noted for "+m.Order+" at "+m.Shop+"; no case needs it yet.") + "\n")
			}
			return e.print(e.casesText(cases, cl.Now()))
		}),
	}
	c.Flags().StringVar(&m.Shop, "shop", "", "the shop's name in the config")
	c.Flags().StringVar(&m.Order, "order", "", "the shop order's name, such as #1042")
	return c
}

func checkMapping(m control.MapSet) error {
	switch {
	case m.Shop == "":
		return usagef("--shop is missing: the shop's name in the config")
	case m.Order == "":
		return usagef("--order is missing: the shop order's name, such as '#1042' (quote it, a shell takes # for a comment)")
	}
	for i, n := range m.SupplierOrders {
		if err := supplier.CheckNumber(n); err != nil {
			return &usageError{err}
		}
		if slices.Contains(m.SupplierOrders[:i], n) {
			return usagef("%s is given twice", n)
		}
	}
	return nil
}
