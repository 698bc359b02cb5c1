package app

import (
	"context"
	"io"

	"countermand/cmd/internal/control"
	"countermand/shop/shopify"
	"countermand/state"
)

// MapFile is what a file of mappings says, in the words of the control API.
type MapFile struct {
	// Columns are the headers taken for the shop's order, the AliExpress order,
	// the SKU and the quantity; empty for what the file has not.
	Columns [4]string
	Rows    int
	Orders  []control.ImportOrder
	LeftOut []LeftOut
}

// LeftOut is a row of the file that was not taken, as a spreadsheet counts.
type LeftOut struct {
	Row   int    `json:"row,omitempty"`
	Order string `json:"order,omitempty"`
	Why   string `json:"why"`
}

// ReadMapFile reads a file of mappings; see shopify.ReadMapFile. It needs no
// daemon.
func ReadMapFile(r io.Reader) (MapFile, error) {
	in, err := shopify.ReadMapFile(r)
	if err != nil {
		return MapFile{}, err
	}
	out := MapFile{Columns: in.Columns, Rows: in.Rows}
	for _, o := range in.Orders {
		order := control.ImportOrder{Order: o.Name, Rows: o.Rows}
		for _, m := range o.Supplier {
			order.SupplierOrders = append(order.SupplierOrders, control.ImportNumber{Number: m.SupplierOrder, Lines: m.Lines})
		}
		out.Orders = append(out.Orders, order)
	}
	for _, l := range in.LeftOut {
		out.LeftOut = append(out.LeftOut, LeftOut(l))
	}
	return out, nil
}

// MapImport stores which supplier orders belong to many shop orders.
func (b backend) MapImport(ctx context.Context, shop string, orders map[string][]state.Mapping, who string) (map[string]string, error) {
	if err := b.knows(shop); err != nil {
		return nil, err
	}
	return b.a.engine.MapImport(ctx, shop, orders, who)
}
