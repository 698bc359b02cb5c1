package site

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Lengths of the site's own numbers. An order has 15 to 17 digits, and shorter
// numbers are counters, phases and times.
const (
	shortestOrder = 10 // under a key that names an order
	shortestLong  = 14
	longestLong   = 20
)

// named is what a payload names, seen from one order.
type named struct {
	// own: this order's number, or one of its lines.
	own bool
	// handle: a parameter by which the opening press led to this order.
	handle bool
	// other is the first number of another order.
	other string
	// strange is the first long number of which nobody knows what it is.
	strange string
	// orders are all numbers that are known orders' or stand under a key that
	// names an order.
	orders []string
}

// identity is the order that a payload is compared with.
type identity struct {
	order    string
	lines    []string
	handles  []string
	harmless []string // products, SKUs, stores and users of the order's own page
	known    func(string) bool
}

// digitRun finds every number, also inside longer words.
var digitRun = regexp.MustCompile(`[0-9]+`)

// names compares all numbers of a payload with an order's. To be this order's
// a number must stand as a word of its own, digit by digit the same; to be
// another's it is enough that its digits stand somewhere.
func (y *payload) names(who identity, raw ...string) named {
	var n named
	for _, f := range y.fields {
		if slices.Contains(who.handles, f.val) {
			n.handle = true
		}
		n.knownIn(who, f.key)
		n.knownIn(who, f.val)
		if f.holds {
			continue // its parts are judged
		}
		n.underKey(who, keyAbout(f.key), f)
		for _, w := range numberWords(f.val) {
			switch {
			case w == who.order && who.order != "" || slices.Contains(who.lines, w):
				n.own = true
			case slices.Contains(who.harmless, w), who.known(w), len(w) < shortestLong, len(w) > longestLong:
			case n.strange == "":
				n.strange = w
			}
		}
	}
	for _, s := range raw {
		n.knownIn(who, s)
	}
	return n
}

// knownIn takes every known order's number that stands in a text.
func (n *named) knownIn(who identity, s string) {
	for _, run := range digitRun.FindAllString(s, -1) {
		if !who.known(run) {
			continue
		}
		n.order(run)
		if run != who.order && !slices.Contains(who.lines, run) && n.other == "" {
			n.other = run
		}
	}
}

func (n *named) order(number string) {
	if !slices.Contains(n.orders, number) {
		n.orders = append(n.orders, number)
	}
}

// underKey judges a value under a key that names an order or one of its lines.
func (n *named) underKey(who identity, about keyKind, f field) {
	if about == keyElse {
		return
	}
	values := slices.DeleteFunc(numberWords(f.val), func(w string) bool { return len(w) < shortestOrder })
	if len(values) == 0 && looksNumeric(f.val) {
		values = []string{f.val} // rounded, or written with an exponent: of no order that can be told
	}
	for _, v := range values {
		if about == keyOrder {
			n.order(v)
		}
		if v != who.order && !slices.Contains(who.lines, v) && !slices.Contains(who.harmless, v) && n.other == "" {
			n.other = v
		}
	}
}

// numberWords gives the words of a text that are numbers: digits that no
// letter, digit, sign, point or underscore touches.
func numberWords(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.+-", r)
	}) {
		w = strings.TrimRight(w, ".") // the end of a sentence
		if isDigits(w) {
			out = append(out, w)
		}
	}
	return out
}

// looksNumeric tells whether a value is a number in another writing than
// plain digits.
func looksNumeric(s string) bool {
	t := strings.TrimSpace(s)
	return len(t) > 0 && strings.ContainsAny(t, "0123456789") && strings.Trim(t, "0123456789.eE+-") == "" &&
		(len(t) >= shortestOrder && !isDigits(t) || strings.ContainsAny(t, "eE"))
}

// keyKind is what the name of a value says that it is.
type keyKind int

const (
	keyElse keyKind = iota
	keyOrder
	keyLine
)

var (
	orderWords = []string{"order", "trade", "pedido", "commande", "bestell", "ordine", "zamow", "zakaz", "заказ", "замов", "订单", "訂單", "注文", "주문"}
	lineWords  = []string{"line", "item", "sub", "child", "detail"}
	// An order's return, refund or payment has numbers of its own.
	besideWords = []string{"reverse", "refund", "return", "dispute", "issue", "pay", "product", "sku", "status", "time", "date", "price", "amount", "logistic", "snapshot"}
	idEndings   = []string{"id", "ids", "no", "nos", "nr", "num", "number", "numbers", "sn", "code", "codes", "key"}
)

// keyAbout tells whether a key names an order, or a line of one.
func keyAbout(key string) keyKind {
	k := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, key))
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(k, w) })
	}
	if !has(orderWords) || has(besideWords) {
		return keyElse
	}
	ends := slices.ContainsFunc(idEndings, func(e string) bool { return strings.HasSuffix(k, e) }) ||
		slices.ContainsFunc(orderWords, func(w string) bool { return strings.HasSuffix(k, w) || strings.HasSuffix(k, w+"s") })
	switch {
	case has(lineWords):
		return keyLine
	case ends:
		return keyOrder
	}
	return keyElse
}

// isHandle tells whether a parameter of an address may stand for what it
// leads to: long, and neither a number nor a word.
func isHandle(v string) bool {
	const shortest = 16
	return len(v) >= shortest && strings.ContainsAny(v, "0123456789") && !isDigits(v) && strings.ContainsFunc(v, unicode.IsLetter) && !strings.Contains(v, "://")
}
