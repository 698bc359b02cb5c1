package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const whole = `
schema { query: QueryRoot mutation: Mutation }
directive @idempotent(key: String!) on FIELD
directive @unused on FIELD
"Words that are Shopify's."
type QueryRoot { order(id: ID!, unused: Int): Order node(id: ID!): Node other: Other }
type Mutation { note(input: NoteInput!, mood: Mood = GOOD): Payload unused: Int }
interface Node { id: ID! created: Date }
type Order implements Node { id: ID! created: Date note("Words." text: String): String unused: Other }
type Line implements Node { id: ID! created: Date }
type Other implements Node { id: ID! created: Date }
union Thing = Order | Other
type Payload { thing: Thing unused: Int }
input NoteInput { id: ID! deep: DeepInput }
input DeepInput { text: String again: NoteInput kind: Kind }
input UnusedInput { text: String }
enum Mood { GOOD BAD }
enum Kind { A B }
scalar Date
scalar Unused
`

func TestPrune(t *testing.T) {
	t.Parallel()
	got, err := Prune([]string{whole}, "2026-10", []string{
		`query q($id: ID!) { order(id: $id) { __typename note } node(id: $id) { id ... on Order { created } } }`,
		`mutation m($in: NoteInput!) { note(input: $in, mood: GOOD) @idempotent(key: "k") { thing { ...o } } } fragment o on Order { id }`,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(got, "\n\n")
	want := `schema {
  query: QueryRoot
  mutation: Mutation
}
directive @idempotent(key: String!) on FIELD
scalar Date
input DeepInput {
  text: String
  again: NoteInput
  kind: Kind
}
enum Kind {
  A
  B
}
enum Mood {
  GOOD
  BAD
}
type Mutation {
  note(input: NoteInput!, mood: Mood = GOOD): Payload
}
interface Node {
  id: ID!
}
input NoteInput {
  id: ID!
  deep: DeepInput
}
type Order implements Node {
  id: ID!
  created: Date
  note: String
}
type Payload {
  thing: Thing
}
type QueryRoot {
  order(id: ID!): Order
  node(id: ID!): Node
}
union Thing = Order
`
	if body != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	for _, word := range []string{"2026-10", "Shopify Inc.", "DO NOT EDIT"} {
		if !strings.Contains(got, word) {
			t.Errorf("the head does not say %q", word)
		}
	}
}

// Several schemas are one, and a later one may extend an earlier.
func TestPruneSeveral(t *testing.T) {
	t.Parallel()
	more := `extend type Order { edits: Edits } type Edits { count: Int unused: Int } extend enum Mood { FAIR }`
	got, err := Prune([]string{whole, more}, "x", []string{`query q { order(id: 1) { edits { count } } } mutation m($m: Mood) { note(input: {id: 1}, mood: $m) { thing { __typename } } }`})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  edits: Edits\n", "type Edits {\n  count: Int\n}", "  FAIR\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

func TestPruneRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Prune([]string{whole}, "x", []string{`{ order(id: 1) { phone } }`}); err == nil {
		t.Error("took an operation that the schema does not allow")
	}
	if _, err := Prune([]string{"type A {"}, "x", nil); err == nil {
		t.Error("took a broken schema")
	}
}

// The committed schema is exactly what the operations use: cutting it again
// changes nothing.
func TestCommittedSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "cut.graphql")
	ops, err := filepath.Glob("../../operations/*.graphql")
	if err != nil || len(ops) == 0 {
		t.Fatalf("no operations: %v", err)
	}
	const committed = "../../schema.graphql"
	var stderr bytes.Buffer
	if code := run(append([]string{"-api", "2026-10", "-schema", committed, "-o", out}, ops...), &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	want, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("schema.graphql is not the cut for the operations; it would be\n%s", got)
	}
}

func TestRunReadsGzip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(whole))
	z.Close()
	schema, op := filepath.Join(dir, "s.graphql.gz"), filepath.Join(dir, "q.graphql")
	for path, data := range map[string][]byte{schema: zipped.Bytes(), op: []byte(`{ order(id: 1) { id } }`)} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	var stderr bytes.Buffer
	if code := run([]string{"-api", "x", "-schema", schema, "-o", a, "-o", b, op}, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	one, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	two, err := os.ReadFile(b)
	if err != nil || !bytes.Equal(one, two) || !strings.Contains(string(one), "order(id: ID!): Order") {
		t.Errorf("wrote %q and %q, %v", one, two, err)
	}
	for _, args := range [][]string{nil, {"-bad"}, {"-api", "x", "-schema", schema, "-o", a}} {
		if code := run(args, &stderr); code != 2 {
			t.Errorf("%q: exit %d, want 2", args, code)
		}
	}
	if code := run([]string{"-api", "x", "-schema", filepath.Join(dir, "none"), "-o", a, op}, &stderr); code != 1 {
		t.Errorf("without a schema: exit %d, want 1", code)
	}
}
