package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countermand/cmd/internal/control"
	"countermand/state"
)

const mapFile = `Order #,Ali Order #,SKU,Quantity
#1042,8190000000000001,L-1,2
#1042,8190000000000002,C-1,1
#1043,8.19E+15,L-1,1
#1049,8190000000000003,,
#1050,,L-1,1
`

func writeMapFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "orders.csv")
	ok(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// The report names what is stored, and each row that is not, with its reason.
func TestMapImport(t *testing.T) {
	t.Parallel()
	d := serve(t)
	s := d.call(t, "map", "import", "--shop", "mystore", writeMapFile(t, mapFile))
	for _, want := range []string{
		"mystore: 1 orders with 2 supplier orders stored, from 5 rows.", `supplier order: column "Ali Order #"`, "Left out: 3.",
		"row 4  #1043  a spreadsheet wrote the number as 8.19E+15", "row 5  1049   map set has said otherwise", "row 6  #1050  it has no supplier order number",
	} {
		if !strings.Contains(s.out, want) {
			t.Errorf("%q is not in\n%s%s", want, s.out, s.err)
		}
	}
	if got := d.imported["1042"]; s.code != 0 || len(d.imported) != 1 || len(got) != 2 || got[0].By != "import" || len(got[0].Lines) != 1 || got[0].Lines[0] != (state.Line{SKU: "L-1", Quantity: 2}) {
		t.Errorf("stored %+v, code %d", d.imported, s.code)
	}
}

// A file of several stores: the shop's own rows are taken, as the file calls it.
func TestMapImportOfOneStore(t *testing.T) {
	t.Parallel()
	d := serve(t)
	path := writeMapFile(t, "Order,Store,Ali Order #\n#1042,Lamps,8190000000000001\n#1042,Cups,8190000000000002\n")
	if s := d.call(t, "map", "import", "--shop", "mystore", path); s.code != 2 || len(d.imported) != 0 || !strings.Contains(s.err, "say with --store") {
		t.Errorf("%+v stored %+v", s, d.imported)
	}
	s := d.call(t, "map", "import", "--shop", "mystore", "--store", "lamps", path)
	if got := d.imported["1042"]; s.code != 0 || len(got) != 1 || got[0].SupplierOrder != "8190000000000001" {
		t.Errorf("%+v stored %+v", s, d.imported)
	}
	for _, want := range []string{`store: column "Store"`, `row 3  #1042  it is a row of another store: "Cups"`} {
		if !strings.Contains(s.out, want) {
			t.Errorf("%q is not in\n%s", want, s.out)
		}
	}
}

// A dry run needs no daemon and changes nothing.
func TestMapImportDryRun(t *testing.T) {
	t.Parallel()
	s := call(t, map[string]string{"COUNTERMAND_SOCKET": "/nowhere/s"}, "map", "import", "--shop", "mystore", "--dry-run", "--json", writeMapFile(t, mapFile))
	var got imported
	ok(t, json.Unmarshal([]byte(s.out), &got))
	if s.code != 0 || !got.DryRun || got.Rows != 5 || len(got.Taken) != 2 || len(got.LeftOut) != 2 || got.Taken[0].Rows[1] != 3 {
		t.Errorf("%+v: %+v", s, got)
	}
	if s := call(t, map[string]string{"COUNTERMAND_SOCKET": "/nowhere/s"}, "map", "import", "--shop", "mystore", writeMapFile(t, mapFile)); s.code != 3 || s.out != "" {
		t.Errorf("without a daemon: %+v", s)
	}
}

// A long file goes to the daemon in parts, and tells how far it is.
func TestMapImportOfManyOrders(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("Order;Ali order no.\n")
	const n = 2*control.MaxImport + 1
	for i := range n {
		fmt.Fprintf(&b, "#%d;8190000000%06d\n", 2000+i, i)
	}
	d := serve(t)
	s := d.call(t, "map", "import", "--shop", "mystore", writeMapFile(t, b.String()))
	if s.code != 0 || len(d.imported) != n || !strings.Contains(s.err, fmt.Sprintf("1000 of %d orders", n)) || !strings.Contains(s.out, fmt.Sprintf("%d orders", n)) {
		t.Errorf("stored %d: %+v", len(d.imported), s)
	}
}

func TestMapImportMistakes(t *testing.T) {
	t.Parallel()
	d := serve(t)
	for says, args := range map[string][]string{
		"--shop is missing":    {"map", "import", writeMapFile(t, mapFile)},
		"wants one file":       {"map", "import", "--shop", "mystore"},
		"no such file":         {"map", "import", "--shop", "mystore", "/nowhere.csv"},
		"no header names both": {"map", "import", "--shop", "mystore", writeMapFile(t, "a,b\n1,2\n")},
		"save it as CSV first": {"map", "import", "--shop", "mystore", writeMapFile(t, "PK\x03\x04")},
	} {
		if s := d.call(t, args...); s.code != 2 || s.out != "" || !strings.Contains(s.err, says) {
			t.Errorf("%s: %+v", says, s)
		}
	}
}
