package shopify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"countermand/shop"
)

const orderPrefix = "gid://shopify/Order/"

// maxExact bounds the integers that no float64 rounds to. Payloads that went
// through JavaScript carry larger ids rounded, which then name another order.
const maxExact = 1 << 53

// finder finds the GraphQL id of the order that a payload is about. It reads
// only what names it and steps over the rest. It may stop early; the reader
// then has more to give.
type finder func(io.Reader) (string, error)

// topics are those that are handled, each with the shape of its payload. What
// changed does not matter: the order is read again.
var topics = map[string]finder{
	"orders/cancelled":      orderID,
	"orders/updated":        orderID,
	"orders/edited":         orderAt("order_edit", "order_id"),
	"refunds/create":        orderAt("order_id"),
	shop.TopicEditRequested: editRequested,
	shop.TopicUninstalled:   uninstalled,
}

// errNamesNone: the payload is sound and names no order.
var errNamesNone = errors.New("the body names no order")

// orderID is for a payload that is an order.
func orderID(r io.Reader) (string, error) {
	got, err := members(r, "admin_graphql_api_id", "id")
	if err != nil {
		return "", err
	}
	return chooseID(got["admin_graphql_api_id"], got["id"])
}

// orderAt is for a payload that holds the order's id at the end of a path of
// members.
func orderAt(path ...string) finder {
	return func(r io.Reader) (string, error) {
		got, err := members(r, path[0])
		if err != nil {
			return "", err
		}
		last := len(path) - 1
		for _, name := range path[:last] {
			got, _ = got[name].(map[string]any)
		}
		return anyOrderID(got[path[last]])
	}
}

// editRequested is for a topic whose payload is not documented: the order is
// looked for in the places where the other topics have it.
func editRequested(r io.Reader) (string, error) {
	got, err := members(r, "order_id", "order", "requested_order_edit")
	if err != nil {
		return "", err
	}
	inner, _ := got["requested_order_edit"].(map[string]any)
	for _, m := range []map[string]any{got, inner} {
		order, _ := m["order"].(map[string]any)
		for _, v := range []any{m["order_id"], order["admin_graphql_api_id"], order["id"]} {
			if id, err := anyOrderID(v); err == nil {
				return id, nil
			}
		}
	}
	return "", errNamesNone
}

// uninstalled is about the shop itself.
func uninstalled(r io.Reader) (string, error) {
	_, err := members(r)
	return "", err
}

// anything is for topics that are not handled.
func anything(io.Reader) (string, error) { return "", nil }

// members reads the one object that a body is and keeps the named members.
func members(r io.Reader, names ...string) (map[string]any, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, broken(err)
	}
	out := map[string]any{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, broken(err)
		}
		name, _ := key.(string)
		if slices.Contains(names, name) {
			var v any
			err = dec.Decode(&v)
			out[name] = v
		} else {
			err = skip(dec)
		}
		if err != nil {
			return nil, broken(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, broken(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, broken(errors.New("more follows after the object"))
	}
	return out, nil
}

func broken(err error) error {
	if err == nil {
		err = errors.New("not an object")
	}
	return fmt.Errorf("the body is not an object in JSON: %w", err)
}

// skip steps over one value without keeping it.
func skip(dec *json.Decoder) error {
	depth := 0
	for {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// chooseID prefers the GraphQL id, which is a text and cannot be rounded.
func chooseID(gid, num any) (string, error) {
	if gid != nil {
		if s, ok := gid.(string); ok && orderGID.MatchString(s) {
			return s, nil
		}
		return "", errors.New("admin_graphql_api_id is not that of an order")
	}
	n, ok := num.(json.Number)
	if !ok {
		return "", errors.New("the order names no id")
	}
	id, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || id <= 0 || id >= maxExact {
		return "", errors.New("the order's id may be rounded and there is no admin_graphql_api_id")
	}
	return orderPrefix + strconv.FormatInt(id, 10), nil
}

// anyOrderID reads an order's id from where no second one stands beside it: a
// GraphQL id or a whole number. A number that was rounded on its way names an
// order that is not there, which a look at it shows.
func anyOrderID(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if orderGID.MatchString(v) {
			return v, nil
		}
		return numericID(v)
	case json.Number:
		return numericID(v.String())
	}
	return "", errNamesNone
}

func numericID(text string) (string, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return "", errors.New("the order's id is not one")
	}
	return orderPrefix + strconv.FormatInt(id, 10), nil
}
