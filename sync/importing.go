package sync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countermand/state"
	"countermand/sync/machine"
)

// byImport marks a number from a file.
const byImport = "import"

// MapImport records what a file says of shop orders, by their names, with the
// lines that each supplier order covers where the file tells. What a person
// said stands, and numbers of an earlier file stay beside the new ones: refused
// says why an order was left as it was, or will wait for a person. Open cases
// of the orders are looked at again.
func (e *Engine) MapImport(ctx context.Context, shopName string, orders map[string][]state.Mapping, who string) (refused map[string]string, err error) {
	if _, ok := e.o.Shops[shopName]; !ok {
		return nil, fmt.Errorf("import numbers: no shop %q is configured", shopName)
	}
	refused = map[string]string{}
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(orders)), importBatch) {
		no := map[string]string{}
		err := e.update(ctx, func(t *txn) error {
			clear(no)
			for _, name := range batch {
				why, err := t.importOne(shopName, name, orders[name])
				if err != nil {
					return fmt.Errorf("import numbers of %s: %w", name, err)
				}
				if why != "" {
					no[name] = why
				}
			}
			return nil
		})
		if err != nil {
			return refused, err
		}
		maps.Copy(refused, no)
	}
	if err := e.lookAtUnmapped(ctx, shopName, orders); err != nil {
		return refused, err
	}
	e.o.Log.Info().Str("shop", shopName).Int("orders", len(orders)).Int("refused", len(refused)).Str("who", who).Msg("numbers imported")
	return refused, nil
}

// importBatch keeps a transaction short.
const importBatch = 200

func (t *txn) importOne(shopName, name string, list []state.Mapping) (why string, err error) {
	have, err := t.Mappings(shopName, plainName(name))
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(have, func(m state.Mapping) bool { return m.By == byOperator }) {
		return "map set has said otherwise, which stands", nil
	}
	list, unclear := merged(list, have)
	return machine.Words(state.Case{Findings: state.Findings{}.With(unclear)}), t.PutMappings(shopName, plainName(name), list)
}

// merged puts what a file says of an order beside what earlier ones said of
// it. A number that the new file does not repeat may be of another parcel, or
// be what the new file mends: without lines that tell, a person decides.
func merged(list, have []state.Mapping) (out []state.Mapping, why state.Finding) {
	out = slices.Clone(list)
	var stay []string
	for _, m := range have {
		if !slices.ContainsFunc(list, func(n state.Mapping) bool { return n.SupplierOrder == m.SupplierOrder }) {
			out, stay = append(out, m), append(stay, m.SupplierOrder)
		}
	}
	if len(stay) > 0 && !apart(out) {
		why = state.Found(state.ImportUnclear, "", "others", strings.Join(stay, ", "))
	}
	for i := range out {
		out[i].By, out[i].Conflict = byImport, why
	}
	return out, why
}

// apart tells whether each number has lines of its own.
func apart(list []state.Mapping) bool {
	owner := map[string]string{}
	for _, m := range list {
		for _, l := range m.Lines {
			if other, taken := owner[l.SKU]; taken && other != m.SupplierOrder {
				return false
			}
			owner[l.SKU] = m.SupplierOrder
		}
	}
	return !slices.ContainsFunc(list, func(m state.Mapping) bool { return len(m.Lines) == 0 })
}

// lookAtUnmapped looks at the shop orders of a file that wait for a number.
func (e *Engine) lookAtUnmapped(ctx context.Context, shopName string, orders map[string][]state.Mapping) error {
	names := map[string]bool{}
	for name := range orders {
		names[plainName(name)] = true
	}
	err := e.update(ctx, func(t *txn) error {
		for c, err := range state.AllOf(t.CasesByStatus, state.Unmapped) {
			if err != nil {
				return err
			}
			if c.Shop == shopName && names[plainName(c.ShopOrder)] {
				if err := t.lookAgain(c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		nudge(e.wakeInbox)
	}
	return err
}
