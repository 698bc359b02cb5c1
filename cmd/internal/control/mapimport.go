package control

import (
	"fmt"
	"net/http"

	"countermand/state"
	"countermand/supplier"
)

// mapImport checks a part of a file of mappings and hands it to the engine.
func (s *Server) mapImport(r *http.Request) (any, error) {
	var m MapImport
	if err := read(r, &m); err != nil {
		return nil, err
	}
	orders, err := mappingsOf(m)
	if err != nil {
		return nil, Invalid(err.Error())
	}
	refused, err := s.o.Backend.MapImport(r.Context(), m.Shop, orders, who(r.Context()))
	if err != nil {
		return nil, err
	}
	if refused == nil {
		refused = map[string]string{}
	}
	return MapImported{Stored: len(orders) - len(refused), Refused: refused}, nil
}

func mappingsOf(m MapImport) (map[string][]state.Mapping, error) {
	if m.Shop == "" || len(m.Orders) == 0 || len(m.Orders) > MaxImport {
		return nil, fmt.Errorf("an import needs a shop and from 1 to %d orders", MaxImport)
	}
	out := make(map[string][]state.Mapping, len(m.Orders))
	for _, o := range m.Orders {
		if o.Order == "" || len(o.SupplierOrders) == 0 {
			return nil, fmt.Errorf("an order needs its name and at least one supplier order number: %q", o.Order)
		}
		if out[o.Order] != nil {
			return nil, fmt.Errorf("order %s comes twice", o.Order)
		}
		for _, n := range o.SupplierOrders {
			if err := supplier.CheckNumber(n.Number); err != nil {
				return nil, fmt.Errorf("order %s: %w", o.Order, err)
			}
			out[o.Order] = append(out[o.Order], state.Mapping{SupplierOrder: n.Number, By: "import", Lines: n.Lines})
		}
	}
	return out, nil
}
