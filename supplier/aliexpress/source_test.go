package aliexpress

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"countermand/state"
	"countermand/supplier"
)

// source shows each node of the flows' own functions.
func source(t *testing.T, see func(fn string, n ast.Node)) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				ast.Inspect(fn, func(n ast.Node) bool { see(fn.Name.Name, n); return true })
			}
		}
	}
}

// TestOneFunctionClicks reads the source: the tab is clicked, pointed at and
// typed into at one place only.
func TestOneFunctionClicks(t *testing.T) {
	t.Parallel()
	var places []string
	source(t, func(fn string, n ast.Node) {
		if s, ok := n.(*ast.SelectorExpr); ok && (s.Sel.Name == "Click" || s.Sel.Name == "Point" || s.Sel.Name == "Type" && isTab(s.X)) {
			places = append(places, fn)
		}
	})
	if len(places) != 1 || places[0] != "click" {
		t.Errorf("clicks in %v, want only one, in click", places)
	}
}

func isTab(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "tab"
}

// TestOneFunctionMarks reads the source: the caller's mark is set at one place
// only, where a call that was let through is about to leave.
func TestOneFunctionMarks(t *testing.T) {
	t.Parallel()
	calls := map[string][]string{}
	source(t, func(fn string, n ast.Node) {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		if s, ok := c.Fun.(*ast.SelectorExpr); ok {
			calls[s.Sel.Name] = append(calls[s.Sel.Name], fn)
		}
	})
	if !slices.Equal(calls["mark"], []string{"depart"}) || len(calls["store"])+len(calls["Dispatch"]) > 0 {
		t.Errorf("the mark is stored in %v, and past it in %v and %v", calls["mark"], calls["store"], calls["Dispatch"])
	}
}

// TestFlowsCompareNoTexts reads the source: what a text of a page, a reading
// or an error means is decided in package site.
func TestFlowsCompareNoTexts(t *testing.T) {
	t.Parallel()
	texts := []string{"Text", "Title", "InsideText", "InsideTitle", "Caption", "Detail", "Why", "StatusText", "RefusedText", "ApprovedRefusals", "Unclear"}
	isText := func(e ast.Expr) bool {
		s, ok := e.(*ast.SelectorExpr)
		return ok && slices.Contains(texts, s.Sel.Name)
	}
	empty := func(e ast.Expr) bool {
		l, ok := e.(*ast.BasicLit)
		return ok && l.Value == `""`
	}
	source(t, func(fn string, n ast.Node) {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && (isText(n.X) || isText(n.Y)) && !empty(n.X) && !empty(n.Y) {
				t.Errorf("%s compares a text", fn)
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && (id.Name == "regexp" || id.Name == "strings" && slices.Contains([]string{"Contains", "ContainsAny", "EqualFold", "HasPrefix", "HasSuffix", "Index"}, n.Sel.Name)) {
				t.Errorf("%s looks for a text by %s.%s", fn, id.Name, n.Sel.Name)
			}
		}
	})
}

// TestOutcomesOfAllFlowsHaveOneName: a scene ends any flow with them.
func TestOutcomesOfAllFlowsHaveOneName(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{string(state.AskFailed), string(supplier.MessageFailed), string(supplier.DisputeFailed)},
		{string(state.AskWrongOrder), string(supplier.MessageWrongOrder), string(supplier.DisputeWrongOrder)},
		{string(state.AskUnknown), string(supplier.MessageUnknown), string(supplier.DisputeUnknown)},
	} {
		if len(slices.Compact(same)) != 1 {
			t.Errorf("outcomes %v should have one name", same)
		}
	}
}
