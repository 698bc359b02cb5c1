package app

import (
	"context"
	"io"

	"countermand/cmd/internal/control"
	"countermand/shop/shopify"
	"countermand/state"
)

// MapFile is what a file of mappings says, LeftOut a row of it that was not
// taken.
type (
	MapFile = shopify.MapFile
	LeftOut = shopify.LeftOut
)

// ReadMapFile reads a file of mappings; see shopify.ReadMapFile. It needs no
// daemon. mine is what a column that says whose row it is calls the shop.
func ReadMapFile(r io.Reader, mine string) (MapFile, error) { return shopify.ReadMapFile(r, mine) }

// ImportOrders are the orders of a file in the words of the control API.
func ImportOrders(f MapFile) []control.ImportOrder {
	out := []control.ImportOrder{}
	for _, o := range f.Orders {
		order := control.ImportOrder{Order: o.Name, Rows: o.Rows}
		for _, m := range o.Supplier {
			order.SupplierOrders = append(order.SupplierOrders, control.ImportNumber{Number: m.SupplierOrder, Lines: m.Lines})
		}
		out = append(out, order)
	}
	return out
}

// MapImport stores which supplier orders belong to many shop orders.
func (b backend) MapImport(ctx context.Context, shop string, orders map[string][]state.Mapping, who string) (map[string]string, error) {
	if err := b.knows(shop); err != nil {
		return nil, err
	}
	return b.Engine.MapImport(ctx, shop, orders, who)
}
