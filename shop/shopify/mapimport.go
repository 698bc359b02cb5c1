package shopify

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"countermand/state"
)

// ByImport marks a number that a file of mappings gave.
const ByImport = "import"

// MapFile is what a file of mappings says.
type MapFile struct {
	// Columns are the headers that were taken for the shop's order, the
	// AliExpress order, the SKU, the quantity, and whose row it is; empty for what
	// it has not.
	Columns [5]string
	// Rows is how many there are below the header.
	Rows   int
	Orders []MapOrder
	// LeftOut are the rows that were not taken, in the file's order.
	LeftOut []LeftOut
}

// MapOrder is one order of the shop.
type MapOrder struct {
	// Name is without the sign that Shopify puts before it.
	Name string
	// Rows are where it stands, as a spreadsheet counts: the header is in row
	// 1, or further down.
	Rows []int
	// Supplier has a line for each SKU where every row of a number names one;
	// the quantity is 0 where the file has none.
	Supplier []state.Mapping
}

// LeftOut is a row that was not taken, and why.
type LeftOut struct {
	Row   int    `json:"row,omitempty"`
	Order string `json:"order,omitempty"` // as it is written, empty where the row names none
	Why   string `json:"why"`
}

const (
	maxName       = 60
	maxPerOrder   = 50
	maxPieces     = 100_000
	roundedSample = 5
)

var (
	// scientific is how a spreadsheet shows a long number.
	scientific = regexp.MustCompile(`(?i)\d[.,]?\d*e\+?\d+`)
	// internalID: no order's name is so long a number.
	internalID = regexp.MustCompile(`^\d{12,}$`)
	// floated is a whole number that went through a decimal one.
	floated = regexp.MustCompile(`^(\d{1,11})[.,]0$`)
)

// ReadMapFile reads a file of mappings as DSers, Oberlo and spreadsheets write
// them: separated by commas, semicolons or tabs, in UTF-8 or UTF-16, its
// columns found by their headers. Of an order of which one row cannot be
// believed none is taken: half of its numbers would be half of a cancel.
//
// Where a column says whose row it is, the rows of any store but mine are left out:
// stores name their orders alike.
func ReadMapFile(r io.Reader, mine ...string) (MapFile, error) {
	cols, rows, err := readTable(r)
	if err != nil {
		return MapFile{}, err
	}
	b := mapBuilder{cols: cols, orders: map[string]*mapDraft{}, owners: map[string][]string{}, foreign: map[string]string{}, blank: map[string][]LeftOut{}}
	stores := byStore{own: rows}
	if cols.store >= 0 {
		if stores, err = partByStore(cols, rows, mine); err != nil {
			return MapFile{}, err
		}
	}
	for _, rec := range stores.foreign {
		b.otherStore(rec)
	}
	for _, rec := range stores.own {
		b.row(rec, stores.unsaid[rec.row])
	}
	if b.rounded() {
		return MapFile{}, errors.New("every supplier order number ends in 0: a spreadsheet has rounded them, and they are other orders now; export again with that column as text")
	}
	return b.file(len(rows)), nil
}

// mapDraft is an order while its rows are read.
type mapDraft struct {
	MapOrder
	// whole are the numbers of which a row names no SKU, or more numbers than
	// one: which lines they cover is not known.
	whole []string
	bad   string // why it is not taken
}

type mapBuilder struct {
	cols    columns
	orders  map[string]*mapDraft
	names   []string
	owners  map[string][]string  // keys of orders, by number
	foreign map[string]string    // what other stores' rows say, by number
	blank   map[string][]LeftOut // rows without a number, by key of the order
	leftOut []LeftOut
}

// otherStore leaves out a row of another store.
func (b *mapBuilder) otherStore(rec foreignRow) {
	order := rec.cell(b.cols.order)
	b.leave(rec.row, order, fmt.Errorf("it is a row of another store: %q", clip(rec.store, maxName)))
	numbers, _ := cellNumbers(rec.cell(b.cols.supplier))
	for _, n := range numbers {
		b.foreign[n] = clip(rec.store+" "+order, 2*maxName)
	}
}

