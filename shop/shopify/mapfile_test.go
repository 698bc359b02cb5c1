package shopify_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"countermand/shop/shopify"
	"countermand/state"
)

// told writes a file's orders and rows left out as a test reads them.
func told(f shopify.MapFile) (out []string) {
	for _, o := range f.Orders {
		text := o.Name + fmt.Sprint(o.Rows)
		for _, m := range o.Supplier {
			text += " " + m.SupplierOrder
			for _, l := range m.Lines {
				text += fmt.Sprintf(" %s*%d", l.SKU, l.Quantity)
			}
		}
		out = append(out, text)
	}
	for _, l := range f.LeftOut {
		out = append(out, fmt.Sprintf("not %d %s: %s", l.Row, l.Order, l.Why))
	}
	return out
}

const numberA, numberB, numberC = "8190000000000001", "8190000000000002", "8190000000000003"

// Files as they are met, and what is taken of them.
func TestMapFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"plain":                       {"Order,AliExpress order\n#1042," + numberA + "\n1043," + numberB, []string{"1042[2] " + numberA, "1043[3] " + numberB}},
		"oberlo-like":                 {"Order #,Created,Financial status,Supplier,SKU,Product,Quantity,Tracking number,Ali Order #,Name,Order note,Order state\n#1042,2020-01-02,paid,Shop,L-1,Lamp,2,LX1,8190000000000001,Ann,call 8190000000000009,To order\n#1042,2020-01-02,paid,Shop,C-1,Cup,1,,8190000000000002,Ann,,To order\n", []string{"1042[2 3] " + numberA + " L-1*2 " + numberB + " C-1*1"}},
		"dsers-like":                  {"Order number;Date;SKU;Product count;Order memo;AliExpress Order Number;AliExpress order status\n#1042;02/01/2026;L-1;1;no invoice;8190000000000001;Awaiting shipment\n", []string{"1042[2] " + numberA + " L-1*1"}},
		"by shopify":                  {"Name,Email,Lineitem sku,Lineitem quantity,Ali order no.\n#1042,a@example.org,L-1,3," + numberA, []string{"1042[2] " + numberA + " L-1*3"}},
		"two order columns":           {"Order,Shopify order number,AE order\n77,#1042," + numberA, []string{"1042[2] " + numberA}},
		"tabs":                        {"ORDER_NUMBER\tALI-EXPRESS   ORDER (NO)\n#1042\t" + numberA, []string{"1042[2] " + numberA}},
		"excel says which separator":  {"sep=;\r\nOrder;Ali Order #\r\n#1042;" + numberA + "\r\n", []string{"1042[3] " + numberA}},
		"title above":                 {"My orders\n\nOrder,Ali Order #\n#1042," + numberA, []string{"1042[4] " + numberA}},
		"quoted":                      {"\"Order\",\"Ali, Order #\"\n\"#1042\",\"" + numberA + "\"\n", []string{"1042[2] " + numberA}},
		"as text":                     {"Order,Ali Order #\n\"=\"\"#1042\"\"\",\"=\"\"" + numberA + "\"\"\"\n#1043,'" + numberB, []string{"1042[2] " + numberA, "1043[3] " + numberB}},
		"BOM":                         {"\xef\xbb\xbfOrder,Ali Order #\n#1042," + numberA, []string{"1042[2] " + numberA}},
		"Latin":                       {"Order,Produkt,Ali Order #\n#1042,K\xe4se," + numberA, []string{"1042[2] " + numberA}},
		"old Mac":                     {"Order,Ali Order #\r#1042," + numberA + "\r", []string{"1042[2] " + numberA}},
		"several in a cell":           {"Order,Ali Order #\n#1042,\"" + numberA + "; " + numberB + "\n" + numberC + "\"\n#1043,8190000000000004", []string{"1042[2] " + numberA + " " + numberB + " " + numberC, "1043[3] 8190000000000004"}},
		"links":                       {"Order,Ali order link\n#1042,https://trade.aliexpress.com/order_detail.htm?orderId=" + numberA, []string{"1042[2] " + numberA}},
		"same row twice":              {"Order,Ali Order #\n#1042," + numberA + "\n#1042," + numberA, []string{"1042[2 3] " + numberA}},
		"a float for a name":          {"Order,Ali Order #\n1042.0," + numberA, []string{"1042[2] " + numberA}},
		"lines not told of every row": {"Order,Ali Order #,SKU\n#1,8190000000000001,L-1\n#1,8190000000000001,\n#2,\"8190000000000002,8190000000000003\",C-1\n", []string{"1[2 3] " + numberA, "2[4] " + numberB + " " + numberC}},
		"lines add up":                {"Order,Ali Order #,SKU,Qty\n#1,8190000000000001,L-1,1\n#1,8190000000000001,L-1,2.0\n#1,8190000000000001,C-1,\n", []string{"1[2 3 4] " + numberA + " L-1*3 C-1*1"}},
		"empty rows":                  {"Order,Ali Order #\n\n,\n#1042," + numberA + "\n,,,\n", []string{"1042[4] " + numberA}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := shopify.ReadMapFile(strings.NewReader(tc.text))
			if diff := cmp.Diff(tc.want, told(got)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

// A row without a number narrows no other: the only number of its order may cover its
// line too.
func TestMapRowsWithoutNumber(t *testing.T) {
	t.Parallel()
	const none = "it has no supplier order number"
	whole := func(n string) string {
		return none + ": " + n + ", the only one of its order, is taken for the whole order"
	}
	for name, tc := range map[string]struct{ rows, want []string }{
		"behind":             {[]string{"#7,L-1," + numberA, "#7,S-1,"}, []string{"7[2] " + numberA, "not 3 #7: " + whole(numberA)}},
		"before":             {[]string{"#7,S-1,-", "#7,L-1," + numberA}, []string{"7[3] " + numberA, "not 2 #7: " + whole(numberA)}},
		"of several lines":   {[]string{"#7,L-1," + numberA, "#7,S-1,n/a", "#7,C-1," + numberA}, []string{"7[2 4] " + numberA, "not 3 #7: " + whole(numberA)}},
		"beside two numbers": {[]string{"#7,L-1," + numberA, "#7,S-1,", "#7,C-1," + numberB}, []string{"7[2 4] " + numberA + " L-1*0 " + numberB + " C-1*0", "not 3 #7: " + none}},
		"of another order":   {[]string{"#7,L-1," + numberA, "#8,S-1,"}, []string{"7[2] " + numberA + " L-1*0", "not 3 #8: " + none}},
		"named otherwise":    {[]string{"#7a,L-1," + numberA, "7A,S-1,"}, []string{"7a[2] " + numberA, "not 3 7A: " + whole(numberA)}},
	} {
		got, err := shopify.ReadMapFile(strings.NewReader("Order,SKU,Ali Order #\n" + strings.Join(tc.rows, "\n")))
		if diff := cmp.Diff(tc.want, told(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

// Stores name their orders alike: a column that says whose row it is counts.
func TestMapRowsOfOtherStores(t *testing.T) {
	t.Parallel()
	const other = `: it is a row of another store: "Cups"`
	both := []string{"#7,lamps," + numberA, "#7,Cups," + numberB}
	apart := []string{"7[2] " + numberA, "not 3 #7" + other}
	as := func(store string) []string { return []string{"#7," + store + "," + numberA, "#7,Cups," + numberB} }
	for name, tc := range map[string]struct {
		header     string
		rows, want []string
	}{
		"its name":           {"Store", both, apart},
		"in capitals":        {"From store?", as("LAMPS"), apart},
		"its domain":         {"Shop", as("lamps.myshopify.com"), apart},
		"its address":        {"Store URL", as("https://lamps.myshopify.com/"), apart},
		"its admin":          {"Shop domain", as("https://admin.shopify.com/store/lamps"), apart},
		"an order goes on":   {"Store", []string{"#7,lamps," + numberA, "#7,," + numberB, "#8,Cups," + numberC, "#8,,8190000000000004"}, []string{"7[2 3] " + numberA + " " + numberB, "not 4 #8" + other, "not 5 #8" + other}},
		"it is not said":     {"Store", []string{"#7,lamps," + numberA, "#8,," + numberB, "#7,," + numberC}, []string{"not 2 #7: row 4 of the same order was not taken, and half an order is none", `not 3 #8: it does not say whose row it is, in column "Store"`, `not 4 #7: it does not say whose row it is, in column "Store"`}},
		"one number for two": {"Store", []string{"#7,lamps," + numberA, "#9,Cups," + numberA}, []string{"not 2 #7: supplier order " + numberA + " is also given to Cups #9", "not 3 #9" + other}},
		"an empty column":    {"Store", []string{"#7,," + numberA, "#8,," + numberB}, []string{"7[2] " + numberA, "8[3] " + numberB}},
		"the supplier's":     {"AliExpress store", []string{"#7,Lucky Store," + numberA}, []string{"7[2] " + numberA}},
	} {
		got, err := shopify.ReadMapFile(strings.NewReader("Order,"+tc.header+",Ali Order #\n"+strings.Join(tc.rows, "\n")), "lamps")
		for i := range got.LeftOut {
			got.LeftOut[i].Order = "#" + strings.TrimPrefix(got.LeftOut[i].Order, "#")
		}
		if diff := cmp.Diff(tc.want, told(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	got, err := shopify.ReadMapFile(strings.NewReader("Order,Store,Ali Order #\n#7,Lamps & Co,"+numberA+"\n#8,Cups,"+numberB), "lamps")
	if err == nil || !strings.Contains(err.Error(), `no row says "lamps": say with --store which of them are this shop's ("Lamps & Co", "Cups")`) {
		t.Errorf("took %v, %v", told(got), err)
	}
}

// Each row that is not taken says why. Of its order none is, unless the row
// only has no number yet.
func TestMapRowsLeftOut(t *testing.T) {
	t.Parallel()
	const half = "of the same order was not taken, and half an order is none"
	for name, tc := range map[string]struct {
		rows []string
		want []string
	}{
		"scientific":             {[]string{"#1,8.19E+15", "#2,\"8,19E+15\"", "#3,8190000000000001"}, []string{"3[4] " + numberA, "not 2 #1: a spreadsheet wrote the number as 8.19E+15 and its last digits are lost: export again with that column as text", "not 3 #2: a spreadsheet wrote the number as 8,19E+15 and its last digits are lost: export again with that column as text"}},
		"no number yet":          {[]string{"#1,", "#1,8190000000000001", "#2,-", "#3,N/A"}, []string{"1[3] " + numberA, "not 2 #1: it has no supplier order number", "not 4 #2: it has no supplier order number", "not 5 #3: it has no supplier order number"}},
		"half an order":          {[]string{"#1,8190000000000001", "#2,8190000000000002", "1,12345"}, []string{"2[3] " + numberB, "not 2 1: row 4 " + half, `not 4 1: "12345" is no supplier order number, which has 15 to 17 digits`}},
		"two orders, one number": {[]string{"#1,8190000000000001", "#2,8190000000000001", "#2,8190000000000002", "#3,8190000000000003"}, []string{"3[5] " + numberC, "not 2 1: supplier order " + numberA + " is also given to 2", "not 3 2: supplier order " + numberA + " is also given to 1", "not 4 2: supplier order " + numberA + " is also given to 1"}},
		"words":                  {[]string{"#1,ask 8190000000000001", "#2,call +8190000000000002", "#3,8190000000000003.0"}, []string{`not 2 #1: besides a supplier order number there is something else: "ask 8190000000000001"`, `not 3 #2: "call +8190000000000002" is no supplier order number, which has 15 to 17 digits`, `not 4 #3: "8190000000000003.0" is no supplier order number, which has 15 to 17 digits`}},
		"no name":                {[]string{",8190000000000001", "#,8190000000000002", "820982911946154508,8190000000000003", "1.042E+03,8190000000000004"}, []string{"not 2 : it names no order of the shop", "not 3 #: it names no order of the shop", "not 4 820982911946154508: that is the shop's internal id of an order: the name is needed, such as #1042", "not 5 1.042E+03: a spreadsheet wrote the order's name as 1.042E+03"}},
		"quantity":               {[]string{"#1,8190000000000001,0", "#2,8190000000000002,two", "#3,8190000000000003,-1"}, []string{`not 2 #1: "0" is no quantity`, `not 3 #2: "two" is no quantity`, `not 4 #3: "-1" is no quantity`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := shopify.ReadMapFile(strings.NewReader("Order,Ali Order #,Quantity\n" + strings.Join(tc.rows, "\n")))
			if diff := cmp.Diff(tc.want, told(got)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

// A file of which nothing can be believed says what to do about it.
func TestMapFilesRefused(t *testing.T) {
	t.Parallel()
	rounded := "Order,Ali Order #\n"
	for i := range 5 {
		rounded += fmt.Sprintf("#%d,81900000000%05d\n", i, 10*i)
	}
	for name, tc := range map[string]struct{ text, says string }{
		"nothing":       {"", "no header names both"},
		"one column":    {"Order,Tracking number\n#1,LX1", "no header names both"},
		"only states":   {"Order,AliExpress order status\n#1,paid", "no header names both"},
		"two suppliers": {"Order,Ali order no,AliExpress order number\n#1,1,2", `both "Ali order no" and "AliExpress order number" may be the supplier order`},
		"two orders":    {"Order,order no.,Ali order no\n#1,1,2", `both "Order" and "order no." may be the shop's order`},
		"workbook":      {"PK\x03\x04rest", "save it as CSV"},
		"open quote":    {"Order,Ali Order #\n#1,\"8190000000000001\n#2,8190000000000002\n", "the quotes do not fit"},
		"rounded":       {rounded, "ends in 0"},
		"too large":     {strings.Repeat("x", shopify.MaxMapFile+1), "more than 8 MB"},
		"too many rows": {"Order,Ali Order #\n" + strings.Repeat("#1,\n", shopify.MaxMapRows+1), "more than 100000 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := shopify.ReadMapFile(strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, %v", told(got), err)
			}
		})
	}
}

// Excel writes "Unicode text" as UTF-16 with tabs.
func TestMapFileInUTF16(t *testing.T) {
	t.Parallel()
	text := "Order\tProdukt\tAli Order #\r\n#1042\tKäse 🧀\t" + numberA + "\r\n"
	for name, order := range map[string]binary.AppendByteOrder{"little": binary.LittleEndian, "big": binary.BigEndian} {
		for _, mark := range []string{"\ufeff", ""} {
			var b []byte
			for _, u := range utf16.Encode([]rune(mark + text)) {
				b = order.AppendUint16(b, u)
			}
			got, err := shopify.ReadMapFile(strings.NewReader(string(b)))
			if err != nil || !slices.Equal(told(got), []string{"1042[2] " + numberA}) {
				t.Errorf("%s endian, mark %q: %v, %v", name, mark, told(got), err)
			}
		}
	}
}

// Whatever a file holds, every number that is taken stands in it, belongs to
// one order, and every mapping says that it was imported.
func FuzzReadMapFile(f *testing.F) {
	f.Add("Order,Ali Order #\n#1042,8190000000000001\n#1043,8.19E+15\n")
	f.Add("Order;Ali Order #;SKU;Qty\n#1042;\"8190000000000001,8190000000000002\";L-1;2\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := shopify.ReadMapFile(io.MultiReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		owner := map[string]string{}
		for _, o := range got.Orders {
			if o.Name == "" || len(o.Rows) == 0 || len(o.Supplier) == 0 {
				t.Errorf("empty order %+v", o)
			}
			for _, m := range o.Supplier {
				checkImported(t, text, m)
				if owner[m.SupplierOrder] != "" {
					t.Errorf("%s belongs to %s and %s", m.SupplierOrder, owner[m.SupplierOrder], o.Name)
				}
				owner[m.SupplierOrder] = o.Name
			}
		}
	})
}

func checkImported(t *testing.T, text string, m state.Mapping) {
	t.Helper()
	plain := strings.ReplaceAll(text, "\x00", "") // UTF-16
	if !shopify.IsNumber(m.SupplierOrder) || m.By != "import" || !strings.Contains(plain, m.SupplierOrder) && !strings.Contains(plain, "%") {
		t.Errorf("took %+v", m)
	}
}
