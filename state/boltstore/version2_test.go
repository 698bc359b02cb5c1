package boltstore

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"countermand/state"
)

// foundByEngine2 is what the cases of v2-engine.db.gz have in place of their
// sentences, by the end of their ids. The others have none.
const foundByEngine2 = `
001 held: number_twice
003 held: number_twice
005 held: number_twice
007 accepted: number_twice
009 held: number_given
011 accepted: import_unclear
013 held: import_unclear
015 held: import_differs
017 held: number_gone
020 held: account_unknown
022 held: record_damaged
024 accepted: number_twice
026 held: number_twice
028 held: part_of_order number_twice; partial: part_of_order
031 held: number_twice
033 accepted: part_of_order; partial: part_of_order
035 held: part_unclear; partial: part_unclear
037 held: part_unclear; partial: part_unclear
039 partial: part_of_shop
041 partial: part_asked
044 held: lines_before_start
046 held: tag_before_start
048 held: asks_first
050 accepted: asks_first
052 held: too_few_items; accepted: asks_first
055 held: asks_first
057 held: asks_first
059 held: asks_first
062 held: observed
064 held: observed
066 held: ordered_before too_few_items
068 accepted: ordered_before too_few_items
070 held: too_few_items total_changed; accepted: too_few_items
073 held: items_uncounted
075 held: total_changed store_changed
077 accepted: store_changed
079 held: other_order
081 held: ordered_before
084 held: ordered_before too_few_items
086 accepted: ordered_before too_few_items
088 held: wrong_order
090 held: wrong_order
092 held: wrong_order
094 held: unknown_page
096 held: unknown_page
098 accepted: unknown_page
100 held: unknown_page
102 held: unknown_page
106 held: order_not_shown
108 held: order_not_shown
110 held: window_over
112 held: window_over
114 held: window_over
116 held: window_over
118 held: window_over
120 held: window_over
123 held: window_over
125 accepted: window_over
128 held: request_in_doubt
131 held: request_in_doubt
134 accepted: request_in_doubt
137 held: doubted_twice
146 stop: replaced
148 stop: withdrawn
151 held: withdrawn; stop: withdrawn
153 stop: withdrawn
155 accepted: withdrawn; stop: withdrawn
157 stop: replaced
160 held: replaced; stop: replaced
162 stop: replaced
164 accepted: replaced; stop: replaced
166 stop: number_twice
169 held: number_twice; stop: number_twice
171 stop: number_twice
173 accepted: number_twice; stop: number_twice
175 held: withdrawn maybe_asked; accepted: request_in_doubt
180 held: replaced maybe_asked; accepted: request_in_doubt replaced
185 accepted: replaced
187 accepted: number_twice number_twice replaced
190 accepted: withdrawn
192 accepted: number_twice replaced
196 held: asked_before
199 accepted: asked_before
202 held: account_unknown asked_before
205 held: ordered_before too_few_items; accepted: account_unknown asked_before
238 held: asks_first
243 stop: withdrawn
245 held: records_lost
246 accepted: records_lost
`

// TestVersion2OfTheEngine reads a file that the engine wrote at version 2, with
// every kind of sentence that it knew.
func TestVersion2OfTheEngine(t *testing.T) {
	t.Parallel()
	s, err := Open(goldenFile(t, "v2-engine.db.gz"), Options{})
	noError(t, err)
	defer s.Close()
	sound(t, s)
	want := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(foundByEngine2), "\n") {
		id, found, _ := strings.Cut(line, " ")
		want[id] = found
	}
	statuses := map[state.Status]int{}
	noError(t, s.View(context.Background(), func(tx state.ReadTx) error {
		claimsOfEngine(t, tx)
		all, _, err := tx.Cases(state.Page{Limit: 1000})
		for _, c := range all {
			statuses[c.Status]++
			id := c.ID[len(c.ID)-3:]
			if got := codesOf(c); got != want[id] {
				t.Errorf("case %s (%s) has %q, want %q", c.ID, c.ShopOrder, got, want[id])
			}
			if c.Supplier != "aliexpress" {
				t.Errorf("case %s was bought at %q", c.ID, c.Supplier)
			}
			if (c.Status == state.Held) != (len(c.Findings) > 0) {
				t.Errorf("case %s is %s with %v", c.ID, c.Status, c.Findings)
			}
		}
		if len(all) != 117 || len(statuses) != 15 {
			t.Errorf("%d cases, statuses %v", len(all), statuses)
		}
		if err != nil {
			return err
		}
		mapped, err := tx.Mappings("mystore", "1013")
		for _, m := range mapped {
			if !m.Conflict.Equal(state.Found(state.ImportUnclear, "", "others", "8190000000000008")) {
				t.Errorf("mapping %+v", m)
			}
		}
		if len(mapped) != 2 {
			t.Errorf("mappings %+v", mapped)
		}
		return err
	}))
}

