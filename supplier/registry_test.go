package supplier_test

import (
	"testing"

	"countermand/supplier"
)

func TestTitle(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"aliexpress": "AliExpress", "nobody": "nobody"} {
		if got := supplier.Title(name); got != want {
			t.Errorf("%s is called %q", name, got)
		}
	}
}

func TestCheckNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"8190000000000001":      "",
		"81900000":              "",
		"8190000":               `"8190000" is not an AliExpress order number: want 8 to 20 digits`,
		"819000000000000000001": `"819000000000000000001" is not an AliExpress order number: want 8 to 20 digits`,
		"+8190000000":           `"+8190000000" is not an AliExpress order number: want digits only`,
		"81900000٣":             `"81900000٣" is not an AliExpress order number: want digits only`,
	} {
		got := ""
		if err := supplier.All[0].Number(number); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q", number, got)
		}
	}
	if bad, good := supplier.CheckNumber("x"), supplier.CheckNumber("8190000000000001"); bad == nil || good != nil {
		t.Errorf("x: %v, a number: %v", bad, good)
	}
}
