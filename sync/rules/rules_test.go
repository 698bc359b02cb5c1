package rules

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countermand/state"
)

// judged is a case of which everything is known: 120.50 USD, two lamps, three
// hours old at base.
func judged() state.Case {
	return state.Case{
		ID: "01CASE", Shop: "mystore", ShopOrder: "#1042", Account: "main", Reason: "customer", Cause: state.CauseRequested,
		ShopOrderedAt: base.Add(-3 * time.Hour), Lines: orderLines, DetailAt: base, Amount: usd(20), Store: "Lucky Store",
		SupplierLines: []state.Line{{Title: "Lamp", Quantity: 3}},
		Facts: state.Facts{
			Total: state.Money{Units: 1_205_000, Currency: "USD"}, Tags: []string{"vip", "rush"}, Products: []string{"Desk lamp", "Bulb"},
			Vendors: []string{"Lumen"}, Country: "DE", Fulfillment: "unfulfilled", Financial: "paid",
		},
	}
}

func rulesOf(t testing.TB, whens ...string) *Set {
	t.Helper()
	var list []Rule
	for _, w := range whens {
		list = append(list, Rule{When: w, Then: "ignore"})
	}
	r, err := Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRulesMatch(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]bool{
		"true":                 true,
		"order.total > 100":    true,
		"order.total == 120.5": true,
		"order.total > 120.5":  false,
		`order.currency == "USD" && order.total < 121`:                   true,
		`order.age > duration("2h")`:                                     true,
		`order.age > duration("3h")`:                                     false,
		"order.age_hours == 3":                                           true,
		`"vip" in order.tags`:                                            true,
		`"VIP" in order.tags`:                                            false,
		`any(order.tags, lower(#) startsWith "ru")`:                      true,
		`any(order.products, # contains "lamp")`:                         true,
		`all(order.vendors, # == "Lumen")`:                               true,
		`len(order.tags) == 2`:                                           true,
		`order.country in ["DE", "AT"]`:                                  true,
		`order.country not in ["DE"]`:                                    false,
		`order.fulfillment == "unfulfilled"`:                             true,
		`order.financial != "paid"`:                                      false,
		"order.items == 2":                                               true,
		`order.reason == "fraud"`:                                        false,
		"order.requested":                                                true,
		`shop == "mystore"`:                                              true,
		`supplier.account matches "^ma"`:                                 true,
		`supplier.store == "Lucky Store"`:                                true,
		"supplier.total >= 20":                                           true,
		`supplier.currency == order.currency`:                            true,
		"supplier.items > order.items":                                   true,
		"supplier.known":                                                 true,
		"let spare = order.tags; len(spare) > 5":                         false,
		"order.total - supplier.total > 100 ?\n order.requested : false": true,
	} {
		then, text, err := rulesOf(t, when).Judge(judged(), base)
		if matched := then == state.ThenIgnore; err != nil || matched != want || matched == (text == "") {
			t.Errorf("%s: then %q, %q, %v; want a match: %v", when, then, text, err, want)
		}
	}
}

