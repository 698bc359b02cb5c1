package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "countermand"

// law says which rooms each room may import. A room that is not here may not
// exist. Tests may import more.
var law = map[string][]string{
	"state":                    {},
	"state/boltstore":          {"state"},
	"state/statetest":          {"state", "state/boltstore"},
	"configs":                  {},
	"shop":                     {"state"},
	"shop/shopify":             {"shop", "state"},
	"shop/shopifytest":         {},
	"supplier":                 {"state"},
	"supplier/chrome":          {"supplier/chrome/proxy"},
	"supplier/chrome/proxy":    {},
	"supplier/aliexpress":      {"supplier", "state", "supplier/chrome", "supplier/aliexpress/site"},
	"supplier/aliexpress/site": {"supplier", "state"},
	"supplier/aliexpresstest":  {},
	"sync":                     {"shop", "supplier", "state", "sync/machine", "sync/orders"},
	"sync/orders":              {"shop", "state"},
	"sync/machine":             {"state", "supplier", "sync/calendar"},
	"sync/rules":               {"state"},
	"sync/calendar":            {},
	"sync/alert":               {"state", "sync/calendar"},
	"sync/dispute":             {"state"},
	"cmd/internal/control":     {"state", "supplier", "sync/dispute", "sync/machine"}, // for the words of findings
	"cmd/internal/console":     {"state", "sync/dispute"},
	"cmd/internal/plain":       {},
	"cmd/internal/doctor":      {"configs", "shop", "shop/shopify", "supplier", "supplier/chrome", "sync/calendar"},
	"cmd/internal/dossier":     {"state", "supplier", "sync/machine", "cmd/internal/plain"},
	"cmd/internal/upkeep":      {"state", "state/boltstore", "configs", "supplier"},
	"cmd/internal/app": {
		"state", "state/boltstore", "configs", "shop", "shop/shopify", "supplier", "supplier/chrome", "supplier/chrome/proxy", "supplier/aliexpress", "supplier/aliexpress/site",
		"sync", "sync/machine", "sync/rules", "sync/calendar", "sync/alert", "sync/dispute", "cmd/internal/control", "cmd/internal/console", "cmd/internal/doctor", "cmd/internal/dossier", "cmd/internal/plain", "cmd/internal/upkeep",
	},
	"cmd/internal/demo": {"cmd/internal/app", "configs", "shop/shopifytest", "supplier/aliexpresstest"},
	"cmd/countermand":   {"cmd/internal/app", "cmd/internal/demo", "cmd/internal/control", "cmd/internal/doctor", "cmd/internal/plain", "cmd/internal/upkeep", "configs", "state", "supplier"}, // the words of a case, for printing
}

// owners are the rooms that alone may import a library.
var owners = map[string]string{
	"go.etcd.io/bbolt":         "state/boltstore",
	"github.com/chromedp":      "supplier/chrome",
	"github.com/robfig/cron":   "cmd/internal/app",
	"github.com/rickar/cal/v2": "sync/calendar",
}

// onlyStandard are the rooms without libraries, but for those they own.
var onlyStandard = []string{"state", "sync/calendar", "supplier/chrome/proxy"}

// withoutTesting run in the demo too: with package testing they would bring
// its flags into the binary.
var withoutTesting = []string{"shop/shopifytest", "supplier/aliexpresstest"}

var topLevel = []string{
	"cmd", "supplier", "shop", "sync", "state", "configs", "docs", "go.mod", "go.sum", "README.md", "Makefile", "LICENSE", "CHANGELOG.md",
	"bin", "dist", // ignored by git
}

// source is one parsed file.
type source struct {
	pkg  string // folder below the module's root
	name string
	test bool
	file *ast.File
}

// room is where a package belongs: itself, or what its internal folder is
// part of.
func (s source) room() string { return roomOf(s.pkg) }

func roomOf(pkg string) string {
	if _, ok := law[pkg]; ok {
		return pkg
	}
	room, _, _ := strings.Cut(pkg, "/internal/")
	return room
}

// violations judges one file.
func (s source) violations() []string {
	var out []string
	bad := func(format string, args ...any) {
		out = append(out, path.Join(s.pkg, s.name)+": "+fmt.Sprintf(format, args...))
	}
	allowed, known := law[s.room()]
	if !known {
		bad("package %s has no line in the law", s.pkg)
		return out
	}
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			bad("%v", err)
			continue
		}
		if imported == module+"/sync" && (spec.Name == nil || spec.Name.Name != "casesync") {
			bad("imports %s under a name other than casesync", imported)
		}
		if s.test {
			continue
		}
		if why := s.forbids(imported, allowed); why != "" {
			bad("imports %s: %s", imported, why)
		}
	}
	return out
}

