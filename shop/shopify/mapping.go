package shopify

import (
	"slices"
	"strings"

	"countermand/state"
)

// Mapping says where the numbers of supplier orders may stand in a shop
// order.
type Mapping struct {
	// AttributeKeys are the custom attributes to look into, compared without
	// case. Empty: any attribute whose value is an order number or a link to
	// an order, and nothing besides.
	AttributeKeys []string
	// Note: look for numbers and links in the order's note.
	Note bool
	// TagPrefix marks the tags that are numbers, as in
	// "ae:8190000000000000", without case. Empty: tags are not looked at.
	TagPrefix string
}

// Attribute is one custom attribute of an order or a line.
type Attribute struct{ Key, Value string }

// SourceLine is one line with its custom attributes.
type SourceLine struct {
	Line       state.Line
	Attributes []Attribute
}

// Sources is all of an order that may name a supplier order.
type Sources struct {
	Attributes []Attribute
	Lines      []SourceLine
	Note       string
	Tags       []string
}

// The ways in which a number is found, as state.Mapping.By knows them.
const (
	byAttribute = "attribute"
	byNote      = "note"
	byTag       = "tag"
)

// Resolve finds the supplier orders that an order names, each number once:
// in the lines' attributes (those say which lines they cover), the order's
// attributes, its note, its tags. The first place that has a number wins.
//
// Customers can set attributes and notes, so a number found here is a claim
// that the supplier's own page must bear out.
func (m Mapping) Resolve(s Sources) []state.Mapping {
	var found []state.Mapping
	at := map[string]int{}
	add := func(number, by string) int {
		i, ok := at[number]
		if !ok {
			i = len(found)
			at[number] = i
			found = append(found, state.Mapping{SupplierOrder: number, By: by})
		}
		return i
	}
	for _, l := range s.Lines {
		for _, n := range m.fromAttributes(l.Attributes) {
			i := add(n, byAttribute)
			if !slices.Contains(found[i].Lines, l.Line) {
				found[i].Lines = append(found[i].Lines, l.Line)
			}
		}
	}
	for _, n := range m.fromAttributes(s.Attributes) {
		add(n, byAttribute)
	}
	if m.Note {
		for _, n := range scan(s.Note).numbers {
			add(n, byNote)
		}
	}
	for _, n := range m.fromTags(s.Tags) {
		add(n, byTag)
	}
	return found
}

func (m Mapping) fromAttributes(attrs []Attribute) []string {
	var out []string
	for _, a := range attrs {
		got := scan(a.Value)
		if m.wantsKey(a.Key) || len(m.AttributeKeys) == 0 && got.alone {
			out = append(out, got.numbers...)
		}
	}
	return out
}

func (m Mapping) wantsKey(key string) bool {
	key = strings.TrimSpace(key)
	return slices.ContainsFunc(m.AttributeKeys, func(k string) bool {
		return strings.EqualFold(strings.TrimSpace(k), key)
	})
}

func (m Mapping) fromTags(tags []string) []string {
	if m.TagPrefix == "" {
		return nil
	}
	var out []string
	for _, t := range tags {
		t = strings.TrimSpace(t)
		if len(t) < len(m.TagPrefix) || !strings.EqualFold(t[:len(m.TagPrefix)], m.TagPrefix) {
			continue
		}
		if n := strings.TrimSpace(t[len(m.TagPrefix):]); isNumber(n) {
			out = append(out, n)
		}
	}
	return out
}