func (b *mapBuilder) row(rec record, unsaid bool) {
	if !slices.ContainsFunc(rec.cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		return
	}
	written := rec.cell(b.cols.order)
	name, err := orderName(written)
	if err != nil {
		b.leave(rec.row, written, err)
		return
	}
	numbers, err := cellNumbers(rec.cell(b.cols.supplier))
	if unsaid {
		err = fmt.Errorf("it does not say whose row it is, in column %q", clip(b.cols.names[storeName], maxName))
	}
	if errors.Is(err, errNoNumber) { // not bought yet, or elsewhere, or with the rest of the order
		key := strings.ToLower(name)
		b.blank[key] = append(b.blank[key], LeftOut{rec.row, written, err.Error()})
		return
	}
	pieces, err2 := quantity(rec.cell(b.cols.quantity), b.cols.quantity >= 0)
	d := b.draft(name)
	if err = errors.Join(err, err2); err == nil {
		err = b.take(d, numbers, rec.cell(b.cols.sku), pieces)
	}
	if err != nil {
		b.refuse(d, rec.row, written, err)
		return
	}
	d.Rows = append(d.Rows, rec.row)
}

func (b *mapBuilder) leave(row int, order string, why error) {
	b.leftOut = append(b.leftOut, LeftOut{row, clip(order, maxName), strings.ReplaceAll(why.Error(), "\n", "; ")})
}

func (b *mapBuilder) refuse(d *mapDraft, row int, written string, why error) {
	b.leave(row, written, why)
	if d.bad == "" {
		d.bad = fmt.Sprintf("row %d of the same order was not taken, and half an order is none", row)
	}
}

func (b *mapBuilder) draft(name string) *mapDraft {
	key := strings.ToLower(name)
	d := b.orders[key]
	if d == nil {
		d = &mapDraft{MapOrder: MapOrder{Name: name}}
		b.orders[key], b.names = d, append(b.names, key)
	}
	return d
}

// take adds what one row says.
func (b *mapBuilder) take(d *mapDraft, numbers []string, sku string, pieces int) error {
	for _, n := range numbers {
		if key := strings.ToLower(d.Name); !slices.Contains(b.owners[n], key) {
			b.owners[n] = append(b.owners[n], key)
		}
		i := slices.IndexFunc(d.Supplier, func(m state.Mapping) bool { return m.SupplierOrder == n })
		if i < 0 {
			if i = len(d.Supplier); i == maxPerOrder {
				return fmt.Errorf("the order has more than %d supplier orders", maxPerOrder)
			}
			d.Supplier = append(d.Supplier, state.Mapping{SupplierOrder: n, By: ByImport})
		}
		if sku == "" || len(numbers) > 1 {
			d.whole = append(d.whole, n)
			continue
		}
		addLine(&d.Supplier[i], sku, pieces)
	}
	return nil
}

func addLine(m *state.Mapping, sku string, pieces int) {
	i := slices.IndexFunc(m.Lines, func(l state.Line) bool { return l.SKU == sku })
	if i < 0 {
		m.Lines = append(m.Lines, state.Line{SKU: sku, Quantity: pieces})
		return
	}
	m.Lines[i].Quantity += pieces
}

// rounded: so many numbers do not all end in a zero by chance, and a
// spreadsheet keeps fifteen digits.
func (b *mapBuilder) rounded() bool {
	long := 0
	for n := range b.owners {
		if len(n) <= 15 {
			continue
		}
		if n[len(n)-1] != '0' {
			return false
		}
		long++
	}
	return long >= roundedSample
}

