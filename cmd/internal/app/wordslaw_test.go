package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// texts are fields that hold sentences for people: our own, a site's or a
// person's. What they mean is decided by the site's package alone; everything
// else decides by codes.
var texts = []string{
	"Flag", "HeldWhy", "Why", "Detail", "Text", "Title", "Note", "Unclear", "Unread", "LastError", "NextAction",
	"StatusText", "RefusedText", "ListText", "SiteState", "Rule",
}

// maySee are the functions that may look at a text's words all the same.
var maySee = map[string]string{
	"sync/readings.go unchangedInList": "a list's caption is compared with itself, to see that it changed",
}

// comparison tells whether a node looks at what a text says. That one is there
// at all may be asked.
func comparison(n ast.Node) bool {
	text := func(e ast.Expr) bool {
		s, ok := e.(*ast.SelectorExpr)
		return ok && slices.Contains(texts, s.Sel.Name)
	}
	empty := func(e ast.Expr) bool {
		l, ok := e.(*ast.BasicLit)
		return ok && l.Value == `""`
	}
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return (n.Op == token.EQL || n.Op == token.NEQ) && (text(n.X) || text(n.Y)) && !empty(n.X) && !empty(n.Y)
	case *ast.SwitchStmt:
		return n.Tag != nil && text(n.Tag)
	case *ast.CallExpr:
		s, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		of, ok := s.X.(*ast.Ident)
		looks := ok && (of.Name == "strings" || of.Name == "slices") &&
			slices.Contains([]string{"Contains", "ContainsAny", "ContainsFunc", "EqualFold", "HasPrefix", "HasSuffix", "Index", "Equal", "Count"}, s.Sel.Name) ||
			ok && s.Sel.Name == "MatchString"
		return looks && slices.ContainsFunc(n.Args, text)
	}
	return false
}

// compares names the functions of a file that look at a text, as "FILE FUNC".
func compares(name string, file *ast.File) (out []string) {
	for _, d := range file.Decls {
		fn := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			fn = f.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if n != nil && comparison(n) {
				out = append(out, name+" "+fn)
			}
			return true
		})
	}
	return out
}

// TestNothingIsDecidedByWords: rewording a text changes no decision.
func TestNothingIsDecidedByWords(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	used := map[string]bool{}
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if name != "." && strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"testdata", "bin", "dist", "shopifytest", "aliexpresstest", "statetest"}, entry.Name()) || name == "supplier/aliexpress/site" {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "generated.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, where := range compares(name, file) {
			if used[where] = true; maySee[where] == "" {
				t.Errorf("%s looks at what a text says: decide by a code", where)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files: %v", files, err)
	}
	for where := range maySee {
		if !used[where] {
			t.Errorf("%s looks at no text any more: take it out of the exceptions", where)
		}
	}
}

// The law must notice what it forbids.
func TestWordsLawNotices(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		`c.Flag == "waits"`:                        true,
		`other != ev.Detail`:                       true,
		`strings.Contains(c.HeldWhy, "x")`:         true,
		`slices.Contains(seen, r.Unread)`:          true,
		`expression.MatchString(r.StatusText)`:     true,
		`c.Flag != ""`:                             false,
		`c.Status == state.Held`:                   false,
		`strings.Contains(name, "x")`:              false,
		`fmt.Sprintf("%s", c.Flag) == "something"`: false, // words made here
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package p\nfunc f() bool { return "+code+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(compares("a.go", file)) > 0; got != want {
			t.Errorf("%s: noticed %t", code, got)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package p\nfunc f() { switch c.Why { case \"x\": } }", 0)
	if err != nil || len(compares("a.go", file)) == 0 {
		t.Errorf("a switch over a text is not noticed: %v", err)
	}
}
