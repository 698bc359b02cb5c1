package aliexpress

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"countermand/supplier/aliexpress/site"
	"countermand/supplier/chrome"
)

// TestOneFunctionClicks reads the source: the tab is clicked, pointed at and
// typed into at one place only.
func TestOneFunctionClicks(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && (s.Sel.Name == "Click" || s.Sel.Name == "Point" || s.Sel.Name == "Type" && isTab(s.X)) {
					places = append(places, fn.Name.Name)
				}
				return true
			})
		}
	}
	if len(places) != 1 || places[0] != "click" {
		t.Errorf("clicks in %v, want only one, in click", places)
	}
}

func isTab(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "tab"
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := Options{Account: "main", Profile: testProfile(t), Chrome: chrome.Options{ProfileDir: t.TempDir()},
		Hosts: site.Hosts{WWW: "https://www.aliexpress.com", Mobile: "https://m.aliexpress.com", Login: "https://login.aliexpress.com", API: "https://acs.aliexpress.com"}}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"profile": func(o *Options) { o.Profile = site.Profile{} },
		"host":    func(o *Options) { o.Hosts.WWW = "www.aliexpress.com" },
		"path":    func(o *Options) { o.Hosts.Mobile = "https://m.aliexpress.com/p/" },
		"zone":    func(o *Options) { o.Zone = "Nowhere" },
		"browser": func(o *Options) { o.Chrome = chrome.Options{} },
	} {
		o := good
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "main") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParentDomain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://www.aliexpress.com": ".aliexpress.com", "https://m.aliexpress.com:443": ".aliexpress.com", "http://127.0.0.1:81": "", "http://localhost:1": "", "http://[::1]:1": "",
	} {
		if _, got := parentDomain(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
