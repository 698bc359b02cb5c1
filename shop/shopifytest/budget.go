package shopifytest

import (
	"encoding/json"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxPrice is the most that one query may cost, as at Shopify.
const maxPrice = 1000.0

// mutationPrice is what a mutation costs, whatever it answers.
const mutationPrice = 10.0

// Budget is the request budget: a bucket of Maximum points that refills by
// Restore points a second of real time.
type Budget struct{ Maximum, Restore float64 }

type bucket struct {
	Budget
	level float64
	spent float64
	at    time.Time
}

func (b *bucket) refill() {
	now := time.Now()
	if !b.at.IsZero() {
		b.level = min(b.Maximum, b.level+now.Sub(b.at).Seconds()*b.Restore)
	}
	b.at = now
}

func (b *bucket) take(price float64) bool {
	b.refill()
	if b.level < price {
		return false
	}
	b.level -= price
	b.spent += price
	return true
}

// drain leaves so little that the price is there again in a moment.
func (b *bucket) drain(price float64) {
	b.refill()
	b.level = min(b.level, max(0, price-b.Restore/10))
}

// cost is what Shopify says in extensions.cost.
func (b *bucket) cost(price float64, ran bool) map[string]any {
	c := map[string]any{
		"requestedQueryCost": price,
		"actualQueryCost":    nil,
		"throttleStatus": map[string]any{
			"maximumAvailable":   b.Maximum,
			"currentlyAvailable": float64(int(b.level)),
			"restoreRate":        b.Restore,
		},
	}
	if ran {
		c["actualQueryCost"] = price
	}
	return c
}

// price counts as Shopify does: an object is a point, a connection two and
// its objects as often as were asked for.
func price(set ast.SelectionSet, vars map[string]any) float64 {
	sum := 0.0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			sum += fieldPrice(s, vars)
		case *ast.InlineFragment:
			sum += price(s.SelectionSet, vars)
		case *ast.FragmentSpread:
			sum += price(s.Definition.SelectionSet, vars)
		}
	}
	return sum
}

func fieldPrice(f *ast.Field, vars map[string]any) float64 {
	if len(f.SelectionSet) == 0 || f.Name == "pageInfo" {
		return 0
	}
	inner := price(f.SelectionSet, vars)
	args := f.ArgumentMap(vars)
	for _, name := range []string{"first", "last"} {
		if n := number(args[name]); n > 0 {
			return 2 + float64(n)*inner
		}
	}
	return 1 + inner
}

// number reads an Int argument, written out or from a variable; 0 without.
func number(v any) int {
	switch v := v.(type) {
	case json.Number:
		n, _ := v.Int64()
		return int(n)
	case int64:
		return int(v)
	case float64:
		return int(v)
	case int:
		return v
	}
	return 0
}
