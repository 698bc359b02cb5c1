package shopify

import (
	"encoding/json"
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
	// Metafield is the JSON of countermand.supplier_orders: a list whose
	// members are numbers, or objects such as {"supplier_order": "8190…",
	// "account": "main", "lines": ["SKU-1", "gid://shopify/LineItem/1"]}.
	Metafield string
}

// The ways in which a number is found, as state.Mapping.By knows them.
const (
	byAttribute = "attribute"
	byNote      = "note"
	byTag       = "tag"
	byMetafield = "metafield"
)

// Resolve finds the supplier orders that an order names, each number once:
// in our metafield, the lines' attributes (those say which lines they cover),
// the order's attributes, its note, its tags. The first place that has a
// number wins.
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
	for _, claim := range readMetafield(s.Metafield, s.Lines) {
		if _, known := at[claim.SupplierOrder]; !known {
			found[add(claim.SupplierOrder, byMetafield)] = claim
		}
	}
	for _, l := range s.Lines {
		for _, n := range m.fromAttributes(l.Attributes) {
			i := add(n, byAttribute)
			if found[i].By == byAttribute && !slices.Contains(found[i].Lines, l.Line) {
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

// readMetafield reads our metafield. What is not in its shape is passed over:
// the other places may still name the order.
func readMetafield(text string, lines []SourceLine) []state.Mapping {
	var members []json.RawMessage
	if len(text) > maxText || json.Unmarshal([]byte(text), &members) != nil {
		return nil
	}
	var out []state.Mapping
	for _, raw := range members {
		var in struct {
			SupplierOrder json.RawMessage `json:"supplier_order"`
			Account       string          `json:"account"`
			Lines         []string        `json:"lines"`
		}
		if raw[0] != '{' {
			in.SupplierOrder = raw
		} else if json.Unmarshal(raw, &in) != nil {
			continue
		}
		number := strings.Trim(string(in.SupplierOrder), `" `)
		if !isNumber(number) {
			continue
		}
		out = append(out, state.Mapping{SupplierOrder: number, Account: in.Account, By: byMetafield, Lines: pick(lines, in.Lines)})
	}
	return out
}

// pick finds lines by their ids or SKUs.
func pick(lines []SourceLine, names []string) []state.Line {
	var out []state.Line
	for _, l := range lines {
		if slices.Contains(names, l.Line.ID) || l.Line.SKU != "" && slices.Contains(names, l.Line.SKU) {
			out = append(out, l.Line)
		}
	}
	return out
}
