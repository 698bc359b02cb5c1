package site

import (
	"slices"
	"strings"
	"unicode"
)

// besideOrders are words in the names of numbers that are no order's: those of
// products, SKUs, stores and users.
var besideOrders = []string{"product", "item", "sku", "store", "shop", "seller", "member", "user", "buyer", "company", "spu", "goods"}

// harmless gives the numbers of products, SKUs, stores and users that an
// order's own data name.
func harmless(n node) []string {
	var out []string
	n.walk("", func(key, value string) {
		if keyAbout(key) != keyElse || !saysOneOf(key, besideOrders) {
			return
		}
		for _, w := range numberWords(value) {
			if len(w) >= shortestOrder && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	})
	return out
}

func saysOneOf(key string, words []string) bool {
	k := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, key))
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(k, w) })
}
