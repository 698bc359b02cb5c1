package shopify

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxMapFile bounds a file of mappings, in bytes.
	MaxMapFile = 8 << 20
	// MaxMapRows bounds its rows.
	MaxMapRows = 100_000
	// headerRows is how far down the header is looked for: some exports begin
	// with a title.
	headerRows = 10
)

// columns are where a file has what.
type columns struct {
	order, supplier, sku, quantity, store int // -1: it has none
	names                                 [5]string
}

// storeName is the place of the column that says whose row it is, among names.
const storeName = 4

// column tells how well a header fits, best first; the first pattern of which
// exactly one header fits counts.
type column struct {
	word string
	fits []*regexp.Regexp
}

// Headers are compared in lower case and without spaces and punctuation, so
// "Order #" is "order" here.
var (
	orderColumn = column{"the shop's order", []*regexp.Regexp{
		regexp.MustCompile(`^(shopify|store|shop)order(number|no|nr|num|name)?$|^order(number|no|nr|num|name)?shopify$`),
		regexp.MustCompile(`^order(number|no|nr|num|name)?$`),
		regexp.MustCompile(`^name$`), // as Shopify's own export has it
		regexp.MustCompile(`^(shopify|store|shop)?orderid$`),
	}}
	supplierColumn = column{"the supplier order", []*regexp.Regexp{
		regexp.MustCompile(`^ali(express)?order(number|no|nr|num|id)?s?$|^aeids?$|^aeorder(number|no|nr|num|id)?s?$`),
		regexp.MustCompile(`ali.*order|order.*ali|^ae.*order`),
		regexp.MustCompile(`^supplierorder(number|no|nr|num|id)?s?$`),
	}}
	skuColumn = column{"the SKU", []*regexp.Regexp{
		regexp.MustCompile(`^(lineitem|variant|product)?sku$`),
	}}
	quantityColumn = column{"the quantity", []*regexp.Regexp{
		regexp.MustCompile(`^(lineitem|product|item)?(quantity|qty)$`),
		regexp.MustCompile(`^productcount$`),
	}}
	storeColumn = column{"whose row it is", []*regexp.Regexp{
		regexp.MustCompile(`^(from|which|my|our|shopify|source|sales)?(store|shop)(name|title)?$`),
		regexp.MustCompile(`^(my|our|shopify|source)?(store|shop)?(domain|url)$`),
		regexp.MustCompile(`^(my|our|shopify|source)?(store|shop)id$`),
	}}
	// aside: a header with such a word is about an order, not its number.
	aside = regexp.MustCompile(`status|state|date|time|total|amount|cost|price|currency|track|fee|note|memo|message|account|email|country|customer`)
)

// plainHeader is a header as the patterns see it.
func plainHeader(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// find gives the column's place, -1 where there is none. Two headers that fit
// as well as each other are an error: a guess could name other orders.
func (c column) find(header []string) (int, error) {
	for _, fit := range c.fits {
		at := -1
		for i, h := range header {
			plain := plainHeader(h)
			if !fit.MatchString(plain) || aside.MatchString(plain) {
				continue
			}
			if at >= 0 {
				return -1, fmt.Errorf("both %q and %q may be %s: rename the other one", header[at], h, c.word)
			}
			at = i
		}
		if at >= 0 {
			return at, nil
		}
	}
	return -1, nil
}

func findColumns(header []string) (columns, error) {
	c := columns{}
	for i, want := range []struct {
		column
		at *int
	}{{orderColumn, &c.order}, {supplierColumn, &c.supplier}, {skuColumn, &c.sku}, {quantityColumn, &c.quantity}, {storeColumn, &c.store}} {
		var err error
		if *want.at, err = want.find(header); err != nil {
			return c, err
		}
		if *want.at >= 0 {
			c.names[i] = strings.TrimSpace(header[*want.at])
		}
	}
	return c, nil
}

var errNoColumns = errors.New("no header names both the shop's order and the supplier order: want columns such as \"Order #\" and \"Ali Order #\"")

// record is one row with its number as a spreadsheet counts.
type record struct {
	row   int
	cells []string
}

func (r record) cell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	return plainCell(r.cells[i])
}

// asText is what spreadsheets write so that a number stays a text.
var asText = regexp.MustCompile(`^="(.*)"$`)

func plainCell(s string) string {
	s = strings.TrimSpace(s)
	if m := asText.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "'"))
}

// readTable reads the rows below the header.
func readTable(r io.Reader) (columns, []record, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxMapFile+1))
	switch {
	case err != nil:
		return columns{}, nil, fmt.Errorf("read the file: %w", err)
	case len(data) > MaxMapFile:
		return columns{}, nil, fmt.Errorf("the file has more than %d MB: split it", MaxMapFile>>20)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return columns{}, nil, errors.New("this is a workbook, not a CSV file: save it as CSV first, with the order numbers as text")
	}
	text := plainText(data)
	commas := []rune{',', ';', '\t'}
	if said, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(strings.ToLower(said), "sep=") && len(strings.TrimSpace(said)) <= 5 {
		comma, _ := utf8.DecodeRuneInString(said[4:])
		commas, text = []rune{comma}, "\n"+rest // the line keeps its number
	}
	var failed error
	for _, comma := range commas {
		cols, rows, err := readSeparated(text, comma)
		if err == nil {
			return cols, rows, nil
		}
		if failed == nil || !errors.Is(err, errNoColumns) {
			failed = err
		}
	}
	return columns{}, nil, failed
}

// readSeparated reads the whole text with one separator.
func readSeparated(text string, comma rune) (cols columns, rows []record, err error) {
	cr := csv.NewReader(strings.NewReader(text))
	cr.Comma, cr.FieldsPerRecord = comma, -1
	found, inner, looked := false, 0, 0
	for {
		cells, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if !found {
				return cols, nil, errNoColumns // with another separator the quotes may fit
			}
			return cols, nil, fmt.Errorf("the quotes do not fit: %w", err)
		}
		line, _ := cr.FieldPos(0)
		rec := record{line - inner, cells}
		for _, c := range cells {
			inner += strings.Count(c, "\n")
		}
		switch {
		case found:
			if rows = append(rows, rec); len(rows) > MaxMapRows {
				return cols, nil, fmt.Errorf("the file has more than %d rows: split it", MaxMapRows)
			}
		case looked < headerRows:
			looked++
			if cols, err = findColumns(cells); err != nil {
				return cols, nil, err
			}
			found = cols.order >= 0 && cols.supplier >= 0
		}
	}
	if !found {
		return cols, nil, errNoColumns
	}
	return cols, rows, nil
}

// plainText puts what spreadsheets write into UTF-8. What is in no Unicode is
// taken for Latin: numbers and headers are the same in all of it.
func plainText(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order, data = binary.BigEndian, data[2:]
	case len(data) > 3 && data[1] == 0 && data[3] == 0:
		order = binary.LittleEndian
	case len(data) > 3 && data[0] == 0 && data[2] == 0:
		order = binary.BigEndian
	}
	var text string
	switch data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")); {
	case order != nil:
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		text = string(utf16.Decode(units))
	case utf8.Valid(data):
		text = string(data)
	default:
		runes := make([]rune, len(data))
		for i, b := range data {
			runes[i] = rune(b)
		}
		text = string(runes)
	}
	if !strings.Contains(text, "\n") { // as old Macs end their lines
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text
}
