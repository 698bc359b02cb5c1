package sync

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countermand/state"
)

// byImport marks a number from a file.
const byImport = "import"

// MapImport records what a file says of shop orders, by their names, with the
// lines that each supplier order covers where the file tells. What a person
// said stands: refused says why an order was left as it was. Open cases of the
// orders are looked at again.
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
	list = slices.Clone(list)
	for i := range list {
		list[i].By = byImport
	}
	return "", t.PutMappings(shopName, plainName(name), list)
}

// lookAtUnmapped looks at the shop orders of a file that wait for a number.
func (e *Engine) lookAtUnmapped(ctx context.Context, shopName string, orders map[string][]state.Mapping) error {
	names := map[string]bool{}
	for name := range orders {
		names[plainName(name)] = true
	}
	err := e.update(ctx, func(t *txn) error {
		for after := ""; ; {
			cases, next, err := t.CasesByStatus(state.Unmapped, state.Page{After: after, Limit: 200})
			if err != nil {
				return err
			}
			for _, c := range cases {
				if c.Shop == shopName && names[plainName(c.ShopOrder)] {
					if err := t.lookAgain(c); err != nil {
						return err
					}
				}
			}
			if after = next; after == "" {
				return nil
			}
		}
	})
	if err == nil {
		nudge(e.wakeInbox)
	}
	return err
}
