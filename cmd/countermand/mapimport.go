package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countermand/cmd/internal/app"
	"countermand/cmd/internal/control"
	"countermand/cmd/internal/plain"
)

// shownRows bounds the rows that a person is shown; --json has all of them.
const shownRows = 40

// imported is the document of `map import --json`.
type imported struct {
	Shop   string `json:"shop"`
	DryRun bool   `json:"dry_run,omitempty"`
	Rows   int    `json:"rows"`
	// Taken are the orders that are stored now, or would be.
	Taken []control.ImportOrder `json:"taken"`
	// LeftOut are rows that were not taken, and orders of which somebody had
	// said otherwise, which stands.
	LeftOut []app.LeftOut `json:"left_out"`

	called  string // what the file calls the shop
	columns [5]string
}

func mapImport(e *clientEnv) *cobra.Command {
	var doc imported
	var asJSON bool
	c := &cobra.Command{
		Use:   "import --shop N FILE.csv",
		Short: "Take the AliExpress orders of many shop orders from a file",
		Long: `Takes the AliExpress orders of many shop orders from a CSV file, such as an
export of DSers or Oberlo or a table of your own. The columns are found by their
headers: the shop's order ("Order", "Order #", "Order number", "Name") and the
AliExpress order ("Ali Order #", "AliExpress order number" ...), and where there
are any, SKU and quantity, which say what a number covers. A cell may hold
several numbers or links, and an order several rows. Separators may be commas,
semicolons or tabs.

A column that says whose row it is ("Store", "From store?" ...) is read: rows of
other stores are left out and told. Where it does not call the shop by its name
or its myshopify.com address, --store says how it does. A row without a number
does not narrow the others: the only number of an order then stands for all of it.

What cannot be believed is left out and told with its row: above all numbers
that a spreadsheet has shown as 8.19E+15, whose last digits are lost. Of an order
of which one row is left out for that, no row is taken. What map set said of an
order stands. A file may be imported again; - reads standard input.`,
		Example: `  countermand map import --shop mystore --dry-run orders.csv
  countermand map import --shop mystore orders.csv`,
		Args: oneArg("one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if doc.Shop == "" {
				return usagef("--shop is missing: the shop's name in the config")
			}
			return doc.run(cmd.Context(), e, asJSON, args[0], cmd.InOrStdin())
		},
	}
	c.Flags().StringVar(&doc.Shop, "shop", "", "the shop's name in the config")
	c.Flags().StringVar(&doc.called, "store", "", "what the file calls the shop, where it has rows of several (default: the shop's name)")
	c.Flags().BoolVar(&doc.DryRun, "dry-run", false, "only say what would be taken; no daemon is asked")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func (d *imported) run(ctx context.Context, e *clientEnv, asJSON bool, path string, stdin io.Reader) error {
	file, err := readMapFile(path, stdin, cmp.Or(d.called, d.Shop))
	if err != nil {
		return &usageError{err}
	}
	d.Rows, d.columns, d.Taken, d.LeftOut = file.Rows, file.Columns, app.ImportOrders(file), append([]app.LeftOut{}, file.LeftOut...)
	var failed error
	if !d.DryRun {
		failed = d.store(ctx, e)
	}
	if failed != nil && len(d.Taken) == 0 {
		return failed
	}
	err = e.answer(asJSON, d, d.text(e))
	return cmp.Or(failed, err)
}

func readMapFile(path string, stdin io.Reader, mine string) (app.MapFile, error) {
	if path == "-" {
		return app.ReadMapFile(stdin, mine)
	}
	f, err := os.Open(path)
	if err != nil {
		return app.MapFile{}, err
	}
	defer f.Close()
	file, err := app.ReadMapFile(f, mine)
	if err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// store hands the orders to the daemon, part by part, and moves to LeftOut
// what the daemon left as it was. After an error Taken is what is stored.
func (d *imported) store(ctx context.Context, e *clientEnv) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	orders := d.Taken
	d.Taken = []control.ImportOrder{}
	for part := range slices.Chunk(orders, control.MaxImport) {
		got, err := cl.MapImport(ctx, control.MapImport{Shop: d.Shop, Orders: part})
		if err != nil {
			if len(d.Taken) > 0 {
				err = fmt.Errorf("%d of %d orders are stored, run it again for the rest: %w", len(d.Taken), len(orders), err)
			}
			return err
		}
		for _, o := range part {
			if why, refused := got.Refused[o.Order]; refused {
				d.LeftOut = append(d.LeftOut, app.LeftOut{Row: first(o.Rows), Order: o.Order, Why: why})
				continue
			}
			d.Taken = append(d.Taken, o)
		}
		if len(orders) > control.MaxImport {
			fmt.Fprintf(e.Stderr, "%d of %d orders\n", len(d.Taken), len(orders))
		}
	}
	return nil
}

func first(rows []int) int {
	if len(rows) == 0 {
		return 0
	}
	return rows[0]
}

// text is the report for a person.
func (d *imported) text(e *clientEnv) string {
	var b strings.Builder
	verb := "stored"
	if d.DryRun {
		verb = "would be stored"
	}
	numbers := 0
	for _, o := range d.Taken {
		numbers += len(o.SupplierOrders)
	}
	fmt.Fprintf(&b, "%s: %d orders with %d supplier orders %s, from %d rows.\n", plain.Line(d.Shop), len(d.Taken), numbers, verb, d.Rows)
	for i, word := range []string{"order", "supplier order", "SKU", "quantity", "store"} {
		if d.columns[i] != "" {
			fmt.Fprintf(&b, "  %s: column %q\n", word, plain.Line(d.columns[i]))
		}
	}
	if len(d.LeftOut) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "Left out: %d.\n", len(d.LeftOut))
	t := e.table("  ")
	for _, l := range d.LeftOut[:min(shownRows, len(d.LeftOut))] {
		t.row(fmt.Sprintf("row %d", l.Row), l.Order, l.Why)
	}
	b.WriteString(t.String())
	if more := len(d.LeftOut) - shownRows; more > 0 {
		fmt.Fprintf(&b, "  and %d more, see --json\n", more)
	}
	return b.String()
}
