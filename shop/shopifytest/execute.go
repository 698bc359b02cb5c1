package shopifytest

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// object is one value of an object type: a scalar, an object, a []object, or
// a function of the field's arguments, under each field's name.
type object map[string]any

// call answers a field that takes arguments.
type call func(args map[string]any) (any, error)

// executor walks a validated selection over objects.
type executor struct {
	schema *ast.Schema
	vars   map[string]any
	errs   []string
}

func (x *executor) object(set ast.SelectionSet, typ string, o object) map[string]any {
	out := map[string]any{}
	x.into(out, set, typ, o)
	return out
}

func (x *executor) into(out map[string]any, set ast.SelectionSet, typ string, o object) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			out[s.Alias] = x.field(s, typ, o)
		case *ast.InlineFragment:
			if s.TypeCondition == "" || x.fits(typ, s.TypeCondition) {
				x.into(out, s.SelectionSet, typ, o)
			}
		case *ast.FragmentSpread:
			if x.fits(typ, s.Definition.TypeCondition) {
				x.into(out, s.Definition.SelectionSet, typ, o)
			}
		}
	}
}

func (x *executor) fits(typ, condition string) bool {
	if typ == condition {
		return true
	}
	for _, d := range x.schema.PossibleTypes[condition] {
		if d.Name == typ {
			return true
		}
	}
	return false
}

func (x *executor) field(f *ast.Field, typ string, o object) any {
	if f.Name == "__typename" {
		return typ
	}
	v, ok := o[f.Name]
	if !ok {
		return x.fail("%s.%s is in the schema but not in this shop", typ, f.Name)
	}
	if c, ok := v.(call); ok {
		var err error
		if v, err = c(f.ArgumentMap(x.vars)); err != nil {
			return x.fail("%s.%s: %v", typ, f.Name, err)
		}
	}
	if v == nil && f.Definition.Type.NonNull {
		return x.fail("%s.%s may not be null", typ, f.Name)
	}
	of := f.Definition.Type.Name()
	switch v := v.(type) {
	case object:
		return x.object(f.SelectionSet, of, v)
	case []object:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = x.object(f.SelectionSet, of, item)
		}
		return list
	}
	return v
}

func (x *executor) fail(format string, a ...any) any {
	x.errs = append(x.errs, fmt.Sprintf(format, a...))
	return nil
}

// root answers the queries. It must be called under the lock, and so must
// what it returns.
func (s *Shop) root() object {
	return object{
		"order": call(func(args map[string]any) (any, error) {
			for _, o := range s.orders {
				if o.GID() == args["id"] {
					return o.object(), nil
				}
			}
			return nil, nil
		}),
	}
}

func (o *Order) object() object {
	lines := make([]object, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = l.object()
	}
	return object{
		"id":                       o.GID(),
		"legacyResourceId":         strconv.FormatInt(o.ID, 10),
		"name":                     o.Name,
		"createdAt":                stamp(o.CreatedAt),
		"updatedAt":                stamp(o.UpdatedAt),
		"cancelledAt":              stamp(o.CancelledAt),
		"cancelReason":             orNull(o.CancelReason),
		"displayFulfillmentStatus": o.Fulfillment,
		"note":                     orNull(o.Note),
		"tags":                     append([]string{}, o.Tags...),
		"customAttributes":         attributeObjects(o.Attributes),
		"lineItems":                connection(lines),
	}
}

func (l Line) object() object {
	return object{
		"id":               l.GID(),
		"title":            l.Title,
		"name":             l.Title,
		"sku":              orNull(l.SKU),
		"quantity":         l.Quantity,
		"currentQuantity":  l.Quantity - l.Removed,
		"customAttributes": attributeObjects(l.Attributes),
	}
}

func attributeObjects(attrs []Attribute) []object {
	out := make([]object, len(attrs))
	for i, a := range attrs {
		out[i] = object{"key": a.Key, "value": orNull(a.Value)}
	}
	return out
}

// connection pages forward through nodes by first and after.
func connection(nodes []object) call {
	return func(args map[string]any) (any, error) {
		first := number(args["first"])
		if first < 1 || first > 250 {
			return nil, fmt.Errorf("first must be from 1 to 250, not %d", first)
		}
		from := 0
		if after, ok := args["after"].(string); ok {
			n, err := readCursor(after)
			if err != nil || n >= len(nodes) {
				return nil, fmt.Errorf("invalid cursor %q", after)
			}
			from = n + 1
		}
		to := min(from+first, len(nodes))
		page := object{"hasNextPage": to < len(nodes), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil}
		if to > from {
			page["startCursor"], page["endCursor"] = cursor(from), cursor(to-1)
		}
		return object{"nodes": nodes[from:to], "pageInfo": page}, nil
	}
}

func cursor(i int) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "line:%d", i)) }

func readCursor(c string) (int, error) {
	b, err := base64.StdEncoding.DecodeString(c)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimPrefix(string(b), "line:"))
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
