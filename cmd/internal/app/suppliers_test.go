package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"countermand/cmd/internal/app"
	"countermand/configs"
	"countermand/supplier"
)

// TestEverySupplierCanBeConfiguredAndOpened: the registry, the configuration
// and the openers know the same suppliers.
func TestEverySupplierCanBeConfiguredAndOpened(t *testing.T) {
	t.Parallel()
	var known []string
	for _, s := range supplier.All {
		if known = append(known, s.Name); s.Name == "" || s.Title == "" || s.Number == nil {
			t.Errorf("incomplete: %+v", s)
		}
	}
	if !slices.Equal(known, configs.Suppliers) {
		t.Errorf("the registry has %q, accounts[].supplier takes %q", known, configs.Suppliers)
	}
	if opened := slices.Sorted(maps.Keys(app.Openers)); !slices.Equal(slices.Sorted(slices.Values(known)), opened) {
		t.Errorf("the registry has %q, there are openers of %q", known, opened)
	}
}

// mayName are the rooms and files whose texts may name a supplier.
var mayName = map[string]string{
	"supplier/":                    "its driver, its double and the registry",
	"cmd/internal/demo/":           "shows it",
	"state/boltstore/sentences.go": "reads what version 2 wrote",
	"cmd/countermand/main.go":      "help",
	"cmd/countermand/client.go":    "help",
	"cmd/countermand/cases.go":     "help",
	"cmd/countermand/demo.go":      "help",
	"cmd/countermand/disputes.go":  "help",
	"cmd/countermand/doctor.go":    "help",
	"cmd/countermand/login.go":     "help",
	"cmd/countermand/mapcmd.go":    "help",
	"cmd/countermand/mapimport.go": "help",
}

// TestSuppliersAreNamedByTheRegistry: no text for people names a supplier by
// itself.
func TestSuppliersAreNamedByTheRegistry(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	used := map[string]bool{}
	for _, s := range sources(t, root) {
		if s.test {
			continue
		}
		name := filepath.ToSlash(filepath.Join(s.pkg, s.name))
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, known := range supplier.All {
				if !strings.Contains(text, known.Title) {
					continue
				}
				allowed := false
				for place := range mayName {
					if strings.HasPrefix(name, place) {
						allowed, used[place] = true, true
					}
				}
				if !allowed {
					t.Errorf("%s: %s", set.Position(l.Pos()), l.Value)
				}
			}
			return true
		})
	}
	for place := range mayName {
		if !used[place] {
			t.Errorf("%s names no supplier any more: take it out of the exceptions", place)
		}
	}
}
