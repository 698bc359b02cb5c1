package rules

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"countermand/state"
)

// ErrUnknownFact says that a rule needs what is not known of the order.
var ErrUnknownFact = errors.New("is not known")

// ErrSupplierUnread says that a rule needs what only the supplier's page
// tells, and that the page has not been read.
var ErrSupplierUnread = errors.New("the supplier order has not been read")

// words are what a rule is written in. A fact that may be unknown is asked
// for by a function, so that only a rule that really comes to it is in doubt;
// the reader of rules puts the call in.
type words struct {
	Shop     string        `expr:"shop"`
	Order    orderWords    `expr:"order"`
	Supplier supplierWords `expr:"supplier"`
}

type (
	numberWord func() (float64, error)
	countWord  func() (int, error)
	textWord   func() (string, error)
	listWord   func() ([]string, error)
	spanWord   func() (time.Duration, error)
)

type orderWords struct {
	Total       numberWord `expr:"total"`
	Currency    textWord   `expr:"currency"`
	Age         spanWord   `expr:"age"`
	AgeHours    numberWord `expr:"age_hours"`
	Tags        listWord   `expr:"tags"`
	Products    listWord   `expr:"products"`
	Vendors     listWord   `expr:"vendors"`
	Country     textWord   `expr:"country"`
	Fulfillment textWord   `expr:"fulfillment"`
	Financial   textWord   `expr:"financial"`
	Items       countWord  `expr:"items"`
	Reason      string     `expr:"reason"`
	Requested   bool       `expr:"requested"`
}

type supplierWords struct {
	Account  string     `expr:"account"`
	Known    bool       `expr:"known"`
	Store    textWord   `expr:"store"`
	Total    numberWord `expr:"total"`
	Currency textWord   `expr:"currency"`
	Items    countWord  `expr:"items"`
}

// fact gives a value, or says that it is not known.
func fact[T any](name string, known bool, v T) func() (T, error) {
	return func() (T, error) {
		if !known {
			return v, fmt.Errorf("%s %w", name, ErrUnknownFact)
		}
		return v, nil
	}
}

// read gives what the supplier's page told.
func read[T any](name string, c state.Case, known bool, v T) func() (T, error) {
	if c.DetailAt.IsZero() && !known {
		return func() (T, error) { return v, fmt.Errorf("%s: %w", name, ErrSupplierUnread) }
	}
	return fact(name, known, v)
}

// wordsOf puts a case into the words of rules.
func wordsOf(c state.Case, now time.Time) words {
	f := c.Facts
	// What the shop says comes whole; of a case that has none of it, an empty
	// list of tags is no fact either.
	told := f.Total.Known() || f.Fulfillment != "" || f.Financial != ""
	age := now.Sub(c.ShopOrderedAt)
	items, bought := state.ItemCount(c.Lines), state.ItemCount(c.SupplierLines)
	return words{
		Shop: c.Shop,
		Order: orderWords{
			Total:       fact("order.total", f.Total.Known(), amount(f.Total)),
			Currency:    fact("order.currency", f.Total.Known(), f.Total.Currency),
			Age:         fact("order.age", !c.ShopOrderedAt.IsZero(), age),
			AgeHours:    fact("order.age_hours", !c.ShopOrderedAt.IsZero(), age.Hours()),
			Tags:        fact("order.tags", told, f.Tags),
			Products:    fact("order.products", told && len(f.Products) > 0, f.Products),
			Vendors:     fact("order.vendors", told, f.Vendors),
			Country:     fact("order.country", f.Country != "", f.Country),
			Fulfillment: fact("order.fulfillment", f.Fulfillment != "", f.Fulfillment),
			Financial:   fact("order.financial", f.Financial != "", f.Financial),
			Items:       fact("order.items", items > 0, items),
			Reason:      c.Reason,
			Requested:   c.Cause == state.CauseRequested,
		},
		Supplier: supplierWords{
			Account:  c.Account,
			Known:    !c.DetailAt.IsZero(),
			Store:    read("supplier.store", c, c.Store != "", c.Store),
			Total:    read("supplier.total", c, c.Amount.Known(), amount(c.Amount)),
			Currency: read("supplier.currency", c, c.Amount.Known(), c.Amount.Currency),
			Items:    read("supplier.items", c, bought > 0, bought),
		},
	}
}

// amount is money as a rule writes it: of two equal decimals, one from here
// and one from the rule's text, the nearest binary fractions are equal too.
func amount(m state.Money) float64 { return float64(m.Units) / 10_000 }

// groups are the words of each group in their order; askedFor tells which are
// asked for by a function.
var groups, askedFor = listWords()

func listWords() (map[string][]string, map[string]bool) {
	names, asked := map[string][]string{}, map[string]bool{}
	for g := range reflect.TypeFor[words]().Fields() {
		if g.Type.Kind() != reflect.Struct {
			continue
		}
		group := g.Tag.Get("expr")
		for w := range g.Type.Fields() {
			name := w.Tag.Get("expr")
			names[group] = append(names[group], name)
			asked[group+"."+name] = w.Type.Kind() == reflect.Func
		}
	}
	return names, asked
}

// wordHelp tells what can be used.
func wordHelp() string {
	return fmt.Sprintf("a rule can use shop, order.(%s), supplier.(%s), and the functions %s",
		strings.Join(groups["order"], " "), strings.Join(groups["supplier"], " "), strings.Join(ruleFunctions, " "))
}