// file leaves out the orders of which a row was refused.
func (b *mapBuilder) file(rows int) MapFile {
	out := MapFile{Columns: b.cols.names, Rows: rows}
	for _, key := range b.names {
		b.shared(key)
	}
	b.leaveBlank()
	for _, key := range b.names {
		d := b.orders[key]
		if d.bad != "" {
			for _, row := range d.Rows {
				b.leave(row, d.Name, errors.New(d.bad))
			}
			continue
		}
		for i, m := range d.Supplier {
			if slices.Contains(d.whole, m.SupplierOrder) {
				d.Supplier[i].Lines = nil
			}
		}
		out.Orders = append(out.Orders, d.MapOrder)
	}
	slices.SortStableFunc(b.leftOut, func(x, y LeftOut) int { return x.Row - y.Row })
	out.LeftOut = b.leftOut
	return out
}

// leaveBlank leaves out the rows without a number. Where the order has one number
// only, it may be theirs too: which of its lines that covers is not known then.
func (b *mapBuilder) leaveBlank() {
	for key, rows := range b.blank {
		d := b.orders[key]
		whole := d != nil && d.bad == "" && len(d.Supplier) == 1 && len(d.Supplier[0].Lines) > 0
		for _, l := range rows {
			if whole {
				d.whole = append(d.whole, d.Supplier[0].SupplierOrder)
				l.Why += ": " + d.Supplier[0].SupplierOrder + ", the only one of its order, is taken for the whole order"
			}
			b.leave(l.Row, l.Order, errors.New(l.Why))
		}
	}
}

// shared finds a number that two orders of the file have.
func (b *mapBuilder) shared(key string) {
	for _, m := range b.orders[key].Supplier {
		if who, theirs := b.foreign[m.SupplierOrder]; theirs {
			b.orders[key].bad = fmt.Sprintf("supplier order %s is also given to %s", m.SupplierOrder, who)
			return
		}
		for _, other := range b.owners[m.SupplierOrder] {
			if other != key {
				b.orders[key].bad = fmt.Sprintf("supplier order %s is also given to %s", m.SupplierOrder, b.orders[other].Name)
				return
			}
		}
	}
}

// orderName reads the name that a merchant knows.
func orderName(s string) (string, error) {
	if m := floated.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	name := strings.TrimSpace(strings.TrimPrefix(s, "#"))
	switch {
	case name == "":
		return "", errors.New("it names no order of the shop")
	case len(name) > maxName || strings.ContainsFunc(name, unicode.IsControl):
		return "", errors.New("that is no order's name")
	case scientific.MatchString(name) && strings.ContainsAny(name, ".,+"):
		return "", fmt.Errorf("a spreadsheet wrote the order's name as %s", name)
	case internalID.MatchString(name):
		return "", errors.New("that is the shop's internal id of an order: the name is needed, such as #1042")
	}
	return name, nil
}

var errNoNumber = errors.New("it has no supplier order number")

// cellNumbers reads the order numbers of a cell: several, or links to them,
// and nothing besides.
func cellNumbers(s string) ([]string, error) {
	if strings.Trim(s, " -–—/.") == "" || strings.EqualFold(s, "n/a") || strings.EqualFold(s, "null") {
		return nil, errNoNumber
	}
	got := scan(s)
	switch {
	case scientific.MatchString(s):
		return nil, fmt.Errorf("a spreadsheet wrote the number as %s and its last digits are lost: export again with that column as text", clip(s, 40))
	case !got.alone && len(got.numbers) > 0:
		return nil, fmt.Errorf("besides a supplier order number there is something else: %q", clip(s, 60))
	case !got.alone:
		return nil, fmt.Errorf("%q is no supplier order number, which has %d to %d digits", clip(s, 60), minDigits, maxDigits)
	}
	return got.numbers, nil
}

// quantity is 0 where the file has no such column, and 1 in an empty cell.
func quantity(s string, there bool) (int, error) {
	if !there {
		return 0, nil
	}
	if m := floated.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxPieces {
		return 0, fmt.Errorf("%q is no quantity", clip(s, 20))
	}
	return n, nil
}
