package shopify_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/Khan/genqlient/generate"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"countermand/shop/shopify"
	"countermand/shop/shopifytest"
)

// The generated client is what genqlient makes of the operations today.
func TestGeneratedIsCurrent(t *testing.T) {
	t.Parallel()
	config, err := generate.ReadAndValidateConfig("genqlient.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate.Generate(config)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not current: run go generate ./shop/shopify/...", path)
		}
	}
	if len(files) == 0 {
		t.Error("nothing is generated")
	}
}

// The client and the loopback shop know the same schema.
func TestOneSchema(t *testing.T) {
	t.Parallel()
	ours, theirs := readFile(t, "schema.graphql"), readFile(t, "../shopifytest/schema.graphql")
	if ours != theirs {
		t.Error("schema.graphql and ../shopifytest/schema.graphql differ: cut both anew, see the package documentation")
	}
}

// shared is a file of the published material, where the machine has it.
func shared(t *testing.T, name string) (path string, ok bool) {
	dir := os.Getenv("COUNTERMAND_SHARED")
	return filepath.Join(dir, "data", "shopify", name), dir != ""
}

// Every operation is valid against the whole schema as Shopify published it,
// and a shop that knows all of it answers.
func TestOperationsAgainstTheWholeSchema(t *testing.T) {
	t.Parallel()
	path, ok := shared(t, "admin-2026-10.graphql.gz")
	if !ok {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sdl, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "admin", Input: string(sdl)})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("operations/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no operations: %v", err)
	}
	for _, file := range files {
		if _, errs := gqlparser.LoadQueryWithRules(schema, readFile(t, file), rules.NewDefaultRules()); len(errs) > 0 {
			t.Errorf("%s: %v", file, errs)
		}
	}
	s := newShop(t, shopifytest.Options{SchemaSDL: string(sdl)})
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
	if got, err := newClient(t, s.URL()).Order(t.Context(), o.GID()); err != nil || len(got.Lines) != 1 {
		t.Errorf("read %d lines: %v", len(got.Lines), err)
	}
}

// Shopify's own sample payload, whose numeric id is rounded, names its order.
func TestSamplePayload(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"webhook_orders_cancelled.json", "webhook_orders_updated.json"} {
		path, ok := shared(t, name)
		if !ok {
			return
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		const want = "gid://shopify/Order/820982911946154508"
		if got, err := shopify.OrderIDIn(f); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %s", name, got, err, want)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