func TestFirstMatchDecides(t *testing.T) {
	t.Parallel()
	r, err := Parse([]Rule{
		{When: "order.total > 1000", Then: "ignore"},
		{When: "order.total\n  > 100", Then: "confirm"},
		{When: "true", Then: "auto"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := judged()
	if then, text, err := r.Judge(c, base); then != state.ThenConfirm || text != "rule 2: order.total > 100" || err != nil {
		t.Errorf("got %q, %q, %v", then, text, err)
	}
	c.Facts.Total = usd(50)
	if then, text, err := r.Judge(c, base); then != state.ThenAuto || text != "rule 3: true" || err != nil {
		t.Errorf("got %q, %q, %v", then, text, err)
	}
	if then, text, err := rulesOf(t, "false").Judge(c, base); then != "" || text != "" || err != nil {
		t.Errorf("no rule matches, got %q, %q, %v", then, text, err)
	}
}

func TestNilRulesJudgeNothing(t *testing.T) {
	t.Parallel()
	var r *Set
	if then, text, err := r.Judge(judged(), base); then != "" || text != "" || err != nil || r.NeedsSupplier() || r.NeedsCountry() {
		t.Errorf("got %q, %q, %v", then, text, err)
	}
	if r, err := Parse(nil); err != nil || r.NeedsSupplier() || r.NeedsCountry() {
		t.Errorf("no rules: %+v, %v", r, err)
	}
}

// What a rule needs and nobody knows sends the case to a person; a rule that
// does not come to it is not in doubt.
func TestUnknownFactsAskAPerson(t *testing.T) {
	t.Parallel()
	empty := state.Case{ID: "01CASE", Shop: "mystore"}
	for when, name := range map[string]string{
		"order.total > 100":                  "order.total",
		"order.total <= 100":                 "order.total",
		`order.currency == "USD"`:            "order.currency",
		`order.age > duration("1h")`:         "order.age",
		"order.age_hours < 1":                "order.age_hours",
		`"vip" in order.tags`:                "order.tags",
		`any(order.products, # == "x")`:      "order.products",
		`none(order.vendors, # == "x")`:      "order.vendors",
		`order.country != "US"`:              "order.country",
		`order.fulfillment == "unfulfilled"`: "order.fulfillment",
		`not (order.financial == "paid")`:    "order.financial",
		"order.items > 3":                    "order.items",
		"supplier.total > 1":                 "supplier.total",
		`supplier.store == ""`:               "supplier.store",
		`supplier.currency == "EUR"`:         "supplier.currency",
		"supplier.items == 0":                "supplier.items",
	} {
		then, text, err := rulesOf(t, "false", when, "true").Judge(empty, base)
		if then != state.ThenConfirm || text != "rule 2: "+when || err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "you are asked") {
			t.Errorf("%s: then %q, %q, %v", when, then, text, err)
		}
		if unread := strings.HasPrefix(name, "supplier."); errors.Is(err, ErrSupplierUnread) != unread || errors.Is(err, ErrUnknownFact) == unread {
			t.Errorf("%s: %v", when, err)
		}
	}
	for _, when := range []string{`shop == "other" && order.total > 100`, "supplier.known && supplier.total > 1", "order.requested and order.items > 1"} {
		if then, text, err := rulesOf(t, when).Judge(empty, base); then != "" || err != nil {
			t.Errorf("%s: then %q, %q, %v; want no match and no doubt", when, then, text, err)
		}
	}
	seen := empty
	seen.DetailAt = base
	if _, _, err := rulesOf(t, "supplier.total > 1").Judge(seen, base); !errors.Is(err, ErrUnknownFact) || errors.Is(err, ErrSupplierUnread) {
		t.Errorf("a page that was read and shows no total: %v", err)
	}
	bare := judged()
	bare.Facts.Tags = nil
	if then, _, err := rulesOf(t, "len(order.tags) == 0").Judge(bare, base); then != state.ThenIgnore || err != nil {
		t.Errorf("an order without tags: %q, %v", then, err)
	}
}

// Whatever goes wrong while a rule runs ends with a person too.
func TestRunawayRulesAskAPerson(t *testing.T) {
	t.Parallel()
	c := judged()
	c.Facts.Tags = make([]string, 2*ruleMemory)
	for when, why := range map[string]string{
		`filter(order.tags, true) == order.tags`: "memory",
		`order.tags[200000] == "x"`:              "index",
		`duration(shop) > order.age`:             "duration",
		`shop matches order.reason + "("`:        "parsing",
	} {
		then, text, err := rulesOf(t, when).Judge(c, base)
		if then != state.ThenConfirm || err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\n") || text != "rule 1: "+when {
			t.Errorf("%s: then %q, %q, %v", when, then, text, err)
		}
	}
}

func TestParseRulesRefuses(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		"":                                    "rule 1, column 1: ",
		"order.total >":                       "rule 1, column 13: ",
		"order.total":                         "bool",
		`order.total > "100"`:                 "rule 1, column 13: ",
		"order.totl > 100":                    "rule 1, column 7: order.totl is not known",
		"true &&\n  order.totl > 1":           "rule 1, line 2, column ",
		`shop == "a" && supplier.price > 1`:   "supplier.price is not known",
		"ordr.total > 100":                    "rule 1, column 1: unknown name ordr",
		"now() > now()":                       "unknown name now",
		"order == order":                      "order is not a value by itself",
		"let o = order; o.total > 1":          "column 9: order is not a value by itself",
		`$env["order"] == 1`:                  "$env is not a value by itself",
		`order[shop] == 1`:                    "order is not a value by itself",
		"order.total() > 1":                   "without brackets",
		"all(1..1000, true)":                  "ranges of numbers",
		"any(order.tags, any(order.tags, #))": "for each entry of another",
		"any(order.tags, {let t = #; any(order.tags, # == t)})": "for each entry of another",
		`order.tags contains "vip"`:                             "column 12: ",
		strings.Repeat("true && ", 300) + "true":                "nodes",
		`toJSON(shop) == ""`:                                    "unknown name toJSON",
		`shop matches "("`:                                      "parsing",
	} {
		_, err := Parse([]Rule{{When: when, Then: "auto"}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a rule can use shop, order.(total") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v; want %q", when, err, want)
		}
	}
	_, err := Parse([]Rule{{When: "true", Then: "auto"}, {When: "x", Then: "auto"}, {When: "true", Then: "stop"}})
	if err == nil || !strings.Contains(err.Error(), "rule 2, column 1") || !strings.Contains(err.Error(), `rule 3, then: "stop"`) || strings.Contains(err.Error(), "rule 1") {
		t.Errorf("each bad rule must be told, got %v", err)
	}
}

func TestRulesTellWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]struct{ supplier, country bool }{
		"order.total > 1": {},
		`"supplier.total order.country" in order.tags`: {},
		"supplier.known":                               {},
		`supplier.account == "main"`:                   {},
		"false && supplier.total > 1":                  {supplier: true},
		`supplier["store"] == "x"`:                     {supplier: true},
		"order.requested or supplier.items > 2":        {supplier: true},
		`supplier.currency != "USD"`:                   {supplier: true},
		`any(order.tags, order.country == "US")`:       {country: true},
		`order?.country == "US" && supplier.total > 1`: {supplier: true, country: true},
	} {
		r := rulesOf(t, "true", when)
		if r.NeedsSupplier() != want.supplier || r.NeedsCountry() != want.country {
			t.Errorf("%s: supplier %v, country %v; want %+v", when, r.NeedsSupplier(), r.NeedsCountry(), want)
		}
	}
}

