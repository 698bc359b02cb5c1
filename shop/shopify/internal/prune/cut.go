package main

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// cut collects what is used: per type its fields, per field its arguments.
type cut struct {
	schema     *ast.Schema
	types      map[string]map[string]map[string]bool
	directives map[string]bool
}

func newCut(s *ast.Schema) *cut {
	return &cut{schema: s, types: map[string]map[string]map[string]bool{}, directives: map[string]bool{}}
}

func (c *cut) document(doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		for _, v := range op.VariableDefinitions {
			c.whole(v.Type.Name())
		}
		c.used(op.Directives)
		c.selection(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		c.keep(f.TypeCondition)
		c.selection(f.SelectionSet)
	}
}

func (c *cut) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.used(s.Directives)
			if strings.HasPrefix(s.Name, "__") {
				c.keep(s.ObjectDefinition.Name)
				continue
			}
			args := c.field(s.ObjectDefinition.Name, s.Name)
			for _, a := range s.Arguments {
				args[a.Name] = true
				c.whole(s.Definition.Arguments.ForName(a.Name).Type.Name())
			}
			c.whole(s.Definition.Type.Name())
			c.selection(s.SelectionSet)
		case *ast.InlineFragment:
			c.used(s.Directives)
			if s.TypeCondition != "" {
				c.keep(s.TypeCondition)
			}
			c.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			c.used(s.Directives)
		}
	}
}

func (c *cut) used(ds ast.DirectiveList) {
	for _, d := range ds {
		c.directives[d.Name] = true
		for _, a := range d.Definition.Arguments {
			c.whole(a.Type.Name())
		}
	}
}

func (c *cut) keep(typ string) {
	if c.types[typ] == nil {
		c.types[typ] = map[string]map[string]bool{}
	}
}

func (c *cut) field(typ, name string) map[string]bool {
	c.keep(typ)
	if c.types[typ][name] == nil {
		c.types[typ][name] = map[string]bool{}
	}
	return c.types[typ][name]
}

// whole keeps a type and, for an input object, all that can be put in: what a
// variable holds is not known here.
func (c *cut) whole(typ string) {
	_, seen := c.types[typ]
	c.keep(typ)
	def := c.schema.Types[typ]
	if seen || def.Kind != ast.InputObject {
		return
	}
	for _, f := range def.Fields {
		c.field(typ, f.Name)
		c.whole(f.Type.Name())
	}
}

// print writes the kept part, sorted by name.
func (c *cut) print() string {
	c.spreadInterfaces()
	out := &ast.Schema{Types: map[string]*ast.Definition{}, Directives: map[string]*ast.DirectiveDefinition{}}
	for name, fields := range c.types {
		if def := c.schema.Types[name]; !def.BuiltIn {
			out.Types[name] = c.definition(def, fields)
		}
	}
	for name := range c.directives {
		if d := c.schema.Directives[name]; d.Position == nil || !d.Position.Src.BuiltIn {
			out.Directives[name] = d
		}
	}
	out.Query = keptRoot(out, c.schema.Query)
	out.Mutation = keptRoot(out, c.schema.Mutation)
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  "), formatter.WithoutDescription()).FormatSchema(out)
	return b.String()
}

func keptRoot(out *ast.Schema, root *ast.Definition) *ast.Definition {
	if root == nil {
		return nil
	}
	return out.Types[root.Name]
}

// spreadInterfaces gives every kept object the kept fields of its kept
// interfaces, without which it would not implement them.
func (c *cut) spreadInterfaces() {
	for name := range c.types {
		for _, i := range c.schema.Types[name].Interfaces {
			for field, args := range c.types[i] {
				has := c.field(name, field)
				for a := range args {
					has[a] = true
				}
			}
		}
	}
}

func (c *cut) definition(def *ast.Definition, fields map[string]map[string]bool) *ast.Definition {
	d := *def
	d.Interfaces = slices.DeleteFunc(slices.Clone(d.Interfaces), c.dropped)
	d.Types = slices.DeleteFunc(slices.Clone(d.Types), c.dropped)
	if def.Kind == ast.Enum || def.Kind == ast.Scalar {
		return &d
	}
	d.Fields = nil
	for _, f := range def.Fields {
		args, ok := fields[f.Name]
		if !ok {
			continue
		}
		kept := *f
		kept.Arguments = nil
		for _, a := range f.Arguments {
			if args[a.Name] || a.Type.NonNull && a.DefaultValue == nil {
				kept.Arguments = append(kept.Arguments, a)
			}
		}
		d.Fields = append(d.Fields, &kept)
	}
	return &d
}

func (c *cut) dropped(typ string) bool { _, ok := c.types[typ]; return !ok }
