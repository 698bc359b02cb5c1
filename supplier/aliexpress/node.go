package aliexpress

import (
	"encoding/json"
	"sort"
	"strconv"
	"strings"
)

// node is a value in an answer. The site writes the same field as a string,
// a number or a boolean, depending on the transport; what is absent or of
// another kind reads as nothing.
type node struct{ v any }

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

// keys of an object, sorted.
func (n node) keys() []string {
	m, _ := n.v.(map[string]any)
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
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

// redact gives a copy without the fields of those names, at any depth.
func redact(v any, names map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if !names[k] {
				out[k] = redact(x, names)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = redact(x, names)
		}
		return out
	}
	return v
}
