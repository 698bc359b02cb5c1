package machine

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"countermand/state"
)

// decided is what a step decides, without the words that it says.
func decided(out Outcome, err error) string {
	if err != nil {
		return "refused"
	}
	c := out.Case
	var b strings.Builder
	fmt.Fprintf(&b, "%s due %s stop %v findings %v accepted %v approved %t unsure %t proof %s attempt %+v clocks %v", c.Status, c.DueAt, c.Stop, c.Findings, c.Accepted, c.Approved, c.NumberUnsure, c.Proof, c.Attempt, c.Clocks)
	for _, p := range out.Plans {
		fmt.Fprintf(&b, " plan %s %s %s", p.Kind, p.Depth, p.NotBefore)
	}
	for _, a := range out.Alerts {
		fmt.Fprintf(&b, " alert %s %t", a.Key, a.Page)
	}
	fmt.Fprintf(&b, " drops %v resolved %v look %t entries %d", out.Drops, out.Resolved, out.ReadShop, len(out.Entries))
	return b.String()
}

// tale tells a story and gives what each step decided. stored is what becomes
// of the case between two steps.
func tale(s scenario, stored func(state.Case) state.Case) (all []string) {
	p := policyOf(Auto)
	if s.policy != nil {
		s.policy(&p)
	}
	c, now := state.Case{ID: "01CASE", Supplier: "aliexpress"}, base
	for _, st := range s.steps {
		now = now.Add(st.after)
		if st.due {
			now = c.DueAt
		}
		if st.config != nil {
			st.config(&p)
		}
		out, err := p.Step(stored(c), stamped(st.ev, now), now)
		all = append(all, decided(out, err))
		if err == nil {
			c = out.Case
		}
	}
	return all
}

// TestRewordingDecidesNothing: every text reworded, in what is said and in what
// is stored, no story goes another way. It is not parallel, because it changes
// the words of the package.
func TestRewordingDecidesNothing(t *testing.T) {
	before := map[string][]string{}
	same := func(c state.Case) state.Case { return c }
	for _, s := range everyStory() {
		before[s.name] = tale(s, same)
	}
	rightSayings, rightAlerts, rightStatuses := findingTexts, alertWords, statuses
	t.Cleanup(func() { findingTexts, alertWords, statuses = rightSayings, rightAlerts, rightStatuses })
	findingTexts, alertWords, statuses = maps.Clone(findingTexts), maps.Clone(alertWords), maps.Clone(statuses)
	for code := range findingTexts {
		findingTexts[code] = "other words"
	}
	for kind, w := range alertWords {
		w.what, w.todo = "other words", "do otherwise"
		alertWords[kind] = w
	}
	for s, r := range statuses {
		if r.word = "other words"; r.flag != nil {
			r.flag = fixedFlag("another flag")
		}
		statuses[s] = r
	}
	reworded := func(c state.Case) state.Case {
		c = c.Clone()
		for _, text := range []*string{&c.Flag, &c.Rule, &c.SiteState} {
			if *text != "" {
				*text = "other words"
			}
		}
		return c
	}
	for _, s := range everyStory() {
		if after := tale(s, reworded); !slices.Equal(after, before[s.name]) {
			for i := range after {
				if after[i] != before[s.name][i] {
					t.Errorf("%s, step %d: reworded\n%s\nbefore\n%s", s.name, i, after[i], before[s.name][i])
				}
			}
		}
	}
}

// findingCodes reads the codes of package state from its source.
func findingCodes(t *testing.T) (codes []state.FindingCode) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../state/finding.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "FindingCode" {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, state.FindingCode(text))
			}
		}
		return true
	})
	return codes
}

// TestWordsNameTheSupplierOfTheCase: no text has one supplier's name in it.
func TestWordsNameTheSupplierOfTheCase(t *testing.T) {
	t.Parallel()
	c := state.Case{Shop: "mystore", ShopOrder: "#1042", Supplier: "elsewhere", SupplierOrder: number, Findings: state.Findings{state.Found(state.NumberGone, number)}}
	x := &change{c: c, now: base}
	x.alert(AlertHeld)
	x.alert(AlertUnasked)
	x.alert(AlertUnmapped)
	want := []string{
		"mystore #1042 (elsewhere " + number + "): waits for you: the shop order does not name elsewhere order " + number + " any more",
		"cancel by hand on elsewhere.", "no elsewhere order is known",
	}
	for i, a := range x.out.Alerts {
		if said := a.Title + "; " + a.Text; !strings.Contains(said, want[i]) || strings.Contains(said, "AliExpress") {
			t.Errorf("%s says %q, want %q", a.Kind, said, want[i])
		}
	}
	if got := statuses[state.Unmapped].flag(c); got != "no elsewhere order known: map it" {
		t.Errorf("flag %q", got)
	}
}

// TestEveryFindingHasWords: each code is said, with nothing left open.
func TestEveryFindingHasWords(t *testing.T) {
	t.Parallel()
	if codes := findingCodes(t); len(codes) < 30 || !slices.Equal(slices.Sorted(slices.Values(codes)), slices.Sorted(maps.Keys(findingTexts))) {
		t.Errorf("codes %v, words for %v", codes, slices.Sorted(maps.Keys(findingTexts)))
	}
	for code, text := range findingTexts {
		facts := []string{}
		for _, name := range placeholder.FindAllString(text, -1) {
			facts = append(facts, strings.Trim(name, "{}"), "2026-11-03T10:00:00Z")
		}
		said := words(state.Case{Supplier: "aliexpress"}, state.Found(code, "8190000000000001", facts...))
		if said == "" || strings.ContainsAny(said, "{}[]") || strings.Contains(said, "unknown") {
			t.Errorf("%s: %q", code, said)
		}
		if bare := words(state.Case{}, state.Finding{Code: code}); bare == "" || strings.ContainsAny(bare, "{}[]") {
			t.Errorf("%s without facts: %q", code, bare)
		}
	}
}