// codesOf lists the findings of a case.
func codesOf(c state.Case) string {
	var parts []string
	for _, p := range []struct {
		name  string
		found state.Findings
	}{{"held", c.Findings}, {"accepted", c.Accepted}, {"stop", state.Findings(nil).With(c.Stop)}, {"partial", state.Findings(nil).With(c.Partial)}} {
		if len(p.found) == 0 {
			continue
		}
		part := p.name + ":"
		for _, f := range p.found {
			part += " " + string(f.Code)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// TestVersion2KeepsTheRest: but for sentences and the supplier, cases and mappings are what they
// were, and so are their revisions.
func TestVersion2KeepsTheRest(t *testing.T) {
	t.Parallel()
	path := goldenFile(t, "v2-engine.db.gz")
	before := records(t, path)
	s, err := Open(path, Options{})
	noError(t, err)
	noError(t, s.Close())
	after := records(t, path)
	if len(before) < 117 || len(after) != len(before) {
		t.Fatalf("%d records, then %d", len(before), len(after))
	}
	for key, was := range before {
		is := after[key]
		if told := dropSentences(was.body); !told && strings.HasPrefix(key, "mappings") && was.raw != is.raw {
			t.Errorf("%s tells nothing and was rewritten", key)
		}
		dropSentences(is.body)
		if !reflect.DeepEqual(was.body, is.body) || was.rev != is.rev {
			t.Errorf("%s was %+v, is %+v", key, was, is)
		}
	}
}

type record struct {
	raw  string
	rev  uint64
	body any
}

// records reads the cases and mappings of a closed database.
func records(t *testing.T, path string) map[string]record {
	t.Helper()
	out := map[string]record{}
	edit(t, path, func(b *bbolt.Tx) error {
		for _, bucket := range []string{"cases", "mappings"} {
			for key, raw := range ascend(b.Bucket([]byte(bucket)), nil, nil) {
				r := record{raw: string(raw)}
				var err error
				if r.rev, err = decode(bucket, key, raw, &r.body); err != nil {
					return err
				}
				out[fmt.Sprintf("%s %q", bucket, key)] = r
			}
		}
		return nil
	})
	return out
}

// dropSentences deletes what the migration to version 3 changes, and tells
// whether there was any.
func dropSentences(v any) (some bool) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			some = dropSentences(each) || some
		}
	case map[string]any:
		for _, field := range []string{"held_why", "findings", "accepted", "stop", "partial", "parts_unread", "conflict", "supplier"} {
			_, has := v[field]
			some = some || has
			delete(v, field)
		}
	}
	return some
}

// claimsOfEngine looks for claims that version 2 kept among the marks, those of
// orders too that named a number when another did already.
func claimsOfEngine(t *testing.T, tx state.ReadTx) {
	t.Helper()
	for number, want := range map[string][]string{
		"8190000000000001": {"#1001", "#1002"},                                                      // both with cases
		"8190000000000004": {"#1007", "gid://shopify/Order/5001008", "gid://shopify/Order/5001009"}, // none has one
		"8190000000000005": nil,                                                                     // taken back
		"8190000000000006": {"#1010"},
	} {
		var got []string
		claims, err := tx.Claims(number)
		for _, c := range claims {
			got = append(got, c.Name)
			if c.Shop != "mystore" || !slices.Contains(c.Numbers, number) || c.At.IsZero() {
				t.Errorf("claim %+v", c)
			}
		}
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s is named by %q, want %q: %v", number, got, want, err)
		}
	}
	if m, err := tx.Value("claim/8190000000000001"); m != "" || err != nil {
		t.Errorf("a claim among the marks: %q, %v", m, err)
	}
	if m, err := tx.Value(state.ValueRestored); m == "" || err != nil {
		t.Errorf("the other marks: %q, %v", m, err)
	}
}
