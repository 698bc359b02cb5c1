package shopify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shownStores bounds the names of stores that an error lists.
const shownStores = 5

// byStore parts the rows of a file by the column that says whose they are.
type byStore struct {
	own     []record
	unsaid  map[int]bool // rows of own that do not say whose they are
	foreign []foreignRow
}

type foreignRow struct {
	record
	store string
}

// partByStore finds the rows of the shop that is called so. A row that goes on with
// the order of the one before it is of the same store. A file none of whose rows
// names the shop is refused: nobody knows which are its own.
func partByStore(cols columns, rows []record, mine []string) (byStore, error) {
	out := byStore{unsaid: map[int]bool{}}
	var stores []string
	lastOrder, lastStore, named := "", "", false
	for _, rec := range rows {
		order, store := rec.cell(cols.order), rec.cell(cols.store)
		if store == "" && order != "" && order == lastOrder {
			store = lastStore
		}
		lastOrder, lastStore = order, store
		switch {
		case store == "":
			out.unsaid[rec.row] = true
			out.own = append(out.own, rec)
		case slices.ContainsFunc(mine, func(name string) bool { return plainStore(name) == plainStore(store) }):
			named = true
			out.own = append(out.own, rec)
		default:
			out.foreign = append(out.foreign, foreignRow{rec, store})
			if !slices.Contains(stores, store) {
				stores = append(stores, store)
			}
		}
	}
	switch {
	case !named && len(stores) == 0:
		out.unsaid = nil // the column is empty
	case !named:
		for i := range stores {
			stores[i] = strconv.Quote(clip(stores[i], maxName))
		}
		return out, fmt.Errorf("column %q says whose row it is, and no row says %q: say with --store which of them are this shop's (%s), or rename the column if it is about something else",
			clip(cols.names[storeName], maxName), strings.Join(mine, ", "), strings.Join(stores[:min(shownStores, len(stores))], ", "))
	}
	return out, nil
}

// plainStore is a store's name or address as it is compared.
func plainStore(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "admin.shopify.com/store/"), "www.")
	s, _, _ = strings.Cut(s, "/")
	return strings.TrimSuffix(s, ".myshopify.com")
}
