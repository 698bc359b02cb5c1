package site

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
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

// redact gives a copy without the private fields, at any depth and also where
// JSON stands in a text.
func redact(v any, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if !private(k, names) {
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
	case string:
		return redactText(v, names)
	}
	return v
}

// redactText treats JSON in a text like JSON; what only looks like it is left
// out, as nobody can tell what it holds. Addresses lose what they ask with.
func redactText(s string, names []string) string {
	t := strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(t, "{") || strings.HasPrefix(t, "["):
		dec := json.NewDecoder(strings.NewReader(t))
		dec.UseNumber()
		var inner any
		if dec.Decode(&inner) != nil {
			if strings.Contains(t, `"`) {
				return "(left out)"
			}
			return s
		}
		body, err := json.Marshal(redact(inner, names))
		if err != nil {
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
		if !slices.Contains([]string{"orderId", "tradeOrderId", "tradeOrderLineId"}, name) || !isNumber(q.Get(name)) {
			q.Set(name, "")
		} else {
			q.Set(name, q.Get(name))
		}
	}
	u.RawQuery, u.Fragment, u.User = q.Encode(), "", nil
	return u.String()
}

// outline gives the names and kinds of an answer's fields, without a value.
func outline(v any, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if !private(k, names) {
				out[k] = outline(x, names)
			}
		}
		return out
	case []any:
		if len(v) == 0 {
			return []any{}
		}
		return []any{outline(v[0], names)}
	}
	return node{v}.kind()
}
