package shopify_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countermand/shop/shopify"
	"countermand/state"
)

func numbers(ms []state.Mapping) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.SupplierOrder)
	}
	return out
}

func TestNumbersInANote(t *testing.T) {
	t.Parallel()
	const n, n2 = "8190000000000000", "8190000000000001"
	link := "https://www.aliexpress.com/p/order/detail.html?spm=a2g0o.order_list.5.1&orderId="
	for text, want := range map[string][]string{
		n:                                 {n},
		"AliExpress order " + n + ".":     {n},
		"#" + n + ", #" + n2:              {n, n2},
		n + "," + n2:                      {n, n2},
		n + "/" + n2 + "/" + n:            {n, n2},
		"(" + n + ")":                     {n},
		"AE:" + n:                         {n},
		"订单号" + n + "已付款":                 {n},
		"819000000000000":                 {"819000000000000"},
		"81900000000000000":               {"81900000000000000"},
		"line one\n" + n + "\nline three": {n},
		"see " + link + n + ".":           {n},
		link + n + "," + link + n2:        {n, n2},
		"trade.aliexpress.com/o.htm?a=1&tradeOrderId=" + n: {n},
		"https://m.aliexpress.us/#/detail?orderId=" + n:    {n},
		"HTTPS://WWW.ALIEXPRESS.COM/x?ORDERID=" + n:        {n},

		"":                               {},
		"81900000000000":                 {}, // 14 digits
		"819000000000000000":             {}, // 18 digits
		"0190000000000000":               {},
		"+8190000000000000":              {},
		"+ 819000000000000":              {},
		"tel: 819000000000000":           {},
		"WhatsApp 819000000000000":       {},
		"8190 0000 0000 0000":            {}, // a card
		"8190-0000-0000-0000":            {},
		"12-" + n:                        {},
		n + "-12":                        {},
		n + ".50":                        {},
		"1." + n:                         {},
		"x" + n:                          {},
		n + "a":                          {},
		"id_" + n:                        {},
		"LP" + n + "CN":                  {},
		"https://track.example/?no=" + n: {},
		"https://t.example/?nums=" + n + "," + n2:               {},
		"https://evilaliexpress.com/?orderId=" + n:              {},
		"https://aliexpress.com.evil.example/?orderId=" + n:     {},
		"https://evil.example/aliexpress.com?orderId=" + n:      {},
		link + "81900000000000001234":                           {},
		link + n + "&orderId=" + n2:                             {}, // which of them?
		"https://www.aliexpress.com/item/1005001234567890.html": {},
		"https://www.aliexpress.com/x?itemId=1005001234567890":  {},
	} {
		got := numbers(shopify.Mapping{Note: true}.Resolve(shopify.Sources{Note: text}))
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	const n = "8190000000000000"
	attr := func(k, v string) shopify.Sources {
		return shopify.Sources{Attributes: []shopify.Attribute{{Key: k, Value: v}}}
	}
	keyed := shopify.Mapping{AttributeKeys: []string{" Ali Order No "}}
	for name, tc := range map[string]struct {
		m    shopify.Mapping
		s    shopify.Sources
		want []string
	}{
		"any key, a number":           {shopify.Mapping{}, attr("x", " "+n+" "), []string{n}},
		"any key, a link":             {shopify.Mapping{}, attr("x", "https://www.aliexpress.com/o?orderId="+n), []string{n}},
		"any key, several":            {shopify.Mapping{}, attr("x", n+", 8190000000000001"), []string{n, "8190000000000001"}},
		"any key, words besides":      {shopify.Mapping{}, attr("x", "my card is "+n), nil},
		"any key, a link besides":     {shopify.Mapping{}, attr("x", n+" https://shop.example/a"), nil},
		"any key, digits besides":     {shopify.Mapping{}, attr("x", n+" 12"), nil},
		"the key, words besides":      {keyed, attr("ALI ORDER NO", "order "+n), []string{n}},
		"another key":                 {keyed, attr("x", n), nil},
		"a longer key":                {keyed, attr("Ali Order No 2", n), nil},
		"the key without a number":    {keyed, attr("Ali Order No", "soon"), nil},
		"the key with a phone number": {keyed, attr("Ali Order No", "+819000000000000"), nil},
	} {
		if got := numbers(tc.m.Resolve(tc.s)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	s := shopify.Sources{Tags: []string{"AE:8190000000000000", " ae: 8190000000000001 ", "ae:8190000000000002x", "ae:819", "8190000000000003", "x ae:8190000000000004", "a"}}
	want := []state.Mapping{{SupplierOrder: "8190000000000000", By: "tag"}, {SupplierOrder: "8190000000000001", By: "tag"}}
	if d := cmp.Diff(want, shopify.Mapping{TagPrefix: "ae:"}.Resolve(s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := (shopify.Mapping{}).Resolve(s); got != nil {
		t.Errorf("without a prefix: got %v", got)
	}
}

func TestFirstPlaceWins(t *testing.T) {
	t.Parallel()
	const n = "8190000000000000"
	a, b := state.Line{ID: "a", Quantity: 1}, state.Line{ID: "b", Quantity: 2}
	ae := []shopify.Attribute{{Key: "ae", Value: n}, {Key: "again", Value: n}}
	s := shopify.Sources{
		Attributes: ae, Note: n, Tags: []string{"ae:" + n},
		Lines: []shopify.SourceLine{{Line: a, Attributes: ae}, {Line: state.Line{ID: "c"}}, {Line: b, Attributes: ae}},
	}
	m := shopify.Mapping{Note: true, TagPrefix: "ae:"}
	want := []state.Mapping{{SupplierOrder: n, By: "attribute", Lines: []state.Line{a, b}}}
	if d := cmp.Diff(want, m.Resolve(s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	s.Lines, s.Attributes = nil, nil
	if got := m.Resolve(s); len(got) != 1 || got[0].By != "note" || got[0].Lines != nil {
		t.Errorf("got %v, want it by the note", got)
	}
	s.Note = ""
	if got := m.Resolve(s); len(got) != 1 || got[0].By != "tag" {
		t.Errorf("got %v, want it by the tag", got)
	}
}

// A second number in another place is not a second order: it puts the first in
// doubt, because customers write notes and attributes.
func TestPlacesThatDisagree(t *testing.T) {
	t.Parallel()
	const one, two = "8190000000000000", "8190000000000017"
	s := shopify.Sources{Attributes: []shopify.Attribute{{Key: "ae", Value: one}}, Note: "my other order " + two, Tags: []string{"ae:" + one}}
	got := shopify.Mapping{Note: true, TagPrefix: "ae:"}.Resolve(s)
	if len(got) != 1 || got[0].SupplierOrder != one || got[0].Conflict.Facts["note"] != two {
		t.Errorf("got %+v, want %s in doubt", got, one)
	}
	s.Note = "see " + one
	if got := (shopify.Mapping{Note: true, TagPrefix: "ae:"}).Resolve(s); len(got) != 1 || !got[0].Conflict.IsZero() {
		t.Errorf("got %+v, want %s without doubt", got, one)
	}
}

// A metafield may name one of the accounts that buy for the shop, and no
// other's.
func TestMetafieldAccounts(t *testing.T) {
	t.Parallel()
	const n = "8190000000000000"
	for account, taken := range map[string]bool{"": true, "main": true, "second": true, "other": false, "Main": false} {
		s := shopify.Sources{Metafield: `[{"supplier_order": "` + n + `", "account": "` + account + `"}]`}
		got := shopify.Mapping{Accounts: []string{"main", "second"}}.Resolve(s)
		if len(got) != 1 || got[0].SupplierOrder != n || got[0].Conflict.IsZero() != taken || taken && got[0].Account != account || !taken && got[0].Account != "" {
			t.Errorf("account %q: got %+v", account, got)
		}
		if got := (shopify.Mapping{}).Resolve(s); len(got) != 1 || !got[0].Conflict.IsZero() || got[0].Account != account {
			t.Errorf("account %q, where the shop's are not told: got %+v", account, got)
		}
	}
}

// Lines of the metafield that the order does not have are not passed over: the number
// would stand for the whole order then.
func TestMetafieldLinesThatTheOrderDoesNotHave(t *testing.T) {
	t.Parallel()
	lamp := state.Line{ID: "gid://shopify/LineItem/1", SKU: "LAMP", Quantity: 1}
	for names, want := range map[string][]state.Line{
		`["LAMP"]`:                             {lamp},
		`["gid://shopify/LineItem/1"]`:         {lamp},
		`["LAMP", "DESK"]`:                     {lamp, {SKU: "DESK"}},
		`["DESK"]`:                             {{SKU: "DESK"}},
		`["gid://shopify/LineItem/2"]`:         {{SKU: "gid://shopify/LineItem/2"}},
		`["LAMP", "gid://shopify/LineItem/1"]`: {lamp},
		`[]`:                                   nil,
	} {
		got := (shopify.Mapping{}).Resolve(shopify.Sources{
			Lines: []shopify.SourceLine{{Line: lamp}}, Metafield: `[{"supplier_order": "8190000000000000", "lines": ` + names + `}]`,
		})
		if len(got) != 1 || !slices.Equal(got[0].Lines, want) {
			t.Errorf("%s: got %+v", names, got)
		}
	}
}

// A number put between words is found, whatever the words are, and found
// once.
func TestNumberAmongWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-z]{1,8}[.,!?]?|[1-9][0-9]{0,9}[,;]?`)).Draw(t, "words")
		n := rapid.StringMatching(`[1-9][0-9]{14,16}`).Draw(t, "number")
		at := rapid.IntRange(0, len(words)).Draw(t, "at")
		if at > 0 && regexp.MustCompile(`^(tel|phone|telephone|mobile|cell|fax|whatsapp|call|no)\W?$`).MatchString(words[at-1]) {
			return
		}
		text := strings.Join(slices.Insert(words, at, n), " ")
		if got := numbers(shopify.Mapping{Note: true}.Resolve(shopify.Sources{Note: text})); !slices.Equal(got, []string{n}) {
			t.Fatalf("%q: got %q", text, got)
		}
	})
}

// A longer run of digits holds no number, wherever it is cut.
func TestLongRunsHoldNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run := rapid.StringMatching(`[0-9]{18,60}`).Draw(t, "run")
		if got := (shopify.Mapping{Note: true}).Resolve(shopify.Sources{Note: "no. " + run + ", thanks"}); len(got) != 0 {
			t.Fatalf("%q: got %v", run, got)
		}
	})
}

// Whatever the text, a result is a run of digits of the text itself, of the
// right length, and comes once.
func FuzzResolve(f *testing.F) {
	f.Add("order 8190000000000000", "x")
	f.Add("https://www.aliexpress.com/o?orderId=8190000000000000#/a?orderId=8190000000000000", "AE:8190000000000000")
	f.Add("+8190000000000000 \xff8190000000000000\x00", "ae:")
	f.Add(",https://8190000000000000.aliexpress.com/%zz?orderId=8190000000000000&&", "ae:1")
	m := shopify.Mapping{Note: true, TagPrefix: "ae:"}
	digits := regexp.MustCompile(`[0-9]+`)
	f.Fuzz(func(t *testing.T, text, tag string) {
		runs := digits.FindAllString(text+" "+tag, -1)
		seen := map[string]bool{}
		for _, s := range []shopify.Sources{
			{Note: text, Tags: []string{tag}, Attributes: []shopify.Attribute{{Key: tag, Value: text}}},
		} {
			for _, got := range m.Resolve(s) {
				n := got.SupplierOrder
				switch {
				case !shopify.IsNumber(n):
					t.Errorf("%q is no order number", n)
				case seen[n]:
					t.Errorf("%q comes twice", n)
				case !strings.Contains(text, "%") && !slices.Contains(runs, n):
					t.Errorf("%q is a piece of something longer in %q", n, text)
				}
				seen[n] = true
			}
		}
	})
}
