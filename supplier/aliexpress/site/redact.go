package site

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"

	"countermand/supplier"
)

// personal are parts of names of fields that are never kept, on top of the
// profile's private.keys, which may be from before such a field came up.
var personal = []string{
	"phone", "mobile", "email", "password", "passwd", "token", "csrf", "cookie", "loginid", "memberid", "accountid", "userid", "nickname",
	"firstname", "lastname", "fullname", "contactname", "receiver", "address", "postcode", "zipcode", "cpf", "passport", "taxnumber", "cardno", "cardnumber",
}

// private tells whether a field of that name is left out.
func private(name string, names []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(personal, func(p string) bool { return strings.Contains(name, p) }) ||
		slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// strip gives a copy without the private fields, at any depth: most is how many
// elements of a list are kept, and leaf makes what is kept of a value.
func strip(v any, names []string, most int, leaf func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if !private(k, names) {
				out[k] = strip(x, names, most, leaf)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v[:min(most, len(v))] {
			out = append(out, strip(x, names, most, leaf))
		}
		return out
	}
	return leaf(v)
}

// redact leaves out the private fields, also where JSON stands in a text.
func redact(v any, names []string) any {
	return strip(v, names, math.MaxInt, func(v any) any {
		if s, ok := v.(string); ok {
			return redactText(s, names)
		}
		return v
	})
}

// redactText treats JSON in a text like JSON; what only looks like it is left
// out, as nobody can tell what it holds. Addresses lose what they ask with.
func redactText(s string, names []string) string {
	t := strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(t, "{") || strings.HasPrefix(t, "["):
		inner, err := decode([]byte(t))
		if err != nil && !strings.Contains(t, `"`) {
			return s
		}
		body, err2 := json.Marshal(redact(inner.v, names))
		if err != nil || err2 != nil {
			return "(left out)"
		}
		return string(body)
	case strings.HasPrefix(t, "http://") || strings.HasPrefix(t, "https://"):
		return PublicURL(s)
	}
	return s
}

// PublicURL leaves an address the names of its parameters, and the values of
// those that tell the order.
func PublicURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable address)"
	}
	q := u.Query()
	for name := range q {
		kept := q.Get(name) // the first, where there are several
		if !slices.Contains([]string{"orderId", "tradeOrderId", "tradeOrderLineId"}, name) || !isNumber(kept) {
			kept = ""
		}
		q.Set(name, kept)
	}
	u.RawQuery, u.Fragment, u.User = q.Encode(), "", nil
	return u.String()
}

// outline gives the names and kinds of an answer's fields, without a value.
func outline(v any, names []string) any {
	return strip(v, names, 1, func(v any) any { return node{v}.kind() })
}

// RecordCall puts a call into the shape that is kept.
func (p Profile) RecordCall(c Call, v Verdict) supplier.Call {
	out := supplier.Call{Method: c.Method, Address: PublicURL(c.URL), Role: string(v.Role), Why: v.Why, Fields: []supplier.Field{}}
	u, err := url.Parse(c.URL)
	if err != nil {
		return out
	}
	y := readPayload(u, c.ContentType, c.Body)
	out.Names, _ = callNames(u, y)
	for _, f := range y.fields {
		if f.path || f.holds || slices.Contains(changing, strings.ToLower(f.key)) || private(f.key, p.Private.Keys) {
			continue
		}
		out.Fields = append(out.Fields, supplier.Field{Key: f.key, Value: redactText(f.val, p.Private.Keys)})
	}
	return out
}

// PublicBody is an answer as it is kept: JSON without personal fields; of
// anything else only how long it is.
func (p Profile) PublicBody(body []byte) any {
	if tree, err := decode(stripCallback(body)); err == nil {
		return redact(tree.v, p.Private.Keys)
	}
	return map[string]int{"bytes": len(body)}
}