// forbids tells why the file's room may not import a package, or nothing.
func (s source) forbids(imported string, allowed []string) string {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		if target := roomOf(ours); target != s.room() && !slices.Contains(allowed, target) {
			return fmt.Sprintf("%s may import only %v of ours", s.room(), allowed)
		}
		return ""
	}
	if imported == "testing" && slices.Contains(withoutTesting, s.room()) {
		return "it runs in the demo"
	}
	for library, owner := range owners {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			if owner != s.room() {
				return "only " + owner + " may"
			}
			return ""
		}
	}
	first, _, _ := strings.Cut(imported, "/")
	if strings.Contains(first, ".") && slices.Contains(onlyStandard, s.room()) {
		return s.room() + " keeps to the standard library"
	}
	return ""
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// sources parses every Go file of the module as far as its imports.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		out = append(out, source{filepath.ToSlash(pkg), name, strings.HasSuffix(name, "_test.go"), parsed})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d files found below %s: the walk is broken", len(out), root)
	}
	return out
}

func TestImportLaw(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, moduleRoot(t)) {
		for _, v := range s.violations() {
			t.Error(v)
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	t.Parallel()
	commented := map[string]bool{}
	for _, s := range sources(t, moduleRoot(t)) {
		if !s.test {
			commented[s.pkg] = commented[s.pkg] || s.file.Doc != nil
		}
	}
	for pkg, ok := range commented {
		if !ok {
			t.Errorf("package %s has no comment that says what it is for", pkg)
		}
	}
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(moduleRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// The law itself must notice what it forbids.
func TestLawNotices(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pkg, name, imports string
		want               string // empty: lawful
	}{
		{"state", "a.go", `"countermand/shop"`, "may import only []"},
		{"state", "a.go", `"github.com/rs/zerolog"`, "standard library"},
		{"state", "a.go", `"encoding/json"`, ""},
		{"state", "a_test.go", `"github.com/google/go-cmp/cmp"`, ""},
		{"shop", "a.go", `"go.etcd.io/bbolt"`, "only state/boltstore"},
		{"state/boltstore", "a.go", `"go.etcd.io/bbolt/errors"`, ""},
		{"supplier/aliexpress", "a.go", `"github.com/chromedp/cdproto/page"`, "only supplier/chrome"},
		{"supplier/aliexpress/site", "a.go", `"countermand/supplier/chrome"`, "may import only"},
		{"sync", "a.go", `"github.com/robfig/cron/v3"`, "only cmd/internal/app"},
		{"cmd/internal/app", "a.go", `"github.com/robfig/cron/v3"`, ""},
		{"cmd/internal/app", "a.go", `"countermand/shop/shopifytest"`, "may import only"},
		{"cmd/internal/app", "a_test.go", `"countermand/shop/shopifytest"`, ""},
		{"cmd/internal/app", "a.go", `"countermand/sync"`, "other than casesync"},
		{"cmd/internal/app", "a_test.go", `"countermand/sync"`, "other than casesync"},
		{"cmd/internal/app", "a.go", `casesync "countermand/sync"`, ""},
		{"sync/calendar", "a.go", `"github.com/rickar/cal/v2/us"`, ""},
		{"sync/calendar", "a.go", `"github.com/goccy/go-yaml"`, "standard library"},
		{"shop/shopifytest", "a.go", `"testing"`, "runs in the demo"},
		{"shop/shopifytest", "a_test.go", `"testing"`, ""},
		{"shop/shopify/internal/gen", "a.go", `"countermand/shop/shopify/internal/words"`, ""},
		{"shop/shopify/internal/gen", "a.go", `"countermand/supplier"`, "shop/shopify may import only"},
		{"cmd/internal/extra", "a.go", `"fmt"`, "no line in the law"},
		{"util", "a.go", `"fmt"`, "no line in the law"},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), tc.name, "package p\nimport "+tc.imports, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		s := source{tc.pkg, tc.name, strings.HasSuffix(tc.name, "_test.go"), file}
		got := strings.Join(s.violations(), "\n")
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s/%s with %s: want %q, got %q", tc.pkg, tc.name, tc.imports, tc.want, got)
		}
	}
}
