package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// node is a value in an answer. The site writes the same field as a string,
// a number or a boolean, depending on the transport; what is absent or of
// another kind reads as nothing.
type node struct{ v any }

// decode reads JSON. Numbers stay as they are written: order ids are longer than
// a float holds.
func decode(raw []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return node{v}, err
}

// get follows a path of object keys.
func (n node) get(path ...string) node {
	for _, key := range path {
		m, ok := n.v.(map[string]any)
		if !ok {
			return node{}
		}
		n = node{m[key]}
	}
	return n
}

// isObject tells whether it has fields.
func (n node) isObject() bool { _, ok := n.v.(map[string]any); return ok }

// there tells whether the value exists.
func (n node) there() bool { return n.v != nil }

// str reads text; numbers and booleans as they were written.
func (n node) str() string {
	switch v := n.v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// num reads a whole number, written as such or as text.
func (n node) num() (int64, bool) {
	i, err := strconv.ParseInt(n.str(), 10, 64)
	return i, err == nil
}

// yes reads a boolean, written as such or as text.
func (n node) yes() bool { return n.str() == "true" }

// list gives the elements of an array.
func (n node) list() []node {
	a, ok := n.v.([]any)
	if !ok {
		return nil
	}
	out := make([]node, len(a))
	for i, v := range a {
		out[i] = node{v}
	}
	return out
}

// text reads text or a number; what is absent reads as nothing, and what is
// anything else is an error: nothing may be concluded from it.
func (n node) text() (string, error) {
	switch n.v.(type) {
	case nil, string, json.Number:
		return n.str(), nil
	}
	return "", fmt.Errorf("%w: found %s, want text", ErrShape, n.kind())
}

// items gives the elements of an array that may be absent; anything else in
// its place is an error.
func (n node) items() ([]node, error) {
	switch n.v.(type) {
	case nil, []any:
		return n.list(), nil
	}
	return nil, fmt.Errorf("%w: found %s, want a list", ErrShape, n.kind())
}

// holds tells whether there is anything in an object, list or text.
func (n node) holds() bool {
	switch v := n.v.(type) {
	case nil:
		return false
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	case string:
		return v != ""
	}
	return true
}

// mentions tells whether a value stands anywhere below.
func (n node) mentions(s string) bool {
	below := n.list()
	for _, key := range n.keys() {
		below = append(below, n.get(key))
	}
	return n.str() == s || slices.ContainsFunc(below, func(x node) bool { return x.mentions(s) })
}

// walk tells each text and number below with the nearest key above it.
func (n node) walk(key string, tell func(key, value string)) {
	if s := n.str(); s != "" {
		tell(key, s)
	}
	for _, x := range n.list() {
		x.walk(key, tell)
	}
	for _, k := range n.keys() {
		n.get(k).walk(k, tell)
	}
}

// kind names what a value is, for people.
func (n node) kind() string {
	switch n.v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return "true or false"
	case nil:
		return "nothing"
	}
	return "text or a number"
}

// sound tells whether texts and lists are what they should be.
func sound(texts, lists []node) bool {
	return !slices.ContainsFunc(texts, func(n node) bool { _, err := n.text(); return err != nil }) &&
		!slices.ContainsFunc(lists, func(n node) bool { _, err := n.items(); return err != nil })
}

// keys of an object, sorted.
func (n node) keys() []string {
	m, _ := n.v.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// components gives the fields of an answer's components that carry a tag, in
// the order in which the site shows them: hierarchy.structure, not the map.
func components(data node, tag string) []node {
	all := data.get("data")
	seen := map[string]bool{}
	var out []node
	take := func(key string) {
		c := all.get(key)
		if !seen[key] && c.there() && c.get("tag").str() == tag {
			out = append(out, c.get("fields"))
		}
		seen[key] = true
	}
	structure := data.get("hierarchy", "structure")
	var walk func(key string)
	walk = func(key string) {
		if seen[key] {
			return // it names itself
		}
		take(key)
		for _, child := range structure.get(key).list() {
			walk(child.str())
		}
	}
	walk(data.get("hierarchy", "root").str())
	for _, key := range all.keys() {
		take(key)
	}
	return out
}

// component is the first of components.
func component(data node, tag string) node {
	if c := components(data, tag); len(c) > 0 {
		return c[0]
	}
	return node{}
}

// Has tells whether an answer has a component with that tag.
func (a Answer) Has(tag string) bool { return component(a.data, tag).there() }

// Mentions tells whether a value stands anywhere in an answer.
func (a Answer) Mentions(s string) bool { return a.data.mentions(s) }
