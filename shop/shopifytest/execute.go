package shopifytest

import (
	"errors"
	"fmt"

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
	errs   []fault
}

// fault is one error of an answer.
type fault struct{ code, text string }

// Error makes a fault an error that a field may answer with.
func (f fault) Error() string { return f.text }

func (x *executor) object(set ast.SelectionSet, typ string, o object) map[string]any {
	if own, ok := o["__typename"].(string); ok {
		typ = own // the field's own type is an interface
	}
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
			if known, ok := errors.AsType[fault](err); ok {
				x.errs = append(x.errs, known)
				return nil
			}
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
	x.errs = append(x.errs, fault{"INTERNAL_SERVER_ERROR", fmt.Sprintf(format, a...)})
	return nil
}
