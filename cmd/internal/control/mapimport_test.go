package control

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countermand/state"
)

func TestMapImport(t *testing.T) {
	t.Parallel()
	d, cl := start(t)
	got, err := cl.MapImport(t.Context(), MapImport{Shop: "mystore", Orders: []ImportOrder{
		{Order: "1042", Rows: []int{2}, SupplierOrders: []ImportNumber{{Number: "8190000000000001", Lines: []state.Line{{SKU: "L-1", Quantity: 2}}}, {Number: "8190000000000002"}}},
		{Order: "1049", SupplierOrders: []ImportNumber{{Number: "8190000000000003"}}},
	}})
	check(t, err)
	want := map[string][]state.Mapping{
		"1042": {{SupplierOrder: "8190000000000001", By: "import", Lines: []state.Line{{SKU: "L-1", Quantity: 2}}}, {SupplierOrder: "8190000000000002", By: "import"}},
		"1049": {{SupplierOrder: "8190000000000003", By: "import"}},
	}
	if diff := cmp.Diff(want, d.orders); diff != "" {
		t.Error(diff)
	}
	if got.Stored != 1 || got.Refused["1049"] != "somebody said otherwise" || d.who == "" || d.mapped[0] != "mystore" {
		t.Errorf("got %+v, by %q", got, d.who)
	}
}

// What makes no sense is refused whole, before the engine sees any of it.
func TestMapImportRefuses(t *testing.T) {
	t.Parallel()
	one := ImportOrder{Order: "1", SupplierOrders: []ImportNumber{{Number: "8190000000000001"}}}
	var many []ImportOrder
	for i := range MaxImport + 1 {
		many = append(many, ImportOrder{Order: fmt.Sprint(i), SupplierOrders: one.SupplierOrders})
	}
	d, cl := start(t)
	for says, m := range map[string]MapImport{
		"needs a shop":                {Orders: []ImportOrder{one}},
		"from 1 to 500":               {Shop: "mystore"},
		"1 to 500":                    {Shop: "mystore", Orders: many},
		"order 1 comes twice":         {Shop: "mystore", Orders: []ImportOrder{one, one}},
		"at least one supplier order": {Shop: "mystore", Orders: []ImportOrder{{Order: "2"}}},
		"needs its name":              {Shop: "mystore", Orders: []ImportOrder{{SupplierOrders: one.SupplierOrders}}},
		`order 3: "12" is not`:        {Shop: "mystore", Orders: []ImportOrder{one, {Order: "3", SupplierOrders: []ImportNumber{{Number: "12"}}}}},
		`order 4: "8.19E+15" is not`:  {Shop: "mystore", Orders: []ImportOrder{{Order: "4", SupplierOrders: []ImportNumber{{Number: "8.19E+15"}}}}},
	} {
		if _, err := cl.MapImport(t.Context(), m); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if d.orders != nil {
		t.Errorf("the engine was given %v", d.orders)
	}
}
