package shopify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxExact bounds the integers that no float64 rounds to. Payloads that went
// through JavaScript carry larger ids rounded, which then name another order.
const maxExact = 1 << 53

// orderID finds the GraphQL id of the order that a payload is. It reads only
// the two fields that name it and steps over the rest. It may stop early; the
// reader then has more to give.
func orderID(r io.Reader) (string, error) {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	var gid, num any
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", broken(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", broken(err)
		}
		switch key {
		case "admin_graphql_api_id":
			err = dec.Decode(&gid)
		case "id":
			err = dec.Decode(&num)
		default:
			err = skip(dec)
		}
		if err != nil {
			return "", broken(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return "", broken(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return "", broken(errors.New("more follows after the order"))
	}
	return chooseID(gid, num)
}

func broken(err error) error {
	if err == nil {
		err = errors.New("not an object")
	}
	return fmt.Errorf("the body is not an order in JSON: %w", err)
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
	return "gid://shopify/Order/" + strconv.FormatInt(id, 10), nil
}
