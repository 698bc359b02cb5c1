package shopifytest

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Version is the newest API version that the shop speaks.
const Version = "2026-10"

// newIn202610 is what versions before 2026-10 do not know: whole types, and
// fields of types.
var newIn202610 = struct {
	types  []string
	fields map[string][]string
}{
	types: []string{"OrderCancelJobResult", "OrderCancelStatus", "RequestedOrderEdit"},
	fields: map[string][]string{
		"OrderCancelPayload": {"jobResult"},
		"Order":              {"requestedOrderEdits", "displayRequestedEditStatus"},
		"Mutation":           {"requestedOrderEditResolve", "requestedOrderEditDecline", "requestedOrderEditCreate"},
	},
}

func loadSchemas(sdl string) (map[bool]*ast.Schema, error) {
	out := map[bool]*ast.Schema{}
	for _, now := range []bool{true, false} {
		s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: sdl})
		if err != nil {
			return nil, fmt.Errorf("load schema: %w", err)
		}
		if !now {
			age(s)
		}
		out[now] = s
	}
	return out, nil
}

// age takes what is new out of a schema.
func age(s *ast.Schema) {
	for typ, fields := range newIn202610.fields {
		if def := s.Types[typ]; def != nil {
			def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool { return slices.Contains(fields, f.Name) })
		}
	}
	for _, typ := range newIn202610.types {
		delete(s.Types, typ)
	}
	for name, types := range s.PossibleTypes {
		s.PossibleTypes[name] = slices.DeleteFunc(types, func(d *ast.Definition) bool { return slices.Contains(newIn202610.types, d.Name) })
	}
	if topics := s.Types["WebhookSubscriptionTopic"]; topics != nil {
		topics.EnumValues = slices.DeleteFunc(topics.EnumValues, func(v *ast.EnumValueDefinition) bool { return v.Name == "REQUESTED_ORDER_EDIT_CREATED" })
	}
}

// serve is the version that answers for the one that was asked: one that is
// not supported falls forward to the oldest that is.
func (s *Shop) serve(asked string) string {
	if asked == "unstable" || slices.Contains(s.opts.Versions, asked) {
		return asked
	}
	for _, v := range s.opts.Versions {
		if v > asked {
			return v
		}
	}
	return s.opts.Versions[len(s.opts.Versions)-1]
}

func (s *Shop) schemaOf(version string) *ast.Schema { return s.schemas[version >= Version] }

// Deprecate makes every answer say that the app uses something deprecated; an
// empty reason ends it.
func (s *Shop) Deprecate(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deprecated = reason
}
