package shopify_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Khan/genqlient/generate"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"countermand/shop"
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
	edits, _ := shared(t, "requested-order-edit-2026-10.reconstructed.graphql")
	sdl := strings.Join([]string{unzip(t, path), readFile(t, edits), readFile(t, "supplement.graphql")}, "\n")
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "admin", Input: sdl})
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
	s := newShop(t, shopifytest.Options{SchemaSDL: sdl})
	o := s.AddOrder(shopifytest.Order{Lines: []shopifytest.Line{{Title: "Lamp"}}})
	c := newClient(t, s.URL(), func(o *shopify.Options) { o.Edits, o.Country = true, true })
	if got, err := c.Order(t.Context(), o.GID()); err != nil || len(got.Lines) != 1 || !got.EditsRead || got.Country == "" {
		t.Errorf("read %+v: %v", got, err)
	}
	if got, err := c.Cancel(t.Context(), shop.CancelOrder{ID: o.GID(), Reason: "customer", Refund: shop.RefundOriginal}); err != nil || got.Outcome != shop.CancelDone {
		t.Errorf("cancelled: %+v, %v", got, err)
	}
}

func unzip(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Shopify's own sample payloads name their order. Where a sample holds only a
// number, that was rounded by whoever made the sample.
func TestSamplePayloads(t *testing.T) {
	t.Parallel()
	const exact, rounded = "gid://shopify/Order/820982911946154508", "gid://shopify/Order/820982911946154500"
	for name, tc := range map[string]struct{ topic, want string }{
		"webhook_orders_cancelled.json": {"orders/cancelled", exact},
		"webhook_orders_updated.json":   {"orders/updated", exact},
		"webhook_orders_edited.json":    {"orders/edited", rounded},
		"webhook_refunds_create.json":   {"refunds/create", rounded},
		"webhook_app_uninstalled.json":  {"app/uninstalled", ""},
	} {
		path, ok := shared(t, name)
		if !ok {
			return
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got, err := shopify.FindIn(tc.topic, f); err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tc.want)
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