// Every word of the documentation can be used, each by its name alone.
func TestEveryWordIsTyped(t *testing.T) {
	t.Parallel()
	for group, names := range groups {
		for _, name := range names {
			full := group + "." + name
			if _, err := Parse([]Rule{{When: full + " == " + full, Then: "auto"}}); err != nil {
				t.Errorf("%s: %v", full, err)
			}
		}
	}
}

// No text brings the reader down, and what it accepts is judged the same way
// twice, without a panic.
func TestAnyRuleText(t *testing.T) {
	t.Parallel()
	parts := []string{"order", ".total", ".tags", "supplier", ".store", "shop", " == ", " > ", " and ", "not ", "(", ")", "any(", ", #", "100", `"x"`, "[", "]", " in ", "?.", "..", "let a = ", "; a", " ? ", " : ", "filter(", "duration(", "$env", "nil", "-", " | ", "len(", "{", "}"}
	rapid.Check(t, func(t *rapid.T) {
		when := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 12).Draw(t, "parts"), "")
		r, err := Parse([]Rule{{When: when, Then: "auto"}})
		if err != nil {
			return
		}
		for _, c := range []state.Case{judged(), {}} {
			then, text, err := r.Judge(c, base)
			again, text2, _ := r.Judge(c, base)
			if then != again || text != text2 || (err != nil) != (then == state.ThenConfirm) {
				t.Fatalf("%s: %q, %q, %v; then %q, %q", when, then, text, err, again, text2)
			}
		}
	})
}
