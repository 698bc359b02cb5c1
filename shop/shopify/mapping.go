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
	// Accounts may hold the shop's supplier orders; a metafield that names any
	// other is doubted. Empty: any name is taken as it is.
	Accounts []string
}

// Attribute is one custom attribute of an order or a line.
type Attribute = attribute

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

// Resolve finds the supplier orders that an order names, each number once. It
// looks into our metafield, the attributes (a line's say which lines they
// cover), the note and the tags, in this order: the first place that holds
// numbers counts. A later place that holds other ones puts all of them in
// doubt, because customers can write attributes and notes: then a person
// decides.
//
// Even without doubt a number found here is a claim that the supplier's own
// page must bear out.
func (m Mapping) Resolve(s Sources) []state.Mapping {
	var counts []state.Mapping
	var others []string // the facts of a finding: the place, and what it names
	for _, place := range [][]state.Mapping{
		m.metafield(s), m.attributes(s), m.note(s), plain(nil, m.fromTags(s.Tags), byTag),
	} {
		if len(counts) == 0 {
			counts = place
			continue
		}
		var numbers []string
		for _, p := range place {
			if !names(counts, p.SupplierOrder) {
				numbers = append(numbers, p.SupplierOrder)
			}
		}
		if len(numbers) > 0 {
			others = append(others, place[0].By, strings.Join(numbers, ", "))
		}
	}
	for i := range counts {
		if len(others) > 0 {
			counts[i].Conflict = state.Found(state.NumberUnclear, counts[i].SupplierOrder, others...)
		}
	}
	return counts
}

func names(list []state.Mapping, number string) bool {
	return slices.ContainsFunc(list, func(m state.Mapping) bool { return m.SupplierOrder == number })
}

// attributes takes the lines' first, as they say what they cover.
func (m Mapping) attributes(s Sources) (out []state.Mapping) {
	for _, l := range s.Lines {
		for _, n := range m.fromAttributes(l.Attributes) {
			i := slices.IndexFunc(out, func(o state.Mapping) bool { return o.SupplierOrder == n })
			if i < 0 {
				i = len(out)
				out = append(out, state.Mapping{SupplierOrder: n, By: byAttribute})
			}
			if !slices.Contains(out[i].Lines, l.Line) {
				out[i].Lines = append(out[i].Lines, l.Line)
			}
		}
	}
	return plain(out, m.fromAttributes(s.Attributes), byAttribute)
}

func (m Mapping) note(s Sources) []state.Mapping {
	if !m.Note {
		return nil
	}
	return plain(nil, scan(s.Note).numbers, byNote)
}

// plain adds numbers that say nothing of lines.
func plain(out []state.Mapping, numbers []string, by string) []state.Mapping {
	for _, n := range numbers {
		if !names(out, n) {
			out = append(out, state.Mapping{SupplierOrder: n, By: by})
		}
	}
	return out
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
		if t = strings.TrimSpace(t); hasPrefixFold(t, m.TagPrefix) {
			if n := strings.TrimSpace(t[len(m.TagPrefix):]); isNumber(n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// metafield takes only the shop's own accounts: another one's may buy for
// somebody else.
func (m Mapping) metafield(s Sources) []state.Mapping {
	out := readMetafield(s.Metafield, s.Lines)
	for i, n := range out {
		if n.Account != "" && len(m.Accounts) > 0 && !slices.Contains(m.Accounts, n.Account) {
			out[i].Conflict = state.Found(state.AccountUnknown, n.SupplierOrder, "account", clip(n.Account, 40))
			out[i].Account = ""
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
		if !isNumber(number) || names(out, number) {
			continue
		}
		out = append(out, state.Mapping{SupplierOrder: number, Account: in.Account, By: byMetafield, Lines: pick(lines, in.Lines)})
	}
	return out
}

// pick finds lines by their ids or SKUs. One that the order does not have stays as it
// is named: the number is not all the order's then.
func pick(lines []SourceLine, names []string) []state.Line {
	var out []state.Line
	isNamed := func(l state.Line, name string) bool { return l.ID == name || l.SKU != "" && l.SKU == name }
	for _, l := range lines {
		if slices.ContainsFunc(names, func(n string) bool { return isNamed(l.Line, n) }) {
			out = append(out, l.Line)
		}
	}
	for _, n := range names {
		if n != "" && !slices.ContainsFunc(lines, func(l SourceLine) bool { return isNamed(l.Line, n) }) {
			out = append(out, state.Line{SKU: clip(n, maxName)})
		}
	}
	return out
}
